// The view as one A4 sheet in SVG: title, map, legend, sources. Saved as it is, drawn as PNG, or printed.
import { byId, download, fileStem, fill, h, phrase } from "./dom.js";
import { pen2d } from "./layer.js";
import { legendNote } from "./legend.js";
import { aroundGroup, walkRing } from "./topology.js";

const WIDTH = 1123;
const HEIGHT = 794;
const MAP = { x: 32, y: 92, width: 760, height: 610 };
const SVG = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

/**
 * @param {string} tag
 * @param {Record<string, string|number|null>} attributes
 * @param {...(Node|string)} children
 */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Cut a text in lines of at most so many characters, between words.
 * @param {string} text
 * @param {number} most
 */
export function wrap(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] && lines[last].length + word.length >= most) lines.push(word);
    else lines[last] = lines[last] ? `${lines[last]} ${word}` : word;
  }
  return lines;
}

/** @type {(x: number, y: number, words: string, attributes?: Record<string, string|number|null>) => SVGElement} */
const text = (x, y, words, attributes = {}) => svg("text", { x, y, "font-size": 12, ...attributes }, words);

/** @type {(x: number, y: number, words: string, most: number, size: number, attributes?: Record<string, string|number|null>) => SVGElement[]} */
const written = (x, y, words, most, size, attributes = {}) =>
  wrap(words, most).map((line, k) => text(x, y + k * size * 1.35, line, { "font-size": size, ...attributes }));

/**
 * What the map shows of the territory now; all of the territory where the map shows none of it.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LatLngBounds} home
 */
function shownBounds(map, home) {
  const view = map.getBounds();
  if (!view.intersects(home)) return home;
  const north = Math.min(view.getNorth(), home.getNorth());
  const south = Math.max(view.getSouth(), home.getSouth());
  const west = Math.max(view.getWest(), home.getWest());
  const east = Math.min(view.getEast(), home.getEast());
  return L.latLngBounds([south, west], [north, east]).pad(0.03);
}

/**
 * The part of the grid that goes on the sheet, and how it fits there.
 * @param {Scene} scene
 * @returns {Fit}
 */
function frame({ map, projection, home }) {
  const bounds = shownBounds(map, home);
  const metres = map.distance(bounds.getCenter(), [bounds.getCenter().lat, bounds.getEast()]) * 2;
  const [left, top] = projection.toGrid(bounds.getNorthWest());
  const [right, bottom] = projection.toGrid(bounds.getSouthEast());
  const scale = Math.min(MAP.width / (right - left), MAP.height / (bottom - top));
  const x = MAP.x + (MAP.width - (right - left) * scale) / 2 - left * scale;
  const y = MAP.y + (MAP.height - (bottom - top) * scale) / 2 - top * scale;
  return { scale, x, y, pixels: ((right - left) * scale) / metres };
}

/**
 * @param {Topology} topology
 * @param {Ring[]} rings
 * @param {Fit} fit
 */
function pathOf(topology, rings, { scale, x, y }) {
  let d = "";
  /** @type {(gx: number, gy: number, first: boolean) => string} */
  const put = (gx, gy, first) => (d += `${first ? "M" : "L"}${(gx * scale + x).toFixed(1)} ${(gy * scale + y).toFixed(1)}`);
  for (const ring of rings) {
    walkRing(topology, ring, put);
    d += "Z";
  }
  return d;
}

/**
 * @param {Topology} topology
 * @param {number[]} arcs
 * @param {Fit} fit
 */
function linesOf(topology, arcs, { scale, x, y }) {
  let d = "";
  for (const arc of arcs) {
    for (let i = topology.starts[arc]; i < topology.starts[arc + 1]; i++) {
      d += `${i === topology.starts[arc] ? "M" : "L"}${(topology.x[i] * scale + x).toFixed(1)} ${(topology.y[i] * scale + y).toFixed(1)}`;
    }
  }
  return d;
}

/**
 * @param {Model} model
 * @param {View} view
 * @param {Numbers} format
 */
function legend(model, view, format) {
  const { texts, paper } = model;
  /** @type {(Class & { count: number })[]} */
  const rows = view.classes.filter(({ count }) => count);
  if (view.unsureCount) rows.push({ label: texts.unsure, count: view.unsureCount, colour: paper.page, hatched: true });
  const x = MAP.x + MAP.width + 28;
  let y = MAP.y + 8;
  const parts = [];
  const title = written(x, y + 8, view.title, 36, 14, { "font-weight": 600 });
  parts.push(...title);
  y += title.length * 19 + 6;
  const note = written(x, y + 6, [legendNote(model, view), view.basis].filter(Boolean).join(" "), 46, 11, { fill: paper.quiet });
  parts.push(...note);
  y += note.length * 15 + 12;
  for (const { colour, hatched, label, count } of rows) {
    const box = { x, y, width: 26, height: 15, stroke: paper.field, "stroke-width": 0.6 };
    parts.push(svg("rect", { ...box, fill: colour }));
    if (hatched) parts.push(svg("rect", { ...box, fill: "url(#hatch)" }));
    const lines = written(x + 34, y + 12, `${label} (${format.count(count)})`, 32, 12);
    parts.push(...lines);
    y += Math.max(24, lines.length * 17 + 8);
  }
  return parts;
}

/**
 * @param {Model} model
 * @param {string} note
 */
function foot({ page, paper, texts }, note) {
  const own = note ? written(32, 724, phrase(texts.note_of, { note }), 165, 11) : [];
  const notice = page.notice ? written(32, 724 + own.length * 15, page.notice, 165, 11, { "font-weight": 600, fill: paper["notice-text"] }) : [];
  return [...own, ...notice, ...written(32, 724 + (own.length + notice.length) * 15, page.source, 190, 10, { fill: paper.quiet })];
}

/**
 * @param {Town[]} towns
 * @param {Record<string, string>} paper
 * @param {Fit} fit
 */
function townsOf(towns, paper, { scale, x, y }) {
  /** @type {Box[]} */
  const taken = [];
  const parts = [];
  for (const town of towns.slice(0, 40)) {
    const [left, top] = [town.x * scale + x, town.y * scale + y];
    const width = town.name.length * 6.6 + 10;
    const box = [left - 4, top - 8, left + width, top + 8];
    const inside = left > MAP.x && left + width < MAP.x + MAP.width && top > MAP.y + 8 && top < MAP.y + MAP.height - 8;
    if (!inside || parts.length >= 36 || taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1])) continue;
    taken.push(box);
    parts.push(svg("circle", { cx: left, cy: top, r: 2.2 }));
    parts.push(text(left + 5, top + 4, town.name, { "font-size": 11, stroke: paper["map-halo"], "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" }));
  }
  return parts;
}

/**
 * A scale bar of a round length, about a sixth of the map's width.
 * @param {Fit} fit
 * @param {Record<string, string>} paper
 * @param {Numbers} format
 */
function scaleBar({ pixels }, paper, format) {
  const wish = MAP.width / 6 / pixels / 1000;
  const power = 10 ** Math.floor(Math.log10(wish));
  const km = ([5, 2].find((k) => k * power <= wish) ?? 1) * power;
  const [x, y, width] = [MAP.x + 12, MAP.y + MAP.height - 14, km * 1000 * pixels];
  return [
    svg("path", { d: `M${x} ${y - 6}v6h${width.toFixed(1)}v-6`, fill: "none", stroke: paper.text, "stroke-width": 1.4 }),
    text(x + 4, y - 9, `${format.distance(km * 1000, Math.max(0, -Math.floor(Math.log10(km))))}`, { "font-size": 11 }),
  ];
}

/**
 * Compose the sheet of a view. `scene` holds the topology, its boxes, the lines and towns, the map and its projection.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 * @param {Scene} scene
 */
export function composeSheet(model, format, view, scene) {
  const { paper } = model;
  const at = frame(scene);
  /** @type {(rings: Ring[], paint: string) => SVGElement} */
  const shape = (rings, paint) => svg("path", { d: pathOf(scene.topology, rings, at), fill: paint, "fill-rule": "evenodd" });
  const { classes, unsure } = scene.ringsOf(view);
  const shapes = [shape(scene.landRings(), paper["map-land"])];
  for (const { place, colour, hatched } of view.classes) {
    shapes.push(shape(classes[place], colour));
    if (hatched) shapes.push(shape(classes[place], "url(#hatch)"));
  }
  if (view.unsureCount) shapes.push(shape(unsure, "url(#hatch)"));
  /** @type {(arcs: number[], stroke: string, width: number) => SVGElement} */
  const line = (arcs, stroke, width) => svg("path", { d: linesOf(scene.topology, arcs, at), fill: "none", stroke, "stroke-width": width, "stroke-linejoin": "round" });
  const { epci, departements } = scene.arcs();
  if (view.level === model.base) shapes.push(line(scene.ownArcs, paper["map-halo"], 0.8));
  if (view.level === model.base && epci) shapes.push(line(epci, paper.quiet, 0.45));
  if (view.level !== model.base) shapes.push(line(scene.arcs()[view.level], paper["map-halo"], 0.8));
  shapes.push(line(departements ?? [], paper["map-departement"], 1.3));
  for (const { level, i } of scene.places) {
    const around = aroundGroup(scene.topology, scene.side(), (area) => area >= 0 && model.groupOf(level, area) === i);
    shapes.push(line(around, paper["map-halo"], 4.5), line(around, paper["map-choice"], 2.2));
  }
  shapes.push(...townsOf(scene.towns, paper, at));
  return svg("svg", { xmlns: SVG, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, fill: paper.text, "font-family": FONT, role: "img", "aria-label": view.title },
    svg("defs", {},
      svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("path", { d: "M0 0V6", stroke: paper.quiet, "stroke-width": 1.6 })),
      svg("clipPath", { id: "frame" }, svg("rect", MAP))),
    svg("rect", { width: WIDTH, height: HEIGHT, fill: paper.page }),
    svg("rect", { x: 32, y: 28, width: 5, height: 44, fill: paper.accent }),
    text(48, 46, model.page.title, { "font-size": 20, "font-weight": 700 }),
    text(48, 68, model.page.subtitle, { "font-size": 13, fill: paper.quiet }),
    ...written(420, 40, scene.sentence, 105, 12).slice(0, 3),
    svg("g", { "clip-path": "url(#frame)" }, ...shapes),
    svg("rect", { ...MAP, fill: "none", stroke: paper.edge }),
    ...scaleBar(at, paper, format),
    ...legend(model, view, format),
    ...foot(model, scene.note));
}

/** @type {(sheet: Element) => string} */
const source = (sheet) => new XMLSerializer().serializeToString(sheet);

/**
 * Draw the sheet as PNG, twice as fine as the screen.
 * @param {Element} sheet
 * @returns {Promise<Blob>}
 */
async function toPng(sheet) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source(sheet))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * WIDTH, 2 * HEIGHT];
  pen2d(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(/** @type {Blob} */ (blob)), "image/png"));
}

/**
 * What is printed: the sheet of the view, or its whole table; then what the panel says of the chosen place.
 * @param {() => Element} compose
 * @param {() => Element} wholeTable
 */
function printed(compose, wholeTable) {
  const panel = byId("portrait");
  const first = byId("table").hidden ? h("div", { class: "drawn" }, compose()) : wholeTable();
  if (panel.hidden) return [first];
  const copy = h("div", { class: panel.classList.contains("compared") ? "place compared" : "place" }, [...panel.children].map((each) => each.cloneNode(true)));
  for (const each of copy.querySelectorAll("[id]")) each.removeAttribute("id");
  return [first, copy];
}

/**
 * Bring the export buttons and printing to life; `compose` gives the sheet of the present view, `wholeTable` all rows.
 * @param {Model} model
 * @param {() => Element} compose
 * @param {() => View} getView
 * @param {() => Element} wholeTable
 */
export function makeExports(model, compose, getView, wholeTable) {
  const stem = () => fileStem(model, getView());
  byId("svg").addEventListener("click", () => download(`${stem()}.svg`, "image/svg+xml", source(compose())));
  byId("png").addEventListener("click", async () => download(`${stem()}.png`, "image/png", await toPng(compose())));
  byId("print").addEventListener("click", () => print());
  byId("link").addEventListener("click", async () => {
    byId("export-status").textContent = location.href;
    await navigator.clipboard?.writeText(location.href).catch(() => null);
    byId("export-status").textContent = model.texts.link_done;
  });
  const menu = /** @type {HTMLDetailsElement} */ (document.querySelector(".exports"));
  const close = () => (menu.open = false);
  for (const id of ["svg", "png", "print", "csv-all"]) byId(id).addEventListener("click", close);
  addEventListener("pointerdown", ({ target }) => menu.contains(/** @type {Node} */ (target)) || close());
  menu.addEventListener("keydown", ({ key }) => key === "Escape" && (close(), menu.querySelector("summary")?.focus()));
  addEventListener("beforeprint", () => fill(byId("sheet"), printed(compose, wholeTable)));
  addEventListener("afterprint", () => byId("sheet").replaceChildren());
}
