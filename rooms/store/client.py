"""What the modules of the store ask Redis with: commands in pipelines, scripts by their hash, waits on their own."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError

from rooms.store.connections import Answer, Argument, Command, Connections, exchange, raise_refusals
from rooms.store.limits import COMMAND_CONNECTIONS, COMMAND_S, WAITING_CONNECTIONS
from rooms.store.lua import Call, Script


class Client:
    """What the modules of the store ask Redis with. Every method raises StoreUnavailable."""

    def __init__(self, url: str) -> None:
        """Cheap: it connects at the first call."""
        self._commands = Connections(url, COMMAND_CONNECTIONS)
        self._waits = Connections(url, WAITING_CONNECTIONS)

    async def aclose(self) -> None:
        """Close every connection but those handed out by `connect`."""
        await self._commands.aclose()
        await self._waits.aclose()

    async def connect(self) -> AbstractConnection:
        """A connection of one's own, for a subscription."""
        return await self._waits.open()

    async def call(self, *command: Argument) -> Answer:
        """One command."""
        return (await self.pipeline([command]))[0]

    async def pipeline(self, commands: Sequence[Command], limit_s: float = COMMAND_S) -> list[Answer]:
        """Some commands in one round trip, not as a transaction. Raises the first error; all were tried."""
        answers = await self.attempt(commands, limit_s)
        raise_refusals(answers)
        return answers

    async def attempt(self, commands: Sequence[Command], limit_s: float = COMMAND_S) -> list[Answer]:
        """The same, but errors that Redis answered stand in their places, for the caller to judge."""
        if not commands:
            return []
        async with self._commands.lend(limit_s) as connection:
            return await exchange(connection, commands)

    async def wait(self, *command: Argument, limit_s: float) -> Answer:
        """A command that waits in Redis for something to come, at most `limit_s` seconds in all.

        Raises a ResponseError as it came, unless it means "not now".
        """
        async with self._waits.lend(limit_s) as connection:
            answers = await exchange(connection, [command])
        raise_refusals(answers)
        return answers[0]

    async def script(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Answer:
        """One script."""
        return (await self.scripts([(script, keys, args)]))[0]

    async def scripts(self, calls: Sequence[Call]) -> list[Answer]:
        """Some scripts in one round trip; those that Redis has not seen are loaded and run in a second one.

        Raises the first error; all were tried.
        """
        if not calls:
            return []
        async with self._commands.lend(COMMAND_S) as connection:
            answers = await exchange(connection, [evalsha(call) for call in calls])
            unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if unknown:
                again = [calls[at] for at in unknown]
                loads = [("SCRIPT", "LOAD", text) for text in {call[0].text for call in again}]
                late = await exchange(connection, [*loads, *(evalsha(call) for call in again)])
                for at, answer in zip(unknown, late[len(loads) :], strict=True):
                    answers[at] = answer
        raise_refusals(answers)
        return answers


def evalsha(call: Call) -> Command:
    """A call of a script as a command."""
    script, keys, args = call
    return ("EVALSHA", script.sha, len(keys), *keys, *args)
