"""What to do next: needs against offers, the adhesions and extensions that reach most, what-if scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.basis import COLUMN, Basis
from opsn_geo.catalogue.states import Level
from opsn_geo.measure.coverage.extension import adhesions, best, extensions
from opsn_geo.measure.coverage.needs import flag_counts, needs, operators_offering
from opsn_geo.measure.coverage.scenarios import compared, with_rows
from opsn_geo.measure.deserts.lacking import bundle_weights
from opsn_geo.pipeline.analyses import Analysis, Shared, coverage_of
from opsn_geo.pipeline.analyses.coverage import groups

if TYPE_CHECKING:
    from opsn_geo.measure.coverage.evidence import Coverage
    from opsn_geo.pipeline.load import Inputs

MOST: Final = 10
"""Adhesions and extensions are chosen for k = 1 … MOST."""


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """What is needed and not offered, and which steps would reach most people."""
    communes, coverage = inputs.territory.inside, shared.coverage
    by = groups(communes)
    departements = by[Level.DEPARTEMENT]
    candidates = {
        "adhesion": _where_stated(adhesions(coverage, by[Level.EPCI]), inputs, coverage),
        "extension": extensions(coverage, departements),
    }
    need = (
        None
        if inputs.answers is None
        else bundle_weights(coverage, inputs.answers, published=shared.published_shares)
    )
    if need is not None and not need.any():
        need = None  # the survey does not ask for needs
    chosen = {
        step: best(rows, coverage, communes["population"], MOST, need=need)
        for step, rows in candidates.items()
    }
    columns = {}
    tables = {"extension": pd.concat(chosen, names=["step"]).reset_index("step").reset_index(drop=True)}
    if inputs.answers is not None and shared.secrecy is not None:
        tables["besoins"] = needs(
            inputs.answers,
            operators_offering(coverage, departements),
            shared.secrecy.communes.map(departements).rename("code_dep"),
            published=shared.secrecy.published,
        )
        columns["departements"] = flag_counts(tables["besoins"])
    if inputs.scenarios:
        scenarios = {
            name: coverage_of(inputs, with_rows(inputs.tables, extra))
            for name, extra in inputs.scenarios.items()
        }
        tables["scenarios"] = compared(coverage, scenarios, communes, departements)
    return Analysis(columns=columns, tables=tables)


def _where_stated(candidates: pd.DataFrame, inputs: Inputs, coverage: Coverage) -> pd.DataFrame:
    """Return the adhesions that rest on no assumed offer outside the operator's home département."""
    offers = inputs.tables["offers"]
    home = inputs.tables["opsn"].set_index("opsn")["home_departement"]
    departements = inputs.territory.communes["code_dep"].reindex(coverage.places).to_numpy()
    departement = pd.Series(departements[candidates["place"]], index=candidates.index)
    own = candidates["opsn"].map(home)
    stated = offers[offers[COLUMN].ne(Basis.ASSUMED)]
    keys = pd.MultiIndex.from_frame(stated[["opsn", "service", "code"]].astype("str"))
    asked = pd.MultiIndex.from_arrays(
        [candidates["opsn"], coverage.services[candidates["service"]], departement.astype("str")]
    )
    wider = offers.loc[offers["level"].ne(Level.DEPARTEMENT), ["opsn", "service"]]
    anywhere = pd.MultiIndex.from_frame(wider)
    kept = own.isna() | own.eq(departement) | asked.isin(keys) | asked.droplevel(2).isin(anywhere)
    return candidates[kept]
