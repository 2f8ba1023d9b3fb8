"""Write one GeoPackage that opens in QGIS as a finished atlas.

GDAL writes the feature tables; everything that makes them readable (aliases, enumerations, styles,
metadata, the project) are rows of standard tables, written by SQL. No QGIS is needed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from opsn_geo.catalogue.words import text
from opsn_geo.errors import Fault, MachineError
from opsn_geo.publish.geopackage import former as former_file
from opsn_geo.publish.geopackage import metadata as geopackage_metadata
from opsn_geo.publish.geopackage import services
from opsn_geo.publish.geopackage import tables as geopackage_tables
from opsn_geo.publish.geopackage.content import Content, describe, dictionary, flatten
from opsn_geo.publish.qgis import project as qgis_project
from opsn_geo.publish.qgis import style as qgis_style
from opsn_geo.publish.qgis.layers import ProjectContent
from opsn_geo.publish.qgis.services import service_themes
from opsn_geo.publish.staging import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from pyproj import CRS

    from opsn_geo.publish.geopackage.former import Former
    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

DICTIONARY: Final = "dictionnaire"
_MULTIPLE: Final = {
    shapely.GeometryType.LINESTRING: shapely.multilinestrings,
    shapely.GeometryType.POLYGON: shapely.multipolygons,
}


def write(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    themes: Sequence[Theme],
    *,
    rasters: Sequence[Path] = (),
    styles_of: Former | None = None,
) -> Path:
    """Write layers, tables, their styles, metadata and a QGIS project into one GeoPackage.

    Parameters
    ----------
    path : Path
        File to write; an ISO 19139 record is written beside it, with the ending ``.xml``. The project
        inside names the file: do not rename it afterwards.
    layers : mapping of str to geopandas.GeoDataFrame
        Feature tables by name, in one metric projection. A named index becomes the first column.
        Polygons are made valid and multiple; columns keep their order.
    tables : mapping of str to pandas.DataFrame
        Attribute tables by name. A table ``dictionnaire`` of all columns is added.
    metadata : Metadata
        Description of the study; its date is the date of everything in it, so the same input gives
        the same bytes.
    themes : sequence of Theme
        Styles and maps; those of a layer that is not here are left out.
    rasters : sequence of Path
        GeoTIFF files that the project shows, each with its ``.qml`` beside it; relative to the file's folder,
        or in it.
    styles_of : Former, optional
        A file that this one replaces, of which it takes over the styles and projects of a person's own.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    MachineError
        The file cannot be written; a former one is left whole.
    ValueError
        Two layers differ in projection, or one has none.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> import pandas as pd
    >>> from opsn_geo.publish.themes import themes_for
    >>> from opsn_geo.study import Metadata
    >>> codes = pd.Index(["02001"], name="code_insee")
    >>> square = shapely.box(700_000, 6_900_000, 701_000, 6_901_000)
    >>> layers = {"communes": gpd.GeoDataFrame({"opsn_count": [1]}, index=codes, geometry=[square], crs=2154)}
    >>> about = Metadata(title="Toy", territory="toy", territory_name="Toy", millesime=2021,
    ...                  date=dt.date(2021, 2, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write(Path(folder) / "toy.gpkg", layers, {}, about, themes_for(layers))
    ...     gpd.read_file(file, layer="communes").columns.tolist()
    ['code_insee', 'opsn_count', 'geometry']
    """
    flat = {name: _sound(flatten(frame)) for name, frame in layers.items()}
    plain = {name: flatten(frame) for name, frame in tables.items()}
    crs = _common_crs(flat)
    described = [describe(name, frame, metadata) for name, frame in (flat | plain).items()]
    views = services.views(described, metadata)
    described += [view.content for view in views]
    plain[DICTIONARY] = dictionary(described, metadata.language)
    contents = [*described, describe(DICTIONARY, plain[DICTIONARY], metadata)]
    shown = [theme for theme in themes if theme.layer in flat]
    by_service = service_themes(plain, metadata.language) if views else []
    with _refusals(path), staged(path.parent, last=path.name) as aside:
        file = aside / path.name
        _write_features(file, flat, contents, metadata)
        with closing(sqlite3.connect(file, isolation_level=None)) as base:
            base.execute("PRAGMA synchronous = OFF")  # the file is not in place yet
            base.execute("BEGIN")
            _fill(base, contents, plain, metadata, [*shown, *by_service])
            services.add_views(base, views, _moment(metadata))
            services.add_indices(base, described)
            geopackage_metadata.add(base, contents, metadata, crs)
            near = [Path(os.path.relpath(path.parent / raster, path.parent)) for raster in rasters]
            project = ProjectContent(path.name, path.parent, contents, shown, metadata, crs, near, by_service)
            qgis_project.add(base, project)
            if styles_of is not None:
                former_file.carry(base, styles_of, _projects(metadata))
            base.execute("COMMIT")
            _check(base, file)
        record = geopackage_metadata.iso_record(contents, metadata, crs)
        file.with_suffix(".xml").write_bytes(record.encode())
        former_file.keep(path, former_file.read(path), aside)
    return path


def _sound(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer of valid geometries in the column ``geom``, each polygon or line multiple."""
    shapes = np.array(frame.geometry.array)
    shapes[~np.isfinite(shapely.bounds(shapes)).all(axis=1)] = None
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    for single, several in _MULTIPLE.items():
        alone = np.flatnonzero(shapely.get_type_id(shapes) == single)
        shapes[alone] = several(shapes[alone], indices=np.arange(len(alone)))
    made = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return made.rename_geometry("geom") if made.geometry.name != "geom" else made


def _common_crs(layers: Mapping[str, gpd.GeoDataFrame]) -> CRS:
    """Return the one projection of all layers."""
    projections = {frame.crs for frame in layers.values()}
    if len(projections) != 1 or None in projections:
        raise ValueError(f"all layers need one projection, found {projections}")
    crs: CRS = projections.pop()
    return crs


def _write_features(
    file: Path, layers: Mapping[str, gpd.GeoDataFrame], contents: Sequence[Content], metadata: Metadata
) -> None:
    about = {content.name: content for content in contents}
    # A clock that stands still gives the same bytes; what is not in place yet need not reach the disk.
    with _gdal(OGR_CURRENT_DATE=_moment(metadata), OGR_SQLITE_SYNCHRONOUS="OFF"):
        for place, (name, frame) in enumerate(layers.items()):
            content = about[name]
            pyogrio.write_dataframe(
                frame,
                file,
                layer=name,
                driver="GPKG",
                geometry_type={"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}[
                    content.shape or "polygon"
                ],
                use_arrow=True,
                dataset_options={"VERSION": "1.3"} if place == 0 else None,
                layer_options={
                    "GEOMETRY_NAME": "geom",
                    "IDENTIFIER": content.title,
                    "DESCRIPTION": content.abstract,
                },
            )


@contextmanager
def _gdal(**options: str) -> Iterator[None]:
    """Set GDAL's options for a while."""
    former = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(former)


def _projects(metadata: Metadata) -> set[str]:
    """Return the names of the projects that are ours."""
    return {text(f"geopackage.{name}", metadata.language) for name in ("project", "services_project")}


def _moment(metadata: Metadata) -> str:
    return f"{metadata.date.isoformat()}T00:00:00.000Z"


def _fill(
    base: sqlite3.Connection,
    contents: Sequence[Content],
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    themes: Sequence[Theme],
) -> None:
    """Write tables, aliases and styles."""
    moment = _moment(metadata)
    geopackage_tables.create(base)
    for content in contents:
        if content.name in tables:
            geopackage_tables.add_table(base, content, tables[content.name], moment)
        styles = qgis_style.styles(content, themes, metadata.language)
        geopackage_tables.add_styles(base, content, styles, content.abstract, moment)
    geopackage_tables.add_aliases(base, contents)
    styles_title = text("geopackage.styles", metadata.language)
    geopackage_tables.register(base, "layer_styles", "layer_styles", styles_title, moment)


def _check(base: sqlite3.Connection, file: Path) -> None:
    """Read the file back as SQLite sees it, before it takes the former one's place."""
    faults = [*base.execute("PRAGMA quick_check(1)"), *base.execute("PRAGMA foreign_key_check")]
    if faults != [("ok",)]:
        raise sqlite3.DatabaseError(f"{file.name}: {faults[0]}")


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Raise what the libraries raise of a full disk or a refused file as a fault of the machine."""
    try:
        yield
    except (sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise MachineError([Fault(cause="cannot_write", file=os.fspath(path), value=str(error))]) from error
