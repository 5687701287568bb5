/**
 * The game's own drawing, fed from a replay as a room would feed it. It is mounted as for somebody who watches: nothing
 * can be sent, and its clock is the playhead's, which stops, runs faster and slower.
 */
import { announce } from "../room/dom.js";
import { nameOf } from "../room/model.js";

/** @typedef {import("./reel.js").Frame} Frame */
/** @typedef {import("./playhead.js").Playhead} Playhead */
/** @typedef {import("../room/game.js").GameModule} GameModule */
/** @typedef {import("../room/game.js").GameView} GameView */
/** @typedef {{options: Record<string, any>, size: number, hz: number}} Match */

export class Show {
  /** @type {GameView|null} */
  #view = null;
  /** @type {Frame|null} */
  #frame = null;
  /** @type {number|null} the seat through whose eyes the match is seen */
  follow = null;

  /**
   * @param {HTMLElement} stage
   * @param {GameModule} module
   * @param {Match} match
   * @param {Playhead} playhead
   * @param {(seat: number) => string} colour
   */
  constructor(stage, module, match, playhead, colour) {
    this.stage = stage;
    this.module = module;
    this.match = match;
    this.playhead = playhead;
    this.colour = colour;
  }

  /** The next tick, as it is reached. @param {Frame} frame @param {number} at  the playhead's `passed` then */
  next(frame, at) {
    if (!this.#view) return this.jump(frame);
    this.#frame = frame;
    for (const [kind, body] of frame.events) this.#view.event?.({ kind, body, offset: 0, past: false });
    this.#view.update(this.#snapshot(frame, at));
  }

  /** Some tick, wherever it stood before. @param {Frame} frame */
  jump(frame) {
    this.#frame = frame;
    if (this.#view?.jump) this.#view.jump();
    else this.#mount();
    this.#view?.update(this.#snapshot(frame, this.playhead.passed));
  }

  /** Draw anew, for other eyes. @param {number|null} seat */
  seenBy(seat) {
    this.follow = seat;
    this.end();
  }

  end() {
    this.#view?.destroy();
    this.#view = null;
    this.stage.replaceChildren();
  }

  #mount() {
    this.end();
    this.#view = this.module.mount(this.stage, this.#context());
  }

  /** @param {Frame} frame @param {number} at @returns {import("../room/game.js").Snapshot} */
  #snapshot({ tick, ms, whole: { room, game } }, at) {
    return { tick, ms, at, ack: 0, view: game, room };
  }

  /** @returns {import("../room/game.js").GameContext} */
  #context() {
    const { match, playhead } = this;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const name = (/** @type {number} */ seat) => (this.#frame ? nameOf(this.#frame.whole.room, seat) : `Seat ${seat + 1}`);
    return {
      seat: null,
      follow: this.follow,
      options: match.options,
      size: match.size,
      tickHz: match.hz,
      get reducedMotion() {
        return still.matches;
      },
      clock: { roomNow: () => playhead.ms, rtt: () => 0, now: () => playhead.passed },
      name,
      colour: this.colour,
      send: () => 0,
      relay: () => {},
      unacked: () => [],
      // Faster than it was played, nobody could listen.
      announce: (text) => void (playhead.playing && playhead.speed <= 1 && announce(text)),
    };
  }
}
