"""Notices that every product repeats: what is simulated or assumed; of which territory, vintage and day.

One function for each length: a warning of one line (metadata, workbooks, the terminal), a notice of a few
sentences (pages), a note for a section of the report, a line under a figure. All name the inputs with the
same words, and are empty where there is nothing to warn of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsn_geo.catalogue.basis import Basis, Counted, basis_label
from opsn_geo.catalogue.numbers import count
from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.catalogue.words import Language, enumerated, text, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pandas as pd

    from opsn_geo.study import Metadata

__all__ = [
    "basis_line",
    "basis_notice",
    "basis_title",
    "basis_warning",
    "date_written",
    "population_notice",
    "populations_unknown",
    "response_notice",
    "section_notice",
    "simulation_warning",
    "subtitle",
    "weak_basis",
]


def simulation_warning(metadata: Metadata, names: Collection[str] | None = None) -> str:
    """Return a warning of one line that names the simulated inputs: among some, or all."""
    return _naming("geopackage.simulated", metadata, metadata.resting_on(Basis.SIMULATED, names))


def basis_warning(metadata: Metadata, names: Collection[str] | None = None) -> str:
    """Return :func:`simulation_warning`, and a sentence that names the assumed inputs."""
    assumed = _naming("basis_notice.assumed", metadata, metadata.resting_on(Basis.ASSUMED, names))
    return " ".join(filter(None, [simulation_warning(metadata, names), assumed]))


def basis_notice(metadata: Metadata) -> str:
    """Return a notice of a few sentences that names the simulated inputs, then the assumed ones."""
    parts = [
        _naming(f"basis_notice.{basis}", metadata, metadata.resting_on(basis))
        for basis in (Basis.SIMULATED, Basis.ASSUMED)
    ]
    return " ".join(filter(None, parts))


def basis_title(metadata: Metadata) -> str:
    """Return the words that stand before :func:`basis_notice`; empty where it is."""
    weakest = next((it for it in (Basis.SIMULATED, Basis.ASSUMED) if metadata.resting_on(it)), None)
    return text(f"basis_title.{weakest}", metadata.language) if weakest else ""


def weak_basis(metadata: Metadata, names: Collection[str]) -> str:
    """Return the word for the weakest basis of some inputs where it is assumed or simulated, else nothing."""
    weakest = metadata.weakest(names)
    return basis_label(weakest, metadata.language) if weakest in {Basis.ASSUMED, Basis.SIMULATED} else ""


def section_notice(metadata: Metadata, names: Collection[str]) -> str:
    """Return a note that names which of the inputs that a section rests on are simulated or assumed."""
    parts = [
        _naming(f"basis_section.{basis}", metadata, metadata.resting_on(basis, names))
        for basis in (Basis.SIMULATED, Basis.ASSUMED)
    ]
    return " ".join(filter(None, parts))


def basis_line(metadata: Metadata, names: Collection[str]) -> str:
    """Return the line that stands under a figure: the weakest basis of its inputs, and which they are."""
    weakest = metadata.weakest(names)
    inputs = _listed(metadata.resting_on(weakest, names), metadata.language)
    values = {"basis": basis_label(weakest, metadata.language), "inputs": inputs}
    return text("basis_line.of_inputs" if inputs else "basis_line.alone", metadata.language, **values)


def populations_unknown(communes: pd.DataFrame) -> tuple[str, dict[str, int]] | None:
    """Entry of ``notice`` on the communes of a study whose population is not known, and its numbers; or none.

    >>> import pandas as pd
    >>> populations_unknown(pd.DataFrame({"inside": True, "population": [5, None]}))
    ('missing_population', {'missing': 1, 'communes': 2})
    """
    inside = communes[communes["inside"]]
    missing = int(inside["population"].isna().sum())
    key = "no_population" if missing == len(inside) else "missing_population"
    return (key, {"missing": missing, "communes": len(inside)}) if missing else None


def population_notice(communes: pd.DataFrame, lang: Language) -> str:
    """Sentence on the communes whose population is not known; empty where all are."""
    unknown = populations_unknown(communes)
    if unknown is None:
        return ""
    key, values = unknown
    sentence = text(f"notice.{key}", lang, **{name: count(it, lang) for name, it in values.items()})
    return sentence[:1].upper() + sentence[1:]


def response_notice(metadata: Metadata) -> str:
    """Sentence on why who answered is shown in groups only; empty where it is public, or nobody was asked."""
    is_grouped = metadata.respondents == GROUPED and any(it.table == "answers" for it in metadata.counted)
    return text("response_notice.grouped", metadata.language) if is_grouped else ""


def census_note(metadata: Metadata) -> str:
    """Sentence on the census that populations come from; empty where the boundaries are the user's own."""
    return "" if metadata.census is None else text("census.note", metadata.language, year=metadata.census)


def subtitle(metadata: Metadata) -> str:
    """Territory, vintage and day, in a line under a title."""
    return text(
        "atlas.subtitle",
        metadata.language,
        territory=metadata.territory_name,
        millesime=metadata.millesime,
        date=date_written(metadata),
    )


def date_written(metadata: Metadata) -> str:
    """Day of a study, as its language writes it."""
    return metadata.date.strftime("%d/%m/%Y") if metadata.language == "fr" else metadata.date.isoformat()


def _naming(key: str, metadata: Metadata, counted: Iterable[Counted]) -> str:
    """Return a text of the catalogue with the names of inputs; empty without any."""
    listed = _listed(counted, metadata.language)
    return text(key, metadata.language, tables=listed) if listed else ""


def _listed(counted: Iterable[Counted], lang: Language) -> str:
    """Return the names of inputs, each with how many of its rows are meant where not all are."""
    names = texts("input", lang)
    return enumerated(
        (
            text("input_part", lang, input=names.get(it.name, it.name), rows=it.rows, total=it.total)
            if it.rows < it.total
            else names.get(it.name, it.name)
            for it in counted
        ),
        lang,
    )
