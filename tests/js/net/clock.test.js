import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Latency, RoomClock, SteadyClock } from "../../../static/js/net/clock.js";
import { dice } from "../support/dice.js";
import { FakeClock } from "../support/clock.js";

describe("a steady clock", () => {
  it("says local time while it knows nothing, then what it is told", () => {
    const local = new FakeClock();
    const clock = new SteadyClock(local.now);
    local.pass(100);
    assert.equal(clock.read(), 100);
    clock.aim(5000);
    assert.equal(clock.read(), 5100);
  });

  it("never steps back, however the estimate jumps", () => {
    const local = new FakeClock();
    const clock = new SteadyClock(local.now);
    const random = dice(3);
    let last = -Infinity;
    for (let i = 0; i < 5000; i++) {
      local.pass(random() * 40);
      if (random() < 0.3) clock.aim((random() - 0.5) * 3000);
      const time = clock.read();
      assert.ok(time >= last, `${time} after ${last}`);
      last = time;
    }
  });

  it("gains and loses small errors gently, and is right in the end", () => {
    for (const error of [200, -200]) {
      const local = new FakeClock();
      const clock = new SteadyClock(local.now);
      clock.aim(0);
      clock.aim(error);
      local.pass(100);
      assert.equal(clock.read(), 100 + Math.sign(error) * 25);
      local.pass(900);
      assert.equal(clock.read(), 1000 + error);
    }
  });

  it("stands still rather than go back far", () => {
    const local = new FakeClock();
    const clock = new SteadyClock(local.now);
    clock.aim(2000);
    clock.read();
    clock.aim(0);
    local.pass(1000);
    assert.equal(clock.read(), 2000);
  });
});

it("latency is smoothed, and its least is the quickest way there and the quickest way back", () => {
  const latency = new Latency();
  assert.equal(latency.known, false);
  assert.equal(latency.least, 0);
  latency.sample(0, 1000 + 10, 100); // 10 there, 90 back, the server 1000 ahead
  latency.sample(0, 1000 + 80, 100); // 80 there, 20 back
  assert.equal(latency.least, 30);
  assert.equal(latency.offset, 1000 - 5);
  for (let i = 0; i < 24; i++) latency.sample(0, 1000 + 100, 200);
  assert.equal(latency.least, 200, "what is long past is forgotten");
  assert.ok(latency.rtt > 190 && latency.rtt < 200, `${latency.rtt}`);
  assert.ok(latency.jitter > 0 && latency.jitter < 20, `${latency.jitter}`);
});

/** Runs `seconds` of a road that takes 100 ms, 40 more or less, each way. @param {number} seed @param {number} seconds */
function jitteryRoad(seed, seconds) {
  const local = new FakeClock();
  const random = dice(seed);
  const oneWay = () => 60 + random() * 80;
  const latency = new Latency();
  const server = new SteadyClock(local.now);
  const room = new RoomClock(local.now, latency);
  const ahead = 1.8e12;
  const errors = { server: /** @type {number[]} */ ([]), room: /** @type {number[]} */ ([]) };
  let arrived = 0;
  for (let ms = 50; ms < seconds * 1000; ms += 50) {
    const sent = ms;
    if (ms % 2000 === 0 || (ms <= 1250 && ms % 250 === 0)) {
      const there = oneWay();
      const back = oneWay();
      local.setTimeout(() => {
        latency.sample(local.now() - there - back, ahead + local.now() - back, local.now());
        server.aim(latency.offset);
      }, Math.max(0, sent + there + back - local.now()));
    }
    arrived = Math.max(arrived, sent + oneWay()); // TCP: never out of order
    local.setTimeout(() => room.sample(sent, local.now()), Math.max(0, arrived - local.now()));
    local.pass(50);
    if (ms < 10_000) continue;
    errors.server.push(Math.abs(server.read() - (ahead + local.now())));
    errors.room.push(Math.abs(room.roomNow() - local.now()));
  }
  return errors;
}

it("both clocks are within 10 ms, 95 times of 100, although the road jitters by 40", () => {
  /** @type {Record<string, number[]>} */
  const all = { server: [], room: [] };
  for (let seed = 1; seed <= 20; seed++) {
    const errors = jitteryRoad(seed, 60);
    all.server?.push(...errors.server);
    all.room?.push(...errors.room);
  }
  for (const [name, errors] of Object.entries(all)) {
    const p95 = errors.sort((a, b) => a - b)[Math.floor(errors.length * 0.95)] ?? Infinity;
    assert.ok(p95 <= 10, `${name} clock: ${p95.toFixed(1)} ms`);
  }
});

it("a quiet room's clock goes on by itself", () => {
  const local = new FakeClock();
  const clock = new RoomClock(local.now, new Latency());
  clock.sample(1000, local.now());
  local.pass(60_000);
  assert.equal(clock.roomNow(), 61_000);
  clock.sample(60_700, local.now()); // one frame that came late does not shake it
  local.pass(5000);
  assert.equal(clock.roomNow(), 66_000);
});

describe("after an outage, which does not count for a room's time", () => {
  it("a room's clock goes on from where the room does, with the first frame", () => {
    const local = new FakeClock();
    const clock = new RoomClock(local.now, new Latency());
    for (const ms of [1000, 21_000, 41_000]) {
      clock.sample(ms, local.now());
      local.pass(20_000);
    }
    clock.sample(54_000, local.now()); // of 20 seconds seven did not count
    assert.equal(clock.roomNow(), 54_000);
    local.pass(1000);
    assert.equal(clock.roomNow(), 55_000);
  });

  it("frames that were held up on the road and come all at once leave it right", () => {
    const local = new FakeClock();
    const clock = new RoomClock(local.now, new Latency());
    let ms = 0;
    for (; ms < 5000; ms += 50) {
      clock.sample(ms, local.now());
      local.pass(50);
    }
    local.pass(2000);
    for (; ms <= 7000; ms += 50) clock.sample(ms, local.now());
    assert.ok(Math.abs(clock.roomNow() - 7000) <= 200, `${clock.roomNow()}`);
    local.pass(1000);
    assert.equal(clock.roomNow(), 8000);
  });
});
