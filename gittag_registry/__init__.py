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
        Conflict,
        GitFailed,
        InDoubt,
        NotARegistryTag,
        NotARepository,
        NotFound,
        Refused,
        RegistryError,
        RemoteError,
        UnreadableTag,
        UsageError,
    )
    from gittag_registry.registry import Registry

__all__ = [
    "Conflict",
    "GitFailed",
    "InDoubt",
    "NotARegistryTag",
    "NotARepository",
    "NotFound",
    "Refused",
    "Registry",
    "RegistryError",
    "RemoteError",
    "UnreadableTag",
    "UsageError",
    "__version__",
    "annotate",
    "assign",
    "check_ref",
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


def __getattr__(name: str) -> object:
    """Import the API on first use: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gittag_registry import api, errors, registry

    for module in (api, errors, registry):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(name)


def __dir__() -> list[str]:
    return sorted(__all__)
