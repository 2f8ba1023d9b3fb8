"""Which communes lack which services: below a rung of the ladder, service by service or as a bundle.

:mod:`opsn_geo.measure.deserts.patches` gathers these communes into connected patches, the deserts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import Basis, names, ranks
from opsn_geo.catalogue.states import LADDER, State
from opsn_geo.measure.coverage.evidence import OFFERED
from opsn_geo.measure.coverage.ladder import STATES, state_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from opsn_geo.measure.coverage.evidence import Coverage

BUNDLE: Final = "bouquet"
"""Published name of the bundle: the services that somebody offers here, weighted by declared need."""


def below(coverage: pd.DataFrame, communes: pd.Index, rung: str = State.MEMBER) -> pd.DataFrame:
    """Communes below a rung of the ladder, service by service, from the long table of states.

    Parameters
    ----------
    coverage : DataFrame
        One row per commune × service: ``code_insee``, ``service``, ``state``.
    communes : Index of str
        Communes wanted; those without a row are unknown.
    rung : {"offered", "member", "used"}
        First state that is good enough.

    Returns
    -------
    DataFrame of boolean
        `communes` × services: true below the rung, false at it or above, missing where it is unknown. A
        member may or may not use a service until a respondent or a register says so: for ``used``, the
        state ``member`` is unknown.

    Raises
    ------
    ValueError
        A commune and service stand in two rows, or a state is none of the ladder's.

    Examples
    --------
    >>> rows = [("a", "offered"), ("b", "member"), ("c", "unknown")]
    >>> coverage = pd.DataFrame(rows, columns=["code_insee", "state"]).assign(service="dpd")
    >>> below(coverage, pd.Index(["a", "b", "c"]))["dpd"].tolist()
    [True, False, <NA>]
    >>> below(coverage, pd.Index(["b"]), "used")["dpd"].tolist()
    [<NA>]
    """
    service_codes, services = pd.factorize(coverage["service"], sort=True)
    state_numbers, states = pd.factorize(coverage["state"])
    row = communes.get_indexer(pd.Index(coverage["code_insee"]))
    wanted = row >= 0
    cells = (row * len(services) + service_codes)[wanted]
    if len(np.unique(cells)) < len(cells):
        raise ValueError("coverage has duplicate rows for a commune and service")
    values = np.full((len(communes), len(services)), np.nan)
    values.ravel()[cells] = _below_rung([State(state) for state in states], rung)[state_numbers[wanted]]
    columns = pd.Index(services.astype("object"), name="service")
    return pd.DataFrame(values, index=communes, columns=columns).astype("boolean")


def lacking(coverage: Coverage, rung: str = State.MEMBER) -> pd.DataFrame:
    """Communes below a rung of the ladder, service by service, from a whole coverage.

    Parameters
    ----------
    coverage : Coverage
        As from :func:`~opsn_geo.measure.coverage.evidence.coverage`.
    rung : {"offered", "member", "used"}
        First state that is good enough.

    Returns
    -------
    DataFrame of boolean
        Its places × its services, sorted by name; as :func:`below`.

    Examples
    --------
    See :func:`opsn_geo.measure.coverage.evidence.coverage` and :func:`below`.
    """
    values = _below_rung(STATES, rung)[state_codes(coverage)]
    table = pd.DataFrame(values, index=coverage.places, columns=coverage.services.astype("object"))
    return table.sort_index(axis=1).astype("boolean")


def row_bases(rows: pd.DataFrame, coverage: Coverage, weights: str = Basis.FACT.value) -> pd.Series:
    """Basis of rows that each speak of a service, or of the bundle, in a commune.

    Parameters
    ----------
    rows : DataFrame
        ``code_insee``, ``service``: a service of the coverage or :data:`BUNDLE`.
    coverage : Coverage
        What is known, and on what basis.
    weights : str
        What the weights of the services in the bundle rest on.

    Returns
    -------
    Series of str
        On the index of `rows`. The bundle rests on all services of the commune and on their weights.

    Examples
    --------
    >>> from opsn_geo.measure.coverage.evidence import Coverage
    >>> coverage = Coverage(places=pd.Index(["a"]), services=pd.Index(["dpd", "sig"]), opsn=pd.Index([]),
    ...     evidence=np.zeros((1, 1, 2), np.uint8), since=np.full((1, 2), np.datetime64("NaT")),
    ...     basis=np.array([[3, 4]], np.int8), incomplete=np.array([False]))
    >>> rows = pd.DataFrame({"code_insee": "a", "service": ["dpd", "sig", BUNDLE]})
    >>> row_bases(rows, coverage).tolist(), row_bases(rows, coverage, "simulated").tolist()
    (['list', 'assumed', 'assumed'], ['list', 'assumed', 'simulated'])
    """
    whole = np.maximum(coverage.basis.max(axis=1, initial=-1), ranks([weights])[0])
    cells = np.column_stack([coverage.basis, whole])
    columns = coverage.services.append(pd.Index([BUNDLE])).get_indexer(pd.Index(rows["service"]))
    at = coverage.places.get_indexer(pd.Index(rows["code_insee"]))
    return pd.Series(names(cells[at, columns]), index=rows.index, dtype="str")


def _below_rung(states: Sequence[State], rung: str) -> NDArray[np.float64]:
    """Whether each state is below the rung: 1, 0, or missing where it is unknown."""
    least = LADDER.index(State(rung))
    values = {state: float(step < least) for step, state in enumerate(LADDER)} | {State.UNKNOWN: np.nan}
    if rung == State.USED:
        values[State.MEMBER] = np.nan
    return np.array([values[state] for state in states])


def bundle_weights(
    coverage: Coverage,
    answers: pd.DataFrame | None,
    item: str = "need",
    published: pd.Series | None = None,
) -> pd.Series:
    """Weight of each service of the bundle: the share of answers that ask for it.

    Parameters
    ----------
    coverage : Coverage
        The bundle holds the services that an operator offers in one of its places at least.
    answers : DataFrame of boolean, optional
        One column ``item:service`` for each choice; missing: not answered. Without it every service
        weighs 1.
    item : str
        Item of the survey that asks for needs.
    published : Series of float, optional
        On ``item:service``: the share that may be published, missing where none may. Sums weighted by need
        are published, so that a need that is not must not weigh in them.

    Returns
    -------
    Series of float
        On service: answers that ask for it ÷ answers to the question; 0 where nobody was asked. With
        `published`, these shares; where one is missing, the mean of the others, and 1 where all are.
    """
    offered = coverage.services[np.flatnonzero((coverage.evidence & OFFERED).any(axis=(0, 1)))]
    if answers is None:
        return pd.Series(1.0, index=offered)
    names = [f"{item}:{service}" for service in offered]
    shares = answers.reindex(columns=names).mean().astype("float64")
    if published is not None:
        allowed = published.reindex(names)
        shares = allowed.fillna(allowed.mean() if allowed.sum() > 0 else 1.0).where(shares.notna())
    return pd.Series(shares.fillna(0).to_numpy(dtype=float), index=offered)


def bundle(below: pd.DataFrame, weights: pd.Series | None = None, least: float = 0.5) -> pd.Series:
    """Communes that lack a bundle of services, each weighted by need.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`below`.
    weights : Series of float, optional
        Weight of each service of the bundle, such as how many answers ask for it; other services are left
        out. Without it every service counts alike.
    least : float
        Weight missing, as a share of the bundle's, from which the bundle is missing. 1: every service is.

    Returns
    -------
    Series of boolean
        On the index of `below`: true where what is known to be missing weighs enough, false where even all
        the unknown would not make it enough, missing between.

    Examples
    --------
    >>> frame = pd.DataFrame({"dpd": [True, True, None], "sig": [True, False, None]}, dtype="boolean")
    >>> bundle(frame, pd.Series({"dpd": 1.0, "sig": 3.0})).tolist()
    [True, False, <NA>]
    """
    weights = pd.Series(1.0, index=below.columns) if weights is None else weights
    wanted = below[weights.index]
    shares = (weights / weights.sum()).to_numpy(dtype=float)
    low = wanted.fillna(value=False).to_numpy(dtype=bool) @ shares
    high = wanted.fillna(value=True).to_numpy(dtype=bool) @ shares
    tolerance = 1e-9  # a sum of shares that should reach `least` may fall short of it by rounding
    lacks = pd.Series(low >= least - tolerance, index=below.index, dtype="boolean", name="bundle")
    return lacks.mask((low < least - tolerance) & (high >= least - tolerance))


def cumulative(below: pd.DataFrame) -> pd.DataFrame:
    """Number of services that each commune lacks.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes × services, as from :func:`below`.

    Returns
    -------
    DataFrame of int
        On the same index: ``services_missing`` (known to be missing) and ``services_missing_possible`` (those
        and the unknown ones): the truth lies between.

    Examples
    --------
    >>> lacking = pd.DataFrame({"dpd": [True], "sig": [None], "ssi": [False]}, dtype="boolean")
    >>> cumulative(lacking).to_dict("list")
    {'services_missing': [1], 'services_missing_possible': [2]}
    """
    return pd.DataFrame(
        {
            "services_missing": below.fillna(value=False).astype(bool).sum(axis=1),
            "services_missing_possible": below.fillna(value=True).astype(bool).sum(axis=1),
        }
    )
