"""Small helpers for the XML that QGIS reads: elements, options, colours, stable identifiers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

if TYPE_CHECKING:
    from pyproj import CRS

VERSION: Final = "3.22.0"
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(tag: str, text: object = None, /, **attributes: object) -> Element:
    """Make an element; a truth value becomes 1 or 0, and an attribute's trailing underscore goes.

    >>> ET.tostring(element("rule", label="a < b", class_="x", on=True)).decode()
    '<rule label="a &lt; b" class="x" on="1" />'
    """
    made = Element(tag, {name.rstrip("_"): written(value) for name, value in attributes.items()})
    if text is not None:
        made.text = written(text)
    return made


def nested(parent: Element, tag: str, text: object = None, /, **attributes: object) -> Element:
    """Make an element inside another."""
    made = element(tag, text, **attributes)
    parent.append(made)
    return made


def option(value: object, name: str | None = None) -> Element:
    """Make the QVariant that QGIS reads for a mapping, a sequence or a plain value.

    >>> ET.tostring(option({"alpha": 1})).decode()
    '<Option type="Map"><Option type="QString" value="1" name="alpha" /></Option>'
    """
    named = {} if name is None else {"name": name}
    if isinstance(value, Mapping):
        made = Element("Option", {"type": "Map"} | named)
        made.extend(option(item, str(key)) for key, item in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        made = Element("Option", {"type": "List"} | named)
        made.extend(option(item) for item in value)
    else:
        made = Element("Option", {"type": "QString", "value": written(value)} | named)
    return made


def rgba(colour: str, alpha: int = 255) -> str:
    """Write a ``#rrggbb`` colour as QGIS does.

    >>> rgba("#ff8000", 128)
    '255,128,0,128'
    """
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + f",{alpha}"


def identifier(*parts: str) -> str:
    """Make a universally unique identifier that depends on its parts alone."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, 'opsn-geo/' + '/'.join(parts))}}}"


def quoted(name: str) -> str:
    """Quote a field for an expression of QGIS.

    >>> quoted('odd"name')
    '"odd""name"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    r"""Write a text as a literal of an expression of QGIS, where the backslash escapes.

    >>> literal("l'EPCI")
    "'l''EPCI'"
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def document(root: Element) -> bytes:
    """Write a document in UTF-8, each attribute where it was put: the same tree gives the same bytes."""
    body = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n".encode()


def srs(crs: CRS) -> Element:
    """Describe a projection so that any version of QGIS knows it: by WKT 2 of 2019 and by its authority."""
    root = element("spatialrefsys")
    authority = crs.to_authority()
    nested(root, "wkt", crs.to_wkt("WKT2_2019"))
    nested(root, "authid", ":".join(authority) if authority else "")
    nested(root, "srid", authority[1] if authority else 0)
    nested(root, "description", crs.name)
    nested(root, "geographicflag", str(crs.is_geographic).lower())
    return root


def written(value: object) -> str:
    """Write a value; what XML cannot hold (control characters, lone surrogates) is left out."""
    told = str(int(value)) if isinstance(value, bool) else str(value)
    return told if told.isprintable() else _UNWRITABLE.sub("", told)


__all__ = [
    "VERSION",
    "Element",
    "document",
    "element",
    "identifier",
    "literal",
    "nested",
    "option",
    "quoted",
    "rgba",
    "srs",
    "written",
]
