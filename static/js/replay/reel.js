/**
 * The ticks of a replay that are here: fetched in chunks as they are needed, unfolded from patches when they are shown.
 * No DOM.
 *
 * @typedef {import("../net/wire.js").Whole} Whole
 * @typedef {import("../net/patch.js").Patch} Patch
 * @typedef {[tick: number, ms: number, patch: Patch|null, events: [string, Record<string, any>][], moved: number[]]} Row
 * @typedef {{from: number, ticks: number, hz: number, whole: Whole, frames: Row[], next: number|null}} Chunk
 *     as the API sends it (docs/protocol.md)
 * @typedef {{tick: number, ms: number, whole: Whole, events: [string, Record<string, any>][], moved: number[]}} Frame
 */
import { applyPatch } from "../net/patch.js";

const LENGTH = 200; // ticks of a chunk, where its size lets it have so many
const KEPT = 60; // chunks: ten minutes at 20 Hz
const AHEAD = 3; // chunks fetched before they are needed

/** One chunk, whose views are worked out as far as somebody has looked. */
class Part {
  /** @type {Whole[]} */
  #wholes;

  /** @param {Chunk} chunk */
  constructor({ from, whole, frames, next }) {
    this.from = from;
    this.rows = frames;
    this.next = next;
    this.to = from + frames.length - 1;
    this.#wholes = [whole];
  }

  /** @param {number} tick  of this chunk @returns {Frame} */
  at(tick) {
    const index = tick - this.from;
    for (let at = this.#wholes.length; at <= index; at += 1) {
      this.#wholes.push(applyPatch(this.#wholes[at - 1], this.rows[at]?.[2] ?? null));
    }
    const [, ms, , events, moved] = /** @type {Row} */ (this.rows[index]);
    return { tick, ms, whole: /** @type {Whole} */ (this.#wholes[index]), events, moved };
  }
}

export class Reel {
  /** @type {Part[]} the last used at the end */
  #parts = [];
  /** @type {Map<number, Promise<void>>} by first tick */
  #coming = new Map();

  /** @param {number} ticks  the last tick @param {(from: number) => Promise<Chunk>} load */
  constructor(ticks, load) {
    this.ticks = ticks;
    this.load = load;
  }

  /** The frame of a tick, or null when it is not here yet. @param {number} tick @returns {Frame|null} */
  at(tick) {
    const part = this.#holding(tick);
    if (!part) return null;
    if (part !== this.#parts.at(-1)) this.#parts = [...this.#parts.filter((one) => one !== part), part];
    return part.at(tick);
  }

  /** Fetch what `tick` needs, unless it is here. Rejects with what `load` rejects with. @param {number} tick @returns {Promise<void>} */
  need(tick) {
    if (this.#holding(tick)) return Promise.resolve();
    const start = this.#startFor(tick);
    const known = this.#coming.get(start);
    if (known) return known.then(() => this.need(tick));
    const coming = this.load(start)
      .then((chunk) => this.#keep(new Part(chunk)))
      .finally(() => this.#coming.delete(start));
    this.#coming.set(start, coming);
    return coming.then(() => this.need(tick)); // a chunk may have ended before it
  }

  /** The first tick after `tick` that should be fetched now, or null. @param {number} tick @returns {number|null} */
  lacking(tick) {
    let at = tick;
    for (let ahead = 0; ahead <= AHEAD; ahead += 1) {
      const part = this.#holding(at);
      if (!part) return at;
      if (part.next === null) return null;
      at = part.next;
    }
    return null;
  }

  /** What is here, as spans of ticks in order. @returns {[from: number, to: number][]} */
  get spans() {
    return this.#parts.map(({ from, to }) => /** @type {[number, number]} */ ([from, to])).sort(([a], [b]) => a - b);
  }

  /** The ticks at which something is to be seen on the bar. @param {boolean} moves  moves count, not events alone */
  marked(moves) {
    const rows = this.#parts.flatMap((part) => part.rows);
    return rows.filter(([, , , events, moved]) => events.length || (moves && moved.length)).map(([tick]) => tick);
  }

  /** @param {number} tick */
  #holding(tick) {
    return this.#parts.find(({ from, to }) => from <= tick && tick <= to);
  }

  /** Where to ask for a tick: at the usual beginnings, or where a shorter chunk left off. @param {number} tick */
  #startFor(tick) {
    const usual = Math.floor(tick / LENGTH) * LENGTH;
    return Math.max(usual, ...this.#parts.filter(({ to }) => to < tick).map(({ to }) => to + 1));
  }

  /** @param {Part} part */
  #keep(part) {
    if (!part.rows.length) throw new Error("The server sent a part of the replay without ticks.");
    this.#parts = [...this.#parts, part].slice(-KEPT);
  }
}
