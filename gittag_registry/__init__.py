"""A registry of artifacts (models, datasets, anything) whose database is git tags.

>>> import gittag_registry
>>> gittag_registry.parse_tag("churn#prod#3").stage
'prod'
"""

# No `from __future__ import annotations` here: it would hide the submodule of that name.
from gittag_registry._version import __version__

TYPE_CHECKING = False  # typing has the same, but takes longer to import than everything else here

if TYPE_CHECKING:
    from gittag_registry.api import (
        annotate,
        assign,
        check_ref,
        current,
        delete,
        deprecate,
        deregister,
        describe,
        find_latest_version,
        find_versions_in_stage,
        get_stages,
        history,
        open_registry,
        parse_tag,
        register,
        remove,
        rollback,
        show,
        unassign,
    )
    from gittag_registry.errors import (
        AccessDenied,
        Conflict,
        GitFailed,
        InDoubt,
        NotARegistryTag,
        NotARepository,
        NotFound,
        ProtocolNotAllowed,
        Refused,
        RegistryError,
        RemoteError,
        Unreachable,
        UnreadableTag,
        UntrustedCertificate,
        UsageError,
    )
    from gittag_registry.files.annotations import Annotation
    from gittag_registry.model.commands import (
        Assign,
        Deprecate,
        Deregister,
        ExecuteOptions,
        Register,
        Rollback,
        Unassign,
        Write,
        WriteOptions,
    )
    from gittag_registry.model.events import Event, SkippedTag
    from gittag_registry.model.fold import Artifact, RegistryState
    from gittag_registry.model.names import Kind, Selector, TagName
    from gittag_registry.model.queries import (
        ALL,
        ArtifactRow,
        HistoryFilter,
        ReadOptions,
        Sort,
        VersionRow,
    )
    from gittag_registry.model.results import Outcome, RegistryTable
    from gittag_registry.model.state import StageVersion, Version
    from gittag_registry.model.times import Moment
    from gittag_registry.model.versions import Bump
    from gittag_registry.registry import Registry

__all__ = [
    "ALL",
    "AccessDenied",
    "Annotation",
    "Artifact",
    "ArtifactRow",
    "Assign",
    "Bump",
    "Conflict",
    "Deprecate",
    "Deregister",
    "Event",
    "ExecuteOptions",
    "GitFailed",
    "HistoryFilter",
    "InDoubt",
    "Kind",
    "Moment",
    "NotARegistryTag",
    "NotARepository",
    "NotFound",
    "Outcome",
    "ProtocolNotAllowed",
    "ReadOptions",
    "Refused",
    "Register",
    "Registry",
    "RegistryError",
    "RegistryState",
    "RegistryTable",
    "RemoteError",
    "Rollback",
    "Selector",
    "SkippedTag",
    "Sort",
    "StageVersion",
    "TagName",
    "Unassign",
    "Unreachable",
    "UnreadableTag",
    "UntrustedCertificate",
    "UsageError",
    "Version",
    "VersionRow",
    "Write",
    "WriteOptions",
    "__version__",
    "annotate",
    "assign",
    "check_ref",
    "current",
    "delete",
    "deprecate",
    "deregister",
    "describe",
    "find_latest_version",
    "find_versions_in_stage",
    "get_stages",
    "history",
    "open_registry",
    "parse_tag",
    "register",
    "remove",
    "rollback",
    "show",
    "unassign",
]

_TYPES = (
    "errors",
    "model.state",
    "model.events",
    "model.names",
    "model.queries",
    "model.fold",
    "model.results",
    "model.times",
    "model.versions",
    "model.commands",
    "registry",
    "files.annotations",
)
"""the modules that have the classes and types, the lightest first"""


def __getattr__(name: str) -> object:
    """Import on first use: the command line starts without the API, and who catches errors needs no more than those."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    for module in ("api",) if name.islower() else _TYPES:
        found = import_module(f"{__name__}.{module}")
        if hasattr(found, name):
            return getattr(found, name)
    raise AttributeError(name)


def __dir__() -> list[str]:
    return sorted(__all__)
