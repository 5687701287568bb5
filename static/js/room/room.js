/**
 * The room page: one client, the parts that show it, and one drawing per animation frame from the newest view.
 *
 *     server -> static/js/net -> [this page] -> the game's drawing
 *
 * @typedef {object} Config  what the server tells the page (lobby/views/room.py)
 * @property {string} room
 * @property {string} ws  path of the room's WebSocket
 * @property {{slug: string, title: string}} game
 * @property {string} js  address of the game's module
 * @property {string} lobby
 * @property {string} matches  address of the room's matches
 * @property {string} invite
 */
import { RoomClient } from "../net/client.js";
import { mountActions } from "./actions.js";
import { Chat } from "./chat.js";
import { seatColours } from "./colours.js";
import { byId, setAttribute, setText, show } from "./dom.js";
import { oncePerFrame } from "./frames.js";
import { mountInvite } from "./invite.js";
import { factsOf, loungeOf } from "./model.js";
import { Notices } from "./notices.js";
import { Panels } from "./panels.js";
import { mountPill } from "./pill.js";
import { Play } from "./play.js";
import { Results } from "./results.js";
import { FinalScreen } from "./screen.js";
import { Seats } from "./seats.js";

/** @typedef {import("./model.js").Facts} Facts */

const COUNT_MS = 250; // how often a countdown is drawn

function begin() {
  const notices = new Notices();
  notices.catchAll();
  /** @type {Config} */
  const config = JSON.parse(byId("room-config").textContent ?? "");
  const client = new RoomClient(optionsOf(config));
  const ask = oncePerFrame(() => draw());
  const screen = new FinalScreen(client, config.lobby);
  const panels = new Panels();
  const seats = new Seats(client);
  const chat = new Chat(client, (seat, text) => seats.bubble(seat, text), () => panels.news());
  const results = new Results(client, () => askAll(), config.matches);
  const actions = mountActions(client, () => screen.leave());
  const drawPill = mountPill(client);
  const play = new Play(client, config.js, seatColours(), (text) => notices.tell(text));
  mountInvite(config);

  /** @type {Facts["room"]|null} */
  let drawn = null; // a view that is the same object is the same: most frames change the game alone
  const askAll = () => {
    drawn = null;
    ask();
  };

  function draw() {
    drawPill();
    const facts = factsOf(client);
    if (!facts || (facts.room === drawn && facts.fillIn === null)) return;
    for (const part of [panels, seats, chat, results]) part.update(facts);
    actions(facts);
    drawTable(facts);
    focusGame(facts);
    drawn = facts.room;
    if (facts.fillIn !== null) setTimeout(ask, COUNT_MS);
  }

  client.on("frame", ask);
  for (const name of /** @type {const} */ (["welcome", "state", "goodbye"])) client.on(name, askAll);
  client.on("reject", ({ message, command }) => {
    askAll();
    if (command?.t !== "move" && command?.t !== "chat") notices.tell(message);
  });
  showInside(client);
  void play.load();
  client.connect();
}

/** window.holdfast: what this page knows, for tests and for whoever opens the browser's tools. To look at only. @param {RoomClient} client */
function showInside(client) {
  const inside = {
    get view() {
      return client.view;
    },
    get seat() {
      return client.seat;
    },
    get state() {
      return client.state;
    },
    get unacked() {
      return client.unacked();
    },
  };
  Object.defineProperty(window, "holdfast", { value: Object.freeze(inside) });
}

/** The page's own choices: ?watch to watch, ?wire=json to read the messages in the browser's tools. @param {Config} config */
function optionsOf({ ws }) {
  const asked = new URLSearchParams(window.location.search);
  const url = new URL(ws, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return {
    url: url.href,
    wire: asked.get("wire") === "json" ? /** @type {const} */ ("json") : /** @type {const} */ ("msgpack"),
    want: asked.has("watch") ? /** @type {const} */ ("watch") : /** @type {const} */ ("auto"),
  };
}

/**
 * The game, or before a match the lounge; and a fault of the rules over either.
 *
 * @param {Facts} facts
 */
function drawTable(facts) {
  const { room, fillIn } = facts;
  const waiting = room.phase === "waiting";
  setAttribute(byId("room-body"), "data-phase", room.phase);
  show(byId("stage"), !waiting);
  show(byId("lounge"), waiting);
  show(byId("strip"), !waiting);
  show(byId("invite-box"), room.seats.includes(null) && fillIn === null);
  setText(byId("lounge-title"), loungeOf(facts));
  setText(byId("paused-text"), room.paused?.message ?? "");
  show(byId("paused"), room.paused !== null);
}

/** When a match begins, its keys go to the game, unless one is busy elsewhere. @param {Facts} facts */
function focusGame({ room, seat }) {
  const stage = byId("stage");
  const begun = room.phase === "playing" && stage.dataset.match !== String(room.match);
  if (!begun) return;
  stage.dataset.match = String(room.match);
  if (seat !== null && isLost(document.activeElement)) stage.focus({ preventScroll: true });
}

/** Focus is nowhere, or on something that has just gone. @param {Element|null} focused */
function isLost(focused) {
  return !focused || focused === document.body || focused.id === "main" || !focused.checkVisibility();
}

begin();
