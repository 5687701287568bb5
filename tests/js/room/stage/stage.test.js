import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { aim, pointAt } from "../../../../static/js/room/stage/camera.js";
import { walk } from "../../../../static/js/room/stage/grid.js";
import { Helm } from "../../../../static/js/room/stage/helm.js";
import { Lead } from "../../../../static/js/room/stage/lead.js";
import { swipeOf } from "../../../../static/js/room/stage/pad.js";
import { clockText, timeWarning } from "../../../../static/js/room/stage/scores.js";
import { flies, moved, Shots } from "../../../../static/js/room/stage/shots.js";

describe("the camera", () => {
  const world = { width: 2000, height: 1000 };

  it("shows the whole world where that is large enough", () => {
    const camera = aim(world, { width: 1000, height: 600 }, { x: 0, y: 0 }, 0.34);
    assert.deepEqual(camera, { scale: 0.5, whole: true, left: 0, top: 50 });
    assert.equal(aim(world, { width: 300, height: 600 }, null, 0.34).whole, true);
  });

  it("follows on a small screen, and never looks beyond the walls", () => {
    const screen = { width: 400, height: 400 };
    const at = (/** @type {number} */ x) => aim(world, screen, { x, y: 500 }, 0.34);
    assert.equal(at(1000).whole, false);
    assert.equal(at(0).left, 0);
    assert.ok(Math.abs(at(2000).left - (400 - 2000 * at(0).scale)) < 1e-9);
    assert.ok(Math.abs(1000 * at(0).scale + at(1000).left - 200) < 1e-9);
  });

  it("points at what is out of sight", () => {
    const screen = { width: 400, height: 400 };
    const camera = aim(world, screen, { x: 300, y: 500 }, 0.34);
    assert.equal(pointAt(camera, screen, { x: 300, y: 500 }, 16), null);
    const arrow = pointAt(camera, screen, { x: 1900, y: 500 }, 16);
    assert.ok(arrow && Math.abs(arrow.x - 384) < 1 && Math.abs(arrow.angle) < 0.2);
  });
});

it("arrow keys walk a grid and stop at its edges", () => {
  assert.equal(walk(4, "ArrowLeft", 3, 3), 3);
  assert.equal(walk(3, "ArrowLeft", 3, 3), 3);
  assert.equal(walk(4, "ArrowDown", 3, 3), 7);
  assert.equal(walk(8, "ArrowDown", 3, 3), 8);
  assert.equal(walk(4, "Home", 3, 3), 3);
  assert.equal(walk(4, "End", 3, 3), 5);
  assert.equal(walk(4, "a", 3, 3), -1);
  assert.equal(walk(-1, "ArrowUp", 3, 3), -1);
});

it("a short stroke is no swipe", () => {
  assert.equal(swipeOf(10, -12), null);
  assert.equal(swipeOf(30, -12), "right");
  assert.equal(swipeOf(-30, 12), "left");
  assert.equal(swipeOf(5, -40), "up");
  assert.equal(swipeOf(5, 40), "down");
});

it("the helm joins keys, stick and pointer, and keys win", () => {
  const helm = new Helm();
  const turnTo = (/** @type {number} */ towards) => Math.sign(towards);
  assert.deepEqual(helm.wanted(turnTo), { thrust: 0, turn: 0, fire: 0 });
  helm.push(0.5, 0.5);
  assert.deepEqual(helm.wanted(turnTo), { thrust: 1, turn: 1, fire: 0 });
  helm.keys = new Set(["left", "fire"]);
  assert.deepEqual(helm.wanted(turnTo), { thrust: 1, turn: -1, fire: 1 });
  helm.keys = new Set(["left", "right"]);
  helm.push(0, 0);
  assert.deepEqual(helm.wanted(turnTo), { thrust: 0, turn: 0, fire: 0 });
  helm.look({ x: 10, y: 0 }, { x: 10, y: 50 });
  assert.deepEqual(helm.wanted(turnTo), { thrust: 0, turn: -1, fire: 0 });
  helm.look(null, { x: 0, y: 0 });
  assert.equal(helm.towards, -Math.PI / 2);
});

describe("the lead", () => {
  it("grows while inputs count later than foretold, shrinks while earlier, within bounds", () => {
    const lead = new Lead(50);
    let tick = 0;
    const answer = (/** @type {number} */ late) => {
      lead.sent((tick += 1), tick);
      lead.answered(tick - 1, tick + late - 1); // the frame before, so that this one follows it
      lead.answered(tick, tick + late);
    };
    answer(1);
    assert.equal(lead.ms, 6);
    for (let turn = 0; turn < 100; turn += 1) answer(1);
    assert.equal(lead.ms, 125);
    for (let turn = 0; turn < 100; turn += 1) answer(-1);
    assert.equal(lead.ms, -40);
    const before = lead.ms;
    answer(0);
    assert.equal(lead.ms, before);
  });

  it("learns nothing after a frame that was left out", () => {
    const lead = new Lead(50);
    lead.sent(1, 5);
    lead.answered(0, 3);
    lead.answered(1, 9);
    assert.equal(lead.ms, 0);
  });
});

it("a shot flies on, ends, and catches up from where it was fired", () => {
  const shot = { x: 100, y: 0, vx: 10, vy: -2, life: 3 };
  assert.deepEqual(moved(shot, 2), { x: 120, y: -4, vx: 10, vy: -2, life: 1 });
  assert.equal(flies(shot, 5, 200, 200), true);
  assert.equal(flies(moved(shot, 2), 5, 200, 200), false, "outside");
  assert.equal(flies({ ...shot, life: 6 }, 5, 200, 200), false, "not fired yet");
  const shots = new Shots();
  shots.saw([7], 1000);
  assert.equal(shots.caught(7, 1000), 0);
  assert.equal(shots.caught(7, 1075), 0.5);
  shots.saw([7], 1200);
  assert.equal(shots.caught(7, 1200), 1);
});

it("time is told in minutes, and warned of once", () => {
  assert.equal(clockText(65_000), "1:05");
  assert.equal(clockText(400), "0:01");
  assert.equal(clockText(-5), "0:00");
  assert.equal(timeWarning(60_050, 60_000), "60 seconds left.");
  assert.equal(timeWarning(60_000, 59_950), "");
  assert.equal(timeWarning(10_001, 9_900), "10 seconds left.");
  assert.equal(timeWarning(Infinity, 5_000), "");
});
