"""How players behave: start, move, chat, agree to rematches; wander between seat and stand; send things twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from rooms.core.game import Rules
from rooms.core.inputs import Wire
from rooms.core.rng import Rng
from rooms.protocol import client as say
from rooms.protocol import codec
from tests.chaos.player import Make, Player

UNANSWERED: Final = 6
"""Inputs under way at once."""
CHAT_EVERY: Final = 4
"""So many turns at least between two chat lines; the server takes one in 0.7 s."""


@dataclass(slots=True)
class Habits:
    """How a room's players behave; the scenario changes these while they play."""

    pace_s: float = 0.35
    chat: float = 0.15
    mischief: float = 0.15
    wander: float = 0.0
    matches: int = 2
    """So many are played, then the room comes to rest."""
    acting: bool = True
    probing: bool = False
    """Somebody waits for a sign of life from every room: say something at every turn that allows it."""


class Actor:
    """Acts for one player. `run` until cancelled."""

    def __init__(self, player: Player, rules: Rules, habits: Habits) -> None:
        self.player, self.rules, self.habits = player, rules, habits
        self._turns = self._chatted = 0

    async def run(self) -> None:
        """A turn every `pace_s`, more or less."""
        rng = self.player.rng
        while self.player.ended is None:
            await asyncio.sleep(self.habits.pace_s * (0.5 + rng.random()))
            if self.player.here and self.habits.acting and len(self.player.pending) < UNANSWERED:
                self._turns += 1
                await self._turn()

    async def _turn(self) -> None:
        player, rng, habits = self.player, self.player.rng, self.habits
        room, seat = player.sight.room, player.sight.seat
        if rng.random() < habits.mischief:
            await self._repeat()
        may_chat = self._turns - self._chatted >= CHAT_EVERY * max(1.0, 0.35 / habits.pace_s)
        if may_chat and (habits.probing or rng.random() < habits.chat):
            self._chatted = self._turns
            await self._chat()
        if room["paused"] is not None:
            return
        if seat < 0:
            if habits.wander and not player.watches and room["joinable"]:
                await player.send("sit", lambda seq, wire: codec.dump(say.Sit(seq), wire))
            return
        await self._play(room, seat)

    async def _play(self, room: Any, seat: int) -> None:
        player, habits = self.player, self.habits
        chair = room["seats"][seat]
        match room["phase"]:
            case "waiting" if room["host"] == player.who.id:
                if not room["blocked"]:
                    await player.send("start", lambda seq, wire: codec.dump(say.Start(seq), wire))
            case "waiting" if not chair["ready"]:
                await player.send("ready", lambda seq, wire: codec.dump(say.Ready(seq), wire))
            case "finished" if room["match"] < habits.matches:
                await self._agree()
            case "rematch" if not chair["rematch"]:  # also when no more are wanted: the other waits for it
                await self._agree()
            case "playing" if player.rng.random() < habits.wander:
                await player.send("stand", lambda seq, wire: codec.dump(say.Stand(seq), wire))
            case "playing":
                await self._move(seat)

    async def _agree(self) -> None:
        await self.player.send("rematch", lambda seq, wire: codec.dump(say.Rematch(seq), wire))

    async def _move(self, seat: int) -> None:
        move = self._choose(seat)
        if move is not None:
            await self.player.send("move", _move_maker(move), msgspec.msgpack.encode(move))

    def _choose(self, seat: int) -> Any:
        """A legal move by the game's weakest bot; arena's ships steer by chance, which costs nothing."""
        rng, game = self.player.rng, self.player.sight.tree["game"]
        if game is None or self.rules.bot is None:
            return None
        if self.rules.slug == "arena":
            return self.rules.move(rng.randint(0, 1), rng.randint(-1, 1), rng.randint(0, 1))
        view = msgspec.convert(game, self.rules.view_type)
        return self.rules.bot(view, seat, self.rules.strengths[len(self.rules.strengths) // 2], Rng(rng.random()))

    async def _chat(self) -> None:
        text = f"{self.player.who.id} says {self._turns} {self.player.rng.getrandbits(32):x}"
        await self.player.send("chat", lambda seq, wire: codec.dump(say.Chat(seq, text), wire), text.encode())

    async def _repeat(self) -> None:
        """Send what was sent before once more: the newest, or some old ones in a wrong order. They count once."""
        player, rng = self.player, self.player.rng
        old = rng.sample(player.answered, min(2, len(player.answered)))
        waiting = list(player.pending.values())[:1] if rng.random() < 0.5 else []
        for one in (*old, *waiting):
            await player.put(one)


def _move_maker(move: Any) -> Make:
    def make(seq: int, wire: Wire) -> bytes:
        return codec.dump(say.Move(seq, msgspec.Raw(codec.dump(move, wire))), wire)

    return make
