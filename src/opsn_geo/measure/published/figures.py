"""What a study published, recomputed from its own tables: each figure on its own base, with its interval.

A published figure says how it is made: ``table`` filtered by ``group`` (``item=a|b;item=c`` reads "item is
a or b, and item is c"), then a ``measure`` of ``item`` and ``choice``, compared between the answers to
``by``. Nothing else is needed to recompute it, so any study can bring such a table.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.words import Language, text
from opsn_geo.measure.disclosure import MIN_ANSWERS
from opsn_geo.measure.survey.comparison import influence
from opsn_geo.measure.survey.design import Design
from opsn_geo.measure.survey.estimates import estimates, quantiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Row = Mapping[Any, Any]

ANSWERS: Final = "answers"
RECIPE: Final = ("table", "measure", "item", "choice", "group", "by")
PUBLISHED: Final = (
    "figure", "label", "value", "unit", "precision", "comparison", "base", "base_note", "where",
)  # fmt: skip
FOUND: Final = ("recomputed", "recomputed_base", "low", "high")
_COUNTED: Final = ("distinct", "rate")
_OF_CHOICES: Final = ("count", "share", "gap")
_OF_NUMBERS: Final = ("mean", "median", "sum", "min", "max")
_MEASURES: Final = (*_COUNTED, *_OF_CHOICES, *_OF_NUMBERS, "mean_choices")
_BOOLEANS: Final = {"yes": True, "no": False, "true": True, "false": False}
_NOISE: Final = 1e-9
"""A difference under this is that of rounding in the machine."""


def recomputed(
    figures: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    units: int,
    design: Design | None = None,
    apart: pd.Series | None = None,
    min_answers: int = MIN_ANSWERS,
) -> pd.DataFrame:
    """Recompute each published figure from the tables of the study.

    - ``distinct``: number of different values of `item` (``a+b``: of pairs); ``rate``: 100 × that / `units`;
    - ``count``: rows that gave one of `choice`; ``share``: 100 × count / rows that answered `item`;
    - ``gap``: share where `by` is yes - share where it is no, in points;
    - ``mean``, ``median``, ``sum``, ``min``, ``max`` of a number (of all statements of the item pooled, where
      there is no `choice`), or, with `by`, of the number of different `item` over the values of `by`;
    - ``mean_choices``: choices ticked per answer.

    Figures on the answers get the interval of :func:`opsn_geo.measure.survey.estimates.estimates` (of
    :func:`~opsn_geo.measure.survey.estimates.quantiles` for a median; of
    :func:`~opsn_geo.measure.survey.comparison.influence` for a gap, without finite population correction);
    what is counted in full has none.

    Parameters
    ----------
    figures : DataFrame
        ``figure`` and the recipe: ``table``, ``measure``, ``item``, ``choice``, ``group``, ``by``; missing
        where there is nothing to say.
    tables : mapping of str to DataFrame
        Tables by name; ``answers`` on ``respondent``.
    units : int
        Communes of the territory: the base of a ``rate``.
    design : Design, optional
        Of the answers, see :func:`respondent_design`; without it there are no intervals.
    apart : Series of bool, optional
        On ``respondent``: whose answers other tables publish by themselves, such as those of communes. They
        can be subtracted from a figure on all answers, so that what is left must not be few either.
    min_answers : int
        Fewest answers that a figure may rest on: below, it is not given.

    Returns
    -------
    DataFrame
        On ``figure``: ``recomputed``, ``recomputed_base`` (rows that answered; missing for ``distinct``),
        ``low``, ``high`` in the unit of the figure, ``members`` and ``others`` (bases of the two sides of a
        gap) and ``reason``, empty or why it cannot be computed: ``outside`` (no recipe), ``no_measure``,
        ``no_table``, ``no_item``, ``no_answer``, ``few_answers``, ``few_left``.

    Examples
    --------
    >>> figures = pd.DataFrame([("attacked", "answers", "share", "attack", "yes"), ("national", *[None] * 4)],
    ...     columns=["figure", "table", "measure", "item", "choice"])
    >>> answers = pd.DataFrame({"attack": pd.array([True, False, False, None] * 3, dtype="boolean")})
    >>> found = recomputed(figures, {"answers": answers}, units=10)
    >>> found[["recomputed", "recomputed_base", "reason"]].round(1).values.tolist()
    [[33.3, 9.0, ''], [nan, nan, 'outside']]
    """
    made = told_texts(figures.set_index("figure"), RECIPE)
    recipes = made.to_dict("index")
    why = {name: _hindrance(recipe, tables) for name, recipe in recipes.items()}
    able = {str(name): recipe for name, recipe in recipes.items() if not why[name]}
    told = {name: _told(recipe, tables[recipe["table"]]) for name, recipe in able.items()}
    rows = {name: _reduced(told[name], recipe, tables, units) for name, recipe in able.items()}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=list(FOUND[:2]), dtype=float)
    asked = {name: recipe for name, recipe in able.items() if recipe["table"] == ANSWERS}
    ends = pd.DataFrame(index=found.index, columns=["low", "high", "members", "others"], dtype=float)
    if design is not None and asked:
        ends.update(_intervals(told, asked, tables[ANSWERS], design))
    found = found.join(ends).reindex(pd.Index(recipes, name="figure"))
    reason = pd.Series(why, found.index, dtype="str")
    reason = reason.mask((reason == "") & found["recomputed"].isna(), "no_answer")
    few = found.index.isin(asked) & _few(found, made["measure"], min_answers)
    reason = reason.mask(few, "few_answers")
    if apart is not None:
        left = pd.Series({it: _few_left(told[it].dropna(), apart, min_answers) for it in asked}, dtype=bool)
        reason = reason.mask((reason == "") & left.reindex(found.index, fill_value=False), "few_left")
    return found.mask(reason.str.startswith("few_")).assign(reason=reason.astype("str"))


def respondent_design(bodies: pd.Series, units: int) -> Design:
    """Make the design under which published figures stand: all respondents count alike.

    Parameters
    ----------
    bodies : Series of str
        On ``respondent``: code of the commune or EPCI each answers for, its cluster; missing for other
        bodies, each a cluster of its own.
    units : int
        Communes and EPCI of the territory; N is that number and the other bodies that answered.

    Examples
    --------
    >>> design = respondent_design(pd.Series(["02001", "02001", None]), 9)
    >>> design.units, design.weights.round(3).tolist(), design.clusters.nunique()
    (10, [3.333, 3.333, 3.333], 2)
    """
    alone = pd.Series([f"respondent {it}" for it in bodies.index], bodies.index)
    total = units + int(bodies.isna().sum())
    weights = pd.Series(total / len(bodies), bodies.index)
    return Design(weights=weights, base=weights, clusters=bodies.astype(object).fillna(alone), units=total)


def compared(
    figures: pd.DataFrame,
    found: pd.DataFrame,
    refuted: Mapping[str, str] | None = None,
    doubted: Mapping[str, str] | None = None,
    lang: Language = "fr",
) -> pd.DataFrame:
    """Set each published figure beside the recomputed one, and judge it.

    Parameters
    ----------
    figures : DataFrame
        As published: ``figure``, ``label``, ``value``, ``unit``, ``precision`` (step to which it was rounded;
        1 where missing), ``comparison`` (``eq``, ``gt``, ``lt``; ``eq`` where missing), ``base``,
        ``base_note``, ``where``.
    found : DataFrame
        Of :func:`recomputed`.
    refuted, doubted : mapping of str to str
        By figure, the sentence of a contradiction, or of a warning, on it.
    lang : {"fr", "en"}
        Language of the notes.

    Returns
    -------
    DataFrame
        The published columns, ``recomputed``, ``recomputed_base``, ``low``, ``high``, ``difference``
        (recomputed - value), ``status`` and ``note``. Status is the first that holds of ``inconsistent``
        (refuted), ``not_computable``, ``agrees`` (within half the precision, or beyond the value for
        ``gt`` and ``lt``), ``differs``.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["a", "b"], "value": [18.0, 30.0], "unit": "share"})
    >>> found = pd.DataFrame({"recomputed": [18.4, 33.0], "recomputed_base": [444.0, 10.0], "low": 0.0,
    ...                       "high": 99.0, "reason": ""}, index=["a", "b"])
    >>> compared(figures, found)[["difference", "status"]].round(1).values.tolist()
    [[0.4, 'agrees'], [3.0, 'differs']]
    """
    shown = figures.reindex(columns=list(PUBLISHED)).reset_index(drop=True)
    numbers = {it: shown[it].astype("Float64").astype(float) for it in ("value", "precision", "base")}
    texts = told_texts(shown, ["label", "unit", "comparison", "base_note", "where"])
    shown = shown.assign(**numbers, **texts.replace({"comparison": {"": "eq"}})).fillna({"precision": 1.0})
    shown = shown.join(found[[*FOUND, "reason"]], on="figure")
    gap = shown["recomputed"] - shown["value"]
    agrees = np.select(
        [shown["comparison"] == "gt", shown["comparison"] == "lt"],
        [gap > 0, gap < 0],
        gap.abs() <= shown["precision"] / 2 + _NOISE,
    ).astype(bool)
    against, unsure = ({} if it is None else it for it in (refuted, doubted))
    status = np.select(
        [shown["figure"].isin([*against]), shown["reason"] != "", agrees],
        ["inconsistent", "not_computable", "agrees"],
        "differs",
    )
    notes = [_note(row, against, unsure, lang) for row in shown.to_dict("records")]
    return shown.drop(columns="reason").assign(difference=gap, status=status, note=notes)


def chosen(frame: pd.DataFrame, item: str, choice: str) -> pd.Series:
    """Tell which rows gave one of some choices; missing where the item was not answered.

    Parameters
    ----------
    frame : DataFrame
        A column ``item`` (text, boolean as yes or no, number), or columns ``item:choice`` of booleans.
    item, choice : str
        Several choices are joined by ``|``; ``<5`` and ``>5`` compare a number.

    Examples
    --------
    >>> frame = pd.DataFrame({"role": ["it", "other", None], "agents": [3, 9, None]})
    >>> chosen(frame, "role", "it|elected").tolist(), chosen(frame, "agents", "<5").tolist()
    ([True, False, <NA>], [True, False, <NA>])
    """
    if item not in frame:
        ticks = [frame[it].astype("boolean") for it in _columns(frame, item, choice)]
        return reduce(operator.or_, ticks)
    told = frame[item]
    if choice[:1] in {"<", ">"}:
        numbers = pd.to_numeric(told)
        given = numbers < float(choice[1:]) if choice[0] == "<" else numbers > float(choice[1:])
    else:
        words = [_BOOLEANS.get(it, it) for it in choice.split("|")]
        given = told.isin(words if pd.api.types.is_bool_dtype(told) else choice.split("|"))
    return given.astype("boolean").where(told.notna())


def told_texts(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Take some columns as text, empty where a cell or the whole column is missing.

    >>> told_texts(pd.DataFrame({"item": ["role", None]}), ["item", "by"]).values.tolist()
    [['role', ''], ['', '']]
    """
    taken = frame.reindex(columns=list(columns)).astype(object)
    return taken.where(taken.notna(), "").astype(str)


def in_group(frame: pd.DataFrame, group: str) -> pd.Series:
    """Tell which rows belong to a group; one that did not answer belongs to none.

    >>> people = pd.DataFrame({"role": ["it", "other", "it"], "dep": ["02", "02", "80"]})
    >>> in_group(people, "role=it|other;dep=02").tolist()
    [True, True, False]
    """
    held = pd.Series(data=True, index=frame.index)
    for item, choices in _conditions(group).items():
        held &= chosen(frame, item, choices).fillna(value=False).astype(bool)
    return held


def _conditions(group: str) -> dict[str, str]:
    """Take a group apart: choices by item."""
    return dict(it.split("=", 1) for it in group.split(";") if "=" in it)


def _columns(frame: pd.DataFrame, item: str, choice: str = "") -> list[str]:
    """Find the columns that a figure rests on; none where one is missing."""
    if item in frame:
        return [item]
    if not choice:
        return [it for it in map(str, frame) if it.startswith(f"{item}:")]
    wanted = [f"{item}:{it}" for it in choice.split("|")]
    return wanted if set(wanted) <= {*frame} else []


def _hindrance(recipe: Row, tables: Mapping[str, pd.DataFrame]) -> str:
    """Say why a figure cannot be computed, or nothing."""
    if not recipe["measure"]:
        return "outside"
    if recipe["measure"] not in _MEASURES:
        return "no_measure"
    if recipe["table"] not in tables:
        return "no_table"
    frame, asked = tables[recipe["table"]], {**_conditions(recipe["group"]), **_items(recipe)}
    return "" if all(_columns(frame, it, choice) for it, choice in asked.items()) else "no_item"


def _items(recipe: Row) -> dict[str, str]:
    """Name the items that a figure is made of, each with its choice."""
    item, by = str(recipe["item"]), str(recipe["by"])
    parts = item.split("+") if recipe["measure"] in _COUNTED else [item]
    return ({by: ""} if by else {}) | dict.fromkeys(parts, str(recipe["choice"]))


def _told(recipe: Row, table: pd.DataFrame) -> pd.Series:
    """Give what each row of the group brings to a figure: a truth, a number or a text; missing where none."""
    measure, held = recipe["measure"], in_group(table, recipe["group"]) if recipe["group"] else slice(None)
    if measure in _OF_CHOICES:
        return chosen(table, recipe["item"], recipe["choice"])[held]
    names = [name for it, choice in _items(recipe).items() for name in _columns(table, it, choice)]
    if measure in _COUNTED and len(names) == 1:
        return table[names[0]][held]
    frame = table[names][held]
    if measure in _COUNTED:
        parts = frame.dropna().astype("str")
        return pd.Series(["\n".join(it) for it in parts.to_numpy()], parts.index, dtype="str")
    if recipe["by"]:
        groups: pd.Series = frame.groupby(recipe["by"])[recipe["item"]].nunique()
        return groups
    numbers = [pd.to_numeric(frame[it]).astype("Float64") for it in frame]
    if measure == "mean_choices":
        return pd.concat(numbers, axis=1).sum(axis=1, min_count=1)
    return pd.concat(numbers)


def _reduced(
    told: pd.Series, recipe: Row, tables: Mapping[str, pd.DataFrame], units: int
) -> tuple[float, float]:
    """Give the value of a figure and its base."""
    known, measure = told.dropna(), recipe["measure"]
    if measure in _COUNTED:
        different = known.nunique()
        return (different, np.nan) if measure == "distinct" else (100 * different / units, units)
    if known.empty:
        return np.nan, 0
    if measure == "gap":
        side = chosen(tables[recipe["table"]], recipe["by"], "yes").reindex(known.index)
        shares = known.astype(float).groupby(side).mean().reindex([True, False])
        return 100 * (shares[True] - shares[False]), int(side.count())
    reduction = {"count": "sum", "share": "mean", "mean_choices": "mean"}.get(measure, str(measure))
    return float(known.astype(float).agg(reduction)) * (
        100 if measure == "share" else 1
    ), known.index.nunique()


def _intervals(
    told: Mapping[str, pd.Series],
    asked: Mapping[str, Row],
    answers: pd.DataFrame,
    design: Design,
) -> pd.DataFrame:
    """Give the intervals of the figures on answers, all shares and means of respondents at once."""
    measures = {name: recipe["measure"] for name, recipe in asked.items() if not _by_group(recipe)}
    means = [it for it, measure in measures.items() if measure in {"share", "mean", "mean_choices"}]
    plain = {it: told[it] for it in means if told[it].index.is_unique}
    found = [pd.DataFrame({"low": [], "high": []}, dtype=float)]
    found += [_estimated(plain, design)] if plain else []
    found += [_estimated({it: told[it]}, design) for it in means if it not in plain]
    medians = {it: told[it] for it, measure in measures.items() if measure == "median"}
    found += [quantiles(pd.DataFrame(medians), design).set_index("item")[["low", "high"]]] if medians else []
    for by in {asked[it]["by"]: 0 for it, measure in measures.items() if measure == "gap"}:
        gaps = {it: told[it] for it, recipe in asked.items() if recipe["by"] == by and it in measures}
        found.append(_gaps(gaps, chosen(answers, by, "yes"), design))
    return pd.concat(found)


def _by_group(recipe: Row) -> bool:
    """Tell a figure on the number of different items in each group: it is no mean of respondents."""
    return bool(recipe["by"]) and recipe["measure"] != "gap"


def _estimated(told: Mapping[str, pd.Series], design: Design) -> pd.DataFrame:
    """Estimate shares (in percent) and means; what a body answered to several statements is one cluster."""
    values = pd.concat(told, axis=1)
    if not values.index.is_unique:
        columns = {it: getattr(design, it).reindex(values.index) for it in ("weights", "base", "clusters")}
        spread = {it: column.reset_index(drop=True) for it, column in columns.items()}
        design, values = Design(**spread, units=design.units), values.reset_index(drop=True)
    rows = estimates(values, design).set_index("item")
    return rows[["low", "high"]].mul(np.where(rows["measure"] == "share", 100, 1), axis=0)


def _gaps(told: Mapping[str, pd.Series], member: pd.Series, design: Design) -> pd.DataFrame:
    """Give the intervals of gaps, in points, and the bases of their sides."""
    nothing_held = pd.DataFrame(index=design.weights.index)
    rows = influence(pd.DataFrame(told), member, design, nothing_held).set_index("item")
    ends = 100 * rows[["gap_low", "gap_high"]].set_axis(["low", "high"], axis=1)
    return ends.join(rows[["members", "others"]].astype(float))


def _few(found: pd.DataFrame, measure: pd.Series, min_answers: int) -> pd.Series:
    """Tell figures that rest on too few answers: their base, a side of theirs, or a count itself."""
    counted = found["recomputed"].where(measure.isin(["count", "distinct"]))
    sides = pd.concat([found[["recomputed_base", "members", "others"]], counted], axis=1)
    return (sides.lt(min_answers) & sides.gt(0)).any(axis=1)


def _few_left(known: pd.Series, apart: pd.Series, min_answers: int) -> bool:
    """Tell whether few of the answers behind a figure are published apart, or few are not."""
    sides = apart[apart.index.isin(known.index)].value_counts()
    return bool((sides < min_answers).any())


def _note(row: Row, refuted: Mapping[str, str], doubted: Mapping[str, str], lang: Language) -> str:
    """Say what there is to say of a figure, in a sentence."""
    if row["figure"] in refuted:
        return text("figure_note.inconsistent", lang, evidence=refuted[row["figure"]])
    if row["reason"]:
        return text(f"figure_note.{row['reason']}", lang)
    if row["figure"] in doubted:
        return doubted[row["figure"]]
    base, own = float(row["base"]), float(row["recomputed_base"])
    if abs(own - base) > 0:
        return text("figure_note.base", lang, own=numbers.count(own, lang), base=numbers.count(base, lang))
    return ""
