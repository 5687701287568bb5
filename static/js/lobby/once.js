/** Forms that must be sent once: the second press of an impatient finger does nothing, and waiting is shown. */

import { say } from "./say.js";

/** @param {HTMLFormElement} form */
function guard(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    form.querySelector("[type=submit]")?.setAttribute("aria-disabled", "true");
    say("One moment…");
  });
}

/** Guard every form marked data-once; a page that comes back from the browser's memory is ready again. */
export function guardForms() {
  const forms = [...document.querySelectorAll("form[data-once]")].filter((form) => form instanceof HTMLFormElement);
  forms.forEach(guard);
  window.addEventListener("pageshow", () => {
    for (const form of forms) {
      delete form.dataset.sent;
      form.querySelector("[type=submit]")?.removeAttribute("aria-disabled");
    }
  });
}
