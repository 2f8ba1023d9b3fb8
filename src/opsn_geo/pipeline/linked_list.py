"""A list of one's own with the official code beside each row, and the corrections that remain to be given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.words import Language, text
from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage.corrections import filled, to_fill
from opsn_geo.linkage.members import link_listed
from opsn_geo.linkage.passage import read_passage
from opsn_geo.linkage.result import BESIDE, Linked, column
from opsn_geo.publish.tables import xlsx
from opsn_geo.publish.tables.csv_files import write_for_spreadsheets
from opsn_geo.read.schema import CORRECTIONS, MEMBERSHIPS
from opsn_geo.read.tables import table
from opsn_geo.read.validation import checked, fitting, guessed, nearest, typed_cells
from opsn_geo.study import data_dir

IDENTIFYING: Final = ("level", "code", "name", "code_dep", "postal_code")
"""Columns of a list that say which body a row means."""

_SECTIONS: Final = {"level": "level", "how": "how", "cause": "cause", "remedy": "cause_remedy"}
"""Section of the catalogue that words each column of codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedList:
    """A list and what each of its rows was linked to.

    Parameters
    ----------
    rows : DataFrame
        The list as text, on ``row`` (the line of the file), with :data:`~opsn_geo.linkage.result.BESIDE`: a
        row stands several times where its commune has been split since.
    corrections : DataFrame
        ``found``, ``code``, ``comment``: those given, then one for each name or code that could not be linked
        or was guessed, of which the code is still to be filled in.
    links : Linked
        The rows linked and those rejected.
    headers : mapping of str to str
        The header of the list that was read as each of :data:`IDENTIFYING`.
    """

    rows: pd.DataFrame
    corrections: pd.DataFrame
    links: Linked
    headers: Mapping[str, str]


def link_list(
    file: Path,
    territory: Territory,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    columns: Mapping[str, str] | None = None,
    corrections: Path | None = None,
    lang: Language = "fr",
) -> LinkedList:
    """Return a list with the official code, level and name of the body that each row names.

    Parameters
    ----------
    file : Path
        Any table of communes, EPCI, départements or other bodies.
    territory : Territory
        Where they are looked for; outlines are not needed
        (:func:`opsn_geo.boundaries.embedded.places_of`).
    sheet, header_row : optional
        As for :func:`opsn_geo.read.tables.table`.
    columns : mapping of str to str, optional
        The header of each of :data:`IDENTIFYING` that is not recognised.
    corrections : Path, optional
        Corrections made so far; one that is not there yet gives none.
    lang : {"fr", "en"}
        Language of the comments on corrections.

    Raises
    ------
    InputError
        The list or the corrections cannot be read, or no column holds a code or a name.
    """
    given = {name: header for name, header in (columns or {}).items() if header}
    rows = table(file, sheet=sheet, header_row=header_row, fit=fitting(MEMBERSHIPS, given))
    headers = list(rows.columns)
    absent = [
        Fault(cause="missing_header", file=str(file), column=header, nearest=nearest(header, headers))
        for header in given.values()
        if header not in headers
    ]
    header_of = guessed(headers, MEMBERSHIPS, given)
    header_of = {name: header for name, header in header_of.items() if name in IDENTIFYING}
    if not absent and not {"code", "name"} & header_of.keys():
        near = nearest("code", headers, "insee", "siren", "commune", "name", "nom", "adherent")
        absent = [Fault(cause="missing_column", file=str(file), column="code | name", nearest=near)]
    if absent:
        raise InputError(absent)
    existing = _corrections(corrections)
    levels = next(declared for declared in MEMBERSHIPS.columns if declared.name == "level")
    bodies = pd.DataFrame({name: column(rows, header_of.get(name)).to_numpy() for name in IDENTIFYING})
    bodies = bodies.astype("str").set_axis(rows.index)
    bodies["level"] = typed_cells(bodies["level"], levels)
    links = link_listed(
        bodies, territory, read_passage(data_dir() / "boundaries"), corrections=filled(existing)
    )
    return LinkedList(
        rows=links.beside(rows),
        corrections=pd.concat([existing, to_fill(links, existing, lang)], ignore_index=True),
        links=links,
        headers=header_of,
    )


def _corrections(file: Path | None) -> pd.DataFrame:
    """Return the corrections of a file; none where it is not there yet."""
    if file is None or not file.exists():
        return pd.DataFrame(columns=[column.name for column in CORRECTIONS.columns], dtype="str")
    return checked(table(file, fit=fitting(CORRECTIONS)), CORRECTIONS, str(file))


def write_list(result: LinkedList, file: Path, lang: Language = "fr") -> Path:
    """Write a linked list as a workbook or as a CSV; no cell is ever run as a formula.

    Parameters
    ----------
    result : LinkedList
        The list.
    file : Path
        Where to write: ``.xlsx``, or ``.csv`` as French spreadsheets open it.
    lang : {"fr", "en"}
        Language of the headers and words that are added.
    """
    frame = _worded(result.rows, lang)
    if file.suffix.lower() == ".csv":
        return write_for_spreadsheets(file, frame)
    if file.suffix.lower() != ".xlsx":
        raise InputError([Fault(cause="unknown_list_format", file=str(file), expected=".xlsx | .csv")])
    return xlsx.write_texts(file, {text("linked_list.sheet", lang): frame}, lang)


def write_corrections(result: LinkedList, file: Path) -> Path:
    """Write the corrections, those given and those to fill in, as French spreadsheets open them."""
    return write_for_spreadsheets(file, result.corrections)


def _worded(rows: pd.DataFrame, lang: Language) -> pd.DataFrame:
    """Return the rows with the added columns headed and filled in words, behind the line of the file."""
    frame = rows.reset_index(names="row")
    frame = frame.assign(remedy=frame["cause"], score=frame["score"].round().astype("Int64"))
    for name, section in _SECTIONS.items():
        labels = {code: text(f"{section}.{code}", lang) for code in frame[name].dropna().unique()}
        frame[name] = frame[name].map(labels)
    if frame["share"].fillna(1).eq(1).all():
        frame = frame.drop(columns="share")
    headers = {}
    for name in [name for name in ("row", *BESIDE, "remedy") if name in frame]:
        header = text(f"linked_list.{name}", lang)
        headers[name] = f"{header} (2)" if header in rows else header
    return frame.rename(columns=headers).astype("str")
