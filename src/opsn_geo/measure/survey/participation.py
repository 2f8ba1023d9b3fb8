"""Who answered, published in groups only: which levels are joined, and which places show their number.

Whether a commune answered is looked at as any answer is (:mod:`opsn_geo.measure.disclosure`): a group shows
how many of its communes answered only where enough did and enough did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype

from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, SHOWN, shown
from opsn_geo.measure.survey.response import with_unknown
from opsn_geo.measure.survey.weights import collapse

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDDEN: Final = "response_hidden"
"""Column of a place that says why its number of answering communes is not published."""
OF_ANSWERING: Final = (
    "answered", "response_share", "response_low_share", "response_high_share",
    "sample_share", "sample_low_share", "sample_high_share", "residual", "p", "q",
)  # fmt: skip
"""Columns of a response table that say how many units answered."""
OF_THEIR_PEOPLE: Final = ("responding_pop", "responding_pop_share")
"""Columns with the inhabitants of the units that answered, whose sum may say which ones they are."""


def joined_levels(
    units: pd.DataFrame, variables: Sequence[str], min_answers: int = DEFAULT_MIN_ANSWERS
) -> pd.DataFrame:
    """Return units whose levels are joined until enough units of each answered, and enough did not.

    Parameters
    ----------
    units : DataFrame
        One row per unit, with ``responded`` (bool) and the variables; missing values are ``unknown``.
    variables : sequence of str
        Variables whose levels are joined, each for itself (:func:`opsn_geo.measure.survey.weights.collapse`).
    min_answers : int
        Fewest units on either side.

    Returns
    -------
    DataFrame
        The same, with ordered categories such as ``a+b`` in the variables that have levels to join.

    Examples
    --------
    >>> units = pd.DataFrame({"size": list("aabbcc"), "responded": [True, False, True, False, True, True]})
    >>> joined_levels(units, ["size"], 1)["size"].tolist()
    ['a+c', 'a+c', 'b', 'b', 'a+c', 'a+c']
    """
    answering = collapse(units, variables, min_answers)[0]
    silent = collapse(answering.assign(responded=~units["responded"]), variables, min_answers)[0]
    columns = {}
    for name in variables:
        own = with_unknown(units[name]).astype("category")
        if (silent[name] != own.astype(str)).any():
            order = silent[name].iloc[np.argsort(own.cat.codes, kind="stable")].unique()
            columns[name] = pd.Categorical(silent[name], order, ordered=True)
    return units.assign(**columns)


def place_codes(
    units: pd.DataFrame, levels: Sequence[str], min_answers: int = DEFAULT_MIN_ANSWERS
) -> dict[str, pd.Series]:
    """Return whether each place may show how many of its units answered, beside the total and other places.

    Parameters
    ----------
    units : DataFrame
        One row per unit, with ``responded`` (bool) and the code of its place at each level.
    levels : sequence of str
        Columns with these codes, the widest first.
    min_answers : int
        Fewest units on either side.

    Returns
    -------
    dict of str to Series of str
        By level, on the code of its places: as :func:`opsn_geo.measure.disclosure.shown`.

    Examples
    --------
    >>> units = pd.DataFrame({"dep": ["02"] * 8 + ["59"] * 12,
    ...                       "responded": [True] * 4 + [False] * 4 + [True, False] * 6})
    >>> place_codes(units, ["dep"])["dep"].to_dict()
    {'59': 'complement', '02': 'small'}
    """
    groups = {("", ""): pd.Series(data=True, index=units.index)}
    for level in levels:
        places = with_unknown(units[level])
        groups |= {(level, str(place)): places.eq(place) for place in places.value_counts().index}
    family = pd.DataFrame(dict(enumerate(groups.values())), index=units.index).astype(bool)
    codes = shown(units[["responded"]], family, min_answers).iloc[0].tolist()
    return {
        level: pd.Series(
            {place: code for (of, place), code in zip(groups, codes, strict=True) if of == level}, dtype="str"
        )
        for level in levels
    }


def without_few(table: pd.DataFrame, codes: pd.Series, hidden: str = HIDDEN) -> pd.DataFrame:
    """Return a response table without the numbers of the levels that must not show how many answered.

    Parameters
    ----------
    table : DataFrame
        As :func:`opsn_geo.measure.survey.response.response_table` gives it, or columns of it.
    codes : Series of str
        On the index of `table`: of :func:`place_codes`.
    hidden : str
        Name of the column with the codes.

    Examples
    --------
    >>> table = pd.DataFrame({"units": [9], "answered": [2], "cell": ["small"], "responding_pop": 88}, ["02"])
    >>> shown = without_few(table, pd.Series(["few"], ["02"]))
    >>> list(shown), shown["answered"].isna().tolist(), shown["response_hidden"].tolist()
    (['units', 'answered', 'cell', 'response_hidden'], [True], ['few'])
    """
    kept = table.drop(columns=[name for name in OF_THEIR_PEOPLE if name in table])
    codes = codes.reindex(kept.index).fillna(SHOWN)
    is_hidden = codes.ne(SHOWN)
    for name in OF_ANSWERING:
        if name in kept:
            numbers = kept[name].astype("Int64") if is_integer_dtype(kept[name]) else kept[name]
            kept[name] = numbers.mask(is_hidden)
    if "cell" in kept:
        kept["cell"] = kept["cell"].mask(is_hidden, "")
    return kept.assign(**{hidden: codes.astype("str")})
