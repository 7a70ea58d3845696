"""The functions for deployment code, with GTO's names and argument order.

Every function takes the repository first: a path in it, the address of a remote one, an opened repository of GitPython,
scmrepo, dulwich or pygit2, or the `Registry` that `open_registry(repo)` returns, which has all questions as methods.

No function prints. All errors are `gittag_registry.RegistryError`, those of servers `RemoteError`: `Unreachable` if it
may work later; what is wrong with an argument is `UsageError`.

A time is in seconds since 1970 UTC, a `datetime` or `date`, text (``2026-03-01T12:00Z``, ``2 weeks ago``), or the name
of a tag or commit, whose date it is.

Functions that write tags take the repository, their own arguments, the message, and as keywords the options that all
of them share: `WriteOptions`. They return the event of the tag they wrote, the last one if there are several.
"""

from gittag_registry.api.reading import (
    check_ref,
    current,
    describe,
    find_latest_version,
    find_versions_in_stage,
    get_stages,
    history,
    open_registry,
    parse_tag,
    show,
)
from gittag_registry.api.writing import (
    annotate,
    assign,
    delete,
    deprecate,
    deregister,
    register,
    remove,
    rollback,
    unassign,
)

__all__ = [
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
