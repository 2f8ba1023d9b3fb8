"""Access to scarce capacity: how much of its OPSN's staff each commune can count on.

The services are remote, so what counts is eligibility rather than road distance; for what is done on the
spot (training, support, equipment) the weight of a pair may also fall with distance.

Two steps, E2SFCA: Luo and Qi, *Health & Place* 15 (2009). Balanced: Páez, Higgins and Vivona, "Demand and
level of service inflation in Floating Catchment Area (FCA) methods", *PLoS ONE* 14(6): e0218773 (2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.coverage.evidence import REACHED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from opsn_geo.measure.coverage.evidence import Coverage

    Numbers = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]

PER: Final = 10_000
"""Scores are staff per this many people."""


def staff_access(coverage: Coverage, staff: pd.Series, population: pd.Series) -> pd.DataFrame:
    """Access of each commune to the staff of the operators of which a membership makes it a member.

    Parameters
    ----------
    coverage : Coverage
        What is known of the communes; an operator may serve those that a membership reaches, for any service.
    staff : Series of float
        Staff of each OPSN, on its slug; missing where it is not known.
    population : Series of float
        Inhabitants, on the communes of `coverage`.

    Returns
    -------
    DataFrame
        As :func:`access`, balanced; without any column where the staff of no operator is known.
    """
    if staff.isna().all():
        return pd.DataFrame(index=population.index)
    operator, place = np.nonzero((coverage.evidence[:-1] & REACHED).any(axis=2))
    pairs = pd.DataFrame({"code_insee": coverage.places[place], "opsn": coverage.opsn[operator]})
    return access(pairs, staff.astype("float64"), population)


def access(
    eligibility: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, balanced: bool = True
) -> pd.DataFrame:
    """How much of the operators' staff each commune can count on.

    Parameters
    ----------
    eligibility : DataFrame
        One row per pair that may be served: ``code_insee``, ``opsn``, and ``weight`` (0 to 1; 1 without the
        column), which may fall with distance.
    supply : Series of float
        Staff of each OPSN, on its slug; missing where it is not known.
    demand : Series of float
        People, or declared need, of each commune, on ``code_insee``; missing where it is not known.
    balanced : bool
        Share out both demand and level of service (Páez et al. 2019). Otherwise the plain two-step score,
        which counts a person once for each OPSN that serves them, and so inflates both.

    Returns
    -------
    DataFrame
        On the index of `demand`: ``access_score`` (staff per 10,000 people; 0 where nobody serves the
        commune, missing where an OPSN that does also serves a commune of unknown demand) and
        ``access_unknown_count`` (OPSN that serve the commune with an unknown
        staff, who add nothing: where it is not 0 the score is a lower bound).

    Raises
    ------
    ValueError
        A pair stands twice, or an OPSN or a commune is in `eligibility` only.

    Notes
    -----
    Weights ``w`` of commune i and OPSN j, demand P, supply S. Two steps: ``Rⱼ = Sⱼ / Σᵢ wᵢⱼ Pᵢ`` and
    ``Aᵢ = Σⱼ wᵢⱼ Rⱼ``. Balanced: ``Rⱼ = Sⱼ / Σᵢ (wᵢⱼ / Σⱼ wᵢⱼ) Pᵢ`` and ``Aᵢ = Σⱼ (wᵢⱼ / Σᵢ wᵢⱼ) Rⱼ``, so
    that the demand allocated is the demand there is, and ``Σ A = Σ R``. Its scores share out a level of
    service among communes; they compare communes of one study and are no ratio to be met. An OPSN that no
    demand reaches gives nothing.

    Examples
    --------
    Two agents serve both communes, and nobody the third.

    >>> pairs = pd.DataFrame({"code_insee": ["a", "b"], "opsn": "adica"})
    >>> staff, people = pd.Series({"adica": 2.0}), pd.Series({"a": 3_000, "b": 1_000, "c": 500})
    >>> access(pairs, staff, people, balanced=False)["access_score"].tolist()
    [5.0, 5.0, 0.0]
    >>> access(pairs, staff, people)["access_score"].tolist()
    [2.5, 2.5, 0.0]
    """
    commune, opsn = _places(eligibility, "code_insee", demand), _places(eligibility, "opsn", supply)
    if eligibility.duplicated(["code_insee", "opsn"]).any():
        raise ValueError("a commune and an OPSN stand in two rows of eligibility")
    weight = eligibility.get("weight", pd.Series(1.0, index=eligibility.index)).fillna(0).to_numpy(float)
    people = demand.to_numpy(dtype=float)
    staff = supply.fillna(0).to_numpy(dtype=float)
    demand_weight, service_weight = weight, weight
    if balanced:
        demand_weight = _ratio(weight, np.bincount(commune, weight, len(people))[commune])
        service_weight = _ratio(weight, np.bincount(opsn, weight, len(staff))[opsn])
    level = _ratio(staff, np.bincount(opsn, _product(demand_weight, people[commune]), len(staff)))
    score = np.bincount(commune, _product(service_weight, level[opsn]), len(people))
    unknown = (weight > 0) & supply.isna().to_numpy()[opsn]
    return pd.DataFrame(
        {
            "access_score": score * PER,
            "access_unknown_count": np.bincount(commune[unknown], minlength=len(people)),
        },
        index=demand.index,
    )


def _places(eligibility: pd.DataFrame, column: str, labelled: pd.Series) -> NDArray[np.intp]:
    """Position of each code of a column among the labels of a series; all must be there."""
    places = labelled.index.get_indexer(pd.Index(eligibility[column]))
    if (places < 0).any():
        unknown = sorted(set(eligibility.loc[places < 0, column].astype(str)))
        raise ValueError(f"{column} in eligibility only: {', '.join(unknown)}")
    return places


def _ratio(part: Numbers, whole: Numbers) -> NDArray[np.float64]:
    """Part over whole, 0 where either is 0, else missing where either is."""
    share: NDArray[np.float64] = np.divide(
        part, whole, out=np.zeros(len(part)), where=(part != 0) & (whole != 0)
    )
    return share


def _product(weight: Numbers, values: Numbers) -> NDArray[np.float64]:
    """Weighted values, 0 where the weight is 0, whether or not the value is known."""
    return np.multiply(weight, values, out=np.zeros(len(weight)), where=weight != 0)
