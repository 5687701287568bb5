/**
 * Puts the chosen theme on <html> before anything is painted, and lets the toggle change it.
 *
 * A classic script in <head>, on purpose: modules run after the first paint, which would flash. The page's content
 * security policy allows no inline script, so it is a file.
 */
(() => {
  const KEY = "hf-theme";
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;

  /** The kept choice; "system" where none is kept or the browser keeps nothing. */
  const kept = () => {
    try {
      const word = localStorage.getItem(KEY) ?? "system";
      return ORDER.includes(word) ? word : "system";
    } catch {
      return "system"; // storage is forbidden here: follow the system
    }
  };

  /** @param {string} theme */
  const keep = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      console.warn("The browser keeps nothing for this page; the theme lasts until it is closed.");
    }
  };

  /** @param {string} theme */
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };

  /** @param {HTMLElement} button @param {string} theme */
  const label = (button, theme) => {
    const following = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    button.setAttribute("aria-label", `Theme: ${theme}. Change to ${following}.`);
    button.title = `Theme: ${theme}`;
  };

  let theme = kept();
  apply(theme);
  root.dataset.js = "";

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!(button instanceof HTMLElement)) return;
    label(button, theme);
    button.addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
      apply(theme);
      keep(theme);
      label(button, theme);
    });
  });

  window.addEventListener("storage", (change) => {
    if (change.key === KEY) apply((theme = kept())); // another tab changed it
  });
})();
