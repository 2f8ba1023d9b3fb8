"""What was published beside what is recomputed, what contradicts itself, and how all this was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from opsn_geo import __version__
from opsn_geo.catalogue.basis import BASES, basis_label
from opsn_geo.catalogue.numbers import MISSING, bracket, count, decimal, percent, signed
from opsn_geo.catalogue.words import enumerated, text, texts
from opsn_geo.publish import notices
from opsn_geo.publish.report.model import Fact, Facts, Material, Prose, Section, Subsection, Table, Words, say
from opsn_geo.publish.report.wording import decimals, figure_status, names_of, records, source, with_interval
from opsn_geo.publish.sentences import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opsn_geo.catalogue.words import Language

_STATUSES: Final = ("agrees", "by_construction", "differs", "not_judged", "inconsistent", "not_computable")
_AGREEING: Final = ("agrees", "by_construction")
_WORDS: Final = (
    "opsn", "epci", "offer", "membership", "covered", "possible", "desert", "bundle", "stability", "interval",
    "weighting", "margins", "standardised", "variation", "false_discovery", "break_even", "hidden",
)  # fmt: skip


def figures(material: Material) -> Section | None:
    """Section of every published figure beside its recomputed value; those that do not agree come first."""
    published = material.tables.get("figures")
    if published is None or published.empty:
        return None
    counts = published["status"].value_counts()
    constructed = counts.get("by_construction", 0)
    sentences = [say(material, "figures_text", all=count(len(published), material.lang))]
    if constructed:
        sentences.append(say(material, "figures_constructed", constructed=count(constructed, material.lang)))
    return Section(
        key="figures",
        title=say(material, "figures"),
        blocks=(
            Prose(paragraphs=tuple(sentences)),
            Facts(
                items=tuple(
                    Fact(
                        label=text(f"figure_status.{it}", material.lang),
                        value=count(counts.get(it, 0), material.lang),
                        note=say(material, f"status_{it}"),
                    )
                    for it in _STATUSES
                    if it in counts or it not in {"by_construction", "not_judged"}
                )
            ),
            *_figures(material, published, [it for it in _STATUSES if it not in _AGREEING], "figures_apart"),
            *_figures(material, published, list(_AGREEING), "figures_agree"),
        ),
    )


def _figures(
    material: Material, published: pd.DataFrame, statuses: list[str], caption: str
) -> Iterator[Table]:
    rows = published[published["status"].isin(statuses)]
    if rows.empty:
        return
    heads = ("figure", "published", "base", "recomputed", "recomputed_base", "interval", "gap", "status")
    yield Table(
        caption=say(material, caption, number=len(rows)),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(_figure(material, row) for row in records(rows)),
        texts=(0, 7),
        **source(material, "figures"),
        folded=caption == "figures_agree",
    )


def _figure(material: Material, row: dict[str, Any]) -> tuple[str, ...]:
    """Cells of a figure in its own unit, with the decimals that it was published with."""
    lang = material.lang
    digits = decimals(row["precision"])
    unit = "%" if row["unit"] == "share" else ""
    note = "" if pd.isna(row["note"]) else str(row["note"])
    status = figure_status(material, row)

    def shown(name: str) -> str:
        if unit:
            return percent(row[name] / 100, lang, digits)
        return decimal(row[name], lang, digits)

    return (
        str(row["label"]),
        COMPARISONS.get(row["comparison"], "") + shown("value"),
        count(row["base"], lang),
        shown("recomputed"),
        count(row["recomputed_base"], lang),
        # an interval that is narrower than the rounding shows with one decimal more
        bracket(lang, *(decimal(row[it], lang, digits + (not unit)) for it in ("low", "high"))),
        MISSING if row["comparison"] in COMPARISONS else signed(row["difference"], lang, digits),
        note if note and row["status"] == "inconsistent" else f"{status}. {note}" if note else status,
    )


def contradictions(material: Material) -> Section | None:
    """Section of what contradicts itself, with the evidence."""
    contradicting = material.tables.get("incoherences")
    if contradicting is None:
        return None
    severities = texts("consistency_severity", material.lang)
    heads = ("evidence", "quote", "severity", "basis", "where")
    rows = tuple(
        (
            str(row["evidence"]),
            text("consistency.quoted", material.lang, it=row["quote"]) if row["quote"] else MISSING,
            severities.get(str(row["severity"]), str(row["severity"])),
            basis_label(str(row["basis"]), material.lang) if row.get("basis") else MISSING,
            str(row["where"] if pd.notna(row["where"]) else "–"),
        )
        for row in records(contradicting)
    )
    table = Table(
        caption=say(material, "contradictions_table"),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=rows,
        texts=(0, 1, 2, 3, 4),
        quoted=(1, 4) if material.lang == "en" else (),
        **source(material, "incoherences"),
    )
    return Section(
        key="contradictions",
        title=say(material, "contradictions"),
        blocks=(
            Prose(
                paragraphs=(
                    say(material, "contradictions_text" if rows else "contradictions_none", number=len(rows)),
                )
            ),
            *([table] if rows else []),
            *_lists(material),
        ),
    )


def _lists(material: Material) -> Iterator[Table | Prose]:
    """The lists of services that the study states, beside offers and answers; what it leaves out of them."""
    stated, needs = material.figures.get("statements"), material.tables.get("besoins")
    services = material.tables.get("panorama_services")
    if stated is None or stated.empty or needs is None or services is None:
        return
    lang, lists, places = (
        material.lang,
        texts("stated_list", material.lang),
        names_of(material, "departements"),
    )
    flat = services.reset_index() if services.index.name == "service" else services
    offering = dict(zip(flat["service"], flat["opsn_count"], strict=True))
    estimates = material.tables.get("estimations", pd.DataFrame(columns=["domain", "item", "low"]))
    whole = estimates[estimates["domain"].eq("") & estimates["low"].notna()]
    of_item = {str(it["item"]): with_interval(it, lang) for it in records(whole)}
    cells = {(str(cell["service"]), str(cell["code_dep"])): cell for cell in records(needs.reset_index())}
    little = {place for place, cell in cells.items() if cell["little_used"] == 1}
    rows, cited = [], set()
    for row in records(stated):
        service, code = str(row["item"]), "" if pd.isna(row["code_dep"]) else str(row["code_dep"])
        cited.add((service, code))
        rows.append(
            (
                lists.get(str(row["list"]), str(row["list"])),
                material.services.get(service)
                or material.questionnaire.labels.get(f"need:{service}", service),
                places.get(code, code) or MISSING,
                _offering(cells[service, code]["opsn_count"] if (service, code) in cells else None, lang)
                if code
                else _offering(offering.get(service), lang),
                MISSING if code else of_item.get(f"service_used:{service}", MISSING),
                MISSING if code else of_item.get(f"need:{service}", MISSING),
                _little_used(material, cells.get((service, code))),
            )
        )
    heads = ("stated", "service", "departement", "offering", "used_share", "needed_share", "little_used")
    yield Table(
        caption=say(material, "lists_table"),
        heads=tuple(say(material, f"head_{it}") for it in heads),
        rows=tuple(rows),
        texts=(0, 1, 2, 6),
        **source(material, "besoins", "estimations", "panorama_services"),
    )
    other = sorted(
        f"{material.services.get(str(service), str(service))} ({places.get(str(code), str(code))})"
        for service, code in little - cited
    )
    if other:
        yield Prose(paragraphs=(say(material, "lists_other", names=enumerated(other, lang)),))


def _offering(number: float | None, lang: Language) -> str:
    """Number of operators that offer a service; nothing where the service is none of the study's."""
    return MISSING if number is None or pd.isna(number) else count(number, lang)


def _little_used(material: Material, cell: dict[str, Any] | None) -> str:
    """Whether a service is little used in a département; nothing where none can be said."""
    if cell is None:
        return MISSING
    is_open = bool(pd.notna(cell["used_hidden"]) and cell["used_hidden"]) or not cell["opsn_count"]
    if cell["little_used"] == 1:
        return say(material, "yes")
    return MISSING if is_open else say(material, "no")


def method(material: Material) -> Section:
    """Section on how the report was made: words, sources, what was simulated, limits, rejected rows."""
    metadata = material.metadata
    notice = notices.basis_notice(metadata)
    values = {
        "software": f"opsn-geo {__version__}", "millesime": metadata.millesime,
        "least": material.min_answers, "contact": metadata.contact,
    }  # fmt: skip
    limits = [say(material, f"limit_{it}") for it in ("lists", "answers", "outlines", "users")]
    return Section(
        key="method",
        title=say(material, "method"),
        blocks=(
            Prose(
                paragraphs=(
                    say(material, "made_with", **values),
                    say(material, "sources", **values),
                    *([say(material, "simulated_text", notice=notice)] if notice else []),
                    *([say(material, "contact", **values)] if metadata.contact else []),
                )
            ),
        ),
        parts=(
            Subsection(
                title=say(material, "words"),
                blocks=(
                    Words(
                        items=tuple(
                            (say(material, f"word_{it}"), say(material, f"meaning_{it}", **values))
                            for it in _WORDS
                        )
                    ),
                ),
            ),
            Subsection(title=say(material, "limits"), blocks=(Prose(items=tuple(limits)),)),
            Subsection(title=say(material, "bases"), blocks=tuple(_bases(material))),
            Subsection(title=say(material, "rows"), blocks=tuple(_rows(material))),
        ),
    )


def _bases(material: Material) -> Iterator[Table | Words]:
    """What each kind of basis that the study has means, and how many rows of each input have it."""
    lang, counted = material.lang, material.metadata.counted
    present = [it for it in BASES if any(each.basis == it for each in counted)]
    if not present:
        return
    yield Words(items=tuple((basis_label(it, lang), text(f"basis_definition.{it}", lang)) for it in present))
    names = texts("input", lang)
    yield Table(
        caption=say(material, "bases_table"),
        heads=tuple(say(material, f"head_{it}") for it in ("input", "basis", "basis_rows", "all_rows")),
        rows=tuple(
            (
                names.get(it.name, it.name),
                basis_label(it.basis, lang),
                count(it.rows, lang),
                count(it.total, lang),
            )
            for it in counted
        ),
        texts=(0, 1),
        files=("fondements",),
    )


def _rows(material: Material) -> Iterator[Table | Prose]:
    """Tables of the rows read, linked and rejected, and of the rejected by cause."""
    lang, counts = material.lang, material.counts
    tables = [it.removesuffix("_read") for it in counts if it.endswith("_read")]
    names = texts("input", lang)
    if tables:
        yield Table(
            caption=say(material, "rows_table"),
            heads=tuple(say(material, f"head_{it}") for it in ("table", "read", "linked", "rejected")),
            rows=tuple(
                (
                    names.get(it, it),
                    *(count(counts.get(f"{it}_{step}"), lang) for step in ("read", "linked", "rejected")),
                )
                for it in tables
            ),
            source=say(material, "source_manifest"),
        )
    if material.rejects.empty:
        yield Prose(paragraphs=(say(material, "no_rejects"),))
        return
    by_cause = material.rejects.groupby(["table", "cause"]).size().rename("rows").reset_index()
    numbers = records(by_cause.sort_values("rows", ascending=False, kind="stable"))
    causes, remedies = texts("cause", lang), texts("cause_remedy", lang)
    yield Table(
        caption=say(material, "rejects_table", number=count(len(material.rejects), lang)),
        heads=tuple(say(material, f"head_{it}") for it in ("cause", "table", "rejected", "remedy")),
        rows=tuple(
            (
                causes.get(it["cause"], it["cause"]),
                names.get(it["table"], it["table"]),
                count(it["rows"], lang),
                remedies.get(it["cause"], ""),
            )
            for it in numbers
        ),
        texts=(0, 1, 3),
        files=("rejets",),
    )
