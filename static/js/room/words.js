/**
 * What the page says: about events, about the connection, and when a room is closed to someone. No DOM.
 *
 * @typedef {import("../net/wire.js").RoomEvent} RoomEvent
 * @typedef {import("../net/condition.js").State} State
 *
 * @typedef {object} Screen  what stands in place of the room
 * @property {string} title
 * @property {string} text
 * @property {"again"|"takeover"|"reload"|null} action  what the main button does; null: only the way to the lobby
 */
import { CLOSE } from "../net/wire.js";

/** The emotes: what the button and what the bubble says. @type {Readonly<Record<string, {label: string, text: string}>>} */
export const EMOTES = Object.freeze({
  wave: { label: "Hello", text: "Hello!" },
  gg: { label: "GG", text: "Good game!" },
  wow: { label: "Wow", text: "Wow!" },
  oops: { label: "Oops", text: "Oops…" },
  nice: { label: "Nice", text: "Nice!" },
  hurry: { label: "Hurry", text: "Your turn…" },
});

/** @type {Record<string, (body: Record<string, any>) => string>} */
const LINES = {
  joined: ({ name, kind }) => `${name} ${kind === "bot" ? "(bot) " : ""}takes a seat.`,
  left: ({ name }) => `${name} leaves the seat.`,
  away: ({ name }) => `${name} lost the connection; the seat is held.`,
  back: ({ name }) => `${name} is back.`,
  host: ({ name }) => `${name} is the host now.`,
  started: ({ match }) => (match > 1 ? `Match ${match} begins.` : "The match begins."),
  over: ({ places, reason }) => `The match is over: ${winnersOf(places)}. ${sentence(reason)}`.trim(),
  paused: ({ message }) => message,
  resumed: () => "The room goes on.",
  updated: () => "The game was updated. Load the page again to get the newest pictures and controls.",
  closed: ({ reason }) => `The room closes. ${sentence(reason)}`.trim(),
};

/** One line for the log, or "" for what belongs to the game or to the chat. @param {RoomEvent} event @returns {string} */
export const lineOf = ({ kind, body = {} }) => (Object.hasOwn(LINES, kind) ? (LINES[kind]?.(body) ?? "") : "");

/** A short phrase as a sentence. @param {string} [phrase] @returns {string} */
export function sentence(phrase = "") {
  const text = phrase.trim();
  if (!text) return "";
  return text[0]?.toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

/** @param {{rank: number, name: string}[]} [places] @returns {string} */
function winnersOf(places = []) {
  const best = Math.min(...places.map(({ rank }) => rank));
  const names = places.filter(({ rank }) => rank === best).map(({ name }) => name);
  if (names.length === places.length && names.length > 1) return "a draw";
  return names.length ? `${names.join(" and ")} ${names.length > 1 ? "win" : "wins"}` : "nobody wins";
}

/**
 * The connection in a word or two.
 *
 * @param {State} state
 * @param {number} now  local ms
 * @returns {{text: string, detail: string, look: "good"|"warn"|"bad"}} detail: numbers, not read aloud on each change
 */
export function pillOf({ name, rtt, retryAt }, now) {
  const ms = rtt > 0 ? `${Math.round(rtt)} ms` : "";
  const wait = retryAt === null ? "" : `in ${Math.max(1, Math.ceil((retryAt - now) / 1000))} s`;
  switch (name) {
    case "live":
      return { text: "Live", detail: ms, look: "good" };
    case "slow":
      return { text: "Slow", detail: ms, look: "warn" };
    case "offline":
      return { text: "Offline", detail: "no network", look: "bad" };
    case "closed":
      return { text: "Closed", detail: "", look: "bad" };
    case "connecting":
      return { text: "Connecting", detail: wait, look: "warn" };
    default:
      return { text: "Reconnecting", detail: wait || "…", look: "bad" };
  }
}

/** @type {Record<number, Screen>} */
const SCREENS = {
  [CLOSE.REPLACED]: {
    title: "Open in another tab",
    text: "You opened this room somewhere else, and a player can be in a room only once. Your seat is safe there.",
    action: "takeover",
  },
  [CLOSE.NOT_FOUND]: {
    title: "This room is gone",
    text: "It has closed, or the link is not quite right. Rooms close a minute after the last person leaves.",
    action: null,
  },
  [CLOSE.ROOM_FULL]: {
    title: "This room is full",
    text: "There is no free seat, and no more place to watch from. Try again in a while, or open a room of your own.",
    action: "again",
  },
  [CLOSE.KICKED]: {
    title: "You were removed",
    text: "The host removed you from this room.",
    action: null,
  },
  [CLOSE.FORBIDDEN]: {
    title: "Not allowed in",
    text: "The server does not know you on this page any more. Loading the page again usually helps.",
    action: "reload",
  },
  [CLOSE.ROOM_CLOSED]: {
    title: "The room has closed",
    text: "This room came to its end. Open a new one, or join another.",
    action: null,
  },
  [CLOSE.LOST]: {
    title: "This room was lost",
    text: "The server lost part of its memory, and this room with it. We are sorry. Nothing you do here could bring it back: open a new one.",
    action: null,
  },
  [CLOSE.BAD_MESSAGE]: {
    title: "This page is out of date",
    text: "The server did not understand what this page sent. Load it again to get its newest version.",
    action: "reload",
  },
};

/** The screen after a final close. @param {number} code @param {string} reason @returns {Screen} */
export function screenOf(code, reason) {
  const screen = SCREENS[code];
  if (screen && code === CLOSE.ROOM_CLOSED && reason) return { ...screen, text: `${sentence(reason)} Open a new room, or join another.` };
  return screen ?? { title: "The connection was ended", text: `${reason || "The server gave no reason"} (${code}).`, action: "again" };
}
