"""The functions for deployment code, with GTO's names and argument order.

Every function takes the repository first: a path in it, the address of a remote one, or a `git.Repo`. None of them
prints; all errors are `gittag_registry.RegistryError`. To ask more than one question, keep the `Registry` that
`open_registry(repo)` returns.

Functions that write tags take the repository, their own arguments, the message, and as keywords the options that all
of them share: `WriteOptions`. They return the event of the tag they wrote, the last one if there are several.
"""

from gittag_registry.api.reading import (
    check_ref,
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
