/**
 * The room's address, to be sent to a friend: copied with a confirmation, or selected where the browser cannot copy,
 * or handed to the device's own sharing.
 */
import { announce, byId, onPress, setText, show } from "./dom.js";

const CONFIRM_MS = 2500;

/** @param {{invite: string, game: {title: string}}} config */
export function mountInvite({ invite, game }) {
  const field = byId("invite-link", HTMLInputElement);
  const copies = [
    { button: byId("invite"), label: byId("invite-text") },
    { button: byId("invite-copy"), label: byId("invite-copy") },
  ];
  for (const { button, label } of copies) {
    onPress(button, () => void copy(invite, field).then((copied) => confirm(label, copied)));
  }
  field.addEventListener("focus", () => field.select());
  const share = byId("invite-share");
  show(share, typeof navigator.share === "function");
  onPress(share, () => void navigator.share({ title: game.title, text: `Play ${game.title} with me`, url: invite }).catch(ignoreAbort));
}

/** @param {string} text @param {HTMLInputElement} field  holds the text, where it is shown @returns {Promise<boolean>} */
async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, field); // no permission, or no secure page: the older way
  }
}

/** @param {string} text @param {HTMLInputElement} field @returns {boolean} */
function copyBySelection(text, field) {
  const back = document.activeElement;
  const own = field.checkVisibility() ? null : document.createElement("input");
  const source = own ?? field;
  if (own) {
    own.value = text;
    own.className = "visually-hidden";
    document.body.append(own);
  }
  source.select();
  const copied = document.execCommand("copy");
  own?.remove();
  if (copied && back instanceof HTMLElement) back.focus();
  return copied;
}

/** @param {Element} label @param {boolean} copied */
function confirm(label, copied) {
  const before = label.textContent ?? "";
  if (before === COPIED || before === BY_HAND) return;
  const said = copied ? COPIED : BY_HAND;
  setText(label, said);
  announce(copied ? "The invite link was copied." : "The link could not be copied. Select it and copy it by hand.");
  setTimeout(() => setText(label, before), CONFIRM_MS);
}

const COPIED = "Copied";
const BY_HAND = "Select it to copy";

/** Closing the device's sharing sheet is no failure. @param {Error} error */
function ignoreAbort(error) {
  if (error.name !== "AbortError") throw error;
}
