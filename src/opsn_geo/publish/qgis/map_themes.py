"""Map themes of the QGIS project: four that open a subject, then one for each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.qgis.layers import ProjectLayer

# What opens a subject, from top to bottom; where the data lack the last, the first map of the group does.
OPENINGS: Final = {
    "coverage": ("opsn_geo_opsn_form", "opsn_geo_state"),
    "deserts": ("opsn_geo_patches_deserts", "opsn_geo_desert_stability"),
    "representativeness": ("opsn_geo_patches_silences", "opsn_geo_epci_response"),
    "data": ("opsn_geo_data_opsn", "opsn_geo_data_communes"),
}


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
    """Return the map themes of a project: those of :data:`OPENINGS` first, then one for each map.

    A map's name begins with its group, so that a list in alphabetical order keeps subjects together.
    """
    limits = tuple(layer for layer in layers if layer.group == "limits")
    openings = [
        MapTheme(group, group_title(group, lang), text(f"map_theme.{group}", lang), (*limits, *shown))
        for group in OPENINGS
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


def _opening(group: str, layers: Sequence[ProjectLayer]) -> list[ProjectLayer]:
    """Return what opens a subject: its principal map and what stands over it, or else its first map."""
    by_key = {layer.key: layer for layer in layers}
    *_, principal = OPENINGS[group]
    if principal in by_key:
        return [by_key[key] for key in OPENINGS[group] if key in by_key]
    return [layer for layer in layers if layer.group == group and (layer.theme or layer.raster)][:1]


def group_title(group: str, lang: Language) -> str:
    """Return the title of a group of layers; one of the user's own keeps its name."""
    try:
        return text("geopackage.limits" if group == "limits" else f"theme_group.{group}", lang)
    except KeyError:
        return group
