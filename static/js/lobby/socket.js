/** The socket of the live list: whole lists and changes come in, nothing goes out. It reconnects for ever. */

import { Backoff } from "../net/backoff.js";

/**
 * @typedef {{room: string, url: string, game: string, title: string, host: string, state: string, mood: string,
 *   players: number, size: number, spectators: number, pips: string[], joinable: boolean, action: string}} Row
 * @typedef {"live" | "stale" | "reconnecting"} State
 * @typedef {{rooms(rows: Row[]): void, changes(rows: Row[], gone: string[]): void, state(state: State): void}} Listener
 */

const GIVE_UP = 5000; // ms: an attempt that takes longer has failed, there may be nobody to accept it

export class LobbySocket {
  #backoff = new Backoff(Math.random);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {WebSocket | undefined} */
  #socket;

  /** @param {string} url @param {Listener} listener */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
  }

  open() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    const hung = setTimeout(() => this.#giveUp(socket), GIVE_UP);
    socket.onopen = () => clearTimeout(hung);
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

  /** @param {{t: string, rooms: Row[], gone: string[], state: string}} message */
  #hear(message) {
    if (message.t === "rooms") {
      this.#backoff.reset();
      this.listener.rooms(message.rooms);
    } else if (message.t === "changes") {
      this.listener.changes(message.rooms, message.gone);
    } else if (message.t === "status") {
      this.listener.state(message.state === "ok" ? "live" : "stale");
    }
  }
}
