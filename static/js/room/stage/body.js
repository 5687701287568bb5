/**
 * One thing that moves by rules we know, drawn ahead of the server's word: its last known state moved on with the
 * controls heard of since. What the next frame corrects fades in instead of jumping. Knows no page.
 */

import { ringStep } from "../../net/interpolate.js";
import { Fade, Predictor } from "../../net/predict.js";

/** @typedef {{x: number, y: number, angle: number}} Place */

/**
 * @template {{tick: number}} S  a state at a tick
 * @template M                   controls
 * @template {Place} P           what is drawn
 * @typedef {object} Laws        of motion
 * @property {(state: S, moves: M[]) => S} step              one tick on, with the controls that count from it
 * @property {(one: S, other: S) => boolean} same            no difference in what could be foretold
 * @property {(from: S, to: S, t: number) => P | null} pose  between two ticks; null: it is not there to be drawn
 * @property {(state: S, move: M) => boolean} shows          these controls are held in that state
 * @property {(from: S, to: S, t: number, over: number) => P | null} behind  between two frames, `over` ticks past `to`
 * @property {number} circle                                 of a full turn
 * @property {number} far                                    a correction beyond it is shown at once
 */

const HALF_LIFE = 45; // ms: nine tenths of a correction are gone in 150

/**
 * @template {{tick: number}} S
 * @template M
 * @template {Place} P
 */
export class Body {
  /** @type {Predictor<S, M>} */
  #heard;
  /** @type {S | null} */
  #known = null;
  #fades = newFades();
  /** How often a frame differed from what had been foretold for its tick. */
  missed = 0;

  /** @param {Laws<S, M, P>} laws */
  constructor(laws) {
    this.laws = laws;
    this.#heard = new Predictor({ step: laws.step });
  }

  /** Controls that will count from `tick` on. @param {number} seq @param {M} move @param {number} tick */
  hear(seq, move, tick) {
    this.#heard.add(seq, move, tick);
  }

  /** @param {number} seq  of controls that were refused */
  refuse(seq) {
    this.#heard.refuse(seq);
  }

  /** Controls sent and not yet in a frame. */
  get waiting() {
    return this.#heard.waiting;
  }

  /**
   * A frame says how it is.
   *
   * @param {S} state
   * @param {number} ack    the last controls that are in it
   * @param {number} time   ticks, as they are drawn now
   * @param {number} at     local ms
   */
  know(state, ack, time, at) {
    const [before, drawn] = [this.#known, this.pose(time, at)];
    if (before && before.tick < state.tick && this.laws.pose(before, before, 0) && this.laws.pose(state, state, 0)) {
      if (!this.laws.same(this.#heard.run(before, before.tick, state.tick), state)) this.missed += 1;
    }
    this.#known = state;
    this.#heard.settle(ack);
    this.#correct(drawn, this.#raw(time), at);
  }

  /** Where to draw it. @param {number} time  ticks @param {number} at  local ms @returns {P | null} */
  pose(time, at) {
    const raw = this.#raw(time);
    if (!raw) return null;
    const { x, y, angle } = this.#fades;
    return { ...raw, x: x.show(raw.x, at), y: y.show(raw.y, at), angle: angle.show(raw.angle, at) };
  }

  /** The state at a whole tick, by guess. @param {number} tick @returns {S | null} */
  at(tick) {
    return this.#known && this.#heard.run(this.#known, this.#known.tick, tick);
  }

  /** @param {P | null} drawn @param {P | null} truth @param {number} at */
  #correct(drawn, truth, at) {
    if (!drawn || !truth || Math.hypot(drawn.x - truth.x, drawn.y - truth.y) > this.laws.far) {
      this.#fades = newFades();
      return;
    }
    const turned = ringStep(truth.angle, drawn.angle, this.laws.circle);
    this.#fades.x.correct(drawn.x, truth.x, at);
    this.#fades.y.correct(drawn.y, truth.y, at);
    this.#fades.angle.correct(truth.angle + turned, truth.angle, at);
  }

  /** @param {number} time */
  #raw(time) {
    const whole = Math.floor(time);
    const from = this.at(whole);
    return from && this.laws.pose(from, this.at(whole + 1) ?? from, time - whole);
  }
}

const newFades = () => ({ x: new Fade(HALF_LIFE), y: new Fade(HALF_LIFE), angle: new Fade(HALF_LIFE) });
