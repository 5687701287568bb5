/**
 * Keeps one WebSocket open: opens it, opens it again with growing, random waits, for ever, and stops for good when the
 * server's close code says that coming back changes nothing.
 *
 *     idle -> connecting -> open -> waiting -> connecting ...      closed: final, until `start` is called again
 *
 * @typedef {object} Timers  the clock, so that tests can use their own
 * @property {() => number} now  monotonic ms
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(id: any) => void} clearTimeout
 *
 * @typedef {new (url: string, protocols: string[]) => WebSocket} SocketClass
 */
import { Backoff } from "./backoff.js";
import { CLOSE, isFinal } from "./wire.js";

const GIVE_UP = 3000; // an attempt that takes longer has failed: nobody may be there to accept it
const GIVE_UP_MOST = 10_000; // each failure in a row grants the next one longer, for roads that really are so slow
const PROVEN = 5000; // a connection that lasted so long makes the next wait short again
const BUSY_TRIES = 4; // wait as after so many failures when the server asks for time

export class Link {
  /** @type {"idle"|"connecting"|"open"|"waiting"|"closed"} */
  state = "idle";
  /** Local time of the next attempt, while waiting. @type {number|null} */
  retryAt = null;
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {any} */
  #timer;
  #openedAt = 0;
  #hung = 0; // attempts in a row that came to no answer

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {string} options.protocol  the subprotocol asked for
   * @param {SocketClass} options.WebSocket
   * @param {Timers} options.timers
   * @param {() => number} options.random
   * @param {{opened(): void, message(raw: any): void, lost(code: number, reason: string): void}} options.owner
   *     told when it opens, of every message, and when it is gone (after `state` has changed)
   */
  constructor({ url, protocol, WebSocket, timers, random, owner }) {
    this.url = url;
    this.protocol = protocol;
    this.WebSocket = WebSocket;
    this.timers = timers;
    this.owner = owner;
    this.backoff = new Backoff(random);
  }

  /** Connect now, whatever was before. */
  start() {
    this.#drop();
    this.state = "connecting";
    this.retryAt = null;
    this.#timer = this.timers.setTimeout(() => this.#giveUp(), Math.min(GIVE_UP_MOST, GIVE_UP * (1 + this.#hung)));
    try {
      this.#listen(new this.WebSocket(this.url, [this.protocol]));
    } catch (error) {
      this.#lost(1006, String(error)); // an address that no browser connects to
    }
  }

  /** @param {string|Uint8Array<ArrayBuffer>} raw @returns {boolean} whether there was an open socket */
  send(raw) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(raw);
    return true;
  }

  /** The connection is of no use any more, though it may look open: come back at once. */
  fail() {
    this.#lost(1006, "no answer");
  }

  #giveUp() {
    this.#hung++;
    this.backoff.reset(); // it has cost enough time already
    this.fail();
  }

  /** The server says why it is about to close: when it asks for time, it gets some. @param {number} code */
  heed(code) {
    if (code === CLOSE.SLOW_DOWN || code === CLOSE.SERVER_BUSY) this.backoff.atLeast(BUSY_TRIES);
  }

  /** End it for good. @param {number} code @param {string} reason */
  close(code, reason) {
    this.#drop();
    this.state = "closed";
    this.retryAt = null;
    this.owner.lost(code, reason);
  }

  /** @param {WebSocket} socket */
  #listen(socket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.timers.clearTimeout(this.#timer);
      this.state = "open";
      this.#hung = 0;
      this.#openedAt = this.timers.now();
      this.owner.opened();
    };
    socket.onmessage = (message) => this.owner.message(message.data);
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
  }

  /** @param {number} code @param {string} reason */
  #lost(code, reason) {
    const proven = this.state === "open" && this.timers.now() - this.#openedAt >= PROVEN;
    this.#drop();
    if (isFinal(code)) return this.close(code, reason);
    if (proven) this.backoff.reset();
    this.heed(code);
    const wait = this.backoff.next();
    this.state = "waiting";
    this.retryAt = this.timers.now() + wait;
    this.#timer = this.timers.setTimeout(() => this.start(), wait);
    this.owner.lost(code, reason);
  }

  #drop() {
    this.timers.clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState < 2) socket.close(1000);
  }
}
