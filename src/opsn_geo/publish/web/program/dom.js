// Small tools for the page. Text always goes in as text, never as markup.

/**
 * What an element can hold, out of nested lists with gaps.
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
const nodes = (children) =>
  children.flatMap((child) => (Array.isArray(child) ? nodes(child) : child === null || child === undefined ? [] : [child]));

/**
 * Make an element: h("button", { class: "x", onclick }, "text", child).
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/** @type {<T extends HTMLElement = HTMLElement>(id: string) => T} */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * Replace what an element holds.
 * @type {(element: Element, ...children: Child[]) => void}
 */
export const fill = (element, ...children) => element.replaceChildren(...nodes(children));

/**
 * Fill the {braces} of a text.
 * @type {(text: string, values: Record<string, string | number>) => string}
 */
export const phrase = (text, values) =>
  text.replace(/\{(\w+)(?::\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, several) =>
    one === undefined ? String(values[name]) : isOne(values[name], document.documentElement.lang) ? one : several,
  );

/**
 * Tell whether a noun after a number is singular: 0 and 1.5 are so in French, 1 alone in English.
 * @param {unknown} number
 * @param {string} lang
 */
export function isOne(number, lang) {
  const written = String(number).replace(/−/g, "-").replace(/[^0-9.,-]/g, "");
  const value = written ? Number(written.replace(/,/g, lang === "fr" ? "." : "")) : NaN;
  return lang === "fr" ? Math.abs(value) < 2 : value === 1;
}

/**
 * Fold case, accents and hyphens, and write St and Ste in full, so that names are found however they are typed.
 * @param {string} text
 */
export function fold(text) {
  const plain = text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const words = plain.replace(/œ/g, "oe").replace(/[^a-z0-9]+/g, " ").trim();
  return words.replace(/\bst\b/g, "saint").replace(/\bste\b/g, "sainte");
}

/**
 * The beginning of the name of a file that holds a view.
 * @type {(model: Model, view: View) => string}
 */
export const fileStem = ({ page }, { level, title }) => `${page.stem}-${level}-${fold(title).replaceAll(" ", "-").slice(0, 60)}`;

/**
 * Give a file to the reader without any server.
 * @param {string} name
 * @param {string} type
 * @param {BlobPart} content
 */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
