"""Classes of a legend, computed on the data: categories, and intervals cut at readable bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from opsn_geo.catalogue.numbers import count, decimal, round_step, with_unit
from opsn_geo.catalogue.palette import DIVERGING, QUALITATIVE, UNKNOWN, evenly_lit
from opsn_geo.catalogue.register import Scheme
from opsn_geo.catalogue.states import State
from opsn_geo.catalogue.words import Language, text, texts, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One class of a legend.

    A category has a ``value``; an interval has ``lower`` (excluded, but for the first) and ``upper``
    (included). ``hatched`` marks what is unknown, so that it is recognised by pattern and not by hue alone; a
    hatched class takes the missing values too.
    """

    label: str
    colour: str
    value: str | None = None
    lower: float | None = None
    upper: float | None = None
    hatched: bool = False
    count: int = 0


def legend_label(entry: Class, lang: Language = "fr") -> str:
    """Label of a class, followed by how many features it holds.

    >>> legend_label(Class(label="adhésion en vigueur", colour="#000000", count=12))
    'adhésion en vigueur (12)'
    """
    return f"{entry.label} ({count(entry.count, lang)})"


def categories(
    values: pd.Series,
    *,
    palette: Mapping[str, str] | None = None,
    words: str = "",
    lang: Language = "fr",
) -> tuple[Class, ...]:
    """Classes of a column of codes: one for each value, in the order of its words or else by falling count.

    Parameters
    ----------
    values : pandas.Series of str
        The column shown; ``"unknown"`` and missing values share one hatched class, the last.
    palette : mapping of str to str, optional
        Colour of each value; a value without one takes the next of
        :data:`~opsn_geo.catalogue.palette.QUALITATIVE`.
    words : str
        Room of the catalogue with the label of each value.
    lang : {"fr", "en"}
        Language of the labels.

    Returns
    -------
    tuple of Class
        Classes whose counts sum to ``len(values)``.

    Examples
    --------
    >>> classes = categories(pd.Series(["member", None, "offered", "member"]), words="state")
    >>> [(c.label, c.count, c.hatched) for c in classes]
    [('offre sans adhésion', 1, False), ('adhésion en vigueur', 2, False), ('inconnu', 1, True)]
    """
    labels = texts(words, lang) if words else {}
    counts = values.astype("object").where(values.notna(), State.UNKNOWN.value).astype(str).value_counts()
    named = counts.drop(State.UNKNOWN.value, errors="ignore")
    place = {value: index for index, value in enumerate(labels)}
    order = sorted(named.index, key=lambda value: (place.get(value, len(place)), -named[value], value))
    colours = dict(zip([v for v in order if v not in (palette or {})], QUALITATIVE, strict=False))
    made = [
        Class(
            label=labels.get(value, value) or text("theme_class.none", lang),
            colour={**colours, **(palette or {})}.get(value, UNKNOWN),
            value=value,
            count=int(named[value]),
        )
        for value in order
    ]
    return (*made, *_unknown(int(counts.get(State.UNKNOWN.value, 0)), lang, value=State.UNKNOWN.value))


def intervals(
    frame: pd.DataFrame,
    column: str,
    *,
    palette: str = "YlGnBu",
    scheme: Scheme = "pretty",
    most: int = 5,
    lang: Language = "fr",
) -> tuple[Class, ...]:
    """Classes of a numeric column, cut by its values.

    A few whole numbers make a class each, and so do two values; more are cut at round numbers (``pretty``)
    or into classes of about equal size, at bounds of two significant digits (``quantiles``): the classes
    that mapclassify makes, without its second of imports. Each interval excludes its lower bound and includes
    its upper one, and the first and the last are open, so that no value can fall between. Missing values make
    a hatched class, the last.

    Parameters
    ----------
    frame : pandas.DataFrame
        Frame that holds the column; one ending in ``_share`` is labelled in percent, in ``_m`` in kilometres.
    column : str
        Numeric column shown.
    palette : str
        ColorBrewer palette; a diverging one (``PuOr``) is centred on zero.
    scheme : {"pretty", "quantiles"}
        How bounds are chosen.
    most : int
        Greatest number of classes, without the unknown one.
    lang : {"fr", "en"}
        Language of the labels.

    Returns
    -------
    tuple of Class
        Classes whose counts sum to ``len(frame)``.

    Examples
    --------
    >>> frame = pd.DataFrame({"opsn_count": [0, 1, 1, 3], "covered_share": [0.2, 0.3, 0.9, None]})
    >>> [(c.label, c.count) for c in intervals(frame, "opsn_count")]
    [('0', 1), ('1', 2), ('3', 1)]
    >>> [(c.label, c.count) for c in intervals(frame, "covered_share", scheme="quantiles", most=2, lang="en")]
    [('up to 30%', 2), ('over 30%', 1), ('unknown', 1)]
    """
    values = pd.to_numeric(frame[column]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return _unknown(len(values), lang)
    whole = bool((finite == np.round(finite)).all()) and not column.endswith("_share")
    diverging = palette in DIVERGING
    uppers = _bounds(finite, scheme=scheme, most=most, whole=whole, centred=diverging)
    counts = np.bincount(places(finite, uppers), minlength=len(uppers))
    lowers = [None, *uppers[:-1]]
    labels = _interval_labels(uppers, finite, column=column, whole=whole, lang=lang)
    colours = _colours(palette, len(uppers))
    made = [
        Class(label=label, colour=colour, lower=lower, upper=upper, count=int(count))
        for label, colour, lower, upper, count in zip(labels, colours, lowers, uppers, counts, strict=True)
    ]
    return (*made, *_unknown(len(values) - len(finite), lang))


def _unknown(count: int, lang: Language, value: str | None = None) -> tuple[Class, ...]:
    label = text("theme_class.unknown", lang)
    made = Class(label=label, colour=UNKNOWN, value=value, hatched=True, count=count)
    return (made,) if count else ()


def places(values: np.ndarray, uppers: list[float]) -> np.ndarray:
    """Place of the interval of each value: the first whose upper bound is not below it."""
    return np.searchsorted(uppers, values, side="left").clip(0, len(uppers) - 1)


def _bounds(finite: np.ndarray, *, scheme: Scheme, most: int, whole: bool, centred: bool) -> list[float]:
    """Rising upper bounds of the classes; the last one is not below the greatest value."""
    distinct = np.unique(finite)
    if len(distinct) <= (most if whole else 2) and not centred:
        return [float(value) for value in distinct]
    if centred:
        reach = float(np.abs(finite).max()) or 1.0
        bins = round_bounds(-reach, reach, most)
        bins = bins[bins != 0]  # what is near zero is one class, of no hue
    elif scheme == "pretty":
        bins = round_bounds(distinct[0], distinct[-1], most)
    else:
        bins = _two_digits(equal_counts(finite, most))
    rounded = np.unique(np.round(bins, 0 if whole else 9))
    useful = centred | ((rounded >= finite.min()) & (rounded < finite.max()))
    kept = [float(value) for value in rounded[useful] if value != rounded[-1]]
    return [*kept, float(max(rounded[-1], finite.max()))]


def round_bounds(low: float, high: float, most: int) -> np.ndarray:
    """Bounds at multiples of 1, 2 or 5 times a power of ten (after Heckbert's "nice numbers", 1990).

    Parameters
    ----------
    low, high : float
        Ends of the span; ``low`` is below ``high``.
    most : int
        Number of classes wanted, two at least; there may be a few more or less.

    Returns
    -------
    numpy.ndarray of float
        Rising upper bounds; the last is not below ``high``.

    Examples
    --------
    >>> round_bounds(3.0, 88.0, 5).tolist()
    [20.0, 40.0, 60.0, 80.0, 100.0]
    """
    step = round_step(round_step(high - low, "up") / (most - 1))
    return np.arange(np.floor(low / step) + 1, np.ceil(high / step) + 1) * step


def equal_counts(finite: np.ndarray, most: int) -> np.ndarray:
    """Upper bounds of classes that hold about as many values each; ties make them fewer.

    >>> equal_counts(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 2).tolist()
    [3.0, 5.0]
    """
    return np.unique(np.quantile(finite, np.arange(1, most + 1) / most))


def _two_digits(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.2g}") for value in values])


def _colours(palette: str, count: int) -> list[str]:
    """As many colours in the hues of a ColorBrewer palette; short scales skip its palest and darkest ends."""
    from branca.utilities import color_brewer  # noqa: PLC0415 - only intervals need it

    short = {0: [], 1: [1], 2: [0, 2]}
    drawn: list[str] = color_brewer(palette, max(count, 3))
    if count in short:
        return [drawn[place] for place in short[count]]
    return drawn if palette in DIVERGING else evenly_lit(drawn)


def unit_of(column: str, lang: Language) -> str:
    """Unit that a legend shows: shares in percent, counts without one.

    >>> unit_of("covered_share", "fr"), unit_of("area_count", "fr"), unit_of("access_km2", "fr")
    ('%', '', 'km²')
    """
    if column.endswith("_share"):
        return "%"
    declared = unit(column, lang)
    return "" if declared == text("unit.count", lang) else declared


def legend_unit(column: str, lang: Language) -> str:
    """Unit in which legends show a column: metres are read in kilometres.

    >>> legend_unit("distance_opsn_m", "fr"), legend_unit("covered_share", "fr")
    ('km', '%')
    """
    return "km" if column.endswith("_m") else unit_of(column, lang)


def legend_factor(column: str) -> float:
    """Factor by which a value is multiplied to be shown in its :func:`legend_unit`.

    >>> legend_factor("distance_opsn_m"), legend_factor("covered_share"), legend_factor("population")
    (0.001, 100, 1)
    """
    return 0.001 if column.endswith("_m") else 100 if column.endswith("_share") else 1


def _interval_labels(
    uppers: list[float], finite: np.ndarray, *, column: str, whole: bool, lang: Language
) -> list[str]:
    """Labels of intervals: round bounds with the digits they have, values with those they need to differ."""
    factor = legend_factor(column)
    bounds = [upper * factor for upper in uppers]
    fewest = next(d for d in range(10) if d == 9 or len({round(b, d) for b in bounds}) == len(bounds))  # noqa: PLR2004
    tail = with_unit("", legend_unit(column, lang), lang)

    def shown(value: float) -> str:
        return decimal(value, lang, 9, trim=True)

    if set(uppers) == set(finite.tolist()):
        return [decimal(bound, lang, fewest) + tail for bound in bounds]
    if len(bounds) == 1:
        return [text("theme_class.at_most", lang, upper=decimal(bounds[0], lang, fewest) + tail)]
    alone = uppers[0] == finite.min()
    first = shown(bounds[0]) + tail
    labels = [first if alone else text("theme_class.at_most", lang, upper=first)]
    for lower, upper in pairwise(bounds[:-1]):
        least = lower + 1 if whole and factor == 1 else lower
        span = text("theme_class.between", lang, lower=shown(least), upper=shown(upper) + tail)
        labels.append(span if least < upper else shown(upper) + tail)
    return [*labels, text("theme_class.above", lang, lower=shown(bounds[-2]) + tail)]
