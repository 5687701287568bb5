/**
 * Short notes in a corner: what went wrong and what to do. At most three; they go by themselves or when closed.
 */
import { byId, make, onPress } from "./dom.js";

const MOST = 3;
const SHOWN_MS = 8000;

export class Notices {
  #region = byId("toasts");

  /** @param {string} text @param {"bad"|"good"} [look] */
  tell(text, look = "bad") {
    const known = [...this.#region.children].find((note) => note.firstElementChild?.textContent === text);
    if (known) return;
    while (this.#region.children.length >= MOST) this.#region.firstElementChild?.remove();
    const close = make("button", { class: "btn btn-small btn-quiet", type: "button", text: "Close" });
    const note = make("div", { class: `notice toast is-${look}` }, make("p", { text }), close);
    onPress(close, () => note.remove());
    this.#region.append(note);
    setTimeout(() => note.remove(), SHOWN_MS);
  }

  /** Whatever this page failed at and nobody caught is told, once; the console has the details. */
  catchAll() {
    const failed = () => this.tell("Something on this page failed. If it does not work any more, load it again.");
    window.addEventListener("error", (event) => void (event.error && failed()));
    window.addEventListener("unhandledrejection", failed);
  }
}
