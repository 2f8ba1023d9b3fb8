"""How long the coverage of all of France takes, beside plain pandas merges, on invented memberships."""

from __future__ import annotations

import sys
from datetime import date
from time import perf_counter

import numpy as np
import pandas as pd

from opsn_geo.measure.coverage.evidence import coverage
from opsn_geo.measure.coverage.ladder import couverture, state_codes, summary

DAY = date(2021, 2, 1)


def invented(communes: int, services: int, operators: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Draw a country: 100 départements, EPCI of 28 communes, operators of one or two départements."""
    draw = np.random.default_rng(seed)
    place = np.arange(communes)
    frame = pd.DataFrame(
        {
            "siren_epci": (place // 28 + 200_000_000).astype(str),
            "code_dep": (place * 100 // communes).astype(str),
            "code_reg": (place * 13 // communes).astype(str),
        },
        index=pd.Index([f"{it:05}" for it in place], name="code_insee"),
    )
    slugs, names = [f"s{it}" for it in range(services)], [f"o{it}" for it in range(operators)]
    pairs = pd.MultiIndex.from_product([names, slugs], names=["opsn", "service"]).to_frame(index=False)
    offers = pd.concat([pairs.sample(frac=0.4, random_state=it) for it in range(2)], ignore_index=True)
    offers = offers.assign(level="departement", code=draw.integers(0, 100, len(offers)).astype(str))
    codes = draw.choice(frame.index, (operators, communes // 20)).ravel()
    direct = pd.DataFrame({"opsn": np.repeat(names, communes // 20), "level": "commune", "code": codes})
    epci = pd.DataFrame({"opsn": np.repeat(names, 40), "level": "epci"})
    epci["code"] = draw.choice(frame["siren_epci"].unique(), len(epci))
    departements = pd.DataFrame({"opsn": names, "level": "departement", "code": "1"})
    members = pd.concat([direct, epci, departements], ignore_index=True)
    members = members.assign(
        reaches_communes=draw.choice([True, True, False], len(members)),
        services=draw.choice(["*", "s1;s2", "s3"], len(members)),
        since=pd.Timestamp("2015-01-01"),
        until=pd.NaT,
        evidence="list",
    )
    return {
        "communes": frame,
        "services": pd.DataFrame({"service": slugs}),
        "opsn": pd.DataFrame({"opsn": names, "list_complete": draw.choice([True, True, False], operators)}),
        "offers": offers,
        "memberships": members,
    }


def plain_pandas(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give the state of each commune and service the straightforward way: merges, explode, groupby."""
    codes = tables["communes"].reset_index()
    under = pd.concat(
        codes[["code_insee"]].assign(level=level, code=codes[column])
        for level, column in {
            "commune": "code_insee", "epci": "siren_epci", "departement": "code_dep", "region": "code_reg",
        }.items()
    )  # fmt: skip
    every = ";".join(tables["services"]["service"])
    members = tables["memberships"].assign(service=lambda t: t["services"].replace("*", every).str.split(";"))
    members = members[(members["since"] <= pd.Timestamp(DAY)) & members["until"].isna()].explode("service")
    members = members.merge(under, on=["level", "code"])
    members = members[members["reaches_communes"] | members["level"].eq("commune")]
    key = ["code_insee", "service", "opsn"]
    offered = tables["offers"].merge(under, on=["level", "code"])[key].drop_duplicates()
    cells = offered.merge(members[key].drop_duplicates().assign(member=True), on=key, how="left")
    cells = cells.merge(tables["opsn"], on="opsn")
    cells["rank"] = np.select([cells["member"].eq(True), ~cells["list_complete"]], [2, 1], 0)  # noqa: FBT003
    rank = cells.groupby(key[:2])["rank"].max()
    return rank.map({0: "offered", 1: "unknown", 2: "member"}).unstack(fill_value="not_offered")  # noqa: PD010


def main() -> None:
    sizes = [int(it) for it in sys.argv[1:]] or [35_000, 31, 60]
    tables = invented(*sizes)
    coverage(**tables, date=DAY)  # the first call also loads parts of pandas
    start = perf_counter()
    known = coverage(**tables, date=DAY)
    gathered = perf_counter()
    codes = state_codes(known)
    state = perf_counter()
    rows = len(couverture(known))
    table = perf_counter()
    summary(known)
    end = perf_counter()
    plain = plain_pandas(tables)
    last = perf_counter()
    ours = pd.DataFrame(codes, known.places, known.services).loc[plain.index, plain.columns]
    agree = (
        ours.to_numpy() == plain.map(["not_offered", "offered", "member", "", "unknown"].index).to_numpy()
    ).all()
    print(f"{sizes} ({len(tables['memberships'])} memberships, {len(tables['offers'])} offers)")
    print(f"coverage {gathered - start:.2f} s, states {state - gathered:.2f} s")
    print(f"couverture ({rows} rows) {table - state:.2f} s, summary {end - table:.2f} s")
    print(f"plain pandas, states alone {last - end:.2f} s; same states: {agree}")


if __name__ == "__main__":
    main()
