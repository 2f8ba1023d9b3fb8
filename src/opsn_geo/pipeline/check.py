"""A study looked over before it is run: all that a run would refuse, and what is odd; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import pandas as pd

from opsn_geo.boundaries.embedded import vintages
from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.catalogue.words import Language, text
from opsn_geo.errors import Fault, Notice, attempt
from opsn_geo.linkage.result import LISTED, Linked, column, rejects
from opsn_geo.pipeline.alerts import alerts
from opsn_geo.pipeline.analyses import shared_measures, survey
from opsn_geo.pipeline.load import Inputs, Loading, read_and_link
from opsn_geo.publish import notices
from opsn_geo.read.answers import SUBMITTED
from opsn_geo.read.validation import line_number
from opsn_geo.study import Study

REVIEW_COLUMNS: Final = ("table", "row", "name", "official_name", "score")
"""Columns of the table of guessed links."""

COUNTS: Final = ("read", "linked", "rejected", "guessed")
"""Columns of the table of counts."""

_FAULT_COLUMNS: Final = (*(each.name for each in fields(Fault)), "message")
_SHOWN: Final = 20
_VALUES: Final = 8
_LIKELY_DAYS: Final = (pd.Timestamp("1850-01-01"), pd.Timestamp("2100-12-31"))
_MOST_STAFF: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check of a study finds.

    Parameters
    ----------
    faults : tuple of Fault
        What keeps the study from running.
    notices : tuple of Notice
        What is worth a look; alerts first.
    counts : DataFrame
        On ``table``: :data:`COUNTS` of rows; those of linking are missing for tables that are not linked.
    headers : mapping of str to mapping of str to str
        For each table, the header that stands for each column, declared or guessed.
    rejects, review : DataFrame
        The rows that would be rejected (see :func:`~opsn_geo.linkage.result.rejects`) and the links that were
        guessed (:data:`REVIEW_COLUMNS`), all of them.
    frames : tuple of str
        The tables that are frames: their rows have labels, not lines.
    sources : mapping of str to str
        The file of each table.
    """

    faults: tuple[Fault, ...]
    notices: tuple[Notice, ...]
    counts: pd.DataFrame
    headers: Mapping[str, Mapping[str, str]]
    rejects: pd.DataFrame
    review: pd.DataFrame
    frames: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether the study can be run."""
        return not self.faults

    def as_record(self, lang: Language = "fr") -> dict[str, object]:
        """Return the report as plain values, ready for JSON; the documentation has their schema."""
        return {
            "sound": self.sound,
            "faults": [fault.as_record(lang) for fault in self._faults()],
            "notices": [
                {"key": notice.key, "file": notice.file, "alert": notice.alert, "message": notice.text(lang)}
                for notice in self.notices
            ],
            "counts": self._listed(self.counts.reset_index()),
            "headers": {name: dict(columns) for name, columns in self.headers.items()},
            "rejects": self._listed(self.rejects),
            "review": self._listed(self.review),
        }

    def text(self, lang: Language = "fr") -> str:
        """Return the report in lines: alerts, faults, notices, counts, rejects, guesses (the first ones)."""
        parts = {
            "faults": [fault.text(lang) for fault in self._faults()],
            "notices": [notice.text(lang) for notice in self.notices if not notice.alert],
            "counts": list(self._count_lines(lang)),
            "headers": list(self._header_lines(lang)),
            "review": [
                text("check.guess", lang, **row | {"table": row["file"], "place": self._place(row, lang)})
                for row in self._listed(self.review)
            ],
        }
        lines = {name: _first(part, lang) for name, part in parts.items()}
        lines["rejects"] = list(self._reject_lines(lang))
        order = ("faults", "notices", "counts", "headers", "rejects", "review")
        shown = [line for name in order for line in _section(name, lines[name], lang)]
        alerts = [notice.text(lang) for notice in self.notices if notice.alert]
        verdict = "unsound" if self.faults else "sound_with_alerts" if alerts else "sound"
        first = [text("check.alerts", lang), *(f"  {alert}" for alert in alerts), ""] if alerts else []
        return "\n".join([*first, text(f"check.{verdict}", lang), *shown])

    def sheets(self, lang: Language = "fr") -> dict[str, pd.DataFrame]:
        """Return everything as tables, for a workbook: faults, counts, rejected rows, guessed links."""
        rejects = pd.DataFrame(self._listed(self.rejects), columns=["file", *LISTED])
        remedies = {cause: text(f"cause_remedy.{cause}", lang) for cause in rejects["cause"].unique()}
        causes = {cause: text(f"cause.{cause}", lang) for cause in rejects["cause"].unique()}
        rejects = rejects.assign(remedy=rejects["cause"].map(remedies), cause=rejects["cause"].map(causes))
        frames = {
            "faults": pd.DataFrame(
                [fault.as_record(lang) for fault in self._faults()], columns=list(_FAULT_COLUMNS)
            ),
            "counts": pd.DataFrame(
                self._listed(self.counts.reset_index()), columns=["file", "table", *COUNTS]
            ),
            "rejects": rejects,
            "review": pd.DataFrame(self._listed(self.review), columns=["file", *REVIEW_COLUMNS]),
        }
        return {text(f"check.sheet_{name}", lang): frame.astype("str") for name, frame in frames.items()}

    def _faults(self) -> list[Fault]:
        """Return the faults, those of most rows first."""
        return sorted(self.faults, key=lambda fault: -fault.count)

    def _listed(self, frame: pd.DataFrame) -> list[dict[str, object]]:
        """Return rows of tables as records, with the file of each; lines of files are numbers."""
        records = _records(frame)
        for record in records:
            record["file"] = self.sources.get(str(record["table"]), record["table"])
            if "row" in record:
                record["row"] = line_number(str(record["row"]))
        return records

    def _count_lines(self, lang: Language) -> Iterator[str]:
        """Yield how many rows of each table count: tables that are linked first, the worst at the top."""
        counts = self.counts.assign(rate=self.counts["linked"] / self.counts["read"])
        for row in self._listed(counts.sort_values("rate", kind="stable").reset_index()):
            if row["linked"] is None or not row["read"]:
                yield text("check.read", lang, **row)
                continue
            verdict = [text("check.some_count" if row["rejected"] else "check.all_count", lang, **row)]
            if row["guessed"]:
                verdict.append(text("check.guessed", lang, **row))
            share = int(100 * float(str(row["rate"])))
            yield text("check.linked", lang, share=share, verdict=" ".join(verdict), **row)

    def _header_lines(self, lang: Language) -> Iterator[str]:
        """Yield the headers that are not the official ones, a line for each table."""
        for name, columns in self.headers.items():
            other = ", ".join(
                f"{column} ← {header}" for column, header in columns.items() if column != header
            )
            if other:
                yield f"{name}{text('place.colon', lang)}{other}"

    def _reject_lines(self, lang: Language) -> Iterator[str]:
        """Yield the rejected rows by table and cause, then by what they hold: the most rows first."""
        rejects = self.rejects.fillna("").astype("str")
        causes = sorted(rejects.groupby(["table", "cause"], sort=False), key=lambda part: -len(part[1]))
        for _, rows in causes:
            table, cause = rows[["table", "cause"]].iloc[0]
            yield text(
                "check.reject_cause", lang, file=self.sources.get(table, table), count=len(rows),
                cause=text(f"cause.{cause}", lang), remedy=text(f"cause_remedy.{cause}", lang),
            )  # fmt: skip
            values = sorted(rows.groupby(["code", "name"], sort=False), key=lambda part: -len(part[1]))
            yield from (f"  {self._reject_line(same, lang)}" for _, same in values[:_VALUES])
            if len(values) > _VALUES:
                yield f"  {text('check.more_values', lang, n=len(values) - _VALUES)}"

    def _reject_line(self, same: pd.DataFrame, lang: Language) -> str:
        """Return the line of rejected rows that hold the same: what, where, how often, what it may be."""
        first = same.iloc[0]
        place = self._place(first, lang)
        if len(same) > 1:
            place = f"{place} {text('place.others', lang, n=len(same) - 1)}"
        near = text("check.near", lang, candidates=first["candidates"]) if first["candidates"] else ""
        what = " ".join(filter(None, (first["code"], first["name"])))
        return f"{text('check.reject_value', lang, what=what, place=place)}{near}"

    def _place(self, row: Mapping[str, object] | pd.Series, lang: Language) -> str:
        """Return where a row stands: its line in a file, or its label in a frame."""
        return text("place.label" if row["table"] in self.frames else "place.row", lang, it=row["row"])


def refused(faults: Iterable[Fault]) -> Report:
    """Return the report of a study whose own file is at fault: nothing else could be read."""
    nothing = pd.DataFrame(columns=["table", *COUNTS]).set_index("table")
    return Report(
        faults=tuple(faults),
        notices=(),
        counts=nothing,
        headers={},
        rejects=pd.DataFrame(columns=list(LISTED)),
        review=pd.DataFrame(columns=list(REVIEW_COLUMNS)),
    )


def check(study: Study) -> Report:
    """Return what is wrong, odd, rejected or guessed in everything that a study names.

    A study that is sound here is one that :func:`~opsn_geo.pipeline.run.run` does not refuse, and the
    reverse: both load it by :func:`~opsn_geo.pipeline.load.read_and_link`, and the measures that can refuse
    a study (the contiguity of its communes, the weights of its answers) are tried here.

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
    loading = read_and_link(study)
    faults = list(loading.faults)
    if loading.inputs is not None:
        attempt(faults, _try_measures, loading.inputs)
    return Report(
        faults=tuple(dict.fromkeys(faults)),
        notices=(*alerts(loading), *_notices(loading, study.sources)),
        counts=_counts(loading),
        headers=loading.headers,
        rejects=rejects(
            loading.links, {} if loading.answer_lines is None else {"answers": loading.answer_lines}
        ),
        review=_review(loading.links),
        frames=tuple(study.frames),
        sources=study.sources,
    )


def _try_measures(inputs: Inputs) -> None:
    """Raise whatever the measures refuse of a study that could be loaded."""
    survey.analysis(inputs, shared_measures(inputs))


def _review(links: Mapping[str, Linked]) -> pd.DataFrame:
    """Return the guessed links of several tables, one table below the other."""
    parts = [pd.DataFrame(columns=list(REVIEW_COLUMNS))]
    for table_name, link in links.items():
        guesses = link.review
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


def _counts(loading: Loading) -> pd.DataFrame:
    """Return how much was read, linked, rejected and guessed in each table."""
    rows = []
    for name, frame in loading.texts.items():
        link = loading.links.get(name)
        counts = (
            (None, None, None)
            if link is None
            else (link.linked.index.nunique(), len(link.rejected), len(link.review))
        )
        rows.append((name, len(frame), *counts))
    return pd.DataFrame(rows, columns=["table", *COUNTS]).set_index("table").astype("Int64")


def _notices(loading: Loading, files: Mapping[str, str]) -> Iterator[Notice]:
    """Yield what is odd: totals, empty tables, unread columns, idle OPSN, unknown populations."""
    for name in loading.texts:
        yield from _table_notices(name, loading, files[name])
    answers = loading.answers
    unfinished = 0 if answers is None or SUBMITTED not in answers else int(answers[SUBMITTED].isna().sum())
    if unfinished:
        yield Notice(key="unfinished", file=files["answers"], values={"number": unfinished})
    if loading.variables is not None:
        described = (
            f"{name} ({values.nunique()} ; {int(values.isna().sum())})"
            for name, values in loading.variables.items()
        )
        yield Notice(key="variables", file=files["variables"], values={"variables": ", ".join(described)})
    tables = loading.tables
    yield from _odd_values(tables, files)
    boundaries, year = loading.study.boundaries, loading.study.metadata.millesime
    if (boundaries.file is not None or boundaries.layers) and year not in vintages():
        years = ", ".join(map(str, vintages()))
        yield Notice(
            key="vintage_without_codes",
            file=str(boundaries.file or ""),
            values={"year": year, "years": years},
        )
    for name, key in (("offers", "opsn_without_offer"), ("memberships", "opsn_without_member")):
        if {"opsn", name} <= tables.keys():
            idle = [opsn for opsn in tables["opsn"]["opsn"] if opsn not in set(tables[name]["opsn"])]
            if idle:
                yield Notice(key=key, file=files[name], values={"opsn": ", ".join(idle)})
    yield from _study_notices(loading)


def _study_notices(loading: Loading) -> Iterator[Notice]:
    """Yield what is odd in no table: who answered is not mapped, populations are not known."""
    study = loading.study
    if "answers" in loading.links and study.metadata.respondents == GROUPED:
        yield Notice(
            key="response_grouped", file=str(study.file or "survey"), values={"least": study.min_answers}
        )
    if loading.inputs is not None:
        unknown = notices.populations_unknown(loading.inputs.territory.communes)
        if unknown is not None:
            key, numbers = unknown
            yield Notice(key=key, file=str(study.boundaries.file or ""), values=numbers)


def _table_notices(name: str, loading: Loading, file: str) -> Iterator[Notice]:
    """Yield what is odd in one table: totals, no row, columns that nothing reads, corrections not given."""
    frame = loading.texts[name]
    totals = frame.attrs.get("totals", [])
    if totals:
        yield Notice(key="total_lines", file=file, values={"lines": ", ".join(map(str, totals))})
    if frame.empty and name != "corrections":
        yield Notice(key="empty_table", file=file, values={})
    read = loading.headers.get(name, {}).values()
    unread = [header for header in frame.columns if header not in read]
    if name in loading.headers and name != "variables" and unread:
        yield Notice(key="unread_columns", file=file, values={"columns": ", ".join(unread)})
    left = len(frame) - len(loading.tables[name]) if name == "corrections" and name in loading.tables else 0
    if left:
        yield Notice(key="corrections_to_fill", file=file, values={"number": left})


def _odd_values(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> Iterator[Notice]:
    """Yield the dates and numbers that can be read but not be right."""
    for name, table in tables.items():
        for header in table.select_dtypes("datetime"):
            days = table[header]
            odd = days.notna() & ~days.between(*_LIKELY_DAYS)
            if odd.any():
                values = {"column": header, "lines": ", ".join(map(str, table.index[odd][:_SHOWN]))}
                yield Notice(key="odd_dates", file=files[name], values=values)
    staff = tables.get("opsn", pd.DataFrame()).get("staff")
    if staff is not None:
        odd = staff.notna() & ~staff.between(0, _MOST_STAFF)
        if odd.any():
            values = {"column": "staff", "lines": ", ".join(map(str, staff.index[odd][:_SHOWN]))}
            yield Notice(key="odd_numbers", file=files["opsn"], values=values)


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return a frame as records in which what is missing is None."""
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _first(lines: Sequence[str], lang: Language) -> list[str]:
    """Return the first of some lines, and how many more there are."""
    more = [text("check.more_values", lang, n=len(lines) - _SHOWN)] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]


def _section(name: str, lines: Sequence[str], lang: Language) -> list[str]:
    """Return some lines under their heading."""
    return ["", text(f"check.{name}", lang), *(f"  {line}" for line in lines)] if lines else []
