"""One small tree of errors, each for the person who can mend it.

An :class:`InputError` carries every fault of the user's files at once: what was found, where, what was
expected, the nearest thing that would have been right, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, ParamSpec, TypeVar
from unicodedata import category

from opsn_geo.catalogue.words import Language, text

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in one place of a user's file or frame.

    Parameters
    ----------
    cause : str
        Entry of the catalogue under ``faults``: it names the fault and its remedy.
    file : str
        File, frame or option at fault, as the user named it; empty when there is none.
    row : int or str, optional
        Line of the file as a spreadsheet numbers it (the header is line 1), or the row's own identifier.
    label : int or str, optional
        Label of the row in the index of a frame, where there is no file.
    count : int
        How many rows have the same fault, this one included.
    column, value, expected, nearest : str, optional
        Header of the column, the value found there, what should have stood there, and the closest match.
        An ``expected`` that begins with ``expected.`` is an entry of the catalogue, worded in the reader's
        language.

    Examples
    --------
    >>> fault = Fault(cause="unknown_key", file="study.toml", column="milesime", nearest="millesime")
    >>> print(fault.text("en"))
    study.toml, key “milesime”: this key is not known. Nearest: “millesime”. Correct its name or remove it.
    """

    cause: str
    file: str = ""
    row: int | str | None = None
    label: int | str | None = None
    column: str | None = None
    value: str | None = None
    expected: str | None = None
    nearest: str | None = None
    count: int = 1

    def text(self, lang: Language = "fr") -> str:
        """Return the fault in one line: place, finding, expectation, nearest match, remedy."""
        column = "key" if self.cause.endswith("_key") else "column"
        parts = {"row": self.row, "label": self.label, column: self.column, "value": self.value}
        place = [text(f"place.{name}", lang, it=one_line(it)) for name, it in parts.items() if it is not None]
        if self.count > 1:
            place[:1] = [f"{''.join(place[:1])} {text('place.others', lang, n=self.count - 1)}"]
        finding = text(f"faults.{self.cause}.found", lang)
        expected = self.expected
        if expected is not None and expected.startswith("expected."):
            expected = text(expected, lang)
        hints = {"expected": expected, "nearest": self.nearest}
        hinted = [
            text(f"place.{name}", lang, it=one_line(it)) for name, it in hints.items() if it is not None
        ]
        remedy = text(f"faults.{self.cause}.remedy", lang)
        head = ", ".join(part for part in (printable(self.file), *place) if part)
        return " ".join([f"{head}{text('place.colon', lang)}{finding}" if head else finding, *hinted, remedy])

    def as_record(self, lang: Language = "fr") -> dict[str, str | int | None]:
        """Return the fault as a flat record, for tables and JSON."""
        return {
            "cause": self.cause,
            "file": self.file,
            "row": self.row,
            "label": self.label,
            "column": self.column,
            "value": self.value,
            "expected": self.expected,
            "nearest": self.nearest,
            "count": self.count,
            "message": self.text(lang),
        }


def printable(shown: str) -> str:
    """Return a text in which every control character is replaced: a terminal would obey some of them.

    >>> print(printable("Lille" + chr(27) + "[2J, 3\u202f600 habitants"))
    Lille�[2J, 3\u202f600 habitants
    """
    return "".join(c if c.isprintable() or c in "\n\t" or category(c) == "Zs" else "�" for c in shown)


def one_line(value: object, most: int = 120) -> str:
    """Return a value on one line, cut where it is long: it comes from a file and may be anything."""
    shown = printable(" ".join(str(value).split()))
    return shown if len(shown) <= most else f"{shown[:most]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that is no fault but that one should know.

    Parameters
    ----------
    key : str
        Entry of the catalogue under ``notice``, or under ``alert``.
    file : str
        File that it is about.
    values : mapping of str to object
        Values of the text; a ``cause`` is a reason why rows were rejected, and brings its remedy.
    alert : bool
        Whether it comes before all else: without reading it one would misread the results.

    Examples
    --------
    >>> notice = Notice(key="empty_table", file="members.csv")
    >>> print(notice.text("en"))
    members.csv: this table has no row.
    """

    key: str
    file: str
    values: Mapping[str, object] = field(default_factory=dict)
    alert: bool = False

    def text(self, lang: Language = "fr") -> str:
        """Return it in one line."""
        values = dict(self.values)
        if "cause" in values:
            cause = values["cause"]
            values |= {"cause": text(f"cause.{cause}", lang), "remedy": text(f"cause_remedy.{cause}", lang)}
        section = "alert" if self.alert else "notice"
        return f"{self.file}{text('place.colon', lang)}{text(f'{section}.{self.key}', lang, **values)}"


class OpsnGeoError(Exception):
    """Whatever opsn-geo refuses to do, with the faults that made it refuse and an exit code."""

    exit_code: ClassVar[int] = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.text("en") for fault in self.faults))

    def __reduce__(self) -> tuple[type[OpsnGeoError], tuple[tuple[Fault, ...]]]:
        """Keep the faults when the error comes from another process."""
        return type(self), (self.faults,)

    def text(self, lang: Language = "fr") -> str:
        """Return every fault, one per line."""
        return "\n".join(fault.text(lang) for fault in self.faults)


class InputError(OpsnGeoError):
    """The user's files or options are at fault; all their faults come at once.

    >>> raise InputError([Fault(cause="missing_file", file="members.csv")])
    Traceback (most recent call last):
    opsn_geo.errors.InputError: members.csv: this file does not exist. Check its name and its folder.
    """


class RejectedRowsError(OpsnGeoError):
    """Everything was done, but rows were rejected and the user asked to be strict."""

    exit_code: ClassVar[int] = 1


class MachineError(OpsnGeoError):
    """The machine is at fault: disk full, permission refused, a tool that is missing."""

    exit_code: ClassVar[int] = 3


def attempt(
    faults: list[Fault],
    step: Callable[_Arguments, _Result],
    *args: _Arguments.args,
    **options: _Arguments.kwargs,
) -> _Result | None:
    """Return the result of a step, or nothing where it raises: its faults are added to a list.

    >>> def refuse(file: str) -> str:
    ...     raise InputError([Fault(cause="missing_file", file=file)])
    >>> faults = []
    >>> attempt(faults, refuse, "members.csv"), [fault.file for fault in faults]
    (None, ['members.csv'])
    """
    try:
        return step(*args, **options)
    except InputError as error:
        faults.extend(error.faults)
        return None
