"""Charts as plain data: rows of bars or marks, placed in percent of a width that only the reader knows."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

from opsn_geo.catalogue.numbers import round_step
from opsn_geo.publish.report.model import Mark, Panel, Part, Row

_LINE, _BAND, _GAP, _TOP = 17, 14, 9, 24
_WIDTH = 32
"""Characters of a label's line: what a phone shows beside a value."""
_AFTER_A_SPACE = re.compile(" (?=[:;?!»%])|(?<=«) ")
"""Spaces of French punctuation, at which no line ends."""

Scale = Callable[[float], float]


def scale(low: float, high: float) -> Scale:
    """Function that places a value between two ends, in percent, kept within them.

    >>> scale(0, 10)(2.5), scale(-1, 1)(3)
    (25.0, 100)
    """
    return lambda value: round(min(max(100 * (value - low) / (high - low), 0), 100), 2)


def nice(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """Round values from below ``low`` to above ``high``.

    >>> nice(0, 0.37), nice(-0.23, 0.41)
    ((0.0, 0.1, 0.2, 0.3, 0.4), (-0.4, -0.2, 0.0, 0.2, 0.4, 0.6))
    """
    rough = (high - low) / most or 1.0
    step = round_step(rough, "up")
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(step * it, 12) for it in range(first, last + 1))


def stacked(shares: Sequence[float], colours: Sequence[tuple[str, bool]]) -> tuple[Part, ...]:
    """Parts of a bar, shares end to end; those of nothing are left out.

    >>> [(it.at, it.width) for it in stacked([0.25, 0, 0.75], [("#000", False)] * 3)]
    [(0.0, 25.0), (25.0, 75.0)]
    """
    ends = [0.0]
    for share in shares:
        ends.append(ends[-1] + 100 * share)
    return tuple(
        Part(at=round(at, 2), width=round(100 * share, 2), colour=colour, hatched=hatched)
        for at, share, (colour, hatched) in zip(ends, shares, colours, strict=False)
        if share > 0
    )


def mark(place: Scale, at: float, low: float, high: float, *, series: int = 0, dy: float = 0) -> Mark:
    """Mark of a point and its interval; one without an interval is a point alone."""
    bare = math.isnan(low) or math.isnan(high)
    ends = (None, None) if bare else (place(low), place(high))
    return Mark(at=place(at), low=ends[0], high=ends[1], series=series, dy=dy)


def panel(
    title: str,
    rows: Iterable[tuple[str, str, tuple[Part, ...], tuple[Mark, ...]]],
    *,
    band: float = _BAND,
) -> Panel:
    """Panel of rows (label, value, parts, marks), each label on as many lines as it needs.

    >>> labels = "one", "a label that is far too long for a single line"
    >>> made = panel("", [(label, "1", (), ()) for label in labels])
    >>> [row.y for row in made.rows], made.height
    ([24, 64], 121)
    """
    y: float = _TOP
    laid = []
    for label, value, parts, marks in rows:
        bound = _AFTER_A_SPACE.sub("\u00a0", label)
        lines = tuple(textwrap.wrap(bound, _WIDTH, break_on_hyphens=False)) or ("",)
        laid.append(Row(label=lines, value=value, y=y, parts=parts, marks=marks))
        y += _LINE * len(lines) + band + _GAP
    return Panel(title=title, rows=tuple(laid), height=y)
