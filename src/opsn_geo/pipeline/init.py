"""A new study, ready to be filled in: its file with comments, its tables, a page that explains them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from opsn_geo.boundaries.embedded import embedded, places
from opsn_geo.boundaries.places import chosen
from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.basis import COLUMN as BASIS
from opsn_geo.catalogue.words import Language, text
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.values import slug
from opsn_geo.study import data_dir
from opsn_geo.study.keys import KEYS

_TABLES: Final = ("opsn", "services", "offers", "memberships", "corrections")
_OF_TABLES: Final[Mapping[str, str]] = {
    "columns": '# [columns.memberships]\n# since = "{header}"',
    "constants": '# [constants.memberships]\n# opsn = "mon-opsn"',
    "sheets": '# [sheets]\n# memberships = "Adhérents"',
    "header_rows": "# [header_rows]\n# memberships = 4",
}
"""Examples of the sections whose keys are tables."""
_MOST_NAMES: Final = 3
_PAGES: Final[Mapping[Language, str]] = {"fr": "LISEZMOI.md", "en": "README.md"}


def init_study(
    folder: Path | str,
    *,
    millesime: int,
    region: str = "",
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    lang: Language = "fr",
) -> list[Path]:
    """Write a ready study: ``study.toml``, its tables with a line of example each, and a page about them.

    Parameters
    ----------
    folder : Path or str
        Where to write; made if need be.
    millesime : int
        Vintage year of the boundaries.
    region, departements, epci
        What is studied, by codes or names; one of the three.
    lang : {"fr", "en"}
        Language of the comments, of the page and of what the study publishes.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        A place or a vintage is not that of the official code, or a file of the study is already there; then
        nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> from opsn_geo.study import Study
    >>> with tempfile.TemporaryDirectory() as place:
    ...     files = init_study(place, millesime=2021, departements=["2", "Somme"])
    ...     Study.from_toml(files[0]).metadata.territory
    'aisne-somme'
    """
    folder = Path(folder)
    if sum(map(bool, (region, departements, epci))) != 1:
        raise InputError([Fault(cause="boundaries_key", file=str(folder))])
    all_places = places(millesime)
    codes = chosen(all_places, millesime, region=region or None, departements=departements, epci=epci)
    place = embedded(
        millesime=millesime,
        region=next(iter(codes.regions), None),
        departements=codes.departements,
        epci=codes.epci,
    )
    choices = {
        "region": "".join(codes.regions),
        "departements": codes.departements,
        "epci": codes.epci,
    }
    values = {f"boundaries.{key}": value for key, value in choices.items() if value}
    contents = _contents(place, values, _name(codes.names(all_places)), lang)
    taken = [folder / name for name in contents if (folder / name).exists()]
    if taken:
        raise InputError(Fault(cause="file_there", file=str(file)) for file in taken)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return [folder / name for name in contents]


def _name(names: Sequence[str]) -> str:
    """Return the name of a territory: its places, the first few where there are many."""
    return ", ".join(names[:_MOST_NAMES]) + ("…" if len(names) > _MOST_NAMES else "")


def _contents(place: Territory, chosen: Mapping[str, object], name: str, lang: Language) -> dict[str, str]:
    """Return the content of every file of a new study, by its name."""
    title = text("init.title", lang, name=name)
    values = {
        "study.title": title,
        "study.territory": slug(name)[: KEYS["study"]["territory"].most].strip("-"),
        "study.territory_name": name,
        "study.millesime": place.millesime,
        "study.date": f"{place.millesime}-01-01",
        "study.language": lang,
        **chosen,
        **{f"tables.{table}": f"{table}.csv" for table in _TABLES},
        "thresholds.min_answers": KEYS["thresholds"]["min_answers"].default,
    }
    page = (resources.files("opsn_geo.study") / "template" / _PAGES[lang]).read_text(encoding="utf-8")
    examples = _examples(place)
    return {
        "study.toml": "\n".join(_study_file(values, lang)),
        _PAGES[lang]: page.format(
            title=title, tables="\n".join(_described(table, lang) for table in _TABLES)
        ),
        "services.csv": _services(),
        **{f"{table}.csv": _form(table, row) for table, row in examples.items()},
    }


def _study_file(values: Mapping[str, object], lang: Language) -> Iterator[str]:
    """Yield the lines of a study file: the keys that have a value, and the others as comments."""
    yield text("init.head", lang)
    for section, keys in KEYS.items():
        mark = "" if any(key.path in values for key in keys.values()) else "# "
        yield f"\n# {text(f'study_sections.{section}', lang)}"
        if section in _OF_TABLES:
            yield _OF_TABLES[section].format(header=text("init.header", lang))
            continue
        yield f"{mark}[[{section}]]" if section == "scenarios" else f"{mark}[{section}]"
        for key in keys.values():
            if key.path in values:
                yield f"{key.name} = {_toml(key.kind, values[key.path])}  # {key.definition(lang)}"
            else:
                yield f"# {key.name} = {key.example}  # {key.definition(lang)}"
    yield ""


def _toml(kind: str, value: object) -> str:
    """Return a value as TOML writes it; a day bears no quotes."""
    return str(value) if kind == "day" else json.dumps(value, ensure_ascii=False)


def _described(table: str, lang: Language) -> str:
    """Return the line of the page about a table: its file, what it holds, its required columns."""
    required = ", ".join(f"`{column.name}`" for column in SCHEMAS[table].columns if column.required)
    return f"| `{table}.csv` | {KEYS['tables'][table].definition(lang)} | {required} |"


def _examples(place: Territory) -> dict[str, dict[str, str]]:
    """Return one line of example for each table, true of the territory."""
    departement = str(place.departements.index[0])
    commune = place.communes[place.communes["inside"]].iloc[0]
    return {
        "opsn": {"opsn": "mon-opsn", "name": "Mon OPSN", "legal_form": "syndicat_mixte",
                 "departements": departement, "list_complete": "false", "basis": "assumed"},
        "offers": {"opsn": "mon-opsn", "service": "dpd", "level": "departement", "code": departement,
                   "basis": "assumed"},
        "memberships": {"opsn": "mon-opsn", "level": "commune", "code": str(commune.name),
                        "name": commune["name"], "since": f"{place.millesime}-01-01", "basis": "assumed"},
        "corrections": {},
    }  # fmt: skip


def _services() -> str:
    """Return the national catalogue of services as a table of one's own: it does not say what it rests on."""
    with (data_dir() / "demo" / "services.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    read = {column.name for column in SCHEMAS["services"].columns}
    columns = [name for name in rows[0] if name in read and not name.endswith(BASIS)]
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _form(table: str, example: Mapping[str, str]) -> str:
    """Return an empty table: its header, and a line of example if there is one."""
    columns: Sequence[str] = [column.name for column in SCHEMAS[table].columns]
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, restval="", lineterminator="\n")
    writer.writeheader()
    if example:
        writer.writerow(example)
    return written.getvalue()
