// The map itself: colours, outlines, names of towns, tooltip, choice of a place.
import { fill, h } from "./dom.js";
import { gridProjection, makeCanvasLayer, makeFinder, makePaths, opacity } from "./layer.js";
import { aroundGroup, borders, boxes, outlines, sides } from "./topology.js";

const MANY = 500;
const FINEST = 14;

/**
 * Read the colours of the lines and names from the style sheet, so that they follow its light or dark form.
 * @returns {Record<string, string>}
 */
export function inks() {
  const style = getComputedStyle(document.documentElement);
  /** @type {(name: string) => string} */
  const ink = (name) => style.getPropertyValue(`--map-${name}`).trim();
  return Object.fromEntries(["land", "line", "epci", "departement", "label", "halo", "hatch", "choice"].map((n) => [n, ink(n)]));
}

/**
 * The rings of each class of a view, and of what is unsure in it: one path each, without inner borders.
 * @param {Topology} topology
 * @param {View} view
 * @param {(area: number) => number} groupOf
 * @returns {ViewRings}
 */
export function viewRings(topology, view, groupOf) {
  const classes = outlines(topology, (area) => view.of[groupOf(area)] ?? -1, view.classes.length);
  /** @type {(area: number) => number} */
  const isUnsure = (area) => (view.unsure[groupOf(area)] ? 0 : -1);
  return { classes, unsure: view.unsureCount ? outlines(topology, isUnsure, 1)[0] : [] };
}

/**
 * @param {Paths} paths
 * @param {View} view
 * @param {ViewRings} rings
 */
function shade(paths, view, { classes, unsure }) {
  const shades = view.classes.map((each) => ({ ...each, path: paths.ofRings(classes[each.place]) }));
  return { classes: shades.filter(({ count }) => count), unsure: paths.ofRings(unsure) };
}

/**
 * Names of the main towns, larger first, where there is room.
 * @param {Town[]} towns
 * @param {Pen} pen
 * @param {Record<string, string>} ink
 * @param {DrawnFrame} frame
 */
function townNames(towns, pen, ink, { zoom, size }) {
  /** @type {Box[]} */
  const taken = [];
  const most = zoom < 7 ? 5 : zoom < 8 ? 12 : zoom < 9 ? 24 : zoom < 10 ? 60 : 400;
  pen.onScreen((context) => {
    context.lineJoin = "round";
    context.textBaseline = "middle";
    for (const { x, y, name, rank } of towns.slice(0, most)) {
      const [left, top] = pen.place(x, y);
      if (left < 0 || top < 0 || left > size.x || top > size.y) continue;
      context.font = `${rank < 8 ? "600 13px" : "12px"} system-ui, "Segoe UI", Roboto, Arial, sans-serif`;
      const width = context.measureText(name).width + 10;
      const box = [left - 4, top - 9, left + width, top + 9];
      if (taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
      taken.push(box);
      context.fillStyle = ink.label;
      context.beginPath();
      context.arc(left, top, 2.4, 0, 7);
      context.fill();
      context.strokeStyle = ink.halo;
      context.lineWidth = 3.5;
      context.strokeText(name, left + 6, top);
      context.fillText(name, left + 6, top);
    }
  });
}

/**
 * The main towns, larger first, with their place on the grid.
 * @type {(model: Model) => Town[]}
 */
export const makeTowns = ({ towns, base, levels }) =>
  towns.map(([i, x, y], rank) => ({ x, y, name: levels[base].name[i], rank }));

/**
 * The borders between the groups of each wider level that the areas belong to.
 * @type {(model: Model, topology: Topology, side: Sides) => Record<string, number[]>}
 */
export const groupBorders = ({ groups }, topology, side) =>
  Object.fromEntries(Object.entries(groups).map(([level, of]) => [level, borders(topology, side, (area) => of[area])]));

/** The tooltips of the maps of the page: themes that share a map share its tooltip. @type {WeakMap<import('leaflet').Map, Tip>} */
const tips = new WeakMap();

/**
 * The tooltip of a map: it follows the pointer, answers a tap, and says what each of its themes shows there.
 * @param {import('leaflet').Map} map
 * @returns {Tip}
 */
function tipOf(map) {
  const given = tips.get(map);
  if (given) return given;
  const tip = L.tooltip({ sticky: true, direction: "auto", offset: [12, 0], className: "tip" });
  /** @type {Set<TipSource>} */
  const sources = new Set();
  let waiting = 0;
  /** @type {(latlng: import('leaflet').LatLng) => [TipSource, number][]} */
  const at = (latlng) => [...sources].flatMap((source) => {
    const i = source.under(latlng);
    return i < 0 ? [] : [/** @type {[TipSource, number]} */ ([source, i])];
  });
  /** @type {(places: [TipSource, number][], latlng: import('leaflet').LatLng) => void} */
  const show = (places, latlng) => {
    map.getContainer().style.cursor = places.length ? "pointer" : "";
    if (!places.length) return void tip.remove();
    const body = h("div");
    fill(body, places.map(([source, i]) => source.describe(i)));
    // a place that several themes show is named once
    const names = [...body.querySelectorAll("strong")];
    names.forEach((name, k) => names.slice(0, k).some((other) => other.textContent === name.textContent) && name.remove());
    tip.setContent(body).setLatLng(latlng).openOn(map);
  };
  const hide = () => {
    cancelAnimationFrame(waiting);
    tip.remove();
  };
  map.on({
    mousemove({ latlng }) {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => show(at(latlng), latlng));
    },
    mouseout: hide,
    click({ latlng }) {
      cancelAnimationFrame(waiting);
      const places = at(latlng);
      show(places, latlng);
      for (const [source, i] of places) source.onChoose(i);
    },
    keydown: (/** @type {any} */ { originalEvent }) => originalEvent.key === "Escape" && hide(),
  });
  const made = { hide, sources };
  tips.set(map, made);
  return made;
}

/**
 * The lines around a place, in degrees.
 * @param {Model} model
 * @param {Ground} ground
 * @param {Place} place
 */
function outline(model, { topology, side, projection }, { level, i }) {
  const { left, right } = side();
  /** @type {(area: number) => boolean} */
  const isIn = (area) => area >= 0 && model.groupOf(level, area) === i;
  return aroundGroup(topology, { left, right }, isIn).map((arc) => {
    const line = [];
    for (let k = topology.starts[arc]; k < topology.starts[arc + 1]; k++) line.push(projection.toLatLng(topology.x[k], topology.y[k]));
    return line;
  });
}

/**
 * Ways to outline chosen places, and to bring them into sight.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LayerGroup} layer
 * @param {{model: Model, ground: Ground, ink: () => Record<string, string>}} parts
 */
function makeChoice(map, layer, { model, ground, ink }) {
  const { topology, projection } = ground;
  const chosen = L.layerGroup();
  layer.addLayer(chosen);
  /** @type {(level: string, i: number) => number[]} */
  const areasOf = (level, i) => topology.areas.map((_, area) => area).filter((area) => model.groupOf(level, area) === i);
  return {
    /** @param {Place[]} places */
    choose(places) {
      chosen.clearLayers();
      places.forEach((place, k) => {
        const line = outline(model, ground, place);
        const style = { interactive: false, fill: false };
        chosen.addLayer(L.polyline(line, { ...style, color: ink().halo, weight: 6 }));
        chosen.addLayer(L.polyline(line, { ...style, color: ink().choice, weight: 3, dashArray: k ? "6 5" : undefined }));
      });
    },
    /** @param {Place[]} places */
    go(places) {
      const areas = places.flatMap(({ level, i }) => areasOf(level, i));
      const bounds = projection.bounds(areas.map((area) => ground.areaBoxes()[area]));
      const room = places.length === 1 && places[0].level === model.base ? 1.5 : 0.1;
      if (bounds.isValid()) map.fitBounds(bounds.pad(room), { maxZoom: 12, animate: false });
    },
  };
}

/**
 * What maps of the same areas share: their shapes, the lines between them, their names. Each part is made when it is
 * first asked for.
 * @param {Model} model
 * @param {Topology} topology
 * @returns {Ground}
 */
export function makeGround(model, topology) {
  const paths = makePaths(topology);
  /** @type {<T>(make: () => T) => () => T} */
  const once = (make) => {
    /** @type {{ value: ReturnType<typeof make> } | null} */
    let kept = null;
    return () => (kept ??= { value: make() }).value;
  };
  const areaBoxes = once(() => boxes(topology));
  const side = once(() => sides(topology));
  const arcs = once(() => groupBorders(model, topology, side()));
  const landRings = once(() => outlines(topology, () => 0, 1)[0]);
  const finder = once(() => makeFinder(paths, areaBoxes()));
  return {
    topology, paths, areaBoxes, side, arcs, landRings,
    projection: gridProjection(model.grid),
    find: (x, y) => finder()(x, y),
    land: once(() => paths.ofRings(landRings())),
    all: once(() => paths.lines(Array.from({ length: topology.nArcs }, (_, i) => i))),
    lines: once(() => Object.fromEntries(Object.entries(arcs()).map(([level, own]) => [level, paths.lines(own)]))),
    towns: makeTowns(model),
    ringsOf: (shown) => viewRings(topology, shown, (area) => model.groupOf(shown.level, area)),
    ownArcs: topology.areas.length < MANY ? Array.from({ length: topology.nArcs }, (_, i) => i) : [],
  };
}

/**
 * Put the areas in a layer of the map; gives show(view), choose(places), go(place), goHome(), and calls
 * onChoose(level, i) for a place of the study that is clicked or tapped.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LayerGroup} layer
 * @param {Model} model
 * @param {Ground} ground
 * @param {{onChoose?: (level: string, i: number) => void, describe: (view: View, i: number) => Child[]}} uses
 */
export function makeMap(map, layer, model, ground, { onChoose, describe }) {
  const { topology, paths, projection } = ground;
  /** @type {{view: View, shades: ReturnType<typeof shade>} | null} */
  let now = null;
  let ink = inks();

  const canvas = makeCanvasLayer(model.grid, (pen, frame) => {
    const { zoom } = frame;
    if (!model.background) pen.fill(ground.land(), ink.land);
    if (!now) return;
    const { view, shades } = now;
    const isBase = view.level === model.base;
    const lines = ground.lines();
    for (const { path, colour, hatched } of shades.classes) {
      pen.fill(path, colour, opacity(model));
      if (hatched) pen.hatch(path, ink.hatch);
    }
    if (view.unsureCount) pen.hatch(shades.unsure, ink.hatch);
    if (isBase && topology.areas.length < MANY) pen.stroke(ground.all(), ink.line, zoom < 9 ? 0.9 : 1.4);
    else if (isBase && zoom >= 8.5) pen.stroke(ground.all(), ink.line, zoom < 10 ? 0.35 : 0.7);
    if (isBase && lines.epci && zoom > 6.5) pen.stroke(lines.epci, ink.epci, zoom < 9 ? 0.6 : 1);
    if (!isBase) pen.stroke(lines[view.level], ink.line, zoom < 9 ? 0.9 : 1.4);
    if (lines.departements) pen.stroke(lines.departements, ink.departement, zoom < 6.5 ? 0.7 : zoom < 9 ? 1.4 : 2);
    townNames(ground.towns, pen, ink, frame);
  });
  layer.addLayer(canvas);
  /** @type {(uses: (view: View, i: number) => unknown) => (i: number) => any} */
  const withView = (use) => (i) => now && use(now.view, i);
  const tip = tipOf(map);
  /** @type {TipSource} */
  const source = {
    under(latlng) {
      const [x, y] = latlng ? projection.toGrid(latlng) : [NaN, NaN];
      const area = now ? ground.find(x, y) : -1;
      return now && area >= 0 ? model.groupOf(now.view.level, area) : -1;
    },
    describe: withView(describe),
    onChoose: withView((view, i) => model.isStudied(view.level, i) && onChoose?.(view.level, i)),
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    ink = inks();
    canvas.redraw();
  });
  const home = projection.bounds(ground.areaBoxes().filter((_, area) => model.isStudied(model.base, area)));
  return {
    home,
    /** @param {boolean} on */
    listen: (on) => (on ? tip.sources.add(source) : tip.sources.delete(source)),
    /** @param {View} next */
    show(next) {
      now = { view: next, shades: shade(paths, next, ground.ringsOf(next)) };
      tip.hide();
      canvas.redraw();
    },
    ...makeChoice(map, layer, { model, ground, ink: () => ink }),
    /** Show the whole study, and let nobody zoom further than the outlines are good for, nor leave the territory. */
    goHome: () => map.fitBounds(home, { animate: false, padding: [8, 8] }),
    limitZoom() {
      map.setMaxZoom(FINEST);
      map.setMinZoom(Math.floor(map.getBoundsZoom(home)) - 2);
      map.setMaxBounds(home.pad(1));
    },
  };
}
