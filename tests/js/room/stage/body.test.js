import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Body } from "../../../../static/js/room/stage/body.js";

/** @typedef {{tick: number, x: number, v: number}} Cart */

/** A cart that holds the speed it was last given. @type {import("../../../../static/js/room/stage/body.js").Laws<Cart, number, {x: number, y: number, angle: number}>} */
const laws = {
  step: ({ tick, x, v }, speeds) => ({ tick: tick + 1, x: x + (speeds.at(-1) ?? v), v: speeds.at(-1) ?? v }),
  same: (one, other) => one.x === other.x && one.v === other.v,
  pose: (from, to, t) => ({ x: from.x + (to.x - from.x) * t, y: 0, angle: 0 }),
  shows: ({ v }, speed) => v === speed,
  behind: () => null,
  circle: 4096,
  far: 50,
};

describe("a body ahead of the server's word", () => {
  const known = () => {
    const body = new Body(laws);
    body.know({ tick: 10, x: 0, v: 2 }, 0, 12, 0);
    return body;
  };

  it("moves on by the rules, between ticks too", () => {
    assert.equal(known().pose(12, 0)?.x, 4);
    assert.equal(known().pose(12.5, 0)?.x, 5);
  });

  it("takes new controls from their tick on, until a frame holds them", () => {
    const body = known();
    body.hear(1, 6, 12);
    assert.equal(body.pose(13, 0)?.x, 2 + 6 + 6);
    body.know({ tick: 12, x: 8, v: 6 }, 1, 13, 0);
    assert.equal(body.waiting, 0);
    assert.equal(body.missed, 0);
    assert.equal(body.pose(13, 0)?.x, 14);
  });

  it("lets a correction fade, and counts it", () => {
    const body = known();
    body.know({ tick: 11, x: 12, v: 2 }, 0, 12, 1000); // 10 more than foretold
    assert.equal(body.missed, 1);
    assert.equal(body.pose(12, 1000)?.x, 4, "nothing jumps");
    const later = body.pose(12, 1045)?.x ?? 0;
    assert.ok(later > 8 && later < 10, "half of it is gone");
    assert.ok(Math.abs((body.pose(12, 1500)?.x ?? 0) - 14) < 0.01);
  });

  it("shows a correction that is too far to slide at once", () => {
    const body = known();
    body.know({ tick: 11, x: 500, v: 2 }, 0, 12, 1000);
    assert.equal(body.pose(12, 1000)?.x, 502);
  });

  it("forgets controls that were refused", () => {
    const body = known();
    body.hear(1, 40, 11);
    body.refuse(1);
    assert.equal(body.pose(12, 0)?.x, 4);
  });
});
