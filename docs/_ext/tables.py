"""Tables made from the code when the pages are built, so that they cannot fall behind it.

``{input-columns} memberships``
    Columns of an input table, from its schema.
``{study-keys} survey``
    Keys of a section of the study file, as the catalogue declares them.
``{faults} missing_column wrong_value``
    What may be wrong and how to mend it, from the catalogue.
``{causes}``
    Why a row may be rejected, from the catalogue.
``{contents}``, ``{columns}``
    Layers and tables that a run writes; their columns.
``{command-line}``
    Every command with its options, from the command line itself.
``{api} measure``
    The reference of every public module of a package, or of some modules; ``measure.*``: without its
    packages.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click
from sphinx.util.docutils import SphinxDirective

from opsn_geo.catalogue.register import columns as published_columns
from opsn_geo.catalogue.register import tables as published_tables
from opsn_geo.catalogue.words import Language, definition, label, text, unit
from opsn_geo.cli import command_line
from opsn_geo.linkage.causes import Cause
from opsn_geo.read.schema import SCHEMAS, Column
from opsn_geo.read.values import EXAMPLES
from opsn_geo.study.keys import KEYS, Key

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_LANG: Final[Language] = "en"
_HEADS: Final[Mapping[str, Mapping[Language, Sequence[str]]]] = {
    "input-columns": {
        "en": ("column", "needed", "what it holds", "other headers recognised"),
        "fr": ("colonne", "nécessaire", "ce qu’elle contient", "autres en-têtes reconnus"),
    },
    "study-keys": {
        "en": ("key", "needed", "meaning", "value"),
        "fr": ("clé", "nécessaire", "sens", "valeur"),
    },
    "faults": {"en": ("what you may read", "what to do"), "fr": ("ce que vous pouvez lire", "que faire")},
    "causes": {"en": ("cause", "in words", "what to do"), "fr": ("cause", "en clair", "que faire")},
}
"""Heads of the tables that pages in both languages hold."""
_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"yes": "yes", "of_table": "from the table", "where_empty": "where empty", "if_absent": "if absent",
           "from": "from", "to": "to"},
    "fr": {"yes": "oui", "of_table": "de la table", "where_empty": "si elle est vide",
           "if_absent": "à défaut",
           "from": "de", "to": "à", "text": "texte", "boolean": "oui ou non", "integer": "nombre entier",
           "number": "nombre", "share": "part", "slug": "nom court", "slugs": "noms courts"},
}  # fmt: skip


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    cells = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(it.replace("|", "\\|") for it in row) + " |" for row in cells)


def input_columns(name: str, lang: Language = _LANG) -> str:
    """Return the columns of an input table."""
    yes = _WORDS[lang]["yes"]
    return table(
        _HEADS["input-columns"][lang],
        (
            (f"`{it.name}`", yes if it.required else "", _holds(it, lang), ", ".join(it.headers[:6]))
            for it in SCHEMAS[name].columns
        ),
    )


def _holds(column: Column, lang: Language) -> str:
    """Return what a column may hold: its values, or an example of its kind; and its default."""
    parts = [", ".join(f"`{it}`" for it in column.allowed)] if column.allowed else []
    if column.refers_to and column.refers_to != column.name:
        parts.append(f"{_WORDS[lang]['of_table']} `{column.refers_to}`")
    if not parts:
        kind, colon = _WORDS[lang].get(column.kind, column.kind), text("place.colon", lang)
        parts.append(f"{kind}{colon}{EXAMPLES[column.kind]}" if column.kind in EXAMPLES else kind)
    if column.default is not None:
        parts.append(f"`{column.default}` {_WORDS[lang]['where_empty']}")
    return "; ".join(parts)


def study_keys(section: str, lang: Language = _LANG) -> str:
    """Return the keys of a section of the study file."""
    yes = _WORDS[lang]["yes"]
    return table(
        _HEADS["study-keys"][lang],
        (
            (f"`{key.path}`", yes if key.required else "", key.definition(lang), _value(key, lang))
            for key in KEYS[section].values()
        ),
    )


def _value(key: Key, lang: Language) -> str:
    """Return what a key may hold: its choices or its kind, its bounds and unit, its default."""
    expected = key.expected
    words = _WORDS[lang]
    parts = [text(expected, lang) if expected.startswith("expected.") else f"`{expected}`"]
    if key.kind in {"year", "day"}:
        parts.append(f"{words['from']} {key.least} {words['to']} {key.most}")
    if key.unit:
        parts.append(text(f"unit.{key.unit}", lang))
    if key.default is not None:
        parts.append(f"`{key.default}` {words['if_absent']}")
    return "; ".join([*parts, f"`{key.example}`"] if key.kind == "rows" else parts)


def faults(names: str, lang: Language = _LANG) -> str:
    """Return faults: what was found and how to mend it."""
    return table(
        _HEADS["faults"][lang],
        (
            (text(f"faults.{it}.found", lang).capitalize(), text(f"faults.{it}.remedy", lang))
            for it in names.split()
        ),
    )


def causes(_: str, lang: Language = _LANG) -> str:
    """Return why a row may be rejected and how to mend it."""
    return table(
        _HEADS["causes"][lang],
        ((f"`{it}`", text(f"cause.{it}", lang), text(f"cause_remedy.{it}", lang)) for it in map(str, Cause)),
    )


def contents(_: str) -> str:
    """Return the layers and tables that a run writes."""
    return table(
        ("layer or table", "title", "what it holds", "key", "section of the report"),
        (
            (
                f"`{it.name}`",
                it.title(_LANG),
                it.contents(_LANG),
                ", ".join(f"`{name}`" for name in it.key),
                text(f"report.{it.report}", _LANG) if it.report else "",
            )
            for it in published_tables().values()
        ),
    )


def columns(_: str) -> str:
    """Return the columns of everything that a run writes, with their definitions."""
    declared = sorted(published_columns().values(), key=lambda it: it.name)
    return table(
        ("column", "alias", "kind", "unit", "definition"),
        (
            (f"`{it.name}`", label(it.name, _LANG), it.kind, unit(it.name, _LANG), definition(it.name, _LANG))
            for it in declared
            if definition(it.name, _LANG)
        ),
    )


def command_lines(_: str) -> str:
    """Return the help of each command, in English."""
    return "\n\n".join(_commands(command_line(_LANG), "opsn-geo"))


def _commands(group: click.Group, path: str) -> Iterator[str]:
    """Yield the help of each command of a group, and of the groups in it."""
    for name, command in group.commands.items():
        full = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from _commands(command, full)
        else:
            context = click.Context(command, info_name=full, max_content_width=90)
            yield f"## {full}\n\n```text\n{command.get_help(context)}\n```"


def api(packages: str) -> str:
    """Return the reference of modules, or of every public module of packages: a list of them, then each."""
    names = [it for package in packages.split() for it in modules(package)]
    subjects = table(
        ("module", "subject"), ((f"{{py:mod}}`opsn_geo.{it}`", _first_sentence(it)) for it in names)
    )
    options = "   :members:\n   :ignore-module-all:"
    parts = [f"## {it}\n\n```{{eval-rst}}\n.. automodule:: opsn_geo.{it}\n{options}\n```" for it in names]
    return "\n\n".join([subjects, *parts])


def _first_sentence(module: str) -> str:
    """Return the first paragraph of a module's docstring, on one line."""
    documented = inspect.getdoc(import_module(f"opsn_geo.{module}")) or ""
    return " ".join(documented.partition("\n\n")[0].split())


def modules(package: str) -> list[str]:
    """Return the names of the public modules of a package and of the packages in it; a module is its own.

    ``package.*`` stands for the modules of the package itself, without those of the packages in it.
    """
    if package.endswith(".*"):
        parent = package.removesuffix(".*")
        own = pkgutil.iter_modules(import_module(f"opsn_geo.{parent}").__path__)
        return [f"{parent}.{it.name}" for it in own if not it.ispkg and not it.name.startswith("_")]
    path = getattr(import_module(f"opsn_geo.{package}"), "__path__", None)
    if path is None:
        return [package]
    inner = [it.name for it in pkgutil.iter_modules(path) if not it.name.startswith("_")]
    return [it for name in inner for it in modules(f"{package}.{name}")]


class Made(SphinxDirective):
    """A directive whose text is made by the function of its name, in French on the pages in French."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make the text and read it as Markdown."""
        argument = self.arguments[0] if self.arguments else ""
        in_french = self.env.docname.startswith("fr/") and self.name in _HEADS
        made = _MAKERS[self.name](argument, **{"lang": "fr"} if in_french else {})
        return self.parse_text_to_nodes(made, allow_section_headings=True)


_MAKERS: Final = {
    "input-columns": input_columns,
    "study-keys": study_keys,
    "faults": faults,
    "causes": causes,
    "contents": contents,
    "columns": columns,
    "command-line": command_lines,
    "api": api,
}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Offer the directives."""
    for name in _MAKERS:
        app.add_directive(name, Made)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
