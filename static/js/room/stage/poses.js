/**
 * Where something that moves is between two known places: one that has x, y, an angle, a velocity per tick and ticks
 * for which it is down. Knows no page.
 */

import { lerp, lerpAngle } from "../../net/interpolate.js";

/** @typedef {{x: number, y: number, vx: number, vy: number, angle: number, down: number}} Mover */

/**
 * Part of the way from one to the other; what is no place is the later one's.
 *
 * @template {Mover} P
 * @param {P} from
 * @param {P} to
 * @param {number} t        0..1
 * @param {number} circle   of a full turn
 * @returns {P}
 */
export const between = (from, to, t, circle) => ({
  ...to,
  x: lerp(from.x, to.x, t),
  y: lerp(from.y, to.y, t),
  angle: lerpAngle(from.angle, to.angle, t, circle),
});

/**
 * Between two frames; null while it is down. Struck on the way to the second, it flies on until there.
 *
 * @template {Mover} P
 * @param {P} from
 * @param {P} to
 * @param {number} t        0..1
 * @param {number} over     ticks past the second
 * @param {number} circle
 * @returns {P | null}
 */
export function behind(from, to, t, over, circle) {
  const there = t >= 1;
  if (there ? to.down : from.down) return null;
  const next = to.down ? { ...from, x: from.x + from.vx, y: from.y + from.vy } : to;
  const pose = between(from.down ? to : from, next, t, circle);
  return { ...pose, x: pose.x + to.vx * over, y: pose.y + to.vy * over };
}
