from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.catalogue.basis import BASES, basis_label, counted, default_basis, ranks, weakest, weakest_of
from opsn_geo.catalogue.words import LANGUAGES, texts

bases = st.lists(st.sampled_from([*BASES, None]), min_size=1, max_size=6)


def test_the_weakest_of_rows_is_that_counted_by_hand() -> None:
    one = pd.Series(["fact", "study", "list", None, None], index=list("abcde"))
    other = pd.Series(["register", "fact", "simulated", "assumed", None], index=list("abcde"))
    assert weakest(one, other).dropna().to_dict() == {
        "a": "register",
        "b": "study",
        "c": "simulated",
        "d": "assumed",
    }
    assert weakest(one, "list").tolist() == ["list"] * 5


@given(st.lists(bases, min_size=1, max_size=4))
def test_what_is_computed_is_never_stronger_than_any_input(columns: list[list[str | None]]) -> None:
    length = min(map(len, columns))
    series = [pd.Series(each[:length], dtype="str") for each in columns]
    found = ranks(weakest(*series))
    assert all((found >= ranks(each)).all() for each in series)
    assert all(rank in {int(ranks(each)[row]) for each in series} for row, rank in enumerate(found))


@given(bases, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[str | None], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weakest_of(pd.Series(rows, dtype="str")) == weakest_of(pd.Series(shuffled, dtype="str"))


def test_a_table_is_a_list_unless_the_study_says_otherwise() -> None:
    assert default_basis("offers") == "list"
    assert default_basis("cnil") == "register"
    assert default_basis("offers", {"offers": "assumed"}) == "assumed"


def test_rows_and_cells_are_counted_by_basis() -> None:
    table = pd.DataFrame({"basis": ["study", "assumed", "study"], "seat_basis": ["assumed", None, None]})
    found = [(it.name, it.basis, it.rows, it.total) for it in counted({"opsn": table})]
    assert found == [("opsn", "study", 2, 3), ("opsn", "assumed", 1, 3), ("opsn.seat", "assumed", 1, 3)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_basis_has_a_word_and_a_definition(lang: str) -> None:
    assert list(texts("basis", lang)) == list(texts("basis_definition", lang)) == list(BASES)  # type: ignore[arg-type]
    assert len({basis_label(it, lang) for it in BASES}) == len(BASES)  # type: ignore[arg-type]
