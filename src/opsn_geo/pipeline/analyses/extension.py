"""What to do next: needs against offers, the adhesions and extensions that reach most, what-if scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.measure.coverage.extension import adhesions, best, extensions
from opsn_geo.measure.coverage.needs import flag_counts, needs, operators_offering
from opsn_geo.measure.coverage.scenarios import compared, with_rows
from opsn_geo.pipeline.analyses import Analysis, Shared, coverage_of
from opsn_geo.pipeline.analyses.coverage import groups

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs

MOST: Final = 10
"""Adhesions and extensions are chosen for k = 1 … MOST."""


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """What is needed and not offered, and which steps would reach most people."""
    communes, coverage = inputs.territory.communes, shared.coverage
    population = communes["population"].where(communes["inside"], 0)
    by = groups(communes)
    departements = by[Level.DEPARTEMENT]
    candidates = {
        "adhesion": adhesions(coverage, by[Level.EPCI]),
        "extension": extensions(coverage, departements),
    }
    chosen = {step: best(rows, coverage, population, MOST) for step, rows in candidates.items()}
    columns = {}
    tables = {"extension": pd.concat(chosen, names=["step"]).reset_index("step").reset_index(drop=True)}
    if inputs.answers is not None and inputs.respondents is not None:
        of_respondents = inputs.respondents["code_insee"].map(departements).reindex(inputs.answers.index)
        tables["besoins"] = needs(
            inputs.answers,
            operators_offering(coverage, departements),
            of_respondents.rename("code_dep"),
            min_answers=inputs.study.min_answers,
        )
        columns["departements"] = flag_counts(tables["besoins"])
    if inputs.scenarios:
        scenarios = {
            name: coverage_of(inputs, with_rows(inputs.tables, extra))
            for name, extra in inputs.scenarios.items()
        }
        tables["scenarios"] = compared(coverage, scenarios, communes, departements)
    return Analysis(columns=columns, tables=tables)
