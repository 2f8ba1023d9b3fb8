"""Large objects show themselves in a line and a small table, without a word of what anybody answered."""

from __future__ import annotations

import pandas as pd
import pytest

import opsn_geo
from opsn_geo.errors import InputError
from opsn_geo.pipeline.run import Inputs, Results

PRIVATE = "Mon voisin s'est fait pirater"


@pytest.fixture(scope="module")
def inputs(founding: Inputs) -> Inputs:
    return founding


@pytest.fixture(scope="module")
def results(founding_measured: Results) -> Results:
    return founding_measured


@pytest.fixture
def shown(inputs: Inputs, results: Results) -> dict[str, object]:
    tables = inputs.tables
    frames = [tables[it] for it in ("services", "opsn", "offers", "memberships")]
    known = opsn_geo.coverage(inputs.territory.communes, *frames, date=inputs.study.metadata.date)
    named = pd.DataFrame({"commune": ["Lille", PRIVATE]})
    linked = opsn_geo.link(named, inputs.territory)
    return {
        "Study": inputs.study, "Inputs": inputs, "Territory": inputs.territory, "Results": results,
        "Coverage": known, "Linked": linked,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Study", "Inputs", "Territory", "Results", "Coverage", "Linked"])
def test_each_object_shows_itself_shortly(shown: dict[str, object], name: str) -> None:
    line, table = repr(shown[name]), shown[name]._repr_html_()  # type: ignore[attr-defined]
    assert line.startswith(f"<{name}: ")
    assert len(line) < 500
    assert table.startswith(f"<table><caption>{name}</caption>")
    assert len(table) < 2000


@pytest.mark.parametrize("name", ["Inputs", "Results", "Linked"])
def test_none_shows_an_answer_or_a_row(shown: dict[str, object], inputs: Inputs, name: str) -> None:
    assert inputs.answers is not None
    texts = inputs.answers.select_dtypes(include="str").to_numpy().ravel()
    written = {PRIVATE, *(it for it in map(str, texts) if len(it) > 12)}
    assert len(written) > 10
    for view in (repr(shown[name]), shown[name]._repr_html_()):  # type: ignore[attr-defined]
        assert [it for it in written if it in view] == []


def test_results_draw_any_of_their_themes(results: Results) -> None:
    by_key, by_column = results.explore("epci_covered"), results.explore("stability_share")
    assert type(by_key).__name__ == type(by_column).__name__ == "Map"
    with pytest.raises(InputError) as caught:
        results.explore("epci_coverd")
    assert [(it.cause, it.nearest) for it in caught.value.faults] == [("wrong_argument", "epci_covered")]
