/**
 * What one may do now, in one line under the game: get ready, start (or why not), take a seat, and leave.
 */
import { byId, enable, onPress, setAttribute, setText, show } from "./dom.js";
import { actionsOf } from "./model.js";

/** @typedef {import("./model.js").Facts} Facts */

/**
 * @param {import("../net/client.js").RoomClient} client
 * @param {() => void} leave
 * @returns {(facts: Facts) => void} draw them
 */
export function mountActions(client, leave) {
  const bar = byId("actions");
  const text = byId("actions-text");
  const ready = byId("ready");
  const start = byId("start");
  const sit = byId("sit");
  onPress(ready, () => client.command("ready", { ready: ready.getAttribute("aria-pressed") !== "true" }));
  onPress(start, () => client.command("start"));
  onPress(sit, () => client.command("sit"));
  onPress(byId("leave"), () => void askToLeave(client, leave));

  return (facts) => {
    const can = actionsOf(facts);
    setText(text, can.text);
    show(ready, can.ready);
    setAttribute(ready, "aria-pressed", String(!!facts.sitter?.ready));
    ready.classList.toggle("btn-primary", !facts.sitter?.ready);
    setText(ready, facts.sitter?.ready ? "Ready" : "I am ready");
    show(start, can.start);
    enable(start, can.startable);
    show(sit, can.sit);
    show(bar, can.text !== "" || can.ready || can.start || can.sit);
  };
}

/** In a match, leaving costs the seat: ask first. @param {import("../net/client.js").RoomClient} client @param {() => void} leave */
function askToLeave(client, leave) {
  const ask = byId("ask", HTMLDialogElement);
  if (client.view?.whole.room.phase !== "playing" || client.seat === null) return leave();
  ask.returnValue = "";
  ask.onclose = () => void (ask.returnValue === "leave" && leave());
  ask.showModal();
}
