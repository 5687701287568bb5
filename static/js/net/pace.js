/**
 * Lets through so many a second, and a few at once: a client that keeps to it is never cut for flooding, nor refused
 * because one step of a room takes only so many moves of a seat.
 */
export class Pace {
  /** @param {() => number} now @param {number} rate  a second @param {number} [burst]  at once */
  constructor(now, rate, burst = 16) {
    this.now = now;
    this.rate = rate;
    this.burst = burst;
    this.tokens = burst;
    this.at = now();
  }

  /** @returns {boolean} whether one may go now */
  take() {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) * this.rate) / 1000);
    this.at = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  /** What was taken was not needed. */
  giveBack() {
    this.tokens++;
  }

  /** @returns {number} ms until the next may go */
  get wait() {
    return Math.max(0, ((1 - this.tokens) * 1000) / this.rate);
  }
}
