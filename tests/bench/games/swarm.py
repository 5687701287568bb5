"""A hundred entities, of which as many as the options say move by small steps. One seat, and a table on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Swarm"
SUMMARY = "A hundred entities on the move."
SEATS = Seats(1, 8)
TICK_HZ = 20
ABSENT = "wait"
ENTITIES = 100
FIELD = 1000
SPEED = 3
"""The most that an entity goes in a tick, along each axis; the least is 1."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    moving: Annotated[int, Meta(ge=0, le=ENTITIES, title="How many move")] = ENTITIES


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Entity(Struct, array_like=True):
    x: int
    y: int


class State(Struct):
    entities: list[Entity]
    ways: list[Entity]
    """How far each of those that move goes in a tick."""


class View(Struct):
    entities: list[Entity]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    def way() -> int:
        return (1 + rng.below(SPEED)) * (1 - 2 * rng.below(2))

    entities = [Entity(rng.below(FIELD), rng.below(FIELD)) for _ in range(ENTITIES)]
    return State(entities, [Entity(way(), way()) for _ in range(options.moving)])


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    for entity, way in zip(state.entities, state.ways, strict=False):
        if not 0 <= entity.x + way.x < FIELD:
            way.x = -way.x
        if not 0 <= entity.y + way.y < FIELD:
            way.y = -way.y
        entity.x += way.x
        entity.y += way.y
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return View(state.entities)


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return None
