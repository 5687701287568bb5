"""rooms/bots/outbox.py: whatever connections break, every input counts exactly once and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.bots.errors import OutboxFull
from rooms.bots.outbox import Outbox


def payload(seq: int) -> bytes:
    return b"%d" % seq


def drain(outbox: Outbox) -> list[int]:
    sent = []
    while (item := outbox.next()) is not None:
        sent.append(int(item))
    return sent


def test_each_goes_out_once_per_connection() -> None:
    outbox = Outbox()
    assert [outbox.put(payload), outbox.put(payload)] == [1, 2]

    assert drain(outbox) == [1, 2]
    assert drain(outbox) == []


def test_an_answer_covers_all_before_it() -> None:
    outbox = Outbox()
    for _ in range(4):
        outbox.put(payload)

    assert outbox.answer(3) == [1, 2, 3]
    assert outbox.answer(3) == []
    assert outbox.unanswered == [4]


def test_a_refusal_covers_one() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.put(payload)

    assert outbox.refuse(2)
    assert not outbox.refuse(2)
    assert outbox.unanswered == [1, 3]


def test_a_new_connection_gets_what_was_not_answered() -> None:
    outbox = Outbox()
    for _ in range(4):
        outbox.put(payload)
    drain(outbox)

    assert outbox.reconnect(2) == [1, 2]
    assert drain(outbox) == [3, 4]


def test_a_welcome_from_an_earlier_life_is_counted_on_from() -> None:
    outbox = Outbox()
    outbox.reconnect(41)

    assert outbox.put(payload) == 42


def test_another_room_forgets_all() -> None:
    outbox = Outbox()
    for _ in range(3):
        outbox.put(payload)

    assert outbox.restart(0) == [1, 2, 3]
    assert drain(outbox) == []
    assert outbox.put(payload) == 1


def test_it_is_bounded() -> None:
    outbox = Outbox(limit=2)
    outbox.put(payload)
    outbox.put(payload)

    with pytest.raises(OutboxFull):
        outbox.put(payload)
    assert outbox.seq == 2
    outbox.answer(1)
    assert outbox.put(payload) == 3


# What may happen to an outbox and the room at its other end.
STEPS = st.lists(st.sampled_from(["put", "send", "ack", "cut", "lose"]), max_size=80)


@given(STEPS)
def test_every_input_counts_once_and_in_order(steps: list[str]) -> None:
    """The room counts a seq only above the last; a cut loses what was on the way, in both directions."""
    outbox, counted, on_the_way = Outbox(), list[int](), list[int]()

    def deliver() -> None:
        for seq in on_the_way:
            if seq > (counted[-1] if counted else 0):
                counted.append(seq)
        on_the_way.clear()

    def come_back() -> None:
        outbox.reconnect(counted[-1] if counted else 0)

    for step in steps:
        if step == "put":
            outbox.put(payload)
        elif step == "send":
            item = outbox.next()
            on_the_way += [int(item)] if item else []
        elif step == "ack":
            deliver()
            outbox.answer(counted[-1] if counted else 0)
        elif step == "cut":  # what was sent arrived, its answers did not
            deliver()
            come_back()
        else:
            on_the_way.clear()
            come_back()
    come_back()
    on_the_way += drain(outbox)
    deliver()

    assert counted == list(range(1, outbox.seq + 1))
