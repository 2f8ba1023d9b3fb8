// What folium's scripts call: a layer that draws packed areas, in the frame of our pages or on any Leaflet map.
import { openAtlas, tooltip } from "./atlas.js";
import { inflate, split } from "./codec.js";
import { byId, h } from "./dom.js";
import { legendParts } from "./legend.js";
import { makeGround, makeMap } from "./map.js";
import { buildModel, makeView, validChoices } from "./model.js";
import { numberFormats } from "./numbers.js";
import { decodeTopology } from "./topology.js";

/** The atlas of the page, once it is open: its model, its store, its view. */
export const opened = {};

/** @type {Page} */
const NO_PAGE = { title: "", subtitle: "", notice: "", short: "", source: "", stem: "" };

/**
 * Draw the first theme alone on a map, with its legend in a corner.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LayerGroup} layer
 * @param {Model} model
 * @param {Topology} topology
 */
function openAlone(map, layer, model, topology) {
  const format = numberFormats(model.signs, model.lang);
  const view = makeView(model, format, validChoices(model, {}));
  const areas = makeMap(map, layer, model, makeGround(model, topology), { describe: tooltip(model) });
  areas.show(view);
  const legend = new L.Control({ position: "topright" });
  legend.onAdd = (on) => {
    const box = h("details", { class: "legend on-map", open: on.getSize().x > 600 }, legendParts(model, format, view));
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  return { areas, showLegend: (/** @type {boolean} */ shown) => (shown ? legend.addTo(map) : legend.remove()) };
}

/**
 * Open the atlas in the frame of the page, which then shows this layer and no other.
 * @param {import('leaflet').Map} map
 * @param {import('leaflet').LayerGroup} layer
 * @param {Model} model
 * @param {Topology} topology
 */
function openFramed(map, layer, model, topology) {
  const atlas = openAtlas(map, layer, model, topology);
  Object.assign(opened, atlas);
  return { areas: atlas.areas, showLegend: (/** @type {boolean} */ shown) => (byId("legend").hidden = !shown) };
}

const hasFreeFrame = () => byId("legend") !== null && !("model" in opened);

/**
 * Make the layer from its packed text; it draws itself once unpacked.
 * @param {string} text
 */
export function atlasLayer(text) {
  const unpacked = inflate(text).then(split);
  const AtlasLayer = L.LayerGroup.extend({
    /** @param {import('leaflet').Map} map */
    onAdd(map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      unpacked.then((data) => map.hasLayer(this) && this._open(map, data)).catch((error) => {
        const notice = document.getElementById("unopened");
        if (notice) notice.hidden = false;
        throw error;
      });
    },
    /** @param {import('leaflet').Map} map */
    onRemove(map) {
      L.LayerGroup.prototype.onRemove.call(this, map);
      this._drawn?.areas.listen(false);
      this._drawn?.showLegend(false);
    },
    /**
     * @param {import('leaflet').Map} map
     * @param {Packed} data
     */
    _open(map, data) {
      if (!this._drawn) {
        const framed = hasFreeFrame();
        const model = buildModel(data, framed ? JSON.parse(byId("page").textContent ?? "") : NO_PAGE);
        this._drawn = (framed ? openFramed : openAlone)(map, this, model, decodeTopology(model.topology));
      }
      this._drawn.areas.listen(true);
      this._drawn.showLegend(true);
      document.body.dataset.ready = "true";
    },
  });
  return new AtlasLayer();
}
