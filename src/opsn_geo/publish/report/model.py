"""Content of a report as plain data: sections of blocks, every number already written out.

The template only lays these out; tests read them without any HTML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from opsn_geo.catalogue.words import Language, text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from opsn_geo.publish.themes import Theme
    from opsn_geo.study import Metadata


class Family(NamedTuple):
    """A question of the survey: its items, their names, and whom it is asked.

    ``lang`` is the language of the question where it is not that of the report; ``asked_if`` the answer that
    it is asked after, as ``item=choice``.
    """

    item: str
    kind: str
    question: str
    items: tuple[str, ...]
    labels: tuple[str, ...]
    section: str = ""
    asked_if: str = ""
    lang: str = ""


class QuestionnaireWords(NamedTuple):
    """Words of the questionnaire: label of each item, question of each family, and the families in order."""

    labels: Mapping[str, str]
    questions: Mapping[str, str]
    families: tuple[Family, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a report is made of: published layers and tables, figures made of them, and the metadata.

    ``services`` names each service, ``counts`` holds the rows read, linked and rejected by table.
    """

    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, pd.DataFrame]
    metadata: Metadata
    themes: Sequence[Theme]
    counts: Mapping[str, int]
    rejects: pd.DataFrame
    questionnaire: QuestionnaireWords
    services: Mapping[str, str]
    min_answers: int
    warnings: tuple[str, ...] = ()

    @property
    def lang(self) -> Language:
        """Language of the report."""
        return self.metadata.language


def say(material: Material, key: str, **values: object) -> str:
    """Text of the report's own catalogue, in its language."""
    return text(f"report.{key}", material.lang, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Paragraphs, then a list; ``folded`` is the title under which they are folded away."""

    kind: ClassVar = "prose"
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    folded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A question, its answer in a few characters, a sentence, of whom and on what basis, and where to go on.

    ``links`` are pairs of words and an address.
    """

    label: str
    value: str
    note: str = ""
    universe: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A row of facts."""

    kind: ClassVar = "facts"
    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words and what they mean."""

    kind: ClassVar = "words"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the first column heads its rows; columns not in ``texts`` are set to the right.

    ``files`` are the published tables that hold it in full; ``quoted`` the columns in the study's own words.
    """

    kind: ClassVar = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: tuple[int, ...] = (0,)
    source: str = ""
    files: tuple[str, ...] = ()
    folded: bool = False
    quoted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a bar, in percent of the width."""

    at: float
    width: float
    colour: str
    hatched: bool = False


PUBLISHED: Final = 2
"""Series of what a study publishes, in a chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point with the ends of its interval, in percent of the width; ``series`` chooses its shape.

    It is round, a diamond, or (:data:`PUBLISHED`) a line across.
    """

    at: float
    low: float | None = None
    high: float | None = None
    series: int = 0
    dy: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a chart: its label above, then bars or marks, ``y`` pixels down."""

    label: tuple[str, ...]
    value: str
    y: float
    parts: tuple[Part, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Rows drawn together; ``base`` is where their marks begin to be drawn under the axis."""

    title: str
    rows: tuple[Row, ...]
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of a legend: a colour, what is drawn over colours where they are unsure, or a series."""

    label: str
    colour: str = ""
    hatched: bool = False
    unsure: bool = False
    series: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of rows, and the table of what it draws.

    ``title`` states what is seen, ``asked`` the question as it was put (in ``asked_lang``), ``axis`` what its
    ticks count; ``reading`` reads one row of it aloud, ``universe`` says of whom it speaks.
    """

    kind: ClassVar = "chart"
    key: str
    title: str
    summary: str
    panels: tuple[Panel, ...]
    legend: tuple[Key, ...]
    ticks: tuple[tuple[float, str], ...]
    table: Table
    lines: tuple[tuple[float, str], ...] = ()
    number: int = 0
    asked: str = ""
    asked_lang: str = ""
    axis: str = ""
    reading: str = ""
    universe: str = ""
    source: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A rising line through points, in percent of the frame."""

    kind: ClassVar = "curve"
    key: str
    title: str
    summary: str
    points: tuple[tuple[float, float], ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    table: Table
    number: int = 0
    axis: str = ""
    reading: str = ""
    universe: str = ""
    source: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """All areas of one class, or those of it that may belong to a higher one (``unsure``), as one path."""

    path: str
    colour: str
    hatched: bool
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A small map: one path for each class, and the names of the départements."""

    key: str
    title: str
    summary: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    names: tuple[tuple[int, int, str], ...]
    legend: tuple[Key, ...]
    source: str
    number: int = 0
    reading: str = ""
    universe: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """Maps shown side by side."""

    kind: ClassVar = "maps"
    items: tuple[Picture, ...]


Block = Prose | Facts | Words | Table | Chart | Curve | Maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsection:
    """A part of a section, under a title of its own; ``folded`` away until a reader opens it."""

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section; ``note`` names the simulated and the assumed inputs that it rests on.

    An ``annex`` stands last, folded away.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Subsection, ...] = field(default=())
    note: str = ""
    annex: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report: its heading, key facts, sections, and those that could not be made.

    ``outline`` is the path of the départements that all maps share.
    """

    lang: Language
    title: str
    subtitle: str
    notice: str
    warnings: tuple[str, ...]
    source: str
    facts: Facts
    sections: tuple[Section, ...]
    left_out: tuple[str, ...]
    outline: str
    words: Mapping[str, str]
    introduction: str = ""
