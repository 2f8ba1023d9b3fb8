"""A zip file whose bytes depend on its members alone."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_LEVEL: Final = 4


def write(file: Path, members: Mapping[str, bytes]) -> Path:
    """Zip members in their order, without times; one called ``mimetype`` is stored as it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = write(Path(folder) / "a.zip", {"mimetype": b"text/plain", "a.txt": b"a"})
    ...     zipfile.ZipFile(made).namelist()
    ['mimetype', 'a.txt']
    """
    with zipfile.ZipFile(file, "w", compresslevel=_LEVEL) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _NO_TIME)
            info.create_system = _UNIX
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, content, kind, _LEVEL)
    return file
