// Joins the parts of the atlas: data, choices, map, legend, panel, table, exports.
import { makeControls } from "./controls.js";
import { byId, fill, h } from "./dom.js";
import { makeFilters } from "./filters.js";
import { createStore } from "./hash.js";
import { headline, titled } from "./headline.js";
import { legendParts } from "./legend.js";
import { makeGround, makeMap } from "./map.js";
import { chosenPlaces, levelText, makeView, validChoices } from "./model.js";
import { numberFormats } from "./numbers.js";
import { focusPortrait, showPortrait } from "./portrait.js";
import { makeSearch } from "./search.js";
import { makeSecond } from "./second.js";
import { composeSheet, makeExports } from "./sheet.js";
import { makeTable } from "./table.js";
import { neighbours } from "./topology.js";

/** What a view is made of: when none of it changes, neither does the view. @type {(keyof Choices)[]} */
const OF_VIEW = ["level", "theme", "service", "opsn", "services", "size", "density", "dep", "epci", "group", "mine"];

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
 * Keep the place of the map in the address, and the map where the address says, as far as the territory goes.
 * @param {import('leaflet').Map} map
 * @param {Store} store
 * @param {import('leaflet').LatLngBounds} home
 */
function followMap(map, store, home) {
  const where = () => {
    const { lat, lng } = map.getCenter();
    return `${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`;
  };
  /** @type {(choices: Choices) => boolean} */
  const go = ({ at }) => {
    if (!at || at === where()) return Boolean(at);
    const [zoom, lat, lng] = at.split("/").map(Number);
    const isNear = home.pad(0.5).contains([lat, lng]) && zoom >= map.getMinZoom();
    if (isNear) map.setView([lat, lng], Math.min(zoom, map.getMaxZoom()), { animate: false });
    return isNear;
  };
  map.on("moveend", () => where() !== store.get().at && store.replace({ at: where() }));
  store.on((now, before) => now.at !== before.at && go(now));
  return go(store.get());
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
 * Leave out the movements of a map where the reader asks for few.
 * @param {import('leaflet').Map} map
 */
function calm(map) {
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  Object.assign(map.options, { inertia: false, fadeAnimation: false, zoomAnimationThreshold: -1 });
  const { panBy } = L.Map.prototype;
  map.panBy = (offset, options) => panBy.call(map, offset, { ...options, animate: false });
}

/**
 * In a frame of another page, let the wheel scroll that page: only with Ctrl, or once the map was clicked, it zooms.
 * @param {import('leaflet').Map} map
 */
function freeWheel(map) {
  if (window.parent === window) return;
  map.scrollWheelZoom.disable();
  map.on("click focus", () => map.scrollWheelZoom.enable());
  map.on("mouseout blur", () => map.scrollWheelZoom.disable());
}

/**
 * The note of a meeting: what the reader types is kept in the link, and stands on the map and its prints.
 * @param {Store} store
 */
function makeNote(store) {
  const field = /** @type {HTMLTextAreaElement} */ (byId("note"));
  field.addEventListener("change", () => store.set({ note: field.value.trim() }));
  /** @type {(choices: Choices) => void} */
  return ({ note }) => {
    field.value = note;
    byId("note-shown").textContent = note;
    byId("note-shown").hidden = !note;
  };
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
  const ground = makeGround(model, topology);
  /** @type {(word: string) => void} */
  const choose = (word) => {
    store.set({ place: word });
    areas.go(chosenPlaces(model, store.get()));
    focusPortrait();
  };
  /** @type {(level: string, i: number) => void} */
  const onChoose = (level, i) => {
    store.set({ place: `${level}:${model.levels[level].code[i]}` });
    if (getComputedStyle(byId("portrait")).position === "fixed") byId("maps").scrollIntoView({ block: "start" });
  };
  const uses = { onChoose, describe: tooltip(model) };
  const areas = makeMap(map, layer, model, ground, uses);
  let view = makeView(model, format, store.get());
  /** @type {Set<number>[] | null} */
  let near = null;
  const showControls = makeControls(model, store);
  const showFilters = makeFilters(model, store, format);
  const showNote = makeNote(store);
  /** @type {(word: string) => void} */
  const openFromTable = (word) => {
    store.set({ place: word });
    focusPortrait();
  };
  const { show: showTable, whole: wholeTable } = makeTable(model, format, { choose: openFromTable, shown: () => view });
  const showSecond = makeSecond(map, model, format, ground, store, uses);
  makeSearch(model, format, choose);

  /** @type {(now: Choices, before: Choices | null) => void} */
  const draw = (now, before) => {
    /** @type {(...names: (keyof Choices)[]) => boolean} */
    const same = (...names) => before !== null && names.every((name) => now[name] === before[name]);
    const sameView = same(...OF_VIEW);
    const began = performance.now();
    if (!sameView) {
      if (before) view = makeView(model, format, now);
      areas.show(view);
      showControls(now);
      showFilters(now);
      fill(byId("legend"), legendParts(model, format, view));
      fill(byId("headline"), h("strong", {}, `${titled(view)}. `), headline(model, format, view));
      if (before) byId("view-status").textContent = `${view.title}, ${levelText(model, "level", view.level)}`;
      document.body.dataset.recolouredIn = (performance.now() - began).toFixed(1);
    }
    if (!same("note")) showNote(now);
    if (!sameView || !same("show")) showPart(now);
    const places = chosenPlaces(model, now);
    if (!sameView || !same("place", "with")) {
      const nearOf = () => [...(near ??= neighbours(topology, ground.side()))[places[places.length - 1].i]].filter((i) => view.of[i] >= 0);
      showPortrait(model, format, now, view, nearOf, store);
      areas.choose(places);
    }
    if (!sameView || !same("second", "show", "place", "with")) showSecond(now, places);
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
  /**
   * Draw what is chosen; what goes wrong costs this view, says so, and leaves the page alive.
   * @type {(now: Choices, before: Choices | null) => void}
   */
  const drawn = (now, before) => {
    try {
      draw(now, before);
      if (!before || OF_VIEW.some((name) => now[name] !== before[name])) byId("view-failed").hidden = true;
    } catch (error) {
      byId("view-failed").hidden = false;
      console.error(error);
    }
  };
  byId("as-map").addEventListener("click", () => store.set({ show: "" }));
  byId("as-table").addEventListener("click", () => {
    store.set({ show: "table" });
    byId("table").scrollIntoView({ block: "nearest" });
  });
  byId("home").addEventListener("click", () => areas.goHome());
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !store.get().place) return;
    store.set({ place: "", with: "" });
    focusPortrait();
  });

  L.control.scale({ imperial: false }).addTo(map);
  nameZoom(map, model.texts);
  map.attributionControl.setPrefix(false);
  calm(map);
  freeWheel(map);
  areas.limitZoom();
  const isPlaced = followMap(map, store, areas.home);
  const compose = () => composeSheet(model, format, view, {
    ...ground, map, home: areas.home, places: chosenPlaces(model, store.get()), sentence: `${titled(view)}. ${headline(model, format, view)}`, note: store.get().note,
  });
  makeExports(model, compose, () => view, () => wholeTable(view));
  drawn(store.get(), null);
  store.on(drawn);
  // the words above the map have taken their room: now it is known what there is to see it in
  map.invalidateSize({ animate: false });
  if (!isPlaced) {
    const places = chosenPlaces(model, store.get());
    if (places.length) areas.go(places);
    else areas.goHome();
  }
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  return { areas, model, store, view: () => view };
}
