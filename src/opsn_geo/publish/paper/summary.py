"""synthese.pdf: the report on four pages, made of the same sentences, figures and maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from opsn_geo.publish.paper import pictures, typeset
from opsn_geo.publish.report.model import Chart, Curve, Facts, Maps, Panel, Prose, Table

if TYPE_CHECKING:
    from pathlib import Path

    from opsn_geo.publish.report.model import Block, Report, Section
    from opsn_geo.study import Metadata

_PAGES: Final[tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]] = (
    (("coverage", ("maps",)),),
    (("coverage", ("chart", "table")), ("territory", ("table",))),
    (("survey", ("chart",)), ("influence", ("chart",)), ("representativeness", ("prose",))),
    (
        ("deserts", ("maps",)),
        ("extension", ("prose", "table")),
        ("contradictions", ("prose",)),
        ("needs", ("prose",)),
    ),
)
"""Sections that each page draws on, and which of their blocks, in the order of their importance."""
_MOST_ROWS: Final = 31
_MOST_MAPS: Final = 2
_MOST_TABLE_ROWS: Final = 12


def write(file: Path, report: Report, metadata: Metadata) -> None:
    """Write the summary of a report: four pages, tagged for screen readers; the same report, the same bytes.

    Parameters
    ----------
    file : pathlib.Path
        File to write.
    report : Report
        The report, as ``opsn_geo.publish.report.report`` gives it.
    metadata : Metadata
        The study.
    """
    file.write_bytes(typeset.pdf("leaflet", content(report, metadata)))


def content(report: Report, metadata: Metadata) -> dict[str, Any]:
    """Return what the four pages show, as plain data."""
    pages = [
        {
            "title": next((section.title for key, _ in page for section in _named(report, key)), ""),
            "blocks": [
                shown
                for key, kinds in page
                for section in _named(report, key)
                for block in _chosen(section, kinds)
                for shown in as_data(block, report.outline)
            ],
        }
        for page in _PAGES
    ]
    pages[0]["title"] = ""
    pages[0]["blocks"] = [*as_data(report.facts, ""), *pages[0]["blocks"]]
    return {
        "lang": report.lang,
        "title": report.title,
        "author": metadata.contact or "opsn-geo",
        "subtitle": report.subtitle,
        "notice": " ".join(filter(None, [report.words["simulated"], report.notice])),
        "footer": " ".join(filter(None, [f"{report.title} –", report.words["simulated"], report.source])),
        "pages": pages,
    }


def _named(report: Report, key: str) -> Iterator[Section]:
    """Yield the sections of a key; of the survey, whose parts are numbered, the lead of each."""
    for section in report.sections:
        if section.key == key:
            yield section
        elif section.key.startswith(f"{key}-"):
            yield replace(section, parts=())


def _chosen(section: Section, kinds: tuple[str, ...]) -> Iterator[Block]:
    """Yield the blocks of a section of some kinds, in the order of the kinds."""
    blocks = [*section.blocks, *(block for part in section.parts for block in part.blocks)]
    for kind in kinds:
        yield from (block for block in blocks if block.kind == kind)


def as_data(block: Block, outline: str) -> Iterator[dict[str, Any]]:
    """Yield what a template shows of a block; nothing of one that is folded away or has no place on paper."""
    if isinstance(block, Chart):
        yield _drawn(block, pictures.chart(shortened(block), titled=False))
    elif isinstance(block, Curve):
        yield _drawn(block, pictures.curve(block, titled=False))
    elif isinstance(block, Maps):
        maps = [
            {
                "title": each.title,
                "alt": each.summary,
                "svg": pictures.picture(each, outline, titled=False),
                "lines": [each.source],
            }
            for each in block.items[:_MOST_MAPS]
        ]
        yield {"kind": "maps", "items": maps}
    elif isinstance(block, Table) and not block.folded:
        yield {"kind": "table", **table(block)}
    elif isinstance(block, Prose) and not block.folded:
        yield {"kind": "prose", "paragraphs": block.paragraphs, "items": block.items}
    elif isinstance(block, Facts):
        yield {"kind": "facts", "items": [asdict(fact) for fact in block.items]}


def _drawn(block: Chart | Curve, svg: str) -> dict[str, Any]:
    return {
        "kind": "chart",
        "title": block.title,
        "alt": block.summary or block.reading or block.title,
        "svg": svg,
        "lines": [line for line in (block.summary, block.reading, block.source) if line],
    }


def table(block: Table) -> dict[str, Any]:
    """Return a table, its first rows alone where it is long."""
    return {
        "caption": block.caption,
        "heads": block.heads,
        "rows": block.rows[:_MOST_TABLE_ROWS],
        "texts": block.texts,
        "source": block.source,
    }


def shortened(block: Chart) -> Chart:
    """Return a chart with as many rows as a page has room for."""
    panels: list[Panel] = []
    room = _MOST_ROWS
    for panel in block.panels:
        if room > 0:
            panels.append(replace(panel, rows=panel.rows[:room]))
            room -= len(panel.rows)
    return replace(block, panels=tuple(panels))
