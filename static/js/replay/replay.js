/**
 * The page of a finished match: plays it back with the game's own drawing.
 *
 *     API -> Reel (what is here) -> [this page] -> Show (the drawing)
 *                                      Playhead (where it stands) -> Transport (bar and keys)
 *
 * @typedef {object} Config  what the server tells the page (lobby/views/match.py)
 * @property {number} match
 * @property {string} frames  address of the API's call
 * @property {number} ticks
 * @property {number} hz
 * @property {number} size
 * @property {Record<string, any>} options
 * @property {string} js  address of the game's module
 * @property {{seat: number, name: string}[]} views
 */
import { seatColours } from "../room/colours.js";
import { announce, byId, onPress, setText, show } from "../room/dom.js";
import { loaderOf } from "./loading.js";
import { addressOf, placeIn, spokenTime } from "./place.js";
import { Playhead } from "./playhead.js";
import { Reel } from "./reel.js";
import { Show } from "./show.js";
import { Transport } from "./transport.js";

const REMEMBER_MS = 400; // after the last change, the address tells where it stands
const COPIED_MS = 2500;

class Page {
  #reel;
  #playhead;
  #transport;
  /** @type {Show|null} */
  #show = null;
  /** @type {import("../room/game.js").GameModule|null} */
  #module = null;
  /** @type {number|null} the tick that is drawn; null: whatever is drawn is no tick of this view */
  #drawn = null;
  #last = 0;
  #failed = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #remember;

  /** @param {Config} config */
  constructor(config) {
    this.config = config;
    const place = placeIn(window.location.href, { ticks: config.ticks, views: config.views.map(({ seat }) => seat) });
    this.view = place.view;
    this.#reel = new Reel(config.ticks, loaderOf(config.frames, place.view));
    this.#playhead = new Playhead(config.ticks, config.hz, (tick) => this.#reel.at(Math.min(tick, config.ticks))?.ms ?? null);
    this.#playhead.jump(place.tick);
    this.#transport = new Transport(this.#playhead, {
      toggle: () => this.#toggle(),
      seek: (tick) => this.#go(() => this.#playhead.jump(tick)),
      step: (ticks) => this.#go(() => this.#playhead.step(ticks)),
      skip: (seconds) => this.#go(() => this.#playhead.skip(seconds)),
      pace: (speed) => this.#go(() => (this.#playhead.speed = speed)),
      shift: (by) => this.#go(() => this.#playhead.shift(by)),
      view: (seat) => this.#look(seat),
    });
    const choice = document.getElementById("view");
    if (choice instanceof HTMLSelectElement && place.view !== null) choice.value = String(place.view);
    onPress(byId("copy"), () => void this.#copy());
    onPress(byId("trouble-retry"), () => void this.begin());
  }

  async begin() {
    this.#failed = false;
    show(byId("trouble"), false);
    try {
      const { js, options, size, hz } = this.config;
      this.#module ??= /** @type {{default: import("../room/game.js").GameModule}} */ (await import(js)).default;
      this.#show ??= new Show(byId("stage"), this.#module, { options, size, hz }, this.#playhead, seatColours());
      this.#show.follow = this.view;
    } catch (error) {
      return this.#fail(error);
    }
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** @param {number} now */
  #frame(now) {
    if (this.#failed) return;
    requestAnimationFrame((next) => this.#frame(next));
    const elapsed = Math.min(250, Math.max(0, now - (this.#last || now)));
    this.#last = now;
    try {
      this.#fetch();
      this.#play(elapsed);
    } catch (error) {
      this.#fail(error);
    }
    this.#transport.draw();
    this.#transport.mark(this.#reel);
  }

  /** @param {number} elapsed */
  #play(elapsed) {
    const here = this.#reel.at(this.#playhead.tick);
    show(byId("wait"), !here);
    if (!here || !this.#show) return;
    if (this.#drawn !== here.tick) this.#jump(here);
    const was = this.#playhead.playing;
    for (const { tick, at } of this.#playhead.advance(elapsed, this.#lastHere())) {
      const frame = this.#reel.at(tick);
      if (frame) this.#show.next(frame, at);
      this.#drawn = tick;
    }
    if (was && !this.#playhead.playing) this.#stopped();
  }

  /** @param {import("./reel.js").Frame} frame */
  #jump(frame) {
    this.#show?.jump(frame);
    this.#drawn = frame.tick;
  }

  /** The last tick up to which all is here. */
  #lastHere() {
    let tick = this.#playhead.tick;
    for (const [from, to] of this.#reel.spans) if (from <= tick + 1 && tick < to) tick = to;
    return tick;
  }

  #fetch() {
    const lacking = this.#reel.lacking(this.#playhead.tick);
    if (lacking !== null) this.#reel.need(lacking).catch((error) => this.#fail(error));
  }

  #toggle() {
    const { atEnd, playing } = this.#playhead;
    if (atEnd) this.#playhead.jump(0);
    this.#playhead.playing = !playing;
    if (playing) this.#stopped();
    announce(playing ? `Paused at ${this.#spoken()}.` : "Playing.");
  }

  /** It stands: what is drawn is the tick that is told, not one between. */
  #stopped() {
    this.#drawn = null;
    this.#playhead.jump(this.#playhead.tick);
    this.#note();
  }

  /** @param {() => void} change */
  #go(change) {
    change();
    this.#note();
  }

  /** Through other eyes, at the same moment. @param {number|null} seat */
  #look(seat) {
    this.view = seat;
    this.#reel = new Reel(this.config.ticks, loaderOf(this.config.frames, seat));
    this.#drawn = null;
    this.#show?.seenBy(seat);
    this.#note();
  }

  #spoken() {
    return spokenTime(this.#playhead.tick, this.config.ticks, this.config.hz);
  }

  get #address() {
    return addressOf(window.location.href, { tick: this.#playhead.tick, view: this.view });
  }

  #note() {
    clearTimeout(this.#remember);
    this.#remember = setTimeout(() => history.replaceState(null, "", this.#address), REMEMBER_MS);
  }

  async #copy() {
    const address = this.#address;
    history.replaceState(null, "", address);
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      said = "Copy the address"; // no permission, or no secure page: the address bar has it now
    }
    setText(byId("copy-text"), said);
    announce(said === "Copied" ? `The link to ${this.#spoken()} was copied.` : "The address of this page leads here now.");
    setTimeout(() => setText(byId("copy-text"), "Copy link"), COPIED_MS);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#failed) return;
    console.error("The replay failed.", error);
    this.#failed = true;
    this.#playhead.playing = false;
    this.#drawn = null;
    this.#show?.end();
    show(byId("wait"), false);
    setText(byId("trouble-text"), error instanceof Error ? error.message : String(error));
    show(byId("trouble"), true);
    this.#transport.draw();
  }

  /** window.replay: what this page knows, for tests and for whoever opens the browser's tools. To look at only. */
  get inside() {
    const page = this;
    return Object.freeze({
      get tick() {
        return page.#playhead.tick;
      },
      get drawn() {
        return page.#drawn;
      },
      get playing() {
        return page.#playhead.playing;
      },
      get view() {
        return page.#reel.at(page.#playhead.tick)?.whole ?? null;
      },
    });
  }
}

const page = new Page(/** @type {Config} */ (JSON.parse(byId("replay-config").textContent ?? "")));
Object.defineProperty(window, "replay", { value: page.inside });
void page.begin();
