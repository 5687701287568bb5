/** The last few lines of what happened, shown over a game for some seconds. For the eye alone: games announce too. */

import { html } from "./dom.js";

const [LINES, SHOWN] = [3, 3500]; // at once; ms

export function newsFeed() {
  const root = html("ul", { class: "game-feed", "aria-hidden": "true" });
  /** @type {Set<ReturnType<typeof setTimeout>>} */
  const timers = new Set();
  const show = (/** @type {string} */ text) => {
    const line = root.appendChild(html("li", {}, text));
    if (root.children.length > LINES) root.firstElementChild?.remove();
    const timer = setTimeout(() => (line.remove(), timers.delete(timer)), SHOWN);
    timers.add(timer);
  };
  return { root, show, stop: () => timers.forEach(clearTimeout) };
}
