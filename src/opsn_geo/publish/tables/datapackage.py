"""A Data Package: what each CSV table of a run holds, for programs that read it by its schema.

The descriptor follows version 2 of the Data Package standard, and its Table Schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from opsn_geo.catalogue import register
from opsn_geo.catalogue.words import text
from opsn_geo.publish.geopackage.content import Column, Content, describe
from opsn_geo.publish.notices import simulation_warning
from opsn_geo.read.fingerprints import fingerprint
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    import pandas as pd

_PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
_LICENCE: Final = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
_TYPES: Final = {"INTEGER": "integer", "REAL": "number", "BOOLEAN": "boolean", "DATE": "date"}


def datapackage(
    files: Mapping[str, Path], tables: Mapping[str, pd.DataFrame], metadata: Metadata, root: Path
) -> dict[str, Any]:
    """Return the description of the CSV tables of a run.

    Parameters
    ----------
    files : mapping of str to Path
        The CSV file of each table, as written.
    tables : mapping of str to DataFrame
        The same tables, flat as :func:`opsn_geo.publish.tables.csv_files.flat` gives them.
    metadata : Metadata
        The study: title, territory, vintage, language, what is simulated.
    root : Path
        The folder that holds the descriptor; paths are given from it.

    Returns
    -------
    dict
        Ready for JSON. A primary or foreign key is given only where the rows keep it.
    """
    lang = metadata.language
    about = {"territory": metadata.territory_name, "millesime": metadata.millesime, "date": metadata.date}
    official = text("geopackage.official", lang)
    return {
        "$schema": _PROFILE,
        "name": metadata.stem,
        "title": metadata.title,
        "description": text(
            "datapackage.description", lang, simulated=simulation_warning(metadata), **about
        ).strip(),
        "licenses": [{"name": "etalab-2.0", "title": text("datapackage.licence", lang), "path": _LICENCE}],
        "sources": [{"title": official}, {"title": metadata.title}],
        **({"contributors": [{"title": metadata.contact, "roles": ["contact"]}]} if metadata.contact else {}),
        "resources": [_resource(name, file, tables, metadata, root) for name, file in files.items()],
    }


def write(file: Path, content: Mapping[str, Any]) -> Path:
    """Write a descriptor as readable JSON."""
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def _resource(
    name: str, file: Path, tables: Mapping[str, pd.DataFrame], metadata: Metadata, root: Path
) -> dict[str, Any]:
    """Return the description of one file: its place, size, checksum and columns."""
    content = describe(name, tables[name], metadata)
    return {
        "name": name,
        "type": "table",
        "path": file.relative_to(root).as_posix(),
        "title": content.title,
        "description": content.abstract,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.stat().st_size,
        "hash": f"sha256:{fingerprint(file).sha256}",
        "schema": _schema(name, content, tables),
    }


def _schema(name: str, content: Content, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    frame = tables[name]
    key = [column for column in register.table(name).key if column in frame]
    if not _identifies(frame, key):
        key = []
    foreign = list(_foreign_keys(name, tables))
    return {
        "fields": [
            _field(column, frame[column.name], required=column.name in key) for column in content.columns
        ],
        "missingValues": [""],
        **({"primaryKey": key} if key else {}),
        **({"foreignKeys": foreign} if foreign else {}),
    }


def _identifies(frame: pd.DataFrame, key: list[str]) -> bool:
    """Whether no two rows share a key, and none lacks a part of it."""
    lacking = frame[key].isna() | (frame[key] == "")
    return bool(key) and not lacking.any(axis=None) and not frame.duplicated(key).any()


def _foreign_keys(name: str, tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield the columns of a table whose every identifier stands in the table they refer to."""
    for column in map(str, tables[name]):
        declared = register.column(column, name)
        other = declared.refers_to
        if other not in tables or declared.list or (name, (column,)) == (other, register.table(other).key):
            continue
        (key,) = register.table(other).key
        identifiers = {*tables[name][column].dropna().unique()} - {""}
        if identifiers and identifiers <= {*tables[other][key]}:
            yield {"fields": [column], "reference": {"resource": other, "fields": [key]}}


def _field(column: Column, values: pd.Series, *, required: bool) -> dict[str, Any]:
    """Return the description of one column; its codes are listed where it holds no other value."""
    words = [value for value in column.choices if value]
    listed = bool(words) and set(values.dropna().unique()) <= {*words, ""}
    constraints = {**({"required": True} if required else {}), **({"enum": words} if listed else {})}
    described = {
        "name": column.name,
        "type": _TYPES.get(column.sql, "string"),
        "title": column.alias,
        "description": column.definition,
        "unit": column.unit,
        "constraints": constraints,
    }
    return {name: value for name, value in described.items() if value}
