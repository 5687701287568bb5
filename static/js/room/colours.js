/**
 * The seats' colours as the theme has them now, for drawings on a canvas, which know no CSS variables.
 *
 * @returns {(seat: number) => string} a CSS colour
 */
export function seatColours() {
  /** @type {Map<number, string>} */
  let known = new Map();
  const forget = () => void (known = new Map());
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forget);
  new MutationObserver(forget).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return (seat) => {
    const index = seat % 8;
    const colour = known.get(index) ?? getComputedStyle(document.documentElement).getPropertyValue(`--seat-${index}`).trim();
    known.set(index, colour);
    return colour;
  };
}
