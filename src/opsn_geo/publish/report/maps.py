"""Small maps for paper: each class of a theme as one path, in the colours that the atlas and QGIS use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from opsn_geo.catalogue.numbers import count
from opsn_geo.catalogue.register import maps as declared
from opsn_geo.catalogue.words import text
from opsn_geo.publish.classes import legend_label
from opsn_geo.publish.report.model import Key, Maps, Material, Picture, Shape, say
from opsn_geo.publish.report.wording import source
from opsn_geo.publish.themes import classify, is_unsure, shown_values

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from opsn_geo.publish.themes import Theme

WIDTH: Final = 640
"""Units across a map; a path has whole coordinates."""


def maps(material: Material, section: str) -> tuple[Maps, ...]:
    """Maps of a section, by the register, that the study has, side by side; empty without any."""
    drawn = tuple(
        picture(material, theme) for theme in material.themes if declared()[theme.key].report == section
    )
    return (Maps(items=drawn),) if drawn else ()


def frame(departements: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], float, tuple[int, int]]:
    """Upper left corner of all maps, the metres in a unit, and the units across and down."""
    left, bottom, right, top = departements.total_bounds
    unit = max(right - left, top - bottom) / WIDTH
    return np.array([left, top]), unit, (round((right - left) / unit), round((top - bottom) / unit))


def outline(material: Material) -> str:
    """Path of the borders of the départements, which every map repeats."""
    departements = material.layers["departements"]
    corner, unit, _ = frame(departements)
    return outlines([departements.geometry.to_numpy()], corner, unit)[0]


def picture(material: Material, theme: Theme) -> Picture:
    """Map of one theme: areas of the territory by class, and the départements over them."""
    layer, departements = material.layers[theme.layer], material.layers["departements"]
    if "inside" in layer:
        layer = layer[layer["inside"].astype(bool)]
    corner, unit, (width, height) = frame(departements)
    class_of = classify(theme, shown_values(theme, layer))
    areas = layer.geometry.to_numpy()
    unsure = is_unsure(theme, layer)
    # what may belong to a higher class is a part of its own of the class of its certain value
    parts = [
        (entry, is_part, of_part)
        for number, entry in enumerate(theme.classes)
        for of_part in (False, True)
        if (is_part := ((class_of == number) & (unsure == of_part)).to_numpy()).any()
    ]
    drawn = [_dissolved(areas[is_part], theme.layer) for _, is_part, _ in parts]
    spots = departements.geometry.representative_point()
    at = np.rint((np.column_stack([spots.x, spots.y]) - corner) / [unit, -unit]).astype(int)
    legend = tuple(
        Key(label=legend_label(it, material.lang), colour=it.colour, hatched=it.hatched)
        for it in theme.classes
    )
    if unsure.any():
        label = f"{text('atlas.unsure', material.lang)} ({count(unsure.sum(), material.lang)})"
        legend = (*legend, Key(label=label, unsure=True))
    return Picture(
        key=theme.key,
        title=theme.title,
        summary=say(
            material, "map_summary", classes="; ".join(it.label for it in legend),
            level=say(material, f"level_{theme.layer}"),
        ),
        width=width,
        height=height,
        shapes=tuple(
            Shape(path=path, colour=it.colour, hatched=it.hatched, unsure=of_part)
            for path, (it, _, of_part) in zip(outlines(drawn, corner, unit), parts, strict=True)
        ),
        names=tuple((int(x), int(y), str(it)) for (x, y), it in zip(at, departements["name"], strict=True)),
        legend=legend,
        reading=_reading(material, theme),
        universe=say(material, f"universe_{theme.layer}"),
        **source(material, theme.layer, rests_on=declared()[theme.key].rests_on),
    )  # fmt: skip


def _reading(material: Material, theme: Theme) -> str:
    """How to read a map, from its largest class."""
    largest = max(theme.classes, key=lambda it: it.count or 0)
    words = {"number": count(largest.count, material.lang), "name": largest.label}
    return say(material, f"reading_{theme.layer}", **words)


def _dissolved(areas: NDArray[np.object_], level: str) -> NDArray[np.object_]:
    """Communes of a class dissolved into one area; wider areas keep their borders."""
    return np.array([shapely.coverage_union_all(areas)]) if level == "communes" else areas


def outlines(classes: list[NDArray[np.object_]], corner: NDArray[np.float64], unit: float) -> list[str]:
    """Path of each class, all simplified together so that no gap opens between them."""
    sizes = np.cumsum([len(it) for it in classes])[:-1]
    thin = shapely.coverage_simplify(np.concatenate(classes), 1.2 * unit)
    return [_path(part, corner, unit) for part in np.split(thin, sizes)]


def _path(areas: NDArray[np.object_], corner: NDArray[np.float64], unit: float) -> str:
    """SVG path of the rings of areas: an absolute start, then steps between whole coordinates."""
    rings = shapely.get_rings(shapely.get_parts(areas))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint((xy - corner) / [unit, -unit]).astype(int)
    # A point that rounds to the one before it draws nothing.
    moved = np.append(True, (ring[1:] != ring[:-1]) | (grid[1:] != grid[:-1]).any(axis=1))
    grid, ring = grid[moved], ring[moved]
    starts = np.flatnonzero(np.append(True, ring[1:] != ring[:-1]))
    steps = np.diff(grid, axis=0, prepend=grid[:1])
    written = []
    for first, last in zip(starts, [*starts[1:], len(grid)], strict=True):
        if last - first > 3:  # noqa: PLR2004 - fewer corners enclose nothing
            walk = "".join(f"{x},{y} " for x, y in steps[first + 1 : last - 1].tolist())
            written.append(f"M{grid[first, 0]},{grid[first, 1]}l{walk.rstrip()}z")
    return "".join(written).replace(",-", "-").replace(" -", "-")
