import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { strokesOf } from "../../../../static/js/room/stage/gliding.js";

/** @typedef {import("../../../../static/js/room/stage/gliding.js").Square} Square */

describe("something long between two ticks", () => {
  /** @type {Square[]} */
  const before = [[3, 1], [2, 1], [1, 1]];

  it("has its head on the way in and its tail on the way out", () => {
    assert.deepEqual(strokesOf(before, [[4, 1], [3, 1], [2, 1]], 0.5), [[[3.5, 1], [3, 1], [2, 1], [1.5, 1]]]);
  });

  it("keeps its tail when it grows", () => {
    assert.deepEqual(strokesOf(before, [[4, 1], [3, 1], [2, 1], [1, 1]], 0.25), [[[3.25, 1], [3, 1], [2, 1], [1, 1]]]);
  });

  it("is drawn on both sides of an edge that it crosses, and never across the field", () => {
    const strokes = strokesOf([[9, 4], [8, 4]], [[0, 4], [9, 4]], 0.5);
    assert.deepEqual(strokes, [[[9.5, 4], [9, 4], [8.5, 4]]]);
    assert.deepEqual(strokesOf([[0, 4], [9, 4]], [[1, 4], [0, 4]], 1), [[[1, 4], [0, 4]]]);
    assert.deepEqual(strokesOf([], [[1, 4], [0, 4], [9, 4]], 1), [[[1, 4], [0, 4], [-1, 4]], [[10, 4], [9, 4]]]);
  });

  it("stands where it is when it was not there before, or did not move", () => {
    assert.deepEqual(strokesOf([], before, 0.5), [before]);
    assert.deepEqual(strokesOf(before, before, 0.5), [before]);
    assert.deepEqual(strokesOf(before, [], 0.5), []);
  });
});
