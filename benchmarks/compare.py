"""opsn-geo beside the straightforward script: the same study, the same figures, time, memory and bytes.

``python benchmarks/compare.py [STUDY.toml]`` runs both, each in a process of its own, and prints a table; it
needs libpysal and matplotlib (``pip install libpysal matplotlib``). The straightforward script is what a
competent analyst writes with pandas, GeoPandas, libpysal, mapclassify and Folium: states of every commune and
service, shares by département, deserts with their outline, size and nearest member, a test of who answered, a
map for each theme, and a GeoPackage. It reads boundaries that are ready for it, answers that have the code of
their commune, and tables that are known to be right; the time to make those is not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import pandas as pd

SELF = Path(__file__)
LEVELS = {"commune": "code_insee", "epci": "siren_epci", "departement": "code_dep", "region": "code_reg"}
SIZES = [0, 500, 2_000, 10_000, 50_000, float("inf")]


def straightforward(study: Path, boundaries: Path, out: Path) -> None:
    """Write what the analyst wants to know."""
    communes = gpd.read_parquet(boundaries)
    inside = communes[communes["inside"]].copy()
    files = tomllib.loads(study.read_text(encoding="utf-8"))
    tables = {name: pd.read_csv(study.parent / file, dtype=str) for name, file in files["tables"].items()}
    states = _states(inside, tables, pd.Timestamp(files["study"]["date"]))
    inside["services"] = (states == "member").sum(axis=1)
    deserts = _deserts(inside, states)
    response = _response(inside, pd.read_parquet(boundaries.with_name("answers.parquet"))["code_insee"])
    inside["answers"] = response["answers"]
    _write(inside, states, deserts, out)
    figures = {
        "member": int((states == "member").to_numpy().sum()),
        "unknown": int((states == "unknown").to_numpy().sum()),
        "deserts": len(deserts),
        "communes of deserts": int(deserts["communes"].sum()),
        "chi2 of the answers": round(response["chi2"], 6),
    }
    (out / "figures.json").write_text(json.dumps(figures))


def _states(communes: gpd.GeoDataFrame, tables: dict[str, pd.DataFrame], day: pd.Timestamp) -> pd.DataFrame:
    """Return the state of every commune and service."""
    codes = communes.reset_index()
    within = pd.concat(
        codes[["code_insee", column]].set_axis(["place", "code"], axis=1).assign(level=level)
        if column != "code_insee"
        else pd.DataFrame({"place": codes["code_insee"], "code": codes["code_insee"], "level": level})
        for level, column in LEVELS.items()
    )
    offered = tables["offers"][["opsn", "service", "level", "code"]].merge(within, on=["level", "code"])
    members = tables["memberships"]
    until = pd.to_datetime(members["until"]) if "until" in members else pd.Series(pd.NaT, members.index)
    members = members[~(pd.to_datetime(members["since"]) > day) & ~(until < day)]
    reached = members.merge(within, on=["level", "code"])
    reached = reached[reached["level"].eq("commune") | reached["reaches_communes"].str.lower().eq("true")]
    if "services" in reached:
        reached = reached.assign(service=reached["services"].str.split(";")).explode("service")
    else:
        reached = reached.assign(service=None)
    every = reached["service"].isna() | reached["service"].eq("*")
    listed = reached[~every].merge(offered, on=["opsn", "place", "service"])
    of_all = reached.loc[every, ["opsn", "place"]].merge(offered, on=["opsn", "place"])
    is_member = pd.concat([listed, of_all])[["place", "service"]].drop_duplicates()
    open_lists = tables["opsn"].loc[tables["opsn"]["list_complete"].str.lower() != "true", "opsn"]
    layers = [
        (offered, "offered"),
        (offered[offered["opsn"].isin(open_lists)], "unknown"),
        (is_member, "member"),
    ]
    states = pd.DataFrame("not_offered", index=communes.index, columns=tables["services"]["service"])
    for rows, state in layers:
        held = pd.crosstab(rows["place"], rows["service"]).reindex(states.index, columns=states.columns)
        states = states.mask(held.fillna(0) > 0, state)
    return states


def _deserts(communes: gpd.GeoDataFrame, states: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the connected patches of communes without each service, outlined, and the nearest member."""
    from libpysal.graph import Graph  # noqa: PLC0415 - needed in this process only

    graph = Graph.build_contiguity(communes, rook=False)
    halls = gpd.GeoDataFrame(geometry=gpd.points_from_xy(communes["mairie_x"], communes["mairie_y"]),
                             index=communes.index, crs=communes.crs)  # fmt: skip
    parts = []
    for service in states:
        lacks = states[service].isin(["not_offered", "offered"])
        if not lacks.any():
            continue
        labels = graph.subgraph(communes.index[lacks]).component_labels
        columns = communes.loc[lacks, ["population", "area_km2", "geometry"]].assign(patch=labels, communes=1)
        patches = columns.dissolve("patch", aggfunc="sum", method="coverage")
        has = halls[states[service].eq("member")]
        if len(has):
            near = halls[lacks].sjoin_nearest(has, distance_col="metres")["metres"].groupby(level=0).min()
            patches["nearest_m"] = near.groupby(labels).min()
        parts.append(patches.assign(service=service))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=communes.crs)


def _response(communes: gpd.GeoDataFrame, codes: pd.Series) -> dict[str, object]:
    """Return the answers of each commune, and the test of who answered, by size."""
    count = codes.value_counts().reindex(communes.index, fill_value=0)
    size = pd.cut(communes["population"].astype(float), SIZES, right=False)
    table = pd.DataFrame({"all": size.value_counts(), "answered": size[count > 0].value_counts()})
    expected = table["all"] * table["answered"].sum() / table["all"].sum()
    chi2 = ((table["answered"] - expected) ** 2 / expected).sum()
    # without replacement
    return {"answers": count, "chi2": chi2 / (1 - table["answered"].sum() / table["all"].sum())}


def _write(communes: gpd.GeoDataFrame, states: pd.DataFrame, deserts: gpd.GeoDataFrame, out: Path) -> None:
    """Write a GeoPackage, the tables, and a map for each theme, its outlines simplified to 200 m."""
    out.mkdir(parents=True, exist_ok=True)
    communes.to_file(out / "study.gpkg", layer="communes", engine="pyogrio")
    deserts.to_file(out / "study.gpkg", layer="deserts", engine="pyogrio")
    long = states.reset_index().melt("code_insee", var_name="service", value_name="state")
    long.to_csv(out / "states.csv", index=False)
    by = communes["code_dep"].rename("code_dep")
    states.eq("member").groupby(by).mean().to_csv(out / "shares.csv")
    deserts.drop(columns="geometry").to_csv(out / "deserts.csv", index=False)
    drawn = communes.assign(geometry=communes.simplify_coverage(200))
    for theme, bins in (("services", [0, 5, 10, 15, 31]), ("answers", [0, 1, 5, 100])):
        shown = drawn[["name", theme, "geometry"]]
        page = shown.explore(theme, scheme="userdefined", classification_kwds={"bins": bins}, tiles=None)
        page.save(out / f"{theme}.html")
    widest = deserts.sort_values("communes", ascending=False).drop_duplicates("service")
    widest = widest.assign(geometry=widest.simplify_coverage(200))
    widest.explore("service", tiles=None).save(out / "deserts.html")


def figures_of(out: Path) -> dict[str, object]:
    """Return the same figures, from what opsn-geo wrote."""
    states = pd.read_csv(out / "tables" / "couverture.csv", dtype=str)["state"].value_counts()
    deserts = pd.read_csv(out / "tables" / "deserts.csv")
    deserts = deserts[deserts["service"].ne("bouquet")]
    response = pd.read_csv(out / "tables" / "representativite_globale.csv").set_index("variable")
    return {
        "member": int(states.get("member", 0)),
        "unknown": int(states.get("unknown", 0)),
        "deserts": len(deserts),
        "communes of deserts": int(deserts["communes"].sum()),
        "chi2 of the answers": round(float(response.loc["size_band", "chi2"]), 6),
    }


def timed(command: list[str]) -> dict[str, float]:
    """Return the seconds and the memory of a process."""
    start = perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    cpu = used.ru_utime + used.ru_stime
    return {"wall s": perf_counter() - start, "CPU s": cpu, "peak MB": used.ru_maxrss / 1024}


def main(study: Path) -> None:
    from opsn_geo import Study, load  # noqa: PLC0415 - the straightforward process does without

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        boundaries = folder / "communes.parquet"
        inputs = load(Study.from_toml(study))
        inputs.territory.communes.rename_axis("code_insee").to_parquet(boundaries)
        linked = inputs.respondents
        if linked is None:
            raise SystemExit("the study has no answers")
        of_communes = linked[linked["level"].eq("commune")]
        of_communes[["code_insee"]].to_parquet(folder / "answers.parquet")
        alone = [sys.executable, str(SELF), str(study), str(boundaries), str(folder / "straightforward")]
        ours = [sys.executable, "-m", "opsn_geo", "run", str(study), "--quiet", "--out", str(folder / "ours")]
        rows = {"straightforward": timed(alone), "opsn-geo": timed(ours)}
        for way, out in zip(rows, ("straightforward", "ours"), strict=True):
            files = [file for file in (folder / out).rglob("*") if file.is_file()]
            rows[way]["MB written"] = sum(file.stat().st_size for file in files) / 1e6
        print(pd.DataFrame(rows).T.round(1).to_string())
        figures = {"straightforward": json.loads((folder / "straightforward" / "figures.json").read_text()),
                   "opsn-geo": figures_of(folder / "ours")}  # fmt: skip
        print(pd.DataFrame(figures).to_string())


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:]]
    match paths:
        case [study, boundaries, out]:
            straightforward(study, boundaries, out)
        case _:
            main(*(paths or [SELF.parents[1] / "data" / "demo" / "study.toml"]))
