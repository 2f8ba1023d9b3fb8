"""Boundaries that users bring: IGN's ADMIN EXPRESS of any edition, Etalab's contours, the geo API, their own.

What differs between them is the name of the layers and columns. Those known are listed here as data; columns
are compared without accent, case or punctuation, so that ``INSEE_COM`` and ``insee_com`` are one.

- ADMIN EXPRESS, editions 2017 to 2020: ``INSEE_COM``, ``NOM_COM``, ``CODE_EPCI``, ``INSEE_DEP``;
  2021 to 2024: ``INSEE_COM``, ``NOM``, ``SIREN_EPCI``; since 2025: ``code_insee``, ``nom_officiel``,
  ``codes_siren_des_epci``, ``code_insee_du_departement``, layers in lower case.
- Etalab: ``code``, ``nom``, ``departement``, ``region``, ``epci``.
- the geo API: ``code``, ``nom``, ``codeDepartement``, ``codeRegion``, ``codeEpci``, ``codesPostaux``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.boundaries.completion import (
    Repair,
    check_vintage,
    completed,
    repaired,
    with_names,
    with_town_halls,
)
from opsn_geo.boundaries.crs import legal_epsg
from opsn_geo.boundaries.embedded import embedded, places, vintages
from opsn_geo.boundaries.places import chosen
from opsn_geo.boundaries.territory import KEYS, Territory, counted, read_set, within
from opsn_geo.boundaries.validity import outline_faults, place_faults, population_faults
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.frames import CODE_FORMS, projection_faults, shape_faults
from opsn_geo.read.validation import nearest
from opsn_geo.read.values import plain
from opsn_geo.read.vectors import field_names, layer_names
from opsn_geo.read.vectors import layer as read_layer

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.study import Study

LAYERS: Final = {
    "communes": ("communes", "commune", "municipality"),
    "epci": ("epci",),
    "departements": ("departements", "departement"),
}
"""Names of the layers, the project's own first."""

COLUMNS: Final = {
    "communes": {
        "code_insee": ("code_insee", "insee_com", "code", "codgeo", "insee", "com", "depcom", "code_commune"),
        "name": ("name", "nom_officiel", "nom_com", "nom", "libgeo", "libelle", "nom_commune"),
        "code_reg": ("code_reg", "code_insee_de_la_region", "insee_reg", "codeRegion", "region", "reg"),
        "siren_epci": ("siren_epci", "codes_siren_des_epci", "code_epci", "codeEpci", "epci"),
        "siren": ("siren", "code_siren"),
        "population": ("population", "pop", "pmun", "popul"),
        "postal_codes": ("postal_codes", "codesPostaux", "code_postal", "codes_postaux"),
    },
    "epci": {
        "siren_epci": ("siren_epci", "code_siren", "code_epci", "code", "siren"),
        "name": ("name", "nom_officiel", "nom_epci", "nom"),
        "nature": ("nature", "type_epci", "nature_juridique", "type"),
    },
    "departements": {
        "code_dep": ("code_dep", "code_insee", "insee_dep", "code", "code_insee_du_departement"),
        "name": ("name", "nom_officiel", "nom_dep", "nom"),
        "code_reg": ("code_reg", "code_insee_de_la_region", "insee_reg", "region"),
    },
}  # fmt: skip
"""Columns of each layer, with the names they bear in the recognised formats."""


_TEXTS: Final = {
    "communes": ("name", "code_dep", "code_reg", "siren_epci", "siren", "postal_codes", "repair"),
    "epci": ("name", "nature"),
    "departements": ("name", "code_reg", "chef_lieu"),
}
_OWN: Final = {
    "communes": ("code_dep", "siren_epci", "population", "mairie_x", "mairie_y", "inside"),
    "epci": ("communes", "communes_inside", "population", "population_inside", "crosses_border"),
    "departements": ("communes", "population"),
}
"""Columns that layers have in the project's own form."""


def user_boundaries(
    file: Path,
    *,
    millesime: int,
    name: str,
    region: str = "",
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    repair: Repair = "",
) -> Territory:
    """Return the territory of a boundary file that a user brings.

    Parameters
    ----------
    file : Path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet, in any projection. It must hold communes;
        EPCI and départements are taken from it, or else dissolved from the communes.
    millesime : int
        Vintage of its codes: the file does not state it.
    name : str
        Slug of the territory.
    region : str, optional
        Code of the region to keep; all of the file's communes otherwise.
    departements, epci : collection of str, optional
        Codes to keep, see :func:`~opsn_geo.boundaries.territory.within`.
    repair : {"", "clean", "replace"}
        What is done to outlines, see :func:`~opsn_geo.boundaries.completion.repaired`.

    Returns
    -------
    Territory
        In the legal metric projection of its départements. Names, EPCI, SIREN, postal codes and town halls
        that the file lacks come from the embedded boundaries of the vintage, if there are any. What is still
        lacking is missing, a population too.

    Raises
    ------
    InputError
        The file cannot be read, holds no communes, lacks a code or a projection, repeats a commune, has a
        population that is no number or is below zero, spans territories of several legal projections, or
        fits another vintage better.
    """
    layers = _layers(file)
    if millesime in vintages():
        codes = chosen(
            places(millesime),
            millesime,
            region=region,
            departements=departements,
            epci=epci,
            known_only=False,
        )
        region, departements, epci = "".join(codes.regions), codes.departements, codes.epci
    if set(KEYS) <= set(layers) and _is_own(file):
        territory = read_set(file, name=name, millesime=millesime)
        check_vintage(territory.communes.index, millesime, str(file))
        _refuse_unfit(territory.communes, str(file))
    else:
        frame = _communes(_frame(file, layers, "communes"), str(file), drawn=not repair)
        check_vintage(frame.index, millesime, str(file))
        frame = completed(frame, millesime)
        wanted = (
            frame["code_reg"].eq(region)
            | frame["code_dep"].isin(departements)
            | frame["siren_epci"].isin(epci)
        )
        communes = _projected(frame, wanted if wanted.any() else ~wanted, str(file))
        if repair:
            communes = repaired(communes, repair, millesime, str(file))
            _refuse_unfit(communes, str(file))
        communes = with_town_halls(communes, millesime, str(file))
        others = {
            layer: _renamed(_frame(file, layers, layer), layer, str(file))
            for layer in ("epci", "departements")
            if layer in layers.values() and not repair  # bodies are then dissolved from the communes
        }
        territory = with_names(_recognised(communes, others, name=name, millesime=millesime))
    if region:
        inside = territory.communes["inside"] & territory.communes["code_reg"].eq(region)
        departements = sorted(set(territory.communes.loc[inside, "code_dep"])) or [region]
    return within(territory, departements=departements, epci=epci) if departements or epci else territory


def layer_boundaries(layers: Mapping[str, gpd.GeoDataFrame], *, millesime: int, name: str) -> Territory:
    """Return the territory of layers that a user hands over, read as the layers of a file are.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        ``communes`` and, if there are any, ``epci`` and ``departements``: codes as the index or in a column.
        All three with the columns of a :class:`~opsn_geo.boundaries.territory.Territory` are taken as they
        are, communes beyond the border (``inside`` false) and town halls included.
    millesime, name
        As for :func:`user_boundaries`.

    Returns
    -------
    Territory
        In the legal metric projection of its départements.

    Raises
    ------
    InputError
        As :func:`user_boundaries`; faults name the layer.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> communes = gpd.GeoDataFrame({"INSEE_COM": ["02001"], "NOM": "Abbécourt"}, crs=2154,
    ...                             geometry=[shapely.box(710_000, 6_940_000, 711_000, 6_941_000)])
    >>> layer_boundaries({"communes": communes}, millesime=2021, name="one").communes["name"].to_dict()
    {'02001': 'Abbécourt'}
    """
    faults = [
        fault
        for layer, frame in layers.items()
        for fault in (*shape_faults(frame, layer), *projection_faults(frame, layer, metric=False))
    ]
    if faults:
        raise InputError(faults)
    frames = {layer: _with_codes(frame, layer) for layer, frame in layers.items()}
    if all(layer in frames and set(columns) <= set(frames[layer]) for layer, columns in _OWN.items()):
        own = {layer: _completed(frames[layer].set_index(key), _TEXTS[layer]) for layer, key in KEYS.items()}
        measured = {layer: frame.assign(area_km2=frame.area / 1e6) for layer, frame in own.items()}
        _refuse_unfit(measured["communes"], "communes")
        return Territory(**measured, millesime=millesime, name=name)
    frame = _communes(frames.pop("communes"), "communes")
    check_vintage(frame.index, millesime, "communes")
    whole = pd.Series(data=True, index=frame.index)
    communes = with_town_halls(
        _projected(completed(frame, millesime), whole, "communes"), millesime, "communes"
    )
    others = {layer: _renamed(frame, layer, layer) for layer, frame in frames.items()}
    return with_names(_recognised(communes, others, name=name, millesime=millesime))


def _with_codes(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return a layer with the codes of its index, if it has any there, as a column."""
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    coded = frame.reset_index(named) if named else frame
    if KEYS[layer] not in coded and not named and frame.index.dtype != "int64":
        coded = frame.rename_axis(KEYS[layer]).reset_index()
    return coded


def _layers(file: Path) -> dict[str, str]:
    """Return the layer that each layer of a file stands for; a lone layer holds the communes."""
    if not file.is_file():
        raise InputError([Fault(cause="missing_file", file=str(file))])
    names = layer_names(file)
    recognised = {plain(alias): own for own, aliases in LAYERS.items() for alias in aliases}
    layers = {name: recognised[plain(name)] for name in names if plain(name) in recognised}
    if "communes" not in layers.values():
        if len(names) != 1:
            raise InputError([Fault(cause="no_communes", file=str(file), value=", ".join(names))])
        layers = {names[0]: "communes"}
    return layers


def _is_own(file: Path) -> bool:
    """Return whether a file has the project's own form."""
    return {"inside", "mairie_x"} <= field_names(file, "communes")


def _recognised(
    communes: gpd.GeoDataFrame, others: Mapping[str, gpd.GeoDataFrame], *, name: str, millesime: int
) -> Territory:
    """Return the territory of communes and of whatever other layers there are."""
    bodies = {}
    for layer in ("epci", "departements"):
        key = KEYS[layer]
        frame = others.get(layer)
        codes = communes[key].dropna().unique()
        if frame is None or not set(codes) <= set(frame[key]):
            frame = _dissolved(communes, key)
        kept = frame[frame[key].isin(codes)].drop_duplicates(key).set_index(key).sort_index()
        bodies[layer] = kept.to_crs(communes.crs).assign(area_km2=lambda body: body.area / 1e6)
    by = communes.groupby("code_dep")["population"]
    counts = pd.DataFrame({"communes": by.size(), "population": by.sum(skipna=False)})
    departements = (
        bodies["departements"].drop(columns=["communes", "population"], errors="ignore").join(counts)
    )
    return Territory(
        communes=_named(communes),
        epci=counted(_named(_completed(bodies["epci"], ("name", "nature"))), communes),
        departements=_named(_completed(departements, ("name", "code_reg", "chef_lieu"))),
        millesime=millesime,
        name=name,
    )


def _frame(file: Path, layers: dict[str, str], layer: str) -> gpd.GeoDataFrame:
    """Return one layer, whatever it is called in the file."""
    return read_layer(file, next(name for name, recognised in layers.items() if recognised == layer))


def _renamed(frame: gpd.GeoDataFrame, layer: str, source: str) -> gpd.GeoDataFrame:
    """Return a layer whose columns have their official names, as text; the rest is dropped."""
    headers = {plain(column).replace(" ", ""): column for column in frame.columns}
    headed: dict[str, str] = {}
    for own, names in COLUMNS[layer].items():
        match = next(
            (headers[key] for name in names if (key := plain(name).replace(" ", "")) in headers), None
        )
        if match is not None and match not in headed.values():
            headed[own] = match
    if KEYS[layer] not in headed:
        near = nearest(KEYS[layer], [str(column) for column in frame.columns])
        raise InputError([Fault(cause="missing_column", file=source, column=KEYS[layer], nearest=near)])
    renamed = frame[[*headed.values(), frame.geometry.name]].set_axis([*headed, "geometry"], axis=1)
    return renamed.set_geometry("geometry", crs=frame.crs)


def _communes(frame: gpd.GeoDataFrame, source: str, *, drawn: bool = True) -> gpd.GeoDataFrame:
    """Return the communes' layer: codes as text, areas, and missing columns filled in."""
    communes = _renamed(frame, "communes", source)
    codes = communes["code_insee"].astype("str").str.upper().str.zfill(5)
    form, example = CODE_FORMS["code_insee"]
    wrong = codes[~codes.str.fullmatch(form).to_numpy(dtype=bool)].head(10)
    if len(wrong):
        raise InputError(
            Fault(cause="wrong_code", file=source, column="code_insee", value=code, expected=example)
            for code in wrong
        )
    repeated = codes[codes.duplicated()].head(10)
    if len(repeated):
        raise InputError(
            Fault(cause="repeated_key", file=source, column="code_insee", value=code) for code in repeated
        )
    communes = communes.set_index(codes.rename("code_insee")).drop(columns="code_insee").sort_index()
    _refuse_unfit(communes, source, drawn=drawn)
    overseas = communes.index.str[:2].isin(["97", "98"])
    communes["code_dep"] = np.where(overseas, communes.index.str[:3], communes.index.str[:2])
    communes = _completed(communes, ("name", "code_reg", "siren_epci", "siren", "postal_codes", "repair"))
    communes["siren_epci"] = (
        communes["siren_epci"].str.extract(r"(\d{9})(?!.*\d{9})", expand=False).astype("str")
    )
    communes["postal_codes"] = communes["postal_codes"].str.replace(r"[\[\]\"' ]", "", regex=True)
    communes["postal_codes"] = communes["postal_codes"].str.replace(",", ";")
    return communes.assign(population=_population(communes), mairie_x=np.nan, mairie_y=np.nan, inside=True)


def _population(communes: gpd.GeoDataFrame) -> pd.Series:
    """Return the people of each commune: whole numbers where all are known, else missing where not."""
    cells = communes.get("population", default=pd.Series(np.nan, index=communes.index))
    whole: pd.Series = pd.to_numeric(cells, errors="coerce").astype("float64").round()
    return whole if whole.isna().any() else whole.astype("int64")


def _refuse_unfit(communes: gpd.GeoDataFrame, source: str, *, drawn: bool = True) -> None:
    """Raise what makes communes unfit for any measure; outlines that are mended later may be wrong."""
    if communes.empty:
        raise InputError([Fault(cause="empty_layer", file=source)])
    outlines = list(outline_faults(communes, source)) if drawn else []
    faults = outlines or list(place_faults(communes, source))
    if "population" in communes:
        faults += population_faults(communes["population"], source)
    if faults:
        raise InputError(faults)


def _completed(frame: gpd.GeoDataFrame, texts: Sequence[str]) -> gpd.GeoDataFrame:
    """Return a frame whose text columns are text; those that are absent are added, all missing."""
    columns = {
        name: frame[name].astype("str") if name in frame else pd.Series(index=frame.index, dtype="str")
        for name in texts
    }
    return frame.assign(**columns)


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas of which each has a name: its code where the file has none."""
    return frame.assign(name=frame["name"].fillna(frame.index.to_series()))


def _projected(communes: gpd.GeoDataFrame, chosen: pd.Series[bool], source: str) -> gpd.GeoDataFrame:
    """Return communes in the legal metric projection of those chosen; others of another one are dropped."""
    codes = legal_epsg(communes["code_dep"])
    legal = sorted(codes[chosen].unique())
    if len(legal) != 1:
        shown = ", ".join(f"EPSG:{code}" for code in legal)
        raise InputError([Fault(cause="several_projections", file=source, value=shown)])
    projected = communes[codes == legal[0]].to_crs(int(legal[0]))
    misplaced = list(place_faults(projected, source))
    if misplaced:
        raise InputError(misplaced)
    return projected.assign(area_km2=projected.area / 1e6)


def _dissolved(communes: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Return communes dissolved into the bodies of a key; what no column says of these is missing."""
    columns = [key, "code_reg", "geometry"] if key == "code_dep" else [key, "geometry"]
    return communes[columns].dropna(subset=[key]).dissolve(key, as_index=False)


def territory(study: Study) -> Territory:
    """Return the territory that a study is about: of its layers, its boundary file or the embedded ones.

    Parameters
    ----------
    study : Study
        Its ``boundaries`` and ``metadata`` are used.

    Returns
    -------
    Territory
        Named by the study's slug.

    Raises
    ------
    InputError
        As :func:`~opsn_geo.boundaries.embedded.embedded` and :func:`user_boundaries`.

    Examples
    --------
    >>> from opsn_geo.study import Study
    >>> territory(Study.default()).communes["inside"].sum()
    np.int64(3789)
    """
    place, head = study.boundaries, study.metadata
    if place.layers:
        return layer_boundaries(place.layers, millesime=head.millesime, name=head.territory)
    if place.file is None:
        return embedded(
            millesime=head.millesime,
            region=place.region or None,
            departements=place.departements,
            epci=place.epci,
            name=head.territory,
        )
    return user_boundaries(
        place.file,
        millesime=head.millesime,
        name=head.territory,
        region=place.region,
        departements=place.departements,
        epci=place.epci,
        repair=place.repair,
    )
