from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import link_communes
from opsn_geo.linkage.names import group_key, key, loose
from opsn_geo.linkage.passage import empty_passage


@pytest.fixture(scope="module")
def hauts_de_france() -> Territory:
    return embedded(millesime=2021, region="32")


@pytest.fixture(scope="module")
def typed() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / "typed_names.csv", dtype="str")


def test_names_typed_by_hand_are_linked_rightly(hauts_de_france: Territory, typed: pd.DataFrame) -> None:
    linked, rejected = link_communes(
        typed, hauts_de_france, empty_passage(), code=None, name="typed", dep="departement"
    )
    meant = typed["code_insee"].notna().sum()
    right = (linked["code_insee"] == linked["code_insee (read)"]).sum()
    assert len(typed) >= 200
    assert right / len(linked) >= 0.99, linked[linked["code_insee"] != linked["code_insee (read)"]]
    assert right / meant >= 0.97, rejected


def test_every_guess_is_listed_for_review(hauts_de_france: Territory, typed: pd.DataFrame) -> None:
    found = link_communes(typed, hauts_de_france, empty_passage(), code=None, name="typed", dep="departement")
    guessed = found.linked[found.linked["how"] == "fuzzy"]
    assert set(found.review.index) == set(guessed.index)
    assert found.review["score"].is_monotonic_increasing
    assert found.review["score"].between(50, 100).all()
    assert "Wattrelos" in set(found.review["official_name"])


def test_every_official_name_links_to_its_own_commune(hauts_de_france: Territory) -> None:
    communes = hauts_de_france.communes.reset_index()
    linked, rejected = link_communes(
        communes[["code_insee", "name", "code_dep"]], hauts_de_france, empty_passage(), code=None
    )
    assert rejected.empty
    assert (linked["code_insee"] == linked["code_insee (read)"]).all()
    assert set(linked["how"]) == {"name"}


@pytest.mark.parametrize(
    ("spellings", "words"),
    [
        (("Saint-Quentin", "ST QUENTIN", "st. quentin", "Saint–Quentin"), "saint quentin"),
        (("Nœux-les-Mines", "NOEUX LES MINES"), "noeux mines"),
        (("Le Cateau-Cambrésis", "Cateau-Cambrésis (Le)", "LE CATEAU CAMBRESIS"), "cateau cambresis"),
        (("L'Étoile", "ETOILE (L')", "L’ETOILE"), "etoile"),
        (("Mairie de Lille", "Ville de Lille", "LILLE CEDEX 9", "59000 Lille"), "lille"),
        (("Neuville-sur-Escaut", "Neuville s/ Escaut", "Neuville s/Escaut"), "neuville escaut"),
    ],
)
def test_usual_spellings_reduce_to_the_same_words(spellings: tuple[str, ...], words: str) -> None:
    assert {loose(key(name)) for name in spellings} == {words}


@given(st.text())
def test_keys_of_any_text_are_plain(name: str) -> None:
    nature, rest = group_key(name)
    for text in (key(name), nature, rest):
        assert text == text.strip()
        assert "  " not in text
