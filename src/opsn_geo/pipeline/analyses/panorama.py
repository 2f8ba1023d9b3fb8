"""The panorama: operators and services, and what a study stated of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsn_geo.catalogue.basis import Basis
from opsn_geo.catalogue.states import Level
from opsn_geo.measure.coverage import panorama
from opsn_geo.pipeline.analyses import Analysis, Shared
from opsn_geo.pipeline.analyses.coverage import groups

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs
    from opsn_geo.study import Metadata


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Who the operators are, what they offer, where, and who works with whom."""
    tables = inputs.tables
    opsn, services, offers = (tables[name] for name in ("opsn", "services", "offers"))
    departements = groups(inputs.territory.communes)[Level.DEPARTEMENT]
    panels = {
        "panorama_opsn": panorama.operators(opsn, offers),
        "panorama_services": panorama.services_offered(services, offers),
        "panorama_formes": panorama.legal_forms(opsn),
        "panorama_totaux": panorama.totals(opsn, services, offers).rename_axis("measure").to_frame(),
        "panorama_departements": panorama.groups(shared.coverage, departements),
    }
    if "partnerships" in tables:
        panels["panorama_partenariats"] = panorama.partners(tables["partnerships"])
    if "statements" in tables:
        stated = panorama.measured_lists(opsn, services, offers)
        panels["panorama_affirmations"] = panorama.verdicts(
            tables["statements"], stated, judged=_judges(inputs.study.metadata)
        )
    return Analysis(tables=panels)


def _judges(metadata: Metadata) -> bool:
    """Whether the operators, services and offers of a study may judge what was published of them."""
    return metadata.weakest(["opsn", "services", "offers"]) not in {Basis.ASSUMED, Basis.SIMULATED}
