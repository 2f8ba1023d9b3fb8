from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.basis import basis_label
from opsn_geo.catalogue.register import maps
from opsn_geo.catalogue.states import covered, possibly_covered
from opsn_geo.catalogue.words import definition, text, texts
from opsn_geo.publish.themes import shown_values, themes_for
from opsn_geo.publish.web import atlas

from .conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    import geopandas as gpd
    from playwright.sync_api import Page

    from opsn_geo.pipeline.run import Results

    from .conftest import Opener, Turner

pytestmark = pytest.mark.browser
VIEWS = (
    "",
    "#level=epci&place=communes:80021",
    "#show=table",
    "#place=communes:80021&with=communes:60057",
)
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def legend(page: Page) -> dict[str, int]:
    """Read the legend: the count of each class."""
    rows = page.locator(".legend-classes li")
    labels, counts = rows.locator(".label").all_inner_texts(), rows.locator(".count").all_inner_texts()
    return {label: int(re.sub(r"\D", "", count)) for label, count in zip(labels, counts, strict=True)}


def drawn(among: Iterable[str], count: int) -> list[str]:
    """Draw so many at random, always the same."""
    return pd.Series(sorted(among)).sample(count, random_state=8).tolist()


def rows(page: Page) -> list[list[str]]:
    return [
        [cell.strip() for cell in row]
        for row in page.locator("#table-body tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.innerText))"
        )
    ]


def downloaded(page: Page, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.click(button)
    return Path(waiting.value.path()).read_bytes()


def pick(page: Page, field: str, words: str) -> None:
    page.fill(field, words)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


WALK = """
() => {
  const { model, store, view } = opsnGeo.opened;
  const wrong = [];
  let states = 0;
  for (const level of model.shownLevels) {
    const studied = model.levels[level].code.filter((_, i) => model.isStudied(level, i)).length;
    const own = model.themes.filter((theme) => theme.level === level).map(({ key }) => key);
    const themes = ['service', 'several', ...own];
    const walk = (changes) => {
      states += 1;
      store.set({ level, services: 'dpd,parapheur,archivage', ...changes });
      const now = view();
      const counted = now.classes.reduce((sum, each) => sum + each.count, 0);
      const isBad = (text) => !text || /undefined|NaN|\\bnull\\b|[{}]/.test(text);
      const texts = now.shown.map((i) => now.text(i)).filter(isBad);
      const headline = document.querySelector('#headline').textContent;
      const sound = counted === studied && !texts.length && !isBad(headline);
      if (!sound) wrong.push([changes, counted, texts[0], headline]);
      if (!document.querySelector('#view-failed').hidden) wrong.push([changes, 'failed']);
    };
    for (const theme of themes) walk({ theme, service: 'any', opsn: '' });
    for (const { key: service } of model.services) {
      for (const opsn of ['', ...model.opsn.map(({ key }) => key)]) walk({ theme: 'service', service, opsn });
    }
  }
  return { states, wrong };
}
"""


def test_every_state_counts_its_places_and_writes_its_words(at: Turner) -> None:
    walked = at().evaluate(WALK)
    assert walked["states"] > 3 * 32 * 10
    assert walked["wrong"] == []


def test_states_shown_are_those_of_the_table_for_200_communes(
    at: Turner, couverture: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#theme=service")
    inside = layers["communes"].query("inside").index
    chosen = drawn(inside, 200)
    names = {label: state for state, label in texts("state").items()}
    expected = couverture[couverture["code_insee"].isin(chosen)].set_index(["code_insee", "service"])["state"]
    for service in drawn(couverture["service"].unique(), 10):
        page.evaluate("key => opsnGeo.opened.store.set({ service: key })", service)
        shown = page.evaluate(
            "codes => { const all = opsnGeo.opened.model.levels.communes.code;"
            " return codes.map(code => opsnGeo.opened.view().text(all.indexOf(code))); }",
            chosen,
        )
        assert [names[label] for label in shown] == [expected[code, service] for code in chosen]


def test_theme_values_shown_are_those_of_the_layers_for_200_communes(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at()
    chosen = drawn(layers["communes"].query("inside").index, 200)
    themes = [t for t in themes_for(layers) if t.layer == "communes" and t.kind == "intervals"]
    assert themes
    for theme in themes:
        page.evaluate("key => opsnGeo.opened.store.set({ theme: key })", theme.key)
        shown = page.evaluate(
            "codes => { const all = opsnGeo.opened.model.levels.communes.code;"
            " return codes.map(code => opsnGeo.opened.view().raw(all.indexOf(code))); }",
            chosen,
        )
        expected = shown_values(theme, layers["communes"].loc[chosen]).astype(float)
        pd.testing.assert_series_equal(
            pd.Series(shown, index=expected.index, dtype=float), expected, check_names=False, rtol=1e-5
        )


def test_a_share_is_an_interval_with_its_counts_and_its_denominator(
    at: Turner, couverture: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#level=epci&service=dpd&show=table")
    inside = layers["communes"].query("inside")
    states = couverture[couverture["service"] == "dpd"].set_index("code_insee")["state"].reindex(inside.index)
    groups = states.groupby(inside["siren_epci"])
    shown = rows(page)[:40]
    assert any(" à " in written for *_, written in shown)
    for code, name, _, written in shown:
        group = groups.get_group(code)
        low, high, n = group.isin(covered()).sum(), group.isin(possibly_covered()).sum(), len(group)
        share = numbers.between(low / n, high / n)
        counts = f"{low} à {high}" if high > low else str(low)
        assert written == f"{share} ({counts} commune{'s' * (n > 1)} sur {n})", name


def test_one_operator_alone_is_separated_from_the_others(at: Turner, couverture: pd.DataFrame) -> None:
    page = at("#service=archivage")
    page.select_option("#opsn", "adico")
    of = couverture[couverture["service"] == "archivage"]
    reached = of["state"].isin(["member", "used"])
    own = of["opsn"].str.split(";").map(lambda slugs: "adico" in slugs)
    shown = legend(page)
    assert shown["adhésion en vigueur"] == (reached & own).sum()  # nothing measures a use
    assert shown["par un autre OPSN"] == (reached & ~own).sum()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("beauvais", "Beauvais"),
        ("st quentin", "Saint-Quentin"),
        ("HENIN beaumont", "Hénin-Beaumont"),
        ("80000", "Amiens"),
        ("02408", "Laon"),
        ("metropole europeenne de lille", "Métropole Européenne de Lille"),
        ("Oise", "Oise"),
    ],
)
def test_search_forgives_accents_and_hyphens_and_takes_postal_codes(
    at: Turner, typed: str, name: str
) -> None:
    page = at()
    pick(page, "#search", typed)
    assert page.locator("#portrait-title").inner_text() == name
    assert page.evaluate("document.activeElement.id") == "portrait-title"


def test_the_panel_shows_operators_rungs_and_neighbours(
    at: Turner, couverture: pd.DataFrame, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#place=communes:80021")
    panel = page.locator("#portrait")
    assert panel.locator(".ladder tbody tr:not(.family)").count() == couverture["service"].nunique()
    communes = layers["communes"].query("inside")
    border = communes.geometry.loc["80021"].boundary
    touching = communes[communes.geometry.boundary.intersection(border).length > 50]
    near = set(panel.locator(".neighbours button").all_inner_texts())
    assert set(touching["name"]) - {"Amiens"} == near
    panel.locator(".neighbours button").first.click()
    assert panel.locator("h2").inner_text() in near


def test_the_panel_shows_the_answers_of_a_commune_that_is_named_and_of_no_other(
    open_page: Opener, tmp_path: Path, results: Results, layers: dict[str, gpd.GeoDataFrame], atlas_file: Path
) -> None:
    script = "<img src=x onerror=alert(1)>"
    replies = pd.DataFrame(
        {
            "code_insee": "80021",
            "respondent": [1, 2],
            "label": ["Un serveur ?", script],
            "answer": ["oui", script],
        }
    )
    inputs, file = results.inputs, tmp_path / "atlas.html"
    atlas.write(
        file, layers, results.tables["couverture"], inputs.tables["services"], inputs.tables["opsn"],
        inputs.study.metadata, themes_for(layers, "fr"), reponses=replies,
    )  # fmt: skip
    page = open_page(file, "#place=communes:80021")
    shown = page.locator("#portrait .replies tbody tr").all_inner_texts()
    assert shown == ["Répondant 1", "Un serveur ?\toui", "Répondant 2", f"{script}\t{script}"]
    pick(page, "#search", "beauvais")
    assert page.locator("#portrait .replies").count() == 0
    named_nobody = open_page(atlas_file, "#place=communes:80021")
    assert named_nobody.locator("#portrait .replies").count() == 0


def test_two_places_are_compared_side_by_side(at: Turner) -> None:
    page = at("#place=communes:80021")
    page.get_by_role("button", name="Comparer").click()
    assert "Amiens" in page.locator("#portrait .hint").first.inner_text()
    pick(page, "#search", "beauvais")
    assert page.locator("#portrait h2").inner_text() == "Amiens et Beauvais"
    heads = page.locator("#portrait .ladder thead th").all_inner_texts()
    assert heads == ["Service", "Amiens", "Beauvais"]
    page.get_by_role("button", name="Arrêter").click()
    assert page.locator("#portrait h2").inner_text() == "Beauvais"


def test_the_whole_path_by_keyboard_alone(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(atlas_file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "level-communes"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("opsnGeo.opened.store.get().level") == "epci"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "theme"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "service"
    page.keyboard.type("archivage")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("opsnGeo.opened.store.get().service") == "archivage"
    assert page.locator("#service").input_value() == "Archivage électronique"
    page.focus("#as-table")
    page.keyboard.press("Space")
    page.focus("#table-body button")
    page.keyboard.press("Enter")
    assert page.locator("#portrait h2").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#portrait").is_hidden()


def test_focus_is_always_visible(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(atlas_file)
    for _ in range(12):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "() => { const e = document.activeElement;"
            " const s = getComputedStyle(e.type === 'radio' ? e.nextElementSibling : e);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }"
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")


def test_the_table_sorts_filters_and_pages(at: Turner, layers: dict[str, gpd.GeoDataFrame]) -> None:
    page = at()
    page.click("#as-table")
    page.click("#sort-population")
    page.click("#sort-population")
    assert page.locator("th[aria-sort=descending] #sort-population").count() == 1
    largest = layers["communes"].query("inside").sort_values("population", ascending=False)["name"]
    assert [row[1] for row in rows(page)[:5]] == largest.head(5).tolist()
    page.click("#next")
    assert rows(page)[0][1] == largest.iloc[50]
    page.fill("#filter", "chateau thierry")
    assert "Château-Thierry" in [row[1] for row in rows(page)]
    page.fill("#filter", "abbecourt")
    many = len(rows(page))
    assert page.inner_text("#table-status").startswith(f"{many} ligne{'s' * (many > 1)}, page 1")
    page.fill("#filter", "02001")
    assert page.inner_text("#table-status").startswith("1 ligne, page 1")
    page.fill("#filter", "zzz")
    assert rows(page) == []
    assert page.inner_text("#table-status").startswith("0 ligne, ")


def test_the_csv_holds_every_row_shown(at: Turner, layers: dict[str, gpd.GeoDataFrame]) -> None:
    page = at("#show=table&theme=opsn_count")
    content = downloaded(page, "#csv").decode("utf-8")
    assert content.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";"))
    expected = layers["communes"].query("inside").sort_index()
    at = read[0].index(maps()["opsn_count"].title())
    got = sorted((row[0], row[at]) for row in read[1:])
    values = expected["opsn_count"].astype(str).mask(expected["state"] == "unknown", "")
    assert got == list(zip(expected.index, values, strict=True))
    basis = read[0].index(text("atlas.basis"))
    assert all("simulé" in row[basis] for row in read[1:])


def test_the_view_is_saved_as_svg_and_png_with_legend_and_sources(
    at: Turner,
) -> None:
    page = at("#level=epci&service=dpd")
    page.click(".exports summary")
    svg = downloaded(page, "#svg").decode()
    for words in ("Les OPSN des Hauts-de-France", "Sources", "Données simulées", "Délégué", "Amiens"):
        assert words in svg
    page.click(".exports summary")
    png = downloaded(page, "#png")
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * 1123
    assert len(png) > 100_000


def test_it_prints_on_one_a4_page(at: Turner) -> None:
    page = at()
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 84[12]", pdf)
    assert len(pdf) > 50_000


def test_the_legend_says_what_a_theme_measures(at: Turner) -> None:
    page = at("#level=epci&theme=epci_residual")
    note = page.locator(".legend-note").inner_text()
    assert note == f"{definition('residual')} {text('atlas.count_epci')}"
    assert page.locator(".legend-note").inner_text() not in at().locator("#legend").inner_text()


def test_the_address_keeps_the_view(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(atlas_file)
    page.locator("#level-epci").check()
    page.select_option("#theme", "service")
    pick(page, "#service", "open data")
    pick(page, "#search", "laon")
    fragment = page.evaluate("location.hash")
    again = open_page(atlas_file, fragment)
    assert again.evaluate("opsnGeo.opened.store.get()") == page.evaluate("opsnGeo.opened.store.get()")
    assert again.locator("#portrait h2").inner_text() == "Laon"


def test_an_address_written_by_hand_does_no_harm(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(
        atlas_file, "#level=moon&theme=<b>&service=x&place=communes:9&at=1/2&show=%00&opsn=__proto__"
    )
    chosen = page.evaluate("opsnGeo.opened.store.get()")
    assert (chosen["level"], chosen["theme"], chosen["place"]) == ("communes", "service", "")


def test_recolouring_3789_communes_takes_under_50_ms(at: Turner) -> None:
    page = at()
    times = []
    for key in page.evaluate("opsnGeo.opened.model.services.map(s => s.key)"):
        page.evaluate("key => opsnGeo.opened.store.set({ service: key })", key)
        times.append(float(page.evaluate("document.body.dataset.recolouredIn")))
    assert sorted(times)[len(times) // 2] < 50


def test_pan_and_zoom_draw_paths_that_are_there_already(at: Turner) -> None:
    page = at()
    page.evaluate(
        "() => { window.built = 0; window.Path2D = class extends Path2D { constructor(...of) {"
        " super(...of); window.built++; } }; }"
    )
    for move in ("setZoom(map_atlas.getZoom() + 1)", "panBy([200, 120])", "setZoom(map_atlas.getZoom() - 1)"):
        page.evaluate(f"() => {{ map_atlas.{move}; }}")
        page.wait_for_timeout(400)
    assert page.evaluate("window.built") == 0
    page.evaluate("opsnGeo.opened.store.set({ service: 'archivage' })")
    assert page.evaluate("window.built") > 0


def test_pointing_at_a_commune_shows_its_name_and_state(at: Turner) -> None:
    page = at("#at=12/49.8942/2.2957")
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2)
    page.wait_for_selector(".tip")
    assert page.locator(".tip strong").inner_text() == "Amiens"
    assert page.locator(".tip small").last.inner_text() == page.locator(".legend-basis").inner_text()
    assert basis_label("simulated") in page.locator(".tip small").last.inner_text()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator("#portrait h2").inner_text() == "Amiens"
    facts = dict(row.split("\t") for row in page.locator("#portrait .facts tr").all_inner_texts())
    assert facts[text("atlas.basis")] == basis_label("simulated")


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", VIEWS)
def test_axe_finds_nothing_serious(at: Turner, size: dict[str, int], scheme: str, fragment: str) -> None:
    page = at(fragment, size, scheme)
    violations = Axe().run(page).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"])
        for each in violations
        if each["impact"] in {"serious", "critical"}
    ] == []


@SIZES
def test_the_page_never_scrolls_sideways(at: Turner, size: dict[str, int]) -> None:
    page = at("#place=communes:80021&with=communes:60057", size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_page_says_what_is_simulated(at: Turner) -> None:
    page = at()
    assert text("basis_title.simulated") in page.locator(".notice").first.inner_text()
    assert page.locator(".notice").first.is_visible()


def test_the_file_is_light(atlas_file: Path) -> None:
    assert atlas_file.stat().st_size < 1_000_000


def test_every_view_draws_what_is_not_known_hatched_or_as_an_interval(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at()
    communes = layers["communes"].query("inside")
    unknown = communes.index[communes["state"] == "unknown"]
    shown = page.evaluate(
        "([themes, codes]) => themes.map((theme) => { opsnGeo.opened.store.set({ level: 'communes', theme });"
        " const { model, view } = opsnGeo.opened; const now = view();"
        " const at = (code) => model.levels.communes.code.indexOf(code);"
        " return codes.map((code) => ({ text: now.text(at(code)),"
        " hatched: now.classes[now.of[at(code)]].hatched })); })",
        [["service", "path", "opsn_count", "services_member"], unknown.tolist()],
    )
    words = [text("state.unknown"), text("theme_class.unknown"), text("theme_class.unknown")]
    for theme, word in zip(shown[:3], words, strict=True):
        assert {(each["text"], each["hatched"]) for each in theme} == {(word, True)}
    assert all(" à " in each["text"] for each in shown[3])
    most = communes.loc[unknown, ["services_member", "services_unknown"]].sum(axis=1)
    assert [int(each["text"].split(" à ")[1]) for each in shown[3]] == most.tolist()


def test_the_portrait_of_an_epci_gives_the_interval_that_the_tables_hold(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    epci = layers["epci"]
    code = (epci["covered_possible_share"] - epci["covered_share"]).idxmax()
    page = at(f"#place=epci:{code}")
    facts = dict(row.split("\t")[:2] for row in page.locator("#portrait .figures tbody tr").all_inner_texts())
    for theme, low, high in (
        ("epci_covered", "covered_share", "covered_possible_share"),
        ("epci_covered_pop", "covered_pop_share", "covered_pop_possible_share"),
    ):
        written = numbers.between(epci.loc[code, low], epci.loc[code, high])
        assert " à " in written
        assert facts[maps()[theme].title()] == written


def test_a_commune_outside_the_study_has_no_state_no_counts_and_no_portrait(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    outside = layers["communes"].query("not inside")
    spot = outside.geometry.representative_point().to_crs(4326).iloc[0]
    page = at(f"#at=12/{spot.y:.4f}/{spot.x:.4f}&place=communes:{outside.index[0]}")
    assert page.locator("#portrait").is_hidden()
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator(".tip").inner_text() == f"{outside['name'].iloc[0]}\n{text('atlas.not_studied')}"
    assert page.locator("#portrait").is_hidden()
    held = page.evaluate(
        "() => { const { model } = opsnGeo.opened; const { inside, opsn } = model.levels.communes;"
        " const out = inside.map((it, i) => i).filter((i) => !inside[i]);"
        " const operators = (i) => model.services.map((_, s) => model.operatorsOf(s, i).length);"
        " return out.map((i) => [opsn[i].length, operators(i),"
        " model.themes.filter((t) => t.level === 'communes').map((t) => [t.of[i], t.values[i] ?? null])]); }"
    )
    assert len(held) == len(outside)
    for reached, operators, values in held:
        assert (reached, set(operators)) == (0, {0})
        assert {tuple(each) for each in values} == {(-1, None)}


def test_an_epci_across_the_border_says_how_many_communes_are_outside(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    epci, communes = layers["epci"], layers["communes"]
    code = communes.query("not inside")["siren_epci"].iloc[0]
    page = at(f"#place=epci:{code}")
    facts = dict(row.split("\t") for row in page.locator("#portrait .facts tr").all_inner_texts())
    own = communes[communes["siren_epci"] == code]["inside"]
    assert facts[text("atlas.communes")] == str(own.sum())
    assert facts[text("atlas.outside")] == str((~own).sum())
    assert epci.loc[code, "communes"] == len(own)


def test_deserts_have_the_classes_and_the_words_of_the_guide(
    at: Turner, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = at("#theme=desert_stability")
    communes = layers["communes"].query("inside")
    words = texts("verdict")
    counts = communes["stability_verdict"].value_counts()
    assert legend(page) == {words[key]: counts[key] for key in words if key in counts}
    guide = (Path(__file__).parents[3] / "docs/fr/lire-les-cartes.md").read_text(encoding="utf-8")
    assert all(word.split(" (")[0] in guide for word in words.values())
    assert (communes.loc[communes["stability_verdict"] == "never", "stability_share"] == 0).all()


def test_a_view_exported_from_the_table_is_the_view_of_the_map(at: Turner) -> None:
    page = at("#show=table")
    page.click(".exports summary")
    from_table = downloaded(page, "#svg").decode()
    page.click("#as-map")
    assert "NaN" not in from_table
    page.click(".exports summary")
    assert downloaded(page, "#svg").decode() == from_table


def test_going_home_from_the_table_keeps_the_scale_of_the_map(at: Turner) -> None:
    page = at()
    zoom = page.evaluate("map_atlas.getZoom()")
    page.click("#as-table")
    page.click("#home")
    pick(page, "#search", "laon")
    page.click("#home")
    page.click("#as-map")
    assert page.evaluate("map_atlas.getZoom()") == pytest.approx(zoom, abs=0.5)
    assert 4 < page.evaluate("map_atlas.getMinZoom()") < page.evaluate("map_atlas.getMaxZoom()") < 16


def test_back_undoes_the_last_choice(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(atlas_file)
    page.select_option("#theme", "opsn_count")
    page.locator("#level-epci").check()
    page.go_back()
    assert page.evaluate("opsnGeo.opened.store.get().level") == "communes"
    assert page.locator("#theme").input_value() == "opsn_count"
    page.go_back()
    assert page.locator("#theme").input_value() == "services_member"
    page.go_forward()
    expect(page.locator("#theme")).to_have_value("opsn_count")


def test_the_page_spells_opsn_out_and_explains_its_words_by_keyboard(
    at: Turner,
) -> None:
    page = at()
    assert page.inner_text("body").lower().count("opérateur public de services numériques") == 1
    page.focus("#help summary")
    page.keyboard.press("Enter")
    terms = page.locator("#help dt").all_inner_texts()
    for word in (*texts("state").values(), "désert", "panier de services", "EPCI"):
        assert word in terms
    assert page.locator("#help dd").first.is_visible()


@pytest.mark.parametrize("width", [768, 853, 1024])
def test_the_panel_is_never_under_the_map(at: Turner, width: int) -> None:
    page = at("#place=communes:80021", {"width": width, "height": 700})
    for part in ("#portrait h2", "#portrait .panel-tools button >> nth=0"):
        reached = page.locator(part).evaluate(
            "it => { const { left, top, width, height } = it.getBoundingClientRect();"
            " const at = (x) => document.elementFromPoint(left + x * width, top + height / 2);"
            " return [0.05, 0.95].every((x) => it.contains(at(x))); }"
        )
        assert reached, part


def test_forced_colours_leave_the_swatches_their_own(open_page: Opener, atlas_file: Path) -> None:
    page = open_page(atlas_file, forced_colors="active")
    colours = page.locator(".legend-classes .swatch").evaluate_all(
        "all => all.map((it) => getComputedStyle(it).backgroundColor)"
    )
    assert len(set(colours)) == len(colours)


def test_the_focus_is_never_lost_and_a_new_view_is_announced(at: Turner) -> None:
    page = at("#place=communes:80021")
    focused = "() => document.activeElement.id || document.activeElement.className.split(' ')[0]"
    page.get_by_role("button", name=text("atlas.compare")).click()
    assert page.evaluate(focused) == "portrait-title"
    page.get_by_role("button", name=text("atlas.compare_stop")).click()
    page.locator(".neighbours button").first.click()
    assert page.evaluate(focused) == "portrait-title"
    page.get_by_role("button", name=text("atlas.close")).click()
    assert page.evaluate(focused) == "map_atlas"
    page.evaluate("opsnGeo.opened.store.set({ place: 'communes:80021', show: 'table' })")
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "filter"
    page.select_option("#theme", "opsn_count")
    assert page.inner_text("#view-status") == f"{maps()['opsn_count'].title()}, Communes"
    assert page.locator(".leaflet-control-zoom-in").get_attribute("title") == text("atlas.zoom_in")
