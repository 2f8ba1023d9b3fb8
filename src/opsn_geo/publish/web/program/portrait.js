// The panel of a place: a summary, what it lacks first and who could provide it, its figures beside those of its
// surroundings, its neighbours; up to four places side by side.
import { byId, download, fill, fold, h, phrase } from "./dom.js";
import { regrouped } from "./filters.js";
import { operatorsOffering } from "./headline.js";
import { swatch } from "./legend.js";
import { chosenPlaces, levelText, makeView, MOST_PLACES, numberText, SERVICE_THEME, tally, tallyText } from "./model.js";
import { toCsv } from "./table.js";

/** @type {(model: Model, operators: Iterable<number>) => string} */
const named = (model, operators) => [...operators].map((o) => model.opsn[o].name).join(", ");

/**
 * What is known of who a place is, as labels and words; a word that names a wider place leads to it.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place} place
 * @returns {[string, string, string?][]}
 */
export function facts(model, format, { level, i }) {
  const place = model.levels[level];
  const { texts } = model;
  /** @type {[string, string, string?][]} */
  const lines = [[texts.code, place.code[i]]];
  /** @type {(label: string, value: string | undefined, word?: string) => unknown} */
  const add = (label, value, word) => value && lines.push([label, value, word]);
  add(texts.inhabitants, place.population[i] === null ? "" : format.count(place.population[i]));
  if (level === model.base) {
    add(texts.postal, place.postal?.[i].split(";").sort().join(", "));
    for (const wider of Object.keys(model.members)) {
      const group = model.groupOf(wider, i);
      add(levelText(model, "one", wider), model.levels[wider].name[group], `${wider}:${model.levels[wider].code[group]}`);
    }
    if (place.opsn) add(texts.reached_by, named(model, place.opsn[i]) || texts.nobody_known);
  } else {
    add(texts.communes, format.count(model.members[level][i].length));
    add(texts.outside, place.outside?.[i] ? format.count(place.outside[i]) : "");
  }
  add(texts.basis, place.basis?.[i]);
  return lines;
}

/**
 * The operators that reach communes of a wider place with a service, each with how many of them.
 * @param {Model} model
 * @param {Numbers} format
 * @param {number} service
 * @param {number[]} areas
 */
function reaching(model, format, service, areas) {
  const states = model.stateOf(service);
  const counts = new Map();
  for (const i of areas) {
    if (model.states[states[i]].covered) for (const o of model.operatorsOf(service, i)) counts.set(o, (counts.get(o) ?? 0) + 1);
  }
  return [...counts].map(([o, n]) => `${model.opsn[o].name} (${format.count(n)})`).join(", ");
}

/**
 * Who could provide a service that a place lacks: those who offer it there, else those who offer it elsewhere.
 * @param {Model} model
 * @param {number} service
 * @param {number[]} areas
 */
function providers(model, service, areas) {
  const here = new Set(areas.flatMap((i) => model.operatorsOf(service, i)));
  if (here.size) return phrase(model.texts.offered_here_by, { opsn: named(model, here) });
  const elsewhere = operatorsOffering(model, service);
  return elsewhere.size ? phrase(model.texts.offered_elsewhere_by, { opsn: named(model, elsewhere) }) : model.texts.offered_by_nobody;
}

/**
 * How far each service has come to one place: its words, a sample of its colour, whether it lacks, and who is named.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place} place
 * @returns {Rung[]}
 */
export function ladder(model, format, { level, i }) {
  const isBase = level === model.base;
  const areas = isBase ? [i] : model.members[level][i];
  return model.services.flatMap(({ key, name, family, any }, service) => {
    if (any) return [];
    const states = model.stateOf(service);
    const { covered, possible, all } = tally(model.states, states, areas);
    const need = covered === all ? "open" : possible === all ? "unknown" : "lack";
    const state = isBase ? model.states[states[i]] : null;
    const reached = isBase && need !== "lack" ? named(model, model.operatorsOf(service, i)) : reaching(model, format, service, areas);
    const names = [reached, need === "lack" && all ? providers(model, service, areas) : ""].filter(Boolean).join(". ");
    const text = state ? state.label : tallyText(model, format, { covered, possible, all });
    return [{ key, name, family, text, names, need, colour: state?.colour, hatched: state?.hatched, share: all ? covered / all : 1, isNear: areas.some((area) => model.operatorsOf(service, area).length > 0) }];
  });
}

/**
 * The sentences that sum a place up: how many services it has, how many it lacks, how many are not known.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place} place
 * @param {Rung[]} rungs
 */
export function summary({ texts, base }, format, { level }, rungs) {
  /** @type {(need: string) => Rung[]} */
  const having = (need) => rungs.filter((each) => each.need === need);
  const [open, lack, unknown] = ["open", "lack", "unknown"].map(having);
  const near = lack.filter(({ isNear }) => isNear).length;
  const start = level === base ? "place" : "group";
  const sentences = [phrase(texts[`${start}_open`], { n: format.count(open.length), all: format.count(rungs.length) })];
  if (lack.length) sentences.push(phrase(texts[`${start}_lack`], { n: format.count(lack.length), near: format.count(near), far: format.count(lack.length - near) }));
  if (unknown.length) sentences.push(phrase(texts[`${start}_unknown`], { n: format.count(unknown.length) }));
  return sentences.join(" ");
}

/** @type {(values: number[]) => number | null} */
const median = (values) => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return sorted.length ? (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2 : null;
};

/**
 * The figures of some places; for one alone, beside the median of its surroundings: EPCI, département, territory.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place[]} places
 */
function figureTable(model, format, places) {
  const [{ level, i }] = places;
  const { texts } = model;
  const themes = model.themes.filter((each) => places.some((place) => each.level === place.level));
  const isAlone = places.length === 1;
  const studied = model.levels[level].code.map((_, k) => k).filter((k) => model.isStudied(level, k));
  const around = level === model.base
    ? Object.keys(model.members).map((wider) => ({ label: levelText(model, "one", wider), among: model.members[wider][model.groupOf(wider, i)] ?? [] }))
    : [];
  const surroundings = isAlone ? [...around, { label: texts.territory, among: studied }] : [];
  const rows = themes.map((theme) => {
    const cells = places.map((place) => (theme.level === place.level ? makeView(model, format, { level: place.level, theme: theme.key }).text(place.i) : "–"));
    const others = surroundings.map(({ among }) => {
      const value = theme.kind === "intervals" && theme.values.length ? median(among.map((k) => theme.values[k] ?? NaN)) : null;
      return value === null ? "" : numberText(theme, format, value);
    });
    return h("tr", {}, h("th", { scope: "row" }, theme.title), cells.map((each) => h("td", {}, each)), others.map((each) => h("td", { class: "around" }, each)));
  });
  const heads = [...places.map(({ name }) => name), ...surroundings.map(({ label }) => label)];
  return rows.length
    ? h("table", { class: "figures" },
      h("caption", {}, texts.figures, isAlone ? h("small", {}, texts.figures_around) : null),
      h("thead", {}, h("tr", {}, h("td"), heads.map((each) => h("th", { scope: "col" }, each)))),
      h("tbody", {}, rows))
    : null;
}

/**
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place[]} places
 * @param {(changes: Partial<Choices>) => void} choose
 */
function factTable(model, format, places, choose) {
  const all = places.map((place) => facts(model, format, place));
  const labels = [...new Set(all.flatMap((lines) => lines.map(([label]) => label)))];
  /** @type {(lines: [string, string, string?][], label: string) => Child} */
  const value = (lines, label) => {
    const [, words, word] = lines.find(([each]) => each === label) ?? [label, "–"];
    return word ? h("button", { type: "button", class: "link", onclick: () => choose({ place: word }) }, words) : words;
  };
  return h("table", { class: "facts" },
    h("caption", { class: "visually-hidden" }, model.texts.portrait),
    places.length > 1 ? h("thead", {}, h("tr", {}, h("td"), places.map(({ name }) => h("th", { scope: "col" }, name)))) : null,
    h("tbody", {}, labels.map((label) => h("tr", {}, h("th", { scope: "row" }, label), all.map((lines) => h("td", {}, value(lines, label)))))));
}

/** @type {(rung: Rung) => HTMLElement} */
const rungCell = ({ text, names, colour, hatched }) =>
  h("td", {}, colour ? swatch(colour, hatched) : null, h("span", {}, text), names ? h("small", {}, names) : null);

/**
 * The services of some places: what lacks, what is not known, what is open; for several, where they differ first.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Place[]} places
 * @param {Rung[][]} ladders
 * @param {(changes: Partial<Choices>) => void} choose
 */
function ladderTable({ texts }, format, places, ladders, choose) {
  const [first] = ladders;
  const isAlone = places.length === 1;
  const numbers = first.map((_, k) => k);
  /** @type {(k: number) => string} */
  const sectionOf = (k) => (isAlone ? first[k].need : ladders.every((each) => each[k].text === first[k].text) ? "same" : "differ");
  /** @type {(k: number) => HTMLElement} */
  const row = (k) => {
    const show = () => choose({ level: places[places.length - 1].level, theme: SERVICE_THEME, service: first[k].key, opsn: "", show: "" });
    return h("tr", {},
      h("th", { scope: "row" }, h("button", { type: "button", class: "link", title: texts.show_service, onclick: show }, first[k].name)),
      ladders.map((each) => rungCell(each[k])));
  };
  const sections = (isAlone ? ["lack", "unknown", "open"] : ["differ", "same"]).map((section) => {
    const own = numbers.filter((k) => sectionOf(k) === section).sort((a, b) => first[a].share - first[b].share || Number(first[b].isNear) - Number(first[a].isNear) || a - b);
    if (!own.length) return null;
    const title = phrase(texts[`ladder_${section}`], { n: format.count(own.length) });
    return h("tbody", {}, h("tr", { class: "family" }, h("th", { colspan: ladders.length + 1, scope: "rowgroup" }, title)), own.map(row));
  });
  return h("table", { class: "ladder" },
    h("caption", {}, texts.ladder),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, texts.service), places.map(({ name }) => h("th", { scope: "col" }, name)))),
    sections);
}

/**
 * @param {Model} model
 * @param {View} view
 * @param {number[]} near
 * @param {number} own
 * @param {(changes: Partial<Choices>) => void} choose
 */
function neighbourTable(model, view, near, own, choose) {
  const { name, code } = model.levels[model.base];
  /** @type {(i: number, isOwn: boolean) => HTMLElement} */
  const row = (i, isOwn) => h("tr", { class: isOwn ? "own" : null },
    h("th", { scope: "row" }, isOwn ? name[i]
      : h("button", { type: "button", class: "link", onclick: () => choose({ place: `${model.base}:${code[i]}` }) }, name[i])),
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

/**
 * The services of the places shown, as a CSV file.
 * @param {Model} model
 * @param {Place[]} places
 * @param {Rung[][]} ladders
 */
function exportPlaces(model, places, ladders) {
  const { texts, page, signs } = model;
  /** @type {Column[]} */
  const columns = [
    { key: "service", label: texts.service, raw: (k) => ladders[0][k].name },
    ...places.flatMap(({ name, word }, p) => [
      { key: word, label: name, raw: (/** @type {number} */ k) => ladders[p][k].text },
      { key: `${word}-opsn`, label: `${name} : ${texts.opsn}`, raw: (/** @type {number} */ k) => ladders[p][k].names },
    ]),
    { key: "basis", label: texts.basis, raw: () => model.servicesBasis },
  ];
  const stem = `${page.stem}-${fold(places.map(({ name }) => name).join(" ")).replaceAll(" ", "-").slice(0, 60)}`;
  download(`${stem}.csv`, "text/csv;charset=utf-8", toCsv(columns, ladders[0].map((_, k) => k), signs.point));
}

/** Take the focus to the title of the panel, or back to the map once the panel is closed: never nowhere. */
export function focusPortrait() {
  /** @type {HTMLElement | null} */
  const next = document.querySelector("#portrait-title") ?? document.querySelector("#view:not(.as-table) .leaflet-container, #filter");
  const isSheet = getComputedStyle(byId("portrait")).position === "fixed" && !byId("portrait").hidden;
  next?.focus({ preventScroll: isSheet });
  // where the panel covers the lower part of a phone, the map goes above it
  if (isSheet) byId("maps").scrollIntoView({ block: "start" });
}

/**
 * Write the panel for the chosen place, beside others where some are compared.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Choices} choices
 * @param {View} view
 * @param {() => number[]} nearOf
 * @param {Store} store
 */
export function showPortrait(model, format, choices, view, nearOf, store) {
  const panel = byId("portrait");
  const { texts } = model;
  const places = chosenPlaces(model, choices);
  const place = choices.place ? places[places.length - 1] : undefined;
  panel.hidden = !place;
  document.body.classList.toggle("with-portrait", Boolean(place));
  if (!place) return fill(panel);
  panel.classList.toggle("compared", places.length > 1);
  const ladders = model.services.length ? places.map((each) => ladder(model, format, each)) : [];
  /** @type {(changes: Partial<Choices>) => void} */
  const choose = (changes) => {
    store.set(changes);
    focusPortrait();
  };
  /** @type {(label: string, onclick: () => void, quiet?: boolean) => HTMLElement} */
  const button = (label, onclick, quiet) => h("button", { type: "button", class: quiet ? "quiet" : null, onclick }, label);
  const isAlone = places.length === 1;
  const isBase = place.level === model.base;
  const waits = choices.with.split(",").includes(place.word);
  const areas = isBase ? [place.i] : model.members[place.level][place.i];
  const codes = areas.map((i) => model.levels[model.base].code[i]);
  const own = new Set(choices.group.split(","));
  const isOwn = codes.every((code) => own.has(code));
  const near = isBase && choices.level === model.base && isAlone ? nearOf() : null;
  const title = isAlone ? place.name : `${places.slice(0, -1).map(({ name }) => name).join(", ")} ${texts.and} ${place.name}`;
  fill(panel,
    h("div", { class: "panel-head" },
      h("h2", { id: "portrait-title", tabindex: "-1" }, title),
      button(texts.close, () => choose({ place: "", with: "" }), true)),
    ladders.length ? places.map((each, p) => h("p", { class: "summary" }, isAlone ? null : h("strong", {}, `${each.name} : `), summary(model, format, each, ladders[p]))) : null,
    waits ? h("p", { role: "status", class: "hint" }, phrase(texts.compare_hint, { place: title })) : null,
    h("div", { class: "panel-tools" },
      places.length < MOST_PLACES && !waits ? button(texts.compare, () => choose({ with: [...choices.with.split(","), place.word].filter(Boolean).join(",") })) : null,
      choices.with ? button(texts.compare_stop, () => choose({ with: "" })) : null,
      isAlone && model.services.length ? button(isOwn ? texts.own_group_remove : isBase ? texts.own_group_add : texts.own_group_add_all, () => choose(regrouped(choices, codes)), true) : null,
      ladders.length ? button(texts.csv_place, () => exportPlaces(model, places, ladders), true) : null,
      button(texts.print_place, () => print(), true)),
    model.page.notice ? h("details", { class: "notice" }, h("summary", {}, model.page.notice)) : null,
    ladders.length ? ladderTable(model, format, places, ladders, choose) : null,
    figureTable(model, format, places),
    factTable(model, format, places, choose),
    near ? neighbourTable(model, view, near, place.i, choose) : null,
    isBase && isAlone ? repliesTable(model, model.levels[model.base].code[place.i]) : null);
}
