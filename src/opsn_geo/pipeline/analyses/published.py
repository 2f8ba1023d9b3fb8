"""Published beside recomputed, and what cannot all be true together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.words import Language, text, texts
from opsn_geo.errors import Fault
from opsn_geo.measure.published import claims, consistency
from opsn_geo.measure.published.figures import ANSWERS, RECIPE, compared, recomputed, respondent_design
from opsn_geo.pipeline.analyses import Analysis, Shared

if TYPE_CHECKING:
    from opsn_geo.measure.survey.design import Design
    from opsn_geo.pipeline.load import Inputs


_APART: Final = ("differs", "inconsistent")


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Recompute what a study publishes, and check what it asserts; nothing where it publishes nothing."""
    tables, lang = inputs.tables, inputs.study.metadata.language
    if not {"published_figures", "statements"} & tables.keys():
        return Analysis()
    figures = tables.get("published_figures", pd.DataFrame(columns=["figure", "value", "unit", *RECIPE]))
    statements = tables.get("statements", pd.DataFrame(columns=["list", "item"]))
    communes = inputs.territory.communes
    inside = communes["inside"].to_numpy(dtype=bool)
    given = dict(tables) if inputs.answers is None else {**tables, ANSWERS: _answers(inputs.answers)}
    found = recomputed(
        figures, given, units=int(inside.sum()), design=_design(inputs), apart=_of_communes(inputs),
        min_answers=inputs.study.min_answers,
    )  # fmt: skip
    gaps = figures[figures["measure"] == "gap"].join(found, on="figure")
    checked: list[pd.DataFrame] = [
        consistency.parts_and_wholes(figures, lang),
        claims.contradictory_lists(statements, _names(tables["services"], lang), lang),
        consistency.implied_bases(figures, lang),
        consistency.respondents_and_units(figures, lang),
        consistency.narrow_gaps(gaps, lang),
        claims.size_bands(figures, statements, communes["population"][inside], lang),
        claims.whole_territory(statements, shared.coverage, inside, lang),
    ]
    wrong = pd.concat(checked, ignore_index=True)
    refuted, doubted = (_told(wrong, it) for it in (consistency.CONTRADICTION, consistency.WARNING))
    return Analysis(
        tables={"figures": compared(figures, found, refuted, doubted, lang), "incoherences": wrong}
    )


def told(found: Mapping[str, pd.DataFrame], lang: Language = "fr") -> str:
    """Say on a terminal which figures differ or contradict others, how many agree, and each inconsistency."""
    if not found:
        return text("compare.nothing", lang)
    figures, status = found["figures"], texts("figure_status", lang)
    apart = figures[figures["status"].isin(_APART)].to_dict("records")
    counts = figures["status"].value_counts()
    summed = [text("compare.count", lang, status=it, count=counts.get(key, 0)) for key, it in status.items()]
    names, severities = (texts(f"consistency_{it}", lang) for it in ("check", "severity"))
    wrong = [
        text("compare.incoherence", lang, check=names[it["check"]], severity=severities[it["severity"]],
             evidence=it["evidence"], where=f"({it['where']})" if it["where"] else "").rstrip()
        for it in found["incoherences"].to_dict("records")
    ]  # fmt: skip
    parts = [[_line(it, status, lang) for it in apart], summed, wrong]
    return "\n\n".join("\n".join(it) for it in parts if it)


def faults(found: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Give the figures that differ or contradict others, and each inconsistency, for a strict run."""
    if not found:
        return []
    figures = found["figures"]
    apart = figures.loc[figures["status"].isin(_APART), "figure"]
    wrong = [("refuted_figure", it) for it in apart]
    wrong += [("incoherence", it) for it in found["incoherences"]["subject"]]
    return [Fault(cause=cause, file=file, value=str(it)) for cause, it in wrong]


def _line(row: Mapping[Hashable, Any], status: Mapping[str, str], lang: Language) -> str:
    """Write one figure beside its recomputed value."""
    value, recomputed_, low, high = (
        consistency.shown(row[it], lang) for it in ("value", "recomputed", "low", "high")
    )
    interval = "" if pd.isna(row["low"]) else text("compare.interval", lang, low=low, high=high)
    return text(
        "compare.figure", lang, status=status[row["status"]], label=row["label"], value=value,
        recomputed=recomputed_, interval=interval, note=row["note"],
    ).rstrip()  # fmt: skip


def _names(services: pd.DataFrame, lang: Language) -> dict[str, str]:
    """Name each service in a language, in French where the other name is missing."""
    names = services["name"] if lang == "fr" else services["name_en"].fillna(services["name"])
    return dict(zip(services["service"], names, strict=True))


def _answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Give the answers with a column for who answers."""
    return answers.assign(**{consistency.RESPONDENT: answers.index}).rename_axis(None)


def _design(inputs: Inputs) -> Design | None:
    """Make the design of the answers: bodies of the territory, each respondent counting alike."""
    placed, answers, communes = inputs.respondents, inputs.answers, inputs.territory.communes
    mine = _of_communes(inputs)
    if placed is None or answers is None or answers.empty or mine is None:
        return None
    own = placed["code_insee"].where(mine)
    bodies = own.fillna(placed["siren_epci"].where(placed["level"].eq(Level.EPCI)))
    return respondent_design(
        bodies.reindex(answers.index), int(communes["inside"].sum()) + len(inputs.territory.epci)
    )


def _of_communes(inputs: Inputs) -> pd.Series | None:
    """Tell who answers for a commune of the territory: estimates rest on them alone."""
    placed, communes = inputs.respondents, inputs.territory.communes
    if placed is None:
        return None
    return placed["level"].eq(Level.COMMUNE) & placed["code_insee"].isin(communes.index[communes["inside"]])


def _told(wrong: pd.DataFrame, severity: str) -> dict[str, str]:
    """Give the evidence of one severity by its subject; the first of several."""
    mine = wrong[wrong["severity"] == severity]
    each = mine.assign(subject=mine["subject"].str.split(";")).explode("subject").drop_duplicates("subject")
    return dict(zip(each["subject"], each["evidence"], strict=True))
