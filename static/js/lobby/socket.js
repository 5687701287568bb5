/** The socket of the live list: says which list is watched, hears it and its changes. It reconnects for ever. */

import { Backoff } from "../net/backoff.js";

/**
 * @typedef {{room: string, url: string, game: string, title: string, host: string, state: string, mood: string,
 *   players: number, size: number, spectators: number, pips: string[], joinable: boolean, action: string}} Row
 * @typedef {{game: string, seats: boolean, text: string}} Wanted
 * @typedef {"live" | "stale" | "reconnecting"} State
 * @typedef {{total: number, free: number}} Sums  of the whole list, of which the rows are the first
 * @typedef {{rooms(rows: Row[], sums: Sums): void, changes(rows: Row[], gone: string[], sums: Sums): void,
 *   state(state: State): void}} Listener
 */

const GIVE_UP = 5000; // ms: an attempt that takes longer has failed, there may be nobody to accept it

export class LobbySocket {
  #backoff = new Backoff(Math.random);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {WebSocket | undefined} */
  #socket;

  /** @type {Wanted} */
  #wanted = { game: "", seats: false, text: "" };
  #asked = ""; // which list the newest socket was asked for

  /** @param {string} url @param {Listener} listener */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
  }

  /** Show another list from now on. @param {Wanted} wanted */
  watch(wanted) {
    this.#wanted = wanted;
    this.#ask();
  }

  open() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asked = queryOf(this.#wanted);
    const socket = new WebSocket(this.#asked ? `${this.url}?${this.#asked}` : this.url);
    this.#socket = socket;
    const hung = setTimeout(() => this.#giveUp(socket), GIVE_UP);
    socket.onopen = () => {
      clearTimeout(hung);
      this.#ask();
    };
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => {
      clearTimeout(hung);
      if (this.#socket === socket) this.#lost(event.code);
    };
  }

  /** The network is back, or the page is looked at again: do not wait any longer. */
  retryNow() {
    if (this.#timer === undefined) return;
    this.#backoff.reset();
    this.open();
  }

  #ask() {
    const query = queryOf(this.#wanted);
    if (this.#socket?.readyState !== 1 || this.#asked === query) return;
    this.#asked = query;
    this.#socket.send(JSON.stringify({ t: "watch", ...this.#wanted }));
  }

  /** @param {WebSocket} socket */
  #giveUp(socket) {
    socket.close();
    if (this.#socket !== socket) return;
    this.#socket = undefined; // it may take long to notice that it was closed
    this.#lost(1006);
  }

  /** @param {number} code */
  #lost(code) {
    this.listener.state("reconnecting");
    if (code >= 4500) return; // final: coming back changes nothing
    this.#timer = setTimeout(() => this.open(), this.#backoff.next());
  }

  /** @param {{t: string, rooms: Row[], gone: string[], state: string, total: number, free: number}} message */
  #hear(message) {
    if (message.t === "rooms") {
      this.#backoff.reset();
      this.listener.rooms(message.rooms, message);
    } else if (message.t === "changes") {
      this.listener.changes(message.rooms, message.gone, message);
    } else if (message.t === "status") {
      this.listener.state(message.state === "ok" ? "live" : "stale");
    }
  }
}

/** @param {Wanted} wanted */
function queryOf({ game, seats, text }) {
  const named = Object.entries({ game, seats: seats ? "1" : "", text }).filter(([, value]) => value);
  return new URLSearchParams(/** @type {[string, string][]} */ (named)).toString();
}
