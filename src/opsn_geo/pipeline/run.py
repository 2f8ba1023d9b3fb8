"""From a study to its results: the one place where the four stages meet.

:func:`~opsn_geo.pipeline.load.load` reads and links, :func:`measure` measures, :func:`write` publishes;
:func:`run` does all three. Each can be used alone, in a notebook or a script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.catalogue.register import maps
from opsn_geo.catalogue.states import State, covered
from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.catalogue.words import text
from opsn_geo.errors import Fault, InputError
from opsn_geo.measure.disclosure import coarse
from opsn_geo.pipeline.analyses import coverage, deserts, extension, panorama, shared_measures
from opsn_geo.pipeline.analyses import named_answers as replies
from opsn_geo.pipeline.analyses import published as figures
from opsn_geo.pipeline.analyses import survey as representativeness
from opsn_geo.pipeline.analyses.basis import counted_table, with_basis
from opsn_geo.pipeline.analyses.overview import overview
from opsn_geo.pipeline.analyses.secrecy import NAMED
from opsn_geo.pipeline.kinds import as_declared
from opsn_geo.pipeline.labels import labels
from opsn_geo.pipeline.load import Inputs, load
from opsn_geo.pipeline.rounding import rounded
from opsn_geo.publish import gate, manifest, notices
from opsn_geo.publish.geopackage import former as former_file
from opsn_geo.publish.sentences import worded
from opsn_geo.publish.staging import recover, staged
from opsn_geo.publish.tables import csv_files as csv_tables
from opsn_geo.read.fingerprints import changed
from opsn_geo.read.frames import choice_faults
from opsn_geo.study import Study

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from opsn_geo.publish.report.model import Material


__all__ = ["Inputs", "Results", "load", "measure", "published", "run", "write", "write_fiche", "write_report"]

_ANALYSES: Final = (coverage, deserts, representativeness, replies, panorama, extension, figures)
Progress = Callable[[str], None]
_Frame = TypeVar("_Frame", bound=pd.DataFrame)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Results(Summarised):
    """What was measured: layers and tables by the names they are published under.

    Parameters
    ----------
    inputs : Inputs
        What was measured upon.
    layers : mapping of str to GeoDataFrame
        ``communes`` on code_insee, ``epci`` on siren_epci, ``departements`` on code_dep, ``opsn`` on opsn.
    tables : mapping of str to DataFrame
        ``services``, ``offres``, ``adhesions``, ``couverture``, ``rejets``…
    figures : mapping of str to DataFrame
        What these come to, for the report: see :mod:`opsn_geo.pipeline.analyses.overview`.
    warnings : tuple of str
        What must be read first, in the language of the study.
    notes : tuple of str
        What was done with files that were replaced, in the language of the study.
    """

    inputs: Inputs
    layers: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    warnings: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show: counts, and nothing of what was answered."""
        head = self.inputs.study.metadata
        layers = {name: len(layer) for name, layer in self.layers.items()}
        counts = {"tables": len(self.tables), "rejects": len(self.rejects), "warnings": len(self.warnings)}
        return {"study": f"{head.territory} {head.millesime}", **layers, **counts}

    def explore(self, theme: str = "state") -> folium.Map:
        """Return a folium map of one theme.

        Parameters
        ----------
        theme : str
            Key of a theme (``state``, ``epci_covered``, ``desert_stability``…) or the column that it shows.

        Raises
        ------
        InputError
            There is no such theme in these results; the nearest is named.
        """
        from opsn_geo.publish.themes import themes_for  # noqa: PLC0415 - folium is heavy
        from opsn_geo.publish.web.folium_maps import theme_map  # noqa: PLC0415

        metadata = self.inputs.study.metadata
        themes = themes_for(self.layers, metadata.language)
        by_name = {name: theme for theme in reversed(themes) for name in (theme.number, theme.column) if name}
        by_name |= {theme.key: theme for theme in themes}
        if theme not in by_name:
            raise InputError(choice_faults("theme", theme, [theme.key for theme in themes]))
        chosen = by_name[theme]
        layer = self.layers[chosen.layer]
        if chosen.only is not None:
            layer = layer[layer[chosen.only[0]] == chosen.only[1]]
        return theme_map(layer, chosen, metadata)

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were not used, each with its cause."""
        return self.inputs.rejects

    def reject_faults(self) -> list[Fault]:
        """Return the rejected rows as faults, for a strict run."""
        study = self.inputs.study
        return [
            Fault(
                cause="rejected_row",
                file=study.sources[row["table"]],
                **{"label" if row["table"] in study.frames else "row": row["row"]},
                value=row["name"] or row["code"] or None,
            )
            for row in self.rejects.fillna("").to_dict("records")
        ]

    def summary(self, out: Path) -> str:
        """Return in a few lines what was done and where it lies."""
        metadata = self.inputs.study.metadata
        communes = self.layers["communes"]
        inside = communes[communes["inside"]]
        notice = notices.basis_notice(metadata)
        return text(
            "summary.run",
            metadata.language,
            title=metadata.title,
            communes=len(inside),
            epci=len(self.layers["epci"]),
            notice=f"{notice}\n" if notice else "",
            reached=int(inside["state"].isin(covered()).sum()),
            unknown=int(inside["state"].eq(State.UNKNOWN).sum()),
            rejects=len(self.rejects),
            atlas=out / "atlas.html",
            gpkg=out / f"{metadata.stem}.gpkg",
        )


def run(
    study: Study | None = None,
    out: Path | str = "maps",
    *,
    progress: Progress | None = None,
    keep_styles: bool = False,
    fiches: bool = False,
) -> Results:
    """Carry a study from end to end and write its results.

    Parameters
    ----------
    study : Study, optional
        By default the founding study, Hauts-de-France 2021.
    out : path
        Folder to write in.
    progress : callable, optional
        Called with the name of each stage as it begins.
    keep_styles : bool
        Whether the styles and projects that a person saved in the former GeoPackage are taken over.
    fiches : bool
        Whether a sheet of two pages is written for every EPCI, département and operator, and the charts of
        the report as PNG too.

    Returns
    -------
    Results
        What was written, as frames.

    Raises
    ------
    InputError
        The study's files are at fault; nothing is written.
    MachineError
        The results cannot be written, or QGIS has the former GeoPackage open; those are left whole.
    """
    progress = progress or (lambda _stage: None)
    chosen, folder = study or Study.default(), Path(out)
    recover(folder)
    former_file.read(folder / f"{chosen.metadata.stem}.gpkg")  # to be refused at once rather than at the end
    # A run makes thousands of small columns of text, which Arrow's take longer to make than Python's own.
    with pd.option_context("mode.string_storage", "python"):
        progress("read")
        inputs = load(chosen)
        progress("measure")
        results = published(measure(inputs))
        progress("publish")
        notes = write(results, folder, keep_styles=keep_styles, fiches=fiches)
    return replace(results, notes=notes)


def measure(inputs: Inputs) -> Results:
    """Return the layers and tables of a study, analysis by analysis; no file is read or written."""
    shared = shared_measures(inputs)
    analyses = [module.analysis(inputs, shared) for module in _ANALYSES]
    layers: dict[str, gpd.GeoDataFrame] = {
        name: getattr(inputs.territory, name).join(
            [analysis.columns[name] for analysis in analyses if name in analysis.columns]
        )
        for name in ("communes", "epci", "departements")
    }
    tables: dict[str, pd.DataFrame] = {}
    for analysis in analyses:
        layers |= analysis.layers
        tables |= analysis.tables
    tables |= {"fondements": counted_table(inputs.study), "rejets": inputs.rejects}
    layers = {name: _as_published(name, layer, inputs.study) for name, layer in layers.items()}
    tables = {name: _as_published(name, table, inputs.study) for name, table in tables.items()}
    exact = tables.get("influence")
    tables |= {name: coarse(tables[name]) for name in gate.ROUNDED if name in tables}
    return Results(
        inputs=inputs,
        layers=layers,
        tables=tables,
        figures=overview(
            layers,
            tables,
            inputs.tables.get("questionnaire"),
            exact,
            inputs.tables.get("published_figures"),
            inputs.tables.get("statements"),
        ),
        warnings=_warnings(inputs),
    )


def _as_published(name: str, frame: _Frame, study: Study) -> _Frame:
    """Return a layer or table with what it rests on, the kinds that are declared, and no noise."""
    return rounded(as_declared(with_basis(name, frame, study), name))


def _warnings(inputs: Inputs) -> tuple[str, ...]:
    """Return what whoever reads the results should know first, in the language of the study."""
    lang = inputs.study.metadata.language
    # As it is published, an alert names its file, not where that lies.
    alerts = [replace(alert, file=Path(alert.file).name).text(lang) for alert in inputs.alerts]
    about_people = notices.population_notice(inputs.territory.communes, lang)
    return (*alerts, *([about_people] if about_people else []))


def write(results: Results, out: Path, *, keep_styles: bool = False, fiches: bool = False) -> tuple[str, ...]:
    """Write everything a run publishes into a folder: all of it, or nothing.

    Parameters
    ----------
    results : Results
        What was measured.
    out : Path
        Folder to write in.
    keep_styles : bool
        Whether the styles and projects that a person saved in the former GeoPackage are taken over.
    fiches : bool
        Whether a sheet of two pages is written for every EPCI, département and operator, and the charts of
        the report as PNG too.

    Returns
    -------
    tuple of str
        What a person had changed in the former GeoPackage and where its copy lies, in the study's language.

    Raises
    ------
    InputError
        A raster changed while it was measured.
    MachineError
        The folder cannot be written, or QGIS has the former GeoPackage open; the former results are left
        whole.
    """
    inputs = results.inputs
    study, metadata = inputs.study, inputs.study.metadata
    results = published(results)
    geopackage = out / f"{metadata.stem}.gpkg"
    checksums = {name: (read.file, read.sha256) for name, read in inputs.files.items()}
    if study.file is not None:
        checksums["study"] = (study.file, study.sha256)
    with staged(out) as aside:
        _write_places(results, aside, former_file.read(geopackage) if keep_styles else None)
        _write_words(results, aside, fiches=fiches)
        late = list(changed(inputs.files[name] for name in study.rasters))  # read as they are measured
        if late:
            raise InputError(late)
        content = manifest.manifest(
            metadata,
            inputs=checksums,
            counts=inputs.counts,
            rejects=[
                {str(key): value for key, value in row.items()} for row in results.rejects.to_dict("records")
            ],
            warnings=results.warnings,
            outputs=[file for file in aside.rglob("*") if file.is_file()],
            root=aside,
        )
        manifest.write(aside / "manifest.json", content)
        former = former_file.read(geopackage)
        copy = former_file.keep(geopackage, former, aside)
    if copy is None:
        return ()
    changes = ", ".join(former.names) or geopackage.name
    return (text("notice.former_geopackage", metadata.language, changes=changes, copy=out / copy),)


def write_report(results: Results, file: Path) -> None:
    """Write only the report of a run.

    Raises
    ------
    MachineError
        The file cannot be written.
    """
    from opsn_geo.publish import report  # noqa: PLC0415 - jinja2 is only needed here

    report.write(file, _material(published(results)))


def write_fiche(results: Results, code: str, file: Path | None = None) -> Path:
    """Write the sheet of one EPCI, département or operator, and return its file.

    Parameters
    ----------
    results : Results
        What was measured.
    code : str
        SIREN, code of a département, key of an operator, or the name of one of them.
    file : Path, optional
        File to write; by default one named after the place, in the working folder.

    Raises
    ------
    InputError
        There is no such place or operator.
    MachineError
        The file cannot be written; a former one is left whole.
    """
    from opsn_geo.publish.paper import sheets  # noqa: PLC0415 - only what is printed needs it

    name, content = sheets.one(_material(published(results)), code)
    target = file or Path(name)
    with staged(target.parent) as aside:
        (aside / target.name).write_bytes(content)
    return target


def published(results: Results) -> Results:
    """Return results as they are written: in words, and past the gate. Nothing else is ever written.

    Raises
    ------
    DisclosureError
        A table would reveal what few have answered: a fault of the program.
    """
    inputs, study = results.inputs, results.inputs.study
    tables = worded(
        results.tables,
        study.metadata.language,
        labels=labels(inputs),
        questionnaire=inputs.tables.get("questionnaire"),
    )
    named = study.survey.get(NAMED, ())
    gate.passed({**results.layers, **tables}, study.min_answers, named)
    return replace(results, tables=tables)


def _material(results: Results) -> Material:
    """Return what the report of results that may be published is made of."""
    from opsn_geo.publish import report  # noqa: PLC0415 - jinja2 is only needed here
    from opsn_geo.publish.themes import themes_for  # noqa: PLC0415

    inputs, metadata = results.inputs, results.inputs.study.metadata
    return report.gathered(
        results.layers,
        results.tables,
        metadata,
        themes_for(results.layers, metadata.language),
        figures=results.figures,
        counts=inputs.counts,
        rejects=results.rejects,
        questionnaire=inputs.tables.get("questionnaire"),
        min_answers=inputs.study.min_answers,
        warnings=results.warnings,
    )


def _write_places(results: Results, folder: Path, styles_of: former_file.Former | None) -> None:
    """Write what shows places: the rasters, the GeoPackage, the atlas and the maps of a single theme."""
    from opsn_geo.publish.geopackage import write as geopackage  # noqa: PLC0415 - folium is heavy
    from opsn_geo.publish.rasters import write as raster  # noqa: PLC0415 - folium is heavy
    from opsn_geo.publish.themes import themes_for  # noqa: PLC0415
    from opsn_geo.publish.web import atlas, folium_maps, topology  # noqa: PLC0415 - folium is heavy

    inputs, layers, tables = results.inputs, results.layers, results.tables
    metadata = inputs.study.metadata
    themes = themes_for(layers, metadata.language)
    rasters = raster.write_rasters(folder / "rasters", layers, metadata)
    geopackage.write(
        folder / f"{metadata.stem}.gpkg",
        layers,
        tables,
        metadata,
        themes,
        rasters=[Path("rasters", f"{raster}.tif") for raster in rasters],
        styles_of=styles_of,
    )
    packed = {name: topology.pack(layers[name].geometry) for name in ("communes", "epci")}
    atlas.write(
        folder / "atlas.html",
        layers,
        tables["couverture"],
        tables["services"],
        tables["opsn"] if "opsn" in tables else inputs.tables["opsn"],
        metadata,
        themes,
        packed["communes"],
        tables.get("reponses"),
        results.warnings,
    )
    for theme in themes:
        drawn = maps()[theme.key]
        if not drawn.page:
            continue
        made = folium_maps.theme_map(layers[theme.layer], theme, metadata, packed.get(theme.layer))
        if drawn.raster in rasters:
            picture = folder / "rasters" / f"{drawn.raster}.tif"
            title = text(f"rasters.{drawn.raster}", metadata.language)
            folium_maps.add_raster(made, picture, rasters[drawn.raster], title)
        file = folder / f"{drawn.page}.html"
        folium_maps.write(file, made, theme.title, metadata, results.warnings, atlas="atlas.html")


def _write_words(results: Results, folder: Path, *, fiches: bool) -> None:
    """Write what is read: the report, and the tables as CSV with what describes them and as workbooks."""
    from opsn_geo.publish import report  # noqa: PLC0415 - a run that publishes needs them
    from opsn_geo.publish.paper import charts, sheets, summary  # noqa: PLC0415
    from opsn_geo.publish.tables import datapackage, ods, workbook, xlsx  # noqa: PLC0415

    material, metadata = _material(results), results.inputs.study.metadata
    made = report.report(material)
    (folder / "rapport.html").write_text(report.page(made), encoding="utf-8", newline="\n")
    summary.write(folder / "synthese.pdf", made, metadata)
    charts.write(folder / "charts", made, pixels=fiches)
    if fiches:
        sheets.write(folder / "fiches", material)
    attributes = {
        name: pd.DataFrame(layer.drop(columns="geometry")) for name, layer in results.layers.items()
    }
    flat = csv_tables.flat({**attributes, **results.tables})
    files = {file.stem: file for file in csv_tables.write(folder / "tables", flat)}
    datapackage.write(folder / "datapackage.json", datapackage.datapackage(files, flat, metadata, folder))
    long_tables = [name for name in flat if not register.table(name).sheet]
    csv_tables.write_readable(folder / "tableur", long_tables, flat, metadata)
    facts = [(fact.label, f"{fact.value}. {fact.note}") for fact in made.facts.items]
    shown = workbook.sheets(flat, metadata, results.figures, facts, material.questionnaire.questions)
    xlsx.write(folder / "tableaux.xlsx", shown, metadata)
    ods.write(folder / "tableaux.ods", shown, metadata)
