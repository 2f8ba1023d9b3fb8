"""The passage between vintages of the official code, composed from its yearly steps, forward and back.

Source of the steps: INSEE's *code officiel géographique* as ``data/boundaries/passage.csv`` holds it. The
vintage 0 stands for everything before the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage.codes import departement_of
from opsn_geo.read.tables import table

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

COLUMNS: Final = (
    "millesime_from", "code_from", "name_from", "millesime_to", "code_to", "name_to", "event",
    "population_share",
)  # fmt: skip
"""Columns of a passage table: what a code of one vintage is in a later one, with its share of people."""

NEW: Final = frozenset({"restored", "moved_departement", "moved_seat"})
"""Events that bring a code which the vintage before did not know."""

_NUMBERS: Final = {"millesime_from": "int64", "millesime_to": "int64", "population_share": "float64"}


def empty_passage() -> pd.DataFrame:
    """Return a passage table without a row, for a study whose codes are all of its own vintage.

    >>> empty_passage().empty
    True
    """
    return pd.DataFrame({name: pd.Series(dtype=_NUMBERS.get(name, "str")) for name in COLUMNS})


def read_passage(folder: Path) -> pd.DataFrame:
    """Return the passage tables of a folder (``passage*.csv``), one below the other.

    Raises
    ------
    InputError
        A table lacks a column.
    """
    files = sorted(folder.glob("passage*.csv"))
    tables = {file: table(file) for file in files}
    faults = [
        Fault(cause="missing_column", file=str(file), column=name)
        for file, frame in tables.items() for name in COLUMNS if name not in frame
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    every = [frame[list(COLUMNS)].astype(_NUMBERS) for frame in tables.values()]
    return pd.concat(every, ignore_index=True) if every else empty_passage()


def towards(passage: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """Return what every code of every other vintage is in a territory's own.

    Between neighbouring vintages the steps are followed one by one, forward with their population shares,
    back by the populations of the territory's communes.

    Parameters
    ----------
    passage : DataFrame
        :data:`COLUMNS`; only steps between neighbouring vintages of the table are used.
    territory : Territory
        Its vintage is the aim; only its communes are.

    Returns
    -------
    DataFrame
        millesime_from, code, name (in that vintage), code_insee, share, event, for the codes that change.
        The shares of a code add up to 1, or less where parts of it lie outside the territory.

    Examples
    --------
    >>> from opsn_geo.boundaries.territory import Territory
    >>> communes = pd.DataFrame({"population": [30, 70]}, index=["60054", "60694"])
    >>> aim = Territory(communes=communes, epci=communes, departements=communes, millesime=2026, name="toy")
    >>> steps = pd.DataFrame([(2021, "60054", "Les Hauts-Talican", 2026, "60054", "Beaumont", "split", 0.3),
    ...     (2021, "60054", "Les Hauts-Talican", 2026, "60694", "Les Hauts-Talican", "restored", 0.7)],
    ...     columns=list(COLUMNS))
    >>> towards(steps, aim)[["code", "code_insee", "share"]].values.tolist()
    [['60054', '60054', 0.3], ['60054', '60694', 0.7]]
    """
    years = sorted({*passage["millesime_from"], *passage["millesime_to"], territory.millesime})
    communes = territory.communes
    here = departement_of(communes.index.to_series()).unique()
    near = [departement_of(passage[code]).isin(here) for code in ("code_from", "code_to")]
    passage = passage[near[0] | near[1]]
    aim = years.index(territory.millesime)
    ways = [*_forward(passage, years[: aim + 1]), *_back(passage, years[aim:], communes)]
    moves = pd.concat([_NOTHING, *ways], ignore_index=True)
    moves = moves[communes.index.get_indexer(pd.Index(moves["code_insee"])) >= 0]
    moves = moves.sort_values(["millesime_from", "code", "code_insee"], ignore_index=True)
    named: pd.DataFrame = moves.merge(
        _names(passage), how="left", on=["millesime_from", "code"], validate="m:1"
    )
    return named


_NOTHING: Final = pd.DataFrame(
    {"code": "", "code_insee": "", "share": 1.0, "event": "", "millesime_from": 0}, index=[]
)
"""An empty result, so that there is always one to join to."""


def _step(passage: pd.DataFrame, before: int, after: int) -> pd.DataFrame:
    """Return the rows of one step."""
    return passage[(passage["millesime_from"] == before) & (passage["millesime_to"] == after)]


def _forward(passage: pd.DataFrame, years: list[int]) -> Iterator[pd.DataFrame]:
    """Yield what the codes of each year are in the last: one step, then the way of the year after it."""
    way = _NOTHING.drop(columns="millesime_from")
    for before, after in [*pairwise(years)][::-1]:
        step = _step(passage, before, after).rename(columns={"code_from": "code", "code_to": "next"})
        taken = step[["code", "next", "event", "population_share"]].rename(columns={"event": "now"})
        moved = taken.merge(way.rename(columns={"code": "next"}), how="left", on="next")
        moved["code_insee"] = moved["code_insee"].fillna(moved["next"])
        moved["share"] = moved["share"].fillna(1.0) * moved["population_share"].fillna(1.0)
        moved["event"] = moved["event"].fillna(moved["now"])
        way = pd.concat([moved, way[~way["code"].isin(step["code"].unique())]])
        way = way.groupby(["code", "code_insee"], as_index=False).agg({"share": "sum", "event": "last"})
        yield way.assign(millesime_from=before)


def _back(passage: pd.DataFrame, years: list[int], communes: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield what the codes of each year are in the first, shared out by the first's populations."""
    way = _NOTHING[["code", "code_insee", "event"]]
    for before, after in pairwise(years):
        step = _step(passage, before, after).rename(columns={"code_from": "next", "code_to": "code"})
        new = step.loc[step["event"].isin(NEW), "code"]
        stayed = step.loc[~step["code"].isin(new), ["code"]].drop_duplicates()
        stayed = pd.concat([stayed, way.loc[~way["code"].isin(step["code"].unique()), ["code"]]])
        changed = step[["code", "next", "event"]].rename(columns={"event": "now"})
        taken = pd.concat([changed, stayed.assign(next=stayed["code"], now="")]).astype("str")
        taken = taken.drop_duplicates(["code", "next"])
        moved = taken.merge(way.rename(columns={"code": "next"}), how="left", on="next")
        moved["code_insee"] = moved["code_insee"].fillna(moved["next"])
        moved["event"] = moved["event"].mask(moved["event"].eq("")).fillna(moved["now"])
        way = moved[["code", "code_insee", "event"]].drop_duplicates(["code", "code_insee"])
        yield _shared_out(way, communes).assign(millesime_from=after)


def _shared_out(way: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    """Return each code that has changed shared among the communes it comes from, by their populations.

    In equal parts where a population is not known, or nobody lives there.
    """
    way = way[communes.index.get_indexer(pd.Index(way["code_insee"])) >= 0]
    people = way["code_insee"].map(communes["population"]).astype("float64")
    total = people.groupby(way["code"]).transform("sum", skipna=False)
    n_communes = people.groupby(way["code"]).transform("size")
    way = way.assign(share=np.where(total > 0, people / total, 1 / n_communes))
    return way[way["event"].ne("").groupby(way["code"]).transform("any")]


def _names(passage: pd.DataFrame) -> pd.DataFrame:
    """Return the name of every code of the passage, in each vintage."""
    before = passage[["millesime_from", "code_from", "name_from"]]
    after = passage[["millesime_to", "code_to", "name_to"]]
    columns = ["millesime_from", "code", "name"]
    every = pd.concat([before.set_axis(columns, axis=1), after.set_axis(columns, axis=1)])
    return every.drop_duplicates(["millesime_from", "code"])
