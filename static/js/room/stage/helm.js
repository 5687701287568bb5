/**
 * What all controls together ask of something that thrusts, turns and fires: keys, a stick and a button for fingers,
 * or the pointer. Knows no page.
 */

/** @typedef {{thrust: number, turn: number, fire: number}} Steering  turn: -1 left, 1 right */

/** @type {Record<string, string>} KeyboardEvent.code -> what it asks for; "" keeps the page from scrolling */
export const STEERING_KEYS = {
  ArrowUp: "thrust",
  KeyW: "thrust",
  ArrowLeft: "left",
  KeyA: "left",
  ArrowRight: "right",
  KeyD: "right",
  Space: "fire",
  ShiftLeft: "fire",
  ArrowDown: "brake",
  KeyS: "brake",
};

const [TURNS, THRUSTS] = [0.25, 0.7]; // how far the stick must be pushed

export class Helm {
  /** @type {ReadonlySet<string>} meanings of the keys that are held */
  keys = new Set();
  /** The button on the screen, or the pointer's first. */
  firing = false;
  thrusting = false;
  /** @type {number | null} radians to the right, clockwise: where the stick or the pointer wants it to look */
  towards = null;

  /** @param {(towards: number) => number} turnTo  the way to turn so as to look there @returns {Steering} */
  wanted(turnTo) {
    const keyed = Number(this.keys.has("right")) - Number(this.keys.has("left"));
    return {
      thrust: Number(this.keys.has("thrust") || this.thrusting),
      turn: keyed || (this.towards === null ? 0 : turnTo(this.towards)),
      fire: Number(this.keys.has("fire") || this.firing),
    };
  }

  /** The stick is pushed. @param {number} x @param {number} y  -1..1 */
  push(x, y) {
    const far = Math.hypot(x, y);
    this.towards = far > TURNS ? Math.atan2(y, x) : null;
    this.thrusting = far > THRUSTS;
  }

  /**
   * @param {{x: number, y: number} | null} at  the pointer, if one steers with it
   * @param {{x: number, y: number}} ship  in pixels too
   */
  look(at, ship) {
    if (at) this.towards = Math.atan2(at.y - ship.y, at.x - ship.x);
  }
}
