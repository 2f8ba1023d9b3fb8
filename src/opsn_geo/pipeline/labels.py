"""The names that the data of a study give to codes: items, places and services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsn_geo.measure.survey.figures import judged_figures

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs


def labels(inputs: Inputs) -> dict[str, str]:
    """Return the names of items, places (``code_dep=02``, ``siren_epci=…``) and services (``service=sig``).

    Services are named in the language of the study, in French where the other name is missing.
    """
    territory, services = inputs.territory, inputs.tables["services"]
    names = services["name"]
    if inputs.study.metadata.language != "fr":
        names = services["name_en"].fillna(names)
    return {
        **(item_labels(inputs) if "questionnaire" in inputs.tables else {}),
        **{f"siren_epci={code}": str(name) for code, name in territory.epci["name"].items()},
        **{f"code_dep={code}": str(name) for code, name in territory.departements["name"].items()},
        **{f"service={code}": str(name) for code, name in zip(services["service"], names, strict=True)},
    }


def item_labels(inputs: Inputs) -> dict[str, str]:
    """Return the label of each item, as the questionnaire and the published figures word it.

    An item is an ``item:choice``, an item without choices, or a published figure that is judged.
    """
    book, figures = inputs.tables["questionnaire"], inputs.tables.get("published_figures")
    names = book["item"].str.cat(book["choice"].fillna(""), sep=":").str.removesuffix(":")
    labels_by_item = dict(zip(names, book["label"].fillna(names), strict=True))
    if figures is not None:
        judged = figures[judged_figures(figures)]
        labels_by_item |= dict(zip(judged["figure"], judged["label"].astype(str), strict=True))
    return labels_by_item
