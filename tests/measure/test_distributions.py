from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opsn_geo.measure.distributions import (
    beta_bounds,
    chi2_p,
    discoveries,
    hypergeometric,
    hypergeometric_p,
    hypergeometric_sf,
    least_kind,
    student,
    student_p,
)


@given(st.integers(1, 40_000), st.data())
def test_hypergeometric_chances_are_exact(total: int, data: st.DataObject) -> None:
    kind = data.draw(st.integers(0, total))
    draws = data.draw(st.integers(0, min(total, 500)))
    counts, chances = hypergeometric(total, np.array([kind]), np.array([draws]))
    wanted = stats.hypergeom.pmf(counts, total, kind, draws)
    assert chances == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert chances.sum() == pytest.approx(1, abs=1e-12)


@given(st.integers(1, 40), st.data())
def test_the_two_sided_p_is_fishers(total: int, data: st.DataObject) -> None:
    kind = data.draw(st.integers(0, total))
    draws = data.draw(st.integers(0, total))
    count = data.draw(st.integers(max(0, kind + draws - total), min(kind, draws)))
    table = [[count, kind - count], [draws - count, total - kind - draws + count]]
    found = hypergeometric_p([count], total, [kind], [draws])
    assert found[0] == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


@given(st.integers(1, 300), st.data())
def test_the_upper_tail_is_scipys(total: int, data: st.DataObject) -> None:
    kind, draws = data.draw(st.tuples(st.integers(0, total), st.integers(0, total)))
    count = data.draw(st.integers(0, min(kind, draws) + 2))
    wanted = stats.hypergeom.sf(count - 1, total, kind, draws)
    assert hypergeometric_sf(count, total, kind, draws)[0] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(st.integers(1, 300), st.data())
def test_the_least_kind_is_the_first_that_is_not_rejected(total: int, data: st.DataObject) -> None:
    sample = data.draw(st.integers(1, total))
    count = data.draw(st.integers(0, sample))
    tails = stats.hypergeom.sf(count - 1, total, np.arange(total + 1), sample)
    assert least_kind(np.array([count]), sample, total, 0.025).tolist() == [int(np.argmax(tails > 0.025))]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_discoveries_are_those_of_benjamini_and_hochberg(p: list[float]) -> None:
    assert discoveries(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


def test_nothing_tested_finds_nothing() -> None:
    assert discoveries([]).tolist() == []


def test_quantiles_and_tails_are_scipys() -> None:
    counts = np.array([2, 3, 40, 4_000])
    assert student(0.95, counts) == pytest.approx(stats.t.isf(0.025, counts - 1), rel=1e-9)
    ratios = np.array([-40.0, -1.5, 0.0, 2.5])
    assert student_p(ratios, 7) == pytest.approx(2 * stats.t.sf(np.abs(ratios), 7), rel=1e-9)
    assert chi2_p(12.5, 4) == pytest.approx(stats.chi2.sf(12.5, 4), rel=1e-12)
    assert chi2_p(0.0, 0) == 1


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_beta_bounds_are_scipys_exact_interval(yes: int, no: int) -> None:
    base = max(yes + no, 1)
    low, high = beta_bounds(0.95, [yes], [base - yes])
    wanted = stats.binomtest(yes, base).proportion_ci(method="exact")
    assert (low[0], high[0]) == pytest.approx((wanted.low, wanted.high), rel=1e-7, abs=1e-12)
