// Find a commune, an EPCI or a département by name, code or postal code.
import { byId, fold, phrase } from "./dom.js";
import { makeCombobox } from "./combobox.js";
import { levelText } from "./model.js";

const MOST = 12;

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
    return code.map((own, i) => ({
      value: `${level}:${own}`, folded: fold(name[i]), label: name[i], note: note(level, i),
      codes: [own, ...(postal?.[i].split(";") ?? [])], weight: population[i] ?? 0,
    }));
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
 * The places that answer to a text: whole names, then beginnings, then words within; larger places first.
 * @param {PlaceEntry[]} index
 * @param {string} text
 */
export function findPlaces(index, text) {
  const wanted = fold(text);
  if (!wanted) return [];
  /** @type {(entry: PlaceEntry) => number} */
  const rank = ({ folded, codes }) => {
    if (folded === wanted || codes.includes(wanted.toUpperCase())) return 0;
    if (folded.startsWith(wanted)) return 1;
    if (` ${folded}`.includes(` ${wanted}`)) return 2;
    return codes.some((code) => wanted.length > 1 && code.startsWith(wanted.toUpperCase())) ? 3 : 9;
  };
  const ranked = index.map((entry) => ({ entry, rank: rank(entry) })).filter((each) => each.rank < 9);
  ranked.sort((a, b) => a.rank - b.rank || b.entry.weight - a.entry.weight);
  return ranked.slice(0, MOST).map((each) => each.entry);
}

/**
 * The search field of the page.
 * @param {Model} model
 * @param {Numbers} format
 * @param {(word: string) => void} onPick
 */
export function makeSearch(model, format, onPick) {
  const index = placeIndex(model, format);
  const status = byId("search-status");
  makeCombobox(byId("search"), byId("search-list"), {
    proposals: (text) => findPlaces(index, text),
    onPick,
    shown: () => "",
    empty: model.texts.search_none,
    onCount: (n) => (status.textContent = n ? phrase(model.texts.search_count, { n }) : model.texts.search_none),
  });
}
