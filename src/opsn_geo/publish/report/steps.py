"""Where next: the adhesions and extensions that would reach the most people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo.catalogue.numbers import count, decimal, percent
from opsn_geo.publish.report.charts import nice, scale
from opsn_geo.publish.report.model import Curve, Material, Prose, Section, Subsection, Table, say
from opsn_geo.publish.report.wording import names_of, operators, records, source

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS: Final = ("adhesion", "extension")


def ranked(material: Material, step: str) -> pd.DataFrame:
    """Best steps of a kind in their order; none where none was measured."""
    steps = material.figures.get("steps", pd.DataFrame(columns=["step"]))
    return steps[steps["step"] == step]


def extension(material: Material) -> Section | None:
    """Section of the adhesions and extensions to try first, and what each adds."""
    if "steps" not in material.figures:
        return None
    return Section(
        key="extension",
        title=say(material, "extension"),
        blocks=(Prose(paragraphs=(say(material, "extension_text"),)),),
        parts=tuple(
            Subsection(title=say(material, f"{step}_part"), blocks=tuple(_steps(material, step)), folded=True)
            for step in STEPS
            if len(ranked(material, step))
        ),
    )


def step_name(material: Material, row: dict[str, Any], step: str) -> tuple[str, str]:
    """Names of a step: who joins whom, or which service is extended where."""
    if step == "adhesion":
        epci = names_of(material, "epci")
        opsn = operators(material).get("name", pd.Series(dtype=str))
        return epci.get(str(row["siren_epci"]), str(row["siren_epci"])), str(
            opsn.get(row["opsn"], row["opsn"])
        )
    services, departements = material.services, names_of(material, "departements")
    slug, code = str(row["extended"]), str(row["code_dep"])
    return services.get(slug, slug), departements.get(code, code)


def gain(material: Material, row: dict[str, Any]) -> str:
    """Inhabitants × services that a step adds: what is certain, and at most."""
    low, high = (count(it, material.lang) for it in (row["gain_pop"] - row["unknown_pop"], row["gain_pop"]))
    return low if low == high else say(material, "range_of", low=low, high=high)


def _ranks(material: Material, row: dict[str, Any]) -> str:
    """Rank of a step, or the ranks that it may have where others are worth the same."""
    first, last = (count(row[it], material.lang) for it in ("rank", "rank_last"))
    return first if first == last else say(material, "range_of", low=first, high=last)


def _steps(material: Material, step: str) -> Iterator[Table | Curve]:
    lang, best = material.lang, ranked(material, step)
    rows = [
        (
            _ranks(material, row),
            *step_name(material, row, step),
            count(row["gain_need"], lang),
            ("≥ " if row.get("unknown_population_count") else "") + gain(material, row),
            count(row["total_need"], lang),
        )
        for row in records(best)
    ]
    table = Table(
        caption=say(material, f"{step}_table", number=len(rows)),
        heads=tuple(
            say(material, f"head_{it}")
            for it in ("rank", f"{step}_who", f"{step}_where", "gain_need", "gain", "gain_total")
        ),
        rows=tuple(rows),
        texts=(0, 1, 2),
        **source(material, "extension"),
    )
    yield table
    total = best["total_need"].astype(float)
    if len(best) < 2 or not total.max() > 0:  # noqa: PLR2004 - a curve has two points
        return
    ticks = nice(0, total.max() / 1e3, 4)
    across, up = scale(0, len(best)), scale(0, ticks[-1])
    yield Curve(
        key=f"{step}_curve",
        title=say(material, f"{step}_curve"),
        summary=say(
            material, "curve_summary", number=len(best), total=count(total.max() / 1e3, lang),
            half=int((best["total_share"] < 1 / 2).sum()) + 1,
            first=percent(best["total_share"].iloc[0], lang),
        ),
        points=((0.0, 0.0), *((across(k), up(it / 1e3)) for k, it in enumerate(total, start=1))),
        across=tuple((across(k), str(k)) for k in range(len(best) + 1)),
        up=tuple((up(it), decimal(it, lang, 0 if float(it).is_integer() else 1)) for it in ticks),
        axis=say(material, "axis_steps"),
        table=table,
        **source(material, "extension"),
    )  # fmt: skip
