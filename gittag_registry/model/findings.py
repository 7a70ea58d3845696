"""Problems in files that people write, and findings in a registry. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

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

    def __str__(self) -> str:
        """One line, as compilers print it."""
        return f"{self.place}: {self.key}: {self.message}" if self.key else f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem that `doctor` reports: its subject, a message, and a fix if there is one."""

    check: str
    severity: Severity
    subject: str
    message: str
    fix: str | None = None
