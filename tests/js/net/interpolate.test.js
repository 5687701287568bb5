import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Interpolator, lerp, lerpAngle, lerpWrap, ringStep } from "../../../static/js/net/interpolate.js";
import { FakeClock } from "../support/clock.js";
import { dice } from "../support/dice.js";

/**
 * Draws at 60 Hz a thing that moves one unit a millisecond, over a road that `delay` describes.
 *
 * @param {(random: () => number) => number} delay @param {number} seconds
 */
function watch(delay, seconds) {
  const local = new FakeClock();
  const random = dice(7);
  const others = new Interpolator({ now: local.now });
  /** @type {{at: number, shown: number, over: number}[]} */
  const drawn = [];
  let arrived = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 50) {
    arrived = Math.max(arrived, ms + delay(random));
    local.setTimeout(() => others.push(ms, local.now(), { x: ms }), arrived - local.now());
    for (let frame = 0; frame < 3; frame++) {
      local.pass(50 / 3);
      const pair = others.sample();
      if (pair) drawn.push({ at: local.now(), shown: lerp(pair.from.x, pair.to.x, pair.t), over: pair.over });
    }
  }
  return { drawn, others };
}

describe("on a steady road", () => {
  it("others move evenly, a hundred milliseconds behind", () => {
    const { drawn } = watch(() => 30, 10);
    const steady = drawn.filter(({ at }) => at > 2000);
    for (const { at, shown } of steady) assert.ok(Math.abs(at - shown - 130) < 3, `${at - shown} ms behind`);
    assert.ok(steady.every(({ over }) => over === 0));
  });
});

describe("on a road that jitters", () => {
  it("it falls back as far as it must, and hardly ever runs dry", () => {
    const { drawn, others } = watch((random) => 60 + random() * 80, 30);
    const steady = drawn.filter(({ at }) => at > 3000);
    assert.ok(others.delay > 100 && others.delay <= 300, `${others.delay}`);
    const dry = steady.filter(({ over }) => over > 0).length / steady.length;
    assert.ok(dry < 0.02, `${dry}`);
  });

  it("nothing ever moves backwards", () => {
    const { drawn } = watch((random) => (random() < 0.02 ? 400 : 60 + random() * 80), 30);
    drawn.reduce((last, { shown }) => {
      assert.ok(shown >= last, `${shown} after ${last}`);
      return shown;
    }, -Infinity);
  });
});

it("with nothing new it stops at the newest and says for how long, up to a bound", () => {
  const local = new FakeClock();
  const others = new Interpolator({ now: local.now });
  assert.equal(others.sample(), null);
  others.push(0, 0, "a");
  others.push(50, 0, "b");
  local.pass(180);
  assert.deepEqual({ ...others.sample(), over: 0 }, { from: "a", to: "b", t: 1, over: 0 });
  local.pass(5000);
  assert.equal(others.sample()?.over, 250);
});

it("time that starts anew empties it", () => {
  const local = new FakeClock();
  const others = new Interpolator({ now: local.now });
  others.push(90_000, 0, "old");
  others.push(50, 0, "new");
  assert.deepEqual(others.sample(), { from: "new", to: "new", t: 1, over: 0 });
});

it("a snapshot of the same time replaces the one before", () => {
  const local = new FakeClock();
  const others = new Interpolator({ now: local.now });
  others.push(50, 0, "first");
  others.push(50, 1, "second");
  local.pass(1000);
  assert.equal(others.sample()?.to, "second");
});

describe("on a ring", () => {
  it("the short way is taken", () => {
    assert.equal(ringStep(10, 90, 100), -20);
    assert.equal(ringStep(90, 10, 100), 20);
    assert.equal(lerpWrap(90, 10, 0.5, 100), 0);
    assert.equal(lerpWrap(5, 95, 0.75, 100), 97.5);
  });
  it("angles too, whatever a full turn is called", () => {
    assert.equal(lerpAngle(4000, 96, 0.5, 4096), 0);
    assert.ok(Math.abs(lerpAngle(6, 0.5, 0.5) - (6 + (0.5 + 2 * Math.PI - 6) / 2) % (2 * Math.PI)) < 1e-9);
  });
});

it("after an outage, which did not count, others move evenly again within half a second", () => {
  const local = new FakeClock();
  const others = new Interpolator({ now: local.now });
  let ms = 0;
  const run = (/** @type {number} */ seconds) => {
    const behind = [];
    for (let i = 0; i < seconds * 20; i++, ms += 50) {
      others.push(ms, local.now(), { x: ms });
      local.pass(50);
      const pair = others.sample();
      if (pair) behind.push(ms + 50 - lerp(pair.from.x, pair.to.x, pair.t));
    }
    return behind;
  };
  run(5);
  local.pass(6000);
  for (const behind of run(2).slice(10)) assert.ok(Math.abs(behind - 100) < 3, `${behind} ms behind`);
});
