"""Write a study as large as metropolitan France, drawn at random: who it names does not belong to it.

``python benchmarks/france.py FOLDER`` writes ``study.toml`` and its tables for the 34,836 communes of 2021:
66 operators, 15,066 memberships and 4,000 answers, the same at each call.
Then ``opsn-geo run FOLDER/study.toml --out RESULTS`` carries it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from opsn_geo.boundaries.embedded import embedded, places
from opsn_geo.boundaries.territory import Territory

DEMO = Path(__file__).parents[1] / "data" / "demo"
OPERATORS, MEMBERSHIPS, OF_EPCI, ANSWERS = 66, 15_066, 400, 4_000
STUDY = """[study]
title = "Banc d’essai : la métropole, tirée au hasard"
territory = "metropole"
territory_name = "Métropole"
millesime = 2021
date = 2021-02-01
language = "fr"

[boundaries]
departements = [{departements}]

[tables]
opsn = "opsn.csv"
services = "services.csv"
offers = "offers.csv"
memberships = "memberships.csv"
answers = "answers.csv"
questionnaire = "questionnaire.csv"

[basis]
opsn = "simulated"
offers = "simulated"
memberships = "simulated"
answers = "simulated"
questionnaire = "assumed"
"""
BANDS = {
    500: "Moins de 500",
    2_000: "De 500 à 1 999",
    10_000: "De 2 000 à 9 999",
    50_000: "De 10 000 à 49 999",
}


def operators(generator: np.random.Generator, departements: list[str]) -> pd.DataFrame:
    """Return operators, each of one to three neighbouring départements in the order of their codes."""
    homes = np.sort(generator.choice(len(departements), OPERATORS, replace=False))
    served = [departements[home : home + generator.integers(1, 4)] for home in homes]
    return pd.DataFrame(
        {
            "opsn": [f"operateur-{departements[home].lower()}" for home in homes],
            "name": [f"Opérateur {departements[home]}" for home in homes],
            "legal_form": generator.choice(["syndicat_mixte", "association", "epa"], OPERATORS),
            "departements": [";".join(codes) for codes in served],
            "home_departement": [departements[home] for home in homes],
            "staff": generator.integers(3, 80, OPERATORS),
            "list_complete": generator.choice([True, False], OPERATORS),
        }
    )


def offers(generator: np.random.Generator, opsn: pd.DataFrame, services: list[str]) -> pd.DataFrame:
    """Return what each operator offers in each département it serves."""
    rows = [
        (operator, service, "departement", code)
        for operator, served in zip(opsn["opsn"], opsn["departements"], strict=True)
        for service in generator.choice(services[:-3], generator.integers(4, 20), replace=False)
        for code in served.split(";")
    ]
    return pd.DataFrame(rows, columns=["opsn", "service", "level", "code"])


def memberships(generator: np.random.Generator, opsn: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """Return members of each level; every third membership is for some services only."""
    served = opsn.assign(code_dep=opsn["departements"].str.split(";")).explode("code_dep")[
        ["opsn", "code_dep"]
    ]
    communes = territory.communes[territory.communes["inside"]].rename_axis("code").reset_index()
    of_communes = communes[["code", "name", "code_dep"]].merge(served, on="code_dep").assign(level="commune")
    home = communes.groupby("siren_epci")["code_dep"].agg(lambda codes: codes.mode()[0])
    of_epci = (
        territory.epci[["name"]].join(home).rename_axis("code").reset_index().merge(served, on="code_dep")
    )
    parts = [
        of_communes.sample(MEMBERSHIPS - OF_EPCI, random_state=generator),
        of_epci.assign(level="epci").sample(OF_EPCI, random_state=generator),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["reaches_communes"] = rows["level"].eq("commune") | generator.choice([True, False], len(rows))
    rows["since"] = pd.Timestamp("2021-01-31") - pd.to_timedelta(generator.integers(0, 3_000, len(rows)), "D")
    return rows[["opsn", "level", "code", "name", "reaches_communes", "since"]].sort_values(
        ["opsn", "level", "code"], ignore_index=True
    )


def answers(generator: np.random.Generator, territory: Territory, names: pd.Series) -> pd.DataFrame:
    """Return answers of the demonstration, each given to a commune drawn at random."""
    town_halls = pd.read_csv(DEMO / "answers.csv", dtype=str)
    head = list(town_halls.columns)
    town_halls = town_halls[town_halls[head[1]].eq("Mairie")].drop(columns=head[6])
    rows = town_halls.sample(ANSWERS, replace=True, random_state=generator, ignore_index=True)
    communes = territory.communes[territory.communes["inside"]]
    chosen = communes.sample(ANSWERS, replace=True, random_state=generator)
    band = pd.cut(chosen["population"].astype(float), [-1, *BANDS, np.inf], right=False, labels=False)
    rows[head[0]] = [f"{number:032x}" for number in range(ANSWERS)]
    rows[head[2]] = (chosen["code_dep"] + " - " + chosen["code_dep"].map(names)).to_numpy()
    rows[head[3]], rows[head[4]], rows[head[5]] = chosen["name"].to_numpy(), None, chosen.index.to_numpy()
    rows[head[7]] = np.array([*BANDS.values(), "50 000 et plus"])[band.fillna(0).astype(int)]
    return rows


def questionnaire(names: pd.Series) -> pd.DataFrame:
    """Return the questionnaire of the demonstration, with all départements to choose from."""
    rows = pd.read_csv(DEMO / "questionnaire.csv", dtype=str)
    asked = rows[rows["item"].eq("departement")].iloc[[0]]
    words = [f"{code} - {name}" for code, name in names.items()]
    choices = asked.loc[asked.index.repeat(len(names))].assign(
        choice=names.index, label=words, label_en=words
    )
    place = asked.index[0]
    others = rows[
        ~rows["item"].eq("departement")
        & rows["column"].ne("Nom de votre structure (si elle n’est pas une mairie)")
    ]
    return pd.concat([others.loc[:place], choices, others.loc[place:]], ignore_index=True)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(2021)
    names = places(2021).departements["name"].loc[lambda table: ~table.index.str.startswith("97")]
    territory = embedded(millesime=2021, departements=list(names.index))
    services = pd.read_csv(DEMO / "services.csv", dtype=str)
    opsn = operators(generator, list(names.index))
    tables = {
        "services": services,
        "opsn": opsn,
        "offers": offers(generator, opsn, services["service"].tolist()),
        "memberships": memberships(generator, opsn, territory),
        "answers": answers(generator, territory, names),
        "questionnaire": questionnaire(names),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    codes = ", ".join(f'"{code}"' for code in names.index)
    (folder / "study.toml").write_text(STUDY.format(departements=codes), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
