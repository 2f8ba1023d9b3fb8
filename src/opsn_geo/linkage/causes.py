"""Why a row could not be linked, and how those that were linked were."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why a row was rejected; its label and remedy are in the catalogue under ``cause`` and ``cause_remedy``.

    >>> Cause("unknown_code").value
    'unknown_code'
    """

    NO_IDENTIFIER = "no_identifier"
    POSTAL_ALONE = "postal_alone"
    DAMAGED_CODE = "damaged_code"
    UNREADABLE_CODE = "unreadable_code"
    INVALID_SIREN = "invalid_siren"
    UNKNOWN_CODE = "unknown_code"
    OUTSIDE_TERRITORY = "outside_territory"
    UNKNOWN_NAME = "unknown_name"
    AMBIGUOUS_NAME = "ambiguous_name"
    MISMATCH = "mismatch"
    WRONG_LEVEL = "wrong_level"
    WRONG_DATES = "wrong_dates"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    SET_ASIDE = "set_aside"


class How(StrEnum):
    """By what a row was linked, the surest first.

    >>> How("fuzzy") is How.FUZZY
    True
    """

    CORRECTION = "correction"
    CODE = "code"
    MENDED_CODE = "mended_code"
    SIREN = "siren"
    PASSAGE = "passage"
    NAME = "name"
    NAME_AND_POSTAL = "name_and_postal"
    FUZZY = "fuzzy"
    UNPLACED = "unplaced"
