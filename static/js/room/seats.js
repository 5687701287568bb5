/**
 * The seats: who sits where, with marks; what the host may do with each; bots; and the strip of seats over the game on
 * small screens. Rows are made once and changed in place, so that focus and open menus stay.
 */
import { byId, make, onPress, seatClass, setAttribute, setText, show } from "./dom.js";
import { headCount, marksOf, powersOver } from "./model.js";

/** @typedef {import("./model.js").Facts} Facts */
/** @typedef {{root: HTMLElement, draw: (facts: Facts) => void}} Row */

const BUBBLE_MS = 3500;

export class Seats {
  #list = byId("seats");
  #strip = byId("strip");
  #count = byId("seats-count");
  #tabCount = byId("tab-seats-count");
  #watchers = byId("watchers");
  /** @type {Row[]} */
  #rows = [];
  /** @type {Row[]} */
  #chips = [];

  /** @param {import("../net/client.js").RoomClient} client */
  constructor(client) {
    this.client = client;
    this.bots = mountBots(client);
  }

  /** @param {Facts} facts */
  update(facts) {
    const { room, seat } = facts;
    while (this.#rows.length < room.seats.length) this.#add(this.#rows.length);
    for (const part of [...this.#rows, ...this.#chips]) part.draw(facts);
    const { taken, size } = headCount(facts);
    setText(this.#count, `${taken} of ${size} seats taken`);
    setText(this.#tabCount, `${taken}/${size}`);
    setText(this.#watchers, watchersText(room.spectators, seat));
    this.bots(facts);
    const scrolls = this.#list.scrollHeight > this.#list.clientHeight + 1;
    setAttribute(this.#list, "tabindex", scrolls ? "0" : null); // so that the keyboard can scroll it
  }

  /** A bubble at a seat, wherever the seat is shown. @param {number} seat @param {string} text */
  bubble(seat, text) {
    for (const host of [this.#rows[seat]?.root, this.#chips[seat]?.root]) {
      if (!host) continue;
      host.querySelector(".bubble")?.remove();
      const bubble = make("span", { class: "bubble", text });
      host.append(bubble);
      setTimeout(() => bubble.remove(), BUBBLE_MS);
    }
  }

  /** @param {number} seat */
  #add(seat) {
    const row = seatRow(this.client, seat);
    const chip = seatChip(seat);
    this.#rows.push(row);
    this.#chips.push(chip);
    this.#list.append(row.root);
    this.#strip.append(chip.root);
  }
}

/** @param {number} spectators @param {number|null} seat */
function watchersText(spectators, seat) {
  const others = spectators - (seat === null ? 1 : 0);
  if (seat === null) return others > 0 ? `You and ${others} more are watching.` : "You are watching.";
  if (others === 0) return "";
  return others === 1 ? "One person is watching." : `${others} people are watching.`;
}

/** @param {import("../net/client.js").RoomClient} client @param {number} seat @returns {Row} */
function seatRow(client, seat) {
  const name = make("span", { class: "seat-name" });
  const marks = make("span", { class: "seat-marks" });
  const sit = make("button", { class: "btn btn-small", type: "button", text: "Sit here" });
  const stand = make("button", { class: "btn btn-small btn-quiet", type: "button", text: "Stand up" });
  const promote = make("button", { class: "btn btn-small btn-quiet", type: "button", text: "Make host" });
  const kick = make("button", { class: "btn btn-small btn-quiet btn-danger", type: "button", text: "Remove" });
  const menu = make("div", { class: "card seat-menu", id: `seat-menu-${seat}`, popover: "auto" }, promote, kick);
  const more = make("button", { class: "btn btn-small btn-quiet seat-more", type: "button", text: "⋯", popovertarget: menu.id });
  menu.addEventListener("beforetoggle", () => placeBelow(menu, more));
  const badge = make("span", { class: "seat-badge", text: String(seat + 1), "aria-hidden": "true" });
  const root = make("li", { class: `seat ${seatClass(seat)}` }, badge, make("span", { class: "seat-who" }, name, marks), sit, stand, more, menu);
  const act = (/** @type {HTMLElement} */ button, /** @type {string} */ kind) =>
    onPress(button, () => {
      menu.hidePopover();
      client.command(kind, { seat });
    });
  act(sit, "sit");
  onPress(stand, () => client.command("stand"));
  act(promote, "host");
  act(kick, "kick");

  return {
    root,
    draw(facts) {
      const sitter = facts.room.seats[seat] ?? null;
      const who = sitter?.name ?? "Free seat";
      setText(name, who);
      drawMarks(marks, marksOf(facts, seat));
      drawState(root, sitter, facts.me);
      const between = facts.room.phase !== "playing";
      show(sit, !sitter && facts.seat === null && facts.room.joinable);
      show(stand, facts.seat === seat && between && facts.room.seats.length > 1);
      setAttribute(sit, "aria-label", `Sit here, seat ${seat + 1}`);
      const powers = powersOver(facts, seat);
      const any = powers.kick || powers.promote;
      show(more, any);
      show(kick, powers.kick);
      if (!any && menu.matches(":popover-open")) menu.hidePopover();
      show(promote, powers.promote);
      setAttribute(more, "aria-label", `What to do with ${who}`);
      setAttribute(kick, "aria-label", `Remove ${who}`);
      setAttribute(promote, "aria-label", `Make ${who} the host`);
    },
  };
}

/** @param {Element} root @param {import("../net/wire.js").SeatView|null} sitter @param {string} me */
function drawState(root, sitter, me) {
  root.classList.toggle("is-free", !sitter);
  root.classList.toggle("is-away", !!sitter && !sitter.here);
  root.classList.toggle("is-me", sitter?.player === me);
}

/** @param {Element} host @param {ReturnType<typeof marksOf>} marks */
function drawMarks(host, marks) {
  const key = marks.map(({ text, look }) => `${look}:${text}`).join("|");
  if (host.getAttribute("data-marks") === key) return;
  host.setAttribute("data-marks", key);
  host.replaceChildren(...marks.map(({ text, look }) => make("span", { class: `tag is-${look}`, text })));
}

/** @param {number} seat @returns {Row} */
function seatChip(seat) {
  const name = make("span", { class: "chip-name" });
  const root = make("li", { class: `chip ${seatClass(seat)}` }, make("span", { class: "seat-badge", text: String(seat + 1) }), name);
  return {
    root,
    draw({ room, me }) {
      const sitter = room.seats[seat] ?? null;
      setText(name, sitter?.player === me ? "You" : (sitter?.name ?? "free"));
      drawState(root, sitter, me);
    },
  };
}

/** The host's "add a bot". @param {import("../net/client.js").RoomClient} client @returns {(facts: Facts) => void} */
function mountBots(client) {
  const form = byId("add-bot");
  const strength = byId("bot-strength", HTMLSelectElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    client.command("bot", { strength: strength.value });
  });
  return ({ room, game, host, free }) => {
    if (strength.options.length === 0) {
      const usual = Math.floor((game.strengths.length - 1) / 2);
      strength.append(...game.strengths.map((word) => make("option", { value: word, text: `${word} bot` })));
      strength.selectedIndex = usual;
    }
    show(form, host && free > 0 && game.strengths.length > 0 && room.phase !== "playing" && !room.paused);
  };
}

/** A popover is above everything and knows no place of its own. @param {HTMLElement} menu @param {Element} opener */
function placeBelow(menu, opener) {
  const { top, bottom, right } = opener.getBoundingClientRect();
  const above = bottom > window.innerHeight - 130;
  menu.style.right = `${window.innerWidth - right}px`;
  menu.style.top = above ? "auto" : `${bottom + 4}px`;
  menu.style.bottom = above ? `${window.innerHeight - top + 4}px` : "auto";
}
