/**
 * The list of who plays and how they stand: what a canvas shows, as text that everybody can read.
 */

import { html, setText } from "./dom.js";

/**
 * @typedef {object} Score
 * @property {number} seat
 * @property {string} name
 * @property {string} colour      CSS colour of the seat
 * @property {number} score
 * @property {string} [note]      more, in few words: "crashed", "2 rounds"
 * @property {boolean} [mine]
 * @property {boolean} [out]      not alive now
 */

/**
 * @param {string} label  what the numbers are
 */
export function scoreList(label) {
  const root = html("ol", { class: "scores", "aria-label": label });
  let shown = "";
  /** @param {Score[]} scores  in the order to be shown */
  const show = (scores) => {
    const now = JSON.stringify(scores);
    if (now === shown) return;
    shown = now;
    root.replaceChildren(...scores.map(scoreItem));
  };
  return { root, show };
}

/** @param {Score} score */
function scoreItem({ seat, name, colour, score, note = "", mine = false, out = false }) {
  const chip = html("span", { class: `seat-chip seat-shape-${seat % 8}`, "aria-hidden": "true" });
  chip.style.setProperty("--seat", colour);
  const who = html("span", { class: "score-name" }, mine ? `${name} (you)` : name);
  const points = html("span", { class: "score-points" }, String(score));
  const parts = note ? [chip, who, points, html("span", { class: "score-note" }, note)] : [chip, who, points];
  return html("li", { class: `score${mine ? " is-mine" : ""}${out ? " is-out" : ""}` }, ...parts);
}

/** A line of small facts over the stage: "Round 2 of 3", "1:40 left". */
export function factLine() {
  const root = html("p", { class: "facts" });
  /** @param {string[]} facts */
  const show = (facts) => {
    while (root.children.length > facts.length) root.lastElementChild?.remove();
    facts.forEach((fact, at) => {
      const shown = root.children[at] ?? root.appendChild(html("span"));
      setText(shown, fact);
    });
  };
  return { root, show };
}

/** "1:05". @param {number} ms */
export function clockText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * What to say when the time left falls from `before` to `left`, both ms; "" for nothing, or when it was not known.
 *
 * @param {number} before
 * @param {number} left
 */
export function timeWarning(before, left) {
  const passed = Number.isFinite(before) && [60, 10].find((seconds) => before > seconds * 1000 && left <= seconds * 1000);
  return passed ? `${passed} seconds left.` : "";
}
