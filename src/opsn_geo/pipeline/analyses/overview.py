"""Figures of the report: what the published layers and tables come to; the report only words them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


def overview(
    layers: Mapping[str, gpd.GeoDataFrame], tables: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Figures of a run by name, those of absent columns and tables left out.

    Parameters
    ----------
    layers, tables : mapping of str to DataFrame
        As they are published.

    Returns
    -------
    dict of str to DataFrame
        ``departements``, ``reach``, ``paths``, ``operators``, ``services``, ``uncovered_epci``,
        ``uncovered_departements``, ``stability``, ``missing``, ``steps``: see
        :mod:`opsn_geo.measure.coverage.overview` and :mod:`opsn_geo.measure.deserts.overview`.
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
            figures[f"uncovered_{level}"] = uncovered_population(layers[level])
    if "stability_verdict" in inside:
        figures["stability"] = stability_counts(inside)
    if "services_missing" in inside:
        figures["missing"] = missing_bands(inside, len(tables["services"]))
    if len(tables.get("extension", ())):
        figures["steps"] = ranked_steps(tables["extension"])
    return figures
