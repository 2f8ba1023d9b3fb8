"""A small file that asks for much memory is refused before it gets it."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from hostile import bombs
from opsn_geo.errors import InputError
from opsn_geo.read import limits, vectors
from opsn_geo.read.tables import table
from opsn_geo.read.workbooks import check_xlsx
from opsn_geo.study import Study

HEAD = f'<row r="1">{bombs.cell("A1")}{bombs.cell("B1")}</row>'


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("far-cell.xlsx", "above_columns"),
        ("far-rectangle.xlsx", "above_cells"),
        ("far-unnamed.xlsx", "above_cells"),
        ("shared-text.xlsx", "above_bytes"),
        ("repeated-cells.ods", "above_cells"),
        ("far-cell.xls", "above_columns"),
        ("declared-far.xls", "above_rows"),
        ("repeated-text.parquet", "above_bytes"),
        ("many-columns.csv", "above_columns"),
    ],
)
def test_a_bomb_is_refused(tmp_path: Path, name: str, cause: str) -> None:
    bombs.BOMBS[name](tmp_path / name)
    with pytest.raises(InputError) as error:
        table(tmp_path / name)
    assert [fault.cause for fault in error.value.faults] == [cause]


def test_a_quote_that_is_never_closed_is_seen_by_the_length_of_its_cell(tmp_path: Path) -> None:
    file = tmp_path / "open.csv"
    file.write_text('a;b\n1;2\n3;"4\n' + "5;6\n" * 40_000)
    with pytest.raises(InputError, match=r"line 3: a cell .* quote that is opened and not closed"):
        table(file)


def test_an_archive_that_declares_fewer_bytes_than_it_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lies.xlsx"
    bombs.xlsx(file, HEAD, f"<si><t>{'x' * 3_000_000}</t></si>")
    with zipfile.ZipFile(file) as archive:
        (size,) = (part.file_size for part in archive.infolist() if "shared" in part.filename)
    content = file.read_bytes()
    assert content.count(size.to_bytes(4, "little")) == 2
    file.write_bytes(content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    monkeypatch.setitem(limits.LIMITS, "bytes", 1_000_000)
    with pytest.raises(InputError, match="more bytes than are read"):
        check_xlsx(file)


def test_whoever_has_a_larger_file_raises_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(";".join(f"c{i}" for i in range(2500)) + "\n" + ";".join(["1"] * 2500))
    with pytest.raises(InputError, match=r"more columns than are read.*≤ 2000.*--limits 4"):
        table(file)
    monkeypatch.setenv("OPSN_GEO_LIMITS", "4")
    assert table(file).shape == (1, 2500)
    monkeypatch.setenv("OPSN_GEO_LIMITS", "nan")
    assert limits.limit("columns") == 2000


def test_ordinary_workbooks_are_far_below_the_limits(tmp_path: Path) -> None:
    """Programs may leave out where cells are; LibreOffice ends a sheet with a million empty rows."""
    unnamed = tmp_path / "unnamed.xlsx"
    bombs.xlsx(unnamed, "<row><c><v>1</v></c><c><v>2</v></c></row>" * 40_000)
    assert table(unnamed).shape == (39_999, 2)
    tail = tmp_path / "tail.xlsx"
    bombs.xlsx(tail, f'{HEAD}<row r="2">{bombs.cell("A2")}</row><row r="1048576"/>')
    assert table(tail).shape == (1, 2)
    old = tmp_path / "old.xls"
    places = [(row, column) for row in range(3) for column in range(2)]
    bombs.xls(old, [(0x203, struct.pack("<HHHd", row, column, 0, 10.0 + row)) for row, column in places])
    assert table(old).to_numpy().tolist() == [["11", "11"], ["12", "12"]]
    cell = '<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
    empty = '<table:table-cell table:number-columns-repeated="16382"/>'
    row = f"<table:table-row>{cell}{cell}{empty}</table:table-row>"
    end = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    bombs.ods(tmp_path / "tail.ods", row + row + end)
    assert table(tmp_path / "tail.ods").shape == (1, 2)


def test_a_study_file_is_bounded_in_size_and_depth(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    for content, message in {
        "#" * 1_000_001: "more bytes than are read",
        f"\n{'.'.join('a' * 100_000)} = 1": "line 2: this is not a valid TOML file",
        "a = " + "[" * 100_000: "not a valid TOML file",
        "a = 0x" + "f" * 5000: "this key is not known",
    }.items():
        file.write_text(content)
        with pytest.raises(InputError, match=message):
            Study.from_toml(file)


def test_boundary_files_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    squares = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs=2154)
    monkeypatch.setitem(limits.LIMITS, "boundary_rows", 1)
    squares.to_file(tmp_path / "a.gpkg")
    squares.to_parquet(tmp_path / "a.parquet")
    for name in ("a.gpkg", "a.parquet"):
        with pytest.raises(InputError, match="more rows than are read"):
            vectors.layer(tmp_path / name, "a")
