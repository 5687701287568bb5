import assert from "node:assert/strict";
import { it } from "node:test";

import { bannerOf, factsOf, roundNews, worthSending } from "../../../static/js/games/snake.js";

const name = (/** @type {number} */ seat) => ["Ada", "Bo", "Cy"][seat] ?? "?";

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
