"""What a page knows, packed: a JSON head and binary parts, which the program of ``web/program`` opens.

The geometry is packed by :mod:`opsn_geo.publish.web.topology`; states and paths take one byte each; columns
of the layers are lists of the head. All texts come from the catalogue; every string of the data reaches the
page as data, never as markup.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue import numbers, palette
from opsn_geo.catalogue.basis import basis_label
from opsn_geo.catalogue.register import groups, maps, tables
from opsn_geo.catalogue.states import BEST_FIRST, MembershipPath, State, covered, possibly_covered
from opsn_geo.catalogue.words import Language, definition, text, texts
from opsn_geo.measure.survey.response import DENSITY_BANDS, SIZE_BANDS, banded
from opsn_geo.publish.classes import unit_of
from opsn_geo.publish.notices import basis_line, response_notice
from opsn_geo.publish.themes import Theme, classify, greatest_values, intervals, is_unsure, shown_values
from opsn_geo.publish.web import topology

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from opsn_geo.study import Metadata

LEVELS: Final = tuple(each.name for each in tables().values() if each.level)
BASE: Final = "communes"
"""Level whose areas the atlas draws; those of the wider levels are made of them."""

AREAS: Final = "areas"
"""Level of a layer that the register does not know."""

OPENING: Final = "services_member"
"""Theme that the atlas opens with: it shows more than that nearly every commune has some service."""

ANY: Final = "any"
"""Key of the first entry of the services: at least one of them."""

_STATES: Final = tuple(State)
_TOWNS: Final = 400
_SAME_AS_ANY: Final = "state"
_GROUPS: Final = {"epci": "siren_epci", "departements": "code_dep"}


def atlas_payload(
    layers: Mapping[str, gpd.GeoDataFrame],
    couverture: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    metadata: Metadata,
    themes: Sequence[Theme],
    packed: topology.Packed | None = None,
    reponses: pd.DataFrame | None = None,
) -> bytes:
    """Return all that the atlas knows; the parameters are those of :func:`opsn_geo.publish.web.atlas.write`.

    A commune outside the study has no state there, no operator and no path: it gives context only.
    """
    lang = metadata.language
    communes = layers[BASE]
    studied = couverture[couverture["code_insee"].isin(communes.index[_inside(communes)])]
    grid = services_grid(communes.index, studied, services)
    operators = {slug: place for place, slug in enumerate(opsn["opsn"])}
    combos, combo_list = _combos(grid["opsn"], operators)
    head = {
        "levels": {level: _places(layers[level], level, lang, operators) for level in LEVELS},
        "groups": {
            level: layers[level].index.get_indexer(communes[code]).tolist() for level, code in _GROUPS.items()
        },
        "services": _services(services, lang),
        "opsn": [
            {"key": row.opsn, "name": row.name, "complete": bool(row.list_complete)}
            for row in opsn[["opsn", "name", "list_complete"]].fillna(value=False).itertuples(index=False)
        ],
        "combos": combo_list,
        "states": _states(lang, use_measured="services_used" in communes),
        "otherOperator": {
            "key": "other",
            "label": text("atlas.other_opsn", lang),
            "colour": palette.OTHER_OPERATOR,
        },
        "paths": ["", *texts("path", lang).values()],
        "shares": _share_classes(lang),
        "servicesBasis": basis_line(metadata, maps()["state"].rests_on),
        "themes": [
            shown_theme(each, layers[each.layer], metadata)
            for each in themes
            if each.layer in LEVELS and each.key != _SAME_AS_ANY
        ],
        "replies": {} if reponses is None else _replies(reponses),
        "opening": OPENING,
        "filters": _filters(communes, lang),
        "meanings": texts("map_help", lang),
        "synonyms": list(texts("service_synonyms", lang).values()),
    }
    parts = {"states": grid["states"], "paths": grid["paths"], "combos": combos}
    return _payload(communes, BASE, head, parts, metadata, packed)


def theme_payload(
    layer: gpd.GeoDataFrame, theme: Theme, metadata: Metadata, packed: topology.Packed | None = None
) -> bytes:
    """Return what a page with one theme knows: the areas of its layer and what the theme shows of them.

    Parameters
    ----------
    layer : GeoDataFrame
        Areas that do not overlap, with the theme's column; ``name``, ``population``, ``postal_codes``,
        ``inside`` and the codes of wider levels are used where they are there.
    theme : Theme
        What is shown of them.
    metadata : Metadata
        Language, and the background if one is asked for.
    packed : topology.Packed, optional
        The areas, where they are packed already.
    """
    level = theme.layer if theme.layer in LEVELS else AREAS
    groups = {
        name: pd.factorize(layer[code])[0].tolist()
        for name, code in _GROUPS.items()
        if code in layer and name != level
    }
    head = {
        "levels": {level: _places(layer, level, metadata.language)},
        "groups": groups,
        "services": [],
        "servicesBasis": "",
        "opsn": [],
        "themes": [shown_theme(theme, layer, metadata, level)],
        "replies": {},
    }
    return _payload(layer, level, head, {}, metadata, packed)


def _payload(
    layer: gpd.GeoDataFrame,
    base: str,
    head: Mapping[str, object],
    parts: Mapping[str, bytes],
    metadata: Metadata,
    packed: topology.Packed | None,
) -> bytes:
    """Add to a head what every page needs: the geometry, the words, the signs and the colours."""
    packed = packed or topology.pack(layer.geometry)
    parts = {"topology": packed.stream, **parts}
    return deflated(
        {
            "parts": [[name, len(part)] for name, part in parts.items()],
            "lang": metadata.language,
            "background": metadata.background,
            "texts": texts("atlas", metadata.language),
            "signs": numbers.signs(metadata.language),
            "paper": palette.PAPER,
            "grid": {"left": packed.left, "top": packed.top, "step": packed.step},
            "towns": _towns(layer, packed) if base == BASE and "population" in layer else [],
            "base": base,
            "opening": "",
            "filters": [],
            "meanings": {},
            "synonyms": [],
            **head,
        },
        parts,
    )


def deflated(head: Mapping[str, object], parts: Mapping[str, bytes]) -> bytes:
    """Join a head and its parts, and deflate them without any wrapping.

    The head begins after its own length (four bytes, lowest first) and lists the parts that follow it.
    """
    written = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    packer = zlib.compressobj(7, zlib.DEFLATED, -zlib.MAX_WBITS)
    joined = b"".join([len(written).to_bytes(4, "little"), written, *parts.values()])
    return packer.compress(joined) + packer.flush()


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
    joined = np.full(opsn.shape[1], "", dtype=object)
    for service, standing in zip(opsn, same, strict=True):
        joined[standing] = joined[standing] + ";" + service[standing]
    kept = {each: ";".join(sorted({*each.split(";")} - {""})) for each in set(joined)}
    return np.array([kept[each] for each in joined], dtype=object)


def _replies(reponses: pd.DataFrame) -> dict[str, list[list[object]]]:
    """Give the answers of each commune by its code: who of its respondents, the question, the answer."""
    return {
        str(code): rows[["respondent", "label", "answer"]].to_numpy(dtype=object).tolist()
        for code, rows in reponses.groupby("code_insee")
    }


def _filters(communes: gpd.GeoDataFrame, lang: Language) -> list[dict[str, object]]:
    """Return the bands that a reader can keep alone: of size and of density, as far as they are known."""
    if "population" not in communes:
        return []
    population = communes["population"].astype("Float64")
    banded_by = {"size": banded(population, SIZE_BANDS)}
    if "area_km2" in communes:
        banded_by["density"] = banded(population / communes["area_km2"], DENSITY_BANDS)
    return [
        {
            "key": key,
            "label": text(f"atlas.{key}", lang),
            "of": bands.cat.codes.tolist(),
            "options": [
                {"key": band, "label": text(f"atlas_{key}.{band}", lang)} for band in bands.cat.categories
            ],
        }
        for key, bands in banded_by.items()
    ]


def _combos(opsn: NDArray[np.object_], operators: Mapping[str, int]) -> tuple[bytes, list[list[int]]]:
    """Give each distinct set of operators a number: that of each cell as varints, and the sets."""
    codes, distinct = pd.factorize(opsn)
    sets = [[operators[slug] for slug in each.split(";") if slug in operators] for each in distinct]
    return topology.varints(codes.astype(np.int64)), sets


def _inside(layer: gpd.GeoDataFrame) -> pd.Series:
    """Return whether each area is part of the study."""
    everywhere = pd.Series(data=True, index=layer.index)
    given = layer.get("inside", everywhere)
    return given.astype(bool) if pd.api.types.is_bool_dtype(given) else everywhere


def _places(
    layer: gpd.GeoDataFrame, level: str, lang: Language, operators: Mapping[str, int] | None = None
) -> dict[str, list[object]]:
    """Return what a page knows of every place of a level besides its themes."""
    absent = pd.Series(pd.NA, index=layer.index)
    places: dict[str, list[object]] = {
        "code": layer.index.astype(str).tolist(),
        "name": layer.get("name", layer.index.to_series()).fillna("").astype(str).tolist(),
        "population": plain_numbers(layer.get("population", absent)),
    }
    if {"communes", "communes_inside"} <= set(layer):
        places["outside"] = plain_numbers(layer["communes"] - layer["communes_inside"])
    if not _inside(layer).all():
        places["inside"] = plain_numbers(_inside(layer).astype(int))
    if "postal_codes" in layer:
        places["postal"] = layer["postal_codes"].fillna("").astype(str).tolist()
    if "basis" in layer:
        places["basis"] = [basis_label(each, lang) if each else "" for each in layer["basis"].fillna("")]
    if level == BASE and operators and "opsn" in layer:
        reached = layer["opsn"].fillna("").astype(str).where(_inside(layer), "")
        places["opsn"] = [[operators[s] for s in slugs.split(";") if s in operators] for slugs in reached]
    return places


def _towns(communes: gpd.GeoDataFrame, packed: topology.Packed) -> list[list[int]]:
    """Place the most populous communes of the territory on the grid, by their mairie where it is known."""
    import geopandas as gpd  # noqa: PLC0415 - heavy

    order = (
        communes["population"]
        .where(_inside(communes))
        .fillna(-1)
        .to_numpy()
        .argsort(kind="stable")[::-1][:_TOWNS]
    )
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


def _states(lang: Language, *, use_measured: bool) -> list[dict[str, object]]:
    """Return the classes of a state; a use that nothing measures has no line in the legend."""
    return [
        {"key": s.value, "label": text(f"state.{s.value}", lang), "colour": palette.STATES[s.value],
         "hatched": s is State.UNKNOWN, "covered": s in covered(), "possible": s in possibly_covered(),
         "measured": use_measured or s is not State.USED}
        for s in _STATES
    ]  # fmt: skip


def _share_classes(lang: Language) -> list[dict[str, object]]:
    """Give the classes of a share, none and then five even ones: the same for all, so that views compare."""
    evenly = pd.DataFrame({"covered_share": np.linspace(0, 1, 101), "place": np.arange(101) % 6})
    colours = [each.colour for each in intervals(evenly, "place", most=6)]
    shares = [(each.label, each.upper) for each in intervals(evenly, "covered_share", lang=lang)]
    labelled = [(text("theme_class.none", lang), 0), *shares]
    return [
        {"label": each, "colour": c, "upper": to} for (each, to), c in zip(labelled, colours, strict=True)
    ]


def shown_theme(
    theme: Theme, layer: gpd.GeoDataFrame, metadata: Metadata, level: str = ""
) -> dict[str, object]:
    """Return a theme with the class and the value of every place of its layer.

    A place outside the study has neither.
    """
    lang, inside = metadata.language, _inside(layer)
    column, most = shown_values(theme, layer), greatest_values(theme, layer)
    of = classify(theme, column).where(inside, -1)
    number = theme.column if theme.kind == "intervals" else theme.number
    values = column if theme.kind == "intervals" else layer.get(number)
    unit = unit_of(number, lang) if number else ""
    of_response = response_notice(metadata) if theme.group == "representativeness" else ""
    bounds: dict[str, object] = {}
    if most is not None:
        bounds["most"] = plain_numbers(most.where(inside))
        bounds["unsure"] = (inside & is_unsure(theme, layer)).tolist()
    return {
        "key": theme.key,
        "group": groups()[theme.group].title(lang),
        "level": level or theme.layer,
        "title": theme.title,
        "note": " ".join(filter(None, (definition(number or theme.column, lang, theme.layer), of_response))),
        "basis": basis_line(metadata, maps()[theme.key].rests_on) if theme.key in maps() else "",
        "kind": theme.kind,
        "share": number.endswith("_share"),
        "unit": "" if unit in {"%", text("unit.count", lang)} else unit,
        "classes": [
            {"label": c.label, "colour": c.colour, "upper": c.upper, "hatched": c.hatched}
            for c in theme.classes
        ],
        "of": of.tolist(),
        "values": [] if values is None else plain_numbers(values.where(inside)),
        **bounds,
    }


def plain_numbers(column: pd.Series) -> list[object]:
    """Write numbers with six significant digits, whole ones without a point, missing ones as null."""
    values = pd.to_numeric(column).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return [None if np.isnan(v) else int(v) if v.is_integer() else float(f"{v:.6g}") for v in values.tolist()]
