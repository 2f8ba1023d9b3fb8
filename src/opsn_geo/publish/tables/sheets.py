"""A sheet of a workbook: a frame with its headers, how each column is shown, links and what stays in view.

:mod:`opsn_geo.publish.tables.workbook` says what the sheets hold; :mod:`opsn_geo.publish.tables.xlsx` and
:mod:`opsn_geo.publish.tables.ods` write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite
from typing import Final, Literal

import numpy as np
import pandas as pd

Kind = Literal[
    "text", "prose", "day", "whole", "share", "decimal", "fine", "link", "heading", "header", "key"
]
"""How a cell is shown; ``prose`` is text that wraps, ``fine`` a number with three decimals."""

_FORBIDDEN: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_UNCLEAN: Final = _FORBIDDEN[:-1] + "\r]"
_LONGEST_CELL: Final = 32_767
_LONGEST_TITLE: Final = 31
_NARROW: Final = 9
_WIDE: Final = 40
PROSE: Final = 70
"""Characters of a line of text that wraps."""
_PAGE: Final = 190
"""Characters across a page in landscape that are still easy to read."""
_MOST_LINES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: a flat frame whose column names are its headers, and how each column is shown.

    Parameters
    ----------
    title : str
        Name of the sheet, as spreadsheets allow it.
    frame : pandas.DataFrame
        Numbers, days and texts that XML can hold; column names are different.
    kinds : tuple of str or sequence of str
        How each column is shown, or each of its cells.
    widths : tuple of int
        Width of each column, in characters.
    keys : tuple of str
        Names of the columns in the files, shown under the headers; empty where there are none.
    about : str
        What the sheet holds, in a sentence above the headers.
    back : str
        Title of the sheet that a link above the headers leads back to.
    frozen : int
        Number of columns that stay in view.
    filtered : bool
        Whether its headers have filter buttons.
    links : mapping of str to str
        By cell (``A3``), where it leads: ``#`` and the title of a sheet, or a file beside the workbook.
    """

    title: str
    frame: pd.DataFrame
    kinds: tuple[Kind | Sequence[Kind], ...]
    widths: tuple[int, ...]
    keys: tuple[str, ...] = ()
    about: str = ""
    back: str = ""
    frozen: int = 0
    filtered: bool = True
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def pages_across(self) -> int:
        """Number of printed pages side by side that the columns take."""
        return ceil(sum(self.widths) / _PAGE)

    @property
    def head(self) -> int:
        """Number of rows above the values."""
        return len(self.heads())

    def heads(self) -> list[list[tuple[str, Kind]]]:
        """Return the rows above the values: what the sheet holds, the headers, the names in the files."""
        rows: list[list[tuple[str, Kind]]] = []
        if self.about or self.back:
            rows.append([(self.back, "link"), (self.about, "heading")])
        rows.append([(str(header), "header") for header in self.frame])
        if self.keys:
            rows.append([(key, "key") for key in self.keys])
        return rows

    def heights(self) -> list[int]:
        """Return how many lines of text each row takes."""
        headers = max(
            _lines(str(header), width) for header, width in zip(self.frame, self.widths, strict=True)
        )
        above = [headers if row[0][1] == "header" else 1 for row in self.heads()]
        lines = np.ones(len(self.frame), dtype=int)
        for number, kind in enumerate(self.kinds):
            if kind == "prose" or (not isinstance(kind, str) and "prose" in kind):
                width = self.widths[number]
                taken = self.frame.iloc[:, number].map(
                    lambda text, width=width: _lines(text, width) if isinstance(text, str) else 1
                )
                lines = np.maximum(lines, taken.to_numpy(int))
        return [*above, *np.minimum(lines, _MOST_LINES).tolist()]


def _lines(text: str, width: int) -> int:
    """Return how many lines a text takes: words that wrap leave some of a line empty."""
    return sum(max(1, ceil(len(line) * 1.12 / width)) for line in text.split("\n"))


def cells(
    values: pd.Series, kind: Kind | Sequence[Kind], cell: Callable[[object, Kind], str], empty: str
) -> list[str]:
    """Return the cell of each value of a column; each different value is written once.

    Parameters
    ----------
    values : pandas.Series
        Numbers, days or texts.
    kind : str or sequence of str
        How they are shown: all alike, or one by one.
    cell : callable
        Returns the cell of a value that is there, a day as text.
    empty : str
        Cell of a value that is missing.
    """
    if not isinstance(kind, str):
        return [
            empty if is_missing(value) else cell(value, each)
            for value, each in zip(values.tolist(), kind, strict=True)
        ]
    if kind == "day":
        values = values.dt.strftime("%Y-%m-%d")
    codes, different = pd.factorize(values)
    written = [empty if is_missing(value) else cell(value, kind) for value in different.tolist()]
    column: list[str] = np.array([*written, empty], dtype=object)[codes].tolist()
    return column


def is_missing(value: object) -> bool:
    """Return whether a cell stays empty: no text, or a number that is not finite.

    >>> [is_missing(value) for value in ("", "a", 0, float("inf"), None)]
    [True, False, False, True, True]
    """
    if isinstance(value, str):
        return not value
    return value is None or value is pd.NA or not isfinite(float(str(value)))


def column_letters(number: int) -> str:
    """Return the letters of a column.

    >>> [column_letters(number) for number in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def quoted(title: str) -> str:
    """Return the title of a sheet as addresses have it.

    >>> quoted("L'EPCI")
    "'L''EPCI'"
    """
    return "'" + title.replace("'", "''") + "'"


def sheet_titles(titles: Sequence[str]) -> list[str]:
    """Return titles as names that every spreadsheet takes: 31 characters, no two alike.

    >>> sheet_titles(["a/b", "'A b", "x" * 40])
    ['a b', 'A b (2)', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']
    """
    taken: dict[str, str] = {}
    for title in titles:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:_LONGEST_TITLE] or "–"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: _LONGEST_TITLE - len(f' ({number})')]} ({number})"
        taken[name.casefold()] = name
    return list(taken.values())


def text_sheet(title: str, frame: pd.DataFrame) -> Sheet:
    """Return a frame of texts as a sheet, each column as wide as its longest text, up to a bound.

    >>> text_sheet("Rows", pd.DataFrame({"name": ["Abbécourt"]}, dtype="str")).kinds
    ('text',)
    """
    frame = frame.apply(clean) if len(frame) else frame
    kinds: list[Kind] = ["text"] * frame.shape[1]
    widths = tuple(width(str(header), "", texts, "text") for header, texts in frame.items())
    return Sheet(title=title, frame=frame, kinds=tuple(kinds), widths=widths)


def clean(texts: pd.Series) -> pd.Series:
    r"""Return texts that XML and a cell can hold: line ends are ``\n``, forbidden characters ``\ufffd``.

    Text beyond 32,767 characters, the most that a cell of a workbook holds, is cut and ends in an ellipsis.

    >>> clean(pd.Series(["a\r\nb", "\x01=1", None])).tolist()
    ['a\nb', '�=1', nan]
    """
    if texts.str.contains(_UNCLEAN).any():
        texts = texts.str.replace("\r\n?", "\n", regex=True).str.replace(_FORBIDDEN, "\ufffd", regex=True)
    long = texts.str.len() > _LONGEST_CELL
    return texts.mask(long, texts.str.slice(0, _LONGEST_CELL - 1) + "…") if long.any() else texts


def width(header: str, key: str, values: pd.Series, kind: Kind | Sequence[Kind]) -> int:
    """Return a width in which most values and the key show whole, and the header on about two lines."""
    if kind == "prose":
        return PROSE
    longest = int(values.str.len().max()) if values.dtype == "str" and values.notna().any() else _NARROW
    return min(max(longest + 2, len(header) // 2 + 4, ceil(0.9 * len(key)), _NARROW), _WIDE)
