"""All or nothing: the files of a run are made aside, and take the place of the former ones together.

They are made in a hidden folder beside their places. Before the first moves, a journal there lists them all;
every former file is moved into the hidden folder before a new one takes its place, so that a file that cannot
be replaced is met while all of it can still be undone. What a killed run left is finished by the next
command, or undone where it cannot be finished.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from opsn_geo.errors import Fault, MachineError, OpsnGeoError

_PREFIX: Final = ".opsn-geo-"
_GATE: Final = ".opsn-geo.lock"
_LOCK: Final = "lock"
_JOURNAL: Final = "journal.json"
_NEW: Final = "new"
_OLD: Final = "old"
_NO_ROOM: Final = 1 << 23
"""Bytes: where fewer are free when a library fails in its own way, the disk is full."""


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
        ``out`` cannot be made or written to, a folder or a link stands where a file should go, a file cannot
        be replaced, or the disk is full; ``out`` is then as it was.

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
        with _alone(out):
            _recover_all(out)
            aside = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=out))
            lock = _locked(aside / _LOCK)
    except OSError as error:
        raise MachineError([_refused(out, error)]) from error
    is_whole = True
    try:
        (aside / _NEW).mkdir()
        yield aside / _NEW
        with _alone(out):
            move = _planned(aside, out, last)
            is_whole = False
            try:
                move.forward()
            except BaseException:
                move.back()
                is_whole = True
                raise
            is_whole = True
    except OpsnGeoError:
        raise
    except OSError as error:
        raise MachineError([_refused(out, error)]) from error
    except Exception as error:
        if shutil.disk_usage(out).free < _NO_ROOM:  # databases and rasters have errors of their own for that
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise MachineError([_refused(out, full)]) from error
        raise
    finally:
        lock.close()
        if is_whole:
            shutil.rmtree(aside, ignore_errors=True)


def recover(out: Path) -> None:
    """Finish, or else undo, what a run that was killed left in a folder; what a live run makes stays.

    Raises
    ------
    MachineError
        A file can neither be put in its place nor be put back.
    """
    try:
        if (out / _GATE).exists() or any(out.glob(f"{_PREFIX}*")):
            with _alone(out):
                _recover_all(out)
    except OSError as error:
        raise MachineError([_refused(out, error)]) from error


@dataclass(frozen=True, slots=True)
class _Move:
    """The files that go from one folder to another, and what stood there before.

    Parameters
    ----------
    aside, out : Path
        Hidden folder, with new and former files, and the folder of results.
    files, former, folders : list of str
        Every file, those in the place of which another stood, and the folders that did not exist.
    """

    aside: Path
    out: Path
    files: list[str]
    former: list[str]
    folders: list[str]

    def forward(self) -> None:
        """Put every new file in its place; to do it twice, or after part of it, comes to the same."""
        for name in self.former:
            new, place, old = self._places(name)
            if new.exists() and os.path.lexists(place) and not os.path.lexists(old):
                place.replace(old)
        for folder in self.folders:
            (self.out / folder).mkdir(exist_ok=True)
        for name in self.files:
            new, place, _old = self._places(name)
            if new.exists():
                new.replace(place)

    def back(self) -> None:
        """Put every former file back, after any part of :meth:`forward`."""
        for name in self.files:
            new, place, _old = self._places(name)
            if not new.exists():
                place.replace(new)
        for name in self.former:
            _new, place, old = self._places(name)
            if os.path.lexists(old):
                old.replace(place)
        for folder in reversed(self.folders):
            with suppress(OSError):
                (self.out / folder).rmdir()

    def check(self) -> None:
        """Raise the system's refusal where a file has no place: a folder is there, or a link leads away."""
        for name in {str(parent) for file in self.files for parent in PurePosixPath(file).parents} - {"."}:
            folder = self.out / name
            # through a link, files would be written that are no part of the results
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        for name in self.files:
            file = self.out / name
            if file.is_dir() and not file.is_symlink():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))

    def _places(self, name: str) -> tuple[Path, Path, Path]:
        """Return where a new file lies, where it belongs, and where the former one goes."""
        return self.aside / _NEW / name, self.out / name, self.aside / _OLD / name


def _planned(aside: Path, out: Path, last: str) -> _Move:
    """Return the move of what was made, written into its journal; no file has moved yet.

    Raises
    ------
    OSError
        A folder stands where a file should go, or a link or a file where a folder should.
    """
    made = sorted((aside / _NEW).rglob("*"), key=lambda path: (path.name == last, path))
    folders = [path.relative_to(aside / _NEW).as_posix() for path in made if path.is_dir()]
    files = [path.relative_to(aside / _NEW).as_posix() for path in made if not path.is_dir()]
    move = _Move(
        aside,
        out,
        files,
        former=[name for name in files if os.path.lexists(out / name)],
        folders=[name for name in folders if not os.path.lexists(out / name)],
    )
    move.check()
    for name in ("", *folders):
        (aside / _OLD / name).mkdir()
    record = {"files": move.files, "former": move.former, "folders": move.folders}
    draft = aside / f"{_JOURNAL}.draft"
    with draft.open("w", encoding="utf-8") as journal:
        json.dump(record, journal)
        journal.flush()
        os.fsync(journal.fileno())
    draft.replace(aside / _JOURNAL)
    return move


def _recover_all(out: Path) -> None:
    """Finish or undo the move of every run that no longer lives, and remove its folder."""
    for aside in sorted(out.glob(f"{_PREFIX}*")):
        if not aside.is_dir() or aside.is_symlink():
            continue
        try:
            lock = _locked(aside / _LOCK)
        except BlockingIOError:
            continue
        try:
            move = _journalled(aside, out)
            if move is not None:
                try:
                    move.check()
                    move.forward()
                except OSError:
                    move.back()
        finally:
            lock.close()
        shutil.rmtree(aside, ignore_errors=True)


def _journalled(aside: Path, out: Path) -> _Move | None:
    """Return the move that a journal lists; none where none had begun, or where it leads elsewhere."""
    try:
        record = json.loads((aside / _JOURNAL).read_text(encoding="utf-8"))
        move = _Move(aside, out, record["files"], record["former"], record["folders"])
        names = [PurePosixPath(name) for name in (*move.files, *move.former, *move.folders)]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    leads_out = any(name.is_absolute() or {"..", ""} & {*name.parts, name.name} for name in names)
    return None if leads_out else move


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Let one run at a time begin, recover or move in a folder: another waits."""
    gate = out / _GATE
    while True:
        lock = _locked(gate, wait=True)
        with suppress(OSError):
            if os.path.samestat(os.fstat(lock.fileno()), gate.stat()):
                break
        lock.close()  # whoever had it removed it
    try:
        yield
    finally:
        if sys.platform != "win32":
            gate.unlink(missing_ok=True)
        lock.close()
        if sys.platform == "win32":
            with suppress(OSError):
                gate.unlink(missing_ok=True)


def _locked(file: Path, *, wait: bool = False) -> IO[bytes]:
    """Return a file that no other process holds; the system frees it when this one ends, however it does.

    Raises
    ------
    BlockingIOError
        Another process holds it, and ``wait`` is not asked for.
    """
    opened = file.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there alone

            opened.seek(0)
            try:
                msvcrt.locking(opened.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except PermissionError as error:
                raise BlockingIOError(*error.args) from error
        else:
            import fcntl  # noqa: PLC0415 - not on Windows

            try:
                fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise
            except OSError:
                pass  # some network disks know no locks; a run alone in its folder needs none
    except BaseException:
        opened.close()
        raise
    return opened


def _refused(out: Path, error: OSError) -> Fault:
    """Return the fault of a folder or file that could not be written, in the system's words."""
    file = Path(str(error.filename or out))
    is_ours = any(part.startswith(_PREFIX) or part == _GATE for part in file.parts)
    shown = out if is_ours else file
    return Fault(cause="cannot_write", file=str(shown), value=error.strerror or str(error))
