"""The QGIS project inside the GeoPackage."""

from __future__ import annotations

from typing import NamedTuple


class Atlas(NamedTuple):
    """x."""

    file: str
    contents: object
    themes: object
    metadata: object
    crs: object
    rasters: object


def add(base: object, atlas: Atlas) -> None:
    """X."""
