"""The whole analysis on a survey, from frames to frames: response, weights, estimates, influence, verdict.

It only calls the measures of this package in order; each can be used alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import pandas as pd

from opsn_geo.catalogue.words import VARIABLES, Language, texts
from opsn_geo.measure.disclosure import MIN_ANSWERS, suppressed
from opsn_geo.measure.survey.comparison import against_reference, influence, overlap, rankings
from opsn_geo.measure.survey.estimates import estimates, item_frame, quantiles
from opsn_geo.measure.survey.indicators import partial_indicators, r_indicator
from opsn_geo.measure.survey.nonresponse import clustering, nearest_answer_m, neighbour_response, silences
from opsn_geo.measure.survey.profile import LIMIT, levels, profile
from opsn_geo.measure.survey.representativeness import overall_table, standardised_differences
from opsn_geo.measure.survey.response import UNKNOWN, response_table, with_unknown
from opsn_geo.measure.survey.response import response_tables as tables_of
from opsn_geo.measure.survey.verdict import KNOWN, change, headlines, matters, small_communes, verdict
from opsn_geo.measure.survey.weights import Weighting, collapse, kish, weighted_design

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy import sparse

    from opsn_geo.measure.survey.design import Design

STRATA: Final = ("code_dep", "size_band")
"""What comparisons are adjusted for, permutations kept within, and weights calibrated on by default."""
FEW_LEVELS: Final = 20
"""A variable of more levels has no profile drawn, and its strongest correlation would be noise."""
_DEFECT: Final = "defect_correlation"


class Survey(NamedTuple):
    """What a survey adds: columns by layer, the layer of silences, and tables.

    ``columns`` has ``communes``, ``epci`` and ``departements``, each on its code; the tables are already
    suppressed. Columns of communes say who took part, never what anyone answered.
    """

    columns: dict[str, pd.DataFrame]
    silences: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame]


def survey(
    communes: gpd.GeoDataFrame,
    codes: pd.Series,
    values: pd.DataFrame,
    contiguity: sparse.csr_array,
    *,
    member: pd.Series,
    headline: pd.DataFrame,
    thresholds: pd.Series,
    small_answers: int,
    labels: Mapping[str, str],
    ranked: Mapping[str, Sequence[str]],
    reference: pd.Series,
    added: pd.DataFrame | None = None,
    margins: Sequence[str] = STRATA,
    weight_bounds: tuple[float, float] | None = None,
    lang: Language = "fr",
    min_answers: int = MIN_ANSWERS,
) -> Survey:
    """Carry a survey of communes from its answers to its verdict.

    Parameters
    ----------
    communes : GeoDataFrame
        Communes of the study (only those inside), as for :func:`opsn_geo.measure.survey.profile.profile`,
        with ``name``, ``mairie_x`` and ``mairie_y``, in a metric projection.
    codes : Series of str
        On ``respondent``, all of them: ``code_insee``, missing for those that speak for no commune.
    values : DataFrame
        On ``respondent``: boolean and numeric items (:func:`opsn_geo.measure.survey.estimates.item_frame`).
    contiguity : scipy.sparse.csr_array
        Queen contiguity of `communes`, in their order.
    member : Series of bool
        On ``respondent``: who uses an OPSN.
    headline : DataFrame
        On ``respondent``: the headline items, such as :func:`headline_items` gives them.
    thresholds : Series of float
        By headline item, the value that its conclusion stands above or below.
    small_answers : int
        Answers, of all, from bodies below 2,000 inhabitants.
    labels : mapping of str to str
        Names of items, and of ``siren_epci=…`` and ``code_dep=…`` pairs, in this language.
    ranked : mapping of str to sequence of str
        Families of items to rank by département, such as services used and needs.
    reference : Series of float
        Values from outside to set estimates beside, such as national means, by item; may be empty.
    added : DataFrame, optional
        On ``code_insee``: further variables of communes, texts for levels and numbers for amounts.
    margins : sequence of str
        Variables that weights are calibrated on, of those of :func:`opsn_geo.measure.survey.profile.profile`.
    weight_bounds : tuple of float, optional
        Least and greatest ratio of a weight to its base weight.
    lang : {"fr", "en"}
        Language of the verdict.
    min_answers : int
        Fewest answers that a published row may rest on.

    Returns
    -------
    Survey
        Tables ``representativite``, ``representativite_globale``, ``indicateurs``,
        ``indicateurs_partiels``, ``profils``, ``marges``, ``regroupements``, ``estimations``,
        ``influence``, ``recouvrement``, ``comparaisons``, ``classements`` and ``verdict``.

    Raises
    ------
    InputError
        No weights reproduce the margins.
    ValueError
        Nobody answered for a commune, or a code is none of the communes.
    """
    added = pd.DataFrame(index=communes.index) if added is None else levels(added)
    units = profile(communes, codes, added)
    weighting = weighted_design(codes, units, margins, weight_bounds)
    joined = collapse(units, STRATA)[0].join(units["responded"])
    who = _who_answered(units, joined, weighting, added)
    space = clustering(units["responded"], contiguity, _strata(joined))
    estimated = estimates(values, weighting.design)
    effect, _ = _effect(weighting.design)
    leaning = who["representativite_globale"].set_index("variable")[_DEFECT]
    judged = headlines(
        estimates(headline, weighting.design), thresholds, units=len(units), effect=effect,
        known=float(leaning[_drawn(units, added)].max()),
    )  # fmt: skip
    judged = judged[judged["answers"] >= min_answers]
    names = {**_names(added, lang), **labels}
    said = _said(who, judged, small_answers / len(codes), estimated, names, margins, lang)
    domains = codes.map(units["code_dep"])
    cells = joined[[*STRATA]].reindex(codes).set_axis(codes.index)
    return Survey(
        columns={
            "communes": units[["respondents", "responded"]]
            .join(nearest_answer_m(_places(communes), units["responded"]))
            .join(neighbour_response(units["responded"], contiguity)),
            "epci": _layer(units, "siren_epci"),
            "departements": _layer(units, "code_dep"),
        },
        silences=silences(communes, units["responded"], contiguity, _strata(joined)),
        tables={
            **who,
            "indicateurs": pd.concat([who["indicateurs"], _long("clustering", space)], ignore_index=True),
            **_estimated(values, weighting.design, estimated, domains, min_answers),
            **_compared(values, weighting.design, member, cells, min_answers),
            **_ranked(values, weighting.design, domains, ranked, min_answers),
            "comparaisons": suppressed(against_reference(estimated, reference), "communes", (), min_answers),
            "verdict": said,
        },
    )


def headline_items(
    answers: pd.DataFrame, figures: pd.DataFrame, choices: dict[str, Sequence[str]]
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """Build the items of a study's published shares and means, so that each can be judged.

    Parameters
    ----------
    answers : DataFrame
        Typed answers.
    figures : DataFrame
        Published figures: ``figure``, ``label``, ``table``, ``measure``, ``item``, ``choice`` (several
        joined by ``|``), ``group``. Those on answers, of measure ``share`` or ``mean``, without a group.
    choices : dict of str to sequence of str
        Choices of each single-choice item.

    Returns
    -------
    tuple
        The items (one column per figure), the threshold of each (one half for a share, the middle of the
        scale from 0 to 10 for a mean) and their labels. Figures of items that were not asked are left out.

    Examples
    --------
    >>> answers = pd.DataFrame({"support": ["epci", "no", None]})
    >>> figures = pd.DataFrame([("support", "Support", "answers", "share", "support", "epci|own", None)],
    ...     columns=["figure", "label", "table", "measure", "item", "choice", "group"])
    >>> items, thresholds, labels = headline_items(answers, figures, {"support": ["epci", "own", "no"]})
    >>> items["support"].tolist(), thresholds.to_dict()
    ([True, False, <NA>], {'support': 0.5})
    """
    frame = item_frame(answers, choices)
    told = figures.fillna({"choice": "", "group": ""})
    told = told[told["table"].eq("answers") & told["measure"].isin(["share", "mean"]) & told["group"].eq("")]
    made, thresholds, labels = {}, {}, {}
    for row in told.to_dict("records"):
        parts = [_item(frame, row["item"], choice) for choice in str(row["choice"]).split("|")]
        if all(part is not None for part in parts):
            made[row["figure"]] = pd.concat([it for it in parts if it is not None], axis=1).max(axis=1)
            thresholds[row["figure"]] = 0.5 if row["measure"] == "share" else 5.0
            labels[row["figure"]] = str(row["label"])
    return pd.DataFrame(made, index=answers.index), pd.Series(thresholds, dtype=float), labels


def _who_answered(
    units: pd.DataFrame, joined: pd.DataFrame, weighting: Weighting, added: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Make the tables on who answered, and on the weights that mend it."""
    response = tables_of(units, _variables(units, added))
    overall = overall_table(response)
    overall[_DEFECT] = _strongest(response)
    effect, effective = _effect(weighting.design)
    weights = weighting.design.weights.groupby(weighting.design.clusters).sum()
    ratio = weighting.design.weights / weighting.design.base
    kept = {
        "kish_effect": effect, "effective": effective, "gap": weighting.report.gap,
        "iterations": weighting.report.iterations, "least_ratio": ratio.min(), "greatest_ratio": ratio.max(),
    }  # fmt: skip
    return {
        "representativite": response,
        "representativite_globale": overall.reset_index(),
        "indicateurs": pd.concat(
            [_long("r_indicator", r_indicator(joined, _modelled(joined))), _long("weights", pd.Series(kept))],
            ignore_index=True,
        ),
        "indicateurs_partiels": partial_indicators(joined, _modelled(joined)),
        "profils": standardised_differences(units, _drawn(units, added), weights),
        "marges": weighting.report.margins,
        "regroupements": weighting.collapsed,
    }


def _estimated(
    values: pd.DataFrame, design: Design, whole: pd.DataFrame, domains: pd.Series, min_answers: int
) -> dict[str, pd.DataFrame]:
    """Stack the estimates of the territory (no domain) and of each domain, none from too few answers."""
    parts = estimates(values, design, domains).merge(_medians(values, design, domains), "left")
    everywhere = pd.Series("", index=domains.index)
    whole = whole.assign(domain="").merge(_medians(values, design, everywhere), "left")
    shown = [
        suppressed(whole, "answers", (), min_answers),
        suppressed(parts, "answers", ["item"], min_answers),
    ]
    return {"estimations": pd.concat(shown, ignore_index=True)}


def _medians(values: pd.DataFrame, design: Design, domains: pd.Series) -> pd.DataFrame:
    """Estimate the median of each number in each domain, with its interval."""
    numbers = values.select_dtypes(exclude=["boolean", "bool"])
    found = quantiles(numbers, design, domains)
    return found.rename(columns={"quantile": "median", "low": "median_low", "high": "median_high"})


def _compared(
    values: pd.DataFrame, design: Design, member: pd.Series, cells: pd.DataFrame, min_answers: int
) -> dict[str, pd.DataFrame]:
    """Compare adherents with others, and count where they overlap."""
    sides = ["members", "others"]
    counted = overlap(member.reindex(design.weights.index), cells.loc[design.weights.index])
    return {
        "influence": suppressed(influence(values, member, design, cells), sides, (), min_answers),
        "recouvrement": suppressed(counted, sides, STRATA, min_answers),
    }


def _ranked(
    values: pd.DataFrame,
    design: Design,
    domains: pd.Series,
    ranked: Mapping[str, Sequence[str]],
    min_answers: int,
) -> dict[str, pd.DataFrame]:
    """Rank each family of items in each domain."""
    parts = [
        rankings(values, design, domains, items=items).assign(family=family)
        for family, items in ranked.items()
    ]
    stacked = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"answers": pd.Series(dtype="int64")})
    )
    return {"classements": suppressed(stacked, "answers", (), min_answers)}


def _said(
    who: Mapping[str, pd.DataFrame],
    judged: pd.DataFrame,
    small: float,
    estimated: pd.DataFrame,
    names: Mapping[str, str],
    margins: Sequence[str],
    lang: Language,
) -> pd.DataFrame:
    """Say the verdict: the answer, small communes, what weighting changes, then all the rest."""
    limit = f"below_{LIMIT}"
    response, overall = who["representativite"], who["representativite_globale"].set_index("variable")
    told = who["indicateurs"].set_index("indicator")["value"]
    below = response[response["variable"] == limit].set_index("level")
    said = verdict(
        response[response["variable"] != limit], overall.drop(index=limit), told, judged,
        effective=float(told["effective"]), margins=margins, labels=names, lang=lang,
    )  # fmt: skip
    first = [small_communes(below, LIMIT, small, lang)] if "below" in below.index else []
    unsure = estimated["measure"].eq("share") & estimated["se"].gt(KNOWN)
    first += [matters(estimated, names, lang)] if unsure.any() else []
    few = response[response["variable"] != VARIABLES[-1]]
    mended = change(few, who["profils"], margins, names, lang)
    headed = said["finding"].eq("headline")
    parts = [said.iloc[:1], pd.DataFrame(first), said[~headed].iloc[1:], mended, said[headed]]
    rows = pd.concat(parts, ignore_index=True)
    return rows.merge(judged, left_on="subject", right_on="item", how="left", validate="m:1").drop(
        columns="item"
    )


def _names(added: pd.DataFrame, lang: Language) -> dict[str, str]:
    """Name variables and their levels; a level that a user added is named with its variable."""
    known = texts("survey_level", lang)
    own = {
        f"{name}={level}": f"{name} = {known[UNKNOWN] if level == UNKNOWN else level}"
        for name in added
        for level in with_unknown(added[name]).unique()
    }
    return {**own, **texts("survey_variable", lang), **known}


def _variables(units: pd.DataFrame, added: pd.DataFrame) -> list[str]:
    """List the variables to tell of, the one of most levels last."""
    *known, epci = (it for it in VARIABLES if it in units and it not in added)
    return [*known, *map(str, added), epci]


def _drawn(units: pd.DataFrame, added: pd.DataFrame) -> list[str]:
    """Choose the variables of few levels, whose profile can be drawn and whose correlation is no noise."""
    few = [it for it in _variables(units, added) if with_unknown(units[it]).nunique() <= FEW_LEVELS]
    return [it for it in few if it != "siren_epci"]


def _item(frame: pd.DataFrame, item: str, choice: str) -> pd.Series | None:
    """Find one item: its choice, or for a yes or no question itself or its contrary."""
    if choice in {"yes", "no"} and item in frame:
        return frame[item] if choice == "yes" else ~frame[item]
    return frame.get(f"{item}:{choice}" if choice else item)


def _strongest(response: pd.DataFrame) -> pd.Series:
    """Give the greatest absolute correlation between answering and a level of each variable.

    That of a level is its residual over √(N - 1): Pearson's, of answering and of being in the level.
    """
    by = response.groupby("variable", sort=False)
    return by["residual"].agg(lambda it: it.abs().max()) / (by["units"].sum() - 1).clip(lower=1) ** 0.5


def _layer(units: pd.DataFrame, by: str) -> pd.DataFrame:
    kept = ["answered", "response_share", "response_low_share", "response_high_share", "expected", "residual"]
    table = response_table(units, by)
    found = table[[*kept, "p", "q", "responding_pop_share"]].rename(
        columns={"p": "response_p", "q": "response_q"}
    )
    return found.drop(index="unknown", errors="ignore").rename_axis(by)


def _places(communes: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Place each commune at its mairie, or at a point on its surface."""
    halls = gpd.GeoSeries.from_xy(
        communes["mairie_x"], communes["mairie_y"], index=communes.index, crs=communes.crs
    )
    return halls.where(communes["mairie_x"].notna(), communes.representative_point())


def _long(family: str, values: pd.Series) -> pd.DataFrame:
    return values.astype(float).rename_axis("indicator").rename("value").reset_index().assign(family=family)


def _modelled(joined: pd.DataFrame) -> list[str]:
    """Choose the strata in whose every level some answered and some did not: others have no finite model."""
    rates = {name: joined["responded"].groupby(joined[name]).mean() for name in STRATA}
    return [name for name, rate in rates.items() if rate.between(0, 1, inclusive="neither").all()]


def _strata(joined: pd.DataFrame) -> pd.Series:
    return joined["code_dep"] + "/" + joined["size_band"]


def _effect(design: Design) -> tuple[float, float]:
    """Give Kish's effect and the effective number of communes."""
    return kish(design.weights.groupby(design.clusters).sum())
