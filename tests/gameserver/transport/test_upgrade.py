"""Handshakes over real sockets, on both roads: what is refused and how, what the application is told, and where the
server falls back to Daphne's own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gameserver.transport.roads import ROADS
from tests.support.processes import Process, wait_for
from tests.support.seam_server import EXACT, TEXT, Peer, Server, closed, frame

WIRES = {"picows": "OpenSocket", "daphne": "DaphneWire"}


@pytest.fixture(scope="module", params=ROADS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    ours = Server(HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS=request.param)
    yield ours
    ours.process.kill()


async def refused(server: Server, path: str, **fields: str) -> int:
    """The status of a refusal; the connection is closed after it."""
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    head = await peer.ask(path, **fields)
    await peer.reader.read()
    peer.writer.close()
    return int(head.split()[1])


async def known(uri: str, **options: Any) -> dict[str, Any]:
    """What the application was told."""
    async with websockets.connect(uri, **{**EXACT, **options}) as ws:
        return dict(json.loads(await ws.recv()))


async def test_the_application_is_told_the_same_on_both_roads(server: Server) -> None:
    headers = {"X-One": "1", "X_Two": "2", "Daphne-Root-Path": "/here"}
    uri = f"ws://127.0.0.1:{server.port}/kn%6Fwn?a=%20b"
    options: dict[str, Any] = {"subprotocols": ["a", "b"], "additional_headers": headers, "user_agent_header": None}
    told = await known(uri, **options)
    client = told.pop("client")
    assert client[0] == "127.0.0.1"
    assert isinstance(client[1], int)
    assert told == {
        "type": "websocket",
        "path": "/known",
        "raw_path": "/kn%6Fwn",
        "query_string": "a=%20b",
        "root_path": "/here",
        "server": ["127.0.0.1", server.port],
        "subprotocols": ["a", "b"],
        "headers": ["connection", "host", "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version",
                    "upgrade", "x-one"],
        "wire": WIRES[server.road],
    }  # fmt: skip


async def test_what_is_no_handshake_is_refused(server: Server) -> None:
    assert await refused(server, "/echo", Sec_WebSocket_Key="short") == 400
    assert await refused(server, "/echo", Connection="close") == 400
    assert await refused(server, "/echo", Sec_WebSocket_Version="7") in (400, 426)


async def test_an_application_refuses_as_it_likes(server: Server) -> None:
    assert await refused(server, "/deny") == 404
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    head = await peer.ask("/denied")
    assert head.startswith(b"HTTP/1.1 402 ")
    body = await peer.reader.read()
    if server.road == "picows":  # autobahn knows only a status
        assert b"x-price: 1\r\n" in head
        assert body == b"pay first"
    peer.writer.close()


async def test_an_application_that_says_nothing_is_a_fault_and_one_that_returns_has_done(server: Server) -> None:
    assert await refused(server, "/mute") == 500
    async with server.connect("/brief") as ws:
        assert (await closed(ws))[0] == 1000


async def test_firefox_keeps_its_connection_and_upgrades_it_later(server: Server) -> None:
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    peer.writer.write(b"GET /told HTTP/1.1\r\nHost: x\r\n\r\n")
    head = await peer.reader.readuntil(b"\r\n\r\n")
    if b"chunked" in head:
        await peer.reader.readuntil(b"0\r\n\r\n")
    assert b" 101 " in await peer.ask("/echo", Connection="keep-alive, Upgrade")
    peer.send(frame(TEXT, b"x"))
    assert await peer.frame() == (TEXT, b"x")
    peer.writer.close()


async def test_who_leaves_before_the_answer_is_told_to_the_application(server: Server) -> None:
    before = server.told().get("slow", 0)
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    asking = asyncio.create_task(peer.ask("/slow"))
    await server.until(lambda told: told.get("slow", 0) == before + 1)
    peer.writer.transport.abort()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asking
    await server.until(lambda told: told["websockets"] == 0)
    assert server.told()["slow_code"] == 1006


@pytest.mark.parametrize("server", ["picows"], indirect=True)
async def test_who_speaks_before_the_answer_is_cut_off(server: Server) -> None:
    before = server.told().get("slow", 0)
    peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
    asking = asyncio.create_task(peer.ask("/slow"))
    await server.until(lambda told: told.get("slow", 0) == before + 1)
    peer.send(frame(TEXT, b"too early"))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asking
    await server.until(lambda told: told["websockets"] == 0)


# -- other ways in


@pytest.mark.parametrize("road", ROADS)
async def test_version_6_of_ip(road: str) -> None:
    server = Server(host="::1", HOLDFAST_WEBSOCKETS=road)
    told = await known(f"ws://[::1]:{server.port}/known")
    assert (told["client"][0], told["server"], told["wire"]) == ("::1", ["::1", server.port], WIRES[road])
    server.process.kill()


@pytest.fixture
def daphne() -> Iterator[Callable[..., Process]]:
    """Our server by Daphne's own command line."""
    ours: list[Process] = []

    def start(*words: str, inherited: tuple[int, ...] = (), **env: str) -> Process:
        command = [sys.executable, "-m", "gameserver.server", *words, "tests.support.seams:application"]
        ours.append(Process("daphne", command, {**os.environ, **env}, inherited))
        return ours[-1]

    yield start
    for one in ours:
        one.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def certificate(folder: Path) -> tuple[str, str]:
    """A key and a certificate for 127.0.0.1, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    clear = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, clear))
    return str(folder / "key.pem"), str(folder / "cert.pem")


async def test_tls_and_unix_sockets_fall_back_beside_plain_tcp(daphne: Callable[..., Process], tmp_path: Path) -> None:
    key, cert = certificate(tmp_path)
    secure, plain, path = free_port(), free_port(), str(tmp_path / "socket")
    tls = f"ssl:{secure}:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    process = daphne("-e", tls, "-e", f"tcp:{plain}:interface=127.0.0.1", "-u", path, HOLDFAST_WEBSOCKETS="picows")
    wait_for(lambda: answers(plain) and answers(secure), 20, f"it listens: {process.output}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    assert (await known(f"wss://127.0.0.1:{secure}/known", ssl=context))["wire"] == "DaphneWire"
    assert (await known(f"ws://127.0.0.1:{plain}/known"))["wire"] == "OpenSocket"
    reached = socket.socket(socket.AF_UNIX)
    reached.connect(path)
    told = await known("ws://localhost/known", sock=reached)
    assert (told["wire"], told["client"]) == ("DaphneWire", None)


@pytest.mark.parametrize("road", ROADS)
async def test_a_descriptor_and_a_slow_application(daphne: Callable[..., Process], road: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, number = listening.getsockname()[1], listening.fileno()
        process = daphne("--fd", str(number), "--websocket_connect_timeout", "1", inherited=(number,),
                         HOLDFAST_WEBSOCKETS=road)  # fmt: skip
        wait_for(lambda: answers(port), 20, f"it listens: {process.output}")
        assert (await known(f"ws://127.0.0.1:{port}/known"))["wire"] == WIRES[road]
        peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
        answer = b""
        async with asyncio.timeout(10):
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # autobahn may just hang up
                answer = await peer.ask("/slow")
        assert b" 503 " in answer or (road == "daphne" and b" 101 " not in answer)
        peer.writer.close()


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("trusting", [True, False])
async def test_an_address_from_a_proxy_counts_only_where_it_is_asked_for(
    daphne: Callable[..., Process], road: str, trusting: bool
) -> None:
    port = free_port()
    words = ["-p", str(port), *(["--proxy-headers", "--proxy-headers-host", "X-Real-IP"] if trusting else [])]
    process = daphne(*words, HOLDFAST_WEBSOCKETS=road)
    wait_for(lambda: answers(port), 20, f"it listens: {process.output}")
    headers = {"X-Real-IP": "10.1.2.3", "X-Forwarded-For": "10.9.9.9", "X-Forwarded-Port": "1"}
    told = await known(f"ws://127.0.0.1:{port}/known", additional_headers=headers)
    assert told["client"][0] == ("10.1.2.3" if trusting else "127.0.0.1")
