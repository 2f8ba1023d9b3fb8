"""The command line: one thin layer over the pipeline, in the reader's language."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from opsn_geo import __version__
from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.errors import Fault, InputError, MachineError, OpsnGeoError, RejectedRowsError, printable

if TYPE_CHECKING:
    from opsn_geo.study import Study

# What a command needs is imported where it runs: help and completion must not wait for pandas.
# ruff: noqa: PLC0415


def main() -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: done, with rows rejected and ``--strict``. 2: the files or options are at fault.
    3: the machine is (disk, permission, a tool that is missing). 128 and more: stopped by a signal, as
    shells count it (130: Ctrl-C).
    """
    lang = _asked(sys.argv[1:]) or _reader()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # a terminal that closes sends SIGHUP, but not on Windows
            signal.signal(getattr(signal, name), partial(_stop, lang))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file on Windows lacks signs that a terminal has
            stream.reconfigure(errors="replace")
    # What libraries warn and log is for programmers, and may quote files as they are.
    warnings.simplefilter("ignore")
    logging.lastResort = None
    # The matrices here are small: threads of linear algebra would wait for each other, at twice the CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        command_line(lang).main(prog_name="opsn-geo", standalone_mode=True)
    except OpsnGeoError as error:
        click.echo(printable(error.text(lang)), err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        fault = Fault(cause="system", file=str(error.filename or ""), value=error.strerror or str(error))
        click.echo(fault.text(lang), err=True)
        sys.exit(MachineError.exit_code)
    except MemoryError:
        click.echo(Fault(cause="no_memory").text(lang), err=True)
        sys.exit(MachineError.exit_code)


def _stop(lang: Language, number: int, _frame: object) -> None:
    """Leave at a signal by the way of an error, so that what is half-made is removed."""
    click.echo(text("cli.stopped", lang), err=True)
    sys.exit(128 + number)


def _asked(words: Sequence[str]) -> Language | None:
    """Return the language that ``--lang`` asks for, before or after the verb; nothing where it is absent."""
    pairs = zip(words, [*words[1:], ""], strict=True)
    values = [after for word, after in pairs if word == "--lang"]
    values += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return next((lang for lang in LANGUAGES if lang in values), None)


def _reader() -> Language:
    """Return the language of help and messages where none is asked for: OPSN_GEO_LANG, else French."""
    return next((lang for lang in LANGUAGES if lang == os.environ.get("OPSN_GEO_LANG")), "fr")


def _option(lang: Language, *names: str, **settings: Any) -> click.Option:  # noqa: ANN401 - whatever click takes
    """Return an option with its help in one language."""
    made = click.Option(names, **settings)
    made.help = text(f"cli.option.{made.name}", lang)
    return made


def _common(lang: Language) -> list[click.Parameter]:
    """Return the options that every command has: the language and the help."""
    flag = partial(_option, lang, is_flag=True, expose_value=False, is_eager=True)
    return [
        _option(
            lang,
            "--lang",
            type=click.Choice(LANGUAGES),
            expose_value=False,
            is_eager=True,
            callback=_keep_language,
        ),
        flag("-h", "--help", callback=_show_help),
    ]


def _command(
    lang: Language, key: str, callback: Callable[..., None], *params: click.Parameter
) -> click.Command:
    """Return a command, with its help and an example in one language."""
    meaning = text(f"cli.{key}.help", lang)
    example = f"\b\n{text('cli.example', lang)}\n  {text(f'cli.{key}.example', lang)}"
    return click.Command(
        key.rpartition("_")[2],
        callback=callback,
        params=[*params, *_common(lang)],
        help=f"{meaning}\n\n{example}",
        short_help=re.split(r" ?[:.(,;]", meaning, maxsplit=1)[0],
        add_help_option=False,
    )


def command_line(lang: Language) -> click.Group:
    """Return the commands, with the help of each command and option in one language."""
    option, command = partial(_option, lang), partial(_command, lang)
    study = partial(click.Argument, ["study"], required=False, type=click.Path(path_type=Path))
    out = partial(option, "--out", type=click.Path(path_type=Path, file_okay=False))
    vintage = partial(option, "--vintage", type=int, default=2021, show_default=True)

    def part() -> list[click.Parameter]:
        return [option("--region"), option("--departements"), option("--epci")]

    boundaries = click.Group(
        "boundaries",
        help=text("cli.boundaries.help", lang),
        params=_common(lang),
        add_help_option=False,
    )
    layer = option("--layer", type=click.Choice(["communes", "epci", "departements"]), default="communes")
    target = click.Argument(["file"], type=click.Path(path_type=Path, dir_okay=False))
    for below in (
        command("boundaries_list", list_boundaries),
        command("boundaries_show", show_boundaries, vintage(), *part()),
        command("boundaries_export", export_boundaries, target, vintage(), *part(), layer),
        command("boundaries_build", build_boundaries, out()),
    ):
        boundaries.add_command(below)
    version = option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version)
    root = click.Group(
        help=text("cli.group.help", lang),
        params=[version, *_common(lang)],
        add_help_option=False,
        context_settings={"max_content_width": 100},
    )
    quiet, strict = (option("--quiet", "-q", is_flag=True), option("--strict", is_flag=True))
    renew = option("--renew", is_flag=True)
    file = option("--out", "file", type=click.Path(path_type=Path, dir_okay=False))
    listed = option("--out", "faults", type=click.Path(path_type=Path, dir_okay=False))
    form = option("--format", "form", type=click.Choice(["text", "json"]), default="text")
    factor = click.FloatRange(min=1, max=1000)
    limits = option("--limits", type=factor, metavar="N", expose_value=False, callback=_raise_limits)
    for verb in (
        command(
            "run",
            run,
            study(),
            out(),
            quiet,
            strict,
            option("--keep-styles", is_flag=True),
            option("--fiches", is_flag=True),
            limits,
        ),
        command("check", check, study(), form, listed, limits),
        command(
            "qgis-plugin",
            qgis_plugin,
            option("--install", is_flag=True),
            option("--zip", "archive", type=click.Path(path_type=Path, dir_okay=False)),
        ),
        command("compare", compare, study(), option("--strict", "strict_compare", is_flag=True), limits),
        command("report", report, study(), file, limits),
        command("fiche", fiche, click.Argument(["code"]), study(), file, limits),
        command(
            "init",
            init,
            click.Argument(["folder"], type=click.Path(path_type=Path, file_okay=False)),
            *part(),
            vintage(),
        ),
        command(
            "link",
            link,
            click.Argument(["file"], type=click.Path(path_type=Path, dir_okay=False)),
            option("--out", "linked", type=click.Path(path_type=Path, dir_okay=False)),
            option("--corrections", type=click.Path(path_type=Path, dir_okay=False)),
            *part(),
            vintage(),
            option("--sheet"),
            option("--header-row", type=click.IntRange(min=1), metavar="N"),
            option("--code"),
            option("--name"),
            limits,
        ),
        command(
            "codebook",
            codebook,
            click.Argument(["export"], type=click.Path(path_type=Path, dir_okay=False)),
            option("--out", "questionnaire", type=click.Path(path_type=Path, dir_okay=False)),
            option("--sheet"),
            limits,
        ),
        command("fetch", fetch, click.Argument(["source"], required=False), out(), renew),
        boundaries,
    ):
        root.add_command(verb)
    return root


def _raise_limits(_context: click.Context, _option: click.Parameter, value: float | None) -> None:
    """Keep the factor for the limits on files where their readers find it."""
    if value is not None:
        from opsn_geo.read.limits import VARIABLE

        os.environ[VARIABLE] = str(value)


def _keep_language(context: click.Context, _option: click.Parameter, value: Language | None) -> None:
    """Keep the language that is asked for, before or after the verb, where every command finds it."""
    if value is not None:
        context.find_root().obj = value


def _show_help(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's order
    """Show the help of a command and leave."""
    if value:
        click.echo(context.get_help())
        context.exit()


def _show_version(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's order
    """Show the version and leave."""
    if value:
        click.echo(f"opsn-geo {__version__}")
        context.exit()


def _language() -> Language:
    """Return the language of messages: what ``--lang`` asks for, else the reader's."""
    asked: Language | None = click.get_current_context().find_root().obj
    return asked or _reader()


def _study(file: Path | None) -> Study:
    """Return the study asked for, or the founding one, in the language asked for."""
    from opsn_geo.study import Study

    study = Study.default() if file is None else Study.from_toml(file)
    asked: Language | None = click.get_current_context().find_root().obj
    return replace(study, metadata=replace(study.metadata, language=asked or study.metadata.language))


def _print(shown: object) -> None:
    """Print a text that may come from a file: no control character reaches the terminal."""
    click.echo(printable(str(shown)))


def run(
    study: Path | None, out: Path | None, *, quiet: bool, strict: bool, keep_styles: bool, fiches: bool
) -> None:
    """Carry a study from end to end."""
    from opsn_geo.pipeline import run as pipeline

    chosen, folder = _study(study), out or Path("maps")
    with _progress(chosen.metadata.language, quiet=quiet) as progress:
        results = pipeline.run(chosen, folder, progress=progress, keep_styles=keep_styles, fiches=fiches)
    for warning in (*results.notes, *results.warnings):
        click.echo(printable(warning), err=True)
    if not quiet:
        _print(results.summary(folder))
    if strict and len(results.rejects):
        raise RejectedRowsError(results.reject_faults())


def check(study: Path | None, form: str, faults: Path | None) -> None:
    """Read and link everything, list what is wrong; nothing is written but the workbook that is asked for."""
    from opsn_geo.pipeline.check import check as checked
    from opsn_geo.pipeline.check import refused
    from opsn_geo.publish.tables import xlsx

    try:
        chosen = _study(study)
        findings, language = checked(chosen), chosen.metadata.language
    except InputError as error:
        if form != "json" and faults is None:
            raise
        findings, language = refused(error.faults), _language()
    if faults is not None:
        xlsx.write_texts(faults, findings.sheets(language), language)
    if form == "json":
        _print_json(findings.as_record(language))
    else:
        _print(findings.text(language))
        if faults is not None:
            _print(text("check.written", language, file=faults))
    sys.exit(0 if findings.sound else InputError.exit_code)


def qgis_plugin(archive: Path | None, *, install: bool) -> None:
    """Put the plugin where QGIS looks for it, or write it as a zip."""
    from opsn_geo import qgis_plugin as plugin

    if install:
        click.echo(text("summary.plugin_installed", _language(), folder=plugin.install()))
    if archive is not None or not install:
        click.echo(str(plugin.write_zip(archive or Path(f"{plugin.NAME}.zip"))))


def _print_json(record: object) -> None:
    """Print a record as JSON; characters that a terminal would obey are written as their codes."""
    is_unicode = "utf" in (getattr(sys.stdout, "encoding", None) or "utf").lower()
    written = json.dumps(record, ensure_ascii=not is_unicode, indent=2)
    click.echo("".join(c if printable(c) == c else json.dumps(c)[1:-1] for c in written))


def compare(study: Path | None, *, strict_compare: bool) -> None:
    """Set what a study published beside what its tables give."""
    from opsn_geo.pipeline.analyses import published as figures
    from opsn_geo.pipeline.analyses import shared_measures
    from opsn_geo.pipeline.labels import labels
    from opsn_geo.pipeline.load import load
    from opsn_geo.publish.notices import simulation_warning
    from opsn_geo.publish.sentences import comparison_text, worded

    chosen = _study(study)
    inputs = load(chosen)
    tables = figures.analysis(inputs, shared_measures(inputs)).tables
    words = worded(tables, chosen.metadata.language, labels=labels(inputs))
    warning = simulation_warning(inputs.study.metadata)
    _print("\n\n".join(filter(None, [warning, comparison_text(words, chosen.metadata.language)])))
    faults = figures.faults(tables, str(chosen.file or ""))
    if strict_compare and faults:
        raise RejectedRowsError(faults)


def report(study: Path | None, file: Path | None) -> None:
    """Write only the report."""
    from opsn_geo.pipeline import run as pipeline

    target = file or Path("rapport.html")
    pipeline.write_report(pipeline.measure(pipeline.load(_study(study))), target)
    _print(target)


def fiche(code: str, study: Path | None, file: Path | None) -> None:
    """Write the sheet of one EPCI, département or operator."""
    from opsn_geo.pipeline import run as pipeline

    _print(pipeline.write_fiche(pipeline.measure(pipeline.load(_study(study))), code, file))


def init(folder: Path, region: str | None, departements: str | None, epci: str | None, vintage: int) -> None:
    """Write a new study, ready to be filled in."""
    from opsn_geo.pipeline.init import init_study

    if not (region or departements or epci):
        region = "32"
    for file in init_study(
        folder,
        millesime=vintage,
        region=region or "",
        departements=_listed(departements),
        epci=_listed(epci),
        lang=_language(),
    ):
        _print(file)


def _listed(words: str | None) -> list[str]:
    """Return codes or names separated by commas."""
    return [word.strip() for word in (words or "").split(",") if word.strip()]


def link(
    file: Path,
    linked: Path | None,
    corrections: Path | None,
    region: str | None,
    departements: str | None,
    epci: str | None,
    vintage: int,
    sheet: str | None,
    header_row: int | None,
    code: str | None,
    name: str | None,
) -> None:
    """Write a list with official codes beside its rows, and the corrections to give."""
    from opsn_geo.boundaries.embedded import places_of
    from opsn_geo.linkage.corrections import TO_FILL
    from opsn_geo.pipeline.linked_list import link_list, write_corrections, write_list

    lang = _language()
    target = linked or file.with_name(f"{file.stem}-{text('linked_list.suffix', lang)}.xlsx")
    mended = corrections or target.with_name("corrections.csv")
    for written in (target, mended):
        if written.resolve() == file.resolve():
            raise InputError([Fault(cause="same_file", file=str(written))])
    territory = places_of(
        millesime=vintage, region=region, departements=_listed(departements), epci=_listed(epci)
    )
    columns = {name: header for name, header in {"code": code, "name": name}.items() if header}
    result = link_list(
        file, territory, sheet=sheet, header_row=header_row, columns=columns, corrections=mended, lang=lang
    )
    write_list(result, target, lang)
    write_corrections(result, mended)
    _print(
        text(
            "linked_list.summary",
            lang,
            file=file,
            read=result.rows.index.nunique(),
            linked=result.links.linked.index.nunique(),
            guessed=result.links.review.index.nunique(),
            rejected=result.links.rejected.index.nunique(),
            headers=", ".join(f"{header} ({column})" for column, header in result.headers.items()),
            out=target,
            corrections=mended,
            left=int(result.corrections["code"].eq(TO_FILL).sum()),
        )
    )


def codebook(export: Path, questionnaire: Path | None, sheet: str | None) -> None:
    """Draft the codebook of an export of answers."""
    from opsn_geo.pipeline.codebook import draft_codebook, summary, write_codebook

    target = questionnaire or export.with_name("questionnaire.csv")
    if target.exists():
        raise InputError([Fault(cause="file_there", file=str(target))])
    draft = draft_codebook(export, sheet=sheet)
    write_codebook(draft, target, _language())
    _print(summary(draft, export, target, _language()))


def fetch(source: str | None, out: Path | None, *, renew: bool) -> None:
    """Download an official file that users may bring."""
    from opsn_geo.read.fetch import SOURCES
    from opsn_geo.read.fetch import fetch as download

    if source is None:
        click.echo("\n".join(SOURCES))
        return

    def show(there: int, total: int | None) -> None:
        whole = "" if total is None else f" / {total / 1e6:.1f}"
        click.echo(f"\r{there / 1e6:.1f}{whole} Mo", err=True, nl=False)

    if sys.stderr.isatty():
        file = download(source, folder=out, renew=renew, progress=show)
        click.echo(err=True)
    else:
        file = download(source, folder=out, renew=renew)
    _print(file)


def list_boundaries() -> None:
    """List the regions that come with the package, vintage by vintage."""
    from opsn_geo.boundaries.embedded import official_communes, places, vintages
    from opsn_geo.catalogue.census import CENSUS

    for year in vintages():
        communes, regions = official_communes(year), places(year).regions
        click.echo(
            text(
                "summary.vintage",
                _language(),
                millesime=year,
                communes=len(communes),
                epci=communes["siren_epci"].nunique(),
                population=int(communes["population"].sum()),
                census=CENSUS[year],
            )
        )
    for code, name in regions["name"].items():
        click.echo(f"  {code}  {name}")


def show_boundaries(vintage: int, region: str | None, departements: str | None, epci: str | None) -> None:
    """Describe a part of the embedded boundaries."""
    from opsn_geo.boundaries.embedded import embedded
    from opsn_geo.catalogue.census import CENSUS

    if not (region or departements or epci):
        region = "32"
    territory = embedded(
        millesime=vintage, region=region, departements=_listed(departements), epci=_listed(epci)
    )
    inside, repaired = territory.inside, territory.communes["repair"].dropna()
    click.echo(
        text(
            "summary.boundaries",
            _language(),
            name=territory.name,
            millesime=territory.millesime,
            crs=territory.communes.crs.to_string(),
            communes=len(inside),
            beyond=len(territory.communes) - len(inside),
            epci=len(territory.epci),
            departements=len(territory.departements),
            population=int(inside["population"].sum()),
            census=CENSUS[vintage],
            area=round(inside["area_km2"].sum()),
            repaired="".join(f"\n  {code} : {why}" for code, why in repaired.items()),
        )
    )


def export_boundaries(
    file: Path, vintage: int, region: str | None, departements: str | None, epci: str | None, layer: str
) -> None:
    """Write a part of the embedded boundaries, or all of France."""
    from opsn_geo.boundaries.export import export

    _print(
        export(
            file,
            millesime=vintage,
            layer=layer,
            region=region,
            departements=_listed(departements),
            epci=_listed(epci),
        )
    )


def build_boundaries(out: Path | None) -> None:
    """Remake the embedded boundaries from the packages they come from."""
    from opsn_geo.boundaries.builder import build as build_sets

    lang = _language()

    def show(step: str, detail: str) -> None:
        click.echo(text(f"boundaries.{step}", lang, it=detail), err=True)

    for file in build_sets(out or Path("boundaries"), report=show):
        _print(file)


@contextmanager
def _progress(lang: Language, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done: a moving line on a terminal, plain lines elsewhere, nothing if quiet."""
    if quiet:
        yield lambda _step: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("") as status:
            yield lambda step: status.update(text(f"step.{step}", lang))
    else:
        yield lambda step: click.echo(text(f"step.{step}", lang), err=True)
