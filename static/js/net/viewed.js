/**
 * What the viewer sees now, put together from whole frames and patches against one of them.
 *
 * @typedef {import("./wire.js").Whole} Whole
 * @typedef {{tick: number, ms: number, at: number, whole: Whole}} View  `at`: local time of arrival
 */
import { applyPatch } from "./patch.js";

const BASES = 4; // whole frames kept, newest first

export class Viewed {
  /** @type {View|null} */
  view = null;
  /** @type {{tick: number, whole: Whole}[]} */
  #bases = [];

  /** The server's answer to hello or resync: the truth from here on. @param {{tick: number, ms: number, whole: any}} welcome @param {number} at */
  put({ tick, ms, whole }, at) {
    this.view = { tick, ms, at, whole };
    this.#bases = [{ tick, whole }];
  }

  /**
   * @param {import("./wire.js").Frame} frame
   * @param {number} at
   * @returns {boolean} whether it is seen now; false: it is older than what is. Throws when its base is missing.
   */
  apply(frame, at) {
    if (!this.view || frame.tick < this.view.tick) return false;
    const whole = this.#wholeOf(frame);
    this.view = { tick: frame.tick, ms: frame.ms, at, whole };
    return true;
  }

  /** @param {import("./wire.js").Frame} frame @returns {Whole} */
  #wholeOf({ tick, base, whole, patch }) {
    if (base === undefined || base === null) {
      const kept = /** @type {Whole} */ (whole);
      this.#bases = [{ tick, whole: kept }, ...this.#bases.slice(0, BASES - 1)];
      return kept;
    }
    const found = this.#bases.find((entry) => entry.tick === base);
    if (!found) throw new Error(`the frame of tick ${base} is missing`);
    return applyPatch(found.whole, patch ?? null);
  }
}
