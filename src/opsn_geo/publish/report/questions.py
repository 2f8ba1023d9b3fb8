"""The survey question by question: a section for each that the questionnaire names, a chart for each kind."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from opsn_geo.catalogue.numbers import MISSING, bracket, count, decimal, percent, signed
from opsn_geo.catalogue.words import enumerated, text, texts
from opsn_geo.publish.report.charts import Scale, mark, nice, panel, scale
from opsn_geo.publish.report.comparison import gap_reading
from opsn_geo.publish.report.model import (
    Block,
    Chart,
    Key,
    Material,
    Panel,
    Prose,
    Section,
    Subsection,
    Table,
    say,
)
from opsn_geo.publish.report.wording import (
    ASK_ABOUT_SERVICES,
    decimals,
    figure_status,
    gap_points,
    item_name,
    names_of,
    records,
    source,
    with_interval,
)
from opsn_geo.publish.sentences import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from opsn_geo.publish.report.model import Family, Mark, Part

_PLACES_THE_RESPONDENT: Final = ("structure", "departement")
"""Roles of the questionnaire that say for whom one answers; the results are those of communes."""
_PLACES: Final = 3
_CLEAREST: Final = 8
_DRAWN: Final = 12
"""Most rows of a question that its chart draws; its table has them all."""
_TEN: Final = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)


class _Line(NamedTuple):
    """A row of a chart: its item, its name, its estimate, and what the study publishes of it."""

    item: str
    name: str
    row: dict[str, Any]
    published: str
    published_at: float


def survey_questions(material: Material) -> dict[str, list[Family]]:
    """Questions with estimates by the section of the survey that they stand in, in order."""
    estimates = material.tables.get("estimations")
    items = set() if estimates is None else set(estimates.loc[estimates["domain"].eq(""), "item"])
    answered = [
        it
        for it in material.questionnaire.families
        if it.item not in _PLACES_THE_RESPONDENT and not items.isdisjoint(it.items)
    ]
    other = say(material, "other_questions" if any(it.section for it in answered) else "survey")
    sections: dict[str, list[Family]] = {}
    for family in answered:
        sections.setdefault(family.section or other, []).append(family)
    return sections


def survey_sections(material: Material) -> list[Section]:
    """Sections of the survey, in the order of the questionnaire; none without estimates."""
    sections = survey_questions(material)
    if not sections:
        return []
    estimates = material.tables["estimations"]
    rows = {str(row["item"]): row for row in records(estimates[estimates["domain"].eq("")])}
    published = material.figures.get("published", pd.DataFrame())
    for given in records(published):
        if given["key"] in rows:
            rows[given["key"]]["given"] = given
    made = (
        _section(material, f"survey-{number}", title, families, rows)
        for number, (title, families) in enumerate(sections.items(), start=1)
    )
    return [section for section in made if section is not None]


def _section(
    material: Material, key: str, title: str, families: list[Family], rows: Mapping[str, dict[str, Any]]
) -> Section | None:
    """Section on some questions: the first chart, then the others, who stands out, and what was published."""
    charts = [
        block
        for number, group in enumerate(_together(families))
        for block in _blocks(material, f"{key}-{number}", group, rows)
    ]
    if not charts:
        return None
    items = {item for family in families for item in family.items}
    is_by_departement = all(isinstance(it, Table) for it in charts[1:])
    more = say(material, "by_departement" if is_by_departement else "more_questions")
    parts = (
        Subsection(title=more, blocks=tuple(charts[1:]), folded=True),
        Subsection(
            title=say(material, "two_groups_part"), blocks=tuple(_gaps(material, key, families)), folded=True
        ),
        Subsection(
            title=say(material, "published_part"),
            blocks=tuple(_published(material, title, families)),
            folded=True,
        ),
    )
    return Section(
        key=key,
        title=title,
        blocks=(*_references(material, items), charts[0]),
        parts=tuple(it for it in parts if it.blocks),
    )


def _together(families: Iterable[Family]) -> list[list[Family]]:
    """Questions that one chart shows: all yes or no, all single marks, neighbours with the same choices."""
    kept = list(families)
    groups: dict[object, list[Family]] = {}
    for number, (same, run) in enumerate(groupby(kept, lambda it: (it.kind, it.labels))):
        kind, labels = same
        for family in run:
            alone: object = (number, family.item) if kind != "single" or len(labels) == 1 else number
            shared: object = (
                kind if kind == "yes_no" or (kind == "scale" and len(family.items) == 1) else alone
            )
            groups.setdefault(shared, []).append(family)
    return list(groups.values())


def _blocks(
    material: Material, key: str, group: list[Family], rows: Mapping[str, dict[str, Any]]
) -> Iterator[Block]:
    """Blocks of some questions that are shown together."""
    kind = group[0].kind
    if kind == "number":
        yield from (_amount(material, rows[it.item]) for it in group if it.item in rows)
        return
    by_family = [(family, _lines(material, family, rows)) for family in group]
    drawn = [(family, lines) for family, lines in by_family if any(_is_shown(it) for it in lines)]
    if not drawn:
        return
    lines = [line for _, its in drawn for line in its]
    shown = [it for it in lines if _is_shown(it)]
    is_share = shown[0].row["measure"] == "share"
    ticks = nice(0, max(it.row["high"] for it in shown)) if is_share else _TEN
    ticks = tuple(it for it in ticks if it <= 1) if is_share else ticks
    place = scale(ticks[0], ticks[-1])
    is_one = len(drawn) == 1
    separate = not is_one and kind not in {"yes_no", "scale"}
    panels = (
        [_panel(material, family.question, its, place) for family, its in drawn]
        if separate
        else [_panel(material, "", lines[:_DRAWN], place)]
    )
    first = drawn[0][0]
    has_published = any(it.published_at == it.published_at for it in shown)
    keys = ("weighted", "unweighted_mark", *(["published_mark"] if has_published else []))
    yield Chart(
        key=key,
        title=_title(material, kind, drawn),
        asked=first.question if is_one and first.question != lines[0].name else "",
        asked_lang=first.lang if is_one else "",
        summary=" ".join(_remarks(material, first.item, len(lines))) if is_one else "",
        reading=_reading(material, drawn, is_share=is_share),
        universe=_universe(material, [it for it, _ in drawn], shown),
        panels=tuple(panels),
        legend=tuple(Key(label=say(material, it), series=number) for number, it in enumerate(keys)),
        ticks=tuple(
            (place(it), percent(it, material.lang) if is_share else count(it, material.lang)) for it in ticks
        ),
        axis=say(material, "axis_share", communes=_communes(material, [it for it, _ in drawn]))
        if is_share
        else say(material, "axis_mark"),
        table=_table(material, drawn, separate=separate),
        **source(material, "estimations"),
    )
    if is_one:
        yield from _first_items(material, first.item)


def _lines(material: Material, family: Family, rows: Mapping[str, dict[str, Any]]) -> list[_Line]:
    """Rows of a question: in its own order where one answer is chosen, else the greatest first, none last."""
    lines = []
    for item in family.items:
        if item not in rows:
            continue
        row = rows[item]
        given = row.get("given")
        factor = 100 if row["measure"] == "share" else 1
        written, at = "", float("nan")
        if given is not None:
            value = float(given["value"])
            digits = decimals(given["precision"])
            share = percent(value / 100, material.lang, digits)
            written = share if factor > 1 else decimal(value, material.lang, digits)
            written = COMPARISONS.get(str(given["comparison"]), "") + written
            if given["no"]:
                written = say(material, "published_no", share=share)
            # a bound is no value: it has no mark
            at = float("nan") if given["comparison"] in COMPARISONS else value / factor
            at = 1 - at if given["no"] else at
        lines.append(_Line(item, _name(material, family, item, row), row, written, at))
    if family.kind in {"multiple", "scale"}:
        lines.sort(key=lambda it: (_is_none(family, it), -it.row["estimate"] if _is_shown(it) else 2))
    return lines


def _is_none(family: Family, line: _Line) -> bool:
    """Whether a row counts who ticks none of several choices: it comes last, and wins over no choice."""
    return family.kind == "multiple" and line.item.endswith(":none")


def _is_shown(line: _Line) -> bool:
    """Whether an item has a published estimate."""
    return bool(pd.notna(line.row["estimate"]) and pd.notna(line.row["low"]))


def _name(material: Material, family: Family, item: str, row: dict[str, Any]) -> str:
    """Name of an item: of a question without choices, the short one of the tables where they have it."""
    short = row.get("label")
    if item == family.item and isinstance(short, str) and short:
        return short
    return item_name(material, item)


def _panel(material: Material, title: str, lines: list[_Line], place: Scale) -> Panel:
    """Panel of the items of a question: weighted with the interval, unweighted below, published as a line."""

    def marks(line: _Line) -> tuple[Mark, ...]:
        if not _is_shown(line):
            return ()
        row, none = line.row, float("nan")
        made = [mark(place, row["estimate"], row["low"], row["high"])]
        if pd.notna(row["unweighted"]):
            made.append(mark(place, row["unweighted"], none, none, series=1, dy=9))
        if pd.notna(line.published_at):
            made.insert(0, mark(place, line.published_at, none, none, series=2, dy=4))
        return tuple(made)

    return panel(title, [(it.name, _value(material, it), (), marks(it)) for it in lines], band=24)


def _value(material: Material, line: _Line) -> str:
    """Estimate and interval of an item, as its chart writes them."""
    if not _is_shown(line):
        return MISSING
    return with_interval(line.row, material.lang)


def _title(material: Material, kind: str, drawn: list[tuple[Family, list[_Line]]]) -> str:
    """Title that states what is seen: the greatest, and how many cannot be told from it."""
    lang = material.lang
    rows = [(family, it) for family, lines in drawn for it in lines if _is_shown(it)]
    shown = [it for _, it in rows]
    named = [it for family, it in rows if not _is_none(family, it)] or shown
    best = max(named, key=lambda it: it.row["estimate"])
    least = min(named, key=lambda it: it.row["estimate"])
    if len(drawn) > 1 and kind == "single":
        choice = drawn[0][1][0].name
        values = [lines[0].row["estimate"] for _, lines in drawn if _is_shown(lines[0])]
        if values:
            ends = {"low": percent(min(values), lang), "high": percent(max(values), lang)}
            return say(material, "title_same_choices", choice=choice, **ends)
    words = {
        "first": best.name,
        "value": _value(material, best),
        "communes": _communes(material, [it for it, _ in drawn]),
    }
    measure = "yes" if kind == "yes_no" else str(best.row["measure"])
    if len(shown) == 1:
        return say(material, f"title_one_{measure}", **words)
    if len(drawn) > 1:
        ends = {"last": least.name, "least": _value(material, least)}
        return say(material, f"title_from_to_{measure}", **words, **ends)
    tied = _not_behind(material, drawn[0][0].item)
    if tied is None:  # not ranked: intervals that overlap tell nobody apart
        tied = sum(it.row["high"] >= best.row["low"] for it in named) - 1
    if tied < 1:
        return say(material, f"title_first_{measure}", **words)
    others = say(material, "than_one" if tied == 1 else "than_others", number=count(tied, lang))
    return say(material, f"title_tied_{measure}", **words, others=others)


def _communes(material: Material, families: Iterable[Family]) -> str:
    """Words for the communes whose shares are shown: all, or those that the questions concern."""
    return say(material, "communes_some" if any(it.asked_if for it in families) else "communes_all")


def _reading(material: Material, drawn: list[tuple[Family, list[_Line]]], *, is_share: bool) -> str:
    """How to read a chart, from its greatest row."""
    rows = [(family, it) for family, lines in drawn for it in lines if _is_shown(it)]
    named = [it for it in rows if not _is_none(*it)] or rows
    family, line = max(named, key=lambda it: it[1].row["estimate"])
    row, lang = line.row, material.lang
    raw = percent(row["unweighted"], lang) if is_share else decimal(row["unweighted"], lang, 1)
    words = {
        "first": line.name,
        "value": _value(material, line),
        "communes": _communes(material, [family]),
        "raw": raw,
        "answers": count(row["answers"], lang),
    }
    sentence = say(material, "reading_share" if is_share else "reading_mark", **words)
    if line.published:
        return f"{sentence} {say(material, 'reading_published', published=line.published)}"
    return sentence


def _universe(material: Material, families: list[Family], shown: list[_Line]) -> str:
    """Who was asked, and how many answered."""
    lang = material.lang
    bases = sorted({int(it.row["answers"]) for it in shown})
    number = count(bases[0], lang)
    if len(bases) > 1:
        number = say(material, "range_of", low=number, high=count(bases[-1], lang))
    conditions = {it.asked_if for it in families}
    if len(conditions) != 1 or not (condition := conditions.pop()):
        return say(material, "universe_all" if conditions <= {""} else "universe_some", number=number)
    item, _, choices = condition.partition("=")
    yes, no = text("reply.yes", lang), text("reply.no", lang)
    names = {"yes": yes, "no": no}
    answers = enumerated(
        (
            text(
                "consistency.quoted",
                lang,
                it=material.questionnaire.labels.get(f"{item}:{it}") or names.get(it, it),
            )
            for it in choices.split("|")
        ),
        lang,
    )
    question = material.questionnaire.questions.get(item, item)
    return say(material, "universe_if", answers=answers, question=question, number=number)


def _not_behind(material: Material, item: str) -> int | None:
    """Number of items that are not distinct from the first of a family; none where it is not ranked."""
    items = material.figures.get("items")
    if items is None:
        return None
    own = items[items["item"].str.startswith(f"{item}:") & items["may_be_first"].notna()]
    return int(own["may_be_first"].sum()) - 1 if len(own) > 1 else None


def _ranks(material: Material, item: str) -> str:
    """How many of a family that is ranked may come first; empty where it is not ranked."""
    number = _not_behind(material, item)
    if number is None:
        return ""
    return say(material, "ranked_tied" if number > 0 else "ranked_alone", number=count(number, material.lang))


def _remarks(material: Material, item: str, number: int) -> Iterator[str]:
    """What to know of a chart of one question: how many may come first, and how many rows it leaves out."""
    if number > _DRAWN:
        yield say(
            material, "first_drawn", drawn=count(_DRAWN, material.lang), number=count(number, material.lang)
        )
    if ranks := _ranks(material, item):
        yield ranks


def _table(material: Material, drawn: list[tuple[Family, list[_Line]]], *, separate: bool) -> Table:
    """Table of what a chart draws."""
    lang = material.lang
    rows = []
    for family, lines in drawn:
        for line in lines:
            row, shown = line.row, _is_shown(line)
            is_share = row["measure"] == "share"
            raw = percent(row["unweighted"], lang) if is_share else decimal(row["unweighted"], lang, 1)
            estimate, _, ends = _value(material, line).partition(" [")
            hidden = str(row.get("hidden") or "")
            why = texts("code.hidden", lang).get(hidden, "")
            rows.append(
                (
                    f"{family.question} – {line.name}" if separate else line.name,
                    count(row["answers"], lang),
                    raw if shown else why or MISSING,
                    estimate if shown else MISSING,
                    f"[{ends}" if ends else MISSING,
                    line.published or MISSING,
                )
            )
    named = _named(family for family, _ in drawn)
    heads = (named, "answers", "unweighted", "estimate", "interval", "published")
    return Table(
        caption="",
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        folded=True,
    )


def _named(families: Iterable[Family]) -> str:
    """What the names of rows are: answers to choose from, or questions."""
    return "choice" if all(it.kind in {"multiple", "single"} for it in families) else "item"


def _amount(material: Material, row: dict[str, Any]) -> Prose:
    """Sentence on a number that was asked: mean, and median where it is known."""
    lang = material.lang
    words = {
        "name": str(row.get("label") or item_name(material, str(row["item"]))),
        "mean": decimal(row["estimate"], lang, 1),
        "ends": bracket(lang, *(decimal(row[it], lang, 1) for it in ("low", "high"))),
        "raw": decimal(row["unweighted"], lang, 1),
        "answers": count(row["answers"], lang),
    }
    if pd.isna(row.get("median")):
        return Prose(paragraphs=(say(material, "amount_mean", **words),))
    ends = bracket(lang, *(decimal(row[it], lang, 1, trim=True) for it in ("median_low", "median_high")))
    median = decimal(row["median"], lang, 1, trim=True)
    return Prose(paragraphs=(say(material, "amount_median", **words, median=median, median_ends=ends),))


def _references(material: Material, items: set[str]) -> Iterator[Prose]:
    """Sentences that put what is known of the whole country beside the estimates of a section."""
    references = material.tables.get("comparaisons")
    for row in () if references is None else records(references.dropna(subset=["gap"])):
        if row["item"] not in items:
            continue
        lang = material.lang
        low, high = (decimal(row[it], lang, 1) for it in ("gap_low", "gap_high"))
        sentence = say(
            material, "reference", name=str(row.get("label") or item_name(material, row["item"])),
            estimate=decimal(row["estimate"], lang, 1), reference=decimal(row["reference"], lang, 1),
            margin=decimal(row["reference_margin"], lang, 1),
            gap=signed(row["gap"], lang, 1), interval=bracket(lang, low, high),
        )  # fmt: skip
        yield Prose(paragraphs=(sentence,))


def _first_items(material: Material, family: str) -> Iterator[Table]:
    """Table of the first items of each département, and how many others may be first as well."""
    ranked = material.figures.get("first_items")
    if ranked is None or family not in ASK_ABOUT_SERVICES:
        return
    lang, departements = material.lang, names_of(material, "departements")
    rows = []
    for domain, first in ranked[ranked["family"] == family].groupby("domain"):
        best = [
            f"{item_name(material, row['item'])} ({percent(row['estimate'], lang)})" for row in records(first)
        ]
        n_ties, n_items = first[["may_be_first", "items"]].iloc[0]
        is_withheld = bool(first["has_withheld"].iloc[0])
        is_open = is_withheld or n_ties > max(n_items / 2, 1)
        key = "no_ranking" if is_open else "first_alone" if n_ties == 1 else "may_be_first"
        key = "ranking_withheld" if is_withheld else key
        ties = say(material, key, number=count(n_ties - 1, lang), all=count(n_items - 1, lang))
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
            **source(material, "classements"),
            folded=True,
        )


def _gaps(material: Material, key: str, families: list[Family]) -> Iterator[Chart]:
    """Chart of users of an OPSN against others, on the shares of a section whose gap is clearest."""
    compared = material.figures.get("compared")
    if compared is None:
        return
    lang = material.lang
    of_family = {item: family for family in families for item in family.items}
    own = compared[compared["item"].isin(of_family) & compared["measure"].eq("share")].head(_CLEAREST)
    if own.empty:
        return
    ends = own[["gap_low", "gap_high", "adjusted_low", "adjusted_high"]]
    ticks = nice(min(ends.min().min(), 0), max(ends.max().max(), 0))
    place = scale(ticks[0], ticks[-1])
    gaps, published = (
        records(own),
        material.figures.get("published", pd.DataFrame(columns=["gap_of", "value"])),
    )
    given = dict(zip(published["gap_of"], published["value"], strict=True))
    established = [item_name(material, str(it["item"])) for it in gaps if it["established"]]

    def name(item: str) -> str:
        family, own_name = of_family[item], item_name(material, item)
        alone = len(families) == 1 or family.question == own_name
        return own_name if alone else f"{own_name} ({family.question})"

    def row_of(row: dict[str, Any]) -> tuple[str, str, tuple[Part, ...], tuple[Mark, ...]]:
        none = float("nan")
        drawn = [
            mark(place, row["gap"], row["gap_low"], row["gap_high"], dy=-2),
            mark(place, row["adjusted"], row["adjusted_low"], row["adjusted_high"], series=1, dy=9),
        ]
        if row["item"] in given:
            drawn.insert(0, mark(place, given[row["item"]] / 100, none, none, series=2, dy=3))
        points = say(material, "points", gap=signed(100 * row["adjusted"], lang))
        return name(str(row["item"])), points, (), tuple(drawn)

    first = gaps[0]
    keys = ["raw_gap", "adjusted_gap"] + ["published_mark"] * any(row["item"] in given for row in gaps)
    named = _named(of_family[it] for it in own["item"])
    heads = (named, "members", "others", "gap", "adjusted", "published", "survives")
    yield Chart(
        key=f"{key}-gaps",
        title=say(
            material, "gaps_established" if established else "gaps_none", names=enumerated(established, lang)
        ),
        summary="",
        reading=gap_reading(material, first, name(str(first["item"]))),
        universe=say(
            material, "universe_gaps",
            members=count(first["members"], lang), others=count(first["others"], lang),
        ),
        panels=(panel("", [row_of(row) for row in gaps], band=24),),
        legend=tuple(Key(label=say(material, it), series=number) for number, it in enumerate(keys)),
        ticks=tuple((place(it), signed(100 * it, lang)) for it in ticks),
        axis=say(material, "axis_points"),
        lines=((place(0), "zero"),),
        table=Table(
            caption="",
            heads=tuple(say(material, f"head_{it}") for it in heads),
            rows=tuple(
                (
                    name(str(row["item"])),
                    percent(row["member_mean"], lang),
                    percent(row["other_mean"], lang),
                    gap_points(row, lang, "gap"),
                    gap_points(row, lang, "adjusted"),
                    signed(given[row["item"]], lang) if row["item"] in given else MISSING,
                    say(material, "yes" if row["established"] else "no"),
                )
                for row in gaps
            ),
            texts=(0, 6),
            folded=True,
        ),
        **source(material, "influence"),
    )  # fmt: skip


def _published(material: Material, title: str, families: list[Family]) -> Iterator[Table]:
    """Table of all that the study publishes of some questions, recomputed, and estimated for communes."""
    published, figures = material.figures.get("published"), material.tables.get("figures")
    if published is None or figures is None:
        return
    lang = material.lang
    own = published.loc[published["item"].isin({it.item for it in families}), "figure"]
    verdict = material.tables.get("verdict", pd.DataFrame(columns=["finding", "subject"]))
    judged = {str(it["subject"]): it for it in records(verdict[verdict["finding"] == "headline"])}

    def estimate(figure: str) -> str:
        row = judged.get(figure)
        if row is None or pd.isna(row["estimate"]):
            return MISSING
        return with_interval(row, lang)

    def written(row: dict[str, Any], value: str) -> str:
        digits = decimals(row["precision"])
        if row["unit"] == "share":
            return percent(row[value] / 100, lang, digits)
        return decimal(row[value], lang, digits)

    rows = tuple(
        (
            str(row["label"]),
            COMPARISONS.get(str(row["comparison"]), "") + written(row, "value"),
            written(row, "recomputed"),
            estimate(str(row["figure"])),
            figure_status(material, row),
        )
        for row in records(figures[figures["figure"].isin(own)])
    )
    if rows:
        yield Table(
            caption=say(material, "published_table", section=title),
            heads=tuple(
                say(material, f"head_{it}")
                for it in ("figure", "published", "recomputed", "estimate_communes", "status")
            ),
            rows=rows,
            texts=(0, 4),
            **source(material, "figures", "verdict"),
        )
