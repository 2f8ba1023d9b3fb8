"""The project of services: for each, its communes, its EPCI and its deserts, and a map theme to switch to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from opsn_geo.catalogue.palette import CATEGORIES
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.classes import categories, intervals
from opsn_geo.publish.geopackage.services import COMMUNES, EPCI, service_names
from opsn_geo.publish.notices import weak_basis
from opsn_geo.publish.qgis.layers import ProjectContent, ProjectLayer, limit_layers
from opsn_geo.publish.qgis.map_themes import MapTheme
from opsn_geo.publish.qgis.xml import literal, quoted
from opsn_geo.publish.themes import Class, MapKind, Theme

if TYPE_CHECKING:
    import pandas as pd


def service_themes(tables: Mapping[str, pd.DataFrame], lang: Language) -> list[Theme]:
    """Return the themes of a service on communes and on EPCI, then those cut down to each service.

    All services share their classes, so that one can be compared with another.
    """
    made = []
    rows, shares = tables.get("couverture"), tables.get("couverture_parts")
    if rows is not None and "service" in rows:
        classes = categories(rows["state"], palette=CATEGORIES["state"], words="state", lang=lang)
        made.append(_theme(COMMUNES, "state", classes, lang))
    if shares is not None and "service" in shares:
        within = shares[shares["level"] == "epci"]
        classes = intervals(within, "covered_share", lang=lang)
        upper = tuple({"covered_possible_share"} & {*shares.columns})
        made.append(
            replace(_theme(EPCI, "covered_share", classes, lang), upper=upper, unsure_count=len(upper))
        )
    names = service_names(tables)
    return [
        *made,
        *(
            replace(
                theme, key=f"{theme.layer}_{service}", title=name, default=False, only=("service", service)
            )
            for theme in made
            for service, name in names.items()
        ),
    ]


def _theme(layer: str, column: str, classes: tuple[Class, ...], lang: Language) -> Theme:
    kind: MapKind = "categories" if column == "state" else "intervals"
    title = text(f"geopackage.{layer}", lang)
    return Theme(
        key=layer, group="services", layer=layer, column=column, title=title, kind=kind, classes=classes,
        unit="%" if kind == "intervals" else "", default=True,
    )  # fmt: skip


def service_layers(project: ProjectContent) -> list[ProjectLayer]:
    """Return the layers of the project of services: limits, then deserts, communes and EPCI of each."""
    contents = {content.name: content for content in project.contents}
    lang = project.metadata.language
    general = {theme.layer: theme for theme in project.service_themes if theme.only is None}
    services = {
        theme.only[1]: theme.title
        for theme in project.service_themes
        if theme.only and theme.layer == COMMUNES
    }

    def layer(name: str, service: str, title: str, theme: Theme | None = None) -> ProjectLayer:
        return ProjectLayer(
            key=f"opsn_geo_{name}_{service}",
            group=services[service],
            content=contents[name],
            source=f"./{project.file}|layername={name}|subset={quoted('service')} = {literal(service)}",
            title=title,
            theme=theme and replace(theme, key=f"{theme.key}_{service}"),
            rests_on=contents[name].rests_on,
            basis=weak_basis(project.metadata, contents[name].rests_on),
        )

    made = []
    for service, name in services.items():
        if "deserts" in contents:
            title = text("geopackage.deserts_of", lang, service=name)
            made.append(layer("deserts", service, title))
        for place, words in ((COMMUNES, "communes_of"), (EPCI, "epci_of")):
            if place in general:
                title = text(f"geopackage.{words}", lang, service=name)
                made.append(layer(place, service, title, general[place]))
    data = [
        ProjectLayer(
            key=f"opsn_geo_data_{name}",
            group="data",
            content=contents[name],
            source=f"./{project.file}|layername={name}",
            title=contents[name].title,
        )
        for name in ("couverture_parts", "services")
        if name in contents
    ]
    return [*limit_layers(project), *made, *data]


def service_map_themes(layers: Sequence[ProjectLayer]) -> list[MapTheme]:
    """Return two map themes of each service: its communes with the outlines of its deserts, and its EPCI."""
    limits = tuple(layer for layer in layers if layer.group in {"limits", "context"})
    made = []
    for layer in layers:
        if layer.theme is None:
            continue
        deserts = [
            other
            for other in layers
            if other.group == layer.group
            and other.content.name == "deserts"
            and layer.content.name == COMMUNES
        ]
        made.append(MapTheme(layer.key, layer.title, layer.title, (*limits, *deserts, layer)))
    return made
