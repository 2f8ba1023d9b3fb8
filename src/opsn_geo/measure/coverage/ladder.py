"""The ladder from ``not_offered`` to ``used``, read off a coverage: states, paths, operators, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import names
from opsn_geo.catalogue.states import BEST_FIRST, MembershipPath, State, covered
from opsn_geo.measure.coverage.evidence import OFFERED, PATHS, REACHED, USED, Coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATES: Final = tuple(State)
"""The states, in the order of the codes of :func:`state_codes`."""

_RUNGS: Final = np.array([STATES.index(state) for state in reversed(BEST_FIRST)])
_RANKS: Final = np.argsort(_RUNGS)
_PATH_OF_FLAGS: Final = np.array(
    [
        next(
            (path for path, flag in PATHS.items() if flag == flags),
            MembershipPath.SEVERAL if flags else MembershipPath.NONE,
        )
        for flags in range(REACHED + 1)
    ],
    dtype=object,
)


def state_codes(coverage: Coverage) -> NDArray[np.int8]:
    """State of each place and service, as its position in :data:`STATES`.

    ``used`` where there is evidence of a use, whatever the tables of offers and members hold; else
    ``member`` where a membership that carries the service reaches the place; else ``unknown`` where one
    of those who offer it there has a list of members not known to be complete; else ``offered``; else
    ``not_offered``.

    Returns
    -------
    int8 array of shape (places, services)
    """
    flags = np.bitwise_or.reduce(coverage.evidence, axis=0)
    unlisted = np.bitwise_or.reduce(coverage.evidence[coverage.incomplete], axis=0)
    ladder = [flags & USED, flags & REACHED, unlisted & OFFERED, flags & OFFERED]
    rungs = [State.USED, State.MEMBER, State.UNKNOWN, State.OFFERED]
    codes = np.select(
        [rung.astype(bool) for rung in ladder], [np.int8(STATES.index(rung)) for rung in rungs], np.int8(0)
    )
    return codes.astype(np.int8, copy=False)


def states(coverage: Coverage) -> pd.DataFrame:
    """State of each place (rows) and service (columns) as text, see :func:`state_codes`.

    Examples
    --------
    See :func:`opsn_geo.measure.coverage.evidence.coverage`.
    """
    values = np.array([state.value for state in STATES], dtype=object)[state_codes(coverage)]
    return pd.DataFrame(values, index=coverage.places, columns=coverage.services, dtype="str")


def covered_by_any(coverage: Coverage) -> NDArray[np.bool_]:
    """Whether a membership reaches each place, or a use is known there, for a service at least."""
    return np.asarray((coverage.evidence & (REACHED | USED)).any(axis=(0, 2)), bool)


def couverture(coverage: Coverage) -> pd.DataFrame:
    """Long table of a coverage: one row for each place and service, in their order.

    Returns
    -------
    DataFrame
        The place's code (``code_insee`` or ``siren_epci``), ``service``, ``state``; ``path`` by which
        memberships reach it (empty for none); ``opsn``, the operators that reach it or are used there,
        else those that offer it, joined by ``;``, and ``opsn_count``, how many they are; ``since``, first
        day of the oldest such membership (NaT: none, or not dated); ``basis``, the weakest that it
        rests on.
    """
    flags = np.bitwise_or.reduce(coverage.evidence, axis=0)
    concerned = _concerned(coverage, flags)
    return pd.DataFrame(
        {
            str(coverage.places.name): coverage.places.repeat(len(coverage.services)),
            "service": np.tile(coverage.services.to_numpy(), len(coverage.places)),
            "state": _texts([state.value for state in STATES], state_codes(coverage)),
            "path": _texts(list(_PATH_OF_FLAGS), flags & REACHED),
            "opsn": _listed(concerned, coverage.opsn),
            "opsn_count": concerned.sum(axis=0, dtype=np.int16).ravel(),
            "since": coverage.since.ravel().astype("datetime64[s]"),
            "basis": names(coverage.basis),
        }
    )


def summary(coverage: Coverage) -> pd.DataFrame:
    """Summary of the services of each place: who reaches it, by which path, for how many services.

    Returns
    -------
    DataFrame
        Indexed by place: ``state``, the best of its services (unknown is better than offered, since it
        may be a membership); ``opsn_count`` and ``opsn``, the operators that reach it by a membership, for a
        service at least; ``path``; ``services_offered`` (an operator offers it there, or it is used),
        ``services_member`` (a membership reaches it, or it is used), ``services_used`` and
        ``services_unknown``: numbers of services; ``basis``, the weakest of its services.
    """
    reaching = np.bitwise_or.reduce(coverage.evidence[:-1] & REACHED, axis=2)
    flags = np.bitwise_or.reduce(reaching, axis=0)
    offered = (np.bitwise_or.reduce(coverage.evidence, axis=0) & (OFFERED | USED)).astype(bool)
    codes = state_codes(coverage)
    best = _RUNGS[np.max(_RANKS[codes], axis=1, initial=0)]
    rungs = {
        "services_member": covered(),
        "services_used": covered(State.USED),
        "services_unknown": (State.UNKNOWN,),
    }
    counts = {
        name: np.isin(codes, [STATES.index(state) for state in among]).sum(axis=1)
        for name, among in rungs.items()
    }
    reached = reaching.astype(bool)
    return pd.DataFrame(
        {
            "state": _texts([state.value for state in STATES], best),
            "opsn_count": reached.sum(axis=0),
            "opsn": _listed(reached, coverage.opsn),
            "path": _texts(list(_PATH_OF_FLAGS), flags),
            "services_offered": offered.sum(axis=1),
            **counts,
            "basis": names(coverage.basis.max(axis=1, initial=-1)),
        },
        index=coverage.places,
    )


def _concerned(coverage: Coverage, flags: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Named operators that reach each cell or are used there; where none, those that offer it."""
    wanted = np.where(flags & (REACHED | USED), np.uint8(REACHED | USED), np.uint8(OFFERED))
    return (coverage.evidence[:-1] & wanted).astype(bool)


def _texts(words: list[str], codes: NDArray[np.integer]) -> pd.api.extensions.ExtensionArray:
    """Word of each code, row by row."""
    return pd.array([str(word) for word in words], dtype="str").take(codes.ravel())


def _listed(chosen: NDArray[np.bool_], names: pd.Index) -> pd.api.extensions.ExtensionArray:
    """Names chosen in each cell, joined by ``;``: each different choice is written once.

    >>> list(_listed(np.array([[True, True, False], [True, False, False]]), pd.Index(["a", "b"])))
    ['a;b', 'a', '']
    """
    flat = chosen.reshape(len(names), -1)
    codes = np.zeros(flat.shape[1], np.int64)
    # Number the different choices: eight names are a byte, and a pair (number so far, byte) is a new number.
    for row in np.packbits(flat, axis=0):
        codes = pd.factorize(codes * 256 + row)[0]
    first = pd.Series(codes).drop_duplicates().index.to_numpy()
    return _texts([";".join(names[column]) for column in flat[:, first].T], codes)
