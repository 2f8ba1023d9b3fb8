// What the reader keeps of the territory: by size, density, département, EPCI, or a group of communes of one's own.
import { byId, fill, h, phrase } from "./dom.js";
import { levelText } from "./model.js";

/**
 * Put a commune in the reader's own group, or take it out.
 * @param {Choices} choices
 * @param {string[]} codes
 * @returns {Partial<Choices>}
 */
export function regrouped({ group, mine }, codes) {
  const own = new Set(group ? group.split(",") : []);
  const isIn = codes.every((code) => own.has(code));
  for (const code of codes) if (isIn) own.delete(code); else own.add(code);
  return { group: [...own].sort().join(","), mine: own.size ? mine : "" };
}

/**
 * Bring the filters to life; gives refresh(choices).
 * @param {Model} model
 * @param {Store} store
 * @param {Numbers} format
 * @returns {(choices: Choices) => void}
 */
export function makeFilters(model, store, format) {
  const { texts } = model;
  /** @type {{key: keyof Choices, label: string, options: {key: string, label: string}[]}[]} */
  const lists = model.filters.map(({ key, label, options }) => ({ key: /** @type {keyof Choices} */ (key), label, options }));
  for (const [key, level] of /** @type {[keyof Choices, string][]} */ ([["dep", "departements"], ["epci", "epci"]])) {
    if (!model.groups[level] || !(model.levels[level]?.code.length > 1)) continue;
    const { code, name } = model.levels[level];
    const options = code.map((each, i) => ({ key: each, label: name[i] })).sort((a, b) => format.compare(a.label, b.label));
    lists.push({ key, label: levelText(model, "one", level), options });
  }
  const made = byId("filters");
  byId("filter-choice").hidden = !lists.length;
  fill(made,
    lists.map(({ key, label, options }) => h("div", { class: "field" },
      h("label", { for: `filter-${key}` }, label),
      h("select", { id: `filter-${key}`, onchange: (/** @type {any} */ event) => store.set({ [key]: event.target.value }) },
        h("option", { value: "" }, texts.filter_all), options.map((each) => h("option", { value: each.key }, each.label))))),
    h("p", { id: "own-group", class: "own-group" }));
  return (choices) => {
    for (const { key } of lists) /** @type {HTMLSelectElement} */ (byId(`filter-${key}`)).value = choices[key];
    const codes = choices.group ? choices.group.split(",") : [];
    const active = lists.filter(({ key }) => choices[key]).length + Number(Boolean(choices.mine));
    byId("filter-title").textContent = active ? phrase(texts.filters_active, { n: active }) : texts.filters;
    fill(byId("own-group"), codes.length
      ? [
        h("label", { class: "check" },
          h("input", { type: "checkbox", id: "filter-mine", checked: Boolean(choices.mine), onchange: (/** @type {any} */ event) => store.set({ mine: event.target.checked ? "1" : "" }) }),
          phrase(texts.own_group_only, { n: format.count(codes.length) })),
        h("button", { type: "button", class: "link", onclick: () => store.set({ group: "", mine: "" }) }, texts.own_group_clear),
      ]
      : texts.own_group_hint);
  };
}
