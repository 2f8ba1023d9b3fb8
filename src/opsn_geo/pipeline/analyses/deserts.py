"""Deserts: where a service does not come, how large, how sure, and how near help is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import weakest_by
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.measure.coverage.evidence import USED, Coverage
from opsn_geo.measure.coverage.needs import declared
from opsn_geo.measure.deserts.access import staff_access
from opsn_geo.measure.deserts.clusters import local_join_counts
from opsn_geo.measure.deserts.contiguity import alike, within_steps
from opsn_geo.measure.deserts.lacking import BUNDLE, bundle, bundle_weights, cumulative, lacking, row_bases
from opsn_geo.measure.deserts.nearest import near_share, seat_distances
from opsn_geo.measure.deserts.patches import (
    Thresholds,
    deserts,
    members,
    members_by_density,
    need_codes,
    urban_communes,
)
from opsn_geo.measure.deserts.stability import THRESHOLDS, bundle_stability, carried, stability
from opsn_geo.pipeline.analyses import Analysis, Shared, coverage_of
from opsn_geo.pipeline.analyses.coverage import groups
from opsn_geo.pipeline.analyses.exposure import weighted

if TYPE_CHECKING:
    from scipy import sparse

    from opsn_geo.pipeline.analyses.secrecy import Secrecy
    from opsn_geo.pipeline.load import Inputs


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Deserts of each service and of the bundle, their stability, clusters, and access to staff."""
    communes, opsn = inputs.territory.communes, inputs.tables["opsn"].set_index("opsn")
    coverage, touching = shared.coverage, shared.touching
    # of communes beyond the border nothing is known: they lack no service, and have none
    services = lacking(coverage).reindex(communes.index)
    weights = bundle_weights(coverage, inputs.answers, published=shared.published_shares)
    below = services.assign(**{BUNDLE: bundle(services, weights)})
    contiguities = {"queen": touching, "rook": shared.contacts.rook, "queen 2": within_steps(touching, 2)}
    density = inputs.study.deserts.get("urban_density")
    urban = None if density is None else urban_communes(communes, density)
    if urban is not None:
        contiguities["queen alike"] = alike(touching, urban)
    readings = _readings(inputs, coverage, services)
    counted = communes["population"].notna().any()
    # without populations, thresholds of people cannot be varied
    thresholds = [threshold for threshold in THRESHOLDS if counted or not threshold.population]
    stable = stability(readings, contiguities, communes, thresholds=thresholds)
    of_bundle = bundle_stability(readings, weights, contiguities, communes, thresholds=thresholds)
    in_bundle_deserts = of_bundle.communes.set_index("code_insee")[["stability_share", "stability_verdict"]]
    stabilities = pd.concat([stable.communes, of_bundle.communes])
    stabilities = stabilities.sort_values(["code_insee", "service"], kind="stable", ignore_index=True)
    listed, of_answers = _members(inputs, below, touching, urban), inputs.study.metadata.weakest(["answers"])
    # how many answered in a desert, often of a few communes, says who did
    by_commune = None if inputs.study.metadata.respondents == GROUPED else shared.secrecy
    patches = deserts(
        listed,
        communes,
        below,
        touching,
        seats=opsn["seat"],
        needs=None
        if inputs.answers is None or by_commune is None
        else declared(inputs.answers, by_commune.communes),
        published=_publishable(listed, by_commune, inputs.study.min_answers),
        border=shared.contacts.on_border,
        urban=urban,
    )
    bases = weakest_by(row_bases(listed, coverage, of_answers), listed["desert"])
    unstable = stabilities[stabilities["stability_share"] > 0]
    seats, by = seat_distances(communes, opsn["seat"]), groups(communes)
    scores = staff_access(coverage, opsn["staff"], inputs.territory.inside["population"])
    return Analysis(
        columns={
            "communes": cumulative(services.loc[coverage.places])
            .join(in_bundle_deserts)
            # offers are made by département: one that lacks more than others is no cluster for that
            .join(
                local_join_counts(below[BUNDLE], contiguities["queen 2"], communes["code_dep"])[
                    ["q_value", "cluster"]
                ]
            )
            .join(seats)
            .join(scores),
            "epci": near_share(seats["distance_opsn_m"], by[Level.EPCI]).to_frame(),
            "departements": near_share(seats["distance_opsn_m"], by[Level.DEPARTEMENT]).to_frame(),
        },
        layers={"deserts": patches.assign(basis=bases.reindex(patches.index))},
        tables={
            "stabilite": unstable.assign(basis=row_bases(unstable, coverage, of_answers)),
            "specifications": pd.concat([stable.specifications, of_bundle.specifications], ignore_index=True),
            **weighted(inputs, coverage, scores),
        },
    )


def _members(
    inputs: Inputs, below: pd.DataFrame, touching: sparse.csr_array, urban: pd.Series | None
) -> pd.DataFrame:
    """Communes of each desert by the thresholds of the study, urban and rural ones separate if it says so."""
    communes, chosen = inputs.territory.communes, inputs.study.deserts
    rural = Thresholds(communes=chosen.get("min_communes", 1), population=chosen.get("min_population", 0))
    if urban is None:
        return members(below, touching, communes, thresholds=rural)
    dense = Thresholds(
        communes=chosen.get("urban_min_communes", rural.communes),
        population=chosen.get("urban_min_population", rural.population),
    )
    return members_by_density(below, touching, communes, urban, rural=rural, dense=dense)


def _publishable(rows: pd.DataFrame, secrecy: Secrecy | None, min_answers: int) -> pd.Series | None:
    """Return whether the need of each desert may be published, beside all else that is about the answers."""
    if secrecy is None:
        return None
    places = secrecy.communes.reindex(secrecy.unnamed)
    items = secrecy.items.reindex(secrecy.unnamed)
    codes = [
        need_codes(places, items[f"need:{service}"], own, secrecy.groups, min_answers)
        for service, own in rows.groupby("service")
        if f"need:{service}" in items
    ]
    stacked: pd.Series = pd.concat([pd.Series(dtype="str"), *codes])
    return stacked


def _readings(inputs: Inputs, coverage: Coverage, services: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Communes below each rung that there is evidence of, and below it in the study compared with.

    A register of use is evidence of its services only; for the others, it is membership that is known.
    """
    readings = {"member": services}
    registered = coverage.services[np.flatnonzero((coverage.evidence & USED).any(axis=(0, 1)))]
    if len(registered):
        used = lacking(coverage, "used")[list(registered)].reindex(services.index)
        readings["used"] = services.assign(**used)
    if inputs.compared is not None:
        other = inputs.compared.inputs
        lacking_there = carried(lacking(coverage_of(other)), inputs.compared.moves, services.index)
        readings[f"member {other.territory.millesime}"] = lacking_there.reindex(
            columns=services.columns
        ).astype("boolean")
    return readings
