"""Coverage: who is reached, by whom, by which path, for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.measure.coverage.evidence import epci_coverage
from opsn_geo.measure.coverage.ladder import couverture, summary
from opsn_geo.measure.coverage.panorama import row_basis
from opsn_geo.measure.coverage.shares import decomposition, redundancy, service_shares, shares
from opsn_geo.measure.deserts.nearest import seat_points
from opsn_geo.pipeline.analyses import Analysis, Shared

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs


def groups(communes: pd.DataFrame) -> dict[Level, pd.Series]:
    """Group of each commune of the study at each level.

    A commune beyond the border counts in none, so that every figure of an EPCI that crosses it has one
    denominator, its communes in the study. Every measure that groups takes any such Series on ``code_insee``
    (canton, employment area …).
    """
    codes = {Level.EPCI: "siren_epci", Level.DEPARTEMENT: "code_dep", Level.REGION: "code_reg"}
    return {level: communes[column].where(communes["inside"]) for level, column in codes.items()}


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Who is reached: columns on the three layers, seats, and the long tables."""
    tables, communes, coverage = inputs.tables, inputs.territory.communes, shared.coverage
    studied = inputs.territory.inside
    lists = [tables[name] for name in ("services", "opsn", "offers", "memberships")]
    # Registers say which communes use a service, never which EPCI do for themselves. Without any, nothing
    # measures a use: its column is left out, for 0 would be a statement.
    own = summary(epci_coverage(communes, *lists, date=inputs.study.metadata.date))
    own = own.drop(columns="services_used")
    services = summary(coverage)
    services = services if services["services_used"].any() else services.drop(columns="services_used")
    by: dict[str, pd.Series] = {level.value: group for level, group in groups(communes).items()}
    by |= {str(level): group for level, group in tables.get("levels", pd.DataFrame()).items()}
    return Analysis(
        columns={
            "communes": services.join(redundancy(coverage).drop(columns=["opsn_count", "basis"])),
            "epci": _covered(shares(coverage, studied, by[Level.EPCI])).join(
                own.drop(columns="basis").add_prefix("own_")
            ),
            "departements": _covered(shares(coverage, studied, by[Level.DEPARTEMENT])),
        },
        layers={"opsn": seat_points(_whole_rows(tables["opsn"]), communes)},
        tables={
            "services": _whole_rows(tables["services"]),
            "offres": tables["offers"],
            "adhesions": tables["memberships"],
            "couverture": couverture(coverage),
            "couverture_parts": _stacked(
                {level: service_shares(coverage, studied, by[level]) for level in by}
            ),
            "couverture_voies": _stacked(
                {level: decomposition(coverage, studied, by[level]) for level in by}
            ),
            "redondance": _stacked({level: redundancy(coverage, by[level]) for level in by}),
        },
    )


def _whole_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose basis is that of the weakest cell of each row."""
    return table.assign(basis=row_basis(table))


def _stacked(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of the levels one below the other, on ``level``, ``code`` and the rest of their index."""
    named = {level: table.rename_axis(["code", *table.index.names[1:]]) for level, table in tables.items()}
    return pd.concat(named, names=["level"])


def _covered(table: pd.DataFrame) -> pd.DataFrame:
    """Shares without their denominators, which the layer itself has, and what they rest on."""
    return table.filter(regex="^(covered_|basis$)")
