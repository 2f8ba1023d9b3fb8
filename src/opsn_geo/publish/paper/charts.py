"""``charts/*``: every chart and map of the report as a picture of its own, for slides and documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from opsn_geo.publish.paper import pictures, typeset
from opsn_geo.publish.report.model import Chart, Curve, Maps

if TYPE_CHECKING:
    from pathlib import Path

    from opsn_geo.publish.report.model import Block, Picture, Report


def write(folder: Path, report: Report, *, pixels: bool) -> int:
    """Write every chart and map of a report as SVG, numbered as it is there.

    Parameters
    ----------
    folder : pathlib.Path
        Folder to write in; made if it is missing.
    report : Report
        The report, as ``publish.report.report`` gives it.
    pixels : bool
        Whether each is written as PNG too, for programs that open no SVG.

    Returns
    -------
    int
        Number of charts and maps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [
        picture
        for section in report.sections
        for blocks in (section.blocks, *(part.blocks for part in section.parts))
        for block in blocks
        for picture in _drawn(block, report.outline, report.words)
    ]
    for name, svg in drawn:
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8", newline="\n")
        if pixels:
            (folder / f"{name}.png").write_bytes(typeset.png(svg))
    return len(drawn)


def _drawn(block: Block, outline: str, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG of each picture of a block, with what is read under it."""
    if isinstance(block, Chart):
        yield _name(block.number, block.key), pictures.chart(block, source=_under(block, words))
    elif isinstance(block, Curve):
        yield _name(block.number, block.key), pictures.curve(block, source=_under(block, words))
    elif isinstance(block, Maps):
        for each in block.items:
            under = _under(each, words)
            yield _name(each.number, each.key), pictures.picture(each, outline, source=under)


def _name(number: int, key: str) -> str:
    """Return the name of the file of a chart.

    >>> _name(7, "ladder"), _name(12, "survey/1")
    ('07-ladder', '12-survey-1')
    """
    return f"{number:02d}-{re.sub(r'[^0-9A-Za-z_]+', '-', key)}"


def _under(block: Chart | Curve | Picture, words: Mapping[str, str]) -> str:
    """Return how a chart is read, what it is about, and its source."""
    reading = f"{words['reading']} {block.reading}" if block.reading else ""
    universe = f"{words['universe']} {block.universe}." if block.universe else ""
    return " ".join(filter(None, [reading, universe, block.source]))
