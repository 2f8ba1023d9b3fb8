"""Our maps as ordinary folium maps: add what you like, save them online or as a page that works offline.

>>> theme_map(layer, theme, metadata).add_child(folium.Marker([50, 3]))     # doctest: +SKIP
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Element
from folium.map import Layer
from folium.template import Template
from pyproj import Transformer

from opsn_geo.catalogue import palette
from opsn_geo.catalogue.words import Language, text, texts
from opsn_geo.publish.notices import basis_notice, basis_title, census_note, date_written, subtitle
from opsn_geo.publish.rasters import write as raster
from opsn_geo.publish.staging import staged
from opsn_geo.publish.web.background import add_background, page_values
from opsn_geo.publish.web.offline import asset, offline
from opsn_geo.publish.web.payload import theme_payload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from opsn_geo.publish.classes import Class
    from opsn_geo.publish.themes import Theme
    from opsn_geo.publish.web import topology
    from opsn_geo.study import Metadata

_PROGRAM: Final = "program.min.js"
_ABOVE_AREAS: Final = 200


class _Verbatim(Element):  # type: ignore[misc]  # branca is not typed
    """A text that reaches the page as it is: branca would take its braces for a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's own signature
        return self._text


class AtlasLayer(Layer):  # type: ignore[misc]  # folium is not typed
    """Areas in the colours of their themes, with legend and tooltips, drawn on one canvas.

    In a page of :func:`write` its themes, places and tables fill the frame of the atlas; on any other map it
    shows its first theme, with a legend on the map.

    Parameters
    ----------
    packed : bytes
        What the page knows, from :mod:`opsn_geo.publish.web.payload`.
    name : str
        What a list of layers calls it.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = opsnGeo.atlasLayer({{ this.data|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, packed: bytes, name: str) -> None:
        super().__init__(name=name, overlay=True)
        self._name = "AtlasLayer"
        self.data = base64.b64encode(packed).decode()

    def render(self, **kwargs: Any) -> None:  # noqa: ANN401 - branca's own signature
        """Render the layer, and its program and style once for the figure."""
        header = self.get_root().header
        style = palette.custom_properties(dark=True) + asset("map.css")
        header.add_child(_Verbatim(f"<script>{asset(_PROGRAM)}</script>"), name="opsn_geo_js")
        header.add_child(_Verbatim(f"<style>{style}</style>"), name="opsn_geo_css")
        super().render(**kwargs)


def map_of(packed: bytes, shown: gpd.GeoDataFrame, name: str, metadata: Metadata) -> folium.Map:
    """Return a folium map of packed areas, over the background that the study asks for.

    Parameters
    ----------
    packed : bytes
        What the map knows, from :mod:`opsn_geo.publish.web.payload`.
    shown : geopandas.GeoDataFrame
        What it opens on.
    name : str
        What a list of layers calls it.
    metadata : Metadata
        Which background, if any.
    """
    to_degrees = Transformer.from_crs(shown.crs, 4326, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*shown.total_bounds)
    made = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_snap=0.25)
    add_background(made, metadata)
    fitted = folium.FitBounds([[south, west], [north, east]], padding=(8, 8))
    fitted.options["animate"] = False  # else it would end after the page has gone where its address says
    made.add_child(fitted)
    return made.add_child(AtlasLayer(packed, name))


def theme_map(
    layer: gpd.GeoDataFrame, theme: Theme, metadata: Metadata, packed: topology.Packed | None = None
) -> folium.Map:
    """Return a folium map of one theme, to which any folium layer can be added.

    Parameters
    ----------
    layer : geopandas.GeoDataFrame
        Areas that do not overlap, in any projection, with the theme's column.
    theme : Theme
        Classes and colours, as :func:`opsn_geo.publish.themes.themes_for` makes them.
    metadata : Metadata
        Language, sources, and the background if one is asked for.
    packed : topology.Packed, optional
        The areas, where they are packed already: maps of one layer can share them.

    Returns
    -------
    folium.Map
        Its own ``save`` links Leaflet from the network; :func:`write` needs none.
    """
    return map_of(theme_payload(layer, theme, metadata, packed), layer, theme.title, metadata)


def add_raster(made: folium.Map, file: Path, classes: tuple[Class, ...], title: str) -> None:
    """Offer a raster over the areas of a map, hidden until the reader ticks it among the layers.

    Parameters
    ----------
    made : folium.Map
        As :func:`theme_map` makes it; nothing that is added afterwards is listed among its layers.
    file : pathlib.Path
        Raster of :func:`opsn_geo.publish.rasters.write.write_raster`.
    classes : tuple of Class
        Its classes: they stand as legend under the title.
    title : str
        What the raster shows, and in which unit.
    """
    picture, bounds = raster.overlay(file, classes)
    rows = "".join(
        f'<span><i style="background:{each.colour}"></i>{escape(each.label)}</span>'
        for each in classes
        if not each.hatched
    )
    name = f'{escape(title)}<span class="raster-legend">{rows}</span>'
    address = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    image = folium.raster_layers.ImageOverlay(
        address, bounds, name=name, alt=title, z_index=_ABOVE_AREAS, show=False
    )
    made.add_child(image)
    made.add_child(folium.LayerControl(position="bottomleft", collapsed=False, autoZIndex=False))


def write(
    path: Path,
    made: folium.Map,
    title: str,
    metadata: Metadata,
    warnings: Sequence[str] = (),
    atlas: str = "",
) -> None:
    """Write a folium map as one page that needs no network, beside its target and then in its place.

    Parameters
    ----------
    path : pathlib.Path
        File to write.
    made : folium.Map
        As :func:`theme_map` makes it, with whatever was added.
    title : str
        Title of the page.
    metadata : Metadata
        Territory, vintage, day, sources, language, and what is simulated.
    warnings : sequence of str
        What must be read before the map; it stands at the head of the page.
    atlas : str
        Address of the atlas that holds this map among others, where there is one: the page leads to it.

    Raises
    ------
    InputError
        A layer that was added asks the network for a file.
    """
    lang = metadata.language
    notice = basis_notice(metadata)
    page = {
        "title": title,
        "subtitle": subtitle(metadata),
        "notice": f"{basis_title(metadata)} {notice}" if notice else "",
        "short": basis_title(metadata),
        "source": source_note(metadata),
        "stem": metadata.stem,
    }
    figure = offline(
        made,
        "atlas.html",
        lang=lang,
        page=page,
        notice_title=basis_title(metadata),
        warnings=warnings,
        notice=notice,
        style=asset("atlas.css"),
        shim=asset("program/folium.js"),
        atlas=atlas,
        t=texts("atlas", lang),
        help=_help(lang),
        **page_values(metadata),
    )
    rendered = figure.render()
    with staged(path.parent) as aside:
        (aside / path.name).write_text(rendered, encoding="utf-8", newline="\n")


def _help(lang: Language) -> list[tuple[str, str]]:
    """Return the words that a map needs explained, each with its meaning."""
    words = texts("state", lang) | texts("map_help_word", lang)
    return [(words[key], meaning) for key, meaning in texts("map_help", lang).items()]


def source_note(metadata: Metadata) -> str:
    """Return the line that says where the data come from, of which vintage and day."""
    lang = metadata.language
    sources = text("atlas.default_sources", lang)
    note = text(
        "atlas.source_note", lang, sources=sources, millesime=metadata.millesime, date=date_written(metadata)
    )
    return f"{note} {census_note(metadata)}".rstrip()
