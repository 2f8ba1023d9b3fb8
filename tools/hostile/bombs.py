"""Small files that ask for much: made for the tests, and measured by ``python -m hostile.bombs``.

The command reads each in a process of its own and prints its size, the processor time and the peak of memory
of its reading, and how it was refused.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CELL: Final = '<table:table-cell office:value-type="string"{}><text:p>a</text:p></table:table-cell>'

MEASURE: Final = """
import resource, sys, time
from opsn_geo.errors import InputError
from opsn_geo.read.tables import table
before, start, outcome = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time(), "read"
try:
    table(sys.argv[1])
except InputError as error:
    outcome = error.faults[0].cause
spent, peak = time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"{spent:.2f} {(peak - before) / 1024:.0f} {peak / 1024:.0f} {outcome}")
"""
"""Prints seconds, megabytes more than before, megabytes in all, and the outcome."""
MAKE: Final = """
import sys
from pathlib import Path
from hostile.bombs import BOMBS
BOMBS[Path(sys.argv[1]).name](Path(sys.argv[1]))
"""


def xlsx(path: Path, rows: str, shared: str = "<si><t>a</t></si>") -> None:
    """Write a workbook of one sheet, with these rows and these shared texts."""
    targets = {"worksheet": "worksheets/sheet1.xml", "sharedStrings": "sharedStrings.xml"}
    links = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{name}" Target="{target}"/>'
        for name, target in targets.items()
    )
    office = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    start = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f"{start}{office}</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"{start}{links}</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def ods(path: Path, rows: str) -> None:
    """Write an ODS of one sheet, with these rows."""
    base = "urn:oasis:names:tc:opendocument:xmlns"
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    spaces = "".join(f' xmlns:{name}="{base}:{name}:1.0"' for name in ("office", "table", "text"))
    entries = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mime, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{base}:manifest:1.0">{entries}</manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def xls(path: Path, records: list[tuple[int, bytes]]) -> None:
    """Write an old binary workbook of one sheet, with these records of cells."""
    start = struct.pack("<HHHHHII", 0x0600, 0x0005, 0, 0, 0, 0, 0)[:16]
    sheet = struct.pack("<HHHHHII", 0x0600, 0x0010, 0, 0, 0, 0, 0)[:16]
    name = struct.pack("<IBBBB", 20 + 13 + 4, 0, 0, 1, 0) + b"S"
    made = b"".join(
        struct.pack("<HH", kind, len(record)) + record
        for kind, record in [(0x809, start), (0x85, name), (0xA, b""), (0x809, sheet), *records, (0xA, b"")]
    )
    made += bytes(max(0, 4096 - len(made)) + -len(made) % 512)
    n_sectors = len(made) // 512
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + n_sectors), 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<6xIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    entries = b""
    for title, kind, below, first, length in (
        ("Root Entry", 5, 1, 0xFFFFFFFE, 0),
        ("Workbook", 2, 0xFFFFFFFF, 2, len(made)),
    ):
        named = title.encode("utf-16-le")
        entries += named + bytes(64 - len(named)) + struct.pack("<HBB", len(named) + 2, kind, 1)
        entries += (
            struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, below)
            + bytes(36)
            + struct.pack("<III", first, length, 0)
        )
    fat = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    path.write_bytes(header + fat + entries + bytes(512 - len(entries)) + made)


def far_old_cell(path: Path) -> None:
    """Write an old binary workbook with a number at the far end of what its form can say."""
    places = [(0, 0), (0, 1), (65535, 65535)]
    xls(path, [(0x203, struct.pack("<HHHd", row, column, 0, 1.0)) for row, column in places])


def declared_far(path: Path) -> None:
    """Write an old binary workbook that declares four billion lines."""
    xls(
        path,
        [
            (0x200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 256, 0)),
            (0x203, struct.pack("<HHHd", 0, 0, 0, 1.0)),
        ],
    )


def cell(place: str, value: str = "1", kind: str = "") -> str:
    """Return a cell of a workbook."""
    return f'<c r="{place}"{kind}><v>{value}</v></c>'


def far_cell(path: Path) -> None:
    """Write a workbook with one cell at the far end of its sheet."""
    xlsx(path, f'<row r="1">{cell("A1")}{cell("B1")}</row><row r="1048576">{cell("XFD1048576")}</row>')


def far_rectangle(path: Path) -> None:
    """Write a workbook with one cell in line 100,000 of column 1,000."""
    xlsx(path, f'<row r="1">{cell("A1")}{cell("B1")}</row><row r="100000">{cell("ALL100000")}</row>')


def far_unnamed(path: Path) -> None:
    """Write a workbook of which the cells do not say where they are: one line is long, one is far down."""
    xlsx(path, f'<row>{"<c><v>1</v></c>" * 1900}</row><row r="1048576"><c><v>1</v></c></row>')


def long_text(path: Path) -> None:
    """Write a workbook with one text of 300 megabytes."""
    xlsx(path, f'<row r="1">{cell("A1")}{cell("B1", "0", " t=" + chr(34) + "s" + chr(34))}</row>',
         f"<si><t>{'x' * 300_000_000}</t></si>")  # fmt: skip


def shared_text(path: Path) -> None:
    """Write a workbook of which ten thousand cells share a text of 30,000 characters."""
    kind = ' t="s"'
    rows = "".join(f'<row r="{row}">{cell(f"A{row}", "0", kind)}</row>' for row in range(2, 10_000))
    xlsx(path, f'<row r="1">{cell("A1")}{cell("B1")}</row>{rows}', f"<si><t>{'x' * 30_000}</t></si>")


def repeated_cells(path: Path) -> None:
    """Write an ODS that repeats one cell over a million lines of 1,600 columns."""
    row = f'<table:table-row table:number-rows-repeated="1000000">{_CELL}</table:table-row>'
    ods(path, row.format(' table:number-columns-repeated="1600"'))


def many_rows(path: Path) -> None:
    """Write a Parquet file of twenty million rows."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    alike = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000_000, pa.int8()), ["x" * 50])
    pq.write_table(pa.table({"a": alike, "b": alike}), path)


def repeated_text(path: Path) -> None:
    """Write a Parquet file of which 200,000 cells share a text of 100,000 characters."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    alike = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int8()), ["x" * 100_000])
    pq.write_table(pa.table({"a": alike, "b": [1] * 200_000}), path)


def many_columns(path: Path) -> None:
    """Write a CSV of 200,000 columns."""
    path.write_text(";".join(f"c{i}" for i in range(200_000)) + "\n" + ";".join("1" * 200_000))


def long_cell(path: Path) -> None:
    """Write a CSV with one cell of 150 megabytes."""
    path.write_text(f'a;b\n"{"x" * 150_000_000}";1\n')


def many_lines(path: Path) -> None:
    """Write a CSV of three million lines."""
    path.write_text("a;b\n" + "1;2\n" * 3_000_000)


BOMBS: Final[dict[str, Callable[[Path], None]]] = {
    "far-cell.xlsx": far_cell,
    "far-rectangle.xlsx": far_rectangle,
    "far-unnamed.xlsx": far_unnamed,
    "long-text.xlsx": long_text,
    "shared-text.xlsx": shared_text,
    "repeated-cells.ods": repeated_cells,
    "far-cell.xls": far_old_cell,
    "declared-far.xls": declared_far,
    "many-rows.parquet": many_rows,
    "repeated-text.parquet": repeated_text,
    "many-columns.csv": many_columns,
    "long-cell.csv": long_cell,
    "many-lines.csv": many_lines,
}
"""What makes each bomb, by the name of its file."""


def main() -> None:
    """Print what it costs to refuse each bomb; end with 1 where one is read, or ends its reader."""
    defused = True
    print(f"{'file':24} {'kB':>9} {'seconds':>8} {'+ MB':>6} {'MB':>6}  outcome")
    with tempfile.TemporaryDirectory() as folder:
        for name in BOMBS:
            file = Path(folder) / name
            # in a process of its own: the memory of this one would be counted in what it starts
            subprocess.run([sys.executable, "-c", MAKE, str(file)], check=True)
            done = subprocess.run(
                [sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=False
            )
            spent, more, peak, outcome = (done.stdout.split() or ["-", "-", "-", "died:"])[:4]
            print(f"{name:24} {file.stat().st_size / 1000:9.1f} {spent:>8} {more:>6} {peak:>6}  {outcome}")
            defused &= outcome not in {"read", "died:"}
            file.unlink()
    sys.exit(not defused)


if __name__ == "__main__":
    main()
