"""One A3 page per map theme, ready to print: title, map, legend, scale bar, north, sources and date."""

from __future__ import annotations

import base64
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from opsn_geo import __version__
from opsn_geo.catalogue.numbers import round_step
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.classes import legend_unit
from opsn_geo.publish.geopackage.content import simulation
from opsn_geo.publish.qgis.layer import Sheet, legend_entries
from opsn_geo.publish.qgis.map_themes import MapTheme
from opsn_geo.publish.qgis.symbol import FONT, font
from opsn_geo.publish.qgis.xml import Element, element, identifier, nested, option

if TYPE_CHECKING:
    from pyproj import CRS

    from opsn_geo.study import Metadata

Box = tuple[float, float, float, float]

# Kinds of layout items, as QGIS numbers them.
_PAGE, _MAP, _PICTURE, _LABEL, _LEGEND, _SCALE = 65638, 65639, 65640, 65641, 65642, 65646
_WIDTH, _HEIGHT, _MARGIN = 420.0, 297.0, 12.0
_LONG: Final = 62  # characters of a title that fit across the page in large type
_MAP_BOX: Final[Box] = (12.0, 36.0, 292.0, 237.0)
_SIDE: Final = 312.0
_SIDE_WIDTH: Final = 96.0
_WRAP: Final = "¶"  # where a legend breaks a line
_ARROW: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 60">'
    '<path d="M20 2 34 44 20 35Z" fill="#1f1f1f"/>'
    '<path d="M20 2 6 44 20 35Z" fill="#fff" stroke="#1f1f1f" stroke-width="1.5" stroke-linejoin="round"/>'
    '<text x="20" y="58" font-family="sans-serif" font-size="13" font-weight="bold" text-anchor="middle" '
    'fill="#1f1f1f">N</text></svg>'
)


class Page(NamedTuple):
    """What a page shows: a map theme of the project in that file and folder, and the view to fit in."""

    theme: MapTheme
    file: str
    folder: Path
    view: Box


def layout(page: Page, metadata: Metadata, crs: CRS) -> Element:
    """Lay out the A3 page of one map theme."""
    theme, lang = page.theme, metadata.language
    root = element("Layout", name=theme.name, units="mm", printResolution=200, worldFileMap="")
    _item(nested(root, "PageCollection"), _PAGE, page, "page", (0, 0, _WIDTH, _HEIGHT), background="true")
    map_key = identifier("layout", theme.key, "map")
    _map(root, page)
    size = 26 if len(theme.title) <= _LONG else 18
    _label(root, page, "title", theme.title, (_MARGIN, 9, 396, 13), size=size, bold=True)
    under = f"{metadata.territory_name} – {metadata.millesime}"
    _label(root, page, "subtitle", under, (_MARGIN, 22, 396, 9), size=14, colour="#4a4a4a")
    legend = _item(
        root, _LEGEND, page, "legend", (_SIDE, 36, _SIDE_WIDTH, 130), title=text("geopackage.legend", lang),
        map_uuid=map_key, resizeToContents=1, columnCount=1, symbolWidth=9, symbolHeight=5, boxSpace=0,
        fontColor="#1f1f1f", wrapChar=_WRAP, splitLayer=0, legendFilterByAtlas=0, titleAlignment=1,
        symbolAlignment=1, lineSpacing=1, columnSpace=2,
    )  # fmt: skip
    legend.append(_legend_styles())
    legend.append(_legend_tree(page, lang))
    if theme.counted:
        note = text("geopackage.count_note", lang)
        _label(root, page, "note", note, (_SIDE, 176, _SIDE_WIDTH, 8), size=9, colour="#4a4a4a")
    warning = simulation(metadata)
    if warning:
        _label(
            root,
            page,
            "warning",
            warning,
            (_SIDE, 186, _SIDE_WIDTH, 24),
            size=12,
            bold=True,
            colour="#a61c00",
        )
    _scale_bar(root, page, map_key)
    arrow = "base64:" + base64.b64encode(_ARROW.encode()).decode()
    _item(
        root,
        _PICTURE,
        page,
        "north",
        (_SIDE + 76, 236, 18, 27),
        file=arrow,
        mode=0,
        resizeMode=0,
        anchorPoint=4,
    )
    _label(root, page, "sources", _sources(page, metadata), (_MARGIN, 276, 396, 8), size=9, colour="#4a4a4a")
    made = text(
        "geopackage.made",
        lang,
        title=metadata.title,
        date=metadata.date.isoformat(),
        crs=crs.name,
        version=__version__,
    )
    _label(root, page, "made", made, (_MARGIN, 284, 396, 6), size=9, colour="#4a4a4a")
    return root


def _item(root: Element, kind: int, page: Page, name: str, box: Box, **attributes: object) -> Element:
    """Place an item; its identifier depends on the theme and its name alone."""
    x, y, width, height = box
    key = identifier("layout", page.theme.key, name)
    place = {"position": f"{x},{y},mm", "positionOnPage": f"{x},{y},mm", "size": f"{width},{height},mm"}
    common = {
        "uuid": key,
        "templateUuid": key,
        "id": name,
        "visibility": 1,
        "opacity": 1,
        "zValue": len(root),
    }
    shown = {"referencePoint": 0, "itemRotation": 0, "frame": "false", "background": "false", "blendMode": 0}
    made = nested(root, "LayoutItem", type=kind, **(common | place | shown | attributes))
    nested(made, "FrameColor", red=90, green=90, blue=90, alpha=255)
    nested(made, "BackgroundColor", red=255, green=255, blue=255, alpha=255)
    return made


def _label(
    root: Element,
    page: Page,
    name: str,
    shown: str,
    box: Box,
    *,
    size: float,
    bold: bool = False,
    colour: str = "#1f1f1f",
) -> None:
    label = _item(
        root, _LABEL, page, name, box, labelText=shown, htmlState=0, halign=1, valign=32, marginX=0, marginY=0
    )
    nested(label, "LabelFont", description=font(size, bold=bold), style="")
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    nested(label, "FontColor", red=red, green=green, blue=blue, alpha=255)


def _map(root: Element, page: Page) -> None:
    made = _item(
        root, _MAP, page, "map", _MAP_BOX, followPreset="true", followPresetName=page.theme.name,
        keepLayerSet="false", drawCanvasItems="false", mapRotation=0, frame="true", background="true",
        outlineWidthM="0.2,mm", mapFlags=0, labelMargin="0,mm", isTemporal=0,
    )  # fmt: skip
    west, south, east, north = fitted(page.view, _MAP_BOX[2] / _MAP_BOX[3])
    nested(made, "Extent", xmin=west, ymin=south, xmax=east, ymax=north)
    nested(made, "AtlasMap", atlasDriven=0, scalingMode=2, margin=0.1)


def fitted(view: Box, ratio: float) -> Box:
    """Widen a view about its middle until its width is ``ratio`` times its height.

    >>> fitted((0, 0, 10, 10), 2)
    (-5.0, 0.0, 15.0, 10.0)
    """
    west, south, east, north = view
    width, height = max(east - west, ratio * (north - south)), max(north - south, (east - west) / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _legend_styles() -> Element:
    root = element("styles")
    sizes = {
        "title": (15, True),
        "group": (12, True),
        "subgroup": (12, True),
        "symbol": (11, False),
        "symbolLabel": (11, False),
    }
    for name, (size, bold) in sizes.items():
        space = (
            {"marginLeft": 2, "marginTop": 2}
            if name == "symbolLabel"
            else {"marginTop": 2.5, "marginBottom": 2.5}
        )
        style = nested(root, "style", name=name, alignment=1, indent=0, **space)
        nested(style, "styleFont", description=font(size, bold=bold), style="")
    return root


def _legend_tree(page: Page, lang: Language) -> Element:
    """List the classes of the principal map first, under its title, then what stands over it, and limits."""
    root = element("layer-tree-group")
    limits = [sheet for sheet in page.theme.sheets if sheet.group == "limits"]
    for sheet in (*reversed(page.theme.subjects), *limits):
        unit = legend_unit(sheet.theme.column, lang) if sheet.theme else ""
        unit = f" ({unit})" if unit else ""
        leaf = nested(
            root, "layer-tree-layer", id=sheet.key, name=sheet.title, source=sheet.source(page.file),
            providerKey="gdal" if sheet.raster else "ogr", checked="Qt::Checked", expanded=1,
            patch_size="-1,-1", legend_exp="",
        )  # fmt: skip
        told = {"cached_name": sheet.title, "legend/title-label": _WRAP.join(wrap(sheet.title + unit, 34))}
        nested(leaf, "customproperties").append(option(told | legend_entries(sheet, page.folder)))
    return root


def _scale_bar(root: Element, page: Page, map_key: str) -> None:
    """Draw two segments of a round length, about a quarter of the map's width together."""
    west, _, east, _ = fitted(page.view, _MAP_BOX[2] / _MAP_BOX[3])
    kilometres = round_step((east - west) / 1000 / 8, "down")
    bar = _item(
        root, _SCALE, page, "scale", (_SIDE, 244, 70, 16), mapUuid=map_key, style="Single Box", unitType="km",
        unitLabel="km", numUnitsPerSegment=kilometres, numMapUnitsPerScaleBarUnit=1, numSegments=2,
        numSegmentsLeft=0, numSubdivisions=1, subdivisionsHeight=1.5, height=2.5, segmentSizeMode=0,
        minBarWidth=30, maxBarWidth=90, labelBarSpace=2, boxContentSpace=1, outlineWidth=0.3, alignment=0,
        labelVerticalPlacement=0, labelHorizontalPlacement=0, lineJoinStyle="miter", lineCapStyle="square",
    )  # fmt: skip
    style = nested(
        bar, "text-style", fontFamily=FONT, fontSize=10, fontSizeUnit="Point", textColor="31,31,31,255"
    )
    style.attrib |= {"textOpacity": "1", "fontWeight": "50", "namedStyle": "Regular", "multilineHeight": "1"}
    nested(bar, "strokeColor", red=31, green=31, blue=31, alpha=255)
    nested(bar, "fillColor", red=31, green=31, blue=31, alpha=255)
    nested(bar, "fillColor2", red=255, green=255, blue=255, alpha=255)


def _sources(page: Page, metadata: Metadata) -> str:
    lang = metadata.language
    computed = [_source(sheet, lang) for sheet in page.theme.subjects]
    shown = dict.fromkeys([text("geopackage.official", lang), *computed])
    return text(
        "geopackage.sources", lang, sources=" ; ".join(shown),
        licence=text("geopackage.licence", lang),
    )  # fmt: skip


def _source(sheet: Sheet, lang: Language) -> str:
    """Say where what a sheet shows comes from: its theme's column, or what its content is made of."""
    of = {column.name: column.source for column in sheet.content.columns}
    if sheet.theme:
        return of[sheet.theme.column]
    return next(reversed(of.values()), text("contents.communes.source", lang))
