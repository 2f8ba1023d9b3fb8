// What the page knows, and what is shown of it: one view for a level, a theme, a service and an operator.
import { varints } from "./codec.js";
import { say } from "./dom.js";

export const LEVELS = ["communes", "epci", "departements"];
export const SERVICE_THEME = "service";

/** Join the head and the binary parts in a model that answers questions about places. */
export function buildModel({ head, parts }) {
  const n = head.levels.communes.code.length;
  const combos = varints(parts.combos);
  const byService = (numbers, service) => numbers.subarray(service * n, (service + 1) * n);
  const members = (level) => {
    const found = head.levels[level].code.map(() => []);
    head.levels.communes[level].forEach((group, i) => {
      if (group >= 0 && head.levels.communes.inside[i]) found[group].push(i);
    });
    return found;
  };
  return {
    ...head,
    topology: parts.topology,
    stateOf: (service) => byService(parts.states, service),
    pathOf: (service) => byService(parts.paths, service),
    operatorsOf: (service, i) => head.combos[combos[service * n + i]],
    members: { epci: members("epci"), departements: members("departements") },
  };
}

/** Where each state stands in the legend, once the reader asks for one operator only. */
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

/** Of the communes of a group: how many are covered, how many may be, how many there are. */
export function tally(classes, of, group) {
  const count = (name) => group.reduce((n, i) => n + Number(Boolean(classes[of[i]][name])), 0);
  return { covered: count("covered"), possible: count("possible"), all: group.length };
}

/** The place of a number among intervals that include their upper bound; -1 for none. */
export function classify(classes, value) {
  return classes.findIndex(({ upper }) => upper !== null && value <= upper + 1e-9);
}

/** A tally in words: the share and the count of communes, from the least possible to the greatest, and of how many. */
export function tallyText(model, format, { covered, possible, all }) {
  if (!all) return model.texts.no_commune;
  return say(model.texts.reached_of, {
    share: format.between(covered / all, possible / all, format.percent),
    count: format.between(covered, possible, format.count),
    all: format.count(all),
  });
}

function serviceCommunes(model, service, operator) {
  const { of, classes } = narrowed(model, service, operator);
  const { inside } = model.levels.communes;
  return {
    classes,
    of: Int16Array.from(of, (place, i) => (inside[i] ? place : -1)),
    text: (i) => classes[of[i]].label,
    raw: (i) => classes[of[i]].label,
    detail(i) {
      const names = model.operatorsOf(service, i).map((o) => model.opsn[o].name).join(", ");
      const path = model.paths[model.pathOf(service)[i]];
      return [names, path].filter(Boolean).join(" – ");
    },
  };
}

function serviceGroups(model, format, level, service, operator) {
  const { of, classes } = narrowed(model, service, operator);
  const tallies = model.members[level].map((group) => tally(classes, of, group));
  const shares = model.shares;
  const low = tallies.map(({ covered, all }) => (all ? classify(shares, covered / all) : -1));
  return {
    classes: shares,
    of: Int16Array.from(low),
    unsure: tallies.map(({ possible, all }, i) => all > 0 && classify(shares, possible / all) !== low[i]),
    text: (i) => tallyText(model, format, tallies[i]),
    raw: (i) => (tallies[i].all ? tallies[i].covered / tallies[i].all : null),
    detail: () => "",
  };
}

/** A number of a theme with its unit; metres are written in kilometres, as in legends. */
export function numberText(theme, format, value) {
  if (theme.share) return format.percent(value);
  if (theme.unit === "m") return format.distance(value);
  return format.withUnit(format.decimal(value, 2, true), theme.unit);
}

function column(model, format, theme) {
  const known = (i) => theme.values[i] !== null && theme.values[i] !== undefined;
  const isNumber = theme.kind === "intervals";
  return {
    classes: theme.classes,
    of: Int16Array.from(theme.of),
    text(i) {
      if (isNumber && known(i)) return numberText(theme, format, theme.values[i]);
      return theme.of[i] < 0 ? model.texts.unknown : theme.classes[theme.of[i]].label;
    },
    raw: (i) => (isNumber ? theme.values[i] : (theme.classes[theme.of[i]]?.label ?? null)),
    detail: () => "",
  };
}

/** What is shown for the choices made: classes with counts, the class and the words of each place. */
export function makeView(model, format, { level, theme, service, opsn }) {
  const chosen = model.themes.find((each) => each.key === theme && each.level === level);
  const operator = model.opsn.findIndex(({ key }) => key === opsn);
  const which = Math.max(0, model.services.findIndex(({ key }) => key === service));
  const made = chosen
    ? column(model, format, chosen)
    : level === "communes"
      ? serviceCommunes(model, which, operator)
      : serviceGroups(model, format, level, which, operator);
  const counts = made.classes.map(() => 0);
  for (const place of made.of) if (place >= 0) counts[place]++;
  const unsure = made.unsure ?? [];
  return {
    ...made,
    unsure,
    level,
    isService: !chosen,
    title: chosen ? chosen.title : serviceTitle(model, which, operator),
    note: chosen?.note,
    classes: made.classes.map((each, i) => ({ ...each, place: i, count: counts[i] })),
    unsureCount: unsure.filter(Boolean).length,
    shown: model.levels[level].code.map((_, i) => i).filter((i) => level !== "communes" || made.of[i] >= 0),
  };
}

function serviceTitle(model, service, operator) {
  const name = model.services[service].name;
  return operator < 0 ? name : say(model.texts.by_opsn, { service: name, opsn: model.opsn[operator].name });
}

/** Find a place by the word the address uses: "communes:02001". */
export function findPlace(model, word) {
  const [level, code] = (word ?? "").split(":");
  const i = LEVELS.includes(level) ? model.levels[level].code.indexOf(code) : -1;
  return i < 0 ? null : { level, i, word, name: model.levels[level].name[i] };
}

/** Make the choices valid: what the address says where it can be, else what the map opens with. */
export function validChoices(model, wanted) {
  const level = LEVELS.includes(wanted.level) ? wanted.level : "communes";
  const themes = [SERVICE_THEME, ...model.themes.filter((each) => each.level === level).map((each) => each.key)];
  const known = (list, key) => (list.some((each) => each.key === key) ? key : "");
  return {
    level,
    theme: themes.includes(wanted.theme) ? wanted.theme : SERVICE_THEME,
    service: known(model.services, wanted.service) || model.services[0].key,
    opsn: known(model.opsn, wanted.opsn),
    place: findPlace(model, wanted.place) ? wanted.place : "",
    with: findPlace(model, wanted.with) ? wanted.with : "",
    show: wanted.show === "table" ? "table" : "",
    at: /^\d{1,2}(\.\d+)?\/-?\d+(\.\d+)?\/-?\d+(\.\d+)?$/.test(wanted.at ?? "") ? wanted.at : "",
  };
}
