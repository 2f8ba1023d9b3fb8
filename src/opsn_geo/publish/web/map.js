// The map itself: colours, outlines, names of towns, tooltip, choice of a place.
import { fill, h } from "./dom.js";
import { gridProjection, makeCanvasLayer, makeFinder, makePaths, opacity } from "./layer.js";
import { borders, boxes, outlines, sides } from "./topology.js";

/** Read the colours of the lines and names from the style sheet, so that they follow its light or dark form. */
export function inks() {
  const style = getComputedStyle(document.documentElement);
  const ink = (name) => style.getPropertyValue(`--map-${name}`).trim();
  return Object.fromEntries(["land", "line", "epci", "departement", "label", "halo", "hatch", "choice"].map((n) => [n, ink(n)]));
}

/** The rings of each class of a view, and of what is unsure in it: one path each, without inner borders. */
export function viewRings(topology, side, view, groupOf) {
  const classes = outlines(topology, side, (area) => view.of[groupOf(area)] ?? -1, view.classes.length);
  const isUnsure = (area) => (view.unsure[groupOf(area)] ? 0 : -1);
  return { classes, unsure: view.unsureCount ? outlines(topology, side, isUnsure, 1)[0] : [] };
}

function shade(paths, view, { classes, unsure }) {
  const shades = view.classes.map((each) => ({ ...each, path: paths.ofRings(classes[each.place]) }));
  return { classes: shades.filter(({ count }) => count), unsure: paths.ofRings(unsure) };
}

/** Names of the main towns, larger first, where there is room. */
function townNames(towns, pen, ink, { zoom, size }) {
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

/** The main towns, larger first, with their place on the grid. */
export const makeTowns = ({ towns, levels }) =>
  towns.map(([i, x, y], rank) => ({ x, y, name: levels.communes.name[i], rank }));

/** Put the areas on the map; gives show(view), choose(places), go(place), and calls onChoose(level, i). */
export function makeMap(map, model, topology, { onChoose, describe }) {
  const areaBoxes = boxes(topology);
  const paths = makePaths(topology);
  const find = makeFinder(paths, areaBoxes);
  const projection = gridProjection(model.grid);
  const communes = model.levels.communes;
  const side = sides(topology);
  const lines = {
    all: paths.lines(Array.from({ length: topology.nArcs }, (_, i) => i)),
    epci: paths.lines(borders(topology, side, (area) => communes.epci[area])),
    departements: paths.lines(borders(topology, side, (area) => communes.departements[area])),
  };
  const landRings = outlines(topology, side, () => 0, 1)[0];
  const land = paths.ofRings(landRings);
  const towns = makeTowns(model);
  const groupAreas = (level) => {
    const found = model.levels[level].code.map(() => []);
    communes[level].forEach((group, i) => group >= 0 && found[group].push(i));
    return found;
  };
  const areas = { epci: groupAreas("epci"), departements: groupAreas("departements") };
  const areasOf = (level, i) => (level === "communes" ? [i] : areas[level][i]);
  const levelOf = (area, level) => (level === "communes" ? area : communes[level][area]);
  const ringsOf = (shown) => viewRings(topology, side, shown, (area) => levelOf(area, shown.level));
  let view = null;
  let shades = null;
  let ink = inks();

  const layer = makeCanvasLayer(model.grid, (pen, frame) => {
    if (!model.background) pen.fill(land, ink.land);
    for (const { path, colour, hatched } of shades?.classes ?? []) {
      pen.fill(path, colour, opacity(model));
      if (hatched) pen.hatch(path, ink.hatch);
    }
    if (view?.unsureCount) pen.hatch(shades.unsure, ink.hatch);
    if (view?.level === "communes" && frame.zoom >= 8.5) pen.stroke(lines.all, ink.line, frame.zoom < 10 ? 0.35 : 0.7);
    if (view?.level === "communes") pen.stroke(lines.epci, ink.epci, frame.zoom < 9 ? 0.6 : 1);
    if (view?.level === "epci") pen.stroke(lines.epci, ink.line, frame.zoom < 9 ? 0.9 : 1.4);
    pen.stroke(lines.departements, ink.departement, frame.zoom < 9 ? 1.4 : 2);
    townNames(towns, pen, ink, frame);
  });
  layer.addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.setPrefix(false);

  const chosen = L.layerGroup().addTo(map);
  const outline = (level, i) => {
    const own = new Set(areasOf(level, i));
    const arcs = borders(topology, side, (area) => own.has(area)).filter((a) => own.has(side.left[a]) || own.has(side.right[a]));
    return arcs.map((arc) => {
      const found = [];
      for (let k = topology.starts[arc]; k < topology.starts[arc + 1]; k++) found.push(projection.toLatLng(topology.x[k], topology.y[k]));
      return found;
    });
  };
  const boxOf = (level, i) => {
    const own = areasOf(level, i).map((area) => areaBoxes[area]).filter((box) => box[0] <= box[2]);
    const side2 = (k, choose) => choose(...own.map((box) => box[k]));
    const corner = (x, y) => projection.toLatLng(x, y);
    return L.latLngBounds(corner(side2(0, Math.min), side2(1, Math.min)), corner(side2(2, Math.max), side2(3, Math.max)));
  };

  const tip = L.tooltip({ sticky: true, direction: "auto", offset: [12, 0], className: "tip" });
  const under = (latlng) => {
    const area = find(...projection.toGrid(latlng));
    return area < 0 ? -1 : levelOf(area, view.level);
  };
  let waiting = 0;
  map.on("mousemove", ({ latlng }) => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      const i = view ? under(latlng) : -1;
      map.getContainer().style.cursor = i < 0 ? "" : "pointer";
      if (i < 0) return tip.remove();
      const body = h("div");
      fill(body, describe(view, i));
      tip.setContent(body).setLatLng(latlng).openOn(map);
    });
  });
  map.on("mouseout", () => {
    cancelAnimationFrame(waiting);
    tip.remove();
  });
  map.on("click", ({ latlng }) => {
    const i = view ? under(latlng) : -1;
    if (i >= 0) onChoose(view.level, i);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    ink = inks();
    layer.redraw();
  });

  const whole = areaBoxes.filter((box, i) => box[0] <= box[2] && communes.inside[i]);
  const home = L.latLngBounds(
    projection.toLatLng(Math.min(...whole.map((b) => b[0])), Math.min(...whole.map((b) => b[1]))),
    projection.toLatLng(Math.max(...whole.map((b) => b[2])), Math.max(...whole.map((b) => b[3]))),
  );
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    side, projection, home, landRings, ringsOf,
    show(next) {
      view = next;
      shades = shade(paths, view, ringsOf(view));
      tip.remove();
      layer.redraw();
    },
    choose(places) {
      chosen.clearLayers();
      places.forEach(({ level, i }, k) => {
        const line = outline(level, i);
        const style = { interactive: false, fill: false };
        chosen.addLayer(L.polyline(line, { ...style, color: ink.halo, weight: 6 }));
        chosen.addLayer(L.polyline(line, { ...style, color: ink.choice, weight: 3, dashArray: k ? "6 5" : null }));
      });
    },
    go: ({ level, i }) => map.fitBounds(boxOf(level, i).pad(level === "communes" ? 1.5 : 0.1), { maxZoom: 12, animate: !still }),
    goHome: () => map.fitBounds(home, { animate: false }),
  };
}
