from __future__ import annotations

import dataclasses
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from opsn_geo.catalogue.register import groups
from opsn_geo.catalogue.words import Language
from opsn_geo.errors import MachineError
from opsn_geo.publish.geopackage import tables as geopackage_tables
from opsn_geo.publish.geopackage import write as geopackage
from opsn_geo.publish.qgis import project as qgis_project
from opsn_geo.publish.qgis.xml import literal, written
from opsn_geo.publish.themes import Theme, intervals, themes_for

FILE = "opsn-toy-2021.gpkg"


@pytest.fixture
def file(tmp_path: Path, published: Callable) -> Path:
    return geopackage.write(tmp_path / FILE, *published())


@pytest.fixture
def base(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def parsed(xml: str | bytes) -> Element:
    return fromstring(xml)  # noqa: S314 - our own


def rows(base: sqlite3.Connection, query: str) -> list[tuple]:
    return base.execute(query).fetchall()


def test_each_layer_keeps_its_codes_columns_and_nulls(file: Path, published: Callable) -> None:
    given_layers = published().layers
    for name, frame in given_layers.items():
        found = gpd.read_file(file, layer=name)
        assert found.columns.tolist() == [frame.index.name, *frame.columns.drop("geometry"), "geometry"]
        assert found[frame.index.name].tolist() == frame.index.tolist()
        assert found.crs == frame.crs
    communes = gpd.read_file(file, layer="communes")
    assert communes["opsn_count"].isna().sum() == 1
    assert communes["state"].isna().sum() == 1
    assert communes["path"].fillna("-").tolist()[:4] == ["direct", "several", "-", "-"]
    assert set(communes.geom_type) == {"MultiPolygon"}


def test_tables_keep_texts_dates_truth_and_nulls(base: sqlite3.Connection) -> None:
    assert rows(base, "SELECT * FROM couverture LIMIT 2") == [
        (1, "60003", "dpd", "member", "epci", "2019-01-01"),
        (2, "60003", "sig", "unknown", None, None),
    ]
    assert rows(base, "SELECT code, reaches_communes, typeof(reaches_communes) FROM adhesions") == [
        ("80001", 1, "integer")
    ]
    assert rows(base, "SELECT count(*) FROM rejets") == [(0,)]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, published: Callable) -> None:
    first, second = (geopackage.write(tmp_path / name / FILE, *published()) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert first.with_suffix(".xml").read_bytes() == second.with_suffix(".xml").read_bytes()


def test_a_failure_leaves_the_former_file_whole(
    file: Path, published: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = file.read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(qgis_project, "add", full)
    with pytest.raises(MachineError, match="disk is full"):
        geopackage.write(file, *published())
    assert file.read_bytes() == former
    assert sorted(it.name for it in file.parent.iterdir()) == ["opsn-toy-2021.gpkg", "opsn-toy-2021.xml"]


def test_a_folder_that_cannot_be_made_is_the_machines_fault(tmp_path: Path, published: Callable) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(MachineError, match="cannot be written there"):
        geopackage.write(tmp_path / "taken" / FILE, *published())


def test_gdals_clock_runs_again_after_writing(file: Path) -> None:
    assert file.exists()
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_polygons_are_mended_and_points_nowhere_are_null(tmp_path: Path, published: Callable) -> None:
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    layers = {
        "knots": gpd.GeoDataFrame({"a": [1]}, geometry=[bow], crs=2154),
        "roads": gpd.GeoDataFrame({"a": [1]}, geometry=[LineString([(0, 0), (1, 1)])], crs=2154),
        "seats": gpd.GeoDataFrame(
            {"a": [1]}, geometry=gpd.points_from_xy([float("nan")], [float("nan")]), crs=2154
        ),
    }
    file = geopackage.write(tmp_path / FILE, layers, {}, published().metadata, ())
    knots = gpd.read_file(file, layer="knots")
    assert knots.is_valid.all()
    assert knots.area.item() == pytest.approx(2)
    assert gpd.read_file(file, layer="roads").geom_type.item() == "MultiLineString"
    assert gpd.read_file(file, layer="seats").geometry.isna().all()
    assert bow.is_valid is False


def test_layers_of_two_projections_are_refused(tmp_path: Path, published: Callable) -> None:
    square = gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=2154)
    layers = {"one": square, "two": square.set_crs(2975, allow_override=True)}
    with pytest.raises(ValueError, match="one projection"):
        geopackage.write(tmp_path / FILE, layers, {}, published().metadata, ())


@pytest.mark.parametrize("columns", [["Name", "name"], ["fid"]])
def test_columns_a_database_cannot_hold_are_refused(
    tmp_path: Path, published: Callable, columns: list[str]
) -> None:
    table = pd.DataFrame([[1] * len(columns)], columns=columns)
    with pytest.raises(ValueError, match="cannot hold these columns"):
        geopackage.write(tmp_path / FILE, {}, {"t": table}, published().metadata, ())


def test_the_file_is_a_geopackage_1_3_where_all_is_registered(base: sqlite3.Connection) -> None:
    assert rows(base, "PRAGMA user_version") == [(10300,)]
    assert rows(base, "PRAGMA journal_mode") == [("delete",)]
    listed = {name for (name,) in rows(base, "SELECT table_name FROM gpkg_contents")}
    assert listed == {
        "communes", "epci", "departements", "opsn", "services", "adhesions", "couverture", "rejets",
        "reponses", "dictionnaire", "layer_styles", "services_communes",
    }  # fmt: skip
    extensions = {name for (name,) in rows(base, "SELECT extension_name FROM gpkg_extensions")}
    assert extensions == {"gpkg_rtree_index", "gpkg_schema", "gpkg_metadata"}


def test_the_layers_that_rest_on_simulated_data_say_so_and_no_other(base: sqlite3.Connection) -> None:
    described = dict(
        rows(base, "SELECT table_name, description FROM gpkg_contents WHERE table_name <> 'layer_styles'")
    )
    warned = {name for name, it in described.items() if it.startswith("ATTENTION, DONNÉES SIMULÉES")}
    assert {"communes", "couverture", "adhesions", "epci"} <= warned
    assert not warned & {"services", "opsn", "rejets", "dictionnaire", "reponses", "silences"}


def test_simulated_layers_say_so_in_the_tree_on_the_canvas_and_in_map_tips(
    base: sqlite3.Connection, published: Callable, tmp_path: Path
) -> None:
    root = project_of(base)
    names = {it.get("id"): it.get("name") for it in root.iter("layer-tree-layer")}
    assert names["opsn_geo_state"] == "Couverture par au moins un service (simulé)"
    assert names["opsn_geo_limits_epci"] == "EPCI"
    assert names["opsn_geo_data_services"] == "Services"
    assert root.findtext("properties/TitleLabel/Label").startswith("ATTENTION, DONNÉES SIMULÉES")
    given = published()
    real = given._replace(metadata=dataclasses.replace(given.metadata, counted=()))
    with closing(sqlite3.connect(geopackage.write(tmp_path / FILE, *real))) as other:
        plain = project_of(other)
    assert plain.find("properties/TitleLabel") is None
    assert not [it for it in plain.iter("layer-tree-layer") if "simulé" in (it.get("name") or "")]


def test_every_column_has_one_alias_of_its_own(base: sqlite3.Connection, published: Callable) -> None:
    found = rows(base, "SELECT table_name, column_name, name FROM gpkg_data_columns")
    for name, frame in published().layers.items():
        own = {column: alias for table, column, alias in found if table == name}
        assert list(own) == [frame.index.name, *frame.columns.drop("geometry")]
        assert len(set(own.values())) == len(own)
    assert ("communes", "code_insee", "Code INSEE") in found


def test_states_are_enumerated_with_their_words(base: sqlite3.Connection) -> None:
    words = dict(
        rows(
            base,
            "SELECT value, description FROM gpkg_data_column_constraints WHERE constraint_name = 'state'",
        )
    )
    assert words["member"] == "adhésion en vigueur"
    named = "SELECT constraint_name FROM gpkg_data_columns WHERE table_name = 'couverture' AND column_name = "
    assert rows(base, f"{named}'state'") == [("state",)]
    assert rows(base, f"{named}'service'") == [(None,)]


def test_the_dictionary_defines_every_column_of_every_layer(file: Path, published: Callable) -> None:
    found = pyogrio.read_dataframe(file, layer="dictionnaire")
    assert found.columns.tolist() == ["layer", "column", "alias", "unit", "definition", "source"]
    expected = sum(len(geopackage.flatten(frame).columns) for frame in published().tables.values())
    expected += sum(len(geopackage.flatten(frame).columns) - 1 for frame in published().layers.values())
    assert (found["layer"] != "services_communes").sum() == expected
    population = found.set_index(["layer", "column"]).loc[("communes", "population")]
    assert population["unit"] == "habitants"
    assert "INSEE" in population["source"]


def test_each_layer_and_table_opens_with_one_style(base: sqlite3.Connection) -> None:
    found = pd.read_sql("SELECT * FROM layer_styles", base)
    assert found.groupby("f_table_name")["useAsDefault"].sum().eq(1).all()
    assert set(found["f_table_schema"]) == {""}
    geometry = found.set_index("f_table_name")["f_geometry_column"]
    assert set(geometry["communes"]) == {"geom"}
    assert set(geometry[["couverture"]]) == {""}
    communes = found[found["f_table_name"] == "communes"]
    assert communes["styleName"].tolist() == [
        "Couverture par au moins un service", "Voie d’adhésion des communes",
        "Nombre d’OPSN atteignant la commune", "Nombre de services ouverts par une adhésion", "Contours",
    ]  # fmt: skip


def test_every_style_and_record_is_xml_whatever_the_names(base: sqlite3.Connection) -> None:
    texts = rows(base, "SELECT styleQML FROM layer_styles UNION ALL SELECT metadata FROM gpkg_metadata")
    roots = [parsed(text) for (text,) in texts]
    assert {root.tag.split("}")[-1] for root in roots} == {"qgis", "MD_Metadata"}


def test_both_forms_of_metadata_bear_on_each_layer(base: sqlite3.Connection, file: Path) -> None:
    found = rows(
        base,
        "SELECT table_name, md_standard_uri FROM gpkg_metadata_reference JOIN gpkg_metadata "
        "ON md_file_id = id WHERE reference_scope = 'table' "
        "AND table_name IN ('communes', 'couverture') ORDER BY 1, 2",
    )
    both = ["http://mrcc.com/qgis.dtd", "http://www.isotc211.org/2005/gmd"]
    assert found == [(name, uri) for name in ("communes", "couverture") for uri in both]
    sidecar = file.with_suffix(".xml").read_text("utf-8")
    assert "SIMULÉES" in sidecar
    assert "sig@example.org" in sidecar


def project_of(base: sqlite3.Connection) -> Element:
    """Unpack the project of all maps."""
    ((name, content),) = rows(base, "SELECT name, content FROM qgis_projects WHERE name NOT LIKE '% %'")
    with zipfile.ZipFile(BytesIO(bytes.fromhex(content.decode()))) as archive:
        assert archive.namelist() == [f"{name}.qgs"]
        return parsed(archive.read(f"{name}.qgs"))


def test_the_project_is_one_zipped_file_with_relative_sources(base: sqlite3.Connection) -> None:
    root = project_of(base)
    sources = {it.text for it in root.iter("datasource")}
    assert sources >= {f"./{FILE}|layername=communes", f"./{FILE}|layername=couverture"}
    assert all(source.startswith(f"./{FILE}|layername=") for source in sources)


@pytest.mark.parametrize(
    ("lang", "openings"), [("fr", ["Couverture", "Données"]), ("en", ["Coverage", "Data"])]
)
def test_map_themes_open_each_subject_then_each_map_and_all_have_a_page(
    tmp_path: Path, published: Callable, lang: Language, openings: list[str]
) -> None:
    given = published(lang)
    file = geopackage.write(tmp_path / FILE, *given)
    with closing(sqlite3.connect(file)) as base:
        root = project_of(base)
    names = [it.get("name") for it in root.iter("visibility-preset")]
    maps = {f"{groups()[theme.group].title(lang)} – {theme.title}" for theme in given.themes}
    assert names[: len(openings)] == openings
    assert set(names[len(openings) :]) == maps
    pages = [f"{name} – {paper}" for name in names for paper in ("A3", "A4")]
    assert [it.get("name") for it in root.iter("Layout")][: len(pages)] == pages
    followed = [
        it.get("followPresetName") for it in root.iter("LayoutItem") if it.get("followPreset") == "true"
    ]
    assert followed == [name for name in names for _ in range(2)]


def test_the_project_opens_as_its_first_map_theme(base: sqlite3.Connection) -> None:
    root = project_of(base)
    first = next(root.iter("visibility-preset"))
    shown = {it.get("id") for it in root.iter("layer-tree-layer") if it.get("checked") == "Qt::Checked"}
    assert shown >= {"opsn_geo_state", "opsn_geo_opsn_form", "opsn_geo_limits_departements"}
    assert {it.get("id") for it in first.findall("layer")} == {
        "opsn_geo_limits_departements", "opsn_geo_limits_epci", "opsn_geo_opsn_form", "opsn_geo_state",
    }  # fmt: skip


def test_ones_own_themes_have_a_group_of_their_own(tmp_path: Path, published: Callable) -> None:
    given = published()
    deserts = gpd.GeoDataFrame({"age": [1, 2]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=2154)
    layers = {**given.layers, "deserts": deserts}
    own = [
        Theme(key=key, group="Mes cartes", layer="deserts", column="age", title=key, kind="intervals",
              classes=intervals(deserts, "age"))
        for key in ("un", "deux")
    ]  # fmt: skip
    file = geopackage.write(tmp_path / FILE, layers, {}, given.metadata, own)
    with closing(sqlite3.connect(file)) as base:
        root = project_of(base)
    keys = [it.findtext("id") for it in root.iter("maplayer")]
    assert len(set(keys)) == len(keys)
    assert "Mes cartes" in {it.get("name") for it in root.iter("layer-tree-group")}
    names = [it.get("name") for it in root.iter("visibility-preset")]
    assert names == ["Données", "Mes cartes – un", "Mes cartes – deux"]


def test_names_of_the_limits_are_not_written_twice(base: sqlite3.Connection) -> None:
    root = project_of(base)
    named = {it.findtext("id"): it.get("labelsEnabled") for it in root.iter("maplayer")}
    assert (named["opsn_geo_limits_departements"], named["opsn_geo_dep_covered"]) == ("1", "0")


def test_patches_of_one_service_are_cut_at_the_source_and_outlined(
    tmp_path: Path, published: Callable
) -> None:
    given = published()
    deserts = gpd.GeoDataFrame(
        {"service": ["bouquet", "dpd"], "population": [10, 20]},
        index=pd.Index(["a", "b"], name="desert"), geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=2154,
    )  # fmt: skip
    layers = {**given.layers, "deserts": deserts}
    file = geopackage.write(tmp_path / FILE, layers, {}, given.metadata, themes_for(layers))
    with closing(sqlite3.connect(file)) as base:
        root = project_of(base)
    found = {it.findtext("id"): it for it in root.iter("maplayer")}
    cut = f"./{FILE}|layername=deserts|subset=\"service\" = 'bouquet'"
    for key in ("opsn_geo_patches_deserts", "opsn_geo_desert_population"):
        assert found[key].findtext("datasource") == cut
        assert len(found[key].findall(".//rule")) <= 1
    assert found["opsn_geo_data_deserts"].findtext("datasource") == f"./{FILE}|layername=deserts"


def test_english_is_english_throughout(tmp_path: Path, published: Callable) -> None:
    file = geopackage.write(tmp_path / FILE, *published("en"))
    with closing(sqlite3.connect(file)) as base:
        told = " ".join(
            str(cell)
            for query in ("SELECT name FROM gpkg_data_columns", "SELECT description FROM gpkg_contents",
                          "SELECT styleName FROM layer_styles", "SELECT styleQML FROM layer_styles")
            for row in rows(base, query)
            for cell in row
        )  # fmt: skip
    assert "SIMULATED" in told
    assert "Coverage by any service" in told
    assert not [word for word in ("adhésion", "Contours", "inconnu", "nombre") if word in told]


def test_a_file_without_layers_is_refused_before_anything_is_written(
    tmp_path: Path, published: Callable
) -> None:
    with pytest.raises(ValueError, match="one projection"):
        geopackage.write(tmp_path / FILE, {}, {}, published().metadata, ())
    assert not list(tmp_path.iterdir())


@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_name_can_be_a_column(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute(f"CREATE TABLE t ({geopackage_tables.quoted(name)} TEXT)")
        assert base.execute("SELECT name FROM pragma_table_info('t')").fetchall() == [(name,)]


@given(value=st.text())
def test_a_literal_ends_where_it_should(value: str) -> None:
    inner = literal(value)[1:-1].replace("\\\\", "").replace("''", "")
    assert "'" not in inner
    assert "\\" not in inner


@given(value=st.text())
def test_any_text_is_read_back_from_xml_less_what_xml_cannot_hold(value: str) -> None:
    read = parsed(f'<a b="{written(value)}">{written(value)}</a>')
    kept = "".join(it for it in value if it in "\t\n\r" or (it >= " " and it not in "\ufffe\uffff"))
    assert (read.get("b"), read.text or "") == (kept, kept)


def test_control_characters_do_not_break_the_xml() -> None:
    bell, surrogate = "\x07", "\ud800"
    assert parsed(f"<a>{written(bell + 'e' + surrogate)}</a>").text == "e"


def test_no_count_is_written_into_a_legend(base: sqlite3.Connection) -> None:
    root = project_of(base)
    labels = [
        it.get("value") for it in root.iter("Option") if (it.get("name") or "").startswith("legend/label-")
    ]
    assert labels
    assert all("aggregate(" in label for label in labels)
    assert not [rule for rule in root.iter("rule") if (rule.get("label") or "").rstrip().endswith(")")]
