"""Where to listen: made, inherited, or a sentence that says why not."""

from __future__ import annotations

import os
import socket

import pytest

from gameserver.listening import CannotListen, Place, listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_free_port_is_found(host: str) -> None:
    with listen(Place(host, 0)) as ours:
        assert ours.getsockname()[1] > 0
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with listen(Place("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        with pytest.raises(CannotListen, match=f"Port {port} .*taken.*--port"):
            listen(Place("127.0.0.1", port))


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1"):
        listen(Place("192.0.2.1", 8000))


def test_an_inherited_socket_is_taken_over() -> None:
    theirs = socket.create_server(("127.0.0.1", 0))
    address = theirs.getsockname()
    with listen(Place("", 0, theirs.detach())) as ours:
        assert ours.getsockname() == address


def test_what_is_no_listening_socket_is_told() -> None:
    reading, writing = os.pipe()
    with pytest.raises(CannotListen, match="no listening socket"):
        listen(Place("", 0, reading))
    os.close(reading)
    os.close(writing)
    with pytest.raises(CannotListen, match="no listening socket"):
        listen(Place("", 0, 9999))
    with socket.socket() as idle, pytest.raises(CannotListen, match="does not listen"):
        listen(Place("", 0, idle.fileno()))
