"""Names that a report shows instead of slugs and codes, and the notes that it repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from opsn_geo.catalogue.words import Language, text

if TYPE_CHECKING:
    from opsn_geo.publish.report.model import Material


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give each row of a frame by the names of its columns."""
    return [{str(name): it for name, it in row.items()} for row in frame.to_dict("records")]


def names_of(material: Material, where: str) -> dict[str, str]:
    """Name the places of a layer by their code."""
    return dict(material.layers[where]["name"].astype(str))


def service_words(services: pd.DataFrame, column: str, lang: Language) -> dict[str, str]:
    """Give a column of the services by slug, in a language where the table has it; else the slug.

    >>> services = pd.DataFrame({"service": ["sig", "dpd"], "name": ["SIG", None], "name_en": ["GIS", None]})
    >>> service_words(services, "name", "en")
    {'sig': 'GIS', 'dpd': 'dpd'}
    """
    own = services.set_index("service")
    told = own[column] if column in own else pd.Series(index=own.index, dtype=object)
    if lang == "en" and f"{column}_en" in own:
        told = own[f"{column}_en"].fillna(told)
    slugs = pd.Series(own.index, index=own.index)
    return dict(told.astype(object).fillna(slugs).astype(str))


def operators(material: Material) -> pd.DataFrame:
    """Give what is published of each operator, on its slug."""
    panorama, layer = material.tables.get("panorama_opsn"), material.layers.get("opsn")
    told = pd.DataFrame(layer).filter(["name", "legal_form", "list_complete"])
    if panorama is None:
        return told
    return panorama.join(told.filter(["list_complete"]))


def by_place(inside: pd.DataFrame) -> Mapping[str, int]:
    """Count the communes that each operator reaches.

    >>> by_place(pd.DataFrame({"opsn": ["a;b", "a", "", None]}))
    {'a': 2, 'b': 1}
    """
    reached = inside["opsn"].dropna().value_counts()
    found: dict[str, int] = {}
    for slugs, number in sorted(reached.items(), key=lambda it: str(it[0])):
        for slug in filter(None, str(slugs).split(";")):
            found[slug] = found.get(slug, 0) + int(number)
    return found


class Book(NamedTuple):
    """What the questionnaire calls its items: label of each, question and kind of each family."""

    labels: Mapping[str, str]
    questions: Mapping[str, str]
    kinds: Mapping[str, str]


def book_of(questionnaire: pd.DataFrame | None) -> Book:
    """Read the questionnaire's own words; the choices of one question share what their headers begin with.

    Parameters
    ----------
    questionnaire : DataFrame, optional
        ``column``, ``item``, ``choice``, ``kind``, ``label``.

    Examples
    --------
    >>> book = book_of(pd.DataFrame({"column": ["You need – maps", "You need – mail"], "item": "need",
    ...     "choice": ["sig", "mail"], "kind": "multiple", "label": ["Maps", "Mail"]}))
    >>> book.labels, book.questions, book.kinds
    ({'need:sig': 'Maps', 'need:mail': 'Mail'}, {'need': 'You need'}, {'need': 'multiple'})
    """
    if questionnaire is None:
        return Book({}, {}, {})
    book = questionnaire.fillna("").astype(str)
    names = book["item"].str.cat(book["choice"], sep=":").str.removesuffix(":")
    heads = book.groupby("item", sort=False)["column"].unique()
    questions = {
        str(item): found[0].rsplit(" – ", 1)[0] if len(found) > 1 else found[0]
        for item, found in heads.items()
    }
    return Book(
        dict(zip(names, book["label"].where(book["label"] != "", names), strict=True)),
        questions,
        dict(zip(book["item"], book["kind"], strict=True)),
    )


def item_name(material: Material, item: str) -> str:
    """Name an item of the survey: after the service it asks of, else as the questionnaire words it."""
    choice = item.partition(":")[2]
    return material.services.get(choice) or material.book.labels.get(item) or item


def simulated(material: Material, *tables: str) -> str:
    """Say which of the tables a section rests on are simulated; nothing where all are real."""
    named = [
        text(f"simulated_table.{it}", material.lang) for it in tables if it in material.metadata.simulated
    ]
    return text("report.rests_on_simulated", material.lang, tables=", ".join(named)) if named else ""
