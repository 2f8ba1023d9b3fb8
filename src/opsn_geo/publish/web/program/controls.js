// The choices: level, theme, service, operator. What a page holds one of only is not offered.
import { byId, fill, h, phrase } from "./dom.js";
import { makeCombobox } from "./combobox.js";
import { levelText, MOST_SERVICES, SERVICE_THEME, SEVERAL_THEME, themesOf } from "./model.js";
import { findServices } from "./search.js";

/** @type {(value: string, label: string, chosen?: string) => HTMLElement} */
const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

/**
 * Elements under the heading of each group, in the order in which groups come first.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} groupOf
 * @param {(item: T) => HTMLElement} make
 * @param {(label: string, made: HTMLElement[]) => HTMLElement} wrap
 */
function grouped(items, groupOf, make, wrap) {
  const groups = new Map();
  for (const item of items) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), make(item)]);
  return [...groups].map(([label, made]) => wrap(label, made));
}

/** @type {(label: string, made: HTMLElement[]) => HTMLElement} */
const optionGroup = (label, made) => h("optgroup", { label }, made);

/**
 * What a second map may show: every theme of the level, then every service.
 * @param {Model} model
 * @param {string} level
 * @param {string} chosen
 */
export const secondOptions = (model, level, chosen) => [
  option("", model.texts.second_none, chosen),
  ...grouped(model.themes.filter((each) => each.level === level), (each) => each.group, (each) => option(each.key, each.title, chosen), optionGroup),
  ...grouped(model.services, ({ family }) => family, ({ key, name }) => option(`${SERVICE_THEME}:${key}`, name, chosen), optionGroup),
];

/**
 * The list of services that are counted together; gives refresh(choices).
 * @param {Model} model
 * @param {Store} store
 * @returns {(choices: Choices) => void}
 */
function makeSeveral(model, store) {
  const ticked = () => [...byId("several").querySelectorAll("input")].filter((each) => each.checked).map((each) => each.value);
  fill(byId("several"), grouped(
    model.services.filter(({ any }) => !any), ({ family }) => family,
    ({ key, name }) => h("label", { class: "check" }, h("input", { type: "checkbox", value: key, onchange: () => store.set({ services: ticked().join(",") }) }), name),
    (label, made) => h("fieldset", {}, h("legend", {}, label), made),
  ));
  return ({ services }) => {
    const chosen = services.split(",").filter(Boolean);
    byId("several-hint").textContent = phrase(model.texts.several_hint, { n: chosen.length, most: MOST_SERVICES });
    for (const each of byId("several").querySelectorAll("input")) {
      each.checked = chosen.includes(each.value);
      each.disabled = chosen.length >= MOST_SERVICES && !each.checked;
    }
  };
}

/**
 * @param {Model} model
 * @param {Store} store
 */
function makeServices(model, store) {
  const { texts } = model;
  fill(byId("opsn"), option("", texts.all_opsn), model.opsn.map(({ key, name }) => option(key, name)));
  return makeCombobox(byId("service"), byId("service-list"), {
    proposals: (text) => findServices(model, text).map(({ key, name, family }) => ({ value: key, label: name, group: family })),
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
  /** The theme last seen at each level: who comes back finds it again. @type {Record<string, string>} */
  const seen = {};
  /** @type {(name: keyof Choices) => (event: any) => void} */
  const choose = (name) => (event) => store.set({ [name]: event.target.value });
  /**
   * Another level keeps what it can of the theme: the one last seen there, else one of the same subject.
   * @param {string} level
   */
  const turnTo = (level) => {
    const { theme } = store.get();
    const group = model.themes.find((each) => each.key === theme)?.group;
    const near = model.themes.find((each) => each.level === level && each.group === group)?.key;
    store.set({ level, theme: themesOf(model, level).includes(theme) ? theme : (seen[level] ?? near ?? SERVICE_THEME) });
  };
  const levels = model.shownLevels;
  fill(byId("levels"), levels.map((level) =>
    h("span", {},
      h("input", { type: "radio", name: "level", id: `level-${level}`, value: level, onchange: () => turnTo(level) }),
      h("label", { for: `level-${level}` }, levelText(model, "level", level)))));
  byId("level-choice").hidden = levels.length < 2;
  const unfold = byId("unfold");
  unfold.addEventListener("click", () => unfold.setAttribute("aria-expanded", String(unfold.getAttribute("aria-expanded") === "false")));
  byId("theme").addEventListener("change", choose("theme"));
  byId("opsn").addEventListener("change", choose("opsn"));
  const services = makeServices(model, store);
  const showSeveral = makeSeveral(model, store);
  byId("theme-choice").hidden = model.themes.length < 2 && !model.services.length;
  byId("controls").classList.toggle("empty", levels.length < 2 && byId("theme-choice").hidden);
  return (choices) => {
    const { level, theme, opsn } = choices;
    seen[level] = theme;
    /** @type {HTMLInputElement} */ (byId(`level-${level}`)).checked = true;
    const keys = themesOf(model, level);
    fill(
      byId("theme"),
      keys.includes(SERVICE_THEME) ? option(SERVICE_THEME, texts.service_theme, theme) : null,
      keys.includes(SEVERAL_THEME) ? option(SEVERAL_THEME, texts.several_theme, theme) : null,
      grouped(model.themes.filter((each) => each.level === level), (each) => each.group, (each) => option(each.key, each.title, theme), optionGroup),
    );
    /** @type {HTMLSelectElement} */ (byId("opsn")).value = opsn;
    byId("service-choice").hidden = theme !== SERVICE_THEME;
    byId("several-choice").hidden = theme !== SEVERAL_THEME;
    services.refresh();
    showSeveral(choices);
  };
}
