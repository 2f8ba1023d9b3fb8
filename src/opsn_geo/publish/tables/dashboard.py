"""Two sheets that no table holds as they are: key figures and services, with départements side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.words import Language, label, text
from opsn_geo.publish.notices import simulation_warning
from opsn_geo.publish.tables.readable import named
from opsn_geo.publish.tables.sheets import Kind, Sheet, clean

if TYPE_CHECKING:
    from opsn_geo.study import Metadata

_LEVELS: Final = ("region", "departement")
_ROWS: Final = (
    "communes", "population", "opsn_offering_count", "services_offered", "covered_share",
    "covered_possible_share", "covered_pop_share", "covered_pop_possible_share", "answered",
    "response_share",
)  # fmt: skip
_COUNTS: Final = ("communes", "population", "opsn_offering_count", "services_offered", "answered")


def sheets(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, pd.DataFrame], metadata: Metadata
) -> dict[str, Sheet]:
    """Return the key figures and the services by département, as far as the study has what they need."""
    made = {}
    if "reach" in figures and "departements" in tables:
        made["key_figures"] = key_figures(tables, figures, metadata)
    if "couverture_parts" in tables and "departements" in tables:
        made["services_departements"] = services_by_departement(tables, metadata)
    return made


def key_figures(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, pd.DataFrame], metadata: Metadata
) -> Sheet:
    """Return one row per figure: of the whole territory, then of each département.

    A share of which only the ends are known takes two rows, the least and the greatest. What the survey says
    is estimated for communes, and empty where too few answered.
    """
    lang = metadata.language
    places = tables["departements"].set_index("code_dep")["name"]
    rows = [*_reach(tables, figures, lang), *_answers(tables, figures, lang)]
    columns = ["", *places.index]
    whole = text("workbook.whole_territory", lang)
    values = {
        text("workbook.figure", lang): pd.Series([name for name, _, _ in rows], dtype="str"),
        **{
            str(places.get(code, whole)): pd.Series([given.get(code) for _, _, given in rows], dtype=float)
            for code in columns
        },
    }
    kinds: tuple[Kind, ...] = tuple(kind for _, kind, _ in rows)
    frame = pd.DataFrame(values)
    frame[frame.columns[0]] = clean(frame.iloc[:, 0])
    widest = int(frame.iloc[:, 0].str.len().max())
    return Sheet(
        title=text("workbook.key_figures", lang),
        frame=frame,
        kinds=("text", *([kinds] * len(columns))),
        widths=(min(widest + 2, 70), *([14] * len(columns))),
        about=f"{simulation_warning(metadata)} {text('workbook.key_figures_hold', lang)}".strip(),
        frozen=1,
    )


def _reach(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, pd.DataFrame], lang: Language
) -> Iterator[tuple[str, Kind, dict[str, float]]]:
    """Yield sizes, coverage and who answered: header, kind, value by département; "" is the territory."""
    places = tables["departements"].set_index("code_dep")
    if "panorama_departements" in tables:
        places = places.join(tables["panorama_departements"].set_index("code_dep").drop(columns="basis"))
    reach = figures["reach"].iloc[0].to_dict()
    answered = tables.get("repondants", pd.DataFrame(columns=["body"]))
    answered = answered[answered["body"] == "commune"]
    whole = {
        "communes": reach["communes"],
        "covered_share": reach["covered_share"],
        "covered_possible_share": reach["possible_share"],
        "covered_pop_share": reach["covered_pop_share"],
        "covered_pop_possible_share": reach["possible_pop_share"],
    }
    if "departements" in figures:
        whole["population"] = figures["departements"]["population"].sum(skipna=False)
    if "offres" in tables:
        whole["services_offered"] = tables["offres"]["service"].nunique()
        whole["opsn_offering_count"] = tables["offres"]["opsn"].nunique()
    if len(answered):
        whole |= {name: answered[name].iloc[0] for name in ("answered", "response_share")}
    for column in _ROWS:
        if column in places:
            given = {str(code): float(value) for code, value in places[column].dropna().items()}
            value = whole.get(column)
            if value is not None and pd.notna(value):
                given[""] = float(value)
            yield label(column, lang, "departements"), "whole" if column in _COUNTS else "share", given


def _answers(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, pd.DataFrame], lang: Language
) -> Iterator[tuple[str, Kind, dict[str, float]]]:
    """Yield the leading estimates of the survey, by département where enough answered."""
    if "items" not in figures or "estimations" not in tables:
        return
    estimates = tables["estimations"].fillna({"domain": ""})
    for item in figures["items"]["item"]:
        rows = estimates[estimates["item"] == item]
        is_share = rows["measure"].eq("share").all()
        given = dict(zip(rows["domain"].astype(str), rows["estimate"].astype(float), strict=True))
        yield (
            text("workbook.answered", lang, label=str(rows["label"].iloc[0])),
            "share" if is_share else "decimal",
            given,
        )


def services_by_departement(tables: Mapping[str, pd.DataFrame], metadata: Metadata) -> Sheet:
    """Return one row per service: who offers it, and the least and greatest share of communes it reaches."""
    lang = metadata.language
    places = tables["departements"].set_index("code_dep")["name"]
    shares = tables["couverture_parts"]
    shares = shares[shares["level"].isin(_LEVELS)]
    services = tables["services"].set_index("service")
    families = services.get(f"family_{lang}", services.get("family", pd.Series("", index=services.index)))
    names = services.get(f"name_{lang}", services["name"])
    values: dict[str, pd.Series] = {
        label("name", lang, "services"): names.fillna(services["name"]).astype("str"),
        label("family", lang, "services"): families.astype("str"),
    }
    kinds: list[Kind] = ["text", "text"]
    keys = ["name", "family"]
    if "panorama_services" in tables:
        offered = named("panorama_services", tables["panorama_services"], tables, lang)
        offered.index = pd.Index(tables["panorama_services"]["service"])
        for column in ("opsn_count", "opsn"):
            values[label(column, lang, "panorama_services")] = offered[column].reindex(services.index)
            keys.append(column)
        kinds += ["whole", "text"]
    whole = text("workbook.whole_territory", lang)
    one_region = len(shares.loc[shares["level"].eq("region"), "code"].unique()) == 1
    regions_first = shares.sort_values("level", key=lambda levels: levels.ne("region"), kind="stable")
    for (level, code), rows in regions_first.groupby(["level", "code"], sort=False):
        # a région and a département may have the same code, such as 24
        place = str(places.get(code, code))
        if level == "region":
            place = whole if one_region else f"{text('level.region', lang)} {code}"
        by_service = rows.set_index("service")
        for column, end in (("covered_share", "least"), ("covered_possible_share", "most")):
            values[text(f"workbook.{end}", lang, place=place)] = by_service[column].reindex(services.index)
            kinds.append("share")
            keys.append(f"{column}_{code}" if level != "region" or one_region else f"{column}_region_{code}")
    frame = pd.DataFrame({header: each.reset_index(drop=True) for header, each in values.items()})
    for header in frame.columns[[kind == "text" for kind in kinds]]:
        frame[header] = clean(frame[header].astype("str"))
    return Sheet(
        title=text("workbook.services_departements", lang),
        frame=frame,
        kinds=tuple(kinds),
        widths=(40, *({"text": 30, "whole": 10}.get(kind, 12) for kind in kinds[1:])),
        keys=tuple(keys),
        about=f"{simulation_warning(metadata)} {text('workbook.services_departements_hold', lang)}".strip(),
        frozen=1,
    )
