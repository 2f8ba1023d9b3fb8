"""Covered is defined once, and its bounds are in order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from opsn_geo.catalogue.states import BEST_FIRST, LADDER, State, covered, possibly_covered

RUNGS = (State.OFFERED, State.MEMBER, State.USED)


def test_covered_is_member_or_used_and_unknown_may_be_either() -> None:
    assert covered() == ("used", "member")
    assert possibly_covered() == ("used", "member", "unknown")


@pytest.mark.parametrize("rung", RUNGS)
def test_what_covers_for_certain_may_cover(rung: State) -> None:
    assert set(covered(rung)) <= set(possibly_covered(rung))


def test_a_higher_rung_covers_less() -> None:
    for lower, higher in pairwise(RUNGS):
        assert set(covered(higher)) < set(covered(lower))
        assert set(possibly_covered(higher)) <= set(possibly_covered(lower))


def test_the_order_of_states_holds_each_once_and_the_ladder_among_them() -> None:
    assert set(BEST_FIRST) == set(State)
    assert [state for state in BEST_FIRST if state in LADDER] == list(reversed(LADDER))


def test_unknown_lies_between_what_covers_and_what_does_not() -> None:
    order = [state in covered() for state in BEST_FIRST if state is not State.UNKNOWN]
    place = BEST_FIRST.index(State.UNKNOWN)
    assert order == sorted(order, reverse=True)
    assert place == len(covered())
