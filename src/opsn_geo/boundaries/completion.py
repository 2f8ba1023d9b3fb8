"""What a user's boundaries lack, taken by code from the embedded ones of the same vintage.

Files as people have them often hold codes and outlines alone. Names, EPCI, SIREN, postal codes and town halls
come from the official code; of a vintage that is not embedded nothing is known, and nothing is added.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
import shapely

from opsn_geo.boundaries.coverage import clean, multipolygons
from opsn_geo.boundaries.embedded import drawn, official_bodies, official_codes, official_communes, vintages
from opsn_geo.catalogue.states import Level
from opsn_geo.errors import Fault, InputError
from opsn_geo.study import data_dir

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.boundaries.territory import Territory

Repair = Literal["", "clean", "replace"]
TEXTS: Final = ("name", "code_reg", "siren_epci", "siren", "postal_codes")
"""Columns of communes that are completed, cell by cell."""
FAR_M: Final = 150_000.0
"""Where half the communes lie farther than this from their town halls, they are not where they should be."""
TOWN_HALL_M: Final = 200.0
"""A town hall farther than this from a user's outline is not believed to be that commune's."""
GAP_M: Final = 100.0
"""Gaps narrower than this are closed where a user asks to clean outlines that were simplified one by one."""


def check_vintage(codes: pd.Index, millesime: int, source: str) -> None:
    """Refuse codes that fit another vintage better than the one that is stated.

    Parameters
    ----------
    codes : Index
        Codes of the communes of a file.
    millesime : int
        The vintage that the study states.
    source : str
        The file, for the fault.

    Raises
    ------
    InputError
        Communes of the file do not exist in that vintage, or are there in parts, and do fit another vintage.

    Examples
    --------
    Les Hauts-Talican (60694) was restored in 2024.

    >>> check_vintage(pd.Index(["60054", "60694"]), 2025, "communes.gpkg")
    >>> check_vintage(pd.Index(["60054", "60694"]), 2021, "communes.gpkg")
    Traceback (most recent call last):
    opsn_geo.errors.InputError: communes.gpkg, key “study.millesime”, value “60694”: the codes of ...
    """
    years = vintages()
    here = set(codes)
    misfits = _misfits(here, millesime) if millesime in years else []
    if not misfits:
        return
    counts = {year: len(_misfits(here, year)) for year in years}
    fewest = min(counts.values())
    if len(misfits) > fewest:
        fitting = ", ".join(str(year) for year in years if counts[year] == fewest)
        shown = ", ".join(misfits[:5])
        raise InputError(
            [Fault(cause="vintage_key", file=source, column="study.millesime", value=shown, expected=fitting)]
        )


def _misfits(codes: set[str], year: int) -> list[str]:
    """Return the codes that a vintage does not know, and those it has beside what they merged into later."""
    official = official_codes(year)
    absent = {
        before
        for step, before, after in _mergers()
        if step >= year and after in codes and before in official and before not in codes
    }
    return sorted(codes - official | absent)


@lru_cache(maxsize=1)
def _mergers() -> tuple[tuple[int, str, str], ...]:
    """Return every merger between two vintages that follow each other: first year, codes before and after."""
    rows = pd.read_csv(data_dir() / "boundaries" / "passage.csv", dtype={"code_from": str, "code_to": str})
    steps = rows[rows["millesime_to"].eq(rows["millesime_from"] + 1) & rows["event"].eq("merged")]
    return tuple(zip(steps["millesime_from"], steps["code_from"], steps["code_to"], strict=True))


def completed(communes: gpd.GeoDataFrame, millesime: int) -> gpd.GeoDataFrame:
    """Return communes with the names and codes that they lack, from the official code of their vintage.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``: :data:`TEXTS`, missing where the user's file does not give them.
    millesime : int
        Vintage year.

    Returns
    -------
    GeoDataFrame
        Completed cell by cell. Populations are left as they are: which census is meant is not known.
    """
    if millesime not in vintages():
        return communes
    official = official_communes(millesime).reindex(communes.index)
    return communes.assign(**{column: communes[column].fillna(official[column]) for column in TEXTS})


def with_town_halls(communes: gpd.GeoDataFrame, millesime: int, source: str) -> gpd.GeoDataFrame:
    """Return communes with the town halls that they lack, where one lies within 200 m of the outline.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, in their legal projection: ``mairie_x``, ``mairie_y``, ``geometry``.
    millesime : int
        Vintage year.
    source : str
        The file, for faults.

    Raises
    ------
    InputError
        Half of the communes lie farther than 150 km from their town halls.
    """
    if millesime not in vintages():
        return communes
    official = official_communes(millesime)
    here = official[official.index.isin(communes.index)]
    if here.empty:
        return communes
    halls = drawn(here, millesime)[["mairie_x", "mairie_y"]].reindex(communes.index)
    lacking = halls[communes["mairie_x"].isna() & halls["mairie_x"].notna()]
    points = shapely.points(lacking["mairie_x"].to_numpy(), lacking["mairie_y"].to_numpy())
    away = shapely.distance(communes.geometry[lacking.index].to_numpy(), points)
    there = np.isfinite(away)
    if there.any() and np.median(away[there]) > FAR_M:
        farthest = int(np.nanargmax(away))
        value = f"{lacking.index[farthest]} ({away[farthest] / 1000:.0f} km)"
        raise InputError([Fault(cause="misplaced", file=source, column="geometry", value=value)])
    near = away <= TOWN_HALL_M
    taken = lacking[near].reindex(communes.index)
    return communes.assign(**{axis: communes[axis].fillna(taken[axis]) for axis in taken})


def with_names(territory: Territory) -> Territory:
    """Return a territory whose EPCI and départements have their official names where they have none."""
    if territory.millesime not in vintages():
        return territory
    return replace(
        territory,
        epci=_named(territory.epci, official_bodies(territory.millesime, Level.EPCI)),
        departements=_named(territory.departements, official_bodies(territory.millesime, Level.DEPARTEMENT)),
    )


def _named(bodies: gpd.GeoDataFrame, official: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return bodies with their official texts where they have none; a code is no name."""
    texts = official.reindex(bodies.index)
    given = bodies.assign(name=bodies["name"].mask(bodies["name"].eq(bodies.index.to_series())))
    filled = {column: given[column].fillna(texts[column]) for column in texts.columns}
    filled["name"] = filled["name"].fillna(bodies["name"])
    return bodies.assign(**filled)


def repaired(communes: gpd.GeoDataFrame, how: Repair, millesime: int, source: str) -> gpd.GeoDataFrame:
    """Return communes with outlines that are a valid coverage, if that is asked for.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, in the legal projection.
    how : {"", "clean", "replace"}
        Empty: as they are. ``clean``: the user's outlines, without overlaps and gaps under 100 m.
        ``replace``: the embedded outlines.
    millesime : int
        Vintage year.
    source : str
        The file, for faults.

    Raises
    ------
    InputError
        Outlines are to be replaced, but a commune is not embedded in this vintage.
    """
    if not how:
        return communes
    if how == "clean":
        geometry = multipolygons(clean(communes.geometry, gap=GAP_M))
        return communes.set_geometry(geometry).assign(repair="cleaned", area_km2=geometry.area / 1e6)
    official = official_communes(millesime)
    unknown = communes.index.difference(official.index)
    if len(unknown):
        shown = ", ".join(unknown[:10])
        raise InputError([Fault(cause="no_embedded_outline", file=source, value=shown)])
    outlines = drawn(official.loc[communes.index], millesime)
    geometry = outlines.geometry.to_crs(communes.crs)
    return communes.set_geometry(geometry).assign(repair="replaced", area_km2=geometry.area / 1e6)
