import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { bannerOf, factsOf, roundNews, strokesOf, worthSending } from "../../../static/js/games/snake.js";

/** @typedef {import("../../../static/js/games/snake.js").Square} Square */
const name = (/** @type {number} */ seat) => ["Ada", "Bo", "Cy"][seat] ?? "?";

describe("a snake between two ticks", () => {
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

it("sends a turn that changes something: not on, not back, not a third", () => {
  assert.equal(worthSending("up", "right", []), true);
  assert.equal(worthSending("right", "right", []), false);
  assert.equal(worthSending("left", "right", []), false);
  assert.equal(worthSending("left", "right", ["up"]), true);
  assert.equal(worthSending("down", "right", ["up"]), false);
  assert.equal(worthSending("down", "right", ["up", "left"]), false);
});

it("says how the match stands", () => {
  const view = { width: 24, height: 18, walls: false, round: 2, rounds: 3, count: 12, food: [], snakes: [] };
  assert.equal(bannerOf({ ...view, phase: "countdown" }), "2");
  assert.equal(bannerOf({ ...view, phase: "running" }), "");
  assert.equal(bannerOf({ ...view, phase: "between" }), "Round 3 of 3 is next");
  assert.deepEqual(factsOf({ ...view, phase: "running", count: 655 }), ["Round 2 of 3", "66 s left"]);
  assert.equal(roundNews(1, [1, 0], { seat: 0, name }), "Round 1 goes to Bo and you.");
  assert.equal(roundNews(1, [], { seat: 0, name }), "Nobody wins round 1.");
});
