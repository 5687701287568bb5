/**
 * What the page shows, worked out from what is seen: who am I here, what may I do, what is going on. No DOM.
 *
 * @typedef {import("../net/wire.js").RoomView} RoomView
 * @typedef {import("../net/wire.js").SeatView} SeatView
 * @typedef {import("../net/wire.js").Place} Place
 *
 * @typedef {object} Facts  one moment of the room, as this person has it
 * @property {RoomView} room
 * @property {import("../net/wire.js").GameInfo} game
 * @property {string} me  player id
 * @property {number|null} seat  one's own
 * @property {SeatView|null} sitter  who one is in that seat
 * @property {boolean} host  whether one hosts the room
 * @property {number} free  seats nobody has
 * @property {boolean} over  the last match is over and its result is there
 * @property {number|null} fillIn  seconds until bots take the free seats
 *
 * @typedef {object} Result  the end of a match, ready to be told
 * @property {string} headline
 * @property {string} reason
 * @property {{seat: number, rank: number, score: number, name: string, mine: boolean}[]} places  best first
 * @property {boolean} scored  whether scores say anything
 */

/**
 * @param {import("../net/client.js").RoomClient} client
 * @returns {Facts|null} null before the first welcome
 */
export function factsOf(client) {
  const { view, you, game, seat } = client;
  if (!view || !you || !game) return null;
  const { room } = view.whole;
  return {
    room,
    game,
    me: you.player,
    seat,
    sitter: seat === null ? null : (room.seats[seat] ?? null),
    host: room.host === you.player,
    free: room.seats.filter((sitter) => sitter === null).length,
    over: (room.phase === "finished" || room.phase === "rematch") && room.outcome !== null,
    fillIn: secondsUntil(room, client.clock.roomNow()),
  };
}

/** @param {RoomView} room @param {number} now  room ms @returns {number|null} */
function secondsUntil({ phase, fill_ms: fill }, now) {
  return phase === "waiting" && fill !== null ? Math.max(0, Math.ceil((fill - now) / 1000)) : null;
}

/** @param {RoomView} room @param {number} seat @returns {string} who sits there, or the seat's number */
export const nameOf = (room, seat) => room.seats[seat]?.name ?? `Seat ${seat + 1}`;

/** @param {Facts} facts @returns {{taken: number, size: number}} */
export const headCount = ({ room, free }) => ({ taken: room.seats.length - free, size: room.seats.length });

/**
 * What stands beside a name, most important first.
 *
 * @param {Facts} facts @param {number} seat
 * @returns {{text: string, look: "plain"|"good"|"warn"|"me"}[]}
 */
export function marksOf({ room, me }, seat) {
  const sitter = room.seats[seat];
  if (!sitter) return [];
  const over = room.phase === "finished" || room.phase === "rematch";
  /** @type {[boolean, string, "plain"|"good"|"warn"|"me"][]} */
  const marks = [
    [sitter.player === me, "You", "me"],
    [sitter.player === room.host, "Host", "plain"],
    [sitter.kind === "bot", sitter.strength ? `Bot · ${sitter.strength}` : "Bot", "plain"],
    [sitter.kind === "api", "Program", "plain"],
    [!sitter.here, sitter.kind === "bot" ? "On its way" : "Reconnecting", "warn"],
    [room.phase === "waiting" && sitter.ready && sitter.kind !== "bot" && sitter.here, "Ready", "good"],
    [over && sitter.rematch, "Wants a rematch", "good"],
  ];
  return marks.filter(([shown]) => shown).map(([, text, look]) => ({ text, look }));
}

/** What the seat's own people can be asked to do by the host. @param {Facts} facts @param {number} seat */
export function powersOver({ room, me, host }, seat) {
  const sitter = room.seats[seat];
  const other = host && !!sitter && sitter.player !== me;
  const inMatch = room.phase === "playing" && sitter?.kind !== "bot" && !!sitter?.here;
  return { kick: other && !inMatch, promote: other && sitter.kind !== "bot" };
}

/**
 * The match's end in words and in order.
 *
 * @param {Facts} facts
 * @returns {Result|null}
 */
export function resultOf({ room, seat }) {
  if (!room.outcome) return null;
  const places = [...room.outcome.places]
    .sort((a, b) => a.rank - b.rank || b.score - a.score || a.seat - b.seat)
    .map((place) => ({ ...place, name: nameOf(room, place.seat), mine: place.seat === seat }));
  const scored = places.some(({ score }) => score !== 0);
  return { headline: headlineOf(places), reason: room.outcome.reason, places, scored };
}

/** @param {{rank: number, name: string, mine: boolean}[]} places  best first @returns {string} */
function headlineOf(places) {
  const best = places.filter(({ rank }) => rank === places[0]?.rank);
  const mine = places.find((place) => place.mine);
  if (best.length === places.length && places.length > 1) return "A draw";
  if (mine && best.includes(mine)) return best.length > 1 ? "You share the win" : "You win";
  const names = best.map(({ name }) => name);
  if (names.length > 1) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)} win`;
  return mine && places.length === 2 ? `${names[0]} wins this one` : `${names[0] ?? "Nobody"} wins`;
}

/**
 * Who has agreed to another match, and whether one has oneself.
 *
 * @param {Facts} facts
 * @returns {{agreed: number, people: number, mine: boolean, waiting: string[]}}
 */
export function rematchOf({ room, sitter }) {
  const people = room.seats.filter((one) => one !== null && one.kind !== "bot");
  const waiting = people.filter((one) => !one?.rematch).map((one) => one?.name ?? "");
  return { agreed: people.length - waiting.length, people: people.length, mine: !!sitter?.rematch, waiting };
}

/**
 * The one thing to say under the stage, and what may be pressed.
 *
 * @param {Facts} facts
 * @returns {{text: string, ready: boolean, start: boolean, startable: boolean, sit: boolean, rematch: boolean}}
 */
export function actionsOf(facts) {
  const { room, seat } = facts;
  return {
    text: tellOf(facts),
    ...beginningsOf(facts),
    sit: seat === null && room.joinable,
    rematch: facts.over && seat !== null && !room.paused,
  };
}

/** @param {Facts} facts */
function beginningsOf({ room, seat, host }) {
  const waiting = room.phase === "waiting" && !room.paused;
  const startable = waiting && host && room.blocked === "";
  return {
    ready: waiting && seat !== null && !host && !room.quick,
    start: startable || (waiting && host && !room.quick), // quick play starts by itself
    startable,
  };
}

/** @param {Facts} facts @returns {string} */
function tellOf(facts) {
  if (facts.room.phase === "playing") return facts.seat === null ? "You are watching." : "";
  if (facts.over) return facts.room.blocked;
  return facts.fillIn === null ? waitingWords(facts) : fillWords(facts.fillIn);
}

/** @param {Facts} facts @returns {string} */
function waitingWords({ room, seat, host, sitter, free }) {
  if (seat === null) return `You are watching. ${free > 0 ? "Take a seat to play." : "Every seat is taken."}`;
  if (room.quick) return room.blocked || "The match starts in a moment.";
  if (!host && !sitter?.ready) return "Say when you are ready.";
  return room.blocked || (host ? "Everyone is ready. Start when you like." : "Waiting for the host to start.");
}

/** @param {number} seconds @returns {string} */
const fillWords = (seconds) => (seconds > 0 ? `Bots join in ${seconds} s.` : "Bots are taking the free seats.");

/** What is being waited for before a match, as a headline. @param {Facts} facts @returns {string} */
export function loungeOf({ room, fillIn, free, host }) {
  if (fillIn !== null) return "Looking for players";
  if (room.quick) return "Here we go";
  if (room.blocked) return free > 0 ? "Waiting for players" : "Almost ready";
  return host ? "Ready when you are" : "Waiting for the host";
}
