"""Public registers as evidence: BANATIC's perimeters of syndicats, the CNIL's list of bodies with a DPO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.validation import nearest
from opsn_geo.read.values import dates, plain, respelt

_BODY: Final = (
    "SIREN organisme {}", "Nom organisme {}", "Secteur activité organisme {}", "Code NAF organisme {}",
    "Adresse postale organisme {}", "Code postal organisme {}", "Ville organisme {}", "Pays organisme {}",
)  # fmt: skip
_CONTACT: Final = ("email", "url", "téléphone", "adresse postale", "code postal", "ville", "pays", "autre")

CNIL_COLUMNS: Final = (
    *(it.format("désignant") for it in _BODY),
    "Type de DPO",
    "Date de la désignation",
    *(it.format("désigné") for it in _BODY),
    *(f"Moyen contact DPO {it}" for it in _CONTACT),
)
"""The 26 columns of the CNIL's list."""

BANATIC_COLUMNS: Final = ("N° SIREN", "Nom du groupement", "Nature juridique", "Siren membre", "Nom membre")
"""Columns of a BANATIC export of perimeters that are needed here; others are left aside."""

_BANATIC_TYPES: Final = ("Type", "Catégorie des membres du groupement", "Catégorie membre")
_LEVELS: Final[Mapping[str, str]] = {
    "commune": "commune", "groupement": "epci", "epci": "epci", "departement": "departement",
    "region": "region", "autre organisme": "other",
}  # fmt: skip
_EPCI_WORDS: Final = r"^(?:cc|ca|cu|communaute|metropole|agglomeration)\b"


REGISTERS: Final = ("cnil", "banatic")
"""Registers that a study may name among its tables."""

DPO: Final = "dpd"
"""Service, in a study's catalogue, that the CNIL's designations are evidence of."""


def designations(frame: pd.DataFrame, opsn: pd.DataFrame, *, service: str, file: str = "") -> pd.DataFrame:
    """Read in the CNIL's list which bodies named an OPSN as their data protection officer.

    Parameters
    ----------
    frame : DataFrame
        The list as text, with :data:`CNIL_COLUMNS`.
    opsn : DataFrame
        opsn, siren: an OPSN is known by its SIREN alone; one without SIREN is not looked for.
    service : str
        Slug of the shared officer's service in the study's catalogue.
    file : str, optional
        Name of the list, for the faults.

    Returns
    -------
    DataFrame
        On ``row``: opsn, level (``commune``, ``epci`` or ``other``, by the body's name and legal sector),
        code (SIREN of the body), name, postal_code, services, since, evidence (``register``): memberships
        that the register witnesses, ready to be linked. Personal contacts are not read.

    Raises
    ------
    InputError
        A column of the list is missing.

    Examples
    --------
    >>> row = dict.fromkeys(CNIL_COLUMNS) | {"SIREN organisme désignant": "210200010",
    ...     "Nom organisme désignant": "COMMUNE D'ABBECOURT", "SIREN organisme désigné": "200 000 172",
    ...     "Date de la désignation": "25/05/2018"}
    >>> opsn = pd.DataFrame({"opsn": ["adica"], "siren": ["200000172"]}, dtype="str")
    >>> designations(pd.DataFrame([row], dtype="str"), opsn, service="dpd").loc[0, ["opsn", "level", "code"]].tolist()
    ['adica', 'commune', '210200010']
    """  # noqa: E501 - the example's last line
    names = [CNIL_COLUMNS[i] for i in (0, 1, 5, 9, 10)]
    headers = _headers(frame, names, file)
    siren, name, postal, date, named = (frame[headers[it]] for it in names)
    known = opsn.dropna(subset=["siren"])
    owner = dict(zip(known["siren"].map(_digits), known["opsn"], strict=True))
    who = respelt(named, _digits).map(owner)
    read = pd.DataFrame(
        {
            "opsn": who, "level": _level(respelt(siren, _digits), name), "code": siren, "name": name,
            "postal_code": postal, "services": service, "since": dates(date), "evidence": "register",
        }
    )  # fmt: skip
    return read[who.notna()]


def perimeters(frame: pd.DataFrame, opsn: pd.DataFrame, *, file: str = "") -> pd.DataFrame:
    """Read in a BANATIC export who the members of each OPSN are that is a syndicat.

    Parameters
    ----------
    frame : DataFrame
        The export as text, one row per member, with :data:`BANATIC_COLUMNS`.
    opsn : DataFrame
        opsn, siren.
    file : str, optional
        Name of the export, for the faults.

    Returns
    -------
    DataFrame
        On ``row``: opsn, level, code (SIREN of the member), name, services (``*``: the register does not
        say which), since (missing: nor that), evidence (``register``), ready to be linked.

    Raises
    ------
    InputError
        A column of the export is missing.
    """
    headers = _headers(frame, BANATIC_COLUMNS, file)
    group, _, _, siren, name = (frame[headers[it]] for it in BANATIC_COLUMNS)
    known = opsn.dropna(subset=["siren"])
    owner = dict(zip(known["siren"].map(_digits), known["opsn"], strict=True))
    who = respelt(group, _digits).map(owner)
    kind = next(
        (frame[it] for it in _BANATIC_TYPES if it in frame), pd.Series(index=frame.index, dtype="str")
    )
    told = respelt(kind, lambda it: _LEVELS.get(plain(it)))
    read = pd.DataFrame(
        {
            "opsn": who, "level": told.fillna(_level(respelt(siren, _digits), name)), "code": siren,
            "name": name, "services": "*", "since": pd.Series(index=frame.index, dtype="datetime64[s]"),
            "evidence": "register",
        }
    )  # fmt: skip
    return read[who.notna()]


def register(name: str, frame: pd.DataFrame, opsn: pd.DataFrame, file: str = "") -> pd.DataFrame:
    """Read one of the :data:`REGISTERS` as memberships, each of the body alone.

    Parameters
    ----------
    name : {"cnil", "banatic"}
        Which register it is. The CNIL's designations are of the service :data:`DPO`.
    frame, opsn, file
        As for :func:`designations` and :func:`perimeters`.

    Returns
    -------
    DataFrame
        As they give it, with ``reaches_communes`` (false: a register does not say that an EPCI joined for its
        communes) and ``until`` (missing).
    """
    read = (
        designations(frame, opsn, service=DPO, file=file)
        if name == "cnil"
        else perimeters(frame, opsn, file=file)
    )
    return read.assign(reaches_communes=False, until=pd.Series(index=read.index, dtype="datetime64[s]"))


def _headers(frame: pd.DataFrame, wanted: Sequence[str], file: str) -> dict[str, str]:
    """Find the columns of a register, whatever their accents and case; tell all that are missing."""
    known = {plain(it): str(it) for it in reversed(frame.columns)}
    lost = [it for it in wanted if plain(it) not in known]
    if lost:
        near = {it: nearest(it, list(known.values())) for it in lost}
        raise InputError(Fault(cause="missing_column", file=file, column=it, nearest=near[it]) for it in lost)
    return {it: known[plain(it)] for it in wanted}


def _digits(text: str) -> str:
    """Keep the nine digits of a SIREN, out of a SIRET if need be."""
    return "".join(c for c in text.removesuffix(".0") if c.isdigit())[:9]


def _level(siren: pd.Series[str], names: pd.Series[str]) -> pd.Series[str]:
    """Tell what a body is: communes' SIREN begin with 21, départements' with 22, EPCI by their name."""
    epci = respelt(names, plain).str.contains(_EPCI_WORDS, regex=True).fillna(value=False)
    level = pd.Series("other", index=siren.index, dtype="str").mask(epci, "epci")
    begins = siren.str[:2].fillna("")
    return level.mask(begins.eq("21"), "commune").mask(begins.eq("22"), "departement")
