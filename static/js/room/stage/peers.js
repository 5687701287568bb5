/**
 * The others: drawn about 100 ms behind, between two frames that have arrived, so that they move evenly. One whose
 * controls are relayed ahead of the tick is drawn in the server's present instead and answers at once; the frames put
 * it right. Knows no page.
 */

import { Interpolator, lerp, lerpAngle } from "../../net/interpolate.js";
import { Body } from "./body.js";

const TRUST = 20_000; // ms after its last relay for which somebody counts as one who relays
const EASE = 150; // ms in which one goes over from behind to the present, or back

/**
 * @template {{tick: number}} S
 * @template M
 * @template {import("./body.js").Place} P
 */
export class Peers {
  /** @type {Interpolator<Map<number, S>>} */
  #frames;
  /** @type {Map<number, {body: Body<S, M, P>, heard: number, share: number, sent: {seq: number, tick: number, move: M}[]}>} */
  #relaying = new Map();
  /** @type {import("../../net/interpolate.js").Pair<Map<number, S>> | null} */
  #pair = null;
  #sampled = 0;

  /**
   * @param {import("./body.js").Laws<S, M, P>} laws
   * @param {() => number} now  local ms
   * @param {number} tickMs
   */
  constructor(laws, now, tickMs) {
    this.laws = laws;
    this.now = now;
    this.tickMs = tickMs;
    this.#frames = new Interpolator({ now });
  }

  /**
   * A frame came.
   *
   * @param {number} ms                of the room
   * @param {number} at                local ms of its arrival
   * @param {Map<number, S>} states    by seat
   * @param {number} present           ticks at the server, now
   */
  frame(ms, at, states, present) {
    this.#frames.push(ms, at, states);
    for (const [seat, peer] of this.#relaying) {
      const state = states.get(seat);
      if (!state) continue;
      // No ack tells which of another's controls a frame holds: those that it shows, and those long due.
      const held = peer.sent.filter(
        ({ tick, move }) => tick < state.tick || (tick <= state.tick + 1 && this.laws.shows(state, move)),
      );
      peer.body.know(state, held.at(-1)?.seq ?? 0, present, this.now());
    }
  }

  /**
   * Controls were relayed.
   *
   * @param {number} seat
   * @param {M} move
   * @param {number} tick  from which they count
   */
  relayed(seat, move, tick) {
    const peer = this.#relaying.get(seat) ?? { body: new Body(this.laws), heard: 0, share: 0, sent: [] };
    const seq = (peer.sent.at(-1)?.seq ?? 0) + 1;
    peer.body.hear(seq, move, tick);
    peer.sent = [...peer.sent.slice(-20), { seq, tick, move }];
    peer.heard = this.now();
    this.#relaying.set(seat, peer);
  }

  /** Call before the poses of a picture. @returns {number} ms since the last one */
  begin() {
    const passed = this.now() - this.#sampled;
    this.#pair = this.#frames.sample();
    this.#sampled += passed;
    return passed;
  }

  /**
   * Where to draw somebody.
   *
   * @param {number} seat
   * @param {number} present
   * @param {number} passed  ms since the last picture
   * @returns {P | null}
   */
  pose(seat, present, passed) {
    const behind = this.#behind(seat);
    const peer = this.#relaying.get(seat);
    if (!peer) return behind;
    const wanted = this.now() - peer.heard < TRUST ? 1 : 0;
    peer.share += Math.max(-passed / EASE, Math.min(passed / EASE, wanted - peer.share));
    const ahead = peer.body.pose(present, this.now());
    if (!behind || !ahead) return peer.share > 0.5 ? ahead : behind;
    const t = peer.share;
    const angle = lerpAngle(behind.angle, ahead.angle, t, this.laws.circle);
    return { ...ahead, x: lerp(behind.x, ahead.x, t), y: lerp(behind.y, ahead.y, t), angle };
  }

  /** @param {number} seat */
  #behind(seat) {
    const [from, to] = [this.#pair?.from.get(seat), this.#pair?.to.get(seat)];
    if (!this.#pair || !to) return null;
    return this.laws.behind(from ?? to, to, this.#pair.t, this.#pair.over / this.tickMs);
  }
}
