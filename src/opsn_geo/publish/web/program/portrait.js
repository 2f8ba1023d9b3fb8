// The panel of a place: who reaches it, each service on its ladder, its figures, its neighbours; two side by side.
import { byId, fill, h, phrase } from "./dom.js";
import { swatch } from "./legend.js";
import { findPlace, levelText, makeView, tally, tallyText } from "./model.js";

/**
 * What is known of one place, as labels and words.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place} place
 * @returns {[string, string][]}
 */
export function facts(model, format, { level, i }) {
  const place = model.levels[level];
  const { texts } = model;
  /** @type {[string, string][]} */
  const lines = [[texts.code, place.code[i]]];
  /** @type {(label: string, value: string | undefined) => unknown} */
  const add = (label, value) => value && lines.push([label, value]);
  add(texts.inhabitants, place.population[i] === null ? "" : format.count(place.population[i]));
  if (level === model.base) {
    add(texts.postal, place.postal?.[i].split(";").sort().join(", "));
    for (const wider of Object.keys(model.members)) add(levelText(model, "one", wider), model.levels[wider].name[model.groupOf(wider, i)]);
    if (place.opsn) add(texts.reached_by, place.opsn[i].map((o) => model.opsn[o].name).join(", ") || texts.nobody_known);
  } else {
    add(texts.communes, format.count(model.members[level][i].length));
    add(texts.outside, place.outside?.[i] ? format.count(place.outside[i]) : "");
  }
  add(texts.basis, place.basis?.[i]);
  for (const theme of model.themes.filter((each) => each.level === level)) {
    const view = makeView(model, format, { level, theme: theme.key });
    add(theme.title, view.text(i));
  }
  return lines;
}

/**
 * The rung of each service for one place: its words, and a sample of its colour.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place} place
 * @returns {Rung[]}
 */
export function ladder(model, format, { level, i }) {
  return model.services.filter(({ any }) => !any).map(({ key, name, family }) => {
    const service = model.services.findIndex((each) => each.key === key);
    if (level === model.base) {
      const state = model.states[model.stateOf(service)[i]];
      const names = model.operatorsOf(service, i).map((o) => model.opsn[o].name).join(", ");
      return { name, family, text: state.label, names, colour: state.colour, hatched: state.hatched };
    }
    const count = tally(model.states, model.stateOf(service), model.members[level][i]);
    return { name, family, text: tallyText(model, format, count), names: "" };
  });
}

/** @type {(rung: Rung) => HTMLElement} */
const rung = ({ text, names, colour, hatched }) =>
  h("td", {}, colour ? swatch(colour, hatched) : null, h("span", {}, text), names ? h("small", {}, names) : null);

/**
 * @param {PortraitColumn[]} columns
 * @param {string} caption
 */
function factTable(columns, caption) {
  const labels = [...new Set(columns.flatMap(({ lines }) => lines.map(([label]) => label)))];
  /** @type {(lines: [string, string][], label: string) => string} */
  const value = (lines, label) => lines.find(([each]) => each === label)?.[1] ?? "–";
  return h("table", { class: "facts" },
    h("caption", { class: "visually-hidden" }, caption),
    columns.length > 1 ? h("thead", {}, h("tr", {}, h("td"), columns.map(({ name }) => h("th", { scope: "col" }, name)))) : null,
    h("tbody", {}, labels.map((label) =>
      h("tr", {}, h("th", { scope: "row" }, label), columns.map(({ lines }) => h("td", {}, value(lines, label))))))
  );
}

/**
 * @param {PortraitColumn[]} columns
 * @param {Record<string, string>} texts
 */
function ladderTable(columns, texts) {
  /** @type {HTMLElement[]} */
  const rows = [];
  let family = "";
  columns[0].rungs.forEach((first, k) => {
    if (first.family !== family) rows.push(h("tr", { class: "family" }, h("th", { colspan: columns.length + 1, scope: "colgroup" }, (family = first.family))));
    rows.push(h("tr", {}, h("th", { scope: "row" }, first.name), columns.map(({ rungs }) => rung(rungs[k]))));
  });
  return h("table", { class: "ladder" },
    h("caption", {}, texts.ladder),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, texts.service), columns.map(({ name }) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows));
}

/**
 * @param {Model} model
 * @param {View} view
 * @param {number[]} near
 * @param {number} own
 * @param {(word: string) => void} onChoose
 */
function neighbourTable(model, view, near, own, onChoose) {
  const { name, code } = model.levels[model.base];
  /** @type {(i: number, isOwn: boolean) => HTMLElement} */
  const row = (i, isOwn) => h("tr", { class: isOwn ? "own" : null },
    h("th", { scope: "row" }, isOwn ? name[i]
      : h("button", { type: "button", class: "link", onclick: () => onChoose(`${model.base}:${code[i]}`) }, name[i])),
    h("td", {}, view.text(i)));
  return h("table", { class: "neighbours" },
    h("caption", {}, phrase(levelText(model, "neighbours", model.base), { theme: view.title })),
    h("tbody", {}, row(own, true), near.map((i) => row(i, false))));
}

/**
 * What a commune answered, where the study asks for it by name: a heading per respondent if there are several.
 * @param {Model} model
 * @param {string} code
 */
function repliesTable(model, code) {
  const replies = model.replies[code];
  if (!replies) return null;
  const several = new Set(replies.map(([who]) => who)).size > 1;
  const rows = replies.flatMap(([who, question, answer], k) => [
    several && who !== replies[k - 1]?.[0]
      ? h("tr", { class: "family" }, h("th", { colspan: 2, scope: "colgroup" }, phrase(model.texts.respondent, { n: who }))) : null,
    h("tr", {}, h("th", { scope: "row" }, question), h("td", {}, answer)),
  ]);
  return h("table", { class: "replies" }, h("caption", {}, model.texts.replies), h("tbody", {}, rows));
}

/** Take the focus to the title of the panel, or back to the map once the panel is closed: never nowhere. */
export function focusPortrait() {
  /** @type {HTMLElement | null} */
  const next = document.querySelector("#portrait-title") ?? document.querySelector("#view:not(.as-table) .leaflet-container, #filter");
  next?.focus();
}

/**
 * Write the panel for the chosen place, beside a second one when two are compared.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Choices} choices
 * @param {View} view
 * @param {number[]|null} near
 * @param {Store} store
 */
export function showPortrait(model, format, choices, view, near, store) {
  const panel = byId("portrait");
  const { texts } = model;
  const place = findPlace(model, choices.place);
  panel.hidden = !place;
  document.body.classList.toggle("with-portrait", Boolean(place));
  if (!place) return fill(panel);
  const other = findPlace(model, choices.with);
  const twice = other && other.word !== place.word;
  const columns = (twice ? [other, place] : [place]).map((each) => ({
    name: each.name, lines: facts(model, format, each), rungs: ladder(model, format, each),
  }));
  /** @type {(changes: Partial<Choices>) => void} */
  const choose = (changes) => {
    store.set(changes);
    focusPortrait();
  };
  /** @type {(label: string, changes: Partial<Choices>, quiet?: boolean) => HTMLElement} */
  const button = (label, changes, quiet) =>
    h("button", { type: "button", class: quiet ? "quiet" : null, onclick: () => choose(changes) }, label);
  const neighboursHere = place.level === model.base && choices.level === model.base && !twice && near
    ? neighbourTable(model, view, near, place.i, (word) => choose({ place: word })) : null;
  fill(panel,
    h("div", { class: "panel-head" },
      h("h2", { id: "portrait-title", tabindex: "-1" }, twice ? phrase(texts.versus, { a: other.name, b: place.name }) : place.name),
      button(texts.close, { place: "", with: "" }, true)),
    h("div", { class: "panel-tools" },
      other ? button(texts.compare_stop, { with: "" }) : button(texts.compare, { with: place.word })),
    other && !twice ? h("p", { role: "status", class: "hint" }, phrase(texts.compare_hint, { place: place.name })) : null,
    model.page.notice ? h("p", { class: "hint" }, model.page.notice) : null,
    factTable(columns, texts.portrait),
    neighboursHere,
    model.services.length ? ladderTable(columns, texts) : null,
    place.level === model.base && !twice ? repliesTable(model, model.levels[model.base].code[place.i]) : null);
}
