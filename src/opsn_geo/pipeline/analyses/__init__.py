"""The analyses of a study: what each topic adds to the layers and tables that are published.

An analysis takes a loaded study and what all analyses rest on, and calls pure measures; it computes nothing
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opsn_geo.measure.coverage import evidence
from opsn_geo.measure.deserts.contiguity import Contacts, contacts
from opsn_geo.pipeline.analyses.secrecy import Secrecy, secrecy

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from scipy import sparse

    from opsn_geo.pipeline.load import Inputs

__all__ = ["Analysis", "Shared", "coverage_of", "shared_measures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
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

    columns: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What several analyses rest on, measured once.

    Parameters
    ----------
    coverage : Coverage
        Of the communes of the study; of those beyond its border, which only complete an EPCI, it says
        nothing.
    contacts : Contacts
        Which communes touch, by each rule, and which have a border that none shares.
    secrecy : Secrecy, optional
        What may be published of the answers, where there are any.
    """

    coverage: evidence.Coverage
    contacts: Contacts
    secrecy: Secrecy | None

    @property
    def touching(self) -> sparse.csr_array:
        """Queen contiguity of all communes."""
        return self.contacts.queen

    @property
    def published_shares(self) -> pd.Series | None:
        """Share of each item, as far as one may be published; None where there are no answers."""
        return None if self.secrecy is None else self.secrecy.shares()


def shared_measures(inputs: Inputs) -> Shared:
    """Coverage, contiguity and what may be published of the answers: several analyses rest on them."""
    return Shared(
        coverage=coverage_of(inputs),
        contacts=contacts(inputs.territory.communes.geometry),
        secrecy=secrecy(inputs),
    )


def coverage_of(inputs: Inputs, tables: Mapping[str, pd.DataFrame] | None = None) -> evidence.Coverage:
    """Coverage of the communes inside a loaded study, or of the same communes with other tables.

    Registers are evidence of use; answers are not: what one commune answered must not be read off a map.
    """
    tables = tables or inputs.tables
    lists = {name: tables[name] for name in ("services", "opsn", "offers", "memberships")}
    return evidence.coverage(
        inputs.territory.inside, **lists, uses=tables.get("uses"), date=inputs.study.metadata.date
    )
