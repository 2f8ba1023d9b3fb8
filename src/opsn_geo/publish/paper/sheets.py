"""``fiches/*.pdf``: one sheet per EPCI, département and operator, and a page that lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from opsn_geo.catalogue.palette import custom_properties
from opsn_geo.catalogue.words import text
from opsn_geo.errors import InputError
from opsn_geo.publish import notices
from opsn_geo.publish.paper import places, typeset
from opsn_geo.read.frames import choice_faults

if TYPE_CHECKING:
    from pathlib import Path

    from opsn_geo.publish.report.model import Material

_KINDS: Final[Mapping[str, tuple[str, Callable[[places.Atlas, str], dict[str, Any]]]]] = {
    "epci": ("epci", places.epci),
    "departement": ("departements", places.departement),
    "opsn": ("opsn", places.operator),
}
"""Kinds of sheets: the layer of their places, and what makes them."""
_STYLE: Final = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--text); background: var(--page) }
h1, h2, a { color: var(--accent) }
ul { columns: 18rem; padding-left: 1.2rem }
.notice { background: var(--notice); color: var(--notice-text); padding: .6rem }
"""


def names(material: Material) -> dict[str, dict[str, str]]:
    """Return the names of all places and operators that have a sheet, by kind and code, in their order."""
    chosen: dict[str, dict[str, str]] = {}
    for kind, (layer, _) in _KINDS.items():
        if layer in material.layers:
            named = material.layers[layer]["name"].astype(str)
            ordered = named.sort_values(kind="stable") if kind == "epci" else named
            chosen[kind] = {str(code): name for code, name in ordered.items()}
    return chosen


def write(folder: Path, material: Material) -> int:
    """Write the sheet of every EPCI, département and operator, and the page that lists them.

    Parameters
    ----------
    folder : pathlib.Path
        Folder to write in; made if it is missing.
    material : Material
        What the report is made of.

    Returns
    -------
    int
        Number of sheets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    atlas, all_names = places.Atlas(material), names(material)
    for kind, codes in all_names.items():
        for code in codes:
            (folder / file_name(kind, code)).write_bytes(_made(atlas, kind, code))
    (folder / "index.html").write_text(_index(material, all_names), encoding="utf-8", newline="\n")
    return sum(map(len, all_names.values()))


def one(material: Material, code: str) -> tuple[str, bytes]:
    """Return the sheet of one place or operator: the name of its file, and its content.

    Parameters
    ----------
    material : Material
        What the report is made of.
    code : str
        SIREN of an EPCI, code of a département, key of an operator, or the name of one of them.

    Raises
    ------
    InputError
        There is no such place or operator; the nearest is named.
    """
    known = {
        wanted: (kind, each)
        for kind, codes in reversed(names(material).items())
        for each, name in codes.items()
        for wanted in (name.casefold(), each.casefold())
    }
    if code.casefold() not in known:
        listed = [each for codes in names(material).values() for pair in codes.items() for each in pair]
        expected = text("sheet.expected", material.lang)
        raise InputError([replace(fault, expected=expected) for fault in choice_faults("CODE", code, listed)])
    kind, found_code = known[code.casefold()]
    return file_name(kind, found_code), _made(places.Atlas(material), kind, found_code)


def file_name(kind: str, code: str) -> str:
    """Return the name of the file of a sheet, whatever the code holds; no two codes share one.

    >>> file_name("epci", "200093201"), file_name("opsn", "../la fibre")
    ('epci-200093201.pdf', 'opsn-la-fibre-25463736.pdf')
    """
    plain = re.sub(r"[^0-9A-Za-z-]+", "-", code).strip("-")
    return f"{kind}-{plain}.pdf" if plain == code else f"{kind}-{plain}-{crc32(code.encode()):08x}.pdf"


def _made(atlas: places.Atlas, kind: str, code: str) -> bytes:
    return typeset.pdf("leaflet", _KINDS[kind][1](atlas, code))


def _index(material: Material, all_names: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page that lists the sheets, with a link to each."""
    lang = material.lang
    title = f"{text('sheet.index_title', lang)} – {material.metadata.title}"
    warning = f"{notices.basis_title(material.metadata)} {notices.basis_notice(material.metadata)}".strip()
    sections = "".join(
        f"<h2>{escape(text(f'sheet.{kind}', lang))}</h2>\n<ul>\n"
        + "".join(
            f'<li><a href="{file_name(kind, code)}">{escape(name)}</a></li>\n' for code, name in codes.items()
        )
        + "</ul>\n"
        for kind, codes in all_names.items()
    )
    notice = f'<p class="notice">{escape(warning)}</p>\n' if warning else ""
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{custom_properties()}{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(text('sheet.index_about', lang))}</p>\n{notice}{sections}"
        "</main>\n</body>\n</html>\n"
    )
