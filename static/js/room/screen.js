/**
 * What stands in place of the room when the server has ended the connection for good, and leaving of one's own wish.
 */
import { CLOSE } from "../net/wire.js";
import { byId, onPress, setText, show } from "./dom.js";
import { screenOf } from "./words.js";

/** @typedef {import("../net/client.js").RoomClient} RoomClient */

const LABELS = { again: "Try again", takeover: "Take over here", reload: "Load the page again" };
const PATIENCE_MS = 1500; // for the server's goodbye after "leave"

export class FinalScreen {
  #screen = byId("screen");
  #body = byId("room-body");
  #action = byId("screen-action");
  /** @type {import("./words.js").Screen["action"]} */
  #does = null;

  /** @param {RoomClient} client @param {string} lobby  address */
  constructor(client, lobby) {
    this.client = client;
    this.lobby = lobby;
    client.on("goodbye", ({ code, reason, reconnect }) => {
      if (code === CLOSE.LEFT) this.#go();
      else if (!reconnect) this.#open(code, reason);
    });
    client.on("welcome", () => this.#close());
    onPress(this.#action, () => this.#act());
  }

  /** Gives the seat up and goes to the lobby. */
  leave() {
    if (this.client.state.name === "closed" || this.client.command("leave") === 0) return this.#go();
    setTimeout(() => this.#go(), PATIENCE_MS);
  }

  #go() {
    this.client.close();
    window.location.assign(this.lobby);
  }

  /** @param {number} code @param {string} reason */
  #open(code, reason) {
    const { title, text, action } = screenOf(code, reason);
    this.#does = action;
    setText(byId("screen-title"), title);
    setText(byId("screen-text"), text);
    setText(this.#action, action ? LABELS[action] : "");
    show(this.#action, action !== null);
    show(this.#screen, true);
    show(this.#body, false);
    this.#screen.focus();
  }

  #close() {
    if (this.#screen.hidden) return;
    show(this.#screen, false);
    show(this.#body, true);
  }

  #act() {
    if (this.#does === "reload") return window.location.reload();
    this.client.connect();
  }
}
