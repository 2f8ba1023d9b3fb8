"""Maps of the sheets: the communes of a place, or of an operator, by class, with what lies around in grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from opsn_geo.catalogue import palette
from opsn_geo.catalogue.numbers import count
from opsn_geo.catalogue.states import BEST_FIRST, State, covered
from opsn_geo.catalogue.words import text
from opsn_geo.publish.paper import pictures
from opsn_geo.publish.report.maps import WIDTH, outlines
from opsn_geo.publish.report.model import Key, Picture, Shape
from opsn_geo.publish.themes import classify, is_unsure, shown_values

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from opsn_geo.publish.report.model import Material

_AROUND: Final = "#ececec"
_LABELS: Final = 7
_LETTER: Final = 8.5
"""Units that a letter of a name takes."""
_SERVICES: Final = "services_member"
_MANY: Final = 400
"""Communes from which those of one class are drawn as one area."""


def states(
    material: Material, own: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, named: str
) -> dict[str, Any]:
    """Return the map of the communes of a place by their state.

    Parameters
    ----------
    material : Material
        What the report is made of.
    own, communes : GeoDataFrame
        The communes of the place, and all.
    named : {"communes", "epci"}
        What is named on it: the most populous communes, or the EPCI with most people.
    """
    title, lang = text("sheet.map", material.lang), material.lang
    theme = next((each for each in material.themes if each.column == _SERVICES), None)
    names = _labels(material, own, named)
    if theme is None:
        classes = [
            (
                text(f"state.{state.value}", lang),
                palette.STATES[state],
                state is State.UNKNOWN,
                own["state"].eq(state.value).to_numpy(dtype=bool, na_value=False),
            )
            for state in BEST_FIRST
        ]
        return _map(material, own, communes, classes, names, text("sheet.map_states", lang))
    class_of = classify(theme, shown_values(theme, own)).to_numpy()
    classes = [
        (each.label, each.colour, each.hatched, class_of == number)
        for number, each in enumerate(theme.classes)
    ]
    return _map(material, own, communes, classes, names, title, is_unsure(theme, own))


def brought(
    material: Material, communes: gpd.GeoDataFrame, pairs: pd.DataFrame, say: Callable[..., str]
) -> dict[str, Any]:
    """Return the map of what an operator brings to communes: reached, perhaps reached, offered, or nothing.

    Parameters
    ----------
    material : Material
        What the report is made of.
    communes : GeoDataFrame
        All communes.
    pairs : DataFrame
        Communes and services that the operator reaches or offers, and their state.
    say : callable
        Text of the sheets.
    """
    places = communes.index
    reached = places.isin(pairs.loc[pairs["state"].isin(covered()), "code_insee"])
    perhaps = places.isin(pairs.loc[pairs["state"].eq(State.UNKNOWN), "code_insee"]) & ~reached
    offered = places.isin(pairs["code_insee"]) & ~reached & ~perhaps
    colours = palette.STATES
    classes = [
        (say("brought"), colours[State.MEMBER], False, reached),
        (say("perhaps"), colours[State.UNKNOWN], True, perhaps),
        (say("offered"), colours[State.OFFERED], False, offered),
        (say("others"), colours[State.NOT_OFFERED], False, ~(reached | perhaps | offered)),
    ]
    names = _departements(material)
    return _map(material, communes, communes, classes, names, say("map_opsn"))


def _map(
    material: Material,
    own: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    classes: Sequence[tuple[str, str, bool, Any]],
    named: Sequence[tuple[float, float, str]],
    title: str,
    unsure: pd.Series | None = None,
) -> dict[str, Any]:
    """Return a map as a block of a sheet."""
    lang = material.lang
    left, bottom, right, top = own.total_bounds
    margin = 0.04 * max(right - left, top - bottom)
    left, bottom, right, top = left - margin, bottom - margin, right + margin, top + margin
    unit = max(right - left, top - bottom) / WIDTH
    around = communes.cx[left:right, bottom:top]
    around = around[~around.index.isin(own.index)]
    used = [each for each in classes if np.asarray(each[3]).any()]
    areas = [own.geometry.to_numpy()[np.asarray(is_such)] for _, _, _, is_such in used]
    drawn = [_whole(each) for each in areas]
    behind = shapely.clip_by_rect(around.geometry.to_numpy(), left, bottom, right, top)
    behind = shapely.make_valid(behind[~shapely.is_empty(behind)])
    corner = np.array([left, top])
    shapes = [
        Shape(path=path, colour=colour, hatched=hatched)
        for path, (_, colour, hatched, _) in zip(outlines(drawn, corner, unit), used, strict=True)
    ]
    if len(behind):
        background = outlines([np.array([shapely.unary_union(behind)])], corner, unit)[0]
        shapes.insert(0, Shape(path=background, colour=_AROUND, hatched=False))
    hidden = np.zeros(len(own), dtype=bool) if unsure is None else unsure.to_numpy(dtype=bool)
    over = [own.geometry.to_numpy()[hidden]] if hidden.any() else []
    shapes += [
        Shape(path=path, colour="none", hatched=False, unsure=True)
        for path in (outlines(over, corner, unit) if over else [])
    ]
    maybe = f"{text('atlas.unsure', lang)} ({count(hidden.sum(), lang)})"
    labels = [
        text("sheet.class_count", lang, label=label, number=count(np.asarray(is_such).sum(), lang))
        for label, _, _, is_such in used
    ]
    picture = Picture(
        key="place",
        title=title,
        summary=text("sheet.map_alt", lang, classes="; ".join(labels)),
        width=round((right - left) / unit),
        height=round((top - bottom) / unit),
        shapes=tuple(shapes),
        names=tuple((round((x - left) / unit), round((top - y) / unit), name) for x, y, name in named),
        legend=tuple(
            Key(label=label, colour=colour, hatched=hatched)
            for label, (_, colour, hatched, _) in zip(labels, used, strict=True)
        )
        + tuple(Key(label=maybe, unsure=True) for _ in over),
        source="",
    )
    svg = pictures.picture(picture, "", titled=False)
    return {"kind": "map", "title": title, "alt": picture.summary, "svg": svg}


def _whole(areas: Any) -> Any:  # noqa: ANN401 - arrays of geometries
    """Return many communes dissolved into one area; few keep their borders."""
    return np.array([shapely.coverage_union_all(areas)]) if len(areas) > _MANY else areas


def _labels(material: Material, own: gpd.GeoDataFrame, named: str) -> list[tuple[float, float, str]]:
    """Return where the names of the most populous communes or EPCI of a place stand, if there is room."""
    places = own
    if named == "epci":
        layer = material.layers["epci"]
        places = layer.loc[layer.index.intersection(own["siren_epci"].unique())]
    left, bottom, right, top = own.total_bounds
    letter = max(right - left, top - bottom) / WIDTH * _LETTER
    kept: list[tuple[float, float, str]] = []
    for row in (
        places.sort_values("population", ascending=False, kind="stable").head(3 * _LABELS).itertuples()
    ):
        spot, name = row.geometry.point_on_surface(), str(row.name)
        has_room = left < spot.x - letter * len(name) / 2 and spot.x + letter * len(name) / 2 < right
        crosses = any(
            abs(spot.y - y) < 2.4 * letter and abs(spot.x - x) < letter * (len(name) + len(other)) / 2
            for x, y, other in kept
        )
        if has_room and not crosses:
            kept.append((spot.x, spot.y, name))
    return kept[:_LABELS]


def _departements(material: Material) -> list[tuple[float, float, str]]:
    layer = material.layers["departements"]
    spots = shapely.point_on_surface(layer.geometry.to_numpy())
    return [
        (float(x), float(y), str(name))
        for x, y, name in zip(shapely.get_x(spots), shapely.get_y(spots), layer["name"], strict=True)
    ]
