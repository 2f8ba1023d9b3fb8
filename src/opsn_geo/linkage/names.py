"""Names of communes and EPCI, reduced to what the usual ways of writing them share."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import pandas as pd

from opsn_geo.read.values import plain

_ARTICLES: Final = frozenset({"le", "la", "les", "l", "aux", "au", "d", "de", "du", "des", "et", "a"})
_LINKS: Final = frozenset({"sur", "sous", "s", "ss", "lez", "les", "en", "pres"})
_SPELT: Final = {
    "st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "mt": "mont", "gd": "grand",
    "gde": "grande", "pt": "petit", "pte": "petite", "nd": "notre dame", "chat": "chateau", "lez": "les",
    "bg": "bourg", "agglo": "agglomeration", "fbg": "faubourg", "vx": "vieux", "cel": "cel",
}  # fmt: skip
_BODY: Final = re.compile(
    r"^(?:(?:la )?(?:mairie|ville|commune|cne|municipalite|hotel de ville)(?: nouvelle| deleguee| associee)?)"
    r"(?: d(?:e|u|es)?)?(?: |$)"
)
_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TAIL: Final = re.compile(r"\bcedex(?: \d+)?$|(?:^|\s)\d{5}(?:\s|$)")
_NATURES: Final = {
    "cc": "cc", "com com": "cc", "comcom": "cc", "codecom": "cc", "communaute de communes": "cc",
    "communaute des communes": "cc", "cte cnes": "cc", "cte de cnes": "cc", "cdc": "cc",
    "com de com": "cc", "comm de communes": "cc", "communaute de commune": "cc", "com d agglo": "ca",
    "communaute communes": "cc", "c c": "cc",
    "ca": "ca", "agglo": "ca", "agglomeration": "ca", "communaute d agglomeration": "ca", "c a": "ca",
    "communaute agglomeration": "ca", "ca communaute d agglomeration": "ca",
    "cu": "cu", "communaute urbaine": "cu", "c u": "cu", "grand": "",
    "metropole": "metropole", "metro": "metropole",
}  # fmt: skip
_NATURE: Final = re.compile(rf"^(?:la |l )?({'|'.join(sorted(_NATURES, key=len, reverse=True))})\b")


def official_names(places: pd.DataFrame) -> pd.Series[str]:
    """Return the name of each place on its code; a place without a name bears its code.

    >>> places = pd.DataFrame({"name": ["CC A", None]}, index=["200000172", "200000438"])
    >>> official_names(places).tolist()
    ['CC A', '200000438']
    """
    codes = pd.Series(places.index.astype("str"), index=places.index, dtype="str")
    return places["name"].astype("str").fillna(codes) if "name" in places else codes


@lru_cache(maxsize=1 << 16)
def key(name: str) -> str:
    """Return the words of a commune's name: no accent, case, hyphen or body, abbreviations spelt out.

    >>> key("Mairie de St-Quentin"), key("NEUVILLE S/ ESCAUT"), key("Le Cateau-Cambrésis (59)")
    ('saint quentin', 'neuville s escaut', 'le cateau cambresis')
    >>> key("Cateau-Cambrésis (Le)"), key("59000 LILLE CEDEX 9")
    ('cateau cambresis le', 'lille')
    """
    words = plain(_BRACKETS.sub(_kept, name))
    words = _TAIL.sub(" ", _BODY.sub("", words) or words).strip()
    return " ".join(_SPELT.get(word, word) for word in words.split())


def _kept(brackets: re.Match[str]) -> str:
    """Return an article put behind the name in brackets, and nothing for a département or a remark."""
    inside = plain(brackets[1])
    return f" {inside} " if inside in _ARTICLES else " "


def whole_key(name: str) -> str:
    """Return the words of a name with those in brackets: a few communes bear them in their official name.

    >>> whole_key("Château-Chinon (Ville)"), key("Château-Chinon (Ville)")
    ('chateau chinon ville', 'chateau chinon')
    """
    return key(name.replace("(", " ").replace(")", " "))


def loose(name_key: str) -> str:
    """Return a key reduced further: no articles and no small linking words, in whatever place they stand.

    >>> loose("le cateau cambresis"), loose("cateau cambresis le"), loose("neuville s escaut")
    ('cateau cambresis', 'cateau cambresis', 'neuville escaut')
    >>> loose("les")
    'les'
    """
    kept = [word for word in name_key.split() if word not in _ARTICLES and word not in _LINKS]
    return " ".join(kept) or name_key


def bracketed(name: str) -> str | None:
    """Return what stands in brackets behind a name, where a département often does.

    >>> bracketed("Achery (02)"), bracketed("Achery")
    ('02', None)
    """
    brackets = _BRACKETS.search(name)
    return brackets[1] if brackets else None


def group_key(name: str) -> tuple[str, str]:
    """Return the nature of an EPCI, from its name, and the loose key of the rest.

    >>> group_key("CA de la Région de Château-Thierry"), group_key("Communauté de communes du Pays Noyonnais")
    (('ca', 'region chateau thierry'), ('cc', 'pays noyonnais'))
    >>> group_key("Métropole Européenne de Lille"), group_key("Amiens Métropole")
    (('metropole', 'europeenne lille'), ('', 'amiens metropole'))
    """
    words = plain(re.sub(r"\([A-Z0-9]+\)", " ", name))
    match = _NATURE.match(words)
    nature = _NATURES[match[1]] if match else ""
    rest = words[match.end() :].strip() if match and nature else words
    spelt = " ".join(_SPELT.get(word, word) for word in rest.split())
    return nature, loose(spelt) if spelt else words
