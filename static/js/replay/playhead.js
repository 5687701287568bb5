/**
 * Where a replay stands, in ticks and between them, and how it moves on. No DOM.
 *
 * Real-time games play at their own pace. In games that know moves alone, nobody wants to wait as long as the players
 * thought: between two moves at most `MOST` passes.
 */

export const SPEEDS = [0.5, 1, 2, 4, 8];
const [LEAST, MOST] = [300, 1500]; // ms between two moves

export class Playhead {
  /** A tick, and the share of the way to the next. */
  position = 0;
  playing = false;
  speed = 1;
  /** ms that what is shown has passed through: it stops and goes with the replay, and never runs back. */
  passed = 0;

  /**
   * @param {number} ticks  the last tick
   * @param {number} hz     0: a tick is a move
   * @param {(tick: number) => number|null} msAt  the match's time at a tick, null while unknown
   */
  constructor(ticks, hz, msAt) {
    this.ticks = ticks;
    this.hz = hz;
    this.msAt = msAt;
  }

  get tick() {
    return Math.floor(this.position);
  }

  get atEnd() {
    return this.position >= this.ticks;
  }

  /** How long a tick takes, in ms. @param {number} tick */
  span(tick) {
    if (this.hz) return 1000 / this.hz;
    const [from, to] = [this.msAt(tick), this.msAt(tick + 1)];
    return from === null || to === null ? LEAST : Math.min(MOST, Math.max(LEAST, to - from));
  }

  /** The match's own time now. */
  get ms() {
    if (this.hz) return (this.position * 1000) / this.hz;
    return this.msAt(this.tick) ?? 0;
  }

  /**
   * So much time has gone by at the viewer's.
   *
   * @param {number} elapsed  ms
   * @param {number} last     the last tick that can be shown yet
   * @returns {{tick: number, at: number}[]} the ticks that were reached, each with `passed` at that moment
   */
  advance(elapsed, last) {
    const reached = [];
    let left = this.playing ? elapsed * this.speed : 0;
    while (left > 0 && this.position < Math.min(this.ticks, last)) {
      const span = this.span(this.tick);
      const rest = (this.tick + 1 - this.position) * span;
      if (left < rest - 1e-6) { // positions are fractions: a tick must not be missed by a rounding
        this.#go(left, this.position + left / span);
        break;
      }
      left -= rest;
      this.#go(rest, this.tick + 1);
      reached.push({ tick: this.tick, at: this.passed });
    }
    if (this.atEnd) this.playing = false;
    return reached;
  }

  /** Somewhere else. @param {number} tick */
  jump(tick) {
    this.position = Math.min(this.ticks, Math.max(0, Math.round(tick)));
  }

  /** @param {number} ticks  to go back or on */
  step(ticks) {
    this.playing = false;
    this.jump(this.tick + ticks);
  }

  /** @param {number} seconds  of the match; in games of moves, one move whatever they are */
  skip(seconds) {
    this.jump(this.tick + (this.hz ? seconds * this.hz : Math.sign(seconds)));
  }

  /** @param {number} by  1 faster, -1 slower */
  shift(by) {
    const at = SPEEDS.indexOf(this.speed) + by;
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))] ?? 1;
  }

  /** @param {number} ms @param {number} position */
  #go(ms, position) {
    this.passed += ms;
    this.position = position;
  }
}
