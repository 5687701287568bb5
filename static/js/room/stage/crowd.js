/**
 * Everything that moves in a room that ticks, on three clocks: the own thing where it will be when an input that is
 * sent now counts, so that it answers at once; those whose controls are relayed in the server's present; all others
 * about 100 ms behind. Knows no page.
 */

import { Body } from "./body.js";
import { Lead } from "./lead.js";
import { Peers } from "./peers.js";

/** @typedef {Pick<import("../game.js").Clock, "roomNow" | "rtt">} Clock */
/** @typedef {{clock: Clock} & Pick<import("../game.js").GameContext, "seat" | "tickHz">} Context */
/** @typedef {Pick<import("../game.js").Snapshot, "ms" | "at" | "room" | "ack">} Snapshot */

/**
 * @template {{tick: number}} S
 * @template M
 * @template {import("./body.js").Place} P
 */
export class Crowd {
  #match = 0;
  #start = 0;
  #lead;
  /** Ticks of the match in the newest frame. */
  tick = 0;

  /**
   * @param {Context} context
   * @param {() => number} now                              local ms
   * @param {import("./body.js").Laws<S, M, P>} laws
   */
  constructor(context, now, laws) {
    this.context = context;
    this.now = now;
    this.laws = laws;
    this.tickMs = 1000 / context.tickHz;
    this.#lead = new Lead(this.tickMs);
    this.own = new Body(laws);
    this.peers = new Peers(laws, now, this.tickMs);
  }

  /** Ticks of the match at the server, now. */
  get present() {
    return (this.context.clock.roomNow() - this.#start) / this.tickMs;
  }

  /** Ticks of the match that the server will have when what is sent now arrives. */
  get arrival() {
    return this.present + (this.context.clock.rtt() / 2 + this.#lead.ms) / this.tickMs;
  }

  /** A frame came. @param {Snapshot} snapshot @param {(tick: number) => Map<number, S>} statesAt  by seat */
  update({ ms, at, room, ack }, statesAt) {
    if (room.match !== this.#match) {
      this.#match = room.match;
      this.own = new Body(this.laws);
      this.peers = new Peers(this.laws, this.now, this.tickMs);
    }
    this.#start = room.match_ms ?? 0;
    this.tick = Math.round((ms - this.#start) / this.tickMs);
    this.#lead.answered(ack, this.tick);
    const states = statesAt(this.tick);
    this.peers.frame(ms, at, states, this.present);
    const mine = states.get(this.context.seat ?? -1);
    if (mine) this.own.know(mine, ack, this.arrival, this.now());
  }

  /** One's own controls were sent. @param {number} seq @param {M} move */
  steer(seq, move) {
    const tick = Math.floor(this.arrival) + 1;
    this.own.hear(seq, move, tick);
    this.#lead.sent(seq, tick);
  }

  /**
   * Another's controls were relayed: half a round trip ago they reached the server.
   *
   * @param {number} seat
   * @param {M} move
   */
  relayed(seat, move) {
    this.peers.relayed(seat, move, Math.floor(this.present - this.context.clock.rtt() / 2 / this.tickMs) + 1);
  }

  /**
   * Where to draw each of `seats` now; null: not there.
   *
   * @param {number[]} seats
   * @returns {Map<number, P | null>}
   */
  poses(seats) {
    const [arrival, present, passed] = [this.arrival, this.present, this.peers.begin()];
    return new Map(
      seats.map((seat) => {
        if (seat === this.context.seat) return [seat, this.own.pose(arrival, this.now())];
        return [seat, this.peers.pose(seat, present, passed)];
      }),
    );
  }
}
