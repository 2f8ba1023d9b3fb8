"""What the workbooks hold: a summary with links, key figures, one sheet per subject, and the definitions.

The register says which tables have a sheet, and which of their columns are shown; the CSV tables hold every
table and column. Headers and values are words of the study's language, and the names that the columns have
in the files stand under the headers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from opsn_geo import __version__
from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import Language, label, text, texts
from opsn_geo.publish.geopackage.content import Column, Content, describe, dictionary
from opsn_geo.publish.notices import census_note, response_notice, simulation_warning
from opsn_geo.publish.tables import dashboard, readable
from opsn_geo.publish.tables.sheets import PROSE, Kind, Sheet, clean, sheet_titles, width
from opsn_geo.study import Metadata

_ESTIMATED: Final = frozenset({"unweighted", "estimate", "low", "high"})
"""Columns of estimates that are shares or means, row by row."""
_PUBLISHED: Final = frozenset({"value", "recomputed", "low", "high"})
"""Columns of published figures that are percentages, counts or means, row by row."""


def sheets(
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    figures: Mapping[str, pd.DataFrame] | None = None,
    facts: Sequence[tuple[str, str]] = (),
    questions: Mapping[str, str] | None = None,
) -> list[Sheet]:
    """Return the sheets of a workbook, in the words of the study's language.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every table of the run by name, flat as :func:`opsn_geo.publish.tables.csv_files.flat` gives them.
    metadata : Metadata
        The study: title, territory, vintage, language, what is simulated.
    figures : mapping of str to DataFrame, optional
        What the tables come to, as from :func:`opsn_geo.pipeline.analyses.overview.overview`.
    facts : sequence of pairs of str
        Questions and answers that open the report: they open the summary too.
    questions : mapping of str to str, optional
        Wording of the questions of the survey, by family of items.

    Returns
    -------
    list of Sheet
        The summary, the key figures, a sheet for each table that the register has one for and that has rows,
        the services by département, and the definitions.
    """
    lang = metadata.language
    shown = {
        name: readable.shown(name, tables, lang)
        for name, table in register.tables().items()
        if table.sheet and len(tables.get(name, ()))
    }
    if "estimations" in shown:
        shown["estimations"] = _with_questions(shown["estimations"], questions or {}, lang)
    contents = {name: describe(name, frame, metadata) for name, frame in shown.items()}
    made = dashboard.sheets(tables, figures or {}, metadata)
    made |= {name: _sheet(shown[name], contents[name], metadata) for name in shown}
    order = ["key_figures", *(name for name in made if name != "key_figures")]
    order = [name for name in order if name in made]
    titles = sheet_titles(
        [
            text("workbook.summary", lang),
            *(made[name].title for name in order),
            text("workbook.definitions", lang),
        ]
    )
    named = dict(zip(order, titles[1:-1], strict=True))
    definitions = _definitions({name: named[name] for name in shown}, contents, lang)
    subjects = [
        *(replace(made[name], title=named[name]) for name in order),
        replace(definitions, title=titles[-1]),
    ]
    others = [name for name in tables if name not in shown]
    summary = _summary(titles[0], subjects, others, tables, metadata, facts)
    return [
        summary,
        *(replace(sheet, back=summary.title, links={"A1": f"#{summary.title}"}) for sheet in subjects),
    ]


def _sheet(frame: pd.DataFrame, content: Content, metadata: Metadata) -> Sheet:
    """Return the sheet of a frame: its values in words, and how each column is shown."""
    lang, table = metadata.language, register.table(content.name)
    values: dict[str, pd.Series] = {}
    kinds: list[Kind | tuple[Kind, ...]] = []
    for column in content.columns:
        shown = readable.worded(frame[column.name], column, lang)
        kind = _kind(shown, column, frame, lang)
        if column.name in _PUBLISHED and "unit" in frame:
            shown = shown.where(frame["unit"].ne("share"), shown / 100)
        header = readable.header(column, content.name)
        values[header if header not in values else column.alias] = shown
        kinds.append(kind)
    names = [column.name for column in content.columns]
    return Sheet(
        title=texts("workbook_sheet", lang).get(content.name, content.title),
        frame=pd.DataFrame(values),
        kinds=tuple(kinds),
        widths=tuple(
            width(header, name, shown, kind)
            for (header, shown), name, kind in zip(values.items(), names, kinds, strict=True)
        ),
        keys=tuple(names),
        about=f"{simulation_warning(metadata, table.rests_on)} {table.contents(lang)}".strip(),
        frozen=2 if names[0] == "domain" else 1,
    )


def _with_questions(frame: pd.DataFrame, questions: Mapping[str, str], lang: Language) -> pd.DataFrame:
    """Return estimates with their question in place of the item, the whole territory by its name."""
    family = frame["item"].str.partition(":")[0]
    whole = text("workbook.whole_territory", lang)
    return frame.assign(
        domain=frame["domain"].mask(frame["domain"].fillna("").eq(""), whole),
        item=family.map(dict(questions)).fillna(frame["item"]).astype("str"),
    )


def _kind(values: pd.Series, column: Column, frame: pd.DataFrame, lang: Language) -> Kind | tuple[Kind, ...]:
    """Return how a column is shown, by its type and unit; cell by cell where a row says what it counts."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    if not pd.api.types.is_numeric_dtype(values):  # a column of the user's own may be of Python's objects
        return "prose" if values.dropna().astype("str").str.len().gt(PROSE).any() else "text"
    return _number_kind(values, column, frame, lang)


def _number_kind(
    values: pd.Series, column: Column, frame: pd.DataFrame, lang: Language
) -> Kind | tuple[Kind, ...]:
    if column.unit == text("unit.share", lang):
        return "share"
    if column.name in _ESTIMATED and "label" in frame and "unit" not in frame:
        return tuple("share" if is_share else "decimal" for is_share in _shares(frame))
    if column.name in _PUBLISHED and "unit" in frame:
        return tuple(
            "share" if unit == "share" else "decimal" if unit in {"mean", "points"} else "whole"
            for unit in frame["unit"]
        )
    given = values.dropna()
    if column.unit == text("unit.m", lang) or (given == given.round()).all():
        return "whole"
    return "fine" if given.abs().max() <= 1 else "decimal"


def _shares(frame: pd.DataFrame) -> list[bool]:
    return frame["measure"].eq("share").tolist() if "measure" in frame else [False] * len(frame)


def _definitions(named: Mapping[str, str], contents: Mapping[str, Content], lang: Language) -> Sheet:
    """Return the sheet of definitions: each column's name in the files, alias, unit, meaning and source."""
    frame = dictionary(contents.values(), lang).rename(columns={"layer": "sheet"})
    frame = frame.assign(sheet=frame["sheet"].map(dict(named)))
    worded = frame.rename(columns={name: label(str(name), lang) for name in frame}).astype("str")
    return Sheet(
        title=text("workbook.definitions", lang),
        frame=worded.apply(clean),
        kinds=("text", "text", "text", "text", "prose", "text"),
        widths=(22, 26, 36, 14, PROSE, 40),
        about=text("workbook.definitions_hold", lang),
        frozen=2,
    )


def _summary(
    title: str,
    subjects: Sequence[Sheet],
    others: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    facts: Sequence[tuple[str, str]],
) -> Sheet:
    """Return the first sheet: what the study says, what each sheet holds, with a link, and the sources."""
    lang = metadata.language

    def say(key: str, **values: object) -> str:
        return text(f"workbook.{key}", lang, **values)

    rows: list[tuple[str, str, str]] = []
    if warning := simulation_warning(metadata):
        rows.append((say("simulated"), warning, ""))
    if notice := response_notice(metadata):
        rows.append((say("respondents"), notice, ""))
    if facts:
        rows += [(say("essential"), "", ""), *((question, answer, "") for question, answer in facts)]
    rows += [(say("sheets"), say("sheets_hold"), "")]
    rows += [(sheet.title, sheet.about, f"#{sheet.title}") for sheet in subjects]
    rows += [
        (table.title(lang), say("no_row"), "")
        for name, table in register.tables().items()
        if table.sheet and name in tables and not len(tables[name])
    ]
    rows += [(say("csv"), say("csv_hold"), "")]
    rows += [
        (f"tableur/{name}.csv", register.table(name).contents(lang), f"tableur/{name}.csv") for name in others
    ]
    rows += [(say("study"), "", "")]
    about = [
        (say("territory"), metadata.territory_name),
        (say("millesime"), say("millesime_is", millesime=metadata.millesime)),
        (say("population"), census_note(metadata)),
        (say("date"), metadata.date.isoformat()),
        (say("sources"), say("sources_are", official=text("geopackage.official", lang))),
        (say("licence"), text("geopackage.licence", lang)),
        (say("contact"), metadata.contact),
        (say("software"), f"opsn-geo {__version__}"),
    ]
    rows += [(what, held, "") for what, held in about if held]
    headings = {say(key) for key in ("essential", "sheets", "csv", "study", "simulated")}
    frame = pd.DataFrame([row[:2] for row in rows], columns=[title, metadata.title or "–"], dtype="str")
    first: tuple[Kind, ...] = tuple(
        "link" if target else "heading" if what in headings else "prose" for what, _, target in rows
    )
    return Sheet(
        title=title,
        frame=frame.apply(clean),
        kinds=(first, "prose"),
        widths=(38, 120),
        filtered=False,
        links={f"A{number}": row[2] for number, row in enumerate(rows, start=2) if row[2]},
    )
