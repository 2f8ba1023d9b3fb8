"""Layers of a QGIS project: source, projection, metadata, style, and what they are tied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from opsn_geo.publish.geopackage_content import Content
from opsn_geo.publish.geopackage_metadata import resource
from opsn_geo.publish.qgis_style import Links, dress
from opsn_geo.publish.qgis_xml import Element, element, nested, srs
from opsn_geo.vocabulary import Language, text

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
# Parent, its field, child, its field: whose rows belong to whom.
RELATIONS: Final = (
    ("communes", "code_insee", "couverture", "code_insee"),
    ("communes", "code_insee", "adhesions", "code"),
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

    Each theme has a sheet of its own rather than a style of a common one: a print layout that switches
    styles makes QGIS forget which relation a form shows.
    """

    key: str
    group: str
    content: Content
    theme: Theme | None = None
    visible: bool = False
    raster: Path | None = None

    @property
    def title(self) -> str:
        """Name the sheet by what it shows."""
        return self.theme.title if self.theme else self.content.title

    def source(self, file: str) -> str:
        """Point to the data from the folder of the GeoPackage, wherever that folder is moved."""
        if self.raster is not None:
            return f"./{self.raster.as_posix()}"
        return f"./{file}|layername={self.content.name}"


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
    dress(root, content, sheet.theme, lang, links)
    return root


def raster_layer(sheet: Sheet, file: str, folder: Path, crs: CRS) -> Element:
    """Describe a raster layer, in the style that stands beside it as ``.qml``."""
    root = element("maplayer", type="raster", styleCategories="AllStyleCategories")
    _identify(root, sheet, file)
    nested(root, "srs").append(srs(crs))
    nested(root, "provider", "gdal")
    if sheet.raster is not None and (folder / sheet.raster).with_suffix(".qml").exists():
        style = ET.parse((folder / sheet.raster).with_suffix(".qml")).getroot()  # noqa: S314 - a file of our own
        root.extend(style)
    return root


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
