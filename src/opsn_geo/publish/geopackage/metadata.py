"""Metadata in the two forms that readers know: QGIS's own (``qgis.dtd``), and ISO 19139.

QGIS shows the first in a layer's properties; catalogues harvest the second, inside and beside the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from opsn_geo import __version__
from opsn_geo.catalogue.words import text, texts
from opsn_geo.publish.geopackage.content import Content, abstract, simulation
from opsn_geo.publish.geopackage.tables import extend
from opsn_geo.publish.qgis.xml import Element, document, element, nested, srs, written

if TYPE_CHECKING:
    import sqlite3

    from pyproj import CRS

    from opsn_geo.study import Metadata

QGIS_STANDARD: Final = "http://mrcc.com/qgis.dtd"
ISO_STANDARD: Final = "http://www.isotc211.org/2005/gmd"
_SPEC: Final = "http://www.geopackage.org/spec121/#extension_metadata"
_GMD, _GCO = "http://www.isotc211.org/2005/gmd", "http://www.isotc211.org/2005/gco"
_CODES: Final = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#"
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
    records: list[tuple[str, bytes, str | None]] = [(ISO_STANDARD, iso_record(contents, metadata, crs), None)]
    for content in contents:
        records.append((QGIS_STANDARD, qgis_record(content, metadata, crs), content.name))
        records.append((ISO_STANDARD, iso_record([content], metadata, crs), content.name))
    moment = f"{metadata.date.isoformat()}T00:00:00.000Z"
    for key, (standard, record, table) in enumerate(records, start=1):
        base.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)",
            (key, standard, record.decode()),
        )
        base.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, ?)",
            ("table" if table else "geopackage", table, moment, key, 1 if table else None),
        )


def qgis_record(content: Content, metadata: Metadata, crs: CRS) -> bytes:
    """Write the metadata of one layer or table as QGIS reads it."""
    return document(resource(content, metadata, crs, "qgis"))


def resource(content: Content, metadata: Metadata, crs: CRS, tag: str) -> Element:
    """Make QGIS's record of one layer or table under the element a style or project wants."""
    lang = metadata.language
    root = element(tag)
    nested(root, "identifier", f"{metadata.stem}/{content.name}")
    nested(root, "parentidentifier", metadata.stem)
    nested(root, "language", _LANGUAGES[lang][1])
    nested(root, "type", "dataset")
    nested(root, "title", f"{content.title} – {metadata.territory_name} {metadata.millesime}")
    nested(root, "abstract", content.abstract)
    words = nested(root, "keywords", vocabulary="gmd:topicCategory")
    for word in (*texts("keyword", lang).values(), metadata.territory_name):
        nested(words, "keyword", word)
    if metadata.contact:
        contact = nested(root, "contact")
        nested(contact, "organization", metadata.contact)
        nested(contact, "role", "point of contact")
    nested(root, "history", text("geopackage.lineage", lang, version=__version__))
    nested(root, "license", text("geopackage.licence", lang))
    nested(root, "rights", text("geopackage.rights", lang))
    nested(root, "encoding", "UTF-8")
    if content.shape is not None:
        nested(root, "crs").append(srs(crs))
        extent = nested(root, "extent")
        if content.bounds is not None:
            west, south, east, north = content.bounds
            box = {"minx": west, "miny": south, "maxx": east, "maxy": north, "minz": 0, "maxz": 0}
            nested(extent, "spatial", crs=crs.to_string(), dimensions=2, **box)
    return root


def iso_record(contents: Sequence[Content], metadata: Metadata, crs: CRS) -> bytes:
    """Write an ISO 19139 record of the whole file, or of the one content given."""
    lang = metadata.language
    single = contents[0] if len(contents) == 1 else None
    root = ET.Element(f"{{{_GMD}}}MD_Metadata")
    _string(root, "fileIdentifier", f"{metadata.stem}/{single.name}" if single else metadata.stem)
    _code(root, "language", "LanguageCode", _LANGUAGES[lang][0])
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _party(root, "contact", metadata.contact or metadata.title)
    _date(_child(root, "dateStamp"), metadata)
    system = _child(
        _child(_child(root, "referenceSystemInfo"), "MD_ReferenceSystem"), "referenceSystemIdentifier"
    )
    _string(_child(system, "RS_Identifier"), "code", crs.to_string())
    data = _child(_child(root, "identificationInfo"), "MD_DataIdentification")
    citation = _child(_child(data, "citation"), "CI_Citation")
    _string(citation, "title", f"{metadata.title} – {single.title}" if single else metadata.title)
    when = _child(_child(citation, "date"), "CI_Date")
    _date(_child(when, "date"), metadata)
    _code(when, "dateType", "CI_DateTypeCode", "publication")
    subject = single.abstract if single else abstract("; ".join(each.title for each in contents), metadata)
    _string(data, "abstract", subject)
    _party(data, "pointOfContact", metadata.contact or metadata.title)
    words = _child(_child(data, "descriptiveKeywords"), "MD_Keywords")
    for word in (*texts("keyword", lang).values(), metadata.territory_name):
        _string(words, "keyword", word)
    limits = _child(_child(data, "resourceConstraints"), "MD_LegalConstraints")
    _string(limits, "useLimitation", text("geopackage.licence", lang))
    _code(limits, "accessConstraints", "MD_RestrictionCode", "license")
    _code(data, "language", "LanguageCode", _LANGUAGES[lang][0])
    _child(_child(data, "topicCategory"), "MD_TopicCategoryCode").text = "boundaries"
    _box(data, contents, crs)
    quality = _child(_child(root, "dataQualityInfo"), "DQ_DataQuality")
    _code(_child(_child(quality, "scope"), "DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    history = " ".join(
        part for part in (simulation(metadata), text("geopackage.lineage", lang, version=__version__)) if part
    )
    _string(_child(_child(quality, "lineage"), "LI_Lineage"), "statement", history)
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    record: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return record + b"\n"


def _box(data: Element, contents: Sequence[Content], crs: CRS) -> None:
    """Give the extent of all layers together in degrees, as the standard wants it."""
    from pyproj import Transformer  # noqa: PLC0415 - only records with a geometry need it

    bounds = [content.bounds for content in contents if content.bounds is not None]
    if not bounds:
        return
    wests, souths, easts, norths = zip(*bounds, strict=True)
    degrees = Transformer.from_crs(crs, 4326, always_xy=True).transform_bounds(
        min(wests), min(souths), max(easts), max(norths)
    )
    extent = _child(_child(data, "extent"), "EX_Extent")
    box = _child(_child(extent, "geographicElement"), "EX_GeographicBoundingBox")
    west, south, east, north = degrees
    sides = {
        "westBoundLongitude": west,
        "eastBoundLongitude": east,
        "southBoundLatitude": south,
        "northBoundLatitude": north,
    }
    for tag, value in sides.items():
        ET.SubElement(_child(box, tag), f"{{{_GCO}}}Decimal").text = f"{value:.4f}"


def _child(parent: Element, tag: str) -> Element:
    return ET.SubElement(parent, f"{{{_GMD}}}{tag}")


def _string(parent: Element, tag: str, value: str) -> None:
    ET.SubElement(_child(parent, tag), f"{{{_GCO}}}CharacterString").text = written(value)


def _date(parent: Element, metadata: Metadata) -> None:
    ET.SubElement(parent, f"{{{_GCO}}}Date").text = metadata.date.isoformat()


def _code(parent: Element, tag: str, codes: str, value: str) -> None:
    made = ET.SubElement(_child(parent, tag), f"{{{_GMD}}}{codes}")
    made.attrib |= {"codeList": f"{_CODES}{codes}", "codeListValue": value}
    made.text = value


def _party(parent: Element, tag: str, name: str) -> None:
    party = _child(_child(parent, tag), "CI_ResponsibleParty")
    _string(party, "organisationName", name)
    _code(party, "role", "CI_RoleCode", "pointOfContact")
