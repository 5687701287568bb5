/**
 * Snake: all move at once, ten times a second, and are drawn gliding from square to square. Rules: rooms/games/snake.py.
 *
 * Drawn one tick behind, between two frames that have arrived. The head looks where one has asked it to go at once.
 */

import { Interpolator } from "../net/interpolate.js";
import { canvasIn, everyFrame, paletteOf, seatColour } from "../room/stage/canvas.js";
import { html, pictureRoot, setText, svg } from "../room/stage/dom.js";
import { strokesOf } from "../room/stage/gliding.js";
import { heldKeys } from "../room/stage/keys.js";
import { cross, swipes } from "../room/stage/pad.js";
import { factLine, scoreList } from "../room/stage/scores.js";

/** @typedef {import("../room/game.js").GameContext} Context */
/** @typedef {import("../room/stage/pad.js").Direction} Direction */
/** @typedef {import("../room/stage/gliding.js").Square} Square */
/** @typedef {{seat: number, alive: boolean, dir: Direction, body: Square[], score: number, wins: number}} Snake */
/**
 * @typedef {object} View
 * @property {number} width
 * @property {number} height
 * @property {boolean} walls
 * @property {number} round
 * @property {number} rounds
 * @property {"countdown" | "running" | "between" | "over"} phase
 * @property {number} count              ticks left of the phase
 * @property {Square[]} food
 * @property {(Snake | null)[]} snakes   by seat
 */
/** @typedef {{pen: CanvasRenderingContext2D, palette: import("../room/stage/canvas.js").Palette, unit: number}} Brush */

const HELP = "Arrow keys or W A S D turn; on a touch screen swipe, or use the pad. Eat, and let the others run into you.";
const TICK = 100; // ms
const REMAINS = 900; // ms for which a dead snake is still to be seen
/** @type {Record<string, Direction>} */
const KEYS = {
  ArrowUp: "up", KeyW: "up", ArrowRight: "right", KeyD: "right",
  ArrowDown: "down", KeyS: "down", ArrowLeft: "left", KeyA: "left",
};
/** @type {Record<Direction, Square>} */
const STEPS = { up: [0, -1], right: [1, 0], down: [0, 1], left: [-1, 0] };
/** What a seat's snake bears besides its colour: dashes along the back, in squares. The first is plain. */
const PATTERNS = [
  [], [0.15, 0.35], [0.5, 0.5], [0.08, 0.92],
  [0.85, 0.15], [0.15, 0.2, 0.5, 0.15], [0.3, 0.1, 0.3, 0.8], [0.05, 0.15],
];

// -- turns

/** The turns asked for and not yet answered, oldest first. @param {{move: {turn: Direction}}[]} unacked */
export const asked = (unacked) => unacked.map(({ move }) => move.turn);

/**
 * Whether to send a turn: not the way it goes already, not back, and not a third while two wait.
 *
 * @param {Direction} turn
 * @param {Direction} going     as the last view has it
 * @param {Direction[]} waiting turns sent and not yet answered
 */
export function worthSending(turn, going, waiting) {
  const [x, y] = STEPS[turn];
  const [lastX, lastY] = STEPS[waiting.at(-1) ?? going];
  const same = x === lastX && y === lastY;
  const back = x === -lastX && y === -lastY;
  return waiting.length < 2 && !same && !back;
}

// -- drawing, in squares: the middle of the first square is 0.5, 0.5

/** @param {Brush} brush @param {View} view */
function drawField({ pen, palette }, { width, height, walls, food }) {
  pen.fillStyle = palette.token.surface ?? "";
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = palette.token["surface-2"] ?? "";
  for (let at = 0; at < width * height; at += 1) {
    const [x, y] = [at % width, Math.floor(at / width)];
    if ((x + y) % 2) pen.fillRect(x, y, 1, 1);
  }
  pen.strokeStyle = palette.token[walls ? "text" : "line"] ?? "";
  pen.lineWidth = walls ? 0.28 : 0.08;
  pen.setLineDash(walls ? [] : [0.3, 0.3]);
  pen.strokeRect(0, 0, width, height);
  pen.setLineDash([]);
  for (const [x, y] of food) drawFood(pen, palette, x + 0.5, y + 0.5);
}

/**
 * An apple: a circle with a leaf.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {Brush["palette"]} palette
 * @param {number} x
 * @param {number} y
 */
function drawFood(pen, palette, x, y) {
  pen.fillStyle = palette.token.bad ?? "";
  pen.beginPath();
  pen.arc(x, y + 0.06, 0.32, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = palette.token.good ?? "";
  pen.beginPath();
  pen.ellipse(x + 0.14, y - 0.32, 0.17, 0.08, -0.6, 0, 2 * Math.PI);
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {Square[]} stroke */
function trace(pen, stroke) {
  pen.beginPath();
  stroke.forEach(([x, y], at) => (at ? pen.lineTo(x + 0.5, y + 0.5) : pen.moveTo(x + 0.5, y + 0.5)));
  if (stroke.length === 1 && stroke[0]) pen.lineTo(stroke[0][0] + 0.501, stroke[0][1] + 0.5);
  pen.stroke();
}

/** @param {Brush} brush @param {number} seat @param {Square[][]} strokes @param {boolean} mine */
function drawBody({ pen, palette }, seat, strokes, mine) {
  pen.lineCap = "round";
  pen.lineJoin = "round";
  const coats = /** @type {const} */ ([[0.92, palette.token[mine ? "text" : "surface"]], [0.74, seatColour(palette, seat)]]);
  for (const [width, colour] of coats) {
    pen.lineWidth = width;
    pen.strokeStyle = colour ?? "";
    for (const stroke of strokes) trace(pen, stroke);
  }
  const pattern = PATTERNS[seat % PATTERNS.length] ?? [];
  if (!pattern.length) return;
  pen.setLineDash(pattern);
  pen.lineCap = "butt";
  pen.lineWidth = 0.3;
  pen.strokeStyle = palette.token.surface ?? "";
  for (const stroke of strokes) trace(pen, stroke);
  pen.setLineDash([]);
}

/**
 * Two eyes that look the way the snake goes, or will.
 *
 * @param {Brush} brush
 * @param {Square} head
 * @param {Direction} way
 */
function drawEyes({ pen, palette }, [x, y], way) {
  const [dx, dy] = STEPS[way];
  for (const side of [-1, 1]) {
    const [eyeX, eyeY] = [x + 0.5 + dx * 0.12 - dy * side * 0.19, y + 0.5 + dy * 0.12 + dx * side * 0.19];
    for (const [radius, ahead, colour] of /** @type {const} */ ([[0.15, 0, "surface"], [0.08, 0.06, "text"]])) {
      pen.fillStyle = palette.token[colour] ?? "";
      pen.beginPath();
      pen.arc(eyeX + dx * ahead, eyeY + dy * ahead, radius, 0, 2 * Math.PI);
      pen.fill();
    }
  }
}

/**
 * What is left of a snake that died: a fading outline and a cross where its head was.
 *
 * @param {Brush} brush
 * @param {number} seat
 * @param {Square[]} body
 * @param {number} age  0..1
 */
function drawRemains({ pen, palette }, seat, body, age) {
  pen.globalAlpha = 1 - age;
  pen.strokeStyle = seatColour(palette, seat);
  pen.lineWidth = 0.14;
  for (const [x, y] of body) pen.strokeRect(x + 0.18, y + 0.18, 0.64, 0.64);
  const [x, y] = body[0] ?? [0, 0];
  pen.strokeStyle = palette.token.text ?? "";
  pen.lineWidth = 0.2;
  for (const stroke of [[x - 0.5, y - 0.5, x + 0.5, y + 0.5], [x + 0.5, y - 0.5, x - 0.5, y + 0.5]]) {
    pen.beginPath();
    pen.moveTo((stroke[0] ?? 0) + 0.5, (stroke[1] ?? 0) + 0.5);
    pen.lineTo((stroke[2] ?? 0) + 0.5, (stroke[3] ?? 0) + 0.5);
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/**
 * A name over a head, kept inside the field.
 *
 * @param {Brush} brush
 * @param {string} name
 * @param {Square} head
 * @param {View} view
 */
function drawName({ pen, palette, unit }, name, [x, y], { width }) {
  pen.font = `700 ${14 / unit}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.lineWidth = 5 / unit;
  const half = pen.measureText(name).width / 2 + 0.2;
  const at = Math.max(half, Math.min(width - half, x + 0.5));
  pen.strokeStyle = palette.token.surface ?? "";
  pen.strokeText(name, at, y < 1.2 ? y + 2 : y - 0.3);
  pen.fillStyle = palette.token.text ?? "";
  pen.fillText(name, at, y < 1.2 ? y + 2 : y - 0.3);
}

// -- the page

/** @param {View} view */
export function factsOf({ round, rounds, phase, count }) {
  const clock = phase === "running" ? [`${Math.ceil((count * TICK) / 1000)} s left`] : [];
  return [`Round ${round} of ${rounds}`, ...clock];
}

/** What stands over the field: the countdown, or nothing. @param {View} view */
export function bannerOf({ phase, count, round, rounds }) {
  if (phase === "countdown") return String(Math.max(1, Math.ceil((count * TICK) / 1000)));
  return phase === "between" ? `Round ${round + 1} of ${rounds} is next` : "";
}

/** @param {View} view @param {Context} context */
function standing({ snakes, rounds }, { seat, name, colour }) {
  const best = snakes.flatMap((snake) => snake ?? []);
  best.sort((a, b) => b.wins - a.wins || b.score - a.score || a.seat - b.seat);
  return best.map((snake) => ({
    seat: snake.seat, name: name(snake.seat), colour: colour(snake.seat), score: snake.score,
    note: rounds > 1 ? `${snake.wins} won` : "", mine: snake.seat === seat, out: !snake.alive,
  }));
}

/** @type {import("../room/game.js").GameModule} */
export default {
  picture(host) {
    const squares = [...Array(40).keys()].map((at) => {
      const [x, y] = [(at % 8) * 2 + (Math.floor(at / 8) % 2), Math.floor(at / 8) * 2];
      return `M${x * 10} ${y * 10}h10v10h-10zM${(x + (y % 4 ? -1 : 1)) * 10} ${y * 10 + 10}h10v10h-10z`;
    });
    const paths = ["M15 75H65V45H95", "M145 25H105V15H45", "M125 55V85H95"].flatMap((d, seat) => {
      const line = { d, fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round" };
      const back = { stroke: "var(--surface)", "stroke-width": 3, "stroke-linecap": "butt" };
      const dashes = ["0 99", "1.5 3.5", "5 5"][seat] ?? "";
      return [
        svg("path", { ...line, stroke: "var(--surface)", "stroke-width": 10 }),
        svg("path", { ...line, stroke: `var(--seat-${seat})`, "stroke-width": 8 }),
        svg("path", { ...line, ...back, "stroke-dasharray": dashes }),
      ];
    });
    const eyes = [[96, 43], [96, 47], [44, 13], [44, 17], [94, 83], [94, 87]].map(([cx = 0, cy = 0]) =>
      svg("circle", { cx, cy, r: 1.4, fill: "var(--surface)", stroke: "var(--text)", "stroke-width": 0.9 }),
    );
    const apples = [[125, 45], [25, 35], [75, 75]].flatMap(([cx = 0, cy = 0]) => [
      svg("circle", { cx, cy, r: 3.6, fill: "var(--bad)" }),
      svg("path", { d: `M${cx + 1} ${cy - 4}q2-3 4-2q-1 3-4 2`, fill: "var(--good)" }),
    ]);
    const ground = svg("path", { d: squares.join(""), fill: "var(--surface)", opacity: 0.6 });
    host.append(pictureRoot(ground, ...apples, ...paths, ...eyes));
  },

  mount(stage, context) {
    const [facts, scores] = [factLine(), scoreList("Food eaten and rounds won")];
    const banner = html("p", { class: "game-banner" });
    const label = "The field. The list of snakes says how it stands.";
    const field = html("div", { class: "snake-field", role: "img", "aria-label": label });
    const help = html("p", { class: "game-help" }, HELP);
    const pads = html("div", { class: "game-pads" }, cross("Turn", (way) => turn(way)));
    stage.append(html("div", { class: "game snake" }, facts.root, field, pads, scores.root, help));
    const [sheet, palette] = [canvasIn(field), paletteOf(stage)];
    field.append(banner);
    /** @type {Interpolator<View>} */
    const frames = new Interpolator({ now: () => context.clock.now(), delay: TICK });
    /** @type {Map<number, {body: Square[], at: number}>} by seat */
    const remains = new Map();
    /** @type {import("../room/game.js").Snapshot | null} */
    let last = null;

    /** @param {Direction} way */
    function turn(way) {
      const mine = last?.view.snakes[context.seat ?? -1];
      if (!mine?.alive || last?.room.phase !== "playing") return;
      if (worthSending(way, mine.dir, asked(context.unacked()))) context.send({ turn: way });
    }
    const stopKeys = heldKeys(stage, KEYS, (_, pressed) => pressed && turn(/** @type {Direction} */ (pressed)));
    swipes(field, turn);

    /**
     * @param {Brush} brush
     * @param {Snake} snake
     * @param {Snake | null | undefined} before
     * @param {number} t
     */
    const drawSnake = (brush, snake, before, t) => {
      const strokes = strokesOf(before?.body ?? [], snake.body, t);
      const [mine, head] = [snake.seat === (context.seat ?? context.follow), strokes[0]?.[0]];
      drawBody(brush, snake.seat, strokes, mine);
      const wanted = mine ? asked(context.unacked()).at(-1) : undefined;
      if (head) drawEyes(brush, head, wanted ?? snake.dir);
    };

    const stop = everyFrame(() => {
      const now = context.clock.now();
      const pair = frames.sample();
      if (!pair) return;
      const { from, to, t } = pair;
      const { pen, width, height } = sheet.begin();
      const unit = Math.min(width / to.width, height / to.height);
      const brush = { pen, palette, unit };
      pen.save();
      pen.translate((width - to.width * unit) / 2, (height - to.height * unit) / 2);
      pen.scale(unit, unit);
      drawField(brush, to);
      pen.beginPath();
      pen.rect(0, 0, to.width, to.height);
      pen.clip();
      for (const [seat, { body, at }] of remains) {
        if (now - at > REMAINS) remains.delete(seat);
        else drawRemains(brush, seat, body, (now - at) / REMAINS);
      }
      const smooth = from.round === to.round ? t : 1;
      for (const snake of to.snakes) if (snake?.alive) drawSnake(brush, snake, from.snakes[snake.seat], smooth);
      if (to.phase === "countdown") {
        for (const snake of to.snakes) if (snake?.body[0]) drawName(brush, context.name(snake.seat), snake.body[0], to);
      }
      pen.restore();
    });

    return {
      update(snapshot) {
        if (last?.room.match !== snapshot.room.match) (frames.clear(), remains.clear());
        last = snapshot;
        /** @type {View} */
        const view = snapshot.view;
        field.style.setProperty("--ratio", String(view.width / view.height));
        frames.push(snapshot.ms, snapshot.at, view);
        facts.show(factsOf(view));
        scores.show(standing(view, context));
        setText(banner, bannerOf(view));
        banner.hidden = !banner.textContent;
      },
      event({ kind, body, past }) {
        if (past) return;
        if (kind === "died") remains.set(body.seat, { body: body.body, at: context.clock.now() });
        if (kind === "died" && body.seat === context.seat) context.announce("Your snake is dead.");
        if (kind === "round") context.announce(roundNews(body.round, body.winners, context));
      },
      rejected: ({ message }) => context.announce(message),
      jump: () => (frames.clear(), remains.clear()),
      destroy() {
        for (const end of [stop, stopKeys, sheet.destroy, palette.destroy]) end();
        stage.replaceChildren();
      },
    };
  },
};

/** @param {number} round @param {number[]} winners @param {Pick<Context, "seat" | "name">} reader */
export function roundNews(round, winners, { seat, name }) {
  const names = winners.map((of) => (of === seat ? "you" : name(of)));
  return names.length ? `Round ${round} goes to ${names.join(" and ")}.` : `Nobody wins round ${round}.`;
}
