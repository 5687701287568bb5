/**
 * Players and chat on small screens: two buttons that open one panel at a time; in a match the panel is a sheet over
 * the game. On wide screens both panels are always there and the buttons are not (room.css).
 */
import { byId, onPress, setAttribute, setText, show } from "./dom.js";

const NARROW = "(width < 64rem)";
const NAMES = /** @type {const} */ (["seats", "chat"]);

/** @typedef {typeof NAMES[number]} Name */

export class Panels {
  /** @type {Name|null} */
  #open = "seats";
  #narrow = window.matchMedia(NARROW);
  #playing = false;
  #unread = 0;
  #side = byId("side");
  #badge = byId("tab-chat-count");

  constructor() {
    for (const name of NAMES) onPress(byId(`tab-${name}`), () => this.#press(name));
    for (const close of this.#side.querySelectorAll("[data-close]")) {
      if (close instanceof HTMLElement) onPress(close, () => this.#set(null, true));
    }
    this.#side.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#isSheet && !event.defaultPrevented) this.#set(null, true);
    });
    this.#narrow.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** @param {import("./model.js").Facts} facts */
  update({ room }) {
    const playing = room.phase !== "waiting";
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#set(playing ? null : "seats", false);
  }

  /** Somebody wrote. */
  news() {
    if (!this.#narrow.matches || this.#open === "chat") return;
    this.#unread++;
    this.#draw();
  }

  get #isSheet() {
    return this.#narrow.matches && this.#playing;
  }

  /** @param {Name} name */
  #press(name) {
    this.#set(this.#open === name && this.#playing ? null : name, false);
  }

  /** @param {Name|null} name @param {boolean} goBack  to the button that had opened it */
  #set(name, goBack) {
    const before = this.#open;
    this.#open = name;
    if (name === "chat") this.#unread = 0;
    this.#draw();
    if (goBack && before) byId(`tab-${before}`).focus();
  }

  #draw() {
    for (const name of NAMES) {
      const open = this.#open === name;
      setAttribute(byId(`tab-${name}`), "aria-expanded", String(open));
      show(byId(`${name}-panel`), open || !this.#narrow.matches);
    }
    show(this.#side, this.#open !== null || !this.#narrow.matches);
    setText(this.#badge, `${this.#unread} new`);
    show(this.#badge, this.#unread > 0);
    if (this.#open === "chat") byId("lines").scrollTop = byId("lines").scrollHeight;
  }
}
