"""What the modules of the store ask Redis with: commands in pipelines, scripts by their hash, waits on their own.

On a cluster each command goes to the node of its key, all nodes are asked at once, and the answers are put back in
order; where a node failed a StoreUnavailable stands in their place. A command that was refused because another node
has its key (MOVED) was not run, and is sent there. Nothing else is ever sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from redis.exceptions import ClusterDownError, MovedError, NoScriptError

from rooms import meters
from rooms.store.addresses import parse_address
from rooms.store.cluster import Cluster
from rooms.store.connections import Answer, Argument, Command, exchange, raise_refusals, refusal
from rooms.store.errors import NodeAway, StoreUnavailable
from rooms.store.limits import COMMAND_S, WAIT_MS
from rooms.store.lua import Call, Script
from rooms.store.nodes import Node, Nodes, OneNode, key_of
from rooms.store.pipe import Pipe

MOVES: Final = 2
"""How often a command follows its key to another node."""

Ask: TypeAlias = "Callable[[Pipe, list[int]], Awaitable[list[Answer]]]"
"""Asks one node for those answers, by their places."""
Exchange: TypeAlias = "Callable[[Sequence[Command]], Awaitable[list[Answer]]]"
"""One round trip to a server."""


class Client:
    """What the modules of the store ask Redis with. Every method raises StoreUnavailable."""

    def __init__(self, url: str) -> None:
        """Cheap: it connects at the first call. Raises WrongAddress."""
        address = parse_address(url)
        self.nodes: Nodes = Cluster(address) if address.kind == "cluster" else OneNode(address)

    async def aclose(self) -> None:
        """Close every connection but those handed out by `connect`."""
        await self.nodes.aclose()

    async def connect(self, key: str | None = None) -> Pipe:
        """A connection of one's own, for a subscription: to the node of a key, or to any."""
        await self.nodes.ready()
        node = self.nodes.of_key(key)
        try:
            return await node.waits.open()
        except NodeAway as error:
            self.nodes.failed(node, error)
            raise

    async def call(self, *command: Argument) -> Answer:
        """One command."""
        return (await self.pipeline([command]))[0]

    async def pipeline(self, commands: Sequence[Command], limit_s: float = COMMAND_S) -> list[Answer]:
        """Some commands in one round trip, not as a transaction. Raises the first error; all were tried."""
        answers = await self.attempt(commands, limit_s)
        raise_refusals(answers)
        return answers

    async def attempt(self, commands: Sequence[Command], limit_s: float = COMMAND_S) -> list[Answer]:
        """The same, but errors that Redis answered stand in their places, for the caller to judge.

        So does a StoreUnavailable for a node that failed. When every command was refused the first refusal is raised.
        """

        async def ask(connection: Pipe, places: list[int]) -> list[Answer]:
            return await exchange(connection, [commands[at] for at in places])

        if not self.nodes.spread:
            return unless_all_refused(await self._the_one.commands.ask(commands, limit_s) if commands else [])
        return await self._spread([key_of(command) for command in commands], ask, limit_s)

    async def wait(self, *command: Argument, limit_s: float) -> Answer:
        """A command that waits in Redis for something to come, at most `limit_s` seconds in all.

        Raises a ResponseError as it came, unless it means "not now".
        """
        if self.nodes.spread:
            await self.nodes.ready()
            answers = await self.nodes.of_key(key_of(command)).waits.ask([command], limit_s)
            self._look_at(key_of(command), answers[0])
        else:
            answers = await self._the_one.waits.ask([command], limit_s)
        raise_refusals(answers)
        return answers[0]

    async def script(self, script: Script, keys: Sequence[str], args: Sequence[Argument]) -> Answer:
        """One script."""
        return (await self.scripts([(script, keys, args)]))[0]

    async def scripts(self, calls: Sequence[Call]) -> list[Answer]:
        """Some scripts in one round trip; those that Redis has not seen are loaded and run in a second one.

        Raises the first error; all were tried.
        """
        answers = await self.attempt_scripts(calls)
        raise_refusals(answers)
        return answers

    async def attempt_scripts(self, calls: Sequence[Call], replicas: int = 0) -> list[Answer]:
        """The same, but errors stand in their places as in `attempt`.

        With `replicas` a script's answer is only given once so many replicas have what it wrote; when they do not
        within WAIT_MS, a StoreUnavailable stands there instead, although the script was run.
        """

        async def ask(connection: Pipe, places: list[int]) -> list[Answer]:
            answers = await run_scripts(connection.exchange, [calls[at] for at in places])
            return await kept(connection, answers, replicas) if replicas else answers

        async def ask_the_one(commands: Sequence[Command]) -> list[Answer]:
            return await self._the_one.commands.ask(commands, COMMAND_S)

        if not (self.nodes.spread or replicas):
            return unless_all_refused(await run_scripts(ask_the_one, calls) if calls else [])
        return await self._spread([call[1][0] for call in calls], ask, COMMAND_S)

    async def ask_every_node(self, commands: Sequence[Command]) -> list[list[Answer]]:
        """The same commands on every node that serves rooms; errors that it answered stand in their places."""
        await self.nodes.ready()
        answers = []
        for node in self.nodes.all():
            answers.append(await node.commands.ask(commands, COMMAND_S))
        return answers

    # -- over the nodes

    async def _spread(self, keys: Sequence[str | None], ask: Ask, limit_s: float) -> list[Answer]:
        """Ask the servers of these keys, all at once."""
        if self.nodes.spread:
            answers = await self._ask_nodes(keys, ask, limit_s)
        elif keys:  # on one connection, as WAIT is for what that one wrote
            async with self._the_one.commands.lend(limit_s) as connection:
                answers = await ask(connection, list(range(len(keys))))
        else:
            return []
        return unless_all_refused(answers)

    @property
    def _the_one(self) -> Node:
        """The one server there is, without a look at keys, where there is no cluster."""
        return self.nodes.of_key(None)

    async def _ask_nodes(self, keys: Sequence[str | None], ask: Ask, limit_s: float) -> list[Answer]:
        answers: list[Answer] = [None] * len(keys)
        todo = list(range(len(keys)))
        await self.nodes.ready()
        for _ in range(1 + MOVES):
            parts: dict[Node, list[int]] = {}
            for at in todo:
                try:
                    parts.setdefault(self.nodes.of_key(keys[at]), []).append(at)
                except StoreUnavailable as error:
                    answers[at] = error
            asking = [self._ask(node, places, ask, limit_s) for node, places in parts.items()]
            for places, part in zip(parts.values(), await gathered(asking), strict=True):
                for at, answer in zip(places, part, strict=True):
                    answers[at] = answer
            todo = [at for at in todo if self._look_at(keys[at], answers[at])]
            if not todo:
                break
        return answers

    async def _ask(self, node: Node, places: list[int], ask: Ask, limit_s: float) -> list[Answer]:
        try:
            async with node.commands.lend(limit_s) as connection:
                return await ask(connection, places)
        except StoreUnavailable as error:
            if isinstance(error, NodeAway):
                self.nodes.failed(node, error)
            return [error] * len(places)

    def _look_at(self, key: str | None, answer: Answer) -> bool:
        """Learn from an answer about the cluster. True when the command was not run and may be sent elsewhere."""
        if isinstance(answer, MovedError):
            return self.nodes.moved(key, answer)
        if isinstance(answer, ClusterDownError):
            self.nodes.doubt()
        return False


async def gathered(asking: Sequence[Awaitable[list[Answer]]]) -> list[list[Answer]]:
    """All at once; one alone without a task of its own, as it always is on a single Redis."""
    if len(asking) == 1:
        return [await asking[0]]
    return list(await asyncio.gather(*asking))


def unless_all_refused(answers: list[Answer]) -> list[Answer]:
    """The answers. Raises the first refusal when nothing else was answered."""
    refusals = [said for said in map(refusal, answers) if said is not None]
    if refusals and len(refusals) == len(answers):
        raise refusals[0]
    return answers


async def run_scripts(exchange: Exchange, calls: Sequence[Call]) -> list[Answer]:
    """Some scripts on one server, those that it does not know once more after it was told them."""
    meters.count(f"{calls[0][0].name}_trips")  # one for all shards of a pass, or a commit costs more than it should
    answers = await exchange([evalsha(call) for call in calls])
    unknown = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if unknown:
        again = [calls[at] for at in unknown]
        loads = [("SCRIPT", "LOAD", text) for text in {call[0].text for call in again}]
        meters.count(f"{calls[0][0].name}_trips")
        late = await exchange([*loads, *(evalsha(call) for call in again)])
        for at, answer in zip(unknown, late[len(loads) :], strict=True):
            answers[at] = answer
    return answers


async def kept(connection: Pipe, answers: list[Answer], replicas: int) -> list[Answer]:
    """The answers, if enough replicas have all that this connection wrote; else a StoreUnavailable for each."""
    (count,) = await exchange(connection, [("WAIT", replicas, WAIT_MS)])
    if isinstance(count, int) and count >= replicas:
        return answers
    connection.close()  # replicas follow the primary: one that has lost them may be none, and the Sentinels know
    few = StoreUnavailable(f"Only {count} replicas of {replicas} (HOLDFAST_WAIT_REPLICAS) have what was written.")
    return [answer if isinstance(answer, Exception) else few for answer in answers]


def evalsha(call: Call) -> Command:
    """A call of a script as a command."""
    script, keys, args = call
    return ("EVALSHA", script.sha, len(keys), *keys, *args)
