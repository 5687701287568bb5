/**
 * Noughts and crosses: the smallest drawing there is, and the one to copy. Its rules: rooms/games/tictactoe.py.
 *
 * A drawing gets snapshots and sends moves. It decides nothing: whether a move is legal the room says.
 */

import { html, pictureRoot, setText, svg } from "../room/stage/dom.js";
import { cellGrid } from "../room/stage/grid.js";

/** @typedef {import("../room/game.js").GameContext} Context */
/** @typedef {{cells: number[], turn: number, line: number[]}} View  a cell and the turn: a seat, or -1 for nobody */

const WORDS = ["cross", "nought"];
const SHAPES = ["M24 24L76 76M76 24L24 76", "M50 22a28 28 0 1 1-.01 0z"];
const HELP = "Three in a row wins. Press a square, or walk with the arrow keys and press Enter.";

/** @type {import("../room/game.js").GameModule} */
export default {
  picture(host) {
    const squares = [...Array(9).keys()].map((at) => ({ x: 38 + (at % 3) * 29, y: 8 + Math.floor(at / 3) * 29, at }));
    const tiles = squares.map(({ x, y }) => svg("rect", { x, y, width: 26, height: 26, rx: 5, fill: "var(--surface)" }));
    const marks = squares.flatMap(({ x, y, at }) => {
      const seat = [0, 1, -1, 1, 0, -1, -1, -1, 0][at] ?? -1;
      return seat < 0 ? [] : [svg("g", { transform: `translate(${x} ${y}) scale(.26)` }, mark(seat))];
    });
    host.append(pictureRoot(...tiles, ...marks, stroke("M43 13l74 74", "var(--spark)", 2.5)));
  },

  mount(stage, context) {
    const status = html("p", { class: "game-status" });
    const press = (/** @type {number} */ cell) => void context.send({ cell });
    const grid = cellGrid({ columns: 3, rows: 3, label: "Board", className: "tictactoe-cells", press });
    const line = svg("svg", { class: "tictactoe-line", viewBox: "0 0 3 3", "aria-hidden": "true" });
    const board = html("div", { class: "tictactoe-board" }, grid.root, line);
    stage.append(html("div", { class: "game tictactoe" }, status, board, html("p", { class: "game-help" }, HELP)));
    /** @type {number[] | null} */
    let before = null;

    return {
      update(snapshot) {
        const view = /** @type {View} */ (snapshot.view);
        const sent = context.unacked().map(({ move }) => /** @type {{cell: number}} */ (move).cell);
        const mine = view.turn === context.seat;
        grid.cells.forEach((cell, index) => {
          const seat = view.cells[index] ?? -1;
          const pending = seat < 0 && mine && sent.includes(index);
          drawCell(cell, index, pending ? view.turn : seat, pending);
          cell.setAttribute("aria-disabled", String(!mine || seat >= 0));
        });
        line.replaceChildren(...winner(view.line));
        setText(status, statusOf(view, context));
        if (before) newMarks(before, view.cells, context).forEach(context.announce);
        before = view.cells;
      },
      event() {},
      relayed() {},
      rejected: ({ message }) => setText(status, message),
      destroy: () => stage.replaceChildren(),
    };
  },
};

/**
 * Whose turn it is, or how it ended, to the reader.
 *
 * @param {View} view
 * @param {Pick<Context, "seat" | "name">} reader
 */
export function statusOf({ cells, turn, line }, { seat, name }) {
  const who = (/** @type {number} */ of) => `${name(of)} (${of === 0 ? "crosses" : "noughts"})`;
  const [first] = line;
  if (first !== undefined) return `Three in a row: ${cells[first] === seat ? "you win" : `${who(cells[first] ?? 0)} wins`}.`;
  if (turn < 0) return "The board is full: a draw.";
  return turn === seat ? `Your turn: place a ${WORDS[turn]}.` : `${who(turn)} to move.`;
}

/**
 * What the others have placed since `before`, in words.
 *
 * @param {number[]} before
 * @param {number[]} cells
 * @param {Pick<Context, "seat" | "name">} reader
 */
export function newMarks(before, cells, { seat, name }) {
  return cells.flatMap((of, index) =>
    of >= 0 && of !== seat && before[index] === -1 ? [`${name(of)}: ${WORDS[of]}, ${placeOf(index)}.`] : [],
  );
}

/** @param {number} index */
const placeOf = (index) => `row ${Math.floor(index / 3) + 1}, column ${(index % 3) + 1}`;

/** @param {HTMLButtonElement} cell @param {number} index @param {number} seat @param {boolean} pending */
function drawCell(cell, index, seat, pending) {
  const drawn = `${seat}${pending ? "?" : ""}`;
  if (cell.dataset.drawn === drawn) return;
  cell.dataset.drawn = drawn;
  cell.setAttribute("aria-label", `${placeOf(index)}, ${WORDS[seat] ?? "empty"}`);
  const image = svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true", class: pending ? "is-pending" : false });
  if (seat >= 0) image.append(mark(seat));
  cell.replaceChildren(...(seat >= 0 ? [image] : []));
}

/** A cross for the first seat, a nought for the second, in a box of 100. @param {number} seat */
const mark = (seat) => stroke(SHAPES[seat] ?? "", `var(--seat-${seat})`, 13);

/** @param {string} d @param {string} colour @param {number} width */
const stroke = (d, colour, width) =>
  svg("path", { d, fill: "none", stroke: colour, "stroke-width": width, "stroke-linecap": "round" });

/** @param {number[]} line  the three cells that won, or none */
function winner(line) {
  const [from, to] = [line[0], line[2]];
  if (from === undefined || to === undefined) return [];
  const at = (/** @type {number} */ cell) => `${(cell % 3) + 0.5} ${Math.floor(cell / 3) + 0.5}`;
  return [stroke(`M${at(from)}L${at(to)}`, "var(--spark)", 0.06)];
}
