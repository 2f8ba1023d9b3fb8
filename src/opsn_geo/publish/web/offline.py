"""A Folium figure that needs no network: whatever folium would fetch is put in the page, or refused.

folium names the files that it links. Those that a map of ours needs are vendored under ``web/``; those that
only serve widgets we do not use are dropped; any other stops the writing, so that no page leaks the address
of its reader to a third party, and none is blank where there is no network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from branca.element import Element, Figure, Link
from jinja2 import Environment

from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    import folium

_VENDORED: Final = {"leaflet": "leaflet/leaflet.js", "leaflet_css": "leaflet/leaflet.css"}
_DROPPED: Final = frozenset({
    "jquery", "bootstrap", "awesome_markers", "bootstrap_css", "glyphicons_css",
    "awesome_markers_font_css", "awesome_markers_css", "awesome_rotate_css",
})  # fmt: skip
_EXTERNAL: Final = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|object|embed)\b[^>]*?"""
    r"""\b(?:src|href|data)\s*=\s*["']?(?:https?:)?//[^"'\s>]+""",
    re.IGNORECASE,
)
_TILES: Final = re.compile(r"""L\.tileLayer(?:\.wms)?\(\s*["'](https?://[^/"']+)[^"']*["']""")
_SCRIPT: Final = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.IGNORECASE | re.DOTALL)
_FIXED_VIEWPORT: Final = re.compile(r'<meta name="viewport".*?>', re.DOTALL)
_POLICY: Final = "<!-- content-security-policy -->"


@cache
def asset(name: str) -> str:
    """Read a text file of the package's ``web`` folder.

    >>> asset("leaflet/LICENSE").splitlines()[0]
    'BSD 2-Clause License'
    """
    return resources.files("opsn_geo.publish").joinpath("web", name).read_text(encoding="utf-8")


@cache
def picture(name: str) -> str:
    """Give a picture of the ``web`` folder as a ``data:`` address."""
    octets = resources.files("opsn_geo.publish").joinpath("web", name).read_bytes()
    return f"data:image/png;base64,{base64.b64encode(octets).decode()}"


class OfflineFigure(Figure):  # type: ignore[misc]  # branca is not typed
    """A figure whose page holds all that it needs and may fetch nothing.

    Parameters
    ----------
    template : str
        Page template under ``web/``: it receives ``header``, ``html`` and ``script`` as folium makes them.
    images : iterable of str
        Origins from which background tiles may be fetched, only where the study asks for a background.
    **values : object
        What else the template shows; strings are escaped.
    """

    def __init__(self, template: str = "atlas.html", images: Iterable[str] = (), **values: Any) -> None:  # noqa: ANN401
        super().__init__()
        self._page = Environment(autoescape=True, trim_blocks=True).from_string(asset(template))
        self._values = values
        self._images = tuple(images)

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's own signature
        """Render the page: libraries in place, stable names, policy set.

        Raises
        ------
        InputError
            A layer wants a file from the network: each is named.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        parts = {name: _rendered(getattr(self, name)) for name in ("header", "html", "script")}
        parts["header"] = _FIXED_VIEWPORT.sub("", parts["header"])
        page = _stable_names(self._page.render(**parts, **self._values))
        _refuse_external(page, self._images)
        return page.replace(_POLICY, _policy(page, self._images), 1)


def offline(made: folium.Map, template: str = "atlas.html", **values: Any) -> OfflineFigure:  # noqa: ANN401
    """Move a folium map into an offline figure; ``offline(m).save("map.html")`` writes the page."""
    figure = OfflineFigure(template, **values)
    figure.add_child(made)
    return figure


def _rendered(part: Element) -> str:
    """Render a part of a figure, each link replaced by the vendored text or dropped."""
    faults = [
        Fault(cause="external_resource", value=child.url)
        for name, child in part._children.items()  # noqa: SLF001 - branca offers no other way
        if isinstance(child, Link) and name not in _VENDORED and name not in _DROPPED
    ]
    if faults:
        raise InputError(faults)
    shown = [
        _inlined(_VENDORED[name]) if name in _VENDORED else child.render()
        for name, child in part._children.items()  # noqa: SLF001
        if name not in _DROPPED
    ]
    return "\n".join(shown)


def _inlined(name: str) -> str:
    text = asset(name)
    if name.endswith(".js"):
        return f"<script>{text}</script>"
    for image in set(re.findall(r"url\((images/[^)]+)\)", text)):
        text = text.replace(f"url({image})", f"url({picture('leaflet/' + image)})")
    return f"<style>{text}</style>"


def _stable_names(page: str) -> str:
    """Replace folium's random names by their order of appearance: same inputs, same bytes."""
    names: dict[str, str] = {}
    return re.sub(
        r"(?<=_)[0-9a-f]{32}(?![0-9a-f])", lambda name: names.setdefault(name[0], str(len(names) + 1)), page
    )


def _refuse_external(page: str, images: tuple[str, ...]) -> None:
    markup = _SCRIPT.sub(lambda script: f"<script{script[1]}></script>", page)
    asked = _EXTERNAL.findall(markup)
    asked += [tile[0] for tile in _TILES.finditer(page) if tile[1] not in images]
    if asked:
        raise InputError(Fault(cause="external_resource", value=each) for each in asked)


def _policy(page: str, images: tuple[str, ...]) -> str:
    """Allow the page its own scripts by their checksum, its styles and pictures, and nothing else."""
    scripts = [body for tag, body in _SCRIPT.findall(page) if "text/plain" not in tag]
    sums = (base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in scripts)
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(dict.fromkeys(f"'sha256-{each}'" for each in sums)),
        "style-src": "'unsafe-inline'",
        "img-src": " ".join(["data:", "blob:", *images]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    content = "; ".join(f"{rule} {value}" for rule, value in rules.items())
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'
