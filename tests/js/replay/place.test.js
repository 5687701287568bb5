import assert from "node:assert/strict";
import { it } from "node:test";

import { addressOf, bars, clock, placeIn, spokenTime, strokes, timeText } from "../../../static/js/replay/place.js";

const PAGE = "https://play.example/matches/7/";
const BOUNDS = { ticks: 300, views: [0, 2] };

it("an address leads to a tick and to a view", () => {
  assert.deepEqual(placeIn(PAGE, BOUNDS), { tick: 0, view: null });
  assert.deepEqual(placeIn(`${PAGE}?tick=123`, BOUNDS), { tick: 123, view: null });
  assert.deepEqual(placeIn(`${PAGE}?tick=123&view=2`, BOUNDS), { tick: 123, view: 2 });
  assert.deepEqual(placeIn(`${PAGE}#t=45`, BOUNDS), { tick: 45, view: null });
});

it("what an address asks for and is not there is passed over", () => {
  assert.deepEqual(placeIn(`${PAGE}?tick=9999&view=1`, BOUNDS), { tick: 300, view: null });
  for (const odd of ["?tick=-4", "?tick=1e9", "?tick=x&view=", "?tick=%00", "#t=", "?view=0x0"]) {
    assert.deepEqual(placeIn(PAGE + odd, BOUNDS), { tick: 0, view: null });
  }
});

it("a place has an address that leads back to it", () => {
  for (const place of [{ tick: 5, view: 2 }, { tick: 0, view: null }]) {
    assert.deepEqual(placeIn(addressOf(`${PAGE}?tick=9&view=0#t=4`, place), BOUNDS), place);
  }
  assert.equal(addressOf(`${PAGE}?view=2#t=4`, { tick: 8, view: null }), `${PAGE}?tick=8`);
});

it("times are told to the eye and to the ear", () => {
  assert.equal(clock(65_900), "1:05");
  assert.equal(timeText(1660, 3600, 20), "1:23 / 3:00");
  assert.equal(spokenTime(1660, 3600, 20), "1:23 of 3:00, tick 1660");
  assert.equal(timeText(5, 9, 0), "Move 5 of 9");
  assert.equal(spokenTime(5, 9, 0), "move 5 of 9");
});

it("marks stand where their ticks are, each place once", () => {
  assert.equal(strokes([0, 50, 50, 100], 100, 8), "M0 0v8M500 0v8M1000 0v8");
  assert.equal(strokes([0, 1, 2], 100_000, 8), "M0 0v8");
  assert.equal(strokes([0], 0, 8), "M0 0v8");
  assert.equal(bars([[0, 49], [80, 100]], 100, 8), "M0 0H500V8H0zM800 0H1000V8H800z");
});
