// One canvas for all areas. Paths are in grid cells; each drawing only sets the scale, so a zoom builds nothing.
import { walkRing } from "./topology.js";

const WORLD_M = 2 * Math.PI * 6378137;

/**
 * How opaque the colours of a theme are: a background shows through them.
 * @type {(model: Model) => number}
 */
export const opacity = ({ background }) => (background ? 0.7 : 1);

/**
 * The pen of a canvas.
 * @type {(canvas: HTMLCanvasElement) => CanvasRenderingContext2D}
 */
export const pen2d = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/**
 * Ways to draw rings and arcs, and the path of one area, made when it is first asked for.
 * @param {Topology} topology
 */
export function makePaths(topology) {
  const made = new Map();
  /** @type {(rings: Ring[]) => Path2D} */
  const ofRings = (rings) => {
    const path = new Path2D();
    // not closed: filling closes rings by itself, while closing each takes Chromium longer the more there are
    for (const ring of rings) walkRing(topology, ring, (x, y, first) => (first ? path.moveTo(x, y) : path.lineTo(x, y)));
    return path;
  };
  return {
    ofRings,
    /**
     * @param {number} i
     * @returns {Path2D}
     */
    area(i) {
      if (!made.has(i)) made.set(i, ofRings(topology.areas[i]));
      return made.get(i);
    },
    /** @param {number[]} arcs */
    lines(arcs) {
      const path = new Path2D();
      for (const arc of arcs) {
        const end = topology.starts[arc + 1];
        let i = topology.starts[arc];
        path.moveTo(topology.x[i], topology.y[i]);
        while (++i < end) path.lineTo(topology.x[i], topology.y[i]);
      }
      return path;
    },
  };
}

/**
 * Between grid cells and degrees, for a grid placed at left, top in Web Mercator metres.
 * @param {Grid} grid
 */
export function gridProjection(grid) {
  const mercator = L.Projection.SphericalMercator;
  return {
    /** @type {(x: number, y: number) => import('leaflet').LatLng} */
    toLatLng: (x, y) => mercator.unproject(L.point(grid.left + x * grid.step, grid.top - y * grid.step)),
    /**
     * @param {import('leaflet').LatLng} latlng
     * @returns {[number, number]}
     */
    toGrid(latlng) {
      const { x, y } = mercator.project(latlng);
      return [(x - grid.left) / grid.step, (grid.top - y) / grid.step];
    },
    /**
     * What holds all the boxes of areas; nothing valid where none has any extent.
     * @param {Box[]} boxes
     */
    bounds(boxes) {
      const around = L.latLngBounds([]);
      for (const [left, top, right, bottom] of boxes.filter((box) => box[0] <= box[2])) {
        around.extend(this.toLatLng(left, top)).extend(this.toLatLng(right, bottom));
      }
      return around;
    },
  };
}

/**
 * Find the area under a point of the grid.
 * @param {Paths} paths
 * @param {Box[]} areaBoxes
 * @returns {(x: number, y: number) => number}
 */
export function makeFinder(paths, areaBoxes) {
  const scratch = pen2d(document.createElement("canvas"));
  return (x, y) =>
    areaBoxes.findIndex(
      (box, area) =>
        x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && scratch.isPointInPath(paths.area(area), x, y, "evenodd"),
    );
}

/**
 * Lines across a colour: the mark of what is unknown or unsure.
 * @param {CanvasRenderingContext2D} context
 * @param {string} ink
 */
export function hatch(context, ink) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = pen2d(tile);
  pen.strokeStyle = ink;
  pen.lineWidth = 1.1;
  pen.beginPath();
  for (const from of [-6, 0, 6]) {
    pen.moveTo(from - 1, 7);
    pen.lineTo(from + 7, -1);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}

/**
 * A Leaflet layer drawn by `paint(pen)`, where pen has fill(path, colour, alpha), hatch(path), stroke(path, colour, width),
 * and text(x, y, label, style).
 * @param {Grid} grid
 * @param {(pen: Pen, frame: DrawnFrame) => void} paint
 */
export function makeCanvasLayer(grid, paint) {
  const CanvasLayer = L.Renderer.extend({
    options: { padding: 0.2 },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._container.style.pointerEvents = "none";
      this._context = pen2d(this._container);
    },
    _destroyContainer() {
      this._container.remove();
      delete this._container;
    },
    _update() {
      /** @type {any} */ (L.Renderer.prototype)._update.call(this);
      const size = this._bounds.getSize();
      const dots = window.devicePixelRatio || 1;
      this._container.width = Math.round(size.x * dots);
      this._container.height = Math.round(size.y * dots);
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this.redraw();
    },
    /** Draw everything again: the colours, the zoom or the place have changed. */
    redraw() {
      if (!this._context || !this._bounds) return;
      const context = this._context;
      const dots = window.devicePixelRatio || 1;
      const pixels = (256 * 2 ** this._map.getZoom()) / WORLD_M;
      const scale = pixels * grid.step;
      const corner = this._map.getPixelOrigin().add(this._bounds.min);
      const at = [
        (grid.left + WORLD_M / 2) * pixels - corner.x,
        (WORLD_M / 2 - grid.top) * pixels - corner.y,
      ];
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this._container.width, this._container.height);
      context.setTransform(dots * scale, 0, 0, dots * scale, dots * at[0], dots * at[1]);
      context.lineJoin = "round";
      paint(makePen(context, scale, dots, at), { zoom: this._map.getZoom(), size: this._bounds.getSize() });
    },
  });
  return new CanvasLayer();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} scale
 * @param {number} dots
 * @param {number[]} at
 * @returns {Pen}
 */
function makePen(context, scale, dots, at) {
  return {
    fill(path, colour, alpha = 1) {
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
    },
    hatch(path, ink) {
      const pattern = hatch(context, ink);
      pattern.setTransform(new DOMMatrix().scale(1 / scale));
      context.fillStyle = pattern;
      context.fill(path, "evenodd");
    },
    stroke(path, colour, width) {
      context.strokeStyle = colour;
      context.lineWidth = width / scale;
      context.stroke(path);
    },
    /** Where a point of the grid lies on the canvas, in CSS pixels. */
    place: (x, y) => [x * scale + at[0], y * scale + at[1]],
    /** Run a drawing in CSS pixels instead of grid cells. */
    onScreen(draw) {
      context.save();
      context.setTransform(dots, 0, 0, dots, 0, 0);
      draw(context);
      context.restore();
    },
  };
}
