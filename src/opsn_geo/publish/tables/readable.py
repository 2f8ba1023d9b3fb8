"""Tables in a reader's words: names for identifiers and codes, yes and no for truth values.

The workbooks and the CSV files for spreadsheets are made of them; the plain CSV tables keep the codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import Language, level_name, text, texts
from opsn_geo.publish.geopackage.content import Column
from opsn_geo.publish.tables.sheets import clean

_CODED: Final = ("communes", "epci")
"""Tables with places of the same name: their code follows it."""
_SINGULAR: Final = {"communes": "Commune", "departements": "Département", "epci": "EPCI"}
"""Headers of the names of places, alike in both languages."""
_OF_CODE: Final = re.compile(r" \((code|code INSEE|SIREN|INSEE code)\)$")
"""End of the header of a code, which a name has no use for."""


def shown(name: str, tables: Mapping[str, pd.DataFrame], lang: Language) -> pd.DataFrame:
    """Return the rows and columns of a table that its sheet shows, identifiers replaced by names.

    Parameters
    ----------
    name : str
        Table that the register has a sheet for.
    tables : mapping of str to DataFrame
        Every table of the run, flat.
    lang : {"fr", "en"}
        Language of the names that have several.
    """
    frame = _with_related(name, tables)
    chosen = [column for column in register.table(name).sheet if column in frame]
    own = [column for column in frame if not register.column(str(column)).tables]
    return named(name, frame[[*chosen, *own]], tables, lang)


def named(name: str, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], lang: Language) -> pd.DataFrame:
    """Return a frame with names in place of the identifiers of other tables, and of levels of variables."""
    if {"variable", "level"} <= set(frame):
        frame = frame.assign(level=_levels(frame, tables, lang))
    renamed = {}
    for column in map(str, frame):
        other = register.column(column, name).refers_to
        if other in tables and other != name and register.table(other).key[0] in tables[other]:
            renamed[column] = _renamed(frame[column], _names(other, tables, lang))
    if {"level", "code"} <= set(frame):
        names: dict[str, str] = {}
        for table in ("departements", "epci", "communes"):
            names |= _names(table, tables, lang) if table in tables else {}
        renamed["code"] = _renamed(frame["code"], names)
    return frame.assign(**renamed)


def header(column: Column, name: str) -> str:
    """Return the header of a column; that of an identifier replaced by a name does not call it a code.

    >>> column = Column(name="code_dep", sql="TEXT", alias="Département (code)", definition="", unit="",
    ...                 source="", choices={})
    >>> header(column, "communes"), header(column, "departements")
    ('Département', 'Département (code)')
    """
    other = register.column(column.name, name).refers_to
    if other in {"", name}:
        return column.alias
    if column.name == register.table(other).key[0]:
        return _SINGULAR.get(other, _OF_CODE.sub("", column.alias))
    return _OF_CODE.sub("", column.alias)


def worded(values: pd.Series, column: Column, lang: Language) -> pd.Series:
    """Return a column with the words of a language in place of codes and truth values."""
    if pd.api.types.is_bool_dtype(values):
        words = {True: text("workbook.yes", lang), False: text("workbook.no", lang)}
        return values.astype(object).map(words).astype("str")
    if values.dtype != "str":
        return values
    return _by_value(values, lambda code: column.choices.get(code, code))


def _with_related(name: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a table with what a reader looks for in it and another one holds."""
    frame = tables[name]
    if name == "communes" and "inside" in frame:
        return frame[frame["inside"].astype(bool)].sort_values(["code_dep", "name"], kind="stable")
    if name == "departements" and "panorama_departements" in tables:
        other = tables["panorama_departements"].set_index("code_dep")[["opsn_offering", "services_offered"]]
        return frame.join(other, on="code_dep", validate="one_to_one")
    if name == "opsn":
        if "panorama_opsn" in tables:
            other = tables["panorama_opsn"].set_index("opsn")[["services_offered", "outside_home"]]
            frame = frame.join(other, on="opsn", validate="one_to_one")
        if "offres" in tables:
            offered = tables["offres"].groupby("opsn")["service"].agg(lambda each: ";".join(each.unique()))
            frame = frame.assign(services=frame["opsn"].map(offered).astype("str"))
    if name == "reponses" and "name" not in frame and "communes" in tables:
        places = tables["communes"].set_index("code_insee")["name"]
        return frame.assign(name=frame["code_insee"].map(places).astype("str"))
    return frame


def _by_value(values: pd.Series, translated: Callable[[str], str]) -> pd.Series:
    """Return texts translated and clean, each different one once; what is missing stays missing."""
    codes, different = pd.factorize(values)
    words = clean(pd.Series([translated(str(each)) for each in different], dtype="str"))
    return pd.Series(words.array.take(codes, allow_fill=True), index=values.index)


def _renamed(identifiers: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Return lists of names for lists of identifiers separated by semicolons."""
    return _by_value(
        identifiers, lambda listed: ", ".join(names.get(each, each) for each in listed.split(";"))
    )


def _names(table: str, tables: Mapping[str, pd.DataFrame], lang: Language) -> dict[str, str]:
    """Return the name of each identifier of a table, in the language where it has one."""
    frame, key = tables[table], register.table(table).key[0]
    name = f"name_{lang}" if f"name_{lang}" in frame else "name"
    names = frame[name].fillna(frame[key]).astype(str)
    if table in _CODED:
        repeated = names.duplicated(keep=False)
        names = names.mask(repeated, names + " (" + frame[key].astype(str) + ")")
    return dict(zip(frame[key].astype(str), names, strict=True))


def _levels(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], lang: Language) -> pd.Series:
    """Return the levels of variables in words, places by their names; others stay as they are."""
    words = texts("survey_level", lang)
    for variable, table in (("code_dep", "departements"), ("siren_epci", "epci")):
        if table in tables:
            places = tables[table].set_index(variable)["name"]
            words |= {f"{variable}={code}": str(place) for code, place in places.items()}
    spelt = (frame["variable"] + "=" + frame["level"]).map(lambda code: level_name(code, words))
    spelt = spelt.fillna(frame["level"].map(words))
    return spelt.fillna(frame["level"]).astype("str")
