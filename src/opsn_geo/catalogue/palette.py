"""Colours of what is published, once: classes of the maps, outlines, and the pages around them.

Legends, QGIS styles and layouts, workbooks and the report read it; the report and the atlas receive it as
custom properties of CSS (:func:`custom_properties`). Scales of numbers are ColorBrewer's, by the name that
``maps.toml`` gives.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# States, paths and verdicts differ by 10 at least (CIEDE2000), in grey too and to who confuses hues.

UNKNOWN: Final = "#bdbdbd"
"""What is not known: always hatched too."""

STATES: Final = {
    "not_offered": "#fff6d8",
    "offered": "#94d1ac",
    "member": "#2a7fae",
    "used": "#173f86",
    "unknown": UNKNOWN,
}

DIVERGING: Final = frozenset({"PuOr", "RdBu", "BrBG"})
"""ColorBrewer palettes of two arms: numbers below and above zero, around a class of no hue."""

OTHER_OPERATOR: Final = "#ad93c6"
"""What another operator brings, where one has been chosen."""

PATHS: Final = {
    "": "#fff6d8",
    "direct": "#00294d",
    "epci": "#dd9300",
    "departement": "#008a63",
    "region": "#963070",
    "several": "#9ccdf0",
}

QUALITATIVE: Final = (
    "#88ccee",
    "#cc6677",
    "#ddcc77",
    "#117733",
    "#332288",
    "#aa4499",
    "#44aa99",
    "#999933",
    "#882255",
)
"""Nine hues that stay distinct in the three common kinds of colour blindness (after Paul Tol's "muted")."""

VERDICTS: Final = {"never": "#f7f4e6", "choice": "#f2ba45", "leaning": "#e56618", "finding": "#980020"}
"""How sure a desert is, from never one to one under nearly every choice."""

CATEGORIES: Final = {"state": STATES, "path": PATHS, "verdict": VERDICTS, "qualitative": {}}
"""Colours of categories, by the name of the palette; where it has none, those of :data:`QUALITATIVE`."""

BORDERS: Final = {
    "communes": "#9a9a9a",
    "epci": "#6e6e6e",
    "departements": "#1f1f1f",
    "deserts": "#1d4e89",
    "silences": "#a1156b",
}
"""Outlines of the layers in QGIS."""

HEADER: Final = "#dce6f1"
"""Background of the headers of workbooks."""

PAPER: Final = {
    "page": "#ffffff",
    "soft": "#f6f6f6",
    "text": "#161616",
    "quiet": "#4a4a4a",
    "edge": "#d6d6d6",
    "field": "#767676",
    "accent": "#000091",
    "on-accent": "#ffffff",
    "accent-soft": "#ececfe",
    "focus": "#0a66d0",
    "warning": "#b34000",
    "notice": "#fff1e5",
    "notice-text": "#5c2300",
    "first": "#0b5394",
    "second": "#b34700",
    "outside": "#e4e4e4",
    "map-land": "#eeeeee",
    "map-line": "rgba(255, 255, 255, 0.75)",
    "map-epci": "rgba(40, 40, 40, 0.5)",
    "map-departement": "#2b2b2b",
    "map-label": "#161616",
    "map-halo": "#ffffff",
    "map-hatch": "rgba(40, 40, 40, 0.55)",
    "map-choice": "#d2004b",
    "map-sea": "#f9f9fb",
    "shadow": "rgba(0, 0, 18, 0.16)",
}
"""Colours of pages, maps and charts by name, on paper and in daylight."""

_DARK: Final = {
    "page": "#161616",
    "soft": "#212121",
    "text": "#f4f4f4",
    "quiet": "#c4c4c4",
    "edge": "#454545",
    "field": "#929292",
    "accent": "#a3a3f7",
    "on-accent": "#10102e",
    "accent-soft": "#2a2a4e",
    "focus": "#7ab1ff",
    "notice": "#3a2413",
    "notice-text": "#ffd9bd",
    "map-land": "#3a3a3a",
    "map-line": "rgba(22, 22, 22, 0.6)",
    "map-departement": "#0c0c0c",
    "map-sea": "#1c1c1f",
}


_DARK_CODE, _DARK_LIGHT = 0.04045, 0.0031308  # where sRGB turns from a line to a power


def evenly_lit(colours: Sequence[str], lightest: float = 96, darkest: float = 20) -> list[str]:
    """Return a rising scale in its own hues, each step as far from the last to an eye that sees no hue.

    Parameters
    ----------
    colours : sequence of str
        A scale from its lightest colour to its darkest one.
    lightest, darkest : float
        Lightness (CIELAB) of the ends.

    Notes
    -----
    CIEDE2000 weighs a step of lightness L by 1 + 0.015 abs(L - 50), nearly: steps are even in its integral.

    Examples
    --------
    >>> evenly_lit(["#ffffcc", "#41b6c4", "#253494"])
    ['#f7f7c5', '#32919c', '#1b2775']
    """

    def eased(lightness: float) -> float:
        return math.copysign(math.log1p(0.015 * abs(lightness - 50)) / 0.015, lightness - 50)

    first, last = eased(lightest), eased(darkest)
    made = []
    for place, colour in enumerate(colours):
        at = first + (last - first) * place / max(1, len(colours) - 1)
        wanted = 50 + math.copysign(math.expm1(0.015 * abs(at)) / 0.015, at)
        made.append(_with_lightness(colour, wanted))
    return made


def _with_lightness(colour: str, lightness: float) -> str:
    """Return a colour of the same hue at a lightness (CIELAB), by black or white light mixed with its own."""
    coded = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [part / 12.92 if part <= _DARK_CODE else ((part + 0.055) / 1.055) ** 2.4 for part in coded]
    luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
    wanted = ((lightness + 16) / 116) ** 3
    if wanted <= luminance:
        mixed = [part * wanted / luminance for part in light]
    else:
        mixed = [part + (1 - part) * (wanted - luminance) / (1 - luminance) for part in light]
    shown = (12.92 * part if part <= _DARK_LIGHT else 1.055 * part ** (1 / 2.4) - 0.055 for part in mixed)
    return "#" + "".join(f"{round(255 * part):02x}" for part in shown)


def custom_properties(*, dark: bool = False) -> str:
    """Return a style sheet that defines the colours of pages as ``--name``.

    Parameters
    ----------
    dark : bool
        Whether the page follows a reader who prefers dark pages.

    Examples
    --------
    >>> [line for line in custom_properties(dark=True).splitlines() if "--page:" in line]
    ['  --page: #ffffff;', '    --page: #161616;']
    """
    light = "".join(f"  --{name}: {colour};\n" for name, colour in PAPER.items())
    sheet = f":root {{\n  color-scheme: light{' dark' if dark else ''};\n{light}}}\n"
    if not dark:
        return sheet
    properties = "".join(f"    --{name}: {colour};\n" for name, colour in _DARK.items())
    return f"{sheet}@media (prefers-color-scheme: dark) {{\n  :root {{\n{properties}  }}\n}}\n"
