import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { aimPiece, choose, fits, newPlan, pieceAt, put, scatter, squaresOf, turn, undo } from "../../../../static/js/room/stage/pieces.js";
import { dice } from "../../support/dice.js";

/** @typedef {import("../../../../static/js/room/stage/pieces.js").Plan} Plan */

/** @param {Plan} plan @param {number} square @returns {Plan} */
const lay = (plan, square) => {
  const next = put(plan, aimPiece(plan, square));
  assert.ok(next);
  return next;
};

describe("laying pieces", () => {
  it("keeps the piece in hand inside the board, wherever it is held", () => {
    const plan = newPlan(10, [5, 3]);
    assert.deepEqual(aimPiece(plan, 49), [0, 5, 4, 1]);
    assert.deepEqual(aimPiece({ ...plan, across: 0 }, 93), [0, 3, 5, 0]);
    assert.deepEqual(aimPiece(plan, 40, 2), [0, 0, 4, 1]);
    assert.deepEqual(aimPiece(plan, 45, 2), [0, 3, 4, 1]);
  });

  it("takes the next piece in hand, and refuses one that lies on another", () => {
    const plan = lay(newPlan(10, [5, 3]), 0);
    assert.equal(plan.chosen, 1);
    assert.deepEqual(squaresOf([0, 0, 0, 1], plan), [0, 1, 2, 3, 4]);
    assert.equal(pieceAt(plan, 4), 0);
    assert.equal(pieceAt(plan, 5), -1);
    assert.equal(put(plan, aimPiece(plan, 3)), null);
    assert.equal(fits(plan, aimPiece(plan, 5)), true);
  });

  it("turns a piece where it lies, when there is room", () => {
    const plan = choose(lay(lay(newPlan(10, [5, 3]), 0), 50), 0);
    const turned = turn(plan);
    assert.deepEqual(turned?.laid[0], [0, 0, 0, 0]);
    assert.equal(turned?.chosen, 0);
    const tight = choose(lay(lay(newPlan(10, [5, 3]), 0), 10), 0);
    assert.equal(turn(tight), null);
  });

  it("moves a piece that lies already, and takes every step back", () => {
    const first = newPlan(10, [5, 3]);
    const moved = lay(choose(lay(first, 0), 0), 20);
    assert.deepEqual(moved.laid[0], [0, 0, 2, 1]);
    assert.deepEqual(undo(undo(moved)).laid, first.laid);
    assert.equal(undo(first), first);
  });

  it("lays all by chance without an overlap, and gives up where there is no way", () => {
    for (let seed = 1; seed < 40; seed += 1) {
      const plan = scatter(newPlan(8, [4, 3, 3, 2]), dice(seed));
      const squares = plan.laid.flatMap((placed) => (placed ? squaresOf(placed, plan) : []));
      assert.equal(new Set(squares).size, 12);
      assert.ok(Math.max(...squares) < 64);
    }
    const none = newPlan(2, [2, 2, 2]);
    assert.equal(scatter(none, dice(1)), none);
  });
});
