"""Nobody's answer can be found in what is published: an attacker reads every number of every table.

The attacker knows what is public or can be recomputed: who answered for which body and which commune, which
questions were put to each, the weights, where each desert lies, and even who uses an OPSN when attacking
another question; not the answers. Each published number is an equation, or two bounds where it is rounded or
a class; linear programming then says, respondent by respondent, what each may have answered. It shares no
code with what protects the answers. Where they are few, the attacker has the software itself: of all answers
that could have been given, those are kept that give every published number, errors and intervals included.
What other files hold beside the tables is the subject of ``test_respondents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from opsn_geo.measure.disclosure import coarse
from opsn_geo.measure.published.recipes import in_group, recipes_of
from opsn_geo.measure.survey.estimates import estimates, item_frame, quantiles
from opsn_geo.measure.survey.profile import profile
from opsn_geo.measure.survey.weights import weighted_design
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.analyses.secrecy import single_choices
from opsn_geo.pipeline.load import Inputs
from opsn_geo.study import Study, data_dir

EXACT = 1e-6
TEXTS = {"domain": str, "code_dep": str, "hidden": str, "used_hidden": str, "need_hidden": str, "body": str}


@dataclass(frozen=True)
class Public:
    """What is known of the respondents, and the answers that are to be found."""

    answers: pd.DataFrame
    """On respondent, booleans: only which are missing is known to the attacker, and those of `named`."""
    communes: pd.Series
    """The commune that each answers for; missing for others."""
    departements: pd.Series
    bodies: pd.Series
    weights: pd.Series
    """Missing for those that estimates leave out."""
    bands: pd.Series
    member: pd.Series
    recipes: pd.DataFrame
    """Published figures: item, choice, group, by, measure."""
    groups: dict[str, pd.Series] = field(default_factory=dict)
    """Respondents of each group of a figure."""
    named: pd.Series | None = None
    """Whose own answers are published."""
    few: int = 4
    """A class stands for nought to so many."""


@dataclass
class System:
    """Bounds on sums over (respondent, choice) pairs of one question."""

    rows: list[np.ndarray] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def bound(self, row: np.ndarray, low: float, high: float) -> None:
        """Add a published number: the sum of a row lies between two ends."""
        self.rows.append(row)
        self.low.append(low - EXACT)
        self.high.append(high + EXACT)


def revealed(folder: Path, public: Public, deserts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return every answer that can be found in the tables in a folder: respondent, item, answer."""
    tables = {file.stem: pd.read_csv(file, dtype=TEXTS) for file in sorted(folder.glob("*.csv"))}
    places = {} if deserts is None else _places(deserts, public.communes)
    questions: dict[str, list[str]] = {}
    for item in public.answers:
        choices = public.answers.filter(regex=f"^{str(item).partition(':')[0]}:")
        single = ":" in str(item) and bool(choices.sum(axis=1).eq(choices.notna().all(axis=1)).all())
        questions.setdefault(str(item).partition(":")[0] if single else str(item), []).append(str(item))
    parts = [_attack(items, tables, public, places) for items in questions.values()]
    return pd.concat(parts, ignore_index=True)


def _places(deserts: pd.DataFrame, communes: pd.Series) -> dict[str, pd.Series]:
    """Return the respondents inside each desert."""
    return {str(desert): communes.isin(codes) for desert, codes in deserts.groupby("desert")["code_insee"]}


def _attack(items: list[str], tables: Tables, public: Public, places: Places) -> pd.DataFrame:
    """Attack one question: one item, or all choices of a single choice, of which each gave one."""
    known = public.answers[items[0]].notna()
    who = public.answers.index[known]
    system = System()
    size = len(who)
    for number, item in enumerate(items):
        for group, weights, low, high in _published(item, tables, public, places):
            values = np.where(group[known].to_numpy(), 1.0 if weights is None else weights[known], 0.0)
            row = np.zeros(size * len(items))
            row[number * size : (number + 1) * size] = values
            system.bound(row, low, high)
    if len(items) > 1:
        for group, low, high in _unions(items, tables, public):
            system.bound(np.concatenate([np.where(group[it][known], 1.0, 0.0) for it in items]), low, high)
        # each gave exactly one; alike respondents are one cell, so this is exact for their sums
    named = np.zeros(size, dtype=bool) if public.named is None else public.named[known].to_numpy()
    if not system.rows:
        return pd.DataFrame(columns=["respondent", "item", "answer"])
    return _solved(system, items, who, named, public)


def _solved(
    system: System, items: list[str], who: pd.Index, named: np.ndarray, public: Public
) -> pd.DataFrame:
    """Return who can only have given one answer."""
    size, n_items = len(who), len(items)
    columns = np.array(system.rows).reshape(len(system.rows), n_items, size)
    # those on whom every number rests alike cannot be separated: one cell with their sum
    keys = np.concatenate(
        [columns.reshape(-1, size), named[None, :], np.where(named, np.arange(size), -1)[None, :]]
    )
    _, first, cell, count = np.unique(
        keys.round(12), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    cell = cell.ravel()
    n_cells = len(first)
    matrix = csr_array(columns[:, :, first].reshape(len(system.rows), n_items * n_cells))
    sizes = np.tile(count.astype(float), n_items)
    upper, lower = sizes.copy(), np.zeros_like(sizes)
    for place in np.flatnonzero(named[first]):
        for number, item in enumerate(items):
            value = float(public.answers.loc[who[first[place]], item])
            upper[number * n_cells + place] = lower[number * n_cells + place] = value
    ones = [csr_array(np.tile(np.eye(n_cells), n_items))] if n_items > 1 else []
    low = np.concatenate([system.low, *([count] if ones else [])])
    high = np.concatenate([system.high, *([count] if ones else [])])
    inequalities = vstack([matrix, *ones]).tocsr()
    open_cells = np.flatnonzero(upper > lower)
    least, greatest = _reach(inequalities, low, high, lower, upper, open_cells)
    rows = []
    for position, column in enumerate(open_cells):
        number, place = divmod(int(column), n_cells)
        # an answer is whole: what cannot reach one more, or one less, is certain
        if greatest[position] < 1 - EXACT or least[position] > count[place] - 1 + EXACT:
            answer = bool(least[position] > count[place] - 1 + EXACT)
            rows += [(who[it], items[number], answer) for it in np.flatnonzero(cell == place)]
    return pd.DataFrame(rows, columns=["respondent", "item", "answer"])


def _reach(
    matrix: csr_array,
    low: np.ndarray,
    high: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    cells: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far down and up the sum of each cell can go: two of them by one for all, the rest alone."""
    n = matrix.shape[1]
    both = vstack([matrix, -matrix]).tocsr()
    ends = np.concatenate([high, -low])
    greatest, least = np.full(len(cells), -np.inf), np.full(len(cells), np.inf)

    def note(values: np.ndarray) -> None:
        np.maximum(greatest, values[cells], out=greatest)
        np.minimum(least, values[cells], out=least)

    # one point in which as many cells as can be have room for one more and one less
    pick = csr_array((np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), n))
    eye = csr_array(np.eye(len(cells)))
    zero = csr_array((both.shape[0], len(cells)))
    for sign in (1, -1):
        room = hstack([-sign * pick, eye])
        limit = -lower[cells] if sign == 1 else upper[cells]
        done = linprog(
            np.concatenate([np.zeros(n), -np.ones(len(cells))]),
            A_ub=vstack([hstack([both, zero]), room]).tocsr(),
            b_ub=np.concatenate([ends, limit]),
            bounds=[*zip(lower, upper, strict=True), *[(0, 1)] * len(cells)],
        )
        assert done.status == 0, f"what is published cannot all be true: {done.message}"
        note(done.x[:n])
    for position, cell in enumerate(cells):
        for sign in (1, -1):
            enough = (
                greatest[position] >= 1 - EXACT if sign == 1 else least[position] <= upper[cell] - 1 + EXACT
            )
            if not enough:
                target = np.zeros(n)
                target[cell] = -sign
                note(linprog(target, A_ub=both, b_ub=ends, bounds=np.column_stack([lower, upper])).x)
    return least, greatest


Tables = dict[str, pd.DataFrame]
Places = dict[str, pd.Series]
Number = tuple[pd.Series, "pd.Series | None", float, float]
"""Whom a published number rests on, their weights where it has any, and its two bounds."""


def _published(item: str, tables: Tables, public: Public, places: Places) -> Iterator[Number]:
    """Yield every number published of one item."""
    for table in (_estimates, _bodies, _ranks, _comparison, _cells, _figures):
        yield from table(item, tables, public)
    question, _, service = item.partition(":")
    if question in {"service_used", "need"}:
        yield from _needs(item, service, "need" if question == "need" else "used", tables, public)
    if question == "need":
        yield from _deserts(item, service, tables, public, places)


def _counted(group: pd.Series, low: float, high: float) -> Number:
    return group, None, low, high


def _share(group: pd.Series, share: object) -> Number:
    """Bound the number of yes behind a share that is rounded to a point."""
    n = float(group.sum())
    value = float(str(share))
    return _counted(group, np.ceil((value - 0.005) * n - EXACT), np.floor((value + 0.005) * n + EXACT))


def _weighted(group: pd.Series, value: object, public: Public) -> Number:
    """Bound the weight of yes behind a weighted share that is rounded to a point."""
    total, share = float(public.weights[group].sum()), float(str(value))
    return group, public.weights, (share - 0.005) * total, (share + 0.005) * total


def _class(group: pd.Series, why: object, few: int) -> Iterator[Number]:
    """Bound the number of yes of a group of which the class is published."""
    if why == "few":
        yield _counted(group, 0, few)
    elif why == "most":
        yield _counted(group, float(group.sum()) - few, float(group.sum()))


def _of_communes(item: str, public: Public, departement: object = None) -> pd.Series:
    """Return who answered an item for a commune, of a département or of any."""
    asked = public.communes.notna() & public.answers[item].notna()
    return asked if pd.isna(departement) else asked & public.departements.eq(departement)


def _estimates(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    for row in _rows(tables, "estimations", item=item):
        group = _of_communes(item, public, row["domain"])
        yield from _class(group, row.get("hidden"), public.few)
        if pd.notna(row["estimate"]):
            yield _share(group, row["unweighted"])
            yield _weighted(group, row["estimate"], public)


def _bodies(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    for row in _rows(tables, "estimations_autres", item=item):
        group = public.bodies.eq(row["body"]) & public.answers[item].notna()
        yield from _class(group, row.get("hidden"), public.few)
        if pd.notna(row["unweighted"]):
            yield _share(group, row["unweighted"])


def _ranks(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    for row in _rows(tables, "classements", item=item):
        group = _of_communes(item, public, row["domain"])
        yield from _class(group, row.get("hidden"), public.few)
        if pd.notna(row["estimate"]):
            yield _weighted(group, row["estimate"], public)


def _comparison(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    for row in _rows(tables, "influence", item=item):
        for column, side in (("member_mean", True), ("other_mean", False)):
            if pd.notna(row[column]):
                group = _of_communes(item, public) & public.member.eq(other=side).fillna(value=False)
                yield _weighted(group.astype(bool), row[column], public)


def _cells(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    if item != "uses_opsn" or "recouvrement" not in tables:
        return
    for row in tables["recouvrement"].to_dict("records"):
        bands = public.bands.isin(str(row["size_band"]).split("+"))
        group = _of_communes(item, public, row["code_dep"]) & bands
        yield from _class(group, row.get("hidden"), public.few)
        if pd.notna(row["members"]):
            yield _counted(group, row["members"], row["members"])


def _needs(item: str, service: str, kind: str, tables: Tables, public: Public) -> Iterator[Number]:
    for row in _rows(tables, "besoins", service=service):
        group = _of_communes(item, public, row["code_dep"])
        yield from _class(group, row.get(f"{kind}_hidden"), public.few)
        if pd.notna(row[f"{kind}_count"]):
            yield _counted(group, float(str(row[f"{kind}_count"])), float(str(row[f"{kind}_count"])))


def _deserts(item: str, service: str, tables: Tables, public: Public, places: Places) -> Iterator[Number]:
    for row in _rows(tables, "deserts", service=service):
        nobody = pd.Series(data=False, index=public.answers.index)
        group = places.get(str(row["desert"]), nobody) & public.answers[item].notna()
        if group.any():
            yield from _class(group, row.get("need_hidden"), public.few)
        if pd.notna(row.get("need_count")):
            yield _counted(group, float(str(row["need_count"])), float(str(row["need_count"])))


def _figures(item: str, tables: Tables, public: Public) -> Iterator[Number]:
    """Yield the published figures that are about one item."""
    published = tables.get("figures", pd.DataFrame(columns=["figure", "recomputed"]))
    values = published.set_index("figure")["recomputed"]
    asked = public.answers[item].notna()
    for row in public.recipes.to_dict("records"):
        name = row["item"] if row["choice"] in {"", "yes"} else f"{row['item']}:{row['choice']}"
        value = values.get(row["figure"])
        if name != item or value is None or pd.isna(value):
            continue
        group = public.groups.get(row["figure"], asked) & asked
        if row["measure"] == "share":
            yield _counted(group, value * group.sum() / 100, value * group.sum() / 100)
        elif row["measure"] == "count":
            yield _counted(group, value, value)
        elif row["measure"] == "gap":
            yes, no = (
                (group & public.member.eq(other=it).fillna(value=False)).astype(float) for it in (True, False)
            )
            yield asked, yes / yes.sum() - no / no.sum(), value / 100, value / 100


def _unions(
    items: Iterable[str], tables: dict[str, pd.DataFrame], public: Public
) -> Iterator[tuple[dict[str, pd.Series], float, float]]:
    """Yield the published figures on several choices of one question."""
    shown = tables.get("figures", pd.DataFrame(columns=["figure", "recomputed"])).set_index("figure")
    listed = list(items)
    asked, none = public.answers[listed[0]].notna(), pd.Series(data=False, index=public.answers.index)
    verdict = tables.get("verdict", pd.DataFrame(columns=["subject", "unweighted"])).set_index("subject")
    for row in public.recipes.to_dict("records"):
        names = [f"{row['item']}:{it}" for it in str(row["choice"]).split("|")]
        if len(names) < 2 or not set(names) <= set(listed) or row["measure"] != "share":
            continue
        value = shown["recomputed"].get(row["figure"])
        group = public.groups.get(row["figure"], ~none) & asked
        if value is not None and pd.notna(value):
            total = float(value) * group.sum() / 100
            yield {it: group if it in names else none for it in listed}, total, total
        judged = verdict["unweighted"].get(row["figure"])
        if judged is not None and pd.notna(judged):
            communes = public.communes.notna() & asked
            n = float(communes.sum())
            yield (
                {it: communes if it in names else none for it in listed},
                (judged - 0.005) * n,
                (judged + 0.005) * n,
            )


def _rows(tables: dict[str, pd.DataFrame], name: str, **wanted: str) -> list[dict[str, object]]:
    """Return the rows of a table about something; none where it was not written."""
    if name not in tables:
        return []
    ((column, value),) = wanted.items()
    table = tables[name]
    return [
        {str(key): it for key, it in row.items()} for row in table[table[column].eq(value)].to_dict("records")
    ]


DEMO = data_dir() / "demo"
WHO = ("structure", "departement", "population_band")
"""Questions that say who answers."""
STRATA = ("code_dep", "size_band")
"""Margins of the weights."""
RECIPE = ["figure", "measure", "item", "choice", "group", "by"]


def public(inputs: Inputs) -> Public:
    """Give what everybody may know of a study's respondents, and the answers to be found."""
    answers, placed = inputs.answers, inputs.respondents
    assert answers is not None
    assert placed is not None
    placed = placed.reindex(answers.index)
    items = item_frame(answers, single_choices(inputs.tables["questionnaire"]))
    items = items.select_dtypes("boolean")
    items = items[[name for name in items if str(name).split(":")[0] not in WHO]]
    communes = inputs.territory.communes[inputs.territory.communes["inside"]]
    bodies = answers["structure"].astype(object).replace("mairie", "commune").fillna(placed["level"])
    codes = placed["code_insee"].where(bodies.eq("commune") & placed["code_insee"].isin(communes.index))
    units = profile(communes, codes)
    figures = inputs.tables.get("published_figures", pd.DataFrame(columns=[*RECIPE, "table"]))
    figures = figures[figures["table"].eq("answers")]
    groups = {name: recipe.group for name, recipe in recipes_of(figures).items() if recipe.group}
    return Public(
        answers=items,
        communes=codes,
        departements=codes.map(communes["code_dep"]),
        bodies=bodies,
        weights=weighted_design(codes, units, STRATA).design.weights.reindex(items.index),
        bands=codes.map(units["size_band"].astype(str)),
        member=answers["uses_opsn"],
        recipes=figures[RECIPE].astype(object).where(figures[RECIPE].notna(), ""),
        groups={name: in_group(answers, group) for name, group in groups.items()},
        named=codes.isin(inputs.study.survey.get("named", ())),
        few=inputs.study.min_answers - 1,
    )


def inside(deserts: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the communes of each desert, as a map shows them."""
    points = communes[["geometry"]].set_geometry(communes.representative_point()).reset_index()
    return gpd.sjoin(points, deserts[["geometry"]].reset_index(), predicate="within")[
        ["desert", "code_insee"]
    ]


def attacked(results: pipeline.Results, folder: Path) -> pd.DataFrame:
    """Publish the tables of a study, and give every answer that can be found in them."""
    folder.mkdir(exist_ok=True)
    results = pipeline.published(results)
    flat = {
        name: pd.DataFrame(it.drop(columns="geometry")).reset_index() for name, it in results.layers.items()
    }
    for name, table in {**flat, **results.tables}.items():
        named = table.reset_index() if table.index.names != [None] else table
        named.to_csv(folder / f"{name}.csv", index=False)
    known = public(results.inputs)
    return revealed(folder, known, inside(results.layers["deserts"], results.layers["communes"]))


def possible(values: pd.Series) -> pd.DataFrame:
    """Give sets of answers that could have been given, a column each: all of yes or no; of numbers, swaps."""
    size = len(values)
    if pd.api.types.is_bool_dtype(values):
        sets = (np.arange(2**size)[:, None] >> np.arange(size)) & 1 == 1
        kind = "boolean"
    else:
        pairs = [(one, two) for one in range(size) for two in range(one + 1)]
        sets = np.tile(values.to_numpy(dtype=float), (len(pairs), 1))
        for row, (one, two) in zip(sets, pairs, strict=True):
            row[[one, two]] = row[[two, one]]
        kind = "Float64"
    return pd.DataFrame(sets.T, values.index, [f"set {it}" for it in range(len(sets))], dtype=kind)


def determined(results: pipeline.Results) -> pd.DataFrame:
    """Give every answer on which all possible sets agree that give the published estimates of an item."""
    inputs, known = results.inputs, public(results.inputs)
    communes = inputs.territory.inside
    design = weighted_design(known.communes, profile(communes, known.communes), STRATA).design
    everywhere = pd.Series("", index=known.communes.index)
    domains = known.communes.map(communes["code_dep"])
    shown = results.tables["estimations"].query("hidden == ''")
    items = item_frame(inputs.answers, single_choices(inputs.tables["questionnaire"]))
    medians = {"quantile": "median", "low": "median_low", "high": "median_high"}
    rows = []
    for published in shown.to_dict("records"):
        by = everywhere if published["domain"] == "" else domains.where(domains.eq(published["domain"]))
        group = by.notna() & by.index.isin(design.weights.index)
        values = items.loc[group, published["item"]].dropna()
        sets = possible(values)
        table = estimates(sets.reindex(by.index), design, by).set_index("item")
        if published["measure"] == "mean":
            own = quantiles(sets.reindex(by.index), design, by).rename(columns=medians)
            table = table.join(own.set_index("item")[[*medians.values()]])
        numbers = coarse(table.loc[list(sets)].select_dtypes("number"))
        wanted = pd.Series(published).reindex(numbers.columns).astype(float)
        agrees = np.isclose(numbers.astype(float), wanted, rtol=1e-9, equal_nan=True).all(axis=1)
        assert agrees.any(), f"{published['item']}: no set of answers gives what is published"
        left = sets.loc[:, agrees]
        alike = left.eq(left.iloc[:, 0], axis=0).all(axis=1) & ~known.named[left.index]
        rows += [(who, published["item"]) for who in left.index[alike]]
    return pd.DataFrame(rows, columns=["respondent", "item"])


@pytest.mark.slow
def test_the_founding_study_gives_nobody_away(tmp_path: Path, founding_measured: pipeline.Results) -> None:
    assert attacked(founding_measured, tmp_path).empty


def few(folder: Path, named: int = 0, respondents: str = "grouped", min_answers: int = 5) -> Inputs:
    """Load a study of twelve answers: eight communes of the Nord, three of the Pas-de-Calais, one EPCI."""
    answers = pd.read_csv(DEMO / "answers.csv", dtype=str, keep_default_na=False)
    structure, departement = (str(name) for name in answers.columns[1:3])
    near = answers[answers[departement].str.startswith(("59", "62"))]
    communes = near[near[structure].eq("Mairie") & near[str(near.columns[5])].ne("")]
    communes = communes.drop_duplicates(str(answers.columns[5]))
    chosen = [
        communes[communes[departement].str.startswith(code)].head(size)
        for code, size in (("59", 8), ("62", 3))
    ]
    epci = near[near[structure].str.startswith("EPCI")].head(1)
    pd.concat([*chosen, epci]).to_csv(folder / "answers.csv", index=False)
    for file in ("opsn", "services", "offers", "memberships", "questionnaire"):
        (folder / f"{file}.csv").write_bytes((DEMO / f"{file}.csv").read_bytes())
    codes = pd.concat(chosen)[str(answers.columns[5])].tolist()[:named]
    tables = ("opsn", "services", "offers", "memberships", "questionnaire", "answers")
    (folder / "study.toml").write_text(
        '[study]\ntitle = "Few"\nterritory = "few"\nmillesime = 2021\ndate = 2021-02-01\n'
        '[boundaries]\ndepartements = ["59", "62"]\n[tables]\n'
        + "".join(f'{it} = "{it}.csv"\n' for it in tables)
        + f"[thresholds]\nmin_answers = {min_answers}\n"
        + f'[survey]\nrespondents = "{respondents}"\n'
        + (f"named = {codes!r}\n".replace("'", '"') if named else ""),
        encoding="utf-8",
    )
    return pipeline.load(Study.from_toml(folder / "study.toml"))


@pytest.mark.slow
@pytest.mark.parametrize(("named", "respondents"), [(0, "grouped"), (0, "public"), (10, "grouped")])
def test_twelve_answers_give_nobody_away_even_where_all_but_one_are_named(
    tmp_path: Path, named: int, respondents: str
) -> None:
    inputs = few(tmp_path, named, respondents)
    assert len(inputs.respondents) == 12
    results = pipeline.measure(inputs)
    assert attacked(results, tmp_path / "out").empty
    assert determined(results).empty


@pytest.mark.slow
def test_without_the_rule_both_attacks_find_answers(tmp_path: Path) -> None:
    results = pipeline.measure(few(tmp_path, min_answers=1))
    known = public(results.inputs)
    answers = attacked(results, tmp_path / "out")
    assert len(answers) > 20
    assert all(known.answers.loc[row.respondent, row.item] == row.answer for row in answers.itertuples())
    estimated = results.tables["estimations"].query("hidden == '' and domain == '62'").head(10)
    assert not determined(replace(results, tables={"estimations": estimated})).empty
