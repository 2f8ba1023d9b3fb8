"""Symbols of QGIS as XML: flat and hatched fills, outlines, markers, and labels with a scale."""

from __future__ import annotations

from collections.abc import Mapping

from opsn_geo.publish.geopackage.content import Shape
from opsn_geo.publish.qgis.xml import Element, element, nested, option, rgba

FONT = "Open Sans"
_HATCH = "#6b6b6b"


def fill(name: str, colour: str, *, hatched: bool = False) -> Element:
    """Make the symbol of a class of polygons; a hatched one has lines over its colour."""
    thin = {"outline_color": rgba("#5a5a5a", 70), "outline_width": 0.06, "outline_width_unit": "MM"}
    symbol = element("symbol", type="fill", name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    if not hatched:
        symbol.append(_layer("SimpleFill", {"color": rgba(colour), "style": "solid", **thin}))
        return symbol
    symbol.append(_layer("SimpleFill", {"color": rgba(colour, 90), "style": "solid", **thin}))
    lines = _layer("LinePatternFill", {"angle": 45, "distance": 1.2, "distance_unit": "MM"})
    stroke = nested(lines, "symbol", type="line", name=f"@{name}@1", alpha=1, clip_to_extent=1, force_rhr=0)
    stroke.append(
        _layer("SimpleLine", {"line_color": rgba(_HATCH), "line_width": 0.18, "line_width_unit": "MM"})
    )
    symbol.append(lines)
    return symbol


def outline(name: str, colour: str, width: float) -> Element:
    """Make the symbol of polygons of which only the border shows."""
    symbol = element("symbol", type="fill", name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    drawn = {
        "outline_color": rgba(colour),
        "outline_width": width,
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }
    symbol.append(_layer("SimpleFill", {"style": "no", "outline_style": "solid", **drawn}))
    return symbol


def unseen(name: str) -> Element:
    """Make the symbol of polygons that a map leaves out."""
    symbol = element("symbol", type="fill", name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    symbol.append(_layer("SimpleFill", {"style": "no", "outline_style": "no"}))
    return symbol


def marker(name: str, colour: str, *, hatched: bool = False, size: float = 4) -> Element:
    """Make the symbol of a class of points: a ringed disc, or a diamond where the class is unknown."""
    symbol = element("symbol", type="marker", name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    drawn = {
        "name": "diamond" if hatched else "circle",
        "color": rgba(colour),
        "size": size,
        "size_unit": "MM",
        "outline_color": rgba("#ffffff"),
        "outline_width": size / 8,
        "outline_width_unit": "MM",
    }
    symbol.append(_layer("SimpleMarker", drawn))
    return symbol


def line(name: str, colour: str) -> Element:
    """Make the symbol of a class of lines."""
    symbol = element("symbol", type="line", name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    drawn = {"line_color": rgba(colour), "line_width": 0.5, "line_width_unit": "MM", "capstyle": "round"}
    symbol.append(_layer("SimpleLine", drawn))
    return symbol


def labelling(
    field: str, shape: Shape, *, size: float, colour: str = "#2b2b2b", bold: bool = False, largest: int = 0
) -> Element:
    """Label each feature by a field; ``largest`` is the scale's denominator beyond which labels hide.

    Points are not labelled but kept free of other labels.
    """
    root = element("labeling", type="simple")
    settings = nested(root, "settings", calloutType="simple")
    style = nested(
        settings, "text-style", fieldName=field, isExpression=0, fontFamily=FONT, fontSize=size,
        fontSizeUnit="Point", fontWeight=75 if bold else 50, namedStyle="Bold" if bold else "Regular",
        forcedBold=bold, fontItalic=0, fontKerning=1, fontLetterSpacing=0, textColor=rgba(colour),
        textOpacity=1, multilineHeight=1, blendMode=0, fontWordSpacing=0, capitalization=0, allowHtml=0,
        textOrientation="horizontal",
    )  # fmt: skip
    nested(
        style, "text-buffer", bufferDraw=1, bufferSize=0.8, bufferSizeUnits="MM", bufferOpacity=0.85,
        bufferColor=rgba("#ffffff"), bufferNoFill=1, bufferJoinStyle=128, bufferBlendMode=0,
    )  # fmt: skip
    nested(
        settings,
        "text-format",
        wrapChar="",
        autoWrapLength=18,
        useMaxLineLengthForAutoWrap=1,
        multilineAlign=1,
    )
    around = {"polygon": 4, "point": 6, "line": 2}[shape]
    nested(
        settings, "placement", placement=around, dist=1.5 if shape == "point" else 0, distUnits="MM",
        priority=5, quadOffset=4, centroidInside=1, centroidWhole=0, fitInPolygonOnly=0, offsetType=1,
        placementFlags=10, predefinedPositionOrder="R,TR,BR,L,TL,BL,TSR,BSR", polygonPlacementFlags=2,
    )  # fmt: skip
    nested(
        settings, "rendering", drawLabels=shape != "point", obstacle=shape == "point", obstacleFactor=2,
        scaleVisibility=bool(largest), scaleMin=0, scaleMax=largest, limitNumLabels=0, maxNumLabels=2000,
        obstacleType=1,
        labelPerPart=0, displayAll=0, upsidedownLabels=0, fontMinPixelSize=3, fontMaxPixelSize=10000,
        minFeatureSize=0, mergeLines=0, zIndex=0,
    )  # fmt: skip
    return root


def font(size: float, *, bold: bool = False) -> str:
    """Name a font as Qt writes it.

    >>> font(9, bold=True)
    'Open Sans,9,-1,5,75,0,0,0,0,0'
    """
    return f"{FONT},{size},-1,5,{75 if bold else 50},0,0,0,0,0"


def _layer(kind: str, options: Mapping[str, object]) -> Element:
    made = element("layer", class_=kind, enabled=1, locked=0, pass_=0)
    made.append(option(options))
    return made
