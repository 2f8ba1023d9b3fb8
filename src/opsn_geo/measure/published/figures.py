"""What a study published, recomputed from its own tables: each figure on its own base, with its interval.

A published figure brings the recipe of how it is made (:mod:`opsn_geo.measure.published.recipes`). Nothing
else is needed to recompute it, so any study can bring such a table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.disclosure import COMPLEMENT, DEFAULT_MIN_ANSWERS, SHOWN, shown, unresolved, weakest
from opsn_geo.measure.published.recipes import (
    ANSWERS,
    COUNTS_OF_VALUES,
    RECIPE,
    Recipe,
    as_texts,
    chosen,
    hindrance,
    in_group,
    recipes_of,
    row_values,
)
from opsn_geo.measure.survey.comparison import influence
from opsn_geo.measure.survey.design import Design
from opsn_geo.measure.survey.estimates import estimates, quantiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "ANSWERS", "RECIPE", "RESPONDENTS", "compared", "publishable", "recomputed", "recomputed_from",
    "respondent_design",
]  # fmt: skip

PUBLISHED: Final = (
    "figure", "label", "value", "unit", "precision", "comparison", "base", "base_note", "where",
)  # fmt: skip
RECOMPUTED: Final = ("recomputed", "recomputed_base", "low", "high")
RESPONDENTS: Final = "respondents"
"""What a figure on who answered is recomputed from: public, where what they answered is not."""
_ROUNDING: Final = 1e-9
"""A difference under this is that of rounding in the machine."""


def recomputed(
    figures: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    units: int,
    design: Design | None = None,
    published: pd.Series | None = None,
) -> pd.DataFrame:
    """Return each published figure, recomputed from the tables of the study.

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
    published : Series of str, optional
        On ``figure``, those on answers: whether it may be published (:func:`publishable`); without it all
        are given.

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
    recipes = recipes_of(figures)
    reason = pd.Series({name: hindrance(recipe, tables) for name, recipe in recipes.items()}, dtype="str")
    able = {name: recipe for name, recipe in recipes.items() if not reason[name]}
    values = {name: row_values(recipe, tables[recipe.table]) for name, recipe in able.items()}
    reduced = {name: _reduced(values[name], recipe, tables, units) for name, recipe in able.items()}
    computed = pd.DataFrame.from_dict(reduced, orient="index", columns=list(RECOMPUTED[:2]), dtype=float)
    on_answers = {name: recipe for name, recipe in able.items() if recipe.table == ANSWERS}
    ends = pd.DataFrame(index=computed.index, columns=["low", "high", "members", "others"], dtype=float)
    if design is not None and on_answers:
        ends.update(_intervals(values, on_answers, tables[ANSWERS], design))
    computed = computed.join(ends).reindex(pd.Index(recipes, name="figure"))
    reason = reason.reindex(computed.index)
    reason = reason.mask((reason == "") & computed["recomputed"].isna(), "no_answer")
    # what rests on few answers is not given, nor what a subtraction would show of few others
    why = pd.Series(SHOWN, index=computed.index) if published is None else published.reindex(computed.index)
    why = why.fillna(SHOWN)
    reason = reason.mask((reason == "") & why.eq(COMPLEMENT), "few_left")
    reason = reason.mask((reason == "") & why.ne(SHOWN), "few_answers")
    return computed.mask(reason.str.startswith("few_")).assign(reason=reason.astype("str"))


def publishable(
    figures: pd.DataFrame,
    answers: pd.DataFrame | None,
    groups: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    public: Collection[str] = (),
) -> pd.Series:
    """Return whether each figure on answers may be published, beside what else is published about them.

    Parameters
    ----------
    figures : DataFrame
        As for :func:`recomputed`.
    answers : DataFrame, optional
        On ``respondent``: answers that are not published one by one.
    groups : DataFrame of bool, optional
        On ``respondent``: the groups that more is published about, the most useful first: all communes as
        ``""``, all who answered as ``all``, and others; by default ``all`` alone.
    items : DataFrame, optional
        On ``respondent``: what is published of all these groups; of any other item, it is of the first two.
    min_answers : int
        Fewest answers on either side.
    public : collection of str
        Items that say who answered, where that is public; else no count of who answered in a group is.

    Returns
    -------
    Series of str
        On ``figure``, those on answers that can be computed: a code of
        :func:`opsn_geo.measure.disclosure.shown`. A figure on a group, and each side of a gap, is a group of
        its own, after the others. Counts of who answered are public; the least and the greatest answer are
        somebody's.

    Examples
    --------
    >>> figures = pd.DataFrame([("attacked", "answers", "share", "attack", "yes")],
    ...     columns=["figure", "table", "measure", "item", "choice"])
    >>> publishable(figures, pd.DataFrame({"attack": [True] * 4 + [False] * 20})).to_dict()
    {'attacked': 'few'}
    """
    if answers is None:
        return pd.Series(dtype="str")
    recipes = {
        name: recipe
        for name, recipe in recipes_of(figures).items()
        if recipe.table == ANSWERS and not hindrance(recipe, {ANSWERS: answers})
    }
    if groups is None:
        groups = pd.DataFrame({"all": True}, index=answers.index)
    codes: dict[str, str] = {}
    elsewhere = set() if items is None else {_key(column) for _, column in items.items()}
    values: dict[str, pd.Series] = {}
    own: dict[str, pd.DataFrame] = {}
    for name, recipe in recipes.items():
        if _is_on_who_answered(recipe, public):
            codes[name] = SHOWN if public or not (recipe.group or recipe.counts_in_groups) else COMPLEMENT
        elif recipe.measure in {"min", "max"}:
            codes[name] = COMPLEMENT
        else:
            # of everybody, so that figures on several groups are about one item
            values[name] = _by_respondent(row_values(replace(recipe, group={}), answers), answers.index)
            if recipe.group or recipe.measure == "gap":
                own[name] = _sides(name, recipe, answers)
    whole = shown(pd.DataFrame(values, index=answers.index), groups, min_answers)
    few = groups[[name for name in groups if name in {"", "all"}]]
    for name, column in values.items():
        code = str(whole.loc[name, "all"])
        if name in own:
            added = pd.concat([own[item] for item in own if values[item].equals(column)], axis=1)
            shown_groups = [str(group) for group, code in whole.loc[name].items() if code == SHOWN]
            others = (
                groups[shown_groups]
                if _key(column) in elsewhere
                else few[few.columns.intersection(shown_groups)]
            )
            code = _of_group(column, others, added, [str(side) for side in own[name]], min_answers)
        codes[name] = code
    return pd.Series(codes, dtype="str")


def recomputed_from(figures: pd.DataFrame, public: Collection[str] = ()) -> pd.Series:
    """Table that each figure is recomputed from; ``respondents`` where it says who answered, and not what.

    Parameters
    ----------
    figures : DataFrame
        As for :func:`recomputed`.
    public : collection of str
        Items that say who answered, which is public.

    Returns
    -------
    Series of str
        On ``figure``; missing where there is no recipe.

    Examples
    --------
    >>> figures = pd.DataFrame([("mairies", "answers", "share", "structure", "mairie"),
    ...     ("attacked", "answers", "share", "attack", "yes")],
    ...     columns=["figure", "table", "measure", "item", "choice"])
    >>> recomputed_from(figures, ["structure"]).to_dict()
    {'mairies': 'respondents', 'attacked': 'answers'}
    """
    return pd.Series(
        {
            name: RESPONDENTS
            if recipe.table == ANSWERS and _is_on_who_answered(recipe, public)
            else recipe.table or None
            for name, recipe in recipes_of(figures).items()
        },
        dtype="str",
    )


def _is_on_who_answered(recipe: Recipe, public: Collection[str]) -> bool:
    return recipe.measure in COUNTS_OF_VALUES or recipe.counts_in_groups or recipe.item in public


def _key(column: pd.Series) -> bytes:
    """Return what is the same for two items that everybody answered alike."""
    return column.to_numpy(dtype=float, na_value=-1.0).tobytes()


def _sides(name: str, recipe: Recipe, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the group that a figure is about, or the two groups that a gap sets side by side."""
    inside = in_group(answers, recipe.group)
    if recipe.measure != "gap":
        return pd.DataFrame({name: inside})
    side = chosen(answers, recipe.by, "yes")
    yes, no = side.fillna(value=False).astype(bool), ~side.fillna(value=True).astype(bool)
    return pd.DataFrame({f"{name}/yes": inside & yes, f"{name}/no": inside & no})


def _of_group(
    values: pd.Series, groups: pd.DataFrame, added: pd.DataFrame, sides: list[str], min_answers: int
) -> str:
    """Return the code of a figure on groups of its own, beside the groups that more is published about."""
    first = added[sides[0]]
    shared = groups.mul(first, axis=0).sum()
    # groups that lie inside, around or apart can be subtracted; the others cut across
    nested = (shared == 0) | (shared == groups.sum()) | (shared == first.sum())
    family = groups.loc[:, nested.to_numpy()].join(added)
    row = shown(values.to_frame("value"), family, min_answers).T["value"]
    code = weakest([[str(row[side])] for side in sides])[0] if len(sides) > 1 else str(row[sides[0]])
    return code if code != SHOWN or unresolved(values, groups, added) else COMPLEMENT


def _by_respondent(values: pd.Series, respondents: pd.Index) -> pd.Series:
    """Return one value for each respondent; the answers to several statements are summed."""
    by_respondent = values if values.index.is_unique else values.groupby(level=0).sum(min_count=1)
    return by_respondent.reindex(respondents)


def respondent_design(bodies: pd.Series, units: int) -> Design:
    """Return the design under which published figures stand: all respondents count alike.

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
    alone = pd.Series([f"respondent {name}" for name in bodies.index], bodies.index)
    total = units + int(bodies.isna().sum())
    weights = pd.Series(total / len(bodies), bodies.index)
    return Design(weights=weights, base=weights, clusters=bodies.astype(object).fillna(alone), units=total)


def compared(
    figures: pd.DataFrame,
    computed: pd.DataFrame,
    contradicted: Collection[str] = (),
    doubted: Collection[str] = (),
    simulated: Collection[str] = (),
    weak: Collection[str] = (),
) -> pd.DataFrame:
    """Return each published figure beside the recomputed one, with a judgement.

    Parameters
    ----------
    figures : DataFrame
        As published: ``figure``, ``label``, ``value``, ``unit``, ``precision`` (step to which it was rounded;
        1 where missing), ``comparison`` (``eq``, ``gt``, ``lt``; ``eq`` where missing), ``base``,
        ``base_note``, ``where``.
    computed : DataFrame
        Of :func:`recomputed`.
    contradicted, doubted : collection of str
        Figures that a check found a contradiction, or a reason for doubt, about.
    simulated : collection of str
        Tables that were drawn to agree with the figures, ``answers`` for instance.
    weak : collection of str
        Tables that are simulated or assumed, in whole or in part: they convict no study.

    Returns
    -------
    DataFrame
        The published columns, ``recomputed``, ``recomputed_base``, ``low``, ``high``, ``difference``
        (recomputed - value), ``status`` and ``note``. Status is the first that holds of ``inconsistent``
        (contradicted), ``not_computable``, ``agrees`` (within half the precision, or beyond the value for
        ``gt`` and ``lt``; ``by_construction`` where its table is simulated, and agreement proves
        nothing), ``not_judged`` (it differs from a weak table), ``differs``. Note is the code of what there
        is to say, the first that holds of ``inconsistent``, the reason why it is not computable, ``doubted``,
        ``base`` (another base than the published one), or nothing.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["a", "b"], "value": [18.0, 30.0], "unit": "share"})
    >>> found = pd.DataFrame({"recomputed": [18.4, 33.0], "recomputed_base": [444.0, 10.0], "low": 0.0,
    ...                       "high": 99.0, "reason": ""}, index=["a", "b"])
    >>> compared(figures, found)[["difference", "status"]].round(1).values.tolist()
    [[0.4, 'agrees'], [3.0, 'differs']]
    """
    table = figures.reindex(columns=list(PUBLISHED)).reset_index(drop=True)
    numbers = {name: table[name].astype("Float64").astype(float) for name in ("value", "precision", "base")}
    texts = as_texts(table, ["label", "unit", "comparison", "base_note", "where"])
    table = table.assign(**numbers, **texts.replace({"comparison": {"": "eq"}})).fillna({"precision": 1.0})
    table = table.join(computed[[*RECOMPUTED, "reason"]], on="figure")
    gap = table["recomputed"] - table["value"]
    agrees = np.select(
        [table["comparison"] == "gt", table["comparison"] == "lt"],
        [gap > 0, gap < 0],
        gap.abs() <= table["precision"] / 2 + _ROUNDING,
    ).astype(bool)
    recipe_table = as_texts(figures, ["table"])["table"]
    drawn, unfit = (recipe_table.isin([*names]).to_numpy() for names in (simulated, weak))
    inconsistent, not_computable = table["figure"].isin([*contradicted]), table["reason"] != ""
    status = np.select(
        [inconsistent, not_computable, agrees & drawn, agrees, unfit],
        ["inconsistent", "not_computable", "by_construction", "agrees", "not_judged"],
        "differs",
    )
    other_base = (table["recomputed_base"] - table["base"]).abs() > 0
    note = np.select(
        [inconsistent, not_computable, table["figure"].isin([*doubted]), other_base],
        ["inconsistent", table["reason"].astype(object), "doubted", "base"],
        "",
    )
    return table.drop(columns="reason").assign(difference=gap, status=status, note=note)


def _reduced(
    values: pd.Series, recipe: Recipe, tables: Mapping[str, pd.DataFrame], units: int
) -> tuple[float, float]:
    """Return the value of a figure and its base."""
    present = values.dropna()
    if recipe.measure in COUNTS_OF_VALUES:
        different = present.nunique()
        return (different, np.nan) if recipe.measure == "distinct" else (100 * different / units, units)
    if present.empty:
        return np.nan, 0
    numbers = present.astype(float)
    if recipe.measure == "gap":
        side = chosen(tables[recipe.table], recipe.by, "yes").reindex(present.index)
        shares = numbers.groupby(side).mean().reindex([True, False])
        return 100 * (shares[True] - shares[False]), int(side.count())
    reduction = {"count": "sum", "share": "mean", "mean_choices": "mean"}.get(recipe.measure, recipe.measure)
    # the statements of a question repeat the index of their respondent, who is one in the base
    base = present.index.nunique()
    return float(numbers.agg(reduction)) * (100 if recipe.measure == "share" else 1), base


def _intervals(
    values: Mapping[str, pd.Series], recipes: Mapping[str, Recipe], answers: pd.DataFrame, design: Design
) -> pd.DataFrame:
    """Return the intervals of figures on answers: the same kind of figure all at once, for speed."""
    sampled = {name: recipe for name, recipe in recipes.items() if not recipe.counts_in_groups}
    means = [name for name, recipe in sampled.items() if recipe.measure in {"share", "mean", "mean_choices"}]
    parts = [pd.DataFrame({"low": [], "high": []}, dtype=float)]
    one_each = {name: values[name] for name in means if values[name].index.is_unique}
    if one_each:
        parts.append(_mean_intervals(pd.concat(one_each, axis=1), design))
    parts += [_mean_intervals(values[name].to_frame(name), design) for name in means if name not in one_each]
    medians = {name: values[name] for name, recipe in sampled.items() if recipe.measure == "median"}
    if medians:
        parts.append(quantiles(pd.DataFrame(medians), design).set_index("item")[["low", "high"]])
    gaps = {name: recipe.by for name, recipe in sampled.items() if recipe.measure == "gap"}
    for question in dict.fromkeys(gaps.values()):
        items = pd.DataFrame({name: values[name] for name, by in gaps.items() if by == question})
        parts.append(_gap_intervals(items, chosen(answers, question, "yes"), design))
    return pd.concat(parts)


def _mean_intervals(values: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return the intervals of shares (in percent) and means."""
    if not values.index.is_unique:
        # answers to several statements of one question: a row each, one cluster per body
        parts = ("weights", "base", "clusters")
        columns = {name: getattr(design, name).reindex(values.index) for name in parts}
        repeated = {name: column.reset_index(drop=True) for name, column in columns.items()}
        design, values = Design(**repeated, units=design.units), values.reset_index(drop=True)
    rows = estimates(values, design).set_index("item")
    return rows[["low", "high"]].mul(np.where(rows["measure"] == "share", 100, 1), axis=0)


def _gap_intervals(values: pd.DataFrame, member: pd.Series, design: Design) -> pd.DataFrame:
    """Return the intervals of gaps, in points, and the bases of their sides."""
    not_adjusted = pd.DataFrame(index=design.weights.index)
    rows = influence(values, member, design, not_adjusted).set_index("item")
    ends = 100 * rows[["gap_low", "gap_high"]].set_axis(["low", "high"], axis=1)
    return ends.join(rows[["members", "others"]].astype(float))
