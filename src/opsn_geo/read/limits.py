"""What one file may hold: small files can hold what fills all memory, so that much is counted first.

National files stay far below: the list of 100,000 bodies that named a DPO has 2.6 million cells. Whoever has
a larger one raises every limit by a factor, with ``--limits`` or ``OPSN_GEO_LIMITS``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

LIMITS: Final = {
    "rows": 2_000_000,
    "columns": 2_000,
    "cells": 10_000_000,
    "bytes": 200_000_000,
    "boundary_bytes": 2_000_000_000,
    "boundary_rows": 200_000,
    "raster_cells": 300_000_000,
}
"""Of a table: rows, columns, cells, bytes of its file or unpacked; then of boundary files and rasters."""

CELL: Final = 1 << 17
"""Characters of one cell of a text file; a spreadsheet stops at 32,767."""

VARIABLE: Final = "OPSN_GEO_LIMITS"


def limit(what: str) -> int:
    """Return one of :data:`LIMITS`, by the factor that the user asks for.

    >>> limit("columns")
    2000
    """
    factor = 1.0
    with suppress(ValueError):
        factor = float(os.environ.get(VARIABLE, "1"))
    return int(LIMITS[what] * factor) if 1 <= factor < float("inf") else LIMITS[what]


def check_size(file: Path | str, **counts: int) -> None:
    """Raise the fault of a file that holds more than it may.

    Parameters
    ----------
    file : Path or str
        The file, for the fault.
    **counts : int
        How much it holds, by the names of :data:`LIMITS`.

    Raises
    ------
    InputError
        A count is above its limit.

    Examples
    --------
    >>> check_size("members.csv", rows=10, columns=2001)
    Traceback (most recent call last):
    opsn_geo.errors.InputError: members.csv, value “2001”: this file has more columns than are read. ...
    """
    for what, count in counts.items():
        if count > limit(what):
            cause = f"above_{what.removeprefix('boundary_').removeprefix('raster_')}"
            raise InputError(
                [Fault(cause=cause, file=str(file), value=str(count), expected=f"≤ {limit(what)}")]
            )
