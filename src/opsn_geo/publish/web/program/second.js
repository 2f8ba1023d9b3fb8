// A second map beside the first: another theme or service of the same places, moved together.
import { byId, fill } from "./dom.js";
import { secondOptions } from "./controls.js";
import { headline } from "./headline.js";
import { legendParts } from "./legend.js";
import { makeMap } from "./map.js";
import { makeView, SERVICE_THEME } from "./model.js";

/**
 * Keep two maps on the same place at the same scale.
 * @param {import('leaflet').Map} one
 * @param {import('leaflet').Map} other
 */
function moveTogether(one, other) {
  let moving = false;
  /** @type {(leader: import('leaflet').Map, follower: import('leaflet').Map) => void} */
  const follow = (leader, follower) => {
    leader.on("move", () => {
      if (moving) return;
      moving = true;
      follower.setView(leader.getCenter(), leader.getZoom(), { animate: false });
      moving = false;
    });
  };
  follow(one, other);
  follow(other, one);
}

/**
 * Bring the second map to life; gives show(choices), which opens it when it is first asked for.
 * @param {import('leaflet').Map} map
 * @param {Model} model
 * @param {Numbers} format
 * @param {Ground} ground
 * @param {Store} store
 * @param {{onChoose: (level: string, i: number) => void, describe: (view: View, i: number) => Child[]}} uses
 */
export function makeSecond(map, model, format, ground, store, uses) {
  const part = byId("second-part");
  const select = byId("second");
  /** @type {{ map: import('leaflet').Map, areas: Areas } | null} */
  let opened = null;
  select.addEventListener("change", (/** @type {any} */ event) => store.set({ second: event.target.value }));
  byId("two-maps").addEventListener("click", () => {
    const { second, theme } = store.get();
    const another = model.services.length && theme !== SERVICE_THEME ? `${SERVICE_THEME}:${model.services[0].key}` : model.themes.find((each) => each.level === store.get().level)?.key;
    const service = model.services.find(({ key }) => key !== store.get().service)?.key;
    store.set({ second: second ? "" : (another ?? (service ? `${SERVICE_THEME}:${service}` : "")) });
  });
  const open = () => {
    const second = L.map(byId("second-map"), {
      zoomSnap: map.options.zoomSnap, zoomControl: false, attributionControl: false,
      center: map.getCenter(), zoom: map.getZoom(), minZoom: map.getMinZoom(), maxZoom: map.getMaxZoom(),
    });
    const layer = L.layerGroup().addTo(second);
    const areas = makeMap(second, layer, model, ground, uses);
    areas.listen(true);
    moveTogether(map, second);
    new ResizeObserver(() => second.invalidateSize({ animate: false })).observe(byId("second-map"));
    return { map: second, areas };
  };
  /** @type {(choices: Choices, places: Place[]) => void} */
  return (choices, places) => {
    const isOpen = choices.second !== "" && choices.show !== "table";
    part.hidden = !isOpen;
    byId("maps").classList.toggle("two", isOpen);
    byId("two-maps").setAttribute("aria-pressed", String(isOpen));
    if (!isOpen) return;
    map.invalidateSize({ animate: false });
    opened ??= open();
    const [theme, service] = choices.second.split(":");
    const view = makeView(model, format, { ...choices, theme, service: service ?? "", opsn: "" });
    fill(select, secondOptions(model, choices.level, choices.second));
    opened.areas.show(view);
    opened.areas.choose(places);
    opened.map.setView(map.getCenter(), map.getZoom(), { animate: false });
    fill(byId("second-headline"), headline(model, format, view));
    fill(byId("second-legend"), legendParts(model, format, view));
  };
}
