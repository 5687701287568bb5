"""Scripts: each file is headed, loaded by somebody, and known by the hash that Redis gives it."""

from __future__ import annotations

import re

import pytest

from rooms.store import lua
from tests.rooms.store.making import Valkey

NAMES = sorted(path.stem for path in lua.SCRIPTS.glob("*.lua"))


@pytest.mark.parametrize("name", NAMES)
async def test_redis_knows_it_by_the_same_hash(name: str, valkey: Valkey) -> None:
    script = lua.read_script(name)
    assert (await valkey.script_load(script.text)) in (script.sha, script.sha.encode())


@pytest.mark.parametrize("name", NAMES)
def test_its_head_says_what_it_takes_and_returns(name: str) -> None:
    text = lua.read_script(name).text.decode()
    head = text[: text.index("]]")]
    for word in ("KEYS[1]", "ARGV[1]", "Returns", "Errors"):
        assert re.search(rf"^{re.escape(word)}\+? ", head, re.MULTILINE), f"{name}.lua does not state {word}"


def test_every_script_is_used() -> None:
    modules = [path.read_text() for path in lua.SCRIPTS.parent.glob("*.py")]
    assert sorted({name for text in modules for name in re.findall(r'read_script\("(\w+)"\)', text)}) == NAMES
