"""Words and texts in French and English: labels of codes and columns, sentences, plurals.

Every text lies in ``catalogue/*.toml``, a few files by subject, each entry with its ``fr`` and ``en`` form.
What a run publishes is declared there too: see :mod:`opsn_geo.catalogue.register`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Final, Literal, get_args

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@cache
def catalogue() -> dict[str, Any]:
    """Return everything that the files of the catalogue hold, by the names of their top-level tables."""
    merged: dict[str, Any] = {}
    for file in sorted(resources.files("opsn_geo").joinpath("catalogue").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            for room, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
                merged.setdefault(room, {}).update(entries)
    return merged


def _entry(key: str) -> Any:  # noqa: ANN401 - a catalogue entry is a table or a text
    """Return the entry of a dotted key; an absent one is a mistake in the program, not of the user."""
    entry: Any = catalogue()
    for part in key.split("."):
        if part not in entry:
            message = f"the catalogue has no entry {key!r}"
            raise KeyError(message)
        entry = entry[part]
    return entry


def text(key: str, lang: Language = "fr", **values: object) -> str:
    """Return a text of the catalogue in one language, with its ``{values}`` filled in.

    Parameters
    ----------
    key : str
        Dotted place in the catalogue, such as ``"state.member"``.
    lang : {"fr", "en"}
        Language wanted.
    **values : object
        What stands in the braces of the text.

    Raises
    ------
    KeyError
        No such entry, or no such language in it: a mistake in the program.

    Examples
    --------
    >>> text("state.member", "fr"), text("state.member", "en")
    ('adhésion en vigueur', 'member')
    >>> text("report.number_of_communes", "en", number="1"), text("report.number_of_communes", "en", number=2)
    ('1 commune', '2 communes')
    """
    template: str = _entry(key)[lang]
    if values and ":|" in template:
        return _Counting(lang).vformat(template, (), values)
    return template.format(**values) if values else template


def is_one(number: object, lang: Language) -> bool:
    r"""Whether a noun after a number is singular: 0 and 1.5 are so in French, 1 alone in English.

    The number may be written already, as its language writes it.

    >>> [is_one(n, "fr") for n in (0, "1,5", "1\u202f000")], [is_one(n, "en") for n in (0, 1, "1,000")]
    ([True, True, False], [False, True, False])
    """
    written = re.sub(r"[^0-9.,-]", "", str(number).replace("−", "-"))
    plain = written.replace(",", "." if lang == "fr" else "")
    if not re.fullmatch(r"-?\d+(\.\d+)?", plain):
        return False
    return abs(float(plain)) < 2 if lang == "fr" else float(plain) == 1  # noqa: PLR2004


class _Counting(Formatter):
    """Fill in the catalogue's texts; ``{n:|commune|communes}`` is the noun that goes with the number n."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def format_field(self, value: object, format_spec: str) -> str:
        if not format_spec.startswith("|"):
            return str(super().format_field(value, format_spec))
        one, several = format_spec[1:].split("|")
        return one if is_one(value, self._lang) else several


def texts(key: str, lang: Language = "fr") -> dict[str, str]:
    """Return every text directly under a key, such as the label of each state.

    >>> list(texts("state", "fr"))
    ['not_offered', 'offered', 'member', 'used', 'unknown']
    """
    return {name: entry[lang] for name, entry in _entry(key).items()}


def enumerated(words: Iterable[str], lang: Language = "fr", most: int | None = None) -> str:
    """Return words as a sentence lists them: commas, then "and"; those beyond ``most`` are counted.

    >>> enumerated(["a", "b", "c"], "en"), enumerated(["a"], "en"), enumerated("abcde", "fr", most=2)
    ('a, b and c', 'a', 'a, b et 3 autres')
    """
    listed = list(words)
    if most is not None and len(listed) > most + 1:
        rest = text("enumeration.others", lang, number=str(len(listed) - most))
        listed = [*listed[:most], rest]
    if len(listed) < 2:  # noqa: PLR2004 - a list of one needs no "and"
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {text('enumeration.and', lang)} {listed[-1]}"


def entries(key: str) -> dict[str, Any]:
    """Return what the catalogue holds under a key, as its files have it.

    >>> entries("maps.dependence")["column"]
    'dependence_share'
    """
    held: dict[str, Any] = _entry(key)
    return held


def column_entry(column: str, table: str = "") -> dict[str, Any]:
    """Return the entry of a column, with what differs in one table; empty for a column of the user's own.

    >>> column_entry("area_km2")["official"], column_entry("my_own_column")
    (True, {})
    """
    declared = catalogue()["columns"]
    return {**declared.get(column, {}), **declared.get(f"{table}.{column}", {})}


def label(column: str, lang: Language = "fr", table: str = "") -> str:
    """Return the alias of a column: what a reader sees instead of its name.

    A column that the catalogue does not have (one that a user added) keeps its name.

    >>> label("code_insee", "fr"), label("my_own_column", "fr")
    ('Code INSEE', 'my_own_column')
    """
    name: str = column_entry(column, table).get("label", {}).get(lang, column)
    return name


def level_name(code: str, names: Mapping[str, str]) -> str | None:
    """Return the name of ``variable=level``, of each level where several are joined; None where it has none.

    >>> level_name("size=a+b", {"size=a": "Small", "size=b": "Large"}), level_name("grade=+", {})
    ('Small + Large', None)
    """
    if code in names:
        return names[code]
    variable, _, level = code.partition("=")
    parts = [names.get(f"{variable}={it}") for it in level.split("+")]
    return " + ".join(map(str, parts)) if None not in parts else None


def definition(column: str, lang: Language = "fr", table: str = "") -> str:
    """Return the definition of a column, or an empty text where the catalogue has none.

    >>> definition("population", "en").startswith("Municipal population")
    True
    """
    defined: str = column_entry(column, table).get("definition", {}).get(lang, "")
    return defined


def unit(column: str, lang: Language = "fr", table: str = "") -> str:
    """Return the unit of a column: the catalogue's own, else what the end of its name says.

    >>> unit("area_km2"), unit("covered_share"), unit("name")
    ('km²', 'part (0 à 1)', '')
    """
    ending = column.rsplit("_", 1)[-1]
    key = column_entry(column, table).get("unit") or (ending if ending in _entry("unit") else "")
    return text(f"unit.{key}", lang) if key else ""
