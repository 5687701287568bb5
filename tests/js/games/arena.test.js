import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { bitsOf, fly, Scene, shipOf, shotFrom, sine, stepFlight, turnTo } from "../../../static/js/games/arena.js";
import { Latency, RoomClock } from "../../../static/js/net/clock.js";
import { FakeClock } from "../support/clock.js";
import { dice } from "../support/dice.js";

/** @typedef {import("../../../static/js/games/arena.js").Ship} Ship */
/** @typedef {import("../../../static/js/games/arena.js").Move} Move */

const golden = JSON.parse(readFileSync(new URL("../../golden/arena_motion.json", import.meta.url), "utf8"));
const rowOf = (/** @type {Ship} */ { x, y, angle, vx, vy, spin }) => [x, y, angle, vx, vy, spin];

describe("motion is that of rooms/games/arena.py", () => {
  it("has the same sine", () => {
    assert.deepEqual(golden.sine.map((/** @type {number} */ _, /** @type {number} */ at) => sine(at * 64)), golden.sine);
    const sum = Array.from({ length: 4096 }, (_, angle) => Math.abs(sine(angle))).reduce((a, b) => a + b);
    assert.equal(sum, golden.sine_sum);
  });

  for (const { name, width, height, start, controls, rows } of golden.paths) {
    it(`flies the same path: ${name}`, () => {
      let ship = shipOf(start);
      controls.forEach((/** @type {number} */ held, /** @type {number} */ at) => {
        ship = fly({ ...ship, controls: held }, width * 16, height * 16);
        assert.deepEqual(rowOf(ship), rows[at], `tick ${at + 1}`);
      });
    });
  }

  it("fires the same shots", () => {
    for (const { ship, shot } of golden.shots) {
      const { x, y, vx, vy } = shotFrom(shipOf(ship));
      assert.deepEqual([x, y, vx, vy], shot);
    }
  });
});

describe("a tick of one's own ship", () => {
  /** @returns {import("../../../static/js/games/arena.js").Flight} */
  const flight = () => ({ tick: 0, ship: shipOf([0, 16000, 16000, 0, 0, 0, 0, 0, 50]), shots: [] });
  const step = (/** @type {ReturnType<typeof flight>} */ from, /** @type {Move[]} */ ...moves) =>
    stepFlight(from, moves, 38400, 21600);

  it("takes the newest controls, and fires when any of them asked for it", () => {
    const after = step(flight(), { thrust: 0, turn: -1, fire: 1 }, { thrust: 1, turn: 1, fire: 0 });
    assert.equal(after.ship.controls, 1 | 4);
    assert.equal(after.shots.length, 1);
    assert.equal(after.ship.shield, 0);
    assert.equal(after.ship.reload, 6);
  });

  it("fires every sixth tick while fire is held, and shots end", () => {
    let now = step(flight(), { thrust: 0, turn: 0, fire: 1 });
    const fired = [now.shots.length];
    for (let tick = 2; tick <= 12; tick += 1) fired.push((now = step(now)).shots.length);
    assert.deepEqual(fired, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    for (let tick = 0; tick < 40; tick += 1) now = step({ ...now, ship: { ...now.ship, controls: 0 } });
    assert.equal(now.shots.length, 0);
  });

  it("leaves coming back to the server", () => {
    const down = { tick: 0, ship: { ...flight().ship, down: 2 }, shots: [] };
    assert.equal(step(step(step(down))).ship.down, 1);
  });
});

describe("steering towards an angle", () => {
  it("gets there and stays there", () => {
    for (const wanted of [0.3, 1.57, -3, 3.1]) {
      let ship = shipOf([0, 16000, 16000, 100]);
      const turns = [];
      for (let tick = 0; tick < 60; tick += 1) {
        const turn = turnTo(ship, wanted);
        turns.push(turn);
        ship = fly({ ...ship, controls: bitsOf({ thrust: 0, turn, fire: 0 }) }, 38400, 21600);
      }
      const off = ((ship.angle * 2 * Math.PI) / 4096 - wanted) / (2 * Math.PI);
      assert.ok(Math.abs(off - Math.round(off)) < 0.006, `off by ${off} of a turn`);
      assert.deepEqual(turns.slice(-10), Array(10).fill(0));
    }
  });
});

/**
 * A server and one screen, `way` ms apart, with no other error in the world than what a test adds. The server ticks as
 * rooms/games/arena.py does; the screen has 60 frames a second and the real clock estimate.
 */
class Link {
  clock = new FakeClock();
  latency = new Latency();
  room = new RoomClock(this.clock.now, this.latency);
  scene = new Scene({ seat: 0, tickHz: 20, clock: this.room }, this.clock.now);
  /** @type {Ship[]} */
  ships = [shipOf([0, 16000, 9000, 0, 0, 0, 0, 0, 0]), shipOf([1, 9000, 16000, 0, 0, 0, 0, 0, 0])];
  /** @type {Map<number, Ship[]>} by tick */
  truth = new Map();
  tick = 0;
  seq = 0;
  ack = 0;
  /** @type {{seat: number, seq: number, move: Move}[]} arrived since the last tick */
  inbox = [];
  /** @param {() => number} way  ms, one way @param {number} [early]  ms before a tick at which the server takes its inputs */
  constructor(way, early = 0) {
    this.way = way;
    this.early = early;
    this.latency.sample(-200, -100, 0);
    this.clock.setTimeout(() => this.serve(), 1050);
  }

  serve() {
    const taken = this.inbox.splice(0);
    this.clock.setTimeout(() => this.finish(taken), this.early);
    this.clock.setTimeout(() => this.serve(), 50);
  }

  /** @param {typeof this.inbox} taken */
  finish(taken) {
    this.tick += 1;
    this.ships = this.ships.map((ship) => {
      const moves = taken.filter(({ seat }) => seat === ship.seat).map(({ move }) => move);
      return stepFlight({ tick: this.tick - 1, ship, shots: [] }, moves, 38400, 21600).ship;
    });
    this.truth.set(this.tick, this.ships);
    this.ack = Math.max(this.ack, ...taken.filter(({ seat }) => seat === 0).map(({ seq }) => seq));
    const frame = { ms: 1000 + this.tick * 50, ack: this.ack, tick: this.tick, ships: this.ships.map((ship) => Object.values(ship)) };
    this.clock.setTimeout(() => this.show(frame), this.way());
  }

  /** @param {{ms: number, ack: number, tick: number, ships: number[][]}} frame */
  show({ ms, ack, ships }) {
    const at = this.clock.now();
    this.room.sample(ms, at);
    const view = { width: 2400, height: 1350, left: 1000, goal: 10, ships, shots: [] };
    const room = /** @type {any} */ ({ match: 1, match_ms: 1000, phase: "playing" });
    this.scene.update({ ms, at, view, room, ack });
  }

  /** @param {Move} move */
  press(move) {
    this.seq += 1;
    const sent = { seat: 0, seq: this.seq, move };
    this.clock.setTimeout(() => this.inbox.push(sent), this.way());
    this.scene.crowd.steer(this.seq, move);
  }

  /** Another player presses a key, with or without a relay. @param {Move} move @param {boolean} relayed */
  other(move, relayed) {
    this.clock.setTimeout(() => this.inbox.push({ seat: 1, seq: 0, move }), this.way());
    if (relayed) this.clock.setTimeout(() => this.scene.crowd.relayed(1, move), 2 * this.way());
  }

  /** @param {number} seat */
  drawn(seat) {
    return this.scene.look().ships.find(({ ship }) => ship.seat === seat)?.pose ?? null;
  }
}

const FRAME = 1000 / 60;
const anyMove = (/** @type {() => number} */ random) => ({
  thrust: Math.floor(random() * 2),
  turn: Math.floor(random() * 3) - 1,
  fire: Math.floor(random() * 2),
});

describe("a screen 200 ms away", () => {
  it("shows the own ship answering at the next frame", () => {
    const link = new Link(() => 100);
    link.clock.pass(3003);
    const before = link.drawn(0);
    link.press({ thrust: 1, turn: 1, fire: 0 });
    link.clock.pass(FRAME);
    const after = link.drawn(0);
    assert.ok(before && after);
    assert.ok(after.angle > before.angle, "it turns");
    assert.ok(after.controls & 1, "its flame burns");
    assert.equal(link.ack, 0, "long before the server knows");
  });

  it("never mispredicts the own ship", () => {
    const [link, random] = [new Link(() => 100), dice(5)];
    link.clock.pass(3003);
    let pressed = 0;
    for (let frame = 0; frame < 1800; frame += 1) {
      link.clock.pass(FRAME);
      if (random() < 0.2) (link.press(anyMove(random)), (pressed += 1));
      link.drawn(0);
    }
    assert.ok(pressed > 250);
    assert.ok(link.ack > 250);
    assert.equal(link.scene.crowd.own.missed, 0);
  });

  it("draws the own ship where the server will have it when an input sent now counts", () => {
    const [link, random] = [new Link(() => 100), dice(6)];
    link.clock.pass(3003);
    /** @type {{time: number, x: number, y: number}[]} */
    const seen = [];
    for (let frame = 0; frame < 2000; frame += 1) {
      link.clock.pass(17); // no part of a tick, so that some frames fall on one
      const time = link.scene.crowd.arrival;
      const onTick = Math.abs(time - Math.round(time)) < 0.02;
      // What arrives at the very moment of a tick may count in it or after it.
      if (!onTick && random() < 0.1) link.press(anyMove(random));
      const pose = link.drawn(0);
      if (pose && onTick) seen.push({ time: Math.round(time), x: pose.x, y: pose.y });
    }
    link.clock.pass(500);
    assert.ok(seen.length > 5);
    for (const { time, x, y } of seen) {
      const ship = link.truth.get(time)?.[0];
      assert.ok(ship && Math.hypot(ship.x - x, ship.y - y) < 16, `tick ${time}`);
    }
  });

  it("learns that the server takes inputs early", () => {
    const [link, random] = [new Link(() => 100, 12), dice(7)];
    link.clock.pass(3003);
    const play = () => {
      for (let frame = 0; frame < 3600; frame += 1) {
        link.clock.pass(FRAME);
        if (random() < 0.2) link.press(anyMove(random));
      }
      return link.scene.crowd.own.missed;
    };
    const first = play();
    const second = play() - first;
    assert.ok(second < 0.1 * link.seq, `${second} of ${link.seq / 2} foretold wrongly`);
  });

  it("moves evenly although the road jitters", () => {
    const random = dice(8);
    const link = new Link(() => 100);
    link.way = () => 80 + 40 * random();
    link.clock.pass(3003);
    let [jumps, last] = [0, link.drawn(0)];
    for (let frame = 0; frame < 1800; frame += 1) {
      if (frame % 23 === 0) link.press(anyMove(random));
      link.clock.pass(FRAME);
      const now = link.drawn(0);
      // A ship makes 430 sixteenths in a tick at most: 144 in a frame, and room for a correction that fades.
      if (now && last && Math.hypot(now.x - last.x, now.y - last.y) > 300) jumps += 1;
      last = now;
    }
    assert.equal(jumps, 0);
  });
});

describe("another's ship", () => {
  /** How far behind the server's present it is drawn, in ticks, while it flies straight on. @param {boolean} relayed */
  const lagOf = (relayed) => {
    const link = new Link(() => 100);
    link.clock.pass(3003);
    link.other({ thrust: 1, turn: 0, fire: 0 }, relayed);
    for (let frame = 0; frame < 240; frame += 1) {
      link.clock.pass(FRAME);
      link.drawn(1);
    }
    const pose = link.drawn(1);
    const [ship] = (link.truth.get(link.tick) ?? []).slice(1);
    assert.ok(pose && ship);
    return link.scene.crowd.present - link.tick + (ship.x - pose.x) / ship.vx;
  };

  it("is drawn a little behind what has arrived", () => {
    const lag = lagOf(false);
    assert.ok(lag > 3.5 && lag < 5, `${lag} ticks: 100 ms on the way and 100 behind`);
  });

  it("is drawn in the server's present when its controls are relayed", () => {
    assert.ok(Math.abs(lagOf(true)) < 0.5);
  });

  it("answers a relay before any frame shows it", () => {
    const link = new Link(() => 100);
    link.clock.pass(3003);
    link.other({ thrust: 1, turn: 0, fire: 0 }, true);
    for (let frame = 0; frame < 60; frame += 1) (link.clock.pass(FRAME), link.drawn(1));
    link.scene.crowd.relayed(1, { thrust: 1, turn: 1, fire: 0 });
    link.clock.pass(FRAME);
    const before = link.drawn(1)?.angle ?? 0;
    for (let frame = 0; frame < 3; frame += 1) (link.clock.pass(FRAME), link.drawn(1));
    assert.ok((link.drawn(1)?.angle ?? 0) > before);
  });
});
