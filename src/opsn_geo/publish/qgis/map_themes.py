"""Map themes of the QGIS project: four that open a subject, then one for each map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish.qgis.layer import Sheet
from opsn_geo.publish.qgis.xml import Element, element, nested

# What opens a subject, from top to bottom; where the data lack the last, the first map of the group does.
OPENINGS: Final = {
    "coverage": ("opsn_geo_opsn_form", "opsn_geo_state"),
    "deserts": ("opsn_geo_patches_deserts", "opsn_geo_desert_stability"),
    "representativeness": ("opsn_geo_patches_silences", "opsn_geo_epci_response"),
    "data": ("opsn_geo_data_opsn", "opsn_geo_data_communes"),
}


class MapTheme(NamedTuple):
    """What is seen together: its name in the list of themes, its page's title, its sheets from the top."""

    key: str
    name: str
    title: str
    sheets: tuple[Sheet, ...]

    @property
    def subjects(self) -> list[Sheet]:
        """Give what the map is about, the limits aside."""
        return [sheet for sheet in self.sheets if sheet.group != "limits"]

    @property
    def counted(self) -> bool:
        """Tell whether the legend says how many features each class holds."""
        return any(sheet.theme for sheet in self.sheets)


def map_themes(sheets: Sequence[Sheet], lang: Language) -> list[MapTheme]:
    """Make the map themes of a project: those of :data:`OPENINGS` first, then one for each map.

    A map's name begins with its group, so that a list in alphabetical order keeps subjects together.
    """
    limits = tuple(sheet for sheet in sheets if sheet.group == "limits")
    found = [_opening(group, sheets) for group in OPENINGS]
    openings = [
        MapTheme(group, group_title(group, lang), text(f"map_theme.{group}", lang), (*limits, *shown))
        for group, shown in zip(OPENINGS, found, strict=True)
        if shown
    ]
    maps = [
        MapTheme(
            sheet.key, f"{group_title(sheet.group, lang)} – {sheet.title}", sheet.title, (*limits, sheet)
        )
        for sheet in sheets
        if sheet.theme or sheet.raster
    ]
    return [*openings, *maps]


def _opening(group: str, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Choose what opens a subject: its principal map and what stands over it, or else its first map."""
    keys = OPENINGS[group]
    found = {sheet.key: sheet for sheet in sheets}
    if keys[-1] in found:
        return [found[key] for key in keys if key in found]
    return [sheet for sheet in sheets if sheet.group == group and (sheet.theme or sheet.raster)][:1]


def group_title(group: str, lang: Language) -> str:
    """Name a group of layers; one of the user's own keeps its name."""
    try:
        return text("geopackage.limits" if group == "limits" else f"theme_group.{group}", lang)
    except KeyError:
        return group


def preset(theme: MapTheme, sheets: Sequence[Sheet], lang: Language) -> Element:
    """Describe a map theme: what is switched on, and what is unfolded in the tree of layers."""
    root = element(
        "visibility-preset", name=theme.name, **{"has-expanded-info": 1, "has-checked-group-info": 1}
    )
    subjects = theme.subjects
    for sheet in theme.sheets:
        nested(root, "layer", id=sheet.key, visible=1, expanded=sheet in subjects)
    checked = nested(root, "checked-group-nodes")
    for group in dict.fromkeys(sheet.group for sheet in sheets):
        nested(checked, "checked-group-node", id=group_title(group, lang))
    unfolded = nested(root, "expanded-group-nodes")
    for group in dict.fromkeys(sheet.group for sheet in subjects):
        nested(unfolded, "expanded-group-node", id=group_title(group, lang))
    return root
