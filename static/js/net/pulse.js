/**
 * Is the other end still there, and how far away is it? Pings every two seconds (quicker at first, so that the clocks
 * are right soon) and calls `stale` when nothing at all has arrived for twelve.
 *
 * @typedef {import("./link.js").Timers} Timers
 */
const EVERY = 2000;
const FIRST = 250; // ms between the first five
const DEAD = 12_000; // nothing heard for so long: the connection only looks open
const PROBE = 3000; // an answer is due this soon after waking up or being asked

export class Pulse {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #n = 0;
  #heard = 0;
  #deadline = 0;
  #due = 0;

  /**
   * @param {object} options
   * @param {Timers} options.timers
   * @param {(ping: {t: "ping", n: number, time: number}) => void} options.send
   * @param {() => void} options.stale  the connection is dead
   * @param {() => void} options.beat  after each check: `quiet` may have changed
   */
  constructor({ timers, send, stale, beat }) {
    this.timers = timers;
    this.send = send;
    this.stale = stale;
    this.beat = beat;
  }

  /** A connection was opened. */
  start() {
    this.stop();
    this.#n = 0;
    this.heard();
    this.#ping();
  }

  stop() {
    this.timers.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Something arrived, whatever it was. */
  heard() {
    this.#heard = this.timers.now();
    this.#deadline = this.#heard + DEAD;
  }

  /** @returns {number} ms since something arrived */
  get quiet() {
    return this.timers.now() - this.#heard;
  }

  /** The network may have changed: an answer must come soon, or the connection counts as dead. */
  probe() {
    if (this.#timer === undefined) return;
    this.timers.clearTimeout(this.#timer);
    this.#deadline = Math.min(this.#deadline, this.timers.now() + PROBE);
    this.#ping();
  }

  #ping() {
    const now = this.timers.now();
    this.send({ t: "ping", n: ++this.#n, time: now });
    const wait = Math.min(this.#n < 5 ? FIRST : EVERY, Math.max(50, this.#deadline - now));
    this.#due = now + wait;
    this.#timer = this.timers.setTimeout(() => this.#check(), wait);
  }

  #check() {
    const now = this.timers.now();
    const slept = now - this.#due > PROBE; // the timers stood still, so silence proves nothing yet
    if (slept) this.#deadline = now + PROBE;
    if (now >= this.#deadline) {
      this.stop();
      this.stale();
    } else {
      this.#ping();
      this.beat();
    }
  }
}
