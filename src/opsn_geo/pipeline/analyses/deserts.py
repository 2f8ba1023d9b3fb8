"""Deserts: where a service does not come, how large, how sure, and how near help is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opsn_geo.linkage.passage import read_passage, towards
from opsn_geo.measure.coverage.evidence import OFFERED, REACHED, USED, Coverage
from opsn_geo.measure.deserts.access import access
from opsn_geo.measure.deserts.clusters import local_join_counts
from opsn_geo.measure.deserts.contiguity import alike, within_steps
from opsn_geo.measure.deserts.members import Thresholds, bundle, cumulative, lacking, members
from opsn_geo.measure.deserts.nearest import nearest, places
from opsn_geo.measure.deserts.patches import deserts
from opsn_geo.measure.deserts.stability import carried, stability
from opsn_geo.pipeline.analyses import Analysis, Shared, coverage_of
from opsn_geo.pipeline.analyses.exposure import weighted
from opsn_geo.pipeline.load import load
from opsn_geo.study import Study, data_dir

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy import sparse

    from opsn_geo.pipeline.load import Inputs

BUNDLE = "bouquet"
"""Name under which the services that somebody offers here, weighted by declared need, stand as one."""


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Tell the deserts of each service and of the bundle, their stability, clusters, and access to staff."""
    communes, opsn = inputs.territory.communes, inputs.tables["opsn"].set_index("opsn")
    known, touching = shared.coverage, shared.touching
    scores = _access(inputs, known)
    services, weights = lacking(known), _weights(inputs, known)
    below = services.assign(**{BUNDLE: bundle(services, weights)})
    rules = {
        "queen": touching,
        "rook": shared.contacts.rook,
        "queen 2": within_steps(touching, 2),
    }
    urban = _urban(inputs)
    if urban is not None:
        rules["queen alike"] = alike(touching, urban)
    readings = _readings(inputs, known, services)
    steady = stability(
        {name: it.assign(**{BUNDLE: bundle(it, weights)}) for name, it in readings.items()}, rules, communes
    )
    of_bundle = steady.communes[steady.communes["service"] == BUNDLE].set_index("code_insee")
    cluster = local_join_counts(below[BUNDLE], rules["queen 2"])[["q_value", "cluster"]]
    gathered = _members(inputs, below, touching, urban)
    patches = deserts(
        gathered,
        communes,
        below,
        touching,
        seats=opsn["seat"],
        needs=_declared(inputs),
        min_answers=inputs.study.min_answers,
        border=shared.contacts.on_border,
    )
    return Analysis(
        columns={
            "communes": cumulative(services)
            .join(of_bundle[["stability_share", "stability_verdict"]])
            .join(cluster)
            .join(_nearness(communes, opsn))
            .join(scores)
        },
        layers={"deserts": patches if urban is None else _told_apart(patches, gathered, urban)},
        tables={
            "stabilite": steady.communes[steady.communes["stability_share"] > 0],
            "specifications": steady.specifications,
            **weighted(inputs, known, scores),
        },
    )


def _urban(inputs: Inputs) -> pd.Series | None:
    """Tell which communes are urban by their density, where the study says from which one they are."""
    least = inputs.study.deserts.get("urban_density")
    communes = inputs.territory.communes
    return None if least is None else communes["population"] / communes["area_km2"] >= least


def _members(
    inputs: Inputs, below: pd.DataFrame, touching: sparse.csr_array, urban: pd.Series | None
) -> pd.DataFrame:
    """Gather deserts by the thresholds of the study, towns and countryside apart if it has them so."""
    communes, chosen = inputs.territory.communes, inputs.study.deserts
    rural_bounds = Thresholds(
        communes=chosen.get("min_communes", 1), population=chosen.get("min_population", 0)
    )
    if urban is None:
        return members(below, touching, communes, thresholds=rural_bounds)
    urban_bounds = Thresholds(
        communes=chosen.get("urban_min_communes", rural_bounds.communes),
        population=chosen.get("urban_min_population", rural_bounds.population),
    )
    found = [
        members(below.mask(out, other=False, axis=0), touching, communes, thresholds=bounds)
        for out, bounds in ((urban, rural_bounds), (~urban, urban_bounds))
    ]
    return pd.concat(found, ignore_index=True)


def _told_apart(patches: gpd.GeoDataFrame, gathered: pd.DataFrame, urban: pd.Series) -> gpd.GeoDataFrame:
    """Say of each desert whether it is urban; its communes are all alike."""
    first = gathered.drop_duplicates("desert").set_index("desert")["code_insee"]
    patches.insert(
        patches.columns.get_loc("area_km2") + 1, "urban", urban.loc[first[patches.index]].to_numpy()
    )
    return patches


def _readings(inputs: Inputs, known: Coverage, services: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Give what is below each rung that something tells of, and below it in the study compared with.

    A register of use speaks of its services only; for the others, members stay what is known.
    """
    readings = {"member": services}
    told = known.services[np.flatnonzero((known.evidence & USED).any(axis=(0, 1)))]
    if len(told):
        readings["used"] = services.assign(**lacking(known, "used")[list(told)])
    file = inputs.study.deserts.get("compare")
    if file is not None:
        other = load(Study.from_toml(file))
        passage = towards(read_passage(data_dir() / "boundaries"), inputs.territory)
        millesime = other.study.metadata.millesime
        moved = passage[passage["millesime_from"] == millesime]
        moved = moved.rename(columns={"code": "code_from", "code_insee": "code_to"})
        there = carried(lacking(coverage_of(other)), moved, services.index)
        readings[f"member {millesime}"] = there.reindex(columns=services.columns).astype("boolean")
    return readings


def _weights(inputs: Inputs, known: Coverage) -> pd.Series:
    """Weigh each service that somebody offers by the share of answers that ask for it; alike without any."""
    offered = known.services[np.flatnonzero((known.evidence & OFFERED).any(axis=(0, 1)))]
    if inputs.answers is None:
        return pd.Series(1.0, index=offered)
    asked = inputs.answers.reindex(columns=[f"need:{it}" for it in offered]).mean().fillna(0)
    return pd.Series(asked.to_numpy(dtype=float), index=offered)


def _declared(inputs: Inputs) -> pd.DataFrame | None:
    """Count, by commune and service, the answers that ask for it; they are summed before they are shown."""
    if inputs.answers is None or inputs.respondents is None:
        return None
    asked = inputs.answers.filter(regex="^need:").rename(columns=lambda it: str(it).removeprefix("need:"))
    asked = asked.assign(code_insee=inputs.respondents["code_insee"].reindex(asked.index))
    long = asked.melt("code_insee", var_name="service", value_name="yes").dropna()
    counts = long.groupby(["code_insee", "service"])["yes"].agg(yes="sum", base="size")
    return counts.astype("int64").reset_index()


def _nearness(communes: gpd.GeoDataFrame, opsn: pd.DataFrame) -> pd.DataFrame:
    """Measure how far each commune is from the nearest seat of an OPSN."""
    points = places(communes)
    found = nearest(points, points.reindex(opsn["seat"]).set_axis(opsn.index))
    return found.rename(columns={"nearest": "nearest_opsn", "distance_m": "distance_opsn_m"})


def _access(inputs: Inputs, known: Coverage) -> pd.DataFrame:
    """Score access to the staff of the OPSN; nothing where the staff of none is known."""
    communes, staff = inputs.territory.communes, inputs.tables["opsn"].set_index("opsn")["staff"]
    if staff.isna().all():
        return pd.DataFrame(index=communes.index)
    operator, place = np.nonzero((known.evidence[:-1] & REACHED).any(axis=2))
    pairs = pd.DataFrame({"code_insee": known.places[place], "opsn": known.opsn[operator]})
    return access(pairs, staff.astype("float64"), communes["population"])
