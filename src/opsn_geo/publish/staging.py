"""Nothing half-written: a run's files are made aside and moved into place when all of them are whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsn_geo.errors import Fault, MachineError


@contextmanager
def staged(out: Path, *, last: str = "manifest.json") -> Iterator[Path]:
    """Give a folder to write in; when the block ends well, move what it holds into ``out``.

    Parameters
    ----------
    out : Path
        Where the files go; made if it is missing. What it holds already and the run does not write stays.
    last : str
        The file moved last: when it is new, so are all the others.

    Raises
    ------
    MachineError
        ``out`` cannot be made or written to, or the disk is full; ``out`` is then as it was.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with staged(Path(folder)) as aside:
    ...         _ = (aside / "a.txt").write_text("whole")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".opsn-geo-", dir=out))
    except OSError as error:
        raise MachineError([_refused(out, error)]) from error
    try:
        yield aside
        files = sorted((file for file in aside.rglob("*") if file.is_file()), key=lambda f: f.name == last)
        for file in files:
            target = out / file.relative_to(aside)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
    except OSError as error:
        raise MachineError([_refused(out, error)]) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _refused(out: Path, error: OSError) -> Fault:
    """Say in the system's words why a folder or file could not be written."""
    return Fault(cause="cannot_write", file=str(error.filename or out), value=error.strerror or str(error))
