"""The QGIS project that lies inside the GeoPackage: groups, map themes, relations, layouts.

It needs nothing but the file itself, read-only and in any folder; only the file's name must stay.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.geopackage.content import Content, abstract
from opsn_geo.publish.qgis.layer import LIMITS, Sheet, legend_entries, maplayer, raster_layer, relations
from opsn_geo.publish.qgis.layout import Page, layout
from opsn_geo.publish.qgis.map_themes import group_title, map_themes, preset
from opsn_geo.publish.qgis.xml import VERSION, Element, document, element, nested, option, srs

if TYPE_CHECKING:
    import sqlite3

    from pyproj import CRS

    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

PATCHES: Final = ("deserts", "silences")
GROUPS: Final = ("coverage", "deserts", "representativeness")
_ORDER: Final = {"point": 0, "line": 1, "polygon": 2, None: 3}


class Atlas(NamedTuple):
    """All that a project shows: the file's name and folder, its contents, themes and rasters."""

    file: str
    folder: Path
    contents: Sequence[Content]
    themes: Sequence[Theme]
    metadata: Metadata
    crs: CRS
    rasters: Sequence[Path]


def add(base: sqlite3.Connection, atlas: Atlas) -> None:
    """Store the project where QGIS looks for it, as a zip written in hexadecimal."""
    metadata = atlas.metadata
    name = text("geopackage.project", metadata.language)
    about = {"last_modified_time": f"{metadata.date.isoformat()}T00:00:00", "last_modified_user": "opsn-geo"}
    base.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
    base.execute(
        "INSERT INTO qgis_projects VALUES (?, ?, ?)",
        (name, json.dumps(about).encode(), _packed(f"{name}.qgs", document(project(atlas))).hex().encode()),
    )


def project(atlas: Atlas) -> Element:
    """Describe the whole project."""
    metadata = atlas.metadata
    title = f"{metadata.title} – {metadata.territory_name} {metadata.millesime}"
    sheets = arrange(atlas)
    root = element("qgis", version=VERSION, projectname=title)
    nested(root, "homePath", path="")
    nested(root, "title", title)
    nested(root, "projectCrs").append(srs(atlas.crs))
    themes = map_themes(sheets, metadata.language)
    root.append(_tree(sheets, themes[0].sheets if themes else sheets, atlas))
    related = nested(root, "relations")
    related.extend(relation.xml() for relation in relations(sheets))
    view = _view(atlas.contents)
    canvas = nested(root, "mapcanvas", name="theMapCanvas")
    nested(canvas, "units", "meters")
    _corners(nested(canvas, "extent"), view)
    nested(canvas, "destinationsrs").append(srs(atlas.crs))
    layers = nested(root, "projectlayers")
    for sheet in sheets:
        layers.append(
            maplayer(sheet, sheets, atlas.file, metadata, atlas.crs)
            if sheet.raster is None
            else raster_layer(sheet, atlas.file, atlas.folder, metadata, atlas.crs)
        )
    root.append(_properties())
    presets, layouts = nested(root, "visibility-presets"), nested(root, "Layouts")
    for theme in themes:
        presets.append(preset(theme, sheets, metadata.language))
        page = Page(theme=theme, file=atlas.file, folder=atlas.folder, view=view)
        layouts.append(layout(page, metadata, atlas.crs))
    record = nested(root, "projectMetadata")
    nested(record, "identifier", metadata.stem)
    nested(record, "type", "dataset")
    nested(record, "title", title)
    nested(record, "abstract", abstract("", metadata))
    nested(record, "author", metadata.contact)
    settings = nested(root, "ProjectViewSettings", UseProjectScales=0)
    west, south, east, north = view
    extent = nested(settings, "DefaultViewExtent", xmin=west, ymin=south, xmax=east, ymax=north)
    extent.append(srs(atlas.crs))
    return root


def arrange(atlas: Atlas) -> list[Sheet]:
    """Put contents into groups, as drawn from top to bottom: limits, maps by subject, data."""
    known = {content.name: content for content in atlas.contents}
    limits = [
        Sheet(key=f"opsn_geo_limits_{name}", group="limits", content=known[name])
        for name in LIMITS
        if name in known
    ]
    maps: list[Sheet] = []
    for group in dict.fromkeys((*GROUPS, *(theme.group for theme in atlas.themes))):
        own = sorted(
            (theme for theme in atlas.themes if theme.group == group),
            key=lambda theme: _ORDER[known[theme.layer].shape],
        )
        patches = {theme.layer: theme for theme in reversed(own) if theme.layer in PATCHES}
        maps += [_patches(theme, known, atlas.metadata.language) for theme in patches.values()]
        maps += [
            Sheet(
                key=f"opsn_geo_{theme.key}", group=group, content=known[theme.layer], theme=theme,
                only=theme.only,
            )
            for theme in own
        ]  # fmt: skip
        if group == "deserts":
            maps += [_raster_sheet(raster, atlas.metadata) for raster in atlas.rasters]
    data = [
        Sheet(key=f"opsn_geo_data_{content.name}", group="data", content=content)
        for content in atlas.contents
        if content.name not in LIMITS
    ]
    return [*limits, *maps, *data]


def _patches(theme: Theme, known: Mapping[str, Content], lang: Language) -> Sheet:
    """Outline the patches that a theme speaks of, to be read over another map."""
    return Sheet(
        key=f"opsn_geo_patches_{theme.layer}", group=theme.group, content=known[theme.layer],
        name=text(f"patches.{theme.layer}", lang), only=theme.only,
    )  # fmt: skip


def _raster_sheet(raster: Path, metadata: Metadata) -> Sheet:
    try:
        title = text(f"rasters.{raster.stem}", metadata.language)
    except KeyError:  # a raster of the user's own
        title = raster.stem
    content = Content(name=raster.stem, title=title, abstract=abstract("", metadata), columns=())
    return Sheet(key=f"opsn_geo_raster_{raster.stem}", group="deserts", content=content, raster=raster)


def _tree(sheets: Sequence[Sheet], shown: Sequence[Sheet], atlas: Atlas) -> Element:
    """List the layers by group; those shown are switched on, as the first map theme has them."""
    root = element("layer-tree-group")
    for group in dict.fromkeys(sheet.group for sheet in sheets):
        open_ = any(sheet in shown for sheet in sheets if sheet.group == group)
        branch = nested(
            root, "layer-tree-group", name=group_title(group, atlas.metadata.language),
            checked="Qt::Checked", expanded=open_,
        )  # fmt: skip
        for sheet in sheets:
            if sheet.group == group:
                branch.append(leaf(sheet, atlas, visible=sheet in shown))
    return root


def leaf(sheet: Sheet, atlas: Atlas, *, visible: bool) -> Element:
    """Name a sheet in a tree of layers."""
    made = element(
        "layer-tree-layer", id=sheet.key, name=sheet.title, source=sheet.source(atlas.file),
        providerKey="gdal" if sheet.raster else "ogr", checked="Qt::Checked" if visible else "Qt::Unchecked",
        expanded=visible and sheet.group != "limits",
    )  # fmt: skip
    entries = legend_entries(sheet, atlas.folder)
    if entries:
        nested(made, "customproperties").append(option(entries))
    return made


def _view(contents: Sequence[Content]) -> tuple[float, float, float, float]:
    """Give the extent of all layers, with a margin of three hundredths."""
    bounds = [content.bounds for content in contents if content.bounds is not None]
    if not bounds:
        return (0.0, 0.0, 1.0, 1.0)
    wests, souths, easts, norths = zip(*bounds, strict=True)
    west, south, east, north = min(wests), min(souths), max(easts), max(norths)
    margin = 0.03 * max(east - west, north - south, 1.0)
    return (west - margin, south - margin, east + margin, north + margin)


def _corners(parent: Element, view: tuple[float, float, float, float]) -> None:
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), view, strict=True):
        nested(parent, tag, value)


def _properties() -> Element:
    root = element("properties")
    nested(nested(root, "Paths"), "Absolute", "false", type="bool")
    nested(nested(root, "SpatialRefSys"), "ProjectionsEnabled", 1, type="int")
    measured = nested(root, "Measurement")
    nested(measured, "DistanceUnits", "kilometers", type="QString")
    nested(measured, "AreaUnits", "km2", type="QString")
    return root


def _packed(name: str, content: bytes) -> bytes:
    """Zip one file without a date, so that the same project gives the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()
