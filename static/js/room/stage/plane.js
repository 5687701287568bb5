/**
 * Painting for games on a plane with walls: ground, hulls, shields, shots, names. Everything in units of the world but
 * the names, which keep their size.
 */

import { seatColour } from "./canvas.js";

/** @typedef {import("./canvas.js").Palette} Palette */
/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {CanvasRenderingContext2D} Pen */

const SQUARE = 150; // units between the lines of the ground

/** @param {Pen} pen @param {Palette} palette @param {{width: number, height: number}} world */
export function drawGround(pen, { token }, { width, height }) {
  pen.fillStyle = token.surface ?? "";
  pen.fillRect(0, 0, width, height);
  pen.strokeStyle = token.line ?? "";
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let x = SQUARE; x < width; x += SQUARE) pen.rect(x, 0, 0, height);
  for (let y = SQUARE; y < height; y += SQUARE) pen.rect(0, y, width, 0);
  pen.stroke();
  pen.strokeStyle = token["text-2"] ?? "";
  pen.lineWidth = 6;
  pen.strokeRect(3, 3, width - 6, height - 6);
}

/**
 * @typedef {object} Hull
 * @property {number} seat
 * @property {boolean} mine
 * @property {number} x
 * @property {number} y
 * @property {number} angle     radians
 * @property {string} shape     an SVG path that looks to the right
 * @property {string} colour
 * @property {number} flame     0: no thrust; else 1 to 2
 * @property {number} shield    0..1 of it left
 */

/** @param {Pen} pen @param {Palette} palette @param {Hull} hull */
export function drawHull(pen, { token }, { x, y, angle, shape, colour, mine, flame, shield }) {
  pen.save();
  pen.translate(x, y);
  if (shield) drawShield(pen, token.text ?? "", shield);
  pen.rotate(angle);
  if (flame) {
    pen.fillStyle = token.warn ?? "";
    pen.fill(new Path2D(`M-12 8L${-22 - 14 * flame} 0L-12-8Z`));
  }
  pen.fillStyle = colour;
  pen.strokeStyle = (mine ? token.text : token.surface) ?? "";
  pen.lineWidth = mine ? 5 : 3;
  const path = new Path2D(shape);
  pen.stroke(path);
  pen.fill(path);
  pen.restore();
}

/** @param {Pen} pen @param {string} colour @param {number} left */
function drawShield(pen, colour, left) {
  pen.strokeStyle = colour;
  pen.lineWidth = 3;
  pen.setLineDash([14, 8]);
  pen.beginPath();
  pen.arc(0, 0, 38, 0, 2 * Math.PI * Math.min(1, left));
  pen.stroke();
  pen.setLineDash([]);
}

/**
 * A shot with its short trail.
 *
 * @param {Pen} pen
 * @param {Palette} palette
 * @param {{x: number, y: number, vx: number, vy: number, seat: number}} shot
 */
export function drawShot(pen, palette, { x, y, vx, vy, seat }) {
  const long = Math.hypot(vx, vy) || 1;
  pen.lineCap = "round";
  for (const [width, ink] of /** @type {const} */ ([[13, palette.token.text], [8, seatColour(palette, seat)]])) {
    pen.strokeStyle = ink ?? "";
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x - (vx / long) * 30, y - (vy / long) * 30);
    pen.stroke();
  }
}

/**
 * A name under something, in pixels.
 *
 * @param {Pen} pen
 * @param {Palette} palette
 * @param {Camera} camera
 * @param {{x: number, y: number}} at
 * @param {string} name
 */
export function drawName(pen, { token }, { scale, left, top }, at, name) {
  const [x, y] = [at.x * scale + left, (at.y + 50) * scale + top + 6];
  pen.font = "600 12px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = token.surface ?? "";
  pen.strokeText(name, x, y);
  pen.fillStyle = token.text ?? "";
  pen.fillText(name, x, y);
}

/**
 * Drifting things that only want to be shot.
 *
 * @param {Pen} pen
 * @param {Record<string, string>} token
 * @param {{x: number, y: number}[]} places
 */
export function drawDrones(pen, token, places) {
  pen.fillStyle = token["surface-2"] ?? token.surface ?? "";
  pen.strokeStyle = token["text-2"] ?? "";
  pen.lineWidth = 3;
  for (const { x, y } of places) {
    pen.beginPath();
    for (let corner = 0; corner < 6; corner++) pen.lineTo(x + 26 * Math.cos(corner), y + 26 * Math.sin(corner));
    pen.closePath();
    pen.fill();
    pen.stroke();
  }
}
