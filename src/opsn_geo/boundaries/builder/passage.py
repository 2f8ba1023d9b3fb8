"""The passage of the official geographic code: what each commune of one vintage is in another.

Only what changes has a row: a commune that keeps code, name and département has none. Rows lead from the
first vintage to the last, and step by step through the years between, so that any pair can be composed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.boundaries.drafts import replace_text
from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from opsn_geo.boundaries.builder.sources import Cog

COLUMNS: Final = [
    *("millesime_from", "code_from", "name_from", "millesime_to", "code_to", "name_to"),
    *("event", "population_share"),
]
_DIGITS: Final = 6


def passage(before: Cog, after: Cog) -> pd.DataFrame:
    """Return what every commune of a vintage that changes is in another.

    Parameters
    ----------
    before, after : Cog
        The two vintages; ``after`` is the later one.

    Returns
    -------
    DataFrame
        One row per pair of codes, sorted. ``event``: ``split`` (part of a split commune that keeps a code
        known before), ``restored`` (part of a split commune with a code of its own again), ``merged``,
        ``moved_departement``, ``moved_seat`` (same ground, the code of another former commune) or
        ``renamed``. ``population_share``: share of the population of ``code_from`` that goes to
        ``code_to``, from the populations of ``after``; the shares of a ``code_from`` sum to 1.

    Raises
    ------
    InputError
        A commune of ``before`` that ``after`` does not know at all.
    """
    links = _links(before, after)
    links["name_from"] = links["code_from"].map(before.communes["name"])
    links["name_to"] = links["code_to"].map(after.communes["name"])
    links["event"] = _events(links, before, after)
    links["population_share"] = _shares(links, after.communes["population"])
    dates = {"millesime_from": before.millesime, "millesime_to": after.millesime}
    kept = links[links["event"] != ""].assign(**dates)
    return kept.sort_values(["code_from", "code_to"], ignore_index=True)[COLUMNS]


def _links(before: Cog, after: Cog) -> pd.DataFrame:
    """Return each commune with those that hold its code or its ground afterwards."""
    old, new = before.communes.index, after.communes.index
    onward = old.to_series().where(old.isin(new), old.to_series().map(after.former))
    if onward.isna().any():
        lost = onward.index[onward.isna()]
        raise InputError([Fault(cause="lost_commune", value=c, expected=str(after.millesime)) for c in lost])
    added = new.difference(old).to_series()
    origin = added.map(before.former).dropna()
    pairs = {"code_from": [*onward.index, *origin], "code_to": [*onward, *origin.index]}
    return pd.DataFrame(pairs).drop_duplicates().reset_index(drop=True)


def _events(links: pd.DataFrame, before: Cog, after: Cog) -> np.ndarray:
    """Return what happened on each link; an empty text where nothing did."""
    heirs = links.groupby("code_from")["code_to"].transform("size")
    parents = links.groupby("code_to")["code_from"].transform("size")
    same = links["code_from"] == links["code_to"]
    there = links["code_to"].isin(before.communes.index)
    deps = [cog.communes["code_dep"] for cog in (before, after)]
    moved = links["code_from"].map(deps[0]) != links["code_to"].map(deps[1])
    rules: list[tuple[pd.Series[bool], str]] = [
        ((heirs > 1) & ~there, "restored"),
        (heirs > 1, "split"),
        (~same & (parents > 1), "merged"),
        (moved, "moved_departement"),
        (~same, "moved_seat"),
        (links["name_from"] != links["name_to"], "renamed"),
    ]
    events: np.ndarray = np.select([rule for rule, _ in rules], [event for _, event in rules], default="")
    return events


def _shares(links: pd.DataFrame, population: pd.Series[int]) -> pd.Series[float]:
    """Return the share of each heir in a split commune's people; the rounding goes to the largest."""
    people = links["code_to"].map(population).astype("float64")
    by = links["code_from"]
    total, heirs = people.groupby(by).transform("sum"), people.groupby(by).transform("size")
    share = (people / total).where(total > 0, 1 / heirs).round(_DIGITS)
    largest = people.groupby(by).idxmax()
    share.loc[largest] += (1 - share.groupby(by).sum()).to_numpy()
    return share.round(_DIGITS)


def passages(cogs: Mapping[int, Cog]) -> pd.DataFrame:
    """Return the passage from the first vintage to the last, and every yearly step between."""
    years = sorted(cogs)
    pairs = dict.fromkeys([(years[0], years[-1]), *pairwise(years)])
    return pd.concat([passage(cogs[a], cogs[b]) for a, b in pairs], ignore_index=True)


def write(path: Path, cogs: Mapping[int, Cog]) -> None:
    """Write ``passage.csv`` (comma, UTF-8, LF), moved into place when whole."""
    replace_text(path, passages(cogs).to_csv(index=False, lineterminator="\n"))


def former(cog: Cog, names: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the commune of a vintage that holds the ground of each code given up before it, or of each seat.

    Parameters
    ----------
    cog : Cog
        The first vintage of the passage.
    names : mapping of str to str, optional
        Names by code, for those that the vintage does not keep.

    Returns
    -------
    DataFrame
        As :func:`passage` gives, from the vintage 0, which stands for all before; ``event`` is ``former``.
        The name is that of the delegated or associated commune, else the one in ``names``. A seat bears the
        code of the commune that took its place: a row leads from its name to that commune.
    """
    given_up = cog.former[cog.former.isin(cog.communes.index)]
    official = cog.communes["name"]
    seats = cog.former_names[cog.former_names.index.isin(official.index)]
    seats = seats[seats != official.reindex(seats.index)].index.to_series()
    codes = pd.concat([given_up, seats])
    earlier = codes.index.to_series().map(dict(names or {}))
    former_names = cog.former_names.reindex(codes.index).fillna(earlier)
    return pd.DataFrame(
        {
            "millesime_from": 0,
            "code_from": codes.index,
            "name_from": former_names.to_numpy(),
            "millesime_to": cog.millesime,
            "code_to": codes.to_numpy(),
            "name_to": codes.map(cog.communes["name"]).to_numpy(),
            "event": "former",
            "population_share": 1.0,
        }
    )[COLUMNS].sort_values("code_from", ignore_index=True)


def write_former(path: Path, cogs: Mapping[int, Cog], names: Mapping[str, str]) -> None:
    """Write ``passage-former.csv``, of the codes given up before the first vintage and of former seats."""
    replace_text(path, former(cogs[min(cogs)], names).to_csv(index=False, lineterminator="\n"))
