"""Write a boundary file: the same inputs give the same bytes, and a killed run leaves the former file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio

from opsn_geo.errors import Fault, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


def write_geopackage(path: Path, layers: Mapping[str, gpd.GeoDataFrame], millesime: int) -> None:
    """Write the layers, in order, beside ``path`` and move the finished file into place.

    Raises
    ------
    MachineError
        The folder cannot be written to, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as folder:
            draft = Path(folder) / path.name
            _write(draft, layers, f"{millesime}-01-01T00:00:00.000Z")
            os.replace(draft, path)  # noqa: PTH105 - atomic, and over an existing file on every system
    except OSError as error:
        raise MachineError([Fault(cause="unwritable_folder", file=str(path.parent), value=str(error))]) from error


def _write(path: Path, layers: Mapping[str, gpd.GeoDataFrame], date: str) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": date})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(
                layer,
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type="MultiPolygon",
                dataset_options={"VERSION": "1.3"},
                layer_options={"GEOMETRY_NAME": "geom", "IDENTIFIER": name},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")
