/**
 * Applies the patches of rooms/core/delta.py: one tree of plain values becomes another.
 *
 *     [0, value]                       put `value` here
 *     [1, {key: patch}, [gone, ...]]   an object: patch these keys, drop those
 *     [2, length, [i, patch, ...], [value, ...]]
 *                                      an array: patch these items of its first `length`, then add the values
 *
 * tests/golden/patches.json holds both sides to the same answers.
 *
 * @typedef {any[]} Patch
 */

const PUT = 0;
const OBJECT = 1;
const ARRAY = 2;

/** The patch does not fit: the base is missing or another; ask for the whole. */
export class BadPatch extends Error {}

/** @type {(object: object, key: string) => boolean} */
const has = Object.hasOwn;

/**
 * @param {any} old  left as it is; unchanged parts are shared with the answer
 * @param {Patch|null} change  null: nothing changed
 * @returns {any}
 */
export function applyPatch(old, change) {
  if (change === null) return old;
  switch (change[0]) {
    case PUT:
      return change[1];
    case OBJECT:
      return patchObject(old, change);
    case ARRAY:
      return patchArray(old, change);
    default:
      throw new BadPatch(`unknown kind of patch ${change[0]}`);
  }
}

/** @param {any} old @param {Patch} change */
function patchObject(old, [, changed, gone = []]) {
  demand(old !== null && typeof old === "object" && !Array.isArray(old), "an object");
  const next = { ...old };
  for (const key of gone) {
    demand(has(next, key), key);
    delete next[key];
  }
  for (const key of Object.keys(changed)) {
    const inner = changed[key];
    demand(inner[0] === PUT || has(old, key), key);
    put(next, key, applyPatch(has(old, key) ? old[key] : null, inner));
  }
  return next;
}

/** @param {any} old @param {Patch} change */
function patchArray(old, [, length, changed = [], added = []]) {
  demand(Array.isArray(old) && old.length >= length, "a longer array");
  const next = old.slice(0, length);
  for (let at = 0; at < changed.length; at += 2) {
    const index = changed[at];
    demand(index in next, index);
    next[index] = applyPatch(next[index], changed[at + 1]);
  }
  return next.concat(added);
}

/**
 * Sets an own property, whatever its name: plain assignment to "__proto__" would change the object's prototype.
 *
 * @param {Record<string, any>} object @param {string} key @param {any} value
 */
export function put(object, key, value) {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}

/** @param {boolean} truth @param {string|number} what */
function demand(truth, what) {
  if (!truth) throw new BadPatch(`the patch does not fit: it expects ${what}`);
}
