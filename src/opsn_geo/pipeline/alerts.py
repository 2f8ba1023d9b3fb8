"""What a reader must know before all else: a survey that does not count, a list that is not complete.

``check`` shows it first, a run first and again on the first screen of what it publishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from opsn_geo.catalogue.states import Level
from opsn_geo.errors import Notice
from opsn_geo.linkage.answers import BODIES, ITEMS
from opsn_geo.linkage.members import unlinked_members
from opsn_geo.measure.survey.populations import bodies_of

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Loading

LEAST_LINKED: Final = 0.8
"""Share of answers that must be linked for a survey to be used without an alert."""
_PLACES: Final = ("code", "name", "postal", "organisation")
_STRUCTURE: Final = ITEMS["structure"]


def alerts(loading: Loading) -> Iterator[Notice]:
    """Yield what must be read before the results of a study, as far as it could be read and linked."""
    yield from _survey_alerts(loading)
    for name, frame in loading.texts.items():
        if frame.attrs.get("swallowed"):
            yield _alert(
                "swallowed_lines", loading, name, lines=", ".join(map(str, frame.attrs["swallowed"]))
            )
    if "memberships" in loading.links:
        links = loading.links["memberships"]
        unlinked = unlinked_members(links)
        if len(unlinked):
            n_read = links.linked.index.union(links.rejected.index).nunique()
            listed = ", ".join(f"{opsn} ({number})" for opsn, number in unlinked.items())
            values = {
                "rejected": int(unlinked.sum()),
                "read": n_read,
                "opsn": listed,
                "operators": len(unlinked),
            }
            yield _alert("unlinked_members", loading, "memberships", **values)


def _survey_alerts(loading: Loading) -> Iterator[Notice]:
    """Yield why the answers, or many of them, do not count as answers of communes."""
    if loading.answers is None or "answers" not in loading.links:
        return
    linked, rejected = loading.links["answers"]
    n_read = len(loading.answers)
    if len(rejected) and len(linked) < LEAST_LINKED * n_read:
        causes = rejected["cause"].value_counts()
        values = {
            "rejected": len(rejected), "read": n_read, "cause": str(causes.index[0]),
            "number": int(causes.iloc[0]),
        }  # fmt: skip
        placed_by = [ITEMS[place] for place in _PLACES]
        if loading.answers.columns.isin(placed_by).any():
            key = "answers_rejected" if len(linked) else "all_answers_rejected"
            yield _alert(key, loading, "answers", **values)
        else:
            yield _alert("answers_without_place", loading, "answers", rejected=len(rejected), read=n_read)
    if _STRUCTURE in loading.answers:
        structures = loading.answers[_STRUCTURE].value_counts(sort=False)
        unknown = structures[~structures.index.isin(BODIES)]
        if len(unknown):
            listed = ", ".join(f"{structure} ({number})" for structure, number in unknown.items())
            yield _alert("unknown_structure", loading, "questionnaire", values=listed)
    bodies = bodies_of(linked, loading.answers.get(_STRUCTURE))["body"]
    if len(linked) and not bodies.eq(Level.COMMUNE).any():
        yield _alert("no_commune_answered", loading, "answers", linked=len(linked))


def _alert(key: str, loading: Loading, table: str, **values: object) -> Notice:
    """Return an alert about a table of the study."""
    return Notice(key=key, file=loading.study.sources[table], values=values, alert=True)
