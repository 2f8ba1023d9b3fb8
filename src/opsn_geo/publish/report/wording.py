"""Names that a report shows instead of slugs and codes, and the note of simulated sections."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue.numbers import MISSING
from opsn_geo.catalogue.words import Language
from opsn_geo.publish import notices
from opsn_geo.publish.report.model import Material, QuestionnaireWords, say

if TYPE_CHECKING:
    from collections.abc import Mapping

_JOINED: Final = {"Le": "du", "Les": "des"}
_ELIDED: Final = frozenset("aeiouhœæ")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame, each by the names of its columns."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


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
    seats = pd.DataFrame(layer).filter(["name", "legal_form", "list_complete"])
    return seats if panorama is None else panorama.join(seats.filter(["list_complete"]))


def questionnaire_words(questionnaire: pd.DataFrame | None) -> QuestionnaireWords:
    """Words of a questionnaire; the choices of one question share what their headers begin with.

    Parameters
    ----------
    questionnaire : DataFrame, optional
        ``column``, ``item``, ``choice``, ``kind``, ``label``.

    Examples
    --------
    >>> words = questionnaire_words(pd.DataFrame({"column": ["You need – maps", "You need – mail"],
    ...     "item": "need", "choice": ["sig", "mail"], "kind": "multiple", "label": ["Maps", "Mail"]}))
    >>> words.labels, words.questions, words.kinds
    ({'need:sig': 'Maps', 'need:mail': 'Mail'}, {'need': 'You need'}, {'need': 'multiple'})
    """
    if questionnaire is None:
        return QuestionnaireWords({}, {}, {})
    rows = questionnaire.fillna("").astype(str)
    items = rows["item"].str.cat(rows["choice"], sep=":").str.removesuffix(":")
    headers = rows.groupby("item", sort=False)["column"].unique()
    return QuestionnaireWords(
        labels=dict(zip(items, rows["label"].where(rows["label"] != "", items), strict=True)),
        questions={
            str(item): columns[0].rsplit(" – ", 1)[0] if len(columns) > 1 else columns[0]
            for item, columns in headers.items()
        },
        kinds=dict(zip(rows["item"], rows["kind"], strict=True)),
    )


def item_name(material: Material, item: str) -> str:
    """Name of an item of the survey: that of the service it asks about, else the questionnaire's."""
    choice = item.partition(":")[2]
    return material.services.get(choice) or material.questionnaire.labels.get(item) or item


def simulated(material: Material, *tables: str) -> str:
    """Note naming which of the tables a section rests on are simulated; empty where all are real."""
    return notices.section_notice(material.metadata, tables)
