"""Lines with names: colour only for people, whole lines only, and a closed screen hurts nobody."""

from __future__ import annotations

import asyncio
import io

from gameserver.supervisor.output import LONGEST_LINE, Screen


class Closed(io.StringIO):
    """A terminal that is gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


async def followed(*chunks: bytes) -> list[str]:
    """What the screen shows of a process that writes these chunks."""
    screen = io.StringIO()
    pipe = asyncio.StreamReader()
    following = asyncio.create_task(Screen(screen).follow("web", pipe))
    for chunk in chunks:
        pipe.feed_data(chunk)
        await asyncio.sleep(0)
    pipe.feed_eof()
    await following
    return screen.getvalue().splitlines()


def test_plain_where_nobody_watches_and_coloured_where_somebody_does() -> None:
    plain, coloured = io.StringIO(), io.StringIO()
    Screen(plain).say("web-2", "hello")
    Screen(coloured, colour=True).say("web-2", "hello")
    assert plain.getvalue() == "web-2     hello\n"
    assert coloured.getvalue() == "\033[36mweb-2    \033[0m hello\n"


async def test_a_line_is_shown_when_it_is_whole() -> None:
    assert await followed(b"one\ntw", b"o\nend") == ["web       one", "web       two", "web       end"]


async def test_a_line_without_end_is_shown_in_pieces_and_odd_bytes_do_not_hurt() -> None:
    shown = await followed(b"x" * (LONGEST_LINE + 1), b"\xff\n")
    assert shown == ["web       " + "x" * (LONGEST_LINE + 1), "web       \ufffd"]


def test_a_closed_screen_is_no_error() -> None:
    Screen(Closed()).say("web", "unheard")
