/**
 * Which part of a world larger than the screen is seen. Pure: units in, pixels out.
 */

/**
 * @typedef {object} Camera
 * @property {number} scale     pixels per unit
 * @property {boolean} whole    the whole world is in sight
 * @property {number} left      pixels to add to a scaled x
 * @property {number} top
 */

/**
 * The whole world where it can be seen well, else what lies around `focus`, never more than the world.
 *
 * @param {{width: number, height: number}} world      units
 * @param {{width: number, height: number}} screen     pixels
 * @param {{x: number, y: number} | null} focus        units; null: the whole world however small
 * @param {number} least                               pixels per unit, below which one follows the focus
 * @returns {Camera}
 */
export function aim(world, screen, focus, least) {
  const fit = Math.min(screen.width / world.width, screen.height / world.height);
  const whole = !focus || fit >= least;
  const scale = whole ? fit : Math.max(least, Math.min(screen.width, screen.height) / NEAR);
  const centre = focus ?? { x: 0, y: 0 };
  return {
    scale,
    whole,
    left: shift(world.width * scale, screen.width, centre.x * scale),
    top: shift(world.height * scale, screen.height, centre.y * scale),
  };
}

/** Units that the short side of a screen shows when one follows. */
const NEAR = 760;

/** @param {number} size @param {number} screen @param {number} focus  all in pixels */
function shift(size, screen, focus) {
  if (size <= screen) return (screen - size) / 2;
  return Math.max(screen - size, Math.min(0, screen / 2 - focus));
}

/**
 * Where to point at something out of sight: a place near the edge and the angle to it; null when it is in sight.
 *
 * @param {Camera} camera
 * @param {{width: number, height: number}} screen
 * @param {{x: number, y: number}} at   units
 * @param {number} margin               pixels from the edge
 */
export function pointAt(camera, screen, at, margin) {
  const [x, y] = [at.x * camera.scale + camera.left, at.y * camera.scale + camera.top];
  if (x >= 0 && x <= screen.width && y >= 0 && y <= screen.height) return null;
  const [dx, dy] = [x - screen.width / 2, y - screen.height / 2];
  const reach = Math.min((screen.width / 2 - margin) / Math.abs(dx || 1), (screen.height / 2 - margin) / Math.abs(dy || 1));
  return { x: screen.width / 2 + dx * reach, y: screen.height / 2 + dy * reach, angle: Math.atan2(dy, dx) };
}
