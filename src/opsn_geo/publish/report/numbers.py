"""Numbers as a language writes them; a missing one is a dash."""

from __future__ import annotations

import math
from typing import SupportsFloat, cast

import pandas as pd

from opsn_geo.catalogue.words import Language
from opsn_geo.publish.classes import number

MISSING = "–"


def count(value: object, lang: Language = "fr", digits: int = 0) -> str:
    """Write a number; a missing one is a dash, and nothing is ever minus nought.

    >>> count(12345.6, "en", 1), count(None), count(-0.001, "en", 1)
    ('12,345.6', '–', '0.0')
    """
    if pd.isna(value):  # type: ignore[call-overload]  # scalars only
        return MISSING
    exact = float(cast("SupportsFloat", value))
    return number(round(exact, digits) + 0.0, lang, digits) if math.isfinite(exact) else MISSING


def percent(share: object, lang: Language = "fr", digits: int = 0) -> str:
    """Write a share in percent, with the space that French wants.

    >>> percent(0.1234, "en", 1), percent(0.1234, "fr", 1).replace(chr(0x202F), "_")
    ('12.3%', '12,3_%')
    """
    if pd.isna(share):  # type: ignore[call-overload]  # scalars only
        return MISSING
    shown = count(100 * float(cast("SupportsFloat", share)), lang, digits)
    return f"{shown}%" if lang == "en" else f"{shown}\u202f%"


def between(low: object, high: object, lang: Language = "fr", digits: int = 0) -> str:
    """Write the two ends of what is known and what is possible, once where they meet.

    >>> between(0.5, 0.5, "en"), between(0.5, 0.75, "en"), between(0.5, 1, "fr").replace(chr(0x202F), "_")
    ('50%', '50 to 75%', '50 à 100_%')
    """
    first, last = percent(low, lang, digits), percent(high, lang, digits)
    if first == last:
        return first
    return f"{first.rstrip('%').rstrip(chr(0x202F))} {'to' if lang == 'en' else 'à'} {last}"


def interval(low: object, high: object, lang: Language = "fr", digits: int = 0) -> str:
    r"""Write an interval of confidence of a share, in percent without saying so.

    >>> interval(0.28, 0.4, "en"), interval(0.28, 0.4, "fr")
    ('[28;\xa040]', '[28\xa0;\xa040]')
    """
    ends = [MISSING if pd.isna(it) else count(100 * it, lang, digits) for it in (low, high)]  # type: ignore[call-overload, operator]
    return bracket(lang, *ends)


def bracket(lang: Language, low: str, high: str) -> str:
    """Put two ends between brackets; nothing where either is missing."""
    if MISSING in (low, high):
        return MISSING
    return f"[{low}{';' if lang == 'en' else chr(0xA0) + ';'}\u00a0{high}]"


def signed(value: object, lang: Language = "fr", digits: int = 0) -> str:
    """Write a difference with its sign.

    >>> signed(13.4), signed(-2.0), signed(0.2)
    ('+13', '−2', '0')
    """
    shown = count(value, lang, digits)
    rises = shown != MISSING and round(float(cast("SupportsFloat", value)), digits) > 0
    return f"+{shown}" if rises else shown
