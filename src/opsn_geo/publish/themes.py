"""Themes as plain data: one definition of classes and colours for QGIS styles and HTML maps alike.

:data:`SPECS` says which columns are worth a map; :func:`themes_for` makes a :class:`Theme` of each one that
the layers at hand do hold, with its classes computed and counted on the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from opsn_geo.catalogue.words import Language, State, text
from opsn_geo.publish.classes import (
    UNKNOWN_COLOUR,
    Class,
    Scheme,
    categories,
    intervals,
    legend_label,
    places,
    unit_of,
)

if TYPE_CHECKING:
    import geopandas as gpd

Kind = Literal["categories", "intervals"]

__all__ = [
    "PATH_COLOURS",
    "SPECS",
    "STATE_COLOURS",
    "UNKNOWN_COLOUR",
    "Class",
    "Kind",
    "Scheme",
    "Spec",
    "Theme",
    "categories",
    "classify",
    "intervals",
    "legend_label",
    "themes_for",
]

STATE_COLOURS: Final = {
    "not_offered": "#fdf3d0",
    "offered": "#a6d8bd",
    "member": "#3a9fc0",
    "used": "#24519c",
    "unknown": UNKNOWN_COLOUR,
}
PATH_COLOURS: Final = {
    "": "#fdf3d0",
    "direct": "#0072b2",
    "epci": "#e69f00",
    "departement": "#009e73",
    "region": "#cc79a7",
    "several": "#56b4e9",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How one column of one layer is shown.

    ``group`` is the QGIS group and the atlas's menu it belongs to; ``default`` says that the layer opens
    with it. ``only`` (column, value) says which features it speaks of, where a layer holds several maps.
    """

    key: str
    group: str
    layer: str
    column: str
    title: str
    kind: Kind
    classes: tuple[Class, ...]
    unit: str = ""
    default: bool = False
    only: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is known of a theme before any data: its place, its column and how classes are made.

    ``palette`` is a ColorBrewer name, or for categories a table of colours by value. ``words`` is the room
    of the catalogue that labels the categories; without it they are labelled by their own value.
    ``missing`` is the entry of ``theme_class`` that says what a missing value means.
    """

    key: str
    group: str
    layer: str
    column: str
    kind: Kind = "intervals"
    palette: str | Mapping[str, str] = "YlGnBu"
    scheme: Scheme = "pretty"
    words: str = ""
    missing: str = "unknown"
    only: tuple[str, str] | None = None


SPECS: Final = (
    Spec(key="state", group="coverage", layer="communes", column="state", kind="categories",
         palette=STATE_COLOURS, words="state"),
    Spec(key="path", group="coverage", layer="communes", column="path", kind="categories",
         palette=PATH_COLOURS, words="path"),
    Spec(key="opsn_count", group="coverage", layer="communes", column="opsn_count"),
    Spec(key="services_member", group="coverage", layer="communes", column="services_member",
         scheme="quantiles"),
    Spec(key="services_offered", group="coverage", layer="communes", column="services_offered",
         scheme="quantiles"),
    Spec(key="dependence", group="coverage", layer="communes", column="dependence_share",
         palette="YlOrRd", missing="no_opsn"),
    Spec(key="epci_covered", group="coverage", layer="epci", column="covered_share"),
    Spec(key="epci_covered_pop", group="coverage", layer="epci", column="covered_pop_share"),
    Spec(key="dep_covered", group="coverage", layer="departements", column="covered_share"),
    Spec(key="dep_covered_pop", group="coverage", layer="departements", column="covered_pop_share"),
    Spec(key="opsn_form", group="coverage", layer="opsn", column="legal_form", kind="categories",
         palette={}, words="legal_form"),
    Spec(key="desert_stability", group="deserts", layer="communes", column="stability_share",
         palette="YlOrRd"),
    Spec(key="distance", group="deserts", layer="communes", column="distance_opsn_m", scheme="quantiles",
         palette="YlOrBr"),
    Spec(key="access", group="deserts", layer="communes", column="access_score", scheme="quantiles"),
    Spec(key="services_missing", group="deserts", layer="communes", column="services_missing",
         scheme="quantiles", palette="YlOrRd"),
    Spec(key="desert_population", group="deserts", layer="deserts", column="population", scheme="quantiles",
         palette="YlOrRd", only=("service", "bouquet")),
    Spec(key="nearest_answer", group="representativeness", layer="communes", column="nearest_answer_m",
         scheme="quantiles", palette="PuRd"),
    Spec(key="epci_response", group="representativeness", layer="epci", column="response_share"),
    Spec(key="dep_response", group="representativeness", layer="departements", column="response_share"),
    Spec(key="epci_residual", group="representativeness", layer="epci", column="residual", palette="PuOr"),
    Spec(key="needed_not_offered", group="coverage", layer="departements", column="needed_not_offered_count",
         palette="OrRd"),
    Spec(key="needed_single", group="coverage", layer="departements", column="needed_single_count",
         palette="OrRd"),
    Spec(key="little_used", group="coverage", layer="departements", column="little_used_count",
         palette="OrRd"),
    Spec(key="silence_population", group="representativeness", layer="silences", column="population",
         scheme="quantiles", palette="PuRd"),
)  # fmt: skip


def classify(theme: Theme, values: pd.Series) -> pd.Series:
    """Tell which class of a theme each value falls in, as the styles and the maps draw it.

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
        found = np.where(np.isfinite(numbers), places(numbers, uppers), unknown)
        return pd.Series(found, index=values.index, dtype=int)
    table = {entry.value: place for place, entry in enumerate(plain)} | {State.UNKNOWN.value: unknown}
    return values.astype("object").map(table).where(values.notna(), unknown).fillna(-1).astype(int)


def themes_for(layers: Mapping[str, gpd.GeoDataFrame], lang: Language = "fr") -> tuple[Theme, ...]:
    """Make every known theme that the layers have the column for, in the order of :data:`SPECS`.

    The first theme of each layer is its default. A column without any known value makes no theme. Where a
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
        Empty where no layer has a known column.

    Examples
    --------
    >>> themes = themes_for({"communes": pd.DataFrame({"opsn_count": [0, 1], "path": ["", "epci"]})})
    >>> [(theme.key, theme.default) for theme in themes]
    [('path', True), ('opsn_count', False)]
    """
    studied = {spec.key: _studied(layers.get(spec.layer), spec) for spec in SPECS}
    usable = [spec for spec in SPECS if studied[spec.key][spec.column].notna().any()]
    firsts = {spec.layer: spec.key for spec in reversed(usable)}
    return tuple(
        Theme(
            key=spec.key,
            group=spec.group,
            layer=spec.layer,
            column=spec.column,
            title=text(f"themes.{spec.key}", lang),
            kind=spec.kind,
            classes=_classes(studied[spec.key], spec, lang),
            unit=unit_of(spec.column, lang),
            default=firsts[spec.layer] == spec.key,
            only=spec.only,
        )
        for spec in usable
    )


def _studied(layer: pd.DataFrame | None, spec: Spec) -> pd.DataFrame:
    """Keep the features a theme speaks of; none where the layer or a column it needs is absent."""
    needed = [spec.column, *(spec.only or ())[:1]]
    if layer is None or not set(needed) <= set(layer.columns):
        return pd.DataFrame(columns=needed)
    inside = layer[layer["inside"]] if "inside" in layer else layer
    return inside[inside[spec.only[0]] == spec.only[1]] if spec.only else inside


def _classes(layer: pd.DataFrame, spec: Spec, lang: Language) -> tuple[Class, ...]:
    if isinstance(spec.palette, str):
        made = intervals(layer, spec.column, palette=spec.palette, scheme=spec.scheme, lang=lang)
        missing = text(f"theme_class.{spec.missing}", lang)
        return tuple(replace(entry, label=missing) if entry.hatched else entry for entry in made)
    return categories(layer[spec.column], palette=spec.palette, words=spec.words, lang=lang)
