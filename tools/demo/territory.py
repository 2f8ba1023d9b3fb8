"""The real communes and EPCI in which the simulation takes place, and how far memberships reach in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from opsn_geo.boundaries.embedded import official_bodies, official_communes
from opsn_geo.catalogue.states import Level

if TYPE_CHECKING:
    from pathlib import Path


class Territory(NamedTuple):
    """Communes of the region by `code_insee`; EPCI by `siren_epci`, with the département they lie in most."""

    communes: pd.DataFrame
    epci: pd.DataFrame


def read_territory(boundaries: Path, region: str, millesime: int) -> Territory:
    """Return the communes and EPCI of a region, without their geometry.

    Communes outside the region are left out; an EPCI belongs to the département where most of its
    communes inside the region lie (the first by code when several do), and has the population of all its
    communes.
    """
    every = official_communes(millesime, boundaries)
    columns = ["name", "code_dep", "siren_epci", "population", "postal_codes"]
    communes = every.loc[every["code_reg"] == region, columns]
    home = communes.groupby("siren_epci")["code_dep"].agg(lambda codes: codes.mode().iloc[0])
    names = official_bodies(millesime, Level.EPCI, boundaries).loc[home.index, ["name"]]
    people = every.groupby("siren_epci")["population"].sum()
    return Territory(communes.sort_index(), names.assign(population=people[home.index], code_dep=home))


def reached(
    memberships: pd.DataFrame, offers: pd.DataFrame, communes: pd.DataFrame, day: str
) -> pd.DataFrame:
    """Say which services of which OPSN the memberships of a day carry to which communes.

    Parameters
    ----------
    memberships, offers : DataFrame
        Study tables, as text.
    communes : DataFrame
        Indexed by `code_insee`, with `code_dep` and `siren_epci`.
    day : str
        ISO date; a membership counts from `since` until the day before `until`.

    Returns
    -------
    DataFrame
        `code_insee`, `opsn`, `service`, one row each.
    """
    running = memberships["since"].le(day) & (memberships["until"].eq("") | memberships["until"].gt(day))
    carried = memberships[running & memberships["reaches_communes"].eq("true")]
    keys = communes.reset_index()[["code_insee", "siren_epci", "code_dep"]]
    by = {"commune": "code_insee", "epci": "siren_epci", "departement": "code_dep"}
    ways = [
        keys.assign(code=keys[column]).merge(carried[carried["level"].eq(level)], on="code")
        for level, column in by.items()
    ]
    reach = pd.concat(ways)[["code_insee", "code_dep", "opsn", "services"]]
    offered = offers.rename(columns={"code": "code_dep"})[["opsn", "service", "code_dep"]]
    found = reach.merge(offered, on=["opsn", "code_dep"])
    taken = [
        not some or service in some.split(";")
        for some, service in zip(found["services"], found["service"], strict=True)
    ]
    return found.loc[taken, ["code_insee", "opsn", "service"]].drop_duplicates(ignore_index=True)
