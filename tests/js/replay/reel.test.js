import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Reel } from "../../../static/js/replay/reel.js";

/**
 * A replay of a game whose view is the tick, in chunks of `length`; every tenth tick tells an event.
 *
 * @param {number} ticks @param {number} [length]
 */
function server(ticks, length = 200) {
  /** @type {number[]} */
  const asked = [];
  const load = async (/** @type {number} */ from) => {
    asked.push(from);
    const to = Math.min(ticks, from + length - 1);
    const frames = Array.from({ length: to - from + 1 }, (_, at) => row(from + at, at > 0));
    return { from, ticks, hz: 20, whole: whole(from), frames, next: to === ticks ? null : to + 1 };
  };
  return { asked, load };
}

/** @param {number} tick @param {boolean} changed @returns {import("../../../static/js/replay/reel.js").Row} */
const row = (tick, changed) => [
  tick, tick * 50, changed ? [1, { game: [1, { tick: [0, tick] }] }] : null, tick % 10 ? [] : [["ten", {}]], tick % 3 ? [] : [0],
];

/** @param {number} tick @returns {any} */
const whole = (tick) => ({ room: {}, game: { tick } });

describe("a reel", () => {
  it("has nothing until it is needed, then every tick of the chunk", async () => {
    const { asked, load } = server(500);
    const reel = new Reel(500, load);
    assert.equal(reel.at(0), null);
    await reel.need(250);
    assert.deepEqual(asked, [200]);
    for (const tick of [399, 200, 317, 318]) assert.deepEqual(reel.at(tick)?.whole, whole(tick));
    assert.deepEqual(reel.at(210), { tick: 210, ms: 10500, whole: whole(210), events: [["ten", {}]], moved: [0] });
    assert.equal(reel.at(199), null);
    assert.equal(reel.at(400), null);
  });

  it("asks once, however often it is needed", async () => {
    const { asked, load } = server(500);
    const reel = new Reel(500, load);
    await Promise.all([reel.need(3), reel.need(7), reel.need(3)]);
    await reel.need(100);
    assert.deepEqual(asked, [0]);
  });

  it("asks on where a chunk was cut short", async () => {
    const { asked, load } = server(500, 70);
    const reel = new Reel(500, load);
    await reel.need(199);
    assert.deepEqual(asked, [0, 70, 140]);
    assert.deepEqual(reel.at(199)?.whole, whole(199));
    await reel.need(300);
    assert.deepEqual(asked.slice(3), [210, 280]);
    assert.deepEqual(reel.at(300)?.whole, whole(300));
  });

  it("fetches some chunks ahead and stops at the end", async () => {
    const { load } = server(1500);
    const reel = new Reel(1500, load);
    for (let tick = reel.lacking(0); tick !== null; tick = reel.lacking(0)) await reel.need(tick);
    assert.deepEqual(reel.spans, [[0, 199], [200, 399], [400, 599], [600, 799]]);
    for (let tick = reel.lacking(1450); tick !== null; tick = reel.lacking(1450)) await reel.need(tick);
    assert.deepEqual(reel.spans.at(-1), [1400, 1500]);
  });

  it("forgets what was looked at longest ago", async () => {
    const { load } = server(100_000);
    const reel = new Reel(100_000, load);
    for (let tick = 0; tick < 61 * 200; tick += 200) {
      await reel.need(tick);
      reel.at(0);
    }
    assert.equal(reel.spans.length, 60);
    assert.ok(reel.at(0));
    assert.equal(reel.at(200), null);
  });

  it("tells where something happened", async () => {
    const { load } = server(29);
    const reel = new Reel(29, load);
    await reel.need(0);
    assert.deepEqual(reel.marked(false), [0, 10, 20]);
    assert.deepEqual(reel.marked(true), [0, 3, 6, 9, 10, 12, 15, 18, 20, 21, 24, 27]);
  });

  it("tries again after a failure", async () => {
    const { load } = server(10);
    let fails = true;
    const reel = new Reel(10, (from) => (fails ? Promise.reject(new Error("away")) : load(from)));
    await assert.rejects(reel.need(0), /away/);
    fails = false;
    await reel.need(0);
    assert.deepEqual(reel.at(10)?.whole, whole(10));
  });

  it("does not ask for ever when the server sends nothing", async () => {
    const reel = new Reel(10, async (from) => ({ from, ticks: 10, hz: 20, whole: whole(0), frames: [], next: from }));
    await assert.rejects(reel.need(0), /without ticks/);
  });
});
