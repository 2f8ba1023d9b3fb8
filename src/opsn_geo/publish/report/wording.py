"""Names that a report shows instead of slugs and codes, and the note of simulated sections."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final, TypedDict

import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.catalogue.basis import Basis, basis_label
from opsn_geo.catalogue.numbers import MISSING, bracket, decimal, interval, percent, signed
from opsn_geo.catalogue.words import Language, text
from opsn_geo.publish import notices
from opsn_geo.publish.report.model import Family, Material, QuestionnaireWords, say

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOINED: Final = {"Le": "du", "Les": "des"}
_ELIDED: Final = frozenset("aeiouhœæ")
_NOT_ESTIMATED: Final = ("text", "meta")
"""Kinds of questions that have no share nor mean."""
ASK_ABOUT_SERVICES: Final = ("service_used", "need")
"""Questions whose choices are services."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame, each by the names of its columns."""
    columns = {str(name): cells.tolist() for name, cells in frame.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def say_people(material: Material, key: str, people: Mapping[str, str], **values: object) -> str:
    """Sentence that counts people, or the one without them (``<key>_uncounted``) where they are not known."""
    known = MISSING not in people.values()
    return say(material, key if known else f"{key}_uncounted", **values, **people)


def names_of(material: Material, where: str) -> dict[str, str]:
    """Names of the places of a layer by their code."""
    return dict(material.layers[where]["name"].astype(str))


def of_place(name: str) -> str:
    """Name of a place after the French "de", which joins articles and loses its vowel before another.

    >>> [of_place(it) for it in ("Lille", "Élincourt", "Le Touquet", "Les Attaques", "La Bassée", "Hesdin")]
    ['de Lille', 'd’Élincourt', 'du Touquet', 'des Attaques', 'de La Bassée', 'd’Hesdin']
    """
    first, _, rest = name.partition(" ")
    if rest and first in _JOINED:
        return f"{_JOINED[first]} {rest}"
    plain = unicodedata.normalize("NFD", name[:1]).casefold()[:1]
    return f"d’{name}" if plain in _ELIDED else f"de {name}"


def service_words(services: pd.DataFrame, column: str, lang: Language) -> dict[str, str]:
    """Column of the services by slug, in a language where the table has it; else the slug.

    >>> services = pd.DataFrame({"service": ["sig", "dpd"], "name": ["SIG", None], "name_en": ["GIS", None]})
    >>> service_words(services, "name", "en")
    {'sig': 'GIS', 'dpd': 'dpd'}
    """
    table = services.set_index("service")
    words = table[column] if column in table else pd.Series(index=table.index, dtype=object)
    if lang == "en" and f"{column}_en" in table:
        words = table[f"{column}_en"].fillna(words)
    slugs = pd.Series(table.index, index=table.index)
    return dict(words.astype(object).fillna(slugs).astype(str))


def operators(material: Material) -> pd.DataFrame:
    """What is published of each operator, on its slug."""
    panorama, layer = material.tables.get("panorama_opsn"), material.layers.get("opsn")
    seats = pd.DataFrame(layer).filter(["name", "legal_form", "legal_form_basis", "list_complete"])
    return seats if panorama is None else panorama.join(seats.filter(["list_complete", "legal_form_basis"]))


def questionnaire_words(questionnaire: pd.DataFrame | None, lang: Language = "fr") -> QuestionnaireWords:
    """Words of a questionnaire; the choices of one question share what their headers begin with.

    Parameters
    ----------
    questionnaire : DataFrame, optional
        ``column``, ``item``, ``choice``, ``kind``, ``label``, and ``question_en``, ``section``, ``asked_if``
        where the study gives them.
    lang : {"fr", "en"}
        Language of the report. A question without words in it is quoted as it was put.

    Examples
    --------
    >>> words = questionnaire_words(pd.DataFrame({"column": ["You need – maps", "You need – mail"],
    ...     "item": "need", "choice": ["sig", "mail"], "kind": "multiple", "label": ["Maps", "Mail"]}))
    >>> words.labels, words.questions, words.families[0].items
    ({'need:sig': 'Maps', 'need:mail': 'Mail'}, {'need': 'You need'}, ('need:sig', 'need:mail'))
    """
    if questionnaire is None:
        return QuestionnaireWords({}, {})
    optional = dict.fromkeys(("question_en", "section", "asked_if"), "")
    rows = questionnaire.astype(object).where(questionnaire.notna(), "").astype(str)
    rows = rows.assign(**{name: empty for name, empty in optional.items() if name not in rows})
    items = rows["item"].str.cat(rows["choice"], sep=":").str.removesuffix(":")
    rows = rows.assign(key=items, label=rows["label"].where(rows["label"] != "", items))
    families = []
    for item, part in rows[~rows["kind"].isin(_NOT_ESTIMATED)].groupby("item", sort=False):
        first = part.iloc[0]
        put = _question(list(dict.fromkeys(part["column"])))
        # the label of a question without choices is the question, in the language of the report
        words = first["question_en"] or (first["label"] if first["choice"] == "" else "")
        translated = words if lang == "en" and words not in {"", str(item)} else put
        families.append(
            Family(
                str(item), first["kind"], translated, tuple(part["key"]), tuple(part["label"]),
                first["section"], first["asked_if"], "fr" if lang == "en" and translated == put else "",
            )
        )  # fmt: skip
    return QuestionnaireWords(
        labels=dict(zip(rows["key"], rows["label"], strict=True)),
        questions={family.item: family.question for family in families},
        families=tuple(families),
    )


def _question(headers: list[str]) -> str:
    """Question that the headers of its choices begin with."""
    return headers[0].rsplit(" – ", 1)[0] if len(headers) > 1 else headers[0]


def item_name(material: Material, item: str) -> str:
    """Name of an item of the survey: that of the service it asks about, else the questionnaire's."""
    family, _, choice = item.partition(":")
    service, label = material.services.get(choice), material.questionnaire.labels.get(item, item)
    # a choice of another question may bear the slug of a service and ask about something else
    return service if service and (family in ASK_ABOUT_SERVICES or label == item) else label


def decimals(precision: float | None) -> int:
    """Decimals that a published figure is written with, by the precision it was published to.

    >>> decimals(1), decimals(0.1), decimals(5), decimals(None)
    (0, 1, 0, 0)
    """
    step = 1.0 if precision is None or pd.isna(precision) else float(precision)
    return next((it for it in range(3) if round(step, it) == step), 3)


def figure_status(material: Material, row: dict[str, Any]) -> str:
    """Words for the status of a published figure; one withheld to protect a small group says so."""
    protected = {text(f"figure_note.{it}", material.lang) for it in ("few_answers", "few_left")}
    if row["status"] == "not_computable" and row["note"] in protected:
        return say(material, "figure_withheld")
    return text(f"figure_status.{row['status']}", material.lang)


def with_interval(row: dict[str, Any], lang: Language) -> str:
    r"""Share or mean of a row with the ends of its interval.

    >>> with_interval({"measure": "share", "estimate": 0.2, "low": 0.16, "high": 0.24}, "en")
    '20% [16;\xa024]'
    """
    ends = row["low"], row["high"]
    if row["measure"] == "share":
        return f"{percent(row['estimate'], lang)} {interval(*ends, lang)}"
    return f"{decimal(row['estimate'], lang, 1)} {bracket(lang, *(decimal(end, lang, 1) for end in ends))}"


def gap_points(row: dict[str, Any], lang: Language, gap: str) -> str:
    r"""Gap of two shares in points, with its interval.

    >>> gap_points({"gap": 0.2, "gap_low": 0.08, "gap_high": 0.32}, "en", "gap")
    '+20 [+8;\xa0+32]'
    """
    value, *ends = (signed(100 * row[it], lang) for it in (gap, f"{gap}_low", f"{gap}_high"))
    return f"{value} {bracket(lang, *ends)}"


SECTION_INPUTS: Final = {
    "territory": ("boundaries",),
    "coverage": ("boundaries", "offers", "memberships", "cnil", "banatic"),
    "deserts": ("boundaries", "offers", "memberships", "cnil", "banatic", "answers"),
    "representativeness": ("boundaries", "answers", "memberships"),
    "influence": ("answers", "questionnaire"),
    "operators": ("opsn.legal_form", "opsn.departements", "offers", "memberships"),
    "survey": ("answers", "questionnaire"),
    "needs": ("answers", "questionnaire", "offers"),
    "extension": ("boundaries", "offers", "memberships", "cnil", "banatic", "answers"),
    "figures": (
        "published_figures",
        "opsn",
        "opsn.legal_form",
        "services",
        "offers",
        "answers",
        "questionnaire",
    ),
}
"""Inputs that each section rests on; those without stated inputs say it row by row, or rest on none."""


def section_note(material: Material, section: str) -> str:
    """Note naming the simulated and the assumed inputs of a section; empty where there are none."""
    return notices.section_notice(material.metadata, SECTION_INPUTS.get(section, ()))


class Sourced(TypedDict):
    """What stands under a figure: whose data it draws and on what basis, and the tables of its numbers."""

    source: str
    files: tuple[str, ...]


def source(material: Material, *names: str, rests_on: tuple[str, ...] = ()) -> Sourced:
    """Line under a figure, and the published tables that hold its numbers in full.

    ``rests_on`` replaces what the register declares, where a figure shows a part of its table.
    """
    line = f"{say(material, 'source')}{_basis_sentence(material, names, rests_on)}"
    return {"source": line, "files": names}


def layer_source(material: Material, name: str) -> str:
    """Line under a figure of a layer of the GeoPackage that is no table, and what it rests on."""
    return f"{say(material, 'source_layer', layer=name)}{_basis_sentence(material, (name,), ())}"


def _basis_sentence(material: Material, names: tuple[str, ...], rests_on: tuple[str, ...]) -> str:
    inputs = rests_on or tuple(it for name in names for it in register.table(name).rests_on)
    return (
        f". {notices.basis_line(material.metadata, inputs)}".rstrip(".") if material.metadata.counted else ""
    )


def with_basis(material: Material, value: str, basis: object) -> str:
    """Value marked by the word for its basis where it is assumed or simulated, else alone."""
    if basis not in {Basis.ASSUMED, Basis.SIMULATED}:
        return value
    return say(material, "marked", value=value, basis=basis_label(str(basis), material.lang))
