"""The demonstration's memberships, dirtied as people's files are: each way is mended or refused rightly.

A dirtying is a change of the clean table, or of the bytes it is written as. After each, every row that links
must link to the commune it meant (none wrong), and what does not link must be rejected for the cause given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError
from opsn_geo.linkage import Cause, link_members
from opsn_geo.linkage.passage import read_passage
from opsn_geo.read import checked_tables
from opsn_geo.study import data_dir

Change = Callable[[pd.DataFrame], pd.DataFrame]
Writing = Callable[[pd.DataFrame, Path], Path]
ROWS = 60


@pytest.fixture(scope="module")
def place() -> Territory:
    return embedded(millesime=2021, region="32")


@pytest.fixture(scope="module")
def passage() -> pd.DataFrame:
    return read_passage(data_dir() / "boundaries")


@pytest.fixture(scope="module")
def clean(place: Territory) -> pd.DataFrame:
    """Sixty memberships of communes, with what else a list may hold of them."""
    members = pd.read_csv(data_dir() / "demo" / "memberships.csv", dtype="str")
    members = members[members["level"] == "commune"].drop_duplicates("code").iloc[:: 2546 // ROWS].head(ROWS)
    communes = place.communes.loc[members["code"]]
    members = members[["opsn", "level", "code", "name", "since"]].assign(until=None)
    postal = communes["postal_codes"].str.split(";").str[0].to_numpy()
    return members.assign(
        code_dep=communes["code_dep"].to_numpy(), postal_code=postal, siren=communes["siren"].to_numpy()
    ).reset_index(drop=True)


def codes(change: Callable[[pd.Series], pd.Series]) -> Change:
    return lambda rows: rows.assign(code=change(rows["code"]))


def names(change: Callable[[str], str]) -> Change:
    return lambda rows: rows.assign(code=None, name=rows["name"].map(change))


def bare(change: Change) -> Change:
    """Leave nothing but the code to identify the commune."""
    return lambda rows: change(rows.assign(name=None, code_dep=None, postal_code=None))


def unaccented(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def article_last(name: str) -> str:
    article, _, rest = name.partition(" ")
    return f"{rest} ({article})" if article in {"Le", "La", "Les"} else name


def exact_power(code: str) -> str:
    return f"{code[0]},{code[1:]}E+04" if code[0] != "0" else f"{code[1]},{code[2:]}E+03"


def wrong_digit(siren: str) -> str:
    return siren[:-1] + str((int(siren[-1]) + 1) % 10)


def late(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(since="2021-01-02", until="2021-01-01")


MENDED: dict[str, Change] = {
    "leading zeros lost": codes(lambda values: values.str.lstrip("0")),
    "codes as decimals": codes(lambda values: values.str.lstrip("0") + ".0"),
    "codes with a decimal comma": codes(lambda values: values + ",00"),
    "codes in powers of ten, whole": codes(lambda values: values.map(exact_power)),
    "codes after an apostrophe": codes(lambda values: "'" + values),
    "codes as a formula": codes(lambda values: '="' + values + '"'),
    "codes cut by a blank": codes(lambda values: values.str[:2] + " " + values.str[2:]),
    "letter O for zero": codes(lambda values: values.str.replace("^0", "O", regex=True)),
    "codes between unbreakable blanks": codes(lambda values: "\u00a0" + values + "\u202f"),
    "SIREN for INSEE": lambda rows: rows.assign(code=rows["siren"]),
    "SIREN in groups of three": lambda rows: rows.assign(
        code=rows["siren"].str.replace(r"(...)(?!$)", r"\1 ", regex=True)
    ),
    "SIREN as decimals": lambda rows: rows.assign(code=rows["siren"] + ".0"),
    "names in capitals without accents": names(lambda name: unaccented(name).upper()),
    "names in small letters": names(str.lower),
    "names without hyphens": names(lambda name: name.replace("-", " ")),
    "names with typographic apostrophes": names(lambda name: name.replace("'", "’")),
    "Saint as St": names(lambda name: name.replace("Sainte", "Ste").replace("Saint", "St")),
    "sur as s/": names(lambda name: name.replace("-sur-", " s/ ")),
    "lès as lez": names(lambda name: name.replace("-lès-", " lez ")),
    "article last in brackets": names(article_last),
    "before the name, the body": names(lambda name: f"Mairie de {name}"),
    "behind the name, CEDEX": names(lambda name: f"{name} CEDEX"),
    "département in brackets": lambda rows: rows.assign(
        code=None, code_dep=None, name=rows["name"] + " (" + rows["code_dep"] + ")"
    ),
    "département by its name": lambda rows: rows.assign(
        code=None,
        code_dep=rows["code_dep"].map(
            {"02": "Aisne", "59": "NORD", "60": "Oise", "62": "pas de calais", "80": "Somme"}
        ),
    ),
    "département without its zero": lambda rows: rows.assign(
        code=None, code_dep=rows["code_dep"].str.lstrip("0")
    ),
    "postal codes headed as codes": lambda rows: rows.assign(
        code=rows["postal_code"], postal_code=None, code_dep=None
    ),
    "French dates": lambda rows: rows.assign(
        since=rows["since"].str.replace(r"(.*)-(.*)-(.*)", r"\3/\2/\1", regex=True)
    ),
    "dates with a time": lambda rows: rows.assign(since=rows["since"] + " 00:00:00"),
    "levels in other words": lambda rows: rows.assign(level="Mairie"),
    "OPSN by another spelling": lambda rows: rows.assign(opsn=rows["opsn"].str.upper().str.replace("-", " ")),
    "headers in French": lambda rows: rows.rename(
        columns={"opsn": "Opérateur", "code": "Code INSEE", "name": "Commune", "since": "Date d'adhésion"}
    ),
    "a line of totals": lambda rows: pd.concat([rows, pd.DataFrame({"name": ["Total : 60"]})]),
    "blank lines between": lambda rows: pd.concat([rows, pd.DataFrame(index=rows.index)]).sort_index(
        kind="stable"
    ),
}

REJECTED: dict[str, tuple[Change, Cause]] = {
    "codes in powers of ten, cut": (
        bare(codes(lambda values: values.str.lstrip("0").str[0] + ",00E+03")), Cause.DAMAGED_CODE),
    "codes too short": (bare(codes(lambda values: values.str[-2:])), Cause.UNREADABLE_CODE),
    "a wrong digit in the SIREN": (
        bare(lambda rows: rows.assign(code=rows["siren"].map(wrong_digit))), Cause.INVALID_SIREN),
    "codes that never were": (bare(codes(lambda values: values.str[:2] + "999")), Cause.UNKNOWN_CODE),
    "communes of elsewhere": (bare(lambda rows: rows.assign(code="75056")), Cause.OUTSIDE_TERRITORY),
    "nothing to identify the commune": (bare(lambda rows: rows.assign(code=None)), Cause.NO_IDENTIFIER),
    "postal codes alone": (
        lambda rows: rows.assign(code=None, name=None, code_dep=None), Cause.POSTAL_ALONE),
    "codes and names shifted by a row": (
        codes(lambda values: values.shift(1, fill_value=values.iloc[-1])), Cause.MISMATCH),
    "an EPCI's SIREN on communes": (bare(lambda rows: rows.assign(code="200067999")), Cause.WRONG_LEVEL),
    "exits before entries": (late, Cause.WRONG_DATES),
    "names of nowhere": (names(lambda name: f"Xyzzy{name[::-1]}"), Cause.UNKNOWN_NAME),
}  # fmt: skip

REFUSED: dict[str, tuple[Change, str]] = {
    "impossible dates": (lambda rows: rows.assign(since="31/02/2021"), "wrong_value"),
    "a level misspelt": (lambda rows: rows.assign(level="comune"), "wrong_value"),
    "an OPSN that is not one": (lambda rows: rows.assign(opsn="adicoo"), "unknown_reference"),
    "no column of OPSN": (lambda rows: rows.drop(columns="opsn"), "missing_column"),
}


def write_csv(frame: pd.DataFrame, folder: Path) -> Path:
    return write_text(frame, folder, ",", "utf-8")


def write_text(frame: pd.DataFrame, folder: Path, separator: str, encoding: str, before: str = "") -> Path:
    file = folder / "memberships.csv"
    file.write_bytes((before + frame.to_csv(index=False, sep=separator)).encode(encoding))
    return file


def write_workbook(frame: pd.DataFrame, folder: Path, ending: str, engine: str) -> Path:
    file = folder / f"memberships.{ending}"
    frame.assign(code=pd.to_numeric(frame["code"])).to_excel(file, index=False, engine=engine)
    return file


WRITTEN: dict[str, Writing] = {
    "semicolons and Windows letters": lambda rows, file: write_text(rows, file, ";", "cp1252"),
    "UTF-8 with a mark": lambda rows, file: write_text(rows, file, ";", "utf-8-sig"),
    "tabs and UTF-16": lambda rows, file: write_text(rows, file, "\t", "utf-16"),
    "title lines above": lambda rows, file: write_text(rows, file, ";", "utf-8", "Liste 2021\n\n"),
    "a line that names the separator": lambda rows, file: write_text(rows, file, ";", "utf-8", "sep=;\n"),
    "XLSX with codes as numbers": lambda rows, file: write_workbook(rows, file, "xlsx", "xlsxwriter"),
    "ODS with codes as numbers": lambda rows, file: write_workbook(rows, file, "ods", "odf"),
}


def read(file: Path) -> pd.DataFrame:
    demo = data_dir() / "demo"
    files = {"opsn": demo / "opsn.csv", "services": demo / "services.csv", "memberships": file}
    return checked_tables(files)["memberships"]


def test_there_are_forty_ways_or_more() -> None:
    assert len(MENDED) + len(REJECTED) + len(REFUSED) + len(WRITTEN) >= 40


@pytest.mark.parametrize("way", MENDED)
def test_a_dirty_list_is_mended(
    way: str, clean: pd.DataFrame, place: Territory, passage: pd.DataFrame, tmp_path: Path
) -> None:
    linked, rejected = link_members(read(write_csv(MENDED[way](clean), tmp_path)), place, passage)
    assert set(rejected["cause"]) <= {Cause.AMBIGUOUS_NAME.value}
    assert len(rejected) <= (2 if way.startswith("postal") else 0)
    kept = clean if rejected.empty else clean[~clean["name"].isin(rejected["name"])]
    assert linked["code"].tolist() == kept["code"].tolist()


@pytest.mark.parametrize("way", WRITTEN)
def test_a_list_in_any_form_is_read(
    way: str, clean: pd.DataFrame, place: Territory, passage: pd.DataFrame, tmp_path: Path
) -> None:
    linked, rejected = link_members(read(WRITTEN[way](clean, tmp_path)), place, passage)
    assert rejected.empty
    assert linked["code"].tolist() == clean["code"].tolist()


@pytest.mark.parametrize("way", REJECTED)
def test_what_cannot_be_mended_is_rejected_for_its_cause(
    way: str, clean: pd.DataFrame, place: Territory, passage: pd.DataFrame, tmp_path: Path
) -> None:
    change, cause = REJECTED[way]
    linked, rejected = link_members(read(write_csv(change(clean), tmp_path)), place, passage)
    assert linked.empty
    assert set(rejected["cause"]) == {cause.value}
    assert len(rejected) == len(clean)


@pytest.mark.parametrize("way", REFUSED)
def test_what_makes_the_table_unsound_is_refused_with_its_place(
    way: str, clean: pd.DataFrame, tmp_path: Path
) -> None:
    change, cause = REFUSED[way]
    with pytest.raises(InputError, match=r"memberships\.csv") as error:
        read(write_csv(change(clean), tmp_path))
    assert {fault.cause for fault in error.value.faults} == {cause}


def test_repeated_lines_are_rejected_once_each(
    clean: pd.DataFrame, place: Territory, passage: pd.DataFrame, tmp_path: Path
) -> None:
    linked, rejected = link_members(read(write_csv(pd.concat([clean, clean]), tmp_path)), place, passage)
    assert linked["code"].tolist() == clean["code"].tolist()
    assert rejected["cause"].tolist() == [Cause.DUPLICATE.value] * len(clean)


def test_a_letter_left_out_is_guessed_rightly_or_not_at_all(
    clean: pd.DataFrame, place: Territory, passage: pd.DataFrame, tmp_path: Path
) -> None:
    typed = names(lambda name: name[: len(name) // 2] + name[len(name) // 2 + 1 :])(clean)
    found = link_members(read(write_csv(typed, tmp_path)), place, passage)
    meant = clean["code"].set_axis(clean.index + 2)
    assert (found.linked["code"] == meant.loc[found.linked.index]).all()
    assert len(found.linked) >= 0.8 * len(clean)
    assert set(found.rejected["cause"]) <= {Cause.UNKNOWN_NAME.value, Cause.AMBIGUOUS_NAME.value}
    assert len(found.review) >= 0.7 * len(clean)
