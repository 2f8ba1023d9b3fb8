"""The boundaries that come with the package: all of France, every year from 2021, overseas included.

Outlines lie in one GeoParquet file per territory, each in its legal projection, a row group per département:
of a region, only its own part is read. Codes, names, EPCI and populations of each year lie in
``communes.parquet`` and ``bodies.parquet``. EPCI and départements are dissolved from the communes.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from opsn_geo.boundaries.coverage import dissolve
from opsn_geo.boundaries.places import Places, chosen
from opsn_geo.boundaries.territory import Territory, counted
from opsn_geo.boundaries.zones import EPSG, zones
from opsn_geo.catalogue.states import Level
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.values import slug
from opsn_geo.study import data_dir

if TYPE_CHECKING:
    import pandas as pd

_BODIES: Final = {
    Level.EPCI: ("siren_epci", ("name", "nature")),
    Level.DEPARTEMENT: ("code_dep", ("name", "code_reg", "chef_lieu")),
    Level.REGION: ("code_reg", ("name", "chef_lieu")),
}
"""Code of the bodies of each level, and what is known of them."""


COMMUNES: Final = [
    *("name", "code_dep", "code_reg", "siren_epci", "siren", "population", "postal_codes"),
    *("mairie_x", "mairie_y", "inside", "repair", "geometry"),
]
"""Columns of the communes of a territory; their area follows."""


def vintages(folder: Path | None = None) -> list[int]:
    """Return the vintages that come with the package.

    >>> vintages()
    [2021, 2022, 2023, 2024, 2025, 2026]
    """
    with pq.ParquetFile(_folder(folder) / "communes.parquet") as file:
        return [int(_span(file, row, "millesime")[0]) for row in range(file.num_row_groups)]


def official_communes(millesime: int, folder: Path | None = None) -> pd.DataFrame:
    """Return every commune of a vintage as the official code has it.

    Parameters
    ----------
    millesime : int
        Vintage year.
    folder : Path, optional
        Where the embedded files are; by default those of the package.

    Returns
    -------
    DataFrame
        On ``code_insee``: name, code_dep, code_reg, siren_epci, siren, population, postal_codes.

    Raises
    ------
    InputError
        The vintage is not embedded.

    Examples
    --------
    >>> official_communes(2024).loc["60694", ["name", "siren_epci"]].tolist()
    ['Les Hauts-Talican', '246000582']
    """
    rows: pd.DataFrame = _vintage(_folder(folder) / "communes.parquet", millesime).to_pandas()
    return rows.drop(columns="millesime").set_index("code_insee")


def official_codes(millesime: int, folder: Path | None = None) -> set[str]:
    """Return the codes of the communes of a vintage.

    >>> "60694" in official_codes(2021), "60694" in official_codes(2024)
    (False, True)
    """
    return set(_vintage(_folder(folder) / "communes.parquet", millesime)["code_insee"].to_pylist())


def official_bodies(millesime: int, level: Level, folder: Path | None = None) -> pd.DataFrame:
    """Return every EPCI, département or region of a vintage as the official code has it.

    Returns
    -------
    DataFrame
        On ``siren_epci``, ``code_dep`` or ``code_reg``: name, and nature of an EPCI, code_reg and chef_lieu
        of a département, chef_lieu of a region.

    Raises
    ------
    InputError
        The vintage is not embedded.

    Examples
    --------
    >>> official_bodies(2021, Level.REGION).loc["53", "name"]
    'Bretagne'
    """
    key, columns = _BODIES[level]
    rows = _vintage(_folder(folder) / "bodies.parquet", millesime)
    rows = rows.filter(pc.field("level") == level.value).select(["code", *columns])
    bodies: pd.DataFrame = rows.to_pandas().set_index("code").rename_axis(key)
    return bodies


def places(millesime: int, folder: Path | None = None) -> Places:
    """Return the regions, départements and EPCI of a vintage, by which a territory is chosen."""
    levels = (Level.REGION, Level.DEPARTEMENT, Level.EPCI)
    return Places(*(official_bodies(millesime, level, folder) for level in levels))


def embedded(
    *,
    millesime: int,
    region: str | None = None,
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    name: str | None = None,
    folder: Path | None = None,
) -> Territory:
    """Return the embedded territory that a study asks for.

    Parameters
    ----------
    millesime : int
        Vintage year: 2021 to 2026.
    region : str, optional
        Code or name of a region.
    departements, epci : collection of str
        Codes or names of départements; SIREN or names of EPCI.
    name : str, optional
        Slug of the territory; by default that of the region, départements or EPCI.
    folder : Path, optional
        Where the embedded files are; by default those of the package.

    Returns
    -------
    Territory
        Communes beyond the border stay, with ``inside`` false, where an EPCI of the territory reaches them.

    Raises
    ------
    InputError
        The vintage is not embedded, a place is not in the official code of that year (the nearest is given),
        or the territory spans several legal projections.

    Examples
    --------
    >>> embedded(millesime=2023, region="Bretagne")
    <Territory: name bretagne, vintage 2023, communes 1227, epci 61, departements 4>
    """
    all_places = places(millesime, folder)
    codes = chosen(all_places, millesime, region=region, departements=departements, epci=epci)
    rows = _vintage(_folder(folder) / "communes.parquet", millesime)
    inside = pc.or_(
        pc.or_(_among(rows, "code_reg", codes.regions), _among(rows, "code_dep", codes.departements)),
        _among(rows, "siren_epci", codes.epci),
    )
    reached = rows.filter(inside)
    kept = pc.or_(inside, _among(rows, "siren_epci", reached["siren_epci"].drop_null()))
    around = _among(rows, "code_dep", reached["code_dep"])
    rows = rows.append_column("inside", inside).append_column("kept", kept).append_column("around", around)
    communes = rows.filter(pc.or_(kept, around)).to_pandas().set_index("code_insee")
    outlined = drawn(communes, millesime, folder)
    layer = outlined.loc[outlined["kept"], COMMUNES]
    return Territory(
        communes=layer.assign(area_km2=layer.area / 1e6),
        epci=_epci(layer, all_places.epci),
        departements=_departements(outlined[outlined["around"]], all_places.departements),
        millesime=millesime,
        name=name or slug(", ".join(codes.names(all_places))),
    )


def places_of(
    *,
    millesime: int,
    region: str | None = None,
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    folder: Path | None = None,
) -> Territory:
    """Return the codes and names of a territory, without outlines; all of France where nothing is chosen.

    Parameters
    ----------
    millesime, region, departements, epci, folder
        As for :func:`embedded`.

    Examples
    --------
    >>> france = places_of(millesime=2021)
    >>> len(france.communes), len(france.epci), france.departements.loc["974", "name"]
    (34965, 1254, 'La Réunion')
    """
    there = places(millesime, folder)
    codes = chosen(there, millesime, region=region, departements=departements, epci=epci)
    communes = official_communes(millesime, folder)
    inside = (
        communes["code_reg"].isin(codes.regions)
        | communes["code_dep"].isin(codes.departements)
        | communes["siren_epci"].isin(codes.epci)
    )
    if not any(codes):
        inside = ~inside
    reached = communes.loc[inside, "siren_epci"].dropna().unique()
    kept = communes[inside | communes["siren_epci"].isin(reached)].assign(inside=inside)
    return Territory(
        communes=gpd.GeoDataFrame(kept),
        epci=gpd.GeoDataFrame(there.epci[there.epci.index.isin(reached)]),
        departements=gpd.GeoDataFrame(
            there.departements[there.departements.index.isin(kept.loc[kept["inside"], "code_dep"])]
        ),
        millesime=millesime,
        name=slug(", ".join(codes.names(there))) or "france",
    )


def drawn(communes: pd.DataFrame, millesime: int, folder: Path | None = None) -> gpd.GeoDataFrame:
    """Return official communes with their outlines and town halls.

    Parameters
    ----------
    communes : DataFrame
        Rows of :func:`official_communes`.
    millesime : int
        Vintage year.
    folder : Path, optional
        Where the embedded files are; by default those of the package.

    Returns
    -------
    GeoDataFrame
        The same rows with mairie_x, mairie_y, repair and geometry, in their legal projection.

    Raises
    ------
    InputError
        The communes are of several legal projections.
    """
    named = [str(zone) for zone in zones(communes["code_dep"]).unique()]
    projections = sorted({EPSG[zone] for zone in named})
    if len(projections) > 1:
        value = ", ".join(f"EPSG:{code}" for code in projections)
        raise InputError([Fault(cause="several_projections", value=value)])
    departements = set(communes["code_dep"])
    rows = pa.concat_tables(
        _rows(_folder(folder) / f"{zone}.parquet", millesime, departements) for zone in named
    )
    outlines = rows.drop_columns(["code_dep", "first", "last"]).to_pandas().set_index("code_insee")
    joined = communes.join(outlines)
    return gpd.GeoDataFrame(
        joined.drop(columns="geometry"),
        geometry=shapely.from_wkb(joined["geometry"].to_numpy()),
        crs=projections[0],
    )


def _among(rows: pa.Table, column: str, values: pa.Array | list[str]) -> pa.ChunkedArray:
    """Return whether each value of a column is one of some; a missing one is not."""
    return pc.is_in(rows[column], pa.array(values, pa.string()) if isinstance(values, list) else values)


def _epci(communes: gpd.GeoDataFrame, official: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the EPCI of communes, dissolved, with their counts."""
    ground = dissolve(communes, "siren_epci").to_frame("geometry").set_geometry("geometry")
    layer = counted(ground.join(official), communes)
    counts = ["communes", "communes_inside", "population", "population_inside", "crosses_border"]
    return layer[["name", "nature", *counts, "geometry"]].assign(area_km2=layer.area / 1e6)


def _departements(communes: gpd.GeoDataFrame, official: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the départements of whole communes, dissolved, with their counts."""
    sums = communes.groupby("code_dep")["population"].agg(communes="size", population="sum")
    ground = dissolve(communes, "code_dep").to_frame("geometry").set_geometry("geometry")
    layer = ground.join(official).join(sums)
    order = ["name", "code_reg", "chef_lieu", "communes", "population", "geometry"]
    return layer[order].assign(area_km2=layer.area / 1e6)


def _folder(folder: Path | None) -> Path:
    """Return the folder of the embedded files: that of the package unless another is given."""
    return folder or data_dir() / "boundaries"


def _rows(file: Path, millesime: int, departements: Collection[str]) -> pa.Table:
    """Return the rows of some départements in a vintage, from the row groups that may hold them."""
    with pq.ParquetFile(file) as table:
        wanted = [
            row
            for row in range(table.num_row_groups)
            if _span(table, row, "code_dep")[0] in departements
            and _span(table, row, "first")[0] <= millesime <= _span(table, row, "last")[1]
        ]
        rows = table.read_row_groups(wanted)
    return rows.filter((pc.field("first") <= millesime) & (pc.field("last") >= millesime))


def _span(file: pq.ParquetFile, row: int, column: str) -> tuple[Any, Any]:
    """Return the least and the greatest value of a column in a row group."""
    statistics = file.metadata.row_group(row).column(file.schema_arrow.get_field_index(column)).statistics
    return statistics.min, statistics.max


@lru_cache(maxsize=8)
def _vintage(file: Path, millesime: int) -> pa.Table:
    """Return the rows of a vintage of a table of all vintages."""
    with pq.ParquetFile(file) as table:
        years = {int(_span(table, row, "millesime")[0]): row for row in range(table.num_row_groups)}
        if millesime not in years:
            expected = ", ".join(map(str, sorted(years)))
            raise InputError([Fault(cause="unknown_vintage", value=str(millesime), expected=expected)])
        return table.read_row_group(years[millesime])
