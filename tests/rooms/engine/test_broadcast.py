"""Who is sent what after a pass: views, wires, events, welcomes, refusals."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rooms.core import inputs
from rooms.core.effects import Effects
from rooms.core.ids import SocketId, WebId
from rooms.core.inputs import JSON, MSGPACK, Attach, ChatBody, Lapse, Resume, Resync, RollCall, SitBody, StandBody, Wire
from rooms.core.rng import Rng
from rooms.core.room import Sitter, Told
from rooms.engine.broadcast import Stage
from rooms.games import get_rules
from rooms.protocol import server
from rooms.protocol.bus import SHARED, WATCH, Delivery
from rooms.protocol.codec import parse_server
from tests.rooms.core.driver import ANN, BOB, CAT, Driver, person

W = WebId("w")


def battleship() -> tuple[Driver, Stage]:
    """A match with hidden fleets: Ann and Bob at the table, Cat watching through another web process."""
    game = Driver(get_rules("battleship"))
    game.play()
    game.attach(CAT, "watch", web="w2")
    stage = Stage(game.live, 3)
    stage.deliveries(Effects(changed=True))
    return game, stage


def place(game: Driver, player: Any, chance: str) -> Effects:
    """A player hides a fleet somewhere legal, as chance has it."""
    seat = (ANN, BOB).index(player)
    return game.move(player, msgspec.to_builtins(game.rules.sample_move(game.live.state, seat, Rng(chance))))


def views(delivery: Delivery) -> set[int]:
    return {frame.view for frame in delivery.frames}


def whole_of(delivery: Delivery, view: int) -> str:
    return next(frame.payload.decode() for frame in delivery.frames if frame.view == view)


def test_where_all_see_the_same_one_frame_serves_all() -> None:
    game = Driver()
    game.play()
    game.attach(CAT, "watch")
    boxes = Stage(game.live, 1).deliveries(Effects(changed=True))
    assert [(frame.view, frame.wire) for frame in boxes[W].frames] == [(SHARED, JSON)]


def test_a_hidden_game_has_a_view_for_each_seat_and_one_for_watching() -> None:
    game, _ = battleship()
    boxes = Stage(game.live, 1).deliveries(Effects(changed=True))
    assert views(boxes[W]) == {0, 1}
    assert views(boxes[WebId("w2")]) == {WATCH}, "a web process gets only what its sockets may see"


def test_each_web_process_is_told_how_many_of_its_sockets_the_room_holds() -> None:
    game, stage = battleship()
    fx = game.attach(person("Dan"), "watch", "w2")
    assert {web: box.sockets for web, box in stage.deliveries(fx).items()} == {W: 2, WebId("w2"): 2}
    fx = game.act(Lapse(WebId("w2")), RollCall(W, (game.socket(ANN),), 1))
    assert {web: box.sockets for web, box in stage.deliveries(fx).items()} == {W: 1}


def test_another_seats_secret_changes_not_one_byte_of_ones_frames() -> None:
    seen: list[dict[int, bytes]] = []
    for chance in ("one", "another"):
        game, stage = battleship()
        box = stage.deliveries(place(game, ANN, chance))[W]
        seen.append({frame.view: frame.payload for frame in box.frames})
    assert seen[0][0] != seen[1][0], "Ann sees where she put her fleet"
    assert seen[0][1] == seen[1][1], "Bob sees no difference"
    said = parse_server(seen[0][1], JSON)
    assert isinstance(said, server.Delta)
    assert 0 not in said.changes[::2], "nor how many moves she has made"


def test_acks_of_everybody_only_where_nothing_is_hidden() -> None:
    game = Driver()
    game.play()
    fx = game.do(ANN, ChatBody("hi"), seq=40)
    said = parse_server(whole_of(Stage(game.live, 1).deliveries(fx)[W], SHARED), JSON)
    assert isinstance(said, server.Frame)
    assert said.acks == (40, 1)


def test_each_wire_in_use_is_encoded_once() -> None:
    game = Driver()
    game.act(Attach(game.socket(ANN), W, ANN, JSON), Attach(game.socket(BOB), W, BOB, MSGPACK))
    fx = game.act(Attach(game.socket(CAT), W, CAT, MSGPACK, "watch"))
    box = Stage(game.live, 1).deliveries(fx)[W]
    assert sorted(frame.wire for frame in box.frames) == [JSON, MSGPACK]


def test_a_welcome_is_a_base_for_the_next_delta() -> None:
    game = Driver()
    game.attach(ANN)
    stage = Stage(game.live, 1)
    box = stage.deliveries(game.attach(BOB))[W]
    (direct,) = [direct for direct in box.directs if direct.view is not None]
    welcome = parse_server(direct.payload, JSON)
    assert isinstance(welcome, server.Welcome)
    assert {frame.base for frame in box.frames} == {-1}
    later = stage.deliveries(game.do(BOB, inputs.ReadyBody(True)))[W]
    assert {frame.base for frame in later.frames} == {welcome.tick}


def test_resume_gives_exactly_what_was_missed() -> None:
    game = Driver()
    game.attach(ANN)
    seen = game.room.offset
    game.do(ANN, ChatBody("one"))
    game.do(ANN, ChatBody("two"))
    fx = game.attach(BOB, resume=Resume("inc", seen))
    welcome = _welcome(Stage(game.live, 1).deliveries(fx))
    assert welcome.recovered
    assert [event.offset for event in welcome.events] == list(range(seen + 1, game.room.offset + 1))


def test_a_hole_or_another_room_is_told() -> None:
    game = Driver()
    game.attach(ANN)
    for resume in (Resume("other", 0), Resume("inc", 99)):
        assert not _welcome(Stage(game.live, 1).deliveries(game.attach(BOB, resume=resume))).recovered
    game.live.events.popleft()
    assert not _welcome(Stage(game.live, 1).deliveries(game.attach(BOB, resume=Resume("inc", 0)))).recovered


def _welcome(boxes: dict[WebId, Delivery]) -> server.Welcome:
    said = [parse_server(d.payload, JSON) for box in boxes.values() for d in box.directs if d.view is not None]
    (welcome,) = [message for message in said if isinstance(message, server.Welcome)]
    return welcome


def test_a_private_event_is_in_nobody_elses_welcome() -> None:
    game = Driver()
    game.attach(ANN)
    game.live.events.append(Told(game.room.offset, "game:secret", {"card": 7}, (0,)))
    welcome = _welcome(Stage(game.live, 1).deliveries(game.attach(BOB)))
    assert "game:secret" not in [event.kind for event in welcome.events]


def test_a_refusal_goes_to_its_sender_alone() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    box = Stage(game.live, 1).deliveries(game.do(BOB, inputs.StartBody()))[W]
    assert [direct.socket for direct in box.directs] == [game.socket(BOB)]


def test_a_refusal_comes_before_the_acknowledgement_that_covers_it() -> None:
    game = Driver()
    for player in (ANN, BOB):
        game.attach(player)
    game.attach(CAT, "watch")
    box = Stage(game.live, 1).deliveries(game.do(CAT, inputs.StartBody()))[W]
    said = [parse_server(direct.payload, JSON) for direct in box.directs]
    assert [type(message) for message in said] == [server.Reject, server.Ack]


def test_a_welcome_repeats_what_its_player_alone_was_refused() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    game.do(BOB, inputs.StartBody())
    game.do(ANN, inputs.SitBody())
    welcome = _welcome(Stage(game.live, 1).deliveries(game.attach(BOB)))
    assert [(no.seq, no.code) for no in welcome.refused] == [(1, "not_host")]


# -- a seat that has changed hands


def handed_over() -> tuple[Driver, Stage]:
    """Bob was told something alone; then he stood up, and Cat sat down in his seat."""
    game = Driver()
    for player in (ANN, BOB, CAT):
        game.attach(player)
    Effects().tell(game.live, "game:secret", {}, (1,))
    game.do(BOB, StandBody())
    game.do(CAT, SitBody(1))
    assert game.room.seats[1].player == CAT
    return game, Stage(game.live, 1)


def told_again(game: Driver, stage: Stage, resume: Resume | None) -> list[str]:
    """The kinds of events in the answer to Cat's resync."""
    boxes = stage.deliveries(game.act(Resync(game.socket(CAT), resume)))
    assert boxes[W].directs[-1].resumed == (-1 if resume is None else resume.offset)
    return [event.kind for event in _welcome(boxes).events]


def test_a_seats_later_player_is_not_told_what_the_former_was() -> None:
    for resume in (None, Resume("inc", 0)):
        game, stage = handed_over()
        kinds = told_again(game, stage, resume)
        assert "joined" in kinds
        assert "game:secret" not in kinds


def test_a_player_is_told_again_what_was_for_the_seat_since() -> None:
    game, stage = handed_over()
    Effects().tell(game.live, "game:mine", {}, (1,))
    assert told_again(game, stage, Resume("inc", 0))[-1] == "game:mine"


def test_a_sitter_kept_by_an_older_version_is_read() -> None:
    older = msgspec.msgpack.encode(msgspec.msgpack.decode(msgspec.msgpack.encode(Sitter(ANN)))[:7])
    assert msgspec.msgpack.decode(older, type=Sitter).since == 0


@pytest.mark.parametrize("others", [{}, {WebId("w2"): JSON}, {WebId("w2"): JSON, WebId("w3"): MSGPACK}])
def test_a_plain_pass_is_told_as_any_other_would_be(others: dict[WebId, Wire]) -> None:
    game = Driver(get_rules("snake"))
    game.play()
    for at, (web, wire) in enumerate(others.items()):
        game.act(Attach(SocketId(f"s-{web}"), web, person(f"Watcher{at}"), wire, "watch"))
    short, long = Stage(game.live, 1), Stage(game.live, 1)
    short.ahead_ms = long.ahead_ms = 40
    plain, told = 0, dict[WebId, Delivery]()
    for step in range(40):
        turn = {"turn": ("left", "right")[step // 4 % 2]}
        fx = game.pass_(100) if step % 4 else game.move(ANN, turn)
        told, plain = short.deliveries(fx), plain + fx.plain
        fx.plain = False
        assert told == long.deliveries(fx)
    assert plain > 20
    assert told.keys() == {W, *others}
    welcome = parse_server(short.deliveries(game.act(Resync(game.socket(ANN))))[W].directs[-1].payload, JSON)
    assert isinstance(welcome, server.Welcome)
    assert welcome.acks == (game.room.seqs[ANN.id], game.room.seqs[BOB.id])


@pytest.mark.parametrize(
    ("slug", "ahead_ms", "said"), [("snake", 40, True), ("snake", None, False), ("battleship", 40, False)]
)
def test_when_a_room_ticks_next_is_said_while_it_does_and_when_it_is_known(
    slug: str, ahead_ms: int | None, said: bool
) -> None:
    game = Driver(get_rules(slug))
    game.attach(ANN)
    stage = Stage(game.live, 1)
    stage.ahead_ms = ahead_ms
    waiting = stage.deliveries(Effects(changed=True))[W]
    assert (waiting.hz, waiting.ahead_ms) == (0, 0), "nobody plays yet"
    game.play()
    box = stage.deliveries(Effects(changed=True))[W]
    assert (box.hz, box.ahead_ms) == ((game.rules.tick_hz, 40) if said else (0, 0))
