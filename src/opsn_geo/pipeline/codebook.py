"""The codebook of an export drafted, with official names and the catalogue of services, and written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from opsn_geo.boundaries.embedded import official_bodies, official_communes, vintages
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.words import Language, text
from opsn_geo.linkage.answers import ITEMS
from opsn_geo.publish.tables.csv_files import write_for_spreadsheets
from opsn_geo.read.codebook import Draft, Official, drafted
from opsn_geo.read.tables import table
from opsn_geo.read.values import plain
from opsn_geo.study import data_dir

_MEANINGS: Final = (
    *ITEMS.values(),
    "population_band",
    "uses_opsn",
    "service_used",
    "need",
    "respondent",
    "submitted",
)
_PLACES: Final = ("commune_code", "commune_name", "organisation")


def draft_codebook(export: Path, *, sheet: str | None = None) -> Draft:
    """Return a first codebook of a file of answers; see :func:`opsn_geo.read.codebook.drafted`.

    Parameters
    ----------
    export : Path
        The answers as a survey tool exports them.
    sheet : str, optional
        Sheet of a workbook.
    """
    services = table(data_dir() / "demo" / "services.csv").set_index("service")["name"]
    millesime = max(vintages())
    communes = official_communes(millesime)
    official = Official(
        names={plain(name) for name in communes["name"]},
        codes=set(communes.index),
        postal_codes=set(communes["postal_codes"].dropna().str.split(";").explode()),
        epci={plain(name) for name in official_bodies(millesime, Level.EPCI)["name"]},
    )
    return drafted(table(export, sheet=sheet), dict(services), official)


def write_codebook(draft: Draft, file: Path, lang: Language = "fr") -> Path:
    """Write a drafted codebook as ``questionnaire.csv``, with its comments in words."""
    comments = draft.book["comment"].fillna("")
    words = {key: text(f"codebook.{key}", lang) if key else None for key in comments.unique()}
    return write_for_spreadsheets(file, draft.book.assign(comment=comments.map(words).astype("str")))


def summary(draft: Draft, export: Path, file: Path, lang: Language = "fr") -> str:
    """Return what was drafted, in lines: the tool, the items with a meaning, what is to be checked."""
    items = [item for item in draft.book["item"].unique() if item in _MEANINGS]
    return text(
        "codebook.summary",
        lang,
        file=export,
        tool=text(f"codebook.{draft.tool or 'unknown_tool'}", lang),
        answers=draft.answers,
        columns=draft.book["column"].nunique(),
        items=", ".join(items) or text("codebook.no_items", lang),
        doubts=int(draft.book["comment"].fillna("").ne("").sum()),
        place="" if set(items) & set(_PLACES) else text("codebook.no_place", lang),
        out=file,
    )
