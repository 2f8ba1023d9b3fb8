"""SIMULATED respondents: who answers, from which real commune or EPCI, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demo.draw import deal, take

if TYPE_CHECKING:
    from demo.territory import Territory

BANDS = {"lt_500": 0, "500_1999": 500, "2000_9999": 2_000, "10000_49999": 10_000, "ge_50000": 50_000}
SMALL = ("lt_500", "500_1999")


def band(population: pd.Series[int]) -> pd.Series[str]:
    """Give the size band of each population.

    >>> band(pd.Series([499, 2_000])).tolist()
    ['lt_500', '2000_9999']
    """
    edges = [*BANDS.values(), np.inf]
    return pd.cut(population, edges, right=False, labels=list(BANDS)).astype(object)


def draw_respondents(
    rng: np.random.Generator,
    territory: Territory,
    counts: dict[str, dict[str, int]],
    communes: int,
    pull: pd.Series[float],
) -> pd.DataFrame:
    """Draw who answers.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of every draw.
    territory : Territory
        Real communes and EPCI.
    counts : dict
        Exact counts of `structure`, `departement` and of the small bands of `population_band`; whoever is
        not in a small band is in a larger one, and all small ones are mairies.
    communes : int
        How many distinct communes the mairies that answer belong to.
    pull : Series of float
        By `code_insee`: how likely a commune is to answer.

    Returns
    -------
    DataFrame
        `structure`, `departement`, `population_band`, `organisation`, `code_insee` (the commune of the
        respondent, or one of its EPCI), `population`; one row per respondent, in no order.
    """
    people = pd.DataFrame({name: deal(rng, counts[name]) for name in ("structure", "departement")})
    mairie = people["structure"].eq("mairie").to_numpy()
    small = counts["population_band"]
    wide = deal(rng, {**small, "larger": int(mairie.sum()) - sum(small.values())})
    people["wide"] = "larger"
    people.loc[mairie, "wide"] = wide.to_numpy()
    known = territory.communes.assign(pull=pull)
    known["wide"] = band(known["population"]).where(known["population"].lt(BANDS["2000_9999"]), "larger")
    known = known[~known.duplicated(["name", "code_dep"], keep=False)]
    people["code_insee"] = ""
    people.loc[mairie, "code_insee"] = _mairies(rng, people[mairie], known, communes)
    people["organisation"] = ""
    _others(rng, people, known, territory.epci)
    at = known.reindex(people["code_insee"])
    people["population"] = np.where(
        people["structure"].eq("epci"), people.pop("epci_population"), at["population"]
    )
    people["population_band"] = band(people["population"])
    return people.drop(columns="wide")


def _mairies(
    rng: np.random.Generator, people: pd.DataFrame, known: pd.DataFrame, communes: int
) -> pd.Series[str]:
    """Give each mairie's respondent a commune: `communes` of them distinct, the rest colleagues of these."""
    cell = ["departement", "wide"]
    repeatable = people.duplicated(cell) * people["wide"].map({"lt_500": 1, "500_1999": 2, "larger": 5})
    colleague = np.zeros(len(people), bool)
    colleague[take(rng, repeatable.to_numpy(dtype=float), len(people) - communes)] = True
    given = pd.Series("", index=people.index, dtype=object)
    for key, part in people.groupby(cell):
        (code_dep, wide), rows = map(str, key), part.index
        pool = known[known["code_dep"].eq(code_dep) & known["wide"].eq(wide)]
        again = colleague[people.index.get_indexer(rows)]
        first = pool.iloc[take(rng, pool["pull"].to_numpy(), int((~again).sum()))]
        given[rows[~again]] = rng.permutation(first.index.to_numpy())
        chance = np.sqrt(first["population"].to_numpy(dtype=float))
        given[rows[again]] = rng.choice(first.index.to_numpy(), int(again.sum()), p=chance / chance.sum())
    return given


def _others(rng: np.random.Generator, people: pd.DataFrame, known: pd.DataFrame, epci: pd.DataFrame) -> None:
    """Give each EPCI, CCAS and syndicat a name, and a commune in which it lies."""
    people["epci_population"] = 0
    centres = known.sort_values("population").groupby("siren_epci").tail(1)
    largest = centres.reset_index().set_index("siren_epci")["code_insee"]
    names = {"ccas": "CCAS – ", "syndicat": "Syndicat intercommunal – "}
    for key, part in people[~people["structure"].eq("mairie")].groupby(["structure", "departement"]):
        structure, code_dep = map(str, key)
        if structure == "epci":
            pool = epci[epci["code_dep"].eq(code_dep)].join(largest, how="inner")
        else:
            pool = known[known["code_dep"].eq(code_dep) & known["wide"].eq("larger")].reset_index()
        chosen = pool.iloc[rng.permutation(len(pool))[: len(part)]]
        people.loc[part.index, "organisation"] = (names.get(structure, "") + chosen["name"]).to_numpy()
        people.loc[part.index, "code_insee"] = chosen["code_insee"].to_numpy()
        people.loc[part.index, "epci_population"] = chosen["population"].to_numpy()


def moments(rng: np.random.Generator, count: int, plan: dict[str, Any]) -> pd.DataFrame:
    """Draw when each respondent began and finished: office hours, few at weekends, the most at first.

    Returns
    -------
    DataFrame
        `started`, `submitted` as ``YYYY-MM-DD HH:MM:SS`` text, sorted by `submitted`.
    """
    days = pd.date_range(plan["survey_opened"], plan["survey_closed"])
    waves = np.exp(-np.arange(len(days)) / 12) + 0.6 * np.exp(-np.abs(np.arange(len(days)) - 36) / 4)
    chance = waves * np.where(days.day_of_week < 5, 1.0, 0.06)  # noqa: PLR2004 - Saturday is 5
    day = rng.choice(days.to_numpy(), count, p=chance / chance.sum())
    second = np.clip(rng.normal(loc=11.5, scale=2.4, size=count), 6.5, 20) * 3600
    started = pd.Series(day) + pd.to_timedelta(np.rint(second), unit="s")
    taken = pd.to_timedelta(np.rint(60 * rng.lognormal(2.5, 0.45, size=count)), unit="s")
    both = pd.DataFrame({"started": started, "submitted": started + taken}).sort_values(
        ["submitted", "started"]
    )
    return pd.DataFrame({name: both[name].dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy() for name in both})
