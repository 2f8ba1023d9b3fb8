"""Map themes of the QGIS project: four that open a subject, then one for each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from opsn_geo.catalogue.register import Group, groups
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.qgis.layers import ProjectLayer


class MapTheme(NamedTuple):
    """What is seen together: its name in the list of themes, its page's title, its layers from the top."""

    key: str
    name: str
    title: str
    layers: tuple[ProjectLayer, ...]

    @property
    def subjects(self) -> list[ProjectLayer]:
        """What the map is about: all but the limits."""
        return [layer for layer in self.layers if layer.group != "limits"]


def map_themes(layers: Sequence[ProjectLayer], lang: Language) -> list[MapTheme]:
    """Return the map themes of a project: those that open a subject first, then one for each map.

    A map's name begins with its group, so that a list in alphabetical order keeps subjects together.
    """
    limits = tuple(layer for layer in layers if layer.group == "limits")
    openings = [
        MapTheme(group.key, group.title(lang), group.headline(lang), (*limits, *shown))
        for group in groups().values()
        if (shown := _opening(group, layers))
    ]
    maps = [
        MapTheme(
            layer.key, f"{group_title(layer.group, lang)} – {layer.title}", layer.title, (*limits, layer)
        )
        for layer in layers
        if layer.theme or layer.raster
    ]
    return [*openings, *maps]


def _opening(group: Group, layers: Sequence[ProjectLayer]) -> list[ProjectLayer]:
    """Return what opens a subject: its principal map and what stands over it, or else its first map."""
    by_key = {layer.key: layer for layer in layers}
    if group.opening[-1] in by_key:
        return [by_key[key] for key in group.opening if key in by_key]
    return [layer for layer in layers if layer.group == group.key and (layer.theme or layer.raster)][:1]


def group_title(group: str, lang: Language) -> str:
    """Return the title of a group of layers; one of the user's own keeps its name."""
    if group == "limits":
        return text("geopackage.limits", lang)
    return groups()[group].title(lang) if group in groups() else group
