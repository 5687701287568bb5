/**
 * A canvas as large as its host, sharp on dense screens, and the colours to paint it with.
 */

import { html } from "./dom.js";

/** More device pixels than this per CSS pixel cost a phone its frame rate and show nothing. */
const DENSEST = 2;

/**
 * @typedef {object} Sheet
 * @property {HTMLCanvasElement} canvas
 * @property {() => {pen: CanvasRenderingContext2D, width: number, height: number}} begin  a clean sheet, in CSS pixels
 * @property {() => void} destroy
 */

/**
 * A canvas that fills `host` and follows its size. `changed` is called when it must be painted again.
 *
 * @param {HTMLElement} host   positioned, with a size of its own
 * @param {() => void} [changed]
 * @returns {Sheet}
 */
export function canvasIn(host, changed = () => {}) {
  const canvas = html("canvas", { "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser gives no 2d canvas");
  host.append(canvas);
  let [width, height, density] = [0, 0, 1];
  const fit = () => {
    const box = host.getBoundingClientRect();
    density = Math.min(DENSEST, globalThis.devicePixelRatio || 1);
    [width, height] = [box.width, box.height];
    canvas.width = Math.max(1, Math.round(width * density));
    canvas.height = Math.max(1, Math.round(height * density));
    changed();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(host);
  fit();
  const begin = () => {
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  };
  return { canvas, begin, destroy: () => (observer.disconnect(), canvas.remove()) };
}

/**
 * @typedef {object} Palette
 * @property {Record<string, string>} token   the page's colours by name without dashes in front: token["surface-2"]
 * @property {string[]} seats                 eight, by seat
 * @property {() => void} destroy
 */

const TOKENS = ["bg", "surface", "surface-2", "line", "text", "text-2", "accent", "accent-text", "good", "warn", "bad"];
const SEATS = 8;

/**
 * The page's colours as a canvas can use them, read again when the theme changes.
 *
 * @param {HTMLElement} element   whose custom properties count
 * @param {() => void} [changed]
 * @returns {Palette}
 */
export function paletteOf(element, changed = () => {}) {
  /** @type {Palette} */
  const palette = { token: {}, seats: [], destroy: () => {} };
  const read = () => {
    const style = getComputedStyle(element);
    const of = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim() || "gray";
    palette.token = Object.fromEntries(TOKENS.map((name) => [name, of(name)]));
    palette.seats = Array.from({ length: SEATS }, (_, seat) => of(`seat-${seat}`));
    changed();
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(read);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
  dark.addEventListener("change", read);
  palette.destroy = () => (observer.disconnect(), dark.removeEventListener("change", read));
  read();
  return palette;
}

/**
 * The colour of a seat on a canvas; after eight they repeat.
 *
 * @param {Palette} palette
 * @param {number} seat
 */
export const seatColour = (palette, seat) => palette.seats[seat % SEATS] ?? "gray";

/**
 * Call `draw(now, elapsed)` before each repaint, both in ms, until the returned function is called.
 *
 * @param {(now: number, elapsed: number) => void} draw
 */
export function everyFrame(draw) {
  let [last, wanted] = [performance.now(), 0];
  const next = (/** @type {number} */ now) => {
    wanted = requestAnimationFrame(next);
    // After a hidden tab, or a stall, time did not pass for what moves smoothly.
    draw(now, Math.min(100, Math.max(0, now - last)));
    last = now;
  };
  wanted = requestAnimationFrame(next);
  return () => cancelAnimationFrame(wanted);
}
