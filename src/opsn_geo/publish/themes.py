"""Themes as plain data: one definition of classes and colours for QGIS styles and HTML maps alike.

The register says which columns are worth a map; :func:`themes_for` makes a :class:`Theme` of each one that
the layers at hand do hold, with its classes computed and counted on the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opsn_geo.catalogue.palette import CATEGORIES
from opsn_geo.catalogue.register import Map, MapKind, Scheme, maps
from opsn_geo.catalogue.states import State
from opsn_geo.catalogue.words import Language, label, text
from opsn_geo.publish.classes import (
    Class,
    categories,
    intervals,
    legend_label,
    places,
    unit_of,
)

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "Class",
    "MapKind",
    "Scheme",
    "Theme",
    "categories",
    "classify",
    "greatest_values",
    "intervals",
    "is_unsure",
    "legend_label",
    "shown_values",
    "theme_of_column",
    "themes_for",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How one column of one layer is shown.

    ``group`` is the QGIS group and the atlas's menu it belongs to; ``default`` says that the layer opens
    with it. ``only`` (column, value) says which features it speaks of, where a layer holds several maps.
    ``number``, ``unknown`` and ``upper`` are those of :class:`~opsn_geo.catalogue.register.Map`;
    ``unsure_count`` features may belong to a higher class (:func:`is_unsure`).
    """

    key: str
    group: str
    layer: str
    column: str
    title: str
    kind: MapKind
    classes: tuple[Class, ...]
    unit: str = ""
    default: bool = False
    only: tuple[str, str] | None = None
    number: str = ""
    unknown: str = ""
    upper: tuple[str, ...] = ()
    unsure_count: int = 0


def shown_values(theme: Theme, layer: pd.DataFrame) -> pd.Series:
    """Return what a theme shows of each feature: its column, missing where that is not known.

    Examples
    --------
    >>> layer = pd.DataFrame({"opsn_count": [0, 0, 2], "state": ["unknown", "offered", "member"]})
    >>> theme = themes_for({"communes": layer})[-1]
    >>> shown_values(theme, layer).tolist(), [(each.label, each.count) for each in theme.classes]
    ([nan, 0.0, 2.0], [('0', 1), ('2', 1), ('inconnu', 1)])
    """
    return _where_known(layer, theme.column, theme.unknown)


def greatest_values(theme: Theme, layer: pd.DataFrame) -> pd.Series | None:
    """Return the greatest possible value of each feature; None where the theme shows certain values only.

    >>> layer = pd.DataFrame({"covered_share": [0.2, 1.0], "covered_possible_share": [0.5, 1.0]})
    >>> greatest_values(themes_for({"epci": layer})[0], layer).tolist()
    [0.5, 1.0]
    """
    if not theme.upper or not {*theme.upper} <= {*layer.columns}:
        return None
    return layer[list(theme.upper)].sum(axis=1, skipna=False)


def is_unsure(theme: Theme, layer: pd.DataFrame) -> pd.Series[bool]:
    """Return whether each feature may belong to a higher class than the one of its certain value.

    >>> layer = pd.DataFrame({"covered_share": [0.2, 1.0], "covered_possible_share": [0.5, 1.0]})
    >>> is_unsure(themes_for({"epci": layer})[0], layer).tolist()
    [True, False]
    """
    greatest = greatest_values(theme, layer)
    if greatest is None:
        return pd.Series(data=False, index=layer.index)
    return classify(theme, greatest) != classify(theme, shown_values(theme, layer))


def classify(theme: Theme, values: pd.Series) -> pd.Series:
    """Class of a theme that each value falls in, as the styles and the maps draw it.

    Parameters
    ----------
    theme : Theme
        Theme whose classes were made on this column.
    values : pandas.Series
        Values of the column, on any index.

    Returns
    -------
    pandas.Series of int
        Position in ``theme.classes`` on the same index; -1 where no class takes the value.

    Examples
    --------
    >>> layer = pd.DataFrame({"opsn_count": [0, 2, None]}, index=["a", "b", "c"])
    >>> theme = Theme(key="k", group="coverage", layer="l", column="opsn_count", title="t",
    ...               kind="intervals", classes=intervals(layer, "opsn_count"))
    >>> classify(theme, layer["opsn_count"]).to_dict()
    {'a': 0, 'b': 1, 'c': 2}
    """
    plain = [entry for entry in theme.classes if not entry.hatched]
    unknown = len(plain) if len(plain) < len(theme.classes) else -1
    if theme.kind == "intervals":
        numbers = pd.to_numeric(values).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        uppers = [float(entry.upper or 0) for entry in plain]
        classes = np.where(np.isfinite(numbers), places(numbers, uppers), unknown)
        return pd.Series(classes, index=values.index, dtype=int)
    table = {entry.value: place for place, entry in enumerate(plain)} | {State.UNKNOWN.value: unknown}
    return values.astype("object").map(table).where(values.notna(), unknown).fillna(-1).astype(int)


def themes_for(layers: Mapping[str, gpd.GeoDataFrame], lang: Language = "fr") -> tuple[Theme, ...]:
    """Return every theme that the layers have the column for, in the order of the register.

    The first theme of each layer is its default. A column without any value makes no theme. Where a
    layer has a column ``inside``, features outside the territory are context: no class counts them.

    Parameters
    ----------
    layers : mapping of str to geopandas.GeoDataFrame
        Layers by name, as they are published.
    lang : {"fr", "en"}
        Language of titles and labels.

    Returns
    -------
    tuple of Theme
        Empty where no layer has a column of the register's maps.

    Examples
    --------
    >>> themes = themes_for({"communes": pd.DataFrame({"opsn_count": [0, 1], "path": ["", "epci"]})})
    >>> [(theme.key, theme.default) for theme in themes]
    [('path', True), ('opsn_count', False)]
    """
    studied = {each.key: _studied(layers.get(each.layer), each) for each in maps().values()}
    usable = [each for each in maps().values() if studied[each.key][each.column].notna().any()]
    firsts = {each.layer: each.key for each in reversed(usable)}
    themes = (
        Theme(
            key=each.key,
            group=each.group,
            layer=each.layer,
            column=each.column,
            title=each.title(lang),
            kind=each.kind,
            classes=_classes(studied[each.key], each, lang),
            unit=unit_of(each.column, lang),
            default=firsts[each.layer] == each.key,
            only=each.only,
            number=each.number,
            unknown=each.unknown if each.unknown in layers[each.layer] else "",
            upper=each.upper,
        )
        for each in usable
    )
    return tuple(
        replace(theme, unsure_count=int(is_unsure(theme, studied[theme.key]).sum())) for theme in themes
    )


def theme_of_column(
    layer: gpd.GeoDataFrame,
    column: str,
    *,
    title: str | None = None,
    palette: str | None = None,
    scheme: Scheme = "pretty",
    lang: Language = "fr",
) -> Theme:
    """Return the theme of any column of any layer: that of the register where it has one.

    Parameters
    ----------
    layer : GeoDataFrame
        Any areas, with the column; it has a known value.
    column : str
        What is shown.
    title : str, optional
        By default that of the register, else the label of the column.
    palette : str, optional
        ColorBrewer palette of intervals; with it, the theme of the register is not used.
    scheme : {"pretty", "quantiles"}
        How the bounds of intervals are found.
    lang : {"fr", "en"}
        Language of titles and labels.

    Examples
    --------
    >>> layer = pd.DataFrame({"state": ["member", None], "canton": ["A", "B"]})
    >>> [each.label for each in theme_of_column(layer, "state", lang="en").classes]
    ['member', 'unknown']
    >>> theme_of_column(layer, "canton", title="Cantons").kind
    'categories'
    """
    drawn = next((entry for entry in maps().values() if entry.column == column and entry.only is None), None)
    if drawn is not None and palette is None:
        theme = next(one for one in themes_for({drawn.layer: layer}, lang) if one.key == drawn.key)
        return theme if title is None else replace(theme, title=title)
    values = layer.loc[layer["inside"].astype(bool), column] if "inside" in layer else layer[column]
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric:
        classes = intervals(values.to_frame(), column, palette=palette or "YlGnBu", scheme=scheme, lang=lang)
    else:
        classes = categories(values)
    return Theme(
        key=column,
        group="coverage",
        layer="",
        column=column,
        title=title if title is not None else label(column, lang),
        kind="intervals" if numeric else "categories",
        classes=classes,
        unit=unit_of(column, lang) if numeric else "",
    )


def _studied(layer: pd.DataFrame | None, drawn: Map) -> pd.DataFrame:
    """Return the features that a map draws; none where the layer or a column it needs is absent."""
    needed = [drawn.column, *(drawn.only or ())[:1]]
    if layer is None or not set(needed) <= set(layer.columns):
        return pd.DataFrame(columns=needed)
    inside = layer[layer["inside"]] if "inside" in layer else layer
    inside = inside.assign(**{drawn.column: _where_known(inside, drawn.column, drawn.unknown)})
    return inside[inside[drawn.only[0]] == drawn.only[1]] if drawn.only else inside


def _where_known(layer: pd.DataFrame, column: str, states: str) -> pd.Series:
    """Return a column, missing where the state of another is unknown."""
    if states not in layer:
        return layer[column]
    return layer[column].mask(layer[states].isna() | (layer[states] == State.UNKNOWN.value))


def _classes(layer: pd.DataFrame, drawn: Map, lang: Language) -> tuple[Class, ...]:
    if drawn.kind == "categories":
        colours = CATEGORIES[drawn.palette]
        return categories(layer[drawn.column], palette=colours, words=drawn.words, lang=lang)
    made = intervals(layer, drawn.column, palette=drawn.palette, scheme=drawn.scheme, lang=lang)
    missing = text(f"theme_class.{drawn.missing}", lang)
    return tuple(replace(entry, label=missing) if entry.hatched else entry for entry in made)
