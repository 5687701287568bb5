/** The client against the real service: real processes, real sockets, killed in the middle. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { clientOf, serve, until } from "../support/serve.js";

/** @typedef {import("../../../static/js/net/client.js").RoomClient} RoomClient */

/** @type {Awaited<ReturnType<typeof serve>>} */
let place;
/** @type {RoomClient[]} */
let rooms = [];
/** Offsets of the events that each client was told. @type {number[][]} */
let told = [];

before(async () => {
  place = await serve("--players", "3");
  const kinds = /** @type {const} */ (["json", "msgpack", "msgpack"]);
  rooms = place.tokens.map((token, at) => clientOf(place.ws, token, { wire: kinds[at], want: at < 2 ? "auto" : "watch" }));
  told = rooms.map((room) => {
    /** @type {number[]} */
    const offsets = [];
    room.on("event", ({ offset }) => void offsets.push(offset));
    return offsets;
  });
});

after(async () => {
  for (const room of rooms) room.close();
  await place?.stop();
});

const phase = (/** @type {RoomClient} */ room) => room.view?.whole.room.phase;
const game = (/** @type {RoomClient} */ room) => room.view?.whole.game;
const all = (/** @type {() => unknown} */ truth, /** @type {string} */ what) =>
  Promise.all(rooms.map((room) => until(room, truth, what)));
/** @returns {[RoomClient, RoomClient, RoomClient]} */
const three = () => /** @type {[RoomClient, RoomClient, RoomClient]} */ (rooms);

describe("a match over the real service", { concurrency: false }, () => {
  it("two take seats, one watches", async () => {
    const [ann, bob, zoe] = three();
    for (const room of [ann, bob, zoe]) {
      room.connect();
      await until(room, () => room.view, "a welcome");
    }
    assert.deepEqual([ann.seat, bob.seat, zoe.seat], [0, 1, null]);
    await until(ann, () => ann.view?.whole.room.spectators === 1, "the spectator is counted");
    assert.ok((ann.limits?.chat_letters ?? 0) > 0);
  });

  it("the match begins for all", async () => {
    const [ann, bob] = three();
    bob.command("ready", { ready: true });
    await until(ann, () => ann.view?.whole.room.blocked === "", "nothing is in the way");
    ann.command("start");
    await all(() => rooms.every((room) => phase(room) === "playing"), "the match");
    assert.deepEqual(game(ann), game(bob));
  });

  it("moves count for all, illegal ones are explained", async () => {
    const [ann, bob, zoe] = three();
    const [first, second] = game(ann).turn === 0 ? [ann, bob] : [bob, ann];
    first.move({ cell: 0 });
    await all(() => rooms.every((room) => game(room).cells[0] === first.seat), "the mark everywhere");
    assert.deepEqual(first.unacked(), []);
    const refused = new Promise((resolve) => second.on("reject", resolve));
    second.move({ cell: 0 });
    const { code, message, command } = /** @type {any} */ (await refused);
    assert.deepEqual([code, command.move], ["taken", { cell: 0 }]);
    assert.ok(message.length > 5);
    assert.equal(zoe.view?.whole.game.turn, second.seat);
  });

  it("a chat line is told to all, an emote to the others", async () => {
    const [ann, bob, zoe] = three();
    const heard = [ann, bob, zoe].map(
      (room) => new Promise((resolve) => room.on("event", ({ kind, body }) => kind === "chat" && resolve(body?.text))),
    );
    ann.command("chat", { text: "héllo 🦜" });
    assert.deepEqual(await Promise.all(heard), Array(3).fill("héllo 🦜"));
    const relayed = new Promise((resolve) => bob.on("relay", resolve));
    ann.relay("emote", { emote: "gg" });
    const { seat, kind, body } = /** @type {any} */ (await relayed);
    assert.deepEqual([seat, kind, body], [0, "emote", { emote: "gg" }]);
  });

  for (const process of ["web", "engine"]) {
    it(`a move made while the ${process} process dies counts once`, async () => {
      const [ann, bob] = three();
      const mover = game(ann).turn === 0 ? ann : bob;
      const free = game(ann).cells.indexOf(-1);
      const restarted = place.order(`restart ${process}`);
      if (process === "web") await until(mover, () => mover.state.name === "reconnecting", "the loss to be noticed");
      const seq = mover.move({ cell: free });
      await restarted;
      await until(mover, () => mover.ack >= seq, "the move to count");
      await all(() => rooms.every((room) => room.state.name !== "reconnecting" && game(room).cells[free] === mover.seat), "all see it");
      assert.equal(game(ann).cells.filter((/** @type {number} */ cell) => cell >= 0).length, process === "web" ? 2 : 3);
    });
  }

  it("every event was told once, in order, to each", () => {
    for (const offsets of told) assert.deepEqual(offsets, [...new Set(offsets)].sort((a, b) => a - b));
    assert.deepEqual(told[0]?.slice(-3), told[1]?.slice(-3));
  });

  it("the clocks have found the server's time and the room's", async () => {
    const [ann, bob] = three();
    await until(ann, () => ann.latency.known && bob.latency.known, "a pong");
    assert.ok(Math.abs(ann.serverClock.read() - Date.now()) < 500);
    assert.ok(Math.abs(ann.clock.roomNow() - bob.clock.roomNow()) < 1000);
  });

  it("who leaves is told so, and does not come back", async () => {
    const [, , zoe] = three();
    const goodbye = new Promise((resolve) => zoe.on("goodbye", resolve));
    zoe.command("leave");
    assert.equal(/** @type {any} */ (await goodbye).code, 4507);
    assert.equal(zoe.state.name, "closed");
  });

  it("a second connection of a player replaces the first, for good", async () => {
    const [, bob] = three();
    const goodbye = new Promise((resolve) => bob.on("goodbye", resolve));
    const again = clientOf(place.ws, place.tokens[1] ?? "");
    rooms.push(again);
    again.connect();
    assert.equal(/** @type {any} */ (await goodbye).code, 4501);
    await until(again, () => again.seat === 1, "the seat is kept");
  });
});

it("a room that does not exist is a final answer", async () => {
  const lost = clientOf(place.ws.replace(place.room, "nowhere"), place.tokens[0] ?? "");
  const goodbye = new Promise((resolve) => lost.on("goodbye", resolve));
  lost.connect();
  assert.equal(/** @type {any} */ (await goodbye).code, 4504);
});
