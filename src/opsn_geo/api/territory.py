"""Coverage, deserts, distances, next steps, links and maps of one's own frames.

Each function checks its frames by the rules of files (:mod:`opsn_geo.read.frames`), so that whatever is wrong
is named at once, then calls a measure. The measures themselves, without checks, are in ``opsn_geo.measure``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date  # noqa: N812 - `date` names the parameter
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from opsn_geo.boundaries.embedded import places_of
from opsn_geo.boundaries.territory import Territory
from opsn_geo.boundaries.user_files import territory as territory_of
from opsn_geo.catalogue.register import Scheme
from opsn_geo.catalogue.states import State
from opsn_geo.catalogue.words import LANGUAGES, Language, text
from opsn_geo.errors import Fault, InputError, attempt
from opsn_geo.linkage.communes import link_communes
from opsn_geo.linkage.members import link_members
from opsn_geo.linkage.passage import read_passage
from opsn_geo.linkage.result import Linked
from opsn_geo.measure.coverage import evidence
from opsn_geo.measure.coverage import shares as measured_shares
from opsn_geo.measure.coverage.evidence import Coverage
from opsn_geo.measure.coverage.extension import adhesions, best, extensions
from opsn_geo.measure.deserts.contiguity import contiguity
from opsn_geo.measure.deserts.lacking import below, lacking
from opsn_geo.measure.deserts.nearest import nearest as nearest_points
from opsn_geo.measure.deserts.nearest import places
from opsn_geo.measure.deserts.patches import Certainty, Thresholds, members
from opsn_geo.measure.deserts.patches import deserts as described_deserts
from opsn_geo.read.frames import (
    USES,
    checked_communes,
    checked_frame,
    checked_frames,
    choice_faults,
    code_faults,
    groups_of,
    projection_faults,
    shape_faults,
)
from opsn_geo.read.schema import CORRECTIONS, MEMBERSHIPS, VARIABLES, Column, Schema
from opsn_geo.read.validation import guessed
from opsn_geo.read.validation import nearest as nearest_text
from opsn_geo.study import Metadata, Study, data_dir

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

_LEVELS: Final = ("siren_epci", "code_dep", "code_reg")
_MOST: Final = 50
_RUNGS: Final = (State.OFFERED.value, State.MEMBER.value, State.USED.value)
_LEVEL_DATES: Final = Schema(
    name="frame",
    columns=tuple(column for column in MEMBERSHIPS.columns if column.name in {"level", "since", "until"}),
)
_STATES: Final = Schema(
    name="coverage",
    key=("code_insee", "service"),
    columns=(
        Column(name="code_insee", required=True),
        Column(name="service", required=True),
        Column(name="state", required=True, allowed={state.value: () for state in State}),
    ),
)


def coverage(
    communes: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    offers: pd.DataFrame,
    memberships: pd.DataFrame,
    *,
    uses: pd.DataFrame | None = None,
    date: Date,
) -> Coverage:
    """Return what offers, memberships and uses say of each commune and service at a date.

    Parameters
    ----------
    communes : DataFrame
        On ``code_insee``. ``siren_epci``, ``code_dep`` and ``code_reg`` are needed where an offer or a
        membership is at that level.
    services, opsn, offers, memberships : DataFrame
        As the files of a study: see :data:`opsn_geo.read.schema.SCHEMAS`. What a CSV may omit may be omitted:
        of memberships, ``opsn`` and ``code`` are enough for communes that are members for all services.
    uses : DataFrame, optional
        ``code_insee``, ``service``, and where they are known ``opsn`` and ``basis``.
    date : datetime.date
        Day at which memberships are read.

    Returns
    -------
    Coverage
        Its ``table()`` is one row for each commune and service; :func:`shares`, :func:`deserts` and
        :func:`extension` take it as it is. The rules are those of
        :func:`opsn_geo.measure.coverage.evidence.coverage`.

    Raises
    ------
    InputError
        A frame lacks a column, or holds a value, a code, a level or a reference that is wrong. All faults at
        once.

    Examples
    --------
    >>> communes = pd.DataFrame({"code_dep": "02"}, index=pd.Index(["02001", "02002"], name="code_insee"))
    >>> offers = pd.DataFrame({"opsn": ["adica"], "service": "dpd", "level": "departement", "code": "02"})
    >>> memberships = pd.DataFrame({"opsn": ["adica"], "code": "02001"})
    >>> services, opsn = pd.DataFrame({"service": ["dpd"]}), pd.DataFrame({"opsn": ["adica"]})
    >>> known = coverage(communes, services, opsn, offers, memberships, date=Date(2021, 2, 1))
    >>> known.table()[["code_insee", "state"]].to_numpy().tolist()
    [['02001', 'member'], ['02002', 'unknown']]
    """
    faults: list[Fault] = []
    frames = {"services": services, "opsn": opsn, "offers": offers, "memberships": memberships}
    tables = attempt(faults, checked_frames, frames)
    areas = attempt(faults, checked_communes, communes)
    used = None if uses is None else attempt(faults, checked_frame, uses, USES, "uses")
    if areas is not None and tables is not None:
        for name in ("offers", "memberships"):
            faults += code_faults(tables[name], areas, name)
    if faults or areas is None or tables is None:
        raise InputError(dict.fromkeys(faults))
    return evidence.coverage(_with_absent(areas), **tables, uses=used, date=date)


def shares(
    coverage: Coverage,
    communes: pd.DataFrame,
    by: str | pd.Series | None = None,
    *,
    at_least: str = State.MEMBER.value,
    by_service: bool = False,
) -> pd.DataFrame:
    """Return the shares of communes, people and ground that are covered, by any grouping of the communes.

    Parameters
    ----------
    coverage : Coverage
        From :func:`coverage`.
    communes : DataFrame
        The same communes on ``code_insee``: ``population``; ``area_km2``, unless there is a geometry in
        metres (missing: the shares of ground are missing).
    by : str or Series, optional
        Column of `communes` (``code_dep``, ``siren_epci``, a canton…), or a Series on ``code_insee``. By
        default all communes make one group, ``all``.
    at_least : {"offered", "member", "used"}
        Rung of the ladder from which a service counts.
    by_service : bool
        One row for each group and service, instead of one for each group and any service.

    Returns
    -------
    DataFrame
        As :func:`opsn_geo.measure.coverage.shares.shares`: a share known and a share possible, between which
        the truth lies.

    Raises
    ------
    InputError
        A column is missing, the communes are not those of the coverage, or `by` or `at_least` is wrong.

    Examples
    --------
    >>> import opsn_geo
    >>> communes = pd.DataFrame({"code_dep": "02", "population": [30, 10], "canton": ["A", "B"]},
    ...                         index=pd.Index(["02001", "02002"], name="code_insee"))
    >>> offers = pd.DataFrame({"opsn": ["adica"], "service": "dpd", "level": "departement", "code": "02"})
    >>> opsn = pd.DataFrame({"opsn": ["adica"], "list_complete": True})
    >>> known = opsn_geo.coverage(communes, pd.DataFrame({"service": ["dpd"]}), opsn, offers,
    ...                           pd.DataFrame({"opsn": ["adica"], "code": "02001"}), date=Date(2021, 2, 1))
    >>> shares(known, communes, by="canton")["covered_pop_share"].to_dict()
    {'A': 1.0, 'B': 0.0}
    """
    faults = list(choice_faults("at_least", at_least, _RUNGS))
    areas = attempt(faults, _of_coverage, coverage, communes)
    groups = None if by is None or areas is None else attempt(faults, groups_of, by, areas)
    if faults or areas is None:
        raise InputError(faults)
    measure = measured_shares.service_shares if by_service else measured_shares.shares
    return measure(coverage, areas, groups, at_least=State(at_least))


def deserts(
    coverage: Coverage | pd.DataFrame,
    communes: gpd.GeoDataFrame,
    *,
    services: Sequence[str] | None = None,
    at_least: str = State.MEMBER.value,
    certainty: Certainty = "sure",
    min_communes: int = 1,
    min_population: float = 0,
    min_area_km2: float = 0,
    seats: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Return the connected patches of communes that lack a service, one area for each patch and service.

    Parameters
    ----------
    coverage : Coverage or DataFrame
        From :func:`coverage`, or one row for each commune and service: ``code_insee``, ``service``,
        ``state``. A commune without a row is unknown.
    communes : GeoDataFrame
        On ``code_insee``, in a metric projection, a valid coverage (neighbours share the vertices of their
        border): ``population``; where they are known ``name``, ``siren_epci``, ``code_dep``, ``mairie_x`` and
        ``mairie_y``, and ``inside`` (false: known, but not part of the study).
    services : sequence of str, optional
        Services wanted; by default all.
    at_least : {"offered", "member", "used"}
        Rung of the ladder below which a commune lacks the service.
    certainty : {"sure", "possible"}
        ``sure``: communes known to lack it. ``possible``: also those of which nobody knows.
    min_communes, min_population, min_area_km2 : number
        Smaller patches are left out.
    seats : Series of str, optional
        ``code_insee`` of the seat of each OPSN.

    Returns
    -------
    GeoDataFrame
        On ``desert``, as :func:`opsn_geo.measure.deserts.patches.deserts`.

    Raises
    ------
    InputError
        A column is missing, a value is wrong, the coordinates are degrees, or the areas are no valid
        coverage.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(1000 * x, 0, 1000 * (x + 1), 1000) for x in range(3)]
    >>> communes = gpd.GeoDataFrame({"population": [9, 5, 7]}, geometry=squares, crs=2154,
    ...                             index=pd.Index(["02001", "02002", "02003"], name="code_insee"))
    >>> states = pd.DataFrame({"code_insee": communes.index, "service": "dpd",
    ...                        "state": ["offered", "member", "offered"]})
    >>> deserts(states, communes)[["communes", "population", "nearest_covered"]].to_dict("index")["dpd-02001"]
    {'communes': 1, 'population': 9, 'nearest_covered': '02002'}
    """
    faults = list(choice_faults("at_least", at_least, _RUNGS))
    faults += choice_faults("certainty", certainty, ("sure", "possible"))
    areas = attempt(faults, checked_communes, communes, numbers=["population"], geometry=True)
    states = (
        coverage
        if isinstance(coverage, Coverage)
        else attempt(faults, checked_frame, coverage, _STATES, "coverage")
    )
    if faults or areas is None or states is None:
        raise InputError(faults)
    faults += _absent_communes(states.places if isinstance(states, Coverage) else states["code_insee"], areas)
    offered = list(states.services if isinstance(states, Coverage) else states["service"].unique())
    faults += [fault for name in services or () for fault in choice_faults("services", name, offered)]
    if faults:
        raise InputError(faults)
    if isinstance(states, Coverage):
        every = lacking(states, at_least)
    else:
        every = below(states, areas.index, at_least)
    wanted = every.reindex(areas.index)[sorted(services if services is not None else offered)]
    touching = contiguity(areas.geometry)
    bounds = Thresholds(communes=min_communes, population=min_population, area_km2=min_area_km2)
    complete = _with_absent(areas)
    listed = members(wanted, touching, complete, certainty=certainty, thresholds=bounds)
    return described_deserts(listed, complete, wanted, touching, seats=seats)


def _with_absent(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add, all missing, the codes of larger areas that a frame of communes does not have."""
    absent = pd.Series(index=communes.index, dtype="str")
    return communes.assign(**{level: absent for level in _LEVELS if level not in communes})


def nearest(communes: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the nearest point to each commune, and the straight-line distance from its town hall.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``, in a metric projection; ``mairie_x`` and ``mairie_y`` where they are known, else a
        point inside the commune stands for it.
    points : GeoDataFrame
        Places to reach, on unique labels, in any projection: seats, service points… An area stands for a
        point inside it.

    Returns
    -------
    DataFrame
        On ``code_insee``: ``nearest`` (label of the point) and ``distance_m`` (metres); missing where there
        is none.

    Raises
    ------
    InputError
        A frame has no geometry or no projection, the communes are in degrees, or labels repeat.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> communes = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000)], crs=2154,
    ...                             index=pd.Index(["02001"], name="code_insee"))
    >>> seats = gpd.GeoDataFrame(geometry=[shapely.Point(500, 3500)], crs=2154, index=["adica"])
    >>> nearest(communes, seats).to_dict("index")["02001"]
    {'nearest': 'adica', 'distance_m': 3000.0}
    """
    faults: list[Fault] = []
    areas = attempt(faults, checked_communes, communes, geometry=True)
    faults += list(shape_faults(points, "points")) or projection_faults(points, "points", metric=False)
    if faults or areas is None:
        raise InputError(faults)
    return nearest_points(places(areas), places(points.to_crs(areas.crs)[["geometry"]]))


def extension(
    coverage: Coverage,
    communes: pd.DataFrame,
    *,
    by: str | pd.Series = "siren_epci",
    step: Literal["adhesion", "extension"] = "adhesion",
    most: int = 10,
    services: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the k next steps that bring services to the most people, for each k: an exact optimum.

    Parameters
    ----------
    coverage : Coverage
        From :func:`coverage`.
    communes : DataFrame
        The same communes on ``code_insee``: ``population``. Those whose ``inside`` is false gain nothing.
    by : str or Series
        The body that takes the step: a column of `communes`, or a Series on ``code_insee``.
    step : {"adhesion", "extension"}
        ``adhesion``: the body joins an operator, for what it offers there. ``extension``: somebody offers
        a service there that nobody offers yet.
    most : int
        Largest k.
    services : sequence of str, optional
        Count these services alone.

    Returns
    -------
    DataFrame
        As :func:`opsn_geo.measure.coverage.extension.best`. Where the state is unknown today, the gain may be
        there already: ``unknown_pop`` counts it.

    Raises
    ------
    InputError
        A column or a population is missing, or an argument is wrong.

    Examples
    --------
    >>> import opsn_geo
    >>> communes = pd.DataFrame({"code_dep": "02", "population": [30, 10],
    ...                          "siren_epci": ["200000001", "200000002"]},
    ...                         index=pd.Index(["02001", "02002"], name="code_insee"))
    >>> offers = pd.DataFrame({"opsn": ["adica"], "service": "dpd", "level": "departement", "code": "02"})
    >>> opsn = pd.DataFrame({"opsn": ["adica"], "list_complete": True})
    >>> known = opsn_geo.coverage(communes, pd.DataFrame({"service": ["dpd"]}), opsn, offers,
    ...                           pd.DataFrame({"opsn": ["adica"], "code": "02001"}), date=Date(2021, 2, 1))
    >>> extension(known, communes)[["opsn", "siren_epci", "gain_pop"]].to_numpy().tolist()
    [['adica', '200000002', 10]]
    """
    faults = list(choice_faults("step", step, ("adhesion", "extension")))
    faults += [
        fault for name in services or () for fault in choice_faults("services", name, list(coverage.services))
    ]
    areas = attempt(faults, _of_coverage, coverage, communes)
    groups = None if areas is None else attempt(faults, groups_of, by, areas)
    if areas is not None:
        unknown = areas.index[areas["population"].isna() & areas["inside"]]
        faults += [
            Fault(cause="empty_cell", file="communes", label=str(code), column="population")
            for code in unknown[:_MOST]
        ]
    if faults or areas is None or groups is None:
        raise InputError(faults)
    people = areas["population"].where(areas["inside"], 0).astype("int64")
    candidates = (adhesions if step == "adhesion" else extensions)(coverage, groups.where(areas["inside"]))
    return best(candidates, coverage, people, most, services=None if services is None else list(services))


def _of_coverage(coverage: Coverage, communes: pd.DataFrame) -> pd.DataFrame:
    """Check communes and put them in the order of a coverage."""
    areas = checked_communes(communes, numbers=["population"])
    faults = _absent_communes(coverage.places, areas)
    if faults:
        raise InputError(faults)
    return areas.loc[coverage.places]


def _absent_communes(places: pd.Index | pd.Series, communes: pd.DataFrame) -> list[Fault]:
    """List the places of a coverage that the communes lack."""
    absent = pd.Index(places).unique().difference(communes.index)
    return [Fault(cause="absent_commune", file="communes", label=str(code)) for code in absent[:_MOST]]


def link(
    frame: pd.DataFrame,
    territory: Territory | Study | int,
    *,
    code: str | None = None,
    name: str | None = None,
    dep: str | None = None,
    postal: str | None = None,
    corrections: pd.DataFrame | None = None,
    vintage: int | None = None,
) -> Linked:
    """Return each row of a frame with the official code that it names, and the rows that could not be linked.

    Parameters
    ----------
    frame : DataFrame
        Rows that name communes by a code of any vintage (INSEE, SIREN, SIRET) or a name. With a column
        ``level`` they may name EPCI, départements and régions too; where it is empty the level is read from
        the code or the name.
    territory : Territory, Study or int
        Where to look: ``load(study).territory``, a study whose territory is read, or the vintage of the
        official code in which all of France is looked over.
    code, name, dep, postal : str, optional
        Columns that hold a code, a name, a département and a postal code; by default those whose header says
        so (``insee``, ``Commune``, ``Code postal``…).
    corrections : DataFrame, optional
        ``found``, ``code``: what a code or a name of the frame means.
    vintage : int, optional
        Vintage of the codes, where it is known.

    Returns
    -------
    Linked
        ``linked``, ``rejected`` (with ``cause`` and ``candidates``), ``review`` (guessed from the name) and
        ``beside(frame)``: the frame's own rows with all of that beside them.
        Without levels as :func:`opsn_geo.linkage.communes.link_communes`; with levels the columns get their
        official names, as :func:`opsn_geo.linkage.members.link_members` says.

    Raises
    ------
    InputError
        No column holds a code or a name, a column asked for is missing, or a level is unknown.

    Examples
    --------
    >>> import opsn_geo
    >>> rows = pd.DataFrame({"Commune": ["Abbecourt (02)", "Sainte-Trifouille"]})
    >>> found = opsn_geo.link(rows, opsn_geo.Study.default())
    >>> found.linked[["code_insee", "official_name"]].to_numpy().tolist(), found.rejected["cause"].tolist()
    ([['02001', 'Abbécourt']], ['unknown_name'])
    """
    faults = list(shape_faults(frame, "frame"))
    if not isinstance(territory, Territory | Study | int):
        kind = type(territory).__name__  # type: ignore[unreachable]  # who does not check types needs the fault
        faults.append(
            Fault(cause="wrong_argument", file="territory", value=kind, expected="Territory | Study | int")
        )
    mended = (
        None
        if corrections is None
        else attempt(faults, checked_frame, corrections, CORRECTIONS, "corrections")
    )
    if faults:
        raise InputError(faults)
    headers = [str(header) for header in frame.columns]
    asked = {"code": code, "name": name, "code_dep": dep, "postal_code": postal}
    faults += [
        Fault(cause="frame_column", file="frame", column=column, nearest=nearest_text(column, headers))
        for column in asked.values() if column is not None and column not in headers
    ]  # fmt: skip
    columns = guessed(headers, VARIABLES, {key: name for key, name in asked.items() if name is not None})
    if not {"code", "name"} & set(columns):
        near = nearest_text("code", headers, "insee", "commune", "name", "nom")
        faults.append(Fault(cause="frame_column", file="frame", column="code | name", nearest=near))
    levels = attempt(faults, checked_frame, frame, _LEVEL_DATES, "frame") if "level" in frame else None
    if faults:
        raise InputError(faults)
    if isinstance(territory, int):
        place = places_of(millesime=territory)
    else:
        place = territory if isinstance(territory, Territory) else territory_of(territory)
    passage = read_passage(data_dir() / "boundaries")
    if levels is None:
        return link_communes(
            frame,
            place,
            passage,
            code=columns.get("code"),
            name=columns.get("name"),
            dep=columns.get("code_dep"),
            postal=columns.get("postal_code"),
            corrections=mended,
            vintage=vintage,
        )
    official = frame.rename(columns={header: key for key, header in columns.items()})
    official = official.assign(code=official.get("code"), name=official.get("name"))
    typed = official.assign(
        **{column: levels[column] for column in levels.columns.intersection(["level", "since", "until"])}
    )
    return link_members(typed, place, passage, corrections=mended, vintage=vintage)


def theme_map(
    layer: gpd.GeoDataFrame,
    column: str,
    *,
    title: str | None = None,
    palette: str | None = None,
    scheme: Scheme = "pretty",
    lang: Language = "fr",
    background: str = "",
) -> folium.Map:
    """Return a folium map of one column, with a legend and tooltips, to which any folium layer can be added.

    Parameters
    ----------
    layer : GeoDataFrame
        Areas that do not overlap, in any projection; ``name`` names them, where there is one.
    column : str
        What is shown. A column that a study publishes (``state``, ``covered_share``…) has its own colours and
        words; another one is cut into intervals if it holds numbers, else each value is a class.
    title : str, optional
        By default the published title of the column, else its name.
    palette : str, optional
        ColorBrewer palette of the intervals.
    scheme : {"pretty", "quantiles"}
        Round bounds, or classes of about equal size.
    lang : {"fr", "en"}
        Language of the legend.
    background : {"", "plan-ign", "osm"}
        Pictures asked of a third party; none by default.

    Returns
    -------
    folium.Map
        In a notebook it shows itself; ``save("map.html")`` writes a page that links Leaflet from the network.

    Raises
    ------
    InputError
        The frame has no geometry or projection, lacks the column or any known value of it, or an argument is
        wrong.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(1000 * x, 0, 1000 * (x + 1), 1000) for x in range(2)]
    >>> layer = gpd.GeoDataFrame({"staff": [3, 8]}, geometry=squares, crs=2154, index=["02001", "02002"])
    >>> theme_map(layer, "staff", title="Staff of the town hall")
    <folium.folium.Map object at 0x...>
    """
    from opsn_geo.publish.themes import theme_of_column  # noqa: PLC0415 - folium is slow to import
    from opsn_geo.publish.web.background import BACKGROUNDS  # noqa: PLC0415
    from opsn_geo.publish.web.folium_maps import theme_map as folium_map  # noqa: PLC0415

    faults = list(shape_faults(layer, "layer")) or list(projection_faults(layer, "layer", metric=False))
    faults += choice_faults("lang", lang, LANGUAGES)
    faults += choice_faults("scheme", scheme, ("pretty", "quantiles"))
    faults += choice_faults("background", background, ("", *BACKGROUNDS))
    if not faults and column not in layer:
        near = nearest_text(column, [str(name) for name in layer.columns])
        faults.append(Fault(cause="frame_column", file="layer", column=column, nearest=near))
    elif not faults and layer[column].isna().all():
        faults.append(Fault(cause="empty_column", file="layer", column=column))
    if faults:
        raise InputError(faults)
    if not pd.api.types.is_numeric_dtype(layer[column]) or pd.api.types.is_bool_dtype(layer[column]):
        words = {True: text("reply.yes", lang), False: text("reply.no", lang)}
        layer = layer.assign(
            **{column: layer[column].map(lambda code: words.get(code, str(code)), na_action="ignore")}
        )
    theme = theme_of_column(layer, column, title=title, palette=palette, scheme=scheme, lang=lang)
    metadata = Metadata(
        title=theme.title, territory="", territory_name="", millesime=0, date=Date.min, language=lang,
        background=background,
    )  # fmt: skip
    return folium_map(layer, theme, metadata)
