"""The summary has four pages that a screen reader can read, and shows texts of files as they are."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from opsn_geo.publish.paper import pictures, summary
from opsn_geo.publish.report.charts import panel, stacked
from opsn_geo.publish.report.model import (
    Chart,
    Fact,
    Facts,
    Key,
    Maps,
    Picture,
    Prose,
    Report,
    Section,
    Shape,
    Table,
)  # fmt: skip
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = """#let x = 1 <b> *a* _b_ $c$ @d `e` #image("/etc/passwd") </svg> & "q" \\ //"""
ABOUT = Metadata(
    title=HOSTILE, territory="toy", territory_name="Toy", millesime=2021, date=dt.date(2021, 2, 1)
)


def table(rows: int = 3) -> Table:
    return Table(
        caption=HOSTILE, heads=("Nom", "Part"), rows=tuple((f"{HOSTILE} {n}", "1") for n in range(rows))
    )


def chart(rows: int = 4) -> Chart:
    drawn = panel("Famille", [(f"{HOSTILE} {n}", "12 %", stacked([0.4, 0.6], [("#24519c", False)] * 2), ())
                              for n in range(rows)])  # fmt: skip
    return Chart(
        key="c", title=HOSTILE, summary=HOSTILE, panels=(drawn,), ticks=((0, "0"), (100, "1")), table=table(),
        legend=(Key(label=HOSTILE, colour="#24519c"), Key(label="b", unsure=True)),
    )  # fmt: skip


def report(*sections: Section) -> Report:
    square = Shape(path="M0,0l10,0 0,10 -10,0z", colour="#24519c", hatched=False, unsure=True)
    drawn = Picture(
        key="m", title=HOSTILE, summary="Deux communes.", width=640, height=300, shapes=(square,),
        names=((5, 5, HOSTILE),), legend=(Key(label=HOSTILE, hatched=True),), source="Source",
    )  # fmt: skip
    coverage = Section(key="coverage", title="Couverture", blocks=(Maps(items=(drawn, drawn)), chart()))
    return Report(
        lang="fr", title=HOSTILE, subtitle="Toy", notice="", warnings=(), source="Limites", left_out=(),
        facts=Facts(items=tuple(Fact(label="Qui ?", value=HOSTILE, note="Eux.") for _ in range(6))),
        sections=(coverage, *sections), outline="M0,0l9,0 0,9z", words={"simulated": "Simulé."},
    )  # fmt: skip


def written(folder: Path, content: Report) -> bytes:
    summary.write(folder / "synthese.pdf", content, ABOUT)
    return (folder / "synthese.pdf").read_bytes()


def test_four_pages_are_tagged_and_hold_their_fonts(
    tmp_path: Path, faults: Callable[[bytes], list[str]]
) -> None:
    opinions = Section(key="survey-1", title="Réponses", blocks=(chart(), Prose(paragraphs=("Un.",))))
    content = written(tmp_path, report(opinions))
    assert faults(content) == []
    assert len(PdfReader(io.BytesIO(content)).pages) == 4


def test_no_text_is_read_as_markup(tmp_path: Path) -> None:
    reader = PdfReader(io.BytesIO(written(tmp_path, report())))
    words = " ".join(reader.pages[0].extract_text().split())
    assert words.count('#let x = 1 <b> *a* _b_ $c$ @d `e` #image("/etc/passwd") </svg> & "q" \\ //') >= 7
    assert reader.metadata.title == HOSTILE
    assert all("/Annots" not in page for page in reader.pages)


def test_the_same_report_gives_the_same_bytes_without_a_date(tmp_path: Path) -> None:
    content = written(tmp_path, report())
    assert written(tmp_path, report()) == content
    assert b"/CreationDate" not in content
    assert b"/ModDate" not in content


@pytest.mark.parametrize("rows", [1, 40, 400])
def test_what_has_no_room_is_left_out_and_four_pages_remain(tmp_path: Path, rows: int) -> None:
    deserts = Section(key="deserts", title="Déserts", blocks=(table(rows), *[chart(rows)] * 3, table(5)))
    opinions = Section(key="survey-1", title="Réponses", blocks=tuple([chart(rows)] * 6))
    content = written(tmp_path, report(opinions, deserts))
    assert len(PdfReader(io.BytesIO(content)).pages) == 4


def test_a_study_without_a_survey_has_four_pages_too(
    tmp_path: Path, faults: Callable[[bytes], list[str]]
) -> None:
    content = written(tmp_path, replace(report(), sections=()))
    assert len(PdfReader(io.BytesIO(content)).pages) == 4
    assert faults(content) == []


def test_a_picture_stands_alone_and_its_texts_are_escaped() -> None:
    made = pictures.chart(chart(), source=HOSTILE)
    assert made.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "var(--" not in made
    assert "<b>" not in made
    assert "&lt;b&gt;" in made
    assert made.count("<rect") >= 8
