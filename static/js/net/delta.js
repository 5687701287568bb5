/**
 * From one snapshot to a later one: applies the deltas of rooms/core/snapshot.py, [age, what, change, what, change, ...].
 * docs/protocol.md tells the format; tests/golden/deltas.json holds both sides to the same answers.
 *
 * @typedef {import("./wire.js").Whole} Whole
 * @typedef {Map<number, any>} Cells  of a base: the keyframes of the cells in sight
 * @typedef {{tick: number, ms: number, acks: number[], whole: Whole, cells: Cells}} Snapshot
 * @typedef {{fields: string[], tickHz: number, cells?: string[]}} Reading  of a welcome's `game`: what deltas are read by
 */
import { applyPatch, BadPatch, put } from "./patch.js";

const [ACKS, MS, ROOM, GAME, CELL, CELL_LATER, CELLS_GONE, ACK, FIELDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const [PUT, PATCH, SOME] = [0, 1, 2];
const HOWS = 4;

/**
 * The base as it is after a delta, whose cells' keyframes belong to it from then on.
 *
 * @param {Snapshot} base  left as it is
 * @param {any[]} delta
 * @returns {Snapshot}
 */
export function rebased(base, [, ...changes]) {
  if (!changes.some((what, at) => at % 2 === 0 && (what === CELL || what === CELLS_GONE))) return base;
  const cells = new Map(base.cells);
  for (let at = 0; at < changes.length; at += 2) {
    const change = changes[at + 1];
    if (changes[at] === CELL) cells.set(change[0], change[1]);
    else if (changes[at] === CELLS_GONE) for (const cell of change) cells.delete(cell);
  }
  return { ...base, cells };
}

/**
 * @param {Snapshot} base  one that has been rebased; left as it is; what has not changed is shared with the answer
 * @param {any[]} delta
 * @param {Reading} reading
 * @returns {Snapshot} Throws BadPatch when it does not fit.
 */
export function later(base, [age, ...changes], reading) {
  const { fields, tickHz, cells: cellFields = [] } = reading;
  const ms = base.ms + (tickHz ? Math.floor((age * 1000) / tickHz) : 0);
  const draft = { base, ms, acks: base.acks, room: base.whole.room, game: base.whole.game, cells: base.cells, cellFields };
  /** @type {any[]} */
  const patched = [];
  for (let at = 0; at < changes.length; at += 2) {
    const [what, change] = [changes[at], changes[at + 1]];
    if (what >= FIELDS) patched.push(what, change);
    else TAKERS[what]?.(draft, change);
  }
  if (patched.length) draft.game = withFields(draft.game, patched, fields);
  const { acks, room, cells } = draft;
  const game = cellFields.length && draft.game ? { ...draft.game, cells: inOrder(cells) } : draft.game;
  return { ...base, tick: base.tick + age, ms: draft.ms, acks, whole: { room, game } };
}

/** @typedef {{base: Snapshot, ms: number, acks: number[], room: any, game: any, cells: Cells, cellFields: string[]}} Draft */

/** @type {Record<number, (draft: Draft, change: any) => void>} */
const TAKERS = {
  [ACKS]: (draft, change) => void (draft.acks = sums(draft.acks, change)),
  [ACK]: (draft, [seat, seq]) => void (draft.acks = [...Array(seat).fill(0), seq]),
  [MS]: (draft, change) => void (draft.ms = draft.base.ms + change),
  [ROOM]: (draft, change) => void (draft.room = applyPatch(draft.room, change)),
  [GAME]: (draft, change) => void (draft.game = applyPatch(draft.game, change)),
  [CELL_LATER]: (draft, [cell, ...changes]) => {
    if (draft.cells === draft.base.cells) draft.cells = new Map(draft.cells);
    draft.cells.set(cell, withFields(draft.cells.get(cell), changes, draft.cellFields));
  },
};

/** What is in the cells, by their numbers. @param {Cells} cells */
const inOrder = (cells) => [...cells].sort(([one], [other]) => one - other).map(([, value]) => value);

/**
 * A view or a cell with some of its fields otherwise.
 *
 * @param {any} old @param {any[]} changes @param {string[]} names
 */
function withFields(old, changes, names) {
  if (!old) throw new BadPatch("the delta does not fit: there is nothing to change");
  const next = { ...old };
  for (let at = 0; at < changes.length; at += 2) {
    const field = changes[at] - FIELDS;
    const name = names[Math.floor(field / HOWS)];
    if (name === undefined) throw new BadPatch(`the delta does not fit: ${changes[at]}`);
    put(next, name, changed(old[name], field % HOWS, changes[at + 1]));
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
