/**
 * Arena: ships that thrust, turn and shoot, sixty frames a second. Its rules: rooms/games/arena.py.
 *
 * Three clocks are on the screen at once. The own ship is drawn where it will be when an input that is sent now counts,
 * so that it answers at once. Ships whose players relay their controls are drawn in the server's present. All others
 * are drawn about 100 ms behind, between two frames that have arrived. Shots fly straight and are drawn on the own
 * ship's clock: what seems to hit it does. The parts up to `Scene` know no page.
 */

import { ringStep } from "../net/interpolate.js";
import { aim } from "../room/stage/camera.js";
import { canvasIn, everyFrame, paletteOf, seatColour } from "../room/stage/canvas.js";
import { Crowd } from "../room/stage/crowd.js";
import { html, pictureRoot, svg } from "../room/stage/dom.js";
import { newsFeed } from "../room/stage/feed.js";
import { Helm, STEERING_KEYS } from "../room/stage/helm.js";
import { heldKeys } from "../room/stage/keys.js";
import { holdButton, stick } from "../room/stage/pad.js";
import { drawGround, drawHull, drawName, drawShot } from "../room/stage/plane.js";
import { pointerOver } from "../room/stage/pointer.js";
import { behind, between } from "../room/stage/poses.js";
import { drawRadar } from "../room/stage/radar.js";
import { clockText, factLine, scoreList, timeWarning } from "../room/stage/scores.js";
import { flies, moved, Shots } from "../room/stage/shots.js";
import { Sparks } from "../room/stage/sparks.js";

/** @typedef {import("../room/game.js").GameContext} Context */
/** @typedef {import("../room/game.js").Snapshot} Snapshot */
/** @typedef {import("../room/stage/helm.js").Steering} Move */
/** @typedef {Record<"x" | "y" | "angle" | "vx" | "vy" | "controls" | "spin", number>} Motion */
/** @typedef {Motion & Record<"seat" | "down" | "shield" | "score" | "deaths" | "reload", number>} Ship */
/** @typedef {{id?: number, x: number, y: number, vx: number, vy: number, seat: number, life: number}} Shot */
/** @typedef {import("../room/stage/canvas.js").Palette} Palette */
/** @typedef {{tick: number, ship: Ship, shots: Shot[]}} Flight  a ship and the shots it fired since it was known */
/** @typedef {{width: number, height: number, left: number, goal: number, ships: number[][], shots: number[][]}} View */
/** @typedef {Ship} Pose  a ship as it is drawn */

// -- motion: number for number that of rooms/games/arena.py (tests/golden/arena_motion.json)

const [SPIN, SPIN_MAX, THRUST, DRAG] = [36, 144, 20, 12];
const SHIP = 26 * 16;
const [SHOT_SPEED, SHOT_LIFE, RELOAD, SHIELD] = [640, 26, 6, 50];
const [THRUSTING, LEFT, RIGHT, FIRING] = [1, 2, 4, 8];
const CIRCLE = 4096;
const TICK = 50; // ms

/** @param {number} angle  0..4095 @returns {number} */
export function sine(angle) {
  if (angle >= 2048) return 0 - sine(angle - 2048);
  const p = angle * (2048 - angle);
  return Math.floor((16384 * 16 * p) / (5 * 2048 * 2048 - 4 * p));
}

const SINE = Int16Array.from({ length: CIRCLE }, (_, angle) => sine(angle));
const sin = (/** @type {number} */ angle) => SINE[angle & 4095] ?? 0;
const cos = (/** @type {number} */ angle) => sin(angle + 1024);

/** How far a ship turns in a tick, after `spin` in the one before. @param {number} spin @param {number} way  -1, 0, 1 */
const spun = (spin, way) => way * Math.min(SPIN_MAX, Math.max(0, spin * way) + SPIN);

const slowed = (/** @type {number} */ v) => (v >= 0 ? v - ((v * DRAG + 255) >> 8) : v + ((255 - v * DRAG) >> 8));

/** @param {number} at @param {number} speed @param {number} high @returns {[at: number, speed: number]} */
function bounced(at, speed, high) {
  if (at < SHIP) return [2 * SHIP - at, -speed >> 1];
  return at > high ? [2 * high - at, 0 - (speed >> 1)] : [at, speed];
}

/**
 * A living ship one tick later.
 *
 * @template {Motion} S
 * @param {S} ship
 * @param {number} right   the far walls, in 1/16 of a unit
 * @param {number} bottom
 * @returns {S}
 */
export function fly(ship, right, bottom) {
  const { controls } = ship;
  const spin = spun(ship.spin, controls & RIGHT ? 1 : controls & LEFT ? -1 : 0);
  const angle = (ship.angle + spin) & 4095;
  const push = controls & THRUSTING ? THRUST : 0;
  const vx = slowed(ship.vx + ((cos(angle) * push + 8192) >> 14));
  const vy = slowed(ship.vy + ((sin(angle) * push + 8192) >> 14));
  const [x, speedX] = bounced(ship.x + vx, vx, right - SHIP);
  const [y, speedY] = bounced(ship.y + vy, vy, bottom - SHIP);
  return { ...ship, x, y, angle, vx: speedX, vy: speedY, spin };
}

/** The shot that leaves a ship's bow. @param {Ship} ship @returns {Shot} */
export function shotFrom({ x, y, vx, vy, angle, seat }) {
  const [along, down] = [cos(angle), sin(angle)];
  return {
    x: x + ((along * SHIP) >> 14),
    y: y + ((down * SHIP) >> 14),
    vx: vx + ((along * SHOT_SPEED) >> 14),
    vy: vy + ((down * SHOT_SPEED) >> 14),
    seat,
    life: SHOT_LIFE,
  };
}

/** @param {Move} move */
export const bitsOf = ({ thrust, turn, fire }) =>
  (thrust && THRUSTING) | (turn && (turn > 0 ? RIGHT : LEFT)) | (fire && FIRING);

/**
 * One tick of one ship: new controls, motion, a shot where it may. What others do to it only the server knows.
 *
 * @param {Flight} flight
 * @param {Move[]} moves   those that count from this tick, oldest first
 * @param {number} right
 * @param {number} bottom
 * @returns {Flight}
 */
export function stepFlight({ tick, ship: before, shots }, moves, right, bottom) {
  const newest = moves.at(-1);
  const steered = newest ? { ...before, controls: bitsOf(newest) } : before;
  const flying = shots.map(flown).filter((shot) => shot.life > 0);
  if (steered.down) return { tick: tick + 1, ship: { ...steered, down: Math.max(1, steered.down - 1) }, shots: flying };
  const ship = fly(steered, right, bottom);
  ship.shield = Math.max(0, ship.shield - 1);
  ship.reload = Math.max(0, ship.reload - 1);
  if (!ship.reload && (ship.controls & FIRING || moves.some((move) => move.fire))) {
    flying.push(flown(shotFrom(ship)));
    [ship.reload, ship.shield] = [RELOAD, 0];
  }
  return { tick: tick + 1, ship, shots: flying };
}

/** @param {Shot} shot @returns {Shot} */
const flown = (shot) => ({ ...shot, x: shot.x + shot.vx, y: shot.y + shot.vy, life: shot.life - 1 });

const SHIP_ROW = "seat x y angle vx vy controls down shield score deaths reload spin".split(" ");
const SHOT_ROW = "id x y vx vy seat life".split(" ");

/** @param {string[]} names @param {number[]} row */
const named = (names, row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? 0]));

/** @param {number[]} row  a ship as the view has it */
export const shipOf = (row) => /** @type {Ship} */ (/** @type {unknown} */ (named(SHIP_ROW, row)));

/** @param {number[]} row  a shot as the view has it */
const shotOf = (row) => /** @type {Shot} */ (/** @type {unknown} */ (named(SHOT_ROW, row)));

// -- ahead of the server's word

/**
 * What the shared parts need to know of a ship's motion.
 *
 * @param {() => Pick<View, "width" | "height">} world
 * @returns {import("../room/stage/body.js").Laws<Flight, Move, Pose>}
 */
export const lawsWithin = (world) => ({
  step: (flight, moves) => stepFlight(flight, moves, world().width * 16, world().height * 16),
  same: ({ ship: one }, { ship: other }) => FORETOLD.every((name) => one[name] === other[name]),
  pose: (from, to, t) => (from.ship.down ? null : between(from.ship, to.ship, t, CIRCLE)),
  shows: ({ ship }, move) => ship.controls === bitsOf(move),
  behind: ({ ship: from }, { ship: to }, t, over) => behind(from, to, t, over, CIRCLE),
  circle: CIRCLE,
  far: 240 * 16,
});

const FORETOLD = /** @type {const} */ (["x", "y", "angle", "vx", "vy", "spin"]);

/**
 * The way to turn for a tick so as to look to `wanted`.
 *
 * @param {Pick<Ship, "angle" | "spin">} ship
 * @param {number} wanted  radians
 */
export function turnTo({ angle, spin }, wanted) {
  const off = ringStep(angle, (wanted * CIRCLE) / (2 * Math.PI), CIRCLE);
  const way = Math.sign(off);
  return Math.abs(off) > Math.abs(spun(spin, way)) / 2 ? way : 0;
}

// -- the scene: where everything is drawn now

/** @typedef {{ship: Ship, mine: boolean, pose: Pose | null}} Drawn  pose null: it is down */
/** @typedef {{ships: Drawn[], me: Drawn | null, shots: Shot[]}} Sight */
/** @typedef {{clock: import("../room/stage/crowd.js").Clock} & Pick<Context, "seat" | "follow" | "tickHz">} SceneContext */

/** All that is drawn. Knows no page: the clocks are given to it. */
export class Scene {
  #seen = new Shots();
  #frames = 0;
  /** @type {View} */
  view = { width: 0, height: 0, left: 0, goal: 0, ships: [], shots: [] };

  /** @param {SceneContext} context @param {() => number} now  local ms */
  constructor(context, now) {
    this.context = context;
    this.now = now;
    this.crowd = new Crowd(context, now, lawsWithin(() => this.view));
  }

  /** @param {Pick<Snapshot, "ms" | "at" | "view" | "room" | "ack">} snapshot */
  update(snapshot) {
    this.view = /** @type {View} */ (snapshot.view);
    this.#frames += 1;
    const ships = this.view.ships.map(shipOf);
    this.crowd.update(snapshot, (tick) => new Map(ships.map((ship) => [ship.seat, { tick, ship, shots: [] }])));
    this.#seen.saw(this.view.shots.map(([id = 0]) => id), this.now());
  }

  /** The own ship as what is sent now will find it. @returns {Ship | null} */
  get helmed() {
    const flying = this.view.ships.some(([seat]) => seat === this.context.seat);
    return (flying && this.crowd.own.at(Math.floor(this.crowd.arrival))?.ship) || null;
  }

  /** Where to draw every ship and shot now. @returns {Sight} */
  look() {
    const { seat, follow } = this.context;
    const poses = this.crowd.poses(this.view.ships.map(([seat = 0]) => seat));
    const ships = this.view.ships.map(shipOf).map((ship) => {
      return { ship, mine: ship.seat === (seat ?? follow), pose: poses.get(ship.seat) ?? null };
    });
    const me = ships.find(({ mine }) => mine) ?? null;
    const others = this.crowd.present - (this.#frames > 1 ? 2 : 0); // the first frame is drawn as it is
    const time = me?.pose && seat !== null ? this.crowd.arrival : others;
    return { ships, me, shots: this.#shots(time) };
  }

  /** @param {number} time  ticks @returns {Shot[]} */
  #shots(time) {
    const flying = this.view.shots.map((row) => {
      const caught = row[5] === this.context.seat ? 1 : this.#seen.caught(row[0] ?? 0, this.now());
      return moved(shotOf(row), (time - this.crowd.tick) * caught);
    });
    const whole = Math.floor(time) + 1;
    const fired = this.crowd.own.at(whole)?.shots.map((shot) => moved(shot, time - whole)) ?? [];
    const [right, bottom] = [this.view.width * 16, this.view.height * 16];
    return [...flying, ...fired].filter((shot) => flies(shot, SHOT_LIFE, right, bottom));
  }
}

// -- drawing

/** Of the first eight seats, and of the others, whose colours are the same. */
const HULLS = ["M28 0L-18 18L-9 0L-18-18Z", "M28 0L-2 20L-20 11L-13 0L-20-11L-2-20Z"];
const LEAST = 0.3; // pixels per unit, below which ships are too small to play

/** @param {{x: number, y: number}} at  in sixteenths */
const placeOf = ({ x, y }) => ({ x: x / 16, y: y / 16 });

/** @typedef {import("../room/stage/plane.js").Hull} Hull */
/** @param {Drawn} drawn @param {Palette} palette @param {number} flame  1..2 @returns {Hull[]} */
function hullOf({ ship: { seat }, mine, pose }, palette, flame) {
  if (!pose) return [];
  const look = { shape: HULLS[Math.floor(seat / 8) % 2] ?? "", colour: seatColour(palette, seat) };
  const state = { flame: pose.controls & THRUSTING ? flame : 0, shield: pose.shield / SHIELD };
  return [{ seat, mine, ...placeOf(pose), angle: (pose.angle * 2 * Math.PI) / CIRCLE, ...look, ...state }];
}

// -- the page

const HELP = "Up or W thrusts, left and right or A and D turn, Space fires. A hit is a point. A shield ends when you fire.";

/** @type {import("../room/game.js").GameModule} */
export default {
  picture(host) {
    const moon = svg("circle", { cx: 138, cy: 92, r: 44, fill: "var(--accent)", opacity: 0.16 });
    const stars = [...Array(46).keys()].map((at) => {
      const [cx, cy] = [(at * 61) % 160, (at * at * 7 + at * 23) % 100];
      return svg("circle", { cx, cy, r: 0.4 + (at % 3) * 0.25, fill: "var(--line-strong)" });
    });
    const places = [[0, 42, 64, -31], [1, 112, 24, 128], [4, 128, 74, -152], [2, 22, 20, 40]];
    const ships = places.map(([seat = 0, x, y, turn]) => {
      const flame = svg("path", { d: "M-12 8L-44 0L-12-8Z", fill: "var(--spark)" });
      const look = { fill: `var(--seat-${seat})`, stroke: "var(--surface)", "stroke-width": 3 };
      const body = svg("path", { d: HULLS[0] ?? "", ...look });
      return svg("g", { transform: `translate(${x} ${y}) rotate(${turn}) scale(.5)` }, flame, body);
    });
    const line = (/** @type {string} */ d, /** @type {string} */ stroke, /** @type {number} */ width) =>
      svg("path", { d, fill: "none", stroke, "stroke-width": width, "stroke-linecap": "round" });
    const shots = line("M60 53l7-4.2M76 43.5l7-4.2M92 34l6-3.6", "var(--seat-0)", 3);
    const burst = line("M78 84l-7 3M84 78l-2-8M92 80l6-6M92 88l7 4M84 91l-2 7", "var(--spark)", 2.6);
    const shield = line("M93 24a19 19 0 0 1 32-14M131 26a19 19 0 0 1-33 11", "var(--text)", 1.4);
    host.append(pictureRoot(moon, ...stars, burst, shots, shield, ...ships));
  },

  mount: (stage, context) => mountArena(stage, context),
};

/** @type {import("./arena_large.js").World} */
const SMALL = { relays: true, view: (view) => view, draw: () => {}, focus: () => null, standing };

/** @typedef {ReturnType<import("../room/game.js").GameModule["mount"]>} Mounted */
/** @param {HTMLElement} stage @param {Context} context @param {import("./arena_large.js").World} [world] @returns {Mounted} */
export function mountArena(stage, context, world = SMALL) {
  const [afresh, helm, sparks] = [() => new Scene(context, () => context.clock.now()), new Helm(), new Sparks()];
  let scene = afresh();
  const [facts, scores, news] = [factLine(), scoreList("Hits"), newsFeed()];
  const field = html("div", { class: "arena-field", role: "img", "aria-label": "The arena. The list of hits says how it stands." });
  const mouse = html("input", { type: "checkbox" });
  const fire = holdButton("Fire", "pad-fire", (down) => ((helm.firing = down), steer()));
  const pads = html("div", { class: "game-pads" }, stick("Steer", (x, y) => helm.push(x, y)), fire);
  const option = html("label", { class: "check game-option" }, mouse, "Steer with the mouse: left fires, right thrusts");
  const help = html("div", { class: "game-help" }, html("p", {}, HELP), option);
  stage.append(html("div", { class: "game arena" }, facts.root, field, pads, scores.root, help));
  const [sheet, palette] = [canvasIn(field), paletteOf(stage)];
  field.append(news.root);
  const pointer = pointerOver(field, mouse, (first, second) => {
    [helm.firing, helm.thrusting, helm.towards] = [first, second, null];
  });
  const stopKeys = heldKeys(stage, STEERING_KEYS, (keys) => ((helm.keys = keys), steer()));

  /** @type {Snapshot | null} */
  let last = null;
  let quiet = 0; // local ms until which nothing is sent: a move was refused
  let held = moveOf(0);

  /** Send the controls when they have changed: at once, and in each frame for the stick and the pointer. */
  function steer() {
    const ship = scene.helmed;
    if (!ship || last?.room.phase !== "playing" || performance.now() < quiet) return;
    if (!scene.crowd.own.waiting) held = moveOf(ship.controls);
    const wanted = helm.wanted((towards) => turnTo(ship, towards));
    const seq = bitsOf(wanted) === bitsOf(held) ? 0 : context.send(wanted);
    if (!seq) return;
    held = wanted;
    if (world.relays) context.relay("controls", wanted);
    scene.crowd.steer(seq, wanted);
  }

  const stop = everyFrame((_, elapsed) => {
    if (!last) return;
    steer();
    const [sight, { pen, width, height }] = [scene.look(), sheet.begin()];
    const at = sight.me && placeOf(sight.me.pose ?? sight.me.ship);
    const focus = at ?? world.focus(last.view);
    const camera = aim(scene.view, { width, height }, focus, LEAST);
    const flame = context.reducedMotion ? 1.5 : 1 + Math.random();
    const hulls = sight.ships.flatMap((drawn) => hullOf(drawn, palette, flame));
    pen.save();
    pen.translate(camera.left, camera.top);
    pen.scale(camera.scale, camera.scale);
    drawGround(pen, palette, scene.view);
    world.draw(pen, palette, last.view, Math.min(4, (context.clock.now() - last.at) / TICK));
    for (const shot of sight.shots) drawShot(pen, palette, { ...shot, ...placeOf(shot) });
    for (const hull of hulls) drawHull(pen, palette, hull);
    sparks.lost(hulls, context.reducedMotion);
    sparks.draw(pen, elapsed);
    pen.restore();
    for (const hull of hulls) if (!hull.mine) drawName(pen, palette, camera, hull, context.name(hull.seat));
    if (!camera.whole) drawRadar(pen, hulls, { camera, world: scene.view, screen: { width, height } }, palette.token);
    if (at) helm.look(pointer.at(), { x: at.x * camera.scale + camera.left, y: at.y * camera.scale + camera.top });
  });

  return {
    update(snapshot) {
      const before = last?.room.match === snapshot.room.match ? scene.view.left : Infinity;
      last = snapshot;
      scene.update({ ...snapshot, view: world.view(snapshot.view) });
      facts.show(factsOf(scene.view, context.seat));
      scores.show(world.standing(last.view, context));
      const warning = timeWarning(before * TICK, scene.view.left * TICK);
      if (warning) context.announce(warning);
    },
    event({ kind, body, past }) {
      if (kind !== "hit" || past) return;
      news.show(`${context.name(body.by)} hit ${context.name(body.seat)}`);
      if (body.by === context.seat) context.announce(`You hit ${context.name(body.seat)}.`);
      if (body.seat === context.seat) context.announce(`${context.name(body.by)} hit you. You are back in two seconds.`);
    },
    rejected({ seq, message }) {
      scene.crowd.own.refuse(seq);
      quiet = performance.now() + 500;
      news.show(message);
    },
    relayed({ seat, kind, body }) {
      if (kind === "controls" && seat !== context.seat) scene.crowd.relayed(seat, body);
    },
    jump: () => void (scene = afresh()),
    destroy() {
      for (const end of [stop, stopKeys, pointer.stop, news.stop, sheet.destroy, palette.destroy]) end();
      stage.replaceChildren();
    },
  };
}

/** @param {View} view @param {number | null} seat */
function factsOf({ left, goal, ships }, seat) {
  const mine = ships.map(shipOf).find((ship) => ship.seat === seat);
  const state = mine?.down ? [`Back in ${Math.ceil((mine.down * TICK) / 1000)}`] : mine?.shield ? ["Shielded"] : [];
  return [`${clockText(left * TICK)} left`, `First to ${goal}`, ...state];
}

/** @param {View} view @param {Context} context */
function standing({ ships }, { seat, name, colour }) {
  const best = ships.map(shipOf).sort((a, b) => b.score - a.score || a.deaths - b.deaths || a.seat - b.seat);
  return best.map(({ seat: of, score, down }) => {
    return { seat: of, name: name(of), colour: colour(of), score, mine: of === seat, out: down > 0 };
  });
}

/** @param {number} bits @returns {Move} */
const moveOf = (bits) => ({ thrust: bits & 1, turn: bits & RIGHT ? 1 : bits & LEFT ? -1 : 0, fire: bits & FIRING ? 1 : 0 });
