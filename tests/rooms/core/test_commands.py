"""Commands and their refusals."""

from __future__ import annotations

from typing import get_args

import pytest

from rooms.core import commands, inputs
from rooms.core.bounds import Bounds
from rooms.core.inputs import Body, ChatBody, MoveBody
from rooms.protocol.closing import Close
from tests.rooms.core.driver import ANN, BOB, CAT, Driver, codes, kinds


def test_the_code_is_that_of_the_protocol() -> None:
    assert commands.LEFT == Close.LEFT


def test_every_body_but_a_move_has_its_command() -> None:
    assert set(commands.OBEY) == set(get_args(Body)) - {MoveBody}


def test_chat_reaches_everybody_in_order() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(CAT, "watch")
    fx = game.do(CAT, ChatBody("  hello \n there "))
    assert fx.events[0].body == {"player": "cat", "name": "Cat", "seat": None, "text": "hello there"}
    assert game.do(ANN, ChatBody("hi")).events[0].offset == fx.events[0].offset + 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 301])
def test_chat_has_its_length(text: str) -> None:
    game = Driver()
    game.attach(ANN)
    assert codes(game.do(ANN, ChatBody(text))) == ["bad_chat"]


def test_chat_has_its_pace() -> None:
    game = Driver()
    game.attach(ANN)
    answers = [codes(game.do(ANN, ChatBody("spam"))) for _ in range(7)]
    assert answers == [[]] * 5 + [["slow_down"]] * 2
    game.now += 701
    assert kinds(game.do(ANN, ChatBody("calm"))) == ["chat"]


def test_a_spectator_is_acknowledged_directly() -> None:
    game = Driver()
    game.attach(CAT, "watch")
    assert game.do(CAT, ChatBody("hi")).acks == {game.socket(CAT)}


def test_only_the_host_commands() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(CAT, "watch")
    for body in (inputs.StartBody(), inputs.KickBody(0), inputs.HostBody(0), inputs.BotBody("easy")):
        assert codes(game.do(CAT, body)) == ["not_host"]


def test_input_counters_are_bounded() -> None:
    from tests.rooms.core.driver import person

    game = Driver()
    game.live.bounds = Bounds(players=4)
    for n in range(10):
        player = person(f"V{n}")
        game.attach(player, "watch")
        game.do(player, ChatBody("hi"))
        game.detach(player)
    assert len(game.room.seqs) <= 4


def test_nobody_is_thrown_out_of_a_running_match_to_win_it() -> None:
    game = Driver()
    game.play()
    assert codes(game.do(ANN, inputs.KickBody(1))) == ["not_waiting"]
    assert game.room.phase == "playing"
    game.detach(BOB)
    assert codes(game.do(ANN, inputs.KickBody(1))) == [], "who is gone may be removed"


def test_chat_keeps_only_letters_that_can_be_seen() -> None:
    game = Driver()
    game.attach(ANN)
    said = game.do(ANN, ChatBody("a\x00b\u202ec \U0001f600")).events[0].body["text"]
    assert said == "abc \U0001f600"
