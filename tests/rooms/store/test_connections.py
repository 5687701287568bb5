"""Connections: every kind of address, every kind of fault, and each fault told in words."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis.exceptions import ConnectionError as NoConnection

from rooms.core.ids import RoomId
from rooms.store import Commit, Store, StoreUnavailable
from rooms.store.client import Client
from rooms.store.connections import Connections, exchange
from rooms.store.limits import COMMAND_CONNECTIONS, CONNECT_S
from tests.rooms.store.making import ROOM, TTL, listening
from tests.support.valkey import ValkeyServer
from tests.support.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of one's own, on a unix socket and on a port, to hurt."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with ValkeyServer(tmp_path, options=("--port", str(port), "--bind", "127.0.0.1")) as server:
        yield server


def port_of(server: ValkeyServer) -> int:
    return int(server.options[1])


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Client]:
    client = Client(url)
    yield client
    await client.aclose()


# -- addresses


async def test_a_unix_socket_with_a_database(server: ValkeyServer) -> None:
    async with opened(f"{server.url}?db=3") as client:
        await client.call("SET", "k", "three")
    async with opened(server.url) as client:
        assert await client.call("GET", "k") is None
    async with opened(f"redis://127.0.0.1:{port_of(server)}/3") as client:
        assert await client.call("GET", "k") == b"three"


async def test_a_password(server: ValkeyServer) -> None:
    with server.client() as admin:
        admin.config_set("requirepass", "secret")
    async with opened(f"redis://:secret@127.0.0.1:{port_of(server)}") as client:
        assert await client.call("PING") == b"PONG"
    async with opened(f"redis://:wrong@127.0.0.1:{port_of(server)}") as client:
        with pytest.raises(StoreUnavailable, match="refuses our name or password"):
            await client.call("PING")
    async with opened(server.url) as client:
        with pytest.raises(StoreUnavailable, match="password"):
            await client.call("PING")


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "localhost.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_tls(server: ValkeyServer, tmp_path: Path) -> None:
    """Through a door that speaks TLS, as hosted ones do; a certificate nobody vouches for is refused."""
    pem = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_unix_connection(str(server.socket))

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while some := await source.read(65536):
                sink.write(some)
            sink.close()

        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    async with listening(talk, tls) as port:
        async with opened(f"rediss://localhost:{port}?ssl_ca_certs={pem}") as client:
            assert await client.call("PING") == b"PONG"
        async with opened(f"rediss://localhost:{port}") as client:
            with pytest.raises(StoreUnavailable, match="certificate"):
                await client.call("PING")


# -- faults


async def test_nobody_there(tmp_path: Path) -> None:
    for url in (f"unix://{tmp_path}/none.sock", "redis://127.0.0.1:1"):
        async with opened(url) as client:
            with pytest.raises(StoreUnavailable, match="Redis cannot be reached"):
                await client.call("PING")
            with pytest.raises(StoreUnavailable, match="Redis cannot be reached"):
                await client.connect()


async def test_silence(server: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both for a connection that stands and for one that must be opened first."""
    monkeypatch.setattr("rooms.store.connections.CONNECT_S", CONNECT_S)  # as shipped; tests have more (conftest.py)
    async with opened(server.url) as client:
        await client.call("PING")
        server.pause()
        try:
            with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
                await client.call("PING")
            with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
                await client.call("PING")
        finally:
            server.resume()
        assert await client.call("PING") == b"PONG"


async def test_a_restart_is_noticed_before_anything_is_sent(server: ValkeyServer) -> None:
    """A connection that Redis closed is opened anew, so the first command after a restart does not fail."""
    async with opened(server.url) as client:
        await client.call("SET", "k", "kept")
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        assert await client.call("GET", "k") == b"kept"
        server.stop()
        with pytest.raises(StoreUnavailable, match="Redis cannot be reached"):
            await client.call("GET", "k")


async def test_out_of_memory_writes_nothing_at_all(server: ValkeyServer) -> None:
    """A commit that is refused for memory leaves no half of any shard, wherever in the call its first write is."""
    store = Store(server.url, 4)
    leases = [lease for lease in await store.take_all(range(4), "me", TTL) if lease]
    assert await store.take(0, "me", TTL)  # the first is refused for its epoch, before anything is written
    with server.client() as admin:
        admin.config_set("maxmemory", 1)
        before = {key: admin.dump(key) for key in admin.keys("*")}
        with pytest.raises(StoreUnavailable, match="out of memory"):
            await store.commit([Commit(lease, rooms={ROOM: b"r"}, closed=[ROOM], bots=[b"b"]) for lease in leases], TTL)
        assert {key: admin.dump(key) for key in admin.keys("*")} == before
        assert len(before) == 8
    await store.aclose()


async def test_a_commit_that_has_begun_to_write_is_not_refused_for_memory(server: ValkeyServer) -> None:
    """The limit is passed in the middle of a call: Redis looks at it before a script writes, and not again."""
    store = Store(server.url, 4)
    leases = [lease for lease in await store.take_all(range(4), "me", TTL) if lease]
    with server.client() as admin:
        limit = admin.info("memory")["used_memory_peak"] + 3_000_000
        admin.config_set("maxmemory", limit)
        done = 0

        async def fill() -> None:
            nonlocal done
            while True:
                rooms = {RoomId(f"room-{done}"): b"r" * 150_000}
                assert await store.commit([Commit(lease, rooms=rooms) for lease in leases], TTL) == [None] * 4
                done += 1

        with pytest.raises(StoreUnavailable, match="out of memory"):
            await fill()
        assert admin.info("memory")["used_memory_peak"] > limit, "the last that was done passed it on its way"
        heads = [admin.hget(f"hf:{{s{shard:02d}}}:meta", "commits") for shard in range(4)]
        assert heads == [b"%d" % done] * 4
        assert [admin.hlen(f"hf:{{s{shard:02d}}}:rooms") for shard in range(4)] == [done] * 4
    await store.aclose()


async def test_a_read_only_replica(server: ValkeyServer) -> None:
    with server.client() as admin:
        admin.replicaof("127.0.0.1", 1)
    store = Store(server.url, 4)
    with pytest.raises(StoreUnavailable, match="read-only replica"):
        await store.take(0, "me", TTL)
    with pytest.raises(StoreUnavailable, match="read-only replica"):
        await store.check()
    await store.aclose()


async def test_a_primary_that_became_a_replica_is_left(server: ValkeyServer) -> None:
    """The next connection is opened anew, and behind Sentinels that leads to the new primary."""
    connections = Connections(server.url, 1)
    async with connections.lend(1.0) as connection:
        assert await exchange(connection, [("SET", "k", 1)]) == [b"OK"]
        assert connection.is_connected
    with server.client() as admin:
        admin.replicaof("127.0.0.1", 1)
    async with connections.lend(1.0) as connection:
        (answer,) = await exchange(connection, [("SET", "k", 2)])
        assert "read only" in str(answer)
        assert not connection.is_connected
    await connections.aclose()


async def test_nothing_stays_open_once_it_is_closed(server: ValkeyServer) -> None:
    """Neither what was just being opened, nor what is asked for by one who has not heard of the end."""
    client = Client(server.url)
    node = client.nodes.all()[0]
    await client.call("PING")
    server.pause()
    opening = [asyncio.create_task(client.call("PING")) for _ in range(COMMAND_CONNECTIONS + 2)]
    opening.append(asyncio.create_task(client.wait("BLPOP", "k", 0, limit_s=5)))
    opening.append(asyncio.create_task(client.connect()))
    await asyncio.sleep(0.05)  # whoever may is on the way to Redis
    closing = asyncio.create_task(client.aclose())
    await asyncio.sleep(0)
    server.resume()
    await closing
    ended = await asyncio.wait_for(asyncio.gather(*opening, return_exceptions=True), 5)
    assert all(isinstance(one, StoreUnavailable) or one == b"PONG" for one in ended), ended
    with pytest.raises(StoreUnavailable, match="closed"):
        await client.call("PING")
    assert [one for one in (*node.commands._idle, *node.waits._idle) if one.is_connected] == []
    with server.client() as admin:
        await until(lambda: not [row for row in admin.client_list() if row["name"] == "holdfast"], 5, "all are closed")


async def test_a_connection_that_was_closed_is_not_opened_behind_our_back(server: ValkeyServer) -> None:
    """What follows in the same exchange (WAIT) would be asked of a server that has not seen the rest."""
    connections = Connections(server.url, 1)
    async with connections.lend(1.0) as connection:
        connection.close()
        with pytest.raises(NoConnection, match="closed meanwhile"):
            await exchange(connection, [("WAIT", 0, 1)])
        assert not connection.is_connected
    await connections.aclose()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", "still loading its file"),
        (b"-ERR max number of clients reached\r\n", "max number of clients reached"),
        (b"-MISCONF Errors writing to the AOF file\r\n", "cannot save to its disk"),
        (b"-CLUSTERDOWN The cluster is down\r\n", "the Redis Cluster is down"),
        (b"-NOPERM this user has no permissions\r\n", "does not allow our user"),
        (b"-BUSY Redis is busy running a script\r\n", "busy with a long script"),
        (b"-NOSCRIPT No matching script.\r\n", "lost our scripts"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not usable"),
        (b"", "Redis cannot be reached"),
    ],
)
async def test_whatever_it_answers(answer: bytes, words: str) -> None:
    """As the one answer to everything we say, the greeting included."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line.startswith(b"*"):
                writer.write(b"+OK\r\n" if greeting[:1] and greeting.pop() else answer)
                if not answer:
                    return

    greeting = [True]  # CLIENT SETNAME
    async with listening(talk) as port, opened(f"redis://127.0.0.1:{port}") as client:
        with pytest.raises(StoreUnavailable, match=words):
            await client.pipeline([("SET", "k", "v")])


async def test_a_refusal_while_the_connection_opens() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"-LOADING Redis is loading the dataset in memory\r\n")

    async with listening(talk) as port, opened(f"redis://127.0.0.1:{port}") as client:
        with pytest.raises(StoreUnavailable, match="still loading its file"):
            await client.call("PING")


# -- sharing


async def test_more_callers_than_connections(valkey_url: str) -> None:
    """They wait in line; none is refused."""
    async with opened(valkey_url) as client:
        answers = await asyncio.gather(*(client.call("INCR", "n") for _ in range(20 * COMMAND_CONNECTIONS)))
        assert sorted(answers) == list(range(1, 20 * COMMAND_CONNECTIONS + 1))
        names = await client.call("CLIENT", "LIST")
        assert names.count(b"name=holdfast") <= COMMAND_CONNECTIONS


async def test_the_line_has_an_end(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.store.connections.QUEUE_S", 0.05)
    connections = Connections(valkey_url, 1)
    async with connections.lend(1.0):
        with pytest.raises(StoreUnavailable, match="were busy"):
            async with connections.lend(1.0):
                pass
    await connections.aclose()


async def test_a_call_that_failed_half_way_spoils_no_other(valkey_url: str) -> None:
    """Its answer comes when the connection is somebody else's, or would be."""
    connections = Connections(valkey_url, 1)

    async def fail() -> None:
        async with connections.lend(5.0) as connection:
            connection.send([("BLPOP", "none", 0.1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with connections.lend(1.0) as connection:
        assert await exchange(connection, [("ECHO", "mine")]) == [b"mine"]
    await connections.aclose()


async def test_a_cancelled_call_spoils_no_other(valkey_url: str) -> None:
    """Its answers are still on their way when the next caller comes."""
    connections = Connections(valkey_url, 1)

    async def blocked() -> None:
        async with connections.lend(5.0) as connection:
            await exchange(connection, [("BLPOP", "none", 0.2)])

    task = asyncio.create_task(blocked())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with connections.lend(1.0) as connection:
        assert await exchange(connection, [("ECHO", "mine")]) == [b"mine"]
    await connections.aclose()
