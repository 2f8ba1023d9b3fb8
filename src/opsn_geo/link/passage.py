"""The passage between vintages of the official code, composed from its yearly steps, forward and back.

Source of the steps: INSEE's *code officiel géographique* as ``data/boundaries/passage.csv`` holds it. The
vintage 0 stands for everything before the first one.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.link.codes import departement_of
from opsn_geo.read.tables import table

if TYPE_CHECKING:
    from opsn_geo.read.boundaries import Territory

COLUMNS: Final = (
    "millesime_from", "code_from", "name_from", "millesime_to", "code_to", "name_to", "event",
    "population_share",
)  # fmt: skip
"""Columns of a passage table: what a code of one vintage is in a later one, with its share of people."""

NEW: Final = frozenset({"restored", "moved_departement", "moved_seat"})
"""Events that bring a code which the vintage before did not know."""

_NUMBERS: Final = {"millesime_from": "int64", "millesime_to": "int64", "population_share": "float64"}


def empty_passage() -> pd.DataFrame:
    """Make a passage table without a row, for a study whose codes are all of its own vintage.

    >>> empty_passage().empty
    True
    """
    return pd.DataFrame({name: pd.Series(dtype=_NUMBERS.get(name, "str")) for name in COLUMNS})


def read_passage(folder: Path) -> pd.DataFrame:
    """Read the passage tables of a folder (``passage*.csv``), one below the other.

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
    """Tell what every code of every other vintage is in a territory's own.

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
    >>> from opsn_geo.read.boundaries import Territory
    >>> communes = pd.DataFrame({"population": [30, 70]}, index=["60054", "60694"])
    >>> aim = Territory(communes=communes, epci=communes, departements=communes, millesime=2026, name="toy")
    >>> steps = pd.DataFrame([(2021, "60054", "Les Hauts-Talican", 2026, "60054", "Beaumont", "split", 0.3),
    ...     (2021, "60054", "Les Hauts-Talican", 2026, "60694", "Les Hauts-Talican", "restored", 0.7)],
    ...     columns=list(COLUMNS))
    >>> towards(steps, aim)[["code", "code_insee", "share"]].values.tolist()
    [['60054', '60054', 0.3], ['60054', '60694', 0.7]]
    """
    years = sorted({*passage["millesime_from"], *passage["millesime_to"], territory.millesime})
    here = departement_of(territory.communes.index.to_series()).unique()
    near = [departement_of(passage[code]).isin(here) for code in ("code_from", "code_to")]
    passage = passage[near[0] | near[1]]
    aim = years.index(territory.millesime)
    ways = [_forward(passage, years[i : aim + 1]) for i in range(aim)]
    ways += [_back(passage, years[aim : i + 1], territory) for i in range(aim + 1, len(years))]
    found = pd.concat([_nothing(), *ways], ignore_index=True)
    found = found[found["code_insee"].isin(territory.communes.index)]
    names = _names(passage)
    return found.merge(names, how="left", on=["millesime_from", "code"], validate="m:1")


def _nothing() -> pd.DataFrame:
    """Make an empty result, so that there is always one to join to."""
    kinds = {
        "millesime_from": "int64",
        "code": "str",
        "code_insee": "str",
        "share": "float64",
        "event": "str",
    }
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _step(passage: pd.DataFrame, before: int, after: int) -> pd.DataFrame:
    """Give the rows of one step."""
    return passage[(passage["millesime_from"] == before) & (passage["millesime_to"] == after)]


def _forward(passage: pd.DataFrame, years: list[int]) -> pd.DataFrame:
    """Follow the codes of the first year to the last."""
    steps = [_step(passage, a, b) for a, b in pairwise(years)]
    starts = sorted({code for step in steps for code in step["code_from"]})
    if not starts:
        return _nothing()
    way = pd.DataFrame({"code": starts, "code_insee": starts, "share": 1.0, "event": ""})
    for step in steps:
        taken = step[["code_from", "code_to", "event", "population_share"]].rename(columns={"event": "now"})
        way = way.merge(taken, how="left", left_on="code_insee", right_on="code_from")
        way["code_insee"] = way["code_to"].fillna(way["code_insee"])
        way["share"] *= way["population_share"].fillna(1.0)
        way["event"] = way["now"].fillna(way["event"])
        way = way[["code", "code_insee", "share", "event"]]
    summed = way.groupby(["code", "code_insee"], as_index=False).agg({"share": "sum", "event": "last"})
    return summed[summed["event"] != ""].assign(millesime_from=years[0])


def _back(passage: pd.DataFrame, years: list[int], territory: Territory) -> pd.DataFrame:
    """Follow the codes of the last year back to the first, shared out by the first's populations."""
    steps = [_step(passage, a, b) for a, b in pairwise(years)][::-1]
    starts = sorted({code for step in steps for code in step["code_to"]})
    if not starts:
        return _nothing()
    way = pd.DataFrame({"code": starts, "code_insee": starts, "event": ""})
    for step in steps:
        new = step.loc[step["event"].isin(NEW), "code_to"]
        stayed = pd.DataFrame({"now_at": step["code_to"][~step["code_to"].isin(new)].unique()})
        stayed = stayed.assign(code_from=stayed["now_at"], now="")
        told = step.rename(columns={"code_to": "now_at", "event": "now"})[["now_at", "code_from", "now"]]
        taken = pd.concat([told, stayed]).astype("str").drop_duplicates(["now_at", "code_from"])
        way = way.merge(taken, how="left", left_on="code_insee", right_on="now_at")
        way["code_insee"] = way["code_from"].fillna(way["code_insee"])
        way["event"] = way["now"].mask(way["now"].eq("")).fillna(way["event"])
        way = way[["code", "code_insee", "event"]].drop_duplicates(["code", "code_insee"])
    way = way[way["code_insee"].isin(territory.communes.index)]
    people = way["code_insee"].map(territory.communes["population"]).astype("float64")
    total = people.groupby(way["code"]).transform("sum")
    heirs = people.groupby(way["code"]).transform("size")
    way = way.assign(share=np.where(total > 0, people / total, 1 / heirs), millesime_from=years[-1])
    changed = way.groupby("code")["event"].transform(lambda it: it.ne("").any())
    return way[changed]


def _names(passage: pd.DataFrame) -> pd.DataFrame:
    """List the name of every code the passage tells of, in each vintage it tells of."""
    before = passage[["millesime_from", "code_from", "name_from"]]
    after = passage[["millesime_to", "code_to", "name_to"]]
    columns = ["millesime_from", "code", "name"]
    every = pd.concat([before.set_axis(columns, axis=1), after.set_axis(columns, axis=1)])
    return every.drop_duplicates(["millesime_from", "code"])
