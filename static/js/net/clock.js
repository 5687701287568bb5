/**
 * Estimates of other clocks from what arrives late: the server's time, a room's time, the road's latency.
 * All times are milliseconds; `now` is the local monotonic clock (performance.now).
 */

const PINGS = 24; // remembered: under a minute of them

/** The road to the server and its clock, from pings: smoothed round trip, jitter, the quickest way there and back. */
export class Latency {
  /** @type {{there: number, back: number}[]} */
  #ways = []; // each off by what the clocks differ, in opposite senses
  rtt = 0;
  jitter = 0;

  /** One ping. @param {number} sent  local @param {number} serverMs  when it was there @param {number} at  local, back */
  sample(sent, serverMs, at) {
    const rtt = at - sent;
    if (!this.known) this.rtt = rtt;
    this.jitter += (Math.abs(rtt - this.rtt) - this.jitter) / 4;
    this.rtt += (rtt - this.rtt) / 8;
    this.#ways = [...this.#ways.slice(1 - PINGS), { there: serverMs - sent, back: at - serverMs }];
  }

  /** @returns {boolean} */
  get known() {
    return this.#ways.length > 0;
  }

  /** @returns {number} ms of the quickest way there and the quickest way back; 0 while unknown */
  get least() {
    return this.known ? this.#there + this.#back : 0;
  }

  /** @returns {number} server's clock - local clock, if the quickest ways there and back are as long as each other */
  get offset() {
    return this.known ? (this.#there - this.#back) / 2 : 0;
  }

  get #there() {
    return Math.min(...this.#ways.map(({ there }) => there));
  }

  get #back() {
    return Math.min(...this.#ways.map(({ back }) => back));
  }
}

const SNAP = 400; // an error beyond this is no drift: forward at once, backward by standing still
const RATE = 0.25; // below it, gain or lose at most this much of the time that passes

/** A clock that follows a moving estimate without ever stepping back. */
export class SteadyClock {
  /** @type {number|null} */
  #offset = null; // what is added to local time
  #target = 0;
  #at = 0;
  #told = -Infinity;

  /** @param {() => number} now */
  constructor(now) {
    this.now = now;
  }

  /** @returns {boolean} */
  get set() {
    return this.#offset !== null;
  }

  /** @param {number} offset  the best present estimate of (the other clock - local time) */
  aim(offset) {
    this.#slew();
    this.#target = offset;
    if (this.#offset === null || offset - this.#offset > SNAP) this.#offset = offset;
  }

  /** The other clock's time now; never less than it said before. Local time while nothing is known. */
  read() {
    this.#slew();
    this.#told = Math.max(this.#told, this.now() + (this.#offset ?? 0));
    return this.#told;
  }

  /** The other clock is another one from here on: forget it. */
  reset() {
    this.#offset = null;
    this.#told = -Infinity;
  }

  #slew() {
    const now = this.now();
    const passed = now - this.#at;
    this.#at = now;
    if (this.#offset === null) return;
    const error = this.#target - this.#offset;
    const rate = error < -SNAP ? 1 : RATE;
    this.#offset += Math.max(-passed * rate, Math.min(passed * RATE, error));
  }
}

/** An arrival later than this was not late on the road: the sender's time stood still (an outage does not count). */
const STOOD = 1500;
const WINDOW = 3000; // ms over which the least delayed frame is looked for
const KEPT = 4; // at least so many, however old: quiet rooms send few

/** Remembers how far arrivals were behind; the least delayed of late tells where the sender's clock stands. */
export class Arrivals {
  /** @type {{at: number, offset: number}[]} */
  #samples = [];

  /** @param {number} ms  the sender's time @param {number} at  local arrival @returns {number} the best offset */
  add(ms, at) {
    this.#samples.push({ at, offset: ms - at });
    const old = this.#samples.findIndex((sample) => at - sample.at < WINDOW);
    this.#samples.splice(0, Math.max(0, Math.min(old, this.#samples.length - KEPT)));
    return this.best;
  }

  /** @returns {number} sender's time - local time of the least delayed */
  get best() {
    return Math.max(...this.#samples.map((sample) => sample.offset));
  }

  /** @param {number} share  0 to 1 @returns {number} ms that so large a share of arrivals was late at most */
  lateness(share) {
    const late = this.#samples.map((sample) => this.best - sample.offset).sort((a, b) => a - b);
    return late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
  }

  /** @param {number} ms @param {number} at @returns {boolean} whether the sender's time stood still before this */
  stoodStill(ms, at) {
    return this.#samples.length > 0 && this.best - (ms - at) > STOOD;
  }

  clear() {
    this.#samples = [];
  }
}

/** A room's own time at the server, now, from the frames that arrive and half the quickest round trip. */
export class RoomClock {
  #arrivals = new Arrivals();

  /** @param {() => number} now @param {Latency} latency */
  constructor(now, latency) {
    this.steady = new SteadyClock(now);
    this.latency = latency;
  }

  /** @param {number} ms  the frame's room time @param {number} at  local arrival */
  sample(ms, at) {
    if (this.#arrivals.stoodStill(ms, at)) this.reset();
    this.steady.aim(this.#arrivals.add(ms, at) + this.latency.least / 2);
  }

  /** @returns {number} estimated room ms at the server, now */
  roomNow() {
    return this.steady.read();
  }

  /** @returns {number} smoothed round trip, ms */
  rtt() {
    return this.latency.rtt;
  }

  /** Another room's time begins, or this one's went on from where it was: the clock may step back here, once. */
  reset() {
    this.#arrivals.clear();
    this.steady.reset();
  }
}
