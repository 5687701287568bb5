/**
 * What the viewer sees now, put together from whole frames and the deltas against the newest of them.
 *
 * @typedef {import("./wire.js").Whole} Whole
 * @typedef {{tick: number, ms: number, at: number, whole: Whole, acks: number[]}} View  `at`: local time of arrival
 */
import { later, rebased } from "./delta.js";

export class Viewed {
  /** @type {View|null} */
  view = null;
  /** @type {import("./delta.js").Snapshot|null} */
  #base = null;
  /** @type {import("./delta.js").Reading} */
  #reading = { fields: [], tickHz: 0 };

  /** The server's answer to hello or resync: the truth from here on. @param {import("./wire.js").Welcome} welcome @param {number} at */
  put({ tick, ms, whole, acks = [], game }, at) {
    this.#reading = { fields: game.fields ?? [], tickHz: game.tick_hz, cells: game.cells ?? [] };
    this.#base = { tick, ms, acks, whole, cells: new Map() };
    this.view = { ...this.#base, at };
  }

  /**
   * @param {import("./wire.js").Frame|any[]} message  a frame, or a delta
   * @param {number} at
   * @returns {boolean} whether it is seen now; false: it is older than what is. Throws when it does not fit its base.
   */
  apply(message, at) {
    if (!this.view || !this.#base) return false;
    if (!Array.isArray(message)) {
      const { tick, ms, acks = [], whole } = message;
      this.#base = { tick, ms, acks, whole, cells: this.#base.cells };
      if (this.#reading.cells?.length) return false; // the delta right behind it says what is in the cells
    } else this.#base = rebased(this.#base, message);
    const seen = Array.isArray(message) ? later(this.#base, message, this.#reading) : this.#base;
    if (seen.tick < this.view.tick) return false;
    this.view = { ...seen, at };
    return true;
  }
}
