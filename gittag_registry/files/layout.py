"""Names of files and settings, in a module of its own, so that using them imports nothing else. Pure."""

ANNOTATIONS = "artifacts.yaml"
DVC = "dvc.yaml"
"""whose `artifacts:` DVC, DVC Studio and this package read"""
CONFIGURATION = ".gittag-registry.yaml"
GTO_CONFIGURATION = ".gto"
ENVIRONMENT = "GITTAG_"
"""the prefix of the settings' environment variables"""
OTHER_VARIABLES = ("repo", "signed")
"""variables with that prefix that are no settings: what `--repo` names, and one of our own hook"""
GTO_ENVIRONMENT = "GTO_"
"""the prefix of GTO's variables"""
SETTINGS = ("stages", "types", "artifacts", "bump", "pre_id", "push", "remote", "timeout")
"""the keys of `config.Settings`"""
DEFAULT_TIMEOUT = 30
"""how many seconds to wait for an answer from a server"""


def annotation_file(artifact: str) -> str:
    """Where an artifact is annotated: `dir:name` in `dir/dvc.yaml`, because a `:` in `artifacts.yaml` stops GTO."""
    directory, colon, _ = artifact.rpartition(":")
    return f"{directory.strip('/')}/{DVC}" if colon else ANNOTATIONS
