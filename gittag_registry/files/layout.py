"""Names of files and settings, in a module of its own, so that using them imports nothing else. Pure."""

ANNOTATIONS = "artifacts.yaml"
DVC = "dvc.yaml"
CONFIGURATION = ".gittag-registry.yaml"
GTO_CONFIGURATION = ".gto"
ENVIRONMENT = "GITTAG_"
"""the prefix of the settings' environment variables"""
SETTINGS = ("stages", "types", "artifacts", "bump", "pre_id", "push", "remote", "timeout")
"""the keys of `config.Settings`"""
DEFAULT_TIMEOUT = 30
"""how many seconds to wait for an answer from a server"""
