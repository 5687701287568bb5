/**
 * What lies out of sight: arrows at the edge, and a small map of the whole world.
 */

import { pointAt } from "./camera.js";

/** @typedef {{x: number, y: number, colour: string, mine: boolean}} Blip  in units of the world */
/** @typedef {{width: number, height: number}} Size */

const [LONG, MARGIN] = [104, 10]; // pixels: the longer side of the map, its distance from the corner

/**
 * @param {CanvasRenderingContext2D} pen       in pixels
 * @param {Blip[]} blips
 * @param {{camera: import("./camera.js").Camera, world: Size, screen: Size}} where
 * @param {Record<string, string>} token   the page's colours
 */
export function drawRadar(pen, blips, { camera, world, screen }, token) {
  const scale = LONG / Math.max(world.width, world.height);
  const left = screen.width - world.width * scale - MARGIN;
  pen.globalAlpha = 0.85;
  pen.fillStyle = token["surface-2"] ?? "";
  pen.strokeStyle = token["text-2"] ?? "";
  pen.lineWidth = 1;
  pen.fillRect(left, MARGIN, world.width * scale, world.height * scale);
  pen.strokeRect(left, MARGIN, world.width * scale, world.height * scale);
  pen.globalAlpha = 1;
  for (const blip of blips) {
    pen.fillStyle = (blip.mine ? token.text : blip.colour) ?? "";
    pen.beginPath();
    pen.arc(left + blip.x * scale, MARGIN + blip.y * scale, blip.mine ? 4 : 3, 0, 2 * Math.PI);
    pen.fill();
    const arrow = pointAt(camera, screen, blip, 16);
    if (arrow) drawArrow(pen, arrow);
  }
}

/** @param {CanvasRenderingContext2D} pen @param {{x: number, y: number, angle: number}} arrow */
function drawArrow(pen, { x, y, angle }) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(angle);
  pen.fill(new Path2D("M10 0L-7 8L-3 0L-7-8Z"));
  pen.restore();
}
