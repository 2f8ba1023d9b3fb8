"""Access to scarce capacity: how much of its OPSN's staff each commune can count on.

The services are remote, so what counts is eligibility rather than road distance; for what is done on the
spot (training, support, equipment) the weight of a pair also falls with distance.

Two steps, E2SFCA: Luo and Qi, *Health & Place* 15 (2009). Balanced: Páez, Higgins and Vivona, "Demand and
level of service inflation in Floating Catchment Area (FCA) methods", *PLoS ONE* 14(6): e0218773 (2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]

PER: Final = 10_000
"""Scores are told in staff per this many people."""


def decay(distance_m: pd.Series, reach_m: float) -> pd.Series:
    """Weigh distances by a Gaussian that falls from 1 here to 0 at the reach.

    ``(exp(-½ (d/r)²) - exp(-½)) / (1 - exp(-½))`` up to ``r``, 0 beyond (Dai, *Health & Place* 16, 2010).

    Parameters
    ----------
    distance_m : Series of float
        Distances, in metres; a missing one weighs 0.
    reach_m : float
        Distance beyond which the service is of no help.

    Returns
    -------
    Series of float
        Weights from 0 to 1 on the same index, never missing.

    Examples
    --------
    >>> decay(pd.Series([0.0, 30_000.0, 60_000.0, 90_000.0, None]), 60_000).round(3).tolist()
    [1.0, 0.701, 0.0, 0.0, 0.0]
    """
    end = np.exp(-0.5)
    weights = (np.exp(-0.5 * (distance_m / reach_m) ** 2) - end) / (1 - end)
    within: pd.Series = weights.where(distance_m <= reach_m, 0.0).clip(lower=0.0)
    return within


def access(
    eligibility: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, balanced: bool = True
) -> pd.DataFrame:
    """Score how much supply each commune can count on.

    Parameters
    ----------
    eligibility : DataFrame
        One row per pair that may be served: ``code_insee``, ``opsn``, and ``weight`` (0 to 1; 1 without the
        column), such as :func:`decay`.
    supply : Series of float
        Staff of each OPSN, on its slug; missing where it is not known.
    demand : Series of float
        People, or declared need, of each commune, on ``code_insee``; missing counts as 0.
    balanced : bool
        Share out both demand and level of service (Páez et al. 2019). Otherwise the plain two-step score,
        which counts a person once for each OPSN that serves them, and so inflates both.

    Returns
    -------
    DataFrame
        On the index of `demand`: ``access_score`` (staff per 10,000 people; 0 where nobody serves the
        commune, never missing) and ``access_unknown_count`` (OPSN that serve the commune with an unknown
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
    people = demand.fillna(0).to_numpy(dtype=float)
    staff = supply.fillna(0).to_numpy(dtype=float)
    asked, served = weight, weight
    if balanced:
        asked = _ratio(weight, np.bincount(commune, weight, len(people))[commune])
        served = _ratio(weight, np.bincount(opsn, weight, len(staff))[opsn])
    level = _ratio(staff, np.bincount(opsn, asked * people[commune], len(staff)))
    score = np.bincount(commune, served * level[opsn], len(people))
    unknown = (weight > 0) & supply.isna().to_numpy()[opsn]
    return pd.DataFrame(
        {
            "access_score": score * PER,
            "access_unknown_count": np.bincount(commune[unknown], minlength=len(people)),
        },
        index=demand.index,
    )


def _places(eligibility: pd.DataFrame, column: str, known: pd.Series) -> NDArray[np.intp]:
    """Find the place of each code, or say which are strangers."""
    places = known.index.get_indexer(pd.Index(eligibility[column]))
    if (places < 0).any():
        strangers = sorted(set(eligibility.loc[places < 0, column].astype(str)))
        raise ValueError(f"{column} in eligibility only: {', '.join(strangers)}")
    return places


def _ratio(part: Numbers, whole: Numbers) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    share: NDArray[np.float64] = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return share
