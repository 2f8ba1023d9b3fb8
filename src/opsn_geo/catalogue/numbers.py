r"""The one way to write each kind of number: separators, signs, missing values, round steps.

Thousands are separated by a narrow no-break space in French and a comma in English, decimals by a comma and a
point; a negative number has a true minus sign (U+2212), and nothing is ever minus nought. A missing number
(``None``, ``pandas.NA``, not a number) is a dash. Pages receive the same signs as data: :func:`signs`.

>>> count(12345), decimal(-3.5), percent(0.125, digits=1), signed(4), count(None)
('12\u202f345', '−3,5', '12,5\u202f%', '+4', '–')
"""

from __future__ import annotations

import math
from typing import Final, Literal, SupportsFloat, cast

from opsn_geo.catalogue.words import Language

MISSING: Final = "–"
"""What stands for a number that is not known."""

_NO_BREAK: Final = "\u00a0"
_NARROW: Final = "\u202f"
_MINUS: Final = "−"
_GROUP: Final = {"fr": _NARROW, "en": ","}
_POINT: Final = {"fr": ",", "en": "."}
_PERCENT: Final = {"fr": f"{_NARROW}%", "en": "%"}
_TO: Final = {"fr": "à", "en": "to"}
_DUST: Final = 1e-9
"""Shares that differ by less than that are the same: computing them in another order makes as much."""


def signs(lang: Language = "fr") -> dict[str, str]:
    r"""Return the signs that numbers are written with, for programs that write numbers themselves.

    >>> signs("en")
    {'group': ',', 'point': '.', 'minus': '−', 'percent': '%', 'space': '\xa0', 'missing': '–', 'to': 'to'}
    """
    return {
        "group": _GROUP[lang],
        "point": _POINT[lang],
        "minus": _MINUS,
        "percent": _PERCENT[lang],
        "space": _NO_BREAK,
        "missing": MISSING,
        "to": _TO[lang],
    }


def decimal(value: object, lang: Language = "fr", digits: int = 1, *, trim: bool = False) -> str:
    """Return a number with so many decimals.

    Parameters
    ----------
    value : object
        A number, or a missing one.
    lang : {"fr", "en"}
        Language it is written in.
    digits : int
        Number of decimals.
    trim : bool
        Leave out the zeros that end the decimals.

    Examples
    --------
    >>> decimal(1234.56, "en"), decimal(-0.04, "en"), decimal(12.0, "en"), decimal(12.0, "en", trim=True)
    ('1,234.6', '0.0', '12.0', '12')
    """
    exact = _finite(value)
    if exact is None:
        return MISSING
    written = f"{round(exact, digits) + 0.0:,.{digits}f}"
    if trim and "." in written:
        written = written.rstrip("0").rstrip(".")
    return written.translate({ord(","): _GROUP[lang], ord("."): _POINT[lang], ord("-"): _MINUS})


def count(value: object, lang: Language = "fr") -> str:
    """Return a number without decimals.

    >>> count(3789.0, "en"), count(-0.3, "en"), count(float("nan"))
    ('3,789', '0', '–')
    """
    return decimal(value, lang, 0)


def percent(share: object, lang: Language = "fr", digits: int = 0) -> str:
    r"""Return a share in percent, with the space that French wants before the sign.

    A share that is not nil is never written as nothing, nor one that is not whole as the whole.

    >>> percent(0.1234, "en", 1), percent(0.1234, "fr", 1), percent(None)
    ('12.3%', '12,3\u202f%', '–')
    >>> percent(0.002, "en"), percent(0, "en"), percent(0.999, "en"), percent(0.0002, "en", 1)
    ('<\xa01%', '0%', '>\xa099%', '<\xa00.1%')
    """
    exact = _finite(share)
    if exact is None:
        return MISSING
    written, least = round(100 * exact, digits), 10.0**-digits
    if written == 0 and exact > _DUST:
        return f"<{_NO_BREAK}{with_unit(decimal(least, lang, digits), '%', lang)}"
    if written == 100 and exact < 1 - _DUST:  # noqa: PLR2004 - percent
        return f">{_NO_BREAK}{with_unit(decimal(100 - least, lang, digits), '%', lang)}"
    return with_unit(decimal(100 * exact, lang, digits), "%", lang)


def signed(value: object, lang: Language = "fr", digits: int = 0) -> str:
    """Return a difference with its sign; one that rounds to nought has none.

    >>> signed(13.4), signed(-2.0), signed(0.2)
    ('+13', '−2', '0')
    """
    exact = _finite(value)
    rises = exact is not None and round(exact, digits) > 0
    return f"{'+' if rises else ''}{decimal(value, lang, digits)}"


def between(low: object, high: object, lang: Language = "fr", digits: int = 0) -> str:
    r"""Return the least and the greatest possible share in percent, one of them where they are written alike.

    >>> between(0.5, 0.5, "en"), between(0.5, 0.75, "en"), between(0.5, 1, "fr")
    ('50%', '50 to 75%', '50 à 100\u202f%')
    """
    first, last = percent(low, lang, digits), percent(high, lang, digits)
    if first == last:
        return first
    return f"{first.removesuffix(_PERCENT[lang])} {_TO[lang]} {last}"


def interval(low: object, high: object, lang: Language = "fr", digits: int = 0) -> str:
    r"""Return the confidence interval of a share in brackets, in percent without the sign.

    >>> interval(0.28, 0.4, "en"), interval(0.28, 0.4, "fr"), interval(None, 0.4)
    ('[28;\xa040]', '[28\xa0;\xa040]', '–')
    """
    shares = (None if end is None else 100 * end for end in map(_finite, (low, high)))
    return bracket(lang, *(decimal(share, lang, digits) for share in shares))


def bracket(lang: Language, low: str, high: str) -> str:
    r"""Return two written ends in brackets; a dash where either is missing.

    >>> bracket("fr", "−2", "+5"), bracket("en", "–", "+5")
    ('[−2\xa0;\xa0+5]', '–')
    """
    if MISSING in (low, high):
        return MISSING
    return f"[{low}{';' if lang == 'en' else f'{_NO_BREAK};'}{_NO_BREAK}{high}]"


def distance(metres: object, lang: Language = "fr", digits: int = 1) -> str:
    r"""Return a distance in kilometres.

    >>> distance(12345, "en"), distance(900, "fr"), distance(None)
    ('12.3\xa0km', '0,9\xa0km', '–')
    """
    exact = _finite(metres)
    return MISSING if exact is None else with_unit(decimal(exact / 1000, lang, digits), "km", lang)


def with_unit(written: str, unit: str, lang: Language = "fr") -> str:
    r"""Return a written number and its unit, on one line.

    >>> with_unit("12", "km²"), with_unit("12", "%", "en"), with_unit("12", "")
    ('12\xa0km²', '12%', '12')
    """
    if unit == "%":
        return written + _PERCENT[lang]
    return f"{written}{_NO_BREAK}{unit}" if unit else written


def round_step(length: float, to: Literal["down", "up", "nearest"] = "nearest") -> float:
    """Return 1, 2 or 5 times a power of ten, close to a length: what scales and classes are cut by.

    ``nearest`` has the limits of Heckbert's "nice numbers" (1990): 1.5, 3 and 7.

    >>> [round_step(37.0, "down"), round_step(37.0, "up"), round_step(37.0), round_step(0.18, "down")]
    [20.0, 50.0, 50.0, 0.1]
    """
    power = 10.0 ** math.floor(math.log10(length))
    multiple = length / power
    if to == "nearest":
        step = next((s for s, limit in ((1, 1.5), (2, 3), (5, 7)) if multiple < limit), 10)
    elif to == "up":
        step = next((s for s in (1, 2, 5) if multiple <= s * (1 + 1e-9)), 10)
    else:
        step = next((s for s in (10, 5, 2) if multiple >= s * (1 - 1e-9)), 1)
    return float(f"{step * power:.9g}")


def _finite(value: object) -> float | None:
    """Return a number as a float, or None for one that is missing."""
    try:
        exact = float(cast("SupportsFloat", value))
    except TypeError:  # None, or pandas.NA
        return None
    return exact if math.isfinite(exact) else None
