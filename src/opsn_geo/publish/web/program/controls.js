// The choices: level, theme, service, operator. What a page holds one of only is not offered.
import { byId, fill, fold, h } from "./dom.js";
import { makeCombobox } from "./combobox.js";
import { levelText, SERVICE_THEME } from "./model.js";

/** @type {(value: string, label: string, chosen?: string) => HTMLElement} */
const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

/**
 * @param {Theme[]} items
 * @param {(item: Theme) => string} groupOf
 * @param {(item: Theme) => HTMLElement} make
 */
function grouped(items, groupOf, make) {
  const groups = new Map();
  for (const item of items) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), make(item)]);
  return [...groups].map(([label, options]) => h("optgroup", { label }, options));
}

/**
 * @param {Model} model
 * @param {Store} store
 */
function makeServices(model, store) {
  const { texts } = model;
  fill(byId("opsn"), option("", texts.all_opsn), model.opsn.map(({ key, name }) => option(key, name)));
  return makeCombobox(byId("service"), byId("service-list"), {
    proposals: (text) =>
      model.services
        .filter(({ name, family }) => fold(`${name} ${family}`).includes(fold(text)))
        .map(({ key, name, family }) => ({ value: key, label: name, group: family })),
    onPick: (value) => store.set({ service: value }),
    shown: () => model.services.find(({ key }) => key === store.get().service)?.name ?? "",
    empty: texts.service_none,
  });
}

/**
 * Bring the choices to life; gives refresh(choices).
 * @param {Model} model
 * @param {Store} store
 * @returns {(choices: Choices) => void}
 */
export function makeControls(model, store) {
  const { texts } = model;
  /** @type {(name: keyof Choices) => (event: any) => void} */
  const choose = (name) => (event) => store.set({ [name]: event.target.value });
  const levels = model.shownLevels;
  fill(byId("levels"), levels.map((level) =>
    h("span", {},
      h("input", { type: "radio", name: "level", id: `level-${level}`, value: level, onchange: choose("level") }),
      h("label", { for: `level-${level}` }, levelText(model, "level", level)))));
  byId("level-choice").hidden = levels.length < 2;
  byId("theme").addEventListener("change", choose("theme"));
  byId("opsn").addEventListener("change", choose("opsn"));
  const services = makeServices(model, store);
  byId("theme-choice").hidden = model.themes.length < 2 && !model.services.length;
  byId("controls").classList.toggle("empty", levels.length < 2 && byId("theme-choice").hidden);
  return ({ level, theme, opsn }) => {
    /** @type {HTMLInputElement} */ (byId(`level-${level}`)).checked = true;
    const themes = model.themes.filter((each) => each.level === level);
    fill(
      byId("theme"),
      model.services.length ? option(SERVICE_THEME, texts.service_theme, theme) : null,
      grouped(themes, (each) => each.group, (each) => option(each.key, each.title, theme)),
    );
    /** @type {HTMLSelectElement} */ (byId("opsn")).value = opsn;
    byId("service-choice").hidden = theme !== SERVICE_THEME;
    services.refresh();
  };
}
