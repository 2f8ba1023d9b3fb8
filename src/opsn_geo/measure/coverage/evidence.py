"""Which service of which operator reaches which commune, by which path, since when, on what basis.

One array holds it all: ``evidence[opsn, place, service]``, a byte of flags. Offers and memberships are
first spread over the places that lie under their code, in one join; the flags are then combined into the
array, and every result (state, path, operators, counts) is a reduction of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - `date` names the parameter
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsn_geo.catalogue.basis import Basis, ranks, weakest_of
from opsn_geo.catalogue.states import Level, MembershipPath
from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.errors import Fault, InputError

OFFERED: Final = 1
DIRECT: Final = 2
BY_EPCI: Final = 4
BY_DEPARTEMENT: Final = 8
BY_REGION: Final = 16
USED: Final = 32
REACHED: Final = DIRECT | BY_EPCI | BY_DEPARTEMENT | BY_REGION
PATHS: Final = {
    MembershipPath.DIRECT: DIRECT,
    MembershipPath.EPCI: BY_EPCI,
    MembershipPath.DEPARTEMENT: BY_DEPARTEMENT,
    MembershipPath.REGION: BY_REGION,
}
_NEVER: Final = np.iinfo(np.int32).max
_CODES: Final = {Level.EPCI: "siren_epci", Level.DEPARTEMENT: "code_dep", Level.REGION: "code_reg"}

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Coverage(Summarised):
    """What is known of every place and service.

    Parameters
    ----------
    places, services, opsn : pandas.Index
        What the axes of the arrays stand for; ``places`` are communes (``code_insee``) or EPCI
        (``siren_epci``). The last plane of ``evidence`` is an operator without a name: of uses that do
        not name whose service it is.
    evidence : uint8 array of shape (opsn + 1, places, services)
        Flags ``OFFERED``, ``DIRECT``, ``BY_EPCI``, ``BY_DEPARTEMENT``, ``BY_REGION``, ``USED``.
    since : datetime64[D] array of shape (places, services)
        First day of the oldest membership in force that carries the service there, else NaT.
    basis : int8 array of shape (places, services)
        What each state rests on, as a rank of :mod:`opsn_geo.catalogue.basis`: the weakest of the rows that
        make it. See :func:`coverage`.
    incomplete : bool array of shape (opsn + 1,)
        Operators whose list of members is not known to be complete.
    """

    places: pd.Index
    services: pd.Index
    opsn: pd.Index
    evidence: Bytes
    since: NDArray[np.datetime64]
    basis: NDArray[np.int8]
    incomplete: NDArray[np.bool_]

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show."""
        return {"places": len(self.places), "services": len(self.services), "operators": len(self.opsn)}

    def table(self) -> pd.DataFrame:
        """One row for each place and service: see :func:`opsn_geo.measure.coverage.ladder.couverture`."""
        from opsn_geo.measure.coverage.ladder import couverture  # noqa: PLC0415 - it is built on this module

        return couverture(self)


def coverage(
    communes: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    offers: pd.DataFrame,
    memberships: pd.DataFrame,
    *,
    uses: pd.DataFrame | None = None,
    date: Date,
) -> Coverage:
    """Coverage of each commune and service by the offers, memberships and uses of a date.

    A commune lies under its own code, its EPCI's, its département's and its region's; an offer or a
    membership bears on the communes under its code. A membership counts

    - from ``since`` to ``until``, both included (a missing end is open);
    - for its own commune, or, where ``reaches_communes`` is true, for all communes under its code;
    - for the services it lists (all when empty or ``*``), among those which its operator offers in the
      commune: nobody can be a member for what is not provided there.

    The basis of a state is the weakest of what makes it: of the uses and the memberships that bear on the
    place and the service, and of their operators' offers there; where nothing reaches it, of the offers
    there and of the lists of members that do not name it; where nothing is offered, of all offers. A row
    without a ``basis`` is of a user's list.

    Codes that no commune of the frame lies under (the perimeter of an operator that also works
    elsewhere) bear on nothing here; linking has already reported those that are wrong.

    Parameters
    ----------
    communes : DataFrame
        Indexed by ``code_insee``; columns ``siren_epci`` (null where there is none), ``code_dep``,
        ``code_reg``.
    services, opsn : DataFrame
        Columns ``service``; ``opsn`` and ``list_complete`` (false or missing: members may be unlisted).
    offers : DataFrame
        Columns ``opsn``, ``service``, ``level``, ``code``, and if there is one ``basis``.
    memberships : DataFrame
        Columns ``opsn``, ``level``, ``code``, ``reaches_communes``, ``services``, ``since``, ``until``, and
        if there is one ``basis``.
    uses : DataFrame, optional
        Columns ``code_insee``, ``opsn`` (empty or missing: not named), ``service``, and if there is one
        ``basis``.
    date : datetime.date
        Day at which memberships are read.

    Raises
    ------
    InputError
        An offer, a membership or a use names an operator or a service that is not in its list.

    Notes
    -----
    Source of the ladder: the design's state of a commune × service. Missing rule: the absence of a
    membership is evidence only for operators whose list is complete, see
    :func:`opsn_geo.measure.coverage.ladder.state_codes`.

    Examples
    --------
    >>> from opsn_geo.measure.coverage.ladder import states
    >>> communes = pd.DataFrame({"siren_epci": ["1", "1"], "code_dep": "02", "code_reg": "32"},
    ...                         index=pd.Index(["02001", "02002"], name="code_insee"))
    >>> services = pd.DataFrame({"service": ["dpd"]})
    >>> opsn = pd.DataFrame({"opsn": ["adica"], "list_complete": [True]})
    >>> offers = pd.DataFrame({"opsn": ["adica"], "service": "dpd", "level": "departement", "code": "02"})
    >>> memberships = pd.DataFrame({"opsn": ["adica"], "level": "commune", "code": "02001", "services": "*",
    ...     "reaches_communes": True, "since": "2019-01-01", "until": None})
    >>> covered = coverage(communes, services, opsn, offers, memberships, date=Date(2021, 2, 1))
    >>> states(covered)["dpd"].to_dict()
    {'02001': 'member', '02002': 'offered'}
    """
    return _coverage(
        _communes_within(communes),
        communes.index,
        services=services,
        opsn=opsn,
        offers=offers,
        memberships=memberships,
        uses=uses,
        date=date,
    )


def epci_coverage(
    communes: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    offers: pd.DataFrame,
    memberships: pd.DataFrame,
    *,
    date: Date,
) -> Coverage:
    """Coverage of each EPCI as a body of its own: a member for itself.

    An EPCI is a member when it belongs to the operator, whether or not that serves its communes. It is
    in the perimeter of an offer made to it, or to any of its communes, their département or region.
    Parameters, errors and missing rule are those of :func:`coverage`; places are the ``siren_epci`` of
    ``communes``, sorted.

    Examples
    --------
    >>> from opsn_geo.measure.coverage.ladder import states
    >>> communes = pd.DataFrame({"siren_epci": ["1"], "code_dep": "02", "code_reg": "32"}, index=["02001"])
    >>> services = pd.DataFrame({"service": ["dpd"]})
    >>> opsn = pd.DataFrame({"opsn": ["x"], "list_complete": [True]})
    >>> offers = pd.DataFrame({"opsn": ["x"], "service": "dpd", "level": "departement", "code": "02"})
    >>> memberships = pd.DataFrame({"opsn": ["x"], "level": "epci", "code": "1", "services": "*",
    ...     "reaches_communes": False, "since": None, "until": None})
    >>> covered = epci_coverage(communes, services, opsn, offers, memberships, date=Date(2021, 2, 1))
    >>> states(covered)["dpd"]["1"]
    'member'
    """
    within, places = _epci_within(communes)
    own = memberships[memberships["level"] == Level.EPCI]
    return _coverage(
        within,
        places,
        services=services,
        opsn=opsn,
        offers=offers,
        memberships=own,
        uses=None,
        date=date,
    )


def _communes_within(communes: pd.DataFrame) -> pd.DataFrame:
    """Every code that a commune lies under: ``place``, ``level``, ``code``, ``flag``."""
    codes = {Level.COMMUNE: communes.index, **{level: communes[column] for level, column in _CODES.items()}}
    parts = [
        pd.DataFrame({"level": level.value, "code": np.asarray(of_level, object), "flag": flag})
        for (level, of_level), flag in zip(codes.items(), PATHS.values(), strict=True)
    ]
    table = pd.concat([part.assign(place=np.arange(len(communes))) for part in parts], ignore_index=True)
    return table.dropna(subset="code")


def _epci_within(communes: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Every code that an EPCI or any of its communes lies under, and the EPCI."""
    epci = pd.Categorical(communes["siren_epci"])
    table = _communes_within(communes)
    table["place"] = epci.codes[table["place"]]
    return table[table["place"] >= 0].assign(flag=DIRECT).drop_duplicates(), pd.Index(
        epci.categories, name="siren_epci"
    )


def _coverage(
    within: pd.DataFrame,
    places: pd.Index,
    *,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    offers: pd.DataFrame,
    memberships: pd.DataFrame,
    uses: pd.DataFrame | None,
    date: Date,
) -> Coverage:
    """Coverage of places by tables that are spread over all that lies under a code."""
    slugs, operators = pd.Index(services["service"], name="service"), pd.Index(opsn["opsn"], name="opsn")
    used = _uses(uses)
    _check_references(slugs, operators, offers=offers, memberships=memberships, uses=used)
    shape = (len(places), len(slugs))
    complete = opsn["list_complete"].astype("boolean").fillna(value=False)
    coverage = Coverage(
        places=places,
        services=slugs,
        opsn=operators,
        evidence=np.zeros((len(operators) + 1, *shape), np.uint8),
        since=np.full(shape, np.datetime64("NaT"), "datetime64[D]"),
        basis=np.full(shape, -1, np.int8),
        incomplete=np.append(~complete.to_numpy(bool), np.False_),
    )
    offers, memberships, used = (_with_basis(table) for table in (offers, memberships, used))
    offered = _spread(offers, within)
    o, service = _positions(operators, offered["opsn"]), _positions(slugs, offered["service"])
    coverage.evidence[o, offered["place"], service] = OFFERED
    offer_ranks = np.full(coverage.evidence.shape, -1, np.int8)
    np.maximum.at(offer_ranks, (o, offered["place"], service), ranks(offered["basis"]))
    _fold_memberships(coverage, _in_force(memberships, within, date), offer_ranks)
    _fold_uses(coverage, used)
    of_offers = weakest_of(offers["basis"], Basis.LIST.value)
    _fold_absences(coverage, offer_ranks, _list_ranks(memberships, operators), of_offers)
    return coverage


def _with_basis(table: pd.DataFrame) -> pd.DataFrame:
    """Table whose rows all have a basis: that of a user's list where nothing else is stated."""
    stated = table["basis"] if "basis" in table else pd.Series(index=table.index, dtype="str")
    return table.assign(basis=stated.fillna(Basis.LIST.value))


def _list_ranks(memberships: pd.DataFrame, operators: pd.Index) -> NDArray[np.int8]:
    """Rank of each operator's list of members, and of the unnamed one's: the weakest of its rows.

    An operator without any row has the rank of the whole table: nothing shows that its list is better.
    """
    own = pd.Series(ranks(memberships["basis"]), memberships["opsn"].to_numpy()).groupby(level=0).max()
    whole = ranks([weakest_of(memberships["basis"], Basis.LIST.value)])[0]
    return np.append(own.reindex(operators).fillna(whole).to_numpy(np.int8), whole)


def _fold_absences(
    coverage: Coverage, offer_ranks: NDArray[np.int8], list_ranks: NDArray[np.int8], of_offers: str
) -> None:
    """Write into the array what rests on no row of its own: on the offers, and on the lists of members."""
    of_kinds = np.where(offer_ranks >= 0, np.maximum(offer_ranks, list_ranks[:, None, None]), np.int8(-1))
    absent = np.max(of_kinds, axis=0)
    absent = np.where(absent >= 0, absent, ranks([of_offers])[0])
    np.copyto(coverage.basis, absent, where=coverage.basis < 0)


def _spread(table: pd.DataFrame, within: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table, one for each place under their code (many to many; a code of no place has none)."""
    return table.merge(within, on=["level", "code"])


def _positions(axis: pd.Index, values: pd.Series) -> NDArray[np.intp]:
    """Position of each value on an axis; -1 (the last plane, the unnamed operator) for the empty one."""
    return axis.get_indexer(pd.Index(values))


def _in_force(memberships: pd.DataFrame, within: pd.DataFrame, date: Date) -> pd.DataFrame:
    """Memberships in force on a day, one row for each place they reach."""
    since, until = (pd.to_datetime(memberships[column], errors="raise") for column in ("since", "until"))
    day = pd.Timestamp(date)
    rows = _spread(memberships.assign(since=since)[~(since > day) & ~(until < day)], within)
    own, reaching = rows["flag"] == DIRECT, rows["reaches_communes"].astype(bool)
    return rows[own | reaching]


def _fold_memberships(coverage: Coverage, rows: pd.DataFrame, offer_ranks: NDArray[np.int8]) -> None:
    """Write into the arrays who is reached, since when, and on what basis, where the service is offered."""
    o, place = _positions(coverage.opsn, rows["opsn"]), rows["place"].to_numpy()
    # Rows × services: the membership carries the service, and its operator offers it there.
    offered = (coverage.evidence[o, place] & OFFERED).astype(bool)
    carried = _carried(rows["services"], coverage.services) & offered
    flags = carried * rows["flag"].to_numpy(np.uint8)[:, None]
    key, flags = _folded(np.bitwise_or, flags, o * len(coverage.places) + place)
    coverage.evidence.reshape(-1, len(coverage.services))[key] |= flags

    days = rows["since"].to_numpy("datetime64[D]").astype(np.int64)
    days = np.where(rows["since"].isna(), _NEVER, days).astype(np.int32)
    key, first = _folded(np.minimum, np.where(carried, days[:, None], np.int32(_NEVER)), place)
    coverage.since[key] = np.where(first == _NEVER, np.datetime64("NaT"), first.astype("datetime64[D]"))
    both = np.maximum(offer_ranks[o, place], ranks(rows["basis"])[:, None])
    key, weakest = _folded(np.maximum, np.where(carried, both, np.int8(-1)), place)
    coverage.basis[key] = weakest


def _carried(lists: pd.Series, slugs: pd.Index) -> NDArray[np.bool_]:
    """Whether each membership carries each service: those listed, all when empty or ``*``."""
    codes, kinds = pd.factorize(lists.fillna("").astype(str))
    named = (
        pd.Series(kinds, dtype=object).astype(str).str.get_dummies(";").reindex(columns=slugs, fill_value=0)
    )
    every = np.isin(kinds, ["", "*"])
    return np.asarray((named.to_numpy(bool) | every[:, None])[codes], bool)


def _folded(
    ufunc: np.ufunc, values: NDArray[Any], key: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Keys, sorted, and the rows of each key reduced to one."""
    if len(key) == 0:
        return key, values
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    return key[order][starts], ufunc.reduceat(values[order], starts, axis=0)


def _uses(uses: pd.DataFrame | None) -> pd.DataFrame:
    """Table of uses with all its columns: empty without one; operators not named are empty."""
    if uses is None:
        return pd.DataFrame(columns=["code_insee", "opsn", "service", "basis"], dtype=str)
    return uses.assign(opsn=uses["opsn"].fillna(""))


def _fold_uses(coverage: Coverage, rows: pd.DataFrame) -> None:
    """Write into the arrays what is used, and on what basis."""
    place = _positions(coverage.places, rows["code_insee"])
    rows, place = rows[place >= 0], place[place >= 0]
    at = place, _positions(coverage.services, rows["service"])
    coverage.evidence[_positions(coverage.opsn, rows["opsn"]), *at] |= USED
    np.maximum.at(coverage.basis, at, ranks(rows["basis"]))


def _check_references(slugs: pd.Index, operators: pd.Index, **tables: pd.DataFrame) -> None:
    """Raise on operators or services that are in no list, naming every one."""
    listed = {"opsn": {*operators, ""}, "service": set(slugs), "services": {*slugs, "", "*"}}
    faults = [
        Fault(cause="unknown_reference", file=name, column=column, value=str(value))
        for name, table in tables.items()
        for column, names in listed.items()
        if column in table
        for value in _names(table[column])
        if value not in names
    ]
    if faults:
        raise InputError(faults)


def _names(column: pd.Series) -> Iterator[Hashable]:
    """Each name of a column once; lists are split."""
    yield from dict.fromkeys(name for cell in column.dropna().unique() for name in str(cell).split(";"))
