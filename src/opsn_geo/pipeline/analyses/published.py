"""Published beside recomputed, and what cannot all be true together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import Basis, weakest, weakest_of
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.errors import Fault
from opsn_geo.measure.disclosure import SHOWN
from opsn_geo.measure.published import consistency
from opsn_geo.measure.published.figures import (
    ANSWERS,
    RECIPE,
    compared,
    recomputed,
    recomputed_from,
    respondent_design,
)
from opsn_geo.measure.survey.participation import place_codes
from opsn_geo.measure.survey.profile import LIMIT
from opsn_geo.pipeline.analyses import Analysis, Shared
from opsn_geo.pipeline.analyses.secrecy import who_answered

if TYPE_CHECKING:
    from opsn_geo.measure.survey.design import Design
    from opsn_geo.pipeline.load import Inputs
    from opsn_geo.study import Metadata

_REFUTED: Final = ("differs", "inconsistent")


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Return what a study publishes, recomputed and checked; nothing where it publishes nothing."""
    tables = inputs.tables
    if not {"published_figures", "statements"} & tables.keys():
        return Analysis()
    figures = tables.get("published_figures", pd.DataFrame(columns=["figure", "value", "unit", *RECIPE]))
    statements = tables.get("statements", pd.DataFrame(columns=["list", "item"]))
    communes = inputs.territory.communes
    inside = communes["inside"].to_numpy(dtype=bool)
    of_communes = _of_communes(inputs)
    sources = dict(tables)
    if inputs.answers is not None:
        answers = inputs.answers
        sources[ANSWERS] = answers.assign(**{consistency.RESPONDENT: answers.index}).rename_axis(None)
    computed = recomputed(
        figures,
        sources,
        units=int(inside.sum()),
        design=_design(inputs, of_communes),
        published=None if shared.secrecy is None else shared.secrecy.figures,
    )
    metadata = inputs.study.metadata
    simulated, assumed = (
        {counted.table for counted in metadata.resting_on(basis)}
        for basis in (Basis.SIMULATED, Basis.ASSUMED)
    )
    weak = simulated | assumed
    checks = [
        consistency.parts_and_wholes(figures, statements),
        consistency.contradictory_lists(statements),
        consistency.implied_bases(figures),
        consistency.respondents_and_units(figures),
        consistency.narrow_gaps(_gaps(figures, computed, weak=ANSWERS in weak)),
        consistency.size_bands(
            figures,
            statements,
            communes["population"][inside],
            _answered(inputs, of_communes),
            simulated=ANSWERS in weak,
        ),
        consistency.whole_territory(statements, shared.coverage, np.ones(len(shared.coverage.places), bool)),
    ]
    incoherences = pd.concat(checks, ignore_index=True)
    subjects = incoherences["subject"].str.split(";").explode()
    is_refuted = incoherences["severity"].eq(consistency.CONTRADICTION)[subjects.index]
    contradicted, doubted = set(subjects[is_refuted]), set(subjects[~is_refuted])
    table = compared(figures, computed, contradicted, doubted, simulated, weak)
    of_findings = [
        metadata.weakest(consistency.rests_on(check, values))
        for check, values in zip(incoherences["check"], incoherences["values"], strict=True)
    ]
    return Analysis(
        tables={
            "figures": table.assign(
                recomputed_from=table["figure"]
                .map(recomputed_from(figures, who_answered(inputs)))
                .astype("str"),
                basis=_figure_bases(figures, table, metadata),
            ),
            "incoherences": incoherences.assign(basis=pd.array(of_findings, dtype="str")),
        }
    )


def _figure_bases(figures: pd.DataFrame, table: pd.DataFrame, metadata: Metadata) -> pd.Series:
    """Return what each figure rests on: what was published and, where it is recomputed, the table used."""
    own = {counted.table for counted in metadata.counted}
    of_tables = {
        name: weakest_of([counted.basis for counted in metadata.counted if counted.table == name])
        for name in own
    }
    published = figures.get("basis", pd.Series(index=figures.index, dtype="str")).set_axis(table.index)
    used = figures["table"].set_axis(table.index).map(of_tables)
    return weakest(published.fillna(Basis.STUDY.value), used.where(table["recomputed"].notna()).astype("str"))


def faults(tables: Mapping[str, pd.DataFrame], file: str) -> list[Fault]:
    """Return the figures that differ or contradict others, and each incoherence, for a strict run."""
    if not tables:
        return []
    figures = tables["figures"]
    refuted = figures.loc[figures["status"].isin(_REFUTED), "figure"]
    wrong = [("refuted_figure", figure) for figure in refuted]
    wrong += [("incoherence", subject) for subject in tables["incoherences"]["subject"]]
    return [Fault(cause=cause, file=file, value=str(value)) for cause, value in wrong]


def _gaps(figures: pd.DataFrame, computed: pd.DataFrame, *, weak: bool) -> pd.DataFrame:
    """Return the published gaps, their margins: by the answers, or by figures alone if they are weak."""
    gaps = figures[figures["measure"] == "gap"].set_index("figure", drop=False).rename_axis(None)
    margins = consistency.gap_margins(figures)
    if not weak:
        recomputed_margin = (computed["high"] - computed["low"]) / 2
        own = computed[["members", "others"]].assign(margin=recomputed_margin).reindex(margins.index)
        margins = own.fillna(margins)
    return gaps.join(margins).assign(reading="published" if weak else "")


def _answered(inputs: Inputs, of_communes: pd.Series | None) -> pd.Series | None:
    """Return whether each commune answered; None without such answers, or where its size must not show."""
    placed = inputs.respondents
    if placed is None or of_communes is None or not of_communes.any():
        return None
    codes = inputs.territory.communes.index
    answered = pd.Series(codes.isin(placed.loc[of_communes, "code_insee"]), index=codes)
    if inputs.study.metadata.respondents == GROUPED:
        inside = inputs.territory.inside
        units = pd.DataFrame({"below": inside["population"].lt(LIMIT), "responded": answered[inside.index]})
        if place_codes(units, ["below"], inputs.study.min_answers)["below"].ne(SHOWN).any():
            return None
    return answered


def _design(inputs: Inputs, of_communes: pd.Series | None) -> Design | None:
    """Return the design of the answers: bodies of the territory, each respondent counting alike."""
    placed, answers, communes = inputs.respondents, inputs.answers, inputs.territory.communes
    if placed is None or answers is None or answers.empty or of_communes is None:
        return None
    own = placed["code_insee"].where(of_communes)
    bodies = own.fillna(placed["siren_epci"].where(placed["level"].eq(Level.EPCI)))
    return respondent_design(
        bodies.reindex(answers.index), int(communes["inside"].sum()) + len(inputs.territory.epci)
    )


def _of_communes(inputs: Inputs) -> pd.Series | None:
    """Return who answers for a commune of the territory: estimates rest on them alone."""
    placed, communes = inputs.respondents, inputs.territory.communes
    if placed is None:
        return None
    return placed["level"].eq(Level.COMMUNE) & placed["code_insee"].isin(communes.index[communes["inside"]])
