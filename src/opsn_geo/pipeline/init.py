"""A new study, ready to be filled in: its file commented in French, its tables, a page that explains them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from opsn_geo.boundaries.territory import Territory, embedded
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.values import slug
from opsn_geo.study import data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMS: Final = ("opsn", "offers", "memberships", "corrections")
_SUBJECTS: Final[Mapping[str, str]] = {
    "opsn": "OPSN", "services": "service", "offers": "OPSN, service et périmètre",
    "memberships": "adhésion", "corrections": "nom ou code à corriger",
}  # fmt: skip


def init_study(
    folder: Path | str,
    *,
    millesime: int,
    region: str = "",
    departements: Collection[str] = (),
    epci: Collection[str] = (),
) -> list[Path]:
    """Write a ready study: ``study.toml``, its tables with a line of example each, and ``LISEZMOI.md``.

    Parameters
    ----------
    folder : Path or str
        Where to write; made if need be.
    millesime : int
        Vintage year of the boundaries.
    region, departements, epci
        What is studied; one of the three.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        No embedded boundaries hold this territory in this vintage, or a file of the study is already there;
        then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> from opsn_geo.study import Study
    >>> with tempfile.TemporaryDirectory() as place:
    ...     files = init_study(place, millesime=2021, departements=["02", "80"])
    ...     Study.from_toml(files[0]).metadata.territory
    'aisne-somme'
    """
    folder = Path(folder)
    if sum(map(bool, (region, departements, epci))) != 1:
        raise InputError([Fault(cause="boundaries_key", file=str(folder))])
    place = embedded(millesime=millesime, region=region or None, departements=departements, epci=epci)
    contents = _contents(place, _choice(region, departements, epci), _name(place, region, epci))
    taken = [folder / name for name in contents if (folder / name).exists()]
    if taken:
        raise InputError(Fault(cause="file_there", file=str(file)) for file in taken)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return [folder / name for name in contents]


def _choice(region: str, departements: Collection[str], epci: Collection[str]) -> str:
    """Say the choice of communes as a line of the study file."""
    if region:
        return f'region = "{region}"  # code INSEE de la région étudiée'
    key, codes = ("departements", departements) if departements else ("epci", epci)
    listed = ", ".join(f'"{code}"' for code in codes)
    return f"{key} = [{listed}]"


def _name(place: Territory, region: str, epci: Collection[str]) -> str:
    """Name a territory: after its region's slug, its EPCI, or its départements."""
    if region:
        words = place.name.split("-")
        return "-".join(word.capitalize() if len(word) > len("de") else word for word in words)
    names = place.epci.loc[list(epci), "name"] if epci else place.departements["name"]
    return ", ".join(names)


def _contents(place: Territory, choice: str, name: str) -> dict[str, str]:
    """Give the content of every file of a new study, by its name."""
    template = resources.files("opsn_geo.study") / "template"
    short = slug(name)
    study = (template / "study.toml").read_text(encoding="utf-8").format(
        name=name, slug=short, millesime=place.millesime, date=f"{place.millesime}-01-01", boundaries=choice
    )  # fmt: skip
    page = (template / "LISEZMOI.md").read_text(encoding="utf-8")
    rows = [_described(it) for it in _SUBJECTS]
    forms = {f"{it}.csv": _form(it, _examples(place)[it]) for it in _FORMS}
    services = (data_dir() / "demo" / "services.csv").read_text(encoding="utf-8")
    return {
        "study.toml": study,
        "LISEZMOI.md": page.format(title=f"Les OPSN de {name}", tables="\n".join(rows)),
        "services.csv": services,
        **forms,
    }


def _described(table: str) -> str:
    """Say a table in one line of the page: its file, what a row is, its required columns."""
    required = ", ".join(f"`{it.name}`" for it in SCHEMAS[table].columns if it.required)
    return f"| `{table}.csv` | {_SUBJECTS[table]} | {required} |"


def _examples(place: Territory) -> dict[str, dict[str, str]]:
    """Give one line of example for each table, true of the territory."""
    departement = str(place.departements.index[0])
    commune = place.communes[place.communes["inside"]].iloc[0]
    return {
        "opsn": {"opsn": "mon-opsn", "name": "Mon OPSN", "legal_form": "syndicat_mixte",
                 "departements": departement, "list_complete": "false", "source": "assumed"},
        "offers": {"opsn": "mon-opsn", "service": "dpd", "level": "departement", "code": departement,
                   "source": "assumed"},
        "memberships": {"opsn": "mon-opsn", "level": "commune", "code": str(commune.name),
                        "name": commune["name"], "since": f"{place.millesime}-01-01", "evidence": "assumed"},
        "corrections": {},
    }  # fmt: skip


def _form(table: str, example: Mapping[str, str]) -> str:
    """Write an empty table: its header, and a line of example if there is one."""
    columns: Sequence[str] = [it.name for it in SCHEMAS[table].columns]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    if example:
        writer.writerow(example)
    return text.getvalue()
