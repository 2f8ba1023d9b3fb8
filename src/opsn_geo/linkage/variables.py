"""A user's own variables of communes, and the names of variables that a study may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.survey import VARIABLES
from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage.causes import Cause
from opsn_geo.linkage.communes import LINK_COLUMNS, link_communes
from opsn_geo.linkage.result import Linked
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.validation import nearest
from opsn_geo.read.values import numbers

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory
    from opsn_geo.linkage.gazetteer import Gazetteer
    from opsn_geo.study import Study

MOST_LEVELS: Final = 100
"""A text column with more different values than this groups nothing: it is no variable."""
FEW_NUMBERS: Final = 10
"""Numbers of no more different values than this are levels; others are amounts, to be cut into bands."""

_OFFICIAL: Final = frozenset(level.value for level in Level)
_TAKEN: Final = frozenset({*VARIABLES, *LINK_COLUMNS, "population", "area_km2", "respondents", "responded"})


def link_variables(
    variables: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    *,
    corrections: pd.DataFrame | None = None,
    vintage: int | None = None,
    gazetteer: Gazetteer | None = None,
) -> Linked:
    """Return each row of a table of variables with its commune.

    Parameters
    ----------
    variables : DataFrame
        ``code``, ``name``, ``code_dep``, ``postal_code`` (see :data:`opsn_geo.read.schema.VARIABLES`), and
        one column per variable.
    territory, passage, corrections, vintage, gazetteer
        As for :func:`~opsn_geo.linkage.communes.link_communes`.

    Returns
    -------
    Linked
        As :func:`~opsn_geo.linkage.communes.link_communes`. ``rejected``: also the rows that repeat an
        earlier one, and all rows of a commune for which they hold different values: none of them is used.

    Examples
    --------
    >>> from opsn_geo.linkage.passage import empty_passage
    >>> from opsn_geo.boundaries.territory import Territory
    >>> communes = pd.DataFrame({"name": ["Achery", "Acy"], "code_dep": "02", "siren_epci": None,
    ...     "siren": ["210200028", "210200036"], "postal_codes": ["02800", "02200"], "inside": True},
    ...     index=pd.Index(["02002", "02003"], name="code_insee"))
    >>> place = Territory(communes=communes, epci=communes.iloc[:0], millesime=2021, name="toy",
    ...     departements=pd.DataFrame({"name": ["Aisne"]}, index=["02"]))
    >>> rows = pd.DataFrame({"code": ["02002", "02003", "02003"], "zone": ["rural", "rural", "town"]})
    >>> linked, rejected = link_variables(rows, place, empty_passage())
    >>> linked["code_insee"].tolist(), rejected["cause"].tolist()
    (['02002'], ['conflict', 'conflict'])
    """
    places = link_communes(
        variables, territory, passage, corrections=corrections, vintage=vintage, gazetteer=gazetteer
    )
    rows = places.linked.index
    values = variables.loc[rows, variable_names(variables)].astype("object")
    values = values.where(values.notna(), "").assign(code_insee=places.linked["code_insee"])
    repeated = values.duplicated()
    different = values[~repeated].duplicated("code_insee", keep=False).to_numpy()
    conflict = pd.Series(data=False, index=rows)
    conflict[(~repeated).to_numpy()] = different
    conflict = conflict.groupby(level=0).transform("any")
    repeated = repeated.groupby(level=0).transform("all") & ~conflict
    causes = {Cause.CONFLICT: conflict, Cause.DUPLICATE: repeated}
    rejected = [
        variables.loc[rows[affected.to_numpy()].unique()].assign(cause=str(cause), candidates="")
        for cause, affected in causes.items()
    ]
    kept = ~(conflict | repeated).to_numpy()
    return Linked(places.linked[kept], pd.concat([places.rejected, *rejected]).sort_index(kind="stable"))


def variable_names(variables: pd.DataFrame) -> list[str]:
    """Return the columns of a table of variables that do not identify the commune.

    >>> variable_names(pd.DataFrame(columns=["code", "name", "zone"]))
    ['zone']
    """
    identifying = {column.name for column in SCHEMAS["variables"].columns}
    return [str(name) for name in variables.columns if name not in identifying]


def commune_variables(
    linked: pd.DataFrame, names: list[str], territory: Territory, file: str = ""
) -> pd.DataFrame:
    """Return the variables of each commune of the study, as levels or as amounts.

    A column whose every value is a number, of more than :data:`FEW_NUMBERS` different ones, holds amounts,
    unless one begins with a zero (``01`` is a code); all others hold levels.

    Parameters
    ----------
    linked : DataFrame
        Rows linked by :func:`link_variables`.
    names : list of str
        Variables (:func:`variable_names`).
    territory : Territory
        The communes; those beyond the border are left out.
    file : str
        Name of the file, for the faults.

    Returns
    -------
    DataFrame
        On ``code_insee``, one column per variable: ``Float64`` for amounts, ``str`` for levels; missing where
        no row holds a value.

    Raises
    ------
    InputError
        There is no variable, one bears the name of a variable that the package computes, or has more than
        :data:`MOST_LEVELS` different texts; all are listed.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> place = SimpleNamespace(communes=pd.DataFrame({"inside": True}, index=["02001", "02002"]))
    >>> rows = pd.DataFrame({"code_insee": ["02002"], "zone": ["rural"]})
    >>> commune_variables(rows, ["zone"], place)["zone"].tolist()
    [nan, 'rural']
    """
    faults = [Fault(cause="taken_variable", file=file, column=name) for name in names if name in _TAKEN]
    if not names:
        faults.append(Fault(cause="no_variable", file=file))
    communes = territory.communes
    rows = linked.drop_duplicates("code_insee").set_index("code_insee").reindex(communes.index)
    inside = rows[communes["inside"].to_numpy(dtype=bool)]
    values = {name: _amounts(inside[name]) for name in names if name not in _TAKEN}
    for name, column in values.items():
        levels = column.nunique()
        if levels > MOST_LEVELS and not pd.api.types.is_numeric_dtype(column):
            most = f"≤ {MOST_LEVELS}"
            faults.append(
                Fault(
                    cause="many_levels",
                    file=file,
                    column=name,
                    value=str(levels),
                    expected=most,
                )
            )
    if faults:
        raise InputError(faults)
    return pd.DataFrame(values, index=inside.index).rename_axis("code_insee")


def own_levels(
    linked: pd.DataFrame, names: Iterable[str], territory: Territory, study: Study
) -> pd.DataFrame:
    """Return the group of each commune of the study at each level of the user's own.

    Parameters
    ----------
    linked : DataFrame
        Rows of the table of variables, linked by :func:`link_variables`.
    names : iterable of str
        Columns of that table.
    territory : Territory
        The communes; those beyond the border count in no group.
    study : Study
        Its ``boundaries.levels``.

    Returns
    -------
    DataFrame
        On ``code_insee``, one text column per level; missing where no row gives a group.

    Raises
    ------
    InputError
        A level is no column of the table, or bears the name of a level that the package has; each is listed
        with the nearest.
    """
    allowed = [name for name in names if name not in _OFFICIAL]
    faults = [
        Fault(
            cause="unknown_variable_key", file=str(study.file or ""), column="boundaries.levels", value=name,
            expected=" | ".join(allowed), nearest=nearest(name, allowed),
        )
        for name in study.boundaries.levels
        if name not in allowed
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    communes = territory.communes
    rows = linked.drop_duplicates("code_insee").set_index("code_insee").reindex(communes.index)
    groups = rows[list(study.boundaries.levels)].replace("", None).astype("str")
    inside: pd.DataFrame = groups[communes["inside"].to_numpy(dtype=bool)]
    return inside.reindex(communes.index)


def check_margins(study: Study, added: Iterable[str] = ()) -> None:
    """Check that every margin of a study is a variable of its communes.

    Parameters
    ----------
    study : Study
        The study; its margins, if it names any.
    added : iterable of str
        Variables that the study adds.

    Raises
    ------
    InputError
        A margin is none of them; each is listed with the nearest.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from opsn_geo.study import Study
    >>> check_margins(replace(Study.default(), survey={"margins": ["size"]}))
    Traceback (most recent call last):
    opsn_geo.errors.InputError: ... value “size”: no variable of communes bears this name. Expected: ...
    """
    allowed = [*VARIABLES, *added]
    faults = [
        Fault(
            cause="unknown_variable_key", file=str(study.file or ""), column="survey.margins", value=name,
            expected=" | ".join(allowed), nearest=nearest(name, allowed),
        )
        for name in study.survey.get("margins", ())
        if name not in allowed
    ]  # fmt: skip
    if faults:
        raise InputError(faults)


def _amounts(texts: pd.Series) -> pd.Series:
    """Return a column of amounts as numbers; any other as it is."""
    filled = texts.dropna()
    read = numbers(filled.astype("str"))
    coded = filled.str.match(r"0\d").any()
    if filled.nunique() <= FEW_NUMBERS or coded or read.isna().any():
        return texts.astype("str")
    return read.reindex(texts.index)
