// Joins the parts of the atlas: data, choices, map, legend, panel, table, exports.
import { inflate, split } from "./codec.js";
import { makeControls, showLegend } from "./controls.js";
import { byId, h } from "./dom.js";
import { createStore } from "./hash.js";
import { makeMap, makeTowns } from "./map.js";
import { buildModel, findPlace, makeView, validChoices } from "./model.js";
import { numberFormats } from "./numbers.js";
import { showPortrait } from "./portrait.js";
import { makeSearch } from "./search.js";
import { composeSheet, makeExports } from "./sheet.js";
import { makeTable } from "./table.js";
import { borders, decodeTopology, neighbours } from "./topology.js";

/** Words of the tooltip: the place, what it shows, and for whom. */
function tooltip(model, format) {
  return (view, i) => {
    const name = model.levels[view.level].name[i];
    const inside = view.level !== "communes" || model.levels.communes.inside[i];
    const said = inside ? view.text(i) : model.texts.not_studied;
    const more = inside ? view.detail(i) : "";
    return [h("strong", {}, name), h("span", {}, said), more ? h("small", {}, more) : null];
  };
}

/** Keep the place of the map in the address, without telling the rest of the page. */
function followMap(map, store) {
  const { at } = store.get();
  if (at) {
    const [zoom, lat, lng] = at.split("/").map(Number);
    map.setView([lat, lng], zoom, { animate: false });
  }
  map.on("moveend", () => {
    const { lat, lng } = map.getCenter();
    store.set({ at: `${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}` });
  });
}

/** Open the atlas on a Leaflet map, with the packed data of the page. */
export async function openAtlas(map) {
  const model = buildModel(split(await inflate(byId("data").textContent)));
  const format = numberFormats(model.signs, model.lang);
  const topology = decodeTopology(model.topology);
  const store = createStore((wanted) => validChoices(model, wanted));
  const choose = (word) => {
    store.set({ place: word });
    const place = findPlace(model, word);
    if (place) atlasMap.go(place);
    byId("portrait-title")?.focus({ preventScroll: true });
  };
  const onChoose = (level, i) => store.set({ place: `${level}:${model.levels[level].code[i]}` });
  const atlasMap = makeMap(map, model, topology, { onChoose, describe: tooltip(model, format) });
  const near = neighbours(topology, atlasMap.side);
  const showControls = makeControls(model, store);
  const showTable = makeTable(model, format, store);
  makeSearch(model, format, choose);
  let view = null;

  const draw = (now, before) => {
    const same = (...names) => before && names.every((name) => now[name] === before[name]);
    const sameView = same("level", "theme", "service", "opsn");
    const began = performance.now();
    if (!sameView) {
      view = makeView(model, format, now);
      atlasMap.show(view);
      showControls(now);
      showLegend(model, format, view);
      document.body.dataset.recolouredIn = (performance.now() - began).toFixed(1);
    }
    if (!sameView || !same("show")) showPart(now, sameView && !same("show"));
    if (!sameView || !same("place", "with")) {
      const here = findPlace(model, now.place);
      const around = here?.level === "communes" ? [...near[here.i]].filter((i) => view.of[i] >= 0) : null;
      showPortrait(model, format, now, view, around, store);
      const marked = [here, findPlace(model, now.with)].filter(Boolean);
      atlasMap.choose(marked);
    }
  };
  const showPart = ({ show }, moved) => {
    const asTable = show === "table";
    byId("table").hidden = !asTable;
    byId("map-part").hidden = asTable;
    byId("as-map").setAttribute("aria-pressed", String(!asTable));
    byId("as-table").setAttribute("aria-pressed", String(asTable));
    if (asTable) showTable(view);
    else if (moved) map.invalidateSize({ animate: false });
  };
  byId("as-map").addEventListener("click", () => store.set({ show: "" }));
  byId("as-table").addEventListener("click", () => store.set({ show: "table" }));
  byId("home").addEventListener("click", () => atlasMap.goHome());
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.get().place) store.set({ place: "", with: "" });
  });

  atlasMap.goHome();
  followMap(map, store);
  const scene = {
    ...atlasMap, topology, map, towns: makeTowns(model),
    borders: Object.fromEntries(["epci", "departements"].map((level) => [level, borders(topology, atlasMap.side, (area) => model.levels.communes[level][area])])),
  };
  makeExports(model, () => composeSheet(model, format, view, scene));
  draw(store.get(), null);
  store.on(draw);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  document.body.dataset.ready = "true";
  return { model, store, view: () => view };
}
