"""What a run was made from and what it made: inputs and checksums, versions, counts, rejects."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from opsn_geo import __version__
from opsn_geo.read.fingerprints import fingerprint
from opsn_geo.study import Metadata

_LIBRARIES: Final = (
    "folium",
    "geopandas",
    "numpy",
    "pandas",
    "pyogrio",
    "pyproj",
    "rasterio",
    "shapely",
    "typst",
)


_SECRET: Final = ("answers",)
"""Inputs without a checksum: whoever guesses what was answered could verify the guess by it."""


def manifest(
    metadata: Metadata,
    *,
    inputs: Mapping[str, tuple[Path, str]],
    counts: Mapping[str, int],
    rejects: Sequence[Mapping[str, Any]],
    warnings: Iterable[str],
    outputs: Iterable[Path],
    root: Path,
) -> dict[str, Any]:
    """Put together the manifest of a run; it holds no clock time, so the same inputs give the same bytes.

    Parameters
    ----------
    metadata : Metadata
        The study.
    inputs : mapping of str to tuple
        Each table that was read: its file, and the checksum of the bytes that were read.
    counts : mapping of str to int
        What was counted on the way, such as ``communes`` or ``memberships_linked``.
    rejects : sequence of mapping
        Each row that was not used, with file, row and cause.
    warnings : iterable of str
        What the user should know.
    outputs : iterable of Path
        The files written, below ``root``.
    root : Path
        The folder they were written in.

    Returns
    -------
    dict
        Ready for JSON.
    """
    return {
        "opsn_geo": __version__,
        "title": metadata.title,
        "territory": metadata.territory,
        "millesime": metadata.millesime,
        "date": metadata.date.isoformat(),
        "language": metadata.language,
        "basis": _bases(metadata),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        "inputs": {
            name: {"file": file.name, **({} if name in _SECRET else {"sha256": sha256})}
            for name, (file, sha256) in sorted(inputs.items())
        },
        "counts": {name: int(count) for name, count in counts.items()},
        "rejects": [dict(reject) for reject in rejects],
        "warnings": list(warnings),
        "outputs": {file.relative_to(root).as_posix(): fingerprint(file).sha256 for file in sorted(outputs)},
    }


def _bases(metadata: Metadata) -> dict[str, dict[str, int]]:
    """Return how many rows of each input rest on what."""
    bases: dict[str, dict[str, int]] = {}
    for table in metadata.counted:
        bases.setdefault(table.name, {})[table.basis] = table.rows
    return bases


def write(file: Path, content: Mapping[str, Any]) -> Path:
    """Write a manifest as readable JSON."""
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return file
