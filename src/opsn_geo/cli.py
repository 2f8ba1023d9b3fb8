"""The command line: one thin layer over the pipeline, in the reader's language."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opsn_geo import __version__
from opsn_geo.errors import Fault, MachineError, OpsnGeoError, RejectedRowsError
from opsn_geo.vocabulary import LANGUAGES, Language, text

if TYPE_CHECKING:
    from opsn_geo.study import Study


def main() -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: done, with rows rejected and ``--strict``. 2: the files or options are at fault.
    3: the machine is (disk, permission, a tool that is missing).
    """
    lang = _language(sys.argv[1:])
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
    from opsn_geo import pipeline  # noqa: PLC0415 - heavy, and not needed for the help

    chosen, folder = _study(study, lang), out or Path("maps")
    with _progress(chosen.metadata.language, quiet=quiet) as progress:
        results = pipeline.run(chosen, folder, progress=progress)
    if not quiet:
        click.echo(results.summary(folder))
    if strict and len(results.rejects):
        raise RejectedRowsError(results.reject_faults())


@_group.group()
def boundaries() -> None:
    """Tell of the boundaries that come along, and remake them."""


@boundaries.command("list")
@_lang
def list_(lang: str | None) -> None:
    """List the boundary sets that come along."""
    del lang
    from opsn_geo.read.boundaries import available  # noqa: PLC0415

    for it in available():
        click.echo(f"{it.territory}\t{it.millesime}\t{it.file}")


_vintage = click.option("--vintage", type=int, default=2021, show_default=True)
_region = click.option("--region", default="32", show_default=True)


@boundaries.command()
@_vintage
@_region
@_lang
def show(vintage: int, region: str, lang: str | None) -> None:
    """Describe a boundary set."""
    from opsn_geo.read.boundaries import embedded  # noqa: PLC0415

    territory = embedded(millesime=vintage, region=region)
    inside, repaired = territory.inside, territory.communes["repair"].dropna()
    told = text(
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
        area=round(inside["area_km2"].sum()),
        repaired="".join(f"\n  {code} : {why}" for code, why in repaired.items()),
    )
    click.echo(told)


@boundaries.command()
@_vintage
@_region
@_out
@_lang
def build(vintage: int, region: str, out: Path | None, lang: str | None) -> None:
    """Remake boundary sets from the packages they come from."""
    from opsn_geo.boundaries import build as build_sets  # noqa: PLC0415

    chosen = _language(["--lang", lang or ""])

    def tell(step: str, detail: str) -> None:
        click.echo(text(f"boundaries.{step}", chosen, it=detail), err=True)

    for file in build_sets(vintage, region, out or Path("boundaries"), tell=tell):
        click.echo(file)


@_group.command()
@_out
@click.option("--seed", type=int, default=2021, show_default=True)
@_lang
def demo(out: Path | None, seed: int, lang: str | None) -> None:
    """Remake the simulated tables of the founding study."""
    del lang
    from opsn_geo.demo import generate  # noqa: PLC0415

    for file in generate(out or Path("demo"), seed):
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
