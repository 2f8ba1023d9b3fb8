"""A study read and linked: the first two stages, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo import linkage as link
from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import territory as territory_of
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.words import Language
from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage import Linked
from opsn_geo.linkage.answers import check_named
from opsn_geo.linkage.gazetteer import gazetteer
from opsn_geo.linkage.passage import read_passage
from opsn_geo.linkage.result import rejects
from opsn_geo.linkage.variables import check_margins, commune_variables, variable_names
from opsn_geo.pipeline.parallel import ahead
from opsn_geo.read.answers import answers as survey_answers
from opsn_geo.read.population_raster import check_population
from opsn_geo.read.registers import REGISTERS, register
from opsn_geo.read.tables import table
from opsn_geo.read.validation import checked_tables
from opsn_geo.study import Study, data_dir

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

_LINKS: Final[Mapping[str, Callable[..., Linked]]] = {
    "memberships": link.link_members,
    "offers": link.link_offers,
}
_LEVELS: Final = {"memberships": "epci", "offers": "departement"}
_ADDED: Final = {"memberships": ("services",), "offers": ("service",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """A study read and linked, ready to be measured.

    Parameters
    ----------
    study : Study
        What was asked.
    territory : Territory
        Communes, EPCI and départements of the study's vintage.
    tables : mapping of str to DataFrame
        ``opsn``, ``services``, ``offers``, ``memberships`` and whatever else the study names, checked and
        linked to official codes; ``variables`` lies on ``code_insee``, as
        :func:`~opsn_geo.linkage.variables.commune_variables` gives them.
    answers : DataFrame, optional
        On ``respondent``: one typed column per item. It stays in memory: no individual answer is published.
    respondents : DataFrame, optional
        On ``respondent``: the commune or EPCI each was placed in.
    scenarios : mapping of str to mapping of str to DataFrame
        Rows that each what-if scenario adds to ``memberships`` and ``offers``, linked.
    rejects : DataFrame
        Rows that could not be linked: see :data:`opsn_geo.linkage.result.LISTED`; of answers, without what
        was written.
    counts : mapping of str to int
        Rows read, linked and rejected, by table.
    """

    study: Study
    territory: Territory
    tables: Mapping[str, pd.DataFrame]
    answers: pd.DataFrame | None
    respondents: pd.DataFrame | None
    scenarios: Mapping[str, Mapping[str, pd.DataFrame]]
    rejects: pd.DataFrame
    counts: Mapping[str, int]


def load(study: Study, executor: Executor | None = None) -> Inputs:
    """Read and check every table of a study, and link what it names to official codes.

    Parameters
    ----------
    study : Study
        What is asked.
    executor : Executor, optional
        Reads and links the answers meanwhile: see :func:`opsn_geo.pipeline.parallel.ahead`.

    Raises
    ------
    InputError
        Anything is wrong in any file; all faults are told at once.
    """
    territory = territory_of(study)
    if "population" in study.rasters:
        check_population(study.rasters["population"], territory.communes)
    tables = checked_tables(study.tables, study.columns)
    reading = None
    if {"answers", "questionnaire"} <= study.tables.keys():
        reading = ahead(partial(_answers, study.tables["answers"], tables["questionnaire"]), executor)
    moves = read_passage(data_dir() / "boundaries")
    corrections, known = tables.get("corrections"), gazetteer(territory, moves)
    found: dict[str, Linked] = {"offers": link.link_offers(tables["offers"], territory, moves)}
    answers = reading and reading()
    placing = None
    if answers is not None:
        placed = partial(link.link_answers, corrections=corrections, known=known)
        placing = ahead(partial(placed, answers, territory, moves), executor)
    found["memberships"] = link.link_members(
        tables["memberships"], territory, moves, corrections=corrections, known=known
    )
    for name in [it for it in REGISTERS if it in study.tables]:
        file = study.tables[name]
        rows = register(name, table(file), tables["opsn"], str(file))
        found[name] = link.link_members(rows, territory, moves, corrections=corrections, known=known)
    if placing is not None:
        found["answers"] = placing()
    added: dict[str, pd.DataFrame] = {}
    if "variables" in tables:
        rows, file = tables["variables"], study.tables["variables"]
        found["variables"] = link.link_variables(rows, territory, moves, corrections=corrections, known=known)
        told = found["variables"].linked
        added["variables"] = commune_variables(told, variable_names(rows), territory, str(file))
    check_margins(study, map(str, added.get("variables", pd.DataFrame())))
    check_named(study, territory, found["answers"].linked if "answers" in found else None)
    linked = {"offers": found["offers"].linked, "memberships": _memberships(found), "uses": _uses(found)}
    return Inputs(
        study=study,
        territory=territory,
        tables={
            **_worded(tables, study.metadata.language),
            **linked,
            **added,
            "opsn": link.mended_opsn(tables["opsn"]),
        },
        answers=answers,
        respondents=found["answers"].linked if "answers" in found else None,
        scenarios=_scenarios(study, tables, territory, moves),
        rejects=_suppressed(rejects(found)),
        counts=_counts(tables if answers is None else {**tables, "answers": answers}, found),
    )


def _answers(file: Path, questionnaire: pd.DataFrame) -> pd.DataFrame:
    """Read the answers by the words they were asked in."""
    return survey_answers(table(file), questionnaire, str(file))


def _worded(tables: Mapping[str, pd.DataFrame], lang: Language) -> dict[str, pd.DataFrame]:
    """Choose the labels of the study's language, once answers are read by the words they were asked in."""
    chosen = {}
    for name, frame in tables.items():
        english = frame["label_en"] if "label_en" in frame and lang == "en" else None
        worded = frame if english is None else frame.assign(label=english.fillna(frame["label"]))
        chosen[name] = worded.drop(columns="label_en", errors="ignore")
    return chosen


def _memberships(found: Mapping[str, Linked]) -> pd.DataFrame:
    """Put the memberships of the study's list and of the registers together."""
    return pd.concat(
        [found[name].linked for name in ("memberships", *REGISTERS) if name in found], ignore_index=True
    )


def _uses(found: Mapping[str, Linked]) -> pd.DataFrame:
    """Take the designations of the CNIL's list, of communes, as evidence that the service is used."""
    rows = found["cnil"].linked if "cnil" in found else found["memberships"].linked.iloc[:0]
    rows = rows[rows["level"] == Level.COMMUNE]
    used = rows[["code", "opsn", "services", "evidence"]]
    return used.rename(columns={"code": "code_insee", "services": "service"}).reset_index(drop=True)


def _scenarios(
    study: Study, tables: Mapping[str, pd.DataFrame], territory: Territory, moves: pd.DataFrame
) -> dict[str, dict[str, pd.DataFrame]]:
    """Check and link the rows that each scenario adds; it must be right in every row."""
    faults: list[Fault] = []
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for name, extra in study.scenarios.items():
        found[name] = {}
        for kind, rows in extra.items():
            columns = ["opsn", "level", "code", *_ADDED[kind]]
            frame = pd.DataFrame(rows).reindex(columns=columns).astype("str")
            it = _LINKS[kind](frame.fillna({"level": _LEVELS[kind]}), territory, moves)
            found[name][kind] = it.linked.dropna(axis="columns", how="all")
            strangers = frame["opsn"][~frame["opsn"].isin(tables["opsn"]["opsn"])]
            faults += [
                Fault(
                    cause="wrong_scenario",
                    file=str(study.file or ""),
                    column=f"{name} – {kind}",
                    value=str(value),
                )
                for value in (*it.rejected["code"], *strangers)
            ]
    if faults:
        raise InputError(faults)
    return found


def _suppressed(rejected: pd.DataFrame) -> pd.DataFrame:
    """Keep what respondents wrote out of the rejected rows, which are published."""
    theirs = rejected["table"] == "answers"
    columns = ["code", "name", "candidates"]
    return rejected.assign(**{it: rejected[it].mask(theirs, "") for it in columns})


def _counts(tables: Mapping[str, pd.DataFrame], found: Mapping[str, Linked]) -> dict[str, int]:
    """Count what was read, linked and rejected."""
    read = {f"{name}_read": len(frame) for name, frame in tables.items()}
    linked = {f"{name}_linked": it.linked.index.nunique() for name, it in found.items()}
    rejected = {f"{name}_rejected": it.rejected.index.nunique() for name, it in found.items()}
    return read | linked | rejected
