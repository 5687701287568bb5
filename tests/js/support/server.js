/**
 * A scripted server: takes the sockets that a RoomClient opens and lets the test play the other end, over a FakeClock.
 */
import { RoomClient } from "../../../static/js/net/client.js";
import { CODECS } from "../../../static/js/net/wire.js";
import { FakeClock } from "./clock.js";

const LIMITS = { message_bytes: 4096, messages_per_s: 30, chat_letters: 300, relay_bytes: 512 };

/** @param {string} player @param {object} [more] */
export const seatOf = (player, more = {}) => ({
  player,
  name: player.toUpperCase(),
  kind: "guest",
  strength: "",
  ready: false,
  here: true,
  rematch: false,
  ...more,
});

/** A room view. @param {object} [more] */
export const roomOf = (more = {}) => ({
  phase: "waiting",
  paused: null,
  match: 0,
  match_ms: null,
  host: "ann",
  private: false,
  quick: false,
  seats: [seatOf("ann"), null],
  spectators: 0,
  joinable: true,
  blocked: "",
  fill_ms: null,
  outcome: null,
  ...more,
});

/** A welcome for ann, in seat 0. @param {object} [more] */
export const welcomeOf = (more = {}) => ({
  t: "welcome",
  you: { player: "ann", name: "ANN", seat: 0 },
  game: { slug: "tictactoe", title: "Noughts and crosses", version: 1, tick_hz: 0, strengths: [], relays: [], options: {} },
  room: "k3x9",
  incarnation: "first",
  epoch: 1,
  seq: 0,
  offset: 0,
  recovered: false,
  events: [],
  tick: 1,
  ms: 1000,
  whole: { room: roomOf(), game: null },
  limits: LIMITS,
  server_ms: 1_800_000_000_000,
  ...more,
});

/** One end of a connection, as the server has it. It stands where a browser's WebSocket would. */
class ServerEnd {
  readyState = 0;
  binaryType = "blob";
  /** @type {any[]} */
  received = [];
  /** @type {any} */ onopen = null;
  /** @type {any} */ onmessage = null;
  /** @type {any} */ onclose = null;

  /** @param {string} url @param {string[]} protocols */
  constructor(url, protocols) {
    this.url = url;
    this.protocol = protocols[0];
    this.codec = Object.values(CODECS).find((codec) => codec.protocol === this.protocol);
  }

  // -- what the client calls
  /** @param {any} raw */
  send(raw) {
    this.received.push(this.codec?.read(raw.buffer ?? raw));
  }
  close() {
    this.readyState = 3;
  }

  // -- what the test calls
  open() {
    this.readyState = 1;
    this.onopen?.({});
  }
  /** @param {object} message */
  say(message) {
    const raw = this.codec?.write(message);
    this.onmessage?.({ data: typeof raw === "string" ? raw : raw?.buffer });
  }
  /** @param {number} code @param {string} [reason] */
  end(code, reason = "") {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
  /** @param {string} kind */
  got(kind) {
    return this.received.filter((message) => message.t === kind);
  }
}

/** @typedef {{name: string, args: any[]}} Told */

/**
 * A client whose every event is written down, with the server's ends of its sockets.
 *
 * @param {Partial<ConstructorParameters<typeof RoomClient>[0]>} [options]
 */
export function scripted(options = {}) {
  const clock = new FakeClock();
  /** @type {ServerEnd[]} */
  const ends = [];
  const WebSocket = /** @type {any} */ (
    class extends ServerEnd {
      /** @param {string} url @param {string[]} protocols */
      constructor(url, protocols) {
        super(url, protocols);
        ends.push(this);
      }
    }
  );
  const room = new RoomClient({ url: "ws://room.test/", WebSocket, timers: clock, random: () => 0.5, ...options });
  /** @type {Told[]} */
  const told = [];
  for (const name of /** @type {const} */ (["welcome", "frame", "event", "reject", "ack", "relay", "status", "state", "goodbye"])) {
    room.on(name, (/** @type {any[]} */ ...args) => void told.push({ name, args }));
  }
  const end = () => /** @type {ServerEnd} */ (ends.at(-1));
  /** Connects and is welcomed. @param {object} [more] */
  const enter = (more = {}) => {
    if (ends.length === 0) room.connect();
    end().open();
    end().say(welcomeOf(more));
    return end();
  };
  /** Time passes until the next attempt to connect. */
  const retry = () => clock.pass(Math.ceil((room.state.retryAt ?? 0) - clock.now()));
  /** @param {string} name @returns {any[]} the first argument of each telling */
  const tellings = (name) => told.filter((entry) => entry.name === name).map(({ args }) => args[0]);
  return { room, clock, ends, end, enter, retry, told, tellings };
}
