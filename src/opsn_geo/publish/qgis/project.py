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
from opsn_geo.publish.qgis.layers import (
    ProjectContent,
    ProjectLayer,
    Relation,
    project_layers,
    relations,
    style_in_project,
)
from opsn_geo.publish.qgis.layout import Extent, atlases, pages
from opsn_geo.publish.qgis.map_themes import MapTheme, group_title, map_themes
from opsn_geo.publish.qgis.services import service_layers, service_map_themes
from opsn_geo.publish.qgis.xml import render

if TYPE_CHECKING:
    import sqlite3


def add(base: sqlite3.Connection, project: ProjectContent) -> None:
    """Store the projects where QGIS looks for them, each as a zip written in hexadecimal."""
    metadata = project.metadata
    base.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    documents = {text("geopackage.project", metadata.language): project_xml(project)}
    if project.service_themes:
        documents[text("geopackage.services_project", metadata.language)] = services_xml(project)
    about = {"last_modified_time": f"{metadata.date.isoformat()}T00:00:00", "last_modified_user": USER}
    for name, document in documents.items():
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            # An entry without a date: the same project gives the same bytes.
            entry = zipfile.ZipInfo(f"{name}.qgs")
            archive.writestr(entry, document, compress_type=zipfile.ZIP_DEFLATED)
        base.execute(
            "INSERT INTO qgis_projects VALUES (?, ?, ?)",
            (name, json.dumps(about).encode(), packed.getvalue().hex().encode()),
        )


def project_xml(project: ProjectContent) -> str:
    """Return the project of all maps as a ``.qgs`` file."""
    layers = project_layers(project)
    themes = map_themes(layers, project.metadata.language)
    return _xml(project, layers, relations(layers), themes, pages_of=themes)


def services_xml(project: ProjectContent) -> str:
    """Return the project of services as a ``.qgs`` file: its pages show what the canvas shows."""
    layers = service_layers(project)
    return _xml(project, layers, [], service_map_themes(layers), pages_of=())


def _xml(
    project: ProjectContent,
    layers: Sequence[ProjectLayer],
    related: Sequence[Relation],
    themes: Sequence[MapTheme],
    *,
    pages_of: Sequence[MapTheme],
) -> str:
    metadata, lang = project.metadata, project.metadata.language
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
        pages=[
            *pages(pages_of, view, metadata, project.crs),
            *atlases(layers, view, metadata, project.crs),
        ],
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
