"""Satisfaction, use and needs: ranks with their intervals and ties, and needs beside offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opsn_geo.catalogue.numbers import MISSING, bracket, count, decimal, percent, signed
from opsn_geo.publish.report.charts import mark, nice, panel, scale
from opsn_geo.publish.report.maps import maps
from opsn_geo.publish.report.model import (
    Chart,
    Key,
    Material,
    Prose,
    Section,
    Subsection,
    Table,
    say,
)
from opsn_geo.publish.report.wording import item_name, names_of, records, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd


_PLACES: Final = 3
_FAMILIES: Final = {"used": "service_used", "needed": "need"}
"""Item of the survey behind each chart whose first places are listed by département."""


def opinions(material: Material) -> Section | None:
    """Section that ranks satisfaction, use and needs with their intervals, and marks ties."""
    items = material.figures.get("items")
    if items is None:
        return None
    charts = [
        chart
        for key in ("scales", "marks", "used", "needed")
        for chart in _marks_chart(material, key, items[items["chart"] == key])
    ]
    if not charts:
        return None
    return Section(
        key="opinions",
        title=say(material, "opinions"),
        blocks=(Prose(paragraphs=(say(material, "opinions_text"), *_references(material))),),
        parts=tuple(
            Subsection(
                title=say(material, f"{chart.key}_part"),
                blocks=(chart, *_first_items(material, _FAMILIES.get(chart.key, ""))),
            )
            for chart in charts
        ),
    )


def _references(material: Material) -> Iterator[str]:
    """Sentences that put what is known of the whole country beside the estimate."""
    references = material.tables.get("comparaisons")
    for row in () if references is None else records(references.dropna(subset=["gap"])):
        lang = material.lang
        low, high = (decimal(row[it], lang, 1) for it in ("gap_low", "gap_high"))
        yield say(
            material, "reference", name=item_name(material, row["item"]),
            estimate=decimal(row["estimate"], lang, 1), reference=decimal(row["reference"], lang, 1),
            margin=decimal(row["reference_margin"], lang, 1),
            gap=signed(row["gap"], lang, 1), interval=bracket(lang, low, high),
        )  # fmt: skip


def _marks_chart(material: Material, key: str, rows: pd.DataFrame) -> Iterator[Chart]:
    """Chart of estimates with their intervals, the greatest first."""
    if rows.empty:
        return
    lang, is_ranked = material.lang, bool(rows["may_be_first"].notna().all())
    may_be_first = rows["may_be_first"].fillna(value=False).astype(bool)
    rows, n_ties = rows.assign(may_be_first=may_be_first), int(may_be_first.sum())
    tied = "_tied" if n_ties > 1 else ""
    share = (rows["measure"] == "share").all()
    factor, digits = (100, 0) if share else (1, 1)
    ticks = nice(0, rows["high"].max()) if share else (0, 2, 4, 6, 8, 10)
    place = scale(ticks[0], ticks[-1])

    def shown(row: dict[str, Any]) -> str:
        value = percent(row["estimate"], lang) if share else decimal(row["estimate"], lang, 1)
        ends = bracket(lang, *(decimal(factor * row[it], lang, digits) for it in ("low", "high")))
        return f"{value} {ends}"

    items = records(rows)
    yield Chart(
        key=key,
        title=say(material, f"{key}_title"),
        summary=say(
            material, f"{key}_summary{tied if is_ranked else ''}", value=shown(items[0]),
            first=item_name(material, items[0]["item"]), tied=count(n_ties - 1, lang),
        ),
        panels=(
            panel(
                "",
                [
                    (
                        item_name(material, row["item"]),
                        shown(row),
                        (),
                        (
                            mark(
                                place, row["estimate"], row["low"], row["high"],
                                series=0 if row["may_be_first"] or not is_ranked else 1,
                            ),
                        ),
                    )
                    for row in items
                ],
            ),
        ),
        legend=(
            Key(label=say(material, "tied_first"), series=0),
            *([] if n_ties == len(items) else [Key(label=say(material, "behind_first"), series=1)]),
        )
        if is_ranked
        else (),
        ticks=tuple((place(it), percent(it, lang) if share else count(it, lang)) for it in ticks),
        table=_estimates_table(material, key, items, digits, is_ranked=is_ranked),
    )  # fmt: skip


def _estimates_table(
    material: Material, key: str, items: Sequence[dict[str, Any]], digits: int, *, is_ranked: bool
) -> Table:
    """Table of the estimates that a chart draws."""
    lang = material.lang
    share = digits == 0
    heads = ("item", "answers", "unweighted", "estimate", "interval", *(["tied"] if is_ranked else []))
    return Table(
        caption=say(material, f"{key}_table"),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(
            (
                item_name(material, str(row["item"])),
                count(row["answers"], lang),
                *(
                    percent(row[it], lang) if share else decimal(row[it], lang, 1)
                    for it in ("unweighted", "estimate")
                ),
                bracket(
                    lang, *(decimal((100 if share else 1) * row[it], lang, digits) for it in ("low", "high"))
                ),
                *([say(material, "yes" if row["may_be_first"] else "no")] if is_ranked else []),
            )
            for row in items
        ),
        texts=(0, len(heads) - 1) if is_ranked else (0,),
        source=source(material, "estimations"),
        folded=True,
    )


def _first_items(material: Material, family: str) -> Iterator[Table]:
    """Table of the first items of each département, and how many others may be first as well."""
    ranked = material.figures.get("first_items")
    if not family or ranked is None:
        return
    lang, departements = material.lang, names_of(material, "departements")
    rows = []
    for domain, first in ranked[ranked["family"] == family].groupby("domain"):
        best = [
            f"{item_name(material, row['item'])} ({percent(row['estimate'], lang)})" for row in records(first)
        ]
        n_ties, n_items = first[["may_be_first", "items"]].iloc[0]
        is_open = n_ties > n_items / 2
        key = "no_ranking" if is_open else "first_alone" if n_ties == 1 else "may_be_first"
        ties = say(material, key, number=count(n_ties - 1, lang), all=n_items)
        # names in an order that the answers do not give would be read as a ranking
        places = [MISSING] * _PLACES if is_open else [*best, *[""] * (_PLACES - len(best))]
        rows.append((departements.get(str(domain), str(domain)), *places, ties))
    if rows:
        yield Table(
            caption=say(material, f"podium_{family}"),
            heads=tuple(
                say(material, f"head_{it}") for it in ("departement", "first", "second", "third", "ties")
            ),
            rows=tuple(rows),
            texts=(0, 1, 2, 3, 4),
            source=source(material, "classements"),
        )


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
        source=source(material, "besoins"),
    )


def _why(material: Material, row: dict[str, Any], flag: str) -> str:
    """Words for a need that nobody or only one operator answers; none for the others."""
    if flag != "needed":
        return ""
    kinds = [it for it in ("needed_not_offered", "needed_single") if row[it]]
    return say(material, f"cell_{kinds[0]}") if kinds else ""
