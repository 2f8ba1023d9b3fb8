"""Survey exports to one typed column per question or choice, by a codebook.

The codebook (``questionnaire.csv``) maps each header of the export to an ``item`` and a ``choice``; the
tool that wrote the export only decides how a ticked choice looks:

- Typeform puts the label of the choice in its column, or nothing;
- LimeSurvey heads columns with question codes (``Q1``, ``Q2[SQ001]``) and writes ``Y``, ``N`` or nothing;
- Framaforms heads a group of choices on one line and the choices on the next, and writes ``X`` or nothing;
- Google Forms and Microsoft Forms write all choices of a question into one cell, joined by commas or
  semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.schema import BASIS
from opsn_geo.read.validation import MOST_EXPECTED, grouped, line_number, nearest, typed_cells
from opsn_geo.read.values import NO, UNKNOWN, YES, booleans, numbers, plain, respelt, truths

RESPONDENT: Final = "respondent"
"""Item whose column identifies a respondent; without one, respondents are numbered by their line."""

SUBMITTED: Final = "submitted"
"""Item whose column is empty where the answer was not finished."""

_SERIAL: Final = ("SID", "Numéro de série", "Serial")
_HEADER_LINES: Final = 3
_RESPONDENT_HEADERS: Final = ("#", "Response ID", "id", "respondent", "SID", "Numéro de série", "Serial")


def answers(frame: pd.DataFrame, questionnaire: pd.DataFrame, file: str = "") -> pd.DataFrame:
    """Return an export of answers as typed columns.

    Parameters
    ----------
    frame : DataFrame
        The export as text, on ``row``, as :func:`opsn_geo.read.tables.table` gives it.
    questionnaire : DataFrame
        The codebook: column, item, choice, kind, label, and ``code``, what stands in the cell of a choice
        where that is neither its label nor its slug.
    file : str, optional
        Name of the export, for the faults.

    Returns
    -------
    DataFrame
        On ``respondent`` (text, unique), one column per item (``single``, ``yes_no``, ``number``, ``text``,
        ``meta``, ``scale``) or per ``item:choice`` (``multiple``, and scales with choices): the slug of the
        choice as text, ``boolean`` for yes_no and multiple, ``Float64`` for scale and number, text else.
        The item ``basis`` is what an answer rests on. Missing means not answered: a choice that is not
        ticked is false only where the respondent ticked another choice of the same item, or the export holds
        a no.

    Raises
    ------
    InputError
        A column of the codebook is absent from the export, a respondent stands twice, or a cell cannot be
        read as its kind; all are listed.

    Examples
    --------
    >>> book = pd.DataFrame([("Avez-vous un RSSI ?", "ciso", None, "yes_no", ""),
    ...                      ("Outils – Agenda", "tool", "calendar", "multiple", "Agenda"),
    ...                      ("Outils – Visio", "tool", "video", "multiple", "Visio")],
    ...                     columns=["column", "item", "choice", "kind", "label"], dtype="str")
    >>> export = pd.DataFrame({"#": ["a", "b"], "Avez-vous un RSSI ?": ["Non", None],
    ...                        "Outils – Agenda": ["Agenda", None], "Outils – Visio": [None, None]},
    ...                       dtype="str")
    >>> answers(export, book).to_dict("index")["a"]
    {'ciso': False, 'tool:calendar': True, 'tool:video': False}
    >>> answers(export, book).loc["b"].isna().all()
    np.True_
    """
    frame = one_header(frame, questionnaire["column"])
    headers = {plain(header): header for header in reversed(frame.columns)}
    book = questionnaire.assign(header=questionnaire["column"].map(lambda column: _header(column, headers)))
    faults = list(_absent_columns(book, frame, file))
    book = book[book["header"].notna()]
    respondent, repeated = _respondents(frame, book, file)
    faults.extend(repeated)
    columns: dict[str, pd.Series] = {}
    for (header, item, kind), codes in book.groupby(["header", "item", "kind"], sort=False):
        if item != RESPONDENT and kind == "multiple" and len(set(codes["choice"])) > 1:
            listed = _listed(frame[header], str(item), codes)
            columns |= listed
            faults.extend(_unread(frame[header], next(iter(listed.values())), codes, file))
        elif item != RESPONDENT:
            for name, choices in _named(str(item), str(kind), codes):
                columns[name] = (
                    typed_cells(frame[header], BASIS)
                    if name == BASIS.name
                    else _read(frame[header], str(kind), choices)
                )
                faults.extend(_unread(frame[header], columns[name], choices, file))
    if faults:
        raise InputError(faults)
    typed = pd.DataFrame(columns, index=frame.index, columns=pd.Index(columns, dtype="str"))
    typed = _answered_only(typed, book)
    return typed.set_axis(pd.Index(respondent, name=RESPONDENT))


def one_header(frame: pd.DataFrame, wanted: Iterable[str]) -> pd.DataFrame:
    """Return a Framaforms export with its header lines joined: the group of a choice, then the choice itself.

    The line that holds ``SID`` is the last of them; a header of its own right, which the codebook names, is
    not joined to the group on its left.
    """
    head = frame.head(_HEADER_LINES)
    rows = [i for i in range(len(head)) if head.iloc[i].isin(_SERIAL).any()]
    if not rows or set(_SERIAL) & set(frame.columns):
        return frame
    own = head.iloc[rows[0]]
    above = head.iloc[rows[0] - 1] if rows[0] else pd.Series(frame.columns, index=frame.columns)
    groups = above.mask(above.str.startswith("column ")).ffill()
    named = {plain(header) for header in wanted}
    headers = [
        name if plain(name) in named or not isinstance(group, str) else f"{group} – {name}"
        for name, group in zip(own.fillna("").tolist(), groups.tolist(), strict=True)
    ]
    return frame.iloc[rows[0] + 1 :].set_axis(headers, axis=1)


def _header(column: str, headers: dict[str, str]) -> str | None:
    """Return the header of the export that a column of the codebook means."""
    symbols = {header: header for header in headers.values()}
    return symbols.get(column) or headers.get(plain(column) or column)


def _absent_columns(book: pd.DataFrame, frame: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Yield the columns of the codebook that the export lacks; its meta columns may lack."""
    absent = book[book["header"].isna() & (book["kind"] != "meta")]
    for column in absent["column"].unique():
        near = nearest(column, list(frame.columns))
        yield Fault(cause="missing_question", file=file, column=column, nearest=near)


def _respondents(frame: pd.DataFrame, book: pd.DataFrame, file: str) -> tuple[pd.Series, list[Fault]]:
    """Return the respondents (by the codebook, a usual header or their line) and the faults of repeats."""
    of_codebook = book.loc[book["item"] == RESPONDENT, "header"].tolist()
    usual = [header for header in [*of_codebook, *_RESPONDENT_HEADERS] if header in frame.columns]
    header = usual[0] if usual else None
    lines = frame.index.to_series().astype("str")
    names = lines if header is None else frame[header].fillna(lines)
    return names, [
        Fault(cause="repeated_key", file=file, row=line_number(row), column=header, value=value, count=count)
        for row, value, count in grouped(names[names.duplicated()])
    ]


def _named(item: str, kind: str, codes: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the columns that one header gives: one per choice for choices, else one for the item."""
    if kind in {"multiple", "scale"}:
        choices = codes["choice"].fillna("")
        return [(f"{item}:{choice}" if choice else item, codes[choices == choice]) for choice in choices]
    return [(item, codes)]


def _read(texts: pd.Series, kind: str, choices: pd.DataFrame) -> pd.Series:
    """Return the cells of one header, read as its kind."""
    if kind in {"scale", "number"}:
        return numbers(texts)
    if kind == "yes_no":
        return booleans(texts)
    if kind == "multiple":
        return _ticked(texts, choices)
    if kind == "single":
        return _chosen(texts, choices)
    return texts


def _ticked(texts: pd.Series, choices: pd.DataFrame) -> pd.Series:
    """Return the column of one choice: ticked by its label or a yes, refused by a no, else missing."""
    labels = set(_words(choices))
    words = {**dict.fromkeys([*YES, *labels], True), **dict.fromkeys(NO - labels, False)}
    return truths(texts, words)


def _chosen(texts: pd.Series, choices: pd.DataFrame) -> pd.Series:
    """Return a single choice as its slug; without listed choices the text stays as it is."""
    listed = choices.dropna(subset=["choice"])
    if listed.empty:
        return texts
    words = _words(listed)
    rest = "other" if "other" in words.values() else None
    return respelt(texts, lambda text: words.get(plain(text), rest))


def _words(choices: pd.DataFrame) -> dict[str, str]:
    """Return the slug of a choice by each way a cell may write it: its label, its slug, its code."""
    columns = [column for column in ("label", "choice", "code") if column in choices]
    slugs = choices["choice"].fillna("")
    return {
        plain(str(word)): slug
        for column in columns
        for word, slug in zip(choices[column], slugs, strict=True)
        if isinstance(word, str)
    }


def _listed(texts: pd.Series, item: str, choices: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the columns of choices that one cell lists; missing where it holds anything else."""
    words = _words(choices)
    parts = {text: _chosen_in(text, words) for text in texts.dropna().unique()}
    return {
        f"{item}:{choice}" if choice else item: pd.Series(
            [
                None if not isinstance(text, str) or parts[text] is None else choice in (parts[text] or ())
                for text in texts
            ],
            index=texts.index,
            dtype="boolean",
        )
        for choice in choices["choice"].fillna("").unique()
    }


def _chosen_in(text: str, words: Mapping[str, str]) -> set[str] | None:
    """Return the choices that a cell lists; nothing where a part of it is none of them.

    A choice may hold a comma itself: the longest run of parts that is a choice is taken first.

    >>> _chosen_in("Agenda, Mail, par abonnement", {"agenda": "a", "mail par abonnement": "m"}) == {"a", "m"}
    True
    """
    if plain(text) in words:
        return {words[plain(text)]}
    parts = [part for part in re.split(";" if ";" in text else ",", text) if plain(part)]
    chosen: set[str] = set()
    start = 0
    while start < len(parts):
        runs = range(len(parts), start, -1)
        end = next((end for end in runs if plain(" ".join(parts[start:end])) in words), None)
        if end is not None:
            chosen.add(words[plain(" ".join(parts[start:end]))])
        elif "other" in words.values():
            chosen.add("other")
        else:
            return None
        start = end or start + 1
    return chosen


def split_choices(texts: Sequence[str], most: int) -> list[str]:
    """Return the choices that cells list, if they do: fewer different parts than different cells.

    >>> split_choices(["Agenda, Visio", "Visio", "Agenda"], 9), split_choices(["A;", "B;A;"], 9)
    (['Agenda', 'Visio'], ['A', 'B'])
    >>> split_choices(["EPCI (communauté, métropole)", "Mairie"], 9), split_choices(["Lens, hier", "Laon"], 9)
    ([], [])
    """
    for separator in (r";", r",\s(?![^(]*\))"):
        split = [[part.strip() for part in re.split(separator, text) if plain(part)] for text in texts]
        parts = list(dict.fromkeys(part for cells in split for part in cells))
        ended = separator == ";" and any(text.endswith(";") for text in texts)
        several = any(len(cells) > 1 for cells in split)
        if len(parts) <= most and (ended or (several and len(parts) < len(texts))):
            return parts
    return []


def _unread(texts: pd.Series, typed: pd.Series, choices: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Yield the cells that could not be read as their kind of the codebook."""
    unread = texts.notna().to_numpy() & typed.isna().to_numpy()
    unread &= ~respelt(texts.where(unread), plain).isin(UNKNOWN).to_numpy()
    if not unread.any():
        return
    labels = [*choices["label"].dropna()]
    expected = ", ".join(labels) if 0 < len(labels) <= MOST_EXPECTED else None
    for row, value, count in grouped(texts[unread]):
        near = nearest(value, labels) if value else None
        yield Fault(
            cause="wrong_answer", file=file, row=line_number(row), column=str(texts.name), value=value,
            expected=None if near else expected, nearest=near, count=count,
        )  # fmt: skip


def _answered_only(typed: pd.DataFrame, book: pd.DataFrame) -> pd.DataFrame:
    """Return answers whose unticked choices are false where the respondent answered the item at all."""
    multiple = book[book["kind"] == "multiple"]
    for item, codes in multiple.groupby("item", sort=False):
        choices = codes["choice"].fillna("").unique()
        names = [f"{item}:{choice}" if choice else str(item) for choice in choices]
        answered = typed[names].notna().any(axis=1)
        filled = typed[names].fillna(value=False)
        typed = typed.assign(**{name: filled[name].where(answered) for name in names})
    return typed
