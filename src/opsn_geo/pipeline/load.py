"""A study read and linked: the first two stages, composed once.

:func:`read_and_link` does all it can and collects what is wrong; :func:`load` raises it; and
:mod:`opsn_geo.pipeline.check` shows it. So a study that a check passes is one that a run can load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import territory as territory_of
from opsn_geo.catalogue.basis import COLUMN as BASIS
from opsn_geo.catalogue.basis import Counted, counted, default_basis
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.errors import Fault, InputError, Notice, attempt
from opsn_geo.linkage import (
    link_answers,
    link_members,
    link_offers,
    link_variables,
    mended_opsn,
    unlinked_members,
)
from opsn_geo.linkage.answers import check_named
from opsn_geo.linkage.corrections import filled
from opsn_geo.linkage.gazetteer import Gazetteer, gazetteer_of
from opsn_geo.linkage.passage import read_passage, towards
from opsn_geo.linkage.result import Linked, rejects
from opsn_geo.linkage.variables import check_margins, commune_variables, own_levels, variable_names
from opsn_geo.measure.deserts.contiguity import check_coverage
from opsn_geo.pipeline.alerts import alerts
from opsn_geo.read.answers import SUBMITTED
from opsn_geo.read.answers import answers as survey_answers
from opsn_geo.read.fingerprints import Fingerprint, changed, fingerprint
from opsn_geo.read.frames import frame_text, of_frame
from opsn_geo.read.population_raster import PopulationGrid
from opsn_geo.read.registers import REGISTERS, register
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.tables import table
from opsn_geo.read.validation import checked, fitting, guessed, nearest, related
from opsn_geo.study import Study, data_dir
from opsn_geo.study.keys import is_file

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN: Final = 5
"""Communes that a message names when there are many."""
_LEVELS: Final = {"memberships": Level.EPCI, "offers": Level.DEPARTEMENT}
"""Level of a scenario's row that does not name one."""
_NEEDED: Final = {
    "memberships": ("opsn", "level", "code", "services"),
    "offers": ("opsn", "level", "code", "service"),
}
"""Columns of a scenario's rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Another study, of another vintage, that deserts are compared with.

    Parameters
    ----------
    inputs : Inputs
        The other study, loaded.
    moves : DataFrame
        code_from, code_to, share…: where each of its codes that changed has gone in this vintage.
    """

    inputs: Inputs
    moves: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inputs(Summarised):
    """A study read and linked, ready to be measured; nothing more is read from its files.

    Parameters
    ----------
    study : Study
        What was asked.
    territory : Territory
        Communes, EPCI and départements of the study's vintage.
    tables : mapping of str to DataFrame
        ``opsn``, ``services``, ``offers``, ``memberships`` and whatever else the study names, checked and
        linked to official codes; ``variables`` lies on ``code_insee``, as
        :func:`~opsn_geo.linkage.variables.commune_variables` returns them, and ``levels`` as
        :func:`~opsn_geo.linkage.variables.own_levels` does.
    answers : DataFrame, optional
        On ``respondent``: one typed column per item. It stays in memory: no individual answer is published.
    respondents : DataFrame, optional
        On ``respondent``: the commune or EPCI each was placed in.
    scenarios : mapping of str to mapping of str to DataFrame
        Rows that each what-if scenario adds to ``memberships`` and ``offers``, linked.
    compared : Compared, optional
        The study that deserts are compared with.
    population : PopulationGrid, optional
        Where people live, block by block.
    rejects : DataFrame
        Rows that could not be linked: see :data:`opsn_geo.linkage.result.LISTED`; of answers, the causes
        alone, neither who answered nor what was written.
    counts : mapping of str to int
        Rows read, linked and rejected, by table.
    files : mapping of str to Fingerprint
        Every file that was read, but for the study's own.
    alerts : tuple of Notice
        What must be read before the results.
    """

    study: Study
    territory: Territory
    tables: Mapping[str, pd.DataFrame]
    answers: pd.DataFrame | None
    respondents: pd.DataFrame | None
    scenarios: Mapping[str, Mapping[str, pd.DataFrame]]
    compared: Compared | None = None
    population: PopulationGrid | None = None
    rejects: pd.DataFrame
    counts: Mapping[str, int]
    files: Mapping[str, Fingerprint] = field(default_factory=dict)
    alerts: tuple[Notice, ...] = ()

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show: counts, and nothing of what was answered."""
        head = self.study.metadata
        rows = {name: len(table) for name, table in self.tables.items()}
        answers = {} if self.answers is None else {"answers": len(self.answers)}
        return {
            "study": f"{head.territory} {head.millesime}",
            **rows,
            **answers,
            "rejects": len(self.rejects),
        }


@dataclass(slots=True, kw_only=True)
class Loading:
    """What reading and linking a study gave, whole or in part.

    Parameters
    ----------
    study : Study
        What was asked.
    faults : list of Fault
        What keeps the study from being loaded.
    texts : mapping of str to DataFrame
        Every table that could be opened, as text.
    headers : mapping of str to mapping of str to str
        For each table, the header that stands for each column, declared or guessed.
    tables : mapping of str to DataFrame
        Every table that could be checked.
    registers : mapping of str to DataFrame
        Every register that could be read, as memberships.
    answers : DataFrame, optional
        The answers, typed.
    answer_lines : Series of int, optional
        On ``respondent``: the line of the export.
    links : mapping of str to Linked
        Every table that could be linked.
    variables : DataFrame, optional
        The user's own variables of communes.
    levels : DataFrame, optional
        The group of each commune at each level of the user's own.
    inputs : Inputs, optional
        The study, loaded; only where nothing is wrong.
    """

    study: Study
    faults: list[Fault] = field(default_factory=list)
    texts: dict[str, pd.DataFrame] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    registers: dict[str, pd.DataFrame] = field(default_factory=dict)
    answers: pd.DataFrame | None = None
    answer_lines: pd.Series | None = None
    links: dict[str, Linked] = field(default_factory=dict)
    variables: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None
    inputs: Inputs | None = None


def load(study: Study) -> Inputs:
    """Read and check every table of a study, and link what it names to official codes.

    Parameters
    ----------
    study : Study
        What is asked.

    Returns
    -------
    Inputs
        All that the measures need.

    Raises
    ------
    InputError
        Anything is wrong in any file or frame; all faults at once.

    Examples
    --------
    >>> inputs = load(Study.default())
    >>> len(inputs.tables["memberships"]), len(inputs.rejects)
    (2699, 0)
    """
    loading = read_and_link(study)
    if loading.inputs is None:
        raise InputError(loading.faults)
    return loading.inputs


def read_and_link(study: Study) -> Loading:
    """Read, check and link everything that a study names, and collect what is wrong.

    Parameters
    ----------
    study : Study
        What is asked.

    Returns
    -------
    Loading
        Nothing is raised for what is wrong with tables, boundaries or options.
    """
    loading = _collected(study)
    frames = {*study.frames, *study.boundaries.layers}
    loading.faults[:] = [of_frame(fault) if fault.file in frames else fault for fault in loading.faults]
    return loading


def _collected(study: Study) -> Loading:
    """Return what :func:`read_and_link` does, with faults of frames worded as those of files."""
    loading = Loading(study=study)
    faults, tables, links = loading.faults, loading.tables, loading.links
    sources = {**study.tables, **study.rasters, "boundaries": study.boundaries.file}
    prints = {name: fingerprint(file) for name, file in sources.items() if file is not None and is_file(file)}
    _read(loading)
    territory = attempt(faults, _territory, study)
    if territory is None:
        return loading
    population = None
    if "population" in study.rasters:
        population = attempt(faults, PopulationGrid, study.rasters["population"], territory.communes)
    moves = read_passage(data_dir() / "boundaries")
    _link(loading, territory, moves)
    compared = None
    if "compare" in study.deserts:
        compared = attempt(faults, _compared, study.deserts["compare"], territory, moves)
    scenarios = None
    if {"opsn", "services"} <= tables.keys():
        scenarios = attempt(faults, _scenarios, study, tables, territory, moves)
    faults.extend(changed(prints.values()))
    if faults or scenarios is None:
        return loading
    linked = {
        **_in_language(
            {name: table for name, table in tables.items() if name != "variables"}, study.metadata.language
        ),
        "offers": links["offers"].linked,
        "memberships": _memberships(links),
        "uses": _uses(links),
        **({} if loading.variables is None else {"variables": loading.variables}),
        **({} if loading.levels is None else {"levels": loading.levels}),
        "opsn": _with_complete_lists(mended_opsn(tables["opsn"]), links["memberships"]),
        "services": _services(tables["services"]),
    }
    rests_on = (
        _boundaries_basis(study, len(territory.communes)),
        *counted({**tables, "memberships": linked["memberships"], "offers": linked["offers"]}),
        *([] if compared is None else [_compared_basis(compared)]),
        *counted({} if loading.answers is None else {"answers": _answers_basis(loading.answers, study)}),
    )
    loading.inputs = Inputs(
        study=replace(study, metadata=replace(study.metadata, counted=rests_on)),
        territory=territory,
        tables=linked,
        answers=None if loading.answers is None else loading.answers.drop(columns=BASIS, errors="ignore"),
        respondents=links["answers"].linked if "answers" in links else None,
        scenarios=scenarios,
        compared=compared,
        population=population,
        rejects=_without_answers(rejects(links)),
        counts=_counts(tables, loading.answers, links),
        files=prints,
        alerts=tuple(alerts(loading)),
    )
    return loading


def _read(loading: Loading) -> None:
    """Read and check every table, then what refers to another."""
    study, faults, texts, tables = loading.study, loading.faults, loading.texts, loading.tables
    files = study.sources
    for name in files:
        if name in study.frames:
            frame = attempt(faults, frame_text, study.frames[name], name, SCHEMAS.get(name))
        else:
            fit = fitting(SCHEMAS[name], study.columns.get(name)) if name in SCHEMAS else None
            sheet, header_row = study.sheets.get(name), study.header_rows.get(name)
            frame = attempt(faults, table, study.tables[name], sheet=sheet, header_row=header_row, fit=fit)
        if frame is not None:
            frame = attempt(faults, _with_constants, frame, name, study)
        if frame is not None:
            texts[name] = frame
    for name in [name for name in texts if name in SCHEMAS]:
        schema = SCHEMAS[name].resting_on(default_basis(name, study.metadata.basis))
        mapping = study.columns.get(name)
        loading.headers[name] = guessed(list(texts[name].columns), schema, mapping)
        typed = attempt(faults, checked, texts[name], schema, files[name], mapping)
        if typed is not None:
            unused = [
                column for column in typed if str(column).endswith(f"_{BASIS}") and typed[column].isna().all()
            ]
            tables[name] = typed.drop(columns=unused)
    if "corrections" in tables:
        tables["corrections"] = filled(tables["corrections"])
    tables |= attempt(faults, related, tables, files) or {}
    _read_answers(loading)
    for name in [name for name in REGISTERS if name in texts and "opsn" in tables]:
        rows = attempt(faults, register, name, texts[name], tables["opsn"], files[name])
        if rows is not None:
            own = default_basis(name, study.metadata.basis)
            loading.registers[name] = rows.assign(**{BASIS: own})


def _with_constants(frame: pd.DataFrame, name: str, study: Study) -> pd.DataFrame:
    """Return a table with the study's constants in the rows that hold no value of their own."""
    constants, schema = study.constants.get(name, {}), SCHEMAS.get(name)
    names = list(constants) if schema is None else [column.name for column in schema.columns]
    unknown = [column for column in constants if column not in names]
    if unknown:
        raise InputError(
            Fault(
                cause="unknown_key", file=str(study.file or ""), column=f"constants.{name}.{column}",
                nearest=nearest(column, names),
            )
            for column in unknown
        )  # fmt: skip
    given = study.columns.get(name)
    header_of = {} if schema is None else guessed(list(frame.columns), schema, given)
    absent = pd.Series(index=frame.index, dtype="str")
    for column, value in constants.items():
        header = header_of.get(column, column)
        frame = frame.assign(**{header: frame.get(header, absent).fillna(value)})
    return frame


def _read_answers(loading: Loading) -> None:
    """Read the answers by their questionnaire, and note the line of each."""
    files, texts = loading.study.sources, loading.texts
    if "answers" in files and "questionnaire" not in files:
        loading.faults.append(Fault(cause="missing_questionnaire", file=files["answers"]))
    if "answers" in texts and "questionnaire" in loading.tables:
        book = loading.tables["questionnaire"]
        loading.answers = attempt(loading.faults, survey_answers, texts["answers"], book, files["answers"])
    if loading.answers is not None:
        # The header may take several lines, and is always above the answers.
        lines = texts["answers"].index[len(texts["answers"]) - len(loading.answers) :]
        loading.answer_lines = pd.Series(lines, index=loading.answers.index)
        if loading.study.survey.get("unfinished") == "leave_out" and SUBMITTED in loading.answers:
            loading.answers = loading.answers[loading.answers[SUBMITTED].notna()]


def _link(loading: Loading, territory: Territory, moves: pd.DataFrame) -> None:
    """Link every table that could be read, and check the options that hang on what is linked."""
    study, faults, tables, links = loading.study, loading.faults, loading.tables, loading.links
    places, corrections = gazetteer_of(territory, moves), tables.get("corrections")
    if "offers" in tables:
        links["offers"] = link_offers(tables["offers"], territory, moves)
    if "memberships" in tables:
        tables["memberships"] = _with_levels_as_read(loading)
    for name, rows in {**tables, **loading.registers}.items():
        if name in {"memberships", *REGISTERS}:
            links[name] = link_members(rows, territory, moves, corrections=corrections, gazetteer=places)
    if loading.answers is not None:
        links["answers"] = link_answers(
            loading.answers, territory, moves, corrections=corrections, gazetteer=places
        )
    _link_variables(loading, territory, moves, places)
    if "answers" in links or "answers" not in study.sources:
        placed = links["answers"].linked if "answers" in links else None
        attempt(faults, check_named, study, territory, placed)


def _link_variables(loading: Loading, territory: Territory, moves: pd.DataFrame, places: Gazetteer) -> None:
    """Link the user's own variables and levels of communes, and check what the study asks of them."""
    study, faults, tables = loading.study, loading.faults, loading.tables
    levels = study.boundaries.levels
    if "variables" in tables:
        rows = tables["variables"]
        every = variable_names(rows)
        names = [name for name in every if name not in levels]
        link = link_variables(rows, territory, moves, corrections=tables.get("corrections"), gazetteer=places)
        loading.links["variables"] = link
        if names or not levels:
            file = study.sources["variables"]
            loading.variables = attempt(faults, commune_variables, link.linked, names, territory, file)
        if levels:
            loading.levels = attempt(faults, own_levels, link.linked, every, territory, study)
    elif levels and "variables" not in study.sources:
        attempt(faults, own_levels, pd.DataFrame(), (), territory, study)
    read = loading.variables is not None or loading.levels is not None
    if read or "variables" not in study.sources:
        added: Iterable[object] = () if loading.variables is None else loading.variables
        attempt(faults, check_margins, study, map(str, added))


def _boundaries_basis(study: Study, communes: int) -> Counted:
    """Return what boundaries, official codes and populations rest on: the embedded ones are official."""
    embedded = study.boundaries.file is None and not study.boundaries.layers
    own = "boundaries" if embedded else ""
    basis = study.metadata.basis.get("boundaries", default_basis(own))
    return Counted("boundaries", "", basis, communes, communes)


def _compared_basis(compared: Compared) -> Counted:
    """Return what the coverage of the study that deserts are compared with rests on."""
    metadata = compared.inputs.study.metadata
    return Counted("compare", "", metadata.weakest(["boundaries", "offers", "memberships", "opsn"]), 1, 1)


def _answers_basis(answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what each answer rests on: what the item ``basis`` of its codebook says, or the study."""
    stated = answers.get(BASIS, pd.Series(index=answers.index, dtype="str"))
    return pd.DataFrame({BASIS: stated.fillna(default_basis("answers", study.metadata.basis))})


def _with_levels_as_read(loading: Loading) -> pd.DataFrame:
    """Return the memberships without the level that is assumed where their table gives none."""
    members, header = loading.tables["memberships"], loading.headers["memberships"].get("level")
    if header is None:
        return members.assign(level=pd.Series(index=members.index, dtype="str"))
    return members.assign(level=members["level"].where(loading.texts["memberships"][header].notna()))


def _territory(study: Study) -> Territory:
    """Return the territory of a study; raise where the areas of a user's communes are no valid coverage."""
    territory = territory_of(study)
    if study.boundaries.file is not None or study.boundaries.layers:
        try:
            check_coverage(territory.communes.geometry)
        except InputError as error:
            codes = [str(fault.value) for fault in error.faults]
            shown = ", ".join(codes[:_SHOWN]) + (f"… ({len(codes)})" if len(codes) > _SHOWN else "")
            file = str(study.boundaries.file or "communes")
            raise InputError([Fault(cause="invalid_outlines", file=file, value=shown)]) from None
    return territory


def _compared(file: Path, territory: Territory, moves: pd.DataFrame) -> Compared:
    """Load the study that deserts are compared with; whatever it compares itself with is left out."""
    study = Study.from_toml(file)
    deserts = {name: value for name, value in study.deserts.items() if name != "compare"}
    other = load(replace(study, deserts=deserts))
    steps = towards(moves, territory)
    steps = steps[steps["millesime_from"] == other.territory.millesime]
    return Compared(inputs=other, moves=steps.rename(columns={"code": "code_from", "code_insee": "code_to"}))


def _in_language(tables: Mapping[str, pd.DataFrame], lang: Language) -> dict[str, pd.DataFrame]:
    """Return tables with labels of the study's language: answers are read by the words they were asked in."""
    chosen = {}
    for name, frame in tables.items():
        english = frame["label_en"] if "label_en" in frame and lang == "en" else None
        labelled = frame if english is None else frame.assign(label=english.fillna(frame["label"]))
        if {"section", "section_en"} <= set(frame) and lang == "en":
            labelled = labelled.assign(section=frame["section_en"].fillna(frame["section"]))
        if "question_en" in frame and lang != "en":  # answers are read by the question in its own language
            labelled = labelled.drop(columns="question_en")
        chosen[name] = labelled.drop(columns=["label_en", "section_en"], errors="ignore")
    return chosen


def _services(services: pd.DataFrame) -> pd.DataFrame:
    """Return the services, each with a name and a family in both languages."""
    others = {lang: text("services.other_family", lang) for lang in LANGUAGES}
    return services.assign(
        name_en=services["name_en"].fillna(services["name"]),
        family=services["family"].fillna(others["fr"]),
        family_en=services["family_en"].fillna(services["family"]).fillna(others["en"]),
    )


def _memberships(links: Mapping[str, Linked]) -> pd.DataFrame:
    """Return the memberships of the study's list and of the registers."""
    return pd.concat(
        [links[name].linked for name in ("memberships", *REGISTERS) if name in links], ignore_index=True
    )


def _uses(links: Mapping[str, Linked]) -> pd.DataFrame:
    """Return the designations of communes in the CNIL's list: evidence that the service is used."""
    rows = links["cnil"].linked if "cnil" in links else links["memberships"].linked.iloc[:0]
    rows = rows[rows["level"] == Level.COMMUNE]
    used = rows[["code", "opsn", "services", BASIS]]
    return used.rename(columns={"code": "code_insee", "services": "service"}).reset_index(drop=True)


def _scenarios(
    study: Study, tables: Mapping[str, pd.DataFrame], territory: Territory, moves: pd.DataFrame
) -> dict[str, dict[str, pd.DataFrame]]:
    """Return the rows that each scenario adds, checked and linked; raise where one is wrong."""
    faults: list[Fault] = []
    services = list(tables["services"]["service"])
    allowed = {
        "opsn": list(tables["opsn"]["opsn"]),
        "level": [level.value for level in Level],
        "service": services,
        "services": [*services, "*"],
    }
    scenarios: dict[str, dict[str, pd.DataFrame]] = {}
    for name, extra in study.scenarios.items():
        scenarios[name] = {}
        for kind, rows in extra.items():
            frame = pd.DataFrame(rows).reindex(columns=list(_NEEDED[kind])).astype("str")
            frame = frame.fillna({"level": _LEVELS[kind].value})
            place = Fault(cause="wrong_scenario", file=str(study.file or ""), column=f"{name} – {kind}")
            for column in frame.columns.intersection(list(allowed)):
                # No list of services means every service; nothing else may be missing.
                cells = frame[column].dropna() if column == "services" else frame[column].fillna("")
                cells = cells.str.split(";").explode()
                faults += [
                    replace(place, value=value or column, nearest=nearest(value, allowed[column]))
                    for value in cells[~cells.isin(allowed[column])]
                ]
            links = link_members if kind == "memberships" else link_offers
            linked, rejected = links(frame, territory, moves)
            faults += [replace(place, value=str(code)) for code in rejected["code"].fillna("code")]
            scenarios[name][kind] = linked.dropna(axis="columns", how="all")
    if faults:
        raise InputError(faults)
    return scenarios


def _with_complete_lists(opsn: pd.DataFrame, members: Linked) -> pd.DataFrame:
    """Return the operators, whose lists are not complete where rows of them could not be linked."""
    unlinked = opsn["opsn"].isin(unlinked_members(members).index)
    return opsn.assign(list_complete=opsn["list_complete"].mask(unlinked, other=False))


def _without_answers(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the rejected rows without who answered and what they wrote, since they are published."""
    of_answers = rejected["table"] == "answers"
    columns = ["row", "code", "name", "candidates"]
    return rejected.assign(**{column: rejected[column].mask(of_answers, "") for column in columns})


def _counts(
    tables: Mapping[str, pd.DataFrame], answers: pd.DataFrame | None, links: Mapping[str, Linked]
) -> dict[str, int]:
    """Return how many rows were read, linked and rejected, by table."""
    read = {f"{name}_read": len(frame) for name, frame in tables.items()}
    if answers is not None:
        read["answers_read"] = len(answers)
    linked = {f"{name}_linked": link.linked.index.nunique() for name, link in links.items()}
    rejected = {f"{name}_rejected": link.rejected.index.nunique() for name, link in links.items()}
    return read | linked | rejected
