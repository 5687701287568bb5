import assert from "node:assert/strict";
import { it } from "node:test";

import { newMarks, statusOf } from "../../../static/js/games/tictactoe.js";

const name = (/** @type {number} */ seat) => ["Ada", "Bo"][seat] ?? "?";
const empty = Array(9).fill(-1);

it("says whose turn it is, to each reader", () => {
  const view = { cells: empty, turn: 0, line: [] };
  assert.equal(statusOf(view, { seat: 0, name }), "Your turn: place a cross.");
  assert.equal(statusOf(view, { seat: 1, name }), "Ada (crosses) to move.");
  assert.equal(statusOf({ ...view, turn: 1 }, { seat: null, name }), "Bo (noughts) to move.");
});

it("says how it ended", () => {
  const cells = [1, 1, 1, 0, 0, -1, -1, -1, -1];
  const won = { cells, turn: -1, line: [0, 1, 2] };
  assert.equal(statusOf(won, { seat: 1, name }), "Three in a row: you win.");
  assert.equal(statusOf(won, { seat: null, name }), "Three in a row: Bo (noughts) wins.");
  assert.equal(statusOf({ ...won, line: [] }, { seat: 0, name }), "The board is full: a draw.");
});

it("tells the marks of others, not one's own", () => {
  const after = empty.map((_, at) => [0, 1][[4, 2].indexOf(at)] ?? -1);
  assert.deepEqual(newMarks(empty, after, { seat: 0, name }), ["Bo: nought, row 1, column 3."]);
  assert.deepEqual(newMarks(after, after, { seat: null, name }), []);
});
