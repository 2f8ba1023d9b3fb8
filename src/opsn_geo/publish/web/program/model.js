// What the page knows, and what is shown of it: one view for a level, a theme, a service and an operator.
import { varints } from "./codec.js";
import { phrase } from "./dom.js";

export const SERVICE_THEME = "service";

/**
 * Join the head and the binary parts in a model that answers questions about places.
 * @param {Packed} data
 * @param {Page} page
 * @returns {Model}
 */
export function buildModel({ head, parts }, page) {
  const areas = head.levels[head.base];
  const n = areas.code.length;
  /** @type {(i: number) => boolean} */
  const isStudied = (i) => !areas.inside || Boolean(areas.inside[i]);
  const combos = parts.combos ? varints(parts.combos) : [];
  /** @type {(numbers: Uint8Array, service: number) => Uint8Array} */
  const byService = (numbers, service) => numbers.subarray(service * n, (service + 1) * n);
  /** @type {(level: string) => number[][]} */
  const members = (level) => {
    /** @type {number[][]} */
    const areasOf = head.levels[level].code.map(() => []);
    head.groups[level].forEach((group, i) => {
      if (group >= 0 && isStudied(i)) areasOf[group].push(i);
    });
    return areasOf;
  };
  /** @type {(level: string) => boolean} */
  const hasView = (level) => head.services.length > 0 || head.themes.some((theme) => theme.level === level);
  const wider = Object.keys(head.levels).filter((level) => level !== head.base);
  return {
    ...head,
    page,
    topology: parts.topology,
    shownLevels: Object.keys(head.levels).filter(hasView),
    isStudied: (level, i) => level !== head.base || isStudied(i),
    groupOf: (level, area) => (level === head.base ? area : head.groups[level][area]),
    stateOf: (service) => byService(parts.states, service),
    pathOf: (service) => byService(parts.paths, service),
    operatorsOf: (service, i) => head.combos[combos[service * n + i]],
    members: Object.fromEntries(wider.map((level) => [level, members(level)])),
  };
}

/**
 * Words of the page that depend on the level: a level of the user's own is one of areas.
 * @type {(model: Model, start: string, level: string) => string}
 */
export const levelText = ({ texts }, start, level) => texts[`${start}_${level}`] ?? texts[`${start}_areas`];

/**
 * Where each state stands in the legend, once the reader asks for one operator only.
 * @param {Model} model
 * @param {number} service
 * @param {number} operator
 * @returns {{of: ArrayLike<number>, classes: Class[]}}
 */
function narrowed(model, service, operator) {
  const states = model.stateOf(service);
  if (operator < 0) return { of: states, classes: model.states };
  const place = Object.fromEntries(model.states.map((state, i) => [state.key, i]));
  const other = model.states.length;
  const of = states.map((state, i) => {
    if (model.operatorsOf(service, i).includes(operator)) {
      return state === place.unknown && model.opsn[operator].complete ? place.offered : state;
    }
    return model.states[state].covered ? other : place.not_offered;
  });
  return { of, classes: [...model.states, model.otherOperator] };
}

/**
 * Of the communes of a group: how many are covered, how many may be, how many there are.
 * @param {Class[]} classes
 * @param {ArrayLike<number>} of
 * @param {number[]} group
 */
export function tally(classes, of, group) {
  /** @type {(name: 'covered' | 'possible') => number} */
  const count = (name) => group.reduce((n, i) => n + Number(Boolean(classes[of[i]][name])), 0);
  return { covered: count("covered"), possible: count("possible"), all: group.length };
}

/**
 * The place of a number among intervals that include their upper bound; -1 for none.
 * @param {Class[]} classes
 * @param {number} value
 */
export function classify(classes, value) {
  return classes.findIndex(({ upper }) => typeof upper === "number" && value <= upper + 1e-9);
}

/**
 * A tally in words: the share and the count of communes, from the least possible to the greatest, and of how many.
 * @param {Model} model
 * @param {Numbers} format
 * @param {{covered: number, possible: number, all: number}} counts
 */
export function tallyText(model, format, { covered, possible, all }) {
  if (!all) return model.texts.no_commune;
  return phrase(model.texts.reached_of, {
    share: format.between(covered / all, possible / all, format.percent),
    count: format.between(covered, possible, format.count),
    all: format.count(all),
  });
}

/**
 * @param {Model} model
 * @param {number} service
 * @param {number} operator
 * @returns {Shown}
 */
function serviceAreas(model, service, operator) {
  const { of, classes } = narrowed(model, service, operator);
  return {
    classes,
    of: Int16Array.from(of, (place, i) => (model.isStudied(model.base, i) ? place : -1)),
    text: (i) => classes[of[i]].label,
    raw: (i) => classes[of[i]].label,
    detail(i) {
      const names = model.operatorsOf(service, i).map((o) => model.opsn[o].name).join(", ");
      const path = model.paths[model.pathOf(service)[i]];
      return [names, path].filter(Boolean).join(" – ");
    },
  };
}

/**
 * @param {Model} model
 * @param {Numbers} format
 * @param {string} level
 * @param {number} service
 * @param {number} operator
 * @returns {Shown}
 */
function serviceGroups(model, format, level, service, operator) {
  const { of, classes } = narrowed(model, service, operator);
  const tallies = model.members[level].map((group) => tally(classes, of, group));
  const shares = model.shares;
  /** @type {(name: 'covered' | 'possible') => (i: number) => number | null} */
  const share = (name) => (i) => (tallies[i].all ? tallies[i][name] / tallies[i].all : null);
  /** @type {(name: 'covered' | 'possible') => number[]} */
  const place = (name) => tallies.map((each) => (each.all ? classify(shares, each[name] / each.all) : -1));
  const [low, high] = [place("covered"), place("possible")];
  return {
    classes: shares,
    of: Int16Array.from(low),
    unsure: low.map((each, i) => each !== high[i]),
    text: (i) => tallyText(model, format, tallies[i]),
    raw: share("covered"),
    most: share("possible"),
  };
}

/**
 * A number of a theme with its unit; metres are written in kilometres, as in legends.
 * @param {Theme} theme
 * @param {Numbers} format
 * @param {number|null} value
 */
export function numberText(theme, format, value) {
  if (theme.share) return format.percent(value);
  if (theme.unit === "m") return format.distance(value);
  return format.withUnit(format.decimal(value, 2, true), theme.unit);
}

/**
 * @param {Model} model
 * @param {Numbers} format
 * @param {Theme} theme
 * @returns {Shown}
 */
function column(model, format, theme) {
  const { classes, of, values, most } = theme;
  /** @type {(i: number) => string} */
  const label = (i) => classes[of[i]]?.label;
  /** @type {(value: number | null) => string} */
  const write = (value) => numberText(theme, format, value);
  /** @type {(i: number) => boolean} */
  const isKnown = (i) => Number.isFinite(values[i]);
  return {
    classes,
    of: Int16Array.from(of),
    unsure: theme.unsure,
    text(i) {
      const number = isKnown(i) ? format.between(values[i], most?.[i] ?? values[i], write) : "";
      const shown = theme.kind === "intervals" ? number || label(i) : [label(i), number].filter(Boolean).join(" – ");
      return shown || model.texts.unknown;
    },
    raw: (i) => (values.length ? values[i] : (label(i) ?? null)),
    most: most && ((i) => most[i]),
  };
}

/**
 * What is shown for the choices made: classes with counts, the class and the words of each place.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Partial<Choices> & {level: string}} choices
 * @returns {View}
 */
export function makeView(model, format, { level, theme, service, opsn }) {
  const chosen = model.themes.find((each) => each.key === theme && each.level === level);
  const operator = model.opsn.findIndex(({ key }) => key === opsn);
  const which = Math.max(0, model.services.findIndex(({ key }) => key === service));
  const made = chosen
    ? column(model, format, chosen)
    : level === model.base
      ? serviceAreas(model, which, operator)
      : serviceGroups(model, format, level, which, operator);
  const counts = made.classes.map(() => 0);
  for (const place of made.of) if (place >= 0) counts[place]++;
  const unsure = made.unsure ?? [];
  /** @type {(i: number) => boolean} */
  const isStudied = (i) => model.isStudied(level, i);
  /** @type {(write: (i: number) => string, otherwise: string) => (i: number) => string} */
  const ifStudied = (write, otherwise) => (i) => (isStudied(i) ? write(i) : otherwise);
  return {
    ...made,
    text: ifStudied(made.text, model.texts.not_studied),
    detail: ifStudied(made.detail ?? (() => ""), ""),
    unsure,
    level,
    isService: !chosen,
    title: chosen ? chosen.title : serviceTitle(model, which, operator),
    note: chosen?.note,
    basis: chosen ? chosen.basis : model.servicesBasis,
    classes: made.classes.map((each, i) => ({ ...each, place: i, count: counts[i] })),
    unsureCount: unsure.filter(Boolean).length,
    shown: model.levels[level].code.map((_, i) => i).filter(isStudied),
  };
}

/**
 * @param {Model} model
 * @param {number} service
 * @param {number} operator
 */
function serviceTitle(model, service, operator) {
  const name = model.services[service].name;
  return operator < 0 ? name : phrase(model.texts.by_opsn, { service: name, opsn: model.opsn[operator].name });
}

/**
 * Find a place of the study by the word the address uses: "communes:02001".
 * @param {Model} model
 * @param {string|undefined} word
 * @returns {Place|null}
 */
export function findPlace(model, word) {
  const [level, code] = (word ?? "").split(":");
  const i = Object.hasOwn(model.levels, level) ? model.levels[level].code.indexOf(code) : -1;
  return i < 0 || !model.isStudied(level, i) ? null : { level, i, word: `${level}:${code}`, name: model.levels[level].name[i] };
}

/**
 * Make the choices valid: what the address says where it can be, else what the map opens with.
 * @param {Model} model
 * @param {Partial<Choices>} wanted
 * @returns {Choices}
 */
export function validChoices(model, wanted) {
  /** @type {(list: string[], word: string | undefined, otherwise: string) => string} */
  const among = (list, word, otherwise) => (word !== undefined && list.includes(word) ? word : otherwise);
  const level = among(model.shownLevels, wanted.level, model.shownLevels[0]);
  const services = model.services.length ? [SERVICE_THEME] : [];
  const themes = [...services, ...model.themes.filter((each) => each.level === level).map((each) => each.key)];
  /** @type {(list: { key: string }[]) => string[]} */
  const keys = (list) => list.map(({ key }) => key);
  return {
    level,
    theme: among(themes, wanted.theme, themes[0]),
    service: among(keys(model.services), wanted.service, model.services[0]?.key ?? ""),
    opsn: among(keys(model.opsn), wanted.opsn, ""),
    place: findPlace(model, wanted.place)?.word ?? "",
    with: findPlace(model, wanted.with)?.word ?? "",
    show: among(["table"], wanted.show, ""),
    at: /^\d{1,2}(\.\d+)?\/-?\d+(\.\d+)?\/-?\d+(\.\d+)?$/.exec(wanted.at ?? "")?.[0] ?? "",
  };
}
