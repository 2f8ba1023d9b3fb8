"""Who answered, and what the answers are worth: the verdict and its reasons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue.numbers import bracket, count, decimal, interval, percent, signed
from opsn_geo.catalogue.words import level_name as joined_name
from opsn_geo.catalogue.words import texts
from opsn_geo.measure.survey.overview import BALANCED, LEVEL
from opsn_geo.publish.notices import response_notice
from opsn_geo.publish.report.charts import mark, nice, panel, scale
from opsn_geo.publish.report.maps import maps
from opsn_geo.publish.report.model import (
    Block,
    Chart,
    Key,
    Material,
    Prose,
    Section,
    Subsection,
    Table,
    say,
)
from opsn_geo.publish.report.wording import item_name, names_of, of_place, records, say_people, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opsn_geo.catalogue.words import Language


_REASONS: Final = ("overall", "small", "rate", "bias", "weights", "change", "bodies")
_WITHOUT_TABLE: Final = ("below_2000", "siren_epci")
"""Variables that need no table: one is in a sentence of the verdict, one has too many levels."""


def representativeness(material: Material) -> Section | None:
    """Section on whether the survey can be trusted: verdict, reasons, who answered, what weights correct."""
    verdict = material.tables.get("verdict")
    if verdict is None or verdict.empty:
        return None
    texts_of = verdict.set_index("finding")["text"]
    reasons = verdict.loc[verdict["finding"].isin(_REASONS), "text"]
    return Section(
        key="representativeness",
        title=say(material, "representativeness"),
        blocks=(
            Prose(paragraphs=(str(texts_of["answer"]),), items=tuple(map(str, reasons))),
            *_headlines(material, verdict),
        ),
        parts=tuple(
            it
            for it in (
                Subsection(
                    title=say(material, "who_answered"), blocks=tuple(_response(material)), folded=True
                ),
                Subsection(title=say(material, "where_answered"), blocks=_where(material), folded=True),
                Subsection(title=say(material, "balance"), blocks=tuple(_love(material)), folded=True),
                Subsection(
                    title=say(material, "other_bodies"), blocks=tuple(_other_bodies(material)), folded=True
                ),
            )
            if it.blocks
        ),
    )


def _headlines(material: Material, verdict: pd.DataFrame) -> Iterator[Block]:
    """Which headline figures hold; those that do not are folded away, each with what would overturn it."""
    judged = verdict[verdict["finding"] == "headline"]
    if judged.empty:
        return
    lang, numbers = material.lang, judged["verdict"].value_counts()
    verdicts = ("holds", "fragile", "open", "refuted")
    concluded = int(judged["verdict"].isin(verdicts).sum())
    counts = {it: count(numbers.get(it, 0), lang) for it in verdicts}
    some = "some" if numbers.get("refuted", 0) else "none"
    counts["refuted"] = say(material, f"headlines_{some}_refuted", number=counts["refuted"])
    sentences = [say(material, "headlines", all=count(concluded, lang), **counts)] if concluded else []
    if judged["published"].notna().any():
        outside = judged["published_inside"].eq(other=False).sum()
        published = judged["published_inside"].notna().sum()
        sentences.append(
            say(material, "headlines_published", outside=count(outside, lang), all=count(published, lang))
        )
    yield Prose(paragraphs=tuple(sentences))
    for kind in ("refuted", "fragile", "open"):
        of_kind = judged.loc[judged["verdict"] == kind, "text"]
        if len(of_kind):
            yield Prose(items=tuple(map(str, of_kind)), folded=say(material, f"headlines_{kind}"))
    rest = judged[judged["verdict"].eq("no_claim") & judged["published_inside"].eq(other=False)]
    if len(rest):
        yield Prose(items=tuple(map(str, rest["text"])), folded=say(material, "headlines_outside"))


def level_name(material: Material, variable: str, level: str) -> str:
    """Name of a level of a variable of communes: a département, a size, a density."""
    names = texts("survey_level", material.lang)
    if variable == "code_dep":
        names |= {f"code_dep={code}": name for code, name in names_of(material, "departements").items()}
    named = joined_name(f"{variable}={level}", names)
    return named or (names["unknown"] if level == "unknown" else level)


def _response(material: Material) -> Iterator[Table]:
    """Tables of who answered beside the territory, by each variable whose profile is drawn."""
    if "departures" not in material.figures:
        return
    lang = material.lang
    response = material.figures["departures"]
    drawn = [it for it in material.tables["profils"]["variable"].unique() if it not in _WITHOUT_TABLE]
    variables = texts("survey_variable", lang)
    heads = ("communes", "answered", "rate", "territory_share", "sample_share", "difference")
    for variable in drawn:
        part = response[response["variable"] == variable]
        rows = [
            (
                level_name(material, variable, row["level"]),
                count(row["units"], lang),
                count(row["answered"], lang),
                f"{percent(row['response_share'], lang)} "
                + interval(row["response_low_share"], row["response_high_share"], lang),
                percent(row["territory_share"], lang),
                percent(row["sample_share"], lang),
                say(material, row["departure"]),
            )
            for row in records(part)
        ]
        if rows:
            name = variables.get(variable, variable)
            yield Table(
                caption=say(material, "response_table", variable=name),
                heads=(_capitalised(name), *(say(material, f"head_{it}") for it in heads)),
                rows=tuple(rows),
                texts=(0, 6),
                **source(material, "representativite"),
            )


def _other_bodies(material: Material) -> Iterator[Table]:
    """Tables of what other bodies than communes answered, where no commune did."""
    lang, estimated = material.lang, material.tables.get("estimations_autres")
    if estimated is None or "estimations" in material.tables:
        return
    names = texts("code.body", lang)
    for body, rows in estimated[estimated["hidden"].eq("")].groupby("body"):
        name = material.questionnaire.labels.get(f"structure:{body}") or names.get(str(body), str(body))
        yield Table(
            caption=say(material, "other_bodies_table", name=name),
            heads=tuple(say(material, f"head_{column}") for column in ("item", "answers", "own_value")),
            rows=tuple(
                (item_name(material, row["item"]), count(row["answers"], lang), _estimate(row, lang))
                for row in records(rows)
            ),
            **source(material, "estimations_autres"),
            folded=True,
        )


def _estimate(row: dict[str, Any], lang: Language) -> str:
    """Share or mean of one item, with its interval where it has one."""
    is_share = row["measure"] == "share"
    value = percent(row["unweighted"], lang) if is_share else decimal(row["unweighted"], lang, 1)
    if pd.isna(row["low"]):
        return value
    if is_share:
        return f"{value} {interval(row['low'], row['high'], lang)}"
    return f"{value} {bracket(lang, decimal(row['low'], lang, 1), decimal(row['high'], lang, 1))}"


def _capitalised(name: str) -> str:
    """Name that begins with a capital, the rest as it is: OPSN and EPCI stay so."""
    return name[:1].upper() + name[1:]


def _where(material: Material) -> tuple[Block, ...]:
    """Maps of the answers by EPCI, and how many people live in the largest cluster without an answer."""
    clusters = material.layers.get("silences")
    notice = response_notice(material.metadata)
    drawn = ((Prose(paragraphs=(notice,)),) if notice else ()) + maps(material, "representativeness")
    if clusters is None or clusters.empty:
        return drawn
    largest = clusters.sort_values("population", ascending=False, kind="stable").iloc[0]
    most = clusters["population"].max(skipna=False)  # which is the most populous is not known without all
    lang, large, name = material.lang, int((clusters["p"] <= LEVEL).sum()), str(largest["name"])
    sentence = say_people(
        material,
        "silences_large" if large else "silences_chance",
        {"population": count(most, lang)},
        number=count(len(clusters), lang),
        inside=count(clusters["communes"].sum(), lang),
        large=count(large, lang),
        p=decimal(math.floor(100 * clusters["p"].min()) / 100, lang, 2),  # “p ≥” holds of no number above it
        place=of_place(name) if lang == "fr" else name,
        communes=count(largest["communes"], lang),
    )
    return (Prose(paragraphs=(sentence,)), *drawn)


def _love(material: Material) -> Iterator[Chart]:
    """Chart of how far those who answered differ from the territory, before and after weighting."""
    profiles = material.tables.get("profils")
    if profiles is None or profiles.empty:
        return
    lang = material.lang
    reach = max(profiles[["difference", "weighted_difference"]].abs().max().max(), BALANCED)
    ticks = nice(-reach, reach)
    place = scale(ticks[0], ticks[-1])
    variables = texts("survey_variable", lang)
    none = float("nan")
    panels = [
        panel(
            _capitalised(variables.get(str(variable), str(variable))),
            [
                (
                    level_name(material, str(variable), str(row["level"])),
                    f"{signed(row['difference'], lang, 2)} → {signed(row['weighted_difference'], lang, 2)}",
                    (),
                    (
                        mark(place, row["difference"], none, none),
                        mark(place, row["weighted_difference"], none, none, series=1),
                    ),
                )
                for row in records(part)
            ],
        )
        for variable, part in profiles.groupby("variable", sort=False)
    ]
    keys = ("before_weighting", "after_weighting")
    counts = material.figures["balance"].loc["all"]
    widest = max(records(profiles.fillna({"difference": 0.0})), key=lambda it: abs(float(it["difference"])))
    yield Chart(
        key="love",
        title=say(material, "love_title"),
        summary=say(material, "love_summary", levels=counts["levels"], balanced=counts["balanced"]),
        panels=tuple(panels),
        legend=tuple(Key(label=say(material, it), series=number) for number, it in enumerate(keys)),
        ticks=tuple((place(it), signed(it, lang, 1)) for it in ticks),
        lines=((place(0), "zero"), (place(-BALANCED), "limit"), (place(BALANCED), "limit")),
        table=Table(
            caption=say(material, "love_table"),
            heads=tuple(
                say(material, f"head_{it}")
                for it in ("level", "territory_share", "sample_share", "weighted_share", *keys)
            ),
            rows=tuple(
                (
                    level_name(material, row["variable"], row["level"]),
                    *(percent(row[it], lang) for it in ("territory", "respondents", "weighted")),
                    *(signed(row[it], lang, 2) for it in ("difference", "weighted_difference")),
                )
                for row in records(profiles)
            ),
            folded=True,
        ),
        axis=say(material, "axis_difference"),
        reading=say(
            material, "reading_love",
            name=level_name(material, str(widest["variable"]), str(widest["level"])),
            territory=percent(widest["territory"], lang), sample=percent(widest["respondents"], lang),
            before=signed(widest["difference"], lang, 2),
            after=signed(widest["weighted_difference"], lang, 2),
        ),
        universe=say(material, "universe_communes"),
        **source(material, "profils"),
    )  # fmt: skip
