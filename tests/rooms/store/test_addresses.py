"""Addresses: taken apart as they are meant, and refused with a sentence that helps."""

from __future__ import annotations

import pytest

from rooms.store.addresses import Address, WrongAddress, parse_address


@pytest.mark.parametrize("url", ["redis://u:p@host:1/2", "rediss://host", "unix:///run/v.sock?db=3"])
def test_one_redis_is_left_as_it_is(url: str) -> None:
    assert parse_address(url) == Address("single", url)


def test_a_cluster() -> None:
    found = parse_address("redis+cluster://user:pass@one,two:7000,[::1]:7001")
    assert found.kind == "cluster"
    assert found.hosts == (("one", 6379), ("two", 7000), ("::1", 7001))
    assert found.at("10.0.0.1", 7) == "redis://user:pass@10.0.0.1:7"
    assert found.at("::1", 7) == "redis://user:pass@[::1]:7"
    assert parse_address("rediss+cluster://one/0?ssl_ca_certs=x").at("two", 7) == "rediss://two:7?ssl_ca_certs=x"


def test_sentinels() -> None:
    found = parse_address("redis+sentinel://:pass@one,two:26380/rooms/3")
    assert (found.kind, found.hosts, found.name) == ("sentinel", (("one", 26379), ("two", 26380)), "rooms")
    assert found.url == "redis://:pass@one/3"
    assert parse_address("redis+sentinel://one/rooms").url == "redis://one"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no scheme"),
        ("localhost:6379", "no scheme"),
        ("http://host", "it begins with 'http://'"),
        ("redis+ring://host", "it begins with"),
        ("unix+cluster:///run/v.sock", "reached over TCP"),
        ("redis+cluster://", "names no host"),
        ("redis+cluster://a,b/1", "no database but 0"),
        ("redis+cluster://a:b:c", "no host and port"),
        ("redis+cluster://a:99999", "no host and port"),
        ("redis+sentinel://a,b", "the name they know the primary by"),
        ("redis+sentinel://a/rooms/x", "the name they know the primary by"),
        ("redis://host:port", "."),
    ],
)
def test_wrong_ones_are_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(WrongAddress, match=words):
        parse_address(url)
