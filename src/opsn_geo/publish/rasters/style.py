"""The QGIS style of a raster: one colour for each class, in a ``.qml`` file of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from opsn_geo.publish.classes import Class
from opsn_geo.publish.qgis.xml import VERSION, element, nested


def raster_qml(classes: Sequence[Class]) -> str:
    """Write the style of a single-band raster in classes.

    Parameters
    ----------
    classes : sequence of Class
        Intervals with rising upper bounds; the last is open. Hatched ones are left out: where nothing is
        known the raster has no data.

    Returns
    -------
    str
        Text of the ``.qml`` file.

    Examples
    --------
    >>> style = raster_qml([Class(label="near", colour="#ffffff", upper=1_000.0)])
    >>> '<item value="inf" label="near" color="#ffffff" alpha="255" />' in style
    True
    """
    root = element("qgis", version=VERSION, styleCategories="Symbology")
    pipe = nested(root, "pipe")
    renderer = nested(pipe, "rasterrenderer", type="singlebandpseudocolor", band=1, opacity=1, alphaBand=-1)
    shader = nested(nested(renderer, "rastershader"), "colorrampshader", colorRampType="DISCRETE", clip=False,
                    classificationMode=1)  # fmt: skip
    plain = [entry for entry in classes if not entry.hatched]
    for entry in plain:
        upper = "inf" if entry is plain[-1] else entry.upper
        nested(shader, "item", value=upper, label=entry.label, color=entry.colour, alpha=255)
    nested(pipe, "brightnesscontrast")
    nested(pipe, "huesaturation")
    nested(pipe, "rasterresampler")
    nested(root, "blendMode", 0)
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"
