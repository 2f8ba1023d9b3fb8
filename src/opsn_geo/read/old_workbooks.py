"""How far the cells of an old binary workbook (XLS) reach, looked up before it is read.

Its reader, as that of newer ones, holds a sheet as a full rectangle. An XLS is a small file system (a
compound file): sectors, chained by a table, of which one chain holds the workbook as records. Only what is
needed to walk through those is read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from opsn_geo.read.limits import check_size

_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST: Final = 0xFFFFFFFA
"""Numbers of sectors from here on stand for ends and free ones."""
_MINI: Final = 64
_STREAMS: Final = ("Workbook", "Book")
_SHEET: Final = 0x0809
_DIMENSIONS: Final = 0x0200
_SEVERAL: Final = frozenset({0x00BD, 0x00BE})
_CELLS: Final = frozenset({0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, *_SEVERAL})
"""Records of cells: each begins with its row and column."""


def check_xls(path: Path) -> None:
    """Raise the fault of an XLS workbook that would take more memory than is allowed.

    Parameters
    ----------
    path : Path
        A workbook; what is no compound file is left to its reader.

    Raises
    ------
    InputError
        The rectangle of cells of a sheet is above a limit.
    ValueError
        The compound file is broken.
    """
    content = path.read_bytes()
    if not content.startswith(_MAGIC):
        return
    rows = columns = 0
    for kind, record in _records(_workbook(content)):
        if kind == _SHEET:
            rows = columns = 0
        elif kind == _DIMENSIONS and len(record) >= 12:  # noqa: PLR2004 - its size since Excel 97
            _first_row, n_rows, _first_column, n_columns = struct.unpack_from("<IIHH", record)
            check_size(path, rows=n_rows, columns=n_columns, cells=n_rows * n_columns)
        elif kind in _CELLS and len(record) >= 4:  # noqa: PLR2004 - a row and a column
            row, column = struct.unpack_from("<HH", record)
            if kind in _SEVERAL:
                (column,) = struct.unpack_from("<H", record, len(record) - 2)
            if row >= rows or column >= columns:
                rows, columns = max(rows, row + 1), max(columns, column + 1)
                check_size(path, rows=rows, columns=columns, cells=rows * columns)


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and content of each record of a workbook."""
    place = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _workbook(content: bytes) -> bytes:
    """Return the stream of a compound file that holds the workbook; empty where there is none."""
    if len(content) < 512:  # noqa: PLR2004 - the size of the header
        message = "the header is cut off"
        raise ValueError(message)
    size = 1 << min(struct.unpack_from("<H", content, 30)[0], 20)
    directory, cutoff, mini_table, _n, more, n_more = struct.unpack_from("<I4xIIIII", content, 48)
    numbers = list(struct.unpack_from("<109I", content, 76))
    for _ in range(min(n_more, len(content) // size)):
        listed = _numbers(_sector(content, more, size))
        if not len(listed):
            break
        numbers += listed[:-1].tolist()
        more = int(listed[-1])
    table = _numbers(b"".join(_sector(content, number, size) for number in numbers if number < _LAST))
    entries = _chained(content[size:], directory, table, size)
    streams = {}
    for place in range(0, len(entries) - 127, 128):
        (length,) = struct.unpack_from("<H", entries, place + 64)
        name = entries[place : place + min(64, max(0, length - 2))].decode("utf-16-le", errors="replace")
        streams[name] = struct.unpack_from("<II", entries, place + 116)
    start, length = next((streams[name] for name in _STREAMS if name in streams), (_LAST, 0))
    if length >= cutoff:
        return _chained(content[size:], start, table, size)[:length]
    root = struct.unpack_from("<I", entries, 116)[0] if len(entries) >= 128 else _LAST  # noqa: PLR2004 - of an entry
    small = _chained(content[size:], root, table, size)
    mini = _numbers(_chained(content[size:], mini_table, table, size))
    return _chained(small, start, mini, _MINI)[:length]


def _sector(content: bytes, number: int, size: int) -> bytes:
    """Return a sector of a compound file, by its number: the first one follows the header."""
    return content[(number + 1) * size : (number + 2) * size] if number < _LAST else b""


def _numbers(content: bytes) -> np.ndarray:
    """Return the numbers of sectors that bytes hold."""
    return np.frombuffer(content[: len(content) // 4 * 4], "<u4")


def _chained(sectors: bytes, start: int, table: np.ndarray, size: int) -> bytes:
    """Return the sectors of a chain; one that comes back to itself ends where it would."""
    parts: list[bytes] = []
    number = start
    while number < len(table) and len(parts) <= len(table):
        parts.append(sectors[number * size : (number + 1) * size])
        number = int(table[number])
    return b"".join(parts)
