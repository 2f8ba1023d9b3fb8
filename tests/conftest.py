"""The toy territory: thirteen squares of one square kilometre whose every figure is known by hand.

::

    y
    3  | 80009 | 80010 | 60011 | 60012 | 76013 |      76013 is beyond the border: EPCI C crosses it
    2  | 80005 | 80006 | 60007 | 60008 |
    1  | 80001 | 80002 | 60003 | 60004 |
         EPCI A  EPCI A  EPCI B  EPCI B   (row 3: 80009, 80010 in A; 60011, 60012, 76013 in C)

Populations are 100 times the last two digits of the code, so the territory holds 7,800 people in 12
communes, and 1,300 live beyond the border.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import settings
from shapely import MultiPolygon, box

from opsn_geo.boundaries.territory import Territory, counted
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.load import Inputs, load
from opsn_geo.study import Study

# How fast a machine is must not decide a test. `pytest --hypothesis-profile=thorough` tries far more.
settings.register_profile("quick", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")

EPCI_A, EPCI_B, EPCI_C = "200000172", "200000438", "200000545"
_CELLS = {
    "80001": (0, 0, EPCI_A),
    "80002": (1, 0, EPCI_A),
    "60003": (2, 0, EPCI_B),
    "60004": (3, 0, EPCI_B),
    "80005": (0, 1, EPCI_A),
    "80006": (1, 1, EPCI_A),
    "60007": (2, 1, EPCI_B),
    "60008": (3, 1, EPCI_B),
    "80009": (0, 2, EPCI_A),
    "80010": (1, 2, EPCI_A),
    "60011": (2, 2, EPCI_C),
    "60012": (3, 2, EPCI_C),
    "76013": (4, 2, EPCI_C),
}


def toy_communes() -> gpd.GeoDataFrame:
    """Build the thirteen communes from the drawing above."""
    codes = sorted(_CELLS)
    x, y, epci = zip(*(_CELLS[code] for code in codes), strict=True)
    squares = [
        MultiPolygon(
            [box(600_000 + 1000 * a, 6_900_000 + 1000 * b, 601_000 + 1000 * a, 6_901_000 + 1000 * b)]
        )
        for a, b in zip(x, y, strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": [f"Toy-{code}" for code in codes],
            "code_dep": [code[:2] for code in codes],
            "code_reg": ["28" if code.startswith("76") else "32" for code in codes],
            "siren_epci": epci,
            "siren": [None] * len(codes),
            "population": [100 * int(code[2:]) for code in codes],
            "postal_codes": codes,
            "mairie_x": [600_500.0 + 1000 * a for a in x],
            "mairie_y": [6_900_500.0 + 1000 * b for b in y],
            "inside": [not code.startswith("76") for code in codes],
            "repair": [None] * len(codes),
        },
        geometry=squares,
        index=pd.Index(codes, name="code_insee"),
        crs=2154,
    )
    return frame.assign(area_km2=frame.area / 1e6)


@pytest.fixture(scope="session")
def founding() -> Inputs:
    """Give the founding study, read and linked once for all tests; they do not change it."""
    return load(Study.default())


@pytest.fixture(scope="session")
def founding_measured(founding: Inputs) -> pipeline.Results:
    """Give its measures, before the gate; tests do not change them."""
    return pipeline.measure(founding)


@pytest.fixture(scope="session")
def founding_published(founding_measured: pipeline.Results) -> pipeline.Results:
    """Give what is published of it; tests do not change it."""
    return pipeline.published(founding_measured)


@pytest.fixture
def toy() -> Territory:
    """Give the toy territory, vintage 2021."""
    return toy_territory()


@pytest.fixture(scope="session")
def shared_toy() -> Territory:
    """Give the toy territory to tests that share one costly result; they do not change it."""
    return toy_territory()


def toy_territory() -> Territory:
    """Build the toy territory, vintage 2021."""
    communes = toy_communes()
    epci = communes.dissolve("siren_epci")[["geometry"]].assign(
        name=["CC A", "CC B", "CC C"], nature=["CC", "CC", "CC"]
    )
    inside = communes[communes["inside"]]
    departements = inside.dissolve("code_dep", aggfunc={"population": "sum", "name": "size"}).rename(
        columns={"name": "communes"}
    )
    departements = departements.assign(name=["Oise", "Somme"], code_reg="32", chef_lieu=["60012", "80010"])
    return Territory(
        communes=communes,
        epci=counted(epci.assign(area_km2=epci.area / 1e6), communes),
        departements=departements.assign(area_km2=departements.area / 1e6),
        millesime=2021,
        name="toy",
    )
