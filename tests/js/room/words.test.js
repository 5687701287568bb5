import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { CLOSE, isFinal } from "../../../static/js/net/wire.js";
import { lineOf, pillOf, screenOf, sentence } from "../../../static/js/room/words.js";

/** @param {string} kind @param {Record<string, any>} [body] */
const line = (kind, body) => lineOf({ t: "event", offset: 1, kind, body });

it("the room's own events are told in a sentence, others are not", () => {
  assert.equal(line("joined", { name: "Bob", kind: "guest", seat: 1 }), "Bob takes a seat.");
  assert.equal(line("joined", { name: "Byte", kind: "bot", seat: 1 }), "Byte (bot) takes a seat.");
  assert.equal(line("resumed"), "The room goes on.");
  assert.match(line("updated", { from: 1, to: 2 }), /was updated/);
  assert.equal(line("started", { match: 1 }), "The match begins.");
  assert.equal(line("started", { match: 3 }), "Match 3 begins.");
  const places = [{ rank: 2, name: "Ann" }, { rank: 1, name: "Bob" }];
  assert.equal(line("over", { places, reason: "three in a row" }), "The match is over: Bob wins. Three in a row.");
  assert.equal(line("over", { places: places.map(({ name }) => ({ name, rank: 1 })), reason: "" }), "The match is over: a draw.");
  assert.equal(line("closed", { reason: "nobody was here" }), "The room closes. Nobody was here.");
  assert.equal(line("game:hit", {}), "");
  assert.equal(line("chat", { text: "x" }), "");
  assert.equal(line("constructor", {}), "");
});

it("a phrase becomes one sentence with one full stop", () => {
  assert.equal(sentence("three in a row"), "Three in a row.");
  assert.equal(sentence("Three in a row."), "Three in a row.");
  assert.equal(sentence(""), "");
});

it("the pill says how the connection is, and for how long it will not be", () => {
  const pill = (/** @type {any} */ state, now = 0) => Object.values(pillOf({ rtt: 0, retryAt: null, ...state }, now)).slice(0, 2);
  assert.deepEqual(pill({ name: "live", rtt: 41.6 }), ["Live", "42 ms"]);
  assert.deepEqual(pill({ name: "slow", rtt: 812 }), ["Slow", "812 ms"]);
  assert.deepEqual(pill({ name: "reconnecting", retryAt: 4200 }, 1000), ["Reconnecting", "in 4 s"]);
  assert.deepEqual(pill({ name: "reconnecting" }), ["Reconnecting", "…"]);
  assert.deepEqual(pill({ name: "offline", retryAt: 4200 }), ["Offline", "no network"]);
  assert.deepEqual(pill({ name: "connecting" }), ["Connecting", ""]);
});

it("every final close code of the server has a screen that says what to do", () => {
  for (const [name, code] of Object.entries(CLOSE)) {
    if (!isFinal(code) || name === "LEFT") continue;
    assert.notEqual(screenOf(code, "").title, "The connection was ended", name);
  }
  assert.equal(screenOf(CLOSE.ROOM_CLOSED, "We move house").text, "We move house. Open a new room, or join another.");
  assert.match(screenOf(CLOSE.ROOM_CLOSED, "").text, /came to its end/);
  assert.match(screenOf(4999, "").text, /no reason.*4999/);
  assert.match(screenOf(4999, "tired").text, /tired/);
});

it("the close codes are those of rooms/protocol/closing.py", () => {
  const source = readFileSync(new URL("../../../rooms/protocol/closing.py", import.meta.url), "utf8");
  const theirs = Object.fromEntries([...source.matchAll(/^ {4}([A-Z_]+) = (\d+)$/gm)].map(([, name, code]) => [name, Number(code)]));
  assert.deepEqual({ ...CLOSE }, theirs);
});
