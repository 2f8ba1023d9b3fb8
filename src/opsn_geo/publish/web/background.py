"""Backgrounds that a study may ask for: pictures of a third party, shown under the themes of the HTML maps.

None by default: a page then asks nobody for anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from opsn_geo.catalogue.words import text

if TYPE_CHECKING:
    import folium

    from opsn_geo.study import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Where pictures come from, whom to credit, how fine they get, what the server learns of the page."""

    tiles: str
    credit: str
    finest: int = 19
    referrer: str = "no-referrer"

    @property
    def origin(self) -> str:
        """Scheme and host, as a Content-Security-Policy names them.

        >>> BACKGROUNDS["osm"].origin
        'https://tile.openstreetmap.org'
        """
        return "://".join(urlsplit(self.tiles)[:2])


BACKGROUNDS: Final = {
    "plan-ign": Background(
        tiles="https://data.geopf.fr/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile"
        "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
        "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
        credit='© <a href="https://www.ign.fr/">IGN</a>, Plan IGN',
    ),
    "osm": Background(
        tiles="https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        credit='© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>',
        referrer="origin",  # its servers refuse pages that do not say which site they are on
    ),
}
"""By the choices of the key ``map.background``."""


def add_background(made: folium.Map, metadata: Metadata) -> None:
    """Put the background that the study asks for, if any, under a folium map."""
    import folium  # noqa: PLC0415 - heavy, needed by maps only

    asked = BACKGROUNDS.get(metadata.background)
    if asked:
        layer = folium.TileLayer(
            asked.tiles,
            attr=asked.credit,
            max_zoom=asked.finest,
            control=False,
            referrer_policy=asked.referrer,
        )
        made.add_child(layer)


def page_values(metadata: Metadata) -> dict[str, Any]:
    """Give a page what it needs: the only origin its policy opens, and the line that says so."""
    asked = BACKGROUNDS.get(metadata.background)
    if not asked:
        return {}
    host = urlsplit(asked.origin).netloc
    return {"images": (asked.origin,), "background": text("background.note", metadata.language, host=host)}
