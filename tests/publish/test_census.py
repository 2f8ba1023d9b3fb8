from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.publish.geopackage.content import describe
from opsn_geo.publish.notices import census_note
from opsn_geo.study.model import Boundaries, Metadata


def about(census: int | None) -> Metadata:
    return Metadata(
        title="t", territory="toy", territory_name="Toy", millesime=2023, date=dt.date(2023, 1, 1),
        language="en", census=census,
    )  # fmt: skip


def test_the_label_of_an_official_population_says_of_which_census() -> None:
    frame = pd.DataFrame({"population": [5], "area_km2": [1.0]})
    aliases = {
        census: [it.alias for it in describe("epci", frame, about(census)).columns] for census in (2020, None)
    }
    assert aliases[2020] == ["Municipal population (2020)", "Area"]
    assert aliases[None] == ["Municipal population", "Area"]
    assert census_note(about(2020)) == "Municipal populations: INSEE, census of 2020."
    assert census_note(about(None)) == ""


@pytest.mark.parametrize(
    ("boundaries", "millesime", "census"),
    [
        (Boundaries(region="53"), 2023, 2020),
        (Boundaries(region="06"), 2023, 2017),
        (Boundaries(departements=("976",)), 2026, 2017),
        (Boundaries(file=Path("communes.gpkg"), region="53"), 2023, None),
    ],
)
def test_the_census_is_that_of_the_embedded_boundaries(
    boundaries: Boundaries, millesime: int, census: int | None
) -> None:
    assert boundaries.census(millesime) == census
