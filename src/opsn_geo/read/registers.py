"""Public registers as evidence: BANATIC's perimeters of syndicats, the CNIL's list of bodies with a DPO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from opsn_geo.catalogue.basis import COLUMN as BASIS
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.validation import nearest
from opsn_geo.read.values import dates, plain, respelt

_BODY: Final = (
    "SIREN organisme {}", "Nom organisme {}", "Secteur activité organisme {}", "Code NAF organisme {}",
    "Adresse postale organisme {}", "Code postal organisme {}", "Ville organisme {}", "Pays organisme {}",
)  # fmt: skip
_CONTACT: Final = ("email", "url", "téléphone", "adresse postale", "code postal", "ville", "pays", "autre")

CNIL_COLUMNS: Final = (
    *(text.format("désignant") for text in _BODY),
    "Type de DPO",
    "Date de la désignation",
    *(text.format("désigné") for text in _BODY),
    *(f"Moyen contact DPO {means}" for means in _CONTACT),
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
    """Return from the CNIL's list which bodies named an OPSN as their data protection officer.

    Parameters
    ----------
    frame : DataFrame
        The list as text, with :data:`CNIL_COLUMNS`.
    opsn : DataFrame
        opsn, siren: an OPSN is recognised by its SIREN alone; one without SIREN is not looked for.
    service : str
        Slug of the shared officer's service in the study's catalogue.
    file : str, optional
        Name of the list, for the faults.

    Returns
    -------
    DataFrame
        On ``row``: opsn, level (``commune``, ``epci`` or ``other``, by the body's name and legal sector),
        code (SIREN of the body), name, postal_code, services, since, basis (``register``): memberships
        that the register proves, ready to be linked. Personal contacts are not read.

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
    siren, name, postal, date, named = (frame[headers[header]] for header in names)
    operators = respelt(named, _digits).map(_by_siren(opsn))
    read = pd.DataFrame(
        {
            "opsn": operators, "level": _level(respelt(siren, _digits), name), "code": siren, "name": name,
            "postal_code": postal, "services": service, "since": dates(date), BASIS: "register",
        }
    )  # fmt: skip
    return read[operators.notna()]


def perimeters(frame: pd.DataFrame, opsn: pd.DataFrame, *, file: str = "") -> pd.DataFrame:
    """Return from a BANATIC export the members of each OPSN that is a syndicat.

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
        list them), since (missing: nor does it date them), basis (``register``), ready to be linked.

    Raises
    ------
    InputError
        A column of the export is missing.
    """
    headers = _headers(frame, BANATIC_COLUMNS, file)
    group, _, _, siren, name = (frame[headers[header]] for header in BANATIC_COLUMNS)
    operators = respelt(group, _digits).map(_by_siren(opsn))
    kind = next(
        (frame[header] for header in _BANATIC_TYPES if header in frame),
        pd.Series(index=frame.index, dtype="str"),
    )
    level = respelt(kind, lambda text: _LEVELS.get(plain(text)))
    read = pd.DataFrame(
        {
            "opsn": operators, "level": level.fillna(_level(respelt(siren, _digits), name)), "code": siren,
            "name": name, "services": "*", "since": pd.Series(index=frame.index, dtype="datetime64[s]"),
            BASIS: "register",
        }
    )  # fmt: skip
    return read[operators.notna()]


def register(name: str, frame: pd.DataFrame, opsn: pd.DataFrame, file: str = "") -> pd.DataFrame:
    """Return one of the :data:`REGISTERS` as memberships, each of the body alone.

    Parameters
    ----------
    name : {"cnil", "banatic"}
        Which register it is. The CNIL's designations are of the service :data:`DPO`.
    frame, opsn, file
        As for :func:`designations` and :func:`perimeters`.

    Returns
    -------
    DataFrame
        As they give it, with ``reaches_communes`` (false: no register shows that an EPCI joined for its
        communes) and ``until`` (missing).
    """
    read = (
        designations(frame, opsn, service=DPO, file=file)
        if name == "cnil"
        else perimeters(frame, opsn, file=file)
    )
    return read.assign(reaches_communes=False, until=pd.Series(index=read.index, dtype="datetime64[s]"))


def _headers(frame: pd.DataFrame, wanted: Sequence[str], file: str) -> dict[str, str]:
    """Return the columns of a register, whatever their accents and case; raise for all that are missing."""
    headers = {plain(header): str(header) for header in reversed(frame.columns)}
    faults = [
        Fault(cause="missing_column", file=file, column=name, nearest=nearest(name, list(headers.values())))
        for name in wanted
        if plain(name) not in headers
    ]
    if faults:
        raise InputError(faults)
    return {name: headers[plain(name)] for name in wanted}


def _by_siren(opsn: pd.DataFrame) -> dict[str, str]:
    """Return the OPSN of each SIREN."""
    registered = opsn.dropna(subset=["siren"])
    return dict(zip(registered["siren"].map(_digits), registered["opsn"], strict=True))


def _digits(text: str) -> str:
    """Return the nine digits of a SIREN, out of a SIRET if need be."""
    return "".join(c for c in text.removesuffix(".0") if c.isdigit())[:9]


def _level(siren: pd.Series[str], names: pd.Series[str]) -> pd.Series[str]:
    """Return what a body is: communes' SIREN begin with 21, départements' with 22, EPCI by their name."""
    epci = respelt(names, plain).str.contains(_EPCI_WORDS, regex=True).fillna(value=False)
    level = pd.Series("other", index=siren.index, dtype="str").mask(epci, "epci")
    begins = siren.str[:2].fillna("")
    return level.mask(begins.eq("21"), "commune").mask(begins.eq("22"), "departement")
