"""Colours of neighbouring classes differ to everybody: CIEDE2000, after Machado's colour blindness."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from opsn_geo.catalogue import palette
from opsn_geo.catalogue.register import maps
from opsn_geo.publish.classes import intervals

EYES = {
    "normal": np.eye(3),
    "protan": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deutan": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritan": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
XYZ = np.array([[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07218], [0.01933, 0.11919, 0.95030]])


def lab(colour: str, eye: str) -> np.ndarray:
    """Return the CIELAB values of a colour as an eye sees it."""
    code = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(EYES[eye] @ light, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str, eye: str) -> float:
    """Return the CIEDE2000 difference of two colours."""
    (l1, a1, b1), (l2, a2, b2) = lab(one, eye), lab(other, eye)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - np.sqrt(chroma**7 / (chroma**7 + 25**7)) / 2
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2, h1, h2 = np.hypot(a1, b1), np.hypot(a2, b2), np.arctan2(b1, a1), np.arctan2(b2, a2)
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    hue, c, l50 = h1 + turn / 2, (c1 + c2) / 2, ((l1 + l2) / 2 - 50) ** 2
    t = (1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue) + 0.32 * np.cos(3 * hue + np.radians(6))
         - 0.2 * np.cos(4 * hue - np.radians(63)))  # fmt: skip
    sl, sc, sh = 1 + 0.015 * l50 / np.sqrt(20 + l50), 1 + 0.045 * c, 1 + 0.015 * c * t
    blue = 60 * np.exp(-((((np.degrees(hue) % 360) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(c**7 / (c**7 + 25**7)) * np.sin(np.radians(blue))
    return float(np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotation * dc / sc * dh / sh))


def least(one: str, other: str) -> float:
    return min(difference(one, other, eye) for eye in EYES)


def test_the_difference_is_that_of_the_published_examples() -> None:
    assert difference("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.1)
    assert difference("#ff0000", "#00ff00", "normal") == pytest.approx(86.6, abs=0.3)


@pytest.mark.parametrize("scale", sorted({it.palette for it in maps().values() if it.kind == "intervals"}))
@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_neighbouring_classes_of_numbers_differ_to_every_eye(scale: str, count: int) -> None:
    import pandas as pd  # noqa: PLC0415 - only this test makes classes

    centred = scale in palette.DIVERGING
    values = np.linspace(-6, 6, 101) if centred else np.arange(count)
    classes = intervals(pd.DataFrame({"n": values}), "n", palette=scale, most=4 if centred else count)
    assert all(least(one.colour, other.colour) >= 10 for one, other in pairwise(classes))


@pytest.mark.parametrize("colours", [{**palette.STATES, "other": palette.OTHER_OPERATOR}, palette.PATHS])
def test_states_and_paths_differ_to_every_eye(colours: dict[str, str]) -> None:
    plain = [colour for key, colour in colours.items() if key != "unknown"]  # what is unknown is hatched
    assert {(a, b): least(a, b) for a, b in combinations(plain, 2) if least(a, b) < 10} == {}


def test_verdicts_on_deserts_differ_to_every_eye() -> None:
    assert all(least(one, other) >= 10 for one, other in combinations(palette.VERDICTS.values(), 2))
