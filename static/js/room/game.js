/**
 * What a game's drawing is to the room page, and what the page gives it. Types only: a game is one module whose
 * default export is a GameModule, served at the address that the page is told.
 *
 * @typedef {object} GameModule
 * @property {(host: HTMLElement) => void} picture  draws the gallery picture into an empty, aria-hidden 16:10 element
 * @property {(stage: HTMLElement, context: GameContext) => GameView} mount  draws one match into an empty element that
 *     can hold focus; destroyed and called again for the next match
 *
 * @typedef {object} GameView  what a mounted game can do; only `update` and `destroy` must be there
 * @property {(snapshot: Snapshot) => void} update  for every frame that was applied; draw in requestAnimationFrame
 * @property {(event: GameEvent) => void} [event]  something happened, once and in order
 * @property {(reject: Reject) => void} [rejected]  a move of one's own was refused: take it back, say why
 * @property {(message: Relayed) => void} [relayed]  a relayed message of a seat, of a kind that the game declares
 * @property {() => void} [jump]  a replay goes somewhere else: forget what was before, the next snapshot follows upon
 *     nothing. Without it the drawing is mounted anew, which may flicker on a canvas
 * @property {() => void} destroy  stop timers and listeners; the stage is emptied afterwards
 *
 * @typedef {object} Snapshot
 * @property {number} tick  the room's
 * @property {number} ms  room time; the match's own time is ms - room.match_ms
 * @property {number} at  clock.now() when it arrived
 * @property {any} view  the game's view
 * @property {RoomView} room
 * @property {number} ack  the last of one's own seqs that has been answered
 *
 * @typedef {{kind: string, body: Record<string, any>, offset: number, past: boolean}} GameEvent  `kind` without its
 *     "game:"; `past`: it happened while one was away
 *
 * @typedef {{seq: number, code: string, message: string, legal: any[], move: any}} Reject
 * @typedef {{seat: number, kind: string, body: any}} Relayed
 *
 * @typedef {object} GameContext
 * @property {number|null} seat  one's own, null for a spectator; changes when one sits or stands
 * @property {number|null} [follow]  in a replay, the seat through whose eyes it is seen: look where it looked
 * @property {Record<string, any>} options  of this room
 * @property {number} size  seats of the room
 * @property {number} tickHz  0: time moves only with a move or at a deadline
 * @property {boolean} reducedMotion  the system asks for less motion; may change
 * @property {Clock} clock
 * @property {(seat: number) => string} name  who sits there, or "Seat 3" when nobody does
 * @property {(seat: number) => string} colour  a CSS colour
 * @property {(move: any) => number} send  a move; answers its seq, or 0 when it could not be taken
 * @property {(kind: string, body: any) => void} relay  past the rules, at once, may be lost
 * @property {() => {seq: number, move: any}[]} unacked  moves sent and not yet answered, oldest first
 * @property {(text: string) => void} announce  says it in the page's polite live region
 *
 * @typedef {object} Clock
 * @property {() => number} roomNow  estimated room ms at the server now
 * @property {() => number} rtt  smoothed round trip in ms
 * @property {() => number} now  the time to draw by, in ms: performance.now(), but a replay stops it and sets its pace
 *
 * @typedef {import("../net/wire.js").RoomView} RoomView
 * @typedef {import("../net/wire.js").SeatView} SeatView
 */

export {};
