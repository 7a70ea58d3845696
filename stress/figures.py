"""What a campaign prints: lines of figures, each with its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_EXAMPLES = 3  # for a figure; more would hide the other lines


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its bounds; without bounds it is printed for information."""

    what: str
    value: int | float
    least: float | None = None
    most: float | None = None
    examples: tuple[str, ...] = ()
    """some of what was counted, printed if a bound is missed"""

    @property
    def met(self) -> bool:
        """Whether the number keeps its bounds."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def __str__(self) -> str:
        if self.met:
            return f"{self.what} {_number(self.value)}"
        bounds = [f"at least {self.least}"] * (self.least is not None) + [f"at most {self.most}"] * (
            self.most is not None
        )
        return f"{self.what} {_number(self.value)} (MISSED: {', '.join(bounds)})"


def _number(value: int | float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a campaign's result."""

    title: str
    figures: tuple[Figure, ...] = ()
    remark: str = ""

    @property
    def met(self) -> bool:
        """Whether all of its figures keep their bounds."""
        return all(figure.met for figure in self.figures)

    def render(self) -> str:
        """The line, and under it examples of the figures that miss a bound."""
        body = "; ".join([str(figure) for figure in self.figures] + [self.remark] * bool(self.remark))
        examples = [example for figure in self.figures if not figure.met for example in figure.examples[:_EXAMPLES]]
        return "\n".join([f"{self.title}: {body}", *(f"    e.g. {one_line(example)}" for example in examples)])


@dataclass(frozen=True, slots=True)
class Setting:
    """The parameters of a campaign."""

    directory: Path
    """an empty one, for its repositories"""
    short: bool
    """whether to run a small campaign, only to see that it works"""


Campaign = Callable[[Setting], Iterator[Line]]


def one_line(text: str) -> str:
    """Return the first line of a text."""
    return text.strip().partition("\n")[0]


def none_of(what: str, findings: tuple[str, ...]) -> Figure:
    """Make a figure that must be 0, with the findings as examples."""
    return Figure(what, len(findings), most=0, examples=findings)
