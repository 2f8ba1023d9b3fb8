"""Needs against offers: what is offered and little used, needed and not offered, needed everywhere."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsn_geo.measure.coverage.evidence import OFFERED, Coverage
from opsn_geo.measure.coverage.shares import group_codes, group_sums
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, FEW, MOST, SHOWN, codes_of, shown
from opsn_geo.measure.distributions import discoveries

Floats = NDArray[np.float64]
FLAGS: Final = ("needed", "needed_not_offered", "needed_single", "little_used")
"""Flags of :func:`needs` that are counted group by group."""
DISCOVERY_RATE: Final = 0.10
"""Share of false discoveries that is accepted among the flags."""


def wilson(count: Floats, base: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's interval of shares.

    Parameters
    ----------
    count, base : arrays of the same shape
        Successes and trials; the interval of an empty base is [0, 1].
    level : float
        Level of confidence.

    Notes
    -----
    Ends: (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n), Wilson, *JASA* 22 (1927). It treats the
    answers as independent draws from an endless population. Where n answers come from N bodies, the ends
    are too wide by up to a factor √(1 − n/N) (5 % for a tenth of the communes), which errs on the
    side of caution; several answers from one commune err on the other.

    Examples
    --------
    >>> low, high = wilson(np.array([10.0]), np.array([50.0]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.112, 0.33)
    """
    from scipy.special import ndtri  # noqa: PLC0415 - slow to import

    z2 = float(ndtri(0.5 + level / 2)) ** 2
    n = np.where(base > 0, base, np.nan)
    share = count / n
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2)))
    low, high = ((share + z2 / (2 * n) + sign * half) / (1 + z2 / n) for sign in (-1, 1))
    return np.clip(np.nan_to_num(low, nan=0), 0, 1), np.clip(np.nan_to_num(high, nan=1), 0, 1)


def ticked(answers: pd.DataFrame, item: str, by: pd.Series | None = None) -> pd.DataFrame:
    """Share of respondents that tick each choice of an item, with its base and interval; not for publishing.

    Parameters
    ----------
    answers : DataFrame
        On ``respondent``; a ``boolean`` column ``item:choice`` for each choice, missing: not answered.
    item : str
        The item, such as ``need``.
    by : Series, optional
        Group of each respondent, on their index; missing counts nowhere. Without it, one group ``all``.

    Returns
    -------
    DataFrame
        On group and ``service`` (the choice; ``none`` is left out): ``count``, ``base`` (respondents who
        answered this choice), ``share`` (of the base), ``low`` and ``high``, Wilson's interval at 95 %.

    Examples
    --------
    >>> answers = pd.DataFrame({"need:sig": [True, True, False, False, False, None]}, dtype="boolean")
    >>> ticked(answers, "need").loc[("all", "sig"), ["count", "base", "share"]].tolist()
    [2.0, 5.0, 0.4]
    """
    choices = answers.filter(regex=f"^{item}:").drop(columns=f"{item}:none", errors="ignore")
    codes, groups = group_codes(answers.index, by)
    yes, asked = choices.fillna(value=False).to_numpy(float), choices.notna().to_numpy(float)
    count, base = (group_sums(cells, codes, len(groups)).ravel() for cells in (yes, asked))
    answered = base > 0
    low, high = wilson(count, base)
    names = pd.Index(choices.columns.str.removeprefix(f"{item}:"))
    return pd.DataFrame(
        {
            "count": count,
            "base": base.astype(int),
            "share": count / np.where(answered, base, np.nan),
            "low": np.where(answered, low, np.nan),
            "high": np.where(answered, high, np.nan),
        },
        index=pd.MultiIndex.from_product([groups, names], names=[groups.name, "service"]),
    )


def operators_offering(coverage: Coverage, by: pd.Series | None = None) -> pd.Series:
    """Number of operators that offer each service somewhere in each group of places.

    Returns
    -------
    Series of int
        ``opsn_count`` on group and ``service``; one group ``all`` without ``by`` (group of each place,
        missing counts nowhere).
    """
    codes, groups = group_codes(coverage.places, by)
    offered = (coverage.evidence[:-1] & OFFERED).astype(float)
    counts = sum(
        ((group_sums(plane, codes, len(groups)) > 0).astype(int) for plane in offered),
        np.zeros((len(groups), len(coverage.services)), int),
    )
    rows = pd.MultiIndex.from_product([groups, coverage.services], names=[groups.name, "service"])
    return pd.Series(counts.ravel(), rows, name="opsn_count")


def needs(
    answers: pd.DataFrame,
    offering: pd.Series,
    by: pd.Series | None = None,
    *,
    used: str = "service_used",
    needed: str = "need",
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What respondents use and miss beside what is offered to them, group by group, where it is published.

    Parameters
    ----------
    answers : DataFrame
        On ``respondent``, see :func:`ticked`.
    offering : Series
        Operators that offer each service in each group, see :func:`operators_offering`; the same groups.
        A service needed that it does not list counts as offered by nobody.
    by : Series, optional
        Group of each respondent, on their index: their département for instance, or any other; a respondent
        whose group is missing counts nowhere but among all respondents.
    used, needed : str
        Items that ask which services are used, and which are missed.
    min_answers : int
        Fewest answers on either side of what is published.
    published : DataFrame of str, optional
        What may be published of each item in each group (:func:`opsn_geo.measure.disclosure.shown`); found
        here where nothing else is published.

    Returns
    -------
    DataFrame
        On group and ``service``: ``opsn_count``; ``used_*`` and ``need_*`` (``count``, ``base``,
        ``share``, ``low``, ``high``, and ``hidden``: empty, or why these are missing); and flags, which hold
        for every number that a class may stand for, and are not borne where nothing is published:

        - ``behind_region``: offered, and used less than its share among all respondents explains;
          ``behind_others``: offered, and less than the mean use of the services offered in the group does;
          ``little_used``: either;
        - ``needed``: needed more than the mean need of all services in the group explains;
        - ``needed_not_offered``, ``needed_single`` (one operator alone), ``needed_offered``: needed, and
          offered there by nobody, by one, by one at least;
        - ``needed_everywhere``: needed in every group of which something is published.

    Notes
    -----
    A flag is an exact one-sided binomial test. Many are made: they hold at a false discovery rate of 10 % (as
    the comparison of adherents and others does), over all needs tested, and over all uses tested.

    Bases: for use, those who were asked (users of an operator, where the questionnaire asks only them);
    for need, those who answered. Shares of respondents, not of communes: several may answer for one.
    """
    by = pd.Series("all", index=answers.index) if by is None else by
    if published is None:
        ticks = answers.filter(regex=f"^({used}|{needed}):")
        own = {str(level): by.eq(level).fillna(value=False) for level in by.value_counts().index}
        published = shown(ticks, pd.DataFrame(own, index=answers.index).astype(bool), min_answers)
    use, need = (ticked(answers, items, by) for items in (used, needed))
    table = use.add_prefix("used_").join(need.add_prefix("need_"), how="outer")
    groups, services = (table.index.get_level_values(level) for level in (0, 1))
    count = offering.rename_axis(table.index.names).reindex(table.index, fill_value=0)
    region = ticked(answers, used).droplevel(0)["share"]
    offered = count > 0
    expected = pd.DataFrame(
        {
            "behind_region": region.reindex(services).to_numpy(),
            "behind_others": table["used_share"].where(offered).groupby(level=0).transform("mean"),
        },
        index=table.index,
    ).where(offered)
    usual = table["need_share"].groupby(level=0).transform("mean").to_frame("need")
    for kind, item in (("used", used), ("need", needed)):
        table = _published(table, kind, codes_of(published, f"{item}:" + services, groups), min_answers)
    behind = _discovered(
        expected.apply(lambda share: _chance(table["used_most"], table["used_base"], share, below=True))
    )
    is_needed = _discovered(
        usual.apply(lambda share: _chance(table["need_least"], table["need_base"], share, below=False))
    )["need"]
    everywhere = (is_needed | table["need_least"].isna()).groupby(level="service").transform("all")
    return table.drop(columns=["used_least", "used_most", "need_least", "need_most"]).assign(
        opsn_count=count,
        **behind,
        little_used=behind["behind_region"] | behind["behind_others"],
        needed=is_needed,
        needed_not_offered=is_needed & (count == 0),
        needed_single=is_needed & (count == 1),
        needed_offered=is_needed & (count > 0),
        needed_everywhere=everywhere & is_needed.groupby(level="service").transform("any"),
    )


def _published(table: pd.DataFrame, kind: str, codes: list[str], min_answers: int) -> pd.DataFrame:
    """Return what is published of use or need, and the least and the most that a class may stand for."""
    why, base = pd.Series(codes, index=table.index, dtype="str"), table[f"{kind}_base"]
    count, gone = table[f"{kind}_count"], why.ne(SHOWN)
    few = pd.Series(np.minimum(min_answers - 1, base), table.index).astype(float)
    columns = {
        f"{kind}_{part}": table[f"{kind}_{part}"].mask(gone) for part in ("count", "share", "low", "high")
    }
    columns[f"{kind}_least"] = count.mask(gone).mask(why.eq(FEW), 0.0).mask(why.eq(MOST), base - few)
    columns[f"{kind}_most"] = count.mask(gone).mask(why.eq(FEW), few).mask(why.eq(MOST), base.astype(float))
    columns[f"{kind}_base"] = base.astype("Int64").mask(gone & ~why.isin([FEW, MOST]))
    columns[f"{kind}_hidden"] = why
    return table.assign(**columns)


def _chance(count: pd.Series, base: pd.Series, share: pd.Series, *, below: bool) -> pd.Series:
    """Chance of at most (or at least) so many of a base, each with the chance `share`; missing if unknown."""
    from scipy.special import betainc, betaincc  # noqa: PLC0415 - slow to import

    number = count.to_numpy(dtype=float)
    others = base.astype("Float64").to_numpy(dtype=float, na_value=np.nan) - number
    if below:
        tail = np.where(others > 0, betaincc(number + 1, np.maximum(others, 1), share), 1.0)
    else:
        tail = np.where(number > 0, betainc(np.maximum(number, 1), others + 1, share), 1.0)
    return pd.Series(tail, count.index).where(count.notna() & share.notna())


def _discovered(chances: pd.DataFrame) -> pd.DataFrame:
    """Which of all the chances of a frame together are discoveries (Benjamini and Hochberg, 1995)."""
    values = chances.to_numpy(dtype=float)
    tested = ~np.isnan(values)
    discovered = np.zeros(values.shape, dtype=bool)
    if tested.any():
        discovered[tested] = discoveries(values[tested]) <= DISCOVERY_RATE
    return pd.DataFrame(discovered, index=chances.index, columns=chances.columns)


def flag_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of services of each group that bear each of :data:`FLAGS`, from the table of :func:`needs`.

    Returns
    -------
    DataFrame of int
        On group: ``needed_count``, ``needed_not_offered_count``, ``needed_single_count``,
        ``little_used_count``. A service whose base is too small bears no flag.

    Examples
    --------
    >>> services = pd.MultiIndex.from_tuples([("02", "dpd"), ("02", "sig")], names=["code_dep", "service"])
    >>> table = pd.DataFrame({flag: [True, False] for flag in FLAGS}, index=services)
    >>> flag_counts(table)["needed_count"].to_dict()
    {'02': 1}
    """
    return table[list(FLAGS)].groupby(level=0).sum().rename(columns="{}_count".format)


def declared(answers: pd.DataFrame, communes: pd.Series, item: str = "need") -> pd.DataFrame:
    """Number of answers that ask for each service, commune by commune; to be summed before it is published.

    Parameters
    ----------
    answers : DataFrame of boolean
        On ``respondent``: one column ``item:service`` for each choice; missing: not answered.
    communes : Series of str
        ``code_insee`` of each respondent, on their index; missing: left out.
    item : str
        Item of the survey that asks for needs.

    Returns
    -------
    DataFrame
        ``code_insee``, ``service``, ``yes`` (answers that ask for it), ``base`` (answers to the question).

    Examples
    --------
    >>> answers = pd.DataFrame({"need:sig": [True, False, None]}, dtype="boolean")
    >>> declared(answers, pd.Series(["02001", "02001", "02002"])).to_dict("records")
    [{'code_insee': '02001', 'service': 'sig', 'yes': 1, 'base': 2}]
    """
    choices = answers.filter(regex=f"^{item}:").rename(
        columns=lambda name: str(name).removeprefix(f"{item}:")
    )
    located = choices.assign(code_insee=communes.reindex(choices.index))
    ticks = located.melt("code_insee", var_name="service", value_name="yes").dropna()
    counts = ticks.groupby(["code_insee", "service"])["yes"].agg(yes="sum", base="size")
    return counts.astype("int64").reset_index()
