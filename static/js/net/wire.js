/**
 * The wire, version 1, as a client sees it: the shapes of its messages, its two encodings, its close codes.
 * docs/protocol.md tells the whole of it; rooms/protocol is the server's side.
 *
 * @typedef {{player: string, name: string, kind?: "guest"|"bot"|"api", seat?: number|null}} You
 * @typedef {object} GameInfo
 * @property {string} slug
 * @property {string} title
 * @property {number} version
 * @property {number} tick_hz  0: time moves only with a move or at a deadline
 * @property {string[]} strengths  of the built-in bot, weakest first; empty: there is none
 * @property {string[]} relays  kinds that players may send past the rules
 * @property {Record<string, any>} options
 * @property {string[]} [fields]  names of the fields of the game's view, as deltas number them
 * @property {string[]} [cells]  the same of a cell's, in a game with a large world
 *
 * @typedef {{message_bytes: number, messages_per_s: number, chat_letters: number, relay_bytes: number}} Limits
 *
 * @typedef {object} SeatView  one taken seat
 * @property {string} player
 * @property {string} name
 * @property {"guest"|"bot"|"api"} kind
 * @property {string} strength  of a bot, else ""
 * @property {boolean} ready
 * @property {boolean} here  false: the connection is lost, the seat is held
 * @property {boolean} rematch  agreed to another match
 *
 * @typedef {{seat: number, rank: number, score: number}} Place  rank 1 is best, equal ranks are a tie
 *
 * @typedef {object} RoomView
 * @property {"waiting"|"playing"|"finished"|"rematch"|"closed"} phase
 * @property {{code: string, message: string}|null} paused  a fault of the rules stopped the match
 * @property {number} match  number of the current or last match; 0 before the first
 * @property {number|null} match_ms  room time at which the current match began
 * @property {string|null} host  player id
 * @property {boolean} private
 * @property {boolean} quick
 * @property {(SeatView|null)[]} seats  as many as the room has
 * @property {number} spectators
 * @property {boolean} joinable  a spectator may take a free seat now
 * @property {string} blocked  "" when the host may start, else why not, in plain words
 * @property {number|null} fill_ms  room time at which bots take the free seats
 * @property {{places: Place[], reason: string}|null} outcome
 *
 * @typedef {{room: RoomView, game: any}} Whole  all that a viewer may see; game: null before the first match
 *
 * @typedef {{t: "event", offset: number, kind: string, body?: Record<string, any>}} RoomEvent
 * @typedef {object} Frame  a whole state; deltas (delta.js) are arrays, [age, what, change, ...]
 * @property {"frame"} t
 * @property {number} tick  of the room; never goes back
 * @property {number} ms  room time
 * @property {number[]} [acks]  by seat, 0: none, or not the viewer's to know
 * @property {Whole} whole
 *
 * @typedef {object} Welcome
 * @property {"welcome"} t
 * @property {You} you
 * @property {GameInfo} game
 * @property {string} room
 * @property {string} incarnation
 * @property {number} epoch
 * @property {number} seq  the last of one's inputs that counted
 * @property {number} offset  of the room's newest event
 * @property {boolean} recovered  `events` are exactly those missed
 * @property {RoomEvent[]} events
 * @property {number} tick
 * @property {number} ms
 * @property {Whole} whole
 * @property {Limits} limits
 * @property {number} server_ms
 * @property {Reject[]} [refused]  the last of one's inputs that were refused
 * @property {number[]} [acks]  as of a frame
 *
 * @typedef {{t: "reject", seq: number, code: string, message: string, legal?: any[]}} Reject
 * @typedef {{t: "ack", seq: number}} Ack
 * @typedef {{t: "relay", seat: number, kind: string, body: any}} Relayed
 * @typedef {{t: "pong", n: number, time: number, server_ms: number}} Pong
 * @typedef {{t: "status", state: "ok"|"degraded", message?: string}} Status
 * @typedef {{t: "goodbye", code: number, reason: string, reconnect: boolean}} Goodbye
 * @typedef {Welcome|Frame|RoomEvent|Reject|Ack|Relayed|Pong|Status|Goodbye} FromServer
 */

import { decode, encode } from "./msgpack.js";

/** Why a socket was closed, by the application's own codes; rooms/protocol/closing.py has the same table. */
export const CLOSE = Object.freeze({
  SLOW_DOWN: 4408,
  TOO_SLOW: 4409,
  NO_HELLO: 4410,
  SERVER_BUSY: 4413,
  BAD_MESSAGE: 4500,
  REPLACED: 4501,
  NOT_FOUND: 4504,
  ROOM_FULL: 4505,
  KICKED: 4506,
  LEFT: 4507,
  FORBIDDEN: 4508,
  ROOM_CLOSED: 4510,
  LOST: 4511,
});

/** @param {number} code @returns {boolean} true: coming back changes nothing */
export const isFinal = (code) => code >= 4500 && code < 5000;

/**
 * @typedef {object} Codec
 * @property {string} protocol  the WebSocket subprotocol
 * @property {(message: object) => string|Uint8Array<ArrayBuffer>} write
 * @property {(raw: any) => any} read  throws when the bytes are no message
 */

/** The two encodings of the same messages. @type {Record<"json"|"msgpack", Codec>} */
export const CODECS = {
  json: { protocol: "holdfast.v1.json", write: (message) => JSON.stringify(message), read: (raw) => JSON.parse(raw) },
  msgpack: { protocol: "holdfast.v1.msgpack", write: encode, read: (raw) => decode(new Uint8Array(raw)) },
};
