/** The page of tokens: copying the new one, and not making it twice by a reload. */

import { say } from "./say.js";

/** @param {HTMLElement} button */
async function copy(button) {
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
    say("The token is copied.");
  } catch {
    button.textContent = "Press Ctrl+C"; // no clipboard without https; the text is selected
    say("The token is selected. Copy it with your keyboard.");
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener("click", () => void copy(button));
  button.disabled = false; // until now a click would have been lost
}
if (document.getElementById("made-token")) {
  history.replaceState(null, "", location.pathname); // a reload asks for the page and does not send the form again
}
