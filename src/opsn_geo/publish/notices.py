"""Notices that every product repeats: which data are simulated, and of which territory, vintage and day.

One function for each length: a warning of one line (metadata, workbooks, the terminal), a notice of two
sentences (pages), a note for a section of the report. All name the tables with the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsn_geo.catalogue.numbers import count
from opsn_geo.catalogue.words import Language, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from opsn_geo.study import Metadata

__all__ = [
    "date_written",
    "population_notice",
    "populations_unknown",
    "section_notice",
    "simulation_notice",
    "simulation_title",
    "simulation_warning",
    "subtitle",
]


def simulation_warning(metadata: Metadata) -> str:
    """Warning of one line that names the simulated tables; empty where all are real."""
    return _naming("geopackage.simulated", metadata, metadata.simulated)


def simulation_notice(metadata: Metadata) -> str:
    """Notice of two sentences that names the simulated tables; empty where all are real."""
    return _naming("atlas.simulated_notice", metadata, metadata.simulated)


def simulation_title(lang: Language) -> str:
    """Words that stand before :func:`simulation_notice`."""
    return text("atlas.simulated_title", lang)


def section_notice(metadata: Metadata, *tables: str) -> str:
    """Note that names which of the tables a section rests on are simulated; empty where all are real."""
    return _naming(
        "report.rests_on_simulated", metadata, [name for name in tables if name in metadata.simulated]
    )


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


def _naming(key: str, metadata: Metadata, tables: Iterable[str]) -> str:
    """Text of the catalogue with the names of tables; empty without any."""
    names = texts("simulated_table", metadata.language)
    listed = ", ".join(names.get(table, table) for table in tables)
    return text(key, metadata.language, tables=listed) if listed else ""
