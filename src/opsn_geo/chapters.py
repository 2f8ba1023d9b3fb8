"""The chapters of a study: what each topic adds to the layers and tables that are published.

A chapter takes a prepared study and calls pure measures; it computes nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from opsn_geo.measure.coverage import coverage, epci_coverage
from opsn_geo.measure.ladder import couverture, summary
from opsn_geo.measure.shares import epci_shares, redundancy, service_shares, shares
from opsn_geo.prepare import Prepared
from opsn_geo.vocabulary import Level


class Chapter(NamedTuple):
    """What a topic adds.

    Parameters
    ----------
    columns : mapping of str to DataFrame
        For a layer of the territory, the columns to join to it, on its index.
    layers : mapping of str to GeoDataFrame
        Layers of its own.
    tables : mapping of str to DataFrame
        Tables of its own.
    """

    columns: Mapping[str, pd.DataFrame]
    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]


def coverage_chapter(prepared: Prepared) -> Chapter:
    """Tell who is reached, by whom, by which path, for what.

    Answers are not taken as evidence of use here: what one commune answered must not be read off a map.
    """
    tables, communes = prepared.tables, prepared.territory.communes
    listed = [tables[name] for name in ("services", "opsn", "offers", "memberships")]
    day = prepared.study.metadata.date
    known = coverage(communes, *listed, date=day)
    own = summary(epci_coverage(communes, *listed, date=day))
    groups = {
        Level.EPCI: communes["siren_epci"],
        Level.DEPARTEMENT: communes["code_dep"].where(communes["inside"]),
        Level.REGION: communes["code_reg"].where(communes["inside"]),
    }
    return Chapter(
        columns={
            "communes": summary(known).join(redundancy(known).drop(columns="opsn_count")),
            "epci": _fresh(epci_shares(known, communes)).join(own.add_prefix("own_")),
            "departements": _fresh(shares(known, communes, groups[Level.DEPARTEMENT])),
        },
        layers={"opsn": _seats(tables["opsn"], communes)},
        tables={
            "services": tables["services"],
            "offres": tables["offers"],
            "adhesions": tables["memberships"],
            "couverture": couverture(known),
            "couverture_parts": pd.concat(
                service_shares(known, communes, by)
                .rename_axis(index=["code", "service"])
                .reset_index()
                .assign(level=level.value)
                for level, by in groups.items()
            ).set_index(["level", "code", "service"]),
        },
    )


def _fresh(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the denominators: the layer itself has them."""
    return table.filter(regex="^covered_")


def _seats(opsn: pd.DataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Place each OPSN at the town hall of its seat; one seated beyond the communes has no place."""
    halls = communes[["mairie_x", "mairie_y"]].reindex(opsn["seat"])
    places = gpd.points_from_xy(halls["mairie_x"], halls["mairie_y"], crs=communes.crs)
    places[halls["mairie_x"].isna().to_numpy()] = None
    return gpd.GeoDataFrame(opsn.set_index("opsn"), geometry=places)
