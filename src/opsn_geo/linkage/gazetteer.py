"""Every code and name of a territory's communes, of whatever vintage."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage.codes import ARRONDISSEMENTS, departement_of
from opsn_geo.linkage.names import key, loose, official_names, whole_key
from opsn_geo.linkage.passage import towards
from opsn_geo.read.values import respelt


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """The codes and names of one territory.

    Parameters
    ----------
    codes : DataFrame
        code, code_insee, share, event: what each code is in this vintage; the shares of a code
        add up to 1, and its ``event`` is empty where the code is this vintage's own.
    names : DataFrame
        code, name, key, loose, code_dep, postal_codes, rank (0 this vintage's name, 1 a former one): one row
        per name and département.
    """

    codes: pd.DataFrame
    names: pd.DataFrame


def gazetteer_of(territory: Territory, passage: pd.DataFrame, *, vintage: int | None = None) -> Gazetteer:
    """Return the codes and names of a territory.

    Parameters
    ----------
    territory : Territory
        Communes of the study's vintage, those beyond its border included.
    passage : DataFrame
        See :data:`opsn_geo.linkage.passage.COLUMNS`.
    vintage : int, optional
        Vintage of the codes to link, where it is given: a commune that has been split since is then shared
        out. Otherwise a code that exists in the study's vintage means what it means there.

    Returns
    -------
    Gazetteer
    """
    former = towards(passage, territory)
    former["distance"] = (former["millesime_from"] - territory.millesime).abs()
    former = former.sort_values(["distance", "code", "code_insee"], kind="stable")
    return Gazetteer(codes=_codes(territory, former, vintage), names=_names(territory, former))


def _codes(territory: Territory, former: pd.DataFrame, vintage: int | None) -> pd.DataFrame:
    """Return what every code is now: by the vintage given, else the study's, else the nearest."""
    own = pd.DataFrame({"code": territory.communes.index, "code_insee": territory.communes.index})
    of_vintage = former[former["millesime_from"] == vintage] if vintage is not None else former.iloc[:0]
    near = former[former["distance"] == former.groupby("code")["distance"].transform("min")]
    parts = pd.DataFrame(ARRONDISSEMENTS.items(), columns=["code", "code_insee"], dtype="str")
    parts = parts[parts["code_insee"].isin(own["code"])]
    sources = [
        of_vintage,
        own.assign(share=1.0, event=""),
        near,
        parts.assign(share=1.0, event="arrondissement"),
    ]
    ranked = pd.concat([source.assign(rank=i) for i, source in enumerate(sources)], ignore_index=True)
    best = ranked[ranked["rank"] == ranked.groupby("code")["rank"].transform("min")]
    columns = ["code", "code_insee", "share", "event"]
    return best[columns].drop_duplicates(["code", "code_insee"]).reset_index(drop=True)


def _names(territory: Territory, former: pd.DataFrame) -> pd.DataFrame:
    """Return the names of every code, this vintage's and former ones, in every département it was in."""
    communes = territory.communes
    own = pd.DataFrame(
        {"code": communes.index, "name": official_names(communes).to_numpy(), "code_insee": communes.index}
    )
    past = former[["code", "name", "code_insee"]].dropna(subset=["name"])
    names = pd.concat([own.assign(rank=0), past.assign(rank=1)], ignore_index=True)
    names["postal_codes"] = names["code_insee"].map(communes["postal_codes"])
    here = names.assign(code_dep=departement_of(names["code"]))
    there = names.assign(code_dep=names["code_insee"].map(communes["code_dep"]))
    names = pd.concat([here, there], ignore_index=True)
    names["key"] = respelt(names["name"], key)
    in_brackets = names[names["name"].str.contains("(", regex=False)]
    names = pd.concat(
        [names, in_brackets.assign(key=respelt(in_brackets["name"], whole_key))], ignore_index=True
    )
    names["loose"] = respelt(names["key"], loose)
    return names.drop_duplicates(["code", "key", "code_dep"]).reset_index(drop=True)
