import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { roomOf, scripted, seatOf, welcomeOf } from "../support/server.js";

const whole = (/** @type {any} */ game, room = roomOf()) => ({ room, game });

describe("saying hello", () => {
  it("asks for the wire it was made for and says what it wants", () => {
    const { room, end } = scripted({ wire: "msgpack", want: "watch" });
    room.connect();
    end().open();
    assert.equal(end().protocol, "holdfast.v1.msgpack");
    assert.deepEqual(end().received[0], { t: "hello", want: "watch", incarnation: "", offset: 0 });
  });

  it("tells the welcome, its events as past, then the view", () => {
    const { enter, told, room } = scripted();
    enter({ offset: 7, events: [{ t: "event", offset: 7, kind: "chat", body: { text: "hi" } }], tick: 3 });
    const names = told.map(({ name }) => name).filter((name) => name !== "state");
    assert.deepEqual(names, ["welcome", "event", "frame"]);
    assert.equal(told.find(({ name }) => name === "event")?.args[1], true);
    assert.equal(room.view?.tick, 3);
    assert.equal(room.seat, 0);
  });

  it("speaks msgpack from end to end", () => {
    const { enter, room } = scripted({ wire: "msgpack" });
    const server = enter();
    room.move({ cell: 4 });
    assert.deepEqual(server.got("move"), [{ t: "move", seq: 1, move: { cell: 4 } }]);
    server.say({ t: "frame", tick: 2, ms: 1500, acks: [1, 0], whole: whole({ cells: [4] }) });
    assert.deepEqual(room.view?.whole.game, { cells: [4] });
    assert.equal(room.ack, 1);
  });
});

describe("frames", () => {
  it("a delta is applied to the newest whole, not to the newest state", () => {
    const { enter, room } = scripted();
    const game = { ...welcomeOf().game, fields: ["x", "y"], tick_hz: 20 };
    const server = enter({ tick: 10, ms: 500, game, acks: [7], whole: whole({ x: 1, y: 1 }) });
    server.say([1, 8, 2]);
    assert.deepEqual(room.view?.whole.game, { x: 2, y: 1 });
    server.say([2, 0, [3], 12, 2]);
    assert.deepEqual(room.view?.whole.game, { x: 1, y: 2 });
    assert.deepEqual([room.view?.tick, room.view?.ms], [12, 600]);
    server.say({ t: "frame", tick: 13, ms: 650, whole: whole({ x: 5, y: 5 }) });
    server.say([1, 8, 6]);
    assert.deepEqual([room.view?.tick, room.view?.whole.game], [14, { x: 6, y: 5 }]);
  });

  it("a delta acknowledges by how much more has counted than in the whole", () => {
    const { enter, room } = scripted();
    const server = enter({ tick: 10, seq: 7, acks: [7] });
    for (const cell of [1, 2, 3]) room.move({ cell });
    server.say([1, 0, [2]]);
    assert.equal(room.ack, 9);
    assert.equal(room.unacked().length, 1);
  });

  it("a whole that is older than what is seen is a base all the same", () => {
    const { enter, room } = scripted();
    const server = enter({ tick: 10, whole: whole({ x: 1 }) });
    server.say({ t: "frame", tick: 8, ms: 400, whole: whole({ x: 0 }) });
    assert.deepEqual(room.view?.whole.game, { x: 1 });
    server.say([3, 3, [1, { x: [0, 4] }]]);
    assert.deepEqual([room.view?.tick, room.view?.whole.game], [11, { x: 4 }]);
  });

  it("a delta without changes is a frame in which nothing changed", () => {
    const { enter, room } = scripted();
    const server = enter({ tick: 10, whole: whole({ x: 1 }) });
    server.say([1]);
    assert.equal(room.view?.tick, 11);
    assert.deepEqual(room.view?.whole.game, { x: 1 });
  });

  it("a delta that does not fit makes it ask for the whole, once, and again only after a while", () => {
    const { enter, room, clock, tellings } = scripted();
    const server = enter({ tick: 10, offset: 4 });
    const frames = tellings("frame").length;
    server.say([2, 3, [7]]);
    server.say([3, 8, 1]);
    assert.deepEqual(server.got("resync"), [{ t: "resync", offset: 4 }]);
    assert.equal(tellings("frame").length, frames, "what does not fit was shown");
    clock.pass(2100);
    server.say([4, 3, [7]]);
    assert.equal(server.got("resync").length, 2);
    server.say(welcomeOf({ tick: 14, recovered: true, offset: 4 }));
    assert.equal(room.view?.tick, 14);
  });

  it("an older frame than the one that is seen is passed over", () => {
    const { enter, room } = scripted();
    const server = enter({ tick: 10, whole: whole("new") });
    server.say({ t: "frame", tick: 9, ms: 950, whole: whole("old") });
    assert.equal(room.view?.whole.game, "new");
  });

  it("kinds of message that it does not know are passed over", () => {
    const { enter, room } = scripted();
    enter().say({ t: "fanfare" });
    assert.equal(room.state.name, "live");
  });
});

describe("inputs", () => {
  it("count on from the server's number and are kept until acknowledged by one's own seat", () => {
    const { enter, room, tellings } = scripted();
    const server = enter({ seq: 40 });
    assert.equal(room.move({ cell: 1 }), 41);
    assert.equal(room.command("chat", { text: "hi" }), 42);
    assert.deepEqual(room.unacked(), [{ seq: 41, move: { cell: 1 } }]);
    server.say({ t: "frame", tick: 2, ms: 1, acks: [41, 99], whole: whole(null) });
    assert.deepEqual(room.unacked(), []);
    assert.deepEqual(tellings("ack"), [40, 41]);
  });

  it("go out again after a reconnect, and only those that have not counted", () => {
    const { enter, room, end, retry } = scripted();
    const first = enter();
    room.move("a");
    room.move("b");
    room.move("c");
    first.end(1006);
    retry();
    end().open();
    assert.deepEqual(end().got("move"), [], "nothing may go out before the welcome");
    end().say(welcomeOf({ seq: 1, recovered: true }));
    assert.deepEqual(end().got("move").map(({ seq, move }) => [seq, move]), [[2, "b"], [3, "c"]]);
  });

  it("go out again after any welcome: the server may have lost them", () => {
    const { enter, room } = scripted();
    const server = enter();
    room.move("a");
    room.move("b");
    server.say(welcomeOf({ seq: 1, recovered: true }));
    room.move("c");
    assert.deepEqual(server.got("move").map(({ seq, move }) => [seq, move]), [[1, "a"], [2, "b"], [2, "b"], [3, "c"]]);
  });

  it("made while the connection is away wait for it", () => {
    const { enter, room, end, retry } = scripted();
    enter().end(1006);
    assert.equal(room.move("late"), 1);
    retry();
    end().open();
    end().say(welcomeOf({ recovered: true }));
    assert.deepEqual(end().got("move").map(({ move }) => move), ["late"]);
  });

  it("are not taken before the first welcome, when too many wait, and when too long; a refusal says why", () => {
    const { enter, room, tellings } = scripted();
    assert.equal(room.move(1), 0);
    const server = enter();
    assert.equal(room.move("x".repeat(5000)), 0);
    server.end(1006);
    for (let i = 0; i < 256; i++) assert.notEqual(room.move(i), 0);
    assert.equal(room.move("one too many"), 0);
    const refusals = tellings("reject");
    assert.deepEqual(refusals.map(({ code }) => code), ["not_connected", "too_long", "outbox_full"]);
    assert.ok(refusals.every(({ message }) => message.endsWith(".")));
  });

  it("never leave faster than the server allows, and all leave", () => {
    const { enter, room, clock } = scripted();
    const server = enter();
    for (let i = 0; i < 200; i++) room.move(i);
    assert.ok(server.got("move").length <= 16, `${server.got("move").length} at once: one step takes no more`);
    let before = server.got("move").length;
    for (let second = 0; second < 8; second++) {
      clock.pass(1000);
      assert.ok(server.got("move").length - before <= 30);
      before = server.got("move").length;
    }
    assert.deepEqual(server.got("move").map(({ move }) => move), Array.from({ length: 200 }, (_, i) => i));
  });

  it("that are refused are told with what they were, before or after the frame that answers them", () => {
    const { enter, room, tellings } = scripted();
    const server = enter();
    room.move("first");
    room.move("second");
    server.say({ t: "reject", seq: 1, code: "taken", message: "That field is taken.", legal: [3] });
    server.say({ t: "frame", tick: 2, ms: 1, acks: [2, 0], whole: whole(null) });
    server.say({ t: "reject", seq: 2, code: "bad_move", message: "No." });
    assert.deepEqual(tellings("reject").map(({ command }) => command.move), ["first", "second"]);
    assert.deepEqual(tellings("reject")[0].legal, [3]);
    assert.deepEqual(room.unacked(), []);
  });

  it("that were refused while nobody listened are told by the next welcome, once", () => {
    const { enter, retry, room, tellings } = scripted();
    const before = enter();
    for (const move of ["first", "second", "third"]) room.move(move);
    before.end(1006);
    retry();
    const refused = [{ seq: 2, code: "taken", message: "That field is taken." }];
    const server = enter({ seq: 3, refused });
    assert.deepEqual(tellings("reject").map(({ command }) => command.move), ["second"]);
    assert.deepEqual(room.unacked(), []);
    server.say(welcomeOf({ seq: 3, refused }));
    assert.equal(tellings("reject").length, 1);
  });

  it("of a spectator are acknowledged by a message of their own", () => {
    const { enter, room } = scripted();
    const server = enter({ you: { player: "zoe", name: "Zoe" } });
    room.command("chat", { text: "hello" });
    server.say({ t: "ack", seq: 1 });
    assert.equal(room.ack, 1);
    assert.equal(room.seat, null);
  });
});

describe("events", () => {
  it("are told once each, whatever comes twice", () => {
    const { enter, end, tellings, retry } = scripted();
    const server = enter({ offset: 2 });
    server.say({ t: "event", offset: 3, kind: "chat", body: {} });
    server.say({ t: "event", offset: 3, kind: "chat", body: {} });
    server.end(1006);
    retry();
    end().open();
    assert.deepEqual(end().received[0], { t: "hello", want: "auto", incarnation: "first", offset: 3 });
    const missed = [3, 4, 6].map((offset) => ({ t: "event", offset, kind: "chat", body: {} }));
    end().say(welcomeOf({ recovered: true, offset: 7, events: missed }));
    end().say({ t: "event", offset: 7, kind: "chat", body: {} });
    assert.deepEqual(tellings("event").map(({ offset }) => offset), [3, 4, 6]);
  });

  it("missed while away are news; what the server could not recover is past", () => {
    const { enter, told, end, retry } = scripted();
    const pasts = () => told.filter(({ name }) => name === "event").map(({ args }) => args[1]);
    enter().end(1006);
    retry();
    end().open();
    end().say(welcomeOf({ recovered: true, offset: 1, events: [{ t: "event", offset: 1, kind: "x" }] }));
    end().end(1006);
    retry();
    end().open();
    end().say(welcomeOf({ recovered: false, offset: 9, events: [{ t: "event", offset: 9, kind: "x" }] }));
    assert.deepEqual(pasts(), [false, true]);
  });

  it("start anew in another opening of the room, and what waited for the old one is dropped", () => {
    const { enter, room, end, retry } = scripted();
    const server = enter({ offset: 50, seq: 9 });
    room.move("old");
    server.end(1006);
    retry();
    end().open();
    end().say(welcomeOf({ incarnation: "second", offset: 1, seq: 0 }));
    assert.deepEqual(end().got("move"), []);
    assert.equal(room.move("new"), 1);
  });
});

describe("coming back", () => {
  it("waits a random time that grows to ten seconds and never gives up", () => {
    const { room, clock, ends, end, retry } = scripted({ random: () => 1 });
    room.connect();
    const waits = [];
    for (let i = 0; i < 30; i++) {
      const before = ends.length;
      end().end(1006);
      waits.push(Math.round((room.state.retryAt ?? NaN) - clock.now()));
      retry();
      assert.equal(ends.length, before + 1);
    }
    assert.deepEqual(waits.slice(0, 6), [500, 1000, 2000, 4000, 8000, 10_000]);
    assert.equal(waits.at(-1), 10_000);
  });

  it("gives an attempt up that nobody accepts, tries again at once, and grants the next ones longer", () => {
    const { room, clock, ends, enter } = scripted({ random: () => 1 });
    room.connect();
    for (const granted of [3000, 6000, 9000, 10_000, 10_000]) {
      const before = ends.length;
      clock.pass(granted - 1);
      assert.equal(ends.length, before);
      assert.equal(room.state.retryAt, null);
      clock.pass(1 + 500);
      assert.equal(ends.length, before + 1);
    }
    enter().end(1006);
    clock.pass(1000 + 3000);
    assert.notEqual(room.state.retryAt, null, "a good connection makes the next attempt short again");
  });

  it("asks at once whether the server is there when the browser has lost the network", () => {
    const { enter, room, clock, ends } = scripted();
    const server = enter();
    clock.pass(1500);
    const before = server.got("ping").length;
    room.setOnline(false);
    assert.equal(server.got("ping").length, before + 1);
    clock.pass(3000);
    assert.equal(room.state.name, "offline", "no answer came: the connection is dead");
    const tries = ends.length;
    room.setOnline(true);
    assert.equal(ends.length, tries + 1);
  });

  it("at once when asked", () => {
    const { enter, room, ends } = scripted();
    enter().end(1006);
    room.retryNow();
    assert.equal(ends.length, 2);
    assert.equal(room.state.retryAt, null);
  });

  it("as a spectator when one had given the seat up", () => {
    const { enter, end, retry } = scripted();
    const server = enter();
    server.say({ t: "frame", tick: 2, ms: 1, whole: whole(null, roomOf({ seats: [seatOf("bob"), null] })) });
    server.end(1006);
    retry();
    end().open();
    assert.equal(end().received[0].want, "watch");
  });

  it("later, when the server says it is busy", () => {
    const { enter, room, clock } = scripted({ random: () => 1 });
    const server = enter();
    server.say({ t: "goodbye", code: 4413, reason: "busy", reconnect: true });
    server.end(1006); // the code was lost on the way
    assert.equal((room.state.retryAt ?? 0) - clock.now(), 8000);
  });

  it("not at all after a final code, in the goodbye or in the close, and says so once", () => {
    for (const said of [true, false]) {
      const { enter, room, clock, ends, tellings } = scripted();
      const server = enter();
      if (said) server.say({ t: "goodbye", code: 4506, reason: "kicked", reconnect: false });
      server.end(4506, "kicked");
      clock.pass(60_000);
      assert.equal(ends.length, 1);
      assert.equal(room.state.name, "closed");
      assert.deepEqual(tellings("goodbye").map(({ code }) => code), [4506]);
      assert.equal(room.move(1), 0);
    }
  });

  it("after a final code when one takes over on purpose", () => {
    const { enter, room, end, ends } = scripted();
    enter().end(4501, "replaced");
    room.connect();
    assert.equal(ends.length, 2);
    end().open();
    end().say(welcomeOf({ recovered: true }));
    assert.equal(room.state.name, "live");
  });

  it("leaves no timer behind when it is closed", () => {
    const { enter, room, clock } = scripted();
    enter();
    room.close();
    assert.equal(clock.pending, 0);
    assert.equal(room.state.name, "closed");
  });
});

describe("a connection that only looks open", () => {
  it("is left after twelve silent seconds", () => {
    const { enter, ends, clock } = scripted();
    enter();
    clock.pass(11_900);
    assert.equal(ends.length, 1);
    clock.pass(1000);
    assert.equal(ends.length, 2);
    assert.equal(ends[0]?.readyState, 3);
  });

  it("is kept while anything arrives", () => {
    const { enter, ends, clock } = scripted();
    const server = enter();
    for (let i = 0; i < 10; i++) {
      clock.pass(6000);
      server.say({ t: "status", state: "ok" });
    }
    assert.equal(ends.length, 1);
  });

  it("is asked before it is left when the machine has slept", () => {
    const { enter, ends, clock } = scripted();
    const server = enter();
    clock.pass(3000);
    clock.sleep(3_600_000);
    assert.equal(ends.length, 1, "silence while asleep proves nothing");
    clock.pass(1000);
    server.say({ t: "status", state: "ok" });
    clock.pass(5000);
    assert.equal(ends.length, 1);
  });

  it("is found out in three seconds when the network came back", () => {
    const { enter, room, ends, clock, retry } = scripted();
    enter();
    clock.pass(2000);
    room.retryNow();
    clock.pass(3100);
    assert.equal(room.state.name, "reconnecting");
    retry();
    assert.equal(ends.length, 2);
  });

  it("a message that cannot be read ends it", (test) => {
    const warn = test.mock.method(console, "warn", () => {});
    const { enter, ends, end, retry } = scripted();
    enter();
    end().onmessage({ data: "{" });
    retry();
    assert.equal(ends.length, 2);
    assert.equal(warn.mock.callCount(), 1);
  });
});

describe("the connection's state", () => {
  /** A server that answers pings after a while. @param {ReturnType<typeof scripted>} script @param {number} rtt @param {number} ms */
  const answering = (script, rtt, ms) => {
    for (let passed = 0; passed < ms; passed += 50) {
      for (const ping of script.end().received.splice(0).filter(({ t }) => t === "ping")) {
        const end = script.end();
        script.clock.setTimeout(() => end.say({ t: "pong", n: ping.n, time: ping.time, server_ms: 5e11 + script.clock.now() - rtt / 2 }), rtt);
      }
      script.clock.pass(50);
    }
  };

  it("is live, slow with long answers, and live again", () => {
    const script = scripted();
    script.enter();
    answering(script, 50, 5000);
    assert.equal(script.room.state.name, "live");
    answering(script, 800, 40_000);
    assert.equal(script.room.state.name, "slow");
    answering(script, 20, 60_000);
    assert.equal(script.room.state.name, "live");
    assert.ok(Math.abs(script.room.serverClock.read() - (5e11 + script.clock.now())) < 30);
  });

  it("is slow after four silent seconds, reconnecting with a time, offline without a network", () => {
    const { enter, room, clock, end } = scripted();
    enter();
    clock.pass(6100);
    assert.equal(room.state.name, "slow");
    end().end(1006);
    assert.equal(room.state.name, "reconnecting");
    assert.ok((room.state.retryAt ?? 0) > clock.now());
    room.setOnline(false);
    assert.equal(room.state.name, "offline");
    room.setOnline(true);
    assert.equal(room.state.name, "reconnecting");
  });
});

it("relays go out only when they can go out now", () => {
  const { enter, room } = scripted();
  assert.equal(room.relay("emote", { emote: "gg" }), false);
  const server = enter();
  assert.equal(room.relay("emote", { emote: "gg" }), true);
  assert.deepEqual(server.got("relay"), [{ t: "relay", kind: "emote", body: { emote: "gg" } }]);
});

it("a listener that throws harms no other, and its error is not lost", (test) => {
  /** @type {(() => void)[]} */
  const later = [];
  test.mock.method(globalThis, "queueMicrotask", (/** @type {() => void} */ run) => void later.push(run));
  const { room, enter } = scripted();
  let heard = 0;
  room.on("frame", () => {
    throw new Error("of the listener");
  });
  room.on("frame", () => void heard++);
  enter();
  assert.equal(heard, 1);
  assert.throws(() => later[0]?.(), /of the listener/);
});
