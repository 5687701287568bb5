/** The page's polite live region. */

/** Have a screen reader say `text`, even when it is what was said before. @param {string} text */
export function say(text) {
  const region = document.getElementById("live");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50); // an unchanged text is not read again
}
