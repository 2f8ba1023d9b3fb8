"""A first codebook of a survey's export: what each column asks, its choices, and what a person must look at.

Typeform, LimeSurvey, Framaforms, Google Forms and Microsoft Forms are recognised by their own columns; any
other table with a row per respondent is read by its cells alone.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pandas as pd
from rapidfuzz import fuzz, process

from opsn_geo.read.answers import RESPONDENT, SUBMITTED, one_header, split_choices
from opsn_geo.read.values import NO, UNKNOWN, YES, numbers, plain

COLUMNS: Final = ("column", "item", "choice", "code", "kind", "label", "comment")
"""Columns of a drafted codebook."""

MOST_CHOICES: Final = 20
"""A text column of more different cells than this lists no choices."""
LIKE: Final = 88.0
"""Least likeness of a choice to a service's name (rapidfuzz, 0 to 100)."""

_TOOLS: Final[Mapping[str, Collection[str]]] = {
    "limesurvey": (
        "submitdate",
        "startlanguage",
        "lastpage",
        "seed",
        "date de soumission",
        "langue de depart",
    ),
    "framaforms": ("sid", "numero de serie", "serial", "heure de soumission"),
    "microsoft": ("completion time", "heure de fin"),
    "google": ("horodateur", "timestamp"),
    "typeform": ("start date utc", "submit date utc", "network id"),
}
"""Headers, in their plain spelling, that tell a tool's export from others."""

_RESPONDENTS: Final = ("#", "response id", "id de la reponse", "sid", "respondent", "id")
_SUBMITTED: Final = (
    "submitdate", "date de soumission", "submit date utc", "completion time", "heure de fin", "achevee a",
    "completed time",
)  # fmt: skip
_META: Final = frozenset(
    {
        "lastpage", "derniere page", "startlanguage", "langue de depart", "seed", "tete de serie",
        "startdate",
        "date de lancement", "date de debut", "datestamp", "date de la derniere action", "ipaddr", "refurl",
        "adresse ip", "url de reference", "start date utc", "network id", "tags", "response type", "ending",
        "stage date utc", "numero de serie", "serial", "heure de soumission", "modified time", "modifie",
        "completed time", "brouillon", "draft", "uid", "nom d utilisateur", "username", "ip address",
        "horodateur", "timestamp", "start time", "heure de debut", "last modified time", "points", "score",
        "heure de la derniere modification", "total points", "token", "jeton",
    }
)  # fmt: skip
"""Headers of what tools note by themselves."""
_PERSONAL: Final = re.compile(
    r"\b(e ?mail|courriel|adresse (?:de messagerie|electronique)|telephone|tel|prenom|nom de famille"
    r"|vos? coordonnees|nom et prenom|votre nom)\b|^(?:nom|name|email)$"
)
_CODE: Final = r"[A-Za-z][A-Za-z0-9_]*"
_CODED: Final = re.compile(rf"^({_CODE})(?:\[([^\]]+)\](?:\[\d\])?)?$")
_CODE_AND_TEXT: Final = re.compile(
    rf"^({_CODE})(?:\[([^\]]+)\](?:\[\d\])?)?\.\s+(.*?)(?:\s*\[([^\]]*)\](?:\[[^\]]*\])?)?$"
)
_BRACKETED: Final = re.compile(r"^(.+?)\s*\[([^\]]+)\]$")
_JOINED: Final = " – "
_OTHER: Final = frozenset({"other", "autre", "autres", "autre precisez", "other please specify"})
_OTHER_CODE: Final = "-oth-"
_STRUCTURES: Final[Mapping[str, str]] = {
    r"\b(?:ccas)\b": "ccas",
    r"\b(?:cias)\b": "cias",
    r"\b(?:epci|interco\w*|communaute|agglo\w*|metropole|cc|ca|cu)\b": "epci",
    r"\b(?:commune|mairie|ville|municipalite|town|city|village)\b": "mairie",
    r"\b(?:syndicat|sivu|sivom|petr)\b": "syndicat",
    r"\b(?:departement|conseil departemental)\b": "departement",
    r"\b(?:region|conseil regional)\b": "region",
    r"^(?:autre|autres|other|oth)\b": "other",
}
"""What a choice of the kind of body says, and the slug that stands for it."""
_BODY: Final = r"(?:structure|collectivite|organisme|organisation|etablissement)"
_ASKED_BODY: Final = (
    rf"\b(?:type|nature|categorie|quelle?) (?:de |d |est )?(?:votre |la )?{_BODY}\b|\btype de structure\b"
    r"|\brepondez vous (?:pour|au nom|en tant)|\bkind of (?:body|organisation)|\bvous etes\b"
    rf"|^(?:votre )?{_BODY}$"
)
_ASKED_NAME: Final = (
    rf"\bnom (?:de |d )?(?:la |votre |l )?(?:{_BODY}|epci|intercommunalite|communaute)\b"
    r"|\bname of your (?:body|organi[sz]ation)\b|^(?:organisme|organisation|structure|(?:votre )?epci)$"
)
_ASKED_OPSN: Final = (
    r"\b(?:opsn|operateurs? publics? de services? numeriques?|syndicat (?:mixte )?(?:numerique|informatique)"
    r"|structure de mutualisation|operateur numerique)\b"
)
_MEANINGS: Final[Sequence[tuple[str, str, Collection[str]]]] = (
    ("commune_code", r"\b(?:insee|codgeo|code commune|code de (?:la|votre) commune)\b", ("text", "number")),
    ("postal_code", r"\b(?:code postal|cp|postal code|postcode)\b", ("text", "number", "single", "scale")),
    ("structure", _ASKED_BODY, ("single",)),
    ("organisation", _ASKED_NAME, ("text", "single")),
    ("commune_name", r"\b(?:commune|mairie|ville|municipality|town)\b", ("text", "single")),
    ("departement", r"\bdepartement\b", ("single", "text", "number", "scale")),
    ("population_band", r"\b(?:habitants|population|inhabitants)\b", ("single",)),
    ("uses_opsn", _ASKED_OPSN, ("yes_no",)),
)
"""Items with a meaning, the words of a question that ask for each, and of what kinds its cells are."""
_NEED: Final = re.compile(
    r"\b(besoins?|need\w*|manqu\w*|souhait\w*|aimeriez|interess\w*|missed|want|attend\w*|voudriez)\b"
)
_USED: Final = re.compile(r"\b(utilis\w*|recour\w*|used?|beneficiez|avez vous)\b")
_NONE: Final = re.compile(r"^(?:aucun\w*|none|rien)\b")
_SURE: Final = 3
_LEAST_NAMES: Final = 0.6
_LEAST_CODES: Final = 0.8
_SMALL_WORDS: Final = frozenset(
    {
        "de", "la", "le", "les", "l", "d", "du", "des", "un", "une", "et", "ou", "a", "au", "aux", "en",
        "vous", "votre", "vos", "est", "sont", "que", "quel", "quelle", "quels", "quelles", "qu", "il",
        "elle",
        "pour", "par", "dans", "sur", "avez", "etes", "ce", "cette", "the", "of", "your", "do", "you", "is",
        "are", "which", "what", "in",
    }
)  # fmt: skip
_REPEAT: Final = re.compile(r" \(\d+\)$")
_UNWORDED: Final = re.compile(r"[A-Z]{1,3}\d{1,4}|\d+")
_PLACES: Final = frozenset({"commune_code", "postal_code", "commune_name", "departement", "organisation"})


class Official(NamedTuple):
    """What the cells of a column are compared with, in plain spelling: empty where nothing is at hand."""

    names: Collection[str] = ()
    codes: Collection[str] = ()
    postal_codes: Collection[str] = ()
    epci: Collection[str] = ()


class Draft(NamedTuple):
    """A drafted codebook.

    Parameters
    ----------
    tool : str
        The tool that wrote the export, empty where none is recognised.
    book : DataFrame
        :data:`COLUMNS`: a row per column of the export and per choice; ``comment`` is an entry of the
        catalogue under ``codebook`` where a person must look.
    answers : int
        How many answers the export holds.
    """

    tool: str
    book: pd.DataFrame
    answers: int


@dataclass(slots=True)
class _Question:
    """A column of the export, or the columns of the choices of one question."""

    columns: list[str]
    text: str
    code: str = ""
    choices: list[str] = field(default_factory=list)
    doubt: str = ""


def drafted(
    frame: pd.DataFrame, services: Mapping[str, str] | None = None, official: Official | None = None
) -> Draft:
    """Return a first codebook of an export of answers.

    Parameters
    ----------
    frame : DataFrame
        The export as text, as :func:`opsn_geo.read.tables.table` gives it.
    services : mapping of str to str, optional
        Name of each service of the catalogue by its slug: choices that bear one get its slug.
    official : Official, optional
        Names and codes by which a column that says where an answer comes from is recognised.

    Returns
    -------
    Draft
        The codebook by which :func:`opsn_geo.read.answers.answers` reads the same export.

    Examples
    --------
    >>> export = pd.DataFrame({"Horodateur": ["1", "2", "3"], "Votre commune": ["Lens", "Arras", "Laon"],
    ...     "Outils ?": ["Agenda, Visio", "Visio", "Agenda"],
    ...     "Un RSSI ?": ["Oui", "Non", "Oui"]}, dtype="str")
    >>> book = drafted(export).book
    >>> book[["item", "choice", "kind"]].fillna("").to_numpy().tolist()
    [['horodateur', '', 'meta'], ['commune_name', '', 'text'], ['outils', 'agenda', 'multiple'], \
['outils', 'visio', 'multiple'], ['rssi', '', 'yes_no']]
    """
    drafting = _Drafting(one_header(frame, []), services or {}, official or Official())
    book = pd.DataFrame(drafting.rows(), columns=list(COLUMNS), dtype="str")
    return Draft(drafting.tool, book, len(drafting.frame))


class _Drafting:
    """The codebook of one export in the making: the items that are taken are noted as they come."""

    def __init__(self, frame: pd.DataFrame, services: Mapping[str, str], official: Official) -> None:
        names = set().union(*map(_names, frame.columns))
        self.frame, self.services, self.official = frame, services, official
        self.tool = next((name for name, own in _TOOLS.items() if names & set(own)), "")
        self.taken: set[str] = set()

    def rows(self) -> list[dict[str, object]]:
        """Return the rows of the codebook, in the order of the columns."""
        rows: list[dict[str, object]] = []
        for question in self._questions():
            rows += self._several(question) if question.choices else self._one(question)
        return rows

    def _questions(self) -> Iterator[_Question]:
        """Yield the questions of the export, each with its columns: those of its choices together."""
        group: _Question | None = None
        for header in self.frame.columns:
            code, choice, asked = _parts(header)
            ticked = not choice and self._holds_label(header, asked)
            if ticked:
                code, choice, asked = "", asked, ""
            same = group is not None and group.choices and (group.text, group.code) == (asked, code)
            if group is not None and same and choice and not (ticked and _ends(group, choice)):
                group.columns.append(header)
                group.choices.append(choice)
                continue
            if group is not None:
                yield group
            group = _Question([header], asked, code, [choice] if choice else [], "grouped" if ticked else "")
        if group is not None:
            yield group

    def _holds_label(self, header: str, label: str) -> bool:
        """Return whether the cells of a column hold its header or nothing, as Typeform writes a choice."""
        filled = self.frame[header].dropna().unique()
        return len(filled) == 1 and plain(str(filled[0])) == plain(_REPEAT.sub("", label))

    def _is_tick(self, header: str, choice: str) -> bool:
        """Return whether the cells of a column tick a choice: yes and no, its label, a cross, or nothing."""
        filled = {plain(str(cell)) for cell in self.frame[header].dropna().unique()}
        if self.tool == "framaforms":
            return filled <= {"x"}
        words = filled <= (YES | NO) and (not filled & {"1", "0"} or filled == {"1", "0"})
        return words or self._holds_label(header, choice)

    def _one(self, question: _Question) -> Iterable[dict[str, object]]:
        """Return the rows of a question of one column."""
        header = question.columns[0]
        cells, asked = self.frame[header].dropna(), plain(question.text)
        row: dict[str, object] = {"column": header, "label": question.text or question.code}
        note = self._noted_by_tool(header, cells, asked)
        if note:
            return [{**row, "item": note, "kind": "meta"}]
        kind, choices, doubt = _kind(cells)
        item = self._meaning(asked, cells, kind, choices)
        if item in _PLACES:
            kind, doubt = "text", ""
        if item is None and kind == "multiple":
            listed = _Question([header] * len(choices), question.text, question.code, choices, doubt)
            return self._several(listed)
        comment = "meaning" if item else doubt
        item = item or question.code.lower() or _slug(question.text or header)
        item = _unique(item, self.taken)
        if kind == "single":
            return _choices(row, item, choices, comment)
        return [{**row, "item": item, "kind": kind, "comment": comment}]

    def _noted_by_tool(self, header: str, cells: pd.Series, asked: str) -> str:
        """Return the item of a column that the tool filled in, or that says who answered; else nothing."""
        names = _names(header)
        identifies = names & set(_RESPONDENTS) and cells.is_unique and len(cells)
        if identifies and RESPONDENT not in self.taken:
            return _unique(RESPONDENT, self.taken)
        if names & set(_SUBMITTED) and SUBMITTED not in self.taken:
            return _unique(SUBMITTED, self.taken)
        if names & _META or (_PERSONAL.search(asked) and "commune" not in asked):
            return _unique(_slug(header), self.taken)
        return ""

    def _meaning(self, asked: str, cells: pd.Series, kind: str, choices: Sequence[str]) -> str | None:
        """Return the item with a meaning that a column holds, by its cells, else by its question."""
        by_cells = self._place(cells, kind)
        bodies = [body for body in map(_structure, choices) if body != "other"]
        if by_cells is None and kind == "single" and len(set(bodies)) > 1 and 2 * len(bodies) >= len(choices):
            by_cells = "structure"
        if by_cells and by_cells not in self.taken:
            return by_cells
        for item, words, kinds in _MEANINGS:
            asked_for = item not in self.taken and kind in kinds and re.search(words, asked)
            if asked_for and (item != "structure" or bodies):
                return item
        return None

    def _place(self, cells: pd.Series, kind: str) -> str | None:
        """Return the item that says where answers come from, where most cells are official codes or names."""
        if kind not in {"text", "single", "number"} or cells.empty:
            return None
        compared = {
            "postal_code": (
                cells.str.replace(" ", "").str.zfill(5),
                self.official.postal_codes,
                _LEAST_CODES,
            ),
            "commune_code": (cells.str.upper().str.zfill(5), self.official.codes, _LEAST_CODES),
            "commune_name": (cells.map(plain), self.official.names, _LEAST_NAMES),
            "organisation": (cells.map(plain), self.official.epci, _LEAST_NAMES),
        }
        return next(
            (item for item, (texts, among, least) in compared.items() if texts.isin(among).mean() >= least),
            None,
        )

    def _several(self, question: _Question) -> Iterator[dict[str, object]]:
        """Yield the rows of a question of several columns, or of several choices in one column."""
        listed = len(set(question.columns)) < len(question.columns)
        pairs = list(zip(question.columns, question.choices, strict=True))
        ticks = [pair for pair in pairs if listed or self._is_tick(*pair)]
        rest = [pair for pair in pairs if pair not in ticks]
        grades = not ticks and all(numbers(self.frame[column].dropna()).notna().all() for column, _ in rest)
        if len(pairs) == 1 and rest:
            text = question.text if question.code else f"{question.text} {question.choices[0]}"
            yield from self._one(_Question(question.columns, text, question.code, [], question.doubt))
            return
        by_column: dict[str, list[dict[str, object]]] = {}
        if ticks or grades:
            kind = "multiple" if ticks else "scale"
            for row in self._choice_columns(question, ticks or rest, kind):
                by_column.setdefault(str(row["column"]), []).append(row)
        for column, choice in [] if grades else rest:
            code = "_".join(filter(None, (question.code.lower(), _slug(choice)))) if question.code else ""
            text = choice if not question.code else question.text or choice
            by_column[column] = list(self._one(_Question([column], text, code)))
        for column in dict.fromkeys(question.columns):
            yield from by_column[column]

    def _choice_columns(
        self, question: _Question, pairs: Sequence[tuple[str, str]], kind: str
    ) -> Iterator[dict[str, object]]:
        """Yield the rows of choices that are ticked or graded."""
        listed = len(set(question.columns)) < len(question.columns)
        named = {choice: _service(choice, self.services) for _, choice in pairs}
        item, comment = question.code.lower(), question.doubt
        meaning = "need" if _NEED.search(plain(question.text)) else "service_used"
        is_service = 2 * sum(slug is not None for slug in named.values()) >= len(pairs) > 1
        if kind == "multiple" and is_service and meaning not in self.taken:
            item, comment = meaning, "services"
        item = _unique(item or _slug(question.text or " ".join(question.choices[:2])), self.taken)
        slugs: set[str] = set()
        for column, choice in pairs:
            bare = _REPEAT.sub("", choice)
            slug = named[choice] if item in {"need", "service_used"} else None
            if slug is None or slug in slugs:
                slug = "none" if _NONE.search(plain(bare)) else _slug(bare)
            yield {
                "column": column,
                "item": item,
                "choice": _unique("other" if plain(bare) in _OTHER else slug, slugs),
                "code": bare if listed or self._holds_label(column, bare) else None,
                "kind": kind,
                "label": bare,
                "comment": "wording" if _UNWORDED.fullmatch(choice) else comment,
            }


def _readable(header: str) -> str:
    """Return a header as a person reads it: no tags, no entities, no stars of emphasis.

    >>> _readable("<p><strong>Quels&nbsp;outils ?</strong></p>")
    'Quels outils ?'
    """
    bare = html.unescape(re.sub(r"<[^>]+>", " ", header)).replace("\u00a0", " ")
    return " ".join(re.sub(r"\*+|\{\{[^}]*\}\}", " ", bare).split())


def _names(header: str) -> set[str]:
    """Return what a header may be recognised by, in plain spelling: itself, the code before its text.

    >>> sorted(_names("submitdate. Date de soumission")), _names("#")
    (['date de soumission', 'submitdate', 'submitdate date de soumission'], {'#'})
    """
    bare = _readable(header)
    both = _CODE_AND_TEXT.match(bare)
    names = {plain(bare) or header}
    return names | {plain(both[1]), plain(both[3])} if both and not both[2] else names


def _parts(header: str) -> tuple[str, str, str]:
    """Return the code, the choice and the text of a header.

    >>> _parts("G1Q2[SQ001]"), _parts("G1Q2[SQ001]. Outils ? [Agenda]"), _parts("<p>Outils ?</p> [Agenda]")
    (('G1Q2', 'SQ001', ''), ('G1Q2', 'Agenda', 'Outils ?'), ('', 'Agenda', 'Outils ?'))
    """
    bare = _readable(header)
    both = _CODE_AND_TEXT.match(bare)
    if both:
        return both[1], both[4] or both[2] or "", both[3]
    coded = _CODED.match(bare)
    if coded and re.search(r"\d", bare):
        return coded[1], coded[2] or "", ""
    bracketed = _BRACKETED.match(bare)
    if bracketed:
        return "", bracketed[2], bracketed[1]
    asked, joined, choice = bare.rpartition(_JOINED)
    return ("", choice, asked) if joined else ("", "", bare)


def _ends(group: _Question, choice: str) -> bool:
    """Return whether a choice begins another question: it repeats, or the last one closed its list."""
    repeats = _REPEAT.search(choice) and not _REPEAT.search(group.choices[-1])
    return bool(repeats) or choice in group.choices or plain(group.choices[-1]) in _OTHER


def _choices(
    row: Mapping[str, object], item: str, choices: Sequence[str], comment: str
) -> Iterator[dict[str, object]]:
    """Yield a row for each choice of a single answer."""
    slugs: set[str] = set()
    for choice in choices:
        is_other = plain(choice) in {*_OTHER, plain(_OTHER_CODE)}
        slug = _structure(choice) if item == "structure" else "other" if is_other else _slug(choice)
        repeated = item == "structure" and slug in slugs
        note = "structure" if repeated else "wording" if _UNWORDED.fullmatch(choice) else comment
        yield {
            **row,
            "item": item,
            "choice": slug if repeated else _unique(slug, slugs),
            "code": choice,
            "kind": "single",
            "label": "" if choice == _OTHER_CODE else choice,
            "comment": note,
        }


def _kind(cells: pd.Series) -> tuple[str, list[str], str]:
    """Return the kind of a column's cells, its choices, and the doubt that is left.

    >>> _kind(pd.Series(["Oui", "Non"])), _kind(pd.Series(["12", "1 200"]))
    (('yes_no', [], ''), ('number', [], ''))
    >>> _kind(pd.Series(["Une mairie", "Un EPCI", "Une mairie", "Une mairie", "Un EPCI", "Une mairie"]))
    ('single', ['Une mairie', 'Un EPCI'], '')
    """
    filled = cells[~cells.map(plain).isin(UNKNOWN)]
    counts = Counter(filled.tolist())
    words = {plain(cell) for cell in counts}
    if not counts:
        return "text", [], "empty"
    if words <= (YES | NO) and (len(words) > 1 or words <= {"oui", "non", "yes", "no", "y", "n"}):
        return "yes_no", [], "" if len(words) > 1 else "one_answer"
    read = numbers(filled)
    if read.notna().all():
        graded = bool(read.between(0, 10).all() and read.mod(1).eq(0).all()) and len(counts) > 1
        return ("scale", [], "scale") if graded else ("number", [], "")
    parts = split_choices(list(counts), MOST_CHOICES)
    if parts:
        return "multiple", parts, "listed"
    few = len(counts) <= MOST_CHOICES and (2 * len(counts) <= len(filled) or _OTHER_CODE in counts)
    if not few:
        return "text", [], ""
    return "single", list(counts), "" if len(filled) >= _SURE * len(counts) else "few"


def _structure(choice: str) -> str:
    """Return the slug of a kind of body.

    >>> _structure("Une commune de plus de 2 000 habitants"), _structure("CCAS"), _structure("Un musée")
    ('mairie', 'ccas', 'other')
    """
    words = plain(choice)
    return next((slug for pattern, slug in _STRUCTURES.items() if re.search(pattern, words)), "other")


def _service(choice: str, services: Mapping[str, str]) -> str | None:
    """Return the slug of the service that a choice names, nearly or by its acronym."""
    bare = plain(_REPEAT.sub("", choice))
    if bare in services:
        return bare
    names = {slug: plain(name) for slug, name in services.items()}
    best = process.extractOne(bare, names, scorer=fuzz.token_set_ratio, score_cutoff=LIKE)
    return str(best[2]) if best else None


def _slug(text: str, most: int = 40) -> str:
    """Return a short name made of the words that count.

    >>> _slug("Quels outils utilisez-vous dans votre commune ?")
    'outils_utilisez_commune'
    """
    words = plain(_readable(text)).split()
    kept = [word for word in words if word not in _SMALL_WORDS] or words
    name = ""
    for word in kept:
        if name and len(name) + len(word) >= most:
            break
        name = f"{name}_{word}" if name else word[:most]
    return re.sub(r"[^a-z0-9_]", "", name) or "question"


def _unique(name: str, taken: set[str]) -> str:
    """Return a short name that is not taken yet, and note it as taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
