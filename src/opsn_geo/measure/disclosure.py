"""Statistical disclosure control: no small group of answers is published, nor found by subtraction.

The rule is here, with the number that it starts from; :mod:`opsn_geo.publish.gate` refuses whatever would be
written against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeVar

import numpy as np
import pandas as pd

from opsn_geo.catalogue.survey import DEFAULT_MIN_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

__all__ = ["COMPLEMENT", "DEFAULT_MIN_ANSWERS", "SMALL", "hidden", "suppressed", "too_few"]

SMALL: Final = "small"
"""Why a row is hidden: it rests on too few answers."""
COMPLEMENT: Final = "complement"
"""Why a row is hidden: with it, a total would reveal a small one."""
_Counts = TypeVar("_Counts", pd.Series, pd.DataFrame)


def too_few(counts: _Counts, min_answers: int = DEFAULT_MIN_ANSWERS) -> _Counts:
    """Return which counts of answers must not be published: all under the minimum but zero, which is nobody.

    >>> too_few(pd.Series([0, 1, 4, 5])).tolist()
    [False, True, True, False]
    """
    return (counts > 0) & (counts < min_answers)


def hidden(
    counts: pd.Series, totals: pd.DataFrame | None = None, min_answers: int = DEFAULT_MIN_ANSWERS
) -> pd.Series:
    """Return which counts must not be published, so that none under the minimum can be seen or deduced.

    A count that is :func:`too_few` is hidden. Within each group of rows that share a published total, hidden
    rows must also be at least two and hold at least `min_answers` answers together, else the total minus the
    rest would reveal them: the smallest other rows with answers are hidden too, group by group, until
    nothing changes.

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
    answers = counts.to_numpy(dtype=np.int64, na_value=0)
    small = too_few(pd.Series(answers), min_answers).to_numpy(dtype=bool)
    is_hidden, before = small.copy(), None
    families = [] if totals is None else [pd.factorize(totals[name])[0] for name in totals]
    # hiding a row for one total may leave it alone among the hidden ones of another
    while before is None or (is_hidden != before).any():
        before = is_hidden.copy()
        for family in families:
            for group in _revealing(answers, is_hidden, family, min_answers):
                rows = np.flatnonzero(family == group)
                is_hidden[_complement(answers, is_hidden, rows, min_answers)] = True
    return pd.Series(np.select([small, is_hidden], [SMALL, COMPLEMENT], ""), index=counts.index)


def suppressed(
    table: pd.DataFrame,
    counts: str | Sequence[str],
    totals: Iterable[str] = (),
    min_answers: int = DEFAULT_MIN_ANSWERS,
) -> pd.DataFrame:
    """Return a table without the rows that rest on too few answers, or would reveal such rows.

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
        why = why.where(why != "", hidden(table[name], groups, min_answers))
    shown = table.copy()
    for column in table.select_dtypes(["number", "bool", "boolean"]).columns:
        shown[column] = table[column].astype(_nullable(table[column])).mask(why != "")
    return shown.assign(hidden=why.astype(str))


def _nullable(values: pd.Series) -> Literal["boolean", "Int64", "float64"]:
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    return "Int64" if pd.api.types.is_integer_dtype(values) else "float64"


def _revealing(answers: Integers, is_hidden: Booleans, family: Integers, min_answers: int) -> Integers:
    """Return the totals that, minus their rows that are shown, reveal what the hidden ones hold."""
    summed = family >= 0
    rows = np.bincount(family[summed], is_hidden[summed])
    held = np.bincount(family[summed], (answers * is_hidden)[summed])
    return np.flatnonzero((rows == 1) | ((rows > 0) & (held < min_answers)))


def _complement(answers: Integers, is_hidden: Booleans, rows: Integers, min_answers: int) -> Integers:
    """Return the rows of one total to hide besides the hidden ones: the smallest ones that suffice."""
    left = rows[~is_hidden[rows] & (answers[rows] > 0)]
    left = left[np.argsort(answers[left], kind="stable")]
    hidden_rows, hidden_answers = int(is_hidden[rows].sum()), int(answers[rows][is_hidden[rows]].sum())
    enough = hidden_answers + np.cumsum(answers[left]) >= min_answers
    needed = max(2 - hidden_rows, int(np.argmax(enough)) + 1 if enough.any() else len(left))
    return left[:needed]
