"""The command line: one thin layer over the pipeline, in the reader's language."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsn_geo import __version__
from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.errors import Fault, MachineError, OpsnGeoError, RejectedRowsError

if TYPE_CHECKING:
    from opsn_geo.study import Study


def main() -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: done, with rows rejected and ``--strict``. 2: the files or options are at fault.
    3: the machine is (disk, permission, a tool that is missing).
    """
    lang = _language(sys.argv[1:])
    # The matrices here are small: threads of linear algebra would wait for each other, at twice the CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        command_line(lang).main(prog_name="opsn-geo", standalone_mode=True)
    except OpsnGeoError as error:
        click.echo(error.text(lang), err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        fault = Fault(cause="system", file=str(error.filename or ""), value=error.strerror or str(error))
        click.echo(fault.text(lang), err=True)
        sys.exit(MachineError.exit_code)


def _language(words: Sequence[str]) -> Language:
    """Choose the language of help and messages: ``--lang``, else OPSN_GEO_LANG, else French."""
    asked = [after for word, after in zip(words, [*words[1:], ""], strict=True) if word == "--lang"]
    asked += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    asked.append(os.environ.get("OPSN_GEO_LANG", ""))
    return next((lang for lang in LANGUAGES if lang in asked), "fr")


def command_line(lang: Language) -> click.Group:
    """Give the commands, with the help of each command and option in one language."""
    _translate(_group, "group", lang)
    return _group


def _translate(command: click.Command, key: str, lang: Language) -> None:
    """Set the help of a command, of its options and of the commands below it, from the catalogue."""
    shown = text(f"cli.{key}.help", lang)
    if not isinstance(command, click.Group):
        shown += f"\n\n\b\n{text('cli.example', lang)}\n  {text(f'cli.{key}.example', lang)}"
    command.help = shown
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = text(f"cli.option.{option.name}", lang)
    for name, below in command.commands.items() if isinstance(command, click.Group) else ():
        _translate(below, name if command is _group else f"{key}_{name}", lang)


_lang = click.option("--lang", type=click.Choice(LANGUAGES))
_vintage = click.option("--vintage", type=int, default=2021, show_default=True)
_out = click.option("--out", type=click.Path(path_type=Path, file_okay=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", message="opsn-geo %(version)s")
@_lang
def _group(lang: str | None) -> None:
    del lang  # read from the words themselves, before the help is built


@_group.command()
@click.argument("study", required=False, type=click.Path(path_type=Path))
@_out
@_lang
@click.option("--quiet", "-q", is_flag=True)
@click.option("--strict", is_flag=True)
def run(study: Path | None, out: Path | None, lang: str | None, *, quiet: bool, strict: bool) -> None:
    """Carry a study from end to end."""
    chosen, folder = _study(study, lang), out or Path("maps")
    with _progress(chosen.metadata.language, quiet=quiet) as progress:
        from opsn_geo.pipeline import run as pipeline  # noqa: PLC0415 - heavy: imported while the second process begins

        results = pipeline.run(chosen, folder, progress=progress)
    for warning in results.warnings:
        click.echo(warning, err=True)
    if not quiet:
        click.echo(results.summary(folder))
    if strict and len(results.rejects):
        raise RejectedRowsError(results.reject_faults())


@_group.command()
@click.argument("study", required=False, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@_lang
def check(study: Path | None, form: str, lang: str | None) -> None:
    """Read and link everything, write nothing, tell what is wrong."""
    from opsn_geo.pipeline.check import check as look  # noqa: PLC0415

    chosen = _study(study, lang)
    report, language = look(chosen), chosen.metadata.language
    if form == "json":
        click.echo(json.dumps(report.as_record(language), ensure_ascii=False, indent=2))
    else:
        click.echo(report.text(language))
    sys.exit(0 if report.sound else OpsnGeoError.exit_code)


@_group.command()
@click.argument("study", required=False, type=click.Path(path_type=Path))
@_lang
@click.option("--strict", "strict_compare", is_flag=True)
def compare(study: Path | None, lang: str | None, *, strict_compare: bool) -> None:
    """Set what a study published beside what its tables give."""
    from opsn_geo.pipeline.analyses import published as figures  # noqa: PLC0415 - heavy, and not needed for the help
    from opsn_geo.pipeline.analyses import shared_measures  # noqa: PLC0415 - heavy, and not needed for the help
    from opsn_geo.pipeline.labels import labels  # noqa: PLC0415
    from opsn_geo.pipeline.load import load  # noqa: PLC0415
    from opsn_geo.publish.notices import simulation_warning  # noqa: PLC0415
    from opsn_geo.publish.sentences import comparison_text, worded  # noqa: PLC0415

    chosen = _study(study, lang)
    inputs = load(chosen)
    found = figures.analysis(inputs, shared_measures(inputs)).tables
    words = worded(found, chosen.metadata.language, labels=labels(inputs))
    warning = simulation_warning(inputs.study.metadata)
    click.echo("\n\n".join(filter(None, [warning, comparison_text(words, chosen.metadata.language)])))
    faults = figures.faults(found, str(chosen.file or ""))
    if strict_compare and faults:
        raise RejectedRowsError(faults)


@_group.command()
@click.argument("study", required=False, type=click.Path(path_type=Path))
@click.option("--out", "file", type=click.Path(path_type=Path, dir_okay=False))
@_lang
def report(study: Path | None, file: Path | None, lang: str | None) -> None:
    """Write only the report."""
    from opsn_geo.pipeline import run as pipeline  # noqa: PLC0415

    target = file or Path("rapport.html")
    pipeline.write_report(pipeline.measure(pipeline.load(_study(study, lang))), target)
    click.echo(target)


@_group.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--region")
@click.option("--departements")
@click.option("--epci")
@_vintage
@_lang
def init(
    folder: Path,
    region: str | None,
    departements: str | None,
    epci: str | None,
    vintage: int,
    lang: str | None,
) -> None:
    """Write a new study, ready to be filled in."""
    from opsn_geo.pipeline.init import init_study  # noqa: PLC0415

    if not (region or departements or epci):
        region = "32"
    for file in init_study(
        folder,
        millesime=vintage,
        region=region or "",
        departements=_listed(departements),
        epci=_listed(epci),
        lang=_language(["--lang", lang or ""]),
    ):
        click.echo(file)


def _listed(words: str | None) -> list[str]:
    """Return codes or names separated by commas."""
    return [word.strip() for word in (words or "").split(",") if word.strip()]


@_group.command()
@click.argument("source", required=False)
@_out
@click.option("--renew", is_flag=True)
@_lang
def fetch(source: str | None, out: Path | None, lang: str | None, *, renew: bool) -> None:
    """Download an official file that users may bring."""
    from opsn_geo.read.fetch import SOURCES  # noqa: PLC0415
    from opsn_geo.read.fetch import fetch as download  # noqa: PLC0415

    del lang
    if source is None:
        click.echo("\n".join(SOURCES))
        return

    def tell(there: int, total: int | None) -> None:
        whole = "" if total is None else f" / {total / 1e6:.1f}"
        click.echo(f"\r{there / 1e6:.1f}{whole} Mo", err=True, nl=False)

    if sys.stderr.isatty():
        file = download(source, folder=out, renew=renew, progress=tell)
        click.echo(err=True)
    else:
        file = download(source, folder=out, renew=renew)
    click.echo(file)


@_group.group()
def boundaries() -> None:
    """Show, export and remake the embedded boundaries."""


@boundaries.command("list")
@_lang
def list_(lang: str | None) -> None:
    """List the regions that come with the package, vintage by vintage."""
    from opsn_geo.boundaries.embedded import CENSUS, official_communes, places, vintages  # noqa: PLC0415

    chosen = _language(["--lang", lang or ""])
    for year in vintages():
        communes, regions = official_communes(year), places(year).regions
        click.echo(
            text(
                "summary.vintage",
                chosen,
                millesime=year,
                communes=len(communes),
                epci=communes["siren_epci"].nunique(),
                population=int(communes["population"].sum()),
                census=CENSUS[year],
            )
        )
    for code, name in regions["name"].items():
        click.echo(f"  {code}  {name}")


@boundaries.command()
@_vintage
@click.option("--region")
@click.option("--departements")
@click.option("--epci")
@_lang
def show(
    vintage: int, region: str | None, departements: str | None, epci: str | None, lang: str | None
) -> None:
    """Describe a part of the embedded boundaries."""
    from opsn_geo.boundaries.embedded import CENSUS, embedded  # noqa: PLC0415

    if not (region or departements or epci):
        region = "32"
    territory = embedded(
        millesime=vintage, region=region, departements=_listed(departements), epci=_listed(epci)
    )
    inside, repaired = territory.inside, territory.communes["repair"].dropna()
    click.echo(
        text(
            "summary.boundaries",
            _language(["--lang", lang or ""]),
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


@boundaries.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_vintage
@click.option("--region")
@click.option("--departements")
@click.option("--epci")
@click.option("--layer", type=click.Choice(["communes", "epci", "departements"]), default="communes")
@_lang
def export_(
    file: Path,
    vintage: int,
    region: str | None,
    departements: str | None,
    epci: str | None,
    layer: str,
    lang: str | None,
) -> None:
    """Write a part of the embedded boundaries, or all of France."""
    from opsn_geo.boundaries.export import export  # noqa: PLC0415

    del lang
    click.echo(
        export(
            file,
            millesime=vintage,
            layer=layer,
            region=region,
            departements=_listed(departements),
            epci=_listed(epci),
        )
    )


@boundaries.command()
@_out
@_lang
def build(out: Path | None, lang: str | None) -> None:
    """Remake the embedded boundaries from the packages they come from."""
    from opsn_geo.boundaries.builder import build as build_sets  # noqa: PLC0415

    chosen = _language(["--lang", lang or ""])

    def report(step: str, detail: str) -> None:
        click.echo(text(f"boundaries.{step}", chosen, it=detail), err=True)

    for file in build_sets(out or Path("boundaries"), report=report):
        click.echo(file)


def _study(file: Path | None, lang: str | None) -> Study:
    """Read the study asked for, or the founding one, in the language asked for."""
    from opsn_geo.study import Study  # noqa: PLC0415

    study = Study.default() if file is None else Study.from_toml(file)
    chosen = next((it for it in LANGUAGES if it == lang), study.metadata.language)
    return replace(study, metadata=replace(study.metadata, language=chosen))


@contextmanager
def _progress(lang: Language, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being done: a moving line on a terminal, plain lines elsewhere, nothing if quiet."""
    if quiet:
        yield lambda _step: None
    elif sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415

        with Console(stderr=True).status("") as status:
            yield lambda step: status.update(text(f"step.{step}", lang))
    else:
        yield lambda step: click.echo(text(f"step.{step}", lang), err=True)
