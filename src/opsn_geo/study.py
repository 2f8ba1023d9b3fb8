"""A study: which territory, which vintage, which tables, told in one TOML file.

The file's shape is checked key by key against ``_SHAPE``; every fault is told at once.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self

from opsn_geo.errors import Fault, InputError
from opsn_geo.vocabulary import LANGUAGES, Language

_MIN_ANSWERS: Final = 5
BACKGROUNDS: Final = ("plan-ign", "osm")
"""Pictures that the HTML maps may be asked to show under their themes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What every published file says of itself.

    Parameters
    ----------
    title : str
        Title of the study.
    territory, territory_name : str
        Slug used in file names, and name as people write it.
    millesime : int
        Vintage year of the official geographic code.
    date : datetime.date
        Day at which memberships are measured.
    language : {"fr", "en"}
        Language of what is published.
    simulated : tuple of str
        Tables that hold simulated data; every output says so.
    contact : str
        Who answers for the study.
    background : {"", "plan-ign", "osm"}
        Pictures that the HTML maps ask a third party for; none by default.

    Examples
    --------
    >>> Metadata(title="t", territory="toy", territory_name="Toy", millesime=2021,
    ...          date=dt.date(2021, 2, 1)).stem
    'opsn-toy-2021'
    """

    title: str
    territory: str
    territory_name: str
    millesime: int
    date: dt.date
    language: Language = "fr"
    simulated: tuple[str, ...] = ()
    contact: str = ""
    background: str = ""

    @property
    def stem(self) -> str:
        """Name of the GeoPackage without its ending: people script on it."""
        return f"opsn-{self.territory}-{self.millesime}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Which communes are studied, and where their boundaries come from.

    One of ``region``, ``departements`` and ``epci`` chooses among the communes; ``file`` replaces the
    embedded boundaries by the user's own (all of its communes when nothing is chosen).
    """

    region: str = ""
    departements: tuple[str, ...] = ()
    epci: tuple[str, ...] = ()
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything a run needs to know, checked but not yet read.

    Parameters
    ----------
    metadata : Metadata
        What every published file says of the study.
    boundaries : Boundaries
        The territory.
    tables : mapping of str to pathlib.Path
        File of each table, found from the folder of the study file.
    columns : mapping of str to mapping of str to str
        For a table, the header in the user's file of each official column that is named otherwise.
    min_answers : int
        Groups of fewer answers are not published.
    rasters : mapping of str to pathlib.Path
        Rasters that the user brings: ``population``, people per cell.
    deserts : mapping of str to value
        How large a desert must be, by class of density if asked, and the study it is compared with.
    scenarios : mapping of str to mapping of str to list
        What-if scenarios by name: rows to add to ``memberships`` and ``offers``.
    file : pathlib.Path, optional
        The study file itself, for the manifest.

    Examples
    --------
    >>> study = Study.default()
    >>> study.metadata.territory, study.boundaries.region
    ('hauts-de-france', '32')
    """

    metadata: Metadata
    boundaries: Boundaries
    tables: Mapping[str, Path]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    min_answers: int = _MIN_ANSWERS
    rasters: Mapping[str, Path] = field(default_factory=dict)
    deserts: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Mapping[str, Mapping[str, list[dict[str, str]]]] = field(default_factory=dict)
    file: Path | None = None

    @classmethod
    def default(cls) -> Self:
        """Give the founding study, Hauts-de-France 2021, which the package carries with its data."""
        return cls.from_toml(data_dir() / "demo" / "study.toml")

    @classmethod
    def from_toml(cls, path: Path | str) -> Self:
        """Read a study file; paths in it start from its own folder.

        Raises
        ------
        InputError
            The file is missing or is not TOML; a key is unknown, missing or of the wrong kind; a table's
            file does not exist. All such faults are told at once.
        """
        path = Path(path)
        content = _toml(path)
        faults = [*_unknown_keys(content, path), *_wrong_values(content, path), *_absent_files(content, path)]
        if faults:
            raise InputError(faults)
        head, place = content["study"], content["boundaries"]
        return cls(
            metadata=Metadata(
                **{
                    "territory_name": head["territory"],
                    **head,
                    "simulated": tuple(head.get("simulated", ())),
                    **content.get("map", {}),
                }
            ),
            boundaries=Boundaries(
                region=place.get("region", ""),
                departements=tuple(place.get("departements", ())),
                epci=tuple(place.get("epci", ())),
                file=path.parent / place["file"] if "file" in place else None,
            ),
            tables={name: path.parent / file for name, file in content["tables"].items()},
            columns=content.get("columns", {}),
            min_answers=content.get("thresholds", {}).get("min_answers", _MIN_ANSWERS),
            rasters={name: path.parent / file for name, file in content.get("rasters", {}).items()},
            deserts=_from(path.parent, content.get("deserts", {}), "compare"),
            scenarios={
                it["name"]: {table: it[table] for table in _SCENARIO if table in it}
                for it in content.get("scenarios", [])
            },
            file=path,
        )


def _from(folder: Path, keys: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give the keys of a section with one of them, where it is there, as a path from a folder."""
    return {**keys, name: folder / keys[name]} if name in keys else dict(keys)


def data_dir() -> Path:
    """Find the data that come with the package: inside the installed wheel, or beside ``src`` in a clone."""
    package = Path(__file__).parent
    return next(
        place for place in (package / "_data", package.parents[1] / "data") if (place / "boundaries").is_dir()
    )


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key of the study file may hold."""

    kind: Callable[[Any], bool]
    expected: str
    required: bool = False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


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


_TABLES: Final = (
    "opsn", "services", "offers", "memberships", "answers", "questionnaire", "published_figures",
    "partnerships", "statements", "corrections", "cnil", "banatic",
)  # fmt: skip
_REQUIRED_TABLES: Final = ("opsn", "services", "offers", "memberships")
_SHAPE: Final[dict[str, dict[str, _Key]]] = {
    "study": {
        "title": _Key(_is_text, "text", required=True),
        "territory": _Key(_is_slug, "slug", required=True),
        "territory_name": _Key(_is_text, "text"),
        "millesime": _Key(_is_year, "year", required=True),
        "date": _Key(_is_day, "day", required=True),
        "language": _Key(_is_language, "language"),
        "simulated": _Key(_is_texts, "texts"),
        "contact": _Key(_is_text, "text"),
    },
    "boundaries": {
        "region": _Key(_is_text, "text"),
        "departements": _Key(_is_texts, "texts"),
        "epci": _Key(_is_texts, "texts"),
        "file": _Key(_is_text, "text"),
    },
    "tables": {name: _Key(_is_text, "text", required=name in _REQUIRED_TABLES) for name in _TABLES},
    "columns": {},
    "scenarios": {},
    "map": {"background": _Key(_is_background, "background")},
    "thresholds": {"min_answers": _Key(_is_count, "count")},
    "rasters": {"population": _Key(_is_text, "text")},
    "deserts": {
        "min_communes": _Key(_is_count, "count"),
        "min_population": _Key(_is_amount, "amount"),
        "urban_density": _Key(_is_amount, "amount"),
        "urban_min_communes": _Key(_is_count, "count"),
        "urban_min_population": _Key(_is_amount, "amount"),
        "compare": _Key(_is_text, "text"),
    },
}


_SCENARIO: Final = {
    "memberships": ("opsn", "level", "code", "services"),
    "offers": ("opsn", "service", "level", "code"),
}
"""Tables that a scenario adds rows to, and what a row may say."""


def _toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, or say in one fault why it cannot be read."""
    if not path.is_file():
        raise InputError([Fault(cause="missing_file", file=str(path))])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Fault(cause="not_utf8", file=str(path))]) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        row = int(line[1]) if line else None
        raise InputError([Fault(cause="broken_toml", file=str(path), row=row)]) from None


def _unknown_keys(content: dict[str, Any], path: Path) -> Iterator[Fault]:
    """Tell every section and key that no study has, with the nearest that one has."""
    for section, keys in content.items():
        if section not in _SHAPE:
            yield _unknown(section, _SHAPE, path)
        elif section == "scenarios":
            yield from _wrong_scenarios(keys, path)
        elif not isinstance(keys, dict):
            yield Fault(cause="wrong_key", file=str(path), column=section, expected=f"[{section}]")
        elif section == "columns":
            yield from (_unknown(f"columns.{t}", [f"columns.{n}" for n in _TABLES], path)
                        for t in keys if t not in _TABLES)  # fmt: skip
        else:
            known = [f"{section}.{name}" for name in _SHAPE[section]]
            yield from (
                _unknown(f"{section}.{key}", known, path) for key in keys if key not in _SHAPE[section]
            )


def _wrong_scenarios(scenarios: object, path: Path) -> Iterator[Fault]:
    """Tell every scenario without a name, and every row that says what no table holds."""
    for number, it in enumerate(scenarios if isinstance(scenarios, list) else [scenarios], start=1):
        place = f"scenarios.{number}"
        if not isinstance(it, dict) or not _is_text(it.get("name")):
            yield Fault(cause="missing_key", file=str(path), column=f"{place}.name", expected="expected.text")
            continue
        yield from (_unknown(f"{place}.{key}", [f"{place}.{name}" for name in ("name", *_SCENARIO)], path)
                    for key in it if key not in {"name", *_SCENARIO})  # fmt: skip
        for table, known in _SCENARIO.items():
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
    for section, keys in _SHAPE.items():
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
