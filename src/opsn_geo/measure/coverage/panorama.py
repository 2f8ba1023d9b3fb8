"""The panorama of a region: who offers what, where, in which legal form, and with whom."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import COLUMN, Basis, weakest, weakest_of
from opsn_geo.catalogue.basis import names as basis_names
from opsn_geo.measure.coverage.evidence import OFFERED, REACHED, Coverage
from opsn_geo.measure.coverage.shares import group_codes, group_sums, group_weakest

POLYVALENT: Final = "polyvalent"
SPECIALISED: Final = "specialise"


def operators(opsn: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """How much each operator offers, where, and whether it is polyvalent or specialised.

    Parameters
    ----------
    opsn : DataFrame
        Columns ``opsn``, ``name``, ``legal_form``, ``home_departement``, ``departements`` (served, joined
        by ``;``), ``staff``, and if there is one ``class``: what somebody else called the operator.
    offers : DataFrame
        Columns ``opsn``, ``service``.

    Returns
    -------
    DataFrame
        On ``opsn``, in the order of the table: ``name``, ``legal_form``, ``staff`` (missing: not known),
        ``services_offered`` (different services), ``departements_count``, ``outside_home`` (départements
        served beyond its own, joined by ``;``), ``class_rule`` by the rule below, ``class_stated``
        (missing: left unclassed), ``class_agrees`` (missing: nothing to compare), ``basis`` (the weakest of
        its row and of its offers).

    Notes
    -----
    Rule: *polyvalent* with at least as many services as the mean of all operators, else *specialised*.
    The founding study states no rule; this one reproduces each class that it states, and classes the
    operators that it left out.

    Examples
    --------
    >>> opsn = pd.DataFrame({"opsn": ["a", "b"], "name": ["A", "B"], "legal_form": "epa", "staff": [2.0, 8.0],
    ...     "home_departement": ["02", "59"], "departements": ["02", "59;62"]})
    >>> offers = pd.DataFrame({"opsn": ["a", "b", "b", "b"], "service": ["dpd", "dpd", "sig", "acte"]})
    >>> operators(opsn, offers)[["services_offered", "outside_home", "class_rule"]].to_dict("index")["b"]
    {'services_offered': 3, 'outside_home': '62', 'class_rule': 'polyvalent'}
    """
    table = opsn.set_index("opsn")
    offered = offers.groupby("opsn")["service"].nunique().reindex(table.index, fill_value=0)
    served = table["departements"].fillna("").str.split(";").map(lambda codes: sorted({*codes} - {""}))
    homes = table["home_departement"]
    stated = table["class"] if "class" in table else pd.Series(None, table.index, dtype="str")
    rule = pd.Series(np.where(offered >= offered.mean(), POLYVALENT, SPECIALISED), table.index)
    return table[["name", "legal_form", "staff"]].assign(
        services_offered=offered,
        departements_count=served.map(len),
        outside_home=[
            ";".join(code for code in codes if code != home)
            for codes, home in zip(served, homes, strict=True)
        ],
        class_rule=rule,
        class_stated=stated,
        class_agrees=(rule == stated).astype("boolean").where(stated.notna()),
        basis=weakest(row_basis(table), _weakest_by(offers, "opsn").reindex(table.index)),
    )


def services_offered(services: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Services of the national list, and who offers each of them here.

    Parameters
    ----------
    services : DataFrame
        Columns ``service``, ``name`` and if there is one ``widespread_nationally`` (missing: not known
        to be).
    offers : DataFrame
        Columns ``opsn``, ``service``.

    Returns
    -------
    DataFrame
        On ``service``, in the order of the list: ``name``; ``opsn_count`` and ``opsn`` (joined by ``;``),
        who offers it; ``uncovered`` (nobody does); ``single`` (one alone does); ``rare_here``: offered,
        by fewer operators than the mean of the services offered, though common nationally. A service is
        never both rare and uncovered. ``basis``: the weakest of its row and of its offers; of all offers
        where nobody offers it.

    Examples
    --------
    >>> services = pd.DataFrame({"service": ["dpd", "sig", "rh"], "name": ["DPD", "SIG", "RH"],
    ...                          "widespread_nationally": [None, True, True]})
    >>> offers = pd.DataFrame({"opsn": ["a", "b", "a"], "service": ["dpd", "dpd", "rh"]})
    >>> services_offered(services, offers)[["opsn_count", "uncovered", "rare_here"]].to_numpy().tolist()
    [[2, False, False], [0, True, False], [1, False, True]]
    """
    table = services.set_index("service")
    by = offers.drop_duplicates(["opsn", "service"]).groupby("service")["opsn"]
    count = by.size().reindex(table.index, fill_value=0)
    common = table.get("widespread_nationally", pd.NA)
    return table[["name"]].assign(
        opsn_count=count,
        opsn=by.agg(lambda operators: ";".join(sorted(operators))).reindex(table.index, fill_value=""),
        uncovered=count == 0,
        single=count == 1,
        rare_here=_true(common, table.index) & count.between(1, count[count > 0].mean(), inclusive="left"),
        basis=weakest(
            row_basis(table),
            _weakest_by(offers, "service")
            .reindex(table.index)
            .fillna(weakest_of(_basis(offers), Basis.LIST.value)),
        ),
    )


def row_basis(table: pd.DataFrame) -> pd.Series:
    """Weakest basis of each row: of the row itself, and of its columns that have one of their own.

    >>> row_basis(pd.DataFrame({"basis": ["study", "list"], "seat_basis": ["assumed", None]})).tolist()
    ['assumed', 'list']
    """
    own = [table[column] for column in table if str(column).endswith(f"_{COLUMN}")]
    return weakest(_basis(table), *own)


def _basis(table: pd.DataFrame) -> pd.Series:
    """Basis of each row; that of a user's list where nothing is stated."""
    stated = table[COLUMN] if COLUMN in table else pd.Series(index=table.index, dtype="str")
    return stated.fillna(Basis.LIST.value)


def _weakest_by(offers: pd.DataFrame, column: str) -> pd.Series:
    """Weakest basis of the offers of each operator or service."""
    by = _basis(offers).groupby(offers[column])
    return by.agg(weakest_of).astype("str")


def _true(cells: object, index: pd.Index) -> pd.Series:
    """Whether each cell is true, or the text "true"; missing is false."""
    return pd.Series(cells, index=index).astype("str").str.lower().eq("true").fillna(value=False)


def legal_forms(opsn: pd.DataFrame) -> pd.DataFrame:
    """Number of operators and of their staff by legal form.

    Returns
    -------
    DataFrame
        On ``legal_form`` (``not_known`` where missing), most frequent first: ``opsn_count``;
        ``staff_count``, the agents of those whose staff is known (missing when none is), and
        ``staff_known_count``, how many those are: a sum over fewer operators than there are is too low.
    """
    forms = opsn.assign(
        legal_form=opsn["legal_form"].fillna("not_known"),
        staff=pd.to_numeric(opsn["staff"]).astype("float64"),
    )
    by = forms.groupby("legal_form")["staff"]
    table = pd.DataFrame(
        {"opsn_count": by.size(), "staff_count": by.sum(min_count=1), "staff_known_count": by.count()}
    )
    return table.sort_values("opsn_count", ascending=False, kind="stable")


def totals(opsn: pd.DataFrame, services: pd.DataFrame, offers: pd.DataFrame) -> pd.Series:
    """Headline counts of the panorama, by name.

    Returns
    -------
    Series of float
        ``opsn_count``; ``services_national`` (the list) and ``services_offered``, ``services_uncovered``
        of it; ``services_per_opsn_min``, ``_max``, ``_mean`` over all operators; ``staff_total``,
        ``_min``, ``_max``, ``_mean`` over those whose staff is known (NaN where none is) and
        ``staff_known``, how many those are.
    """
    offered = operators(opsn, offers)["services_offered"]
    national = services_offered(services, offers)
    staff = pd.to_numeric(opsn["staff"]).astype("float64")
    return pd.Series(
        {
            "opsn_count": len(opsn),
            "services_national": len(services),
            "services_offered": int((~national["uncovered"]).sum()),
            "services_uncovered": int(national["uncovered"].sum()),
            **{f"services_per_opsn_{figure}": offered.agg(figure) for figure in ("min", "max", "mean")},
            "staff_total": staff.sum(min_count=1),
            **{f"staff_{figure}": staff.agg(figure) for figure in ("min", "max", "mean")},
            "staff_known": staff.count(),
        },
        name="value",
        dtype=float,
    )


def groups(coverage: Coverage, by: pd.Series) -> pd.DataFrame:
    """Operators that offer in each group of places (a département, say), and those that reach some of it.

    Parameters
    ----------
    coverage : Coverage
        What is known of the places.
    by : Series
        Group of each place, on their index: any level; a place whose group is missing counts nowhere.

    Returns
    -------
    DataFrame
        On group, sorted: ``opsn_offering_count`` and ``opsn_offering``, operators that offer a service in
        any place of the group; ``opsn_reaching_count`` and ``opsn_reaching``, those that reach one by a
        membership; ``services_offered``, ``services_reached``: numbers of services, somewhere in the group;
        ``basis``, the weakest of its places and services.
    """
    codes, names = group_codes(coverage.places, by)
    flags = {"offering": OFFERED, "reaching": REACHED}
    table = {}
    for name, flag in flags.items():
        cells = (coverage.evidence[:-1] & flag).astype(bool)
        is_present = group_sums(cells.any(axis=2).T.astype(float), codes, len(names)) > 0
        table[f"opsn_{name}_count"] = is_present.sum(axis=1)
        table[f"opsn_{name}"] = [";".join(coverage.opsn[row]) for row in is_present]
        services = group_sums(cells.any(axis=0).astype(float), codes, len(names)) > 0
        table["services_offered" if flag == OFFERED else "services_reached"] = services.sum(axis=1)
    worst = group_weakest(coverage.basis.max(axis=1, initial=-1, keepdims=True), codes, len(names))
    return pd.DataFrame(table, index=names).assign(basis=basis_names(worst))


def partners(partnerships: pd.DataFrame) -> pd.DataFrame:
    """Pairs of operators that work together, and on what.

    Parameters
    ----------
    partnerships : DataFrame
        Columns ``partnership`` (those of one partnership share it), ``opsn``, ``kind``, ``service``.

    Returns
    -------
    DataFrame
        One row for each two operators of a partnership: ``partnership``, ``service``, ``opsn``,
        ``opsn_partner`` (later in the alphabet). Rows of another kind than ``partnership`` are left out.
    """
    rows = partnerships.loc[partnerships["kind"] == "partnership", ["partnership", "service", "opsn"]]
    pairs = rows.merge(rows[["partnership", "opsn"]], on="partnership", suffixes=("", "_partner"))
    pairs = pairs[pairs["opsn"] < pairs["opsn_partner"]]
    return pairs.sort_values(["partnership", "opsn", "opsn_partner"], ignore_index=True)


def verdicts(
    statements: pd.DataFrame, measured: Mapping[str, AbstractSet[str]], *, judged: bool = True
) -> pd.DataFrame:
    """Comparison of stated lists with those measured.

    Parameters
    ----------
    statements : DataFrame
        Columns ``list``, ``item``, ``exhaustive`` (the list claims to be whole).
    measured : mapping of str to set of str
        Items that each list should have; lists that are not measured are left out.
    judged : bool
        Whether what was measured may judge a study: not where it is assumed or simulated.

    Returns
    -------
    DataFrame
        ``list``, ``item``, ``verdict``: ``agrees`` (stated and measured), ``refuted`` (stated only) or
        ``left_out`` (measured only; for lists that claim to be whole). What is not judged is ``agrees`` or
        ``not_judged``.

    Examples
    --------
    >>> stated = pd.DataFrame({"list": "not_covered", "item": ["sig", "dpd"], "exhaustive": True})
    >>> verdicts(stated, {"not_covered": {"sig", "gru"}})["verdict"].tolist()
    ['agrees', 'refuted', 'left_out']
    """
    rows = []
    for name, stated in statements.groupby("list", sort=False):
        if name in measured:
            items = measured[str(name)]
            denied = "refuted" if judged else "not_judged"
            rows += [(name, item, "agrees" if item in items else denied) for item in stated["item"]]
            if judged and _true(stated["exhaustive"], stated.index).all():
                rows += [(name, item, "left_out") for item in sorted(items - {*stated["item"]})]
    return pd.DataFrame(rows, columns=["list", "item", "verdict"])


def measured_lists(opsn: pd.DataFrame, services: pd.DataFrame, offers: pd.DataFrame) -> dict[str, set[str]]:
    """Lists of the panorama that :func:`verdicts` compares with those a study states."""
    classes = operators(opsn, offers)["class_rule"]
    national = services_offered(services, offers)
    return {
        "polyvalent": {*classes.index[classes == POLYVALENT]},
        "specialised": {*classes.index[classes == SPECIALISED]},
        "not_covered": {*national.index[national["uncovered"]]},
        "rarely_offered": {*national.index[national["rare_here"]]},
    }
