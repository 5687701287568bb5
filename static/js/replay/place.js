/**
 * Where a replay stands, in words and in an address. No DOM.
 *
 * @typedef {{tick: number, view: number|null}} Place  view: a seat, or null for a spectator
 */

/**
 * The place that an address asks for: ?tick= (or #t=) and ?view=.
 *
 * @param {string} address
 * @param {{ticks: number, views: number[]}} bounds
 * @returns {Place}
 */
export function placeIn(address, { ticks, views }) {
  const url = new URL(address);
  const asked = url.searchParams.get("tick") ?? /^#t=(\d+)$/.exec(url.hash)?.[1] ?? "";
  const tick = /^\d{1,9}$/.test(asked) ? Math.min(ticks, Number(asked)) : 0;
  const view = url.searchParams.get("view") ?? "";
  return { tick, view: /^\d{1,3}$/.test(view) && views.includes(Number(view)) ? Number(view) : null };
}

/** The address that leads to a place. @param {string} address @param {Place} place @returns {string} */
export function addressOf(address, { tick, view }) {
  const url = new URL(address);
  url.hash = "";
  url.searchParams.set("tick", String(tick));
  if (view === null) url.searchParams.delete("view");
  else url.searchParams.set("view", String(view));
  return url.href;
}

/** @param {number} ms @returns {string} minutes and seconds, such as 1:05 */
export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * Where it stands, for the eye.
 *
 * @param {number} tick @param {number} ticks @param {number} hz
 */
export function timeText(tick, ticks, hz) {
  if (!hz) return `Move ${tick} of ${ticks}`;
  return `${clock((tick * 1000) / hz)} / ${clock((ticks * 1000) / hz)}`;
}

/** The same for the ear. @param {number} tick @param {number} ticks @param {number} hz */
export function spokenTime(tick, ticks, hz) {
  if (!hz) return `move ${tick} of ${ticks}`;
  return `${clock((tick * 1000) / hz)} of ${clock((ticks * 1000) / hz)}, tick ${tick}`;
}

/**
 * A path of short strokes across a bar that is 1000 wide, one for each place that differs.
 *
 * @param {number[]} marked  ticks @param {number} ticks @param {number} height
 */
export function strokes(marked, ticks, height) {
  const places = new Set(marked.map((tick) => Math.round((tick * 1000) / Math.max(1, ticks))));
  return [...places].map((x) => `M${x} 0v${height}`).join("");
}

/** A path of bars, one for each span of ticks. @param {[number, number][]} spans @param {number} ticks @param {number} height */
export function bars(spans, ticks, height) {
  const at = (/** @type {number} */ tick) => Math.round((tick * 1000) / Math.max(1, ticks));
  return spans.map(([from, to]) => `M${at(from)} 0H${at(Math.min(ticks, to + 1))}V${height}H${at(from)}z`).join("");
}
