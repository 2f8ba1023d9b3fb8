// The choices: level, theme, service, operator; and the legend that answers them.
import { byId, fill, fold, h } from "./dom.js";
import { makeCombobox } from "./combobox.js";
import { LEVELS, SERVICE_THEME } from "./model.js";

const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);

function grouped(items, groupOf, make) {
  const groups = new Map();
  for (const item of items) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), make(item)]);
  return [...groups].map(([label, options]) => h("optgroup", { label }, options));
}

/** Bring the choices to life; gives refresh(choices). */
export function makeControls(model, store) {
  const { texts } = model;
  const choose = (name) => (event) => store.set({ [name]: event.target.value });
  for (const level of LEVELS) byId(`level-${level}`).addEventListener("change", choose("level"));
  byId("theme").addEventListener("change", choose("theme"));
  byId("opsn").addEventListener("change", choose("opsn"));
  fill(byId("opsn"), option("", texts.all_opsn), model.opsn.map(({ key, name }) => option(key, name)));
  const service = makeCombobox(byId("service"), byId("service-list"), {
    proposals: (text) =>
      model.services
        .filter(({ name, family }) => fold(`${name} ${family}`).includes(fold(text)))
        .map(({ key, name, family }) => ({ value: key, label: name, group: family })),
    onPick: (value) => store.set({ service: value }),
    shown: () => model.services.find(({ key }) => key === store.get().service).name,
    empty: texts.service_none,
  });
  return ({ level, theme, opsn }) => {
    byId(`level-${level}`).checked = true;
    const themes = model.themes.filter((each) => each.level === level);
    fill(
      byId("theme"),
      option(SERVICE_THEME, texts.service_theme, theme),
      grouped(themes, (each) => each.group, (each) => option(each.key, each.title, theme)),
    );
    byId("opsn").value = opsn;
    byId("service-choice").hidden = theme !== SERVICE_THEME;
    service.refresh();
  };
}

/** A sample of a class: its colour, hatched where it is unknown or unsure. */
export const swatch = (colour, hatched) => {
  const sample = h("span", { class: hatched ? "swatch hatched" : "swatch", "aria-hidden": "true" });
  if (colour) sample.style.backgroundColor = colour;
  return sample;
};

/** Say what is shaded and counted. */
export const legendNote = ({ isService, level, note }, texts) =>
  isService && level !== "communes" ? texts.share_note : [note, texts[`count_${level}`]].filter(Boolean).join(" ");

/** Write the legend of a view. */
export function showLegend(model, format, view) {
  const { texts } = model;
  const line = (sample, label, count) =>
    h("li", {}, sample, h("span", { class: "label" }, label), h("span", { class: "count" }, format.count(count)));
  byId("legend-title").textContent = view.title;
  byId("legend-note").textContent = legendNote(view, texts);
  fill(
    byId("legend-classes"),
    view.classes.map(({ colour, hatched, label, count }) => line(swatch(colour, hatched), label, count)),
    view.unsureCount ? line(swatch("", true), texts.unsure, view.unsureCount) : null,
  );
}
