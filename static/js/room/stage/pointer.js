/**
 * Steering with a mouse, for those who choose it: where the pointer is over a field, and which buttons are held.
 */

/**
 * @param {HTMLElement} field
 * @param {HTMLInputElement} chosen   the box that is ticked to steer so
 * @param {(first: boolean, second: boolean) => void} held  the buttons; also when all is let go
 */
export function pointerOver(field, chosen, held) {
  /** @type {{x: number, y: number} | null} in pixels of the field; null: not steering */
  let at = null;
  const letGo = () => {
    if (at) held(false, false);
    at = null;
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (event.pointerType === "touch" || !chosen.checked) return;
    const box = field.getBoundingClientRect();
    at = { x: event.clientX - box.left, y: event.clientY - box.top };
    held((event.buttons & 1) > 0, (event.buttons & 2) > 0);
  };
  field.addEventListener("pointermove", move);
  field.addEventListener("pointerdown", move);
  field.addEventListener("pointerup", move);
  field.addEventListener("pointerleave", letGo);
  field.addEventListener("contextmenu", (event) => chosen.checked && event.preventDefault());
  chosen.addEventListener("change", letGo);
  return { at: () => at, stop: letGo };
}
