from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from opsn_geo.boundaries.embedded import embedded, places
from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.errors import InputError
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.load import load
from opsn_geo.pipeline.run import run
from opsn_geo.study import Study
from opsn_geo.study.keys import KEYS


@pytest.mark.parametrize(
    ("choice", "territory", "communes"),
    [
        ({"region": "32"}, "hauts-de-france", 3789),
        ({"departements": ["02"]}, "aisne", 800),
        ({"epci": ["200090751"]}, "ca-grand-calais-terres-et-mers", 14),
    ],
)
def test_a_new_study_can_be_checked_at_once(
    tmp_path: Path, choice: dict[str, str | list[str]], territory: str, communes: int
) -> None:
    files = init_study(tmp_path / "etude", millesime=2021, **choice)  # type: ignore[arg-type]
    assert {file.name for file in files} == {
        "study.toml", "LISEZMOI.md", "opsn.csv", "services.csv", "offers.csv", "memberships.csv",
        "corrections.csv",
    }  # fmt: skip
    study = Study.from_toml(files[0])
    report = check(study)
    assert study.metadata.territory == territory
    assert report.faults == ()
    assert report.counts["rejected"].sum() == 0
    assert report.counts.loc["memberships", "linked"] == 1
    from opsn_geo.boundaries.user_files import territory as place  # noqa: PLC0415 - the name is this test's own otherwise

    assert place(study).communes["inside"].sum() == communes


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_of_a_new_study_is_there_and_sound_once_uncommented(tmp_path: Path, lang: Language) -> None:
    file = init_study(tmp_path, millesime=2021, departements=["02"], lang=lang)[0]
    text = file.read_text(encoding="utf-8")
    content = tomllib.loads(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE))
    for section, keys in KEYS.items():
        given = content[section][0] if section == "scenarios" else content[section]
        assert [name for name in keys if name not in given or not keys[name].accepts(given[name])] == []
        assert not keys or list(given) == list(keys)
    assert Study.from_toml(file).metadata.language == lang


def test_the_survey_keys_of_the_template_are_sound_once_uncommented(tmp_path: Path) -> None:
    file = init_study(tmp_path, millesime=2021, departements=["02"])[0]
    text = file.read_text(encoding="utf-8")
    for name in ("[survey]", "margins =", "weight_bounds ="):
        assert text.count(f"# {name}") == 1
        text = text.replace(f"# {name}", name)
    file.write_text(text, encoding="utf-8")
    study = Study.from_toml(file)
    assert study.survey == {"margins": ("code_dep", "size_band", "membership"), "weight_bounds": (0.3, 3)}
    assert check(study).faults == ()


def test_a_study_of_many_epci_has_a_short_name(tmp_path: Path) -> None:
    epci = [str(code) for code in embedded(millesime=2021, region="32").epci.index[:12]]
    files = init_study(tmp_path, millesime=2021, epci=epci, lang="en")
    assert "README.md" in {file.name for file in files}
    study = Study.from_toml(files[0])
    assert study.boundaries.epci == tuple(epci)
    assert study.metadata.territory_name.endswith("…")
    assert len(study.metadata.territory) <= 60


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "opsn.csv").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="already there"):
        init_study(tmp_path, millesime=2021, region="32")
    assert [file.name for file in tmp_path.iterdir()] == ["opsn.csv"]
    assert (tmp_path / "opsn.csv").read_text(encoding="utf-8") == "precious"


def test_what_is_no_territory_of_the_vintage_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nearest: “Bretagne”"):
        init_study(tmp_path, millesime=2021, region="Bretange")
    with pytest.raises(InputError, match="2021, 2022, 2023"):
        init_study(tmp_path, millesime=2019, region="32")
    with pytest.raises(InputError, match=str(tmp_path)):
        init_study(tmp_path, millesime=2021)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_new_study_of_each_region_is_about_that_region(tmp_path: Path) -> None:
    for code, name in places(2024).regions["name"].items():
        file = init_study(tmp_path / str(code), millesime=2024, region=name.upper())[0]
        inputs = load(Study.from_toml(file))
        assert inputs.study.metadata.title.endswith(name)
        assert inputs.study.boundaries.region == code
        assert set(inputs.territory.inside["code_reg"]) == {code}
        assert inputs.tables["memberships"]["code"].isin(inputs.territory.inside.index).all()
        assert inputs.tables["offers"]["code"].isin(inputs.territory.departements.index).all()
        assert inputs.rejects.empty


@pytest.mark.parametrize(("choice", "communes"), [({"region": "06"}, 17), ({"departements": ["2A"]}, 124)])
def test_a_list_of_ones_own_is_run_anywhere_in_france(
    tmp_path: Path, choice: dict[str, str | list[str]], communes: int
) -> None:
    file = init_study(tmp_path, millesime=2025, **choice)[0]  # type: ignore[arg-type]
    place = embedded(millesime=2025, **choice)  # type: ignore[arg-type]
    rows = [f"mon-opsn,epci,{code},,,2024-01-01,,,assumed" for code in place.epci.index[:2]]
    header = "opsn,level,code,name,services,since,until,reaches_communes,basis"
    (tmp_path / "memberships.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    results = run(Study.from_toml(file), tmp_path / "maps")
    assert results.layers["communes"]["inside"].sum() == communes
    assert results.rejects.empty
    assert (tmp_path / "maps" / "atlas.html").is_file()
