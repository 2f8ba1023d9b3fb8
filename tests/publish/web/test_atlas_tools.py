"""What planners do with the atlas: search, filter, count services together, compare, note, print, export."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from opsn_geo.catalogue.states import covered, possibly_covered
from opsn_geo.catalogue.words import text

from .conftest import PHONE

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from playwright.sync_api import Page

    from .conftest import Turner

pytestmark = pytest.mark.browser


def proposals(page: Page, field: str, typed: str) -> list[str]:
    """Type in a field and read what it proposes."""
    page.fill(f"#{field}", typed)
    shown = page.locator(f"#{field}-list [role=option] span").all_inner_texts()
    page.keyboard.press("Escape")
    return shown


def places(page: Page, typed: str) -> str:
    return proposals(page, "search", typed)[0]


def test_a_service_is_found_by_the_words_people_use_and_with_a_slip(at: Turner) -> None:
    page = at("#theme=service")
    for typed in ("rgpd", "DPO"):
        assert proposals(page, "service", typed)[0].startswith("Délégué à la protection")
    for typed, word in {
        "cyber": "Sécurité", "signature": "Parapheur", "mail": "messagerie", "sig": "SIG",
        "fibre": "très haut débit", "parafeur": "Parapheur",
    }.items():  # fmt: skip
        assert any(word in name for name in proposals(page, "service", typed)), typed
    assert proposals(page, "service", "xyzxyz") == []


def test_a_place_is_found_with_a_slip_or_by_its_acronym_or_by_words_in_any_order(at: Turner) -> None:
    page = at()
    assert "Amiens" in proposals(page, "search", "amins")[:3]
    assert "Beauvais" in proposals(page, "search", "baeuvais")[:3]
    assert places(page, "MEL") == "Métropole Européenne de Lille"
    assert "Amiens" in places(page, "agglomération amiens")
    assert "Saint-Quentin" in proposals(page, "search", "quentin saint")[:3]
    assert proposals(page, "search", "zzzzzz") == []


def test_filters_keep_the_communes_of_a_size_and_a_departement(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#theme=opsn_count&size=2000_9999&dep=80&show=table")
    communes = layers["communes"].query("inside and code_dep == '80' and 2000 <= population < 10000")
    assert page.inner_text("#table-status").startswith(f"{len(communes)} lignes")
    assert "Somme" in page.inner_text("#headline")
    counts = page.evaluate("opsnGeo.opened.view().classes.reduce((sum, { count }) => sum + count, 0)")
    assert counts == len(communes)
    at("#level=epci&theme=service&size=2000_9999&dep=80&show=table")
    assert page.inner_text("#table-status").startswith(f"{communes['siren_epci'].nunique()} ")


def test_services_are_counted_together_between_what_is_known_and_what_may_be(
    at: Turner, couverture: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    chosen = ["dpd", "parapheur", "archivage"]
    page = at(f"#theme=several&services={','.join(chosen)}")
    inside = layers["communes"].query("inside").index
    of = couverture[couverture["service"].isin(chosen) & couverture["code_insee"].isin(inside)]
    low = of["state"].isin(covered()).groupby(of["code_insee"]).sum()
    high = of["state"].isin(possibly_covered()).groupby(of["code_insee"]).sum()
    shown = page.locator("#legend .count").all_inner_texts()
    counts = [int(re.sub(r"\D", "", it)) for it in shown]
    assert counts == [*low.value_counts().sort_index().tolist(), int((low != high).sum())]
    page.locator("#level-epci").check()
    assert "Tous ces services" in page.inner_text("#headline")


def test_two_maps_move_together_and_show_two_things(at: Turner) -> None:
    page = at("#theme=service&service=dpd&second=service:parapheur")
    assert page.locator("#second-map canvas").count() == 1
    page.evaluate("map_atlas.setView([49.9, 2.3], 10, { animate: false })")
    labels = [page.inner_text("#legend h2"), page.locator("#second-legend h2").text_content()]
    assert labels == ["Délégué à la protection des données (DPD) mutualisé", "Parapheur électronique"]
    assert page.inner_text("#headline") != page.inner_text("#second-headline")
    page.select_option("#second", "distance")
    assert page.evaluate("opsnGeo.opened.store.get().second") == "distance"
    page.click("#two-maps")
    assert page.locator("#second-part").is_hidden()


def test_a_portrait_begins_with_what_lacks_and_who_could_provide_it(
    at: Turner, couverture: pd.DataFrame
) -> None:
    page = at("#place=communes:80001")
    states = couverture[couverture["code_insee"] == "80001"].set_index("service")["state"]
    lacking = int(states.isin(["not_offered", "offered"]).sum())
    assert f"manque {lacking}" in page.locator("#portrait .summary").inner_text()
    first = page.locator("#portrait .ladder tbody").first
    assert first.locator(".family").inner_text() == text("atlas.ladder_lack", n=lacking)
    rows = first.locator("tr:not(.family) small").all_inner_texts()
    assert len(rows) == lacking
    starts = [text(f"atlas.{key}", opsn="").strip() for key in ("offered_here_by", "offered_elsewhere_by")]
    assert all(it.startswith((*starts, text("atlas.offered_by_nobody"))) for it in rows)
    name = first.locator("button.link").first.inner_text()
    first.locator("button.link").first.click()
    assert page.inner_text("#headline").startswith(name)


def test_a_portrait_of_an_epci_names_its_operators_and_leads_to_the_map(at: Turner) -> None:
    page = at("#place=communes:80001")
    page.locator("#portrait .facts button.link").first.click()
    assert page.evaluate("opsnGeo.opened.store.get().place").startswith("epci:")
    assert page.locator("#portrait .ladder small").count() >= 31
    assert re.search(r"\(\d", page.locator("#portrait .ladder").inner_text())


def test_up_to_four_places_stand_side_by_side(at: Turner) -> None:
    page = at("#place=communes:80021&with=communes:60057,communes:02691,communes:59350,communes:80001")
    heads = page.locator("#portrait .ladder thead th").all_inner_texts()
    assert heads == ["Service", "Beauvais", "Saint-Quentin", "Lille", "Amiens"]
    assert page.locator("#portrait .ladder .family").first.inner_text().startswith("Ce qui diffère")


def test_a_group_of_ones_own_is_kept_in_the_link(at: Turner) -> None:
    page = at("#place=communes:80001")
    for code in ("80001", "80021"):
        page.evaluate("(code) => opsnGeo.opened.store.set({ place: `communes:${code}` })", code)
        page.get_by_role("button", name=text("atlas.own_group_add")).click()
    assert "group=80001%2C80021" in page.evaluate("location.hash")
    page.click("#filter-title")
    page.check("#filter-mine")
    assert page.evaluate("opsnGeo.opened.view().shown.length") == 2


def test_a_note_travels_in_the_link_and_on_the_sheet_as_text(at: Turner) -> None:
    page = at("#note=%3Cb%3ERevoir%3C/b%3E")
    assert page.inner_text("#note-shown") == "<b>Revoir</b>"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert "<b>Revoir</b>" in (page.locator("#sheet svg").text_content() or "")


def test_the_table_and_the_chosen_place_are_printed(at: Turner) -> None:
    page = at("#show=table&theme=opsn_count&dep=80&place=communes:80021")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#sheet table.whole tbody tr").count() == 772
    assert page.locator("#sheet .place h2").text_content() == "Amiens"
    page.evaluate("dispatchEvent(new Event('afterprint'))")


def test_all_the_data_come_with_bounds_basis_and_notice(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#level=epci&theme=service")
    page.click(".exports summary")
    with page.expect_download() as waiting:
        page.click("#csv-all")
    assert waiting.value.suggested_filename.endswith("-epci.csv")
    content = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content), delimiter=";")
    assert len(rows) == len(layers["epci"])
    assert sum(label.endswith("(au plus)") for label in head) >= 32
    assert {row[head.index(text("atlas.notice"))] for row in rows} == {text("basis_title.simulated")}
    shares = [cell for row in rows for cell in row if re.fullmatch(r"0,\d+", cell)]
    assert max(len(it.removeprefix("0,").lstrip("0")) for it in shares) <= 6


def test_an_address_far_from_the_territory_shows_the_territory(at: Turner) -> None:
    page = at("#at=30/0/0")
    centre = page.evaluate("(() => { const { lat, lng } = map_atlas.getCenter(); return [lat, lng]; })()")
    assert 48 < centre[0] < 52
    assert 1 < centre[1] < 5


def test_a_phone_shows_the_map_on_its_first_screen_and_the_place_over_it(at: Turner) -> None:
    page = at("", PHONE)
    top = page.locator("#map-part").bounding_box()
    assert top is not None
    assert top["y"] < PHONE["height"] * 0.58
    assert page.locator("#theme").is_hidden()
    page.click("#unfold")
    assert page.locator("#theme").is_visible()
    page.click("#unfold")
    page.fill("#search", "abbeville")
    page.keyboard.press("Enter")
    box = page.locator("#portrait").bounding_box()
    assert box is not None
    assert page.locator("#portrait h2").is_visible()
    assert box["y"] + box["height"] <= PHONE["height"] + 1
    assert page.evaluate("document.activeElement.id") == "portrait-title"


@pytest.mark.parametrize("size", [(320, 568), (853, 533), (960, 540), (844, 390), (2560, 1300)])
def test_rows_of_the_table_are_reached_and_nothing_overflows_at_any_size(
    at: Turner, size: tuple[int, int]
) -> None:
    page = at("#theme=opsn_count&show=table", {"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    row = page.locator("#table-body tr").first
    row.scroll_into_view_if_needed()
    seen = row.evaluate(
        "(row) => { const { top, bottom, left } = row.getBoundingClientRect();"
        " return row.contains(document.elementFromPoint(left + 8, (top + bottom) / 2)); }"
    )
    assert seen


def test_a_theme_that_cannot_be_drawn_costs_its_view_and_not_the_page(
    at: Turner, atlas_page: tuple[Page, list[str]]
) -> None:
    page = at("#theme=service")
    page.evaluate(
        "() => { const { model } = opsnGeo.opened; window.kept = model.stateOf;"
        " model.stateOf = () => { throw new Error('torn'); }; opsnGeo.opened.store.set({ service: 'dpd' }); }"
    )
    assert page.locator("#view-failed").is_visible()
    page.evaluate(
        "() => { opsnGeo.opened.model.stateOf = window.kept; opsnGeo.opened.store.set({ service: 'ssi' }); }"
    )
    assert page.locator("#view-failed").is_hidden()
    assert len(atlas_page[1]) == 1
    atlas_page[1].clear()
