"""The gate: what was answered passes here before it is written, or nothing is written.

Measures keep back what must not be published (:mod:`opsn_geo.measure.disclosure`); the gate does not trust
them. The register says which tables hold answers; here stands how their rows are looked at. A number that
could be read back to few answers is a fault of the program: it is refused loudly, never blanked quietly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, FEW, MOST, SHOWN, coarse

__all__ = ["READINGS", "ROUNDED", "DisclosureError", "Reading", "passed"]


class Reading(NamedTuple):
    """How rows of a table are looked at.

    Parameters
    ----------
    base : str
        Column that counts the answers of a row.
    value : str
        Column with what is published of them.
    kind : {"share", "percent", "count", "base"}
        Whether it is the share of those who said yes, a percentage, or their number; or, where it does not
        say how many they are (a mean, a weighted share), whether the base alone is looked at.
    where : mapping of str to str
        Columns and the value of each in the rows that are looked at; all rows where it is empty.
    hidden : str
        Column that says why a row is hidden.
    """

    base: str
    value: str
    kind: Literal["share", "percent", "count", "base"] = "base"
    where: Mapping[str, str] = MappingProxyType({})
    hidden: str = "hidden"


_ESTIMATES: Final = (
    Reading("answers", "unweighted", "share", where={"measure": "share"}),
    Reading("answers", "unweighted"),
)
_OF_ANSWERS: Final = {"recomputed_from": "answers"}
READINGS: Final[Mapping[str, tuple[Reading, ...]]] = {
    "besoins": (
        Reading("used_base", "used_count", "count", hidden="used_hidden"),
        Reading("need_base", "need_count", "count", hidden="need_hidden"),
    ),
    "classements": (Reading("answers", "estimate"),),
    "comparaisons": (Reading("communes", "estimate"),),
    "departements": (),
    "deserts": (Reading("need_base", "need_count", "count", hidden="need_hidden"),),
    "estimations": _ESTIMATES,
    "estimations_autres": _ESTIMATES,
    "figures": (
        Reading("recomputed_base", "recomputed", "percent", where={**_OF_ANSWERS, "unit": "share"}),
        Reading("recomputed_base", "recomputed", where=_OF_ANSWERS),
    ),
    "incoherences": (),
    "influence": (Reading("members", "member_mean"), Reading("others", "other_mean")),
    "panorama_affirmations": (),
    "profils": (),
    "recouvrement": (Reading("members", "members"), Reading("others", "others")),
    "verdict": _ESTIMATES,
}
"""By table about answers, how its rows are looked at; none where they count services or sentences."""
ROUNDED: Final = ("classements", "comparaisons", "estimations", "influence", "verdict")
"""Tables whose numbers rest on weights, and are rounded."""
_ENDS: Final = ("base", "count", "share", "low", "high")
"""Ends of the names of the numbers of each kind, where a table holds several kinds."""
_BASES: Final = ("answers", "communes")
"""Columns that count answers where the class of a row is published."""
_COUNTED: Final = frozenset({"answers", "members", "others", "used_base", "need_base"})
"""Columns that count answers wherever they stand."""


class DisclosureError(RuntimeError):
    """What would be published gives away what few have answered: a fault of the program, not of the user."""


def passed(
    tables: Mapping[str, pd.DataFrame],
    min_answers: int = DEFAULT_MIN_ANSWERS,
    named: Collection[str] = (),
) -> Mapping[str, pd.DataFrame]:
    """Return the layers or tables of a run, all of which may be published.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the names they are published under; columns of layers count as well.
    min_answers : int
        Fewest answers on either side of a number; none at all are nobody's.
    named : collection of str
        Communes whose own answers the study publishes, by their agreement.

    Returns
    -------
    mapping of str to DataFrame
        `tables`, untouched.

    Raises
    ------
    DisclosureError
        A row shows what too few, or all but too few, have answered; a hidden row shows a number; a number
        is too precise; a table counts answers and the register does not say that it is about answers; a
        commune answers that is not named.

    Examples
    --------
    >>> table = pd.DataFrame({"item": ["rgpd"], "measure": ["share"], "answers": [40], "unweighted": [0.98]})
    >>> passed({"estimations": table})
    Traceback (most recent call last):
    ...
    opsn_geo.publish.gate.DisclosureError: estimations: 1 row shows under 5 answers on a side (unweighted)
    """
    each = (_faults(name, table, min_answers, named) for name, table in tables.items())
    faults = list(dict.fromkeys(fault for found in each for fault in found))
    if faults:
        raise DisclosureError("; ".join(faults))
    return tables


def _faults(name: str, table: pd.DataFrame, min_answers: int, named: Collection[str]) -> Iterator[str]:
    """Yield what forbids to publish one table."""
    kind = register.table(name).disclosure
    counted = _COUNTED & set(table)
    if kind == "named":
        foreign = sorted(set(table["code_insee"]) - set(named))
        if foreign:
            yield f"{name}: {', '.join(foreign)} did not agree to be named"
    elif kind == "answers" and name in READINGS:
        for reading in READINGS[name]:
            if {reading.base, reading.value} <= set(table):
                yield from _small_sides(name, table, reading, min_answers)
        yield from _hidden_numbers(name, table)
        if name in ROUNDED and not _is_coarse(table):
            yield f"{name}: numbers that rest on weights are not rounded"
    elif kind == "answers":
        yield f"{name}: the gate does not know which of its columns count answers"
    elif kind != "respondents" and counted:  # who took part may be known; what they answered is not there
        yield f"{name}: counts answers ({', '.join(sorted(counted))}), which the register does not say"


def _small_sides(name: str, table: pd.DataFrame, reading: Reading, least: int) -> Iterator[str]:
    """Yield the rows that show what too few, or all but too few, have answered."""
    base, value = (
        pd.to_numeric(table[column]).to_numpy(dtype=float, na_value=np.nan)
        for column in (reading.base, reading.value)
    )
    yes = {"share": base * value, "percent": base * value / 100, "count": value}.get(reading.kind, base)
    no = base if reading.kind == "base" else base - yes
    slack = 0.005 * base if reading.kind in {"share", "percent"} else 0.0  # shares are rounded
    few = (np.minimum(yes, no) + slack < least) & (base > 0) & ~np.isnan(value)
    for column, wanted in reading.where.items():
        if column in table:
            few &= table[column].eq(wanted).to_numpy(dtype=bool, na_value=False)
    if few.any():
        rows = "1 row shows" if few.sum() == 1 else f"{few.sum()} rows show"
        yield f"{name}: {rows} under {least} answers on a side ({reading.value})"


def _hidden_numbers(name: str, table: pd.DataFrame) -> Iterator[str]:
    """Yield the numbers that hidden rows show; the base of a class may be seen."""
    numbers = [str(column) for column in table.select_dtypes(["number", "bool", "boolean"])]
    for reading in READINGS[name]:
        if reading.hidden not in table:
            continue
        why, kind = table[reading.hidden].fillna(SHOWN), reading.hidden.removesuffix("hidden")
        # a table with two kinds of numbers has flags too, which hold for all that a class may stand for
        own = [it for it in numbers if not kind or it in {f"{kind}{end}" for end in _ENDS}]
        hidden, closed = why.ne(SHOWN), ~why.isin([SHOWN, FEW, MOST])
        showing = [
            column
            for column in own
            if table.loc[closed if column in {reading.base, *_BASES} else hidden, column].notna().any()
        ]
        if showing:
            yield f"{name}: hidden rows show {', '.join(showing)}"


def _is_coarse(table: pd.DataFrame) -> bool:
    numbers = pd.DataFrame(table.select_dtypes("float"))
    return bool(
        np.allclose(
            numbers.to_numpy(float), coarse(numbers).to_numpy(float), rtol=1e-9, atol=0, equal_nan=True
        )
    )
