"""The gate: what was answered passes here before it is written, or nothing is written.

Measures suppress small groups; the gate does not trust them. The register says which tables hold answers, and
here stands which of their columns count answers. A group below the minimum that still shows is a fault of the
program: it is refused loudly, never blanked quietly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, too_few

__all__ = ["COUNTS", "DisclosureError", "passed"]

_SIDES: Final = ("members", "others")
COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "besoins": ("used_base", "need_base"),
    "classements": ("answers",),
    "comparaisons": ("communes",),
    "departements": (),
    "deserts": ("need_base",),
    "estimations": ("answers",),
    "estimations_autres": ("answers",),
    "figures": (),
    "incoherences": (),
    "influence": _SIDES,
    "panorama_affirmations": (),
    "profils": (),
    "recouvrement": _SIDES,
    "verdict": ("answers",),
}
"""By table about answers, the columns that count the answers behind a row; none where its rows rest on all
answers, or are counts that the measure itself withholds (``figures``)."""
_COUNTED: Final = frozenset({"answers", *_SIDES, "used_base", "need_base"})
"""Columns that count answers wherever they stand."""
_HIDDEN: Final = "hidden"


class DisclosureError(RuntimeError):
    """What would be published tells what few have answered: a fault of the program, not of the user."""


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
        Fewest answers that a row may rest on; none at all are nobody's.
    named : collection of str
        Communes whose own answers the study publishes, by their agreement.

    Returns
    -------
    mapping of str to DataFrame
        `tables`, untouched.

    Raises
    ------
    DisclosureError
        A row rests on too few answers; a hidden row shows a number; a table counts answers and the register
        does not say that it is about answers; a commune answers that is not named.

    Examples
    --------
    >>> table = pd.DataFrame({"item": ["rgpd"], "answers": [4], "estimate": [0.5]})
    >>> passed({"estimations": table})
    Traceback (most recent call last):
    ...
    opsn_geo.publish.gate.DisclosureError: estimations: 1 row rests on fewer than 5 answers (answers)
    """
    faults = [fault for name, table in tables.items() for fault in _faults(name, table, min_answers, named)]
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
    elif kind == "answers":
        if name in COUNTS:
            yield from _small_groups(name, table, counted | (set(COUNTS[name]) & set(table)), min_answers)
        else:
            yield f"{name}: the gate does not know which of its columns count answers"
    elif kind != "respondents" and counted:  # who took part may be known; what they answered is not there
        yield f"{name}: counts answers ({', '.join(sorted(counted))}), which the register does not say"


def _small_groups(name: str, table: pd.DataFrame, counts: Iterable[str], min_answers: int) -> Iterator[str]:
    """Yield the groups of a table that are too small, and the hidden rows that show a number."""
    for column in sorted(counts):
        few = int(too_few(pd.to_numeric(table[column]).fillna(0), min_answers).sum())
        if few:
            rows = "1 row rests" if few == 1 else f"{few} rows rest"
            yield f"{name}: {rows} on fewer than {min_answers} answers ({column})"
    if _HIDDEN in table:
        hidden = table[table[_HIDDEN].fillna("").ne("")].select_dtypes(["number", "bool", "boolean"])
        showing = [str(column) for column in hidden if hidden[column].notna().any()]
        if showing:
            yield f"{name}: hidden rows show {', '.join(showing)}"
