// The legend of a view, beside the map or on it.
import { h } from "./dom.js";
import { levelText } from "./model.js";

/**
 * A sample of a class: its colour, hatched where it is unknown or unsure.
 * @type {(colour?: string, hatched?: boolean) => HTMLElement}
 */
export const swatch = (colour, hatched) => {
  const sample = h("span", { class: hatched ? "swatch hatched" : "swatch", "aria-hidden": "true" });
  if (colour) sample.style.backgroundColor = colour;
  return sample;
};

/**
 * What is shaded and counted.
 * @type {(model: Model, view: View) => string}
 */
export const legendNote = (model, { isService, level, note, service }) =>
  isService && level !== model.base ? (service < 0 ? model.texts.share_several_note : model.texts.share_note) : [note, levelText(model, "count", level)].filter(Boolean).join(" ");

/**
 * What stands in the legend of a view: its title, its note, and a line for each class with what it means and how many
 * places it holds, in figures and as a bar.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 */
export function legendParts(model, format, view) {
  const most = Math.max(1, ...view.classes.map(({ count }) => count));
  /** @type {(sample: HTMLElement, label: string, count: number, meaning?: string) => HTMLElement} */
  const line = (sample, label, count, meaning) => {
    const bar = h("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--part", (count / most).toFixed(3));
    return h("li", {}, sample,
      h("div", { class: "words" }, h("span", { class: "label" }, label), meaning ? h("small", {}, meaning) : null),
      h("span", { class: "count" }, format.count(count), h("span", { class: "visually-hidden" }, ` ${levelText(model, "unit", view.level)}`)), bar);
  };
  return [
    h("summary", {}, h("h2", { class: "legend-title" }, view.title)),
    h("p", { class: "legend-note" }, legendNote(model, view)),
    view.basis ? h("p", { class: "legend-basis" }, view.basis) : null,
    h("ul", { class: "legend-classes" },
      view.classes
        .filter(({ measured }) => measured !== false)
        .map(({ key, colour, hatched, label, count }) => line(swatch(colour, hatched), label, count, key && model.meanings[key])),
      view.unsureCount ? line(swatch("", true), model.texts.unsure, view.unsureCount) : null),
  ];
}
