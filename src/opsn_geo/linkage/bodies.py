"""EPCI, départements and régions by code or name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.linkage.causes import Cause, How
from opsn_geo.linkage.codes import departement_code, identifiers
from opsn_geo.linkage.elsewhere import elsewhere
from opsn_geo.linkage.matching import match_names
from opsn_geo.linkage.names import bracketed, group_key, loose, official_names
from opsn_geo.linkage.result import column
from opsn_geo.read.values import plain, respelt

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

_COUNCIL: Final = (
    r"^(?:le |la |l )?(?:conseil |departement |region |collectivite |departemental |regional |cd |cr )+"
)
_ACRONYM_NATURES: Final[Mapping[str, str]] = {"metropole": "m"}
_DEPARTEMENT_SIREN: Final = r"^22(\d\d)\d{5}$"


def find_bodies(frame: pd.DataFrame, level: str, territory: Territory) -> pd.DataFrame:
    """Return the EPCI, département or région that each row means, by ``code``, else by ``name``.

    Where the code and the exact name are those of two different bodies, the row is rejected.

    Parameters
    ----------
    frame : DataFrame
        code and name as text, either may be absent.
    level : {"epci", "departement", "region"}
        What the rows are.
    territory : Territory
        Where they are sought: a body outside it is not found.

    Returns
    -------
    DataFrame
        On positions 0, 1, 2…: code, official_name, how, score, cause, candidates.

    Examples
    --------
    >>> from opsn_geo.boundaries.territory import Territory
    >>> epci = pd.DataFrame({"name": ["CA du Beauvaisis"]}, index=["200067999"])
    >>> territory = Territory(communes=epci, epci=epci, departements=epci, millesime=2021, name="toy")
    >>> rows = pd.DataFrame({"name": ["Communauté d’agglomération du Beauvaisis", "CAB", "CC du Vimeu"]})
    >>> find_bodies(rows, "epci", territory)[["code", "how", "cause"]].values.tolist()
    [['200067999', 'name', nan], ['200067999', 'name', nan], [nan, nan, 'outside_territory']]
    """
    list_names, read_names, read_codes = _READERS[Level(level)]
    names = list_names(territory)
    texts = column(frame, "name")
    code = read_codes(column(frame, "code"), texts)
    official = names[names["rank"] == 0].drop_duplicates("code").set_index("code")["name"]
    by_code = code["value"].isin(official.index)
    same_name = by_code & texts.eq(code["value"].map(official)).fillna(value=False)
    wanted = texts[texts.notna() & ~same_name]
    bodies = match_names(read_names(wanted).assign(code_dep=None, postal_code=None), names)
    bodies = bodies.reindex(texts.index)
    bodies.loc[same_name, "score"] = 100.0
    has_code = code["value"].notna() | code["kind"].notna()
    other = by_code & bodies["how"].eq(str(How.NAME)) & bodies["code"].ne(code["value"])
    labels = code["value"].map(official).astype("str") + " (" + code["value"] + ")"
    bodies.loc[by_code, ["cause", "candidates"]] = None
    bodies.loc[by_code, "code"] = code["value"]
    bodies.loc[by_code, "how"] = code["how"]
    bodies.loc[other, ["code", "how", "score"]] = None
    bodies.loc[other, "cause"] = str(Cause.MISMATCH)
    bodies.loc[other, "candidates"] = labels[other]
    unlinked = bodies["code"].isna() & ~by_code
    bodies.loc[unlinked & has_code & ~bodies["cause"].eq(str(Cause.AMBIGUOUS_NAME)), "cause"] = code["kind"]
    bodies.loc[unlinked & ~has_code & texts.isna(), "cause"] = str(Cause.NO_IDENTIFIER)
    if Level(level) is Level.EPCI and unlinked.any():
        others = elsewhere(territory).epci
        by_name = match_names(
            read_names(texts[unlinked & texts.notna()]).assign(code_dep=None, postal_code=None),
            _names(others.index, others["name"], _group_keys(others["name"])),
        )
        namesakes = by_name.index[by_name["how"].eq(str(How.NAME))].difference(
            bodies.index[code["value"].notna()]
        )
        of_elsewhere = unlinked & (code["value"].isin(others.index) | unlinked.index.isin(namesakes))
        bodies.loc[of_elsewhere, "cause"] = str(Cause.OUTSIDE_TERRITORY)
        bodies.loc[of_elsewhere, "candidates"] = None
    return bodies.assign(official_name=bodies["code"].map(official).astype("str"))


def _names(codes: pd.Index, names: pd.Series, keyed: pd.DataFrame, rank: int = 0) -> pd.DataFrame:
    """Return a table of names as :func:`match_names` reads it."""
    return pd.DataFrame(
        {
            "code": codes.astype("str"), "name": names.to_numpy(), "key": keyed["key"].to_numpy(),
            "loose": keyed["loose"].to_numpy(), "code_dep": "", "postal_codes": "", "rank": rank,
        }
    )  # fmt: skip


def _group_keys(names: pd.Series[str]) -> pd.DataFrame:
    """Return the keys of EPCI's names, with their nature and without."""
    return pd.DataFrame(
        {
            "key": respelt(names, lambda text: " ".join(group_key(text)).strip() or None),
            "loose": respelt(names, lambda text: group_key(text)[1] or group_key(text)[0] or None),
        }
    )


def _epci_names(territory: Territory) -> pd.DataFrame:
    """Return the EPCI by name, by the acronym in brackets, and by the initials of their name."""
    names = official_names(territory.epci)
    # A code that stands for a name has no initials.
    real = names[territory.epci["name"].notna()].astype("str")
    initials = respelt(real, _acronym)
    brackets = respelt(real, lambda text: plain(bracketed(text) or "") or None)
    short = [
        _names(keys.index, real, pd.DataFrame({"key": keys, "loose": keys}), 1)
        for keys in (initials, brackets)
    ]
    every = pd.concat([_names(names.index, names, _group_keys(names)), *short])
    return every.dropna(subset=["key"]).drop_duplicates(["code", "key"]).reset_index(drop=True)


def _acronym(name: str) -> str:
    """Return the initials by which people call an EPCI.

    >>> _acronym("Métropole Européenne de Lille"), _acronym("CA du Pays de Saint-Omer")
    ('mel', 'capso')
    """
    nature, rest = group_key(name)
    return _ACRONYM_NATURES.get(nature, nature) + "".join(word[0] for word in rest.split())


def _epci_codes(codes: pd.Series[str], names: pd.Series[str]) -> pd.DataFrame:
    """Return the SIREN of EPCI; an INSEE code is not one."""
    del names
    read = identifiers(codes)
    siren = read["kind"].eq("siren")
    kind = read["kind"].where(~siren, str(Cause.UNKNOWN_CODE))
    return pd.DataFrame(
        {
            "value": read["value"].where(siren),
            "how": pd.Series(str(How.SIREN), index=codes.index),
            "kind": kind.mask(kind.isin(["insee", "mended"]), str(Cause.WRONG_LEVEL)),
        }
    )


def _council_keys(names: pd.Series[str]) -> pd.DataFrame:
    """Return the keys of names of départements and régions, without the words for their councils."""
    bare = respelt(names, lambda text: plain(text) or None).str.replace(_COUNCIL, "", regex=True)
    return pd.DataFrame({"key": bare, "loose": respelt(bare, lambda text: loose(text) or None)})


def _departement_names(territory: Territory) -> pd.DataFrame:
    """Return the names of the territory's départements."""
    names = official_names(territory.departements)
    return _names(names.index, names, _council_keys(names))


def _departement_codes(codes: pd.Series[str], names: pd.Series[str]) -> pd.DataFrame:
    """Return the codes of départements: as such, in a SIREN (22, then the code), or behind the name."""
    siren = codes.str.replace(" ", "").str.extract(_DEPARTEMENT_SIREN)[0]
    read = siren.fillna(respelt(codes, departement_code)).fillna(respelt(names, _trailing))
    kind = pd.Series(str(Cause.OUTSIDE_TERRITORY), index=codes.index).where(read.notna())
    return pd.DataFrame(
        {
            "value": read,
            "how": pd.Series(str(How.CODE), index=codes.index),
            "kind": kind.mask(read.isna() & codes.notna(), str(Cause.UNREADABLE_CODE)),
        }
    )


def _trailing(name: str) -> str | None:
    """Return the département's code at the end of a name, in brackets or not.

    >>> _trailing("Département (60)"), _trailing("CD 59"), _trailing("Aisne")
    ('60', '59', None)
    """
    return departement_code(bracketed(name) or plain(name).rpartition(" ")[2])


def _region_names(territory: Territory) -> pd.DataFrame:
    """Return the names of the territory's régions; of a vintage that is not embedded, that of one alone."""
    codes = pd.Index(sorted(set(territory.departements["code_reg"].dropna())))
    slug = plain(territory.name) if len(codes) == 1 else ""
    names = codes.to_series().map(elsewhere(territory).regions).fillna(slug).astype("str")
    return _names(codes, names, _council_keys(names))


def _region_codes(codes: pd.Series[str], names: pd.Series[str]) -> pd.DataFrame:
    """Return the codes of régions."""
    del names
    read = codes.str.extract(r"^(\d\d?)(?:[.,]0)?$")[0].str.zfill(2)
    kind = pd.Series(str(Cause.OUTSIDE_TERRITORY), index=codes.index).where(read.notna())
    return pd.DataFrame(
        {
            "value": read,
            "how": pd.Series(str(How.CODE), index=codes.index),
            "kind": kind.mask(read.isna() & codes.notna(), str(Cause.UNREADABLE_CODE)),
        }
    )


_ReadCodes = Callable[["pd.Series[str]", "pd.Series[str]"], pd.DataFrame]
_Readers = tuple[
    Callable[["Territory"], pd.DataFrame], Callable[["pd.Series[str]"], pd.DataFrame], _ReadCodes
]
_READERS: Final[Mapping[Level, _Readers]] = {
    Level.EPCI: (_epci_names, _group_keys, _epci_codes),
    Level.DEPARTEMENT: (_departement_names, _council_keys, _departement_codes),
    Level.REGION: (_region_names, _council_keys, _region_codes),
}
