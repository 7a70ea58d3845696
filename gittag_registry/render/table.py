"""Tables for the width of a terminal: columns are left out in the view's order, cells break at spaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Rows = Sequence[Sequence[str]]
_BORDERS = 3  # columns of the terminal for each column of the table, and one more


def tabulate_rows(headings: Sequence[str], rows: Rows, style: str) -> str:
    """A table in a style of tabulate's; a cell may have several lines."""
    from tabulate import tabulate

    return tabulate(rows, headings, tablefmt=style, disable_numparse=True)


class Layout:
    """Which columns a table shows, and how wide they may be.

    Args:
        headings: of all columns.
        rows: the cells of all columns.
        droppable: the numbers of columns that may be left out, the first of them first.
        width: how many columns the terminal has.
    """

    def __init__(self, headings: Sequence[str], rows: Rows, droppable: Iterable[int], width: int) -> None:
        self._headings, self._rows, self._width = headings, rows, width
        by_column = [[heading, *cells] for heading, *cells in zip(headings, *rows, strict=True)]
        # tabulate leaves two columns beside a heading
        self._widths = [max(len(heading) + 2, *map(len, cells)) for heading, *cells in by_column]
        self.shown = list(range(len(headings)))
        if self._total(self._widths) <= width:
            return
        self._least = [max(len(heading) + 2, *map(_longest_word, cells)) for heading, *cells in by_column]
        for column in droppable:
            if self._total(self._least) <= width:
                break
            self.shown.remove(column)
        self._narrow()

    @property
    def fits(self) -> bool:
        """Whether the table is not wider than the terminal."""
        return self._total(self._widths) <= self._width

    def render(self, style: str) -> str:
        """The table in a style of tabulate's."""
        headings = [self._headings[column] for column in self.shown]
        rows = [[_wrap(row[column], self._widths[column]) for column in self.shown] for row in self._rows]
        return tabulate_rows(headings, rows, style)

    def _total(self, widths: Sequence[int]) -> int:
        return sum(widths[column] + _BORDERS for column in self.shown) + 1

    def _narrow(self) -> None:
        """Narrow the widest column that has room for its longest word, again and again until the table fits."""
        while self._total(self._widths) > self._width:
            spare = [column for column in self.shown if self._widths[column] > self._least[column]]
            if not spare:
                return
            self._widths[max(spare, key=self._widths.__getitem__)] -= 1


def _longest_word(text: str) -> int:
    return max(map(len, text.split(" ")))


def _wrap(text: str, width: int) -> str:
    """The text in lines of a width, broken at spaces only, so that what is copied from a table is whole."""
    if len(text) <= width:
        return text
    from textwrap import wrap

    return "\n".join(wrap(text, width, break_long_words=False, break_on_hyphens=False))
