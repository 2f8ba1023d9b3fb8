"""A GeoPackage that a person changed, or that QGIS has open, when a new run would replace it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from opsn_geo.errors import MachineError
from opsn_geo.pipeline import run as pipeline
from opsn_geo.publish.geopackage import former
from opsn_geo.publish.geopackage import write as geopackage
from opsn_geo.study import Study

if TYPE_CHECKING:
    from .conftest import Published

FILE = "opsn-toy-2021.gpkg"
EDIT = "UPDATE services SET name = 'mine'"
TOUCH = "UPDATE gpkg_contents SET last_change = '2026-11-26T04:50:28.603Z' WHERE table_name = 'services'"
STYLE = (
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
    "styleQML, styleSLD, useAsDefault) VALUES ('', '', ?, 'geom', ?, '<qgis/>', '', ?)"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, published_toy: Published) -> Path:
    return geopackage.write(tmp_path_factory.mktemp("written") / FILE, *published_toy)


@pytest.fixture
def file(tmp_path: Path, written: Path) -> Path:
    return Path(shutil.copy(written, tmp_path))


def changed(file: Path, *statements: str | tuple[str, tuple]) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        for each in statements:
            base.execute(*((each,) if isinstance(each, str) else each))


def opened_in_qgis(file: Path) -> sqlite3.Connection:
    """Return a connection as QGIS has it: the last pages lie in a file beside."""
    base = sqlite3.connect(file, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute(EDIT)
    base.execute(TOUCH)
    assert Path(f"{file}-wal").stat().st_size > 0
    return base


def value(file: Path, query: str) -> object:
    with closing(sqlite3.connect(file)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return base.execute(query).fetchone()[0]


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"copies/*/{FILE}"))


def test_a_file_that_nobody_changed_is_replaced_without_a_copy(file: Path, published_toy: Published) -> None:
    before = file.read_bytes()
    assert not former.read(file).changed
    geopackage.write(file, *published_toy)
    assert file.read_bytes() == before
    assert not (file.parent / "copies").exists()


def test_a_file_open_in_qgis_is_not_replaced(file: Path, published_toy: Published) -> None:
    with closing(opened_in_qgis(file)) as base:
        with pytest.raises(MachineError, match="open in another program"):
            geopackage.write(file, *published_toy)
        assert base.execute("SELECT name FROM services").fetchone() == ("mine",)
    assert value(file, "SELECT name FROM services") == "mine"


def test_a_run_over_a_file_open_in_qgis_is_refused_before_it_begins(file: Path) -> None:
    study = Study.default()
    target = file.with_name(f"{study.metadata.stem}.gpkg")
    file.rename(target)
    stages: list[str] = []
    with closing(opened_in_qgis(target)), pytest.raises(MachineError, match="open in another program"):
        pipeline.run(study, target.parent, progress=stages.append)
    assert stages == []


def test_edits_of_a_qgis_that_crashed_are_kept_and_never_mixed_with_a_new_run(
    file: Path, tmp_path: Path, published_toy: Published
) -> None:
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    with closing(opened_in_qgis(file)):
        for each in tmp_path.glob(f"{FILE}*"):
            shutil.copy(each, crashed)
    assert (crashed / f"{FILE}-wal").exists()
    again = geopackage.write(crashed / FILE, *published_toy)
    assert [each.name for each in crashed.glob(f"{FILE}-*")] == []
    assert value(again, "SELECT name FROM services") == "Délégué"
    (kept,) = copies(crashed)
    assert value(kept, "SELECT name FROM services") == "mine"


def test_last_pages_without_their_file_do_not_reach_a_new_one(
    tmp_path: Path, file: Path, published_toy: Published
) -> None:
    with closing(opened_in_qgis(file)):
        shutil.copy(f"{file}-wal", tmp_path / "kept")
    file.unlink()
    shutil.copy(tmp_path / "kept", f"{file}-wal")
    geopackage.write(file, *published_toy)
    assert value(file, "SELECT name FROM services") == "Délégué"


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (TOUCH, ("services",)),
        ((STYLE, ("communes", "Mon style", 0)), ("Mon style",)),
        (
            "UPDATE qgis_projects SET metadata = '{\"last_modified_user\": \"me\"}' WHERE name = 'Atlas'",
            ("Atlas",),
        ),
        ("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('mine', 'attributes')", ("mine",)),
    ],
)
def test_each_kind_of_change_is_recognised(
    file: Path, statement: str | tuple[str, tuple], names: tuple[str, ...]
) -> None:
    changed(file, statement)
    assert former.read(file).names == names


def test_something_else_under_the_name_is_kept(tmp_path: Path, published_toy: Published) -> None:
    (tmp_path / FILE).write_bytes(b"my own notes, by accident under this name" * 30)
    geopackage.write(tmp_path / FILE, *published_toy)
    (kept,) = copies(tmp_path)
    assert kept.read_bytes().startswith(b"my own notes")
    assert value(tmp_path / FILE, "SELECT count(*) FROM services") == 2


def test_styles_and_projects_of_ones_own_are_taken_over_when_asked(
    file: Path, published_toy: Published
) -> None:
    ours = value(file, "SELECT styleName FROM layer_styles WHERE f_table_name = 'epci' AND useAsDefault")
    changed(
        file,
        (STYLE, ("communes", "Mon style", 1)),
        (STYLE, ("gone", "Mon style", 1)),
        ("UPDATE layer_styles SET styleQML = '<qgis mine=\"1\"/>' WHERE styleName = ?", (ours,)),
        "INSERT INTO qgis_projects VALUES ('Conseil', '{}', '00')",
    )
    geopackage.write(file, *published_toy, styles_of=former.read(file))
    chosen = "SELECT group_concat(styleName) FROM layer_styles WHERE f_table_name = '{}' AND useAsDefault"
    assert value(file, chosen.format("communes")) == "Mon style"
    assert value(file, chosen.format("epci")) == ours
    changes = "SELECT count(*) FROM layer_styles WHERE styleQML = '<qgis mine=\"1\"/>'"
    assert value(file, changes) == 1
    assert value(file, "SELECT count(*) FROM layer_styles WHERE f_table_name = 'gone'") == 0
    assert value(file, "SELECT group_concat(name) FROM (SELECT name FROM qgis_projects ORDER BY 1)") == (
        "Atlas,Atlas par service,Conseil"
    )
