/**
 * The result of a match over the board, with the rematch: who agreed, who is still waited for.
 */
import { announce, byId, enable, make, onPress, seatClass, setText, show } from "./dom.js";
import { rematchOf, resultOf } from "./model.js";
import { sentence } from "./words.js";

/** @typedef {import("./model.js").Facts} Facts */

const LOOK_MS = 900; // the last move is seen before the result covers it

export class Results {
  #card = byId("results");
  #again = byId("results-show");
  #rematch = byId("rematch");
  #wait = byId("results-wait");
  #match = 0; // of the result that is drawn
  #hidden = false;
  #due = false;

  /**
   * @param {import("../net/client.js").RoomClient} client
   * @param {() => void} redraw
   * @param {string} matches  address of this room's matches; the number of one leads to its replay
   */
  constructor(client, redraw, matches) {
    this.client = client;
    this.matches = matches;
    this.redraw = redraw;
    onPress(this.#rematch, () => client.command("rematch"));
    onPress(byId("results-hide"), () => this.#toggle(true));
    onPress(this.#again, () => this.#toggle(false));
  }

  /** @param {Facts} facts */
  update(facts) {
    const result = facts.over ? resultOf(facts) : null;
    if (!result) this.#match = 0;
    else if (this.#match !== facts.room.match) this.#open(facts, result);
    show(this.#card, !!result && this.#due && !this.#hidden);
    show(this.#again, !!result && this.#due && this.#hidden);
    if (result) this.#drawRematch(facts);
  }

  /** @param {Facts} facts @param {import("./model.js").Result} result */
  #open({ room }, result) {
    this.#match = room.match;
    this.#hidden = this.#due = false;
    setText(byId("results-title"), result.headline);
    setText(byId("results-reason"), sentence(result.reason));
    byId("results-replay", HTMLAnchorElement).href = `${this.matches}${room.match}/`;
    byId("places").replaceChildren(...result.places.map((place) => placeRow(place, result.scored)));
    announce(`The match is over. ${result.headline}.`);
    setTimeout(() => {
      this.#due = true;
      this.redraw();
    }, LOOK_MS);
  }

  /** @param {Facts} facts */
  #drawRematch(facts) {
    const { agreed, people, mine, waiting } = rematchOf(facts);
    show(this.#rematch, facts.seat !== null);
    enable(this.#rematch, !mine && !facts.room.blocked && !facts.room.paused);
    setText(this.#rematch, mine ? "Rematch asked for" : "Rematch");
    const agreeing = people > 1 && agreed > 0 ? `${agreed} of ${people} want a rematch; waiting for ${waiting.join(", ")}.` : "";
    setText(this.#wait, facts.room.blocked || agreeing);
  }

  /** @param {boolean} hidden */
  #toggle(hidden) {
    this.#hidden = hidden;
    show(this.#card, !hidden);
    show(this.#again, hidden);
    (hidden ? this.#again : byId("results-hide")).focus();
  }
}

/** @param {import("./model.js").Result["places"][number]} place @param {boolean} scored */
function placeRow({ seat, rank, score, name, mine }, scored) {
  const row = make("li", { class: `place ${seatClass(seat)}` });
  row.classList.toggle("is-first", rank === 1);
  row.append(
    make("span", { class: "place-rank", text: `${rank}.` }),
    make("span", { class: "seat-badge", text: String(seat + 1), "aria-hidden": "true" }),
    make("span", { class: "place-name", text: mine ? `${name} (you)` : name }),
  );
  if (scored) row.append(make("span", { class: "place-score mono", text: String(score) }));
  return row;
}
