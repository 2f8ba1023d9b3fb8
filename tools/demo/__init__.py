"""The demonstration: a real territory and a study's real facts, with simulated memberships and answers.

Nothing here is measured. What is not public (who belongs to which OPSN, who answered what) is drawn from a
seed so that every published margin holds, and each table that is drawn says that it is simulated.
"""

from __future__ import annotations

import shutil
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demo import answers, margins, memberships, respondents, typeform
from demo.draw import apportion
from demo.territory import Territory, reached, read_territory
from opsn_geo.study import data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FACTS", "SIMULATED", "generate"]

FACTS = (
    "README.md",
    "study.toml",
    "opsn.csv",
    "services.csv",
    "offers.csv",
    "partnerships.csv",
    "statements.csv",
    "questionnaire.csv",
    "published_figures.csv",
    "assumed_margins.csv",
)
SIMULATED = ("memberships.csv", "answers.csv")
_REGION, _MILLESIME = "32", 2021


def generate(out_dir: Path, seed: int = 2021, *, data: Path | None = None) -> list[Path]:
    """Write the demonstration study: its facts as they are, its simulated tables anew from a seed.

    Parameters
    ----------
    out_dir : Path
        Folder to write into; made if it does not exist.
    seed : int
        Seed of every draw: the same seed gives the same bytes.
    data : Path, optional
        Folder that holds ``demo/`` (the facts) and ``boundaries/``; by default the package's own.

    Returns
    -------
    list of Path
        The files of the study, facts first.

    Raises
    ------
    ValueError
        A margin cannot be kept, which is a mistake in the facts.
    """
    source = data or data_dir()
    facts = source / "demo"
    tables = {name: _read(facts / f"{name}.csv") for name in ("opsn", "offers", "questionnaire")}
    territory = read_territory(source / "boundaries", _REGION, _MILLESIME)
    plan = tomllib.loads(resources.files(__name__).joinpath("plan.toml").read_text(encoding="utf-8"))
    held = margins.read_margins(facts / "published_figures.csv", facts / "assumed_margins.csv")
    drawn = memberships.simulate(np.random.default_rng([seed, 1]), territory, tables["offers"], plan)
    replies = _answers(seed, territory, drawn, tables=tables, plan=plan, held=held)
    out_dir.mkdir(parents=True, exist_ok=True)
    for name in FACTS:
        if not _same(facts / name, out_dir / name):
            shutil.copyfile(facts / name, out_dir / name)
    for name, table in zip(SIMULATED, (drawn, replies), strict=True):
        table.to_csv(out_dir / name, index=False, lineterminator="\n", encoding="utf-8")
    return [out_dir / name for name in (*FACTS, *SIMULATED)]


def _answers(
    seed: int,
    territory: Territory,
    drawn: pd.DataFrame,
    *,
    tables: dict[str, pd.DataFrame],
    plan: dict[str, Any],
    held: pd.DataFrame,
) -> pd.DataFrame:
    """Draw the respondents and their answers, and lay them out as the survey tool does."""
    rng = np.random.default_rng([seed, 2])
    reach = reached(drawn, tables["offers"], territory.communes, str(plan["reference_date"]))
    carried = reach.groupby("code_insee")["service"].nunique().reindex(territory.communes.index, fill_value=0)
    total = int(margins.value(held, "distinct", "respondent"))
    communes = int(margins.value(held, "distinct", "commune_name+departement"))
    people = respondents.draw_respondents(
        rng, territory, dict(_counts(held, total)), communes, 1 + carried.clip(upper=6) / 2
    )
    given = answers.simulate(
        rng, people, reach, offers=tables["offers"], codebook=tables["questionnaire"], margins=held
    )
    return typeform.export(_identify(rng, given, territory, plan), tables["questionnaire"])


def _counts(held: pd.DataFrame, total: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Turn the margins of who answers into exact counts."""
    rows = held[~held["choice"].str.contains("|", regex=False)].set_index("item")
    structure = rows.loc["structure"]
    yield (
        "structure",
        dict(zip(structure["choice"], apportion(structure["value"].to_numpy(), total), strict=True)),
    )
    departement = rows.loc["departement"]
    yield "departement", dict(zip(departement["choice"], departement["value"].astype(int), strict=True))
    small = rows.loc["population_band"]
    counts = apportion([*small["value"], 100 - small["value"].sum()], total)[: len(small)]
    yield "population_band", dict(zip(small["choice"], counts, strict=True))


def _identify(
    rng: np.random.Generator, given: pd.DataFrame, territory: Territory, plan: dict[str, Any]
) -> pd.DataFrame:
    """Add what the tool and the respondent say of who answers, in the order of sending."""
    mairie = given["structure"].eq("mairie")
    commune = territory.communes.reindex(given["code_insee"]).set_axis(given.index)
    told = mairie & (rng.random(len(given)) < plan["code_given"])
    named = given.assign(
        commune_name=commune["name"].where(mairie, ""),
        postal_code=commune["postal_codes"].str.split(";").str[0].where(mairie, ""),
        commune_code=given["code_insee"].where(told, ""),
        respondent=typeform.token(rng, len(given), 32),
        basis="simulated",
        network=typeform.token(rng, len(given), 10),
    )
    shuffled = named.sample(frac=1, random_state=rng).reset_index(drop=True)
    return pd.concat([shuffled, respondents.moments(rng, len(given), plan)], axis=1)


def _read(path: Path) -> pd.DataFrame:
    """Read a study table as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _same(one: Path, other: Path) -> bool:
    """Say whether two paths are one file."""
    return other.exists() and one.samefile(other)
