/**
 * The keys and the bar under a replay: what is pressed goes to the page, what is so is shown.
 */
import { byId, onPress, setAttribute, setText } from "../room/dom.js";
import { bars, spokenTime, strokes, timeText } from "./place.js";

/** @typedef {import("./playhead.js").Playhead} Playhead */
/** @typedef {import("./reel.js").Reel} Reel */
/**
 * @typedef {object} Wishes  what somebody may want of the player
 * @property {() => void} toggle
 * @property {(tick: number) => void} seek
 * @property {(ticks: number) => void} step
 * @property {(seconds: number) => void} skip
 * @property {(speed: number) => void} pace
 * @property {(by: number) => void} shift
 * @property {(seat: number|null) => void} view
 */

const HEIGHT = 8; // of the marks' own box

export class Transport {
  #play = byId("play");
  #scrub = byId("scrub", HTMLInputElement);
  #speed = byId("speed", HTMLSelectElement);
  #marked = "";

  /** @param {Playhead} playhead @param {Wishes} wishes */
  constructor(playhead, wishes) {
    this.playhead = playhead;
    onPress(this.#play, wishes.toggle);
    onPress(byId("back"), () => wishes.step(-1));
    onPress(byId("forth"), () => wishes.step(1));
    this.#scrub.addEventListener("input", () => wishes.seek(this.#scrub.valueAsNumber));
    this.#speed.addEventListener("change", () => wishes.pace(Number(this.#speed.value)));
    byId("player").addEventListener("keydown", (event) => press(event, wishes), { capture: true });
    const view = document.getElementById("view");
    if (view instanceof HTMLSelectElement) {
      view.addEventListener("change", () => wishes.view(view.value === "" ? null : Number(view.value)));
    }
  }

  /** Show where it stands. */
  draw() {
    const { playhead } = this;
    const { tick, ticks, hz } = playhead;
    const verb = playhead.playing ? "Pause" : playhead.atEnd ? "Play again" : "Play";
    setText(byId("play-text"), verb);
    setAttribute(this.#play, "data-playing", playhead.playing ? "" : null);
    setText(byId("time"), timeText(tick, ticks, hz));
    if (this.#scrub.valueAsNumber !== tick) this.#scrub.value = String(tick);
    setAttribute(this.#scrub, "aria-valuetext", spokenTime(tick, ticks, hz));
    if (this.#speed.value !== String(playhead.speed)) this.#speed.value = String(playhead.speed);
  }

  /** Show what is here, and where something happened. @param {Reel} reel */
  mark(reel) {
    const { spans } = reel;
    const marked = JSON.stringify(spans);
    if (marked === this.#marked) return;
    this.#marked = marked;
    byId("loaded", SVGElement).setAttribute("d", bars(spans, reel.ticks, HEIGHT));
    byId("moves", SVGElement).setAttribute("d", strokes(reel.marked(!this.playhead.hz), reel.ticks, HEIGHT));
  }
}

/** Which keys do what, while the focus is in the player. @type {Record<string, (wishes: Wishes) => void>} */
const KEYS = {
  " ": ({ toggle }) => toggle(),
  k: ({ toggle }) => toggle(),
  ",": ({ step }) => step(-1),
  ".": ({ step }) => step(1),
  j: ({ skip }) => skip(-5),
  l: ({ skip }) => skip(5),
  "[": ({ shift }) => shift(-1),
  "]": ({ shift }) => shift(1),
};

/** @param {KeyboardEvent} event @param {Wishes} wishes */
function press(event, wishes) {
  const act = KEYS[event.key.toLowerCase()];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target instanceof Element && event.target.closest("button, select")) return;
  if (event.target instanceof HTMLSelectElement) return; // letters choose in it
  event.preventDefault();
  event.stopPropagation();
  act(wishes);
}
