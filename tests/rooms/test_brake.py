"""The brake: sockets are held up once, and read again when the log has caught up."""

from __future__ import annotations

from rooms.brake import Brake
from rooms.core.ids import RoomId
from rooms.core.inputs import JSON
from rooms.link import Link
from rooms.wire import Hear
from tests.support.sockets import Ear, player

ROOM = RoomId("r" * 22)


class Stoppable(Ear):
    """A wire that can be held up; `held` is 1 while it is."""

    held = 0

    def listen(self, hear: Hear) -> None:
        """Nobody speaks here."""

    def pause(self) -> None:
        """Held up."""
        self.held += 1

    def resume(self) -> None:
        """Read again."""
        self.held -= 1


def link_of(wire: Ear) -> Link:
    return Link(ROOM, player("Ann"), JSON, wire)


def test_a_socket_is_held_up_once_and_released_once() -> None:
    brake, wire = Brake(), Stoppable()
    link = link_of(wire)
    brake.hold(link)
    brake.hold(link)
    assert wire.held == 1
    brake.release()
    brake.release()
    assert wire.held == 0
    brake.hold(link)
    assert wire.held == 1


def test_a_socket_that_is_gone_is_not_touched_again() -> None:
    brake, wire = Brake(), Stoppable()
    link = link_of(wire)
    brake.hold(link)
    brake.forget(link)
    brake.release()
    assert wire.held == 1


def test_a_server_that_cannot_hold_up_is_left_alone() -> None:
    brake = Brake()
    brake.hold(link_of(Ear()))
    brake.release()
