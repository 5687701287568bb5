import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Fade, Predictor, replay } from "../../../static/js/net/predict.js";
import { dice } from "../support/dice.js";

it("moves that the server does not know yet are played on its state", () => {
  const play = (/** @type {number[]} */ cells, /** @type {{move: number}} */ { move }) => [...cells, move];
  assert.deepEqual(replay([1], [{ move: 2 }, { move: 3 }], play), [1, 2, 3]);
  assert.deepEqual(replay([1], [], play), [1]);
});

/** A body with held thrust: the newest input of a tick counts. @typedef {{x: number, v: number, thrust: number}} Body */
/** @param {Body} body @param {number[]} inputs @returns {Body} */
const step = ({ x, v, thrust }, inputs) => {
  const held = inputs.at(-1) ?? thrust;
  return { x: x + v + held, v: v + held, thrust: held };
};

describe("a body that is predicted", () => {
  it("is where the server will have it, at every tick, with 200 ms on the way there and back", () => {
    const random = dice(11);
    const predictor = new Predictor({ step });
    const there = 2; // ticks on the way, each way
    /** @type {Body[]} */
    const truth = [{ x: 0, v: 0, thrust: 0 }];
    /** @type {Map<number, {seq: number, input: number}[]>} */
    const arriving = new Map();
    const acks = [0];
    let seq = 0;
    for (let tick = 1; tick < 400; tick++) {
      const here = arriving.get(tick) ?? [];
      truth.push(step(/** @type {Body} */ (truth[tick - 1]), here.map(({ input }) => input)));
      acks.push(here.at(-1)?.seq ?? acks[tick - 1] ?? 0);
      const seen = tick - there; // the newest frame that has arrived
      if (seen < 0) continue;
      predictor.settle(acks[seen] ?? 0);
      if (random() < 0.4) {
        const input = Math.floor(random() * 3) - 1;
        predictor.add(++seq, input, tick + there);
        arriving.set(tick + there, [...(arriving.get(tick + there) ?? []), { seq, input }]);
      }
      const guess = predictor.run(/** @type {Body} */ (truth[seen]), seen, tick + there);
      arriving.set(-tick, [{ seq: 0, input: guess.x }]);
    }
    for (let tick = 10; tick < 390; tick++) {
      const guessed = arriving.get(-(tick - there))?.[0]?.input;
      assert.equal(guessed, truth[tick]?.x, `tick ${tick}`);
    }
  });

  it("takes back an input that was refused or has been answered", () => {
    const predictor = new Predictor({ step });
    const still = { x: 0, v: 0, thrust: 0 };
    predictor.add(1, 1, 5);
    predictor.add(2, 1, 6);
    predictor.refuse(2);
    assert.equal(predictor.waiting, 1);
    predictor.settle(1);
    assert.deepEqual(predictor.run(still, 4, 9), still);
  });

  it("applies late what it thought would have counted and has not", () => {
    const predictor = new Predictor({ step });
    predictor.add(1, 1, 5);
    assert.equal(predictor.run({ x: 0, v: 0, thrust: 0 }, 8, 9).x, 1);
  });

  it("guesses no further than it was told to, and keeps no more inputs", () => {
    const predictor = new Predictor({ step: (/** @type {number} */ n) => n + 1, limit: 10, kept: 3 });
    assert.equal(predictor.run(0, 0, 1000), 10);
    for (let seq = 1; seq < 10; seq++) predictor.add(seq, 0, seq);
    assert.equal(predictor.waiting, 3);
    predictor.clear();
    assert.equal(predictor.waiting, 0);
  });
});

it("a correction fades", () => {
  const fade = new Fade(60);
  assert.equal(fade.show(5, 0), 5);
  fade.correct(10, 20, 1000);
  assert.equal(fade.show(20, 1000), 10);
  assert.equal(fade.show(20, 1060), 15);
  assert.ok(Math.abs(fade.show(20, 2000) - 20) < 0.01);
});
