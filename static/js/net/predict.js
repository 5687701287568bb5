/**
 * One's own moves at once, and put right by the server: the authoritative state with the inputs applied that it does
 * not know yet. Pure: no clock, no wire.
 *
 * Games that move by turns, each input once:
 *
 *     const mine = replay(snapshot.view, context.unacked(), (view, { move }) => played(view, move));
 *
 * Games that tick, with controls that are held, where an input counts from a tick on:
 *
 *     const ship = new Predictor({ step });                     // step(state, inputs) -> state one tick later
 *     ship.add(seq, controls, tickAtWhichItWillArrive);
 *     ship.settle(snapshot.ack);
 *     const now = ship.run(authoritative, authoritativeTick, tickWanted);
 */

/**
 * @template S, I
 * @param {S} state  the server's
 * @param {readonly I[]} inputs  not yet acknowledged, oldest first
 * @param {(state: S, input: I) => S} apply  returns a new state, or the same when the input cannot count
 * @returns {S}
 */
export function replay(state, inputs, apply) {
  return inputs.reduce((after, input) => apply(after, input), state);
}

/** @template S, I */
export class Predictor {
  /** @type {{seq: number, input: I, tick: number}[]} */
  #inputs = [];

  /**
   * @param {object} options
   * @param {(state: S, inputs: I[]) => S} options.step  one tick, with the inputs that count from it; must not
   *     change the state it is given
   * @param {number} [options.limit]  ticks ahead of the server at most: beyond it a guess is worth nothing
   * @param {number} [options.kept]  inputs kept at most; the oldest go first
   */
  constructor({ step, limit = 30, kept = 256 }) {
    this.step = step;
    this.limit = limit;
    this.kept = kept;
  }

  /** An input was sent. @param {number} seq @param {I} input @param {number} tick  from which it should count */
  add(seq, input, tick) {
    this.#inputs = [...this.#inputs.slice(1 - this.kept), { seq, input, tick }];
  }

  /** Everything up to `seq` is in the server's state, or was refused. @param {number} seq */
  settle(seq) {
    this.#inputs = this.#inputs.filter((input) => input.seq > seq);
  }

  /** @param {number} seq  of an input that was refused */
  refuse(seq) {
    this.#inputs = this.#inputs.filter((input) => input.seq !== seq);
  }

  /** A new match: nothing sent before it counts. */
  clear() {
    this.#inputs = [];
  }

  /** @returns {number} inputs still to be acknowledged */
  get waiting() {
    return this.#inputs.length;
  }

  /**
   * @param {S} state  the server's at tick `from`
   * @param {number} from
   * @param {number} to  the tick wanted
   * @returns {S} a guess of the state at `to`
   */
  run(state, from, to) {
    const last = Math.min(to, from + this.limit);
    let guess = state;
    for (let tick = from + 1; tick <= last; tick++) guess = this.step(guess, this.#due(tick, tick === from + 1));
    return guess;
  }

  /** @param {number} tick @param {boolean} first  also what should have counted before, and has not been seen to */
  #due(tick, first) {
    return this.#inputs
      .filter((input) => input.tick === tick || (first && input.tick < tick))
      .map(({ input }) => input);
  }
}

/**
 * Hides a correction: when the truth differs from what was drawn, the difference fades instead of jumping.
 * One number; use one for each coordinate.
 */
export class Fade {
  #error = 0;
  #at = 0;

  /** @param {number} [halfLife]  ms in which half of a correction is gone */
  constructor(halfLife = 60) {
    this.halfLife = halfLife;
  }

  /** @param {number} drawn  where it was shown @param {number} truth  where it should have been @param {number} at */
  correct(drawn, truth, at) {
    this.#error = drawn - truth;
    this.#at = at;
  }

  /** @param {number} truth @param {number} at  local ms @returns {number} where to show it */
  show(truth, at) {
    return truth + this.#error * 2 ** (-(at - this.#at) / this.halfLife);
  }
}
