"""Discretion: no small group of answers is published, nor can it be found by subtraction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

MIN_ANSWERS: Final = 5
SMALL: Final = "small"
"""Why a row is hidden: it rests on too few answers."""
COMPLEMENT: Final = "complement"
"""Why a row is hidden: with it, a total would reveal a small one."""


def hidden(
    counts: pd.Series, totals: pd.DataFrame | None = None, min_answers: int = MIN_ANSWERS
) -> pd.Series:
    """Tell which counts must not be published, so that none under the threshold can be seen or deduced.

    A count from 1 to `min_answers` - 1 is hidden (zero answers belong to nobody). Within each group of rows
    that share a published total, hidden rows must also be at least two and hold at least `min_answers`
    answers together, else the total minus the rest would reveal them: the smallest other rows with answers
    are hidden too, group by group, until nothing changes.

    Parameters
    ----------
    counts : Series of int
        Answers behind each row of a table.
    totals : DataFrame, optional
        On the same index, one column per family of published totals: rows with the same value sum to one.
        Without it, no total is published.
    min_answers : int
        Fewest answers that may be shown.

    Returns
    -------
    Series of str
        On the same index: ``""`` (may be published), ``small`` or ``complement``.

    Examples
    --------
    >>> counts = pd.Series([3, 12, 7, 40])
    >>> hidden(counts, pd.DataFrame({"all": ["t"] * 4})).tolist()
    ['small', '', 'complement', '']
    """
    held = counts.to_numpy(dtype=np.int64, na_value=0)
    small = (held > 0) & (held < min_answers)
    gone, before = small.copy(), None
    families = [] if totals is None else [pd.factorize(totals[name])[0] for name in totals]
    while before is None or (gone != before).any():
        before = gone.copy()
        for family in families:
            for group in _revealing(held, gone, family, min_answers):
                gone[_complement(held, gone, np.flatnonzero(family == group), min_answers)] = True
    return pd.Series(np.select([small, gone], [SMALL, COMPLEMENT], ""), index=counts.index)


def suppressed(
    table: pd.DataFrame,
    counts: str | Sequence[str],
    totals: Iterable[str] = (),
    min_answers: int = MIN_ANSWERS,
) -> pd.DataFrame:
    """Blank the rows of a table that rest on too few answers, and those that would reveal them.

    Parameters
    ----------
    table : DataFrame
        One row per group of answers.
    counts : str or sequence of str
        Columns that count answers; a row is hidden where any of them must be.
    totals : iterable of str
        Columns whose values name a published total that its rows sum to.
    min_answers : int
        Fewest answers that may be shown.

    Returns
    -------
    DataFrame
        The same rows and columns, with ``hidden``: on hidden rows numbers and booleans are missing.

    Examples
    --------
    >>> table = pd.DataFrame({"dep": ["02", "59"], "answers": [3, 50], "estimate": [0.4, 0.5]})
    >>> suppressed(table, "answers").values.tolist()
    [['02', <NA>, nan, 'small'], ['59', 50, 0.5, '']]
    """
    names = [counts] if isinstance(counts, str) else list(counts)
    groups = table[list(totals)] if list(totals) else None
    why = pd.Series("", index=table.index, dtype=object)
    for name in names:
        found = hidden(table[name], groups, min_answers)
        why = why.where(why != "", found)
    shown = table.copy()
    for column in table.select_dtypes(["number", "bool", "boolean"]).columns:
        shown[column] = table[column].astype(_nullable(table[column])).mask(why != "")
    return shown.assign(hidden=why.astype(str))


def _nullable(values: pd.Series) -> Literal["boolean", "Int64", "float64"]:
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    return "Int64" if pd.api.types.is_integer_dtype(values) else "float64"


def _revealing(held: Integers, gone: Booleans, family: Integers, min_answers: int) -> Integers:
    """List the totals that, minus their rows that are shown, tell what the hidden ones hold."""
    known = family >= 0
    rows = np.bincount(family[known], gone[known])
    answers = np.bincount(family[known], (held * gone)[known])
    return np.flatnonzero((rows == 1) | ((rows > 0) & (answers < min_answers)))


def _complement(held: Integers, gone: Booleans, rows: Integers, min_answers: int) -> Integers:
    """Choose the rows of one total to hide besides the hidden ones: the smallest ones that suffice."""
    left = rows[~gone[rows] & (held[rows] > 0)]
    left = left[np.argsort(held[left], kind="stable")]
    hidden_rows, hidden_answers = int(gone[rows].sum()), int(held[rows][gone[rows]].sum())
    enough = hidden_answers + np.cumsum(held[left]) >= min_answers
    needed = max(2 - hidden_rows, int(np.argmax(enough)) + 1 if enough.any() else len(left))
    return left[:needed]
