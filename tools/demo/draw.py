"""Draws that keep a total exactly: what a margin says is not left to chance, who bears it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


TOP = 10


def take(rng: np.random.Generator, weight: Floats, count: int) -> Integers:
    """Draw exactly `count` positions without replacement, the likelier the larger their weight.

    Adding a Gumbel noise to the logarithm of the weights and keeping the largest is a sequential draw with
    those weights (Efraimidis and Spirakis, 2006). A weight of zero is never drawn.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    weight : array of float, shape (n,)
        Weights, not negative.
    count : int
        How many to draw.

    Returns
    -------
    array of int, shape (count,)
        Positions, increasing.

    Raises
    ------
    ValueError
        Fewer positions than `count` have a weight.

    Examples
    --------
    >>> take(np.random.default_rng(1), np.array([0.0, 1.0, 1.0]), 2).tolist()
    [1, 2]
    """
    if count > np.count_nonzero(weight):
        message = f"{count} of {np.count_nonzero(weight)} cannot be drawn"
        raise ValueError(message)
    noise = rng.gumbel(size=len(weight))
    keys = np.log(weight, out=np.full(len(weight), -np.inf), where=weight > 0) + noise
    return np.sort(np.argsort(-keys, kind="stable")[:count])


def apportion(shares: Sequence[float] | Floats, total: int) -> Integers:
    """Share a total out in whole numbers by the largest remainders; equal remainders go to the first.

    >>> apportion([87, 6, 5, 2], 488).tolist()
    [425, 29, 24, 10]
    """
    exact = np.asarray(shares, dtype=float) / np.sum(shares) * total
    counts = np.floor(exact).astype(np.int64)
    late = np.argsort(counts - exact, kind="stable")[: total - int(counts.sum())]
    counts[late] += 1
    return counts


def deal(rng: np.random.Generator, counts: Mapping[str, int]) -> pd.Series[str]:
    """Lay out each label as often as its count says, in a random order.

    >>> sorted(deal(np.random.default_rng(1), {"a": 2, "b": 1}))
    ['a', 'a', 'b']
    """
    labels = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    return pd.Series(rng.permutation(labels))


def scores(rng: np.random.Generator, leaning: Floats, mean: float, spread: float = 2.1) -> Integers:
    """Draw whole scores from 0 to 10 whose mean is the nearest to `mean` that whole scores allow.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the noise.
    leaning : array of float, shape (n,)
        Who tends to score high; standardised by the caller.
    mean : float
        Mean wanted.
    spread : float
        Standard deviation of the scores before they are rounded and bounded.

    Examples
    --------
    >>> drawn = scores(np.random.default_rng(1), np.zeros(50), 6.4)
    >>> float(drawn.mean()), bool(((drawn >= 0) & (drawn <= 10)).all())
    (6.4, True)
    """
    drawn = np.clip(np.rint(mean + spread * (0.5 * leaning + 0.85 * rng.normal(size=len(leaning)))), 0, TOP)
    missing = round(mean * len(drawn)) - int(drawn.sum())
    while missing:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(drawn < TOP) if step > 0 else np.flatnonzero(drawn > 0)
        moved = rng.permutation(movable)[: abs(missing)]
        drawn[moved] += step
        missing -= step * len(moved)
    return drawn.astype(np.int64)


def sizes(latent: Floats, below: float, share: float, median: float) -> Integers:
    """Give whole sizes in the order of a latent one, with a share below a bound and a given median.

    Parameters
    ----------
    latent : array of float, shape (n,)
        Whoever has a larger latent size gets a larger size.
    below, share : float
        This share (0 to 1) of the sizes lies strictly under this bound.
    median : float
        Median of the sizes.

    Examples
    --------
    >>> drawn = sizes(np.arange(100.0), below=5, share=0.42, median=7)
    >>> float(np.median(drawn)), float((drawn < 5).mean())
    (7.0, 0.42)
    """
    rank = (np.argsort(np.argsort(latent, kind="stable"), kind="stable") + 0.5) / len(latent)
    small = round(share * len(latent)) / len(latent)
    low = np.interp(rank, [0, small], [0.6, below - 0.6])
    knots = [small, (small + 0.48) / 2, 0.48, 0.52, 0.75, 0.93, 1.0]
    high = np.interp(
        rank, knots, [below, (below + median) / 2, median, median, 2.3 * median, 9 * median, 120 * median]
    )
    return np.rint(np.where(rank < small, low, high)).astype(np.int64)
