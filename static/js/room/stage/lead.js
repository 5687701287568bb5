/**
 * By how much more than half a round trip one's inputs are late, learnt from the ticks at which they came to count:
 * the server takes inputs a little before its tick, and roads are not as long there as back.
 */

const STEP = 0.12; // of a tick, for each input that counted at another tick than foretold
const [EARLIEST, LATEST] = [-0.8, 2.5]; // ticks

export class Lead {
  /** @type {{seq: number, tick: number}[]} */
  #sent = [];
  #last = 0;
  /** To be added to half a round trip. */
  ms = 0;

  /** @param {number} tickMs  length of a tick */
  constructor(tickMs) {
    this.tickMs = tickMs;
  }

  /** An input was sent. @param {number} seq @param {number} tick  from which it should count */
  sent(seq, tick) {
    this.#sent = [...this.#sent.slice(-63), { seq, tick }];
  }

  /** A frame came. @param {number} ack  the last of one's inputs in it @param {number} tick  the frame's */
  answered(ack, tick) {
    const newest = this.#sent.filter(({ seq }) => seq <= ack).at(-1);
    this.#sent = this.#sent.filter(({ seq }) => seq > ack);
    // After a frame that was left out one cannot say in which of the ticks it was.
    if (newest && tick === this.#last + 1) {
      const step = STEP * this.tickMs * Math.sign(tick - newest.tick);
      this.ms = Math.max(EARLIEST * this.tickMs, Math.min(LATEST * this.tickMs, this.ms + step));
    }
    this.#last = tick;
  }
}
