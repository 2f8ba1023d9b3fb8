// Find a commune, an EPCI or a département by name, code, postal code or acronym; forgive a slip of the finger.
import { byId, fold, phrase } from "./dom.js";
import { makeCombobox } from "./combobox.js";
import { levelText } from "./model.js";

const MOST = 12;
const SMALL_WORDS = new Set(["de", "du", "des", "la", "le", "les", "l", "d", "et", "en", "sur", "of", "the"]);
const KINDS = [["communaute de communes", "cc"], ["communaute d agglomeration", "ca"], ["communaute urbaine", "cu"]];

/**
 * How many letters are wrong between a word typed and the beginning of another, up to so many: one more stands for
 * any that is worse. A letter missing, added, wrong, or two that changed places count one.
 * @param {string} typed
 * @param {string} word
 * @param {number} most
 */
export function slips(typed, word, most) {
  const other = word.slice(0, typed.length + most);
  let [older, before] = [/** @type {number[]} */ ([]), Array.from({ length: other.length + 1 }, (_, k) => k)];
  for (let i = 1; i <= typed.length; i++) {
    const now = [i];
    for (let k = 1; k <= other.length; k++) {
      const wrong = Number(typed[i - 1] !== other[k - 1]);
      now[k] = Math.min(before[k] + 1, now[k - 1] + 1, before[k - 1] + wrong);
      const swapped = i > 1 && k > 1 && typed[i - 1] === other[k - 2] && typed[i - 2] === other[k - 1];
      if (swapped) now[k] = Math.min(now[k], older[k - 2] + 1);
    }
    if (Math.min(...now) > most) return most + 1;
    [older, before] = [before, now];
  }
  return Math.min(most + 1, ...before.slice(Math.max(0, typed.length - most)));
}

/** @type {(word: string) => number} */
const allowedSlips = (word) => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/**
 * The initials of a name, and its kind written short, as people call an EPCI.
 * @param {string} folded
 */
export function shortNames(folded) {
  const initials = folded.split(" ").filter((word) => !SMALL_WORDS.has(word)).map((word) => word[0]).join("");
  const kinds = KINDS.filter(([long]) => folded.startsWith(long)).map(([long, short]) => folded.replace(long, short));
  const spelt = KINDS.filter(([, short]) => folded.startsWith(`${short} `)).map(([long, short]) => folded.replace(short, long));
  return [initials, ...kinds, ...spelt];
}

/**
 * One entry for each place: its folded name, the codes that find it, how it is shown.
 * @param {Model} model
 * @param {Numbers} format
 * @returns {PlaceEntry[]}
 */
export function placeIndex(model, format) {
  /** @type {(level: string, note: (level: string, i: number) => string) => PlaceEntry[]} */
  const entries = (level, note) => {
    const { code, name, population, postal } = model.levels[level];
    return code.map((own, i) => {
      const folded = fold(name[i]);
      return {
        value: `${level}:${own}`, folded, label: name[i], note: note(level, i),
        codes: [own, ...(postal?.[i].split(";") ?? [])], weight: population[i] ?? 0,
        others: level === model.base ? [] : shortNames(folded),
      };
    });
  };
  /** @type {(level: string, i: number) => string | never[]} */
  const size = (level, i) => {
    const n = model.levels[level].population[i];
    return n === null ? [] : phrase(model.texts.n_inhabitants, { n: format.count(n) });
  };
  const { departements } = model.levels;
  /** @type {(level: string, i: number) => string | never[]} */
  const ofDep = (level, i) => departements?.name[model.groupOf("departements", i)] ?? [];
  return [
    ...Object.keys(model.members).reverse().flatMap((level) =>
      entries(level, () => "").map((entry, i) => ({ ...entry, note: [levelText(model, "one", level), size(level, i)].flat().join(", ") }))),
    ...entries(model.base, (level, i) => [model.levels[level].code[i], ofDep(level, i)].flat().join(", "))
      .filter((_, i) => model.isStudied(model.base, i)),
  ];
}

/**
 * The places that answer to a text: whole names and acronyms, then beginnings, then words within, larger places first;
 * where none does, those whose words are a slip of the finger away.
 * @param {PlaceEntry[]} index
 * @param {string} text
 */
export function findPlaces(index, text) {
  const wanted = fold(text);
  if (!wanted) return [];
  const code = wanted.toUpperCase();
  const words = wanted.split(" ");
  /** @type {(entry: PlaceEntry) => number} */
  const rank = ({ folded, codes, others }) => {
    if (folded === wanted || codes.includes(code) || others.includes(wanted)) return 0;
    if (folded.startsWith(wanted)) return 1;
    const spoken = ` ${[folded, ...others].join(" ")}`;
    if (spoken.includes(` ${wanted}`)) return 2;
    if (words.length > 1 && words.every((word) => spoken.includes(` ${word}`))) return 3;
    return wanted.length > 1 && codes.some((each) => each.startsWith(code)) ? 4 : 9;
  };
  /** @type {(entry: PlaceEntry) => number} */
  const far = ({ folded }) => {
    const own = folded.split(" ");
    const least = words.map((word) => {
      const most = allowedSlips(word);
      return Math.min(...own.map((each) => { const n = slips(word, each, most); return n > most ? 9 : n; }));
    });
    return Math.max(...least);
  };
  /** @type {(of: (entry: PlaceEntry) => number) => PlaceEntry[]} */
  const best = (of) => index
    .map((entry) => ({ entry, rank: of(entry) }))
    .filter((each) => each.rank < 9)
    .sort((a, b) => a.rank - b.rank || b.entry.weight - a.entry.weight)
    .slice(0, MOST)
    .map(({ entry }) => entry);
  const direct = best(rank);
  return direct.length ? direct : best(far);
}

/**
 * The services that answer to a text, by their name, their family, or another word for the same thing.
 * @param {Model} model
 * @param {string} text
 */
export function findServices(model, text) {
  const wanted = fold(text);
  const groups = model.synonyms.map((words) => words.split(",").map(fold));
  const meant = groups.filter((words) => wanted.length > 1 && words.some((word) => word.startsWith(wanted))).flat();
  /** @type {(service: Model['services'][number]) => string} */
  const spoken = ({ name, family }) => ` ${fold(`${name} ${family}`)}`;
  const direct = model.services.filter((each) => spoken(each).includes(wanted));
  const others = model.services.filter((each) => !direct.includes(each) && meant.some((word) => spoken(each).includes(` ${word}`)));
  if (direct.length + others.length) return [...direct, ...others];
  const most = allowedSlips(wanted);
  return model.services.filter((each) => most && spoken(each).split(" ").some((word) => word && slips(wanted, word, most) <= most));
}

/**
 * The search field of the page.
 * @param {Model} model
 * @param {Numbers} format
 * @param {(word: string) => void} onPick
 */
export function makeSearch(model, format, onPick) {
  /** @type {PlaceEntry[] | null} */
  let index = null;
  const status = byId("search-status");
  makeCombobox(byId("search"), byId("search-list"), {
    proposals: (text) => findPlaces((index ??= placeIndex(model, format)), text),
    onPick,
    shown: () => "",
    empty: model.texts.search_none,
    onCount: (n) => (status.textContent = n ? phrase(model.texts.search_count, { n }) : model.texts.search_none),
  });
}
