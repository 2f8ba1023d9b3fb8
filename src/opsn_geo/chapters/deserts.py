"""Deserts: where a service does not come, how large, how sure, and how near help is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opsn_geo.chapters import Chapter, Common
from opsn_geo.measure.access import access
from opsn_geo.measure.clusters import local_join_counts
from opsn_geo.measure.contiguity import within_steps
from opsn_geo.measure.coverage import OFFERED, REACHED, Coverage
from opsn_geo.measure.deserts import bundle, cumulative, lacking, members
from opsn_geo.measure.nearest import nearest, places
from opsn_geo.measure.patches import deserts
from opsn_geo.measure.stability import stability

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.prepare import Prepared

BUNDLE = "bouquet"
"""Name under which the services that somebody offers here, weighted by declared need, stand as one."""


def chapter(prepared: Prepared, shared: Common) -> Chapter:
    """Tell the deserts of each service and of the bundle, their stability, clusters, and access to staff."""
    communes, opsn = prepared.territory.communes, prepared.tables["opsn"].set_index("opsn")
    known, touching = shared.coverage, shared.touching
    services = lacking(known)
    below = services.assign(**{BUNDLE: bundle(services, _weights(prepared, known))})
    rules = {
        "queen": touching,
        "rook": shared.contacts.rook,
        "queen 2": within_steps(touching, 2),
    }
    steady = stability({"member": below}, rules, communes)
    of_bundle = steady.communes[steady.communes["service"] == BUNDLE].set_index("code_insee")
    cluster = local_join_counts(below[BUNDLE], rules["queen 2"])[["q_value", "cluster"]]
    patches = deserts(
        members(below, touching, communes),
        communes,
        below,
        touching,
        seats=opsn["seat"],
        needs=_declared(prepared),
        min_answers=prepared.study.min_answers,
        border=shared.contacts.on_border,
    )
    return Chapter(
        columns={
            "communes": cumulative(services)
            .join(of_bundle[["stability_share", "stability_verdict"]])
            .join(cluster)
            .join(_nearness(communes, opsn))
            .join(_access(prepared, known))
        },
        layers={"deserts": patches},
        tables={
            "stabilite": steady.communes[steady.communes["stability_share"] > 0],
            "specifications": steady.specifications,
        },
    )


def _weights(prepared: Prepared, known: Coverage) -> pd.Series:
    """Weigh each service that somebody offers by the share of answers that ask for it; alike without any."""
    offered = known.services[np.flatnonzero((known.evidence & OFFERED).any(axis=(0, 1)))]
    if prepared.answers is None:
        return pd.Series(1.0, index=offered)
    asked = prepared.answers.reindex(columns=[f"need:{it}" for it in offered]).mean().fillna(0)
    return pd.Series(asked.to_numpy(dtype=float), index=offered)


def _declared(prepared: Prepared) -> pd.DataFrame | None:
    """Count, by commune and service, the answers that ask for it; they are summed before they are shown."""
    if prepared.answers is None or prepared.respondents is None:
        return None
    asked = prepared.answers.filter(regex="^need:").rename(columns=lambda it: str(it).removeprefix("need:"))
    asked = asked.assign(code_insee=prepared.respondents["code_insee"].reindex(asked.index))
    long = asked.melt("code_insee", var_name="service", value_name="yes").dropna()
    counts = long.groupby(["code_insee", "service"])["yes"].agg(yes="sum", base="size")
    return counts.astype("int64").reset_index()


def _nearness(communes: gpd.GeoDataFrame, opsn: pd.DataFrame) -> pd.DataFrame:
    """Measure how far each commune is from the nearest seat of an OPSN."""
    points = places(communes)
    found = nearest(points, points.reindex(opsn["seat"]).set_axis(opsn.index))
    return found.rename(columns={"nearest": "nearest_opsn", "distance_m": "distance_opsn_m"})


def _access(prepared: Prepared, known: Coverage) -> pd.DataFrame:
    """Score access to the staff of the OPSN; nothing where the staff of none is known."""
    communes, staff = prepared.territory.communes, prepared.tables["opsn"].set_index("opsn")["staff"]
    if staff.isna().all():
        return pd.DataFrame(index=communes.index)
    operator, place = np.nonzero((known.evidence[:-1] & REACHED).any(axis=2))
    pairs = pd.DataFrame({"code_insee": known.places[place], "opsn": known.opsn[operator]})
    return access(pairs, staff.astype("float64"), communes["population"])
