"""Official codes as files really hold them: altered by Excel, spaced, too long or too short."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from opsn_geo.linkage.causes import Cause

COMMUNE: Final = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-5]|2[AB])\d{3}|9[78]\d{3}")
"""A commune's code: département (two characters, or three overseas) and number."""

DEPARTEMENT: Final = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97\d|98\d")
"""A département's code."""

ARRONDISSEMENTS: Final = {
    **{f"{code}": "75056" for code in range(75101, 75121)},
    **{f"{code}": "69123" for code in range(69381, 69390)},
    **{f"{code}": "13055" for code in range(13201, 13217)},
}
"""Municipal arrondissements of Paris, Lyon and Marseille, and their commune."""

_LA_POSTE: Final = "356000000"


def unwrapped(text: str) -> str:
    """Return a code without what spreadsheets wrap it in: blanks, quotes, a formula, a decimal zero.

    >>> unwrapped("59350.0"), unwrapped('="02001"'), unwrapped("'2a 004"), unwrapped("5,9350E+04")
    ('59350', '02001', '2A004', '59350')
    """
    bare = re.sub(r"[\s='\"\u2019]", "", text).upper()
    whole = re.sub(r"[.,]0+$", "", bare)
    exact = re.fullmatch(r"(\d)[.,](\d+)E\+?(\d+)", whole)
    if exact:
        digits, exponent = exact[1] + exact[2], int(exact[3])
        if len(digits) > exponent and not digits[exponent + 1 :].strip("0"):
            return digits[: exponent + 1]
    return whole


def luhn(digits: str) -> bool:
    """Return whether the last digit of a number checks the others (Luhn's formula, as in SIREN and SIRET).

    >>> luhn("210200010"), luhn("210200011")
    (True, False)
    """
    doubled = (int(c) * (1 + i % 2) for i, c in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0  # noqa: PLR2004 - two digits add up


def valid_siret(digits: str) -> bool:
    """Return whether 14 digits are a SIRET: Luhn's formula, but the post office's add up to a multiple of 5.

    >>> valid_siret("21020001000010"), valid_siret("21020001000011")
    (True, False)
    """
    if digits.startswith(_LA_POSTE):
        return luhn(digits) or sum(map(int, digits)) % 5 == 0
    return luhn(digits) and luhn(digits[:9])


def identifier(text: str) -> tuple[str, str]:
    """Return the kind of a body's code, and the code mended.

    Returns
    -------
    tuple of str
        ``("insee", code)``, ``("mended", code)`` when something had to be mended, ``("siren", siren)`` (of a
        SIRET its first nine digits), or the
        :class:`~opsn_geo.linkage.causes.Cause` that forbids to use it and the text.

    Examples
    --------
    >>> identifier("02001"), identifier("2001"), identifier("2b033")
    (('insee', '02001'), ('mended', '02001'), ('mended', '2B033'))
    >>> identifier("210 200 010"), identifier("2,00E+03")[0].value, identifier("210200011")[0].value
    (('siren', '210200010'), 'damaged_code', 'invalid_siren')
    """
    code = unwrapped(text)
    if re.fullmatch(r"\d[.,]?\d*E\+?\d+", code):
        return Cause.DAMAGED_CODE, text
    digits = re.sub(r"[.\-]", "", code)
    if re.fullmatch(r"\d{9}", digits):
        return ("siren", digits) if luhn(digits) else (Cause.INVALID_SIREN, text)
    if re.fullmatch(r"\d{14}", digits):
        return ("siren", digits[:9]) if valid_siret(digits) else (Cause.INVALID_SIREN, text)
    commune = re.sub(r"^O|(?<=\d)O", "0", code).zfill(5) if len(code) in {4, 5} else code
    if COMMUNE.fullmatch(commune):
        return ("insee" if commune == text else "mended"), commune
    return Cause.UNREADABLE_CODE, text


def identifiers(texts: pd.Series[str]) -> pd.DataFrame:
    """Return the kind and value of a column of codes, each distinct text read once.

    Returns
    -------
    DataFrame
        ``kind`` and ``value`` of :func:`identifier` on the same index; missing where the text is.

    Examples
    --------
    >>> identifiers(pd.Series(["2001", None])).to_dict("list")
    {'kind': ['mended', nan], 'value': ['02001', nan]}
    """
    distinct = texts.dropna().unique()
    read = {text: identifier(text) for text in distinct}
    return pd.DataFrame(
        {
            "kind": texts.map({text: str(kind) for text, (kind, _) in read.items()}).astype("str"),
            "value": texts.map({text: value for text, (_, value) in read.items()}).astype("str"),
        }
    )


def departement_code(text: str) -> str | None:
    """Return the code of a département, alone or before its name; nothing if there is none.

    >>> [departement_code(text) for text in ("2", "02 - Aisne", "2a", "Aisne")]
    ['02', '02', '2A', None]
    """
    match = re.match(r"\W*(\d[\dABab]?\d?)(?:[.,]0+)?\b", text)
    code = match[1].upper().zfill(2) if match else ""
    return code if DEPARTEMENT.fullmatch(code) else None


def departement_of(codes: pd.Series[str]) -> pd.Series[str]:
    """Return the département that communes' or postal codes begin with.

    >>> departement_of(pd.Series(["02001", "2A004", "97411"])).tolist()
    ['02', '2A', '974']
    """
    return codes.str[:2].where(~codes.str[:2].isin(["97", "98"]), codes.str[:3])
