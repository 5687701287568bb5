/**
 * The live list of rooms. Rows that are there change in place, so that nothing jumps under the pointer or the focus;
 * new ones come in at the top. The server filters; until it has, and while it is away, what is here is filtered here.
 */

import { say } from "./say.js";

/** @typedef {import("./socket.js").Row} Row @typedef {import("./socket.js").State} State */
/** @typedef {import("./socket.js").Sums} Sums @typedef {import("./socket.js").Wanted} Wanted */

const TYPED = 300; // ms without a letter before a search is made
const SAY_EVERY = 5000; // ms between two summaries read aloud
const WORDS = { live: "Live", stale: "May be out of date", reconnecting: "Reconnecting" };
const MOODS = { live: "is-live", stale: "is-warn", reconnecting: "is-warn" };

export class RoomList {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Sums | undefined} */
  #sums;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #told = "";
  /** Another list is wanted. @type {(wanted: Wanted) => void} */
  onWanted = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Document} page */
  constructor(page) {
    this.list = demand(page.getElementById("rooms"), HTMLElement);
    this.template = demand(page.getElementById("room-row"), HTMLTemplateElement);
    this.filters = demand(page.getElementById("filters"), HTMLFormElement);
    this.empty = demand(page.getElementById("rooms-empty"), HTMLElement);
    this.emptyWords = demand(page.getElementById("rooms-empty-words"), HTMLElement);
    this.all = demand(page.getElementById("rooms-all"), HTMLElement);
    this.summary = demand(page.getElementById("rooms-summary"), HTMLElement);
    this.pill = demand(page.getElementById("rooms-connection"), HTMLElement);
    this.down = page.getElementById("rooms-down");
    this.filters.addEventListener("change", () => this.#filtered());
    this.filters.addEventListener("input", () => this.#typed());
    this.filters.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#filtered();
    });
    this.all.addEventListener("click", (event) => this.#showAll(event));
  }

  /** Which list is wanted now. @returns {Wanted} */
  get wanted() {
    const form = new FormData(this.filters);
    const [game, text] = [String(form.get("game") ?? ""), String(form.get("text") ?? "").trim()];
    return { game, seats: Boolean(form.get("seats")), text };
  }

  /** The whole list. @param {Row[]} rows @param {Sums} sums */
  replace(rows, sums) {
    this.#sums = sums;
    this.#rows = new Map(rows.map((row) => [row.room, row]));
    for (const line of [...this.list.children]) {
      if (!this.#rows.has(roomOf(line))) this.#drop(line);
    }
    for (const row of [...rows].reverse()) this.#show(row);
    if (this.down) this.down.hidden = true;
    this.#sum();
  }

  /** @param {Row[]} rows  new or changed @param {string[]} gone  ids @param {Sums} sums */
  change(rows, gone, sums) {
    this.#sums = sums;
    for (const row of rows) {
      this.#rows.set(row.room, row);
      this.#show(row);
    }
    for (const room of gone) {
      this.#rows.delete(room);
      const line = this.#line(room);
      if (line) this.#drop(line);
    }
    this.#sum();
  }

  /** @param {State} state */
  connection(state) {
    this.pill.hidden = false;
    this.pill.className = `pill ${MOODS[state]}`;
    this.pill.textContent = WORDS[state];
  }

  /** @param {string} room */
  #line(room) {
    return this.list.querySelector(`[data-room="${CSS.escape(room)}"]`);
  }

  /** @param {Row} row */
  #show(row) {
    let line = this.#line(row.room);
    if (!line) {
      line = demand(this.template.content.firstElementChild?.cloneNode(true), HTMLElement);
      line.setAttribute("data-room", row.room);
      this.list.prepend(line);
    }
    fill(line, row);
    demand(line, HTMLElement).hidden = !this.#fits(row);
  }

  /** A line that has the focus gives it to the list's heading, not to nothing. @param {Element} line */
  #drop(line) {
    if (line.contains(document.activeElement)) document.getElementById("filter-game")?.focus();
    line.remove();
  }

  /** @param {Row} row */
  #fits(row) {
    const { game, seats } = this.wanted;
    return (!game || row.game === game) && (!seats || row.joinable);
  }

  #typed() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#filtered(), TYPED);
  }

  #filtered() {
    clearTimeout(this.#typing);
    this.#sums = undefined; // until the server has counted
    for (const row of this.#rows.values()) {
      const line = this.#line(row.room);
      if (line instanceof HTMLElement) line.hidden = !this.#fits(row);
    }
    const query = [...new FormData(this.filters)].filter(([, value]) => value);
    const search = new URLSearchParams(/** @type {[string, string][]} */ (query)).toString();
    history.replaceState(null, "", search ? `?${search}` : location.pathname);
    this.#sum();
    this.onWanted(this.wanted);
  }

  /** @param {Event} event */
  #showAll(event) {
    event.preventDefault();
    const game = this.filters.elements.namedItem("game");
    const seats = this.filters.elements.namedItem("seats");
    const text = this.filters.elements.namedItem("text");
    if (text instanceof HTMLInputElement) text.value = "";
    if (game instanceof HTMLSelectElement) game.value = "";
    if (seats instanceof HTMLInputElement) seats.checked = false;
    this.#filtered();
    if (game instanceof HTMLElement) game.focus();
  }

  /** How many there are, in words, and the way on when there are none. */
  #sum() {
    const shown = [...this.#rows.values()].filter((row) => this.#fits(row));
    const { total, free } = this.#sums ?? { total: shown.length, free: shown.filter((row) => row.joinable).length };
    const { game, seats, text } = this.wanted;
    const filtered = game || seats || text;
    const part = total > shown.length ? `, the first ${shown.length} of them here` : "";
    const words = `${total} ${total === 1 ? "room" : "rooms"}, ${free} with a free seat${part}`;
    this.summary.textContent = shown.length ? words : "";
    this.empty.hidden = shown.length > 0;
    this.all.hidden = !filtered;
    this.emptyWords.textContent = filtered
      ? "No open room fits this filter."
      : "No room is open right now. Press Play on a game and you have one.";
    this.#tell(shown.length ? words : "No rooms");
  }

  /** Read the summary aloud, at most every few seconds and only when it is new. @param {string} words */
  #tell(words) {
    const first = this.#told === "";
    if (first) this.#told = words; // what the page began with is not news
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = this.summary.textContent || "No rooms";
      if (now !== this.#told) say(now);
      this.#told = now;
    }, SAY_EVERY);
  }
}

/** @param {Element} line */
const roomOf = (line) => line.getAttribute("data-room") ?? "";

/** Put a row's values into its line. @param {Element} line @param {Row} row */
function fill(line, row) {
  const by = row.host ? `with ${row.host}` : "";
  const words = { ...row, by, which: ` ${row.title} ${by}`.trimEnd() };
  for (const name of /** @type {const} */ (["title", "by", "players", "size", "state", "spectators", "action", "which"])) {
    const place = line.querySelector(`[data-field=${name}]`);
    if (place && place.textContent !== String(words[name])) place.textContent = String(words[name]);
  }
  demand(line.querySelector("[data-field=state]"), HTMLElement).className = `pill is-${row.mood}`;
  const link = demand(line.querySelector("[data-field=link]"), HTMLAnchorElement);
  link.href = row.url;
  link.classList.toggle("btn-primary", row.joinable);
  const pips = row.pips.map((kind) => Object.assign(document.createElement("i"), { className: `pip ${kind}` }));
  line.querySelector("[data-field=pips]")?.replaceChildren(...pips);
}

/**
 * The thing itself, which the page's template promises to be there.
 * @template {Node} T
 * @param {Node | null | undefined} found
 * @param {new () => T} kind
 * @returns {T}
 */
function demand(found, kind) {
  if (!(found instanceof kind)) throw new Error(`the page lacks a ${kind.name} that the list needs`);
  return found;
}
