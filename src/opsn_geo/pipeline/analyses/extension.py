"""What to do next: needs against offers, the adhesions and extensions that reach most, what-if scenarios."""

from __future__ import annotations

from typing import Final

import pandas as pd

from opsn_geo.catalogue.words import Level
from opsn_geo.measure.coverage.evidence import Coverage
from opsn_geo.measure.coverage.extension import adhesions, best, extensions
from opsn_geo.measure.coverage.needs import needs, operators_offering
from opsn_geo.measure.coverage.scenarios import compared, with_rows
from opsn_geo.pipeline.analyses import Analysis, Shared, coverage_of
from opsn_geo.pipeline.analyses.coverage import groups
from opsn_geo.pipeline.load import Inputs

_FLAGS: Final = ("needed", "needed_not_offered", "needed_single", "little_used")
MOST: Final = 10
"""Adhesions and extensions are chosen for k = 1 … MOST."""


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Tell what is needed and not offered, and which steps would reach most people."""
    communes, known = inputs.territory.communes, shared.coverage
    people = communes["population"].where(communes["inside"], 0)
    by = groups(communes)
    candidates = {
        "adhesion": adhesions(known, by[Level.EPCI]),
        "extension": extensions(known, by[Level.DEPARTEMENT]),
    }
    chosen = {name: best(it, known, people, MOST) for name, it in candidates.items()}
    columns = {}
    tables = {"extension": pd.concat(chosen, names=["step"]).reset_index("step").reset_index(drop=True)}
    if inputs.answers is not None and inputs.respondents is not None:
        told = inputs.respondents["code_insee"].map(by[Level.DEPARTEMENT]).reindex(inputs.answers.index)
        tables["besoins"] = needs(
            inputs.answers,
            operators_offering(known, by[Level.DEPARTEMENT]),
            told.rename("code_dep"),
            min_answers=inputs.study.min_answers,
        )
        flags = tables["besoins"][list(_FLAGS)].groupby(level="code_dep").sum()
        columns["departements"] = flags.rename(columns=lambda it: f"{it}_count")
    if inputs.scenarios:
        tables["scenarios"] = _scenarios(inputs, known, by[Level.DEPARTEMENT])
    return Analysis(columns=columns, tables=tables)


def _scenarios(inputs: Inputs, known: Coverage, departements: pd.Series) -> pd.DataFrame:
    """Set each scenario of the study beside today, département by département."""
    worlds = {
        name: coverage_of(inputs, with_rows(inputs.tables, extra)) for name, extra in inputs.scenarios.items()
    }
    return compared(known, worlds, inputs.territory.communes, departements)
