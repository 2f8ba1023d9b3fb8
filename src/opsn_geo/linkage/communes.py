"""Rows that name a commune, by code or by name, to the communes of a study's vintage."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage.causes import Cause, How
from opsn_geo.linkage.codes import departement_code, departement_of, identifier, identifiers
from opsn_geo.linkage.elsewhere import elsewhere
from opsn_geo.linkage.gazetteer import Gazetteer, gazetteer_of
from opsn_geo.linkage.matching import match_names
from opsn_geo.linkage.names import bracketed, key, loose, official_names, whole_key
from opsn_geo.linkage.result import Linked, column, kept
from opsn_geo.read.values import plain, respelt

AGREEMENT: Final = 80.0
"""Least likeness of a row's name to a name of the commune its code means (rapidfuzz, 0 to 100)."""

_SEVERAL: Final = 3
_MOST: Final = 0.8

LINK_COLUMNS: Final = ("code_insee", "official_name", "how", "score", "share", "event")
"""Columns that a linked row gets."""


def link_communes(
    frame: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    *,
    code: str | None = "code",
    name: str | None = "name",
    dep: str | None = "code_dep",
    postal: str | None = "postal_code",
    corrections: pd.DataFrame | None = None,
    vintage: int | None = None,
    gazetteer: Gazetteer | None = None,
) -> Linked:
    """Return rows with the communes that they name, and those that name none.

    A correction decides; then the code, mended if need be, unless the row's name or département
    contradicts it; then the name, within the département of the row, its code or its postal code.
    A postal code only chooses among communes of the same name.

    Parameters
    ----------
    frame : DataFrame
        Any table; its index labels the rows.
    territory : Territory
        The communes to link to, those beyond its border included.
    passage : DataFrame
        Passage between vintages, see :data:`opsn_geo.linkage.passage.COLUMNS`.
    code, name, dep, postal : str or None
        Columns of the frame that hold an INSEE code, SIREN or SIRET; a name; a département (code or name);
        a postal code. One that is absent is ignored.
    corrections : DataFrame, optional
        ``found`` (a name or code as the rows have it) and ``code`` (INSEE code meant; empty to set aside).
    vintage : int, optional
        Vintage of the codes, if given; see :func:`~opsn_geo.linkage.gazetteer.gazetteer_of`.
    gazetteer : Gazetteer, optional
        Codes and names, gathered for the same territory, passage and vintage; gathered here if absent.

    Returns
    -------
    Linked
        ``linked``: the frame's columns and :data:`LINK_COLUMNS`: the commune, by what it was linked, the
        likeness of its name (0 to 100; missing where no name was needed), the share of the population that
        a commune since split brings here (1 else), what happened to its code. ``rejected``: the frame's
        columns, cause and candidates. A frame's own column of such a name gets `` (read)``.

    Examples
    --------
    >>> from opsn_geo.linkage.passage import empty_passage
    >>> communes = pd.DataFrame({"name": ["Achery", "Acy"], "code_dep": "02", "siren_epci": None,
    ...     "siren": ["210200028", "210200036"], "postal_codes": ["02800", "02200"], "inside": True},
    ...     index=pd.Index(["02002", "02003"], name="code_insee"))
    >>> territory = Territory(communes=communes, epci=communes.iloc[:0], millesime=2021, name="toy",
    ...     departements=pd.DataFrame({"name": ["Aisne"]}, index=["02"]))
    >>> rows = pd.DataFrame({"code": ["2002", None, "59350"], "name": [None, "ACY (02)", "Lille"]})
    >>> linked, rejected = link_communes(rows, territory, empty_passage())
    >>> linked[["code_insee", "how"]].values.tolist(), rejected["cause"].tolist()
    ([['02002', 'mended_code'], ['02003', 'name']], ['outside_territory'])
    """
    gazetteer = gazetteer or gazetteer_of(territory, passage, vintage=vintage)
    rows = _identified(frame, territory, code=code, name=name, dep=dep, postal=postal)
    rows = _corrected(_in_brackets(rows, gazetteer), corrections)
    by_code = _checked(rows, _by_code(rows, territory, gazetteer), gazetteer, territory)
    left = by_code["code"].isna() & by_code["cause"].isin([*_NAME_MAY_HELP, None]) & rows["key"].notna()
    by_name = match_names(rows[left], gazetteer.names)
    return _split(frame, _decided(rows, by_code, by_name, territory), gazetteer, territory)


_NAME_MAY_HELP: Final = tuple(
    map(
        str,
        (
            Cause.DAMAGED_CODE,
            Cause.UNREADABLE_CODE,
            Cause.INVALID_SIREN,
            Cause.UNKNOWN_CODE,
            Cause.NO_IDENTIFIER,
        ),
    )
)


def _identified(
    frame: pd.DataFrame,
    territory: Territory,
    *,
    code: str | None,
    name: str | None,
    dep: str | None,
    postal: str | None,
) -> pd.DataFrame:
    """Return what each row holds of its commune: code, name, département, postal code."""
    rows = pd.DataFrame(
        {"read_code": column(frame, code), "name": column(frame, name), "postal_code": column(frame, postal)}
    )
    rows["postal_code"] = respelt(rows["postal_code"], _postal)
    if _is_postal(rows["read_code"], territory):
        rows = rows.assign(postal_code=respelt(rows["read_code"], _postal), read_code=None).astype(
            {"read_code": "str"}
        )
    rows = rows.join(identifiers(rows["read_code"]))
    rows["key"] = respelt(rows["name"], lambda text: key(text) or None)
    rows["loose"] = respelt(rows["key"], loose)
    rows["own_dep"] = _departements(column(frame, dep), rows["name"], territory)
    rows["code_dep"] = rows["own_dep"].fillna(_hinted(rows, territory))
    return rows


def _in_brackets(rows: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """Return the rows with the whole key of names that are official with what stands in their brackets."""
    official = gazetteer.names[gazetteer.names["name"].str.contains("(", regex=False)]
    whole = respelt(rows["name"], whole_key)
    whole = whole.where(whole.isin(official["key"]) & rows["name"].str.contains("(", regex=False))
    return rows.assign(key=whole.fillna(rows["key"]), loose=respelt(whole, loose).fillna(rows["loose"]))


def _postal(text: str) -> str | None:
    """Return a postal code, with the zero that Excel took."""
    digits = text.replace(" ", "").removesuffix(".0")
    return digits.zfill(5) if digits.isdigit() and len(digits) in {4, 5} else None


def _is_postal(codes: pd.Series[str], territory: Territory) -> bool:
    """Return whether a column headed as codes holds postal codes: several, and nearly all of them are.

    Most postal codes are some commune's INSEE code too, but few INSEE codes are postal codes.
    """
    read = respelt(pd.Series(codes.dropna().unique(), dtype="str"), _postal).dropna()
    postal = read.isin(set(territory.communes["postal_codes"].dropna().str.split(";").explode()))
    return len(read) >= _SEVERAL and bool(postal.mean() > _MOST)


def _departements(texts: pd.Series[str], names: pd.Series[str], territory: Territory) -> pd.Series[str]:
    """Return each row's département, by code or name, in its own column or in brackets behind the name."""
    codes = {plain(name): str(code) for code, name in official_names(territory.departements).items()}

    def read(text: str) -> str | None:
        return departement_code(text) or codes.get(plain(text))

    return respelt(texts, read).fillna(respelt(respelt(names, bracketed), read))


def _hinted(rows: pd.DataFrame, territory: Territory) -> pd.Series[str]:
    """Return the département of a code that is none of the territory's, else from the postal code."""
    insee = rows["value"].where(rows["kind"].isin(["insee", "mended"]))
    communes = territory.communes
    zips = communes["postal_codes"].str.split(";").explode().dropna()
    pairs = pd.DataFrame({"zip": zips, "dep": communes["code_dep"].reindex(zips.index)}).drop_duplicates()
    alone = pairs.drop_duplicates("zip", keep=False).set_index("zip")["dep"]
    return departement_of(insee).fillna(rows["postal_code"].map(dict(alone)).astype("str"))


def _corrected(rows: pd.DataFrame, corrections: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows with the code that a correction gives in the place of what the row holds."""
    rows = rows.assign(how=None, cause=None).astype({"how": "str", "cause": "str"})
    if corrections is None or corrections.empty:
        return rows
    codes = dict(zip(corrections["found"].map(plain), corrections["code"].fillna(""), strict=True))
    by_name, by_code = (
        respelt(rows[name], lambda text: codes.get(plain(text))) for name in ("name", "read_code")
    )
    corrected = by_name.fillna(by_code)
    aside, decided = corrected.eq("").fillna(value=False), corrected.fillna("").ne("")
    rows.loc[aside, "cause"] = str(Cause.SET_ASIDE)
    rows.loc[decided, "how"] = str(How.CORRECTION)
    rows.loc[decided, "kind"] = "insee"
    rows.loc[decided, "value"] = respelt(corrected[decided], lambda text: identifier(text)[1])
    rows.loc[decided, ["name", "key", "loose", "own_dep"]] = None
    return rows


def _by_code(rows: pd.DataFrame, territory: Territory, gazetteer: Gazetteer) -> pd.DataFrame:
    """Return the code that each row's code means, or why there is none."""
    communes = territory.communes
    siren = rows["kind"].eq("siren")
    sirens = communes["siren"].dropna()
    owner = dict(zip(sirens, sirens.index, strict=True))
    code = rows["value"].where(~siren, rows["value"].map(owner))
    is_code = rows["kind"].isin(["insee", "mended", "siren"]) & rows["cause"].isna()
    listed = code.where(is_code & code.isin(gazetteer.codes["code"]))
    kinds = rows["kind"].map({"insee": How.CODE, "mended": How.MENDED_CODE, "siren": How.SIREN}).astype("str")
    unlisted = is_code & listed.isna()
    official = pd.Series(data=False, index=rows.index)
    if unlisted.any():
        others = elsewhere(territory)
        codes = {*others.communes.index, *others.communes["siren"], *others.epci.index}
        official = unlisted & rows["value"].isin(codes)
    far = ~departement_of(code).isin(territory.departements.index) & ~_beyond(code, gazetteer)
    outside = official | (~siren & far)
    cause = np.select(
        [
            rows["cause"].notna(), listed.notna(), rows["read_code"].isna() & rows["value"].isna(), ~is_code,
            siren & rows["value"].isin(territory.epci.index), outside,
        ],
        [
            rows["cause"], "", str(Cause.NO_IDENTIFIER), rows["kind"], str(Cause.WRONG_LEVEL),
            str(Cause.OUTSIDE_TERRITORY),
        ],
        str(Cause.UNKNOWN_CODE),
    )  # fmt: skip
    causes = pd.Series(cause, index=rows.index, dtype="str")
    return pd.DataFrame(
        {
            "code": listed.astype("str"),
            "how": rows["how"].fillna(kinds).where(listed.notna()),
            "score": pd.Series(index=rows.index, dtype="Float64"),
            "cause": causes.mask(causes.eq("")),
            "candidates": pd.Series(index=rows.index, dtype="str"),
        }
    )


def _beyond(code: pd.Series[str], gazetteer: Gazetteer) -> pd.Series[bool]:
    """Return which codes are of a département that only communes beyond the border are in."""
    return departement_of(code).isin(departement_of(gazetteer.codes["code"]).unique())


def _checked(
    rows: pd.DataFrame, by_code: pd.DataFrame, gazetteer: Gazetteer, territory: Territory
) -> pd.DataFrame:
    """Return the codes with those rejected that the row's name, or else its département, contradicts."""
    pairs = pd.DataFrame({"code": by_code["code"], "loose": rows["loose"]}).dropna().drop_duplicates()
    likeness = _likeness(pairs, gazetteer)
    scores = rows[["loose"]].assign(code=by_code["code"]).merge(likeness, how="left", on=["code", "loose"])
    score = scores["score"].set_axis(rows.index)
    doubtful = score.lt(AGREEMENT) | scores["elsewhere"].fillna(value=False).set_axis(rows.index).astype(
        "bool"
    )
    home = by_code["code"].map(gazetteer.codes.drop_duplicates("code").set_index("code")["code_insee"])
    home = home.map(territory.communes["code_dep"])
    dep = rows["own_dep"]
    astray = score.isna() & dep.notna() & dep.ne(departement_of(by_code["code"])) & dep.ne(home)
    wrong = by_code["code"].notna() & (doubtful | astray)
    official = gazetteer.names.drop_duplicates("code").set_index("code")["name"]
    labels = by_code["code"].map(official) + " (" + by_code["code"] + ")"
    checked = by_code.assign(score=score.astype("Float64").where(by_code["code"].notna()))
    checked.loc[wrong, ["code", "how", "score"]] = None
    checked.loc[wrong, "cause"] = str(Cause.MISMATCH)
    checked.loc[wrong, "candidates"] = labels[wrong]
    return checked


def _likeness(pairs: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """Return how like names are to every name of the commune their code means, former ones included."""
    moves = gazetteer.codes[["code", "code_insee"]]
    back = moves.rename(columns={"code": "code_insee", "code_insee": "code"})
    aliases = pd.concat([moves, back]).drop_duplicates().rename(columns={"code_insee": "alias"})
    names = gazetteer.names[["code", "loose", "code_dep"]].rename(
        columns={"code": "alias", "loose": "official"}
    )
    compared = pairs.merge(aliases, on="code").merge(names, on="alias")
    typed, official = compared["loose"].tolist(), compared["official"].tolist()
    ratios = [
        process.cpdist(typed, official, scorer=scorer, dtype=np.float64)
        for scorer in (fuzz.ratio, fuzz.token_set_ratio)
    ]
    compared["score"] = np.maximum(*ratios)
    best = compared.groupby(["code", "loose"])["score"].max().reset_index()
    same = (
        compared.assign(same=compared["loose"] == compared["official"])
        .groupby(["code", "loose"])["same"]
        .any()
    )
    best = best.merge(same.reset_index(), on=["code", "loose"])
    others = gazetteer.names[gazetteer.names["rank"] == 0].drop_duplicates(["loose", "code_dep"])[
        ["loose", "code_dep"]
    ]
    here = best.assign(code_dep=departement_of(best["code"])).merge(others.assign(named=True), how="left")
    best["elsewhere"] = here["named"].notna().to_numpy() & ~best["same"]
    return best[["code", "loose", "score", "elsewhere"]]


def _decided(
    rows: pd.DataFrame, by_code: pd.DataFrame, by_name: pd.DataFrame, territory: Territory
) -> pd.DataFrame:
    """Return what codes and names gave, and for each row left the cause that helps most."""
    decided = by_code.copy()
    named, unnamed = by_name[by_name["code"].notna()], by_name[by_name["code"].isna()]
    decided.loc[named.index] = named
    decided.loc[unnamed.index, "candidates"] = unnamed["candidates"]
    no_code = by_code["cause"].reindex(unnamed.index).eq(str(Cause.NO_IDENTIFIER))
    by_its_name = unnamed[no_code | unnamed["cause"].eq(str(Cause.AMBIGUOUS_NAME))]
    decided.loc[by_its_name.index, "cause"] = by_its_name["cause"]
    unknown = decided["cause"].eq(str(Cause.UNKNOWN_NAME))
    away = rows["own_dep"].notna() & ~rows["own_dep"].isin(territory.communes["code_dep"])
    decided.loc[unknown & away, "cause"] = str(Cause.OUTSIDE_TERRITORY)
    if unknown.any():
        namesakes = _namesakes(rows[unknown], territory)
        decided.loc[namesakes.index, "cause"] = str(Cause.OUTSIDE_TERRITORY)
        decided.loc[namesakes.index, "candidates"] = namesakes
    postal = decided["cause"].eq(str(Cause.NO_IDENTIFIER)) & rows["postal_code"].notna()
    decided.loc[postal, "cause"] = str(Cause.POSTAL_ALONE)
    return decided


def _namesakes(rows: pd.DataFrame, territory: Territory) -> pd.Series[str]:
    """Return the names of rows that are those of communes left out of the study, in the same regions.

    A row that gives a département means a commune of it.
    """
    regions = set(territory.communes["code_reg"].dropna()) if "code_reg" in territory.communes else set()
    communes = elsewhere(territory).communes
    communes = communes[communes["code_reg"].isin(regions)]
    listed = pd.DataFrame(
        {
            "key": respelt(communes["name"], key),
            "label": communes["name"] + " (" + communes.index.astype("str") + ")",
            "dep": communes["code_dep"],
        }
    )
    pairs = rows[["key", "own_dep"]].reset_index(names="row").dropna(subset=["key"]).merge(listed, on="key")
    pairs = pairs[pairs["own_dep"].isna() | pairs["own_dep"].eq(pairs["dep"])]
    return pairs.groupby("row")["label"].agg(", ".join)


def _split(frame: pd.DataFrame, decided: pd.DataFrame, gazetteer: Gazetteer, territory: Territory) -> Linked:
    """Return the rows linked, shared out where a commune was split, and those rejected."""
    coded = decided[decided["code"].notna()].reset_index(names="position")
    placed = coded.merge(gazetteer.codes, on="code", how="inner", validate="m:m").sort_values(
        "position", kind="stable"
    )
    by_code = placed["how"].isin([str(How.CODE), str(How.MENDED_CODE)])
    placed["how"] = placed["how"].mask(by_code & placed["event"].ne(""), str(How.PASSAGE))
    placed["official_name"] = placed["code_insee"].map(official_names(territory.communes))
    linked = kept(frame, pd.Index(placed["position"]), LINK_COLUMNS)
    linked[list(LINK_COLUMNS)] = placed[list(LINK_COLUMNS)].to_numpy(dtype="object")
    kinds = {"code_insee": "str", "official_name": "str", "how": "str", "event": "str"}
    linked = linked.astype({**kinds, "score": "Float64", "share": "float64"})
    uncoded = decided[decided["code"].isna()]
    rejected = kept(frame, uncoded.index, ["cause", "candidates"])
    rejected[["cause", "candidates"]] = uncoded[["cause", "candidates"]].to_numpy(dtype="object")
    return Linked(linked, rejected.astype({"cause": "str", "candidates": "str"}))
