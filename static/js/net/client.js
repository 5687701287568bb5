/**
 * A player's or spectator's end of one room: connects and comes back by itself, keeps the view whole, tells every event
 * once, sends every input until it has counted, and estimates the clocks. Knows no DOM and no game.
 *
 *     const room = new RoomClient({ url: "wss://example.org/ws/rooms/k3x9/", wire: "msgpack" });
 *     room.on("frame", ({ whole }) => draw(whole));
 *     room.connect();
 *     room.move({ cell: 4 });
 *
 * @typedef {import("./wire.js").Welcome} Welcome
 * @typedef {import("./wire.js").RoomEvent} RoomEvent
 * @typedef {import("./wire.js").Goodbye} Goodbye
 * @typedef {import("./outbox.js").Command} Command
 * @typedef {import("./link.js").Timers} Timers
 * @typedef {import("./condition.js").State} State
 *
 * @typedef {{tick: number, ms: number, at: number, whole: import("./wire.js").Whole, ack: number}} Seen
 * @typedef {{seq: number, code: string, message: string, legal: any[], command: Command|null}} Refusal
 *
 * @typedef {object} RoomEvents
 * @property {[welcome: Welcome, first: boolean]} welcome  first: of this page's visit, or of another opening of the room
 * @property {[seen: Seen]} frame  the view has changed; also after each welcome
 * @property {[event: RoomEvent, past: boolean]} event  past: told as history, not as news
 * @property {[seq: number]} ack
 * @property {[refusal: Refusal]} reject
 * @property {[message: import("./wire.js").Relayed]} relay
 * @property {[status: import("./wire.js").Status]} status
 * @property {[state: State]} state
 * @property {[goodbye: Goodbye]} goodbye  the server ends the connection; reconnect false: for good
 */
import { Latency, RoomClock, SteadyClock } from "./clock.js";
import { Condition } from "./condition.js";
import { Emitter } from "./emitter.js";
import { Link } from "./link.js";
import { Pulse } from "./pulse.js";
import { Sender } from "./sender.js";
import { Viewed } from "./viewed.js";
import { CODECS, isFinal } from "./wire.js";

const ASK_AGAIN = 2000; // ms after which an unanswered resync is repeated

/** @type {Timers} */
const SYSTEM = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (id) => clearTimeout(id),
};

/** @extends {Emitter<RoomEvents>} */
export class RoomClient extends Emitter {
  /** @type {import("./wire.js").You|null} */
  you = null;
  /** @type {import("./wire.js").GameInfo|null} */
  game = null;
  #incarnation = "";
  #offset = 0;
  #askedAt = -Infinity;
  /** @type {Goodbye|null} */
  #goodbye = null;
  #viewed = new Viewed();

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {"json"|"msgpack"} [options.wire]
   * @param {"auto"|"play"|"watch"} [options.want]  a seat, a seat or nothing, or to watch
   * @param {import("./link.js").SocketClass} [options.WebSocket]
   * @param {Timers} [options.timers]
   * @param {() => number} [options.random]
   */
  constructor({ url, wire = "json", want = "auto", WebSocket = globalThis.WebSocket, timers = SYSTEM, random = Math.random }) {
    super();
    this.want = want;
    this.timers = timers;
    this.codec = CODECS[wire];
    this.latency = new Latency();
    this.clock = new RoomClock(timers.now, this.latency);
    this.serverClock = new SteadyClock(timers.now);
    const send = (/** @type {object} */ message) => this.link.send(this.codec.write(message));
    this.sender = new Sender(timers, send);
    this.pulse = new Pulse({ timers, send, beat: () => this.#tellState(), stale: () => this.link.fail() });
    const owner = { opened: () => this.#opened(), message: this.#message, lost: this.#lost };
    this.link = new Link({ url, protocol: this.codec.protocol, WebSocket, timers, random, owner });
    this.condition = new Condition(this.link, this.pulse, this.latency);
  }

  /** Open the connection; also after it was closed for good ("take over here"). */
  connect() {
    this.#goodbye = null;
    this.link.start();
    this.#tellState();
  }

  /** Leave without a word to the room; the seat is held as for a lost connection. `command("leave")` gives it up. */
  close() {
    this.link.close(1000, "");
  }

  /** The network came back, or somebody looks again: connect now, or find out now whether it is still there. */
  retryNow() {
    if (this.link.state === "waiting") this.link.start();
    else if (this.link.state === "open") this.pulse.probe();
    this.#tellState();
  }

  /** Whether the machine has a network, as the browser says: found out at once either way. @param {boolean} online */
  setOnline(online) {
    this.condition.online = online;
    if (online) return this.retryNow();
    if (this.link.state === "open") this.pulse.probe();
    this.#tellState();
  }

  /** What is seen now, or null before the first welcome. @returns {Seen|null} */
  get view() {
    return this.#viewed.view && { ...this.#viewed.view, ack: this.ack };
  }

  /** The last seq given out. @returns {number} */
  get seq() {
    return this.sender.seq;
  }

  /** The last seq that was answered. @returns {number} */
  get ack() {
    return this.sender.ack;
  }

  /** What the server holds a client to; null before the first welcome. */
  get limits() {
    return this.sender.limits;
  }

  /** One's own seat, null for a spectator. @returns {number|null} */
  get seat() {
    const seats = this.#viewed.view?.whole.room.seats ?? [];
    const at = seats.findIndex((seat) => seat !== null && seat.player === this.you?.player);
    return at < 0 ? null : at;
  }

  /** @returns {State} */
  get state() {
    return this.condition.state;
  }

  /** Moves sent and not yet answered, oldest first. @returns {{seq: number, move: any}[]} */
  unacked() {
    return this.sender.outbox.commands.filter(({ t }) => t === "move").map(({ seq, move }) => ({ seq, move }));
  }

  /** @param {any} move  the game's @returns {number} its seq; 0: not taken, and a "reject" says why */
  move(move) {
    return this.command("move", { move });
  }

  /** @param {string} t  kind of message @param {object} [body] @returns {number} its seq; 0: not taken */
  command(t, body = {}) {
    const command = { ...body, t, seq: this.seq + 1 };
    const refusal = this.sender.refusal(command, this.link.state === "closed");
    if (refusal) {
      this.emit("reject", { seq: 0, ...refusal, legal: [], command });
      return 0;
    }
    this.sender.add(command);
    return command.seq;
  }

  /** Past the rules, at once; may be lost. @param {string} kind @param {any} body @returns {boolean} whether it went out */
  relay(kind, body) {
    return this.sender.now({ t: "relay", kind, body });
  }

  // -- the connection

  #opened() {
    const want = this.you && this.seat === null ? "watch" : this.want;
    this.sender.send({ t: "hello", want, incarnation: this.#incarnation, offset: this.#offset });
    this.pulse.start();
  }

  /** @param {any} raw */
  #message = (raw) => {
    this.pulse.heard();
    let message;
    try {
      message = this.codec.read(raw);
    } catch (error) {
      console.warn("A message that cannot be read; connecting anew.", error);
      return this.link.fail();
    }
    if (Array.isArray(message)) return this.#frame(message);
    const take = this.#takers[message.t];
    if (take) take(message); // kinds that a later server adds are passed over
  };

  /** @param {number} code @param {string} reason */
  #lost = (code, reason) => {
    this.condition.welcomed = false;
    this.pulse.stop();
    this.sender.shut();
    const final = isFinal(code) && !this.#goodbye;
    this.#tellState();
    if (final) this.emit("goodbye", { t: "goodbye", code, reason, reconnect: false });
  };

  // -- what the server says

  /** @type {Record<string, (message: any) => void>} */
  #takers = {
    welcome: (message) => this.#welcome(message),
    frame: (message) => this.#frame(message),
    event: (message) => this.#event(message, false),
    reject: (message) => this.#reject(message),
    ack: (message) => this.#acked(message.seq),
    relay: (message) => this.emit("relay", message),
    pong: (message) => this.#pong(message),
    status: (message) => this.emit("status", message),
    goodbye: (message) => this.#byeNow(message),
  };

  /** @param {Welcome} welcome */
  #welcome(welcome) {
    const first = welcome.incarnation !== this.#incarnation;
    if (first) this.#forget(welcome.incarnation);
    this.you = welcome.you;
    this.game = welcome.game;
    this.condition.welcomed = this.condition.known = true;
    this.#askedAt = -Infinity;
    const at = this.timers.now();
    this.#viewed.put(welcome, at);
    this.clock.sample(welcome.ms, at);
    this.emit("welcome", welcome, first);
    for (const event of welcome.events) this.#event(event, first || !welcome.recovered);
    this.#offset = Math.max(this.#offset, welcome.offset);
    const waiting = new Set(this.sender.outbox.commands.map(({ seq }) => seq));
    for (const refusal of welcome.refused ?? []) if (waiting.has(refusal.seq)) this.#reject(refusal);
    const news = welcome.seq > this.ack;
    this.sender.open(welcome.seq, welcome.limits);
    if (news) this.emit("ack", welcome.seq);
    this.#tellFrame();
    this.#tellState();
  }

  /** Another opening of the room, or the first visit: nothing of before counts. @param {string} incarnation */
  #forget(incarnation) {
    this.#incarnation = incarnation;
    this.#offset = 0;
    this.sender.forget();
    this.clock.reset();
  }

  /** @param {import("./wire.js").Frame|any[]} frame  or a delta */
  #frame(frame) {
    if (!this.condition.welcomed) return;
    const at = this.timers.now();
    try {
      if (!this.#viewed.apply(frame, at)) return;
    } catch {
      return this.#resync(); // it does not fit what is here: the server sends the whole
    }
    const { ms, acks } = /** @type {import("./viewed.js").View} */ (this.#viewed.view);
    this.clock.sample(ms, at);
    const ack = this.seat === null ? 0 : acks[this.seat];
    if (ack) this.#acked(ack);
    this.#tellFrame();
  }

  #resync() {
    const now = this.timers.now();
    if (now - this.#askedAt < ASK_AGAIN) return;
    this.#askedAt = now;
    this.sender.send({ t: "resync", offset: this.#offset });
  }

  /** @param {RoomEvent} event @param {boolean} past */
  #event(event, past) {
    if (event.offset <= this.#offset) return;
    this.#offset = event.offset;
    this.emit("event", event, past);
  }

  /** @param {number} seq */
  #acked(seq) {
    if (this.sender.settle(seq)) this.emit("ack", seq);
  }

  /** @param {import("./wire.js").Reject} reject */
  #reject({ seq, code, message, legal = [] }) {
    this.emit("reject", { seq, code, message, legal, command: this.sender.outbox.refuse(seq) ?? null });
  }

  /** @param {import("./wire.js").Pong} pong */
  #pong({ time, server_ms: serverMs }) {
    this.latency.sample(time, serverMs, this.timers.now());
    this.serverClock.aim(this.latency.offset);
    this.#tellState();
  }

  /** @param {Goodbye} goodbye */
  #byeNow(goodbye) {
    this.#goodbye = goodbye.reconnect ? null : goodbye;
    if (goodbye.reconnect) this.link.heed(goodbye.code);
    else this.link.close(goodbye.code, goodbye.reason);
    this.emit("goodbye", goodbye);
  }

  // -- telling

  #tellFrame() {
    if (this.view) this.emit("frame", this.view);
  }

  #tellState() {
    this.emit("state", this.state);
  }
}
