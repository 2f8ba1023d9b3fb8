"""What a study file may hold, key by key, and every fault that can be told before anything is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from opsn_geo.catalogue.words import LANGUAGES
from opsn_geo.errors import Fault

BACKGROUNDS: Final = ("plan-ign", "osm")
"""Pictures that the HTML maps may be asked to show under their themes."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a key of the study file may hold."""

    kind: Callable[[Any], bool]
    expected: str
    required: bool = False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and _is_texts(value) and 0 < len(set(value)) == len(value)


def _is_bounds(value: object) -> bool:
    return (
        isinstance(value, list)
        and [type(it) in {int, float} for it in value] == [True, True]
        and 0 <= value[0] < 1 < value[1]
    )


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) is not None


def _is_year(value: object) -> bool:
    return type(value) is int and 1943 <= value <= 2100  # noqa: PLR2004 - the official code begins in 1943


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1


def _is_amount(value: object) -> bool:
    return type(value) in {int, float} and value >= 0  # type: ignore[operator]  # a number by then


def _is_day(value: object) -> bool:
    return type(value) is dt.date


def _is_language(value: object) -> bool:
    return value in LANGUAGES


def _is_background(value: object) -> bool:
    return value in BACKGROUNDS


TABLES: Final = (
    "opsn", "services", "offers", "memberships", "answers", "questionnaire", "variables",
    "published_figures", "partnerships", "statements", "corrections", "cnil", "banatic",
)  # fmt: skip
_REQUIRED: Final = ("opsn", "services", "offers", "memberships")
SHAPE: Final[dict[str, dict[str, Key]]] = {
    "study": {
        "title": Key(_is_text, "text", required=True),
        "territory": Key(_is_slug, "slug", required=True),
        "territory_name": Key(_is_text, "text"),
        "millesime": Key(_is_year, "year", required=True),
        "date": Key(_is_day, "day", required=True),
        "language": Key(_is_language, "language"),
        "simulated": Key(_is_texts, "texts"),
        "contact": Key(_is_text, "text"),
    },
    "boundaries": {
        "region": Key(_is_text, "text"),
        "departements": Key(_is_texts, "texts"),
        "epci": Key(_is_texts, "texts"),
        "file": Key(_is_text, "text"),
    },
    "tables": {name: Key(_is_text, "text", required=name in _REQUIRED) for name in TABLES},
    "columns": {},
    "scenarios": {},
    "map": {"background": Key(_is_background, "background")},
    "thresholds": {"min_answers": Key(_is_count, "count")},
    "survey": {
        "margins": Key(_is_names, "names"),
        "weight_bounds": Key(_is_bounds, "bounds"),
        "named": Key(_is_names, "names"),
    },
    "rasters": {"population": Key(_is_text, "text")},
    "deserts": {
        "min_communes": Key(_is_count, "count"),
        "min_population": Key(_is_amount, "amount"),
        "urban_density": Key(_is_amount, "amount"),
        "urban_min_communes": Key(_is_count, "count"),
        "urban_min_population": Key(_is_amount, "amount"),
        "compare": Key(_is_text, "text"),
    },
}


SCENARIO: Final = {
    "memberships": ("opsn", "level", "code", "services"),
    "offers": ("opsn", "service", "level", "code"),
}
"""Tables that a scenario adds rows to, and what a row may say."""


def faults(content: dict[str, Any], path: Path) -> list[Fault]:
    """Tell all that is wrong with the content of a study file: keys, values, files that are not there.

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
    >>> [it.column for it in faults({"studi": {}, "boundaries": {"region": "32"}}, Path("study.toml"))][:2]
    ['studi', 'study.title']
    """
    return [*_unknown_keys(content, path), *_wrong_values(content, path), *_absent_files(content, path)]


def _unknown_keys(content: dict[str, Any], path: Path) -> Iterator[Fault]:
    """Tell every section and key that no study has, with the nearest that one has."""
    for section, keys in content.items():
        if section not in SHAPE:
            yield _unknown(section, SHAPE, path)
        elif section == "scenarios":
            yield from _wrong_scenarios(keys, path)
        elif not isinstance(keys, dict):
            yield Fault(cause="wrong_key", file=str(path), column=section, expected=f"[{section}]")
        elif section == "columns":
            yield from (_unknown(f"columns.{t}", [f"columns.{n}" for n in TABLES], path)
                        for t in keys if t not in TABLES)  # fmt: skip
        else:
            known = [f"{section}.{name}" for name in SHAPE[section]]
            yield from (
                _unknown(f"{section}.{key}", known, path) for key in keys if key not in SHAPE[section]
            )


def _wrong_scenarios(scenarios: object, path: Path) -> Iterator[Fault]:
    """Tell every scenario without a name, and every row that says what no table holds."""
    for number, it in enumerate(scenarios if isinstance(scenarios, list) else [scenarios], start=1):
        place = f"scenarios.{number}"
        if not isinstance(it, dict) or not _is_text(it.get("name")):
            yield Fault(cause="missing_key", file=str(path), column=f"{place}.name", expected="expected.text")
            continue
        yield from (_unknown(f"{place}.{key}", [f"{place}.{name}" for name in ("name", *SCENARIO)], path)
                    for key in it if key not in {"name", *SCENARIO})  # fmt: skip
        for table, known in SCENARIO.items():
            rows = it.get(table, [])
            if not isinstance(rows, list) or not all(_is_row(row, known) for row in rows):
                yield Fault(
                    cause="wrong_key",
                    file=str(path),
                    column=f"{place}.{table}",
                    value=str(rows),
                    expected=", ".join(known),
                )


def _is_row(row: object, known: Iterable[str]) -> bool:
    """Tell whether a scenario's row is a table of known texts."""
    return isinstance(row, dict) and row.keys() <= set(known) and all(map(_is_text, row.values()))


def _unknown(key: str, known: Iterable[str], path: Path) -> Fault:
    """Say that a key is unknown, and which one comes nearest."""
    return Fault(
        cause="unknown_key",
        file=str(path),
        column=key,
        nearest=next(iter(get_close_matches(key, known, 1)), None),
    )


def _wrong_values(content: dict[str, Any], path: Path) -> Iterator[Fault]:
    """Tell every required key that is missing and every value of the wrong kind."""
    for section, keys in SHAPE.items():
        found = content.get(section, {})
        if not isinstance(found, dict):
            continue
        for name, key in keys.items():
            expected = f"expected.{key.expected}"
            if name not in found and key.required:
                yield Fault(
                    cause="missing_key", file=str(path), column=f"{section}.{name}", expected=expected
                )
            elif name in found and not key.kind(found[name]):
                value = str(found[name])
                yield Fault(
                    cause="wrong_key",
                    file=str(path),
                    column=f"{section}.{name}",
                    value=value,
                    expected=expected,
                )
    mapping = content.get("columns", {})
    for table, headers in mapping.items() if isinstance(mapping, dict) else ():
        if not isinstance(headers, dict) or not all(map(_is_text, headers.values())):
            yield Fault(cause="wrong_key", file=str(path), column=f"columns.{table}", value=str(headers))
    place = content.get("boundaries", {})
    chosen = [key for key in ("region", "departements", "epci") if key in place]
    if len(chosen) > 1 or not place:
        yield Fault(
            cause="boundaries_key", file=str(path), column="boundaries", value=", ".join(chosen) or None
        )


def _absent_files(content: dict[str, Any], path: Path) -> Iterator[Fault]:
    """Tell every file that the study names and that does not exist."""
    named = dict(content["tables"]) if isinstance(content.get("tables"), dict) else {}
    for section, key in (("boundaries", "file"), ("rasters", "population"), ("deserts", "compare")):
        if isinstance(content.get(section), dict) and key in content[section]:
            named[section] = content[section][key]
    for file in filter(_is_text, named.values()):
        if not (path.parent / file).is_file():
            near = get_close_matches(Path(file).name, [p.name for p in path.parent.glob("*.*")], 1)
            yield Fault(cause="missing_file", file=str(path.parent / file), nearest=next(iter(near), None))
