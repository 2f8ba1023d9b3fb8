"""The committed demonstration is what the generator makes, holds together, and yields the study's figures.

The figures are recomputed from the CSV by plain pandas: not by the package.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from demo import SIMULATED, generate
from demo.territory import reached
from opsn_geo.boundaries.embedded import official_communes

DATA = Path(__file__).parents[2] / "data"
DEMO = DATA / "demo"
COMMUNES = 3789  # of Hauts-de-France in the COG 2021 (DESIGN: sources)

NOT_COMPUTABLE = {
    "staff_total": "the study gives the staff of no OPSN",
    "staff_min": "the study gives the staff of no OPSN",
    "staff_max": "the study gives the staff of no OPSN",
    "staff_mean": "the study gives the staff of no OPSN; 135 / 9 = 15 agrees",
    "staff_mean_national": "a national value",
    "demat_maturity_national_gap": "a national value",
    "dpo_by_opsn": "a value of the CNIL's open data",
}


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def typed_answers(folder: Path) -> pd.DataFrame:
    """Read the export by its codebook: item or item:choice -> slug, '1'/'0' or number; '' = not answered."""
    raw, codebook = table(folder, "answers"), table(folder, "questionnaire")
    columns = {}
    for (column, kind), rows in codebook.groupby(["column", "kind"], sort=False):
        first = rows.iloc[0]
        if kind == "single":
            columns[first["item"]] = (
                raw[column].map(dict(zip(rows["label"], rows["choice"], strict=True))).fillna("")
            )
        elif kind == "yes_no":
            columns[first["item"]] = raw[column].map({"1": "yes", "0": "no", "": ""})
        elif kind == "multiple":
            assert set(raw[column]) <= {"", first["label"]}
            columns[f"{first['item']}:{first['choice']}"] = raw[column].ne("")
        else:
            columns[first["item"] + (f":{first['choice']}" if first["choice"] else "")] = raw[column]
    return pd.DataFrame(columns)


def restrict(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    for condition in filter(None, group.split(";")):
        item, choices = condition.split("=")
        frame = frame[frame[item].isin(choices.split("|"))]
    return frame


def share(frame: pd.DataFrame, item: str, choice: str) -> tuple[int, int]:
    """Numerator and base of a share."""
    several = frame.filter(regex=f"^{item}:")
    if len(several.columns):
        return int(several[f"{item}:{choice}"].sum()), int(several.any(axis=1).sum())
    answered = frame[frame[item].ne("")][item]
    if choice.startswith("<"):
        return int((answered.astype(float) < float(choice[1:])).sum()), len(answered)
    return int(answered.isin(choice.split("|")).sum()), len(answered)


def percent(frame: pd.DataFrame, item: str, choice: str) -> float:
    part, base = share(frame, item, choice)
    return 100 * part / base


def numbers(frame: pd.DataFrame, item: str, choice: str) -> pd.Series:
    if item in frame:
        return pd.to_numeric(frame[item]).dropna()
    wanted = f"{item}:{choice}" if choice else f"{item}:"
    columns = [c for c in frame if c.startswith(wanted)]
    return pd.to_numeric(frame[columns].melt()["value"]).dropna()


def gap(frame: pd.DataFrame, by: str, item: str, choice: str) -> float:
    yes, no = (frame[frame[by].eq(answer)] for answer in ("yes", "no"))
    return percent(yes, item, choice) - percent(no, item, choice)


def recompute(tables: dict[str, pd.DataFrame], figure: pd.Series) -> float:
    frame = restrict(tables[figure["table"]], figure["group"])
    item, choice = figure["item"], figure["choice"]
    if figure["by"] and figure["measure"] in {"min", "mean", "max"}:
        return float(frame.groupby(figure["by"])[item].nunique().agg(figure["measure"]))
    distinct = len(frame[[i for i in item.split("+") if i in frame]].drop_duplicates())
    several = frame.filter(regex=f"^{item}:")
    values = {
        "distinct": lambda: distinct,
        "rate": lambda: 100 * distinct / COMMUNES,
        "count": lambda: share(frame, item, choice)[0],
        "share": lambda: percent(frame, item, choice),
        "gap": lambda: gap(frame, figure["by"], item, choice),
        "mean_choices": lambda: several[several.any(axis=1)].sum(axis=1).mean(),
        "mean": lambda: numbers(frame, item, choice).mean(),
        "median": lambda: numbers(frame, item, choice).median(),
    }
    return float(values[figure["measure"]]())


def disagreements(folder: Path) -> dict[str, tuple[float, float]]:
    tables = {
        name: table(folder, name) for name in ("opsn", "services", "offers", "partnerships", "statements")
    }
    tables["answers"] = typed_answers(folder)
    found = {}
    for _, figure in table(folder, "published_figures").iterrows():
        if figure["figure"] in NOT_COMPUTABLE:
            continue
        value, half = float(figure["value"]), float(figure["precision"]) / 2
        got = recompute(tables, figure)
        agrees = got > value if figure["comparison"] == "gt" else math.isclose(got, value, abs_tol=half)
        if not agrees:
            found[figure["figure"]] = (value, got)
    return found


def test_every_computable_figure_agrees_at_its_published_precision() -> None:
    assert disagreements(DEMO) == {}


def test_at_least_sixty_figures_can_be_recomputed() -> None:
    figures = table(DEMO, "published_figures")
    assert figures["figure"].is_unique
    assert set(NOT_COMPUTABLE) <= set(figures["figure"])
    assert len(figures) - len(NOT_COMPUTABLE) >= 60


@pytest.mark.parametrize("figure", ["staff_total", "staff_mean"])
def test_what_cannot_be_computed_has_no_data(figure: str) -> None:
    assert figure in NOT_COMPUTABLE
    assert table(DEMO, "opsn")["staff"].eq("").all()


def test_a_base_that_the_study_states_is_the_base_of_the_answers() -> None:
    answers = typed_answers(DEMO)
    figures = table(DEMO, "published_figures")
    stated = figures[figures["table"].eq("answers") & figures["measure"].eq("share") & figures["base"].ne("")]
    bases = {
        f["figure"]: share(restrict(answers, f["group"]), f["item"], f["choice"])[1]
        for _, f in stated.iterrows()
    }
    wrong = {
        name: (base, got)
        for (name, got), base in zip(bases.items(), stated["base"].astype(int), strict=True)
        if base != got
    }
    # the share of a function is published without its base: four respondents did not say theirs
    assert wrong == {"role_secretary_director": (488, 484)}


@pytest.fixture(scope="module")
def communes() -> pd.DataFrame:
    every = official_communes(2021)
    return every[every["code_reg"] == "32"]


@pytest.fixture(scope="module")
def epci(communes: pd.DataFrame) -> set[str]:
    return set(communes["siren_epci"].dropna())


@pytest.mark.parametrize("name", SIMULATED)
def test_the_committed_table_is_what_the_default_seed_makes(tmp_path: Path, name: str) -> None:
    generate(tmp_path)
    assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes()


def test_every_file_of_the_study_is_written(tmp_path: Path) -> None:
    written = generate(tmp_path / "new")
    assert {file.name for file in written} == {file.name for file in DEMO.iterdir()}
    assert all((DEMO / file.name).read_bytes() == file.read_bytes() for file in written)


@pytest.mark.parametrize("seed", [7, 1848])
def test_another_seed_keeps_the_margins_with_other_answers(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, seed)
    assert disagreements(tmp_path) == {}
    assert all((tmp_path / name).read_bytes() != (DEMO / name).read_bytes() for name in SIMULATED)


def test_simulated_tables_say_so() -> None:
    assert set(table(DEMO, "memberships")["basis"]) == {"simulated"}
    assert set(table(DEMO, "answers")["basis"]) == {"simulated"}
    assert len(table(DEMO, "assumed_margins")) == 139
    assert set(table(DEMO, "assumed_margins")["basis"]) == {"assumed"}


@pytest.mark.parametrize(
    ("name", "column", "owner", "extra"),
    [
        ("offers", "opsn", "opsn", set()),
        ("offers", "service", "services", set()),
        ("memberships", "opsn", "opsn", set()),
        ("partnerships", "opsn", "opsn", set()),
        ("partnerships", "service", "services", {""}),
    ],
)
def test_slugs_exist(name: str, column: str, owner: str, extra: set[str]) -> None:
    assert set(table(DEMO, name)[column]) - extra <= set(table(DEMO, owner)[column])


def test_questions_on_services_ask_for_services_of_the_catalogue() -> None:
    codebook, services = table(DEMO, "questionnaire"), set(table(DEMO, "services")["service"])
    asked = codebook.groupby("item")["choice"].agg(set)
    assert asked["service_used"] == services
    assert asked["need"] == services | {"objets_connectes", "none"}
    assert asked["opsn_used"] == set(table(DEMO, "opsn")["opsn"])


def test_members_are_bodies_of_the_region(communes: pd.DataFrame, epci: set[str]) -> None:
    members = table(DEMO, "memberships")
    codes = members.groupby("level")["code"].agg(set)
    assert codes["commune"] <= set(communes.index)
    assert codes["epci"] <= epci
    assert codes["departement"] <= set(communes["code_dep"])
    assert codes["other"] == {""}
    assert not members[members["level"].ne("other")].duplicated(["opsn", "level", "code"]).any()


def test_members_take_services_that_their_operator_offers_and_leave_after_they_join() -> None:
    members, offers = table(DEMO, "memberships"), table(DEMO, "offers")
    offered = offers.groupby("opsn")["service"].agg(set)
    some = members[members["services"].ne("")]
    assert len(some)
    assert all(set(s.split(";")) <= offered[o] for o, s in zip(some["opsn"], some["services"], strict=True))
    ended = members[members["until"].ne("")]
    assert len(ended)
    assert (ended["since"] < ended["until"]).all()


def test_perimeters_cover_the_region_but_adhesion_does_not(communes: pd.DataFrame) -> None:
    offers, members = table(DEMO, "offers"), table(DEMO, "memberships")
    assert set(offers["code"]) == set(communes["code_dep"])
    reach = reached(members, offers, communes, "2021-02-01")
    assert 0.5 < reach["code_insee"].nunique() / len(communes) < 0.95
    by_service = reach.groupby("service")["code_insee"].nunique() / len(communes)
    assert by_service.max() < 0.7


def test_each_mairie_that_answers_is_a_real_commune_with_its_own_size(communes: pd.DataFrame) -> None:
    answers = typed_answers(DEMO)
    mairies = answers[answers["structure"].eq("mairie")]
    real = communes.reset_index().rename(columns={"name": "commune_name", "code_dep": "departement"})
    found = mairies.merge(real, on=["commune_name", "departement"], how="left", validate="many_to_one")
    assert found["code_insee"].notna().all()
    told = found[found["commune_code"].ne("")]
    assert told["commune_code"].eq(told["code_insee"]).all()
    assert 0.7 < len(told) / len(found) < 0.95
    small = found["population_band"].isin(["lt_500", "500_1999"])
    assert small.eq(found["population"].lt(2000)).all()
    assert [
        p in c.split(";") for p, c in zip(found["postal_code"], found["postal_codes"], strict=True)
    ].count(False) == 0


def test_larger_communes_answer_more_often_than_they_count(communes: pd.DataFrame) -> None:
    answers = typed_answers(DEMO)
    answering = answers[answers["structure"].eq("mairie")].drop_duplicates(["commune_name", "departement"])
    small = answering["population_band"].isin(["lt_500", "500_1999"]).mean()
    assert small < communes["population"].lt(2000).mean() - 0.05


def test_a_user_is_normally_reached_by_a_membership(communes: pd.DataFrame) -> None:
    answers = typed_answers(DEMO)
    reach = reached(table(DEMO, "memberships"), table(DEMO, "offers"), communes, "2020-12-15")
    told = answers[answers["commune_code"].ne("")]
    member = told["commune_code"].isin(reach["code_insee"])
    assert member[told["uses_opsn"].eq("yes")].mean() > 0.9
    assert member[told["uses_opsn"].eq("yes")].mean() > member[told["uses_opsn"].eq("no")].mean()


def test_only_users_are_asked_of_their_use_and_each_ticks_a_service() -> None:
    answers = typed_answers(DEMO)
    ticks = answers.filter(regex="^service_used:").sum(axis=1)
    assert ticks[answers["uses_opsn"].eq("yes")].min() >= 1
    assert ticks[answers["uses_opsn"].eq("no")].max() == 0


def test_none_excludes_every_other_choice() -> None:
    answers = typed_answers(DEMO)
    for item in ("need", "demat_tool", "data_practice", "collaborative_tool", "security"):
        several = answers.filter(regex=f"^{item}:")
        assert several.loc[several[f"{item}:none"]].sum(axis=1).eq(1).all()


def test_answers_arrive_while_the_survey_is_open() -> None:
    answers = table(DEMO, "answers")
    started, submitted = answers["Start Date (UTC)"], answers["Submit Date (UTC)"]
    assert (started < submitted).all()
    assert started.min() >= "2020-12-03"
    assert submitted.max() < "2021-01-19"
    assert answers["#"].is_unique
    assert list(answers.columns[[0, -1]]) == ["#", "Network ID"]
