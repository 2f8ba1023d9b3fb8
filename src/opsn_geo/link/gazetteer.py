"""Every code and name by which a territory's communes are known, in whatever vintage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from opsn_geo.link.codes import ARRONDISSEMENTS, departement_of
from opsn_geo.link.names import key, loose
from opsn_geo.read.boundaries import Territory
from opsn_geo.read.values import respelt

PASSAGE_COLUMNS: Final = (
    "millesime_from", "code_from", "name_from", "millesime_to", "code_to", "name_to", "event",
    "population_share",
)  # fmt: skip
"""Columns of a passage table: a code of one vintage, and what it is in another, with its share of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """The codes and names of one territory.

    Parameters
    ----------
    codes : DataFrame
        code, code_insee, share, event: where each known code has gone in this vintage; the shares of a code
        add up to 1, and its ``event`` is empty where the code is this vintage's own.
    names : DataFrame
        code, name, key, loose, code_dep, postal_codes, rank (0 this vintage's name, 1 a former one): one row
        per name and département.
    """

    codes: pd.DataFrame
    names: pd.DataFrame


def empty_passage() -> pd.DataFrame:
    """Make a passage table without a row, for a study whose codes are all of its own vintage."""
    texts = {it: pd.Series(dtype="str") for it in PASSAGE_COLUMNS}
    numbers = {it: pd.Series(dtype="int64") for it in ("millesime_from", "millesime_to")}
    return pd.DataFrame({**texts, **numbers, "population_share": pd.Series(dtype="float64")})


def gazetteer(territory: Territory, passage: pd.DataFrame, *, vintage: int | None = None) -> Gazetteer:
    """Gather the codes and names of a territory.

    Parameters
    ----------
    territory : Territory
        Communes of the study's vintage, those beyond its border included.
    passage : DataFrame
        :data:`PASSAGE_COLUMNS`; rows towards other vintages or other communes are left aside.
    vintage : int, optional
        Vintage of the codes to link, when it is known: a commune that has been split since is then shared
        out. Otherwise a code that exists in the study's vintage means what it means there.

    Returns
    -------
    Gazetteer
    """
    towards = _towards(territory, passage)
    return Gazetteer(codes=_codes(territory, towards, vintage), names=_names(territory, towards))


def _towards(territory: Territory, passage: pd.DataFrame) -> pd.DataFrame:
    """Keep the passages to this territory and vintage, from the nearest vintage first."""
    kept = passage[
        (passage["millesime_to"] == territory.millesime) & passage["code_to"].isin(territory.communes.index)
    ]
    distance = (kept["millesime_from"] - territory.millesime).abs()
    return kept.assign(distance=distance).sort_values(["distance", "code_from", "code_to"])


def _codes(territory: Territory, towards: pd.DataFrame, vintage: int | None) -> pd.DataFrame:
    """Tell where every known code has gone: the vintage's own, those told, then arrondissements."""
    own = pd.DataFrame({"code": territory.communes.index, "code_insee": territory.communes.index})
    gone = towards.rename(columns={"code_from": "code", "code_to": "code_insee", "population_share": "share"})
    gone = gone[gone["distance"] == gone.groupby("code")["distance"].transform("min")]
    told = gone[gone["millesime_from"] == vintage] if vintage is not None else gone.iloc[:0]
    parts = pd.DataFrame(ARRONDISSEMENTS.items(), columns=["code", "code_insee"], dtype="str")
    parts = parts[parts["code_insee"].isin(own["code"])]
    sources = [
        told,
        own.assign(share=1.0, event=""),
        gone[gone["code"] != gone["code_insee"]],
        parts.assign(share=1.0, event="arrondissement"),
    ]
    ranked = pd.concat([source.assign(rank=i) for i, source in enumerate(sources)], ignore_index=True)
    best = ranked[ranked["rank"] == ranked.groupby("code")["rank"].transform("min")]
    columns = ["code", "code_insee", "share", "event"]
    return best[columns].drop_duplicates(["code", "code_insee"]).reset_index(drop=True)


def _names(territory: Territory, towards: pd.DataFrame) -> pd.DataFrame:
    """List the names of every known code, this vintage's and former ones, in every département it was in."""
    communes = territory.communes
    own = pd.DataFrame(
        {"code": communes.index, "name": communes["name"].to_numpy(), "code_insee": communes.index}
    )
    former = towards.rename(columns={"code_from": "code", "name_from": "name", "code_to": "code_insee"})
    former = former[["code", "name", "code_insee"]].dropna(subset=["name"])
    names = pd.concat([own.assign(rank=0), former.assign(rank=1)], ignore_index=True)
    names["postal_codes"] = names["code_insee"].map(communes["postal_codes"])
    here = names.assign(code_dep=departement_of(names["code"]))
    there = names.assign(code_dep=names["code_insee"].map(communes["code_dep"]))
    names = pd.concat([here, there], ignore_index=True)
    names["key"] = respelt(names["name"], key)
    names["loose"] = respelt(names["key"], loose)
    return names.drop_duplicates(["code", "key", "code_dep"]).reset_index(drop=True)
