"""How sure a desert is: the share of reasonable specifications in which it is one.

A desert found under nearly every specification is a finding; one found under a few of them is a choice of
whoever set the thresholds (specification-curve reasoning: Simonsohn, Simmons and Nelson, *Nature Human
Behaviour* 4, 2020).
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from opsn_geo.measure.deserts.lacking import BUNDLE, bundle
from opsn_geo.measure.deserts.patches import (
    Certainty,
    Thresholds,
    large_enough,
    patch_numbers,
    patch_sizes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy import sparse

CERTAINTIES: Final[tuple[Certainty, ...]] = ("sure", "possible")
THRESHOLDS: Final = (
    *(Thresholds(communes=communes, population=p) for communes in (1, 3, 5) for p in (0, 1_000, 5_000)),
    Thresholds(area_km2=25.0),
    Thresholds(area_km2=100.0),
)
"""Thresholds of the default grid: on communes and population together, and on area."""

BUNDLE_LEAST: Final = (0.25, 0.5, 0.75)
"""Shares of the bundle's weight from which it is missing, in the default grid."""

VERDICTS: Final = {"never": 0.0, "choice": 0.5, "leaning": 0.95, "finding": 1.0}
"""Each verdict and the share of specifications up to which it holds (``leaning`` ends just before 0.95)."""


class Stability(NamedTuple):
    """Stability by commune and service, and the deserts of each specification."""

    communes: pd.DataFrame
    specifications: pd.DataFrame


def stability(
    readings: Mapping[str, pd.DataFrame],
    contiguities: Mapping[str, sparse.csr_array],
    communes: pd.DataFrame,
    *,
    certainties: Sequence[Certainty] = CERTAINTIES,
    thresholds: Sequence[Thresholds] = THRESHOLDS,
) -> Stability:
    """Share of the specifications in which each commune lies in a desert of each service.

    Parameters
    ----------
    readings : mapping of str to DataFrame of boolean
        What is below the rung, by the name of the choice made (``"member"``, ``"used"``, ``"member 2026"``):
        frames as from :func:`~opsn_geo.measure.deserts.lacking.lacking`, all with the same services, on the
        index of `communes`. Another vintage is first :func:`carried` here.
    contiguities : mapping of str to csr_array of bool
        Contiguity of `communes` by name (``"queen"``, ``"rook"``, ``"queen 2"``).
    communes : DataFrame
        On ``code_insee``: population, area_km2, inside.
    certainties, thresholds : sequences
        The other two axes. The grid is the product of all four, every specification with the same weight.

    Returns
    -------
    Stability
        ``communes``: one row per commune inside the study and service: code_insee, service,
        stability_share (specifications in which the commune is in a desert ÷ all of them, never missing),
        stability_verdict (never, choice below 0.5, leaning, finding from 0.95). ``specifications``: one row
        per specification and service: reading, contiguity, certainty, min_communes, min_population,
        min_area_km2, service, and the desert's communes (count) and population.

    Raises
    ------
    ValueError
        The grid is empty, or the frames do not hold the same communes and services.

    Examples
    --------
    Of two thresholds one leaves the lonely commune out, so that its desert is a matter of choice.

    >>> from scipy import sparse
    >>> codes = pd.Index(["a", "b"], name="code_insee")
    >>> communes = pd.DataFrame({"population": 9, "area_km2": 1.0, "inside": True}, index=codes)
    >>> frame = pd.DataFrame({"dpd": [True, False]}, index=codes, dtype="boolean")
    >>> table, _ = stability({"member": frame}, {"queen": sparse.csr_array((2, 2), dtype=bool)}, communes,
    ...                      certainties=["sure"], thresholds=[Thresholds(), Thresholds(communes=2)])
    >>> table[["code_insee", "stability_share", "stability_verdict"]].values.tolist()
    [['a', 0.5, 'leaning'], ['b', 0.0, 'never']]
    """
    first = next(iter(readings.values()), pd.DataFrame())
    if any(not frame.columns.equals(first.columns) for frame in readings.values()):
        raise ValueError("every reading must hold the same services in the same order")
    if not (readings and contiguities and certainties and thresholds):
        raise ValueError("the grid has no specification")
    times_in_desert, totals = np.zeros(first.shape, dtype=np.int64), []
    for frame, adjacency, certainty in product(readings.values(), contiguities.values(), certainties):
        numbers = patch_numbers(frame, adjacency, communes, certainty=certainty)
        sizes = patch_sizes(numbers, communes)
        passed = np.array([large_enough(sizes, bounds) for bounds in thresholds])
        # How many thresholds each patch passes, read for the patch of each cell; -1, no patch, takes the 0.
        times_in_desert += np.append(passed.sum(axis=0), 0)[numbers]
        totals.append(_totals(sizes, passed, len(first.columns)))
    grid = product(readings, contiguities, certainties, thresholds)
    specifications = _specifications(list(grid), first.columns).assign(
        communes=np.concatenate([parts[0] for parts in totals]).ravel(),
        population=np.concatenate([parts[1] for parts in totals]).ravel(),
    )
    inside = communes["inside"].to_numpy(dtype=bool)
    shares = pd.DataFrame(
        times_in_desert / (len(totals) * len(thresholds)), index=first.index, columns=first.columns
    )
    return Stability(_long(shares[inside]), specifications)


def bundle_stability(
    readings: Mapping[str, pd.DataFrame],
    weights: pd.Series,
    contiguities: Mapping[str, sparse.csr_array],
    communes: pd.DataFrame,
    *,
    least: Sequence[float] = BUNDLE_LEAST,
    thresholds: Sequence[Thresholds] = THRESHOLDS,
) -> Stability:
    """Return the stability of the bundle: as that of a service, and over what it takes to lack the bundle.

    Parameters
    ----------
    readings, contiguities, communes, thresholds
        As for :func:`stability`; the readings hold the services of the bundle.
    weights : Series of float
        Weight of each service of the bundle, held fixed.
    least : sequence of float
        Shares of the weight from which the bundle is missing; each counts alike.

    Returns
    -------
    Stability
        As that of :func:`stability`, for the service :data:`~opsn_geo.measure.deserts.lacking.BUNDLE` alone;
        ``specifications`` has ``bundle_least`` besides.

    Examples
    --------
    A commune that lacks half of the bundle is in its desert where a quarter or a half is enough.

    >>> from scipy import sparse
    >>> codes = pd.Index(["a"], name="code_insee")
    >>> communes = pd.DataFrame({"population": 9_000, "area_km2": 200.0, "inside": True}, index=codes)
    >>> frame = pd.DataFrame({"dpd": [True], "sig": [False]}, index=codes, dtype="boolean")
    >>> alone = {"queen": sparse.csr_array((1, 1), dtype=bool)}
    >>> table, grid = bundle_stability({"member": frame}, pd.Series({"dpd": 1, "sig": 1}), alone, communes)
    >>> table["stability_share"].round(3).tolist(), len(grid)
    ([0.303], 66)
    """
    parts = {
        share: stability(
            {name: bundle(frame, weights, share).to_frame(BUNDLE) for name, frame in readings.items()},
            contiguities,
            communes,
            thresholds=thresholds,
        )
        for share in least
    }
    tables = [part.communes for part in parts.values()]
    mean = pd.concat([table["stability_share"] for table in tables], axis=1).mean(axis=1)
    grid = [part.specifications.assign(bundle_least=share) for share, part in parts.items()]
    return Stability(
        tables[0].assign(stability_share=mean, stability_verdict=verdict(mean)),
        pd.concat(grid, ignore_index=True),
    )


def _totals(
    sizes: pd.DataFrame, passed: NDArray[np.bool_], services: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Communes and people in the patches that pass: thresholds × services.

    People are missing where those of a patch are.
    """
    in_service = sizes["service"].to_numpy()[:, None] == np.arange(services)
    population = sizes["population"].to_numpy()
    communes, people, unknown = (
        passed.astype(float) @ (in_service * amounts[:, None])
        for amounts in (sizes["communes"].to_numpy(), np.nan_to_num(population), np.isnan(population))
    )
    return communes.astype(np.int64), np.where(unknown > 0, np.nan, people)


def _specifications(grid: list[tuple[str, str, Certainty, Thresholds]], services: pd.Index) -> pd.DataFrame:
    """Specifications of the grid, one row for each of the services."""
    choices = pd.DataFrame(
        [(*names, bounds.communes, bounds.population, bounds.area_km2) for *names, bounds in grid],
        columns=["reading", "contiguity", "certainty", "min_communes", "min_population", "min_area_km2"],
    )
    rows = choices.loc[choices.index.repeat(len(services))].reset_index(drop=True)
    return pd.DataFrame({"service": np.tile(services.to_numpy(), len(choices))}).join(rows)


def carried(below: pd.DataFrame, passage: pd.DataFrame, communes: pd.Index) -> pd.DataFrame:
    """State of the communes of this vintage, from that of another vintage's communes.

    Parameters
    ----------
    below : DataFrame of boolean
        Communes of the other vintage × services.
    passage : DataFrame
        ``code_from`` (other vintage) and ``code_to`` (this one), only where they differ.
    communes : Index of str
        Communes of this vintage.

    Returns
    -------
    DataFrame of boolean
        On `communes`. A commune made of several, or one of several made of one, takes their state where it
        is the same; where they differ, or one is unknown, it is unknown.

    Examples
    --------
    >>> old = pd.DataFrame({"dpd": [True, False, True]}, index=["a", "b", "c"], dtype="boolean")
    >>> merger = pd.DataFrame({"code_from": ["a", "b"], "code_to": ["ab", "ab"]})
    >>> carried(old, merger, pd.Index(["ab", "c"]))["dpd"].tolist()
    [<NA>, True]
    """
    unchanged = below.index.difference(pd.Index(passage["code_from"]))
    pairs = pd.concat(
        [passage[["code_from", "code_to"]], pd.DataFrame({"code_from": unchanged, "code_to": unchanged})]
    )
    values = below.reindex(pairs["code_from"]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    by = pd.DataFrame(values, columns=below.columns).groupby(pairs["code_to"].to_numpy())
    low, high = by.min(), by.max()
    agreed = low.where((low == high) & (by.count() == by.size().to_numpy()[:, None]))
    return agreed.reindex(communes).astype("boolean")


def verdict(shares: pd.Series) -> pd.Series:
    """Verdict of each share of specifications.

    >>> verdict(pd.Series([0.0, 0.3, 0.5, 0.95])).tolist()
    ['never', 'choice', 'leaning', 'finding']
    """
    choice, leaning = VERDICTS["choice"], VERDICTS["leaning"]
    tolerance = 1e-12
    bounds = [tolerance, choice - tolerance, leaning - tolerance]
    names = pd.Series(list(VERDICTS), name="stability_verdict")
    return names.take(np.searchsorted(bounds, shares, side="right")).set_axis(shares.index)


def _long(shares: pd.DataFrame) -> pd.DataFrame:
    """Long table of the shares by commune, then service, both in alphabetical order."""
    table = shares.sort_index(axis=0).sort_index(axis=1)
    long = pd.DataFrame(
        {
            "code_insee": table.index.repeat(len(table.columns)),
            "service": np.tile(table.columns.to_numpy(), len(table)),
            "stability_share": table.to_numpy().ravel(),
        }
    )
    return long.assign(stability_verdict=verdict(long["stability_share"]))
