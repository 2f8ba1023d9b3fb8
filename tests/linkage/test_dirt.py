"""A list of a thousand members dirtied in several ways at once: nearly all link, and none wrongly unseen.

Every row names one body, known beforehand. A row that is linked to another body without being marked as a
guess would be published as a fact: there must be none.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import places_of
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import How
from opsn_geo.linkage.members import link_listed
from opsn_geo.linkage.passage import read_passage
from opsn_geo.study import data_dir

ROWS = 1000
LEAST = 0.99


def unaccented(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def article_last(name: str) -> str:
    article, _, rest = name.partition(" ")
    return f"{rest} ({article})" if article in {"Le", "La", "Les"} else name


def slipped(name: str, rng: random.Random) -> str:
    """Change one letter in the second half of a long name."""
    if len(name) < 12:
        return name
    place = rng.randrange(len(name) // 2, len(name) - 1)
    return rng.choice(
        [name[:place] + name[place + 1 :], name[:place] + name[place] + name[place:]]
    )  # a letter less or doubled


SPELLINGS: Sequence[Callable[[str], str]] = (
    str.upper,
    str.lower,
    lambda name: unaccented(name).upper(),
    lambda name: name.replace("-", " "),
    lambda name: name.replace("-", " - "),
    lambda name: name.replace("'", "’"),
    lambda name: name.replace("Sainte-", "Ste ").replace("Saint-", "St-"),
    lambda name: name.replace("-sur-", " s/ "),
    lambda name: name.replace("-sous-", " s/s "),
    article_last,
    lambda name: f" {name}\u00a0",
)
PREFIXES = ("Mairie de ", "Commune de ", "Cne de ", "Ville de ", "MAIRIE DE ", "Commune nouvelle de ")
GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "CC ",
        ("Communauté de communes ", "CC ", "Com. Com. ", "C.C. ", "COMMUNAUTE DE COMMUNES ", "Cté de Cnes "),
    ),
    ("CA ", ("Communauté d'agglomération ", "CA ", "Communauté d’Agglomération ", "C.A. ")),
)


def dirty_commune(code: str, row: pd.Series, rng: random.Random) -> dict[str, str | None]:
    """Name a commune as people do: by its name, a code of some kind, or both."""
    name = str(row["name"])
    for spell in rng.sample(SPELLINGS, rng.randint(0, 3)):
        name = spell(name)
    if rng.random() < 0.1:
        name = slipped(name, rng)
    if rng.random() < 0.2:
        name = rng.choice(PREFIXES) + name
    if rng.random() < 0.1:
        name = f"{name} CEDEX"
    dep = str(row["code_dep"])
    siren = str(row["siren"])
    codes = (
        code, code.lstrip("0"), f"{code}.0", f'="{code}"', f"{code[:2]} {code[2:]}", siren, f"{siren}.0",
        f"{siren[:3]} {siren[3:6]} {siren[6:]}",
    )  # fmt: skip
    both, only = rng.random() < 0.3, rng.random() < 0.3
    return {
        "code": rng.choice(codes) if both or only else None,
        "name": None if only and not both else name,
        "code_dep": rng.choice([dep, f"{dep} - x", dep.lstrip("0")]) if rng.random() < 0.8 else None,
        "postal_code": str(row["postal_codes"]).split(";", maxsplit=1)[0],
    }


def dirty_group(siren: str, row: pd.Series, rng: random.Random) -> dict[str, str | None]:
    """Name an EPCI as people do: its nature spelt in some way, or its SIREN."""
    name = str(row["name"])
    for short, spellings in GROUPS:
        if name.startswith(short):
            name = rng.choice(spellings) + name.removeprefix(short)
    name = rng.choice([name, name.upper(), unaccented(name), name.replace("-", " ")])
    code = rng.choice([None, None, siren, f"{siren[:3]} {siren[3:6]} {siren[6:]}"])
    return {"code": code, "name": name, "code_dep": None, "postal_code": None}


def dirty_list(territory: Territory, seed: int) -> tuple[pd.DataFrame, list[str]]:
    """Return a dirtied list and the code that each of its rows means."""
    rng = random.Random(seed)  # noqa: S311 - a test, not a secret
    communes = territory.communes[territory.communes["inside"]]
    rows, meant = [], []
    for _ in range(ROWS):
        layer, dirty = (territory.epci, dirty_group) if rng.random() < 0.1 else (communes, dirty_commune)
        code = rng.choice(layer.index)
        rows.append(dirty(code, layer.loc[code], rng))
        meant.append(code)
    return pd.DataFrame(rows, dtype="str").assign(level=pd.Series(dtype="str")), meant


@pytest.mark.parametrize(("region", "seed"), [("53", 1), ("76", 2)])
def test_of_a_thousand_dirty_rows_nearly_all_link_and_none_wrongly_unseen(region: str, seed: int) -> None:
    territory = places_of(millesime=2021, region=region)
    rows, meant = dirty_list(territory, seed)
    links = link_listed(rows, territory, read_passage(data_dir() / "boundaries"))
    beside = links.beside(rows)
    right = beside["official_code"].eq(pd.Series(meant, index=rows.index))
    wrong = beside["official_code"].notna() & ~right
    unseen = beside[wrong & beside["how"].ne(How.FUZZY)]
    assert unseen.empty, unseen.to_string()
    assert right.mean() >= LEAST, beside[~right].to_string()
