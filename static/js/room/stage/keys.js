/**
 * Keys that are held, for games one steers. They never take a key from somebody who types, or from a button.
 */

const TYPING = "input, textarea, select, [contenteditable], dialog";
const PRESSED_BY = new Set(["Space", "Enter"]);

/**
 * Report every change of what is held. Keys count while the focus is in the stage or nowhere in particular.
 *
 * @param {HTMLElement} stage
 * @param {Record<string, string>} meanings   KeyboardEvent.code -> what it means
 * @param {(held: ReadonlySet<string>, pressed: string | null) => void} changed  `pressed`: what was just pressed, if so
 */
export function heldKeys(stage, meanings, changed) {
  /** @type {Set<string>} codes */
  const down = new Set();
  const held = () => new Set([...down].map((code) => meanings[code] ?? ""));
  const press = (/** @type {KeyboardEvent} */ event) => {
    const meaning = meanings[event.code];
    if (!meaning || event.ctrlKey || event.altKey || event.metaKey || !belongsTo(stage, event)) return;
    event.preventDefault();
    if (down.has(event.code)) return;
    down.add(event.code);
    changed(held(), meaning);
  };
  const lift = (/** @type {KeyboardEvent} */ event) => {
    if (down.delete(event.code)) changed(held(), null);
  };
  const letGo = () => {
    if (!down.size) return;
    down.clear();
    changed(held(), null);
  };
  const hide = () => document.hidden && letGo();
  document.addEventListener("keydown", press);
  document.addEventListener("keyup", lift);
  document.addEventListener("visibilitychange", hide);
  globalThis.addEventListener("blur", letGo);
  return () => {
    document.removeEventListener("keydown", press);
    document.removeEventListener("keyup", lift);
    document.removeEventListener("visibilitychange", hide);
    globalThis.removeEventListener("blur", letGo);
  };
}

/**
 * True when a key pressed here is meant for the game and not for what has the focus.
 *
 * @param {HTMLElement} stage
 * @param {KeyboardEvent} event
 */
function belongsTo(stage, event) {
  const { target } = event;
  if (!(target instanceof Element) || target === document.body || target === stage) return true;
  if (target.closest(TYPING) || !stage.contains(target)) return false;
  return !(PRESSED_BY.has(event.code) && target.closest("button, a, summary"));
}
