// The table of what the map shows: sorted, filtered, in pages, and as a CSV file.
import { byId, download, fileStem, fill, fold, h, phrase } from "./dom.js";
import { titled } from "./headline.js";
import { levelText, makeView, SERVICE_THEME } from "./model.js";

const PAGE = 50;

/**
 * The columns of the table at a level; `cell` gives what is shown, if anything, `raw` what is sorted and exported.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 * @returns {Column[]}
 */
export function tableColumns(model, format, view) {
  const place = model.levels[view.level];
  const { texts } = model;
  /** @type {(key: string, label: string, cell: (i: number) => string) => Column} */
  const plain = (key, label, cell) => ({ key, label, cell, raw: cell });
  /** @type {Column[]} */
  const columns = [plain("code", texts.code, (i) => place.code[i]), plain("name", texts.name, (i) => place.name[i])];
  if (view.level === model.base) {
    for (const wider of Object.keys(model.members)) {
      columns.push({ ...plain(wider, levelText(model, "one", wider), (i) => model.levels[wider].name[model.groupOf(wider, i)] ?? ""), isWide: true });
    }
  }
  if (place.population.some((n) => n !== null)) {
    columns.push({
      key: "population", label: texts.inhabitants, isNumber: true, isWide: true, raw: (i) => place.population[i],
      cell: (i) => (place.population[i] === null ? "" : format.count(place.population[i])),
    });
  }
  const isNumber = view.shown.some((i) => typeof view.raw(i) === "number");
  columns.push({ key: "value", label: view.title, isNumber, cell: view.text, raw: view.raw });
  if (view.most) columns.push({ key: "most", label: phrase(texts.at_most, { title: view.title }), isNumber: true, raw: view.most });
  if (view.basis) columns.push({ key: "basis", label: texts.basis, raw: () => view.basis });
  if (view.isService && view.level === model.base && view.service >= 0) columns.push(plain("opsn", texts.opsn, view.detail));
  if (model.page.notice) columns.push({ key: "notice", label: texts.notice, raw: () => model.page.short });
  return columns;
}

/**
 * The columns of all that is known of the places of a level: every theme and every service, with their upper bounds.
 * @param {Model} model
 * @param {Numbers} format
 * @param {View} view
 * @returns {Column[]}
 */
export function allColumns(model, format, view) {
  const { level } = view;
  const own = new Set(["value", "most", "basis", "opsn", "notice"]);
  const first = tableColumns(model, format, view);
  const views = [
    ...model.themes.filter((each) => each.level === level).map(({ key }) => makeView(model, format, { level, theme: key })),
    ...model.services.map(({ key }) => makeView(model, format, { level, theme: SERVICE_THEME, service: key })),
  ];
  const values = views.flatMap((each) => tableColumns(model, format, each)
    .filter(({ key }) => ["value", "most", "opsn"].includes(key))
    .map((column) => (column.key === "opsn" ? { ...column, label: `${each.title} : ${column.label}` } : column)));
  const bases = [...new Set(views.map(({ basis }) => basis))].join(" ");
  return [
    ...first.filter(({ key }) => !own.has(key)),
    ...values,
    { key: "basis", label: model.texts.basis, raw: () => bases },
    ...first.filter(({ key }) => key === "notice"),
  ];
}

/** @type {(column: Pick<Column, 'isNumber' | 'isWide'>) => string | null} */
const kindOf = ({ isNumber, isWide }) => [isNumber && "number", isWide && "wide"].filter(Boolean).join(" ") || null;

/**
 * Order rows by a column; what is missing comes last either way.
 * @param {number[]} rows
 * @param {Pick<Column, 'raw' | 'isNumber'>} by
 * @param {boolean} descending
 * @param {(a: string, b: string) => number} compare
 */
export function sortRows(rows, { raw, isNumber }, descending, compare) {
  /** @type {(value: unknown) => boolean} */
  const missing = (value) => value === null || value === undefined || value === "";
  return [...rows].sort((a, b) => {
    const [x, y] = [raw(a), raw(b)];
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y)) || a - b;
    const order = isNumber ? Number(x) - Number(y) : compare(String(x), String(y));
    return (descending ? -order : order) || a - b;
  });
}

/**
 * Write one cell of a CSV file; text that a spreadsheet would take for a formula is kept as text.
 * @param {string|number|null} value
 * @param {string} decimal
 */
export function csvCell(value, decimal) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(Number(value.toPrecision(6))).replace(".", decimal);
  const text = /^[=+@\-\t\r]/.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

/**
 * Write rows as a CSV file: semicolons between cells where the comma is the decimal mark, as spreadsheets expect.
 * @param {Column[]} columns
 * @param {number[]} rows
 * @param {string} decimal
 */
export function toCsv(columns, rows, decimal) {
  const separator = decimal === "," ? ";" : ",";
  const lines = [columns.map(({ label }) => csvCell(label, decimal))];
  for (const i of rows) lines.push(columns.map(({ raw }) => csvCell(raw(i), decimal)));
  return `\ufeff${lines.map((cells) => cells.join(separator)).join("\r\n")}\r\n`;
}

/**
 * Bring the table to life; gives show(view), and whole(view): all its rows, to be printed.
 * @param {Model} model
 * @param {Numbers} format
 * @param {{choose: (word: string) => void, shown: () => View}} uses
 * @returns {{show: (view: View) => void, whole: (view: View) => HTMLElement}}
 */
export function makeTable(model, format, { choose, shown }) {
  const { texts } = model;
  /** @type {View} */
  let view;
  /** @type {Column[]} */
  let columns = [];
  /** @type {number[]} */
  let rows = [];
  let page = 0;
  let sorted = { key: "name", descending: false };

  const shownColumns = () => columns.filter(({ cell }) => cell);
  /** The words of each row, once they are searched for. @type {Map<number, string>} */
  const words = new Map();
  /** @type {(i: number) => string} */
  const wordsOf = (i) => {
    const made = words.get(i) ?? fold(columns.filter(({ key }) => key !== "population").map(({ cell }) => cell?.(i)).join(" "));
    words.set(i, made);
    return made;
  };
  const select = () => {
    const wanted = fold(/** @type {HTMLInputElement} */ (byId("filter")).value).split(" ").filter(Boolean);
    const kept = wanted.length ? view.shown.filter((i) => wanted.every((word) => wordsOf(i).includes(word))) : view.shown;
    const by = columns.find(({ key }) => key === sorted.key) ?? columns[1];
    rows = sortRows(kept, by, sorted.descending, format.compare);
  };
  const draw = () => {
    const last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
    page = Math.min(page, last);
    /** @type {(column: Column, i: number) => HTMLElement} */
    const cell = ({ key, cell: written = () => "", ...column }, i) => {
      if (key !== "name") return h("td", { class: kindOf(column) }, written(i));
      const word = `${view.level}:${model.levels[view.level].code[i]}`;
      return h("th", { scope: "row" }, h("button", { type: "button", class: "link", onclick: () => choose(word) }, written(i)));
    };
    fill(byId("table-body"), rows.slice(page * PAGE, (page + 1) * PAGE).map((i) => h("tr", {}, shownColumns().map((c) => cell(c, i)))));
    byId("table-status").textContent = phrase(texts.rows, { n: format.count(rows.length), page: page + 1, pages: last + 1 });
    /** @type {HTMLButtonElement} */ (byId("previous")).disabled = page === 0;
    /** @type {HTMLButtonElement} */ (byId("next")).disabled = page === last;
  };
  /** @type {(column: Column) => HTMLElement} */
  const head = ({ key, label, ...column }) => {
    const own = key === sorted.key;
    const turn = () => {
      sorted = { key, descending: own && !sorted.descending };
      refresh();
      byId(`sort-${key}`).focus();
    };
    const order = own ? (sorted.descending ? "descending" : "ascending") : "none";
    return h("th", { scope: "col", "aria-sort": order, class: kindOf(column) },
      h("button", { type: "button", id: `sort-${key}`, onclick: turn }, label));
  };
  const refresh = () => {
    page = 0;
    select();
    fill(byId("table-head"), h("tr", {}, shownColumns().map(head)));
    draw();
  };
  byId("filter").addEventListener("input", refresh);
  byId("previous").addEventListener("click", () => (page--, draw()));
  byId("next").addEventListener("click", () => (page++, draw()));
  byId("csv").addEventListener("click", () =>
    download(`${fileStem(model, view)}.csv`, "text/csv;charset=utf-8", toCsv(columns, rows, model.signs.point)));
  byId("csv-all").addEventListener("click", () => {
    const now = shown();
    download(`${model.page.stem}-${now.level}.csv`, "text/csv;charset=utf-8", toCsv(allColumns(model, format, now), now.shown, model.signs.point));
  });
  /** @type {(next: View) => string} */
  const caption = (next) => `${titled(next)}, ${levelText(model, "level", next.level).toLowerCase()}`;
  return {
    show(next) {
      view = next;
      columns = tableColumns(model, format, view);
      words.clear();
      byId("table-caption").textContent = caption(view);
      refresh();
    },
    whole: (next) => h("table", { class: "whole" },
      h("caption", {}, caption(next)),
      h("thead", {}, h("tr", {}, shownColumns().map(({ label, isNumber }) => h("th", { scope: "col", class: isNumber ? "number" : null }, label)))),
      h("tbody", {}, rows.map((i) => h("tr", {}, shownColumns().map(({ cell, isNumber }) => h("td", { class: isNumber ? "number" : null }, cell?.(i) ?? "")))))),
  };
}
