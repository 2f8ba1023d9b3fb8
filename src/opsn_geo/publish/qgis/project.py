"""The QGIS project that lies inside the GeoPackage: groups, map themes, relations, layouts.

It needs nothing but the file itself, read-only and in any folder; only the file's name must stay.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from opsn_geo.catalogue.words import text
from opsn_geo.publish.geopackage.content import Content, abstract
from opsn_geo.publish.geopackage.former import USER
from opsn_geo.publish.geopackage.metadata import study_record
from opsn_geo.publish.notices import simulation_warning
from opsn_geo.publish.qgis.layers import ProjectContent, project_layers, relations, style_in_project
from opsn_geo.publish.qgis.layout import Extent, page
from opsn_geo.publish.qgis.map_themes import group_title, map_themes
from opsn_geo.publish.qgis.xml import render

if TYPE_CHECKING:
    import sqlite3


def add(base: sqlite3.Connection, project: ProjectContent) -> None:
    """Store the project where QGIS looks for it, as a zip written in hexadecimal."""
    metadata = project.metadata
    name = text("geopackage.project", metadata.language)
    about = {"last_modified_time": f"{metadata.date.isoformat()}T00:00:00", "last_modified_user": USER}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # An entry without a date: the same project gives the same bytes.
        entry = zipfile.ZipInfo(f"{name}.qgs")
        archive.writestr(entry, project_xml(project), compress_type=zipfile.ZIP_DEFLATED)
    base.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    base.execute(
        "INSERT INTO qgis_projects VALUES (?, ?, ?)",
        (name, json.dumps(about).encode(), packed.getvalue().hex().encode()),
    )


def project_xml(project: ProjectContent) -> str:
    """Return the whole project as a ``.qgs`` file."""
    metadata, lang = project.metadata, project.metadata.language
    layers = project_layers(project)
    related = relations(layers)
    themes = map_themes(layers, lang)
    # The project opens as its first map theme has it.
    visible = themes[0].layers if themes else tuple(layers)
    view = _view(project.contents)
    groups = [
        {
            "title": group_title(group, lang),
            "layers": [layer for layer in layers if layer.group == group],
            "expanded": any(layer.group == group for layer in visible),
        }
        for group in dict.fromkeys(layer.group for layer in layers)
    ]
    return render(
        "project.qgs.jinja",
        study=study_record(metadata, project.crs),
        title=f"{metadata.title} – {metadata.territory_name} {metadata.millesime}",
        abstract=abstract("", metadata),
        warning=simulation_warning(metadata),
        view=view,
        groups=groups,
        visible={layer.key for layer in visible},
        relations=related,
        layers=[
            (layer, None if layer.raster else style_in_project(layer, layers, related, lang))
            for layer in layers
        ],
        themes=[
            (theme, list(dict.fromkeys(group_title(layer.group, lang) for layer in theme.subjects)))
            for theme in themes
        ],
        pages=[page(theme, view, metadata, project.crs) for theme in themes],
    )


def _view(contents: Sequence[Content]) -> Extent:
    """Return the extent of all layers, with a margin of three hundredths."""
    bounds = [content.bounds for content in contents if content.bounds is not None]
    if not bounds:
        return (0.0, 0.0, 1.0, 1.0)
    wests, souths, easts, norths = zip(*bounds, strict=True)
    west, south, east, north = min(wests), min(souths), max(easts), max(norths)
    margin = 0.03 * max(east - west, north - south, 1.0)
    return (west - margin, south - margin, east + margin, north + margin)
