"""Comparison of adherents and others, as they are and like with like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsn_geo.catalogue.numbers import bracket, count, decimal, percent, signed
from opsn_geo.measure.survey.overview import DISCOVERY_RATE
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
from opsn_geo.publish.report.wording import gap_points, item_name, records, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from opsn_geo.publish.report.model import Panel


def influence(material: Material) -> Section | None:
    """Section that compares adherents and others, as they are and like with like."""
    table = material.tables.get("influence")
    if table is None or table["gap_low"].isna().all():
        return None
    lang, counts = material.lang, material.figures["gap_counts"].loc["all"]
    return Section(
        key="influence",
        title=say(material, "influence"),
        blocks=(
            Prose(
                paragraphs=(
                    say(material, "influence_text"),
                    say(
                        material, "influence_found", rate=percent(DISCOVERY_RATE, lang),
                        **{str(name): count(number, lang) for name, number in counts.items()},
                    ),
                )
            ),
            *_gaps(material),
        ),
    )  # fmt: skip


def _gaps(material: Material) -> Iterator[Chart]:
    """Chart of the clearest gaps between shares, question by question; its table has those of means too."""
    lang, gaps = material.lang, material.figures["gaps"]
    shares = gaps[gaps["measure"] == "share"]
    if shares.empty:
        return
    first = records(shares)[0]
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
            rows=tuple(_gap_row(material, row) for row in records(gaps)),
            texts=(0, 7),
            folded=True,
        ),
        axis=say(material, "axis_points"),
        reading=gap_reading(material, first, item_name(material, str(first["item"]))),
        universe=say(
            material, "universe_gaps",
            members=count(shares["members"].iloc[0], lang), others=count(shares["others"].iloc[0], lang),
        ),
        **source(material, "influence"),
    )  # fmt: skip


def gap_reading(material: Material, row: dict[str, Any], name: str) -> str:
    """How to read a gap, from the row of what is named."""
    lang = material.lang
    words = {it: percent(row[f"{it}_mean"], lang) for it in ("member", "other")}
    gaps = {it: gap_points(row, lang, it) for it in ("gap", "adjusted")}
    judged = {
        "tests": count(material.figures["gap_counts"].loc["all", "tests"], lang),
        "rate": percent(DISCOVERY_RATE, lang),
    }
    return say(material, "reading_gap", name=name, **words, **gaps, **judged)


def _by_question(material: Material, shares: pd.DataFrame, place: Scale) -> Iterator[Panel]:
    """Panels of a chart, one for each question."""
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
    """Cells of a gap: shares in percent and points, means as they are."""
    lang, item = material.lang, str(row["item"])
    factor, digits = (100, 0) if row["measure"] == "share" else (1, 1)
    family, _, choice = item.partition(":")
    name = item_name(material, item)
    # the name of an item without choices is the question itself, in the language of the report
    question = material.questionnaire.questions.get(family, "") if choice or name == item else ""

    def shown(key: str) -> str:
        return decimal(factor * row[key], lang, digits)

    return (
        name if name == question or not question else f"{question} – {name}",
        *(percent(row[it], lang) if factor > 1 else shown(it) for it in ("member_mean", "other_mean")),
        signed(factor * row["gap"], lang, digits),
        bracket(lang, shown("gap_low"), shown("gap_high")),
        signed(factor * row["adjusted"], lang, digits),
        bracket(lang, shown("adjusted_low"), shown("adjusted_high")),
        say(material, "yes" if row["established"] else "no"),
    )
