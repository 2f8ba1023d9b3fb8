"""The plugin that calls this package from inside QGIS: written as a zip, or put where QGIS looks for it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Final

NAME: Final = "opsn_geo_plugin"
_PROFILE: Final = Path("QGIS", "QGIS3", "profiles", "default", "python", "plugins")


def plugin_dir() -> Path:
    """Return the folder of the plugin: in the installed wheel, or beside ``src`` in a clone."""
    package = Path(__file__).parent
    places = (package / "_qgis" / NAME, package.parents[1] / "qgis" / NAME)
    return next(place for place in places if (place / "metadata.txt").is_file())


def plugins_of_user() -> Path:
    """Return the folder in which the QGIS of this user looks for plugins."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    return base / _PROFILE


def install(plugins: Path | None = None) -> Path:
    """Put the plugin where QGIS looks for it, with the command that starts this very package; return where.

    Parameters
    ----------
    plugins : Path, optional
        Folder of plugins; by default that of the user's default profile.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(file.name for file in install(Path(folder)).iterdir())[:2]
    ['__init__.py', 'algorithms.py']
    """
    target = (plugins or plugins_of_user()) / NAME
    shutil.copytree(plugin_dir(), target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    command = json.dumps([sys.executable, "-m", "opsn_geo"])
    (target / "command.json").write_text(command, encoding="utf-8")
    return target


def write_zip(file: Path) -> Path:
    """Write the plugin as a zip for QGIS's plugin manager; the same plugin gives the same bytes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(write_zip(Path(folder) / "plugin.zip")) as archive:
    ...         archive.namelist()[0]
    'opsn_geo_plugin/__init__.py'
    """
    folder = plugin_dir()
    with zipfile.ZipFile(file, "w") as archive:
        for part in sorted(folder.glob("*.*")):
            entry = zipfile.ZipInfo(f"{NAME}/{part.name}")
            archive.writestr(entry, part.read_bytes(), compress_type=zipfile.ZIP_DEFLATED)
    return file
