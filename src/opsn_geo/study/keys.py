"""The keys of a study file, and every fault that can be found before any table is read.

``catalogue/study.toml`` declares each key once: its kind, bounds, default, example and definition. A study
is checked and built by these declarations, and the template of a new study and the documentation show them.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Final

from opsn_geo.catalogue.words import Language, entries, text
from opsn_geo.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the study file.

    Parameters
    ----------
    section, name : str
        Where it stands and what it is called.
    kind : str
        What a value is, see :data:`KINDS`.
    required : bool
        Whether a study cannot do without it.
    default : object, optional
        What an absent key stands for.
    least, most : number or date, optional
        Bounds of a value; of a text, the most characters.
    choices, columns : tuple of str
        The values allowed; of rows, what each may hold.
    unit : str
        Entry of the catalogue under ``unit``.
    example : str
        A value as TOML writes it.

    Examples
    --------
    >>> key = KEYS["study"]["millesime"]
    >>> key.accepts(2021), key.accepts(1900), key.accepts("2021")
    (True, False, False)
    """

    section: str
    name: str
    kind: str
    required: bool = False
    default: Any = None
    least: Any = None
    most: Any = None
    choices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    unit: str = ""
    example: str = ""

    @property
    def path(self) -> str:
        """Section and name, joined by a dot."""
        return f"{self.section}.{self.name}"

    @property
    def expected(self) -> str:
        """What a fault says was expected: the choices, or the kind's entry under ``expected``."""
        return " | ".join(self.choices or self.columns) or f"expected.{self.kind}"

    def accepts(self, value: object) -> bool:
        """Whether a value is of the key's kind, among its choices and within its bounds."""
        return KINDS[self.kind](self, value)

    def definition(self, lang: Language = "fr") -> str:
        """Return what the key means."""
        return text(f"study_keys.{self.path}.definition", lang)


def _within(key: Key, value: Any) -> bool:  # noqa: ANN401 - a number, a day or a length
    return (key.least is None or value >= key.least) and (key.most is None or value <= key.most)


def _is_text(key: Key, value: object) -> bool:
    return isinstance(value, str) and _within(key, len(value))


def _is_slug(key: Key, value: object) -> bool:
    return _is_text(key, value) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(value)) is not None


def _is_choice(key: Key, value: object) -> bool:
    return isinstance(value, str) and value in key.choices


def _is_texts(key: Key, value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, str) and (not key.choices or item in key.choices) for item in value
    )


def _is_names(key: Key, value: object) -> bool:
    return isinstance(value, list) and _is_texts(key, value) and 0 < len(set(value)) == len(value)


def _is_whole(key: Key, value: object) -> bool:
    return type(value) is int and _within(key, value)


def _is_amount(key: Key, value: object) -> bool:
    return type(value) in {int, float} and _within(key, value)


def _is_bounds(key: Key, value: object) -> bool:
    del key
    return (
        isinstance(value, list)
        and [type(bound) in {int, float} for bound in value] == [True, True]
        and 0 <= value[0] < 1 < value[1] < math.inf
    )


def _is_day(key: Key, value: object) -> bool:
    return type(value) is dt.date and _within(key, value)


def _is_rows(key: Key, value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, dict)
        and row.keys() <= set(key.columns)
        and all(isinstance(cell, str) for cell in row.values())
        for row in value
    )


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


KINDS: Final[Mapping[str, Callable[[Key, Any], bool]]] = {
    "text": _is_text,
    "slug": _is_slug,
    "choice": _is_choice,
    "texts": _is_texts,
    "names": _is_names,
    "year": _is_whole,
    "count": _is_whole,
    "amount": _is_amount,
    "bounds": _is_bounds,
    "day": _is_day,
    "file": _is_text,
    "rows": _is_rows,
}
"""What a value of each kind must be."""


def _declared(section: str, name: str, entry: Mapping[str, Any]) -> Key:
    """Return a key as its entry of the catalogue declares it."""
    fields: dict[str, Any] = {field: value for field, value in entry.items() if field != "definition"}
    fields |= {field: tuple(fields[field]) for field in ("choices", "columns") if field in fields}
    return Key(section=section, name=name, **fields)


def _keys(section: str) -> dict[str, Key]:
    """Return the keys of a section as the catalogue declares them."""
    declared: Mapping[str, Mapping[str, Any]] = entries("study_keys").get(section, {})
    return {name: _declared(section, name, entry) for name, entry in declared.items()}


KEYS: Final[Mapping[str, Mapping[str, Key]]] = {
    section: _keys(section) for section in entries("study_sections")
}
"""Every key by its section and name; the keys of ``columns`` and its like are those of ``tables``."""

_OF_TABLES: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "columns": (_is_mapping, "expected.mapping"),
    "constants": (_is_mapping, "expected.mapping"),
    "sheets": (lambda value: isinstance(value, str), "expected.text"),
    "header_rows": (lambda value: type(value) is int and value > 0, "expected.count"),
}
"""Sections whose keys are tables: what a value must be, and the catalogue's entry of what was expected."""


def faults(content: dict[str, Any], path: Path) -> list[Fault]:
    """Return all that is wrong with the content of a study file: keys, values, files that are not there.

    Parameters
    ----------
    content : dict
        The file as read from TOML.
    path : pathlib.Path
        The file; paths in it start from its own folder.

    Returns
    -------
    list of Fault
        Empty where the study is sound.

    Examples
    --------
    >>> wrong = faults({"studi": {}, "boundaries": {"region": "32"}}, Path("study.toml"))
    >>> [fault.column for fault in wrong][:2]
    ['studi', 'study.title']
    """
    unknown = [section for section in content if section not in KEYS]
    wrong = [_unknown(section, KEYS, path) for section in unknown]
    for section, keys in KEYS.items():
        given = content.get(section, {})
        if section == "scenarios":
            wrong += _scenario_faults(content.get(section, []), path)
        elif not isinstance(given, dict):
            wrong.append(_wrong(section, given, f"[{section}]", path))
        elif section in _OF_TABLES:
            wrong += _table_faults(section, given, path)
        else:
            wrong += _section_faults(given, keys, section, path)
    return [*wrong, *_boundary_faults(content.get("boundaries", {}), path), *_absent_files(content, path)]


def option_faults(options: Mapping[str, Any], tables: Iterable[str]) -> list[Fault]:
    """Return all that is wrong with the options and the names of the tables of a study made in Python.

    Parameters
    ----------
    options : mapping of str to mapping
        Values by section and key; tuples stand for lists.
    tables : iterable of str
        Names of its tables.

    Examples
    --------
    >>> wrong = option_faults({"survey": {"margins": ("a", "a")}}, ["opsn", "ofers"])
    >>> [(fault.cause, fault.column, fault.nearest) for fault in wrong][:3]
    [('wrong_key', 'survey.margins', None), ('unknown_key', 'tables.ofers', 'tables.offers'), \
('missing_key', 'tables.services', None)]
    """
    path = Path("Study.from_frames")
    wrong: list[Fault] = []
    for section, given in options.items():
        if section == "scenarios":
            wrong += _scenario_faults(given, path)
        else:
            listed = {
                name: list(value) if isinstance(value, tuple) else value for name, value in given.items()
            }
            wrong += _section_faults(listed, KEYS[section], section, path)
    return [*wrong, *_section_faults(dict.fromkeys(tables, ""), KEYS["tables"], "tables", path)]


def built(content: Mapping[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the values of a sound study file by section and key: files as paths, lists of texts as tuples.

    >>> built({"survey": {"named": ["80021"]}}, Path("a"))["survey"]
    {'named': ('80021',)}
    """
    readings: Mapping[str, Callable[[Any], Any]] = {
        "file": partial(Path, folder),
        "texts": tuple,
        "names": tuple,
        "bounds": tuple,
    }
    return {
        section: {
            name: readings.get(keys[name].kind, lambda value: value)(value)
            for name, value in content.get(section, {}).items()
        }
        for section, keys in KEYS.items()
        if section not in {*_OF_TABLES, "scenarios"}
    }


def _section_faults(
    given: Mapping[str, Any], keys: Mapping[str, Key], place: str, path: Path
) -> Iterator[Fault]:
    """Yield the keys of a section that are unknown, missing or wrong."""
    for name in given:
        if name not in keys:
            yield _unknown(f"{place}.{name}", [f"{place}.{other}" for other in keys], path)
    for name, key in keys.items():
        if name in given and not key.accepts(given[name]):
            yield _wrong(f"{place}.{name}", given[name], key.expected, path)
        elif name not in given and key.required:
            yield Fault(cause="missing_key", file=str(path), column=f"{place}.{name}", expected=key.expected)


def _table_faults(section: str, given: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Yield the tables of a section on tables that are unknown, or given what the section does not hold."""
    for name, value in given.items():
        if name not in KEYS["tables"]:
            yield _unknown(f"{section}.{name}", [f"{section}.{table}" for table in KEYS["tables"]], path)
        else:
            accepts, expected = _OF_TABLES[section]
            if not accepts(value):
                yield _wrong(f"{section}.{name}", value, expected, path)


def _scenario_faults(scenarios: object, path: Path) -> Iterator[Fault]:
    """Yield the keys of scenarios that are unknown, missing or wrong, and the names that repeat."""
    names: list[object] = []
    if not isinstance(scenarios, list):
        yield _wrong("scenarios", scenarios, "[[scenarios]]", path)
        return
    for number, scenario in enumerate(scenarios, start=1):
        place = f"scenarios.{number}"
        if not isinstance(scenario, dict):
            yield _wrong(place, scenario, "[[scenarios]]", path)
            continue
        yield from _section_faults(scenario, KEYS["scenarios"], place, path)
        name = scenario.get("name")
        if name is not None and name in names:
            yield Fault(
                cause="repeated_scenario_key", file=str(path), column=f"{place}.name", value=str(name)
            )
        names.append(name)


def _boundary_faults(given: object, path: Path) -> Iterator[Fault]:
    """Yield the fault of a study that chooses its communes in no way or in several."""
    if isinstance(given, dict):
        chosen = [name for name in ("region", "departements", "epci") if name in given]
        if len(chosen) > 1 or not given:
            value = ", ".join(chosen) or None
            yield Fault(cause="boundaries_key", file=str(path), column="boundaries", value=value)


def _unknown(key: str, allowed: Iterable[str], path: Path) -> Fault:
    """Return the fault of an unknown key, with the one that comes nearest."""
    near = next(iter(get_close_matches(key, list(allowed), 1)), None)
    return Fault(cause="unknown_key", file=str(path), column=key, nearest=near)


def _wrong(key: str, value: object, expected: str, path: Path) -> Fault:
    """Return the fault of a value that its key does not accept."""
    try:
        shown = str(value)
    except ValueError:  # a number of thousands of digits, written in another base
        shown = type(value).__name__
    return Fault(cause="wrong_key", file=str(path), column=key, value=shown, expected=expected)


def _absent_files(content: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Yield every file that the study names and that does not exist."""
    for section, keys in KEYS.items():
        given = content.get(section, {})
        for name in [
            key for key in keys if keys[key].kind == "file" and isinstance(given, dict) and key in given
        ]:
            file = given[name]
            if isinstance(file, str) and not is_file(path.parent / file):
                near = get_close_matches(
                    Path(file).name, [other.name for other in path.parent.glob("*.*")], 1
                )
                yield Fault(
                    cause="missing_file", file=str(path.parent / file), nearest=next(iter(near), None)
                )


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that the system cannot even look up is none.

    >>> is_file(Path("x" * 5000))
    False
    """
    try:
        return path.is_file()
    except OSError:
        return False
