/**
 * A grid of real buttons that one tab stop enters and the arrow keys walk: boards whose fields one presses.
 */

import { html } from "./dom.js";

/**
 * @typedef {object} Grid
 * @property {HTMLElement} root              to be put into the page
 * @property {HTMLButtonElement[]} cells     row by row
 * @property {(target: EventTarget | null) => number} indexOf   the cell that an event fell on, or -1
 * @property {(index: number) => void} focus
 */

/**
 * @param {object} wanted
 * @param {number} wanted.columns
 * @param {number} wanted.rows
 * @param {string} wanted.label             what the whole grid is, for screen readers
 * @param {string} [wanted.className]
 * @param {(index: number) => void} wanted.press
 * @returns {Grid}
 */
export function cellGrid({ columns, rows, label, className = "", press }) {
  const root = html("div", { role: "grid", "aria-label": label, class: className });
  /** @type {HTMLButtonElement[]} */
  const cells = [];
  for (let y = 0; y < rows; y += 1) {
    const row = html("div", { role: "row" });
    for (let x = 0; x < columns; x += 1) {
      const cell = html("button", { type: "button", tabindex: cells.length ? -1 : 0 });
      cells.push(cell);
      row.append(html("div", { role: "gridcell" }, cell));
    }
    root.append(row);
  }
  const indexOf = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element ? cells.findIndex((cell) => cell.contains(target)) : -1;
  const focus = (/** @type {number} */ index) => {
    cells.forEach((cell, at) => (cell.tabIndex = at === index ? 0 : -1));
    cells[index]?.focus();
  };
  root.addEventListener("keydown", (event) => {
    const next = walk(indexOf(event.target), event.key, columns, rows);
    if (next < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    focus(next);
  });
  root.addEventListener("click", (event) => {
    const index = indexOf(event.target);
    if (index >= 0) press(index);
  });
  return { root, cells, indexOf, focus };
}

/**
 * Where a key leads from `index`, staying inside; -1 for any other key, or from nowhere.
 *
 * @param {number} index
 * @param {string} key
 * @param {number} columns
 * @param {number} rows
 */
export function walk(index, key, columns, rows) {
  const step = STEPS[key];
  if (!step || index < 0) return -1;
  const within = (/** @type {number} */ value, /** @type {number} */ limit) => Math.max(0, Math.min(limit - 1, value));
  const x = within((index % columns) + step[0] * columns ** step[2], columns);
  const y = within(Math.floor(index / columns) + step[1], rows);
  return y * columns + x;
}

/** @type {Record<string, [x: number, y: number, far: 0 | 1]>} */
const STEPS = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, -1, 0],
  ArrowDown: [0, 1, 0],
  Home: [-1, 0, 1],
  End: [1, 0, 1],
};
