"""The territory, who is covered by whom, and where nobody is: the sections that rest on memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.numbers import MISSING, between, count, distance, percent
from opsn_geo.catalogue.words import State, text, texts
from opsn_geo.publish.report.charts import nice, panel, scale, stacked
from opsn_geo.publish.report.maps import maps
from opsn_geo.publish.report.model import Chart, Key, Material, Prose, Section, Subsection, Table, say
from opsn_geo.publish.report.words import by_place, names_of, operators, records, service_words, simulated
from opsn_geo.publish.themes import STATE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

BUNDLE: Final = "bouquet"
_LARGEST: Final = 10
_RUNGS: Final = (State.USED, State.MEMBER, State.UNKNOWN, State.OFFERED, State.NOT_OFFERED)
_STANDING: Final = ("finding", "leaning", "choice", "never")


def territory(material: Material) -> Section:
    """Say how large the territory is, and who the operators are."""
    lang, inside = material.lang, material.inside
    departements, epci = material.layers["departements"], material.layers["epci"]
    crossing = int(epci.get("crosses_border", pd.Series(data=False, index=epci.index)).fillna(0).sum())
    groups = inside.groupby("code_dep")
    rows = [
        (
            f"{name} ({code})",
            *(count(it, lang) for it in (len(part), part["siren_epci"].nunique(), part["population"].sum())),
            count(part["area_km2"].sum(), lang),
            percent((part["population"] < 2000).mean(), lang),  # noqa: PLR2004 - the limit small communes go by
        )
        for code, part in groups
        for name in [departements["name"].get(code, code)]
    ]
    heads = ("departement", "communes", "epci", "population", "area", "small")
    return Section(
        key="territory",
        title=say(material, "territory"),
        blocks=(
            Prose(
                paragraphs=(
                    say(
                        material, "territory_text", name=material.metadata.territory_name,
                        communes=count(len(inside), lang), epci=count(len(epci), lang),
                        departements=count(groups.ngroups, lang),
                        population=count(inside["population"].sum(), lang),
                        area=count(inside["area_km2"].sum(), lang), millesime=material.metadata.millesime,
                    ),
                    *([say(material, "crossing", crossing=count(crossing, lang))] if crossing else []),
                )
            ),
            Table(
                caption=say(material, "territory_table"),
                heads=tuple(say(material, f"head_{it}") for it in heads),
                rows=tuple(rows),
                source=say(material, "source", file="tables/departements.csv"),
            ),
            *_operators(material),
        ),
    )  # fmt: skip


def _operators(material: Material) -> Iterator[Table]:
    """List the operators: form, services, départements, members where the list is complete."""
    found = operators(material)
    if found.empty:
        return
    lang, forms = material.lang, texts("legal_form", material.lang)
    reached = by_place(material.inside)
    rows = [
        (
            str(row["name"]),
            MISSING if pd.isna(row["legal_form"]) else forms.get(row["legal_form"], str(row["legal_form"])),
            count(row.get("services_offered"), lang),
            count(reached.get(slug, 0), lang),
            say(material, "complete" if row.get("list_complete") is True else "incomplete"),
        )
        for slug, row in zip(found.index, records(found), strict=True)
    ]
    heads = ("opsn", "legal_form", "services_offered", "reached", "list")
    yield Table(
        caption=say(material, "opsn_table"),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        texts=(0, 1, 4),
        source=say(material, "source", file="tables/panorama_opsn.csv"),
    )


def standing(inside: pd.DataFrame) -> dict[str, float]:
    """Count communes and people known to be reached, and those that may be, with their shares.

    >>> inside = pd.DataFrame({"state": ["member", "unknown", "offered"], "population": [50, 30, 20]})
    >>> standing(inside) == {"communes": 3, "reached": 1, "unknown": 1, "share": 1 / 3, "possible": 2 / 3,
    ...                      "pop_share": 0.5, "pop_possible": 0.8, "beyond": 1, "beyond_pop": 20}
    True
    """
    known = inside["state"].isin([State.MEMBER, State.USED])
    unknown = inside["state"].isna() | inside["state"].eq(State.UNKNOWN)
    people = inside["population"] / inside["population"].sum()
    return {
        "communes": len(inside),
        "reached": int(known.sum()),
        "unknown": int(unknown.sum()),
        "share": known.mean(),
        "possible": (known | unknown).mean(),
        "pop_share": people[known].sum(),
        "pop_possible": people[known | unknown].sum(),
        "beyond": int((~known & ~unknown).sum()),
        "beyond_pop": int(inside.loc[~known & ~unknown, "population"].sum()),
    }


def coverage(material: Material) -> Section:
    """Say who is covered: overall, by département, by service, by EPCI."""
    lang, found = material.lang, standing(material.inside)
    told = {
        "reached": count(found["reached"], lang), "communes": count(found["communes"], lang),
        "share": percent(found["share"], lang), "pop": percent(found["pop_share"], lang),
        "possible": percent(found["possible"], lang), "pop_possible": percent(found["pop_possible"], lang),
        "unknown": count(found["unknown"], lang),
    }  # fmt: skip
    sure = "coverage_sure" if not found["unknown"] else "coverage_unsure"
    return Section(
        key="coverage",
        title=say(material, "coverage"),
        simulated=simulated(material, "memberships"),
        blocks=(
            Prose(
                paragraphs=(say(material, "coverage_text", **told), say(material, sure, **told)),
                items=tuple(_ways(material)),
            ),
            *maps(material, ("state", "services_member")),
        ),
        parts=(
            Subsection(
                title=say(material, "coverage_departements"), blocks=tuple(_shares(material, "departements"))
            ),
            Subsection(title=say(material, "coverage_services"), blocks=tuple(_ladder(material))),
            Subsection(title=say(material, "coverage_epci"), blocks=tuple(_shares(material, "epci"))),
        ),
    )


def _ways(material: Material) -> Iterator[str]:
    """Say by which way communes are reached, the commonest first."""
    lang, ways = material.lang, texts("path", material.lang)
    for way, number in material.inside["path"].value_counts().items():
        if way in ways:
            yield say(material, "way", way=ways[str(way)], communes=count(number, lang))


def _shares(material: Material, level: str) -> Iterator[Table]:
    """Set out the shares covered of a layer: all départements, or the EPCI with most people left out."""
    layer, lang = material.layers[level], material.lang
    if "covered_pop_possible_share" not in layer:
        return
    kept = layer
    if level == "epci":
        left = layer["population"] * (1 - layer["covered_pop_share"].astype(float))
        kept = layer.assign(left=left).sort_values(["left", "name"], ascending=[False, True]).head(_LARGEST)
    rows = [
        (
            str(row["name"]),
            count(row["communes"], lang),
            between(row["covered_share"], row["covered_possible_share"], lang),
            between(row["covered_pop_share"], row["covered_pop_possible_share"], lang),
            count(row["population"] * (1 - row["covered_pop_share"]), lang),
        )
        for row in records(pd.DataFrame(kept.drop(columns="geometry")))
    ]
    heads = ("name", "communes", "covered_communes", "covered_population", "left")
    yield Table(
        caption=say(material, f"shares_{level}", number=len(rows)),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        source=say(material, "source", file=f"tables/{level}.csv"),
    )


def by_state(couverture: pd.DataFrame, inside: pd.DataFrame) -> pd.DataFrame:
    """Share the communes of each service by state, and its people known and possibly covered.

    >>> inside = pd.DataFrame({"population": [10, 30]}, index=["a", "b"])
    >>> cells = pd.DataFrame({"code_insee": ["a", "b"], "service": "dpd", "state": ["member", "unknown"]})
    >>> by_state(cells, inside).loc["dpd", ["member", "unknown", "known_pop", "possible_pop"]].tolist()
    [0.5, 0.5, 0.25, 1.0]
    """
    cells = couverture.assign(population=couverture["code_insee"].map(inside["population"]))
    cells = cells.dropna(subset="population")
    counts, people = (
        cells.pivot_table(
            index="service", columns="state", values="population", aggfunc=how, fill_value=0
        ).reindex(columns=list(_RUNGS), fill_value=0)
        for how in ("count", "sum")
    )
    known = [State.USED, State.MEMBER]
    total = inside["population"].sum()
    shares = counts / len(inside)
    shares.columns = [it.value for it in _RUNGS]
    return shares.assign(
        known=counts[known].sum(axis=1) / len(inside),
        possible=counts[[*known, State.UNKNOWN]].sum(axis=1) / len(inside),
        known_pop=people[known].sum(axis=1) / total,
        possible_pop=people[[*known, State.UNKNOWN]].sum(axis=1) / total,
    )


def _ladder(material: Material) -> Iterator[Chart]:
    """Draw for each service how far it has come, family by family."""
    found = by_state(material.tables["couverture"], material.inside)
    if found.empty:
        return
    lang, names = material.lang, material.services
    colours = [(STATE_COLOURS[it], it is State.UNKNOWN) for it in _RUNGS]
    panels = [
        panel(
            family,
            [
                (
                    names[str(slug)],
                    between(row["known"], row["possible"], lang),
                    stacked([row[it.value] for it in _RUNGS], colours),
                    (),
                )
                for slug, row in part.iterrows()
            ],
        )
        for family, part in _by_family(material, found)
    ]
    heads = ("service", "covered_communes", "covered_population")
    table = Table(
        caption=say(material, "ladder_table"),
        heads=(
            *(say(material, f"head_{it}") for it in heads),
            *(text(f"state.{it.value}", lang) for it in _RUNGS),
        ),
        rows=tuple(
            (
                names[str(slug)],
                between(row["known"], row["possible"], lang),
                between(row["known_pop"], row["possible_pop"], lang),
                *(percent(row[it.value], lang) for it in _RUNGS),
            )
            for _, part in _by_family(material, found)
            for slug, row in part.iterrows()
        ),
        source=say(material, "source", file="tables/couverture_parts.csv"),
        folded=True,
    )
    none = int((found["possible"] == 0).sum())
    yield Chart(
        key="ladder",
        title=say(material, "ladder_title"),
        summary=say(
            material, "ladder_summary", services=len(found), best=names[str(found["known"].idxmax())],
            share=percent(found["known"].max(), lang), none=none,
        ),
        panels=tuple(panels),
        legend=tuple(
            Key(label=text(f"state.{it.value}", lang), colour=colour, hatched=hatched)
            for it, (colour, hatched) in zip(_RUNGS, colours, strict=True)
        ),
        ticks=tuple((scale(0, 1)(it), percent(it, lang)) for it in (0, 0.25, 0.5, 0.75, 1)),
        table=table,
    )  # fmt: skip


def _by_family(material: Material, found: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Part services by family, in the order of the catalogue of services; the best covered first."""
    families = service_words(material.tables["services"], "family", material.lang)
    own = found.index.map(lambda it: families.get(it, ""))
    for family in dict.fromkeys(it for it in families.values() if it in set(own)):
        part = found[own == family]
        yield family, part.sort_values(["possible", "known"], ascending=False, kind="stable")


def deserts(material: Material) -> Section | None:
    """Say where a service does not come: how many, how sure, the largest patches, how many lack what."""
    layer, inside = material.layers.get("deserts"), material.inside
    if layer is None or "stability_verdict" not in inside:
        return None
    return Section(
        key="deserts",
        title=say(material, "deserts"),
        simulated=simulated(material, "memberships"),
        blocks=(
            Prose(paragraphs=(say(material, "deserts_text"), say(material, "stability_text"))),
            _stability(material),
            *maps(material, ("desert_stability", "services_missing")),
            *_patches(material, pd.DataFrame(layer.drop(columns="geometry"))),
            *_missing(material),
        ),
    )


def stability_counts(inside: pd.DataFrame) -> pd.DataFrame:
    """Count communes and people by how steadily they lie in a desert of the bundle.

    >>> inside = pd.DataFrame({"stability_verdict": ["finding", "never"], "population": [10, 20]})
    >>> stability_counts(inside).loc["finding"].tolist()
    [1, 10]
    """
    grouped = inside.groupby("stability_verdict")["population"].agg(communes="size", population="sum")
    return pd.DataFrame(grouped).reindex(list(_STANDING), fill_value=0)


def _stability(material: Material) -> Table:
    lang, found = material.lang, stability_counts(material.inside)
    total = material.inside["population"].sum()
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
                percent(row["population"] / total, lang),
            )
            for name, row in found.iterrows()
        ),
        source=say(material, "source", file="tables/stabilite.csv, tables/specifications.csv"),
    )


def _patches(material: Material, layer: pd.DataFrame) -> Iterator[Table]:
    """List the largest patches without the bundle of services."""
    lang, names = material.lang, names_of(material, "communes")
    largest = layer[layer["service"] == BUNDLE].sort_values("population", ascending=False, kind="stable")
    if largest.empty:
        return
    rows = [
        (
            say(material, "around", name=row["name"]),
            count(row["communes"], lang),
            count(row["population"], lang),
            count(row["area_km2"], lang),
            f"{names.get(row['nearest_covered'], '–')} ({distance(row['nearest_covered_m'], lang)})"
            if pd.notna(row["nearest_covered_m"])
            else "–",
        )
        for row in records(largest.head(_LARGEST))
    ]
    heads = ("desert", "communes", "population", "area", "nearest_covered")
    yield Table(
        caption=say(material, "patches_table", shown=len(rows), all=count(len(largest), lang)),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        texts=(0, 4),
        source=say(material, "source_layer", layer="deserts"),
    )


def _missing(material: Material) -> Iterator[Table]:
    """Say how many communes lack how many services, at even steps."""
    inside = material.inside
    if "services_missing" not in inside:
        return
    lang, services = material.lang, len(material.tables["services"])
    steps = [int(it) for it in nice(0, services) if it < services]
    bands = pd.cut(inside["services_missing"].astype(float), [-1, *steps, services])
    grouped = inside.groupby(bands, observed=False)["population"].agg(communes="size", population="sum")
    yield Table(
        caption=say(material, "missing_table", services=services),
        heads=tuple(say(material, f"head_{it}") for it in ("missing", "communes", "share", "population")),
        rows=tuple(
            (
                say(material, "missing_band", low=int(it.left) + 1, high=int(it.right))
                if it.right > it.left + 1
                else str(int(it.right)),
                count(row["communes"], lang),
                percent(row["communes"] / len(inside), lang),
                count(row["population"], lang),
            )
            for it, row in grouped[grouped["communes"] > 0].iterrows()
        ),
        source=say(material, "source", file="tables/communes.csv"),
    )
