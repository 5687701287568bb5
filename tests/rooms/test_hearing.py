"""Messages after hello, without a server: what reaches the hub, and what is answered at once. See test_consumers.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import msgspec
import pytest

from rooms.core.game import Rules
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, ChatBody, Player
from rooms.games import get_rules
from rooms.hearing import Farewell, Hearing, parse
from rooms.hub import Hub
from rooms.limits import MESSAGES_BURST
from rooms.link import Link
from rooms.protocol import server
from tests.support.sockets import Ear


class Notes:
    """A hub that notes what it is given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def command(self, link: Link, command: Any) -> None:
        self.given.append(command)

    def resync(self, link: Link, offset: int) -> None:
        self.given.append(offset)

    def relay(self, relay: Any) -> None:
        self.given.append(relay)


def hearing(seat: int = 0, rules: Rules | None = None) -> tuple[Hearing, Notes, Ear]:
    ear, notes = Ear(), Notes()
    link = Link(RoomId("r" * 22), Player(PlayerId("p"), "P"), JSON, ear)
    link.view, link.seat = -2, seat
    return Hearing(link, cast(Hub, notes), rules or get_rules("tictactoe")), notes, ear


def test_a_command_is_the_players_own_whatever_the_message_says() -> None:
    ours, notes, _ = hearing()
    ours.take('{"t":"chat","seq":3,"text":"hi"}')
    command = notes.given[0]
    assert (command.player, command.socket, command.seq) == ("p", ours.link.id, 3)
    assert command.body == ChatBody("hi")
    with pytest.raises(Farewell):
        ours.take('{"t":"chat","seq":4,"text":"hi","player":"somebody else"}')


def test_a_command_names_the_one_before_it_unless_it_is_sent_again() -> None:
    ours, notes, _ = hearing()
    for seq in (3, 4, 6, 4, 5, 5, 6):
        ours.take(f'{{"t":"chat","seq":{seq},"text":"hi"}}')
    assert [(command.seq, command.prev) for command in notes.given] == [
        *((3, 0), (4, 3), (6, 4)),
        *((4, 0), (5, 4), (5, 0), (6, 5)),
    ]


def test_what_was_handed_on_once_is_passed_over_in_no_order() -> None:
    """Inputs 2 to 5 may have been dropped on their way: none may be counted before them, whatever is said again."""
    ours, notes, _ = hearing()
    for seq in (1, 2, 3, 4, 5, 1, 6, 2, 4, 8, 6, 8):  # 7 was no input: it was refused here
        ours.take(f'{{"t":"chat","seq":{seq},"text":"hi"}}')
    assert [command.prev for command in notes.given] == [0, 1, 2, 3, 4, 0, 5, 1, 3, 6, 0, 6]


def test_a_move_is_read_by_the_rules_that_the_room_is_played_by() -> None:
    class Newer(msgspec.Struct, forbid_unknown_fields=True):
        column: int

    older = get_rules("tictactoe")
    ours, notes, ear = hearing(rules=replace(older, version=2, move=Newer, older={1: older}))
    ours.link.version = 1
    ours.take('{"t":"move","seq":1,"move":{"cell":4}}')
    ours.link.version = 2
    ours.take('{"t":"move","seq":2,"move":{"cell":4}}')
    ours.take('{"t":"move","seq":3,"move":{"column":4}}')
    assert [command.seq for command in notes.given] == [1, 3]
    assert [no.seq for no in ear.heard if isinstance(no, server.Reject)] == [2]


def test_beyond_the_limit_each_message_is_answered_with_its_seq() -> None:
    ours, notes, ear = hearing()
    for seq in range(1, MESSAGES_BURST + 4):
        ours.take(f'{{"t":"start","seq":{seq}}}')
    refused = [message.seq for message in ear.heard if isinstance(message, server.Reject)]
    assert [command.seq for command in notes.given] + refused == list(range(1, MESSAGES_BURST + 4))


def test_a_malformed_message_is_a_farewell_with_a_reason() -> None:
    ours, _, _ = hearing()
    with pytest.raises(Farewell) as farewell:
        parse(ours.link, '{"t":"fly"}')
    assert (farewell.value.code, bool(farewell.value.reason)) == (4500, True)


def test_resync_and_relay_go_to_the_hub() -> None:
    ours, notes, ear = hearing()
    ours.take('{"t":"resync","offset":5}')
    ours.take('{"t":"relay","kind":"emote","body":{"emote":"gg"}}')
    assert notes.given[0] == 5
    assert notes.given[1].payload(JSON) == b'{"t":"relay","seat":0,"kind":"emote","body":{"emote":"gg"}}'
    assert ear.raw == []
