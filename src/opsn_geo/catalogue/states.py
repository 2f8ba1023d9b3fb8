"""States of a service in a commune, what *covered* means, ways of a membership, and levels of bodies.

The one definition of *covered* is :func:`covered`, with its upper bound :func:`possibly_covered`: measures,
rasters, the report and the pages' programs all take it from here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How far a service has come to a commune: a ladder, and ``unknown`` beside it.

    >>> [state.value for state in State]
    ['not_offered', 'offered', 'member', 'used', 'unknown']
    """

    NOT_OFFERED = "not_offered"
    OFFERED = "offered"
    MEMBER = "member"
    USED = "used"
    UNKNOWN = "unknown"


class MembershipPath(StrEnum):
    """By which way a membership reaches a commune.

    >>> MembershipPath("epci").value
    'epci'
    """

    NONE = ""
    DIRECT = "direct"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    REGION = "region"
    SEVERAL = "several"


class Level(StrEnum):
    """What kind of body a membership, an offer or an answer comes from.

    >>> Level("commune") is Level.COMMUNE
    True
    """

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    REGION = "region"
    OTHER = "other"


LADDER: Final = (State.NOT_OFFERED, State.OFFERED, State.MEMBER, State.USED)
"""The rungs, lowest first."""

BEST_FIRST: Final = (State.USED, State.MEMBER, State.UNKNOWN, State.OFFERED, State.NOT_OFFERED)
"""All states, best first: unknown is better than offered, since it may be a membership."""


def covered(at_least: State = State.MEMBER) -> tuple[State, ...]:
    """Return the states of the services that cover a commune for certain, best first.

    Parameters
    ----------
    at_least : State
        Rung of the ladder from which a service counts as covering: offered, member (the meaning of
        *covered* wherever nothing else is stated) or used.

    Notes
    -----
    ``unknown`` is offered for certain: what is not known is whether the commune is a member.

    Examples
    --------
    >>> [state.value for state in covered()], [state.value for state in covered(State.OFFERED)]
    (['used', 'member'], ['used', 'member', 'unknown', 'offered'])
    """
    certain = {*LADDER[LADDER.index(at_least) :], *([State.UNKNOWN] if at_least is State.OFFERED else [])}
    return tuple(state for state in BEST_FIRST if state in certain)


def possibly_covered(at_least: State = State.MEMBER) -> tuple[State, ...]:
    """Return the states of the services that may cover a commune: the certain ones among them.

    Notes
    -----
    ``unknown`` may be ``member`` or ``used``; a member may be a user, since nobody keeps a complete list of
    users.

    Examples
    --------
    >>> [state.value for state in possibly_covered()]
    ['used', 'member', 'unknown']
    """
    possible = {*covered(at_least), *covered(State.MEMBER), State.UNKNOWN}
    return tuple(state for state in BEST_FIRST if state in possible)
