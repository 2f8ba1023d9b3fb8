"""Write the embedded files: the same inputs give the same bytes, and a killed run leaves the former file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from opsn_geo.boundaries.drafts import draft

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_LEVEL: Final = 19  # of zstd: half a minute for France, and a third less than its default


def write_outlines(path: Path, drawn: gpd.GeoDataFrame) -> Path:
    """Write outlines as GeoParquet, one row group for each run of rows of one département; return the path.

    Raises
    ------
    MachineError
        The folder cannot be written to, or the disk is full.
    """
    table = pa.Table.from_pandas(drawn.drop(columns="geometry").astype({"first": "int16", "last": "int16"}))
    table = table.append_column("geometry", pa.array(list(shapely.to_wkb(drawn.geometry.to_numpy()))))
    column = {
        "encoding": "WKB",
        "geometry_types": ["MultiPolygon"],
        "crs": json.loads(drawn.crs.to_json()),
        "bbox": [float(bound) for bound in drawn.total_bounds],
    }
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return _write(path, table.replace_schema_metadata({"geo": json.dumps(geo)}), drawn["code_dep"])


def write_table(path: Path, rows: pd.DataFrame, *, by: str) -> Path:
    """Write a table as Parquet, one row group for each run of one value of a column; return the path."""
    table = pa.Table.from_pandas(rows, preserve_index=False)
    return _write(path, table.replace_schema_metadata(None), rows[by])


def _write(path: Path, table: pa.Table, groups: pd.Series[Any]) -> Path:
    """Write a table beside its place, in row groups of equal neighbours, and move it there."""
    starts = [*groups.index[groups != groups.shift()], len(groups)]
    with (
        draft(path) as place,
        pq.ParquetWriter(
            place, table.schema, compression="zstd", compression_level=_LEVEL, use_dictionary=_repeated(table)
        ) as writer,
    ):
        for start, end in pairwise(starts):
            writer.write_table(table.slice(start, end - start))
    return path


def _repeated(table: pa.Table) -> list[str]:
    """Return the columns whose values repeat, which a dictionary makes smaller."""
    return [name for name in table.column_names if name not in {"geometry", "code_insee", "name", "siren"}]
