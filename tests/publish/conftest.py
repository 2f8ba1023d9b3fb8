"""The toy territory as it would be published, with names that try to break XML, SQL and expressions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from opsn_geo.catalogue.basis import Counted
from opsn_geo.catalogue.words import Language
from opsn_geo.publish.themes import Theme, themes_for
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

HOSTILE = """l'« <b>O&O</b> » "x" \\n % [% 1 + 1 %]"""


class Published(NamedTuple):
    layers: dict[str, gpd.GeoDataFrame]
    tables: dict[str, pd.DataFrame]
    metadata: Metadata
    themes: tuple[Theme, ...]


@pytest.fixture
def published(toy: Territory) -> Callable[..., Published]:
    return lambda lang="fr": publish_toy(toy, lang)


@pytest.fixture(scope="session")
def published_toy(shared_toy: Territory) -> Published:
    return publish_toy(shared_toy)


def publish_toy(toy: Territory, lang: Language = "fr") -> Published:
    """Make the layers and tables of a run on the toy territory, in two themes of each kind at least."""
    communes = toy.communes.assign(
        state=["used", "member", None, "offered", "not_offered", "unknown"] + ["member"] * 7,
        path=["direct", "several", "", "", "", None] + ["epci"] * 7,
        opsn_count=pd.array([1, 2, None, 0, 0, 0] + [1] * 7, dtype="Int64"),
        services_member=range(13),
    )
    communes["name"] = [HOSTILE, *communes["name"].iloc[1:]]
    shares = {"covered_share": [1.0, 0.25, None], "code_dep": ["80", "60", "60"]}
    opsn = gpd.GeoDataFrame(
        {
            "name": [HOSTILE, "B", "C"],
            "legal_form": ["association", HOSTILE, None],
            "staff": [2.0, None, 60.0],
        },
        geometry=[Point(600_500, 6_900_500), Point(600_500, 6_900_500), None],
        index=pd.Index(["a", "b", "c"], name="opsn"),
        crs=2154,
    )
    couverture = pd.DataFrame(
        {
            "code_insee": communes.index.repeat(2),
            "service": ["dpd", "sig"] * len(communes),
            "state": ["member", "unknown"] * len(communes),
            "path": ["epci", ""] * len(communes),
            "since": pd.to_datetime(["2019-01-01", None] * len(communes)),
        }
    )
    layers = {
        "communes": communes,
        "epci": toy.epci.assign(**shares),
        "departements": toy.departements.assign(covered_share=[0.5, 0.5]),
        "opsn": opsn,
    }
    memberships = pd.DataFrame({"opsn": ["a"], "level": "commune", "code": "80001", "reaches_communes": True})
    tables = {
        "services": pd.DataFrame({"service": ["dpd", "sig"], "name": ["Délégué", HOSTILE]}),
        "adhesions": memberships,
        "couverture": couverture,
        "reponses": pd.DataFrame(
            {"code_insee": communes.index[:1], "respondent": 1, "label": "Un serveur ?", "answer": "oui"}
        ),
        "rejets": pd.DataFrame({"table": pd.Series([], dtype=str), "row": pd.Series([], dtype=str)}),
    }
    metadata = Metadata(
        title=f"Toy {HOSTILE}", territory="toy", territory_name="Toy", millesime=2021,
        date=dt.date(2021, 2, 1), language=lang, contact="sig@example.org",
        counted=(
            Counted("memberships", "", "simulated", 1, 1), Counted("opsn", "seat", "assumed", 1, 1),
        ),
    )  # fmt: skip
    return Published(layers, tables, metadata, themes_for(layers, lang))
