"""From the polygons and the official code to the three layers of a boundary file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from opsn_geo.boundaries.builder.valid_coverage import dissolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from opsn_geo.boundaries.builder.sources import Cog

TOWN_HALL_M = 200.0
COMMUNES = [
    *("code_insee", "name", "code_dep", "code_reg", "siren_epci", "siren", "population", "postal_codes"),
    *("mairie_x", "mairie_y", "inside", "repair"),
]
EPCI = [
    *("siren_epci", "name", "nature", "communes", "communes_inside", "population", "population_inside"),
    "crosses_border",
]
DEPARTEMENTS = ["code_dep", "name", "code_reg", "chef_lieu", "communes", "population"]


def communes_of(cog: Cog, region: str | None) -> pd.DataFrame:
    """Choose the communes of a region and, not ``inside``, those that share an EPCI with them.

    ``region`` None chooses every commune.
    """
    communes = cog.communes.assign(inside=True if region is None else cog.communes["code_reg"] == region)
    shared = communes.loc[communes["inside"], "siren_epci"].dropna().unique()
    return communes[communes["inside"] | communes["siren_epci"].isin(shared)].rename_axis("code_insee")


def town_halls(polygons: gpd.GeoSeries, editions: Sequence[gpd.GeoSeries]) -> gpd.GeoSeries:
    """Take each commune's town hall from the first edition that puts it in the commune, else none.

    The source places some town halls in a namesake far away: a point more than 200 m (to which the
    outlines are generalised) from its commune is not believed.

    >>> here = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], ["A"], crs=2154)
    >>> far, near = (gpd.GeoSeries([shapely.Point(x, 5)], ["A"], crs=2154) for x in (5000, 5))
    >>> town_halls(here, [far, near]).x.tolist()
    [5.0]
    """
    found = gpd.GeoSeries(None, polygons.index, polygons.crs)
    for edition in editions:
        points = edition.reindex(polygons.index).to_crs(polygons.crs)
        believed = shapely.dwithin(polygons.to_numpy(), points.to_numpy(), TOWN_HALL_M)
        found = found.where(found.notna(), points.where(believed, None))
    return found


def communes_layer(
    table: pd.DataFrame, drawn: gpd.GeoDataFrame, halls: Sequence[gpd.GeoSeries]
) -> gpd.GeoDataFrame:
    """Join the table of communes (index ``code_insee``) one to one with their polygons and town halls."""
    points = town_halls(drawn.geometry.reindex(table.index), halls)
    layer = table.assign(
        mairie_x=points.x.round(1),
        mairie_y=points.y.round(1),
        repair=drawn["repair"].reindex(table.index),
    )
    polygons = _multi(drawn.geometry.reindex(table.index))
    return gpd.GeoDataFrame(layer.reset_index()[COMMUNES], geometry=polygons.to_numpy(), crs=drawn.crs)


def epci_layer(communes: gpd.GeoDataFrame, cog: Cog) -> gpd.GeoDataFrame:
    """Dissolve the communes by EPCI; counts and populations over all members, and over those inside."""
    counted = communes.assign(
        communes_inside=communes["inside"].astype("int64"),
        population_inside=communes["population"].where(communes["inside"], 0),
    )
    sums = counted.groupby("siren_epci")[["population", "communes_inside", "population_inside"]].sum()
    sums["communes"] = counted.groupby("siren_epci").size()
    sums["crosses_border"] = sums["communes_inside"] < sums["communes"]
    table = sums.join(cog.epci[["name", "nature"]], validate="1:1")
    return _with_ground(table, communes, "siren_epci")[[*EPCI, "geometry"]]


def departements_layer(communes: gpd.GeoDataFrame, cog: Cog) -> gpd.GeoDataFrame:
    """Dissolve the communes inside by département."""
    inside = communes[communes["inside"]]
    sums = inside.groupby("code_dep").agg(communes=("code_insee", "size"), population=("population", "sum"))
    table = sums.join(cog.departements[["name", "code_reg", "chef_lieu"]], validate="1:1")
    return _with_ground(table, inside, "code_dep")[[*DEPARTEMENTS, "geometry"]]


def _with_ground(table: pd.DataFrame, communes: gpd.GeoDataFrame, by: str) -> gpd.GeoDataFrame:
    ground = _multi(dissolve(communes, by)).reindex(table.index)
    return gpd.GeoDataFrame(table.reset_index(), geometry=ground.to_numpy(), crs=communes.crs)


def _multi(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Make every polygon a multipolygon in normal form: one type per layer, the same bytes each time."""
    multi = [shapely.multipolygons(shapely.get_parts(g)) for g in geometry]
    return gpd.GeoSeries(shapely.normalize(np.array(multi, dtype=object)), geometry.index, geometry.crs)
