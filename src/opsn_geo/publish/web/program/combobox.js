// A field with a list of proposals, used by keyboard or pointer (ARIA combobox pattern).
import { fill, h } from "./dom.js";

/**
 * Bring a field to life. `proposals(text)` gives [{ label, note, group, value }]; `onPick(value)` is called with the
 * one taken; `shown()` gives the text of the field at rest.
 * @param {HTMLInputElement} input
 * @param {HTMLElement} list
 * @param {{proposals: (text: string) => Proposal[], onPick: (value: string) => void, shown: () => string, empty: string, onCount?: (n: number) => void}} uses
 */
export function makeCombobox(input, list, { proposals, onPick, shown, empty, onCount }) {
  /** @type {Proposal[]} */
  let options = [];
  let active = -1;
  const isOpen = () => !list.hidden;

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  /** @type {(next: number) => void} */
  const activate = (next) => {
    const rows = list.querySelectorAll('[role="option"]');
    rows[active]?.setAttribute("aria-selected", "false");
    active = next;
    const row = rows[active];
    if (!row) return input.removeAttribute("aria-activedescendant");
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", row.id);
  };
  /** @type {(i: number) => void} */
  const take = (i) => {
    close();
    onPick(options[i].value);
    input.value = shown();
  };
  /** @type {(proposal: Proposal, i: number) => HTMLElement} */
  const row = ({ label, note }, i) =>
    h("li", { role: "option", id: `${list.id}-${i}`, "aria-selected": "false", onmousedown: (e) => e.preventDefault(), onclick: () => take(i) },
      h("span", {}, label), note ? h("small", {}, note) : null);
  /** @type {(text: string) => void} */
  const open = (text) => {
    options = proposals(text);
    active = -1;
    /** @type {HTMLElement[]} */
    const rows = [];
    let group = "";
    options.forEach((option, i) => {
      if (option.group && option.group !== group) rows.push(h("li", { role: "presentation", class: "group" }, (group = option.group)));
      rows.push(row(option, i));
    });
    fill(list, rows.length ? rows : h("li", { role: "option", "aria-disabled": "true", class: "none" }, empty));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
    onCount?.(options.length);
  };

  input.addEventListener("input", () => open(input.value));
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => isOpen() || open(input.value === shown() ? "" : input.value));
  input.addEventListener("blur", () => {
    close();
    input.value = shown();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!isOpen()) open(input.value === shown() ? "" : input.value);
      if (options.length) activate((active + step + options.length) % options.length);
    } else if (event.key === "Enter" && isOpen() && options.length) {
      event.preventDefault();
      take(Math.max(active, 0));
    } else if (event.key === "Escape" && isOpen()) {
      event.stopPropagation();
      close();
      input.value = shown();
    }
  });
  return { refresh: () => document.activeElement === input || (input.value = shown()) };
}
