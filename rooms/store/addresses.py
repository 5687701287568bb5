"""Where the rooms live: one Redis, a primary that Sentinels name, or a cluster. What an address says, and what is wrong
with it.

    redis://:password@host:6379/0     rediss://host     unix:///run/redis.sock
    redis+sentinel://:password@host:26379,host:26379/name/0
    redis+cluster://:password@host:6379,host:6379

User and password are those of the servers that hold the rooms; `rediss+` in place of `redis+` speaks TLS to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from redis.asyncio.connection import ConnectionPool

Kind = Literal["single", "sentinel", "cluster"]
Host: TypeAlias = "tuple[str, int]"

PORTS: Final = {"single": 6379, "sentinel": 26379, "cluster": 6379}
EXAMPLES: Final = (
    "redis://host:6379, rediss://host:6379, unix:///path/to.sock, "
    "redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379"
)


class WrongAddress(ValueError):
    """An address that leads nowhere; the message says what to write. It never holds the password."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address, taken apart. `hosts`: Sentinels, or nodes of a cluster. `name`: what Sentinels call the primary."""

    kind: Kind
    url: str
    hosts: tuple[Host, ...] = ()
    name: str = ""

    def at(self, host: str, port: int) -> str:
        """The address of one server of a cluster, or of the primary that Sentinels named, with user and password."""
        parts = urlsplit(self.url)
        user, mark, _ = parts.netloc.rpartition("@")
        shown = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=f"{user}{mark}{shown}:{port}").geturl()


def parse_address(url: str) -> Address:
    """Take an address apart. Raises WrongAddress."""
    scheme, mark, rest = url.partition("://")
    base, _, kind = scheme.partition("+")
    if not mark or base not in ("redis", "rediss", "unix") or kind not in ("", "sentinel", "cluster"):
        raise WrongAddress(f"it begins with {scheme + mark!r}" if mark else "it has no scheme")
    if kind == "":
        return Address("single", checked(url))
    if base == "unix":
        raise WrongAddress("Sentinels and clusters are reached over TCP: write redis+ or rediss+")
    parts = urlsplit(f"{base}://{rest}")
    user, at, listed = parts.netloc.rpartition("@")
    hosts = tuple(parse_host(host, PORTS[kind]) for host in listed.split(",") if host)
    if not hosts:
        raise WrongAddress("it names no host")
    path = parts.path.strip("/").split("/") if parts.path.strip("/") else []
    plain = parts._replace(netloc=f"{user}{at}{listed.split(',')[0]}", path="")
    if kind == "cluster":
        if path not in ([], ["0"]):
            raise WrongAddress("a cluster has no database but 0: leave out what follows the hosts")
        return Address("cluster", checked(plain.geturl()), hosts)
    if not path or len(path) > 2 or not all(part.isdigit() for part in path[1:]):
        raise WrongAddress("after the Sentinels comes the name they know the primary by: host:26379/name or /name/0")
    return Address("sentinel", checked(plain._replace(path="/".join(["", *path[1:]])).geturl()), hosts, path[0])


def parse_host(text: str, port: int) -> Host:
    """`host`, `host:port` or `[address]:port`. Raises WrongAddress."""
    try:
        parts = urlsplit(f"//{text}")
        found = parts.hostname, parts.port
    except ValueError as error:
        raise WrongAddress(f"{text!r} is no host and port ({error})") from None
    if not found[0] or parts.path or parts.query:
        raise WrongAddress(f"{text!r} is no host and port")
    return found[0], port if found[1] is None else found[1]


def checked(url: str) -> str:
    """The address, if a connection can be made of it. Raises WrongAddress."""
    try:
        ConnectionPool.from_url(url)
    except (ValueError, TypeError) as error:
        raise WrongAddress(str(error).rstrip(".")) from None
    return url
