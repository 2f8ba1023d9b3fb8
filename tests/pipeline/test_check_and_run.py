"""What a check passes a run does not refuse, and the reverse: a study spoilt in more than a hundred ways.

What makes a study unfit is tried alone. What does not is tried together, one spoiling of each part at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from opsn_geo.errors import Fault, InputError
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.load import Loading, load, read_and_link
from opsn_geo.pipeline.run import measure, published
from opsn_geo.study import Metadata, Study

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.boundaries.territory import Territory


@dataclass
class Parts:
    """What the toy study is made of, to be spoilt."""

    head: Metadata
    communes: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame]
    options: dict[str, Any] = field(default_factory=dict)

    def study(self) -> Study:
        return Study.from_frames(self.head, self.communes, self.tables, **self.options)


Spoil = Callable[[Parts], object]


@dataclass(frozen=True)
class Spoiling:
    """One way to spoil one part of the study; `cause`: the fault that both must find, if any."""

    part: str
    title: str
    cause: str
    spoil: Spoil


SPOILINGS: list[Spoiling] = []


def spoils(part: str, cause: str = "") -> Callable[[Spoil], Spoil]:
    """Add a way to spoil a part, named by its function."""

    def add(spoil: Spoil) -> Spoil:
        SPOILINGS.append(Spoiling(part, spoil.__name__, cause, spoil))
        return spoil

    return add


def table(name: str, cause: str = "", **spoilings: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Add ways to spoil one table, by title."""
    for title, spoil in spoilings.items():

        def apply(parts: Parts, spoil: Callable[[pd.DataFrame], pd.DataFrame] = spoil) -> None:
            parts.tables[name] = spoil(parts.tables[name])

        SPOILINGS.append(Spoiling(name, title, cause, apply))


def first(value: object) -> Callable[[Parts], None]:
    """Put a geometry in the place of the first commune's."""

    def apply(parts: Parts) -> None:
        shapes = list(parts.communes.geometry)
        parts.communes = parts.communes.set_geometry([value, *shapes[1:]], crs=parts.communes.crs)

    return apply


def everywhere(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Callable[[Parts], None]:
    """Change all communes."""

    def apply(parts: Parts) -> None:
        parts.communes = change(parts.communes)

    return apply


def option(name: str, value: object) -> Callable[[Parts], None]:
    """Set an option of the study."""

    def apply(parts: Parts) -> None:
        parts.options[name] = value

    return apply


def undrawn(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take every outline away."""
    return communes.set_geometry([None] * len(communes), crs=2154)


def asked(name: str = "s", **rows: dict[str, str]) -> Callable[[Parts], None]:
    """Ask for a scenario that adds one row to a table."""
    return option("scenarios", {name: {table: [row] for table, row in rows.items()}})


X, Y = 600_000, 6_900_000
with np.errstate(invalid="ignore"):
    UNFINISHED = Polygon([(X, Y), (X + 9, np.nan), (X, Y + 9)])
BOW = Polygon([(X, Y), (X + 1000, Y + 1000), (X + 1000, Y), (X, Y + 1000)])
OTHERS: dict[str, dict[str, tuple[str, Spoil]]] = {
    "communes": {
    "nothing spoilt": ("", lambda _: None),
    "one geometry missing": ("wrong_geometry", first(None)),
    "one geometry empty": ("wrong_geometry", first(Polygon())),
    "a point for a commune": ("wrong_geometry", first(Point(X, Y))),
    "a line for a commune": ("wrong_geometry", first(LineString([(X, Y), (X + 1, Y)]))),
    "a vertex that is no number": ("wrong_geometry", first(UNFINISHED)),
    "a bow tie": ("wrong_geometry", first(BOW)),
    "an overlap": ("invalid_outlines", first(box(X, Y, X + 1500, Y + 1000))),
    "every geometry missing": ("wrong_geometry", everywhere(undrawn)),
    "metres declared as degrees": (
        "misplaced", everywhere(lambda it: it.set_crs(4326, allow_override=True)),
    ),
    "degrees declared as metres": (
        "misplaced", everywhere(lambda it: it.to_crs(4326).set_crs(2154, allow_override=True)),
    ),
    "latitude and longitude swapped": (
        "misplaced",
        everywhere(lambda it: it.set_geometry(it.to_crs(4326).geometry.map(swapped), crs=4326)),
    ),
    "no projection": ("frame_projection", everywhere(lambda it: it.set_crs(None, allow_override=True))),
    "no commune": ("empty_layer", everywhere(lambda it: it.iloc[:0])),
    "a single commune": ("", everywhere(lambda it: it.iloc[:1])),
    "two communes far apart": ("", everywhere(lambda it: it.iloc[[0, 12]])),
    "no EPCI code": ("", everywhere(lambda it: it.assign(siren_epci=None))),
    "EPCI codes in words": ("", everywhere(lambda it: it.assign(siren_epci="CC A"))),
    "no EPCI column": ("", everywhere(lambda it: it.drop(columns="siren_epci"))),
    "no name": ("", everywhere(lambda it: it.drop(columns="name"))),
    "names missing": ("", everywhere(lambda it: it.assign(name=None))),
    "no population": ("", everywhere(lambda it: it.drop(columns="population"))),
    "population in words": ("wrong_value", everywhere(lambda it: it.assign(population="many"))),
    "negative population": ("wrong_value", everywhere(lambda it: it.assign(population=-5))),
    "endless population": ("wrong_value", everywhere(lambda it: it.assign(population=np.inf))),
    "nobody lives there": ("", everywhere(lambda it: it.assign(population=0))),
    "a code twice": ("repeated_label", everywhere(lambda it: it.rename({"80002": "80001"}))),
    "codes of no commune": ("wrong_code", everywhere(lambda it: it.rename(index="X{}".format))),
    "the index is no code": ("frame_column", everywhere(lambda it: it.reset_index(drop=True))),
    "two projections": ("several_projections", everywhere(lambda it: it.rename({"80002": "97102"}))),
    },
    "head": {
    "an old vintage": ("", lambda it: setattr(it, "head", replace(it.head, millesime=1943))),
    "a late vintage": ("", lambda it: setattr(it, "head", replace(it.head, millesime=2100))),
    },
    "survey": {
    "margins that nobody has": ("unknown_variable_key", option("survey", {"margins": ("size",)})),
    "margins of EPCI": ("", option("survey", {"margins": ("siren_epci",)})),
    "margins of a variable": ("", option("survey", {"margins": ("zone",)})),
    "wide bounds": ("", option("survey", {"weight_bounds": (0, 100)})),
    "a named commune that is unknown": ("named_unknown", option("survey", {"named": ("99999",)})),
    "a named commune that did not answer": ("named_silent", option("survey", {"named": ("80010",)})),
    "a named commune": ("", option("survey", {"named": ("80001",)})),
    },
    "min_answers": {
    "no group is large enough": ("", option("min_answers", 1000)),
    "every group is large enough": ("", option("min_answers", 1)),
    },
    "deserts": {
    "deserts of thousands": ("", option("deserts", {"min_communes": 5000, "min_population": 10**8})),
    "all communes are towns": ("", option("deserts", {"urban_density": 0, "urban_min_communes": 2})),
    "no commune is a town": ("", option("deserts", {"urban_density": 10**8})),
    },
    "scenarios": {
    "a scenario of nobody": (
        "wrong_scenario", asked(memberships={"opsn": "nobody", "code": "200000438"}),
    ),
    "a scenario without an operator": (
        "wrong_scenario", asked(memberships={"code": "200000438"}),
    ),
    "a scenario nowhere": (
        "wrong_scenario", asked(memberships={"opsn": "alpha", "code": "999999999"}),
    ),
    "a scenario of no service": (
        "wrong_scenario", asked(offers={"opsn": "alpha", "service": "x", "code": "80"}),
    ),
    "a scenario without rows": ("", option("scenarios", {"s": {}})),
    "a scenario with empty rows": ("", option("scenarios", {"s": {"memberships": [], "offers": []}})),
    "a scenario": ("", asked(memberships={"opsn": "beta", "code": "200000438"})),
    },
}  # fmt: skip
SPOILINGS += [
    Spoiling(part, title, cause, spoil)
    for part, spoilings in OTHERS.items()
    for title, (cause, spoil) in spoilings.items()
]


def swapped(shape: MultiPolygon) -> Polygon:
    """Exchange the coordinates of a square."""
    return Polygon([(y, x) for x, y in shape.geoms[0].exterior.coords])


def none(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the header alone."""
    return frame.iloc[:0]


table("opsn", **{"no row": none}, cause="unknown_reference")
table("services", **{"no row": none}, cause="unknown_reference")
table("offers", **{"no row": none})
table("memberships", **{"no row": none})
table("answers", **{"no row": none, "all rejected": lambda it: it.assign(town="99999")})
table("questionnaire", **{"no row": none})
table("variables", **{"no row": none})
for each in ("opsn", "services", "offers", "memberships", "questionnaire"):
    table(each, **{"no column": lambda it: it.iloc[:, :0]}, cause="frame_column")
table("opsn", "repeated_key", twice=lambda it: pd.concat([it, it], ignore_index=True))
table("opsn", "wrong_value", **{"staff in words": lambda it: it.assign(staff="many")})
table(
    "opsn",
    **{
        "odd staff": lambda it: it.assign(staff=[-5, 1e300]),
        "an unknown seat": lambda it: it.assign(seat="99999"),
        "a long name": lambda it: it.assign(name="x" * 5000),
        "hostile names": lambda it: it.assign(name="\x1b[2J<b>'\"&%"),
        "nothing but slugs": lambda it: it[["opsn"]],
    },
)
table(
    "services",
    **{"nothing but slugs": lambda it: it[["service"]]},
)
table("services", "empty_cell", **{"no name": lambda it: it.assign(name=None)})
table("offers", "unknown_reference", **{"an unknown service": lambda it: it.assign(service="dpo")})
table("offers", "wrong_value", **{"an unknown level": lambda it: it.assign(level="canton")})
table("offers", nowhere=lambda it: it.assign(code="99"))
table("memberships", "unknown_reference", **{"an unknown operator": lambda it: it.assign(opsn="gamma")})
table("memberships", "wrong_value", **{"no dates": lambda it: it.assign(since="soon")})
table(
    "memberships",
    **{
        "all rejected": lambda it: it.assign(code="99999"),
        "no code": lambda it: it.drop(columns="code"),
        "ends before it begins": lambda it: it.assign(until="1999-01-01"),
        "for no service": lambda it: it.assign(services=""),
        "of a région": lambda it: it.assign(level="region", code="32"),
    },
)
table("questionnaire", "wrong_value", **{"an unknown kind": lambda it: it.assign(kind="maybe")})
table("questionnaire", "missing_question", **{"an unknown column": lambda it: it.assign(column=[*"abcd"])})
table("questionnaire", "repeated_key", twice=lambda it: pd.concat([it, it], ignore_index=True))
table(
    "questionnaire",
    **{
        "no choice": lambda it: it.assign(choice=None),
        "one item for all": lambda it: it.assign(item="x"),
        "all text": lambda it: it.assign(kind="text"),
        "all meta": lambda it: it.assign(kind="meta"),
        "places alone": lambda it: it.iloc[:1],
        "nothing places": lambda it: it.iloc[1:],
        "ranked needs": lambda it: it.replace({"item": {"tool": "need"}}),
        "who uses an operator": lambda it: it.replace({"item": {"cloud": "uses_opsn"}}),
        "the kind of body": lambda it: it.replace({"item": {"cloud": "structure"}}),
    },
)
table("questionnaire", "wrong_answer", **{"all scales": lambda it: it.assign(kind="scale")})
table("questionnaire", "wrong_answer", **{"all single": lambda it: it.assign(kind="single")})
table(
    "answers",
    **{
        "one answer": lambda it: it.iloc[:1],
        "three answers": lambda it: it.iloc[:3],
        "one commune": lambda it: it.assign(town="80001"),
        "all say yes": lambda it: it.assign(cloud=True),
        "nobody says anything": lambda it: it.assign(**dict.fromkeys(it.columns[1:])),
        "hostile": lambda it: it.assign(town="\x1b[2J"),
    },
)
table("variables", "no_variable", **{"codes alone": lambda it: it[["code"]]})
table(
    "variables",
    "taken_variable",
    **{"a name that is taken": lambda it: it.rename(columns={"zone": "size_band"})},
)
table(
    "variables",
    **{
        "of no commune": lambda it: it.assign(code="99999"),
        "all missing": lambda it: it.assign(zone=None),
        "numbers": lambda it: it.assign(zone=[1.5, -3]),
    },
)


@spoils("survey", "infeasible_weights")
def bounds_that_no_weights_keep(parts: Parts) -> None:
    # five communes of six answer in one département, six of six in the other
    towns = [f"8000{number}" for number in (1, 2, 5, 6, 9)]
    towns += [f"600{number:02}" for number in (3, 4, 7, 8, 11, 12)]
    ticks = {"cloud": True, "tool – agenda": True, "tool – video": None}
    parts.tables["answers"] = pd.DataFrame({"town": towns, **ticks})
    parts.options["survey"] = {
        "margins": ("code_dep",),
        "weight_bounds": (0.99, 1.001),
        "respondents": "public",  # levels stay as they are, though one of them lacks a single commune
    }


@spoils("statements", "frame_column")
def statements_without_columns(parts: Parts) -> None:
    parts.tables["statements"] = pd.DataFrame({"where": ["page 3"]})


@spoils("statements")
def statements_of_anything(parts: Parts) -> None:
    rows = {"list": ["a", "a", "b"], "kind": ["odd", "services", "opsn"], "item": ["x", "dpd", "alpha"]}
    parts.tables["statements"] = pd.DataFrame(rows)


@spoils("figures")
def figures_of_anything(parts: Parts) -> None:
    odd = {"table": ["nothing", "communes", "answers", "opsn"], "measure": ["x", "count", "share", "max"]}
    parts.tables["published_figures"] = pd.DataFrame(
        {"figure": [*"abcd"], "label": "A figure", "value": [1, -5, 1e300, 0], "unit": "odd", **odd}
    )


@spoils("figures", "wrong_value")
def figures_in_words(parts: Parts) -> None:
    row = {"figure": ["a"], "label": "A figure", "value": "many", "unit": "communes"}
    parts.tables["published_figures"] = pd.DataFrame(row)


@spoils("partnerships", "unknown_reference")
def partnerships_of_nobody(parts: Parts) -> None:
    parts.tables["partnerships"] = pd.DataFrame({"partnership": ["p"], "opsn": ["nobody"]})


@spoils("partnerships")
def partnerships_of_one(parts: Parts) -> None:
    parts.tables["partnerships"] = pd.DataFrame({"partnership": ["p"], "opsn": ["alpha"]})


@spoils("questionnaire", "missing_questionnaire")
def answers_without_a_questionnaire(parts: Parts) -> None:
    del parts.tables["questionnaire"]


@spoils("answers")
def a_questionnaire_without_answers(parts: Parts) -> None:
    del parts.tables["answers"]


@spoils("communes", "no_frame")
def no_communes_at_all(parts: Parts) -> None:
    parts.communes = None


@spoils("offers", "no_frame")
def a_list_for_a_table(parts: Parts) -> None:
    parts.tables["offers"] = [1, 2]  # type: ignore[assignment]


@spoils("cnil", "frame_column")
def a_register_of_other_columns(parts: Parts) -> None:
    parts.tables["cnil"] = pd.DataFrame({"a": ["b"]})


@spoils("banatic", "frame_column")
def an_export_of_other_columns(parts: Parts) -> None:
    parts.tables["banatic"] = pd.DataFrame({"a": ["b"]})


def refused(step: Callable[[], object]) -> tuple[Fault, ...]:
    """Return the faults that a step raises."""
    try:
        step()
    except InputError as error:
        return tuple(dict.fromkeys(error.faults))
    return ()


@pytest.fixture
def agreed(
    place: Territory,
    toy_head: Metadata,
    toy_tables: dict[str, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[list[Spoiling]], tuple[Fault, ...]]:
    """Give what spoils the study and returns the faults that a check and a run both find in it."""
    # both begin by the same load: once is enough
    loaded: dict[int, Loading] = {}

    def once(study: Study) -> Loading:
        if id(study) not in loaded:
            loaded[id(study)] = read_and_link(study)
        return loaded[id(study)]

    monkeypatch.setattr("opsn_geo.pipeline.check.read_and_link", once)
    monkeypatch.setattr("opsn_geo.pipeline.load.read_and_link", once)

    def agree(spoilings: list[Spoiling]) -> tuple[Fault, ...]:
        own = ["name", "siren_epci", "population", "geometry"]
        parts = Parts(toy_head, place.communes[own], toy_tables)
        for spoiling in spoilings:
            spoiling.spoil(parts)
        study = parts.study()
        report = check(study)
        faults = refused(lambda: published(measure(load(study))))
        assert report.faults == faults
        assert report.text("fr")
        assert report.as_record("en")
        return faults

    return agree


UNFIT = [spoiling for spoiling in SPOILINGS if spoiling.cause]


@pytest.mark.parametrize("spoiling", UNFIT, ids=[f"{it.part}: {it.title}" for it in UNFIT])
def test_what_makes_a_study_unfit_is_a_fault_of_check_and_of_run(
    agreed: Callable[[list[Spoiling]], tuple[Fault, ...]], spoiling: Spoiling
) -> None:
    assert spoiling.cause in {fault.cause for fault in agreed([spoiling])}


def together() -> list[list[Spoiling]]:
    """Put the spoilings that leave a study fit together, one of each part in each list."""
    fit: dict[str, list[Spoiling]] = {}
    for spoiling in SPOILINGS:
        if not spoiling.cause:
            fit.setdefault(spoiling.part, []).append(spoiling)
    return [[some for some in row if some] for row in zip_longest(*fit.values())]


@pytest.mark.parametrize("spoilings", together(), ids=lambda row: "; ".join(it.title for it in row))
def test_what_leaves_a_study_fit_is_run_as_check_says(
    agreed: Callable[[list[Spoiling]], tuple[Fault, ...]], spoilings: list[Spoiling]
) -> None:
    assert agreed(spoilings) == ()


def test_more_than_a_hundred_studies_are_spoilt() -> None:
    assert len({(it.part, it.title) for it in SPOILINGS}) == len(SPOILINGS) > 100
