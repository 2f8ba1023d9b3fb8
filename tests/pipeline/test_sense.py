"""What can be read but makes no sense is noticed by a check, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapely import affinity

from hostile import fuzz
from opsn_geo.pipeline.check import Report, check
from opsn_geo.study import Study

if TYPE_CHECKING:
    import geopandas as gpd


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Report]:
    """Give a check of the small study in which some texts of its files are replaced, and boundaries moved."""
    file = fuzz.write_study(tmp_path, "csv", has_survey=False)

    def step(
        move: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] | None = None, **changes: tuple[str, str]
    ) -> Report:
        if move is not None:
            (tmp_path / "communes.gpkg").unlink()
            fuzz.write_shapes(move(fuzz.territory()), tmp_path / "communes.gpkg")
        for name, (before, after) in changes.items():
            path = file if name == "study" else tmp_path / f"{name}.csv"
            content = path.read_text(encoding="utf-8")
            assert before in content
            path.write_text(content.replace(before, after), encoding="utf-8")
        return check(Study.from_toml(file))

    return step


def keys(report: Report) -> set[str]:
    return {notice.key for notice in report.notices}


def test_an_unclosed_quote_that_swallows_lines_is_an_alert(checked: Callable[..., Report]) -> None:
    report = checked(memberships=("alpha,epci,200000172", 'alpha,epci,"200000172'))
    (alert,) = [notice for notice in report.notices if notice.key == "swallowed_lines"]
    assert alert.alert
    assert "these lines" in alert.text("en")
    assert alert.values["lines"] == "4"


def test_a_line_break_in_a_quoted_text_is_none(checked: Callable[..., Report]) -> None:
    assert "swallowed_lines" not in keys(checked(opsn=("Alpha", '"Alpha\nBeta, and others"')))


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
def test_dates_of_no_likely_year_are_noticed(checked: Callable[..., Report], date: str) -> None:
    report = checked(memberships=("2022-01-01", date))
    assert "odd_dates" in keys(report)
    assert report.sound


@pytest.mark.parametrize("number", ["-5", "1e300"])
def test_staff_of_an_unlikely_number_is_noticed(checked: Callable[..., Report], number: str) -> None:
    table = "opsn,name,list_complete\nalpha,Alpha,true\nbeta,Beta,false\n"
    report = checked(opsn=(table, f"opsn,name,staff\nalpha,Alpha,{number}\nbeta,Beta,3\n"))
    assert "odd_numbers" in keys(report)


def test_a_vintage_of_which_no_code_is_there_is_noticed(checked: Callable[..., Report]) -> None:
    assert "vintage_without_codes" in keys(checked())
    assert "vintage_without_codes" not in keys(checked(study=("2100", "2021")))


def test_a_territory_in_the_sea_is_refused(checked: Callable[..., Report]) -> None:
    def west(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.set_geometry(
            frame.geometry.map(lambda shape: affinity.translate(shape, -700_000)), crs=2154
        )

    report = checked(west, study=("2100", "2021"))
    assert [fault.cause for fault in report.faults] == ["misplaced"]
    assert "km)" in report.faults[0].text("en")


def test_a_name_unknown_in_a_vintage_without_codes_is_rejected(checked: Callable[..., Report]) -> None:
    report = checked(memberships=(",Toy-80006,", ",Nowhere,"))
    assert report.rejects["cause"].tolist() == ["unknown_name", "unknown_code"]
