"""What ``import opsn_geo`` gives: an explicit list of names, loaded when they are used."""

from __future__ import annotations

import subprocess
import sys

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


@pytest.mark.parametrize("name", ["run"])
def test_a_function_named_like_a_package_can_be_called_in_whatever_order_they_are_imported(name: str) -> None:
    for first, second in ((f"opsn_geo.{name}", "opsn_geo"), ("opsn_geo", f"opsn_geo.{name}")):
        code = f"import {first}; import {second}; assert callable(opsn_geo.{name})"
        subprocess.run([sys.executable, "-c", code], check=True)
    package = getattr(opsn_geo, name)
    assert package.__name__ == f"opsn_geo.{name}"
    assert str(package.__signature__).startswith("(")
