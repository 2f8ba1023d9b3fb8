"""Layers of a QGIS project: which there are, where their data lie, and which rows belong to which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET

from markupsafe import Markup

from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.geopackage.content import Content, abstract
from opsn_geo.publish.geopackage.services import COMMUNES, EPCI
from opsn_geo.publish.notices import weak_basis
from opsn_geo.publish.qgis.style import LayerStyle, Lookup, layer_style
from opsn_geo.publish.qgis.xml import literal, quoted

if TYPE_CHECKING:
    from pyproj import CRS

    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

RASTERS_REST_ON: Final = {
    "distance_member_m": ("boundaries", "offers", "memberships", "cnil", "banatic", "opsn"),
    "distance_opsn_m": ("boundaries", "opsn.seat"),
    "access_score": ("boundaries", "offers", "memberships", "cnil", "banatic", "opsn"),
}
"""Inputs that each raster is made of."""
_ORDER: Final = {"point": 0, "line": 1, "polygon": 2, None: 3}


class ProjectContent(NamedTuple):
    """All that projects show: the GeoPackage's name and folder, its contents, themes, rasters, services."""

    file: str
    folder: Path
    contents: Sequence[Content]
    themes: Sequence[Theme]
    metadata: Metadata
    crs: CRS
    rasters: Sequence[Path]
    service_themes: Sequence[Theme] = ()


class RasterStyle(NamedTuple):
    """Style of a raster: the elements of its ``.qml`` file, and how many classes its legend has."""

    style: Markup
    classes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLayer:
    """One layer of a project's tree: a content, and the theme that it shows; without one it is plain.

    Each theme has a layer of its own rather than a style of a common one: a print layout that switches
    styles makes QGIS forget which relation a form shows.
    """

    key: str
    group: str
    content: Content
    source: str
    title: str
    theme: Theme | None = None
    raster: RasterStyle | None = None
    rests_on: tuple[str, ...] = ()
    basis: str = ""

    @property
    def name(self) -> str:
        """Name in the layer tree: the title, and whether what it shows is simulated or assumed."""
        return f"{self.title} ({self.basis})" if self.basis else self.title

    @property
    def counted(self) -> bool:
        """Whether its legend counts the features of each class, as they are filtered at that moment."""
        return self.theme is not None

    @property
    def legend_order(self) -> str:
        """Entries that a raster's legend shows: its classes, without the band's name, which comes first."""
        return ",".join(map(str, range(1, self.raster.classes + 1))) if self.raster else ""


class Relation(NamedTuple):
    """Rows of one layer that belong to a row of another."""

    parent: ProjectLayer
    parent_field: str
    child: ProjectLayer
    child_field: str

    @property
    def key(self) -> str:
        """Identifier of the relation, which forms refer to."""
        return f"{self.parent.key}__{self.child.key}"

    @property
    def title(self) -> str:
        """Name of the relation in the project's list."""
        return f"{self.parent.content.title} – {self.child.content.title}"


def project_layers(project: ProjectContent) -> list[ProjectLayer]:
    """Return the layers of a project as drawn from top to bottom: limits, maps by subject, data."""
    contents = {content.name: content for content in project.contents}
    lang = project.metadata.language

    def layer(
        key: str,
        group: str,
        name: str,
        *,
        theme: Theme | None = None,
        title: str = "",
        only: tuple[str, str] | None = None,
    ) -> ProjectLayer:
        rests_on = register.maps()[theme.key].rests_on if theme and theme.key in register.maps() else ()
        rests_on = rests_on or register.table(name).rests_on
        subset = f"|subset={quoted(only[0])} = {literal(only[1])}" if only else ""
        return ProjectLayer(
            key=f"opsn_geo_{key}",
            group=group,
            content=contents[name],
            source=f"./{project.file}|layername={name}{subset}",
            title=title or contents[name].title,
            theme=theme,
            rests_on=rests_on,
            basis=weak_basis(project.metadata, rests_on),
        )

    limits = limit_layers(project)
    maps: list[ProjectLayer] = []
    for group in dict.fromkeys((*register.groups(), *(theme.group for theme in project.themes))):
        themes = sorted(
            (theme for theme in project.themes if theme.group == group),
            key=lambda theme: _ORDER[contents[theme.layer].shape],
        )
        # Outlines of the patches that a theme speaks of, to be read over another map.
        patches = {
            theme.layer: theme.only for theme in reversed(themes) if register.table(theme.layer).patches
        }
        maps += [
            layer(f"patches_{name}", group, name, title=text(f"tables.{name}.patches", lang), only=only)
            for name, only in patches.items()
        ]
        maps += [
            layer(theme.key, group, theme.layer, theme=theme, title=theme.title, only=theme.only)
            for theme in themes
        ]
        if group == "deserts":
            maps += [_raster_layer(raster, project) for raster in project.rasters]
    data = [
        layer(f"data_{name}", "data", name)
        for name in contents
        if name not in {*register.limits(), COMMUNES, EPCI}
    ]
    return [*limits, *maps, *data]


def limit_layers(project: ProjectContent) -> list[ProjectLayer]:
    """Return the outlines that are drawn over every map, from the top."""
    contents = {content.name: content for content in project.contents}
    return [
        ProjectLayer(
            key=f"opsn_geo_limits_{name}",
            group="limits",
            content=contents[name],
            source=f"./{project.file}|layername={name}",
            title=contents[name].title,
        )
        for name in register.limits()
        if name in contents
    ]


def _raster_layer(raster: Path, project: ProjectContent) -> ProjectLayer:
    """Return the layer of a raster, in the style that stands beside it as ``.qml``, if there is one."""
    try:
        title = text(f"rasters.{raster.stem}", project.metadata.language)
    except KeyError:  # a raster of the user's own
        title = raster.stem
    rests_on = RASTERS_REST_ON.get(raster.stem, ())
    style = RasterStyle(Markup(), 0)
    file = (project.folder / raster).with_suffix(".qml")
    if file.exists():
        root = ET.parse(file).getroot()  # noqa: S314 - a file of our own
        elements = "".join(ET.tostring(element, encoding="unicode") for element in root)
        style = RasterStyle(Markup(elements), len(root.findall(".//item")))  # noqa: S704 - XML as parsed
    return ProjectLayer(
        key=f"opsn_geo_raster_{raster.stem}",
        group="deserts",
        content=Content(
            name=raster.stem, title=title, abstract=abstract("", project.metadata, rests_on), columns=()
        ),
        source=f"./{raster.as_posix()}",
        title=title,
        raster=style,
        rests_on=rests_on,
        basis=weak_basis(project.metadata, rests_on),
    )


def relations(layers: Sequence[ProjectLayer]) -> list[Relation]:
    """Return the relations that the layers at hand have the columns for.

    Every layer of a parent shows its children; of a child that has several layers, the first is shown.
    """
    children = {layer.content.name: layer for layer in reversed(layers)}
    return [
        Relation(layer, parent_field, children[child], child_field)
        for parent, parent_field, child, child_field in register.relations()
        for layer in layers
        if layer.content.name == parent and layer.content.has(parent_field)
        if child in children and children[child].content.has(child_field)
    ]


def style_in_project(
    layer: ProjectLayer, layers: Sequence[ProjectLayer], related: Sequence[Relation], lang: Language
) -> LayerStyle:
    """Return the style of a layer of a project, whose form shows what is related to it."""
    titles = {"couverture": text("geopackage.services_of", lang)} if layer.content.name == "communes" else {}
    columns = [column.name for column in layer.content.columns]
    places: Mapping[str, ProjectLayer] = {other.content.name: other for other in layers}
    return layer_style(
        layer.content,
        replace(layer.theme, only=None) if layer.theme else None,  # the source is cut already
        lang,
        relations=[
            (relation.key, titles.get(relation.child.content.name, relation.child.content.title))
            for relation in related
            if relation.parent is layer
        ],
        lookups={
            column: lookup
            for column in columns
            if (lookup := _lookup(column, layer.content.name, places, lang)) is not None
        },
        # The limits lie over every map: their features are named there alone.
        labelled=layer.group == "limits" or layer.content.name not in register.limits(),
    )


def _lookup(column: str, table: str, places: Mapping[str, ProjectLayer], lang: Language) -> Lookup | None:
    """Return where the names of the places, operators or services stand whose identifiers a column holds."""
    declared = register.column(column, table)
    target = register.table(declared.refers_to)
    named = target.spelt_by or ("name" if target.level else "")
    # a list of identifiers is no identifier: QGIS would look up the whole and find nothing
    if declared.list or not named or target.name in {table, ""} or target.name not in places:
        return None
    if not places[target.name].content.has(target.key[0], named):
        return None
    title = text(f"level.{target.level}", lang) if column == target.key[0] and target.level else ""
    return Lookup(places[target.name].key, target.key[0], named, title[:1].upper() + title[1:])
