// What the page knows, and what is shown of it: one view for a level, a theme, a service and an operator.
import { varints } from "./codec.js";
import { phrase } from "./dom.js";

export const SERVICE_THEME = "service";
export const SEVERAL_THEME = "several";

/** As many services as are counted together: each count has a colour of its own. */
export const MOST_SERVICES = 5;
/** As many places as stand side by side. */
export const MOST_PLACES = 4;
const LONGEST_NOTE = 400;

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
 * @param {((i: number) => boolean)|null} isKept
 * @returns {Shown}
 */
function serviceGroups(model, format, level, service, operator, isKept) {
  const { of, classes } = narrowed(model, service, operator);
  return shareGroups(model, format, membersOf(model, level, isKept).map((group) => tally(classes, of, group)));
}

/**
 * The communes of each group that are studied and kept.
 * @param {Model} model
 * @param {string} level
 * @param {((i: number) => boolean)|null} isKept
 */
const membersOf = ({ members }, level, isKept) => (isKept ? members[level].map((group) => group.filter(isKept)) : members[level]);

/**
 * @param {Model} model
 * @param {Numbers} format
 * @param {Tally[]} tallies
 * @returns {Shown}
 */
function shareGroups(model, format, tallies) {
  const { shares } = model;
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
    tallies,
  };
}

/**
 * How many of some services reach each commune: the certain count, and the possible one.
 * @param {Model} model
 * @param {number[]} services
 */
function counted(model, services) {
  const n = model.levels[model.base].code.length;
  const [low, high] = [new Int16Array(n), new Int16Array(n)];
  for (const service of services) {
    model.stateOf(service).forEach((state, i) => {
      low[i] += Number(model.states[state].covered);
      high[i] += Number(model.states[state].possible);
    });
  }
  return { low, high };
}

/**
 * @param {Model} model
 * @param {Numbers} format
 * @param {number[]} services
 * @returns {Shown}
 */
function severalAreas(model, format, services) {
  const { low, high } = counted(model, services);
  const all = services.length;
  const classes = Array.from({ length: all + 1 }, (_, count) => ({
    label: String(count), upper: count, colour: model.shares[classify(model.shares, count / all)].colour,
  }));
  return {
    classes,
    of: low.map((count, i) => (model.isStudied(model.base, i) ? count : -1)),
    unsure: Array.from(low, (count, i) => count !== high[i] && model.isStudied(model.base, i)),
    text: (i) => phrase(model.texts.n_of_services, { n: format.between(low[i], high[i], format.count), all: format.count(all) }),
    raw: (i) => low[i],
    most: (i) => high[i],
  };
}

/**
 * The share of the communes of each group that all of some services reach.
 * @param {Model} model
 * @param {Numbers} format
 * @param {string} level
 * @param {number[]} services
 * @param {((i: number) => boolean)|null} isKept
 */
function severalGroups(model, format, level, services, isKept) {
  const { low, high } = counted(model, services);
  const all = services.length;
  return shareGroups(model, format, membersOf(model, level, isKept).map((group) => ({
    covered: group.filter((i) => low[i] === all).length,
    possible: group.filter((i) => high[i] === all).length,
    all: group.length,
  })));
}

/**
 * A number of a theme with its unit; metres are written in kilometres, as in legends.
 * @param {Pick<Theme, 'share' | 'unit'>} theme
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
 * Which communes the reader's filters keep, or null where there is none; and the filters in words.
 * @param {Model} model
 * @param {Partial<Choices>} choices
 * @returns {{isKept: ((i: number) => boolean)|null, words: string[]}}
 */
export function filterOf(model, choices) {
  /** @type {((i: number) => boolean)[]} */
  const tests = [];
  const words = [];
  for (const { key, of, options } of model.filters) {
    const wanted = options.findIndex((each) => each.key === choices[/** @type {'size'} */ (key)]);
    if (wanted < 0) continue;
    tests.push((i) => of[i] === wanted);
    words.push(options[wanted].label);
  }
  for (const [level, code] of [["departements", choices.dep], ["epci", choices.epci]]) {
    if (!level || !code || !model.groups[level] || !model.levels[level]) continue;
    const wanted = model.levels[level].code.indexOf(code);
    tests.push((i) => model.groups[level][i] === wanted);
    words.push(model.levels[level].name[wanted]);
  }
  if (choices.mine && choices.group) {
    const own = new Set(choices.group.split(","));
    tests.push((i) => own.has(model.levels[model.base].code[i]));
    words.push(model.texts.own_group);
  }
  return { isKept: tests.length ? (i) => tests.every((test) => test(i)) : null, words };
}

/**
 * Whether each place of a level is kept: a wider one is where one of its communes is.
 * @param {Model} model
 * @param {string} level
 * @param {((i: number) => boolean)|null} isKept
 * @returns {(i: number) => boolean}
 */
function keptAt(model, level, isKept) {
  if (!isKept) return () => true;
  if (level === model.base) return isKept;
  const kept = membersOf(model, level, isKept).map(({ length }) => length > 0);
  return (i) => kept[i];
}

/** @type {(model: Model, keys: string|undefined) => number[]} */
const chosenServices = ({ services }, keys) =>
  (keys ?? "").split(",").map((key) => services.findIndex((each) => each.key === key)).filter((i) => i >= 0);

/**
 * What is shown for the choices made: classes with counts, the class and the words of each place.
 * @param {Model} model
 * @param {Numbers} format
 * @param {Partial<Choices> & {level: string}} choices
 * @returns {View}
 */
export function makeView(model, format, choices) {
  const { level, theme, service, opsn } = choices;
  const chosen = model.themes.find((each) => each.key === theme && each.level === level);
  const operator = model.opsn.findIndex(({ key }) => key === opsn);
  const which = Math.max(0, model.services.findIndex(({ key }) => key === service));
  const several = theme === SEVERAL_THEME ? chosenServices(model, choices.services) : [];
  const { isKept, words } = filterOf(model, choices);
  const isBase = level === model.base;
  const made = chosen ? column(model, format, chosen)
    : several.length && isBase ? severalAreas(model, format, several)
    : several.length ? severalGroups(model, format, level, several, isKept)
    : isBase ? serviceAreas(model, which, operator)
    : serviceGroups(model, format, level, which, operator, isKept);
  const isInside = keptAt(model, level, isKept);
  const of = isKept ? made.of.map((place, i) => (isInside(i) ? place : -1)) : made.of;
  const counts = made.classes.map(() => 0);
  for (const place of of) if (place >= 0) counts[place]++;
  const unsure = (made.unsure ?? []).map((each, i) => each && isInside(i));
  /** @type {(i: number) => boolean} */
  const isStudied = (i) => model.isStudied(level, i);
  /** @type {(write: (i: number) => string, otherwise: string) => (i: number) => string} */
  const ifStudied = (write, otherwise) => (i) => (isStudied(i) ? write(i) : otherwise);
  const title = chosen ? chosen.title
    : several.length ? phrase(isBase ? model.texts.several_title : model.texts.several_share_title, { names: several.map((i) => model.services[i].name).join(", ") })
    : serviceTitle(model, which, operator);
  return {
    ...made,
    of,
    text: ifStudied(made.text, model.texts.not_studied),
    detail: ifStudied(made.detail ?? (() => ""), ""),
    unsure,
    level,
    isService: !chosen,
    theme: chosen ?? null,
    service: chosen || several.length ? -1 : which,
    operator: chosen || several.length ? -1 : operator,
    title,
    note: chosen?.note,
    filter: words.join(", "),
    basis: chosen ? chosen.basis : model.servicesBasis,
    classes: made.classes.map((each, i) => ({ ...each, place: i, count: counts[i] })),
    unsureCount: unsure.filter(Boolean).length,
    shown: model.levels[level].code.map((_, i) => i).filter((i) => isStudied(i) && isInside(i)),
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
 * The places that stand beside each other: those to compare with, then the chosen one.
 * @param {Model} model
 * @param {Partial<Choices>} choices
 * @returns {Place[]}
 */
export function chosenPlaces(model, choices) {
  const words = [...(choices.with ?? "").split(","), choices.place];
  const places = words.map((word) => findPlace(model, word));
  return places.flatMap((place, k) => (place && places.findIndex((each) => each?.word === place.word) === k ? [place] : []));
}

/**
 * Where a map stands, if the address says it well and the territory is near: "zoom/latitude/longitude".
 * @type {(at: string|undefined) => string}
 */
const validPlace = (at) => /^\d{1,2}(\.\d+)?\/-?\d+(\.\d+)?\/-?\d+(\.\d+)?$/.exec(at ?? "")?.[0] ?? "";

/**
 * Make the choices valid: what the address says where it can be, else what the map opens with.
 * @param {Model} model
 * @param {Partial<Choices>} wanted
 * @returns {Choices}
 */
export function validChoices(model, wanted) {
  /** @type {(list: string[], word: string | undefined, otherwise: string) => string} */
  const among = (list, word, otherwise) => (word !== undefined && list.includes(word) ? word : otherwise);
  /** @type {(list: string[], words: string | undefined) => string[]} */
  const someOf = (list, words) => [...new Set((words ?? "").split(","))].filter((word) => list.includes(word));
  const level = among(model.shownLevels, wanted.level, model.shownLevels[0]);
  const themes = themesOf(model, level);
  /** @type {(list: { key: string }[]) => string[]} */
  const keys = (list) => list.map(({ key }) => key);
  const service = among(keys(model.services), wanted.service, model.services[0]?.key ?? "");
  const services = someOf(keys(model.services).slice(1), wanted.services).slice(0, MOST_SERVICES);
  /** @type {(key: string) => string[]} */
  const options = (key) => keys(model.filters.find((each) => each.key === key)?.options ?? []);
  const opening = wanted.service === undefined && themes.includes(model.opening) ? model.opening : themes[0];
  const seconds = [...themes.filter((key) => key !== SERVICE_THEME && key !== SEVERAL_THEME), ...keys(model.services).map((key) => `${SERVICE_THEME}:${key}`)];
  const baseLevel = model.levels[model.base];
  const group = wanted.group ? someOf(baseLevel.code, wanted.group).filter((code) => model.isStudied(model.base, baseLevel.code.indexOf(code))) : [];
  const others = [...new Set((wanted.with ?? "").split(","))].map((word) => findPlace(model, word)?.word).filter(Boolean);
  return {
    level,
    theme: among(themes, wanted.theme, opening),
    service,
    services: services.length ? services.join(",") : "",
    opsn: among(keys(model.opsn), wanted.opsn, ""),
    place: findPlace(model, wanted.place)?.word ?? "",
    with: others.slice(0, MOST_PLACES - 1).join(","),
    show: among(["table"], wanted.show, ""),
    size: among(options("size"), wanted.size, ""),
    density: among(options("density"), wanted.density, ""),
    dep: among(model.levels.departements?.code ?? [], wanted.dep, ""),
    epci: among(model.levels.epci?.code ?? [], wanted.epci, ""),
    group: group.join(","),
    mine: group.length ? among(["1"], wanted.mine, "") : "",
    second: among(seconds, wanted.second, ""),
    note: (wanted.note ?? "").slice(0, LONGEST_NOTE),
    at: validPlace(wanted.at),
  };
}

/**
 * The themes that a level offers, by their keys: services first.
 * @type {(model: Model, level: string) => string[]}
 */
export const themesOf = (model, level) => [
  ...(model.services.length ? [SERVICE_THEME] : []),
  ...(model.services.length > 2 ? [SEVERAL_THEME] : []),
  ...model.themes.filter((each) => each.level === level).map((each) => each.key),
];
