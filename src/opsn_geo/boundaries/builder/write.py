"""Write a boundary file: the same inputs give the same bytes, and a killed run leaves the former file."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
    with _draft(path) as draft:
        _write(draft, layers, f"{millesime}-01-01T00:00:00.000Z")


def replace_text(path: Path, content: str) -> None:
    """Write a text (UTF-8, LF) beside its place and move it there; MachineError as for a GeoPackage."""
    with _draft(path) as draft:
        draft.write_text(content, encoding="utf-8", newline="\n")


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """Give a place beside ``path`` to write to, and move it into place when it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as folder:
            draft = Path(folder) / path.name
            yield draft
            draft.replace(path)
    except OSError as error:
        fault = Fault(cause="cannot_write", file=str(path.parent), value=error.strerror or str(error))
        raise MachineError([fault]) from error


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
