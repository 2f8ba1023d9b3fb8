"""Official files from their publishers: fetched once, resumed where they broke off, checked, kept.

A ready-made fetcher such as pooch keeps and checks files, but begins a broken download anew; this goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from opsn_geo.errors import Fault, InputError, MachineError

_CHUNK: Final = 1 << 16
_SECONDS: Final = 30
_PARTIAL: Final = 206
_PAST_END: Final = 416

Progress = Callable[[int, int | None], None]
"""Called after each piece with the bytes there and in all (missing where the server gives no length)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An official file.

    Parameters
    ----------
    url : str
        Where its publisher puts it.
    file : str
        Name it is kept under.
    sha256 : str
        Its checksum; empty for a file that its publisher renews, of which the first fetch notes it.
    licence : str
        Under which it may be used.
    """

    url: str
    file: str
    sha256: str = ""
    licence: str = "Licence Ouverte 2.0"


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "cnil": Source(
            url="https://www.data.gouv.fr/fr/datasets/r/c5d02b42-1008-4406-83f5-3a81c8b936a3",
            file="cnil-dpo.csv",
        ),
        **{
            f"etalab-{year}": Source(
                url="https://etalab-datasets.geo.data.gouv.fr/contours-administratifs"
                f"/{year}/geojson/communes-100m.geojson",
                file=f"etalab-communes-{year}.geojson",
            )
            for year in (2021, 2022, 2023, 2024, 2025, 2026)
        },
    }
)
"""Official files by name: the CNIL's list of bodies with a DPO, Etalab's contours of each vintage."""


def _silent(_there: int, _total: int | None) -> None:
    """Show nothing."""


def cache_dir() -> Path:
    """Return the folder where fetched files are kept, by the custom of the operating system."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - only when something is fetched

    return user_cache_path("opsn-geo")


def fetch(
    source: Source | str,
    *,
    folder: Path | None = None,
    progress: Progress = _silent,
    renew: bool = False,
) -> Path:
    """Return an official file, from the cache if it is there, else from its publisher.

    Parameters
    ----------
    source : Source or str
        A file, or its name in :data:`SOURCES`.
    folder : Path, optional
        Where to keep it; by default :func:`cache_dir`.
    progress : callable, optional
        Called with how far the download is.
    renew : bool
        Fetch it again even if it is there.

    Returns
    -------
    Path
        The whole file, of which the checksum is right; ``<file>.sha256`` beside it holds it.

    Raises
    ------
    InputError
        No such name, the publisher has no such file, or its checksum is wrong (nothing is kept then).
    MachineError
        No network, or it broke off: what had come is kept, and the next call goes on from there.
    """
    if isinstance(source, str):
        if source not in SOURCES:
            raise InputError([Fault(cause="unknown_source", value=source, expected=", ".join(SOURCES))])
        source = SOURCES[source]
    file = (folder or cache_dir()) / source.file
    file.parent.mkdir(parents=True, exist_ok=True)
    noted = file.with_name(f"{file.name}.sha256")
    expected = source.sha256 or (
        noted.read_text(encoding="ascii").strip() if noted.is_file() and not renew else ""
    )
    if file.is_file() and not renew:
        _verified(file, expected)
        return file
    part = file.with_name(f"{file.name}.part")
    _downloaded(source.url, part, progress)
    checksum = _verified(part, source.sha256)
    part.replace(file)
    noted.write_text(f"{checksum}\n", encoding="ascii")
    return file


def _verified(file: Path, sha256: str) -> str:
    """Return a file's checksum; where another is expected the file is removed and an error raised."""
    with file.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
    if sha256 and checksum != sha256:
        file.unlink()
        raise InputError([Fault(cause="fetched_checksum", file=str(file), value=checksum, expected=sha256)])
    return checksum


def _downloaded(url: str, part: Path, progress: Progress) -> None:
    """Download to a file, from where it breaks off if it is there already."""
    import requests  # noqa: PLC0415 - only when something is fetched

    there = part.stat().st_size if part.is_file() else 0
    headers = (
        {"Range": f"bytes={there}-", "Accept-Encoding": "identity"}
        if there
        else {"Accept-Encoding": "identity"}
    )
    try:
        with requests.get(url, headers=headers, stream=True, timeout=_SECONDS) as answer:
            if answer.status_code == _PAST_END:
                return
            answer.raise_for_status()
            resumed = answer.status_code == _PARTIAL
            there = there if resumed else 0
            length = answer.headers.get("Content-Length")
            total = there + int(length) if length else None
            with part.open("ab" if resumed else "wb") as out:
                for piece in answer.iter_content(_CHUNK):
                    out.write(piece)
                    there += len(piece)
                    progress(there, total)
    except requests.HTTPError as error:
        raise InputError([Fault(cause="no_such_file_there", file=url, value=str(error))]) from error
    except requests.RequestException as error:
        raise MachineError([Fault(cause="no_network", file=url, value=type(error).__name__)]) from error
    if total is not None and there < total:
        raise MachineError([Fault(cause="no_network", file=url, value=f"{there} / {total}")])
