"""Between picows and its transport, on one that takes notes. The real thing: tests/gameserver/test_server.py."""

from __future__ import annotations

import asyncio
from typing import Any

from gameserver.transport.conduit import SUNK, Conduit


class Transport:
    """The part of a transport that is called."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.protocol: Any = None

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.said.append(name)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


class Owner(asyncio.Protocol):
    """picows' protocol."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def connection_lost(self, exc: Exception | None) -> None:
        self.said.append("lost")

    def pause_writing(self) -> None:
        self.said.append("pause")

    def resume_writing(self) -> None:
        self.said.append("resume")


def test_what_picows_closes_is_left_to_the_peer_to_close() -> None:
    transport, owner = Transport(), Owner()
    conduit = Conduit(transport, owner)
    conduit.close()
    conduit.close()
    assert transport.said == ["resume_reading", "write_eof"]
    transport.protocol.pause_writing()
    transport.protocol.resume_writing()
    transport.protocol.connection_lost(None)
    assert owner.said == ["pause", "resume", "lost"]


def test_a_peer_that_does_not_stop_sending_is_cut_off() -> None:
    transport = Transport()
    Conduit(transport, Owner()).linger()
    transport.protocol.data_received(bytes(SUNK))
    assert "abort" not in transport.said
    transport.protocol.data_received(b"x")
    assert transport.said[-1] == "abort"


def test_a_reset_meanwhile_ends_it() -> None:
    class Reset(Transport):
        def write_eof(self) -> None:
            raise OSError("reset")

    transport = Reset()
    Conduit(transport, Owner()).linger()
    assert transport.said[-1] == "abort"


def test_both_sides_said_goodbye() -> None:
    transport = Transport()
    Conduit(transport, Owner()).finish()
    assert transport.said == ["close"]
