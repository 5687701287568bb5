/** The live list's socket: it passes on what it hears, and comes back for ever. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { LobbySocket } from "../../../static/js/lobby/socket.js";

/** A WebSocket that does what the test says. */
class Fake {
  /** @type {Fake[]} */
  static made = [];

  /** @param {string} url */
  constructor(url) {
    this.url = url;
    /** @type {((event: {data: string}) => void) | undefined} */
    this.onmessage = undefined;
    /** @type {((event: {code: number}) => void) | undefined} */
    this.onclose = undefined;
    /** @type {(() => void) | undefined} */
    this.onopen = undefined;
    this.readyState = 0;
    /** @type {string[]} */
    this.sent = [];
    Fake.made.push(this);
  }

  close() {}

  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }
}

const WebSocketBefore = globalThis.WebSocket;

beforeEach(() => {
  Fake.made = [];
  globalThis.WebSocket = /** @type {any} */ (Fake);
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => {
  globalThis.WebSocket = WebSocketBefore;
  mock.timers.reset();
});

/** One, open or still on the way, and all it told. @param {boolean} [accepted] */
function opened(accepted = true) {
  /** @type {unknown[][]} */
  const told = [];
  const socket = new LobbySocket("ws://here/ws/lobby/", {
    rooms: (...what) => told.push(["rooms", ...what]),
    changes: (...what) => told.push(["changes", ...what]),
    state: (...what) => told.push(["state", ...what]),
  });
  socket.open();
  if (accepted) newest().accept();
  return { socket, told };
}

const newest = () => /** @type {Fake} */ (Fake.made.at(-1));
/** @param {object} message */
const hear = (message) => newest().onmessage?.({ data: JSON.stringify(message) });
/** @param {number} code */
const close = (code) => newest().onclose?.({ code });

test("lists, changes and states are passed on", () => {
  const { told } = opened();
  const [whole, part] = [
    { t: "rooms", rooms: [], total: 2, free: 1 },
    { t: "changes", rooms: [], gone: ["x"], total: 1, free: 1 },
  ];
  hear(whole);
  hear(part);
  hear({ t: "status", state: "ok" });
  hear({ t: "status", state: "stale" });
  hear({ t: "something new" });
  assert.deepEqual(told, [["rooms", [], whole], ["changes", [], ["x"], part], ["state", "live"], ["state", "stale"]]);
});

test("the list that is wanted is named in the address, and asked for on an open socket", () => {
  const { socket } = opened();
  assert.equal(newest().url, "ws://here/ws/lobby/");
  const wanted = { game: "snake", seats: true, text: "a b" };
  socket.watch(wanted);
  socket.watch({ ...wanted });
  assert.deepEqual(newest().sent.map((text) => JSON.parse(text)), [{ t: "watch", ...wanted }]);
  close(1006);
  socket.watch({ ...wanted, seats: false });
  mock.timers.tick(10_000);
  assert.equal(newest().url, "ws://here/ws/lobby/?game=snake&text=a+b");
  socket.watch({ game: "", seats: false, text: "" }); // while it is on the way
  assert.deepEqual(newest().sent, []);
  newest().accept();
  assert.deepEqual(newest().sent, ['{"t":"watch","game":"","seats":false,"text":""}']);
});

test("a lost connection comes back after a while, for ever", () => {
  const { told } = opened();
  for (let lost = 1; lost <= 20; lost += 1) {
    close(1006);
    assert.equal(Fake.made.length, lost);
    mock.timers.tick(10_000);
    assert.equal(Fake.made.length, lost + 1);
  }
  assert.deepEqual(told[0], ["state", "reconnecting"]);
});

test("a final close is obeyed", () => {
  const { socket } = opened();
  close(4500);
  mock.timers.tick(60_000);
  socket.retryNow();
  assert.equal(Fake.made.length, 1);
});

test("whoever waits is let in at once when the network is back, and nobody else", () => {
  const { socket } = opened();
  socket.retryNow();
  assert.equal(Fake.made.length, 1);
  close(1006);
  socket.retryNow();
  assert.equal(Fake.made.length, 2);
  mock.timers.tick(60_000);
  assert.equal(Fake.made.length, 2);
});

test("what an old socket says of its end is not heard", () => {
  const { socket, told } = opened();
  const old = newest();
  close(1006);
  socket.retryNow();
  old.onclose?.({ code: 1006 });
  assert.equal(told.length, 1);
});

test("an attempt that nobody accepts is given up", () => {
  const { told } = opened(false);
  const hung = newest();
  mock.timers.tick(5000);
  assert.deepEqual(told, [["state", "reconnecting"]]);
  mock.timers.tick(1000);
  assert.equal(Fake.made.length, 2);
  newest().accept();
  hung.onclose?.({ code: 1006 });
  mock.timers.tick(60_000);
  assert.equal(Fake.made.length, 2);
});
