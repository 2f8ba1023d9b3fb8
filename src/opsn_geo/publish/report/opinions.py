"""Satisfaction, use and needs: ranks with their intervals, ties said, needs set against offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue.numbers import bracket, count, decimal, percent, signed
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
from opsn_geo.publish.report.wording import item_name, names_of, records, simulated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_TOP: Final = 12
_PODIUM: Final = 3


def opinions(material: Material) -> Section | None:
    """Rank satisfaction, use and needs with their intervals, and say which ranks are ties."""
    found = material.tables.get("estimations")
    if found is None:
        return None
    region = found[found["domain"].isin([""]) & found["low"].notna()]
    families = region["item"].str.partition(":")[0]
    scales = [it for it, kind in material.questionnaire.kinds.items() if kind == "scale"]
    charts = [
        *_marks_chart(material, "scales", region[families.isin(scales) & (region["measure"] == "mean")]),
        *_marks_chart(material, "used", _most(region[families == "service_used"])),
        *_marks_chart(material, "needed", _most(region[families == "need"])),
    ]
    if not charts:
        return None
    return Section(
        key="opinions",
        title=say(material, "opinions"),
        simulated=simulated(material, "answers"),
        blocks=(Prose(paragraphs=(say(material, "opinions_text"), *_references(material))),),
        parts=tuple(
            Subsection(
                title=say(material, f"{it.key}_part"),
                blocks=(it, *_podium(material, {"used": "service_used", "needed": "need"}.get(it.key, ""))),
            )
            for it in charts
        ),
    )


def _most(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the greatest shares; an answer that names no service is none of them."""
    named = rows[~rows["item"].str.endswith(":none") & (rows["measure"] == "share")]
    return pd.DataFrame(named.sort_values("estimate", ascending=False, kind="stable").head(_TOP))


def _references(material: Material) -> Iterator[str]:
    """Set what is known of the whole country beside the estimate."""
    found = material.tables.get("comparaisons")
    for row in () if found is None else records(found.dropna(subset=["gap"])):
        lang = material.lang
        low, high = (decimal(row[it], lang, 1) for it in ("gap_low", "gap_high"))
        yield say(
            material, "reference", name=item_name(material, row["item"]),
            estimate=decimal(row["estimate"], lang, 1), reference=decimal(row["reference"], lang, 1),
            gap=signed(row["gap"], lang, 1), interval=bracket(lang, low, high),
        )  # fmt: skip


def tied(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows' intervals meet that of the first: nothing says that they are behind it.

    >>> tied(pd.DataFrame({"estimate": [3, 2, 1], "low": [2.5, 1.5, 0.5], "high": [3.5, 2.6, 1.5]})).tolist()
    [True, True, False]
    """
    first = float(rows.sort_values("estimate")["low"].iloc[-1])
    return rows["high"].ge(first)


def _marks_chart(material: Material, key: str, rows: pd.DataFrame) -> Iterator[Chart]:
    """Draw estimates with their intervals, the greatest first."""
    if rows.empty:
        return
    lang = material.lang
    rows = rows.sort_values("estimate", ascending=False, kind="stable")
    share = (rows["measure"] == "share").all()
    factor, digits = (100, 0) if share else (1, 1)
    ticks = nice(0, rows["high"].max()) if share else (0, 2, 4, 6, 8, 10)
    place, first = scale(ticks[0], ticks[-1]), tied(rows)

    def shown(row: dict[str, Any]) -> str:
        value = percent(row["estimate"], lang) if share else decimal(row["estimate"], lang, 1)
        ends = bracket(lang, *(decimal(factor * row[it], lang, digits) for it in ("low", "high")))
        return f"{value} {ends}"

    told = records(rows)
    yield Chart(
        key=key,
        title=say(material, f"{key}_title"),
        summary=say(
            material, f"{key}_summary", first=item_name(material, told[0]["item"]),
            value=shown(told[0]), tied=count(first.sum() - 1, lang),
        ),
        panels=(
            panel(
                "",
                [
                    (
                        item_name(material, row["item"]),
                        shown(row),
                        (),
                        (mark(place, row["estimate"], row["low"], row["high"], series=0 if tie else 1),),
                    )
                    for row, tie in zip(told, first, strict=True)
                ],
            ),
        ),
        legend=(
            Key(label=say(material, "tied_first"), series=0),
            *([] if first.all() else [Key(label=say(material, "behind_first"), series=1)]),
        ),
        ticks=tuple((place(it), percent(it, lang) if share else count(it, lang)) for it in ticks),
        table=_estimates_table(material, key, told, first.tolist(), digits),
    )  # fmt: skip


def _estimates_table(
    material: Material, key: str, told: Sequence[dict[str, Any]], first: Sequence[bool], digits: int
) -> Table:
    lang = material.lang
    share = digits == 0
    heads = ("item", "answers", "unweighted", "estimate", "interval", "tied")
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
                say(material, "yes" if tie else "no"),
            )
            for row, tie in zip(told, first, strict=True)
        ),
        texts=(0, 5),
        source=say(material, "source", file="tables/estimations.csv"),
        folded=True,
    )


def _podium(material: Material, family: str) -> Iterator[Table]:
    """Name the first items of each département, and how many others may be first as well."""
    found = material.tables.get("classements")
    if not family or found is None:
        return
    lang, departements = material.lang, names_of(material, "departements")
    part = found[(found["family"] == family) & found["estimate"].notna()]
    rows = []
    for domain, ranked in part.sort_values(["domain", "rank"], kind="stable").groupby("domain"):
        best = [
            f"{item_name(material, row['item'])} ({percent(row['estimate'], lang)})"
            for row in records(ranked.head(_PODIUM))
        ]
        may = int((ranked["rank_best"] == 1).sum())
        rows.append(
            (departements.get(str(domain), str(domain)), *best, *[""] * (_PODIUM - len(best)),
             say(material, "may_be_first", number=count(may, lang), all=len(ranked)))
        )  # fmt: skip
    if rows:
        yield Table(
            caption=say(material, f"podium_{family}"),
            heads=tuple(
                say(material, f"head_{it}") for it in ("departement", "first", "second", "third", "ties")
            ),
            rows=tuple(rows),
            texts=(0, 1, 2, 3, 4),
            source=say(material, "source", file="tables/classements.csv"),
        )


def needs(material: Material) -> Section | None:
    """Set needs against offers, service by service and département by département."""
    found = material.tables.get("besoins")
    if found is None or found.empty:
        return None
    blocks = [*_matrix(material, found, "needed"), *_matrix(material, found, "little_used")]
    if not blocks:
        return None
    return Section(
        key="needs",
        title=say(material, "needs"),
        simulated=simulated(material, "answers"),
        blocks=(
            Prose(paragraphs=(say(material, "needs_text"),)),
            *blocks,
            *maps(material, ("needed_not_offered", "needed_single")),
        ),
    )


def _matrix(material: Material, found: pd.DataFrame, flag: str) -> Iterator[Table]:
    """Lay out the services that bear a flag by département: the share, and what makes it notable."""
    lang, services = material.lang, material.services
    departements = names_of(material, "departements")
    share = "need_share" if flag == "needed" else "used_share"
    rows = found.reset_index()
    marked = rows[rows[flag].fillna(value=False).astype(bool)].assign(shown=rows[share])
    if marked.empty:
        return
    order = marked.groupby("service")[share].agg(["size", "max"]).sort_values(["size", "max"])[::-1].index
    cells = {
        (row["service"], row["code_dep"]): " ".join(
            filter(None, (percent(row[share], lang), _why(material, row, flag)))
        )
        for row in records(marked)
    }
    yield Table(
        caption=say(material, f"{flag}_matrix"),
        heads=(say(material, "head_service"), *departements.values()),
        rows=tuple(
            (services.get(str(it), str(it)), *(cells.get((it, dep), "") for dep in departements))
            for it in order
        ),
        source=say(material, "source", file="tables/besoins.csv"),
    )


def _why(material: Material, row: dict[str, Any], flag: str) -> str:
    """Say of a need that nobody or only one operator answers it."""
    if flag != "needed":
        return ""
    kinds = [it for it in ("needed_not_offered", "needed_single") if row[it]]
    return say(material, f"cell_{kinds[0]}") if kinds else ""
