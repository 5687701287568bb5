/**
 * Small steps in the page's document. Everything shown goes in as text, never as markup, and only when it differs, so
 * that focus, selection and live regions are left in peace.
 */

/**
 * The element with this id, of this class. Throws when the template lacks it.
 *
 * @template {Element} [E=HTMLElement]
 * @param {string} id
 * @param {new () => E} [kind]
 * @returns {E}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  const wanted = kind ?? HTMLElement;
  if (found instanceof wanted) return /** @type {E} */ (/** @type {unknown} */ (found));
  throw new Error(`The page lacks ${wanted.name} #${id}.`);
}

/**
 * A new element with classes, text and attributes.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{class?: string, text?: string, [attribute: string]: string|undefined}} [made]
 * @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, { class: classes, text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value ?? "");
  element.append(...children);
  return element;
}

/** @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string|null} value  null removes it */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Unlike `disabled`, keeps the button reachable, so that the keyboard does not lose its place and the reason is heard.
 *
 * @param {HTMLElement} button @param {boolean} enabled
 */
export function enable(button, enabled) {
  setAttribute(button, "aria-disabled", enabled ? null : "true");
}

/** Call on every press that counts. @param {HTMLElement} button @param {() => void} act */
export function onPress(button, act) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") act();
  });
}

/** The class of a seat's colour; colours repeat after eight. @param {number} seat */
export const seatClass = (seat) => `seat-${seat % 8}`;

/** Say it in the page's polite live region; the same words twice are heard twice. @param {string} text */
export function announce(text) {
  const region = byId("live");
  const same = region.textContent === text;
  region.textContent = same ? `${text}\u00a0` : text;
}
