import assert from "node:assert/strict";
import { it } from "node:test";

import { newsOf, statusOf, wordsFor } from "../../../static/js/games/battleship.js";

/** @typedef {import("../../../static/js/games/battleship.js").View} View */

const name = (/** @type {number} */ seat) => ["Ada", "Bo"][seat] ?? "?";

/** @param {Partial<View>} changes @returns {View} */
const viewOf = (changes) => ({
  size: 10, ships: [3, 2], stage: "firing", turn: 0, placed: [true, true], deadline: null,
  boards: [{ shots: [], sunk: [], fleet: [[0, 1, 1, 1], [1, 5, 5, 0]] }, { shots: [], sunk: [], fleet: null }],
  ...changes,
});

it("names what lies on a square: ship, miss, hit, wreck", () => {
  const board = /** @type {import("../../../static/js/games/battleship.js").Board} */ ({
    shots: [[1, 1, 1], [0, 0, 0], [5, 5, 1], [5, 6, 1]], sunk: [[1, 5, 5, 0]], fleet: [[0, 1, 1, 1], [1, 5, 5, 0]],
  });
  const words = wordsFor(viewOf({}), board);
  assert.deepEqual([11, 12, 0, 55, 65, 99].map((at) => words.get(at)), [
    "hit", "cruiser", "miss", "patrol boat, sunk", "patrol boat, sunk", undefined,
  ]);
});

it("tells each new shot once, and what sank", () => {
  const before = viewOf({});
  const boards = [before.boards[0], { shots: [[2, 6, 1]], sunk: [[1, 2, 6, 1]], fleet: null }];
  const after = viewOf({ boards: /** @type {View["boards"]} */ (boards) });
  assert.deepEqual(newsOf(before, after, { seat: 0, name }), ["You fired at C7: hit.", "You sank the patrol boat."]);
  assert.deepEqual(newsOf(before, after, { seat: 1, name }), ["Ada fired at C7: hit.", "Ada sank the patrol boat."]);
  assert.deepEqual(newsOf(after, after, { seat: 1, name }), []);
});

it("says what is going on, to each reader", () => {
  const placing = viewOf({ stage: "placing", turn: -1, placed: [true, false] });
  assert.match(statusOf(placing, { seat: 0, name }), /Bo is still placing/);
  assert.match(statusOf(placing, { seat: 1, name }), /Place your fleet/);
  assert.match(statusOf(placing, { seat: null, name }), /in secret/);
  assert.match(statusOf(viewOf({}), { seat: 0, name }), /^Your turn/);
  assert.match(statusOf(viewOf({}), { seat: 1, name }), /^Ada/);
});
