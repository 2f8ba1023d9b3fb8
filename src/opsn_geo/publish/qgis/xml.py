"""The templates of what QGIS reads: one Jinja environment, and what its templates need to write values."""

from __future__ import annotations

import re
import uuid
from functools import cache, lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from opsn_geo.catalogue.palette import PAPER

VERSION: Final = "3.22.16"
"""Version of QGIS that a project says it is of: 3.22.16 opens it without a notice, later ones with theirs."""
FONT: Final = "Sans Serif"
"""A family that every system has under this name: a font it lacks would fill the screen with notices."""
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser turns plain line ends and tabs of an attribute into spaces.
_SPACES: Final = {ord(space): f"&#{ord(space)};" for space in "\t\n\r"}


def render(template: str, /, **data: object) -> str:
    r"""Return a document made from a template of this package, with the data given.

    Examples
    --------
    >>> from opsn_geo.publish.classes import Class
    >>> classes = [Class(label="1 < 2", colour="#ffffff", upper=1.0), Class(label="2\x00", colour="#000000")]
    >>> print(*render("raster_style.qml.jinja", classes=classes).splitlines()[6:8], sep="\n")
              <item value="1.0" label="1 &lt; 2" color="#ffffff" alpha="255"/>
              <item value="inf" label="2" color="#000000" alpha="255"/>
    """
    return _environment().get_template(template).render(data)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("opsn_geo.publish.qgis", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=written,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"rgba": rgba, "as_it_is": as_it_is}
    environment.globals |= {
        "version": VERSION, "paper": PAPER, "font": font, "identifier": identifier,
    }  # fmt: skip
    return environment


def written(value: object) -> Markup:
    r"""Return a value as XML holds it, in text or in an attribute.

    A truth value becomes 1 or 0; what XML cannot hold (control characters, lone surrogates) is left out.

    >>> written('a "b"\n\x07'), written(True)
    (Markup('a &#34;b&#34;&#10;'), Markup('1'))
    """
    if isinstance(value, Markup):
        return value
    return _escaped(str(int(value)) if isinstance(value, bool) else str(value))


@lru_cache(maxsize=4096)  # most values of a project stand in it many times
def _escaped(text: str) -> Markup:
    if text.isprintable():
        return escape(text)
    return Markup(escape(_UNWRITABLE.sub("", text)).translate(_SPACES))  # noqa: S704 - escaped just before


def rgba(colour: str, alpha: int = 255) -> str:
    """Return a ``#rrggbb`` colour as QGIS writes it.

    >>> rgba("#ff8000", 128)
    '255,128,0,128'
    """
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + f",{alpha}"


def font(size: float, bold: bool = False) -> str:  # noqa: FBT001, FBT002 - templates pass it by position
    """Return the description of a font as Qt writes it, with the system's own family.

    >>> font(9, True)
    'Sans Serif,9,-1,5,75,0,0,0,0,0'
    """
    return f"{FONT},{size},-1,5,{75 if bold else 50},0,0,0,0,0"


def identifier(*parts: str) -> str:
    """Return a universally unique identifier that depends on its parts alone."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, 'opsn-geo/' + '/'.join(parts))}}}"


def as_it_is(text: str) -> str:
    r"""Return a text that pages and legends show as it stands, where QGIS would evaluate ``[% … %]``.

    An invisible word joiner keeps the two characters of the opening from being read as one.

    >>> as_it_is("50 [% of %]")
    '50 [\u2060% of %]'
    """
    return text.replace("[%", "[\u2060%")


def evaluated(expression: str) -> str:
    """Return an expression as a map tip evaluates it, whose result is text and no HTML.

    There is none where a name in it holds ``%]``, which would end it too soon.

    >>> print(evaluated('"name"'))
    [% replace("name", map('&', '&amp;', '<', '&lt;')) %]
    >>> evaluated('"100 %]"')
    ''
    """
    return "" if "%]" in expression else f"[% replace({expression}, map('&', '&amp;', '<', '&lt;')) %]"


def quoted(name: str) -> str:
    """Return the name of a field as an expression of QGIS quotes it.

    >>> quoted('odd"name')
    '"odd""name"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    r"""Return a text as a literal of an expression of QGIS, where the backslash escapes.

    >>> literal("l'EPCI")
    "'l''EPCI'"
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
