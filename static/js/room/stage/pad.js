/**
 * Controls for fingers: a stick, a button that is held, swipes. Shown where a finger is the pointer (games.css).
 */

import { html } from "./dom.js";

/** How far a finger must go before it is a swipe, in CSS pixels. */
const SWIPE = 22;

/**
 * A stick that reports where it is pushed: x to the right and y down, each -1..1, and 0, 0 when let go.
 *
 * @param {string} label
 * @param {(x: number, y: number) => void} pushed
 */
export function stick(label, pushed) {
  const knob = html("span", { class: "pad-knob" });
  const base = html("div", { class: "pad-stick", role: "img", "aria-label": label }, knob);
  /** @type {number | null} */
  let finger = null;
  const move = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== finger) return;
    const box = base.getBoundingClientRect();
    const reach = box.width / 2;
    const [x, y] = [(event.clientX - box.left) / reach - 1, (event.clientY - box.top) / reach - 1];
    const far = Math.max(1, Math.hypot(x, y));
    push(x / far, y / far);
  };
  const push = (/** @type {number} */ x, /** @type {number} */ y) => {
    knob.style.transform = `translate(${x * 60}%, ${y * 60}%)`;
    pushed(x, y);
  };
  const letGo = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== finger) return;
    finger = null;
    push(0, 0);
  };
  base.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    finger = event.pointerId;
    base.setPointerCapture(finger);
    move(event);
  });
  base.addEventListener("pointermove", move);
  base.addEventListener("pointerup", letGo);
  base.addEventListener("pointercancel", letGo);
  return base;
}

/**
 * A button that counts as long as it is held, by finger, mouse or keyboard.
 *
 * @param {string} label
 * @param {string} className
 * @param {(down: boolean) => void} changed
 */
export function holdButton(label, className, changed) {
  const button = html("button", { type: "button", class: className }, label);
  let down = false;
  const set = (/** @type {boolean} */ now) => {
    if (now === down) return;
    down = now;
    changed(now);
  };
  button.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    button.setPointerCapture(event.pointerId);
    set(true);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    button.addEventListener(name, () => set(false));
  }
  button.addEventListener("keydown", (event) => ["Enter", " "].includes(event.key) && set(true));
  button.addEventListener("keyup", () => set(false));
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  return button;
}

/** @typedef {"up" | "right" | "down" | "left"} Direction */

/**
 * Four buttons in a cross.
 *
 * @param {string} label
 * @param {(direction: Direction) => void} pressed
 */
export function cross(label, pressed) {
  const root = html("div", { class: "pad-cross", role: "group", "aria-label": label });
  for (const direction of /** @type {const} */ (["up", "left", "right", "down"])) {
    const name = `Go ${direction}`;
    const button = html("button", { type: "button", class: `pad-${direction}`, "aria-label": name });
    button.addEventListener("pointerdown", (event) => (event.preventDefault(), pressed(direction)));
    button.addEventListener("click", (event) => event.detail === 0 && pressed(direction));
    root.append(button);
  }
  return root;
}

/**
 * Report swipes over `element`. One long stroke may turn several times.
 *
 * @param {HTMLElement} element   with touch-action: none
 * @param {(direction: Direction) => void} swiped
 */
export function swipes(element, swiped) {
  /** @type {{id: number, x: number, y: number} | null} */
  let from = null;
  element.addEventListener("pointerdown", (event) => (from = { id: event.pointerId, x: event.clientX, y: event.clientY }));
  element.addEventListener("pointermove", (event) => {
    if (from?.id !== event.pointerId) return;
    const direction = swipeOf(event.clientX - from.x, event.clientY - from.y);
    if (!direction) return;
    from = { id: event.pointerId, x: event.clientX, y: event.clientY };
    swiped(direction);
  });
  for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (from = null));
}

/**
 * The direction of a stroke, or null while it is short.
 *
 * @param {number} dx
 * @param {number} dy
 * @returns {Direction | null}
 */
export function swipeOf(dx, dy) {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < SWIPE) return null;
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? "right" : "left";
  return dy > 0 ? "down" : "up";
}
