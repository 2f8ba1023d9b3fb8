"""Text cells to typed values: one vectorised reading for each kind of column, missing where it fails."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

YES: Final = frozenset({"1", "true", "vrai", "oui", "yes", "o", "y", "x", "on"})
NO: Final = frozenset({"0", "false", "faux", "non", "no", "n", "off"})

UNKNOWN: Final = frozenset(
    {
        "", "n a", "na", "nc", "n c", "nd", "n d", "nr", "n r", "non communique", "non renseigne", "inconnu",
        "unknown", "sans objet", "so", "s o",
    }
)  # fmt: skip
"""Plain words for a cell that holds nothing, where no other value reads like them."""
_WORDS: Final = re.compile(r"[^\W_]+")
_LAST_SHORT_YEAR: Final = 68
_DAY_ZERO: Final = pd.Timestamp("1899-12-30")

EXAMPLES: Final[Mapping[str, str]] = {
    "boolean": "true | false | oui | non",
    "date": "2021-02-01 | 01/02/2021",
    "integer": "12",
    "number": "12 | 12,5",
    "share": "0.25 | 25 %",
    "slug": "somme-numerique",
    "slugs": "dpd;parapheur",
}
"""What a value of each kind looks like, for the person who has to mend one."""


def plain(text: str) -> str:
    """Return what two spellings of a text share: no accent, case or punctuation.

    >>> plain("Code INSEE"), plain("N° SIREN"), plain("Département"), plain("L’Œuf – dur ?")
    ('code insee', 'no siren', 'departement', 'l oeuf dur')
    """
    text = text.casefold()
    if not text.isascii():
        text = text.replace("œ", "oe").replace("æ", "ae").replace("°", "o")
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(text))


def slug(text: str) -> str:
    """Return the short name that stands for a text in tables and file names.

    >>> slug("Somme Numérique"), slug("La Fibre 59/62"), slug("marches_publics")
    ('somme-numerique', 'la-fibre-59-62', 'marches_publics')
    """
    return text if re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", text) else plain(text).replace(" ", "-")


def _read_once(texts: pd.Series[str], reading: Callable[[str], object], dtype: str) -> pd.Series:
    """Return a column read, each distinct text once; missing stays missing."""
    codes, distinct = pd.factorize(texts)
    read = pd.Series([reading(text) for text in distinct], dtype=dtype).array.take(codes, allow_fill=True)
    return pd.Series(read, index=texts.index, name=texts.name)


def respelt(texts: pd.Series[str], reading: Callable[[str], str | None]) -> pd.Series[str]:
    """Return texts read as other texts or nothing; the result is text even where all of it is missing.

    >>> respelt(pd.Series(["A b", None], dtype="str"), lambda text: text[1:].strip() or None).tolist()
    ['b', nan]
    """
    return _read_once(texts, reading, "str")


def booleans(texts: pd.Series[str]) -> pd.Series:
    """Return yes and no in French and English, as words, letters, digits or a cross.

    >>> booleans(pd.Series(["Oui", "FAUX", "x", "peut-être", None])).tolist()
    [True, False, True, <NA>, <NA>]
    """
    return truths(texts, {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)})


def truths(texts: pd.Series[str], words: Mapping[str, bool]) -> pd.Series:
    """Return yes and no by the words given, which stand in their plain spelling.

    >>> truths(pd.Series(["Coché", "–", None]), {"coche": True}).tolist()
    [True, <NA>, <NA>]
    """
    return _read_once(texts, lambda text: words.get(plain(text)), "boolean")


def numbers(texts: pd.Series[str]) -> pd.Series:
    """Return numbers, also with a decimal point or comma, blanks between thousands, and a per cent sign.

    >>> numbers(pd.Series(["1 234,5", "12 %", "1e3", "inf", "douze"])).tolist()
    [1234.5, 0.12, 1000.0, <NA>, <NA>]
    """
    bare = texts.str.replace("[\\s\u00a0\u202f]", "", regex=True).str.replace(",", ".")
    read = pd.to_numeric(bare.str.removesuffix("%"), errors="coerce").astype("Float64")
    read = read.mask(bare.str.endswith("%").fillna(value=False), read / 100)
    return read.mask(read.isna() | ~read.abs().lt(float("inf")).fillna(value=False))


def integers(texts: pd.Series[str]) -> pd.Series:
    """Return whole numbers; a fraction is missing.

    >>> integers(pd.Series(["12", "12,0", "12,5"])).tolist()
    [12, 12, <NA>]
    """
    read = numbers(texts)
    return read.mask(read.mod(1).ne(0).fillna(value=False) | read.abs().gt(2**53)).astype("Int64")


def dates(texts: pd.Series[str]) -> pd.Series:
    """Return ISO dates, French dates (day first) and days as Excel counts them; never a month-first date.

    A year of two digits is of this century up to 68, else of the last one, as in POSIX. A number of five
    digits is a day counted from the end of 1899, as an unformatted cell of a spreadsheet shows it.

    >>> dates(pd.Series(["2021-02-01T08:30:00Z", "1/2/2021", "01/02/21", "44228"])).dt.date.unique().tolist()
    [datetime.date(2021, 2, 1)]
    >>> dates(pd.Series(["32/01/2021", "2021", "1/2/98"])).dt.date.tolist()
    [NaT, NaT, datetime.date(1998, 2, 1)]
    """
    iso = texts.str.extract(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*)?$")
    french = texts.str.extract(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?: .*)?$")
    short = french[2].str.len().eq(2)
    this_century = pd.to_numeric(french[2], errors="coerce").le(_LAST_SHORT_YEAR)
    years = (
        french[2].mask(short & this_century, "20" + french[2]).mask(short & ~this_century, "19" + french[2])
    )
    parts = iso.fillna(french.assign(**{"2": years})[["2", 1, 0]].set_axis([0, 1, 2], axis=1))
    joined = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    read = pd.to_datetime(joined, format="%Y-%m-%d", errors="coerce")
    counted = pd.to_numeric(
        texts.where(texts.str.fullmatch(r"[2-5]\d{4}(?:[.,]0+)?").fillna(value=False)).str[:5]
    )
    days = counted.fillna(0).astype("int64")  # a missing count is no number of days
    dated = (_DAY_ZERO + pd.to_timedelta(days, unit="D")).where(counted.notna())
    return read.fillna(dated).astype("datetime64[s]")


def shares(texts: pd.Series[str]) -> pd.Series:
    """Return shares from 0 to 1, also written in per cent with the sign.

    >>> shares(pd.Series(["0,25", "25 %", "25"])).tolist()
    [0.25, 0.25, <NA>]
    """
    read = numbers(texts)
    return read.mask(~read.between(0, 1).fillna(value=False))


def slug_lists(texts: pd.Series[str]) -> pd.Series:
    """Return short names joined by ``;``, as text in the same form.

    >>> slug_lists(pd.Series(["dpd; Parapheur", "*", None])).tolist()
    ['dpd;parapheur', '*', nan]
    """
    return respelt(
        texts, lambda text: ";".join(slug(part) or part.strip() for part in text.split(";") if part.strip())
    )


def slugs(texts: pd.Series[str]) -> pd.Series:
    """Return short names, made from whatever stands there.

    >>> slugs(pd.Series(["Somme Numérique", None])).tolist()
    ['somme-numerique', nan]
    """
    return respelt(texts, lambda text: slug(text) or None)


READINGS: Final[Mapping[str, Callable[[pd.Series[str]], pd.Series]]] = {
    "text": lambda texts: texts,
    "boolean": booleans,
    "date": dates,
    "integer": integers,
    "number": numbers,
    "share": shares,
    "slug": slugs,
    "slugs": slug_lists,
}
"""How each kind of column is read."""
