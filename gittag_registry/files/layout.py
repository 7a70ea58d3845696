"""The names of the files a registry reads, apart so that naming them costs no import. Pure."""

ANNOTATIONS = "artifacts.yaml"
DVC = "dvc.yaml"
CONFIGURATION = ".gittag-registry.yaml"
GTO_CONFIGURATION = ".gto"
ENVIRONMENT = "GITTAG_"
"""what the environment variables of settings begin with"""
SETTINGS = ("stages", "types", "bump", "pre_id", "push", "remote", "timeout")
"""the settings there are, as `config.Settings` defines them"""
DEFAULT_TIMEOUT = 30
"""how many seconds to wait for an answer of a server"""
