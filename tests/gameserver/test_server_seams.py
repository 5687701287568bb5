"""Every place where we touch Daphne, autobahn, Twisted or uvicorn beyond their documentation.

When one of them is upgraded and a test here fails, read gameserver/server.py and gameserver/websocket.py again before
raising the pin: tests/gameserver/test_server.py shows what the seam is for.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version

import daphne.server  # isort: skip - first: it installs the reactor

import pytest
import uvicorn
from autobahn.twisted.websocket import WebSocketServerFactory
from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.abstract import FileDescriptor
from twisted.internet.tcp import Connection

from gameserver.server import CommandLine, GameServer
from gameserver.websocket import GameSocket


def parameters(function: object) -> set[str]:
    return set(inspect.signature(function).parameters)  # type: ignore[arg-type]


def source(thing: object) -> str:
    return inspect.getsource(thing)  # type: ignore[arg-type]


def test_daphne_is_of_the_series_these_seams_were_read_in() -> None:
    assert version("daphne").startswith("4.2.")


def test_the_server_is_made_and_hooked_as_we_do() -> None:
    wanted = {"endpoints", "http_timeout", "ping_interval", "websocket_timeout", "ready_callable", "server_name",
              "proxy_forwarded_address_header", "websocket_connect_timeout", "websocket_handshake_timeout"}  # fmt: skip
    assert wanted <= parameters(daphne.server.Server.__init__)
    run = source(daphne.server.Server.run)
    assert run.index("self.ws_factory =") < run.index("self.ready_callable()") < run.index("reactor.run(")
    assert '"before", "shutdown", self.kill_all_applications' in run
    assert "for socket_description in self.endpoints" in run
    assert "http_factory" in run


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("create_application", {"protocol", "scope"}),
        ("handle_reply", {"protocol", "message"}),
        ("listen_success", {"port"}),
        ("kill_all_applications", set()),
    ],
)
def test_the_methods_we_replace_are_there_with_their_arguments(method: str, arguments: set[str]) -> None:
    theirs, ours = getattr(daphne.server.Server, method), getattr(GameServer, method)
    assert parameters(theirs) == parameters(ours) == {"self", *arguments}


def test_the_servers_book_of_connections_has_the_keys_we_read() -> None:
    whole = source(daphne.server.Server)
    assert 'self.connections[protocol]["application_instance"] =' in whole
    assert 'self.connections[protocol]["disconnected"] =' in whole


@pytest.mark.parametrize(
    "method",
    ["onOpen", "onMessage", "onClose", "handle_reply", "serverClose", "check_timeouts", "handle_exception",
     "onMessageFrameBegin", "consumeData", "processData"],
)  # fmt: skip
def test_the_protocols_methods_we_replace_are_there(method: str) -> None:
    assert parameters(getattr(WebSocketProtocol, method)) == parameters(getattr(GameSocket, method))


def test_the_protocols_parts_we_use_are_there() -> None:
    whole = source(WebSocketProtocol)
    for name in ("self.application_queue = application_queue", "self.handshake_deferred = defer.Deferred()",
                 "self.server = self.factory.server_class", "self.server.protocol_disconnected(self)"):  # fmt: skip
        assert name in whole, name
    assert {"code", "reasonUtf8"} <= parameters(Autobahn.sendCloseFrame)
    assert {"msg_size", "max_msg_size", "reason"} <= parameters(Autobahn._max_message_size_exceeded)
    for name in ("STATE_CONNECTING", "STATE_OPEN", "dropConnection", "registerProducer"):
        assert hasattr(GameSocket, name), name
    assert "self.message_data_total_length += length" in source(Autobahn.onMessageFrameBegin)
    assert "while self.processData() and self.state" in source(Autobahn.consumeData), "False must end a turn"
    assert source(Autobahn._dataReceived).rstrip().endswith("self.data += data\n        self.consumeData()")
    assert ConnectionDeny(404, "no").code == 404


def test_the_options_we_set_are_there() -> None:
    wanted = {"maxFramePayloadSize", "failByDrop", "maxConnections", "autoPingInterval", "autoPingTimeout",
              "autoPingRestartOnAnyTraffic", "closeHandshakeTimeout", "allowNullOrigin"}  # fmt: skip
    assert wanted <= parameters(WebSocketServerFactory.setProtocolOptions)
    assert "countConnections" in source(inspect.getmodule(Autobahn))


def test_the_transport_is_what_the_wire_writes_to() -> None:
    assert hasattr(reactor, "adoptStreamPort")
    assert "self._tempDataLen += len(data)" in source(FileDescriptor.write)
    for name in ("dataBuffer", "offset", "_tempDataLen"):
        assert hasattr(FileDescriptor, name) or f"self.{name}" in source(FileDescriptor), name
    assert parameters(Connection.writeSomeData) == {"self", "data"}
    assert hasattr(Connection, "abortConnection")


def test_daphnes_command_line_makes_our_server() -> None:
    assert CommandLine.server_class is GameServer
    assert "self.server_class(" in source(CommandLine.run)


def test_uvicorns_seams() -> None:
    assert {"self"} == parameters(uvicorn.Server.capture_signals)
    assert "sockets" in parameters(uvicorn.Server.shutdown)
    assert "with self.capture_signals():" in source(uvicorn.Server.serve)
