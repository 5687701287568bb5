"""The listening socket: inherited, shared, and clear about why it cannot be had."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from gameserver.supervisor.port import PortError, names_of_this_machine, open_port
from tests.support.processes import Process

ACCEPT_ONE = """
import socket, sys
listening = socket.socket(fileno=int(sys.argv[1]))
listening.setblocking(True)
listening.accept()[0].sendall(b"hello")
"""


def test_a_child_can_serve_it() -> None:
    with open_port("127.0.0.1", 0) as listening:
        port, descriptor = listening.getsockname()[1], listening.fileno()
        assert os.get_inheritable(descriptor)
        command = [sys.executable, "-c", ACCEPT_ONE, str(descriptor)]
        with (
            Process("child", command, inherited=[descriptor]),
            socket.create_connection(("127.0.0.1", port), timeout=10) as client,
        ):
            assert client.recv(5) == b"hello"


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with open_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortError, match=rf"Port {port} .* is taken.*make play PORT={port + 1}"):
            open_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.77"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(PortError, match=r"make play HOST=127\.0\.0\.1"):
        open_port(host, 0)


def test_the_names_of_this_machine_hold_no_wildcard() -> None:
    names = names_of_this_machine("0.0.0.0")
    assert "0.0.0.0" not in names
    assert socket.gethostname() in names
