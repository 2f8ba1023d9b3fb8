"""A survey of communes from one's own frames: design, weights, estimates and verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.errors import Fault, InputError, attempt
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS
from opsn_geo.measure.survey.design import Design
from opsn_geo.measure.survey.estimates import item_frame
from opsn_geo.measure.survey.profile import levels, profile
from opsn_geo.measure.survey.survey import STRATA, Items, Sample, WeightingPlan
from opsn_geo.measure.survey.survey import survey as measured_survey
from opsn_geo.measure.survey.weights import weighted_design
from opsn_geo.publish.sentences import verdict as worded_verdict
from opsn_geo.read.frames import checked_communes, choice_faults, shape_faults
from opsn_geo.read.validation import MOST_PER_COLUMN
from opsn_geo.read.validation import nearest as nearest_text

if TYPE_CHECKING:
    import geopandas as gpd

MOST_CHOICES: Final = 20
"""A column with more different texts is no question with choices, and is left out."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SurveyResults(Summarised):
    """What a survey says of its territory, and how far it can be trusted.

    Parameters
    ----------
    design : Design
        Weights, communes and calibration: :func:`opsn_geo.measure.survey.estimates.estimates` and
        :func:`~opsn_geo.measure.survey.estimates.quantiles` take it for whatever else is to be estimated.
    tables : mapping of str to DataFrame
        All tables of :func:`opsn_geo.measure.survey.survey.survey`, the verdict in words.
    communes : DataFrame
        On ``code_insee``: ``respondents``, ``responded``, and what the neighbours did.
    """

    design: Design
    tables: Mapping[str, pd.DataFrame]
    communes: pd.DataFrame

    @property
    def weights(self) -> pd.Series:
        """Weight of each respondent of a commune; they sum to the number of communes."""
        return self.design.weights

    @property
    def response(self) -> pd.DataFrame:
        """Who answered among whom, by each variable and level."""
        return self.tables["representativite"]

    @property
    def estimates(self) -> pd.DataFrame:
        """Share or mean of each item, of the territory and of each département, with its interval."""
        return self.tables["estimations"]

    @property
    def verdict(self) -> pd.DataFrame:
        """Sentences on what the survey can and cannot say, the answer first."""
        return self.tables["verdict"]

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show: counts, and nothing of what was answered."""
        return {
            "answers": len(self.design.weights),
            "communes": self.design.clusters.nunique(),
            "of": self.design.units,
            "tables": len(self.tables),
        }


def survey(
    answers: pd.DataFrame,
    communes: gpd.GeoDataFrame,
    *,
    code: str = "code_insee",
    items: Sequence[str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    margins: Sequence[str] = STRATA,
    weight_bounds: tuple[float, float] | None = None,
    variables: pd.DataFrame | None = None,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    lang: Language = "fr",
) -> SurveyResults:
    """Return who answered a survey of communes, weights that mend it, estimates and a verdict.

    Parameters
    ----------
    answers : DataFrame
        One row for each respondent, on unique labels. Yes or no (``bool``, missing where not answered) and
        numbers are estimated as they are; each choice of a text of at most 20 different values becomes an
        item ``question:choice``.
    communes : GeoDataFrame
        All communes that could answer, on ``code_insee``, in a metric projection, a valid coverage:
        ``code_dep``, ``siren_epci``, ``population``; where they are known ``name``, ``mairie_x``,
        ``mairie_y``, ``inside``.
    code : str
        Column of `answers` with the commune that each respondent answers for, as an INSEE code; missing for
        those that answer for no commune. Link names with :func:`opsn_geo.api.territory.link` first.
    items : sequence of str, optional
        Columns of `answers` to estimate; by default all but `code`.
    thresholds : mapping of str to float, optional
        Items whose conclusion is judged, such as ``{"uses_cloud": 0.5}`` for "most communes use it".
    margins : sequence of str
        Variables that the weights reproduce: ``code_dep``, ``size_band``, ``density_band``, ``below_2000``,
        ``siren_epci`` or a column of `variables`.
    weight_bounds : tuple of float, optional
        Least and greatest ratio of a weight to its base weight, on either side of 1.
    variables : DataFrame, optional
        On ``code_insee``: what else is known of every commune, texts for levels and numbers for amounts.
    min_answers : int
        A row that rests on fewer answers is left out.
    lang : {"fr", "en"}
        Language of the verdict.

    Returns
    -------
    SurveyResults

    Raises
    ------
    InputError
        A column is missing, a code is no commune's, nobody answered for a commune, an argument is wrong, or
        no weights reproduce the margins.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> codes = [f"02{number:03}" for number in range(1, 41)]
    >>> communes = gpd.GeoDataFrame(
    ...     {"code_dep": "02", "siren_epci": "200071892", "population": [300, 800] * 20},
    ...     geometry=[shapely.box(0, 1000 * row, 1000, 1000 * row + 1000) for row in range(40)],
    ...     index=pd.Index(codes, name="code_insee"), crs=2154)
    >>> codes = [*codes[::2], *codes[1:20:2]]
    >>> answers = pd.DataFrame({"code_insee": codes, "cloud": [True] * 20 + [False] * 10})
    >>> found = survey(answers, communes, lang="en")
    >>> found.weights.round(6).unique().tolist()
    [1.0, 2.0]
    >>> found.estimates[["item", "unweighted", "estimate"]].round(2).to_dict("records")[0]
    {'item': 'cloud', 'unweighted': 0.67, 'estimate': 0.5}
    """
    faults = list(shape_faults(answers, "answers"))
    needed = ["code_dep", "siren_epci"]
    areas = attempt(faults, checked_communes, communes, codes=needed, numbers=["population"], geometry=True)
    added = None
    if variables is not None:
        added = attempt(faults, checked_communes, variables, name="variables")
    faults += choice_faults("lang", lang, LANGUAGES)
    if weight_bounds is not None and not 0 <= weight_bounds[0] < 1 < weight_bounds[1]:
        value = str(weight_bounds)
        faults.append(
            Fault(cause="wrong_argument", file="weight_bounds", value=value, expected="expected.bounds")
        )
    if faults or areas is None:
        raise InputError(faults)
    inside = areas[areas["inside"]]
    columns = [str(header) for header in answers.columns if header != code] if items is None else list(items)
    headers = [str(header) for header in answers.columns]
    faults += [
        Fault(cause="frame_column", file="answers", column=column, nearest=nearest_text(column, headers))
        for column in [code, *columns]
        if column not in headers
    ]
    extra = [] if variables is None else [str(name) for name in variables.columns]
    allowed = ["code_dep", "size_band", "density_band", "below_2000", "siren_epci", *extra]
    faults += [fault for name in margins for fault in choice_faults("margins", name, allowed)]
    if not faults:
        faults += _place_faults(answers[code], inside)
    if faults:
        raise InputError(faults)
    codes, values = answers[code].astype("str").where(answers[code].notna()), _items(answers[columns])
    judged = thresholds or {}
    faults = [fault for name in judged for fault in choice_faults("thresholds", name, list(values.columns))]
    if faults:
        raise InputError(faults)
    own = None if added is None or variables is None else variables.reindex(inside.index)
    sample = Sample(communes=_placed(inside), codes=codes, answers=values, variables=own)
    chosen = Items(headline=values[[*judged]], thresholds=pd.Series(judged, dtype=float))
    plan = WeightingPlan(margins=margins, bounds=weight_bounds)
    results = measured_survey(sample, chosen, plan, min_answers=min_answers)
    units = profile(inside, codes, None if own is None else levels(own))
    return SurveyResults(
        design=weighted_design(codes, units, margins, weight_bounds).design,
        tables={**results.tables, "verdict": worded_verdict(results.tables["verdict"], {}, lang)},
        communes=results.columns["communes"],
    )


def _place_faults(codes: pd.Series, communes: pd.DataFrame) -> list[Fault]:
    """List the codes that are no commune's, or say that there is none at all."""
    placed = codes.dropna()
    wrong = placed[~placed.isin(communes.index)]
    faults = [
        Fault(
            cause="wrong_code", file="answers", label=label if isinstance(label, int) else str(label),
            column=str(codes.name), value=str(value), nearest=nearest_text(str(value), list(communes.index)),
        )
        for label, value in wrong.head(MOST_PER_COLUMN).items()
    ]  # fmt: skip
    if placed.empty:
        faults.append(Fault(cause="empty_column", file="answers", column=str(codes.name)))
    return faults


def _items(answers: pd.DataFrame) -> pd.DataFrame:
    """Return booleans and numbers as they are, and an item for each choice of a text with few values."""
    # a column of objects may hold booleans or numbers with gaps, which are no texts
    typed = answers.apply(lambda column: column.convert_dtypes() if column.dtype == object else column)
    choices: dict[str, Sequence[str]] = {
        str(name): sorted(column.dropna().unique())
        for name, column in typed.items()
        if pd.api.types.is_string_dtype(column) and column.nunique() <= MOST_CHOICES
    }
    return item_frame(typed, choices)


def _placed(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the places of town halls, missing, where a frame does not have them."""
    return communes.assign(
        **{column: float("nan") for column in ("mairie_x", "mairie_y") if column not in communes}
    )
