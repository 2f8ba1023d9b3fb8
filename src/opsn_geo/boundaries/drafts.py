"""Files written beside their place and moved there when whole: a killed command leaves the former file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsn_geo.errors import Fault, MachineError


def replace_text(path: Path, content: str) -> None:
    """Write a text (UTF-8, LF) beside its place and move it there; MachineError as for :func:`draft`."""
    with draft(path) as place:
        place.write_text(content, encoding="utf-8", newline="\n")


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Give a place beside ``path`` to write to; what is written there is moved to ``path`` when it is whole.

    Raises
    ------
    MachineError
        The folder cannot be written to, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".building-") as folder:
            place = Path(folder) / path.name
            yield place
            place.replace(path)
    except OSError as error:
        fault = Fault(cause="cannot_write", file=str(path.parent), value=error.strerror or str(error))
        raise MachineError([fault]) from error
