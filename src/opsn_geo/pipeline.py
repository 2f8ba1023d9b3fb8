"""From a study to its results: the one place where the four stages meet.

:func:`prepare` reads and links, :func:`measure` measures, :func:`write` publishes; :func:`run` does all
three. Each can be used alone, in a notebook or a script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from opsn_geo import link
from opsn_geo.errors import Fault
from opsn_geo.link.passage import read_passage
from opsn_geo.measure.coverage import coverage, epci_coverage
from opsn_geo.measure.ladder import couverture, summary
from opsn_geo.publish import manifest
from opsn_geo.publish import tables as csv_tables
from opsn_geo.publish.staging import staged
from opsn_geo.read.boundaries import Territory, embedded
from opsn_geo.read.check import checked_tables
from opsn_geo.read.recognised import user_boundaries
from opsn_geo.read.survey import answers as survey_answers
from opsn_geo.read.tables import table
from opsn_geo.study import Study, data_dir
from opsn_geo.vocabulary import text

if TYPE_CHECKING:
    from opsn_geo.link import Linked

Progress = Callable[[str], None]

REJECT_COLUMNS: Final = ("table", "row", "cause", "value", "candidates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A study read and linked, ready to be measured.

    Parameters
    ----------
    study : Study
        What was asked.
    territory : Territory
        Communes, EPCI and départements of the study's vintage.
    tables : mapping of str to DataFrame
        ``opsn``, ``services``, ``offers``, ``memberships`` and whatever else the study names, checked and
        linked to official codes.
    answers : DataFrame, optional
        On ``respondent``: one typed column per item. It stays in memory: no individual answer is published.
    respondents : DataFrame, optional
        On ``respondent``: the commune or EPCI each was placed in.
    rejects : DataFrame
        Rows that could not be linked: table, row, cause, value, candidates.
    counts : mapping of str to int
        Rows read, linked and rejected, by table.
    """

    study: Study
    territory: Territory
    tables: Mapping[str, pd.DataFrame]
    answers: pd.DataFrame | None
    respondents: pd.DataFrame | None
    rejects: pd.DataFrame
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What was measured: layers and tables by the names they are published under.

    Parameters
    ----------
    prepared : Prepared
        What was measured upon.
    layers : mapping of str to GeoDataFrame
        ``communes`` on code_insee, ``epci`` on siren_epci, ``departements`` on code_dep, ``opsn`` on opsn.
    tables : mapping of str to DataFrame
        ``services``, ``offres``, ``adhesions``, ``couverture``, ``rejets``…
    """

    prepared: Prepared
    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    warnings: tuple[str, ...] = field(default=())

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were not used, each with its cause."""
        return self.prepared.rejects

    def reject_faults(self) -> list[Fault]:
        """Give the rejected rows as faults, for a strict run."""
        files = self.prepared.study.tables
        return [
            Fault(
                cause="rejected_row",
                file=str(files[row["table"]]),
                row=row["row"],
                value=row["value"] or None,
            )
            for row in self.rejects.fillna("").to_dict("records")
        ]

    def summary(self, out: Path) -> str:
        """Say in a few lines what was done and where it lies."""
        metadata = self.prepared.study.metadata
        communes = self.layers["communes"]
        inside = communes[communes["inside"]]
        return text(
            "summary.run",
            metadata.language,
            title=metadata.title,
            communes=len(inside),
            epci=len(self.layers["epci"]),
            reached=int((inside["opsn_count"] > 0).sum()),
            rejects=len(self.rejects),
            atlas=out / "atlas.html",
            gpkg=out / f"{metadata.stem}.gpkg",
        )


def run(study: Study | None = None, out: Path | str = "maps", *, progress: Progress | None = None) -> Results:
    """Carry a study from end to end and write its results.

    Parameters
    ----------
    study : Study, optional
        By default the founding study, Hauts-de-France 2021.
    out : path
        Folder to write in.
    progress : callable, optional
        Called with the name of each stage as it begins.

    Returns
    -------
    Results
        What was written, as frames.

    Raises
    ------
    InputError
        The study's files are at fault; nothing is written.
    MachineError
        The results cannot be written; the former ones are left whole.
    """
    progress = progress or (lambda _stage: None)
    progress("read")
    prepared = prepare(study or Study.default())
    progress("measure")
    results = measure(prepared)
    progress("publish")
    write(results, Path(out))
    return results


def prepare(study: Study) -> Prepared:
    """Read and check every table of a study, and link what it names to official codes.

    Raises
    ------
    InputError
        Anything is wrong in any file; all faults are told at once.
    """
    territory = _territory(study)
    tables = checked_tables(study.tables, study.columns)
    moves = read_passage(data_dir() / "boundaries")
    corrections = tables.get("corrections")
    found: dict[str, Linked] = {
        "offers": link.link_offers(tables["offers"], territory, moves),
        "memberships": link.link_members(tables["memberships"], territory, moves, corrections=corrections),
    }
    answers = None
    if {"answers", "questionnaire"} <= study.tables.keys():
        file = study.tables["answers"]
        answers = survey_answers(table(file), tables["questionnaire"], str(file))
        found["answers"] = link.link_answers(answers, territory, moves, corrections=corrections)
    linked = {name: it.linked for name, it in found.items() if name != "answers"}
    return Prepared(
        study=study,
        territory=territory,
        tables={**tables, **linked, "opsn": link.mended_opsn(tables["opsn"])},
        answers=answers,
        respondents=found["answers"].linked if "answers" in found else None,
        rejects=pd.concat([_rejects(name, it) for name, it in found.items()], ignore_index=True),
        counts=_counts(tables if answers is None else {**tables, "answers": answers}, found),
    )


def _rejects(table: str, found: Linked) -> pd.DataFrame:
    """List the rejected rows of a table; what a respondent wrote is not repeated."""
    rows = found.rejected
    names = [it for it in ("name", "code") if it in rows.columns]
    value = rows[names].bfill(axis=1).iloc[:, 0] if names else pd.Series("", index=rows.index)
    listed = rows.assign(table=table, row=rows.index.astype("str"), value=value)
    return listed.reindex(columns=list(REJECT_COLUMNS)).reset_index(drop=True)


def _counts(tables: Mapping[str, pd.DataFrame], found: Mapping[str, Linked]) -> dict[str, int]:
    """Count what was read, linked and rejected."""
    read = {f"{name}_read": len(frame) for name, frame in tables.items()}
    linked = {f"{name}_linked": it.linked.index.nunique() for name, it in found.items()}
    rejected = {f"{name}_rejected": it.rejected.index.nunique() for name, it in found.items()}
    return read | linked | rejected


def _territory(study: Study) -> Territory:
    """Read the boundaries that a study asks for."""
    place, about = study.boundaries, study.metadata
    if place.file is not None:
        return user_boundaries(
            place.file,
            millesime=about.millesime,
            name=about.territory,
            region=place.region,
            departements=place.departements,
            epci=place.epci,
        )
    return embedded(
        millesime=about.millesime,
        name=about.territory,
        region=place.region or None,
        departements=place.departements,
        epci=place.epci,
    )


def measure(prepared: Prepared) -> Results:
    """Measure a prepared study: who is reached, by which path, for what.

    Answers are not taken as evidence of use here: what one commune answered must not be read off a map.
    """
    tables, territory = prepared.tables, prepared.territory
    listed = [tables[name] for name in ("services", "opsn", "offers", "memberships")]
    day = prepared.study.metadata.date
    known = coverage(territory.communes, *listed, date=day)
    own = epci_coverage(territory.communes, *listed, date=day)
    layers = {
        "communes": territory.communes.join(summary(known)),
        "epci": territory.epci.join(summary(own).add_prefix("own_")),
        "departements": territory.departements,
        "opsn": _seats(tables["opsn"], territory.communes),
    }
    published = {
        "services": tables["services"],
        "offres": tables["offers"],
        "adhesions": tables["memberships"],
        "couverture": couverture(known),
        "rejets": prepared.rejects,
    }
    return Results(prepared=prepared, layers=layers, tables=published)


def _seats(opsn: pd.DataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Place each OPSN at the town hall of its seat; one seated beyond the communes has no place."""
    at = communes[["mairie_x", "mairie_y"]].reindex(opsn["seat"]).to_numpy()
    places = gpd.points_from_xy(*at.T, crs=communes.crs)
    frame = gpd.GeoDataFrame(opsn.set_index("opsn"), geometry=places)
    return frame.assign(geometry=frame.geometry.where(~frame.geometry.is_empty & frame.geometry.is_valid))


def write(results: Results, out: Path) -> None:
    """Write everything a run publishes into a folder: all of it, or nothing.

    Raises
    ------
    MachineError
        The folder cannot be written; the former results are left whole.
    """
    from opsn_geo.publish import atlas, geopackage  # noqa: PLC0415 - folium is heavy, and only needed here
    from opsn_geo.publish.themes import themes_for  # noqa: PLC0415

    prepared = results.prepared
    study, metadata = prepared.study, prepared.study.metadata
    themes = themes_for(results.layers, metadata.language)
    tables = {name: frame for name, frame in results.tables.items() if name != "rejets"}
    attributes = {name: pd.DataFrame(it.drop(columns="geometry")) for name, it in results.layers.items()}
    with staged(out) as aside:
        geopackage.write(aside / f"{metadata.stem}.gpkg", results.layers, results.tables, metadata, themes)
        atlas.write(
            aside / "atlas.html",
            results.layers,
            results.tables["couverture"],
            results.tables["services"],
            results.tables["opsn"] if "opsn" in results.tables else prepared.tables["opsn"],
            metadata,
            themes,
        )
        csv_tables.write(aside / "tables", {**attributes, **tables, "rejets": results.rejects})
        content = manifest.manifest(
            metadata,
            inputs={"study": study.file, **study.tables} if study.file else study.tables,
            counts=prepared.counts,
            rejects=[{str(key): it for key, it in row.items()} for row in results.rejects.to_dict("records")],
            warnings=results.warnings,
            outputs=[file for file in aside.rglob("*") if file.is_file()],
            root=aside,
        )
        manifest.write(aside / "manifest.json", content)
