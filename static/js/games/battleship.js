/**
 * Battleship: two seas, one secret. Its rules: rooms/games/battleship.py.
 *
 * Placing happens here alone until the whole fleet is sent. A view never holds a ship that its reader may not see.
 */

import { chart, squareName } from "../room/stage/chart.js";
import { html, pictureRoot, setText, svg } from "../room/stage/dom.js";
import { aimPiece, choose, fits, newPlan, pieceAt, put, scatter, squaresOf, turn, undo } from "../room/stage/pieces.js";
import { clockText } from "../room/stage/scores.js";

/** @typedef {import("../room/game.js").GameContext} Context */
/** @typedef {import("../room/game.js").Snapshot} Snapshot */
/** @typedef {import("../room/stage/pieces.js").Plan} Plan */
/** @typedef {import("../room/stage/pieces.js").Placed} Placed  a ship */
/** @typedef {[x: number, y: number, hit: number]} Shot */
/** @typedef {{shots: Shot[], sunk: Placed[], fleet: Placed[] | null}} Board */
/**
 * @typedef {object} View
 * @property {number} size
 * @property {number[]} ships                  their lengths
 * @property {"placing" | "firing" | "over"} stage
 * @property {number} turn                     seat, or -1
 * @property {boolean[]} placed                by seat
 * @property {number | null} deadline          match ms at which the turn is over
 * @property {Board[]} boards                  by the seat whose sea it is
 */

const NAMES = ["", "boat", "patrol boat", "cruiser", "battleship", "carrier"];
const PLACE_HELP =
  "Drag a ship onto your sea, or choose one and press a square; press a ship again, or R, to turn it. " +
  "The arrow keys walk, Enter places.";
const FIRE_HELP = "Press a square of the other sea to fire at it, or walk there with the arrow keys and press Enter.";

/** @param {number | undefined} length */
const shipName = (length = 0) => NAMES[length] ?? `ship of ${length}`; // "" for none

// -- drawing: a sea is an SVG of ships and shots under a grid of clear buttons

/** A ship of `length` squares, bow to the right, from 0, 0. @param {number} length */
function hull(length) {
  const end = length - 0.08;
  const [bow, side] = [end - 0.2, end - 0.75];
  const d = `M.1 .5Q.14 .2 .5 .18H${side}Q${bow} .22 ${end} .5Q${bow} .78 ${side} .82H.5Q.14 .8 .1 .5Z`;
  const deck = { cy: 0.5, class: "ship-deck", fill: "var(--surface)", opacity: 0.75 };
  const decks = Array.from({ length: length - 1 }, (_, at) =>
    svg("circle", { cx: at + 0.72, r: at === Math.floor(length / 2) - 1 ? 0.19 : 0.11, ...deck }),
  );
  return [svg("path", { d, class: "ship-hull", fill: "var(--text-2)" }), ...decks];
}

/** @param {Placed} placed @param {number} length @param {string} className */
function shipOn([, x, y, across], length, className) {
  const transform = across ? `translate(${x} ${y})` : `translate(${x + 1} ${y}) rotate(90)`;
  return svg("g", { transform, class: className }, ...hull(length));
}

/** @param {number} length */
const shipImage = (length) =>
  svg("svg", { viewBox: `0 0 ${length} 1`, "aria-hidden": "true", class: "fleet-ship" }, ...hull(length));

const BURST = "M0-.4L.11-.14L.36-.22L.2 0L.38 .2L.12 .14L0 .4L-.12 .14L-.38 .2L-.2 0L-.36-.22L-.11-.14Z";

/**
 * A miss is a ring in the water, a hit a star: told apart without colour.
 *
 * @param {Shot} shot
 * @param {boolean} last
 */
function shotOn([x, y, hit], last) {
  const miss = { r: 0.16, fill: "none", stroke: "var(--text)", "stroke-width": 0.09 };
  const mark = hit ? svg("path", { d: BURST, fill: "var(--bad)" }) : svg("circle", miss);
  const frame = { x: -0.46, y: -0.46, width: 0.92, height: 0.92, rx: 0.12 };
  const ring = last ? [svg("rect", { ...frame, fill: "none", stroke: "var(--spark)", "stroke-width": 0.07 })] : [];
  return svg("g", { transform: `translate(${x + 0.5} ${y + 0.5})` }, mark, ...ring);
}

/** @param {number} size @param {string} label @param {(square: number) => void} press */
function newSea(size, label, press) {
  const [board, fleet] = [chart(size, label, press), html("ul", { class: "sea-fleet" })];
  const root = html("section", { class: "sea" }, html("h2", { class: "sea-title" }, label), board.root, fleet);
  return { ...board, root, fleet };
}

/** @typedef {ReturnType<typeof newSea>} Sea */

/** @param {number[]} lengths @param {Set<number>} sunk */
function fleetList(lengths, sunk) {
  return lengths.map((length, ship) => {
    const gone = sunk.has(ship);
    const words = html("span", { class: "visually-hidden" }, `${shipName(length)}${gone ? ", sunk" : ", afloat"}`);
    return html("li", { class: gone ? "is-sunk" : false }, shipImage(length), words);
  });
}

/**
 * Paint one sea.
 *
 * @param {Sea} sea
 * @param {View} view
 * @param {number} seat  whose sea
 * @param {[number, number] | null} aimed  a shot on its way
 */
function paintSea(sea, view, seat, aimed) {
  const { shots, sunk, fleet } = view.boards[seat] ?? { shots: [], sunk: [], fleet: null };
  const lost = new Set(sunk.map(([ship]) => ship));
  const lengthOf = (/** @type {Placed} */ [ship]) => view.ships[ship] ?? 0;
  const afloat = (fleet ?? []).filter(([ship]) => !lost.has(ship)).map((placed) => shipOn(placed, lengthOf(placed), "ship"));
  const wrecks = sunk.map((placed) => shipOn(placed, lengthOf(placed), "ship is-sunk"));
  const marks = shots.map((shot, at) => shotOn(shot, at === shots.length - 1));
  const cross = aimed ? [crossAt(aimed)] : [];
  sea.layer.replaceChildren(...afloat, ...wrecks, ...marks, ...cross);
  sea.fleet.replaceChildren(...fleetList(view.ships, lost));
  const words = wordsFor(view, view.boards[seat]);
  sea.name((square) => words.get(square) ?? "water");
}

/** @param {[number, number]} at */
const crossAt = ([x, y]) =>
  svg("path", { d: `M${x + 0.5} ${y}v1M${x} ${y + 0.5}h1`, stroke: "var(--spark)", "stroke-width": 0.1 });

/**
 * What is to be said of the squares of a sea that hold more than water.
 *
 * @param {View} view
 * @param {Board | undefined} board
 */
export function wordsFor({ size, ships }, board) {
  const { fleet, shots, sunk } = board ?? { fleet: null, shots: [], sunk: [] };
  const under = (/** @type {Placed} */ placed, /** @type {string} */ state) =>
    squaresOf(placed, { size, lengths: ships }).map((at) => [at, `${shipName(ships[placed[0]])}${state}`]);
  const marks = shots.map(([x, y, hit]) => [y * size + x, hit ? "hit" : "miss"]);
  const lying = (fleet ?? []).flatMap((placed) => under(placed, ""));
  const wrecks = sunk.flatMap((placed) => under(placed, ", sunk"));
  return new Map(/** @type {[number, string][]} */ ([...lying, ...marks, ...wrecks]));
}

/**
 * What happened between two views, in words.
 *
 * @param {View} before
 * @param {View} after
 * @param {Pick<Context, "seat" | "name">} reader
 */
export function newsOf(before, after, { seat, name }) {
  return after.boards.flatMap((board, whose) => {
    const old = before.boards[whose];
    const who = 1 - whose === seat ? "You" : name(1 - whose);
    const sunk = board.sunk.slice(old?.sunk.length ?? 0).map(([ship]) => `${who} sank the ${shipName(after.ships[ship])}.`);
    const shots = board.shots.slice(old?.shots.length ?? 0);
    return [...shots.map(([x, y, hit]) => `${who} fired at ${squareName(x, y)}: ${hit ? "hit" : "miss"}.`), ...sunk];
  });
}

/** Whose turn it is, to the reader. @param {View} view @param {Pick<Context, "seat" | "name">} reader */
export function statusOf({ stage, turn, placed }, { seat, name }) {
  if (stage === "over") return "The whole fleet is sunk.";
  if (stage === "firing") return turn === seat ? "Your turn: choose a square to fire at." : `${name(turn)} is taking aim.`;
  const late = placed.findIndex((done) => !done);
  if (seat === null) return "Both are placing their fleets in secret.";
  return placed[seat] ? `Your fleet is at sea. ${name(late)} is still placing.` : "Place your fleet. Nobody else can see it.";
}

// -- placing, on the page

/** @param {HTMLElement} stage @param {Context} context @param {Plan} first */
function placingScreen(stage, context, first) {
  let plan = first;
  /** @type {number} the square under the pointer or the focus, -1 for none */
  let over = -1;
  /** @type {{from: number, held: number, fresh: boolean, moved: boolean} | null} a ship under the pointer that is down */
  let drag = null;
  const sea = newSea(plan.size, "Your sea", (square) => press(square));
  const dock = html("div", { class: "dock-ships", role: "group", "aria-label": "Your ships" });
  /** @param {string} words @param {() => Plan | null} act @param {string} [className] */
  const button = (words, act, className = "btn") => {
    const made = html("button", { type: "button", class: className }, words);
    made.addEventListener("click", () => change(act()));
    return made;
  };
  const ready = button("Ready", () => (context.send({ kind: "place", place: plan.laid }), null), "btn btn-primary");
  const back = button("Undo", () => undo(plan));
  const [turned, random] = [button("Turn (R)", () => turn(plan)), button("Random", () => scatter(plan, Math.random))];
  const tools = html("div", { class: "row" }, turned, random, back, ready);
  const root = html("div", { class: "seas dock-open" }, sea.root, html("div", { class: "dock" }, dock, tools));
  const ships = plan.lengths.map((length, ship) => {
    const words = html("span", {}, `${shipName(length)}, ${length}`);
    const made = html("button", { type: "button", class: "dock-ship" }, shipImage(length), words);
    made.addEventListener("click", () => change(choose(plan, ship)));
    made.addEventListener("pointerdown", (event) => grab(event, ship, -1));
    return made;
  });
  dock.append(...ships);

  /** @param {Plan | null} next  null: nothing changed, or no room */
  function change(next) {
    if (next) plan = next;
    draw();
  }

  /** @param {number} square */
  function press(square) {
    if (drag?.moved || drag?.fresh) return;
    const ship = pieceAt(plan, square);
    if (ship >= 0) return change(ship === plan.chosen ? turn(plan) : choose(plan, ship));
    const next = put(plan, aimPiece(plan, square));
    if (!next) context.announce("Another ship lies there.");
    over = -1;
    change(next);
  }

  /** @param {PointerEvent} event @param {number} ship @param {number} from */
  function grab(event, ship, from) {
    if (ship < 0 || event.button) return;
    const [lying, fresh] = [plan.laid[ship], ship !== plan.chosen];
    drag = { from, held: lying && from >= 0 ? squaresOf(lying, plan).indexOf(from) : 0, fresh, moved: false };
    change(choose(plan, ship));
  }

  /** @param {PointerEvent} event */
  function hover(event) {
    const square = sea.grid.indexOf(document.elementFromPoint(event.clientX, event.clientY));
    if (drag && square !== drag.from && square >= 0) drag.moved = true;
    if (square === over || (!drag && event.pointerType === "touch")) return;
    over = square;
    draw();
  }

  function drop() {
    const dropped = drag?.moved && over >= 0 ? put(plan, aimPiece(plan, over, drag.held)) : null;
    // The click that follows a drag is not a press: it comes first.
    const done = drag;
    setTimeout(() => (drag = drag === done ? null : drag));
    if (dropped) over = -1;
    if (drag?.moved) change(dropped);
  }

  function draw() {
    const lying = plan.laid.flatMap((placed, ship) => {
      const length = plan.lengths[ship] ?? 0;
      return placed ? [shipOn(placed, length, ship === plan.chosen ? "ship is-chosen" : "ship")] : [];
    });
    const ghost = over >= 0 && (drag?.moved || pieceAt(plan, over) < 0) ? aimPiece(plan, over, drag?.held) : null;
    const fit = ghost && (fits(plan, ghost) ? "ship is-ghost" : "ship is-ghost is-barred");
    sea.layer.replaceChildren(...lying, ...(ghost && fit ? [shipOn(ghost, plan.lengths[plan.chosen] ?? 0, fit)] : []));
    sea.name((square) => shipName(plan.lengths[pieceAt(plan, square)]) || "water");
    ships.forEach((made, ship) => {
      made.setAttribute("aria-pressed", String(ship === plan.chosen));
      made.classList.toggle("is-placed", plan.laid[ship] !== null);
    });
    ready.disabled = plan.laid.includes(null);
    back.disabled = !plan.past.length;
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.ctrlKey && event.key === "z") change(undo(plan));
    else if (event.key === "r" || event.key === "R") change(turn(plan) ?? (context.announce("No room to turn."), null));
    else return;
    event.preventDefault();
  }

  sea.grid.root.addEventListener("pointerdown", (event) => {
    const square = sea.grid.indexOf(event.target);
    grab(event, pieceAt(plan, square), square);
  });
  sea.grid.root.addEventListener("focusin", (event) => ((over = sea.grid.indexOf(event.target)), draw()));
  sea.grid.root.addEventListener("pointerleave", () => !drag && ((over = -1), draw()));
  document.addEventListener("pointermove", hover);
  document.addEventListener("pointerup", drop);
  root.addEventListener("keydown", key);
  stage.append(root);
  draw();
  return () => {
    document.removeEventListener("pointermove", hover);
    document.removeEventListener("pointerup", drop);
    root.remove();
  };
}

// -- the page

/** @type {import("../room/game.js").GameModule} */
export default {
  picture(host) {
    const water = svg("rect", { width: 160, height: 100, fill: "var(--accent)", opacity: 0.16 });
    const ink = { fill: "none", stroke: "var(--line-strong)", "stroke-width": 0.03, opacity: 0.45 };
    const lines = svg("path", { d: [...Array(11).keys()].map((at) => `M0 ${at}H11M${at} 0V7`).join(""), ...ink });
    const ships = [[1, 1, 4, 1], [7, 1, 3, 0], [3, 4, 2, 1]].map(([x = 0, y = 0, length = 1, across]) => {
      const place = across ? `translate(${x} ${y})` : `translate(${x + 1} ${y}) rotate(90)`;
      return svg("g", { transform: place }, ...hull(length));
    });
    const shots = [[2, 1, 1], [3, 1, 1], [5, 2, 0], [7, 2, 1], [1, 3, 0], [8, 4, 0], [6, 4, 0], [0, 5, 0]];
    const marks = shots.map(([x = 0, y = 0, hit = 0]) => shotOn([x, y, hit], x === 7));
    const sea = svg("g", { transform: "translate(-8 2) scale(17)" }, lines, ...ships, ...marks);
    host.append(pictureRoot(water, sea));
  },

  mount(stage, context) {
    const [status, help] = [html("p", { class: "game-status" }), html("p", { class: "game-help" })];
    const clock = html("p", { class: "facts" });
    const field = html("div", { class: "game-screen" });
    stage.append(html("div", { class: "game battleship" }, html("div", { class: "game-bar" }, status, clock), field, help));
    /** @type {Snapshot | null} */
    let last = null;
    /** @type {(() => void) | null} takes the placing screen away */
    let placing = null;
    /** @type {Sea[]} by seat, once ships are fired at */
    let seas = [];
    /** @type {number | null} the seat for whom the seas were made */
    let drawnFor = null;

    /** @param {number} square  of the other sea */
    const fire = (square) => {
      const size = last?.view.size ?? 1;
      context.send({ kind: "shot", shot: [square % size, Math.floor(square / size)] });
    };

    /** @param {View} view */
    const showSeas = (view) => {
      const { seat } = context;
      const order = seat === null ? [0, 1] : [1 - seat, seat];
      const made = order.map((whose) => {
        const mine = whose === seat;
        const label = mine ? "Your sea" : `The sea of ${context.name(whose)}`;
        const sea = newSea(view.size, label, mine || seat === null ? () => {} : fire);
        sea.root.classList.add(mine ? "is-own" : seat === null ? "is-watched" : "is-target");
        return { whose, sea };
      });
      seas = made.sort((a, b) => a.whose - b.whose).map(({ sea }) => sea);
      field.replaceChildren(html("div", { class: "seas" }, ...order.map((whose) => seas[whose]?.root ?? "")));
    };

    const tick = () => {
      const { deadline = null, match_ms: start = 0, phase = "" } = { ...last?.view, ...last?.room };
      const runs = deadline !== null && phase === "playing";
      setText(clock, runs ? `${clockText(deadline + (start ?? 0) - context.clock.roomNow())} left` : "");
    };
    const timer = setInterval(tick, 250);

    /** @param {View} view */
    const showPlacing = (view) => {
      if (placing) return;
      [seas, drawnFor] = [[], null];
      field.replaceChildren();
      placing = placingScreen(field, context, newPlan(view.size, view.ships));
    };

    /** @param {View} view */
    const showFiring = (view) => {
      const { seat } = context;
      placing?.();
      placing = null;
      if (!seas.length || drawnFor !== seat) showSeas(view);
      drawnFor = seat;
      const sent = context.unacked().map(({ move }) => move.shot).find(Boolean) ?? null;
      seas.forEach((sea, whose) => {
        paintSea(sea, view, whose, whose === seat ? null : sent);
        sea.root.classList.toggle("is-turn", view.turn === 1 - whose && view.stage === "firing");
        sea.grid.root.setAttribute("aria-disabled", String(whose === seat || view.turn !== seat));
      });
    };

    return {
      update(snapshot) {
        const [view, before] = [/** @type {View} */ (snapshot.view), last];
        last = snapshot;
        const { seat } = context;
        const own = seat !== null && view.stage === "placing" && !view.placed[seat];
        if (own) showPlacing(view);
        else showFiring(view);
        setText(status, statusOf(view, context));
        setText(help, own ? PLACE_HELP : seat === null ? "" : FIRE_HELP);
        if (before) newsOf(before.view, view, context).forEach(context.announce);
        tick();
      },
      event({ kind, body, past }) {
        if (kind === "late" && !past) context.announce(`Time is up: chance moved for ${context.name(body.seat)}.`);
      },
      rejected: ({ message }) => setText(status, message),
      destroy() {
        clearInterval(timer);
        placing?.();
        stage.replaceChildren();
      },
    };
  },
};
