"""Two hundred milliseconds away: one's own ship answers a key at once, long before the server has heard of it."""

from __future__ import annotations

from typing import Any

from tests.e2e.people import Meet
from tests.e2e.watching import DRAWN
from tests.support.fleet import Fleet
from tests.support.proxy import Proxy

FAR_S = 0.1
"""Each way."""
AT_ONCE_MS, AT_ONCE_FRAMES = 50, 2
AT_REST = """() => {
  const last = window.drawn.turns.slice(-10).map(({ angle }) => angle);
  return window.holdfast.unacked.length === 0 && last.length === 10 && Math.max(...last) === Math.min(...last);
}"""
"""The ship is drawn without turning, and nothing is on its way."""


def test_ones_own_ship_answers_at_once(fleet: Fleet, introduce: Meet) -> None:
    with Proxy(fleet.web[0].port, delay_s=FAR_S) as proxy:
        ann = introduce(proxy.url(), "Ann")
        ann.context.add_init_script(DRAWN)
        ann.open("arena", seats=1, seconds=60)
        ann.press("Start")
        ann.until("view.whole.room.phase === 'playing' && view.tick > 60 && state.rtt > 0")
        assert ann.inside("state.rtt") >= 2000 * FAR_S
        answers = [answer_to(ann.page, key) for key in ("ArrowLeft", "ArrowRight", "KeyA")]
        ann.close()
    for frames, ms, acknowledged in answers:
        assert frames <= AT_ONCE_FRAMES or ms <= AT_ONCE_MS, answers
        assert acknowledged >= 2000 * FAR_S, answers


def answer_to(page: Any, key: str) -> tuple[int, float, float]:
    """Hold a key: the frames and ms until the ship is drawn turning, and the ms until the server has answered."""
    page.wait_for_function(AT_REST)
    page.evaluate("() => Object.values(window.drawn).forEach((list) => list.splice(0, list.length - 1))")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.keyboard.down(key)
    turned = "({ angle, at }) => at >= key.at && Math.abs(angle - still.angle) > 1e-6"
    page.wait_for_function(
        f"""() => {{
          const {{ keys, turns, acks, frames }} = window.drawn;
          const key = keys.findLast(({{ code }}) => code === "{key}");
          const still = key && turns.findLast(({{ at }}) => at < key.at);
          const turn = still && turns.find({turned});
          const sent = key && acks.find(({{ waiting, at }}) => waiting > 0 && at >= key.at);
          const answered = sent && acks.find(({{ waiting, at }}) => waiting === 0 && at > sent.at);
          if (!turn || !answered) return false;
          const drawn = frames.filter((at) => at > key.at && at <= turn.at).length;
          window.answer = [drawn, turn.at - key.at, answered.at - key.at];
          return true;
        }}"""
    )
    page.keyboard.up(key)
    frames, ms, acknowledged = page.evaluate("window.answer")
    return frames, ms, acknowledged
