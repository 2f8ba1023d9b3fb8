// The result of a view in a sentence or two, from its own numbers and for the places that the filters keep.
import { phrase } from "./dom.js";
import { levelText, numberText } from "./model.js";

/**
 * Names as a list in words; none where there are too many to read.
 * @type {(names: string[], and: string) => string}
 */
const listed = (names, and) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} ${and} ${names[names.length - 1]}` : names.join(""));

/**
 * The inhabitants of some places; NaN where one of them is not known.
 * @param {(number|null)[]} population
 * @param {number[]} places
 */
export const inhabitants = (population, places) => places.reduce((sum, i) => sum + (population[i] ?? NaN), 0);

/**
 * Of the communes: how many are covered, how many may be, and what share of the inhabitants.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 */
function coveredAreas(model, format, { shown, of, classes, service, operator }) {
  const { texts } = model;
  const { population } = model.levels[model.base];
  /** @type {(name: 'covered' | 'possible') => number[]} */
  const having = (name) => shown.filter((i) => classes[of[i]][name]);
  const [low, high] = [having("covered"), having("possible")];
  const all = inhabitants(population, shown);
  const people = [low, high].map((places) => inhabitants(population, places) / all);
  if (operator >= 0 && !offers(model, service, operator)) return [phrase(texts.operator_without, { opsn: model.opsn[operator].name })];
  const sentences = [phrase(texts.headline_service, {
    count: format.between(low.length, high.length, format.count),
    all: format.count(shown.length),
    share: format.between(low.length / shown.length, high.length / shown.length, format.percent),
  })];
  if (high.length && Number.isFinite(people[0])) sentences.push(phrase(texts.headline_people, { share: format.between(people[0], people[1], format.percent) }));
  const without = shown.filter((i) => classes[of[i]].key === "not_offered").length;
  if (without) sentences.push(phrase(texts.headline_not_offered, { n: format.count(without) }));
  return sentences;
}

/** @type {Map<number, Set<number>>} */
const offering = new Map();

/**
 * The operators that offer a service somewhere in the territory.
 * @param {Model} model
 * @param {number} service
 * @returns {Set<number>}
 */
export function operatorsOffering(model, service) {
  const given = offering.get(service);
  if (given) return given;
  const operators = new Set();
  model.levels[model.base].code.forEach((_, i) => model.operatorsOf(service, i).forEach((o) => operators.add(o)));
  offering.set(service, operators);
  return operators;
}

/** @type {(model: Model, service: number, operator: number) => boolean} */
const offers = (model, service, operator) => operatorsOffering(model, service).has(operator);

/**
 * Of the wider places: how many are covered whole, in part, not at all; how many that is not known of.
 * @param {Model} model
 * @param {View} view
 * @param {Numbers} format
 * @param {Tally[]} tallies
 */
function coveredGroups(model, { shown, level, unsureCount }, format, tallies) {
  const some = shown.filter((i) => tallies[i].all);
  const whole = some.filter((i) => tallies[i].covered === tallies[i].all).length;
  const none = some.filter((i) => tallies[i].possible === 0).length;
  const sentences = [phrase(levelText(model, "headline_groups", level), {
    whole: format.count(whole), none: format.count(none), all: format.count(some.length),
  })];
  if (unsureCount) sentences.push(phrase(model.texts.headline_unsure, { n: format.count(unsureCount) }));
  return sentences;
}

/**
 * Of the values of a theme: the middle one and the ends; of its categories, the most frequent with its ties.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 * @param {Pick<Theme, 'kind' | 'share' | 'unit'>} theme
 */
function spread(model, format, { shown, raw, classes, level, of }, theme) {
  const { texts } = model;
  const all = format.count(shown.length);
  if (theme.kind === "categories") {
    const plain = classes.filter(({ hatched, count }) => !hatched && count);
    const most = Math.max(0, ...plain.map(({ count }) => count));
    const first = plain.filter(({ count }) => count === most);
    if (!first.length) return [];
    const values = { labels: listed(first.map(({ label }) => label), texts.and), count: format.count(most), all, share: format.percent(most / shown.length) };
    return [phrase(first.length > 1 ? texts.headline_tied : texts.headline_most, values)];
  }
  const values = shown.flatMap((i) => {
    const value = raw(i);
    return typeof value === "number" && !classes[of[i]]?.hatched ? [value] : [];
  }).sort((a, b) => a - b);
  if (!values.length) return [];
  const half = values.length / 2;
  const median = Number.isInteger(half) ? (values[half - 1] + values[half]) / 2 : values[Math.floor(half)];
  /** @type {(value: number|null) => string} */
  const write = (value) => numberText(theme, format, value);
  const sentences = [phrase(levelText(model, "headline_spread", level), {
    n: format.count(values.length), median: write(median), low: write(values[0]), high: write(values[values.length - 1]),
  })];
  const missing = shown.length - values.length;
  if (missing) sentences.push(phrase(texts.headline_missing, { n: format.count(missing), all }));
  return sentences;
}

/**
 * The title of a view, with what the filters keep.
 * @type {(view: View) => string}
 */
export const titled = ({ title, filter }) => (filter ? `${title} (${filter})` : title);

/**
 * The sentences that stand above the map.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 */
export function headline(model, format, view) {
  if (!view.shown.length) return model.texts.headline_nothing;
  const { theme, tallies, service } = view;
  const sentences = theme ? spread(model, format, view, theme)
    : tallies ? coveredGroups(model, view, format, tallies)
    : service >= 0 ? coveredAreas(model, format, view)
    : spread(model, format, view, { kind: "intervals", share: false, unit: "" });
  return sentences.join(" ");
}
