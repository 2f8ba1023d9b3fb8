"""Layers of a QGIS project: source, projection, metadata, style, and what they are tied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.geopackage.content import Content
from opsn_geo.publish.geopackage.metadata import resource
from opsn_geo.publish.qgis.style import Links, dress
from opsn_geo.publish.qgis.xml import Element, element, literal, nested, quoted, srs

if TYPE_CHECKING:
    from pyproj import CRS

    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

_SHAPES: Final = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("Line", "MultiLineString"),
    "point": ("Point", "Point"),
    None: ("No geometry", "NoGeometry"),
}
# Layers drawn as outlines over every map.
LIMITS: Final = ("departements", "epci")
# Parent, its field, child, its field: whose rows belong to whom.
RELATIONS: Final = (
    ("communes", "code_insee", "couverture", "code_insee"),
    ("communes", "code_insee", "adhesions", "code"),
    ("communes", "code_insee", "reponses", "code_insee"),
    ("epci", "siren_epci", "communes", "siren_epci"),
    ("epci", "siren_epci", "adhesions", "code"),
    ("departements", "code_dep", "epci", "code_dep"),
    ("opsn", "opsn", "offres", "opsn"),
    ("opsn", "opsn", "adhesions", "opsn"),
    ("services", "service", "couverture", "service"),
    ("services", "service", "offres", "service"),
)
# Column, and the table, key and words in which its values are spelt out.
LOOKUPS: Final = (("service", "services", "service", "name"), ("opsn", "opsn", "opsn", "name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One layer of the project's tree: a content, and the theme that it shows.

    Without a theme it is plain: named as its content is, or by ``name``. It is cut to the features of which
    ``only`` (column, value) is true.

    Each theme has a sheet of its own rather than a style of a common one: a print layout that switches
    styles makes QGIS forget which relation a form shows.
    """

    key: str
    group: str
    content: Content
    theme: Theme | None = None
    raster: Path | None = None
    name: str = ""
    only: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        """Name the sheet by what it shows."""
        return self.theme.title if self.theme else self.name or self.content.title

    @property
    def named(self) -> bool:
        """Tell whether its features are named on the map: those of the limits are named there alone."""
        return self.group == "limits" or self.content.name not in LIMITS

    def source(self, file: str) -> str:
        """Point to the data from the folder of the GeoPackage, wherever that folder is moved."""
        if self.raster is not None:
            return f"./{self.raster.as_posix()}"
        chosen = f"|subset={quoted(self.only[0])} = {literal(self.only[1])}" if self.only else ""
        return f"./{file}|layername={self.content.name}{chosen}"


def legend_entries(sheet: Sheet, folder: Path) -> dict[str, str]:
    """Choose the entries of a raster's legend: its classes, without the name of the band that comes first."""
    classes = 0 if (style := _raster_style(sheet, folder)) is None else len(style.findall(".//item"))
    return {"legend/node-order": ",".join(map(str, range(1, classes + 1)))} if classes else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Rows of one sheet that belong to a row of another."""

    parent: Sheet
    parent_field: str
    child: Sheet
    child_field: str

    @property
    def key(self) -> str:
        """Identifier of the relation, which forms refer to."""
        return f"{self.parent.key}__{self.child.key}"

    def xml(self) -> Element:
        """Describe the relation as a project lists it."""
        root = element(
            "relation", id=self.key, name=f"{self.parent.content.title} – {self.child.content.title}",
            referencingLayer=self.child.key, referencedLayer=self.parent.key, strength="Association",
        )  # fmt: skip
        nested(root, "fieldRef", referencingField=self.child_field, referencedField=self.parent_field)
        return root


def relations(sheets: Sequence[Sheet]) -> list[Relation]:
    """Find the relations that the sheets at hand have the columns for.

    Every sheet of a parent shows its children; of a child that has several sheets, the first is shown.
    """
    children = {sheet.content.name: sheet for sheet in reversed(sheets)}
    return [
        Relation(parent=sheet, parent_field=own, child=children[child], child_field=other)
        for parent, own, child, other in RELATIONS
        for sheet in sheets
        if sheet.content.name == parent and sheet.content.has(own)
        if child in children and children[child].content.has(other)
    ]


def maplayer(sheet: Sheet, sheets: Sequence[Sheet], file: str, metadata: Metadata, crs: CRS) -> Element:
    """Describe a vector layer or table of the project, dressed as its theme wants."""
    content, lang = sheet.content, metadata.language
    geometry, wkb = _SHAPES[content.shape]
    root = element(
        "maplayer", type="vector", geometry=geometry, wkbType=wkb, styleCategories="AllStyleCategories",
        hasScaleBasedVisibilityFlag=0, labelsEnabled=0, readOnly=0, simplifyDrawingHints=1,
    )  # fmt: skip
    _identify(root, sheet, file)
    if content.shape is not None:
        nested(root, "srs").append(srs(crs))
        _extent(root, content)
    root.append(resource(content, metadata, crs, "resourceMetadata"))
    nested(root, "provider", "ogr", encoding="UTF-8")
    links = _links(sheet, sheets, lang)
    theme = replace(sheet.theme, only=None) if sheet.theme else None  # the source is cut already
    dress(root, content, theme, lang, links, named=sheet.named)
    return root


def raster_layer(sheet: Sheet, file: str, folder: Path, metadata: Metadata, crs: CRS) -> Element:
    """Describe a raster layer, in the style that stands beside it as ``.qml``."""
    root = element("maplayer", type="raster", styleCategories="AllStyleCategories")
    _identify(root, sheet, file)
    nested(root, "srs").append(srs(crs))
    root.append(resource(sheet.content, metadata, crs, "resourceMetadata"))
    nested(root, "provider", "gdal")
    style = _raster_style(sheet, folder)
    root.extend([] if style is None else style)
    return root


def _raster_style(sheet: Sheet, folder: Path) -> Element | None:
    """Read the style that stands beside a raster, if there is one."""
    file = (folder / sheet.raster).with_suffix(".qml") if sheet.raster else None
    return ET.parse(file).getroot() if file and file.exists() else None  # noqa: S314 - a file of our own


def _identify(root: Element, sheet: Sheet, file: str) -> None:
    nested(root, "id", sheet.key)
    nested(root, "datasource", sheet.source(file))
    nested(root, "layername", sheet.title)


def _extent(root: Element, content: Content) -> None:
    extent = nested(root, "extent")
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), content.bounds or (), strict=False):
        nested(extent, tag, value)


def _links(sheet: Sheet, sheets: Sequence[Sheet], lang: Language) -> Links:
    """Say what the form of a sheet shows besides its own columns."""
    titles = {"couverture": text("geopackage.services_of", lang)} if sheet.content.name == "communes" else {}
    places: Mapping[str, Sheet] = {other.content.name: other for other in sheets}
    tabs = [
        (relation.key, titles.get(relation.child.content.name, relation.child.content.title))
        for relation in relations(sheets)
        if relation.parent is sheet
    ]
    lookups = {
        column: (places[table].key, key, value)
        for column, table, key, value in LOOKUPS
        if table in places and table != sheet.content.name and places[table].content.has(key, value)
    }
    return Links(relations=tabs, lookups=lookups)
