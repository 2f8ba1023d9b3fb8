"""One A3 page per map theme, ready to print: title, map, legend, scale bar, north, sources and date."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from opsn_geo import __version__
from opsn_geo.catalogue.register import table
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.classes import legend_unit
from opsn_geo.publish.notices import basis_warning
from opsn_geo.publish.qgis.layers import ProjectLayer
from opsn_geo.publish.qgis.map_themes import MapTheme
from opsn_geo.publish.qgis.xml import render

if TYPE_CHECKING:
    from pyproj import CRS

    from opsn_geo.study import Metadata

Extent = tuple[float, float, float, float]

_MAP_WIDTH, _MAP_HEIGHT = 292, 237  # millimetres
_LONG: Final = 62  # characters of a title that fit across the page in large type
_LEGEND_WIDTH: Final = 34  # characters of a legend's line
_BREAK: Final = "¶"  # where a legend breaks a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the page of a map theme says and shows."""

    key: str
    name: str
    title: str
    title_size: int
    subtitle: str
    extent: Extent
    legend_title: str
    legend: list[tuple[ProjectLayer, str]]
    note: str
    warning: str
    sources: str
    made: str
    map_width: int = _MAP_WIDTH
    map_height: int = _MAP_HEIGHT
    wrap: str = _BREAK

    @property
    def north(self) -> str:
        """Picture of the arrow, in base 64."""
        return _north()


def page(theme: MapTheme, view: Extent, metadata: Metadata, crs: CRS) -> Page:
    """Return the page of a map theme, whose map shows at least ``view``."""
    lang = metadata.language
    extent = fitted(view, _MAP_WIDTH / _MAP_HEIGHT)
    sources = [text("geopackage.official", lang), *(_source(layer, lang) for layer in theme.subjects)]
    counted = any(layer.theme for layer in theme.layers)
    return Page(
        key=theme.key,
        name=theme.name,
        title=theme.title,
        title_size=26 if len(theme.title) <= _LONG else 18,
        subtitle=f"{metadata.territory_name} – {metadata.millesime}",
        extent=extent,
        legend_title=text("geopackage.legend", lang),
        legend=_legend(theme, lang),
        note=text("geopackage.count_note", lang) if counted else "",
        warning=basis_warning(metadata, {name for it in theme.subjects for name in it.rests_on}),
        sources=text(
            "geopackage.sources",
            lang,
            sources=" ; ".join(dict.fromkeys(sources)),
            licence=text("geopackage.licence", lang),
        ),
        made=text(
            "geopackage.made",
            lang,
            title=metadata.title,
            date=metadata.date.isoformat(),
            crs=crs.name,
            version=__version__,
        ),
    )


def fitted(view: Extent, ratio: float) -> Extent:
    """Return a view widened about its middle until its width is ``ratio`` times its height.

    >>> fitted((0, 0, 10, 10), 2)
    (-5.0, 0.0, 15.0, 10.0)
    """
    west, south, east, north = view
    width, height = max(east - west, ratio * (north - south)), max(north - south, (east - west) / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _legend(theme: MapTheme, lang: Language) -> list[tuple[ProjectLayer, str]]:
    """Return the layers of a legend with their titles: the principal map, what stands over it, the limits."""
    limits = [layer for layer in theme.layers if layer.group == "limits"]
    entries = []
    for layer in (*reversed(theme.subjects), *limits):
        unit = legend_unit(layer.theme.column, lang) if layer.theme else ""
        title = f"{layer.title} ({unit})" if unit else layer.title
        entries.append((layer, _BREAK.join(wrap(title, _LEGEND_WIDTH))))
    return entries


def _source(layer: ProjectLayer, lang: Language) -> str:
    """Return where what a layer shows comes from: its theme's column, or what its content is made of."""
    sources = {column.name: column.source for column in layer.content.columns}
    if layer.theme:
        return sources[layer.theme.column]
    return next(reversed(sources.values()), table("communes").source(lang))


@cache
def _north() -> str:
    return base64.b64encode(render("north.svg.jinja").strip().encode()).decode()
