"""A whole study of the toy territory: its tables as frames, and the same as files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from opsn_geo.study import Boundaries, Metadata, Study

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

HEAD = Metadata(
    title="Toy",
    territory="toy",
    territory_name="Toy",
    millesime=2021,
    date=dt.date(2021, 2, 1),
    language="en",
)
ANSWERED = ("80001", "80002", "80005", "60003", "60004", "60007", "60008", "60011", "60012", "60012")


def tables() -> dict[str, pd.DataFrame]:
    """Build the tables of the toy study, in their shortest form."""
    return {
        "opsn": pd.DataFrame(
            {"opsn": ["alpha", "beta"], "name": ["Alpha", "Beta"], "list_complete": [True, False]}
        ),
        "services": pd.DataFrame({"service": ["dpd", "sig"], "name": ["Délégué", "Cartes"]}),
        "offers": pd.DataFrame(
            [("alpha", "dpd", "departement", "80"), ("beta", "sig", "epci", "200000438")],
            columns=["opsn", "service", "level", "code"],
        ),
        "memberships": pd.DataFrame(
            [
                ("alpha", "commune", "80001", pd.NaT),
                ("alpha", "epci", "200000172", pd.Timestamp("2020-01-01")),
                ("beta", "commune", "60003", pd.Timestamp("2022-01-01")),
                ("beta", "commune", "60099", pd.NaT),
            ],
            columns=["opsn", "level", "code", "since"],
        ),
        "questionnaire": pd.DataFrame(
            [
                ("town", "commune_code", None, "text"),
                ("cloud", "cloud", None, "yes_no"),
                ("tool – agenda", "tool", "agenda", "multiple"),
                ("tool – video", "tool", "video", "multiple"),
            ],
            columns=["column", "item", "choice", "kind"],
        ),
        "answers": pd.DataFrame(
            {
                "town": ANSWERED,
                "cloud": [True, True, False, None, True, False, True, False, True, False],
                "tool – agenda": [True, None] * 5,
                "tool – video": [None, True] * 5,
            },
            index=[f"r{number}" for number in range(len(ANSWERED))],
        ),
        "variables": pd.DataFrame({"code": ["80001", "60003"], "zone": ["town", "land"]}),
    }


@pytest.fixture
def toy_tables() -> dict[str, pd.DataFrame]:
    """Give the tables of the toy study, to be changed at will."""
    return tables()


@pytest.fixture
def toy_head() -> Metadata:
    """Give what the toy study says of itself."""
    return HEAD


@pytest.fixture
def place(toy: Territory) -> Territory:
    """Give the toy territory without postal codes: there they are those of INSEE."""
    return replace(toy, communes=toy.communes.assign(postal_codes=None))


@pytest.fixture
def toy_study(place: Territory, toy_tables: dict[str, pd.DataFrame]) -> Study:
    """Give the toy study, of frames."""
    return Study.from_frames(
        HEAD, place.communes, toy_tables, epci=place.epci, departements=place.departements
    )


@pytest.fixture(scope="session")
def shared_study(shared_toy: Territory) -> Study:
    """Give the toy study to tests that share one costly result; they do not change it."""
    communes = shared_toy.communes.assign(postal_codes=None)
    return Study.from_frames(
        HEAD, communes, tables(), epci=shared_toy.epci, departements=shared_toy.departements
    )


@pytest.fixture
def filed(place: Territory) -> Callable[[Path, dict[str, pd.DataFrame]], Study]:
    """Give what writes tables and the toy territory as files and returns their study."""

    def write(folder: Path, frames: dict[str, pd.DataFrame]) -> Study:
        for layer in ("communes", "epci", "departements"):
            getattr(place, layer).reset_index().to_file(folder / "toy.gpkg", layer=layer)
        for name, frame in frames.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        return Study(
            metadata=HEAD,
            boundaries=Boundaries(file=folder / "toy.gpkg"),
            tables={name: folder / f"{name}.csv" for name in frames},
        )

    return write
