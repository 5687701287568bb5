/**
 * From one snapshot to a later one: applies the deltas of rooms/core/snapshot.py, [age, what, change, what, change, ...].
 * docs/protocol.md tells the format; tests/golden/deltas.json holds both sides to the same answers.
 *
 * @typedef {import("./wire.js").Whole} Whole
 * @typedef {{tick: number, ms: number, acks: number[], whole: Whole}} Snapshot
 * @typedef {{fields: string[], tickHz: number}} Reading  of a welcome's `game`: what deltas are read by
 */
import { applyPatch, BadPatch, put } from "./patch.js";

const [ACKS, MS, ROOM, GAME, FIELDS] = [0, 1, 2, 3, 4];
const [PUT, PATCH, SOME] = [0, 1, 2];
const HOWS = 4;

/**
 * @param {Snapshot} base  left as it is; what has not changed is shared with the answer
 * @param {any[]} delta
 * @param {Reading} reading
 * @returns {Snapshot} Throws BadPatch when it does not fit.
 */
export function later(base, [age, ...changes], { fields, tickHz }) {
  const next = { ...base, tick: base.tick + age, whole: { ...base.whole } };
  next.ms += tickHz ? Math.floor((age * 1000) / tickHz) : 0;
  const { whole } = next;
  for (let at = 0; at < changes.length; at += 2) {
    const [what, change] = [changes[at], changes[at + 1]];
    if (what === ACKS) next.acks = sums(base.acks, change);
    else if (what === MS) next.ms = base.ms + change;
    else if (what === ROOM) whole.room = applyPatch(whole.room, change);
    else if (what === GAME) whole.game = applyPatch(whole.game, change);
    else {
      const name = fields[Math.floor((what - FIELDS) / HOWS)];
      if (name === undefined || !whole.game) throw new BadPatch(`the delta does not fit: ${what}`);
      if (whole.game === base.whole.game) whole.game = { ...whole.game };
      put(whole.game, name, changed(base.whole.game[name], (what - FIELDS) % HOWS, change));
    }
  }
  return next;
}

/** @param {any} old @param {number} how @param {any} change */
function changed(old, how, change) {
  if (how === PUT) return change;
  if (how === PATCH) return applyPatch(old, change);
  return how === SOME ? someRows(old, change) : allRows(old, change);
}

/** @param {number[]} old @param {number[]} more */
function sums(old, more) {
  return Array.from({ length: Math.max(old.length, more.length) }, (_, at) => (old[at] ?? 0) + (more[at] ?? 0));
}

/**
 * [[gone, ...], [row, ...], key, difference, ..., key, difference, ...], the two lists only when rows came or went.
 *
 * @param {number[][]} old @param {any[]} change
 */
function someRows(old, change) {
  const [gone, added, from] = Array.isArray(change[0]) ? [change[0], change[1], 2] : [[], [], 0];
  const rows = [...old];
  const columns = old[0]?.length ?? 0;
  let place = -1;
  for (let at = from; at < change.length; ) {
    const key = change[at++];
    place += 1 + Math.floor(key / 2 ** columns);
    const row = [...(rows[place] ?? misfit("a row", place))];
    for (let column = 0; column < columns; column++) {
      if (Math.floor(key / 2 ** column) % 2) row[column] = (row[column] ?? 0) + (change[at++] ?? misfit("a difference", at));
    }
    rows[place] = row;
  }
  return [...(gone.length ? without(rows, gone) : rows), ...added];
}

/** @param {number[][]} rows @param {number[]} gone  places */
function without(rows, gone) {
  const dropped = new Set(gone);
  for (const place of gone) if (!(place in rows)) misfit("a row", place);
  return rows.filter((_, place) => !dropped.has(place));
}

/** [bits, difference, ...]: the first changed column of every row, then the next. @param {number[][]} old @param {number[]} change */
function allRows(old, [bits = 0, ...differences]) {
  const rows = old.map((row) => [...row]);
  let at = 0;
  for (let column = 0; column < (old[0]?.length ?? 0); column++) {
    if (bits & (1 << column)) for (const row of rows) row[column] = (row[column] ?? 0) + (differences[at++] ?? misfit("a difference", at));
  }
  if (at !== differences.length) misfit("another table", at);
  return rows;
}

/** @param {string} what @param {number} at @returns {never} */
function misfit(what, at) {
  throw new BadPatch(`the delta does not fit: ${what} at ${at}`);
}
