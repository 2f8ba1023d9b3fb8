"""How much a workbook would take in memory, counted before it is read.

The reader of workbooks holds a sheet as a full rectangle: one cell at the far end of an empty sheet makes it
ask for more memory than there is, which ends the process. So the cells are looked through first.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from opsn_geo.read.limits import check_size, limit

_CHUNK: Final = 1 << 20
_ROW: Final = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_CELL: Final = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_USUAL: Final = re.compile(rb' r="([A-Z]*)([0-9]+)"')
_PLACE: Final = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)(\d+)[\"']")
_STRING: Final = re.compile(rb"<(?:\w+:)?si(?=[\s/>])")
_SHARED: Final = re.compile(rb"\st\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v>\s*(\d+)")
_ODS_TAG: Final = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>\"']*+(?:\"[^\"]*+\"[^>\"']*+|'[^']*+'[^>\"']*+)*+)>"
)
_REPEATED: Final = re.compile(rb"table:number-(?:rows|columns)-repeated\s*=\s*[\"'](\d+)")


def check_ods(path: Path) -> None:
    """Raise the fault of an ODS workbook that would take more memory than is allowed, as XLSX below.

    A cell or a line that repeats is written once. Empty ones at the end of a sheet take no memory.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        check_size(path, bytes=sum(part.file_size for part in parts))
        unpacked = 0
        for part in parts:
            bottom = right = rows = columns = 0
            for piece in _pieces(archive, part):
                unpacked += len(piece)
                check_size(path, bytes=unpacked)
                for name, tag in _ODS_TAG.findall(piece):
                    repeated = _REPEATED.search(tag) if b"repeated" in tag else None
                    times = int(repeated[1][:12]) if repeated else 1
                    if name == b"table":
                        check_size(path, rows=rows, columns=columns, cells=rows * columns)
                        bottom = right = rows = columns = 0
                    elif name == b"table-row":
                        bottom, right = bottom + times, 0
                    else:
                        right += times
                        if b"office:" in tag or not tag.endswith(b"/"):
                            rows, columns = max(rows, bottom), max(columns, right)
                check_size(path, rows=rows, columns=columns, cells=rows * columns)


def check_xlsx(path: Path) -> None:
    """Raise the fault of an XLSX workbook that would take more memory than is allowed.

    Parameters
    ----------
    path : Path
        A workbook.

    Raises
    ------
    InputError
        What it unpacks to, the rectangle of cells of a sheet or the texts of its cells are above a limit.
    zipfile.BadZipFile
        It is no archive, or a broken one.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        check_size(path, bytes=sum(part.file_size for part in parts))
        unpacked, lengths, uses = 0, list[int](), 0
        for part in parts:
            sheet = _Sheet()
            for piece in _pieces(archive, part):
                unpacked += len(piece)
                check_size(path, bytes=unpacked)
                sheet.add(piece)
                check_size(path, rows=sheet.height, columns=sheet.width, cells=sheet.height * sheet.width)
            lengths += sheet.strings
            uses += sheet.shared
        if max(lengths, default=0) * uses > limit("bytes"):
            texts = 0
            for part in parts:
                for piece in _pieces(archive, part):
                    places = [int(number) for number in _SHARED.findall(piece)]
                    texts += sum(lengths[place] for place in places if place < len(lengths))
                    check_size(path, bytes=texts)


class _Sheet:
    """How far the cells of a sheet reach, and what texts they share, as its parts are read."""

    def __init__(self) -> None:
        self.last_row = self.last_column = self.shared = 0
        self.rows_without_place = self.most_without_place = self.in_row = 0
        self.strings: list[int] = []

    @property
    def height(self) -> int:
        """Rows down to the last one, at most: those that do not say where they are follow each other."""
        return self.last_row + self.rows_without_place

    @property
    def width(self) -> int:
        """Columns up to the last one, at most."""
        return self.last_column + self.most_without_place

    def add(self, piece: bytes) -> None:
        """Add a piece of the sheet, that ends before a tag."""
        places = _USUAL.findall(piece)
        n_tags = piece.count(b"<c") + piece.count(b"<row")
        is_usual = n_tags == len(places) and b":c" not in piece and b":row" not in piece
        if not is_usual:  # other spaces, quotes or prefixes, or no place
            places = _PLACE.findall(piece)
        letters, digits = zip(*places, strict=True) if places else ((), ())
        self.last_row = max(self.last_row, *(int(number[:9]) for number in {*digits, b"0"}))
        self.last_column = max(self.last_column, *(_column(name.upper()) for name in {*letters, b""}))
        if not is_usual:
            n_named = len(places) - letters.count(b"")
            if len(_CELL.findall(piece)) > n_named or len(_ROW.findall(piece)) > len(places) - n_named:
                self._add_without_place(piece)
        self.shared += piece.count(b'"s"') + piece.count(b"'s'")
        if b"<si" in piece or b":si" in piece:
            self.strings += [len(text) for text in _STRING.split(piece)[1:]]
        elif self.strings:
            self.strings[-1] += len(piece)

    def _add_without_place(self, piece: bytes) -> None:
        """Count the rows and cells that do not say where they are."""
        for number, row in enumerate(_ROW.split(piece)):
            if number:
                self.in_row = 0
                self.rows_without_place += not _PLACE.search(row.partition(b">")[0])
            n_named = sum(1 for letters, _ in _PLACE.findall(row) if letters)
            self.in_row += max(0, len(_CELL.findall(row)) - n_named)
            self.most_without_place = max(self.most_without_place, self.in_row)


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part of an archive in pieces that end before a tag, whatever length the archive declares."""
    whole = copy.copy(part)
    whole.file_size = 1 << 62
    rest = b""
    with archive.open(whole) as content:
        while chunk := content.read(_CHUNK):
            rest += chunk
            cut = rest.rfind(b"<") if len(rest) < 8 * _CHUNK else len(rest)
            if cut > 0:
                yield rest[:cut]
                rest = rest[cut:]
    yield rest


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters.

    >>> _column(b"A"), _column(b"XFD"), _column(b"")
    (1, 16384, 0)
    """
    number = 0
    for letter in letters[:7]:
        number = 26 * number + letter - 64
    return number
