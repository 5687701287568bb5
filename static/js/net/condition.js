/**
 * The connection as a person should be told of it.
 *
 * @typedef {object} State
 * @property {"connecting"|"live"|"slow"|"reconnecting"|"offline"|"closed"} name
 * @property {number} rtt  smoothed, ms; 0 while unknown
 * @property {number|null} retryAt  local time of the next attempt, while there is none going on
 */
const QUIET = 4000; // ms without a word that make a connection "slow"
const SLOW = 300; // ms of round trip; below SLOW_OFF it is live again
const SLOW_OFF = 220;

export class Condition {
  /** Whether the machine has a network, as the browser says. */
  online = true;
  /** The server has welcomed us on the present socket. */
  welcomed = false;
  /** It has done so before. */
  known = false;
  #slow = false;

  /**
   * @param {import("./link.js").Link} link
   * @param {import("./pulse.js").Pulse} pulse
   * @param {import("./clock.js").Latency} latency
   */
  constructor(link, pulse, latency) {
    this.link = link;
    this.pulse = pulse;
    this.latency = latency;
  }

  /** @returns {State} */
  get state() {
    return { name: this.#name(), rtt: this.latency.rtt, retryAt: this.link.retryAt };
  }

  /** @returns {State["name"]} */
  #name() {
    if (this.link.state === "closed") return "closed";
    if (this.welcomed) return this.#isSlow() ? "slow" : "live";
    if (!this.online) return "offline";
    return this.known ? "reconnecting" : "connecting";
  }

  #isSlow() {
    this.#slow = this.latency.rtt > (this.#slow ? SLOW_OFF : SLOW);
    return this.#slow || this.pulse.quiet > QUIET;
  }
}
