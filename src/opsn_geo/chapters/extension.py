"""What to do next: needs against offers, the adhesions and extensions that reach most, what-if scenarios."""

from __future__ import annotations

from typing import Final

import pandas as pd

from opsn_geo.chapters import Chapter, Common, coverage_of
from opsn_geo.chapters.coverage import groups
from opsn_geo.measure.coverage import Coverage
from opsn_geo.measure.extension import adhesions, best, extensions
from opsn_geo.measure.needs import needs, operators_offering
from opsn_geo.measure.scenarios import compared, with_rows
from opsn_geo.prepare import Prepared
from opsn_geo.vocabulary import Level

_FLAGS: Final = ("needed", "needed_not_offered", "needed_single", "little_used")
MOST: Final = 10
"""Adhesions and extensions are chosen for k = 1 … MOST."""


def chapter(prepared: Prepared, shared: Common) -> Chapter:
    """Tell what is needed and not offered, and which steps would reach most people."""
    communes, known = prepared.territory.communes, shared.coverage
    people = communes["population"].where(communes["inside"], 0)
    by = groups(communes)
    candidates = {
        "adhesion": adhesions(known, by[Level.EPCI]),
        "extension": extensions(known, by[Level.DEPARTEMENT]),
    }
    chosen = {name: best(it, known, people, MOST) for name, it in candidates.items()}
    columns = {}
    tables = {"extension": pd.concat(chosen, names=["step"]).reset_index("step").reset_index(drop=True)}
    if prepared.answers is not None and prepared.respondents is not None:
        told = prepared.respondents["code_insee"].map(by[Level.DEPARTEMENT]).reindex(prepared.answers.index)
        tables["besoins"] = needs(
            prepared.answers,
            operators_offering(known, by[Level.DEPARTEMENT]),
            told.rename("code_dep"),
            min_answers=prepared.study.min_answers,
        )
        flags = tables["besoins"][list(_FLAGS)].groupby(level="code_dep").sum()
        columns["departements"] = flags.rename(columns=lambda it: f"{it}_count")
    if prepared.scenarios:
        tables["scenarios"] = _scenarios(prepared, known, by[Level.DEPARTEMENT])
    return Chapter(columns=columns, tables=tables)


def _scenarios(prepared: Prepared, known: Coverage, departements: pd.Series) -> pd.DataFrame:
    """Set each scenario of the study beside today, département by département."""
    worlds = {
        name: coverage_of(prepared, with_rows(prepared.tables, extra))
        for name, extra in prepared.scenarios.items()
    }
    return compared(known, worlds, prepared.territory.communes, departements)
