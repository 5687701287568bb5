/**
 * Something long that creeps over a grid, one square a tick, over edges that meet too: where it is between two ticks.
 * Knows no page.
 */

import { lerp } from "../../net/interpolate.js";

/** @typedef {[x: number, y: number]} Square */

/**
 * The points of it between two ticks: the head on its way into its new square, the tail on its way out. Squares
 * that follow each other over an edge give two strokes, so that nothing is drawn across the field.
 *
 * @param {Square[]} from   head first; empty when it was not there
 * @param {Square[]} to
 * @param {number} t        0..1
 * @returns {Square[][]}
 */
export function strokesOf(from, to, t) {
  const [head, tail] = [to[0], from.at(-1)];
  if (!head || !tail || !from[0] || t >= 1) return parted(to);
  if (head[0] === from[0][0] && head[1] === from[0][1]) return parted(to);
  const [before, end] = [from[0], to.at(-1) ?? head];
  const front = glide(before, head, t);
  const grown = tail[0] === end[0] && tail[1] === end[1];
  const back = grown ? end : glide(tail, end, t);
  return parted([front, ...to.slice(1), ...(grown ? [] : [back])]);
}

/**
 * On the way from a square to the one beside it, over the edge too.
 *
 * @param {Square} from
 * @param {Square} to
 * @param {number} t
 * @returns {Square}
 */
function glide([x, y], to, t) {
  const [dx, dy] = nearStep([x, y], to);
  return [lerp(x, x + dx, t), lerp(y, y + dy, t)];
}

/**
 * The step between neighbours; a jump over the field is a step the other way.
 *
 * @param {Square} from
 * @param {Square} to
 * @returns {Square}
 */
const nearStep = ([x, y], [toX, toY]) => [wrapped(toX - x), wrapped(toY - y)];
const wrapped = (/** @type {number} */ far) => (Math.abs(far) > 2 ? -Math.sign(far) : far);

/**
 * Cut where two points are no neighbours; both strokes run one step over the edge.
 *
 * @param {Square[]} points
 * @returns {Square[][]}
 */
function parted(points) {
  /** @type {Square[][]} */
  const strokes = [];
  /** @type {Square[]} */
  let stroke = [];
  points.forEach((point, at) => {
    const before = points[at - 1];
    if (before && Math.abs(before[0] - point[0]) + Math.abs(before[1] - point[1]) > 2) {
      const [dx, dy] = nearStep(before, point);
      stroke.push([before[0] + dx, before[1] + dy]);
      strokes.push(stroke);
      stroke = [[point[0] - dx, point[1] - dy]];
    }
    stroke.push(point);
  });
  return stroke.length ? [...strokes, stroke] : strokes;
}
