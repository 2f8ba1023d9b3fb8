"""SIMULATED memberships: who belongs to which OPSN, since when, and for what.

The bodies are real; that they belong is drawn. Adhesion clusters by EPCI (neighbours talk), its rates per
operator, level and département are those of ``plan.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from demo.draw import take

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from demo.territory import Territory

COLUMNS = [
    "opsn",
    "level",
    "code",
    "name",
    "reaches_communes",
    "services",
    "since",
    "until",
    "basis",
]


def simulate(
    rng: np.random.Generator, territory: Territory, offers: pd.DataFrame, plan: dict[str, Any]
) -> pd.DataFrame:
    """Draw the memberships of every operator of the plan.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of every draw.
    territory : Territory
        Real communes and EPCI.
    offers : DataFrame
        Study table; says which services a partial membership may carry.
    plan : dict
        Contents of ``plan.toml``.

    Returns
    -------
    DataFrame
        The columns of `memberships.csv`, all text, sorted by operator, level and code.
    """
    parts = []
    for opsn, terms in plan["operators"].items():
        members = _members(rng, territory, terms, plan["clustering"])
        offered = offers[offers["opsn"].eq(opsn)].groupby("code")["service"].agg(list)
        members["services"] = _services(rng, members, offered, terms)
        parts.append(_dates(rng, members, terms, plan).assign(opsn=opsn))
    found = pd.concat(parts).assign(basis="simulated")
    return found[COLUMNS].sort_values(["opsn", "level", "code", "name"], ignore_index=True)


def _members(
    rng: np.random.Generator, territory: Territory, terms: dict[str, Any], clustering: float
) -> pd.DataFrame:
    """Draw which bodies belong to one operator: `level`, `code`, `name`, `code_dep`, `reaches_communes`."""
    communes, epci = territory
    pull = pd.Series(rng.normal(scale=clustering, size=len(epci)), index=epci.index)
    size = np.log(communes["population"].clip(lower=50)).pipe(lambda x: (x - x.mean()) / x.std())
    appeal = {"commune": 0.25 * size + communes["siren_epci"].map(pull).fillna(0.0), "epci": 0.5 * pull}
    drawn = []
    for level, bodies in (("commune", communes), ("epci", epci)):
        for code_dep, share in terms[level].items():
            weight = np.exp(appeal[level]).where(bodies["code_dep"].eq(code_dep), 0.0).to_numpy(dtype=float)
            chosen = bodies.iloc[take(rng, weight, round(share * np.count_nonzero(weight)))]
            reaches = rng.random(len(chosen)) < (1.0 if level == "commune" else terms["carried"])
            drawn.append(_rows(level, chosen.index, chosen, reaches=reaches))
    drawn.append(_upper(terms))
    large = communes[communes["code_dep"].isin(terms["commune"]) & communes["population"].ge(2000)]
    other = large.iloc[np.sort(rng.permutation(len(large))[: terms.get("other", 0)])]
    drawn.append(
        _rows("other", [""] * len(other), other.assign(name="CCAS – " + other["name"]), reaches=False)
    )
    return pd.concat(drawn, ignore_index=True)


def _upper(terms: dict[str, Any]) -> pd.DataFrame:
    """Lay out the départements and the region that belong to an operator."""
    codes = terms["departement"]
    bodies = pd.DataFrame(
        {"name": [f"Département ({code})" for code in codes], "code_dep": codes}, dtype=object
    )
    rows = _rows("departement", codes, bodies, reaches=terms["departement_carried"])
    if "region" not in terms:
        return rows
    region = pd.DataFrame({"name": [terms["region"]["name"]], "code_dep": [""]}, dtype=object)
    return pd.concat([rows, _rows("region", [terms["region"]["code"]], region, reaches=False)])


def _rows(
    level: str,
    codes: Iterable[str],
    bodies: pd.DataFrame,
    *,
    reaches: bool | NDArray[np.bool_],
) -> pd.DataFrame:
    """Lay bodies of one level out as membership rows."""
    return pd.DataFrame({
        "level": level, "code": list(codes),
        "name": list(bodies["name"]), "code_dep": list(bodies["code_dep"]),
        "reaches_communes": np.where(reaches, "true", "false") if len(bodies) else [],
    }, dtype=object)  # fmt: skip


def _services(
    rng: np.random.Generator, members: pd.DataFrame, offered: pd.Series[Any], terms: dict[str, Any]
) -> list[str]:
    """Draw who takes only some of the services offered where it lies; an empty text takes them all."""
    choices = members["code_dep"].map(offered)
    partial = (rng.random(len(members)) < terms["partial"]) & ~members["level"].isin(
        ["departement", "region"]
    )
    whole = members["level"].map({"departement": ";".join(terms.get("departement_services", []))}).fillna("")
    return [
        ";".join(sorted(rng.permutation(some)[: rng.integers(1, len(some))]))
        if part and len(some) > 1
        else all_
        for some, part, all_ in zip(choices, partial, whole, strict=True)
    ]


def _dates(
    rng: np.random.Generator, members: pd.DataFrame, terms: dict[str, Any], plan: dict[str, Any]
) -> pd.DataFrame:
    """Draw since when and until when each member belongs; a département or region is a founder and stays."""
    founder = members["level"].isin(["departement", "region"]).to_numpy()
    first = np.datetime64(f"{terms['since']}-01-01")
    span = int((np.datetime64(plan["last_joining"]) - first) / np.timedelta64(1, "D"))
    late = np.where(founder, 0, span * rng.beta(1.6, 1.3, size=len(members))).astype("timedelta64[D]")
    since = first + late
    last = since + rng.integers(365, 2500, size=len(members)).astype("timedelta64[D]")
    ended = ~founder & (rng.random(len(members)) < plan["ended"])
    until = np.where(ended, np.datetime_as_string(last, unit="D"), "")
    return members.assign(since=np.datetime_as_string(since, unit="D"), until=until)
