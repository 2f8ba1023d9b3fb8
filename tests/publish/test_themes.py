from __future__ import annotations

from itertools import pairwise

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.catalogue import palette
from opsn_geo.catalogue.register import MapKind, Scheme, groups, maps
from opsn_geo.catalogue.states import MembershipPath, State
from opsn_geo.catalogue.words import LANGUAGES, Language, texts
from opsn_geo.publish.classes import equal_counts, round_bounds
from opsn_geo.publish.qgis.style import condition
from opsn_geo.publish.themes import (
    Class,
    Theme,
    categories,
    classify,
    intervals,
    is_unsure,
    legend_label,
    themes_for,
)

NUMBERS = st.lists(
    st.one_of(
        st.none(), st.integers(-50, 3000), st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
    ),
    min_size=1,
    max_size=60,
)


def theme_of(column: str, classes: tuple[Class, ...], kind: MapKind) -> Theme:
    return Theme(key="k", group="coverage", layer="l", column=column, title="t", kind=kind, classes=classes)


@settings(deadline=None)
@given(
    values=NUMBERS,
    scheme=st.sampled_from(["pretty", "quantiles"]),
    palette=st.sampled_from(["YlGnBu", "PuOr"]),
)
def test_every_value_falls_in_the_one_class_that_counts_it(
    values: list[object], scheme: Scheme, palette: str
) -> None:
    frame = pd.DataFrame({"x": pd.array(values, dtype="Float64")})
    classes = intervals(frame, "x", scheme=scheme, palette=palette)
    places = classify(theme_of("x", classes, "intervals"), frame["x"])
    assert np.bincount(places, minlength=len(classes)).tolist() == [entry.count for entry in classes]
    assert sum(entry.count for entry in classes) == len(values)


@settings(deadline=None)
@given(values=NUMBERS)
def test_bounds_rise_meet_and_hold_the_greatest_value(values: list[object]) -> None:
    frame = pd.DataFrame({"x": pd.array(values, dtype="Float64")})
    drawn = [entry for entry in intervals(frame, "x") if not entry.hatched]
    assert all(low.upper == high.lower < high.upper for low, high in pairwise(drawn))
    known = [value for value in values if value is not None]
    assert not known or drawn[-1].upper >= max(known)


@settings(deadline=None)
@given(values=NUMBERS)
def test_labels_and_colours_of_intervals_differ(values: list[object]) -> None:
    drawn = intervals(pd.DataFrame({"x": pd.array(values, dtype="Float64")}), "x", scheme="quantiles")
    assert len({entry.colour for entry in drawn}) == len(drawn)
    uppers = [entry.upper for entry in drawn if not entry.hatched]
    if all(b - a > 1e-6 * max(abs(a), abs(b), 1e-3) for a, b in pairwise(uppers)):
        assert len({entry.label for entry in drawn}) == len(drawn)


@settings(deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.sampled_from([*State, "autre"])), min_size=1))
def test_every_category_is_counted_once_and_unknown_takes_the_missing(values: list[object]) -> None:
    column = pd.Series(values, dtype="object")
    classes = categories(column, palette=palette.STATES, words="state")
    places = classify(theme_of("state", classes, "categories"), column)
    assert np.bincount(places, minlength=len(classes)).tolist() == [entry.count for entry in classes]
    assert sum(entry.hatched for entry in classes) == any(value in {None, "unknown"} for value in values)


@settings(deadline=None)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # mapclassify warns of ties
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=60, unique=True), st.integers(3, 7))
def test_classes_are_those_of_mapclassify(values: list[int], most: int) -> None:
    known = 1000.0 * np.array(values)  # whole steps: a bound at 0.1 + 0.2 is nobody's error
    pretty = mapclassify.PrettyBreaks(known, k=most).bins
    assert round_bounds(known.min(), known.max(), most) == pytest.approx(pretty)
    quantiles = mapclassify.Quantiles(known, k=most).bins
    assert equal_counts(known, most) == pytest.approx(quantiles)


def test_shares_read_in_percent_as_each_language_writes_them() -> None:
    frame = pd.DataFrame({"covered_share": np.linspace(0, 1, 21)})
    assert intervals(frame, "covered_share", lang="fr")[1].label == "20 à 40\u202f%"
    assert intervals(frame, "covered_share", lang="en")[-1].label == "over 80%"


def test_metres_read_in_kilometres_with_the_digits_their_bounds_have() -> None:
    frame = pd.DataFrame({"d_m": np.linspace(0.5, 3_440.5, 401)})
    found = intervals(frame, "d_m", scheme="quantiles", most=4)
    assert [entry.upper for entry in found[:-1]] == [860, 1_700, 2_600]
    told = [entry.label.replace("\u00a0", " ") for entry in found]
    assert told == ["0,86 km au plus", "0,86 à 1,7 km", "1,7 à 2,6 km", "plus de 2,6 km"]


def test_a_few_whole_metres_are_told_in_kilometres_too() -> None:
    frame = pd.DataFrame({"d_m": [0, 2_000, 18_000, 36_000]})
    labels = [entry.label for entry in intervals(frame, "d_m", lang="en")]
    assert labels == ["0\u00a0km", "2\u00a0km", "18\u00a0km", "36\u00a0km"]


def test_whole_metres_meet_in_kilometres() -> None:
    labels = [
        entry.label for entry in intervals(pd.DataFrame({"d_m": range(0, 31_000, 7)}), "d_m", lang="en")
    ]
    assert labels == ["up to 10\u00a0km", "10 to 20\u00a0km", "20 to 30\u00a0km", "over 30\u00a0km"]


def test_a_bound_keeps_the_digits_it_needs() -> None:
    frame = pd.DataFrame({"x_share": np.linspace(0, 0.1, 200)})
    assert [entry.label for entry in intervals(frame, "x_share", scheme="quantiles", most=4, lang="en")] == [
        "up to 2.5%", "2.5 to 5%", "5 to 7.5%", "over 7.5%",
    ]  # fmt: skip


def test_whole_numbers_do_not_share_a_bound() -> None:
    labels = [entry.label for entry in intervals(pd.DataFrame({"services": range(31)}), "services")]
    assert labels[:3] == ["10 au plus", "11 à 20", "plus de 20"]


def test_a_count_of_thousands_has_a_thin_space() -> None:
    assert (
        legend_label(categories(pd.Series(["member"] * 1234), words="state")[0])
        == "adhésion en vigueur (1\u202f234)"
    )


def test_a_diverging_palette_has_one_class_around_zero() -> None:
    bounds = [
        entry.upper
        for entry in intervals(pd.DataFrame({"residual": [-0.1, 0.0, 0.4]}), "residual", palette="PuOr")
    ]
    assert bounds[:2] == [-0.2, 0.2]
    assert len(bounds) % 2 == 1


def test_no_way_of_membership_is_a_class_and_not_an_unknown() -> None:
    none, direct = categories(pd.Series(["", "direct"]), palette=palette.PATHS, words="path")[::-1]
    assert (none.label, none.hatched, direct.value) == ("aucune connue", False, "direct")


def test_a_value_that_may_belong_to_a_higher_class_is_counted_as_unsure() -> None:
    """Classes of a fifth: the first EPCI may be anywhere, the second is in one class whatever the truth."""
    shares = {"covered_share": [0.0, 0.25, 1.0], "covered_possible_share": [1.0, 0.35, 1.0]}
    layer = pd.DataFrame(shares, index=["a", "b", "c"])
    theme = themes_for({"epci": layer})[0]
    assert is_unsure(theme, layer).to_dict() == {"a": True, "b": False, "c": False}
    assert theme.unsure_count == 1
    assert (
        themes_for({"epci": layer.assign(covered_possible_share=layer["covered_share"])})[0].unsure_count == 0
    )


def test_no_known_way_and_an_unknown_one_are_drawn_apart_where_both_are_null() -> None:
    layer = pd.DataFrame({"path": ["", "", "epci"], "state": ["unknown", "offered", "member"]})
    theme = next(it for it in themes_for({"communes": layer}) if it.key == "path")
    conditions = {(it.value, it.hatched): condition(theme, it) for it in theme.classes}
    shown = """if(coalesce("state", 'unknown') = 'unknown', NULL, coalesce("path", ''))"""
    assert conditions["", False] == f"{shown} = ''"
    assert [it for (_, hatched), it in conditions.items() if hatched] == [
        f"{shown} IS NULL OR {shown} = 'unknown'"
    ]


def test_a_theme_appears_only_with_its_column_and_a_known_value() -> None:
    layers = {"communes": pd.DataFrame({"opsn_count": [1, 2], "path": [None, None]})}
    assert [theme.key for theme in themes_for(layers)] == ["opsn_count"]


def test_each_layer_opens_with_one_theme() -> None:
    columns = {each.layer: [] for each in maps().values()}
    for each in maps().values():
        columns[each.layer].append(each.column)
    layers = {layer: pd.DataFrame({name: ["1", "2"] for name in names}) for layer, names in columns.items()}
    layers["deserts"]["service"] = "bouquet"
    themes = themes_for(layers)
    assert [theme.key for theme in themes] == list(maps())
    assert sorted(theme.layer for theme in themes if theme.default) == sorted(columns)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_theme_and_group_has_a_title(lang: Language) -> None:
    assert all(each.title(lang) and groups()[each.group].title(lang) for each in maps().values())
    assert len({each.title(lang) for each in maps().values()}) == len(maps())


def test_states_and_paths_have_a_colour_each() -> None:
    assert set(palette.STATES) == set(texts("state")) == set(State)
    assert set(palette.PATHS) == set(MembershipPath)


def test_communes_beyond_the_border_are_context_and_not_counted() -> None:
    layer = pd.DataFrame({"opsn_count": [1, 2, 2], "inside": [True, True, False]})
    (theme,) = themes_for({"communes": layer})
    assert [(entry.label, entry.count) for entry in theme.classes] == [("1", 1), ("2", 1)]


def test_a_missing_dependence_says_that_there_is_no_operator() -> None:
    (theme,) = themes_for({"communes": pd.DataFrame({"dependence_share": [0.5, None, 1.0]})})
    assert theme.classes[-1].label == "aucun OPSN connu"


def test_a_theme_of_one_service_counts_its_deserts_alone() -> None:
    layer = pd.DataFrame({"service": ["bouquet", "dpd", "bouquet"], "population": [10, 20, 30]})
    (theme,) = themes_for({"deserts": layer})
    assert theme.only == ("service", "bouquet")
    assert [entry.count for entry in theme.classes] == [1, 1]
