"""What the workbooks hold: a guide, one sheet per subject, and the definitions of their columns.

:mod:`opsn_geo.publish.tables.xlsx` and :mod:`opsn_geo.publish.tables.ods` write these sheets; they are
chosen for reading, whereas the CSV tables hold every table and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from opsn_geo import __version__
from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import Language, label, text, texts
from opsn_geo.publish.geopackage.content import Column, Content, describe, dictionary
from opsn_geo.publish.notices import census_note, simulation_warning
from opsn_geo.study import Metadata

Kind = Literal["text", "prose", "flag", "day", "whole", "share", "decimal"]
"""How the values of a column are shown; ``prose`` is text that wraps."""

_FORBIDDEN: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
_UNCLEAN: Final = _FORBIDDEN[:-1] + "\r]"
_LONGEST_CELL: Final = 32_767
_LONGEST_TITLE: Final = 31
_NARROW, _WIDE, _PROSE = 9, 40, 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: a flat frame whose column names are its headers, and how each column is shown.

    Parameters
    ----------
    title : str
        Name of the sheet, as spreadsheets allow it.
    frame : pandas.DataFrame
        Truth values, numbers, days and texts that XML can hold; column names are different.
    kinds : tuple of str
        How each column is shown.
    widths : tuple of int
        Width of each column, in characters.
    filtered : bool
        Whether its headers have filter buttons.
    """

    title: str
    frame: pd.DataFrame
    kinds: tuple[Kind, ...]
    widths: tuple[int, ...]
    filtered: bool = True


def sheets(tables: Mapping[str, pd.DataFrame], metadata: Metadata) -> list[Sheet]:
    """Return the sheets of a workbook, in the words of the study's language.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every table of the run by name, flat as :func:`opsn_geo.publish.tables.csv_files.flat` gives them.
    metadata : Metadata
        The study: title, territory, vintage, language, what is simulated.

    Returns
    -------
    list of Sheet
        The guide, the tables of the run that the register has a sheet for, and the definitions. Headers are
        aliases; codes and identifiers are spelt out in the study's language.
    """
    lang = metadata.language
    chosen = {
        name: _readable(name, tables, lang)
        for name, each in register.tables().items()
        if each.sheet and name in tables
    }
    contents = {name: describe(name, frame, metadata) for name, frame in chosen.items()}
    titles = sheet_titles(
        [
            text("workbook.guide", lang),
            *(content.title for content in contents.values()),
            text("workbook.definitions", lang),
        ]
    )
    named = dict(zip(chosen, titles[1:-1], strict=True))
    return [
        _guide(titles, named, [name for name in tables if name not in chosen], metadata),
        *(_sheet(named[name], chosen[name], contents[name].columns, lang) for name in chosen),
        _definitions(titles[-1], named, contents, lang),
    ]


def sheet_titles(titles: Sequence[str]) -> list[str]:
    """Return titles as names that every spreadsheet takes: 31 characters, no two alike.

    >>> sheet_titles(["a/b", "'A b", "x" * 40])
    ['a b', 'A b (2)', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']
    """
    taken: dict[str, str] = {}
    for title in titles:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:_LONGEST_TITLE] or "–"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: _LONGEST_TITLE - len(f' ({number})')]} ({number})"
        taken[name.casefold()] = name
    return list(taken.values())


def clean(texts: pd.Series) -> pd.Series:
    r"""Texts that XML and a cell can hold: line ends are ``\n``, forbidden characters become ``\ufffd``.

    Text beyond 32,767 characters, the most that a cell of a workbook holds, is cut and ends in an ellipsis.

    >>> clean(pd.Series(["a\r\nb", "\x01=1", None])).tolist()
    ['a\nb', '�=1', nan]
    """
    if texts.str.contains(_UNCLEAN).any():
        texts = texts.str.replace("\r\n?", "\n", regex=True).str.replace(_FORBIDDEN, "\ufffd", regex=True)
    long = texts.str.len() > _LONGEST_CELL
    return texts.mask(long, texts.str.slice(0, _LONGEST_CELL - 1) + "…") if long.any() else texts


def _by_value(texts: pd.Series, translated: Callable[[str], str]) -> pd.Series:
    """Return texts translated, each different one once; what is missing stays missing."""
    return texts.map({text: translated(text) for text in texts.dropna().unique()}).astype("str")


def _readable(name: str, tables: Mapping[str, pd.DataFrame], lang: Language) -> pd.DataFrame:
    """Return a table without its technical columns, identifiers replaced by names."""
    frame = tables[name]
    frame = frame.drop(columns=[each for each in frame if register.column(str(each), name).technical])
    if name != "epci" and "siren_epci" in frame and "epci" in tables:
        named = frame["siren_epci"].map(tables["epci"].set_index("siren_epci")["name"]).astype("str")
        frame.insert(list(frame).index("siren_epci") + 1, "epci_name", named)
    if {"variable", "level"} <= set(frame):
        frame = frame.assign(level=_levels(frame, tables, lang))
    names = {
        column: _names(tables[table.name], table, lang)
        for column, table in register.lookups(map(str, frame), name).items()
        if table.name in tables and not frame[column].is_unique
    }
    return frame.assign(**{column: _renamed(frame[column], of) for column, of in names.items()})


def _levels(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], lang: Language) -> pd.Series:
    """Return the levels of variables in words, places by their names; others stay as they are."""
    words = texts("survey_level", lang)
    for variable, table in (("code_dep", "departements"), ("siren_epci", "epci")):
        if table in tables:
            places = tables[table].set_index(variable)["name"]
            words |= {f"{variable}={code}": str(name) for code, name in places.items()}
    spelt = (frame["variable"] + "=" + frame["level"]).map(words).fillna(frame["level"].map(words))
    return spelt.fillna(frame["level"]).astype("str")


def _renamed(identifiers: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Return lists of names for lists of identifiers separated by semicolons."""
    return _by_value(identifiers, lambda listed: ", ".join(names.get(key, key) for key in listed.split(";")))


def _names(frame: pd.DataFrame, table: register.Table, lang: Language) -> dict[str, str]:
    """Return the name of each identifier of a table, in the language where it has one."""
    key, name = table.key[0], table.spelt_by
    name = f"{name}_{lang}" if f"{name}_{lang}" in frame else name
    return {str(k): str(v) for k, v in zip(frame[key], frame[name].fillna(frame[key]), strict=True)}


def _sheet(title: str, frame: pd.DataFrame, columns: Sequence[Column], lang: Language) -> Sheet:
    """Return the sheet of a frame: its values in words, and how each column is shown."""
    values = {column.alias: _worded(frame[column.name], column) for column in columns}
    kinds = tuple(_kind(values[column.alias], column.unit, lang) for column in columns)
    return Sheet(
        title=title,
        frame=pd.DataFrame(values),
        kinds=kinds,
        widths=tuple(
            _width(alias, shown, kind) for (alias, shown), kind in zip(values.items(), kinds, strict=True)
        ),
    )


def _worded(values: pd.Series, column: Column) -> pd.Series:
    """Return a column with the words of the study's language in place of codes."""
    if values.dtype != "str":
        return values
    return clean(_by_value(values, lambda code: column.choices.get(code, code)) if column.choices else values)


def _kind(values: pd.Series, unit: str, lang: Language) -> Kind:
    """Return how a column is shown, by its type and its unit."""
    kinds = pd.api.types
    if values.dtype == "str":
        long = values[values.str.len() > _PROSE]
        return "prose" if long.str.contains(" ", regex=False).any() else "text"
    if kinds.is_bool_dtype(values):
        return "flag"
    if kinds.is_datetime64_any_dtype(values):
        return "day"
    if unit == text("unit.share", lang):
        return "share"
    given = values.dropna()
    return "whole" if unit == text("unit.m", lang) or (given == given.round()).all() else "decimal"


def _width(header: str, values: pd.Series, kind: Kind) -> int:
    """Return a width in which most values show whole, and the header on about two lines."""
    if kind == "prose":
        return _PROSE
    longest = int(values.str.len().max()) if kind == "text" and values.notna().any() else _NARROW
    return min(max(longest + 2, len(header) // 2 + 4, _NARROW), _WIDE)


def _definitions(
    title: str, named: Mapping[str, str], contents: Mapping[str, Content], lang: Language
) -> Sheet:
    """Return the sheet of definitions: each column's name in the files, alias, unit, meaning and source."""
    frame = dictionary(contents.values(), lang).rename(columns={"layer": "sheet"})
    frame = frame.assign(sheet=frame["sheet"].map(named))
    worded = frame.rename(columns={name: label(str(name), lang) for name in frame}).astype("str")
    return Sheet(
        title=title,
        frame=worded.apply(clean),
        kinds=("text", "text", "text", "text", "prose", "prose"),
        widths=(28, 28, 36, 14, _PROSE, _WIDE),
    )


def _guide(
    titles: Sequence[str], named: Mapping[str, str], others: Sequence[str], metadata: Metadata
) -> Sheet:
    """Return the first sheet: what the workbook is about, its sources, what each sheet and file holds."""
    lang = metadata.language
    rows = [
        (_say(lang, "territory"), metadata.territory_name),
        (_say(lang, "millesime"), _say(lang, "millesime_is", millesime=metadata.millesime)),
        (_say(lang, "population"), census_note(metadata)),
        (_say(lang, "date"), metadata.date.isoformat()),
        (_say(lang, "simulated"), simulation_warning(metadata)),
        (_say(lang, "sources"), _say(lang, "sources_are", official=text("geopackage.official", lang))),
        (_say(lang, "licence"), text("geopackage.licence", lang)),
        (_say(lang, "contact"), metadata.contact),
        (_say(lang, "software"), f"opsn-geo {__version__}"),
    ]
    rows = [(what, held) for what, held in rows if held]
    rows += [(_say(lang, "sheets"), _say(lang, "sheets_hold"))]
    rows += [(title, register.table(name).contents(lang)) for name, title in named.items()]
    rows += [(titles[-1], _say(lang, "definitions_hold")), (_say(lang, "csv"), _say(lang, "csv_hold"))]
    rows += [(f"tables/{name}.csv", register.table(name).contents(lang)) for name in others]
    frame = pd.DataFrame(rows, columns=[titles[0], metadata.title or "–"], dtype="str")
    return Sheet(
        title=titles[0], frame=frame.apply(clean), kinds=("text", "prose"), widths=(34, 110), filtered=False
    )


def _say(lang: Language, key: str, **values: object) -> str:
    return text(f"workbook.{key}", lang, **values)
