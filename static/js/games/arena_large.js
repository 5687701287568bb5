/**
 * Arena in a large world. Its rules: rooms/games/arena_large.py; flight, drawing and controls are those of arena.js.
 * What comes is the cells around the own ship; the camera follows that, and the radar points at what is near.
 */

import { drawDrones } from "../room/stage/plane.js";
import { pictureRoot, svg } from "../room/stage/dom.js";
import { mountArena } from "./arena.js";

/** @typedef {{ships: number[][], shots: number[][], drones: number[][]}} Cell */
/** @typedef {{width: number, height: number, left: number, goal: number, crowd: number, best: number[][], cells: Cell[]}} View */

/**
 * A world for arena's ships. `relays`: controls go to the others ahead of the tick; `view`: what arena shows, of what the
 * view says; `draw`: what else is there, in units, so many ticks after the view; `focus`: where to look without a ship.
 *
 * @typedef {object} World
 * @property {boolean} relays
 * @property {(view: any) => {width: number, height: number, left: number, goal: number, ships: number[][], shots: number[][]}} view
 * @property {(pen: CanvasRenderingContext2D, palette: import("../room/stage/canvas.js").Palette, view: any, ticks: number) => void} draw
 * @property {(view: any) => {x: number, y: number} | null} focus
 * @property {(view: any, context: import("../room/game.js").GameContext) => import("../room/stage/scores.js").Score[]} standing
 */

/** @type {World} */
const LARGE = {
  relays: false,

  view: (/** @type {View} */ { width, height, left, goal, cells }) => {
    const ships = cells.flatMap((cell) => cell.ships).sort(([one = 0], [other = 0]) => one - other);
    return { width, height, left, goal, ships, shots: cells.flatMap((cell) => cell.shots) };
  },

  draw(pen, { token }, /** @type {View} */ { cells }, ticks) {
    const drones = cells.flatMap((cell) => cell.drones);
    const place = (/** @type {number[]} */ [, x = 0, y = 0, vx = 0, vy = 0]) => ({ x: (x + vx * ticks) / 16, y: (y + vy * ticks) / 16 });
    drawDrones(pen, token, drones.map(place));
  },

  focus: ({ width, height }) => ({ x: width / 2, y: height / 2 }),

  standing: ({ best }, { seat, name, colour }) =>
    best.map(([of = 0, score = 0]) => ({ seat: of, name: name(of), colour: colour(of), score, mine: of === seat, out: false })),
};

/** @type {import("../room/game.js").GameModule} */
export default {
  picture(host) {
    const drones = [...Array(70).keys()].map((at) => {
      const [cx, cy] = [(at * 37 + at * at * 11) % 160, (at * at * 13 + at * 41) % 100];
      return svg("circle", { cx, cy, r: 0.9 + (at % 3) * 0.5, fill: "none", stroke: "var(--line-strong)", "stroke-width": 0.7 });
    });
    const ship = (/** @type {number} */ seat, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ turn) =>
      svg("path", {
        d: "M28 0L-18 18L-9 0L-18-18Z", fill: `var(--seat-${seat})`, stroke: "var(--surface)", "stroke-width": 4,
        transform: `translate(${x} ${y}) rotate(${turn}) scale(.24)`,
      });
    const ships = [ship(0, 80, 52, -30), ship(1, 118, 22, 140), ship(2, 34, 28, 60), ship(4, 52, 78, -100), ship(3, 132, 74, 200)];
    const frame = svg("rect", { x: 48, y: 30, width: 64, height: 42, rx: 3, fill: "none", stroke: "var(--accent)", "stroke-width": 1.2 });
    host.append(pictureRoot(...drones, frame, ...ships));
  },

  mount: (stage, context) => mountArena(stage, context, LARGE),
};
