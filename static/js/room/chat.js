/**
 * The chat and the room's own news in one log. One's own lines stand there at once, pale until the room has them.
 */
import { announce, byId, make, onPress, seatClass, setText, show } from "./dom.js";
import { EMOTES, lineOf } from "./words.js";

/** @typedef {import("../net/client.js").RoomClient} RoomClient */
/** @typedef {import("../net/wire.js").RoomEvent} RoomEvent */

const MOST = 250; // lines kept
const NEAR_END = 40; // letters left from which the count is shown
const EMOTE_EVERY_MS = 600;

export class Chat {
  #lines = byId("lines");
  #field = byId("say-text", HTMLInputElement);
  #left = byId("say-left");
  #emotes = byId("emotes");
  /** One's own lines that the room does not have yet, oldest first. @type {{seq: number, line: HTMLElement}[]} */
  #pending = [];
  #emoteAt = 0;

  /**
   * @param {RoomClient} client
   * @param {(seat: number, text: string) => void} bubble
   * @param {() => void} onNews  somebody wrote
   */
  constructor(client, bubble, onNews) {
    this.client = client;
    this.bubble = bubble;
    this.onNews = onNews;
    byId("say").addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("input", () => this.#count());
    this.#emotes.append(...Object.entries(EMOTES).map(([emote, said]) => this.#emoteButton(emote, said)));
    client.on("welcome", (welcome, first) => this.#welcomed(welcome, first));
    client.on("event", (event, past) => this.#event(event, past));
    client.on("reject", (refusal) => this.#refused(refusal));
    client.on("ack", (seq) => this.#acked(seq));
    client.on("relay", ({ seat, kind, body }) => {
      if (kind === "emote" && Object.hasOwn(EMOTES, body?.emote)) bubble(seat, EMOTES[body.emote]?.text ?? "");
    });
  }

  /** @param {import("./model.js").Facts} facts */
  update({ seat }) {
    show(this.#emotes, seat !== null);
  }

  /** @param {import("../net/wire.js").Welcome} welcome @param {boolean} first */
  #welcomed({ limits, recovered }, first) {
    this.#field.maxLength = limits.chat_letters;
    if (!first && !recovered) this.#add(make("p", { class: "line is-news", text: "Some of what was said while you were away is lost." }));
  }

  /** @param {RoomEvent} event @param {boolean} past */
  #event(event, past) {
    if (event.kind === "chat") return this.#said(event.body ?? {}, past);
    const text = lineOf(event);
    if (text) this.#add(make("p", { class: "line is-news", text }));
  }

  /** @param {Record<string, any>} body @param {boolean} past */
  #said({ player, name, seat, text }, past) {
    const mine = player === this.client.you?.player;
    const waiting = mine && !past ? this.#pending.shift() : undefined;
    const line = chatLine(name, seat, text, mine);
    if (waiting) waiting.line.replaceWith(line);
    else this.#add(line);
    if (!past && !mine) this.onNews();
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim().replace(/\s+/g, " ");
    if (!text) return;
    const seq = this.client.command("chat", { text });
    if (seq === 0) return; // the page told why
    const line = chatLine(this.client.you?.name ?? "", this.client.seat, text, true);
    line.classList.add("is-pending");
    this.#pending.push({ seq, line });
    this.#add(line);
    this.#field.value = "";
    this.#count();
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  /** @param {import("../net/client.js").Refusal} refusal */
  #refused({ seq, message, command }) {
    if (command?.t !== "chat") return;
    const at = this.#pending.findIndex((one) => one.seq === seq);
    const [failed] = at < 0 ? [] : this.#pending.splice(at, 1);
    failed?.line.classList.replace("is-pending", "is-failed");
    failed?.line.append(make("span", { class: "line-why", text: `Not sent: ${message}` }));
    if (!this.#field.value) this.#field.value = command.text ?? "";
    announce(`Your message was not sent. ${message}`);
  }

  /** Counted, though its event has not come (or was lost on the way): it is no longer pale. @param {number} seq */
  #acked(seq) {
    for (const { seq: own, line } of this.#pending) if (own <= seq) line.classList.remove("is-pending");
  }

  #count() {
    const left = this.#field.maxLength - this.#field.value.length;
    setText(this.#left, `${left} letters left`);
    show(this.#left, left <= NEAR_END);
  }

  /** @param {HTMLElement} line */
  #add(line) {
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 60;
    this.#lines.append(line);
    while (this.#lines.children.length > MOST) this.#lines.firstElementChild?.remove();
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  /** @param {string} emote @param {{label: string, text: string}} said */
  #emoteButton(emote, { label, text }) {
    const button = make("button", { class: "emote", type: "button", text: label });
    onPress(button, () => {
      const now = performance.now();
      const { seat } = this.client;
      if (seat === null || now - this.#emoteAt < EMOTE_EVERY_MS) return;
      this.#emoteAt = now;
      if (this.client.relay("emote", { emote })) this.bubble(seat, text);
    });
    return button;
  }
}

/** @param {string} name @param {number|null} seat @param {string} text @param {boolean} mine */
function chatLine(name, seat, text, mine) {
  const who = make("span", { class: "line-who", text: mine ? "You" : name });
  const line = make("p", { class: "line" }, who, " ", make("span", { class: "line-text", text }));
  line.classList.toggle("is-mine", mine);
  if (typeof seat === "number") line.classList.add(seatClass(seat));
  return line;
}
