/**
 * Draws others a little in the past, between two snapshots that have both arrived, so that they move evenly although
 * frames do not arrive evenly. About 100 ms behind; more where the road jitters, never more than `most`.
 *
 *     const others = new Interpolator({ now: () => performance.now() });
 *     others.push(snapshot.ms, snapshot.at, snapshot.view);           // for each frame
 *     const pair = others.sample();                                   // for each animation frame
 *     if (pair) x = lerp(pair.from.x, pair.to.x, pair.t);
 *
 * @template S
 * @typedef {object} Pair
 * @property {S} from
 * @property {S} to
 * @property {number} t  0 at `from`, 1 at `to`; never beyond
 * @property {number} over  ms past the newest snapshot, at most `extrapolate`: move on by velocity if you like
 */
import { Arrivals, SteadyClock } from "./clock.js";

/** @template S */
export class Interpolator {
  /** @type {{ms: number, state: S}[]} */
  #buffer = [];
  #arrivals = new Arrivals();
  #interval = 50; // ms between snapshots, smoothed

  /**
   * @param {object} options
   * @param {() => number} options.now  local monotonic ms
   * @param {number} [options.delay]  ms behind the newest, on a steady road
   * @param {number} [options.most]  ms behind at the worst
   * @param {number} [options.extrapolate]  ms that `over` may grow to when frames stay out
   */
  constructor({ now, delay = 100, most = 300, extrapolate = 250 }) {
    this.playback = new SteadyClock(now);
    this.least = delay;
    this.most = most;
    this.extrapolate = extrapolate;
  }

  /** ms by which drawing is behind arriving, as it should be now. @returns {number} */
  get delay() {
    const wanted = this.#interval + this.#arrivals.lateness(0.95) + 10;
    return Math.min(this.most, Math.max(this.least, wanted));
  }

  /** @param {number} ms  room time of the snapshot @param {number} at  its local arrival @param {S} state */
  push(ms, at, state) {
    const last = this.#buffer.at(-1);
    if (last && ms < last.ms) this.clear(); // time starts anew: another match
    else if (this.#arrivals.stoodStill(ms, at)) this.clear(); // or goes on after an outage that did not count
    if (last && ms === last.ms) this.#buffer.pop();
    if (last && ms > last.ms) this.#interval += (Math.min(500, ms - last.ms) - this.#interval) / 8;
    this.#buffer.push({ ms, state });
    this.playback.aim(this.#arrivals.add(ms, at) - this.delay);
    this.#trim();
  }

  /** The two snapshots around the time being drawn, or null before the first. @returns {Pair<S>|null} */
  sample() {
    const [first] = this.#buffer;
    if (!first) return null;
    const time = this.playback.read();
    const next = this.#buffer.findIndex((entry) => entry.ms > time);
    if (next < 0) return this.#beyond(time);
    const from = this.#buffer[next - 1] ?? first;
    const to = this.#buffer[next] ?? first;
    const t = to.ms > from.ms ? Math.max(0, time - from.ms) / (to.ms - from.ms) : 1;
    return { from: from.state, to: to.state, t, over: 0 };
  }

  clear() {
    this.#buffer = [];
    this.#arrivals.clear();
    this.playback.reset();
  }

  /** @param {number} time  later than every snapshot @returns {Pair<S>} */
  #beyond(time) {
    const to = /** @type {{ms: number, state: S}} */ (this.#buffer.at(-1));
    const from = this.#buffer.at(-2) ?? to;
    return { from: from.state, to: to.state, t: 1, over: Math.min(this.extrapolate, time - to.ms) };
  }

  /** Keeps what may still be drawn: one snapshot before the present, at most 64. */
  #trim() {
    const past = this.#buffer.findIndex((entry) => entry.ms > this.playback.read()) - 1;
    this.#buffer.splice(0, Math.max(past, this.#buffer.length - 64, 0));
  }
}

/** @param {number} from @param {number} to @param {number} t  0 to 1 */
export const lerp = (from, to, t) => from + (to - from) * t;

/** The short way from one place to another on a ring. @param {number} from @param {number} to @param {number} size */
export function ringStep(from, to, size) {
  const step = (((to - from) % size) + size) % size;
  return step > size / 2 ? step - size : step;
}

/** Between two places on a plane whose edges meet. @param {number} from @param {number} to @param {number} t @param {number} size */
export function lerpWrap(from, to, t, size) {
  return (((from + ringStep(from, to, size) * t) % size) + size) % size;
}

/** Between two angles, the short way round. @param {number} from @param {number} to @param {number} t @param {number} [turn]  of a full turn */
export const lerpAngle = (from, to, t, turn = 2 * Math.PI) => lerpWrap(from, to, t, turn);
