"""How a published figure is made: a small language, its parser, and the values that each row brings.

A recipe is a row of six texts, empty where there is nothing to say:

========== ============================================================================================
table      Table that the figure is computed from, such as ``answers``.
measure    What is made of the values: see :func:`opsn_geo.measure.published.figures.recomputed`.
item       Column, or question with a column ``item:choice`` for each choice; ``a+b``: pairs of a and b.
choice     Choices that count, ``a|b`` being either; ``yes`` and ``no`` for a boolean; ``<5`` or ``>5`` for a
           number.
group      Rows that count, ``item=a|b;other=c`` being "item is a or b, and other is c".
by         Question whose answers are compared, or column that rows are grouped by.
========== ============================================================================================
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANSWERS: Final = "answers"
"""Name of the table of answers."""
RECIPE: Final = ("table", "measure", "item", "choice", "group", "by")
"""Columns of a recipe."""
COUNTS_OF_VALUES: Final = ("distinct", "rate")
"""Measures that count different values."""
OF_CHOICES: Final = ("count", "share", "gap")
"""Measures of who gave some choices."""
OF_NUMBERS: Final = ("mean", "median", "sum", "min", "max")
"""Measures of numbers."""
MEASURES: Final = (*COUNTS_OF_VALUES, *OF_CHOICES, *OF_NUMBERS, "mean_choices")
_BOOLEANS: Final = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one published figure is made.

    Parameters
    ----------
    table, measure : str
        Table it is computed from, and what is made of the values.
    items : tuple of str
        Columns or questions; several only where pairs are counted.
    choice : str
        Choices that count, joined by ``|``, or a comparison of a number.
    group : mapping of str to str
        Choices by item that a row must have given; none means all rows.
    by : str
        Question whose answers are compared, or column that rows are grouped by.
    """

    table: str
    measure: str
    items: tuple[str, ...]
    choice: str
    group: Mapping[str, str]
    by: str

    @property
    def item(self) -> str:
        """The first item, the only one of most measures."""
        return self.items[0]

    @property
    def counts_in_groups(self) -> bool:
        """Whether it is a number of different items in each group, not a mean of respondents."""
        return bool(self.by) and self.measure != "gap"


def parse(row: Mapping[str, str]) -> Recipe:
    """Return the recipe of a published figure.

    Parameters
    ----------
    row : mapping of str to str
        :data:`RECIPE`, empty where there is nothing to say.

    Examples
    --------
    >>> row = {"measure": "distinct", "item": "name+dep", "group": "dep=02|59;ok=yes"}
    >>> recipe = parse(dict.fromkeys(RECIPE, "") | row)
    >>> recipe.items, recipe.group
    (('name', 'dep'), {'dep': '02|59', 'ok': 'yes'})
    """
    pairs = row["measure"] in COUNTS_OF_VALUES
    return Recipe(
        table=row["table"],
        measure=row["measure"],
        items=tuple(row["item"].split("+")) if pairs else (row["item"],),
        choice=row["choice"],
        group=dict(part.split("=", 1) for part in row["group"].split(";") if "=" in part),
        by=row["by"],
    )


def hindrance(recipe: Recipe, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the code of why a figure cannot be computed from some tables; empty where it can.

    >>> hindrance(parse(dict.fromkeys(RECIPE, "") | {"measure": "share", "table": "answers"}), {})
    'no_table'
    """
    if not recipe.measure:
        return "outside"
    if recipe.measure not in MEASURES:
        return "no_measure"
    if recipe.table not in tables:
        return "no_table"
    needed = {**recipe.group, **_choices_by_item(recipe)}
    frame = tables[recipe.table]
    return "" if all(_columns(frame, item, choice) for item, choice in needed.items()) else "no_item"


def row_values(recipe: Recipe, table: pd.DataFrame) -> pd.Series:
    """Return what each row of the group brings to a figure, missing where it did not answer.

    Parameters
    ----------
    recipe : Recipe
        One without :func:`hindrance`.
    table : DataFrame
        The table that it names.

    Returns
    -------
    Series
        On the index of the rows of the group: whether the choice was given, for a measure of choices; the
        value, or the values joined, for a number of different values; the number of choices ticked, for
        ``mean_choices``; else the number (those of all statements of a question one after the other, the
        index repeated). With `by`, on the groups: the number of different items.

    Examples
    --------
    >>> table = pd.DataFrame({"uses": [True, False, None], "dep": ["02", "59", "59"]})
    >>> row = {"table": "answers", "measure": "share", "item": "uses", "choice": "yes", "group": "dep=59"}
    >>> row_values(parse(dict.fromkeys(RECIPE, "") | row), table).tolist()
    [False, <NA>]
    """
    rows = table[in_group(table, recipe.group)] if recipe.group else table
    if recipe.measure in OF_CHOICES:
        return chosen(rows, recipe.item, recipe.choice)
    columns = [
        name for item, choice in _choices_by_item(recipe).items() for name in _columns(rows, item, choice)
    ]
    if recipe.measure in COUNTS_OF_VALUES:
        if len(columns) == 1:
            return rows[columns[0]]
        complete = rows[columns].dropna().astype("str")
        return pd.Series(["\n".join(cells) for cells in complete.to_numpy()], complete.index, dtype="str")
    if recipe.by:
        different: pd.Series = rows[columns].groupby(recipe.by)[recipe.item].nunique()
        return different
    numbers = [pd.to_numeric(rows[name]).astype("Float64") for name in columns]
    if recipe.measure == "mean_choices":
        return pd.concat(numbers, axis=1).sum(axis=1, min_count=1)
    return pd.concat(numbers)


def chosen(frame: pd.DataFrame, item: str, choice: str) -> pd.Series:
    """Return which rows gave one of some choices; missing where the item was not answered.

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
        ticks = [frame[name].astype("boolean") for name in _columns(frame, item, choice)]
        return reduce(operator.or_, ticks)
    values = frame[item]
    if choice[:1] in {"<", ">"}:
        numbers, limit = pd.to_numeric(values), float(choice[1:])
        is_chosen = numbers < limit if choice[0] == "<" else numbers > limit
    elif pd.api.types.is_bool_dtype(values):
        is_chosen = values.isin([_BOOLEANS.get(word, word) for word in choice.split("|")])
    else:
        is_chosen = values.isin(choice.split("|"))
    return is_chosen.astype("boolean").where(values.notna())


def in_group(frame: pd.DataFrame, group: Mapping[str, str]) -> pd.Series:
    """Return which rows gave, for each item of a group, one of its choices; a missing answer is none.

    >>> people = pd.DataFrame({"role": ["it", "other", "it"], "dep": ["02", "02", "80"]})
    >>> in_group(people, {"role": "it|other", "dep": "02"}).tolist()
    [True, True, False]
    """
    inside = pd.Series(data=True, index=frame.index)
    for item, choice in group.items():
        inside &= chosen(frame, item, choice).fillna(value=False).astype(bool)
    return inside


def as_texts(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return some columns as text, empty where a cell or the whole column is missing.

    >>> as_texts(pd.DataFrame({"item": ["role", None]}), ["item", "by"]).values.tolist()
    [['role', ''], ['', '']]
    """
    taken = frame.reindex(columns=list(columns)).astype(object)
    return taken.where(taken.notna(), "").astype(str)


def recipes_of(figures: pd.DataFrame) -> dict[str, Recipe]:
    """Return the recipe of each published figure, by its name."""
    texts = as_texts(figures, RECIPE).to_dict("records")
    rows: list[dict[str, str]] = [{str(key): str(value) for key, value in row.items()} for row in texts]
    return {str(name): parse(row) for name, row in zip(figures["figure"], rows, strict=True)}


def _choices_by_item(recipe: Recipe) -> dict[str, str]:
    """Return the items that a figure is made of, each with its choice."""
    by = {recipe.by: ""} if recipe.by else {}
    return by | dict.fromkeys(recipe.items, recipe.choice)


def _columns(frame: pd.DataFrame, item: str, choice: str = "") -> list[str]:
    """Return the columns that an item stands in; none where one of them is missing."""
    if item in frame:
        return [item]
    if not choice:
        return [name for name in map(str, frame) if name.startswith(f"{item}:")]
    wanted = [f"{item}:{part}" for part in choice.split("|")]
    return wanted if set(wanted) <= {*frame} else []


def published_items(figures: pd.DataFrame) -> pd.DataFrame:
    """Return which item of the survey each published figure is about.

    Parameters
    ----------
    figures : DataFrame
        ``figure``, ``value``, and a recipe; ``comparison`` where there is one.

    Returns
    -------
    DataFrame
        Of those computed from answers: ``figure``, ``item``, ``value``, ``precision`` (1 where it is not
        stated), ``comparison``; ``key``
        (``item:choice``, or the item of a mean or a yes) where it is the share or the mean of one item among
        all who answered, else empty; ``no`` (it is the share of those who said no); ``gap_of`` (the same key
        where it is a gap between users of an OPSN and others).

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["a", "b"], "value": [20, 7], "table": "answers",
    ...     "measure": ["share", "gap"], "item": "tool", "choice": "mail", "group": None, "by": None})
    >>> published_items(figures)[["key", "gap_of"]].values.tolist()
    [['tool:mail', ''], ['', 'tool:mail']]
    """
    rows = figures[figures["table"].eq(ANSWERS)]
    optional = ("item", "choice", "group", "comparison")
    item, choice, group, comparison = (
        rows[name].fillna("").astype(str) if name in rows else pd.Series("", rows.index) for name in optional
    )
    keys = item.str.cat(choice.where(~choice.isin(list(_BOOLEANS)), ""), sep=":").str.removesuffix(":")
    is_one = group.eq("") & ~choice.str.contains(r"[|<>]")
    about_item = is_one & rows["measure"].isin(["share", "mean"])
    return pd.DataFrame(
        {
            "figure": rows["figure"],
            "item": item,
            "value": rows["value"],
            "precision": rows["precision"].astype(float).fillna(1.0) if "precision" in rows else 1.0,
            "comparison": comparison,
            "key": keys.where(about_item, ""),
            "no": choice.eq("no"),
            "gap_of": keys.where(is_one & rows["measure"].eq("gap"), ""),
        }
    )
