"""Needs beside offers, service by service and département by département."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsn_geo.catalogue.numbers import percent
from opsn_geo.publish.report.maps import maps
from opsn_geo.publish.report.model import Material, Prose, Section, Table, say
from opsn_geo.publish.report.wording import names_of, records, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


def needs(material: Material) -> Section | None:
    """Section that puts needs beside offers, service by service and département by département."""
    table = material.tables.get("besoins")
    if table is None or table.empty:
        return None
    blocks = [*_matrix(material, table, "needed"), *_matrix(material, table, "little_used")]
    if not blocks:
        return None
    return Section(
        key="needs",
        title=say(material, "needs"),
        blocks=(
            Prose(paragraphs=(say(material, "needs_text"),)),
            *blocks,
            *maps(material, "needs"),
        ),
    )


def _matrix(material: Material, needs: pd.DataFrame, flag: str) -> Iterator[Table]:
    """Table of the services that bear a flag by département: the share, and what makes it notable."""
    lang, services = material.lang, material.services
    departements = names_of(material, "departements")
    share = "need_share" if flag == "needed" else "used_share"
    rows = needs.reset_index()
    flagged = rows[rows[flag].fillna(value=False).astype(bool)]
    if flagged.empty:
        return
    order = flagged.groupby("service")[share].agg(["size", "max"]).sort_values(["size", "max"])[::-1].index
    cells = {
        (row["service"], row["code_dep"]): " ".join(
            filter(None, (percent(row[share], lang), _why(material, row, flag)))
        )
        for row in records(flagged)
    }
    yield Table(
        caption=say(material, f"{flag}_matrix"),
        heads=(say(material, "head_service"), *departements.values()),
        rows=tuple(
            (services.get(str(it), str(it)), *(cells.get((it, dep), "") for dep in departements))
            for it in order
        ),
        **source(material, "besoins"),
    )


def _why(material: Material, row: dict[str, Any], flag: str) -> str:
    """Words for a need that nobody or only one operator answers; none for the others."""
    if flag != "needed":
        return ""
    kinds = [it for it in ("needed_not_offered", "needed_single") if row[it]]
    return say(material, f"cell_{kinds[0]}") if kinds else ""
