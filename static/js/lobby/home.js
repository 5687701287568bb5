/** The lobby's page: pictures, forms, and the live list of rooms. */

import { guardForms } from "./once.js";
import { drawPictures } from "./pictures.js";
import { RoomList } from "./rooms.js";
import { say } from "./say.js";
import { LobbySocket } from "./socket.js";

drawPictures();
guardForms();

const list = new RoomList(document);
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const socket = new LobbySocket(`${scheme}//${location.host}/ws/lobby/`, {
  rooms: (rows, sums) => list.replace(rows, sums),
  changes: (rows, gone, sums) => list.change(rows, gone, sums),
  state: (state) => list.connection(state),
});
list.onWanted = (wanted) => socket.watch(wanted);
socket.watch(list.wanted);
socket.open();
window.addEventListener("online", () => socket.retryNow());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) socket.retryNow();
});

/** A name was saved in place: the page's head shows it too, and it is read aloud. */
function named() {
  const saved = document.querySelector("#who [data-saved]");
  const field = document.getElementById("id_name");
  if (!saved || !(field instanceof HTMLInputElement)) return;
  const head = document.querySelector(".whoami");
  head?.setAttribute("aria-label", `Playing as ${field.value}. Change the name.`);
  head?.querySelector("[data-player-name]")?.replaceChildren(field.value);
  head?.querySelector(".avatar")?.replaceChildren(field.value.slice(0, 1).toUpperCase());
  say(saved.textContent ?? "");
}

document.body.addEventListener("htmx:afterSwap", named);
