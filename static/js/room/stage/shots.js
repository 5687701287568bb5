/**
 * Things that fly straight, drawn ahead of the newest frame. One that is first seen on its way starts where it was
 * fired and catches up, so that nothing appears out of nowhere. Knows no page.
 */

/** @typedef {{x: number, y: number, vx: number, vy: number, life: number}} Shot  velocity: per tick; life: ticks left */

const CATCH_UP = 150; // ms

export class Shots {
  /** @type {Map<number, number>} id -> local ms at which it was first seen */
  #seen = new Map();

  /** A frame came with these. @param {number[]} ids @param {number} at  local ms */
  saw(ids, at) {
    this.#seen = new Map(ids.map((id) => [id, this.#seen.get(id) ?? at]));
  }

  /**
   * The share of the way ahead that a shot has caught up with.
   *
   * @param {number} id
   * @param {number} at   local ms
   */
  caught(id, at) {
    return Math.min(1, (at - (this.#seen.get(id) ?? at)) / CATCH_UP);
  }
}

/**
 * A shot some ticks later, or earlier.
 *
 * @template {Shot} S
 * @param {S} shot
 * @param {number} ticks
 * @returns {S}
 */
export const moved = (shot, ticks) => ({
  ...shot,
  x: shot.x + shot.vx * ticks,
  y: shot.y + shot.vy * ticks,
  life: shot.life - ticks,
});

/**
 * Whether it is in flight and inside.
 *
 * @param {Shot} shot
 * @param {number} life  of a new one
 * @param {number} right
 * @param {number} bottom
 */
export const flies = ({ x, y, life: left }, life, right, bottom) =>
  left > 0 && left <= life && x >= 0 && y >= 0 && x <= right && y <= bottom;
