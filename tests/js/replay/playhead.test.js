import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Playhead } from "../../../static/js/replay/playhead.js";

const ticksOf = (/** @type {{tick: number}[]} */ reached) => reached.map(({ tick }) => tick);

describe("in real time", () => {
  const ready = () => Object.assign(new Playhead(100, 20, () => null), { playing: true });

  it("reaches each tick in turn, at its own moment", () => {
    const head = ready();
    assert.deepEqual(head.advance(120, 100), [{ tick: 1, at: 50 }, { tick: 2, at: 100 }]);
    assert.equal(head.ms, 120);
    assert.equal(head.passed, 120);
    assert.deepEqual(ticksOf(head.advance(30, 100)), [3]);
  });

  it("goes faster and slower", () => {
    const head = ready();
    head.speed = 4;
    assert.deepEqual(ticksOf(head.advance(50, 100)), [1, 2, 3, 4]);
    assert.equal(head.passed, 200);
    head.speed = 0.5;
    assert.deepEqual(ticksOf(head.advance(99, 100)), []);
    assert.deepEqual(ticksOf(head.advance(1, 100)), [5]);
  });

  it("stands while it is paused, and waits for what is not here", () => {
    const head = ready();
    assert.deepEqual(ticksOf(head.advance(500, 3)), [1, 2, 3]);
    assert.deepEqual(head.advance(500, 3), []);
    assert.equal(head.playing, true);
    head.playing = false;
    assert.deepEqual(head.advance(500, 100), []);
    assert.equal(head.passed, 150);
  });

  it("stops at the end", () => {
    const head = ready();
    head.jump(99);
    assert.deepEqual(ticksOf(head.advance(5000, 100)), [100]);
    assert.deepEqual([head.playing, head.atEnd], [false, true]);
  });

  it("jumps and steps within the match", () => {
    const head = ready();
    head.step(5);
    assert.deepEqual([head.tick, head.playing], [5, false]);
    head.step(-9);
    assert.equal(head.tick, 0);
    head.skip(3);
    assert.equal(head.tick, 60);
    head.jump(1e9);
    assert.equal(head.tick, 100);
  });

  it("changes its speed by steps", () => {
    const head = ready();
    for (const [by, speed] of /** @type {const} */ ([[1, 2], [1, 4], [1, 8], [1, 8], [-1, 4], [-9, 0.5]])) {
      head.shift(by);
      assert.equal(head.speed, speed);
    }
  });
});

describe("in a game of moves", () => {
  const at = [0, 50, 60_000, 60_800];
  const ready = () => Object.assign(new Playhead(3, 0, (tick) => at[tick] ?? null), { playing: true });

  it("nobody waits as long as the players thought, and each move is seen", () => {
    const head = ready();
    assert.deepEqual([0, 1, 2].map((tick) => head.span(tick)), [300, 1500, 800]);
    assert.deepEqual(ticksOf(head.advance(299, 3)), []);
    assert.deepEqual(ticksOf(head.advance(1, 3)), [1]);
    assert.deepEqual(ticksOf(head.advance(1500, 3)), [2]);
    assert.equal(head.ms, 60_000);
    assert.deepEqual(ticksOf(head.advance(800, 3)), [3]);
  });

  it("skips by one move", () => {
    const head = ready();
    head.skip(5);
    assert.equal(head.tick, 1);
    head.skip(-5);
    assert.equal(head.tick, 0);
  });
});
