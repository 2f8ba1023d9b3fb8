"""Which bytes were read: the checksum of each file, taken before it is read and confirmed after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from opsn_geo.errors import Fault


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What identifies the content of a file.

    Parameters
    ----------
    file : Path
        The file.
    sha256 : str
        Its checksum, in hexadecimal.
    stamp : tuple of int
        Its size and when it was last changed, which are quick to look up again.
    """

    file: Path
    sha256: str
    stamp: tuple[int, int]


def fingerprint(file: Path) -> Fingerprint:
    """Return the fingerprint of a file as it is now.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "empty"
    ...     _ = file.write_bytes(b"")
    ...     fingerprint(file).sha256[:8]
    'e3b0c442'
    """
    stamp = _stamp(file)
    with file.open("rb") as content:
        return Fingerprint(file, hashlib.file_digest(content, "sha256").hexdigest(), stamp)


def changed(fingerprints: Iterable[Fingerprint]) -> Iterator[Fault]:
    """Yield the fault of each file that is no longer what its fingerprint was taken of."""
    for before in fingerprints:
        try:
            same = _stamp(before.file) == before.stamp or fingerprint(before.file).sha256 == before.sha256
        except OSError:
            same = False
        if not same:
            yield Fault(cause="changed_file", file=str(before.file))


def _stamp(file: Path) -> tuple[int, int]:
    """Return the size of a file and when it was last changed."""
    about = file.stat()
    return about.st_size, about.st_mtime_ns
