/** Lets through so many a second, and that many at once: a client that keeps to it is never cut for flooding. */
export class Pace {
  /** @param {() => number} now @param {number} rate  a second */
  constructor(now, rate) {
    this.now = now;
    this.rate = rate;
    this.tokens = rate;
    this.at = now();
  }

  /** @returns {boolean} whether one may go now */
  take() {
    const now = this.now();
    this.tokens = Math.min(this.rate, this.tokens + ((now - this.at) * this.rate) / 1000);
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
