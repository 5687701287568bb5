/**
 * The game on the table: loads its module, mounts its drawing for each match, feeds it, and keeps its faults its own.
 */
import { announce, byId, onPress, setText, show } from "./dom.js";
import { nameOf } from "./model.js";

/** @typedef {import("../net/client.js").RoomClient} RoomClient */
/** @typedef {import("../net/client.js").Seen} Seen */
/** @typedef {import("./game.js").GameModule} GameModule */
/** @typedef {import("./game.js").GameView} GameView */

export class Play {
  #stage = byId("stage");
  #broken = byId("broken");
  /** @type {GameModule|null} */
  #module = null;
  /** @type {GameView|null} */
  #view = null;
  #match = 0; // that the mounted drawing shows
  #failed = false;

  /**
   * @param {RoomClient} client
   * @param {string} address  of the game's module
   * @param {(seat: number) => string} colour
   * @param {(text: string) => void} tell  a refusal that the drawing has no place for
   */
  constructor(client, address, colour, tell) {
    this.client = client;
    this.address = address;
    this.colour = colour;
    this.tell = tell;
    onPress(byId("broken-retry"), () => void this.load());
    client.on("frame", (seen) => this.#frame(seen));
    client.on("event", (event, past) => this.#event(event, past));
    client.on("reject", (refusal) => this.#rejected(refusal));
    client.on("relay", (message) => {
      if (message.kind !== "emote") this.#call((view) => view.relayed?.(message));
    });
  }

  /** Fetches the module and draws what is seen. Safe to call again after a failure. */
  async load() {
    this.#failed = false;
    show(this.#broken, false);
    try {
      this.#module ??= /** @type {{default: GameModule}} */ (await import(this.address)).default;
      const picture = byId("picture");
      if (!picture.hasChildNodes()) this.#module.picture(picture);
    } catch (error) {
      this.#fail(error);
    }
    if (this.client.view) this.#frame(this.client.view);
  }

  /** @param {Seen} seen */
  #frame(seen) {
    const { room, game } = seen.whole;
    if (!this.#module || this.#failed) return;
    if (game === null || game === undefined || room.match !== this.#match) this.#unmount();
    if (game === null || game === undefined) return;
    if (!this.#view) this.#mount(this.#module, room.match);
    const { tick, ms, at, ack } = seen;
    this.#call((view) => view.update({ tick, ms, at, ack, view: game, room }));
  }

  /** @param {GameModule} module @param {number} match */
  #mount(module, match) {
    this.#match = match;
    try {
      this.#view = module.mount(this.#stage, this.#context());
    } catch (error) {
      this.#fail(error);
    }
  }

  #unmount() {
    const view = this.#view;
    const focused = this.#stage.contains(document.activeElement);
    this.#view = null;
    this.#match = 0;
    try {
      view?.destroy();
    } catch (error) {
      this.#fail(error);
    }
    this.#stage.replaceChildren();
    if (focused) this.#stage.focus({ preventScroll: true });
  }

  /** @returns {import("./game.js").GameContext} */
  #context() {
    const { client, colour } = this;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    return {
      get seat() {
        return client.seat;
      },
      get options() {
        return client.game?.options ?? {};
      },
      get size() {
        return client.view?.whole.room.seats.length ?? 0;
      },
      get tickHz() {
        return client.game?.tick_hz ?? 0;
      },
      get reducedMotion() {
        return still.matches;
      },
      clock: {
        roomNow: () => client.clock.roomNow(),
        rtt: () => client.clock.rtt(),
        now: () => performance.now(),
      },
      name: (seat) => (client.view ? nameOf(client.view.whole.room, seat) : `Seat ${seat + 1}`),
      colour,
      send: (move) => client.move(move),
      relay: (kind, body) => void client.relay(kind, body),
      unacked: () => client.unacked(),
      announce,
    };
  }

  /** @param {import("../net/wire.js").RoomEvent} event @param {boolean} past */
  #event({ kind, body = {}, offset }, past) {
    if (!kind.startsWith("game:")) return;
    this.#call((view) => view.event?.({ kind: kind.slice(5), body, offset, past }));
  }

  /** @param {import("../net/client.js").Refusal} refusal */
  #rejected({ seq, code, message, legal, command }) {
    if (command?.t !== "move") return;
    if (!this.#view?.rejected) return this.tell(message);
    this.#call((view) => view.rejected?.({ seq, code, message, legal, move: command.move }));
  }

  /** @param {(view: GameView) => void} act */
  #call(act) {
    if (!this.#view || this.#failed) return;
    try {
      act(this.#view);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The drawing is at fault: said on its own place; chat and seats go on. @param {unknown} error */
  #fail(error) {
    console.error("The game's drawing failed.", error);
    this.#failed = true;
    const text = this.#module ? "The match goes on without it." : "It could not be loaded; the network may be to blame.";
    setText(byId("broken-text"), `${text} (${error instanceof Error ? error.message : String(error)})`);
    show(this.#broken, true);
    if (this.#view) this.#unmount();
  }
}
