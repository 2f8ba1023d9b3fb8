"""What ``import opsn_geo`` gives: an explicit list of names, loaded when they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import opsn_geo


def test_every_public_name_can_be_had() -> None:
    for name in opsn_geo.__all__:
        assert getattr(opsn_geo, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = opsn_geo.nothing


def test_the_list_of_names_is_explicit_and_holds_nothing_else() -> None:
    assert sorted(dir(opsn_geo)) == sorted([*opsn_geo.__all__, "__version__"])


def test_the_import_is_light() -> None:
    code = (
        "import opsn_geo, sys; print(sorted({'pandas', 'numpy', 'geopandas', 'folium'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_public_name_is_that_of_a_package() -> None:
    packages = {folder.name for folder in Path(opsn_geo.__file__).parent.iterdir() if folder.is_dir()}
    assert packages & set(opsn_geo.__all__) == set()
