"""A study looked over before it is run: everything is read and linked, nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import territory
from opsn_geo.catalogue.words import Language, text
from opsn_geo.errors import Fault, InputError
from opsn_geo.linkage.answers import check_named, link_answers
from opsn_geo.linkage.members import link_members, link_offers
from opsn_geo.linkage.passage import read_passage
from opsn_geo.linkage.result import Linked, column, rejects
from opsn_geo.linkage.variables import check_margins, commune_variables, link_variables, variable_names
from opsn_geo.read import SCHEMAS, answers, checked, guessed, table
from opsn_geo.read.population_raster import check_population
from opsn_geo.read.registers import REGISTERS, register
from opsn_geo.read.validation import related
from opsn_geo.study import Study, data_dir

REVIEW_COLUMNS: Final = ("table", "row", "name", "official_name", "score")
"""Columns of the table of guessed links."""

_SHOWN: Final = 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that is no fault but that one should know: an entry of the catalogue under ``notice``."""

    key: str
    file: str
    values: Mapping[str, object]

    def text(self, lang: Language = "fr") -> str:
        """Say it in one line."""
        return f"{self.file}{text('place.colon', lang)}{text(f'notice.{self.key}', lang, **self.values)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a look over a study found.

    Parameters
    ----------
    faults : tuple of Fault
        What keeps the study from running.
    notices : tuple of Notice
        What is worth a look.
    counts : DataFrame
        On ``table``: read, linked, rejected, guessed (0 for tables that are not linked).
    headers : mapping of str to mapping of str to str
        For each table, the header that stands for each column, told or guessed.
    rejects, review : DataFrame
        The rows that would be rejected (see :func:`~opsn_geo.linkage.result.rejects`) and the links that were
        guessed (:data:`REVIEW_COLUMNS`), all of them.
    """

    faults: tuple[Fault, ...]
    notices: tuple[Notice, ...]
    counts: pd.DataFrame
    headers: Mapping[str, Mapping[str, str]]
    rejects: pd.DataFrame
    review: pd.DataFrame

    @property
    def sound(self) -> bool:
        """Tell whether the study can be run."""
        return not self.faults

    def as_record(self, lang: Language = "fr") -> dict[str, object]:
        """Give the report as plain values, ready for JSON."""
        return {
            "sound": self.sound,
            "faults": [fault.as_record(lang) for fault in self.faults],
            "notices": [{"key": it.key, "file": it.file, "message": it.text(lang)} for it in self.notices],
            "counts": _records(self.counts.reset_index()),
            "headers": {name: dict(found) for name, found in self.headers.items()},
            "rejects": _records(self.rejects),
            "review": _records(self.review),
        }

    def text(self, lang: Language = "fr") -> str:
        """Say the report in plain lines: faults, notices, counts, rejects and guesses (the first of each)."""
        parts = {
            "faults": [fault.text(lang) for fault in self.faults],
            "notices": [notice.text(lang) for notice in self.notices],
            "counts": [text("check.count", lang, **row) for row in _records(self.counts.reset_index())],
            "headers": list(self._header_lines(lang)),
            "rejects": [_reject_line(row, lang) for row in _records(self.rejects)],
            "review": [text("check.guess", lang, **row) for row in _records(self.review)],
        }
        lines = [line for name, found in parts.items() for line in _section(name, found, lang)]
        return "\n".join([text("check.sound" if self.sound else "check.unsound", lang), *lines])

    def _header_lines(self, lang: Language) -> Iterator[str]:
        """Say the headers that are not the official ones."""
        for name, found in self.headers.items():
            other = ", ".join(f"{column} ← {header}" for column, header in found.items() if column != header)
            if other:
                yield f"{name}{text('place.colon', lang)}{other}"


def check(study: Study) -> Report:
    """Read and link everything that a study names, and tell what is wrong, odd, rejected or guessed.

    Parameters
    ----------
    study : Study
        A study whose own file is sound.

    Returns
    -------
    Report
        Nothing is raised for what is wrong with tables or boundaries, and nothing is written.

    Examples
    --------
    >>> report = check(Study.default())
    >>> report.sound, int(report.counts["rejected"].sum())
    (True, 0)
    """
    faults: list[Fault] = []
    files = {name: str(file) for name, file in study.tables.items()}
    texts = _gathered(faults, files, lambda name: table(files[name]))
    headers = {
        name: guessed(list(frame.columns), SCHEMAS[name], study.columns.get(name))
        for name, frame in texts.items()
        if name in SCHEMAS
    }
    tables = _gathered(
        faults,
        headers,
        lambda name: checked(texts[name], SCHEMAS[name], files[name], study.columns.get(name)),
    )
    tables = _gathered(faults, ["all"], lambda _: related(tables, files)).get("all", tables)
    if {"answers", "questionnaire"} <= {*texts, *tables}:
        read = _gathered(
            faults, ["answers"], lambda name: answers(texts[name], tables["questionnaire"], files[name])
        )
        tables = {**tables, **read}
    if "opsn" in tables:
        named = [it for it in REGISTERS if it in texts]
        told = _gathered(faults, named, lambda name: register(name, texts[name], tables["opsn"], files[name]))
        tables = {**tables, **told}
    place = _gathered(faults, ["territory"], lambda _: territory(study)).get("territory")
    if place is not None and "population" in study.rasters:
        _gathered(faults, ["population"], lambda name: check_population(study.rasters[name], place.communes))
    links = {} if place is None else _links(tables, place)
    added = _added(faults, tables, links, place, files)
    if place is not None and ("variables" in added or "variables" not in study.tables):
        _gathered(
            faults,
            ["margins"],
            lambda _: check_margins(study, map(str, added.get("variables", pd.DataFrame()))),
        )
    if place is not None and ("answers" in links or "answers" not in study.tables):
        placed = links["answers"].linked if "answers" in links else None
        _gathered(faults, ["named"], lambda _: check_named(study, place, placed))
    return Report(
        faults=tuple(faults),
        notices=tuple(_notices(texts, tables, headers, files, added)),
        counts=_counts(texts, links),
        headers=headers,
        rejects=rejects(links),
        review=_review(links),
    )


def _gathered(faults: list[Fault], names: Iterable[str], read: Callable[[str], _T]) -> dict[str, _T]:
    """Read what each name stands for; where that fails, keep the faults and go on."""
    done: dict[str, _T] = {}
    for name in names:
        try:
            done[name] = read(name)
        except InputError as error:
            faults.extend(error.faults)
    return done


def _links(tables: Mapping[str, pd.DataFrame], place: Territory) -> dict[str, Linked]:
    """Link every table that could be read."""
    passage = read_passage(data_dir() / "boundaries")
    corrections = tables.get("corrections")
    links = {}
    if "offers" in tables:
        links["offers"] = link_offers(tables["offers"], place, passage)
    for name in ("memberships", *REGISTERS):
        if name in tables:
            links[name] = link_members(tables[name], place, passage, corrections=corrections)
    if "answers" in tables:
        links["answers"] = link_answers(tables["answers"], place, passage, corrections=corrections)
    if "variables" in tables:
        links["variables"] = link_variables(tables["variables"], place, passage, corrections=corrections)
    return links


def _added(
    faults: list[Fault],
    tables: Mapping[str, pd.DataFrame],
    links: Mapping[str, Linked],
    place: Territory | None,
    files: Mapping[str, str],
) -> dict[str, pd.DataFrame]:
    """Read the variables that the study adds, where they could be linked."""
    if place is None:
        return {}
    return _gathered(
        faults,
        [it for it in links if it == "variables"],
        lambda it: commune_variables(links[it].linked, variable_names(tables[it]), place, files[it]),
    )


def _review(links: Mapping[str, Linked]) -> pd.DataFrame:
    """Put the guessed links of several tables together."""
    parts = [pd.DataFrame(columns=list(REVIEW_COLUMNS))]
    for table_name, found in links.items():
        guesses = found.review
        names = column(guesses, "name") if "name" in guesses else guesses["official_name"].to_numpy()
        parts.append(
            pd.DataFrame(
                {
                    "table": table_name, "row": guesses.index.astype("str"), "name": names,
                    "official_name": guesses["official_name"].to_numpy(),
                    "score": guesses["score"].to_numpy(),
                }
            )
        )  # fmt: skip
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else parts[0]


def _counts(texts: Mapping[str, pd.DataFrame], links: Mapping[str, Linked]) -> pd.DataFrame:
    """Count what was read, linked, rejected and guessed in each table."""
    rows = []
    for name, frame in texts.items():
        linked, lost = links.get(name, (pd.DataFrame(), pd.DataFrame()))
        guesses = len(links[name].review) if name in links else 0
        rows.append((name, len(frame), linked.index.nunique(), len(lost), guesses))
    columns = ["table", "read", "linked", "rejected", "guessed"]
    return pd.DataFrame(rows, columns=columns).set_index("table")


def _notices(
    texts: Mapping[str, pd.DataFrame],
    tables: Mapping[str, pd.DataFrame],
    headers: Mapping[str, Mapping[str, str]],
    files: Mapping[str, str],
    added: Mapping[str, pd.DataFrame],
) -> Iterator[Notice]:
    """Tell of empty tables, columns that nothing reads, variables, and OPSN without an offer or a member."""
    for name, frame in texts.items():
        if frame.empty:
            yield Notice(key="empty_table", file=files[name], values={})
        unread = [it for it in frame.columns if it not in headers.get(name, {}).values()]
        if name in headers and name != "variables" and unread:
            yield Notice(key="unread_columns", file=files[name], values={"columns": ", ".join(unread)})
    for name, frame in added.items():
        yield Notice(key="variables", file=files[name], values={"variables": ", ".join(_levels(frame))})
    for name, key in (("offers", "opsn_without_offer"), ("memberships", "opsn_without_member")):
        if {"opsn", name} <= tables.keys():
            idle = [it for it in tables["opsn"]["opsn"] if it not in set(tables[name]["opsn"])]
            if idle:
                yield Notice(key=key, file=files[name], values={"opsn": ", ".join(idle)})


def _levels(variables: pd.DataFrame) -> Iterator[str]:
    """Say of each variable how many different values it has, and how many communes none."""
    for name, told in variables.items():
        yield f"{name} ({told.nunique()} ; {int(told.isna().sum())})"


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Give a frame as records in which what is missing is None."""
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _reject_line(row: Mapping[str, object], lang: Language) -> str:
    """Say one rejected row: where, what, why, the nearest candidates, how to mend it."""
    what = " ".join(str(it) for it in (row["code"], row["name"]) if it)
    cause = row["cause"]
    said = text(
        "check.reject",
        lang,
        table=row["table"],
        row=row["row"],
        what=what,
        cause=text(f"cause.{cause}", lang),
    )
    near = f" {text('place.expected', lang, it=row['candidates'])}" if row["candidates"] else ""
    return f"{said}{near} {text(f'cause_remedy.{cause}', lang)}"


def _section(name: str, lines: Sequence[str], lang: Language) -> list[str]:
    """Head some lines with their name, and show the first of them."""
    if not lines:
        return []
    more = [text("check.more", lang, n=len(lines) - _SHOWN)] if len(lines) > _SHOWN else []
    return ["", text(f"check.{name}", lang), *(f"  {line}" for line in [*lines[:_SHOWN], *more])]
