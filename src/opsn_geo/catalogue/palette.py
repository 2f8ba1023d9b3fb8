"""Colours of what is published, once: classes of the maps, outlines, and the pages around them.

Legends, QGIS styles and layouts, workbooks and the report read it; the report and the atlas receive it as
custom properties of CSS (:func:`custom_properties`). Scales of numbers are ColorBrewer's, by the name that
``maps.toml`` gives.
"""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "#bdbdbd"
"""What is not known: always hatched too."""

STATES: Final = {
    "not_offered": "#fdf3d0",
    "offered": "#a6d8bd",
    "member": "#3a9fc0",
    "used": "#24519c",
    "unknown": UNKNOWN,
}

OTHER_OPERATOR: Final = "#d9cfe3"
"""What another operator brings, where one has been chosen."""

PATHS: Final = {
    "": "#fdf3d0",
    "direct": "#0072b2",
    "epci": "#e69f00",
    "departement": "#009e73",
    "region": "#cc79a7",
    "several": "#56b4e9",
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

VERDICTS: Final = {"never": "#f4f1de", "choice": "#fed976", "leaning": "#fd8d3c", "finding": "#bd0026"}
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
