"""Statistical disclosure control: what may be published of groups of answers, so that nobody's is given away.

The attacker knows who answered, and every total and every weight. Against that, the rule is:

1. A group shows its number only where at least five of its answers (an option) say yes and five say no; for
   numbers, five lie above the least answer and five below the greatest. Nought to four of either is one
   class: neither nobody nor everybody is ever certain of anyone.
2. Groups are taken one after the other, the most useful first, and cut each other into pieces. A group shows
   its number only where every piece that it cuts satisfies the first rule as well. Whoever adds and subtracts
   what is published reaches unions of such pieces, and nothing smaller.
3. A group shows that it is of the class only where, in each piece that it lies in, enough answers beside it
   stay unresolved; so does one that is kept back.
4. Weighted numbers are rounded: a precise one could tell, weight by weight, who said what.

:mod:`opsn_geo.publish.gate` refuses whatever would be written against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from opsn_geo.catalogue.survey import DEFAULT_MIN_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = [
    "COMPLEMENT",
    "DEFAULT_MIN_ANSWERS",
    "FEW",
    "MOST",
    "SHOWN",
    "SMALL",
    "coarse",
    "codes_of",
    "open_to_weights",
    "shown",
    "unresolved",
    "weakest",
    "withheld",
]

SHOWN: Final = ""
"""The number is published."""
FEW: Final = "few"
"""Nought to four said yes: this class is published, not the number."""
MOST: Final = "most"
"""All but nought to four said yes: this class is published, not the number."""
SMALL: Final = "small"
"""Too few answers, or too few different ones: nothing is published."""
COMPLEMENT: Final = "complement"
"""A subtraction would reveal a small group: nothing is published."""
_NO_CLASS: Final = {FEW: SMALL, MOST: SMALL}
_DECIMALS: Final = 2
_SAME_WEIGHT: Final = 9
"""Decimals of a weight: those of a stratum differ in the last digits of the machine."""
_TWO_DIGITS: Final = frozenset({"p", "q", "se", "correlation"})
"""Parts of the names of columns that keep two significant digits: errors and probabilities."""


def shown(values: pd.DataFrame, groups: pd.DataFrame, min_answers: int = DEFAULT_MIN_ANSWERS) -> pd.DataFrame:
    """Return what may be published of each item in each group.

    Parameters
    ----------
    values : DataFrame
        On ``respondent``: booleans and numbers, missing where not answered. Booleans ``question:choice`` of
        which everybody who answered ticked one are the choices of one question, and sum to its base.
    groups : DataFrame of bool
        On the same index, a column for each group that numbers are published about, the most useful first.
    min_answers : int
        Fewest answers on either side.

    Returns
    -------
    DataFrame of str
        Items × groups: ``""`` (:data:`SHOWN`), or the code of why not. The base of a question that only some
        were asked says what they answered to another one: where it must be hidden, so is all of the question.

    Examples
    --------
    >>> values = pd.DataFrame({"uses": [True] * 9 + [False] * 31})
    >>> groups = pd.DataFrame({"all": [True] * 40, "north": [True] * 20 + [False] * 20,
    ...                        "south": [False] * 20 + [True] * 20})
    >>> shown(values, groups).to_dict("records")
    [{'all': '', 'north': 'complement', 'south': 'few'}]
    """
    members = np.ascontiguousarray(groups.to_numpy(dtype=bool).T)
    sides = {str(name): _side(column) for name, column in values.items()}
    codes = {name: _codes(side, members, min_answers) for name, side in sides.items()}
    for choices in _single_choices(sides):
        codes |= _choices({name: sides[name] for name in choices}, codes, members, min_answers)
    for asked, names in _asked_of_some(sides):
        everybody = np.ones_like(asked)
        bases = _codes(_Side(everybody, asked, ~asked, binary=True), members, min_answers)
        for name in names:
            codes[name] = [
                code if base == SHOWN else COMPLEMENT for code, base in zip(codes[name], bases, strict=True)
            ]
    return pd.DataFrame.from_dict(codes, orient="index", columns=groups.columns, dtype="str")


def unresolved(values: pd.Series, groups: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Return whether two families of groups, both published, still leave everybody's answer open together.

    The groups of each family cut the answers into pieces whose sums are known. Each answer lies in a piece of
    one family and in one of the other: a table with known margins. A sum can grow in a cell where there is
    room, if others give way around a cycle; so every cell must lie in one strongly connected component of the
    pieces, with an arc for each way that the sum of a cell can change.

    Parameters
    ----------
    values : Series
        On ``respondent``: booleans or numbers, missing where not answered.
    groups, others : DataFrame of bool
        On the same index: the groups of each family.

    Examples
    --------
    >>> values = pd.Series([True, True, False, False])
    >>> north = pd.DataFrame({"north": [True, True, True, False]})
    >>> unresolved(values, north, pd.DataFrame({"members": [True, False, True, False]}))
    False
    """
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - slow to import

    side = _side(values)
    answered = side.answered
    # nodes: the pieces of the one family, those of the other, and 0 for whoever lies in none, of no known sum
    pieces, nodes = [], 1
    for family in (groups, others):
        inside = family.to_numpy(dtype=bool)[answered]
        piece = np.unique(inside, axis=0, return_inverse=True)[1].ravel()
        pieces.append(np.where(inside.any(axis=1), nodes + piece, 0))
        nodes += int(piece.max(initial=0)) + 1
    ones, twos = pieces
    above, below = side.above[answered], side.below[answered]
    _, cell, count = np.unique(ones * nodes + twos, return_inverse=True, return_counts=True)
    # the number of somebody who is alone in a cell could change both ways, but not by itself
    alone = (count[cell] == 1) & below
    start = np.concatenate([ones[below], twos[above & ~alone]])
    end = np.concatenate([twos[below], ones[above & ~alone]])
    arcs = coo_array((np.ones(len(start), dtype=bool), (start, end)), shape=(nodes, nodes))
    part = connected_components(arcs, connection="strong")[1]
    return bool((part[ones] == part[twos]).all())


def open_to_weights(values: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Return whether a rounded weighted share, beside the number of yes, leaves everybody's answer open.

    Answers of the same weight are alike to whoever knows the weights. Where they are all yes or all no, one
    of them must be able to differ, others giving way, with the same number of yes and the same rounded share.
    Of numbers, the same holds where answers of one weight are all the least, or all the greatest.

    Parameters
    ----------
    values : DataFrame of bool or number
        On ``respondent``, a column for each item: missing where not answered.
    weights : Series of float
        On the same index.

    Returns
    -------
    Series of bool
        On the items; true where nobody answered.

    Examples
    --------
    >>> values = pd.DataFrame({"uses": [True] * 5 + [False] * 15})
    >>> equal, heavy = pd.Series([1.0] * 20), pd.Series([1.0] * 10 + [30.0] * 10)
    >>> open_to_weights(values, equal)["uses"].item(), open_to_weights(values, heavy)["uses"].item()
    (True, False)
    """
    order = np.argsort(weights.to_numpy(dtype=float), kind="stable")
    own = weights.to_numpy(dtype=float)[order].round(_SAME_WEIGHT)
    codes = {}
    for name, column in values.items():
        side = _side(column)
        answered = side.answered[order]
        above, below = (each[order][answered] for each in (side.above, side.below))
        sides = (above,) if side.binary else (above, below)
        codes[name] = not answered.any() or all(
            _is_open(each, own[answered], both=side.binary) for each in sides
        )
    return pd.Series(codes, dtype=bool)


def _is_open(yes: Booleans, own: Floats, *, both: bool = True) -> bool:
    """Return whether nobody's answer follows from weights, which rise; or, but for `both`, nobody's no."""
    if not yes.any():
        return False
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
    kinds, size = own[starts], np.diff(np.append(starts, len(own)))
    ticked = np.add.reduceat(yes, starts, dtype=np.int64)
    total, count = own.sum(), int(yes.sum())
    share, half = np.round((own * yes).sum() / total, _DECIMALS), 10.0**-_DECIMALS / 2
    ends = (share - half) * total, (share + half) * total
    sums = np.concatenate([[0.0], np.cumsum(own)])
    # of the others, without one of the kind, so many say yes: the lightest or the heaviest at the extremes
    others = np.where(ticked == 0, count - 1, count)
    lightest = sums[np.minimum(others + (starts < others), len(own))] - kinds * (starts < others)
    last = len(own) - others
    taken = starts + size > last
    heaviest = sums[-1] - sums[np.maximum(last - taken, 0)] - kinds * taken
    moved = np.where(ticked == 0, kinds, 0.0)
    can_differ = (lightest + moved <= ends[1]) & (heaviest + moved >= ends[0])
    return bool((can_differ | ((ticked > 0) & ((ticked < size) | (not both)))).all())


def codes_of(published: pd.DataFrame, items: Iterable[str], groups: Iterable[str]) -> list[str]:
    """Return the code of each pair of an item and a group; of a pair that was not weighed, ``complement``.

    >>> codes_of(pd.DataFrame({"02": ["", "few"]}, index=["dpd", "sig"]), ["sig", "sig"], ["02", "80"])
    ['few', 'complement']
    """
    by_group = published.to_dict()
    pairs = zip(items, groups, strict=True)
    return [by_group.get(group, {}).get(item, COMPLEMENT) for item, group in pairs]


def weakest(codes: Sequence[Iterable[str]]) -> list[str]:
    """Return the code of what rests on several groups: published only where all of them are.

    >>> weakest([["", ""], ["", "few"]])
    ['', 'small']
    """
    return [SHOWN if set(row) == {SHOWN} else SMALL for row in zip(*codes, strict=True)]


def withheld(table: pd.DataFrame, codes: Iterable[str], kept: Collection[str] = ()) -> pd.DataFrame:
    """Return a table without the numbers that must not be published.

    Parameters
    ----------
    table : DataFrame
        One row per group of answers.
    codes : iterable of str
        For each row, of :func:`shown`.
    kept : collection of str
        Columns that count the answers of a row: shown where the class is published (few, most) as well.

    Returns
    -------
    DataFrame
        The same rows and columns, with ``hidden``: on hidden rows numbers and booleans are missing.

    Examples
    --------
    >>> table = pd.DataFrame({"dep": ["02", "59"], "answers": [74, 50], "estimate": [0.04, 0.5123]})
    >>> withheld(table, ["few", ""], ["answers"]).values.tolist()
    [['02', 74, nan, 'few'], ['59', 50, 0.5123, '']]
    """
    why = pd.Series(list(codes), index=table.index, dtype="str")
    published = table.copy()
    for column in table.select_dtypes(["number", "bool", "boolean"]).columns:
        gone = why.isin([SMALL, COMPLEMENT]) if column in kept else why.ne(SHOWN)
        published[column] = published[column].astype(_nullable(table[column])).mask(gone)
    return published.assign(hidden=why)


def coarse(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its real numbers rounded: two decimals; two digits for errors and probabilities.

    >>> coarse(pd.DataFrame({"answers": [74], "estimate": [0.12345], "gap_p": [0.012345]})).values.tolist()
    [[74.0, 0.12, 0.012]]
    """
    columns = {}
    for name, values in table.items():
        if pd.api.types.is_float_dtype(values):
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            if _TWO_DIGITS.isdisjoint(str(name).split("_")):
                numbers = numbers.round(_DECIMALS)
            else:
                numbers = np.array([float(f"{it:.2g}") for it in numbers])
            columns[str(name)] = pd.Series(numbers + 0.0, index=values.index).astype(values.dtype)
    return table.assign(**columns)


class _Side(NamedTuple):
    """Who answered an item, above its least and below its greatest answer; whether it is a yes or no."""

    answered: Booleans
    above: Booleans
    below: Booleans
    binary: bool


def _side(column: pd.Series) -> _Side:
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    answered, binary = ~np.isnan(numbers), bool(pd.api.types.is_bool_dtype(column))
    least, greatest = (0.0, 1.0) if binary or not answered.any() else (np.nanmin(numbers), np.nanmax(numbers))
    return _Side(answered, answered & (numbers > least), answered & (numbers < greatest), binary)


def _codes(side: _Side, groups: Booleans, least: int, kept_back: Iterable[int] = ()) -> list[str]:
    """Return the code of each group for one item; those kept back get no number, nor give it away."""
    inside = groups[:, side.answered]
    state = _Partition(side, inside.shape[1], least)
    for number in kept_back:
        state.zone[inside[number]] = number + 1
    codes: list[str] = []
    for number, group in enumerate(inside):
        size = np.count_nonzero(group)
        above, below = np.count_nonzero(state.above & group), np.count_nonzero(state.below & group)
        own = FEW if above < least else MOST
        if above >= least and below >= least:
            code = SHOWN if state.cut_by(group) else COMPLEMENT
        elif not side.binary or size < 2 * least:
            code = SMALL
        else:
            zones = np.unique(state.zone[group])
            of_class = [it > 0 and it <= number and codes[it - 1] == own for it in zones]
            # inside one group of the class it says no more; else it must leave enough beside it
            is_within = len(zones) == 1 and of_class[0]
            same = all(it == 0 or known for it, known in zip(zones, of_class, strict=True))
            code = own if is_within or (same and state.joined_by(group, number + 1)) else COMPLEMENT
        codes.append(code)
    return codes


class _Partition:
    """Those who answered an item, cut into pieces by the groups that show their number.

    ``piece`` says into which of the pieces whose number is known each answer falls, 0 into none; ``zone`` in
    which group that stays unresolved, counted from 1, 0 in none.
    """

    def __init__(self, side: _Side, size: int, least: int) -> None:
        self.above, self.below = side.above[side.answered], side.below[side.answered]
        self.piece, self.zone = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        self._least = least

    def cut_by(self, group: Booleans) -> bool:
        """Cut the pieces by a group that shows its number, and return true; false where it gives too much."""
        reached, halves = (self.piece > 0) | group, 2 * self.piece + group
        cut = np.cumsum(np.bincount(halves) > 0, dtype=np.int64)[halves]
        if self._cuts_a_zone(group) or not self._leaves_enough(cut, reached, reached & (self.zone == 0)):
            return False
        self.piece = np.where(reached, cut, 0)
        return True

    def joined_by(self, group: Booleans, number: int) -> bool:
        """Make a group that shows its class a zone, and return true; false where it gives too much."""
        has_group = np.bincount(self.piece[group], minlength=int(self.piece.max()) + 1) > 0
        beside = has_group[self.piece] & (self.piece > 0)
        free = beside & ~group & (self.zone == 0)
        if self._cuts_a_zone(group) or not self._leaves_enough(self.piece, beside, free):
            return False
        self.zone[group] = number
        return True

    def _cuts_a_zone(self, group: Booleans) -> bool:
        """Return whether a zone lies in part inside a group."""
        inside, outside = (
            np.bincount(self.zone[it], minlength=self.zone.max() + 1) for it in (group, ~group)
        )
        return bool(((inside > 0) & (outside > 0))[1:].any())

    def _leaves_enough(self, labels: Integers, reached: Booleans, free: Booleans) -> bool:
        """Return whether each label among the answers reached has enough free ones on both sides."""
        size = int(labels.max()) + 1
        above, below = (np.bincount(labels[free & it], minlength=size) for it in (self.above, self.below))
        return bool((np.minimum(above, below)[labels[reached]] >= self._least).all())


def _single_choices(sides: Mapping[str, _Side]) -> Iterator[list[str]]:
    """Yield the choices of each question of which everybody who answered ticked exactly one."""
    questions: dict[str, list[str]] = {}
    for name, side in sides.items():
        if side.binary and ":" in name:
            questions.setdefault(name.partition(":")[0], []).append(name)
    for choices in questions.values():
        ticks = np.sum([sides[name].above for name in choices], axis=0)
        answered = sides[choices[0]].answered
        if (
            answered.any()
            and (ticks == answered).all()
            and all((sides[it].answered == answered).all() for it in choices)
        ):
            yield choices


def _choices(
    sides: Mapping[str, _Side], codes: Mapping[str, list[str]], groups: Booleans, least: int
) -> dict[str, list[str]]:
    """Return the codes of the choices of one question: the rest of its base gives no hidden choice away."""
    kept_back: dict[str, set[int]] = {name: set() for name in sides}
    codes = {name: codes[name] for name in sides}
    while True:
        for name, numbers in kept_back.items():
            if numbers:
                codes[name] = _codes(sides[name], groups, least, sorted(numbers))
        before = sum(map(len, kept_back.values()))
        for number, group in enumerate(groups):
            shown_here = [name for name in sides if codes[name][number] == SHOWN]
            if not shown_here or len(shown_here) == len(sides):
                continue
            counts = {name: np.count_nonzero(side.above & group) for name, side in sides.items()}
            left = sum(counts.values()) - sum(counts[name] for name in shown_here)
            if left < least:
                kept_back[min(shown_here, key=lambda name: counts[name])].add(number)
        if before == sum(map(len, kept_back.values())):
            # the choices of a group sum to its base: the classes of some would bound the others
            return {name: [_NO_CLASS.get(it, it) for it in row] for name, row in codes.items()}


def _asked_of_some(sides: Mapping[str, _Side]) -> Iterator[tuple[Booleans, list[str]]]:
    """Yield who answered each question that only some were asked: those who answered another one alike."""
    by_who_answered: dict[bytes, list[str]] = {}
    for name, side in sides.items():
        if side.answered.any() and not side.answered.all():
            by_who_answered.setdefault(side.answered.tobytes(), []).append(name)
    binary = [side for side in sides.values() if side.binary]
    if not by_who_answered or not binary:
        return
    above, below = (np.array([getattr(it, name) for it in binary]) for name in ("above", "below"))
    varies = above.any(axis=1) & below.any(axis=1)
    for names in by_who_answered.values():
        asked = sides[names[0]].answered
        # everybody who was asked answered the other question, and all of them alike
        alike = (~asked | above).all(axis=1) | (~asked | below).all(axis=1)
        if (alike & varies).any():
            yield asked, names


def _nullable(values: pd.Series) -> Literal["boolean", "Int64", "float64"]:
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    return "Int64" if pd.api.types.is_integer_dtype(values) else "float64"
