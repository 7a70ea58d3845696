"""Problems in files that people write, and findings in a registry. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from gittag_registry.hints import Hint

Severity = Literal["error", "warning"]


class Problem(NamedTuple):
    """A problem in a file: where it is, and what."""

    file: str
    line: int | None
    """counted from 1; None: the whole file"""
    key: str
    """the path of the value, joined by dots"""
    message: str

    @property
    def place(self) -> str:
        """The file, and the line where there is one."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def what(self) -> str:
        """The message, after the key where there is one."""
        return f"{self.key}: {self.message}" if self.key else self.message

    def __str__(self) -> str:
        """One line, as compilers print it."""
        return f"{self.place}: {self.what}"


class TagFix(NamedTuple):
    """A command that changes tags; it may be proposed only if nobody else has them."""

    command: Hint
    tags: tuple[str, ...]
    """the tags that it deletes, replaces or takes back"""
    restores: bool = False
    """whether fetching these tags from the remote is the better fix"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that `doctor` reports: its subject, a message, and a fix if there is one."""

    check: str
    severity: Severity
    subject: str
    message: str
    fix: Hint | None = None
    tag_fixes: tuple[TagFix, ...] = ()
    """fixes to choose from once it is known which tags the remote has; see `advice`"""
