"""Sheets of two pages: who is reached in an EPCI or a département, by whom, what lacks, who could provide it.

Each sheet is plain data for the template; it shows what is published anyway. What was answered appears in
the needs of the département alone, as the published table of needs has them: past the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.catalogue.numbers import MISSING, between, count, interval, percent
from opsn_geo.catalogue.states import State, covered
from opsn_geo.catalogue.words import text, texts
from opsn_geo.measure.disclosure import SHOWN
from opsn_geo.publish import notices
from opsn_geo.publish.paper import place_maps
from opsn_geo.publish.report.wording import names_of

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.publish.report.model import Material

_MOST_NAMES: Final = 3
_MOST_ROWS: Final = 10
_MOST_NEEDS: Final = 5
_SHARE_OF: Final = ["level", "code", "service"]
_RESTS_ON: Final = ("boundaries", "offers", "memberships", "cnil", "banatic", "answers")


@dataclass(frozen=True)
class Atlas:
    """What all sheets of a run draw on: the material of its report, coverage by commune and operator."""

    material: Material

    def say(self, key: str, **values: object) -> str:
        """Return a text of the sheets, in the language of the study."""
        return text(f"sheet.{key}", self.material.lang, **values)

    @cached_property
    def communes(self) -> gpd.GeoDataFrame:
        """Communes of the territory."""
        layer = self.material.layers["communes"]
        return layer[layer["inside"].astype(bool)]

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """State of each service in each commune; one row for each operator where there are several."""
        table = self.material.tables["couverture"][["code_insee", "service", "state", "opsn"]]
        table = table[table["code_insee"].isin(self.communes.index)]
        table = table.assign(opsn=table["opsn"].fillna("").astype(str).str.split(";")).explode("opsn")
        places = self.communes[["siren_epci", "code_dep", "population"]]
        joined = table.join(pd.DataFrame(places), on="code_insee", validate="many_to_one")
        return joined.assign(reached=joined["state"].isin(covered())).reset_index(drop=True)

    @cached_property
    def shares(self) -> dict[tuple[str, str, str], str]:
        """Least to greatest share of communes reached, as it is written, by level, place and service."""
        table = self.material.tables["couverture_parts"]
        ends = zip(table["covered_share"], table["covered_possible_share"], strict=True)
        written = (between(low, high, self.material.lang) for low, high in ends)
        keys = table.index if table.index.nlevels > 1 else table.set_index(_SHARE_OF).index
        return dict(zip(keys.to_list(), written, strict=True))

    @cached_property
    def operators(self) -> dict[str, str]:
        """Names of the operators by their key."""
        return names_of(self.material, "opsn")

    def named(self, keys: pd.Index | pd.Series, most: int = _MOST_NAMES) -> str:
        """Return the names of operators, the first few where they are many."""
        names = [str(self.operators.get(key, key)) for key in keys if key]
        return ", ".join(names[:most]) + (f" … (+{len(names) - most})" if len(names) > most else "")


def epci(atlas: Atlas, code: str) -> dict[str, Any]:
    """Return the sheet of an EPCI."""
    layer = atlas.material.layers["epci"]
    place, lang = layer.loc[code], atlas.material.lang
    own = atlas.communes[atlas.communes["siren_epci"] == code]
    pairs = atlas.pairs[atlas.pairs["siren_epci"] == code]
    outside = int(place["communes"]) - len(own)
    departements = sorted(own["code_dep"].unique())
    near = layer[layer.intersects(place.geometry) & (layer.index != code)]
    front = [
        _facts(atlas, place, own, pairs),
        *([{"kind": "prose", "paragraphs": [atlas.say("across", outside=outside, all=len(own) + outside)],
            "items": []}] if outside else []),
        place_maps.states(atlas.material, own, atlas.communes, "communes"),
        *_operators(atlas, pairs, str(place.get("own_opsn") or "")),
        *_epci_table(atlas, near, atlas.say("neighbours_table")),
    ]  # fmt: skip
    back = [
        *_services(atlas, pairs, [("epci", code), *(("departement", each) for each in departements[:1])]),
        *_needs(atlas, departements),
        *_steps(atlas, pairs, own, "siren_epci", code),
    ]
    subtitle = atlas.say(
        "subtitle_epci", nature=str(place["nature"]),
        communes=count(place["communes"], lang), population=count(place["population"], lang), code=code,
    )  # fmt: skip
    return _sheet(atlas, str(place["name"]), subtitle, front, back)


def departement(atlas: Atlas, code: str) -> dict[str, Any]:
    """Return the sheet of a département."""
    lang, place = atlas.material.lang, atlas.material.layers["departements"].loc[code]
    own = atlas.communes[atlas.communes["code_dep"] == code]
    pairs = atlas.pairs[atlas.pairs["code_dep"] == code]
    layer = atlas.material.layers["epci"]
    there = layer.loc[layer.index.intersection(own["siren_epci"].unique())]
    front = [
        _facts(atlas, place, own, pairs),
        place_maps.states(atlas.material, own, atlas.communes, "epci"),
        *_operators(atlas, pairs, None),
        *_epci_table(atlas, there, ""),
    ]
    back = [
        *_services(atlas, pairs, [("departement", code)]),
        *_needs(atlas, [code]),
        *_steps(atlas, pairs, own, "code_dep", code),
    ]
    subtitle = atlas.say(
        "subtitle_departement", code=code, communes=count(place["communes"], lang),
        population=count(place["population"], lang),
    )  # fmt: skip
    return _sheet(atlas, str(place["name"]), subtitle, front, back)


def operator(atlas: Atlas, code: str) -> dict[str, Any]:
    """Return the sheet of an operator."""
    lang, place = atlas.material.lang, atlas.material.layers["opsn"].loc[code]
    pairs = atlas.pairs[atlas.pairs["opsn"] == code]
    if _is_true(place.get("list_complete")):  # what is unknown there hangs on the lists of others
        pairs = pairs.assign(state=pairs["state"].mask(pairs["state"].eq(State.UNKNOWN), State.OFFERED.value))
    reached = pairs.loc[pairs["reached"], "code_insee"].unique()
    form = place["legal_form"]
    form = atlas.say("form_unknown") if pd.isna(form) else texts("legal_form", lang).get(str(form), str(form))
    front = [
        _operator_facts(atlas, code, place, reached),
        place_maps.brought(atlas.material, atlas.communes, pairs, atlas.say),
        *_members(atlas, pairs),
    ]
    back = [*_offers(atlas, pairs), *_steps(atlas, pairs, atlas.communes.iloc[:0], "opsn", code)]
    return _sheet(atlas, str(place["name"]), atlas.say("subtitle_opsn", form=form), front, back)


def _sheet(
    atlas: Atlas, title: str, subtitle: str, front: list[dict[str, Any]], back: list[dict[str, Any]]
) -> dict[str, Any]:
    metadata = atlas.material.metadata
    warning = notices.basis_notice(metadata)
    return {
        "lang": metadata.language,
        "title": title,
        "author": metadata.contact or "opsn-geo",
        "subtitle": subtitle,
        "notice": " ".join(filter(None, [notices.basis_title(metadata), warning])),
        "footer": " – ".join(
            filter(None, [title, notices.subtitle(metadata), notices.basis_title(metadata), "opsn-geo"])
        ),
        "pages": [{"title": "", "blocks": front}, {"title": "", "blocks": back}],
    }


def _is_true(value: object) -> bool:
    """Whether a truth value that may be missing is true."""
    return isinstance(value, bool | np.bool_) and bool(value)


def _fact(label: str, value: str, note: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def _facts(atlas: Atlas, place: pd.Series, own: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Any]:
    """Return what comes first in the sheet of a place: who is reached, by whom, for what; who answered."""
    lang, say = atlas.material.lang, atlas.say
    whole = atlas.material.figures["reach"].iloc[0]
    reached = pairs[pairs["reached"]]
    operators = reached.groupby("opsn")["code_insee"].nunique().sort_values(ascending=False, kind="stable")
    spread = reached.groupby("service")["code_insee"].nunique()
    offered = set(pairs.loc[pairs["state"] == State.OFFERED, "service"]) - set(spread.index)
    items = [
        _fact(
            say("ask_reached"),
            say("reached", share=between(place["covered_share"], place["covered_possible_share"], lang)),
            say(
                "reached_note", reached=count(reached["code_insee"].nunique(), lang),
                communes=count(len(own), lang),
                region=between(whole["covered_share"], whole["possible_share"], lang),
            ),
        ),
        _fact(
            say("ask_whom"),
            say("whom", number=count(len(operators), lang)),
            atlas.named(operators.index, 6) or say("whom_none"),
        ),
        _fact(
            say("ask_services"),
            say("services", number=count(len(spread), lang), all=len(atlas.material.services)),
            say(
                "services_note", number=count(len(spread), lang), offered=count(len(offered), lang),
                everywhere=count((spread == len(own)).sum(), lang),
            ),
        ),
    ]  # fmt: skip
    items.append(_answered(atlas, place, len(own)))
    return {"kind": "facts", "items": items}


def _answered(atlas: Atlas, place: pd.Series, communes: int) -> dict[str, str]:
    """Return how many communes of a place answered, where that is published of it."""
    lang, say = atlas.material.lang, atlas.say
    if "answered" not in place.index:
        return _fact(say("ask_answers"), say("answers_none"))
    if pd.isna(place["answered"]):
        return _fact(say("ask_answers"), say("answers_hidden"), say("answers_hidden_note"))
    value = say("answers", answered=count(place["answered"], lang), communes=count(communes, lang))
    return _fact(say("ask_answers"), value, say("answers_note"))


def _operator_facts(atlas: Atlas, code: str, place: pd.Series, reached: Any) -> dict[str, Any]:  # noqa: ANN401 - codes
    """Return what comes first in the sheet of an operator: whom it reaches, what it offers, and where."""
    lang, say, tables = atlas.material.lang, atlas.say, atlas.material.tables
    offers = tables.get("offres", pd.DataFrame(columns=["opsn", "service"]))
    offered = offers.loc[offers["opsn"] == code, "service"].nunique()
    there = atlas.pairs.loc[atlas.pairs["opsn"] == code, "code_dep"].unique()
    names = atlas.material.layers["departements"]["name"]
    people = atlas.communes.loc[reached, "population"].sum(skipna=False)
    staff = place.get("staff")
    items = [
        _fact(
            say("ask_reached"),
            say("reaches", number=count(len(reached), lang)),
            say(
                "reaches_note", share=percent(len(reached) / len(atlas.communes), lang),
                population=count(people, lang),
            ),
        ),
        _fact(
            say("ask_offers"),
            say("services", number=count(offered, lang), all=len(atlas.material.services)),
            "" if pd.isna(staff) else say("staff", number=count(staff, lang)),
        ),
        _fact(
            say("ask_where"),
            say("departements", number=count(len(there), lang)),
            f"{say('where_note')} {', '.join(str(names.get(each, each)) for each in sorted(there))}",
        ),
        _fact(
            say("ask_list"),
            say("list_complete" if _is_true(place.get("list_complete")) else "list_incomplete"),
            say("list_note"),
        ),
    ]  # fmt: skip
    return {"kind": "facts", "items": items}


def _table(
    atlas: Atlas, caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *,
    texts_at: tuple[int, ...] = (0,), widths: tuple[int, ...] = (), files: tuple[str, ...] = ("couverture",),
) -> dict[str, Any]:  # fmt: skip
    metadata = atlas.material.metadata
    rests_on = tuple(name for file in files for name in register.table(file).rests_on)
    line = atlas.say(
        "source",
        files=", ".join(f"tables/{file}.csv" for file in files),
        basis=notices.basis_line(metadata, rests_on) if metadata.counted else "",
    )
    return {
        "kind": "table", "caption": caption, "heads": [atlas.say(f"head_{head}") for head in heads],
        "rows": rows, "texts": texts_at, "source": line.strip(), **({"widths": widths} if widths else {}),
    }  # fmt: skip


def _operators(atlas: Atlas, pairs: pd.DataFrame, own: str | None) -> Iterator[dict[str, Any]]:
    """Yield the table of the operators that reach a place; ``own`` lists those that its EPCI joined."""
    lang, reached = atlas.material.lang, pairs[pairs["reached"]]
    if reached.empty:
        return
    by_operator = reached.groupby("opsn").agg(
        communes=("code_insee", "nunique"), services=("service", "nunique")
    )
    by_operator = by_operator.sort_values(["communes", "services"], ascending=False, kind="stable")
    names = texts("workbook", lang)
    rows = [
        (
            atlas.operators.get(str(key), str(key)),
            count(row["communes"], lang),
            count(row["services"], lang),
            *((names["yes" if key in own.split(";") else "no"],) if own is not None else ()),
        )
        for key, row in by_operator.head(_MOST_ROWS).iterrows()
    ]
    heads = ("opsn", "reached", "services", *(("own",) if own is not None else ()))
    yield _table(atlas, atlas.say("operators_table"), heads, rows, texts_at=(0, 3))


def _epci_table(atlas: Atlas, places: gpd.GeoDataFrame, caption: str) -> Iterator[dict[str, Any]]:
    """Yield the table of some EPCI, the least covered first."""
    lang = atlas.material.lang
    if places.empty or "covered_share" not in places:
        return
    ordered = places.sort_values(["covered_share", "covered_possible_share"], kind="stable")
    reached = atlas.pairs[atlas.pairs["reached"] & atlas.pairs["siren_epci"].isin(places.index)]
    operators = reached.groupby("siren_epci")["opsn"].nunique()
    rows = [
        (
            str(row["name"]),
            count(row["communes"], lang),
            between(row["covered_share"], row["covered_possible_share"], lang),
            count(operators.get(code, 0), lang),
        )
        for code, row in ordered.head(_MOST_ROWS).iterrows()
    ]
    caption = caption or atlas.say("epci_table", shown=len(rows), all=len(places))
    yield _table(atlas, caption, ("name", "communes", "share", "opsn_count"), rows, files=("epci",))


def _services(atlas: Atlas, pairs: pd.DataFrame, places: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the table of all services: the share reached here and beyond, by whom, who else offers it."""
    brought = _operators_by_service(pairs[pairs["reached"]])
    could = _operators_by_service(pairs[pairs["state"].eq(State.OFFERED)])
    # where the study has several regions, none of them is the territory
    regions = list(dict.fromkeys((level, code) for level, code, _ in atlas.shares if level == "region"))
    levels = [*places, *(regions if len(regions) == 1 else [])]
    rows = [
        (
            name,
            *(atlas.shares.get((level, code, service), MISSING) for level, code in levels),
            atlas.named(pd.Index(brought.get(service, []))),
            atlas.named(pd.Index(could.get(service, [])).difference(brought.get(service, []), sort=False)),
        )
        for service, name in atlas.material.services.items()
    ]
    heads = ("service", "here", *(level for level, _ in levels[1:]))
    yield _table(
        atlas, atlas.say("services_table"), (*heads, "by", "could"), rows,
        texts_at=(0, len(heads), len(heads) + 1), widths=(30, *([14] * (len(heads) - 1)), 24, 24),
        files=("couverture", "couverture_parts"),
    )  # fmt: skip


def _operators_by_service(pairs: pd.DataFrame) -> dict[str, list[str]]:
    """Return the operators of each service, those with most communes first."""
    counted = (
        pairs.groupby(["service", "opsn"])["code_insee"].nunique().sort_values(ascending=False, kind="stable")
    )
    found: dict[str, list[str]] = {}
    for service, opsn in counted.index:
        found.setdefault(service, []).append(opsn)
    return found


def _needs(atlas: Atlas, departements: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the needs that communes of a département stated, where the table of needs publishes them."""
    table = atlas.material.tables.get("besoins")
    if table is None:
        return
    lang, names = atlas.material.lang, atlas.material.layers["departements"]["name"]
    table = table.reset_index() if "code_dep" not in table else table
    shown = table[table["need_hidden"].fillna(SHOWN).eq(SHOWN) & table["need_share"].notna()]
    for number, code in enumerate(departements):
        place = names.get(code, code)
        best = shown[shown["code_dep"] == code].sort_values("need_share", ascending=False, kind="stable")
        rows = best.head(_MOST_NEEDS).to_dict("records")
        if rows:
            intro = atlas.say("needs_of", place=place, base=count(rows[0]["need_base"], lang))
        else:
            intro = atlas.say("no_need", place=place)
        services = atlas.material.services
        items = [
            atlas.say(
                "need",
                service=services.get(str(row["service"]), str(row["service"])),
                share=percent(row["need_share"], lang),
                interval=interval(row["need_low"], row["need_high"], lang),
            )
            for row in rows
        ]
        title = "" if number else atlas.say("needs_title")
        yield {"kind": "prose", "title": title, "paragraphs": [intro], "items": items}


def _steps(
    atlas: Atlas, pairs: pd.DataFrame, own: pd.DataFrame, column: str, code: str
) -> Iterator[dict[str, Any]]:
    """Yield what could be done: memberships that the study ranks, services to ask for, lists to complete."""
    lang, say = atlas.material.lang, atlas.say
    items = []
    steps = atlas.material.tables.get("extension", pd.DataFrame(columns=["step", "siren_epci", "opsn"]))
    if column in {"siren_epci", "opsn"} and len(steps):
        last = steps[(steps["step"] == "adhesion") & (steps[column] == code)].drop_duplicates(
            ["siren_epci", "opsn"]
        )
        names = atlas.material.layers["epci"]["name"]
        for row in last.to_dict("records"):
            gain = count(row["gain_pop"], lang)
            items.append(
                say("step_adhesion", opsn=atlas.named(pd.Index([row["opsn"]])), gain=gain)
                if column == "siren_epci"
                else say("step_epci", epci=names.get(row["siren_epci"], row["siren_epci"]), gain=gain)
            )
    if column != "opsn":
        spread = set(pairs.loc[pairs["reached"], "service"])
        offered = pairs[pairs["state"].eq(State.OFFERED) & ~pairs["service"].isin(spread)]
        for opsn, services in offered.groupby("opsn")["service"].unique().items():
            listed = ", ".join(atlas.material.services.get(each, each) for each in services)
            items.append(say("step_ask", opsn=atlas.named(pd.Index([opsn])), services=listed))
        unknown = int(own["state"].eq(State.UNKNOWN).sum())
        if unknown:
            items.append(say("step_lists", unknown=count(unknown, lang)))
        anybody = set(pairs.loc[pairs["state"].ne(State.NOT_OFFERED), "service"])
        nobody = [name for key, name in atlas.material.services.items() if key not in anybody]
        if nobody:
            items.append(say("missing", services=", ".join(nobody)))
    if items:
        yield {"kind": "prose", "title": say("steps_title"), "paragraphs": [], "items": items}


def _members(atlas: Atlas, pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the table of the EPCI where an operator reaches most communes."""
    lang, names = atlas.material.lang, atlas.material.layers["epci"]["name"]
    reached = pairs[pairs["reached"]].groupby("siren_epci").agg(
        communes=("code_insee", "nunique"), services=("service", "nunique")
    )  # fmt: skip
    if reached.empty:
        return
    best = reached.sort_values(["communes", "services"], ascending=False, kind="stable").head(_MOST_ROWS)
    rows = [
        (str(names.get(code, code)), count(row["communes"], lang), count(row["services"], lang))
        for code, row in best.iterrows()
    ]
    caption = atlas.say("members_table", shown=len(rows), all=count(len(reached), lang))
    yield _table(atlas, caption, ("name", "reached", "services"), rows)


def _offers(atlas: Atlas, pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the table of the services of an operator, and who else offers them where it does."""
    lang = atlas.material.lang
    rows = []
    for service, name in atlas.material.services.items():
        here = pairs[pairs["service"] == service]
        if here.empty:
            continue
        there = atlas.pairs[
            (atlas.pairs["service"] == service) & atlas.pairs["code_insee"].isin(here["code_insee"])
        ]
        others = there.loc[~there["opsn"].isin([*here["opsn"].unique(), ""]), "opsn"]
        numbers = [here.loc[is_such, "code_insee"].nunique() for is_such in (
            here["reached"], here["state"].eq(State.UNKNOWN), here["state"].eq(State.OFFERED)
        )]  # fmt: skip
        rows.append(
            (name, *(count(number, lang) for number in numbers), atlas.named(others.value_counts().index))
        )
    if rows:
        yield _table(
            atlas, atlas.say("offers_table"), ("service", "reached", "unknown", "without", "rivals"), rows,
            texts_at=(0, 4), widths=(34, 14, 14, 14, 24),
        )  # fmt: skip
