"""Where the road over picows touches what nobody promises. tests/gameserver/test_server_seams.py has the rest.

When picows or aiofastnet is upgraded, a test here fails. Read its source for what is said below, run the Autobahn cases
(test_conformance.py), measure, and only then raise the version here and in requirements/base.in.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from pathlib import Path
from typing import Any

import daphne.server  # isort: skip - first: it installs the reactor

import aiofastnet
import picows
import pytest
from aiofastnet.selector_transport import SelectorSocketTransport
from daphne.http_protocol import WebRequest
from daphne.utils import parse_x_forwarded_for
from picows import WSListener, WSUpgradeResponseWithListener
from picows.picows import WSProtocol, WSTransport  # type: ignore[attr-defined]
from twisted.internet import tcp, unix
from twisted.internet.base import ReactorBase

from gameserver.transport.upgrade import Upgrade

PYX = (Path(picows.__file__).parent / "picows.pyx").read_text()
"""picows ships its source beside the compiled module."""


def source(thing: Any) -> str:
    return inspect.getsource(thing)


@pytest.mark.parametrize(("package", "read"), [("picows", "2.3.1"), ("aiofastnet", "1.2.0")])
def test_the_versions_are_those_these_seams_were_read_in(package: str, read: str) -> None:
    assert version(package) == read


def test_a_protocol_is_made_and_fed_as_we_do() -> None:
    start = PYX.index("cdef class WSProtocol(WSProtocolBase")
    init = PYX[PYX.index("def __init__(self,", start) :].partition("):")[0]
    assert [word.split()[-1] for word in init.split("(")[1].split(",")] == [
        "self", "host_port", "ws_path", "is_client_side", "ws_listener_factory", "logger", "disconnect_on_exception",
        "websocket_handshake_timeout", "enable_auto_ping", "auto_ping_idle_timeout", "auto_ping_reply_timeout",
        "auto_ping_strategy", "enable_auto_pong", "max_frame_size", "extra_headers", "read_buffer_init_size",
    ]  # fmt: skip
    for name in ("connection_made", "get_buffer", "buffer_updated", "connection_lost", "pause_writing"):
        assert hasattr(WSProtocol, name), name


def test_our_answer_is_used_as_it_is() -> None:
    assert "response.status != HTTPStatus.SWITCHING_PROTOCOLS" in PYX
    assert 'response.headers["Sec-WebSocket-Accept"] = accept_val.decode()' in PYX
    assert "cdef bytearray response_bytes = response.to_bytes()" in PYX
    assert "listener_or_response_with_listener.response" in PYX
    assert source(WSUpgradeResponseWithListener.__init__).count("isinstance") == 0


def test_a_broken_frame_is_logged_before_its_close_is_sent() -> None:
    part = PYX[PYX.index("cdef inline WSFrame _get_next_frame(self):") :]
    logged = part.index('self._logger.error("WS parser error: %s, initiate disconnect", ex.args)')
    assert logged < part.index("self.transport.send_close(ex.args[0], ex.args[1])")
    assert 'f"Received CLOSE for the second time' in PYX
    assert "if isinstance(self._logger, logging.Logger):" in PYX, "a logger that is none gets no child for each socket"


def test_a_close_after_a_fault_goes_through_the_transport_we_give() -> None:
    assert "self.transport = WSTransport(self.is_client_side, transport, self._logger, self._loop)" in PYX
    assert "self._loop.call_later(_DISCONNECT_AFTER_ERROR_DELAY, self.transport.disconnect)" in PYX
    assert "            self.underlying_transport.close()" in PYX


def test_what_we_ask_of_its_transport_and_frames_is_there() -> None:
    for name in ("send", "send_ping", "send_pong", "send_close", "close_handshake"):
        assert hasattr(WSTransport, name), name
    for name in ("on_ws_connected", "on_ws_frame", "on_ws_disconnected", "pause_writing", "resume_writing"):
        assert hasattr(WSListener, name), name
    assert "frame.last_in_buffer = 1" in PYX
    assert "Ignore attempt to send a message after WSMsgType.CLOSE has already been sent" in PYX


def test_a_frame_that_is_too_long_is_refused_before_it_is_read() -> None:
    assert "self._f_payload_length > self._max_frame_size" in PYX
    assert "WSCloseCode.MESSAGE_TOO_BIG," in PYX


def test_an_accepted_socket_may_be_given_to_a_protocol() -> None:
    assert list(inspect.signature(aiofastnet.connect_accepted_socket).parameters)[:3] == [
        "loop",
        "protocol_factory",
        "sock",
    ]
    for name in ("write", "writelines", "get_write_buffer_size", "get_extra_info", "pause_reading", "resume_reading",
                 "abort", "close", "set_protocol", "write_eof"):  # fmt: skip
        assert hasattr(SelectorSocketTransport, name), name


def test_daphne_hands_an_upgrade_over_as_we_take_it() -> None:
    process = source(WebRequest.process)
    steps = [
        "self.server.ws_factory.buildProtocol(",
        "protocol._raw_query_string =",
        "transport.wrappedProtocol =",
        "transport.protocol = protocol",
        "protocol.makeConnection(transport)",
        "protocol.dataReceived(data)",
    ]
    places = [process.index(step) for step in steps]
    assert places == sorted(places)
    assert 'data += h[0] + b": " + b",".join(h[1])' in process
    for name in ("check_timeouts", "handle_exception"):
        assert hasattr(Upgrade, name)
        assert f"protocol.{name}(" in source(daphne.server.Server)
    assert "if not address_header_name:\n        return original_addr, original_scheme" in source(parse_x_forwarded_for)


def test_twisted_lets_go_of_a_socket() -> None:
    lost = source(tcp.Connection.connectionLost)
    assert 'if not hasattr(self, "socket"):' in lost
    assert "protocol.connectionLost(reason)" in lost
    assert "return self.socket" in source(tcp.Connection.getHandle)
    assert "fd == -1" in source(daphne.server.asyncioreactor.AsyncioSelectorReactor.removeReader)
    assert hasattr(ReactorBase, "getWriters") or hasattr(daphne.server.reactor, "getWriters")


def test_only_plain_tcp_is_of_this_very_type() -> None:
    assert unix.Server is not tcp.Server
    assert "TLS" in vars(tcp.Connection) or any("TLS" in vars(base) for base in tcp.Connection.__mro__)
