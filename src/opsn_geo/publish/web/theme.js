// A Leaflet layer of one theme: areas on one canvas, a legend, a tooltip, and a table where the page has room for it.
import { inflate, split } from "./codec.js";
import { byId, fill, h } from "./dom.js";
import { gridProjection, makeCanvasLayer, makeFinder, makePaths, opacity } from "./layer.js";
import { numberFormats } from "./numbers.js";
import { borders, boxes, decodeTopology, outlines, sides } from "./topology.js";

const LINE = "#2b2b2b";
const HATCH = "rgba(40, 40, 40, 0.55)";

function legend({ title, note, classes, of }, format) {
  const counts = classes.map((_, place) => of.filter((each) => each === place).length);
  const rows = classes.map(({ label, colour, hatched }, place) => {
    const sample = h("span", { class: hatched ? "swatch hatched" : "swatch" });
    sample.style.backgroundColor = colour;
    return h("li", {}, sample, h("span", { class: "label" }, label), h("span", { class: "count" }, format.count(counts[place])));
  });
  return h("div", { class: "theme-legend" }, h("h2", {}, title), h("p", {}, note), h("ul", {}, rows));
}

function sayValue({ theme, texts }, format, i) {
  const value = theme.values[i];
  if (theme.kind === "intervals" && value !== null && value !== undefined) {
    if (theme.share) return format.percent(value);
    return theme.unit === "m" ? format.distance(value) : format.withUnit(format.decimal(value, 2, true), theme.unit);
  }
  return theme.of[i] < 0 ? texts.not_studied : theme.classes[theme.of[i]].label;
}

function painter(data, topology, paths) {
  const side = sides(topology);
  const rings = outlines(topology, side, (area) => data.theme.of[area], data.theme.classes.length);
  const shades = rings.map(paths.ofRings);
  const land = paths.ofRings(outlines(topology, side, () => 0, 1)[0]);
  const lines = paths.lines(borders(topology, side, (area) => data.departements[area]));
  const all = paths.lines(Array.from({ length: topology.nArcs }, (_, arc) => arc));
  return (pen, { zoom }) => {
    if (!data.background) pen.fill(land, "#eeeeee");
    data.theme.classes.forEach(({ colour, hatched }, place) => {
      pen.fill(shades[place], colour, opacity(data));
      if (hatched) pen.hatch(shades[place], HATCH);
    });
    if (topology.areas.length < 500 || zoom >= 8.5) pen.stroke(all, "rgba(255, 255, 255, 0.75)", 0.5);
    pen.stroke(lines, LINE, zoom < 9 ? 1.2 : 2);
  };
}

function makeTip(data, format, topology, paths) {
  const find = makeFinder(paths, boxes(topology));
  const projection = gridProjection(data.grid);
  const tip = L.tooltip({ direction: "auto", offset: [12, 0], className: "tip" });
  return ({ target, latlng }) => {
    const i = latlng ? find(...projection.toGrid(latlng)) : -1;
    if (i < 0) return tip.remove();
    const body = h("div", {}, h("strong", {}, data.name[i]), h("span", {}, sayValue(data, format, i)));
    tip.setContent(body).setLatLng(latlng).openOn(target);
  };
}

/** The same values as a table, made when it is first opened. */
function offerTable(data, format) {
  const part = byId("values");
  if (!part || part.dataset.filled) return;
  part.dataset.filled = "true";
  part.addEventListener("toggle", () => {
    if (part.querySelector("table")) return;
    const head = [data.texts.code, data.texts.name, data.theme.title].map((label) => h("th", { scope: "col" }, label));
    const rows = data.name.map((name, i) => data.theme.of[i] < 0 ? null
      : h("tr", {}, h("td", {}, data.code[i]), h("th", { scope: "row" }, name), h("td", {}, sayValue(data, format, i))));
    const table = h("table", {}, h("caption", {}, data.theme.title), h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
    const box = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": data.theme.title });
    fill(box, table);
    part.append(box);
  });
}

const ThemeLayer = () =>
  L.LayerGroup.extend({
    onAdd(map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      this._opened.then(({ key, tip }) => {
        if (!map.hasLayer(this)) return;
        key.addTo(map);
        map.on("mousemove mouseout", tip);
      });
    },
    onRemove(map) {
      L.LayerGroup.prototype.onRemove.call(this, map);
      this._opened.then(({ key, tip }) => {
        key.remove();
        map.off("mousemove mouseout", tip);
      });
    },
  });

/** Make the layer from its packed text; it draws itself once unpacked. */
export function themeLayer(text) {
  const layer = new (ThemeLayer())();
  layer._opened = inflate(text).then(split).then(({ head, parts }) => {
    const format = numberFormats(head.signs, head.lang);
    const topology = decodeTopology(parts.topology);
    const paths = makePaths(topology);
    const key = L.control({ position: "topright" });
    key.onAdd = () => legend(head.theme, format);
    layer.addLayer(makeCanvasLayer(head.grid, painter(head, topology, paths)));
    offerTable(head, format);
    document.body.dataset.ready = "true";
    return { key, tip: makeTip(head, format, topology, paths) };
  });
  return layer;
}
