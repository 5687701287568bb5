/**
 * Straight pieces to be laid on a square board: which is in hand, where it would lie, whether it fits, and the way
 * back. Plain values and functions of them; squares are numbered row by row. Knows no page.
 */

/** @typedef {[piece: number, x: number, y: number, across: number]} Placed  its first square; across 1: the rest is right of it */

/**
 * @typedef {object} Plan
 * @property {number} size
 * @property {number[]} lengths
 * @property {(Placed | null)[]} laid           by piece; null while it is not laid
 * @property {number} chosen                    the piece in hand
 * @property {number} across                    1 when the piece in hand lies from left to right
 * @property {(Placed | null)[][]} past         what lay before each change, for undo
 */

/** @param {number} size @param {number[]} lengths @returns {Plan} */
export const newPlan = (size, lengths) => ({ size, lengths, laid: lengths.map(() => null), chosen: 0, across: 1, past: [] });

/**
 * The squares under a piece, as numbers row by row.
 *
 * @param {Placed} placed
 * @param {Pick<Plan, "size" | "lengths">} board
 */
export function squaresOf([piece, x, y, across], { size, lengths }) {
  const step = across ? 1 : size;
  return Array.from({ length: lengths[piece] ?? 0 }, (_, at) => y * size + x + at * step);
}

/**
 * The piece in hand as it would lie at a square, pushed inside the board.
 *
 * @param {Plan} plan
 * @param {number} square
 * @param {number} [held]   which of its squares is held there, counted from its first
 * @returns {Placed}
 */
export function aimPiece({ size, lengths, chosen, across }, square, held = 0) {
  const within = (/** @type {number} */ at) => Math.max(0, Math.min(size - (lengths[chosen] ?? 1), at - held));
  const [x, y] = [square % size, Math.floor(square / size)];
  return [chosen, across ? within(x) : x, across ? y : within(y), across];
}

/** True when a piece lies on no other. @param {Plan} plan @param {Placed} placed */
export function fits(plan, placed) {
  const taken = new Set(plan.laid.flatMap((other) => (other && other[0] !== placed[0] ? squaresOf(other, plan) : [])));
  return squaresOf(placed, plan).every((square) => !taken.has(square));
}

/** Which placed piece lies on a square, or -1. @param {Plan} plan @param {number} square */
export const pieceAt = (plan, square) => plan.laid.findIndex((placed) => placed && squaresOf(placed, plan).includes(square));

/** Take a piece in hand as it lies. @param {Plan} plan @param {number} piece @returns {Plan} */
export const choose = (plan, piece) => ({ ...plan, chosen: piece, across: plan.laid[piece]?.[3] ?? plan.across });

/**
 * Put the piece in hand down and take the next; null when it does not fit.
 *
 * @param {Plan} plan
 * @param {Placed} placed
 * @returns {Plan | null}
 */
export function put(plan, placed) {
  if (!fits(plan, placed)) return null;
  const laid = plan.laid.map((old, piece) => (piece === placed[0] ? placed : old));
  const next = laid.indexOf(null);
  return { ...plan, laid, chosen: next < 0 ? placed[0] : next, past: [...plan.past, plan.laid] };
}

/**
 * Turn the piece in hand, where it lies if it does; null when there is no room.
 *
 * @param {Plan} plan
 * @returns {Plan | null}
 */
export function turn(plan) {
  const [turned, lying] = [{ ...plan, across: 1 - plan.across }, plan.laid[plan.chosen]];
  if (!lying) return turned;
  const moved = put(turned, aimPiece(turned, lying[2] * plan.size + lying[1]));
  return moved && { ...moved, chosen: plan.chosen };
}

/** @param {Plan} plan @returns {Plan} */
export function undo(plan) {
  const laid = plan.past.at(-1);
  if (!laid) return plan;
  const free = laid.indexOf(null);
  return { ...plan, laid, chosen: free < 0 ? plan.chosen : free, past: plan.past.slice(0, -1) };
}

/**
 * Lay them all by chance; the plan as it is when no way was found.
 *
 * @param {Plan} plan
 * @param {() => number} random
 * @returns {Plan}
 */
export function scatter(plan, random) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    let next = newPlan(plan.size, plan.lengths);
    for (let tries = 0; next.laid.includes(null) && tries < 200; tries += 1) {
      next.across = random() < 0.5 ? 1 : 0;
      next = put(next, aimPiece(next, Math.floor(random() * plan.size ** 2))) ?? next;
    }
    if (!next.laid.includes(null)) return { ...next, past: [...plan.past, plan.laid] };
  }
  return plan;
}
