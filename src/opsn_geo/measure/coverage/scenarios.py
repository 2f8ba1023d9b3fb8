"""What if: others joined, others offered, operators merged; each set beside today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.measure.coverage.shares import service_shares, shares
from opsn_geo.measure.missing import whole_numbers

if TYPE_CHECKING:
    from opsn_geo.measure.coverage.evidence import Coverage

_EXTRA: Final[dict[str, dict[str, Any]]] = {
    "memberships": {
        "level": "epci", "reaches_communes": True, "services": "*", "since": pd.NaT, "until": pd.NaT,
        "basis": "assumed",
    },
    "offers": {"level": "departement", "basis": "assumed"},
}  # fmt: skip


def with_rows(
    tables: Mapping[str, pd.DataFrame], extra: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Tables of a study with the rows of a scenario added: what if these joined, or offered that.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``memberships``, ``offers`` and whatever else; returned as they are but for the rows added.
    extra : mapping of str to DataFrame
        Rows to add, by table. Where columns are absent: an adhesion is of an EPCI, reaches its communes,
        carries every service, and is always in force; an offer is to a département; both are assumed.

    Examples
    --------
    >>> tables = {"memberships": pd.DataFrame({"opsn": ["a"], "level": "commune", "code": "02001"})}
    >>> more = with_rows(tables, {"memberships": pd.DataFrame({"opsn": ["a"], "code": ["200071769"]})})
    >>> more["memberships"][["level", "code"]].to_numpy().tolist()
    [['commune', '02001'], ['epci', '200071769']]
    """
    added = {
        name: pd.concat([tables[name], _filled(rows, _EXTRA.get(name, {}))], ignore_index=True)
        for name, rows in extra.items()
    }
    return {**tables, **added}


def _filled(rows: pd.DataFrame, usual: Mapping[str, Any]) -> pd.DataFrame:
    """Rows with the columns that are absent, at their usual value."""
    return rows.assign(**{name: value for name, value in usual.items() if name not in rows})


def merged(
    tables: Mapping[str, pd.DataFrame], operators: Collection[str], into: str
) -> dict[str, pd.DataFrame]:
    """Tables where operators are merged into one: their members are its members, their offers its offers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``opsn``, ``offers``, ``memberships`` and whatever else, which is returned as it is.
    operators : collection of str
        Operators that disappear.
    into : str
        The one that takes them over; its list of members is complete only if all were.

    Examples
    --------
    >>> tables = {"opsn": pd.DataFrame({"opsn": ["a", "b"], "list_complete": [True, False]}),
    ...           "offers": pd.DataFrame({"opsn": ["a", "b"]}), "memberships": pd.DataFrame({"opsn": ["b"]})}
    >>> after = merged(tables, ["b"], "a")
    >>> after["opsn"].to_numpy().tolist(), after["memberships"]["opsn"].tolist()
    ([['a', False]], ['a'])
    """
    taken = tables["opsn"]["opsn"].isin({*operators, into})
    complete = tables["opsn"]["list_complete"].where(~taken, tables["opsn"].loc[taken, "list_complete"].all())
    opsn = tables["opsn"].assign(list_complete=complete)[~tables["opsn"]["opsn"].isin({*operators} - {into})]
    renamed = {
        name: tables[name].assign(
            opsn=tables[name]["opsn"].where(~tables[name]["opsn"].isin(operators), into)
        )
        for name in ("offers", "memberships")
    }
    return {**tables, "opsn": opsn, **renamed}


def compared(
    today: Coverage,
    scenarios: Mapping[str, Coverage],
    places: pd.DataFrame,
    by: pd.Series | None = None,
    *,
    each_service: bool = False,
) -> pd.DataFrame:
    """Shares covered today and in each scenario, and what each gains.

    Parameters
    ----------
    today : Coverage
        What is known.
    scenarios : mapping of str to Coverage
        The same places with the tables of :func:`with_rows`, by name.
    places, by
        As in :func:`opsn_geo.measure.coverage.shares.shares`.
    each_service : bool
        Service by service, instead of any service.

    Returns
    -------
    DataFrame
        On ``scenario`` (``today`` first), group and, with ``each_service``, ``service``: the columns of
        ``shares``, and ``covered_gain_pop``, people known to be covered who are not today (missing where a
        population of the group is).
    """
    measure = service_shares if each_service else shares
    tables = {name: measure(variant, places, by) for name, variant in {"today": today, **scenarios}.items()}
    table = pd.concat(tables, names=["scenario"])
    people = table["covered_pop_share"] * table["population"]
    now = np.tile(people.loc["today"].to_numpy(), len(tables))
    nobody = table["population"].eq(0)
    return table.assign(covered_gain_pop=whole_numbers((people - now).mask(nobody, 0)))
