// Find a commune, an EPCI or a département by name, code or postal code.
import { byId, fold, say } from "./dom.js";
import { makeCombobox } from "./combobox.js";

const MOST = 12;

/** One entry for each place: its folded name, the codes that find it, how it is shown. */
export function placeIndex(model, format) {
  const { communes, epci, departements } = model.levels;
  const entries = (level, note, codes) =>
    model.levels[level].code.map((code, i) => ({
      value: `${level}:${code}`, folded: fold(model.levels[level].name[i]), label: model.levels[level].name[i],
      note: note(i), codes: codes(i), weight: model.levels[level].population[i] ?? 0,
    }));
  const ofDep = (i) => departements.name[communes.departements[i]] ?? communes.code[i].slice(0, 2);
  const size = (level, i) => say(model.texts.n_inhabitants, { n: format.count(model.levels[level].population[i] ?? 0) });
  return [
    ...entries("departements", (i) => `${model.texts.departement}, ${size("departements", i)}`, (i) => [departements.code[i]]),
    ...entries("epci", (i) => `EPCI, ${size("epci", i)}`, (i) => [epci.code[i]]),
    ...entries("communes", (i) => `${communes.code[i]}, ${ofDep(i)}`, (i) => [communes.code[i], ...communes.postal[i].split(";")])
      .filter((_, i) => communes.inside[i]),
  ];
}

/** The places that answer to a text: whole names, then beginnings, then words within; larger places first. */
export function findPlaces(index, text) {
  const wanted = fold(text);
  if (!wanted) return [];
  const rank = ({ folded, codes }) => {
    if (folded === wanted || codes.includes(wanted.toUpperCase())) return 0;
    if (folded.startsWith(wanted)) return 1;
    if (` ${folded}`.includes(` ${wanted}`)) return 2;
    return codes.some((code) => wanted.length > 1 && code.startsWith(wanted.toUpperCase())) ? 3 : 9;
  };
  const found = index.map((entry) => ({ entry, rank: rank(entry) })).filter((each) => each.rank < 9);
  found.sort((a, b) => a.rank - b.rank || b.entry.weight - a.entry.weight);
  return found.slice(0, MOST).map((each) => each.entry);
}

/** The search field of the page. */
export function makeSearch(model, format, onPick) {
  const index = placeIndex(model, format);
  const status = byId("search-status");
  makeCombobox(byId("search"), byId("search-list"), {
    proposals: (text) => findPlaces(index, text),
    onPick,
    shown: () => "",
    empty: model.texts.search_none,
    onCount: (n) => (status.textContent = n ? say(model.texts.search_count, { n }) : model.texts.search_none),
  });
}
