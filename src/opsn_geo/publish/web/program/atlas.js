// Joins the parts of the atlas: data, choices, map, legend, panel, table, exports.
import { makeControls } from "./controls.js";
import { byId, fill, h } from "./dom.js";
import { createStore } from "./hash.js";
import { legendParts } from "./legend.js";
import { makeMap, makeTowns } from "./map.js";
import { findPlace, levelText, makeView, validChoices } from "./model.js";
import { numberFormats } from "./numbers.js";
import { focusPortrait, showPortrait } from "./portrait.js";
import { makeSearch } from "./search.js";
import { composeSheet, makeExports } from "./sheet.js";
import { makeTable } from "./table.js";
import { neighbours } from "./topology.js";

/**
 * Words of the tooltip: the place, what it shows, for whom, and what that rests on.
 * @param {Model} model
 * @returns {(view: View, i: number) => Child[]}
 */
export function tooltip(model) {
  return (view, i) => {
    const notes = model.isStudied(view.level, i) ? [view.detail(i), view.basis].filter(Boolean) : [];
    return [h("strong", {}, model.levels[view.level].name[i]), h("span", {}, view.text(i)), notes.map((note) => h("small", {}, note))];
  };
}

/**
 * Keep the place of the map in the address, and the map where the address says.
 * @param {import('leaflet').Map} map
 * @param {Store} store
 */
function followMap(map, store) {
  const where = () => {
    const { lat, lng } = map.getCenter();
    return `${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`;
  };
  /** @type {(choices: Choices) => void} */
  const go = ({ at }) => {
    if (!at || at === where()) return;
    const [zoom, lat, lng] = at.split("/").map(Number);
    map.setView([lat, lng], zoom, { animate: false });
  };
  go(store.get());
  map.on("moveend", () => where() !== store.get().at && store.replace({ at: where() }));
  store.on((now, before) => now.at !== before.at && go(now));
}

/**
 * Name the zoom buttons in the language of the page.
 * @param {import('leaflet').Map} map
 * @param {Record<string, string>} texts
 */
function nameZoom(map, texts) {
  for (const [name, label] of [["in", texts.zoom_in], ["out", texts.zoom_out]]) {
    const button = map.getContainer().querySelector(`.leaflet-control-zoom-${name}`);
    button?.setAttribute("title", label);
    button?.setAttribute("aria-label", label);
  }
}

/**
 * Open the atlas: its areas in a layer of a Leaflet map, everything else in the frame of the page.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LayerGroup} layer
 * @param {Model} model
 * @param {Topology} topology
 */
export function openAtlas(map, layer, model, topology) {
  const format = numberFormats(model.signs, model.lang);
  const store = createStore((wanted) => validChoices(model, wanted));
  /** @type {(word: string) => void} */
  const choose = (word) => {
    store.set({ place: word });
    const place = findPlace(model, word);
    if (place) areas.go(place);
    focusPortrait();
  };
  /** @type {(level: string, i: number) => void} */
  const onChoose = (level, i) => store.set({ place: `${level}:${model.levels[level].code[i]}` });
  const areas = makeMap(map, layer, model, topology, { onChoose, describe: tooltip(model) });
  const near = neighbours(topology, areas.side);
  const showControls = makeControls(model, store);
  const showTable = makeTable(model, format, store);
  makeSearch(model, format, choose);
  let view = makeView(model, format, store.get());

  /** @type {(now: Choices, before: Choices | null) => void} */
  const draw = (now, before) => {
    /** @type {(...names: (keyof Choices)[]) => boolean} */
    const same = (...names) => before !== null && names.every((name) => now[name] === before[name]);
    const sameView = same("level", "theme", "service", "opsn");
    const began = performance.now();
    if (!sameView) {
      view = makeView(model, format, now);
      areas.show(view);
      showControls(now);
      fill(byId("legend"), legendParts(model, format, view));
      if (before) byId("view-status").textContent = `${view.title}, ${levelText(model, "level", view.level)}`;
      document.body.dataset.recolouredIn = (performance.now() - began).toFixed(1);
    }
    if (!sameView || !same("show")) showPart(now);
    if (!sameView || !same("place", "with")) {
      const here = findPlace(model, now.place);
      const around = here?.level === model.base ? [...near[here.i]].filter((i) => view.of[i] >= 0) : null;
      showPortrait(model, format, now, view, around, store);
      areas.choose([here, findPlace(model, now.with)].filter((each) => each !== null));
    }
  };
  /** @type {(choices: Choices) => void} */
  const showPart = ({ show }) => {
    const asTable = show === "table";
    byId("table").hidden = !asTable;
    byId("view").classList.toggle("as-table", asTable);
    byId("as-map").setAttribute("aria-pressed", String(!asTable));
    byId("as-table").setAttribute("aria-pressed", String(asTable));
    if (asTable) showTable(view);
  };
  byId("as-map").addEventListener("click", () => store.set({ show: "" }));
  byId("as-table").addEventListener("click", () => store.set({ show: "table" }));
  byId("home").addEventListener("click", () => areas.goHome());
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !store.get().place) return;
    store.set({ place: "", with: "" });
    focusPortrait();
  });

  L.control.scale({ imperial: false }).addTo(map);
  nameZoom(map, model.texts);
  map.attributionControl.setPrefix(false);
  areas.limitZoom();
  followMap(map, store);
  const scene = { ...areas, topology, map, towns: makeTowns(model) };
  makeExports(model, () => composeSheet(model, format, view, scene), () => view);
  draw(store.get(), null);
  store.on(draw);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  return { areas, model, store, view: () => view };
}
