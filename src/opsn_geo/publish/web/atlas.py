"""The atlas: every theme, service and operator in one Folium page that works without a network.

The page holds one packed payload (:mod:`opsn_geo.publish.web.topology` for the geometry, one byte for each
state and path, columns of the layers as JSON), and the program of ``web/`` that draws it. All its texts come
from the catalogue; every string of the data reaches the page as data, never as markup.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue import numbers, palette
from opsn_geo.catalogue.register import groups, tables
from opsn_geo.catalogue.states import BEST_FIRST, MembershipPath, State, covered, possibly_covered
from opsn_geo.catalogue.words import Language, definition, text, texts
from opsn_geo.publish.notices import date_written, simulation_notice, simulation_title, subtitle
from opsn_geo.publish.staging import staged
from opsn_geo.publish.themes import Theme, classify, intervals
from opsn_geo.publish.web import topology
from opsn_geo.publish.web.background import add_background, page_values

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from opsn_geo.study import Metadata

LEVELS: Final = tuple(each.name for each in tables().values() if each.level)
ANY: Final = "any"
"""Key of the first entry of the services: at least one of them."""

_STATES: Final = tuple(State)
_TOWNS: Final = 400
_PROGRAM: Final = (
    "codec.js", "topology.js", "dom.js", "numbers.js", "hash.js", "layer.js", "model.js", "map.js",
    "combobox.js", "controls.js", "search.js", "portrait.js", "table.js", "sheet.js", "atlas.js",
)  # fmt: skip


def write(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    couverture: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    metadata: Metadata,
    themes: Sequence[Theme],
    packed: topology.Packed | None = None,
    reponses: pd.DataFrame | None = None,
) -> None:
    """Write the atlas as one HTML file, beside its target and then in its place.

    Parameters
    ----------
    path : pathlib.Path
        File to write.
    layers : mapping of str to geopandas.GeoDataFrame
        ``communes`` (a valid coverage indexed by ``code_insee``; those not ``inside`` give context only),
        ``epci`` and ``departements``, with the columns that ``themes`` show.
    couverture : pandas.DataFrame
        One row for each commune and service: ``code_insee``, ``service``, ``state``, ``path``, ``opsn``.
        A commune without a row is unknown.
    services, opsn : pandas.DataFrame
        Lists of services (``service``, ``name``, ``family``…) and of operators (``opsn``, ``name``,
        ``list_complete``).
    metadata : Metadata
        What the page says of itself, and its language.
    themes : sequence of Theme
        Those of the three layers are shown; those of other layers are left to the GeoPackage.
    packed : topology.Packed, optional
        The communes, where they are packed already.
    reponses : pandas.DataFrame, optional
        What communes answered that the study asks for by name: ``code_insee``, ``respondent``, ``label``,
        ``answer``. Their panel shows it.

    Notes
    -----
    Same inputs, same bytes. The page may make no request: its own policy forbids it, but for the pictures of
    the background where the study asks for one.
    """
    data = payload(layers, couverture, services, opsn, metadata, themes, packed, reponses)
    page = figure(data, metadata).render()
    with staged(path.parent) as aside:
        (aside / path.name).write_text(page, encoding="utf-8", newline="\n")


def figure(packed: bytes, metadata: Metadata) -> Any:  # noqa: ANN401 - branca is not typed
    """Put a payload and the atlas's program around a folium map, in a figure that needs no network."""
    import folium  # noqa: PLC0415 - heavy, needed by maps only

    from opsn_geo.publish.web.offline import asset, bundle, offline  # noqa: PLC0415 - imports folium's parts

    made = folium.Map(location=[49.9, 2.8], zoom_start=8, tiles=None, zoom_snap=0.25)
    add_background(made, metadata)
    made._id = "atlas"  # noqa: SLF001 - folium offers no other way to name a map
    lang = metadata.language
    return offline(
        made,
        "atlas.html",
        lang=lang,
        title=metadata.title,
        subtitle=subtitle(metadata),
        notice=simulation_notice(metadata),
        source_note=source_note(metadata),
        style=palette.custom_properties(dark=True) + asset("atlas.css"),
        t=texts("atlas", lang),
        program=bundle(_PROGRAM, ("openAtlas",)),
        data=base64.b64encode(packed).decode(),
        map_name=made.get_name(),
        **page_values(metadata),
    )


def payload(
    layers: Mapping[str, gpd.GeoDataFrame],
    couverture: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    metadata: Metadata,
    themes: Sequence[Theme],
    packed: topology.Packed | None = None,
    reponses: pd.DataFrame | None = None,
) -> bytes:
    """Pack all that the page knows: a JSON head and binary parts, deflated together.

    The head begins after its own length (four bytes, lowest first) and lists the parts that follow it.
    """
    lang = metadata.language
    communes, notice = layers["communes"], simulation_notice(metadata)
    packed = packed or topology.pack(communes.geometry)
    grid = services_grid(communes.index, couverture, services)
    operators = {slug: place for place, slug in enumerate(opsn["opsn"])}
    combos, combo_list = _combos(grid["opsn"], operators)
    parts = {"topology": packed.stream, "states": grid["states"], "paths": grid["paths"], "combos": combos}
    head = {
        "parts": [[name, len(part)] for name, part in parts.items()],
        "lang": lang,
        "stem": metadata.stem,
        "background": metadata.background,
        "title": metadata.title,
        "subtitle": subtitle(metadata),
        "simulatedNote": f"{simulation_title(lang)} {notice}" if notice else "",
        "sourceNote": source_note(metadata),
        "texts": texts("atlas", lang),
        "signs": numbers.signs(lang),
        "paper": palette.PAPER,
        "grid": {"left": packed.left, "top": packed.top, "step": packed.step},
        "towns": _towns(communes, packed),
        "levels": {level: _columns(layers, level, operators) for level in LEVELS},
        "services": _services(services, lang),
        "opsn": [
            {"key": row.opsn, "name": row.name, "complete": bool(row.list_complete)}
            for row in opsn[["opsn", "name", "list_complete"]].fillna(value=False).itertuples(index=False)
        ],
        "combos": combo_list,
        "states": _states(lang),
        "otherOperator": {
            "key": "other",
            "label": text("atlas.other_opsn", lang),
            "colour": palette.OTHER_OPERATOR,
        },
        "paths": ["", *texts("path", lang).values()],
        "shares": _share_classes(lang),
        "themes": [shown_theme(it, layers[it.layer], lang) for it in themes if it.layer in LEVELS],
        "replies": {} if reponses is None else _replies(reponses),
    }
    return deflated(head, parts)


def deflated(head: Mapping[str, object], parts: Mapping[str, bytes]) -> bytes:
    """Join a head and its parts, and deflate them without any wrapping."""
    written = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    packer = zlib.compressobj(7, zlib.DEFLATED, -zlib.MAX_WBITS)
    joined = b"".join([len(written).to_bytes(4, "little"), written, *parts.values()])
    return packer.compress(joined) + packer.flush()


def source_note(metadata: Metadata) -> str:
    """Say where the data come from, of which vintage and day."""
    lang = metadata.language
    sources = text("atlas.default_sources", lang)
    return text(
        "atlas.source_note", lang, sources=sources, millesime=metadata.millesime, date=date_written(metadata)
    )


def services_grid(communes: pd.Index, couverture: pd.DataFrame, services: pd.DataFrame) -> dict[str, Any]:
    """Lay the long coverage out as bytes, service by service, each in the order of the communes.

    The first service is :data:`ANY`: the state of a commune is there the best that any service gives it
    (``unknown`` outranks ``offered``, as it may be a member), by the operators and paths of that state.
    """
    cells = pd.MultiIndex.from_product([services["service"], communes])
    keyed = couverture.set_index(["service", "code_insee"])[["state", "path", "opsn"]].reindex(cells)
    state = pd.Categorical(keyed["state"].fillna(State.UNKNOWN.value), [s.value for s in _STATES]).codes
    paths = ["", *texts("path")]
    path = pd.Categorical(keyed["path"].fillna(""), paths).codes.clip(0)
    shape = (len(services), len(communes))
    rank = np.argsort([_STATES.index(s) for s in BEST_FIRST]).astype(np.uint8)
    best = rank[state.reshape(shape)].argmin(axis=0), np.arange(len(communes))
    opsn = keyed["opsn"].fillna("").to_numpy(dtype=object).reshape(shape)
    state, path = state.reshape(shape), path.reshape(shape)
    same = state == state[best]
    lowest, highest = np.where(same, path, len(paths)).min(axis=0), np.where(same, path, 0).max(axis=0)
    best_path = np.where(lowest == highest, lowest, paths.index(MembershipPath.SEVERAL))
    return {
        "states": np.vstack([state[best], state]).astype(np.uint8).tobytes(),
        "paths": np.vstack([best_path, path]).astype(np.uint8).tobytes(),
        "opsn": np.vstack([_union(opsn, same), opsn]).ravel(),
    }


def _union(opsn: NDArray[np.object_], same: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Join, for each commune, the operators of all services that stand where its best one does."""
    found = np.full(opsn.shape[1], "", dtype=object)
    for service, standing in zip(opsn, same, strict=True):
        found[standing] = found[standing] + ";" + service[standing]
    kept = {each: ";".join(sorted({*each.split(";")} - {""})) for each in set(found)}
    return np.array([kept[each] for each in found], dtype=object)


def _replies(reponses: pd.DataFrame) -> dict[str, list[list[object]]]:
    """Give the answers of each commune by its code: who of its respondents, the question, the answer."""
    return {
        str(code): rows[["respondent", "label", "answer"]].to_numpy(dtype=object).tolist()
        for code, rows in reponses.groupby("code_insee")
    }


def _combos(opsn: NDArray[np.object_], operators: Mapping[str, int]) -> tuple[bytes, list[list[int]]]:
    """Give each distinct set of operators a number: that of each cell as varints, and the sets."""
    codes, found = pd.factorize(opsn)
    sets = [[operators[slug] for slug in each.split(";") if slug in operators] for each in found]
    return topology.varints(codes.astype(np.int64)), sets


def _columns(
    layers: Mapping[str, gpd.GeoDataFrame], level: str, operators: Mapping[str, int]
) -> dict[str, list[object]]:
    """Give what the page says of every place of a layer besides its themes."""
    frame = layers[level]
    shown: dict[str, list[object]] = {
        "code": frame.index.astype(str).tolist(),
        "name": frame["name"].astype(str).tolist(),
        "population": plain_numbers(frame["population"]),
    }
    if level != "communes":
        return shown
    absent = pd.Series("", index=frame.index)
    paths = ["", *texts("path")]
    reached = frame.get("opsn", absent).fillna("").astype(str)
    return shown | {
        "postal": frame.get("postal_codes", absent).fillna("").astype(str).tolist(),
        "inside": frame.get("inside", pd.Series(data=True, index=frame.index)).astype(int).tolist(),
        "epci": layers["epci"].index.get_indexer(frame["siren_epci"]).tolist(),
        "departements": layers["departements"].index.get_indexer(frame["code_dep"]).tolist(),
        "opsn": [[operators[s] for s in slugs.split(";") if s in operators] for slugs in reached],
        "path": [max(0, paths.index(p)) if p in paths else 0 for p in frame.get("path", absent).fillna("")],
    }


def _towns(communes: gpd.GeoDataFrame, packed: topology.Packed) -> list[list[int]]:
    """Place the most populous communes of the territory on the grid, by their mairie where it is known."""
    import geopandas as gpd  # noqa: PLC0415 - heavy

    inside = communes.get("inside", pd.Series(data=True, index=communes.index)).astype(bool)
    order = communes["population"].where(inside).fillna(-1).to_numpy().argsort(kind="stable")[::-1][:_TOWNS]
    chosen = communes.iloc[order]
    points = chosen.geometry.representative_point()
    if "mairie_x" in chosen:
        halls = gpd.points_from_xy(chosen["mairie_x"], chosen["mairie_y"], crs=communes.crs)
        points = points.where(chosen["mairie_x"].isna(), gpd.GeoSeries(halls, index=chosen.index))
    points = points.to_crs(3857)
    x = ((points.x - packed.left) / packed.step).round().astype(int)
    y = ((packed.top - points.y) / packed.step).round().astype(int)
    return [[int(number) for number in row] for row in zip(order, x, y, strict=True)]


def _services(services: pd.DataFrame, lang: Language) -> list[dict[str, object]]:
    """List the services by family, after the entry that stands for any of them."""
    column = {"fr": "", "en": "_en"}[lang]
    rows = services[["service", f"name{column}", f"family{column}"]].itertuples(index=False, name=None)
    first = {"key": ANY, "name": text("atlas.any_service", lang), "family": text("atlas.all_services", lang)}
    return [first | {"any": True}, *({"key": k, "name": n, "family": f} for k, n, f in rows)]


def _states(lang: Language) -> list[dict[str, object]]:
    return [
        {"key": s.value, "label": text(f"state.{s.value}", lang), "colour": palette.STATES[s.value],
         "hatched": s is State.UNKNOWN, "covered": s in covered(), "possible": s in possibly_covered()}
        for s in _STATES
    ]  # fmt: skip


def _share_classes(lang: Language) -> list[dict[str, object]]:
    """Give the classes of a share, none and then five even ones: the same for all, so that views compare."""
    evenly = pd.DataFrame({"covered_share": np.linspace(0, 1, 101), "place": np.arange(101) % 6})
    colours = [each.colour for each in intervals(evenly, "place", most=6)]
    shares = [(each.label, each.upper) for each in intervals(evenly, "covered_share", lang=lang)]
    labelled = [(text("theme_class.none", lang), 0), *shares]
    return [{"label": it, "colour": c, "upper": to} for (it, to), c in zip(labelled, colours, strict=True)]


def shown_theme(theme: Theme, layer: gpd.GeoDataFrame, lang: Language) -> dict[str, object]:
    """Write a theme with the class and the value of every place of its layer."""
    column = layer[theme.column]
    of = classify(theme, column)
    if "inside" in layer:
        of = of.where(layer["inside"].astype(bool), -1)
    return {
        "key": theme.key,
        "group": groups()[theme.group].title(lang),
        "level": theme.layer,
        "title": theme.title,
        "note": definition(theme.column, lang, theme.layer),
        "kind": theme.kind,
        "share": theme.column.endswith("_share"),
        "unit": "" if theme.unit in {"%", text("unit.count", lang)} else theme.unit,
        "classes": [
            {"label": c.label, "colour": c.colour, "upper": c.upper, "hatched": c.hatched}
            for c in theme.classes
        ],
        "of": of.tolist(),
        "values": plain_numbers(column) if theme.kind == "intervals" else [],
    }


def plain_numbers(column: pd.Series) -> list[object]:
    """Write numbers with six significant digits, whole ones without a point, missing ones as null."""
    values = pd.to_numeric(column).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return [None if np.isnan(v) else int(v) if v.is_integer() else float(f"{v:.6g}") for v in values.tolist()]
