"""How far people live from help, where the user brings a raster of where they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.measure.coverage.ladder import covered_by_any
from opsn_geo.measure.deserts.exposure import PEOPLE, exposure, means
from opsn_geo.measure.deserts.nearest import places

if TYPE_CHECKING:
    from opsn_geo.measure.coverage.evidence import Coverage
    from opsn_geo.pipeline.load import Inputs


def weighted(inputs: Inputs, coverage: Coverage, scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Table of distances and access weighted by people; none without a population raster.

    One row per commune, EPCI and département; communes beyond the border count in none.
    """
    if inputs.population is None:
        return {}
    communes = inputs.territory.communes
    points = places(communes)
    targets = {
        "distance_member_mean_m": points.loc[coverage.places[covered_by_any(coverage)]],
        "distance_opsn_mean_m": points.reindex(inputs.tables["opsn"]["seat"].dropna()),
    }
    sums = exposure(inputs.population, inputs.population.crs, communes, targets)
    if "access_score" in scores:
        sums["access_score_mean"] = scores["access_score"] * sums[PEOPLE]
    levels = {
        "commune": communes.index.to_series().where(communes["inside"]),
        "epci": communes["siren_epci"].where(communes["inside"]),
        "departement": communes["code_dep"].where(communes["inside"]),
    }
    parts = [means(sums, by).rename_axis("code").assign(level=level) for level, by in levels.items()]
    table = pd.concat(parts).reset_index()
    return {"accessibilite_ponderee": table[["level", "code", *sums.columns]]}
