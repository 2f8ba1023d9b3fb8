"""A territory small enough to count on one's fingers.

Two départements, two EPCI and a commune outside any; E2 straddles both départements.

    commune  dep  epci  population  area
    01001    01   E1    100         1
    01002    01   E1    200         2
    01003    01   E2    300         3
    02001    02   E2    400         4
    02002    02   -     500         5

``alpha`` (list complete) offers ``dpd`` and ``acte`` in 01; ``beta`` (list incomplete) offers ``dpd`` in 02.
"""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

MEMBERSHIP = {
    "reaches_communes": True,
    "services": "",
    "since": None,
    "until": None,
    "basis": "list",
}


def memberships(*rows: dict[str, object]) -> pd.DataFrame:
    columns = ["opsn", "level", "code", *MEMBERSHIP]
    return pd.DataFrame([MEMBERSHIP | row for row in rows], columns=columns)


@pytest.fixture
def small() -> SimpleNamespace:
    communes = pd.DataFrame(
        {
            "name": ["A", "B", "C", "D", "E"],
            "code_dep": ["01", "01", "01", "02", "02"],
            "code_reg": "32",
            "siren_epci": ["E1", "E1", "E2", "E2", None],
            "population": [100, 200, 300, 400, 500],
            "area_km2": [1.0, 2.0, 3.0, 4.0, 5.0],
            "inside": [True, True, True, False, True],
        },
        index=pd.Index(["01001", "01002", "01003", "02001", "02002"], name="code_insee"),
    )
    offers = pd.DataFrame(
        [("alpha", "dpd", "01"), ("alpha", "acte", "01"), ("beta", "dpd", "02")],
        columns=["opsn", "service", "code"],
    ).assign(level="departement")
    members = memberships(
        {"opsn": "alpha", "level": "commune", "code": "01001", "since": "2019-05-01", "basis": "register"},
        {"opsn": "alpha", "level": "epci", "code": "E1", "since": "2020-01-01", "services": "dpd"},
        {"opsn": "alpha", "level": "epci", "code": "E2", "reaches_communes": False},
        {"opsn": "beta", "level": "commune", "code": "02001", "since": "2018-01-01", "until": "2020-12-31"},
    )
    return SimpleNamespace(
        communes=communes,
        services=pd.DataFrame({"service": ["dpd", "acte", "sig"]}),
        opsn=pd.DataFrame({"opsn": ["alpha", "beta"], "list_complete": [True, False]}),
        offers=offers,
        memberships=members,
    )


@pytest.fixture
def tables(small: SimpleNamespace) -> dict[str, pd.DataFrame]:
    return dict(vars(small))
