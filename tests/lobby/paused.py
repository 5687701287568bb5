"""A room that is really paused, for the operator's tests: a real engine, a real fault."""

from __future__ import annotations

from lobby.operating import one_room
from lobby.picture import picture
from lobby.services import open_room
from lobby.stores import live_store
from rooms.core.ids import RoomId
from tests.lobby.world import ANN, until
from tests.support.faulty import Switch, begin


async def paused_room(switch: Switch, part: str = "step") -> RoomId:
    """A room whose match has stopped because `part` of its rules fails; the cause is gone when it returns."""
    room = await open_room(ANN, "faulty", {"faulty": True}, size=3)
    for act in begin(ANN):
        await live_store().append_to(room, act)
    await until(lambda: runs(room))
    switch(part)
    await until(lambda: has_fault(room))
    switch("")
    return room


async def runs(room: RoomId, beyond: int = 2) -> bool:
    """True when its match has ticked further than `beyond`."""
    opened = await one_room(room)
    return opened.room is not None and opened.fault is None and opened.room.match_tick > beyond


async def has_fault(room: RoomId) -> bool:
    """True when it is paused, and the picture knows."""
    card = (await picture()).find(room)
    return (await one_room(room)).fault is not None and card is not None and card.paused
