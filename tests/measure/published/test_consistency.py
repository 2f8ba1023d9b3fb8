"""What cannot be true together: each check both ways, the founding study, and studies without fault."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from demo import FACTS, generate
from demo.draw import apportion
from demo.respondents import BANDS, band
from opsn_geo.catalogue.basis import BASES
from opsn_geo.measure.coverage.evidence import DIRECT, OFFERED, Coverage
from opsn_geo.measure.published import consistency
from opsn_geo.measure.published.figures import ANSWERS, recomputed
from opsn_geo.pipeline.analyses import published as figures
from opsn_geo.pipeline.analyses import shared_measures
from opsn_geo.pipeline.labels import labels
from opsn_geo.pipeline.load import load
from opsn_geo.publish.sentences import incoherences, worded
from opsn_geo.study import Study, data_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opsn_geo.boundaries.territory import Territory
    from opsn_geo.catalogue.words import Language

CHECKS = ["parts", "lists", "base", "units", "gap", "sizes", "territory"]
COUNT = {"unit": "count", "measure": "distinct", "table": ANSWERS}
SHARE = {"unit": "share", "measure": "share", "table": ANSWERS}
EVERYBODY = {"figure": "n", "value": 488, "item": "respondent", **COUNT}


def published(*rows: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


@pytest.mark.parametrize(
    ("parts", "whole", "unit", "fires"),
    [
        ([26, 4], 31, "count", True),
        ([26, 5], 31, "count", False),
        ([26, 6], 31, "count", True),
        ([87, 6, 5, 2], 100, "share", False),
        ([33, 33, 33], 100, "share", False),  # thirds, rounded
        ([33, 33, 31], 100, "share", True),
        ([62, 41], 100, "share", True),
    ],
)
def test_parts_and_their_whole(parts: list[int], whole: int, unit: str, *, fires: bool) -> None:
    rows = [{"figure": f"p{i}", "value": it, "unit": unit, "part_of": "w"} for i, it in enumerate(parts)]
    found = incoherences(
        consistency.parts_and_wholes(published({"figure": "w", "value": whole, "unit": unit}, *rows))
    )
    assert len(found) == fires
    if fires:
        assert found["subject"].item().split(";") == ["w", *(it["figure"] for it in rows)]
        assert found[["expected", "found"]].to_numpy().tolist() == [[str(whole), str(sum(parts))]]


def test_percentages_of_a_count_make_a_hundred() -> None:
    rows = [
        {"figure": it, "value": value, "unit": "share", "part_of": "n"}
        for it, value in (("a", 70), ("b", 20))
    ]
    found = incoherences(consistency.parts_and_wholes(published(EVERYBODY, *rows)))
    assert found[["expected", "found"]].to_numpy().tolist() == [["100", "90"]]
    rows[1]["value"] = 30
    assert consistency.parts_and_wholes(published(EVERYBODY, *rows)).empty


@pytest.mark.parametrize(
    ("count", "percent", "base", "fires"),
    [
        (80, 18, None, True),
        (88, 18, None, False),
        (351, 72, None, False),
        (80, 18, 444, False),
        (80, 18, 460, True),
    ],
)
def test_the_base_that_a_count_and_a_percentage_imply(
    count: int, percent: float, base: float | None, *, fires: bool
) -> None:
    same = {"item": "attack", "choice": "yes", "table": ANSWERS}
    found = consistency.implied_bases(
        published(
            EVERYBODY,
            {"figure": "c", "value": count, "unit": "count", "measure": "count", **same},
            {"figure": "s", "value": percent, "unit": "share", "measure": "share", "base": base, **same},
        )
    )
    assert found["subject"].tolist() == ["s"] * fires


def test_a_percentage_of_a_group_is_not_held_against_everybody() -> None:
    same = {"item": "attack", "choice": "yes", "table": ANSWERS, "group": "dep=02"}
    found = consistency.implied_bases(
        published(
            EVERYBODY,
            {"figure": "c", "value": 10, "unit": "count", "measure": "count", **same},
            {"figure": "s", "value": 18, "unit": "share", "measure": "share", **same},
        )
    )
    assert found.empty


@pytest.mark.parametrize(("units", "fires"), [(376, True), (422, True), (423, False), (425, False)])
def test_respondents_and_the_units_they_answer_for(units: int, *, fires: bool) -> None:
    people = {"figure": "m", "value": 87, "item": "structure", "choice": "mairie", **SHARE}
    place = {"figure": "u", "value": units, "item": "name+dep", "group": "structure=mairie", **COUNT}
    found = consistency.respondents_and_units(published(EVERYBODY, people, place))
    assert found["subject"].tolist() == ["u"] * fires
    assert found["severity"].tolist() == ["warning"] * fires
    assert consistency.respondents_and_units(published(EVERYBODY, place)).empty


def test_units_of_all_respondents() -> None:
    place = {"figure": "u", "value": 400, "item": "name", **COUNT}
    found = incoherences(consistency.respondents_and_units(published(EVERYBODY, place)))
    assert found["found"].tolist() == ["488 à 488"]


@pytest.mark.parametrize(
    ("value", "others", "fires"), [(7, 0, False), (7, 2, True), (6.3, 0, True), (-9, 2, False), (-3, 2, True)]
)
def test_a_gap_and_its_margin(value: float, others: int, *, fires: bool) -> None:
    rows = [{"figure": "g", "value": value}, *({"figure": f"o{i}", "value": 40} for i in range(others))]
    gaps = published(*rows).assign(label="G", where="", margin=6.4, members=351, others=137)
    found = consistency.narrow_gaps(gaps)
    assert found["subject"].tolist() == ["g"] * fires
    # 7 is beyond the margin of one gap, and within that of three: the sentence says which
    beyond = incoherences(found, lang="en")["evidence"].str.contains("beyond the margin")
    assert beyond.tolist() == [abs(value) > 6.4] * fires


def test_the_margin_of_a_gap_comes_from_what_is_published_of_its_sides() -> None:
    tool = {"table": ANSWERS, "item": "tool", "unit": "share", "measure": "share"}
    users = {"figure": "u", "value": 351, "item": "uses", "choice": "yes", "table": ANSWERS,
             "unit": "count", "measure": "count"}  # fmt: skip
    gap = {**tool, "figure": "g", "value": 7, "unit": "points", "measure": "gap", "by": "uses"}
    sides = [{**tool, "figure": side, "value": value, "group": f"uses={side}"}
             for side, value in (("yes", 17), ("no", 10))]  # fmt: skip
    margins = consistency.gap_margins(published(EVERYBODY, users, gap, *sides)).loc["g"]
    by_hand = 1.959964 * 100 * np.sqrt(0.17 * 0.83 / 351 + 0.10 * 0.90 / 137)
    assert margins.tolist() == pytest.approx([by_hand, 351, 137])
    one_side = consistency.gap_margins(published(EVERYBODY, users, gap, sides[0])).loc["g"]
    assert np.isnan(one_side["margin"])


def test_a_gap_without_margin_is_not_judged() -> None:
    gaps = published({"figure": "g", "value": 1}).assign(
        label="G", where="", margin=np.nan, members=9, others=9
    )
    assert consistency.narrow_gaps(gaps).empty
    assert consistency.narrow_gaps(gaps.iloc[:0]).columns.tolist() == list(consistency.COLUMNS)


def listed(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["list", "item", "says", "code_dep"])
    return frame.assign(kind="service", where=frame["list"])


@pytest.mark.parametrize(
    ("other", "fires"),
    [
        (("rare", "sig", "offered=yes", None), True),
        (("rare", "ads", "offered=yes", None), False),
        (("needed", "sig", "offered=no", None), False),
        (("used", "sig", None, None), False),
        (("rare", "sig", "wanted=yes", None), False),
        (("rare", "sig", "offered=yes", "62"), False),
    ],
)
def test_lists_that_exclude_each_other(
    other: tuple[str, str, str | None, str | None], *, fires: bool
) -> None:
    found = consistency.contradictory_lists(listed(("missing", "sig", "offered=no", None), other))
    assert found["subject"].tolist() == ["sig"] * fires
    assert found["where"].tolist() == ["missing ; rare"] * fires


def test_a_thing_in_three_lists_is_told_once() -> None:
    rows = [
        ("a", "sig", "offered=no", None),
        ("b", "sig", "offered=yes", None),
        ("c", "sig", "offered=no", None),
    ]
    found = incoherences(consistency.contradictory_lists(listed(*rows)))
    assert found["expected"].tolist() == ["« a » et « c »"]


CLAIM = pd.DataFrame({"list": ["survey_representative"], "where": ["III"], "quote": ["très représentatif"]})
PEOPLE = pd.Series([900] * 860 + [5000] * 140)
SMALL = {"figure": "s", "item": "population_band", "choice": "lt_500|500_1999", **SHARE}
MAIRIES = {"figure": "m", "value": 87, "item": "structure", "choice": "mairie", **SHARE}
COMMUNES = {"figure": "u", "value": 420, "item": "name", "group": "structure=mairie", **COUNT}


@pytest.mark.parametrize(
    ("percent", "group", "fires"),
    [
        (67, "", True),  # at most 329 of 420 communes
        (75, "", False),  # 75 % of all are 366 people, of whom 360 may each answer for a small commune
        (75, "structure=mairie", True),
        (86, "structure=mairie", False),
        (100, "structure=mairie", True),
        (99, "", True),
    ],
)
def test_a_sample_and_its_own_sizes(percent: float, group: str, *, fires: bool) -> None:
    rows = published(EVERYBODY, MAIRIES, COMMUNES, {**SMALL, "value": percent, "group": group})
    found = consistency.size_bands(rows, CLAIM, PEOPLE)
    refuted = found[found["severity"] == "contradiction"]
    assert refuted["subject"].tolist() == ["survey_representative"] * fires
    assert [values["reading"] for values in refuted["values"]] == ["refuted"] * fires
    assert consistency.size_bands(rows, CLAIM.iloc[:0], PEOPLE).empty


def possible_small_units(small: range, mairies: range, units: int, everybody: int) -> set[int]:
    """Try every way to be: small people among the mairies, then small communes among those of the mairies."""
    return {
        n_small
        for n_people in mairies
        for n_small_people in small
        for in_mairies in range(
            max(0, n_people + n_small_people - everybody), min(n_people, n_small_people) + 1
        )
        for n_small in range(units + 1)
        if (in_mairies > 0) == (n_small > 0)
        and (n_people > in_mairies) == (units > n_small)
        and n_small <= in_mairies
        and units - n_small <= n_people - in_mairies
    }


@pytest.mark.parametrize(("percent", "units"), [(67, 30), (50, 33), (90, 34), (10, 30), (98, 34)])
def test_the_range_of_small_units_is_that_of_every_composition(percent: int, units: int) -> None:
    """Forty people, 35 of them of 87 % (34.6 to 35.0) in mairies."""
    rows = published(EVERYBODY | {"value": 40}, MAIRIES, COMMUNES | {"value": units},
                     {**SMALL, "value": percent})  # fmt: skip
    ranges = consistency.with_ranges(rows)
    figure = ranges.loc["s"].to_dict()
    small = range(int(np.ceil(0.4 * (percent - 0.5) - 1e-9)), int(0.4 * (percent + 0.5) + 1e-9) + 1)
    mairies = range(int(np.ceil(0.4 * 86.5 - 1e-9)), int(0.4 * 87.5 + 1e-9) + 1)
    expected = possible_small_units(small, mairies, units, 40)
    assert consistency._small_units(figure, ranges) == (units, min(expected), max(expected))


LARGE_AND_SMALL = pd.Series([900] * 860 + [5000] * 140)


@pytest.mark.parametrize(
    ("small", "large", "simulated", "reading", "severity"),
    [
        (250, 126, False, "answers", "contradiction"),
        (250, 126, True, "simulated", "warning"),
        (322, 54, False, None, None),
        (0, 0, False, "open", "warning"),  # nobody's answers are at hand
    ],
)
def test_answers_may_refute_what_the_published_sizes_do_not(
    small: int, large: int, reading: str | None, severity: str | None, *, simulated: bool
) -> None:
    """67 % of 488 people leave 213 to 329 of 376 communes: 86 % lies within."""
    rows = published(EVERYBODY, MAIRIES, COMMUNES | {"value": 376}, {**SMALL, "value": 67})
    answered = pd.Series(
        [*[True] * small, *[False] * (860 - small), *[True] * large, *[False] * (140 - large)]
    )
    found = consistency.size_bands(rows, CLAIM, LARGE_AND_SMALL, answered, simulated=simulated)
    assert [values["reading"] for values in found["values"]] == ([reading] if reading else [])
    assert found["severity"].tolist() == ([severity] if severity else [])
    sentence = incoherences(found)["evidence"].tolist()
    assert all("213" in it and "329" in it for it in sentence)
    assert all("ne prouve rien de l’étude" in it for it in sentence if simulated)


def test_a_contradiction_without_a_quoted_sentence_is_a_reservation() -> None:
    rows = [("rare", "sig", "offered=yes", None), ("missing", "sig", "offered=no", None)]
    bare = listed(*rows)
    assert consistency.contradictory_lists(bare)["severity"].tolist() == ["warning"]
    quoted = consistency.contradictory_lists(bare.assign(quote=["peu proposé", "non couvert"]))
    assert quoted["severity"].tolist() == ["contradiction"]
    assert quoted["quote"].tolist() == ["peu proposé … non couvert"]


@pytest.mark.parametrize(
    ("named", "exhaustive", "severity"),
    [(4, False, "imprecise"), (4, True, "contradiction"), (6, False, "contradiction")],
)
def test_an_open_list_that_names_too_few_is_imprecise(named: int, severity: str, *, exhaustive: bool) -> None:
    rows = published(
        {"figure": "all", "value": 31, "unit": "count"},
        {"figure": "offered", "value": 26, "unit": "count", "part_of": "all", "quote": "26 services"},
        {"figure": "missing", "value": named, "unit": "count", "part_of": "all", "group": "list=missing"},
    )
    lists = pd.DataFrame({"list": ["missing"] * named, "exhaustive": exhaustive})
    assert consistency.parts_and_wholes(rows, lists)["severity"].tolist() == [severity]


@pytest.mark.parametrize(("base", "severity"), [(488, "contradiction"), (None, "warning")])
def test_a_base_contradicts_only_where_the_study_states_it(base: float | None, severity: str) -> None:
    hit = {"item": "attack", "choice": "yes", "table": ANSWERS}
    rows = published(
        EVERYBODY,
        {"figure": "hit", "value": 80, "unit": "count", "measure": "count", **hit},
        {"figure": "rate", "value": 18, "unit": "share", "measure": "share", "base": base,
         "quote": "80, soit 18 %", **hit},
    )  # fmt: skip
    assert consistency.implied_bases(rows)["severity"].tolist() == [severity]


def test_a_few_communes_refute_nothing() -> None:
    few = [EVERYBODY | {"value": 12}, MAIRIES, COMMUNES | {"value": 10}, {**SMALL, "value": 67}]
    assert consistency.size_bands(published(*few), CLAIM, PEOPLE).empty


WHOLE = pd.DataFrame({"list": ["whole_territory_covered"], "where": ["IV"], "quote": ["tout le territoire"]})


def covered(*flags: list[int], complete: bool = True) -> Coverage:
    """Make what is known of two communes (rows) and two services, of one operator."""
    evidence = np.array([list(flags), np.zeros((2, 2))], np.uint8)
    return Coverage(
        places=pd.Index(["a", "b"]), services=pd.Index(["x", "y"]), opsn=pd.Index(["o"]), evidence=evidence,
        since=np.full((2, 2), np.datetime64("NaT")), basis=np.zeros((2, 2), np.int8),
        incomplete=np.array([not complete, False]),
    )  # fmt: skip


BOTH = OFFERED | DIRECT


@pytest.mark.parametrize(
    ("rows", "complete", "severity"),
    [
        (([BOTH, BOTH], [BOTH, BOTH]), True, []),
        (([BOTH, 0], [BOTH, 0]), True, []),  # nobody offers the second service: it is not claimed
        (([BOTH, BOTH], [BOTH, 0]), True, ["contradiction"]),
        (([BOTH, BOTH], [OFFERED, OFFERED]), True, ["contradiction"]),
        (([BOTH, BOTH], [OFFERED, OFFERED]), False, ["warning"]),
        (([BOTH, BOTH], [BOTH, OFFERED]), True, ["warning"]),
        (([BOTH, BOTH], [0, 0]), True, ["contradiction"]),
    ],
)
def test_the_whole_territory(
    rows: tuple[list[int], list[int]], *, complete: bool, severity: list[str]
) -> None:
    known, inside = covered(*rows, complete=complete), np.array([True, True])
    assert consistency.whole_territory(WHOLE, known, inside)["severity"].tolist() == severity
    assert consistency.whole_territory(WHOLE.iloc[:0], known, inside).empty


NOWHERE = pd.DataFrame(
    {"list": "missing", "kind": "service", "item": ["sig", "ads"], "says": "offered=no", "where": "I",
     "quote": "SIG et droit des sols ne sont pas couverts"}
)  # fmt: skip


@pytest.mark.parametrize("basis", ["assumed", "simulated"])
def test_assumed_or_simulated_data_convict_no_study_of_its_territory(basis: str) -> None:
    known, inside = covered([BOTH, BOTH], [0, 0]), np.array([True, True])
    known.basis[0, 1] = BASES.index(basis)  # one cell is enough
    found = consistency.whole_territory(pd.concat([WHOLE, NOWHERE]), known, inside)
    assert found["severity"].tolist() == ["warning"]
    assert found["values"].item() == {"reading": "published", "services": ["sig", "ads"]}
    open_wording = consistency.whole_territory(WHOLE, known, inside)
    assert open_wording["severity"].tolist() == ["imprecise"]
    for rows in (found, open_wording):
        sentence = incoherences(rows, {}, "fr")["evidence"].item()
        assert "ne permettent pas d’en juger" in sentence
        assert "%" not in sentence
    known.basis[:] = BASES.index("list")
    assert consistency.whole_territory(WHOLE, known, inside)["severity"].tolist() == ["contradiction"]


def test_communes_beyond_the_border_do_not_count() -> None:
    known = covered([BOTH, BOTH], [0, 0])
    assert consistency.whole_territory(WHOLE, known, np.array([True, False])).empty


@pytest.fixture(scope="module", params=["fr", "en"])
def traps(request: pytest.FixtureRequest) -> tuple[Language, pd.DataFrame]:
    study = Study.default()
    inputs = load(replace(study, metadata=replace(study.metadata, language=request.param)))
    measured = figures.analysis(inputs, shared_measures(inputs)).tables
    return request.param, worded(measured, request.param, labels=labels(inputs))["incoherences"]


def test_the_founding_study_has_seven_and_no_more(traps: tuple[Language, pd.DataFrame]) -> None:
    found = traps[1]
    columns = ["check", "subject", "severity", "quote", "evidence", "where", "expected", "found", "basis"]
    assert found.columns.tolist() == columns
    assert found["check"].tolist() == CHECKS
    severities = found.set_index("check")["severity"]
    assert severities["parts"] == "imprecise"
    assert severities["lists"] == "contradiction"
    assert set(severities[["base", "units", "gap", "sizes", "territory"]]) == {"warning"}
    weak = found["basis"].isin(["assumed", "simulated"])
    assert not (weak & found["severity"].eq("contradiction")).any()
    assert found.set_index("check")["basis"].drop("sizes").eq("study").all()
    assert (found != "").all().all()


def test_the_evidence_holds_the_numbers_of_the_design(traps: tuple[Language, pd.DataFrame]) -> None:
    evidence = traps[1].set_index("check")["evidence"].str.replace(",", ".")
    numbers = {
        "parts": ["26", "4", "30", "31"],
        "lists": ["SIG"] if traps[0] == "fr" else ["GIS"],
        "base": ["80", "18", "433", "457", "488"],
        "units": ["423", "427", "376"],
        "gap": ["7", "6.4", "351", "137", "7.8"],
        "sizes": ["67", "213", "329", "376", "56.6", "87.5", "85.7", "297", "79", "0.0002"],
        "territory": ["6"],
    }
    for check, expected in numbers.items():
        words = re.findall(r"\d+(?:\.\d+)?|[A-Z]{3,}", evidence[check])
        assert set(expected) <= set(words), evidence[check]
    lists = {"fr": ("non couverts", "très peu proposés"), "en": ("not covered", "rarely offered")}[traps[0]]
    assert all(it in evidence["lists"] for it in lists)


def texts(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False)


def save(frame: pd.DataFrame, file: Path) -> None:
    frame.to_csv(file, index=False, lineterminator="\n")


def put(frame: pd.DataFrame, key: str, column: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Set cells of a table of text, by the rows' key."""
    return frame.assign(
        **{column: frame[key].map(values).astype(object).where(frame[key].isin([*values]), frame[column])}
    )


def drawn_sizes(rng: np.random.Generator, territory: pd.Series, mairies: int) -> dict[str, int]:
    """Draw communes at random, and count those of each small size."""
    sizes = band(territory.loc[rng.choice(territory.index, mairies, replace=False)]).value_counts()
    return {it: int(sizes[it]) for it in list(BANDS)[:2]}


def facts(folder: Path, rng: np.random.Generator) -> None:
    """Write the facts of a study that asserts nothing false: other sizes, other margins, the same structure.

    One answer per commune, communes drawn at random, large gaps, and lists that leave nothing out.
    """
    shutil.copytree(data_dir() / "demo", folder / "demo")
    (folder / "boundaries").symlink_to(data_dir() / "boundaries")
    demo, communes = folder / "demo", inside()
    total = int(rng.integers(350, 700))
    shares = np.array([84, 7, 6, 3]) + rng.multinomial(4, [0.25] * 4) - 1
    structure = dict(zip(("mairie", "epci", "syndicat", "ccas"), shares, strict=True))
    mairies = int(apportion(shares, total)[0])
    gaps = {it: int(rng.integers(25, 40)) for it in ("comedec", "parapheur", "rgpd")}
    told = texts(demo / "published_figures.csv")
    told = put(told, "figure", "value", {f"structure_{it}": str(value) for it, value in structure.items()})
    told = put(told, "figure", "value", {"answers": str(total), "communes": str(mairies)})
    told = put(told, "figure", "value", {"comedec_users": str(10 + gaps["comedec"])})
    save(told, demo / "published_figures.csv")
    assumed = texts(demo / "assumed_margins.csv").astype({"value": float})
    answered = assumed["measure"] == "answered"
    assumed.loc[answered, "value"] = np.floor(assumed.loc[answered, "value"] * total / 500)
    in_dep = assumed["item"] == "departement"
    per_dep = communes["code_dep"].value_counts().reindex(assumed.loc[in_dep, "choice"])
    assumed.loc[in_dep, "value"] = apportion(per_dep.to_numpy(float), total)
    small = drawn_sizes(rng, communes["population"], mairies)
    for size, count in small.items():
        assumed.loc[assumed["choice"] == size, "value"] = 100 * count / total
    users = assumed["group"] == "uses_opsn=yes"
    for choice, least in (("parapheur", 27), ("rgpd", 46)):
        assumed.loc[users & (assumed["choice"] == choice), "value"] = least + gaps[choice]
    save(assumed, demo / "assumed_margins.csv")
    lists = texts(demo / "statements.csv")
    lists = lists[~(lists["list"].eq("rarely_offered") & lists["item"].eq("sig"))]
    forgotten = lists[lists["list"].eq("not_covered")].iloc[[0]].assign(item="gru")
    save(pd.concat([lists, forgotten]), demo / "statements.csv")


def inside() -> pd.DataFrame:
    from opsn_geo.boundaries.embedded import embedded  # noqa: PLC0415

    territory: Territory = embedded(millesime=2021, region="32")
    return pd.DataFrame(territory.inside[["code_dep", "population"]])


def covered_whole(folder: Path) -> None:
    """Let every operator offer all over the region, and the region be a member of each, with whole lists.

    None of it is assumed nor simulated, so that the claim of a territory wholly covered can be judged.
    """
    offers = texts(folder / "offers.csv").drop_duplicates(["opsn", "service"])
    save(offers.assign(level="region", code="32", basis="study"), folder / "offers.csv")
    members = texts(folder / "memberships.csv")
    whole = members.drop_duplicates("opsn").assign(
        level="region", code="32", reaches_communes="true", services="", since="", until="", code_dep=""
    )
    save(pd.concat([members, whole]).assign(basis="list"), folder / "memberships.csv")
    save(texts(folder / "opsn.csv").assign(list_complete="true"), folder / "opsn.csv")


def publish_what_is_true(folder: Path) -> None:
    """Publish each figure as the study's own tables give it, rounded, with the base that it has."""
    inputs = load(Study.from_toml(folder / "study.toml"))
    assert inputs.answers is not None
    answers = inputs.answers.assign(respondent=inputs.answers.index).rename_axis(None)
    figures = inputs.tables["published_figures"]
    found = recomputed(figures, {**inputs.tables, ANSWERS: answers}, units=3789)
    step = figures.set_index("figure")["precision"].astype(float)
    known = found["recomputed"].notna() & figures.set_index("figure")["comparison"].eq("eq")
    value = ((found["recomputed"] / step).round() * step).round(6)[known].map("{:g}".format)
    base = found["recomputed_base"][known & found["recomputed_base"].notna()].map("{:g}".format)
    told = put(texts(folder / "published_figures.csv"), "figure", "value", value.to_dict())
    save(put(told, "figure", "base", base.to_dict()), folder / "published_figures.csv")


def clean(tmp: Path, seed: int) -> Path:
    """Make a study without fault from a seed."""
    facts(tmp / "data", np.random.default_rng([seed, 9]))
    out = tmp / "study"
    assert len(generate(out, seed, data=tmp / "data")) > len(FACTS)
    covered_whole(out)
    publish_what_is_true(out)
    return out


def checked(folder: Path) -> dict[str, pd.DataFrame]:
    inputs = load(Study.from_toml(folder / "study.toml"))
    return dict(figures.analysis(inputs, shared_measures(inputs)).tables)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_study_without_fault_raises_no_alarm(tmp_path: Path, seed: int) -> None:
    found = checked(clean(tmp_path, seed))
    assert found["incoherences"]["values"].tolist() == []
    agreeing = found["figures"]["status"].isin(["agrees", "by_construction"])
    assert set(found["figures"]["status"]) == {"agrees", "by_construction", "not_computable"}
    assert agreeing.sum() >= 98  # besides a few that so small a survey cannot publish


def spoil_cell(file: str, key: str, row: str, column: str, value: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        table = texts(folder / f"{file}.csv")
        assert table[key].eq(row).any()
        save(put(table, key, column, {row: value}), folder / f"{file}.csv")

    return spoil


def listed_twice(folder: Path) -> None:
    lists = texts(folder / "statements.csv")
    again = lists[lists["list"].eq("rarely_offered")].iloc[[0]].assign(item="sig")
    save(pd.concat([lists, again]), folder / "statements.csv")


def not_everywhere(folder: Path) -> None:
    offers = texts(folder / "offers.csv")
    offers.loc[offers["service"] == "formation", ["level", "code"]] = ["departement", "80"]
    save(offers, folder / "offers.csv")


SPOILT: dict[str, Callable[[Path], Any]] = {
    "parts": spoil_cell("published_figures", "figure", "services_not_covered", "value", "4"),
    "lists": listed_twice,
    "base": spoil_cell("published_figures", "figure", "cyberattack_share", "base", "99"),
    "units": spoil_cell("published_figures", "figure", "communes", "value", "200"),
    "gap": spoil_cell("published_figures", "figure", "comedec_gap", "value", "4"),
    "sizes": spoil_cell("published_figures", "figure", "small", "value", "40"),
    "territory": not_everywhere,
}


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a study in which nothing is found, each fault to be put into a copy of it."""
    folder = clean(tmp_path_factory.mktemp("clean"), 99)
    assert checked(folder)["incoherences"].empty
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_one_fault_in_a_clean_study_is_the_one_found(faultless: Path, tmp_path: Path, check: str) -> None:
    folder = Path(shutil.copytree(faultless, tmp_path / "study"))
    SPOILT[check](folder)
    assert checked(folder)["incoherences"]["check"].tolist() == [check]
