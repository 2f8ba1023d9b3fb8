"""Respondents to the commune and EPCI they answer for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.states import Level
from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage.bodies import find_bodies
from opsn_geo.linkage.causes import How
from opsn_geo.linkage.communes import link_communes
from opsn_geo.linkage.gazetteer import Gazetteer
from opsn_geo.linkage.result import Linked, column
from opsn_geo.read.validation import nearest
from opsn_geo.study import Study

ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "code": "commune_code",
        "name": "commune_name",
        "postal": "postal_code",
        "dep": "departement",
        "organisation": "organisation",
        "structure": "structure",
    }
)
"""Items of a codebook that place a respondent; ``structure`` is ``epci`` where they answer for one."""

MAIRIES: Final = ("mairie", "commune")
"""Slugs of ``structure`` that answer for a commune."""
BODIES: Final = (
    *MAIRIES, "epci", "ccas", "cias", "syndicat", "departement", "region", "other", "autre",
)  # fmt: skip
"""Slugs of ``structure`` that are known; a codebook may have others, each a population of its own."""
_PLACED: Final = (*MAIRIES, Level.EPCI.value)


ADDED: Final = ("level", "code_insee", "siren_epci", "official_name", "how", "score", "event")
"""Columns that a placed respondent gets."""


def link_answers(
    answers: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    *,
    items: Mapping[str, str] = ITEMS,
    corrections: pd.DataFrame | None = None,
    vintage: int | None = None,
    gazetteer: Gazetteer | None = None,
) -> Linked:
    """Return the commune of each respondent, or the EPCI when they answer for one.

    A respondent of an EPCI is placed by the name of the organisation; if that fails, and for all others, by
    the commune they name. One who names no commune, and no other kind of body, is placed by the name of the
    organisation: an EPCI's, else a commune's. One whose commune has been split since is placed in its most
    populous part. One of another body (a syndicat, a CCAS) who names no commune is kept as ``unplaced``.

    Parameters
    ----------
    answers : DataFrame
        On ``respondent``, as :func:`opsn_geo.read.answers.answers` gives them.
    territory, passage, corrections, vintage, gazetteer
        As for :func:`~opsn_geo.linkage.communes.link_communes`.
    items : mapping
        Which items hold what; one that is absent is ignored.

    Returns
    -------
    Linked
        ``linked``: :data:`ADDED` only, on ``respondent``: the level they answer at (``commune``, ``epci``
        or ``other``), the commune (missing for an EPCI), its EPCI, the official name, by what, how like,
        and what happened to the commune's code. ``rejected``: the items that place a respondent, cause
        and candidates.
    """
    present = [name for name in items.values() if name in answers.columns]
    places = answers[present].reset_index(drop=True)
    structure, organisation = column(places, items["structure"]), column(places, items["organisation"])
    nameless = column(places, items["code"]).isna() & column(places, items["name"]).isna()
    by_organisation = nameless & organisation.notna() & (structure.isna() | structure.isin(MAIRIES))
    asked_of_epci = structure.eq(Level.EPCI.value) | (by_organisation & structure.isna())
    groups = _in_epci(organisation[asked_of_epci.to_numpy(dtype=bool)], territory)
    others = _elsewhere(places[structure.notna() & ~structure.isin(_PLACED) & nameless])
    rest = places.drop(index=[*groups.index, *others.index])
    if by_organisation.any():
        names = column(places, items["name"]).mask(by_organisation, organisation)
        rest = rest.assign(**{items["name"]: names[rest.index]})
    keys = {name: items[name] for name in ("code", "name", "dep", "postal")}
    communes = link_communes(
        rest, territory, passage, **keys, corrections=corrections, vintage=vintage, gazetteer=gazetteer
    )
    most = communes.linked.sort_values("share", ascending=False, kind="stable")
    most = most[~most.index.duplicated()]
    placed = most.assign(
        level=Level.COMMUNE.value, siren_epci=most["code_insee"].map(territory.communes["siren_epci"])
    )
    linked = pd.concat([part[list(ADDED)] for part in (placed, groups, others)]).sort_index()
    return Linked(
        *(
            part.set_axis(answers.index.take(part.index.to_numpy(dtype="int64")), axis=0)
            for part in (linked, communes.rejected)
        )
    )


def _in_epci(organisations: pd.Series[str], territory: Territory) -> pd.DataFrame:
    """Return those whose organisation is an EPCI of the territory, by its name."""
    names = pd.DataFrame({"name": organisations})
    epci = find_bodies(names, Level.EPCI.value, territory).set_axis(organisations.index)
    epci = epci[epci["code"].notna()]
    return epci.assign(
        level=Level.EPCI.value,
        siren_epci=epci["code"],
        code_insee=pd.Series(index=epci.index, dtype="str"),
        event="",
    )


def _elsewhere(places: pd.DataFrame) -> pd.DataFrame:
    """Return those who answer for another body and name no commune: they lie in no layer."""
    texts = {name: pd.Series(index=places.index, dtype="str") for name in ADDED}
    constants = {"level": Level.OTHER.value, "how": str(How.UNPLACED), "event": ""}
    return pd.DataFrame(texts).assign(**constants).astype({"score": "Float64"})


def check_named(study: Study, territory: Territory, placed: pd.DataFrame | None) -> None:
    """Check that every commune whose own answers a study asks for is one of the territory, and answered.

    Parameters
    ----------
    study : Study
        The study; the communes that it names, if it names any.
    territory : Territory
        The communes.
    placed : DataFrame, optional
        Respondents as :func:`link_answers` links them; None where there is no survey.

    Raises
    ------
    InputError
        A code is none of the territory, or nobody answered for it; all are listed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from opsn_geo.boundaries.user_files import territory
    >>> study = replace(Study.default(), survey={"named": ["59350"]})
    >>> check_named(study, territory(study), None)
    Traceback (most recent call last):
    opsn_geo.errors.InputError: ... value “59350”: nobody answered for this commune. ...
    """
    codes = territory.communes.index[territory.communes["inside"].to_numpy(dtype=bool)]
    answered = set() if placed is None else {*placed.loc[placed["level"].eq(Level.COMMUNE), "code_insee"]}
    faults = [
        Fault(
            cause="named_silent" if code in codes else "named_unknown", file=str(study.file or ""),
            column="survey.named", value=code, nearest=None if code in codes else nearest(code, list(codes)),
        )
        for code in study.survey.get("named", ())
        if code not in answered or code not in codes
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
