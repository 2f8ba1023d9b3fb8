"""The whole analysis of a survey, from frames to frames: response, weights, estimates, comparisons, verdict.

:func:`survey` calls the measures of this package in order; each can be used alone. It returns codes and
numbers: the sentences of the verdict are made when results are published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import pandas as pd

from opsn_geo.catalogue.survey import VARIABLES
from opsn_geo.measure.deserts.contiguity import contiguity
from opsn_geo.measure.disclosure import (
    COMPLEMENT,
    DEFAULT_MIN_ANSWERS,
    SHOWN,
    codes_of,
    open_to_weights,
    shown,
    weakest,
    withheld,
)
from opsn_geo.measure.survey.comparison import against_reference, influence, overlap, rankings
from opsn_geo.measure.survey.estimates import estimates, quantiles
from opsn_geo.measure.survey.figures import headline_name
from opsn_geo.measure.survey.indicators import partial_indicators, r_indicator
from opsn_geo.measure.survey.nonresponse import clustering, nearest_answer_m, neighbour_response, silences
from opsn_geo.measure.survey.participation import joined_levels, place_codes, without_few
from opsn_geo.measure.survey.profile import LIMIT, levels, profile
from opsn_geo.measure.survey.representativeness import overall_table, standardised_differences
from opsn_geo.measure.survey.response import response_table, response_tables, with_unknown
from opsn_geo.measure.survey.verdict import (
    NO_ERROR,
    headlines,
    remedies,
    representativeness_findings,
    small_communes,
    weighting_effect,
)
from opsn_geo.measure.survey.weights import Weighting, collapse, kish, weighted_design

if TYPE_CHECKING:
    from scipy import sparse

    from opsn_geo.measure.survey.design import Design

STRATA: Final = ("code_dep", "size_band")
"""What comparisons are adjusted for, permutations kept within, and weights calibrated on by default."""
EPCI: Final = "siren_epci"
"""The variable of most levels."""
PLACES: Final = ("code_dep", EPCI)
"""Places whose response their layers show, the wider ones first."""
FEW_LEVELS: Final = 20
"""A variable of more levels has no profile drawn, and its strongest correlation would be noise."""
_SIDES: Final = ("members", "others")
_BASES: Final = ("answers", "communes")
_MEMBER: Final = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Who could answer, who did, and what they answered.

    Parameters
    ----------
    communes : GeoDataFrame
        Communes of the study on ``code_insee``, in a metric projection: ``name``, ``code_dep``,
        ``siren_epci``, ``population``, ``area_km2``, ``mairie_x`` and ``mairie_y``.
    codes : Series of str
        On ``respondent``, all of them: ``code_insee``, missing for those that speak for no commune.
    answers : DataFrame
        On ``respondent``: boolean and numeric items (:func:`opsn_geo.measure.survey.estimates.item_frame`).
    variables : DataFrame, optional
        On ``code_insee``: further variables of communes, texts for levels and numbers for amounts.
    neighbours : scipy.sparse.csr_array, optional
        Queen contiguity of `communes`, in their order; found from their geometry where it is not given.
    small_answers : int, optional
        Answers, of all, from bodies below 2,000 inhabitants; counted by commune where it is not given.
    named : collection of str
        Communes whose own answers are published: whoever subtracts them must find nobody else's.
    grouped : bool
        Whether who answered is published in groups only: nothing is then returned commune by commune, levels
        that few answered in are joined, and places show their response where enough of their communes
        answered and enough did not (:mod:`opsn_geo.measure.survey.participation`).
    """

    communes: gpd.GeoDataFrame
    codes: pd.Series
    answers: pd.DataFrame
    variables: pd.DataFrame | None = None
    neighbours: sparse.csr_array | None = None
    small_answers: int | None = None
    named: Collection[str] = ()
    grouped: bool = False

    @property
    def unnamed(self) -> pd.Index:
        """The respondents whose own answers are not published."""
        return self.codes.index[~self.codes.isin([*self.named])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """What is done with which items, besides the estimates that all of them get.

    Parameters
    ----------
    member : Series of bool, optional
        On ``respondent``: who uses an OPSN, to be compared with others.
    headline : DataFrame
        On ``respondent``: the items whose conclusions are judged, such as :func:`.headline_items` makes them.
    thresholds : Series of float
        By headline item, the value that its conclusion stands above or below.
    claims : DataFrame
        By headline item, what a study publishes and claims of it (:func:`.headline_claims`).
    asked : DataFrame of bool
        On ``respondent``, by headline item that not all were asked: who was; others are asked of all.
    ranked : mapping of str to sequence of str
        Families of items to rank by département, such as services used and needs.
    reference : DataFrame
        Values from outside to set estimates beside, such as national means: :func:`.national_values`.
    profile : sequence of str
        Items that describe who answers, such as their size or office: adherents and others are not compared
        on them.
    """

    member: pd.Series | None = None
    headline: pd.DataFrame = field(default_factory=pd.DataFrame)
    thresholds: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    claims: pd.DataFrame = field(default_factory=pd.DataFrame)
    asked: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reference: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["reference", "reference_margin"], dtype=float)
    )
    profile: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightingPlan:
    """What the weights reproduce, and how far they may go.

    Parameters
    ----------
    margins : sequence of str
        Variables that weights are calibrated on, of those of :func:`opsn_geo.measure.survey.profile.profile`.
    bounds : tuple of float, optional
        Least and greatest ratio of a weight to its base weight.
    """

    margins: Sequence[str] = STRATA
    bounds: tuple[float, float] | None = None


class Survey(NamedTuple):
    """What a survey adds: columns by layer, the layer of silences, and tables.

    ``columns`` has ``communes``, ``epci`` and ``departements``, each on its code; the tables are already
    suppressed. Columns of communes say who took part, never what anyone answered; they and the silences are
    absent where who answered is published in groups only.
    """

    columns: dict[str, pd.DataFrame]
    silences: gpd.GeoDataFrame | None
    tables: dict[str, pd.DataFrame]


def survey(
    sample: Sample,
    items: Items | None = None,
    plan: WeightingPlan | None = None,
    *,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.DataFrame | None = None,
) -> Survey:
    """Return all that a survey of communes says, from who answered to the verdict.

    Parameters
    ----------
    sample : Sample
        Communes, respondents and answers.
    items : Items, optional
        Which items are compared, judged, ranked; by default all are estimated and nothing more.
    plan : WeightingPlan, optional
        By default weights reproduce the départements and sizes of the communes.
    min_answers : int
        Fewest answers on either side of what is published (:mod:`opsn_geo.measure.disclosure`).
    published : DataFrame of str, optional
        What may be published of each item, for all communes (``""``) and by département, where more is
        published than by this function; found here otherwise (:func:`publishable`).

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

    Examples
    --------
    >>> from shapely import box
    >>> codes = [f"02{number:03d}" for number in range(1, 21)]
    >>> communes = gpd.GeoDataFrame({"name": codes, "code_dep": "02", "siren_epci": "200071892",
    ...     "population": [300] * 10 + [800] * 10, "area_km2": 1.0, "mairie_x": None, "mairie_y": None},
    ...     geometry=[box(0, 1000 * row, 1000, 1000 * row + 1000) for row in range(20)],
    ...     index=codes, crs=2154)
    >>> answers = pd.DataFrame({"code": codes[4:16], "uses": [True, False] * 6})
    >>> found = survey(Sample(communes=communes, codes=answers["code"], answers=answers[["uses"]]))
    >>> found.tables["estimations"].loc[[0], ["item", "answers", "estimate"]].round(6).values.tolist()
    [['uses', 12, 0.5]]
    >>> found.tables["verdict"].loc[0, "sentence"]
    'not_refuted_alone'
    """
    items, plan = items or Items(), plan or WeightingPlan()
    communes, codes, answers = sample.communes, sample.codes, sample.answers
    added = pd.DataFrame(index=communes.index) if sample.variables is None else levels(sample.variables)
    neighbours = contiguity(communes.geometry) if sample.neighbours is None else sample.neighbours
    units = profile(communes, codes, added)
    response_codes = place_codes(units, PLACES, min_answers) if sample.grouped else None
    by_place = units[[*PLACES, "responded", "population"]]
    if sample.grouped:
        units = joined_levels(units, _variables(units, list(map(str, added)))[:-1], min_answers)
    # a variable that is known of no commune, such as the size without populations, separates none
    margins = [name for name in plan.margins if units[name].notna().any()] or plan.margins
    weighting = weighted_design(codes, units, margins, plan.bounds)
    strata = collapse(units, STRATA)[0]
    cells = strata["code_dep"] + "/" + strata["size_band"]
    estimated = estimates(answers, weighting.design)
    domains = codes.map(communes["code_dep"])
    representativeness = _representativeness(units, strata, weighting, list(map(str, added)), response_codes)
    judged = _judged(items, weighting.design, representativeness["representativite_globale"], len(units))
    of_a_run, published = published is not None, publishable(sample, items, min_answers, published)
    if of_a_run:
        published = _open(published, sample, items, weighting.design)
    named = codes_of(published, judged["item"].map(headline_name), [""] * len(judged))
    judged = judged[pd.Series(named, index=judged.index, dtype="str").eq(SHOWN)]
    indicators = representativeness["indicateurs"]
    if not sample.grouped:
        clusters = _long("clustering", clustering(units["responded"], neighbours, cells))
        indicators = pd.concat([indicators, clusters], ignore_index=True)
    return Survey(
        columns=_response_of_places(by_place, response_codes)
        | ({} if sample.grouped else {"communes": _response_of_communes(communes, units, neighbours)}),
        silences=None if sample.grouped else silences(communes, units["responded"], neighbours, cells),
        tables={
            **representativeness,
            "indicateurs": indicators,
            "estimations": _estimates(
                answers, weighting.design, estimated, domains, published, response_codes
            ),
            **_comparison(
                replace(
                    sample,
                    answers=answers[
                        [name for name in answers if str(name).partition(":")[0] not in items.profile]
                    ],
                ),
                weighting.design,
                items.member,
                strata.reindex(codes),
                published,
                min_answers,
            ),
            **_rankings(answers, weighting.design, domains, items.ranked, published),
            "comparaisons": _compared(against_reference(estimated, items.reference), published),
            "verdict": _verdict(representativeness, judged, estimated, margins, _small_share(sample)),
        },
    )


def _variables(units: pd.DataFrame, added: Sequence[str]) -> list[str]:
    """Return the variables that something is known of, that of most levels (the EPCI) last."""
    own = [name for name in VARIABLES if name not in (*added, EPCI)]
    return [name for name in (*own, *added, EPCI) if name in units and units[name].notna().any()]


def _representativeness(
    units: pd.DataFrame,
    strata: pd.DataFrame,
    weighting: Weighting,
    added: Sequence[str],
    response_codes: Mapping[str, pd.Series] | None,
) -> dict[str, pd.DataFrame]:
    """Return the tables on who answered, and on the weights that correct it."""
    variables = _variables(units, added)
    few_levels = [it for it in variables if it != EPCI and with_unknown(units[it]).nunique() <= FEW_LEVELS]
    response = response_tables(units, variables)
    overall = overall_table(response)
    overall["defect_correlation"] = _strongest_correlation(response)
    if response_codes is not None:
        of_epci = response["variable"].eq(EPCI)
        codes = response["level"].map(response_codes[EPCI]).where(of_epci, SHOWN)
        response = without_few(response, codes)
        # one number over all EPCI would say how many answered in the few that do not show it
        overall = overall.drop(index=EPCI, errors="ignore")
    # where all or none of a level answered, no model of the chance to answer has a finite fit
    modelled = strata.join(units["responded"])
    rates = {name: modelled["responded"].groupby(modelled[name]).mean() for name in STRATA}
    fitted = [name for name, rate in rates.items() if rate.between(0, 1, inclusive="neither").all()]
    return {
        "representativite": response,
        "representativite_globale": overall.reset_index(),
        "indicateurs": pd.concat(
            [_long("r_indicator", r_indicator(modelled, fitted)), _long("weights", _weights(weighting))],
            ignore_index=True,
        ),
        "indicateurs_partiels": partial_indicators(modelled, fitted),
        "profils": standardised_differences(units, few_levels, _by_commune(weighting.design)),
        "marges": weighting.report.margins,
        "regroupements": weighting.collapsed,
    }


def _weights(weighting: Weighting) -> pd.Series:
    """Return what the weights cost, and how far they go."""
    effect, effective = kish(_by_commune(weighting.design))
    ratio = weighting.design.weights / weighting.design.base
    return pd.Series(
        {
            "kish_effect": effect,
            "effective": effective,
            "gap": weighting.report.gap,
            "iterations": weighting.report.iterations,
            "least_ratio": ratio.min(),
            "greatest_ratio": ratio.max(),
        }
    )


def _judged(items: Items, design: Design, overall: pd.DataFrame, units: int) -> pd.DataFrame:
    """Return the headline items, each with what would overturn its conclusion."""
    effect, _ = kish(_by_commune(design))
    leaning = overall.loc[overall["levels"] <= FEW_LEVELS].set_index("variable")["defect_correlation"]
    # the communes that an item asked of some speaks for: their weighted share of all
    weights, asked = design.weights, items.asked.reindex(design.weights.index).astype("Float64")
    domains = asked.mul(weights, axis=0).sum() / asked.notna().mul(weights, axis=0).sum() * units
    totals = domains.astype(float).reindex(items.headline.columns).fillna(float(units))
    return headlines(
        estimates(items.headline, design),
        items.thresholds,
        units=totals.round(),
        claims=items.claims,
        effect=effect,
        correlation=float(leaning.drop(index=EPCI, errors="ignore").max()),
    )


def _response_of_communes(
    communes: gpd.GeoDataFrame, units: pd.DataFrame, neighbours: sparse.csr_array
) -> pd.DataFrame:
    """Return which communes answered, how far the nearest one is, and what their neighbours did."""
    halls = gpd.GeoSeries.from_xy(
        communes["mairie_x"].astype(float),
        communes["mairie_y"].astype(float),
        index=communes.index,
        crs=communes.crs,
    )
    places = halls.where(communes["mairie_x"].notna(), communes.representative_point())
    taken_part = units[["respondents", "responded"]]
    return taken_part.join(nearest_answer_m(places, units["responded"])).join(
        neighbour_response(units["responded"], neighbours)
    )


def _response_of_places(
    units: pd.DataFrame, codes: Mapping[str, pd.Series] | None
) -> dict[str, pd.DataFrame]:
    """Return the response of each place of the wider layers, as far as `codes` let it be published."""
    kept = ["answered", "response_share", "response_low_share", "response_high_share", "expected", "residual"]
    columns = {}
    for layer, by in zip(("departements", "epci"), PLACES, strict=True):
        table = response_table(units, by)[[*kept, "p", "q", "responding_pop_share"]]
        table = table if codes is None else without_few(table, codes[by])
        named = table.rename(columns={"p": "response_p", "q": "response_q"})
        columns[layer] = named.drop(index="unknown", errors="ignore").rename_axis(by)
    return columns


def _estimates(
    values: pd.DataFrame,
    design: Design,
    whole: pd.DataFrame,
    domains: pd.Series,
    published: pd.DataFrame,
    response_codes: Mapping[str, pd.Series] | None,
) -> pd.DataFrame:
    """Return the estimates of the territory (no domain) and of each domain, as far as they are published."""
    numbers = values.select_dtypes(exclude=["boolean", "bool"])
    names = {"quantile": "median", "low": "median_low", "high": "median_high"}
    everywhere = pd.Series("", index=domains.index)
    medians, own = (quantiles(numbers, design, by).rename(columns=names) for by in (everywhere, domains))
    parts = [
        whole.assign(domain="").merge(medians, "left"),
        estimates(values, design, domains).merge(own, "left"),
    ]
    table = pd.concat(parts, ignore_index=True)
    if response_codes is not None:
        is_few = table["domain"].map(response_codes["code_dep"]).fillna(SHOWN).ne(SHOWN)
        table["communes"] = table["communes"].astype("Int64").mask(is_few)
    return withheld(table, codes_of(published, table["item"], table["domain"]), _BASES)


def _comparison(
    sample: Sample,
    design: Design,
    member: pd.Series | None,
    strata: pd.DataFrame,
    published: pd.DataFrame,
    min_answers: int,
) -> dict[str, pd.DataFrame]:
    """Return the comparison of adherents with others, and where they overlap."""
    values = sample.answers
    if member is None:
        member = pd.Series(pd.NA, index=values.index, dtype="boolean")
    strata = strata.set_axis(values.index)
    respondents = design.weights.index
    compared = influence(values, member, design, strata)
    sides = [codes_of(published, compared["item"], [side] * len(compared)) for side in _SIDES]
    counted = overlap(member.reindex(respondents), strata.loc[respondents])
    cells = strata["code_dep"].astype("str") + "/" + strata["size_band"].astype("str")
    by_cell = pd.get_dummies(cells.where(values.index.isin(respondents)), dtype=bool)
    groups = commune_groups(sample.codes.map(sample.communes["code_dep"])).join(by_cell)
    asked = member.to_frame(_MEMBER).loc[sample.unnamed]
    by_cell = shown(asked, groups.loc[sample.unnamed], min_answers)
    own_cells = counted["code_dep"].astype("str") + "/" + counted["size_band"].astype("str")
    return {
        "influence": withheld(compared, weakest(sides)),
        "recouvrement": withheld(counted, codes_of(by_cell, [_MEMBER] * len(counted), own_cells)),
    }


def publishable(
    sample: Sample,
    items: Items,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what may be published of the answers of communes: of the territory, by département, by side.

    Parameters
    ----------
    sample : Sample
        Communes, respondents and answers.
    items : Items
        Who is compared with others, and the items that are judged.
    min_answers : int
        Fewest answers on either side.
    published : DataFrame of str, optional
        What is decided already of the answers, for all communes and by département.

    Returns
    -------
    DataFrame of str
        As :func:`opsn_geo.measure.disclosure.shown`, on items (headline items by :func:`.headline_name`), for
        the groups ``""`` (all communes), the départements, ``members`` and ``others``.
    """
    groups = commune_groups(sample.codes.map(sample.communes["code_dep"]))
    used = pd.Series(pd.NA, index=groups.index, dtype="boolean") if items.member is None else items.member
    sides = pd.DataFrame({"members": used.fillna(value=False), "others": ~used.fillna(value=True)})
    sides = sides.astype(bool).mul(groups[""], axis=0).loc[sample.unnamed]
    answers, groups = sample.answers.loc[sample.unnamed], groups.loc[sample.unnamed]
    own = (
        shown(answers, groups, min_answers) if published is None else published.reindex(columns=list(groups))
    )
    judged = items.headline.rename(columns=headline_name).reindex(groups.index)
    whole = shown(judged, groups[[""]], min_answers)
    return pd.concat([own, whole]).join(shown(answers, sides, min_answers))


def _open(published: pd.DataFrame, sample: Sample, items: Items, design: Design) -> pd.DataFrame:
    """Return what may be published of weighted shares: not what the weights would give away."""
    kept = design.weights.index.intersection(sample.unnamed)
    values = sample.answers.join(items.headline.rename(columns=headline_name)).loc[kept]
    weights, domains = design.weights.loc[kept], sample.codes.loc[kept].map(sample.communes["code_dep"])
    sides = pd.Series(pd.NA, index=kept, dtype="boolean") if items.member is None else items.member.loc[kept]
    codes = published.copy()
    for group in map(str, published):
        inside = sides.eq(group == "members") if group in _SIDES else domains.eq(group)
        here = kept if not group else kept[inside.fillna(value=False).astype(bool)]
        shown_here = codes.index[codes[group].eq(SHOWN)].intersection(values.columns)
        is_open = open_to_weights(values.loc[here, shown_here], weights.loc[here])
        codes.loc[is_open.index[~is_open], group] = COMPLEMENT
    return codes


def commune_groups(domains: pd.Series) -> pd.DataFrame:
    """Return the groups of respondents that estimates are published of: all communes, each département.

    >>> commune_groups(pd.Series(["02", None, "59", "59"])).to_dict("list")
    {'': [True, False, True, True], '59': [False, False, True, True], '02': [True, False, False, False]}
    """
    own = {str(level): domains.eq(level).fillna(value=False) for level in domains.value_counts().index}
    return pd.DataFrame({"": domains.notna(), **own}).astype(bool)


def _compared(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates beside values from outside, as far as they are published."""
    return withheld(table, codes_of(published, table["item"], [""] * len(table)), ["communes"])


def _rankings(
    values: pd.DataFrame,
    design: Design,
    domains: pd.Series,
    ranked: Mapping[str, Sequence[str]],
    published: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return the ranks of each family of items in each domain; no table where no item is ranked."""
    everywhere = pd.Series("", index=domains.index)
    families = [
        rankings(values, design, by, items=items).assign(family=family)
        for family, items in ranked.items()
        for by in (everywhere, domains)
    ]
    if not families:
        return {}
    table = pd.concat(families, ignore_index=True)
    codes = codes_of(published, table["item"], table["domain"])
    return {"classements": withheld(table, codes, ["answers"])}


def _verdict(
    representativeness: Mapping[str, pd.DataFrame],
    judged: pd.DataFrame,
    estimated: pd.DataFrame,
    margins: Sequence[str],
    small_share: float,
) -> pd.DataFrame:
    """Return the verdict: the answer, small communes, what weighting changes, the reasons, the headlines."""
    limit = f"below_{LIMIT}"
    response = representativeness["representativite"]
    overall = representativeness["representativite_globale"].set_index("variable")
    # the partial indicators have a row for each variable of the model of the chance to answer
    modelled = representativeness["indicateurs_partiels"]["variable"].unique().tolist()
    below = response[response["variable"] == limit].set_index("level")
    findings = representativeness_findings(
        response[response["variable"] != limit],
        overall.drop(index=limit, errors="ignore"),
        representativeness["indicateurs"].set_index("indicator")["value"],
        judged,
        margins,
        modelled,
    )
    first = [small_communes(below, LIMIT, small_share)] if "below" in below.index else []
    if (estimated["measure"].eq("share") & estimated["se"].gt(NO_ERROR)).any():
        first.append(weighting_effect(estimated))
    # one EPCI among many lacks a handful of answers: that is no remedy
    change = remedies(response[response["variable"] != EPCI], representativeness["profils"], margins)
    headline = findings["finding"].eq("headline")
    parts = [findings.iloc[:1], pd.DataFrame(first), findings[~headline].iloc[1:], change, findings[headline]]
    rows = pd.concat(parts, ignore_index=True)
    return rows.merge(judged, left_on="subject", right_on="item", how="left", validate="m:1").drop(
        columns=["item", "comparison"]
    )


def _small_share(sample: Sample) -> float:
    """Return the share of all answers that come from bodies below 2,000 inhabitants."""
    if sample.small_answers is not None:
        return sample.small_answers / len(sample.codes)
    return int(sample.codes.map(sample.communes["population"]).lt(LIMIT).sum()) / len(sample.codes)


def _strongest_correlation(response: pd.DataFrame) -> pd.Series:
    """Return the greatest absolute correlation between answering and a level of each variable.

    That of a level is its residual over √(N - 1): Pearson's, of answering and of being in the level.
    """
    by = response.groupby("variable", sort=False)
    return (
        by["residual"].agg(lambda residuals: residuals.abs().max())
        / (by["units"].sum() - 1).clip(lower=1) ** 0.5
    )


def _by_commune(design: Design) -> pd.Series:
    """Return the weight of each commune that answered."""
    return design.weights.groupby(design.clusters).sum()


def _long(family: str, values: pd.Series) -> pd.DataFrame:
    return values.astype(float).rename_axis("indicator").rename("value").reset_index().assign(family=family)
