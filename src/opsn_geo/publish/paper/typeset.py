"""Pages typeset by Typst: data goes in as JSON, a tagged PDF (PDF/UA-1) or pictures come out.

The templates are the package's own; what comes from files is data for them, and is never read as markup.
Fonts are those that come with Typst, so that the same data give the same bytes everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from opsn_geo.publish.report import unbroken

_FAMILY: Final = "opsn_geo.publish.paper"


@cache
def _template(name: str) -> bytes:
    """Return a template, after the functions that all templates share."""
    folder = resources.files(_FAMILY) / "templates"
    return b"\n".join((folder / f"{each}.typ").read_bytes() for each in ("shared", name))


@cache
def _compiler() -> Any:  # noqa: ANN401 - the library has no name for it
    import typst  # noqa: PLC0415 - only what is printed needs it

    return typst.Compiler(ignore_system_fonts=True)


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """Return a tagged PDF (PDF/UA-1, for those who read with a screen reader), without any date of today.

    Parameters
    ----------
    template : {"leaflet"}
        Name of the template: pages that each hold as many of their blocks as there is room for.
    data : mapping
        What it shows; texts are shown as they are.
    """
    return _compiled(template, data, format="pdf", pdf_standards="ua-1")


def png(svg: str, pixels_per_unit: float = 2.0) -> bytes:
    """Return a picture in pixels."""
    return _compiled("picture", {"svg": svg}, format="png", ppi=72 * pixels_per_unit)


def _compiled(template: str, data: Mapping[str, Any], **settings: Any) -> bytes:  # noqa: ANN401 - of the library
    content = _unbroken(data) if data.get("lang") == "fr" else data
    made = _compiler().compile(
        _template(template), sys_inputs={"data": json.dumps(content, ensure_ascii=False)}, **settings
    )
    return made if isinstance(made, bytes) else made[0]


def _unbroken(data: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return data whose texts keep French punctuation on the line of its word; pictures stay as they are."""
    if isinstance(data, Mapping):
        return {key: value if key == "svg" else _unbroken(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_unbroken(value) for value in data]
    return unbroken(data)
