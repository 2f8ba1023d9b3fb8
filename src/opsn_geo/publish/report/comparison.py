"""The influence of operators: adherents against others, as they are and like with like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opsn_geo.catalogue.numbers import bracket, count, decimal, percent, signed
from opsn_geo.publish.report.charts import Scale, mark, nice, panel, scale
from opsn_geo.publish.report.model import (
    Chart,
    Key,
    Material,
    Prose,
    Section,
    Table,
    say,
)
from opsn_geo.publish.report.wording import item_name, records, simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from opsn_geo.publish.report.model import Panel

_RATE: Final = 0.10
"""Share of false discoveries that the report accepts among the gaps it calls established."""
_CLEAREST: Final = 14


def clearest(influence: pd.DataFrame, most: int = _CLEAREST) -> pd.DataFrame:
    """Choose the gaps between adherents and others that stand out most from chance once alike is compared.

    Gaps that were not published, or that the comparison itself is made to cancel, are left out.
    """
    known = influence.dropna(subset=["gap_low", "adjusted_low", "adjusted_p"])
    return known.sort_values(["adjusted_p", "item"], kind="stable").head(most)


def influence(material: Material) -> Section | None:
    """Set adherents against others, as they are and compared like with like."""
    found = material.tables.get("influence")
    if found is None or found["gap_low"].isna().all():
        return None
    lang, tests = material.lang, int(found["tests"].max())
    counted = {
        it: count((found[f"{it}_q"] <= _RATE).sum(), lang) for it in ("gap", "adjusted")
    }  # a missing q is not below
    return Section(
        key="influence",
        title=say(material, "influence"),
        simulated=simulated(material, "answers"),
        blocks=(
            Prose(
                paragraphs=(
                    say(material, "influence_text"),
                    say(
                        material, "influence_found", tests=count(tests, lang), **counted,
                        rate=percent(_RATE, lang), by_chance=count(0.05 * tests, lang),
                    ),
                )
            ),
            *_gaps(material, found),
        ),
    )  # fmt: skip


def _gaps(material: Material, found: pd.DataFrame) -> Iterator[Chart]:
    """Draw the clearest gaps, shares apart from means, question by question."""
    lang, chosen = material.lang, clearest(found)
    shares = chosen[chosen["measure"] == "share"]
    if shares.empty:
        return
    ends = shares[["gap_low", "gap_high", "adjusted_low", "adjusted_high"]]
    ticks = nice(min(ends.min().min(), 0), ends.max().max())
    place = scale(ticks[0], ticks[-1])
    heads = ("item", "members", "others", "gap", "gap_interval", "adjusted", "adjusted_interval", "survives")
    keys = ("raw_gap", "adjusted_gap")
    yield Chart(
        key="influence",
        title=say(material, "influence_title"),
        summary=say(material, "influence_summary", number=len(shares)),
        panels=tuple(_by_question(material, shares, place)),
        legend=tuple(Key(label=say(material, it), series=number) for number, it in enumerate(keys)),
        ticks=tuple((place(it), signed(100 * it, lang)) for it in ticks),
        lines=((place(0), "zero"),),
        table=Table(
            caption=say(material, "influence_table"),
            heads=tuple(say(material, f"head_{it}") for it in heads),
            rows=tuple(_gap_row(material, row) for row in records(chosen)),
            texts=(0, 7),
            source=say(material, "source", file="tables/influence.csv"),
            folded=True,
        ),
    )


def _by_question(material: Material, shares: pd.DataFrame, place: Scale) -> Iterator[Panel]:
    lang = material.lang
    families = shares["item"].str.partition(":")[0]
    for family in dict.fromkeys(families):
        yield panel(
            material.questionnaire.questions.get(family, ""),
            [
                (
                    item_name(material, row["item"]),
                    say(material, "points", gap=signed(100 * row["adjusted"], lang)),
                    (),
                    (
                        mark(place, row["gap"], row["gap_low"], row["gap_high"], dy=-4),
                        mark(
                            place, row["adjusted"], row["adjusted_low"], row["adjusted_high"], series=1, dy=7
                        ),
                    ),
                )
                for row in records(shares[families == family])
            ],
            band=22,
        )


def _gap_row(material: Material, row: dict[str, Any]) -> tuple[str, ...]:
    """Write a gap: shares in percent and points, means as they are."""
    lang, item = material.lang, str(row["item"])
    factor, digits = (100, 0) if row["measure"] == "share" else (1, 1)
    question = material.questionnaire.questions.get(item.partition(":")[0], "")
    name = item_name(material, item)

    def shown(key: str) -> str:
        return decimal(factor * row[key], lang, digits)

    return (
        name if name == question or not question else f"{question} – {name}",
        *(percent(row[it], lang) if factor > 1 else shown(it) for it in ("member_mean", "other_mean")),
        signed(factor * row["gap"], lang, digits),
        bracket(lang, shown("gap_low"), shown("gap_high")),
        signed(factor * row["adjusted"], lang, digits),
        bracket(lang, shown("adjusted_low"), shown("adjusted_high")),
        say(material, "yes" if row["adjusted_q"] <= _RATE else "no"),
    )
