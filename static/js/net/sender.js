/**
 * Sends a player's inputs: numbers them, keeps them until they are answered, sends them again on a new socket, and
 * never faster than the server allows.
 *
 * @typedef {import("./outbox.js").Command} Command
 * @typedef {import("./wire.js").Limits} Limits
 */
import { Outbox } from "./outbox.js";
import { Pace } from "./pace.js";

const utf8 = new TextEncoder();

const NOT_CONNECTED = { code: "not_connected", message: "There is no connection to the room." };
const OUTBOX_FULL = {
  code: "outbox_full",
  message: "Too much is waiting to be sent. Wait for the connection to come back.",
};
const TOO_LONG = { code: "too_long", message: "That is too long to be sent." };

export class Sender {
  /** The last seq given out. */
  seq = 0;
  /** The last seq that was answered. */
  ack = 0;
  /** What the server holds us to; null before the first welcome. @type {Limits|null} */
  limits = null;
  #open = false;
  /** @type {any} */
  #timer;

  /** @param {import("./link.js").Timers} timers @param {(message: object) => boolean} send */
  constructor(timers, send) {
    this.timers = timers;
    this.send = send;
    this.outbox = new Outbox();
    this.pace = new Pace(timers.now, 20);
  }

  /**
   * A welcome: the server knows us, and everything up to `seq`. The rest goes out (again): on an open socket too, as
   * the server may have lost it. What is only on its way still counts once.
   *
   * @param {number} seq @param {Limits} limits
   */
  open(seq, limits) {
    this.limits = limits;
    this.pace.rate = Math.max(1, limits.messages_per_s - 2); // what is left is for pings
    this.seq = Math.max(this.seq, seq);
    this.settle(seq);
    this.outbox.rewind();
    this.#open = true;
    this.#pump();
  }

  /** The socket is gone: what is not answered goes out again on the next. */
  shut() {
    this.#open = false;
    this.timers.clearTimeout(this.#timer);
    this.outbox.rewind();
  }

  /** Another opening of the room: nothing of before counts. */
  forget() {
    this.outbox.clear();
    this.seq = this.ack = 0;
  }

  /** @param {Command} command  its seq one more than the last; sent now or as soon as it may be */
  add(command) {
    this.outbox.add(command);
    this.seq = command.seq;
    this.#pump();
  }

  /**
   * @param {object} command
   * @param {boolean} closed  the connection was ended for good
   * @returns {{code: string, message: string}|null} why it cannot be taken, null when it can
   */
  refusal(command, closed) {
    if (!this.limits || closed) return NOT_CONNECTED;
    if (this.outbox.full) return OUTBOX_FULL;
    return utf8.encode(JSON.stringify(command)).length > this.limits.message_bytes ? TOO_LONG : null;
  }

  /** Ephemeral: now or never. @param {object} message @returns {boolean} whether it went out */
  now(message) {
    return this.#open && this.pace.take() && this.send(message);
  }

  /** @param {number} seq  everything up to it has been answered @returns {boolean} whether that was news */
  settle(seq) {
    if (seq <= this.ack) return false;
    this.ack = seq;
    this.outbox.settle(seq);
    return true;
  }

  #pump() {
    this.timers.clearTimeout(this.#timer);
    if (!this.#open) return;
    while (this.pace.take()) {
      const command = this.outbox.next();
      if (!command) return this.pace.giveBack();
      this.send(command);
    }
    this.#timer = this.timers.setTimeout(() => this.#pump(), this.pace.wait + 1);
  }
}
