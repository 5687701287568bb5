import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { actionsOf, factsOf, loungeOf, marksOf, powersOver, rematchOf, resultOf } from "../../../static/js/room/model.js";
import { roomOf, scripted, seatOf } from "../support/server.js";

/** The facts of a room as `me` has them. @param {object} room @param {string} [me] */
function facts(room, me = "ann") {
  const { room: client, enter } = scripted();
  enter({ you: { player: me, name: me }, whole: { room: roomOf(room), game: null } });
  const found = factsOf(client);
  assert.ok(found);
  return found;
}

const BOB = seatOf("bob");
const BOT = seatOf("bot-1", { kind: "bot", strength: "hard", ready: true });

it("nothing is known before the first welcome", () => {
  assert.equal(factsOf(scripted().room), null);
});

it("one's own seat is where one's player sits, wherever that is now", () => {
  assert.equal(facts({ seats: [null, seatOf("ann")] }).seat, 1);
  assert.equal(facts({ seats: [BOB, null] }).seat, null);
});

describe("what one may do", () => {
  /** @type {[string, object, string, Partial<ReturnType<typeof actionsOf>>][]} */
  const cases = [
    ["the host waits for players", { blocked: "Needs one more." }, "ann", { start: true, startable: false, text: "Needs one more." }],
    ["the host may start", { seats: [seatOf("ann"), BOB] }, "ann", { start: true, startable: true, ready: false }],
    ["a guest gets ready", { seats: [seatOf("ann"), BOB], blocked: "Waiting for BOB." }, "bob", { ready: true, text: "Say when you are ready." }],
    ["a ready guest waits", { seats: [seatOf("ann"), seatOf("bob", { ready: true })] }, "bob", { text: "Waiting for the host to start." }],
    ["a stranger takes a seat", {}, "zoe", { sit: true, ready: false, start: false }],
    ["a host without a seat may start and sit", { host: "zoe", seats: [BOB, null] }, "zoe", { sit: true, start: true }],
    ["a stranger finds none", { seats: [seatOf("ann"), BOB], joinable: false }, "zoe", { sit: false }],
    ["in quick play nobody says ready", { quick: true, seats: [seatOf("ann"), BOB] }, "bob", { ready: false, text: "The match starts in a moment." }],
    ["in a match nothing is said to players", { phase: "playing", seats: [seatOf("ann"), BOB] }, "ann", { text: "", start: false, ready: false }],
    ["in a match spectators are told so", { phase: "playing", seats: [seatOf("ann"), BOB] }, "zoe", { text: "You are watching." }],
    ["a fault stops everything", { paused: { code: "x", message: "y" } }, "ann", { start: false, ready: false, sit: false }],
  ];
  for (const [name, room, me, wanted] of cases) {
    it(name, () => {
      const actions = actionsOf(facts(room, me));
      for (const [key, value] of Object.entries(wanted)) assert.equal(actions[/** @type {"text"} */ (key)], value, key);
    });
  }
});

it("the seconds until bots come run with the room's clock", () => {
  const { room: client, enter, clock } = scripted();
  enter({ ms: 1000, whole: { room: roomOf({ quick: true, fill_ms: 4500 }), game: null } });
  assert.equal(factsOf(client)?.fillIn, 4);
  clock.pass(1000);
  assert.equal(factsOf(client)?.fillIn, 3);
  clock.pass(5000);
  const late = factsOf(client);
  assert.equal(late?.fillIn, 0);
  assert.equal(late && actionsOf(late).text, "Bots are taking the free seats.");
  assert.equal(late && loungeOf(late), "Looking for players");
});

it("marks tell in words who a seat is and how it stands", () => {
  const words = (/** @type {object} */ room, /** @type {number} */ seat) => marksOf(facts(room), seat).map(({ text }) => text);
  assert.deepEqual(words({}, 0), ["You", "Host"]);
  assert.deepEqual(words({}, 1), []);
  assert.deepEqual(words({ seats: [seatOf("ann"), BOT] }, 1), ["Bot · hard"]);
  assert.deepEqual(words({ seats: [seatOf("ann"), { ...BOT, here: false }] }, 1), ["Bot · hard", "On its way"]);
  assert.deepEqual(words({ seats: [seatOf("ann"), seatOf("bob", { here: false, ready: true })] }, 1), ["Reconnecting"]);
  assert.deepEqual(words({ seats: [seatOf("ann"), seatOf("bob", { ready: true })] }, 1), ["Ready"]);
  const over = { phase: "rematch", outcome: { places: [], reason: "" } };
  assert.deepEqual(words({ ...over, seats: [seatOf("ann"), seatOf("bob", { rematch: true })] }, 1), ["Wants a rematch"]);
});

it("only the host has power over others, and a bot cannot be the host", () => {
  const seats = [seatOf("ann"), BOB, BOT, null];
  assert.deepEqual(powersOver(facts({ seats }), 0), { kick: false, promote: false });
  assert.deepEqual(powersOver(facts({ seats }), 1), { kick: true, promote: true });
  assert.deepEqual(powersOver(facts({ seats }), 2), { kick: true, promote: false });
  assert.deepEqual(powersOver(facts({ seats }), 3), { kick: false, promote: false });
  assert.deepEqual(powersOver(facts({ seats }, "bob"), 0), { kick: false, promote: false });
});

describe("a result", () => {
  /** @param {[number, number][]} ranks  seat and rank @param {string} me */
  const headline = (ranks, me) => {
    const places = ranks.map(([seat, rank]) => ({ seat, rank, score: 0 }));
    const seats = [seatOf("ann"), BOB, seatOf("cleo")];
    return resultOf(facts({ phase: "finished", seats, outcome: { places, reason: "" } }, me))?.headline;
  };
  it("is told to each as it is for them", () => {
    assert.equal(headline([[0, 1], [1, 2]], "ann"), "You win");
    assert.equal(headline([[0, 1], [1, 2]], "bob"), "ANN wins this one");
    assert.equal(headline([[0, 1], [1, 2]], "zoe"), "ANN wins");
    assert.equal(headline([[0, 1], [1, 1]], "ann"), "A draw");
    assert.equal(headline([[0, 1], [1, 1], [2, 3]], "ann"), "You share the win");
    assert.equal(headline([[0, 1], [1, 1], [2, 3]], "zoe"), "ANN and BOB win");
    assert.equal(headline([], "ann"), "Nobody wins");
  });
  it("names a seat that was given up by its number, and shows scores only where there are any", () => {
    const places = [{ seat: 1, rank: 2, score: 0 }, { seat: 0, rank: 1, score: 0 }];
    const result = resultOf(facts({ phase: "finished", outcome: { places, reason: "" } }));
    assert.deepEqual(result?.places.map(({ name }) => name), ["ANN", "Seat 2"]);
    assert.equal(result?.scored, false);
  });
});

it("a rematch waits for people, not for bots", () => {
  const seats = [seatOf("ann", { rematch: true }), BOB, BOT];
  const rematch = rematchOf(facts({ phase: "rematch", seats }));
  assert.deepEqual(rematch, { agreed: 1, people: 2, mine: true, waiting: ["BOB"] });
});
