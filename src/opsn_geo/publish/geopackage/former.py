"""What a new GeoPackage replaces: whether another program has it open, and what a person changed in it.

A GeoPackage that QGIS has open lies in three files: pages written last are in one ending in ``-wal``. To move
a new file beside those would make SQLite replay the old pages into it. So the former file is closed first,
its last pages with it; where another program holds it, nothing is replaced.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from opsn_geo.errors import Fault, MachineError

OURS: Final = "opsn-geo"
"""Comment in each style of ours, which QGIS does not write when it saves one over it."""
USER: Final = "opsn-geo"
"""Who last saved a project that no one has changed."""
COPIES: Final = "copies"
_MIDNIGHT: Final = "%T00:00:00.000Z"  # a run writes the day of its study; GDAL and QGIS write the moment
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_STYLES: Final = """
SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui,
  update_time FROM layer_styles WHERE instr(styleQML, ?) = 0
"""
_ADD_STYLE: Final = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,
  styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)
  VALUES ('', '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Former(NamedTuple):
    """What a person changed in a GeoPackage: layers and tables, and the rows of styles and of projects.

    ``readable`` is false of a file that is no GeoPackage.
    """

    tables: tuple[str, ...] = ()
    styles: tuple[tuple[object, ...], ...] = ()
    projects: tuple[tuple[object, ...], ...] = ()
    readable: bool = True

    @property
    def changed(self) -> bool:
        """Whether there is anything in it that a new run would not write."""
        return bool(self.tables or self.styles or self.projects) or not self.readable

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what was changed, each once: layers and tables, styles, projects."""
        styles, projects = (row[2] for row in self.styles), (row[0] for row in self.projects)
        return tuple(dict.fromkeys(map(str, (*self.tables, *styles, *projects))))


def read(file: Path) -> Former:
    """Return what a person changed in the GeoPackage that lies there; nothing where none does.

    What a program that was stopped left beside it is brought into it first.

    Raises
    ------
    MachineError
        Another program has it open, QGIS most likely.
    """
    if not file.is_file():
        beside = [Path(f"{file}{ending}") for ending in ("-wal", "-shm", "-journal")]
        with _refusals(file):
            for each in filter(Path.is_file, beside):  # of a file that was deleted
                each.unlink()
        return Former()
    with _refusals(file), closing(sqlite3.connect(file, timeout=0.5, isolation_level=None)) as base:
        try:
            base.execute("PRAGMA journal_mode = DELETE").fetchall()
            if os.access(file, os.W_OK):
                base.execute("BEGIN IMMEDIATE")
                base.execute("ROLLBACK")
            return _read(base)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode in _BUSY:
                raise
            return Former(readable=False)


def _read(base: sqlite3.Connection) -> Former:
    """Return what differs from what a run writes: by the moments of changes, and by the mark of styles."""
    changed = base.execute(
        "SELECT table_name FROM gpkg_contents WHERE table_name <> 'layer_styles' "
        "AND strftime('%Y', last_change) IS NOT NULL AND last_change NOT LIKE ? ORDER BY 1",
        (_MIDNIGHT,),
    )
    tables = tuple(name for (name,) in changed)
    styles = base.execute(_STYLES, (f"<!-- {OURS} -->",))
    projects = base.execute(
        "SELECT name, metadata, content FROM qgis_projects WHERE instr(metadata, ?) = 0", (f'"{USER}"',)
    )
    return Former(tables, tuple(styles), tuple(projects))


def keep(file: Path, former: Former, folder: Path) -> Path | None:
    """Copy a file that a person changed into a folder of its own; return where, below ``folder``, if it was.

    The copy keeps its name, by which the project in it finds its layers; the folder's name is the moment.
    """
    if not former.changed:
        return None
    moment = dt.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    copy = folder / COPIES / moment / file.name
    with _refusals(file):
        copy.parent.mkdir(parents=True)
        shutil.copy2(file, copy)
    return copy.relative_to(folder)


def carry(base: sqlite3.Connection, former: Former, ours: Collection[str]) -> None:
    """Write a person's styles, and projects of other names than ours, into a new file.

    A style takes the place of ours of the same name, and a default one that of our default; those of a layer
    that is no more are left out.
    """
    present = {name for (name,) in base.execute("SELECT table_name FROM gpkg_contents")}
    for row in former.styles:
        table, name, default = row[0], row[2], row[5]
        if table not in present:
            continue
        base.execute("DELETE FROM layer_styles WHERE f_table_name = ? AND styleName = ?", (table, name))
        if default:
            base.execute("UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = ?", (table,))
        base.execute(_ADD_STYLE, row)
    own = [row for row in former.projects if row[0] not in ours]
    base.executemany("INSERT INTO qgis_projects VALUES (?, ?, ?)", own)


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Raise what SQLite or the system refuses as a fault of the machine."""
    try:
        yield
    except sqlite3.Error as error:
        raise MachineError([Fault(cause="geopackage_open", file=os.fspath(file))]) from error
    except OSError as error:
        fault = Fault(cause="cannot_write", file=os.fspath(file), value=error.strerror or str(error))
        raise MachineError([fault]) from error
