"""The sentences of the results, in the language of the study.

Measures return codes and numbers. Here they become words, once, between measuring and writing: the verdict on
a survey, what cannot be true in a study, the notes on its figures, and the answers of communes that agreed to
be named. Whatever publishes (tables, GeoPackage, workbooks, report, terminal) gets the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.survey import VARIABLES
from opsn_geo.catalogue.words import Language, enumerated, level_name, text, texts

__all__ = ["comparison_text", "incoherences", "notes", "replies", "verdict", "worded"]

_Row = Mapping[Hashable, Any]
_Writer = Callable[[Any, Language], str]

_STRUCTURE: Final = "structure:"
"""How the labels of kinds of body begin, where a questionnaire asks for them."""
_UNKNOWN: Final = "unknown"
_LISTED: Final = 6
"""Most things that a sentence names; it counts the others."""
COMPARISONS: Final = {"gt": "> ", "lt": "< "}
"""What a study writes before a figure that it only bounds, such as “more than a quarter”."""
_DIFFERENT: Final = ("differs", "not_judged", "inconsistent")
"""Statuses of the figures that a comparison lists."""


def worded(
    tables: Mapping[str, pd.DataFrame],
    lang: Language,
    *,
    labels: Mapping[str, str],
    questionnaire: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the tables of a run with sentences in place of codes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As measured. Those without sentences, and those in words already, stay as they are.
    lang : {"fr", "en"}
        Language of the study.
    labels : mapping of str to str
        Names of items, of places (``code_dep=02``, ``siren_epci=…``) and of services (``service=sig``).
    questionnaire : DataFrame, optional
        The codebook, for the wording of answers.

    Returns
    -------
    dict of str to DataFrame
        ``verdict`` (:func:`verdict`), ``incoherences`` (:func:`incoherences`), ``figures`` (:func:`notes`)
        and ``reponses`` (:func:`replies`) in words, and all others.
    """
    made = dict(tables)
    if "sentence" in tables.get("verdict", ()):
        made["verdict"] = verdict(tables["verdict"], labels, lang)
    if "values" in tables.get("incoherences", ()):
        made["incoherences"] = incoherences(tables["incoherences"], labels, lang)
        made["figures"] = notes(tables["figures"], made["incoherences"], lang)
    if "reponses" in tables and "answer" not in tables["reponses"] and questionnaire is not None:
        made["reponses"] = replies(tables["reponses"], questionnaire, lang)
    return made


def _points(value: object, lang: Language) -> str:
    return numbers.decimal(value, lang, 1)


def _correlation(value: object, lang: Language) -> str:
    return numbers.decimal(value, lang, 2)


def _small_correlation(value: object, lang: Language) -> str:
    return numbers.decimal(value, lang, 3)


def _figure(value: object, lang: Language) -> str:
    """Write a number as a study publishes it, to one decimal where it has any; a text stays as it is."""
    return str(value) if isinstance(value, str) else numbers.decimal(value, lang, 1, trim=True)


_LEVEL_NUMBERS: Final[Mapping[str, _Writer]] = {"sample": numbers.percent, "territory": numbers.percent}
_PROFILE_NUMBERS: Final[Mapping[str, _Writer]] = {"tvd": numbers.percent, "expected": numbers.percent}
_SMALL_NUMBERS: Final[Mapping[str, _Writer]] = {
    **_LEVEL_NUMBERS, "limit": numbers.count, "answers": numbers.percent,
}  # fmt: skip
_NUMBERS: Final[Mapping[str, Mapping[str, _Writer]]] = {
    "no": {"weak": numbers.count, "headlines": numbers.count},
    "no_alone": {},
    "not_refuted_alone": {},
    "not_refuted": {"weak": numbers.count, "headlines": numbers.count},
    "rate": {
        "answered": numbers.count, "units": numbers.count, "rate": numbers.percent, "pop": numbers.percent,
    },
    "rate_grouped": {"answered": numbers.count, "units": numbers.count, "rate": numbers.percent},
    "rate_communes": {"answered": numbers.count, "units": numbers.count, "rate": numbers.percent},
    "profile_apart": _PROFILE_NUMBERS,
    "profile_alike": _PROFILE_NUMBERS,
    "level_under": _LEVEL_NUMBERS,
    "level_over": _LEVEL_NUMBERS,
    "small": _SMALL_NUMBERS,
    "small_alike": _SMALL_NUMBERS,
    "bias": {"points": _points, "cv": _correlation},
    "overall": {},
    "weights": {"effective": numbers.count},
    "matters": {"mean": _points, "count": numbers.count, "most": _points},
    "bodies_territory": {
        "answers": numbers.count, "answered": numbers.count, "units": numbers.count,
        "rate": numbers.percent, "low_rate": numbers.percent, "high_rate": numbers.percent,
    },
    "bodies_answers": {"answers": numbers.count},
}  # fmt: skip
"""How each number of each sentence of the verdict is written; the code of a sentence is its key here."""


def verdict(findings: pd.DataFrame, labels: Mapping[str, str], lang: Language = "fr") -> pd.DataFrame:
    """Return the verdict on a survey in words.

    Parameters
    ----------
    findings : DataFrame
        Rows of :mod:`opsn_geo.measure.survey.verdict`, and the columns of the headline items.
    labels : mapping of str to str
        Names of items and places; others show as they are.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        ``finding``, ``subject``, ``text``, and the other columns.

    Examples
    --------
    >>> findings = pd.DataFrame({"finding": ["level"], "subject": ["size_band=lt_500"],
    ...     "sentence": ["level_under"], "values": [{"sample": 0.5, "territory": 0.8}]})
    >>> print(verdict(findings, {}, "en")["text"].item().partition(":")[2])
     under-represented, 50% of the communes that answered against 80% of the territory.
    """
    names = {**texts("survey_variable", lang), **texts("survey_level", lang), **labels}
    kinds = {
        code.removeprefix(_STRUCTURE): name for code, name in labels.items() if code.startswith(_STRUCTURE)
    }
    bodies = {**texts("level", lang), **kinds}
    sentences = [_finding(row, names, bodies, lang) for row in findings.to_dict("records")]
    others = findings.columns.difference(["finding", "subject", "sentence", "values"], sort=False)
    return findings[["finding", "subject"]].assign(text=sentences).join(findings[others])


def _finding(row: _Row, names: Mapping[str, str], bodies: Mapping[str, str], lang: Language) -> str:
    """Return the sentence of one row of a verdict."""
    subject, sentence, values = str(row["subject"]), str(row["sentence"]), row["values"]
    if row["finding"] == "headline":
        return _headline(row, _name(subject, names), lang)
    if "lacking" in values:
        words = [
            text(
                "survey_verdict.change_level",
                lang,
                count=numbers.count(count, lang),
                name=_name(level, names),
            )
            for level, count in values["lacking"]
        ]
    elif "leaning" in values:
        words = [f"{_name(it, names)} ({_correlation(gap, lang)})" for it, gap in values["leaning"]]
    else:
        words = [_name(code, names) for code in values.get("names", ())]
    if row["finding"] == "bodies":
        name = bodies.get(subject, subject)
    else:
        name = _name(str(values.get("name", subject)), names)
    written = {
        value: write(values[value], lang)
        for value, write in _NUMBERS.get(sentence, {}).items()
        if value in values
    }
    return text(
        f"survey_verdict.{sentence}", lang, name=name, names=enumerated(words, lang, _LISTED), **written
    )


def _headline(row: _Row, name: str, lang: Language) -> str:
    """Return the sentence of a headline figure: its estimate, and what would overturn its conclusion."""
    is_share = row["measure"] == "share"
    write: _Writer = numbers.percent if is_share else _points
    shown = ("estimate", "low", "high", "unweighted", "threshold")
    sentence = text(
        f"survey_verdict.headline_{row['verdict']}",
        lang,
        name=name,
        correlation=_correlation(abs(row["break_even"]), lang),
        margin=_small_correlation(row["margin_correlation"], lang),
        known=_correlation(row["known_correlation"], lang),
        **{value: write(row[value], lang) for value in shown},
    )
    inside: Any = row.get("published_inside")
    if pd.isna(inside):
        return sentence
    sign = COMPARISONS.get(row["values"].get("comparison", ""), "")
    key = ("headline_bound_inside" if sign else "headline_inside") if inside else "headline_outside"
    words = {"published": sign + write(row["published"], lang), "units": numbers.count(row["units"], lang)}
    return f"{sentence} {text(f'survey_verdict.{key}', lang, **words)}"


def _name(code: str, names: Mapping[str, str]) -> str:
    """Return the name of an item, a variable or ``variable=level``."""
    variable, equals, level = code.partition("=")
    named = level_name(code, names)
    if named or not equals:
        return named or code
    if variable in VARIABLES:
        return level
    # a variable of the user's own: its levels are named with it
    return f"{variable} = {names[_UNKNOWN] if level == _UNKNOWN else level}"


def incoherences(
    findings: pd.DataFrame, labels: Mapping[str, str] | None = None, lang: Language = "fr"
) -> pd.DataFrame:
    """Return what cannot be true in a study, in words.

    Parameters
    ----------
    findings : DataFrame
        Of :mod:`opsn_geo.measure.published.consistency`.
    labels : mapping of str to str, optional
        Names of services, as ``service=sig``.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        ``check``, ``subject``, ``severity``, ``quote``, ``evidence`` (a sentence), ``where``, ``expected``,
        ``found``, and ``basis`` where it is given.

    Examples
    --------
    >>> findings = pd.DataFrame({"check": ["lists"], "subject": ["sig"], "severity": ["contradiction"],
    ...     "quote": "…", "where": "", "values": [{"item": "sig", "one": ["rare"], "other": [["missing"]]}]})
    >>> print(incoherences(findings, {"service=sig": "GIS"}, "en")["evidence"].item())
    GIS stands in “rare” and in “missing”, which exclude each other.
    """
    parts = [
        _evidence(str(row["check"]), row["values"], labels or {}, lang) for row in findings.to_dict("records")
    ]
    columns = pd.DataFrame(
        parts, columns=["evidence", "expected", "found"], index=findings.index, dtype="str"
    )
    table = findings.drop(columns="values").join(columns)
    names = ["check", "subject", "severity", "quote", "evidence", "where", "expected", "found", "basis"]
    return table[[name for name in names if name in table]]


def _evidence(check: str, values: _Row, labels: Mapping[str, str], lang: Language) -> tuple[str, str, str]:
    """Return the sentence of a finding, what was expected and what was found."""
    if check == "lists" or ("services" in values and "reading" in values):
        evidence = _lists_evidence if check == "lists" else _published_territory_evidence
        return evidence(values, labels, lang)
    written = {str(name): _figure(it, lang) for name, it in values.items() if name != "parts"}
    if check == "parts":
        parts = " + ".join(f"{label} ({_figure(value, lang)})" for label, value in values["parts"])
        gap = _figure(abs(values["value"] - values["total"]), lang)
        key = "parts_missing" if values["total"] < values["value"] else "parts_over"
        words = {"parts": parts, "gap": gap, "expected": written["value"], "found": written["total"]}
        sentence = text(f"consistency.{key}", lang, whole=values["whole"], **words)
        return sentence, words["expected"], words["found"]
    if check == "sizes":
        return _sizes_evidence(values, written, lang)
    within_own_margin = check != "gap" or abs(values["value"]) <= values["margin"]
    sentence = text(f"consistency.{check if within_own_margin else 'gap_joint'}", lang, **written)
    if check in {"base", "units"}:
        expected = written["stated" if check == "base" else "units"]
        return sentence, expected, text("consistency.between", lang, **written)
    if check == "gap":
        return sentence, f"> {written['joint']}", written["value"]
    return sentence, text("consistency.everybody", lang), text("consistency.reach", lang, **written)


def _sizes_evidence(values: _Row, written: dict[str, str], lang: Language) -> tuple[str, str, str]:
    """Return the sentence on the sizes of those who answered, those of the territory, and those published."""
    if "p" in values:
        written["p"] = _chance(values["p"], lang)
    sentence = text(f"consistency.sizes_{values['reading']}", lang, **written)
    ends = {"low": written["fewest_share"], "high": written["most_share"]}
    published = text("consistency.percent", lang, it=text("consistency.between", lang, **ends))
    return sentence, text("consistency.percent", lang, it=written["share"]), published


def _chance(p: float, lang: Language) -> str:
    """Return a chance to four decimals; a smaller one as less than that."""
    least = 0.0001
    return f"< {numbers.decimal(least, lang, 4)}" if p < least else numbers.decimal(p, lang, 4)


def _published_territory_evidence(
    values: _Row, labels: Mapping[str, str], lang: Language
) -> tuple[str, str, str]:
    """Return the sentence on a territory wholly covered by what the study itself publishes, and no more."""
    services: Sequence[str] = values["services"]
    expected = text("consistency.everybody", lang)
    if not services:
        return text("consistency.territory_open", lang), expected, text("consistency.not_judged", lang)
    words = {
        "number": len(services),
        "services": enumerated(
            (labels.get(f"service={it}") or labels.get(f"need:{it}") or it for it in services), lang, _LISTED
        ),
    }
    found = text("consistency.nowhere", lang, **words)
    return text("consistency.territory_stated", lang, **words), expected, found


def _lists_evidence(values: _Row, labels: Mapping[str, str], lang: Language) -> tuple[str, str, str]:
    """Return the sentence of something that stands in lists which exclude each other, and these lists."""
    names = texts("stated_list", lang)

    def quoted(lists: Sequence[str]) -> str:
        return enumerated(
            (text("consistency.quoted", lang, it=names.get(code, code)) for code in lists), lang
        )

    item = labels.get(f"service={values['item']}", values["item"])
    one, other = quoted(values["one"]), enumerated(map(quoted, values["other"]), lang)
    return text("consistency.lists", lang, item=item, one=one, other=other), one, other


def notes(figures: pd.DataFrame, incoherent: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Return published figures, each with what there is to say of it in words.

    Parameters
    ----------
    figures : DataFrame
        Of :func:`opsn_geo.measure.published.figures.compared`.
    incoherent : DataFrame
        Of :func:`incoherences`: the first finding about a figure is quoted.
    lang : {"fr", "en"}
        Language.

    Returns
    -------
    DataFrame
        The same, ``note`` a sentence instead of a code.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["a"], "base": 488, "recomputed_base": 444, "note": "base"})
    >>> print(notes(figures, pd.DataFrame(columns=["subject", "severity", "evidence"]), "en")["note"].item())
    Recomputed on the 444 answers to this question, not 488.
    """
    each = incoherent.assign(subject=incoherent["subject"].astype(object).str.split(";")).explode("subject")
    evidence = each.drop_duplicates(["severity", "subject"]).set_index(["severity", "subject"])["evidence"]
    doubts = each[each["severity"] != "contradiction"].drop_duplicates("subject").set_index("subject")

    def note(row: _Row) -> str:
        if row["note"] == "inconsistent":
            contradiction = evidence["contradiction", row["figure"]]
            return text("figure_note.inconsistent", lang, evidence=contradiction)
        if row["note"] == "doubted":
            return str(doubts.loc[row["figure"], "evidence"])
        own, base = (numbers.count(row[it], lang) for it in ("recomputed_base", "base"))
        return text(f"figure_note.{row['note']}", lang, own=own, base=base) if row["note"] else ""

    return figures.assign(note=[note(row) for row in figures.to_dict("records")])


def comparison_text(tables: Mapping[str, pd.DataFrame], lang: Language = "fr") -> str:
    """Return what the command ``compare`` prints: figures that differ, how many agree, each incoherence.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``figures`` and ``incoherences`` in words (:func:`worded`); none where a study publishes nothing.
    lang : {"fr", "en"}
        Language.

    Examples
    --------
    >>> print(comparison_text({}, "en"))
    This study publishes no figure and asserts nothing: there is nothing to compare.
    """
    if not tables:
        return text("compare.nothing", lang)
    figures, statuses = tables["figures"], texts("figure_status", lang)
    different = figures[figures["status"].isin(_DIFFERENT)].to_dict("records")
    counts = figures["status"].value_counts()
    summary = [
        text("compare.count", lang, status=name, count=counts.get(status, 0))
        for status, name in statuses.items()
    ]
    checks, severities = (texts(f"consistency_{it}", lang) for it in ("check", "severity"))
    incoherent = [
        text(
            "compare.incoherence",
            lang,
            check=checks[row["check"]],
            severity=severities[row["severity"]],
            evidence=row["evidence"],
            quote=text("consistency.quoted", lang, it=row["quote"]) if row["quote"] else "",
            where=f"({row['where']})" if row["where"] else "",
        ).rstrip()
        for row in tables["incoherences"].to_dict("records")
    ]
    paragraphs = [[_figure_line(row, statuses, lang) for row in different], summary, incoherent]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def _figure_line(row: _Row, statuses: Mapping[str, str], lang: Language) -> str:
    """Return one figure beside its recomputed value."""
    written = {name: _figure(row[name], lang) for name in ("value", "recomputed", "low", "high")}
    written["value"] = COMPARISONS.get(row["comparison"], "") + written["value"]
    interval = text("compare.interval", lang, **written) if written["low"] != numbers.MISSING else ""
    words = {"status": statuses[row["status"]], "label": row["label"], "note": row["note"]}
    return text("compare.figure", lang, **words, **written, interval=interval).rstrip()


def replies(answers: pd.DataFrame, questionnaire: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Return, question by question and in words, what some respondents answered.

    Parameters
    ----------
    answers : DataFrame
        ``code_insee``, ``respondent``, and a column for each item or ``item:choice``, those that may identify
        someone left out (:func:`opsn_geo.pipeline.analyses.named_answers.answers_of`).
    questionnaire : DataFrame
        The codebook: ``column``, ``item``, ``choice``, ``kind``, ``label``.
    lang : {"fr", "en"}
        Language of yes and no, and of decimal signs.

    Returns
    -------
    DataFrame
        ``code_insee``, ``respondent``, ``item``, ``label`` (the question), ``answer`` (in words; the choices
        ticked, with a comma between them). By commune and respondent, in the order of the questionnaire; a
        question that was not answered has no row.

    Examples
    --------
    >>> questionnaire = pd.DataFrame({
    ...     "column": ["Do you have a server?", "You need – maps", "You need – mail"],
    ...     "item": ["server", "need", "need"], "choice": [None, "sig", "mail"],
    ...     "kind": ["yes_no", "multiple", "multiple"], "label": [None, "Maps", "Mail"]})
    >>> answers = pd.DataFrame({"server": [True, None], "need:sig": [True, None], "need:mail": [True, None]},
    ...     dtype="boolean").assign(code_insee="02001", respondent=[1, 2])
    >>> replies(answers, questionnaire, "en")[["label", "answer"]].values.tolist()
    [['Do you have a server?', 'yes'], ['You need', 'Maps, Mail']]
    """
    who = answers[["code_insee", "respondent"]]
    parts = [
        who.assign(item=item, label=question, answer=words, place=place)
        for place, (item, question, words) in enumerate(_questions(answers, questionnaire, lang))
    ]
    columns = ["code_insee", "respondent", "item", "label", "answer"]
    if answers.empty or not parts:
        return pd.DataFrame(columns=columns, dtype="str").astype({"respondent": "int64"})
    stacked = pd.concat(parts).dropna(subset="answer").sort_values(["code_insee", "respondent", "place"])
    return stacked[columns].astype({"answer": "str"}).reset_index(drop=True)


def _questions(
    answers: pd.DataFrame, questionnaire: pd.DataFrame, lang: Language
) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield each item with its question and what every respondent answered to it, in words."""
    shown = questionnaire["item"].isin([str(name).split(":")[0] for name in answers])
    asked = questionnaire[shown].astype(object)
    asked = asked.assign(label=asked["label"].fillna(asked["choice"]))
    for (name, kind), rows in asked.groupby(["item", "kind"], sort=False):
        item, headers = str(name), [*map(str, rows["column"].unique())]
        if kind == "multiple":
            columns, labels = [f"{item}:{choice}" for choice in rows["choice"]], list(rows["label"])
            # the headers of the choices begin with the question they share
            question = headers[0].rsplit(" – ", 1)[0] if len(headers) > 1 else headers[0]
            yield item, question, _ticked(answers[columns], labels, lang)
        elif kind == "scale":
            for header, choice in zip(rows["column"], rows["choice"].fillna(""), strict=True):
                statement = f"{item}:{choice}".removesuffix(":")
                yield statement, header, _written(answers[statement], lang)
        elif kind == "number":
            yield item, headers[0], _written(answers[item], lang)
        elif kind == "yes_no":
            words = {True: text("reply.yes", lang), False: text("reply.no", lang)}
            yield item, headers[0], answers[item].map(words)
        else:
            # a choice that the questionnaire does not list stands as it was given
            labels_of_choices = dict(zip(rows["choice"], rows["label"], strict=True))
            given = answers[item].astype(object)
            listed = given.isin([*labels_of_choices])
            yield item, headers[0], given.map(labels_of_choices).where(listed, given)


def _ticked(choices: pd.DataFrame, labels: Sequence[str], lang: Language) -> pd.Series:
    """Return the labels of what each respondent ticked; missing where they ticked and refused nothing."""
    nothing = text("reply.nothing", lang)
    words = [
        ", ".join(np.array(labels, dtype=object)[row]) or nothing
        for row in choices.fillna(value=False).to_numpy(dtype=bool)
    ]
    return pd.Series(words, choices.index, dtype=object).where(choices.notna().any(axis=1))


def _written(values: pd.Series, lang: Language) -> pd.Series:
    """Return numbers as the language writes them; what is missing stays missing."""
    written = [numbers.decimal(value, lang, 6, trim=True) for value in values.dropna()]
    return pd.Series(written, values.index[values.notna()], dtype=object).reindex(values.index)
