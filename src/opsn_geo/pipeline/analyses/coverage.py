"""Coverage: who is reached, by whom, by which path, for what."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from opsn_geo.catalogue.words import Level
from opsn_geo.measure.coverage.evidence import epci_coverage
from opsn_geo.measure.coverage.ladder import couverture, summary
from opsn_geo.measure.coverage.shares import decomposition, epci_shares, redundancy, service_shares, shares
from opsn_geo.pipeline.analyses import Analysis, Shared
from opsn_geo.pipeline.load import Inputs


def groups(communes: pd.DataFrame) -> dict[Level, pd.Series]:
    """Give the group of each commune at each level; one beyond the border counts in its EPCI alone."""
    return {
        Level.EPCI: communes["siren_epci"],
        Level.DEPARTEMENT: communes["code_dep"].where(communes["inside"]),
        Level.REGION: communes["code_reg"].where(communes["inside"]),
    }


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Tell who is reached: columns on the three layers, seats, and the long tables."""
    tables, communes, known = inputs.tables, inputs.territory.communes, shared.coverage
    listed = [tables[name] for name in ("services", "opsn", "offers", "memberships")]
    own = summary(epci_coverage(communes, *listed, date=inputs.study.metadata.date))
    by = groups(communes)
    return Analysis(
        columns={
            "communes": summary(known).join(redundancy(known).drop(columns="opsn_count")),
            "epci": _fresh(epci_shares(known, communes)).join(own.add_prefix("own_")),
            "departements": _fresh(shares(known, communes, by[Level.DEPARTEMENT])),
        },
        layers={"opsn": _seats(tables["opsn"], communes)},
        tables={
            "services": tables["services"],
            "offres": tables["offers"],
            "adhesions": tables["memberships"],
            "couverture": couverture(known),
            "couverture_parts": _stacked({it: service_shares(known, communes, by[it]) for it in by}),
            "couverture_voies": _stacked({it: decomposition(known, communes, by[it]) for it in by}),
            "redondance": _stacked({it: redundancy(known, by[it]) for it in by}),
        },
    )


def _stacked(tables: dict[Level, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of the levels one below the other: ``level``, ``code`` and what else they are on."""
    named = {level.value: it.rename_axis(["code", *it.index.names[1:]]) for level, it in tables.items()}
    return pd.concat(named, names=["level"])


def _fresh(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the denominators: the layer itself has them."""
    return table.filter(regex="^covered_")


def _seats(opsn: pd.DataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Place each OPSN at the town hall of its seat; one seated beyond the communes has no place."""
    halls = communes[["mairie_x", "mairie_y"]].reindex(opsn["seat"])
    places = gpd.points_from_xy(halls["mairie_x"], halls["mairie_y"], crs=communes.crs)
    places[halls["mairie_x"].isna().to_numpy()] = None
    return gpd.GeoDataFrame(opsn.set_index("opsn"), geometry=places)
