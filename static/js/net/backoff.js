/**
 * How long to wait before the next attempt: any time up to a bound that doubles ("full jitter"), so that a thousand
 * clients of a restarted server do not come back at once.
 */
export class Backoff {
  #tries = 0;

  /**
   * @param {() => number} random  in [0, 1)
   * @param {number} [least]  ms
   * @param {number} [most]  ms
   */
  constructor(random, least = 250, most = 10_000) {
    this.random = random;
    this.least = least;
    this.most = most;
  }

  /** @returns {number} ms until the next attempt */
  next() {
    const bound = Math.min(this.most, this.least * 2 ** ++this.#tries);
    return this.least + this.random() * (bound - this.least);
  }

  /** Wait at least as long as after `tries` failures: the server asked for it. @param {number} tries */
  atLeast(tries) {
    this.#tries = Math.max(this.#tries, tries);
  }

  reset() {
    this.#tries = 0;
  }
}
