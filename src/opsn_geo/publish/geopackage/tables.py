"""Rows that GDAL does not write: attribute tables, aliases, enumerations, styles; all by plain SQL.

The tables and their columns are those of OGC 12-128r17 (GeoPackage 1.3), its schema extension, and the
two tables in which QGIS keeps styles and projects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.publish.geopackage.content import Column, Content

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

_PLACES: Final = 800
"""Values in one statement: many rows at once are quicker, and no SQLite takes fewer than 999."""
_SCHEMA: Final = "http://www.geopackage.org/spec121/#extension_schema"

_DDL: Final = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT,
  min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""


def create(base: sqlite3.Connection) -> None:
    """Make the tables of the schema extension and of styles, empty."""
    for statement in _DDL.split(";"):
        base.execute(statement)
    extend(base, "gpkg_schema", _SCHEMA, ["gpkg_data_columns", "gpkg_data_column_constraints"])


def extend(base: sqlite3.Connection, name: str, definition: str, tables: Iterable[str]) -> None:
    """Register tables as part of an extension, so that strict readers accept them."""
    rows = [(table, name, definition) for table in tables]
    base.executemany("INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", rows)


def add_table(base: sqlite3.Connection, content: Content, frame: pd.DataFrame, moment: str) -> None:
    """Write a frame without geometry as an attribute table; missing values become null."""
    columns = [f"{quoted(column.name)} {column.sql}" for column in content.columns]
    base.execute(
        f"CREATE TABLE {quoted(content.name)} ("
        + ", ".join(["fid INTEGER PRIMARY KEY NOT NULL", *columns])
        + ")"
    )
    rows = np.empty((len(frame), len(columns) + 1), dtype=object)
    rows[:, 0] = range(1, len(frame) + 1)
    for place, column in enumerate(content.columns, start=1):
        rows[:, place] = _cells(frame[column.name], column)
    row = f"({', '.join(['?'] * (len(columns) + 1))})"
    insert = f"INSERT INTO {quoted(content.name)} VALUES "  # noqa: S608 - a quoted name
    most = max(1, _PLACES // (len(columns) + 1))
    batches = (rows[start : start + most] for start in range(0, len(rows), most))
    for size, several in groupby(batches, len):
        base.executemany(insert + ", ".join([row] * size), (batch.ravel().tolist() for batch in several))
    register(base, content.name, content.title, content.abstract, moment)


def register(base: sqlite3.Connection, table: str, title: str, abstract: str, moment: str) -> None:
    """List a table among the contents, as attributes."""
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, ?, ?)",
        (table, title, abstract, moment),
    )


def add_aliases(base: sqlite3.Connection, contents: Sequence[Content]) -> None:
    """Write the alias and definition of each column, and its enumeration where it has choices."""
    chosen = {
        _enumeration(column): column.choices
        for content in contents
        for column in content.columns
        if column.choices
    }
    base.executemany(
        "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) "
        "VALUES (?, 'enum', ?, ?)",
        [
            (name, value, label)
            for name, choices in sorted(chosen.items())
            for value, label in choices.items()
        ],
    )
    base.executemany(
        "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
        [
            (content.name, column.name, column.alias, column.alias, _comment(column), _enumeration(column))
            for content in contents
            for column in content.columns
        ],
    )


def add_styles(
    base: sqlite3.Connection, content: Content, styles: Mapping[str, str], abstract: str, moment: str
) -> None:
    """Store the named QML styles of one layer or table; the first is its default.

    QGIS finds a style only where the schema is an empty text and the geometry column the real one.
    """
    geometry = "geom" if content.shape else ""
    base.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
        "styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
        "VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', NULL, ?)",
        [
            (content.name, geometry, name, qml, int(place == 0), abstract, moment)
            for place, (name, qml) in enumerate(styles.items())
        ],
    )


def quoted(name: str) -> str:
    """Return a name quoted for SQL.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def _cells(values: pd.Series, column: Column) -> NDArray[np.object_]:
    """Return the plain Python values of a column, null where missing; each distinct text is made once."""
    if column.sql == "BOOLEAN":
        values = values.astype("Int64")
    if column.sql not in {"TEXT", "DATE"}:
        return np.asarray(values.astype("object").where(values.notna(), None), dtype=object)
    texts = values.dt.strftime("%Y-%m-%d") if column.sql == "DATE" else values.astype("str")
    codes, distinct = pd.factorize(texts.where(values.notna()))
    cells: NDArray[np.object_] = np.array([*map(str, distinct), None], dtype=object)[codes]
    return cells


def _comment(column: Column) -> str:
    unit = f"[{column.unit}]" if column.unit else ""
    return " ".join(part for part in (column.definition, unit) if part)


def _enumeration(column: Column) -> str | None:
    return (column.words or column.name) if column.choices else None
