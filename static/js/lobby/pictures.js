/** Draws the games' pictures: each by its own module, found at the address in data-picture. */

/** @typedef {{default: {picture?: (host: HTMLElement) => void}}} Drawn */

/** A picture that cannot be drawn leaves the game's letter in its place. @param {HTMLElement} host */
async function draw(host) {
  const address = host.dataset.picture ?? "";
  try {
    const { default: game } = /** @type {Drawn} */ (await import(address));
    if (!game.picture) return;
    const place = document.createElement("div");
    place.className = "picture-place";
    game.picture(place);
    host.replaceChildren(place);
  } catch (error) {
    console.warn(`No picture from ${address}:`, error);
  }
}

/** Draw every picture of the page. */
export function drawPictures() {
  for (const host of document.querySelectorAll("[data-picture]")) {
    if (host instanceof HTMLElement) void draw(host);
  }
}
