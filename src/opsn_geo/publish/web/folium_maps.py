"""Maps of one theme as ordinary folium maps: add what you like, save them online or offline.

>>> theme_map(layer, theme, metadata).add_child(folium.Marker([50, 3]))     # doctest: +SKIP
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any, Final

import folium
import pandas as pd
from branca.element import Element
from folium.map import Layer
from folium.template import Template
from pyproj import Transformer

from opsn_geo.catalogue.numbers import signs
from opsn_geo.catalogue.words import texts
from opsn_geo.publish.notices import simulation_notice, subtitle
from opsn_geo.publish.rasters import write as raster
from opsn_geo.publish.staging import staged
from opsn_geo.publish.web import topology
from opsn_geo.publish.web.atlas import deflated, shown_theme, source_note
from opsn_geo.publish.web.background import add_background, page_values
from opsn_geo.publish.web.offline import asset, bundle, offline

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from opsn_geo.publish.classes import Class
    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

_PROGRAM: Final = ("codec.js", "topology.js", "dom.js", "numbers.js", "layer.js", "theme.js")
_ABOVE_AREAS: Final = 200


class _Verbatim(Element):  # type: ignore[misc]  # branca is not typed
    """A text that reaches the page as it is: branca would take its braces for a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's own signature
        return self._text


class ThemeLayer(Layer):  # type: ignore[misc]  # folium is not typed
    """The areas of a layer in the colours of a theme, with legend and tooltips, drawn on one canvas.

    Parameters
    ----------
    layer : geopandas.GeoDataFrame
        Areas that do not overlap, with ``name`` and the theme's column.
    theme : Theme
        What is shown of them.
    metadata : Metadata
        Language of legend and tooltips.
    packed : topology.Packed, optional
        The areas, where they are packed already.
    """

    _template = Template(asset("theme_layer.jinja"))

    def __init__(
        self,
        layer: gpd.GeoDataFrame,
        theme: Theme,
        metadata: Metadata,
        packed: topology.Packed | None = None,
    ) -> None:
        super().__init__(name=theme.title, overlay=True)
        self._name = "ThemeLayer"
        packed = packed or topology.pack(layer.geometry)
        absent = pd.Series("", index=layer.index)
        head = {
            "parts": [["topology", len(packed.stream)]],
            "lang": metadata.language,
            "background": metadata.background,
            "texts": texts("atlas", metadata.language),
            "signs": signs(metadata.language),
            "grid": {"left": packed.left, "top": packed.top, "step": packed.step},
            "code": layer.index.astype(str).tolist(),
            "name": layer.get("name", layer.index.to_series()).astype(str).tolist(),
            "departements": pd.factorize(layer.get("code_dep", absent))[0].tolist(),
            "theme": shown_theme(theme, layer, metadata.language),
        }
        self.data = base64.b64encode(deflated(head, {"topology": packed.stream})).decode()

    def render(self, **kwargs: Any) -> None:  # noqa: ANN401 - branca's own signature
        """Render the layer, and its program and style once for the figure."""
        header = self.get_root().header
        program = bundle(_PROGRAM, ("themeLayer",))
        header.add_child(_Verbatim(f"<script>{program}</script>"), name="opsn_geo_js")
        header.add_child(_Verbatim(f"<style>{asset('theme.css')}</style>"), name="opsn_geo_css")
        super().render(**kwargs)


def theme_map(
    layer: gpd.GeoDataFrame, theme: Theme, metadata: Metadata, packed: topology.Packed | None = None
) -> folium.Map:
    """Make a folium map of one theme, to which any folium layer can be added.

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
    to_degrees = Transformer.from_crs(layer.crs, 4326, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*layer.total_bounds)
    made = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_snap=0.25)
    add_background(made, metadata)
    made.fit_bounds([[south, west], [north, east]])
    return made.add_child(ThemeLayer(layer, theme, metadata, packed))


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


def write(path: Path, made: folium.Map, title: str, metadata: Metadata) -> None:
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

    Raises
    ------
    InputError
        A layer that was added asks the network for a file.
    """
    lang = metadata.language
    figure = offline(
        made,
        "map.html",
        lang=lang,
        title=title,
        subtitle=subtitle(metadata),
        notice=simulation_notice(metadata),
        source_note=source_note(metadata),
        style=asset("page.css"),
        shim=asset("shim.js"),
        t=texts("atlas", lang),
        **page_values(metadata),
    )
    page = figure.render()
    with staged(path.parent) as aside:
        (aside / path.name).write_text(page, encoding="utf-8", newline="\n")
