"""The report: one HTML page to read, print and send, which asks nothing of a network and runs no program.

Frames become plain data (:mod:`~opsn_geo.publish.report.model`), and one template lays them out. It shows
only what is published anyway: never an answer, never a group too small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

from opsn_geo.catalogue.palette import custom_properties
from opsn_geo.catalogue.words import Language, text, texts
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS
from opsn_geo.publish import notices
from opsn_geo.publish.report.brief import brief
from opsn_geo.publish.report.checks import contradictions, figures, method
from opsn_geo.publish.report.comparison import influence
from opsn_geo.publish.report.maps import outline
from opsn_geo.publish.report.model import (
    Block,
    Chart,
    Curve,
    Maps,
    Material,
    Picture,
    Report,
    Section,
    say,
)
from opsn_geo.publish.report.needs import needs
from opsn_geo.publish.report.panorama import operators_section
from opsn_geo.publish.report.places import coverage, deserts, territory
from opsn_geo.publish.report.questions import survey_sections
from opsn_geo.publish.report.steps import extension
from opsn_geo.publish.report.survey import representativeness
from opsn_geo.publish.report.wording import questionnaire_words, section_note, service_words
from opsn_geo.publish.staging import staged

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata

__all__ = ["gathered", "page", "report", "unbroken", "write"]

_CLOSING, _OPENING = re.compile(" ([:;?!»%])"), re.compile("([«]) ")
_STRAIGHT = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_SURVEY: Final = "survey"
_SECTIONS: Final[Mapping[str, Callable[[Material], Section | None]]] = {
    "territory": territory,
    "operators": operators_section,
    "coverage": coverage,
    "deserts": deserts,
    "representativeness": representativeness,
    "influence": influence,
    "needs": needs,
    "extension": extension,
    "figures": figures,
    "contradictions": contradictions,
    "method": method,
}
"""Sections by their name; those of the survey stand before the comparison of users and others."""
_ANNEXES: Final = ("figures", "contradictions", "method")


def write(file: Path, material: Material) -> None:
    """Write the report of a run as one HTML file, beside its target and then in its place.

    Raises
    ------
    MachineError
        The file cannot be written; a former one is left whole.

    Notes
    -----
    Same inputs, same bytes. Every text of the data is escaped.
    """
    with staged(file.parent) as aside:
        (aside / file.name).write_text(page(report(material)), encoding="utf-8", newline="\n")


def gathered(
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
    metadata: Metadata,
    themes: Sequence[Theme],
    *,
    figures: Mapping[str, pd.DataFrame],
    counts: Mapping[str, int],
    rejects: pd.DataFrame,
    questionnaire: pd.DataFrame | None = None,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    warnings: Sequence[str] = (),
) -> Material:
    """Return all that the report, its summary and the sheets of places are made of.

    Parameters
    ----------
    layers : mapping of str to geopandas.GeoDataFrame
        ``communes``, ``epci``, ``departements``, and ``opsn``, ``deserts``, ``silences`` where there are any.
    tables : mapping of str to pandas.DataFrame
        As they are published. A section whose tables are absent is left out, and the report says so.
    metadata : Metadata
        Title, territory, vintage, day and language.
    themes : sequence of Theme
        Classes and colours of the maps.
    figures : mapping of str to pandas.DataFrame
        What layers and tables come to, as from :func:`opsn_geo.pipeline.analyses.overview.overview`.
    counts : mapping of str to int
        Rows read, linked and rejected: ``<table>_read``, ``<table>_linked``, ``<table>_rejected``.
    rejects : pandas.DataFrame
        Rows that were not used: ``table``, ``cause``.
    questionnaire : pandas.DataFrame, optional
        The codebook of the survey, for the wording of its items.
    min_answers : int
        Groups of fewer answers were not published; the report only mentions it.
    warnings : sequence of str
        What must be read before the results.
    """
    return Material(
        layers=layers,
        tables=tables,
        figures=figures,
        metadata=metadata,
        themes=themes,
        counts=counts,
        rejects=rejects,
        questionnaire=questionnaire_words(questionnaire, metadata.language),
        services=service_words(tables["services"], "name", metadata.language),
        min_answers=min_answers,
        warnings=tuple(warnings),
    )


def report(material: Material) -> Report:
    """Report as plain data: its sections, and which of them could not be made."""
    lang, metadata = material.lang, material.metadata
    made: list[Section] = []
    left_out = []
    for name, section_of in _SECTIONS.items():
        if name == "influence":
            questions = survey_sections(material)
            made += [replace(it, note=section_note(material, _SURVEY)) for it in questions]
            left_out += [] if questions else [_SURVEY]
        section = section_of(material)
        if section is None:
            left_out.append(name)
        else:
            made.append(replace(section, note=section_note(material, name), annex=name in _ANNEXES))
    return Report(
        lang=lang,
        title=metadata.title,
        subtitle=notices.subtitle(metadata),
        introduction=say(material, "introduction"),
        notice=notices.basis_notice(metadata),
        warnings=material.warnings,
        source=" ".join(
            filter(
                None, [say(material, "footer", millesime=metadata.millesime), notices.census_note(metadata)]
            )
        ),
        facts=brief(material),
        sections=tuple(_numbered(made, lang)),
        left_out=tuple(text(f"report.without_{name}", lang) for name in left_out),
        outline=outline(material),
        words={**texts("report_page", lang), "simulated": notices.basis_title(metadata)},
    )


def _numbered(sections: Sequence[Section], lang: Language) -> list[Section]:
    """Sections whose figures bear their number, in the order of the page."""
    numbers = count(1)

    def block(it: Block) -> Block:
        if isinstance(it, Chart):
            number = next(numbers)
            caption = it.table.caption or text("report.numbers_table", lang, number=number)
            return replace(it, number=number, table=replace(it.table, caption=caption))
        if isinstance(it, Curve):
            return replace(it, number=next(numbers))
        if isinstance(it, Maps):
            return Maps(items=tuple(picture(each) for each in it.items))
        return it

    def picture(it: Picture) -> Picture:
        return replace(it, number=next(numbers))

    return [
        replace(
            section,
            blocks=tuple(map(block, section.blocks)),
            parts=tuple(replace(part, blocks=tuple(map(block, part.blocks))) for part in section.parts),
        )
        for section in sections
    ]


def page(content: Report) -> str:
    """HTML page of a report, which holds all it needs."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only a report needs it

    environment = Environment(
        loader=PackageLoader("opsn_geo.publish", "web/report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=unbroken if content.lang == "fr" else None,
    )
    environment.filters["css"] = _css_text
    return environment.get_template("page.html").render(
        report=content, words=content.words, colours=custom_properties()
    )


def unbroken(value: object) -> object:
    """Value with French punctuation kept on the line of its word, and French apostrophes, even in names.

    >>> unbroken("« Qui ? »") == "«\u00a0Qui\u00a0?\u00a0»", unbroken("Cap'Oise")
    (True, 'Cap’Oise')
    """
    if type(value) is not str:
        return value
    return _OPENING.sub("\\1\u00a0", _CLOSING.sub("\u00a0\\1", _STRAIGHT.sub("’", value)))


def _css_text(words: str) -> str:
    r"""Text escaped for a style sheet, whatever it holds.

    >>> _css_text('a"</style>')
    'a\\22 \\3c \\2f style\\3e '
    """
    return "".join(letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in words)
