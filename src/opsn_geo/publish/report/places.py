"""The territory, who is covered by whom, and where nobody is: the sections that rest on memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue import palette
from opsn_geo.catalogue.numbers import MISSING, between, count, distance, percent
from opsn_geo.catalogue.states import BEST_FIRST, State
from opsn_geo.catalogue.words import enumerated, text, texts
from opsn_geo.measure.deserts.lacking import BUNDLE
from opsn_geo.publish import notices
from opsn_geo.publish.report.charts import panel, scale, stacked
from opsn_geo.publish.report.maps import maps
from opsn_geo.publish.report.model import Chart, Key, Material, Prose, Section, Subsection, Table, say
from opsn_geo.publish.report.wording import (
    SECTION_INPUTS,
    layer_source,
    names_of,
    of_place,
    records,
    say_people,
    service_words,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST: Final = 10
_LARGE_PART: Final = 0.1
"""Share of the communes from which a desert bears the names of its départements, no longer that of a town."""


def territory(material: Material) -> Section:
    """Section on the size of the territory."""
    lang, sizes = material.lang, material.figures["departements"]
    names, epci = names_of(material, "departements"), material.layers["epci"]
    people = sizes["population"].sum(skipna=False)
    unknown = notices.population_notice(material.layers["communes"], lang)
    crossing = int(epci.get("crosses_border", pd.Series(data=False, index=epci.index)).fillna(0).sum())
    rows = [
        (
            f"{names.get(str(code), code)} ({code})",
            *(count(row[column], lang) for column in ("communes", "epci", "population", "area_km2")),
            percent(row["small_share"], lang),
        )
        for code, row in sizes.iterrows()
    ]
    heads = ("departement", "communes", "epci", "population", "area", "small")
    return Section(
        key="territory",
        title=say(material, "territory"),
        blocks=(
            Prose(
                paragraphs=(
                    say_people(
                        material, "territory_text", {"population": count(people, lang)},
                        name=material.metadata.territory_name,
                        communes=count(material.figures["reach"].loc["all", "communes"], lang),
                        epci=count(len(epci), lang), departements=count(len(sizes), lang),
                        area=count(sizes["area_km2"].sum(), lang), millesime=material.metadata.millesime,
                    ),
                    *([note] if (note := notices.census_note(material.metadata)) else []),
                    *([say(material, "crossing", crossing=count(crossing, lang))] if crossing else []),
                    *([say(material, "epci_across")] if sizes["epci"].sum() > len(epci) else []),
                    *([unknown] if unknown else []),
                )
            ),
            Table(
                caption=say(material, "territory_table"),
                heads=tuple(say(material, f"head_{it}") for it in heads),
                rows=tuple(rows),
                **source(material, "departements", rests_on=("boundaries",)),
            ),
        ),
    )  # fmt: skip


def coverage(material: Material) -> Section:
    """Section on who is covered: overall, by département, by service, by EPCI."""
    lang, reach = material.lang, material.figures["reach"].loc["all"]
    values = {
        "reached": count(reach["covered"], lang),
        "communes": count(reach["communes"], lang),
        "unknown": count(reach["unknown"], lang),
        "share": percent(reach["covered_share"], lang),
        "possible": percent(reach["possible_share"], lang),
    }
    people = {
        "pop": percent(reach["covered_pop_share"], lang),
        "pop_possible": percent(reach["possible_pop_share"], lang),
    }
    sure = "coverage_unsure" if reach["unknown"] else "coverage_sure"
    return Section(
        key="coverage",
        title=say(material, "coverage"),
        blocks=(
            Prose(
                paragraphs=(say(material, "coverage_text"), say_people(material, sure, people, **values)),
                items=tuple(_paths(material)),
            ),
            *maps(material, "coverage"),
        ),
        parts=(
            Subsection(
                title=say(material, "coverage_departements"), blocks=tuple(_shares(material, "departements"))
            ),
            Subsection(
                title=say(material, "coverage_services"), blocks=tuple(_ladder(material)), folded=True
            ),
            Subsection(
                title=say(material, "coverage_epci"), blocks=tuple(_shares(material, "epci")), folded=True
            ),
        ),
    )


def _paths(material: Material) -> Iterator[str]:
    """Sentences on the paths by which communes are reached, the commonest first."""
    lang, names = material.lang, texts("path", material.lang)
    for path, number in material.figures["paths"]["communes"].items():
        if path in names:
            yield say(material, "way", way=names[str(path)], communes=count(number, lang))


def _shares(material: Material, level: str) -> Iterator[Table]:
    """Table of the shares covered of all départements, or of the EPCI with most people not covered."""
    layer, lang = material.layers[level], material.lang
    if "covered_pop_possible_share" not in layer:
        return
    uncovered = material.figures[f"uncovered_{level}"]
    shown = layer.join(uncovered)
    if level == "epci":
        shown = shown.loc[uncovered.index].head(_LARGEST)
    rows = [
        (
            str(row["name"]),
            count(row.get("communes_inside", row["communes"]), lang),
            between(row["covered_share"], row["covered_possible_share"], lang),
            between(row["covered_pop_share"], row["covered_pop_possible_share"], lang),
            count(row["uncovered_pop"], lang),
        )
        for row in records(pd.DataFrame(shown.drop(columns="geometry")))
    ]
    # without all populations nobody knows in which EPCI most people are left
    ranked = level != "epci" or uncovered["uncovered_pop"].notna().all()
    caption = say(material, f"shares_{level}" if ranked else f"shares_{level}_uncounted", number=len(rows))
    heads = ("name", "communes", "covered_communes", "covered_population", "left")
    yield Table(
        caption=caption,
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        **source(material, level, rests_on=SECTION_INPUTS["coverage"]),
    )


def _ladder(material: Material) -> Iterator[Chart]:
    """Chart of the states of each service, family by family."""
    services = material.figures["services"]
    if services.empty:
        return
    lang, names = material.lang, material.services
    # what nothing measures has no column, and no share
    states = [it for it in BEST_FIRST if services[it.value].notna().any()]
    colours = [(palette.STATES[it], it is State.UNKNOWN) for it in states]
    panels = [
        panel(
            family,
            [
                (
                    names[str(slug)],
                    between(row["covered_share"], row["possible_share"], lang),
                    stacked([row.fillna(0)[it.value] for it in states], colours),
                    (),
                )
                for slug, row in part.iterrows()
            ],
        )
        for family, part in _by_family(material, services)
    ]
    heads = ("service", "covered_communes", "covered_population")
    table = Table(
        caption=say(material, "ladder_table"),
        heads=(
            *(say(material, f"head_{it}") for it in heads),
            *(text(f"state.{it.value}", lang) for it in states),
        ),
        rows=tuple(
            (
                names[str(slug)],
                between(row["covered_share"], row["possible_share"], lang),
                between(row["covered_pop_share"], row["possible_pop_share"], lang),
                *(percent(row[it.value], lang) for it in states),
            )
            for _, part in _by_family(material, services)
            for slug, row in part.iterrows()
        ),
        folded=True,
    )
    none = int((services["possible_share"] == 0).sum())
    most = services["covered_share"].max()
    widest = [
        text("consistency.quoted", lang, it=names[str(slug)])
        for slug in services.index[services["covered_share"] == most]
    ]
    yield Chart(
        key="ladder",
        title=say(material, "ladder_title"),
        summary=say(
            material, "ladder_summary", services=len(services),
            best=enumerated(widest, lang), share=percent(most, lang), none=none,
        ),
        panels=tuple(panels),
        legend=tuple(
            Key(label=text(f"state.{it.value}", lang), colour=colour, hatched=hatched)
            for it, (colour, hatched) in zip(states, colours, strict=True)
        ),
        ticks=tuple((scale(0, 1)(it), percent(it, lang)) for it in (0, 0.25, 0.5, 0.75, 1)),
        axis=say(material, "axis_share", communes=say(material, "communes_all")),
        reading=_ladder_reading(material, services),
        universe=say(material, "universe_communes"),
        table=table,
        **source(material, "couverture_parts"),
    )  # fmt: skip


def _ladder_reading(material: Material, services: pd.DataFrame) -> str:
    """How to read the states of the services, from the first that most communes are sure to have."""
    lang, row = material.lang, services.sort_values("covered_share", kind="stable").iloc[-1]
    values = {it: percent(row[it], lang) for it in ("offered", "not_offered", "unknown")}
    shares = between(row["covered_share"], row["possible_share"], lang)
    return say(material, "reading_ladder", name=material.services[str(row.name)], share=shares, **values)


def _by_family(material: Material, services: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Services by family, in the order of the list of services; the best covered first."""
    families = service_words(material.tables["services"], "family", material.lang)
    own = services.index.map(lambda slug: families.get(slug, ""))
    for family in dict.fromkeys(name for name in families.values() if name in set(own)):
        part = services[own == family]
        yield family, part.sort_values(["possible_share", "covered_share"], ascending=False, kind="stable")


def deserts(material: Material) -> Section | None:
    """Section on deserts: how many, how sure, the largest patches, how many communes lack what."""
    layer = material.layers.get("deserts")
    if layer is None or "stability" not in material.figures:
        return None
    return Section(
        key="deserts",
        title=say(material, "deserts"),
        blocks=(
            Prose(
                paragraphs=(
                    say(material, "deserts_text"),
                    say(
                        material,
                        "stability_text",
                        specifications=count(bundle_specifications(material.tables), material.lang),
                    ),
                )
            ),
            *maps(material, "deserts"),
        ),
        parts=(
            Subsection(
                title=say(material, "deserts_numbers"),
                blocks=(
                    _stability(material),
                    *_patches(material, pd.DataFrame(layer.drop(columns="geometry"))),
                    *_missing(material),
                ),
                folded=True,
            ),
        ),
    )


def bundle_specifications(tables: Mapping[str, pd.DataFrame]) -> int:
    """Number of ways in which the deserts of the bundle were counted."""
    grid = tables.get("specifications", pd.DataFrame(columns=["service"]))
    return int((grid["service"] == BUNDLE).sum())


def _stability(material: Material) -> Table:
    lang, verdicts = material.lang, material.figures["stability"]
    return Table(
        caption=say(material, "stability_table"),
        heads=tuple(
            say(material, f"head_{it}") for it in ("verdict", "communes", "population", "population_share")
        ),
        rows=tuple(
            (
                text(f"verdict.{name}", lang),
                count(row["communes"], lang),
                count(row["population"], lang),
                percent(row["population_share"], lang),
            )
            for name, row in verdicts.iterrows()
        ),
        **source(material, "stabilite", "specifications"),
    )


def _patches(material: Material, layer: pd.DataFrame) -> Iterator[Table]:
    """Table of the largest patches without the bundle of services."""
    lang, names, departements = (
        material.lang,
        names_of(material, "communes"),
        names_of(material, "departements"),
    )
    many = len(names) * _LARGE_PART
    largest = layer[layer["service"] == BUNDLE].sort_values("population", ascending=False, kind="stable")
    if largest.empty:
        return
    rows = [
        (
            _desert_name(material, row, departements, many),
            count(row["communes"], lang),
            count(row["population"], lang),
            count(row["area_km2"], lang),
            f"{names.get(row['nearest_covered'], MISSING)} ({distance(row['nearest_covered_m'], lang)})"
            if pd.notna(row["nearest_covered_m"])
            else MISSING,
            distance(row["farthest_m"], lang),
        )
        for row in records(largest.head(_LARGEST))
    ]
    heads = ("desert", "communes", "population", "area", "nearest_covered", "farthest")
    yield Table(
        caption=say(
            material,
            "patches_table" if largest["population"].notna().all() else "patches_table_uncounted",
            shown=len(rows),
            all=count(len(largest), lang),
        ),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        texts=(0, 4),
        source=layer_source(material, "deserts"),
    )


def _desert_name(material: Material, row: dict[str, Any], departements: dict[str, str], many: float) -> str:
    """Name of a desert: its most populous commune; the départements that a very large one extends over."""
    across = [departements[it] for it in str(row["departements_touched"]).split(";") if it in departements]
    if row["communes"] > many and len(across) > 1:
        return say(material, "across", departements=enumerated(across, material.lang), name=row["name"])
    name = str(row["name"])
    return say(material, "around", place=of_place(name) if material.lang == "fr" else name)


def _missing(material: Material) -> Iterator[Table]:
    """Table of how many communes lack how many services."""
    if "missing" not in material.figures:
        return
    lang, bands = material.lang, material.figures["missing"]
    yield Table(
        caption=say(material, "missing_table", services=len(material.tables["services"])),
        heads=tuple(say(material, f"head_{it}") for it in ("missing", "communes", "share", "population")),
        rows=tuple(
            (
                say(material, "missing_band", low=low, high=high) if high > low else str(high),
                count(row["communes"], lang),
                percent(row["communes_share"], lang),
                count(row["population"], lang),
            )
            for low, high, row in zip(
                bands.index.get_level_values("low"),
                bands.index.get_level_values("high"),
                records(bands),
                strict=True,
            )
        ),
        **source(material, "communes", rests_on=SECTION_INPUTS["coverage"]),
    )
