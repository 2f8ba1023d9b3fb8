"""The operators: where they work, what they offer, who works with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import Basis, weakest_of
from opsn_geo.catalogue.numbers import MISSING, count
from opsn_geo.catalogue.words import enumerated, texts
from opsn_geo.publish.report.charts import nice, panel, scale
from opsn_geo.publish.report.maps import frame, outlines
from opsn_geo.publish.report.model import (
    Block,
    Chart,
    Key,
    Maps,
    Material,
    Part,
    Picture,
    Prose,
    Section,
    Shape,
    Subsection,
    Table,
    say,
)
from opsn_geo.publish.report.wording import (
    SECTION_INPUTS,
    Sourced,
    names_of,
    operators,
    records,
    source,
    with_basis,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED: Final = 6
_BLUES: Final = ("#deebf7", "#9ecae1", "#4292c6", "#08519c")
"""Few to many, on a map of départements."""


def operators_section(material: Material) -> Section | None:
    """Section on the operators; none where the study has none."""
    if operators(material).empty:
        return None
    parts = (
        Subsection(title=say(material, "operators_where"), blocks=tuple(_where(material))),
        Subsection(title=say(material, "operators_services"), blocks=tuple(_services(material)), folded=True),
        Subsection(title=say(material, "operators_together"), blocks=tuple(_together(material)), folded=True),
    )
    return Section(
        key="operators",
        title=say(material, "operators"),
        blocks=(Prose(paragraphs=(" ".join(_sentences(material)),)), *_operators(material)),
        parts=tuple(it for it in parts if it.blocks),
    )


def _sentences(material: Material) -> Iterator[str]:
    """How many operators offer how many services, which nobody offers, and who reaches most communes."""
    lang, opsn = material.lang, operators(material)
    reached, names = material.figures["operators"]["communes"], material.services
    offered = set(material.tables["offres"]["service"]) if "offres" in material.tables else set()
    lacking = [name for slug, name in names.items() if slug not in offered]
    yield say(
        material, "answer_whom", number=count(len(opsn), lang), offered=len(names) - len(lacking),
        services=len(names),
    )  # fmt: skip
    if lacking:
        yield say(material, "answer_lacking", services=enumerated(lacking, lang, _NAMED))
    if len(reached):
        widest = reached.index[reached == reached.max()].astype(str)
        named = enumerated((str(opsn["name"].get(it, it)) if "name" in opsn else it for it in widest), lang)
        yield say(material, "answer_widest", name=named, communes=count(reached.max(), lang))
    totals = material.tables.get("panorama_totaux")
    if totals is not None and "value" in totals:
        values = totals["value"]
        if {"services_per_opsn_min", "services_per_opsn_max"} <= set(values.dropna().index):
            least, most = (count(values[f"services_per_opsn_{it}"], lang) for it in ("min", "max"))
            yield say(material, "services_per_opsn", least=least, most=most)
    if "staff" in opsn and opsn["staff"].notna().any():
        staff = opsn["staff"].dropna()
        yield say(
            material, "staff", total=count(staff.sum(), lang), least=count(staff.min(), lang),
            most=count(staff.max(), lang), known=count(len(staff), lang), number=count(len(opsn), lang),
        )  # fmt: skip
    else:
        yield say(material, "staff_unknown")


def _operators(material: Material) -> Iterator[Table]:
    """Table of the operators: form, services, communes reached, whether the list is complete."""
    opsn = operators(material)
    lang, forms = material.lang, texts("legal_form", material.lang)
    reached = material.figures["operators"]["communes"]
    offers = material.tables.get("offres", pd.DataFrame())
    offered = offers.groupby("opsn")["basis"].agg(weakest_of) if "basis" in offers else pd.Series(dtype="str")
    rows = [
        (
            str(row["name"]),
            MISSING
            if pd.isna(row["legal_form"])
            else with_basis(
                material,
                forms.get(row["legal_form"], str(row["legal_form"])),
                row.get("legal_form_basis", row.get("basis")),
            ),
            with_basis(material, count(row.get("services_offered"), lang), offered.get(str(slug))),
            count(reached.get(slug, 0), lang),
            say(material, "complete" if row.get("list_complete") is True else "incomplete"),
        )
        for slug, row in zip(opsn.index, records(opsn), strict=True)
    ]
    heads = ("opsn", "legal_form", "services_offered", "reached", "list")
    yield Table(
        caption=say(material, "opsn_table"),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        texts=(0, 1, 4),
        **source(material, "panorama_opsn", rests_on=("opsn.legal_form", *SECTION_INPUTS["coverage"])),
    )


def _where(material: Material) -> Iterator[Block]:
    """Map of the number of operators that offer services in each département, and their names."""
    table = material.tables.get("panorama_departements")
    if table is None or table.empty:
        return
    lang, layer = material.lang, material.layers["departements"]
    rows = table if table.index.name == "code_dep" else table.set_index("code_dep")
    numbers = rows["opsn_offering_count"].reindex(layer.index).fillna(0).astype(int)
    distinct = sorted(numbers.unique())
    colours = {it: _BLUES[min(place, len(_BLUES) - 1)] for place, it in enumerate(distinct)}
    corner, unit, (width, height) = frame(layer)
    spots = layer.geometry.representative_point()
    at = np.rint((np.column_stack([spots.x, spots.y]) - corner) / [unit, -unit]).astype(int)
    paths = outlines([layer.geometry[numbers == it].to_numpy() for it in distinct], corner, unit)
    most = [str(name) for name, it in zip(layer["name"], numbers, strict=True) if it == max(distinct)]
    opsn = operators(material)["name"].astype(str)
    first = str(rows["opsn_offering"].get(layer.index[0], ""))
    yield Maps(
        items=(
            Picture(
                key="operators_by_departement",
                title=say(
                    material, "operators_map", least=distinct[0], most=distinct[-1],
                    names=enumerated(most, lang),
                ),
                summary="; ".join(f"{name}: {it}" for name, it in zip(layer["name"], numbers, strict=True)),
                width=width,
                height=height,
                shapes=tuple(
                    Shape(path=path, colour=colours[it], hatched=False)
                    for path, it in zip(paths, distinct, strict=True)
                ),
                names=tuple(
                    (int(x), int(y), f"{name} : {it}" if lang == "fr" else f"{name}: {it}")
                    for (x, y), name, it in zip(at, layer["name"], numbers, strict=True)
                ),
                legend=tuple(
                    Key(label=say(material, "number_of_opsn", number=count(it, lang)), colour=colours[it])
                    for it in distinct
                ),
                reading=say(
                    material, "reading_operators_map", name=str(layer["name"].iloc[0]),
                    number=count(numbers.iloc[0], lang),
                    names=enumerated((opsn.get(it, it) for it in first.split(";")), lang),
                ),
                universe=say(material, "universe_offers"),
                **source(material, "panorama_departements", rests_on=("offers",)),
            ),
        )
    )  # fmt: skip


def _bars(
    material: Material,
    key: str,
    rows: list[tuple[str, int, str]],
    table: Table,
    *,
    title: str,
    axis: str,
    reading: str,
    universe: str,
    sourced: Sourced,
    summary: str = "",
) -> Chart:
    """Chart of whole numbers as bars, the greatest first: name, number, and what stands beside it."""
    lang, most = material.lang, max(number for _, number, _ in rows)
    ticks = nice(0, max(most, 1))
    place = scale(ticks[0], ticks[-1])
    return Chart(
        key=key,
        title=title,
        summary=summary,
        panels=(
            panel(
                "",
                [
                    (
                        name,
                        " ".join(filter(None, (count(number, lang), beside))),
                        (Part(at=0, width=place(number), colour=_BLUES[2], hatched=False),) if number else (),
                        (),
                    )
                    for name, number, beside in rows
                ],
            ),
        ),
        legend=(),
        ticks=tuple((place(it), count(it, lang)) for it in ticks if float(it).is_integer()),
        table=table,
        axis=axis,
        reading=reading,
        universe=universe,
        **sourced,
    )


def _services(material: Material) -> Iterator[Chart]:
    """Charts of the services that each operator offers, and of the operators that offer each service."""
    lang, opsn = material.lang, operators(material)
    if "services_offered" in opsn and "class_rule" in opsn:
        classes = texts("code.class", lang)
        ordered = opsn.sort_values(["services_offered", "name"], ascending=[False, True], kind="stable")
        rows = [
            (str(row["name"]), int(row["services_offered"] or 0), classes.get(str(row["class_rule"]), ""))
            for row in records(ordered)
        ]
        first, most = rows[0][0], count(rows[0][1], lang)
        best = enumerated((name for name, number, _ in rows if number == rows[0][1]), lang)
        least = count(rows[-1][1], lang)
        yield _bars(
            material,
            "services_by_operator",
            rows,
            _plain_table(material, ("opsn", "services_offered", "class"), rows),
            title=say(material, "services_by_operator", names=best, most=most, least=least),
            axis=say(material, "axis_services"),
            reading=say(material, "reading_services_by_operator", name=first, number=most),
            universe=say(material, "universe_offers"),
            sourced=source(material, "panorama_opsn", rests_on=("offers",)),
        )
    services = material.tables.get("panorama_services")
    if services is not None and len(services):
        flat = services.reset_index() if services.index.name == "service" else services
        ordered = flat.sort_values("opsn_count", ascending=False, kind="stable")
        rows = [
            (
                material.services.get(str(row["service"]), str(row["service"])),
                int(row["opsn_count"]),
                say(material, "rare_here") if row.get("rare_here") is True else "",
            )
            for row in records(ordered)
        ]
        first, most = rows[0][0], count(rows[0][1], lang)
        none, alone = (count(sum(number == it for _, number, _ in rows), lang) for it in (0, 1))
        yield _bars(
            material,
            "operators_by_service",
            rows,
            _plain_table(material, ("service", "opsn", "note"), rows),
            title=say(material, "operators_by_service", none=none, alone=alone),
            summary=say(material, "rare_here_text") if any(beside for *_, beside in rows) else "",
            axis=say(material, "axis_operators"),
            reading=say(material, "reading_operators_by_service", name=first, number=most),
            universe=say(material, "universe_services"),
            sourced=source(material, "panorama_services", rests_on=("offers",)),
        )


def _plain_table(material: Material, heads: tuple[str, ...], rows: list[tuple[str, int, str]]) -> Table:
    return Table(
        caption="",
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple((name, count(number, material.lang), beside or MISSING) for name, number, beside in rows),
        texts=(0, 2),
        folded=True,
    )


def _together(material: Material) -> Iterator[Block]:
    """Legal forms, partnerships, and operators that work outside their home."""
    lang, opsn = material.lang, operators(material)
    names, departements = opsn["name"].astype(str), names_of(material, "departements")
    forms = material.tables.get("panorama_formes")
    if forms is not None and len(forms):
        flat = forms.reset_index() if forms.index.name == "legal_form" else forms
        words = texts("legal_form", lang)
        listed = (
            f"{words.get(str(it['legal_form']), str(it['legal_form']))} ({count(it['opsn_count'], lang)})"
            for it in records(flat)
        )
        yield Prose(paragraphs=(say(material, "legal_forms", forms=enumerated(listed, lang)),))
    partners = material.tables.get("panorama_partenariats")
    if partners is not None and len(partners):
        flat = partners.reset_index() if "partnership" in partners.index.names else partners
        groups: dict[tuple[str, str], set[str]] = {}
        for row in records(flat):
            groups.setdefault((str(row["partnership"]), str(row["service"])), set()).update(
                names.get(str(row[it]), str(row[it])) for it in ("opsn", "opsn_partner") if pd.notna(row[it])
            )
        yield Table(
            caption=say(material, "partners_table"),
            heads=tuple(say(material, f"head_{it}") for it in ("service", "partners")),
            rows=tuple(
                (material.services.get(service, service), enumerated(sorted(members), lang))
                for (_, service), members in groups.items()
            ),
            texts=(0, 1),
            **source(material, "panorama_partenariats"),
        )
    if "outside_home" in opsn:
        away = []
        for row in records(opsn):
            if isinstance(row["outside_home"], str) and row["outside_home"]:
                where = (departements.get(it, it) for it in row["outside_home"].split(";"))
                away.append(f"{row['name']} ({enumerated(where, lang)})")
        if away:
            is_assumed = opsn.get("basis", pd.Series(dtype=str)).eq(Basis.ASSUMED).any()
            key = "outside_home_assumed" if is_assumed else "outside_home"
            yield Prose(paragraphs=(say(material, key, names=enumerated(away, lang)),))
