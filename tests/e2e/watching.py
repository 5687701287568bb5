"""What a page went through while a test was hurting something: noted by the page itself, animation frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

NOTES = """
window.notes = { ticks: [], states: [], closes: [] };
(function look() {
  const { view, state } = window.holdfast ?? {};
  const { ticks, states } = window.notes;
  if (view && view.tick !== ticks.at(-1)) ticks.push(view.tick);
  if (state && state.name !== states.at(-1)) states.push(state.name);
  requestAnimationFrame(look);
})();
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    let open = false;
    this.addEventListener("open", () => { open = true; });
    this.addEventListener("close", ({ code }) => open && window.notes.closes.push(code));
  }
};
"""
"""Ticks of the views that were drawn, the connection's states, and the codes with which open sockets were closed."""

DRAWN = """
window.drawn = { turns: [], frames: [], keys: [], acks: [] };
(function look() {
  const { frames, acks } = window.drawn;
  frames.push(performance.now());
  const waiting = window.holdfast?.unacked.length ?? 0;
  if (waiting !== acks.at(-1)?.waiting) acks.push({ waiting, at: performance.now() });
  requestAnimationFrame(look);
})();
const rotate = CanvasRenderingContext2D.prototype.rotate;
CanvasRenderingContext2D.prototype.rotate = function (angle) {
  window.drawn.turns.push({ angle, at: performance.now() });
  rotate.call(this, angle);
};
document.addEventListener("keydown", ({ code }) => window.drawn.keys.push({ code, at: performance.now() }), true);
"""
"""The angle of every ship that was drawn, when each frame began, when keys went down, how many moves were waiting."""


def take_notes(context: BrowserContext) -> None:
    """Let every page of this window that is loaded from now on take notes."""
    context.add_init_script(NOTES)


def notes(page: Page) -> dict[str, list[Any]]:
    """The notes of a page since it was loaded."""
    taken: dict[str, list[Any]] = page.evaluate("window.notes")
    return taken
