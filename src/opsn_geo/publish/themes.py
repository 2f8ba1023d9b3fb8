"""Themes as plain data: one definition of classes and colours for QGIS styles and HTML maps alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class of a legend.

    A category has a ``value``; an interval has ``lower`` (excluded, but for the first) and ``upper``
    (included). ``hatched`` marks what is unknown, so that it is told by pattern and not by hue alone.
    """

    label: str
    colour: str
    value: str | None = None
    lower: float | None = None
    upper: float | None = None
    hatched: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How one column of one layer is shown.

    ``group`` is the QGIS group and the atlas's menu it belongs to; ``default`` says that the layer opens
    with it.
    """

    key: str
    group: str
    layer: str
    column: str
    title: str
    kind: Literal["categories", "intervals"]
    classes: tuple[Class, ...]
    unit: str = ""
    default: bool = False
