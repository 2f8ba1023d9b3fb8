"""Figures of the report: what the published layers and tables come to; the report only words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.measure.coverage.extension import ranked_steps
from opsn_geo.measure.coverage.overview import (
    communes_by_operator,
    departement_sizes,
    path_counts,
    reach,
    service_states,
    uncovered_population,
)
from opsn_geo.measure.deserts.overview import missing_bands, stability_counts
from opsn_geo.measure.published.recipes import published_items
from opsn_geo.measure.survey.overview import (
    balance,
    clearest_gaps,
    departures,
    established_gaps,
    first_items,
    leading_items,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

CONFRONTED: Final = (
    "marginally_used", "offered_little_used", "offered_yet_needed", "single_opsn_needed",
    "not_offered_needed",
)  # fmt: skip
"""Lists of services that are set beside offers and answers."""


def overview(
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
    questionnaire: pd.DataFrame | None = None,
    exact: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
    statements: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Figures of a run by name, those of absent columns and tables left out.

    Parameters
    ----------
    layers, tables : mapping of str to DataFrame
        As they are published.
    questionnaire : DataFrame, optional
        The codebook of the survey: which ``item`` is of the ``kind`` scale.
    exact : DataFrame, optional
        The table ``influence`` before it is rounded, row by row: a q of 0.1004 is published as 0.10, and is
        not established.
    published : DataFrame, optional
        The figures that the study publishes.
    statements : DataFrame, optional
        The lists that it states.

    Returns
    -------
    dict of str to DataFrame
        ``departements``, ``reach``, ``paths``, ``operators``, ``services``, ``uncovered_epci``,
        ``uncovered_departements``, ``stability``, ``missing``, ``steps``; of a survey ``items``,
        ``first_items``, ``gaps``, ``compared``, ``gap_counts``, ``departures``, ``balance``; of what the
        study publishes ``published`` and ``statements``: see the modules `overview` of
        ``opsn_geo.measure``.
    """
    communes = layers["communes"]
    inside = pd.DataFrame(communes[communes["inside"].astype(bool)].drop(columns="geometry"))
    figures = {
        "departements": departement_sizes(inside),
        "reach": reach(inside),
        "paths": path_counts(inside),
        "operators": communes_by_operator(inside),
        "services": service_states(tables["couverture"], inside),
    }
    for level in ("epci", "departements"):
        if "covered_pop_share" in layers[level]:
            studied = layers[level]
            if "population_inside" in studied:
                studied = studied.assign(population=studied["population_inside"])
            figures[f"uncovered_{level}"] = uncovered_population(studied)
    if "stability_verdict" in inside:
        figures["stability"] = stability_counts(inside)
    if "services_missing" in inside:
        figures["missing"] = missing_bands(inside, len(tables["services"]))
    if len(tables.get("extension", ())):
        figures["steps"] = ranked_steps(tables["extension"])
    if published is not None:
        figures["published"] = published_items(published)
    if statements is not None:
        figures["statements"] = statements[statements["list"].isin(CONFRONTED)]
    return figures | _survey(tables, questionnaire, exact)


def _survey(
    tables: Mapping[str, pd.DataFrame], questionnaire: pd.DataFrame | None, exact: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """Figures of a survey, those of absent tables left out."""
    figures = {}
    if "estimations" in tables:
        kinds = pd.DataFrame(columns=["item", "kind"]) if questionnaire is None else questionnaire
        scales = set(kinds.loc[kinds["kind"] == "scale", "item"])
        figures["items"] = leading_items(
            tables["estimations"],
            scales,
            tables.get("classements", pd.DataFrame(columns=["family", "domain", "item", "rank_best"])),
        )
    if len(tables.get("classements", ())):
        figures["first_items"] = first_items(tables["classements"])
    if "influence" in tables:
        compared = tables["influence"]
        if exact is not None:
            compared = compared.assign(gap_q=exact["gap_q"], adjusted_q=exact["adjusted_q"])
        figures["gaps"] = clearest_gaps(compared)
        figures["compared"] = clearest_gaps(compared, most=len(compared))
        figures["gap_counts"] = established_gaps(compared)
    if "representativite" in tables:
        response = tables["representativite"]
        figures["departures"] = response.assign(departure=departures(response))
    if "profils" in tables:
        figures["balance"] = balance(tables["profils"])
    return figures
