/**
 * Makers of elements for what a game draws. Looks are classes and SVG attributes: the page forbids inline styles.
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean>} Attributes  true: there without a value; false: left out */

/**
 * An HTML element with attributes and children.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * An SVG element with attributes and children. Attributes may name tokens: fill="var(--accent)".
 *
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * A gallery picture: 160 by 100 units on the quieter surface, cut to fill its host.
 *
 * @param {Node[]} children
 */
export function pictureRoot(...children) {
  const box = { viewBox: "0 0 160 100", preserveAspectRatio: "xMidYMid slice", width: "100%", height: "100%" };
  const ground = svg("rect", { width: 160, height: 100, fill: "var(--surface-2)" });
  return svg("svg", { ...box, "aria-hidden": "true", focusable: "false" }, ground, ...children);
}

/**
 * Write `text` into `element`, only when it differs: a live region must not hear the same twice.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 * @returns {E}
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}
