/**
 * The connection: live, slow, reconnecting with the seconds and "retry now", offline; and the server's own trouble.
 */
import { byId, onPress, setAttribute, setText, show } from "./dom.js";
import { pillOf } from "./words.js";

const TROUBLE = "The server has trouble, so the room stands still. Stay here: it goes on by itself, and what you do now is kept.";

/** @param {import("../net/client.js").RoomClient} client @returns {() => void} draw it */
export function mountPill(client) {
  const pill = byId("pill");
  const text = byId("pill-text");
  const detail = byId("pill-detail");
  const retry = byId("retry");
  const degraded = byId("degraded");
  onPress(retry, () => client.retryNow());
  client.on("status", ({ state, message }) => {
    setText(degraded, state === "ok" ? "" : TROUBLE);
    setAttribute(degraded, "title", message || null); // in the operator's words
    show(degraded, state !== "ok");
  });
  client.on("state", ({ name }) => {
    if (name !== "live" && name !== "slow") show(degraded, false); // the next connection tells of its own server
  });
  window.addEventListener("online", () => client.setOnline(true));
  window.addEventListener("offline", () => client.setOnline(false));
  window.addEventListener("pageshow", () => client.state.name !== "closed" && client.retryNow());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && client.state.name !== "closed") client.retryNow();
  });
  if (!navigator.onLine) client.setOnline(false);

  const draw = () => {
    const { state } = client;
    const words = pillOf(state, client.timers.now());
    setAttribute(pill, "class", `pill is-${words.look}`);
    setText(text, words.text);
    setText(detail, words.detail);
    show(retry, state.retryAt !== null);
  };
  setInterval(() => client.state.retryAt !== null && draw(), 250); // the seconds run down
  return draw;
}
