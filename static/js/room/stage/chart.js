/**
 * A square board with letters along the top and numbers down the side: a picture in units of squares under a grid of
 * clear buttons.
 */

import { html, svg } from "./dom.js";
import { cellGrid } from "./grid.js";

/** "B7": columns have letters, rows numbers. @param {number} x @param {number} y */
export const squareName = (x, y) => `${String.fromCharCode(65 + x)}${y + 1}`;

/**
 * @param {number} size     squares along a side, at most 26
 * @param {string} label    for screen readers
 * @param {(square: number) => void} press   numbered row by row
 */
export function chart(size, label, press) {
  const layer = svg("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true", class: "chart-layer" });
  const grid = cellGrid({ columns: size, rows: size, label, className: "chart-cells", press });
  const places = Array.from({ length: size }, (_, at) => at);
  const letters = places.map((x) => html("span", {}, squareName(x, 0).slice(0, 1)));
  const numbers = places.map((y) => html("span", {}, String(y + 1)));
  const root = html(
    "div",
    { class: "chart" },
    html("div", { class: "chart-letters", "aria-hidden": "true" }, ...letters),
    html("div", { class: "chart-numbers", "aria-hidden": "true" }, ...numbers),
    html("div", { class: "chart-field" }, layer, grid.root),
  );
  root.style.setProperty("--n", String(size));
  /** Say what each square holds. @param {(square: number) => string} wordFor */
  const name = (wordFor) => {
    grid.cells.forEach((cell, square) => {
      const words = `${squareName(square % size, Math.floor(square / size))}, ${wordFor(square)}`;
      if (cell.ariaLabel !== words) cell.ariaLabel = words;
    });
  };
  return { root, layer, grid, name };
}
