"""Metadata in the two forms that readers know: QGIS's own (``qgis.dtd``), and ISO 19139.

QGIS shows the first in a layer's properties; catalogues harvest the second, inside and beside the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from opsn_geo import __version__
from opsn_geo.catalogue.words import text, texts
from opsn_geo.publish.geopackage.content import Content, abstract
from opsn_geo.publish.geopackage.tables import extend
from opsn_geo.publish.notices import basis_warning
from opsn_geo.publish.qgis.xml import render

if TYPE_CHECKING:
    import sqlite3

    from pyproj import CRS

    from opsn_geo.study import Metadata

QGIS_STANDARD: Final = "http://mrcc.com/qgis.dtd"
ISO_STANDARD: Final = "http://www.isotc211.org/2005/gmd"
_SPEC: Final = "http://www.geopackage.org/spec121/#extension_metadata"
_LANGUAGES: Final = {"fr": ("fre", "FRA"), "en": ("eng", "ENG")}

_DDL: Final = """
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL
  DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""


def add(base: sqlite3.Connection, contents: Sequence[Content], metadata: Metadata, crs: CRS) -> None:
    """Store one ISO record for the file, and one record of each form for every layer and table."""
    for statement in _DDL.split(";"):
        base.execute(statement)
    extend(base, "gpkg_metadata", _SPEC, ["gpkg_metadata", "gpkg_metadata_reference"])
    study = study_record(metadata, crs)
    records: list[tuple[str, str, str | None]] = [(ISO_STANDARD, iso_record(contents, metadata, crs), None)]
    for content in contents:
        qgis_record = render("qgis_record.xml.jinja", content=content, study=study)
        records.append((QGIS_STANDARD, qgis_record, content.name))
        records.append((ISO_STANDARD, iso_record([content], metadata, crs), content.name))
    moment = f"{metadata.date.isoformat()}T00:00:00.000Z"
    for key, (standard, record, table) in enumerate(records, start=1):
        base.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)",
            (key, standard, record),
        )
        base.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, ?)",
            ("table" if table else "geopackage", table, moment, key, 1 if table else None),
        )


class Projection(NamedTuple):
    """A projection so that any version of QGIS knows it: by WKT 2 of 2019 and by its authority."""

    wkt: str
    authid: str
    srid: str
    name: str
    geographic: bool
    code: str


class StudyRecord(NamedTuple):
    """What all records of a study have in common."""

    stem: str
    place: str
    language: str
    keywords: Sequence[str]
    contact: str
    lineage: str
    licence: str
    rights: str
    projection: Projection


def study_record(metadata: Metadata, crs: CRS) -> StudyRecord:
    """Return what the records of every layer and table of a study have in common."""
    lang = metadata.language
    authority, srid = crs.to_authority() or ("", "0")
    return StudyRecord(
        stem=metadata.stem,
        place=f"{metadata.territory_name} {metadata.millesime}",
        language=_LANGUAGES[lang][1],
        keywords=[*texts("keyword", lang).values(), metadata.territory_name],
        contact=metadata.contact,
        lineage=text("geopackage.lineage", lang, version=__version__),
        licence=text("geopackage.licence", lang),
        rights=text("geopackage.rights", lang),
        projection=Projection(
            wkt=crs.to_wkt("WKT2_2019"),
            authid=f"{authority}:{srid}" if authority else "",
            srid=srid,
            name=crs.name,
            geographic=crs.is_geographic,
            code=crs.to_string(),
        ),
    )


def iso_record(contents: Sequence[Content], metadata: Metadata, crs: CRS) -> str:
    """Return an ISO 19139 record of the whole file, or of the one content given."""
    single = contents[0] if len(contents) == 1 else None
    study = study_record(metadata, crs)
    titles = "; ".join(content.title for content in contents)
    warning = basis_warning(metadata, single.rests_on if single else None)
    record = {
        "identifier": f"{metadata.stem}/{single.name}" if single else metadata.stem,
        "language": _LANGUAGES[metadata.language][0],
        "party": metadata.contact or metadata.title,
        "date": metadata.date.isoformat(),
        "title": f"{metadata.title} – {single.title}" if single else metadata.title,
        "abstract": single.abstract if single else abstract(titles, metadata),
        "degrees": _degrees(contents, crs),
        "statement": " ".join(part for part in (warning, study.lineage) if part),
    }
    return render("iso_record.xml.jinja", study=study, record=record)


def _degrees(contents: Sequence[Content], crs: CRS) -> tuple[float, float, float, float] | None:
    """Return the extent of all layers together in degrees, as the standard wants it."""
    from pyproj import Transformer  # noqa: PLC0415 - only records with a geometry need it

    bounds = [content.bounds for content in contents if content.bounds is not None]
    if not bounds:
        return None
    wests, souths, easts, norths = zip(*bounds, strict=True)
    west, south, east, north = Transformer.from_crs(crs, 4326, always_xy=True).transform_bounds(
        min(wests), min(souths), max(easts), max(norths)
    )
    return west, south, east, north
