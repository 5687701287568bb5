"""Small lies about a good history, each of which the checker must notice. A mutation changes the history in place.

It says what it did, or None where there is nothing it could do. What a promise allows is no lie: a frame that is
skipped, an old whole before the patch that builds on it, a refusal before the acknowledgement of something older.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

import msgspec

from rooms.core import journal
from rooms.core.journal import Line, Stepped
from tests.chaos.history import Answered, History, Kept, Record, Sent, Shown, Told, Welcomed

Mutation = Callable[[History, Random], str | None]
Spot = tuple[str, int]
"""A player and an index in the log."""


def spots(
    history: History, kind: type[Any], fits: Callable[[list[Record], int], bool] = lambda log, at: True
) -> list[Spot]:
    """Where records of a kind stand that fit.

    `fits` sees only records of that `kind`, which the types do not say: hence the `ignore[union-attr]` of its users.
    """
    return [
        (player, at)
        for player, log in history.logs.items()
        for at, record in enumerate(log)
        if isinstance(record, kind) and fits(log, at)
    ]


def _followed(log: list[Record], at: int, kind: type[Any]) -> bool:
    return at + 1 < len(log) and isinstance(log[at + 1], kind)


def _swap(log: list[Any], at: int) -> None:
    """Exchange two neighbours; their times stay where they were."""
    one, other = log[at], log[at + 1]
    log[at], log[at + 1] = replace(other, at=one.at), replace(one, at=other.at)


def replace(record: Any, **changes: Any) -> Any:
    """A record with some fields changed."""
    return msgspec.structs.replace(record, **changes)


def _pick(found: list[Any], rng: Random) -> Any:
    return rng.choice(found) if found else None


# -- events


def _provable(history: History) -> Callable[[list[Record], int], bool]:
    """Events that their reader was surely to be told: for all, and not the oldest of a welcome that began afresh."""
    assert history.final is not None
    public = {kept.offset for kept in history.final.events if kept.seats is None}

    def fits(log: list[Record], at: int) -> bool:
        record = log[at]
        assert isinstance(record, Told)
        oldest = isinstance(log[at - 1], Welcomed) and record.past
        return record.offset in public and not oldest

    return fits


def drop_event(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Told, _provable(history)), rng)
    return spot and f"dropped {history.logs[spot[0]].pop(spot[1])}"


def double_event(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Told), rng)
    if spot:
        log = history.logs[spot[0]]
        log.insert(spot[1], log[spot[1]])
    return spot and f"doubled {history.logs[spot[0]][spot[1]]}"


def reorder_events(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Told, lambda log, at: _followed(log, at, Told)), rng)
    if spot:
        _swap(history.logs[spot[0]], spot[1])
    return spot and f"swapped events at {spot}"


def change_event(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Told), rng)
    if spot:
        log: Any = history.logs[spot[0]]
        log[spot[1]] = replace(log[spot[1]], body={**log[spot[1]].body, "lie": True})
    return spot and f"changed {history.logs[spot[0]][spot[1]]}"


def roll_event_back(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Told, lambda log, at: log[at].offset > 1), rng)  # type: ignore[union-attr]
    if spot:
        log: Any = history.logs[spot[0]]
        log[spot[1]] = replace(log[spot[1]], offset=rng.randrange(1, log[spot[1]].offset))
    return spot and f"rolled back {history.logs[spot[0]][spot[1]]}"


def mutate_kept(history: History, rng: Random) -> str | None:
    final = history.final
    assert final is not None
    events, at = list(final.events), rng.randrange(len(final.events) - 1)
    what = rng.choice(("drop", "double", "reorder", "change"))
    match what:
        case "drop":
            del events[at + (at == 0)]
        case "double":
            events.insert(at, events[at])
        case "reorder":
            events[at], events[at + 1] = events[at + 1], events[at]
        case _:
            events[at] = Kept(events[at].offset, events[at].kind, {"lie": 1}, events[at].seats)
    history.final = replace(final, events=tuple(events))
    return f"{what} kept event {at}"


# -- answers


def drop_answer(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Answered), rng)
    return spot and f"dropped {history.logs[spot[0]].pop(spot[1])}"


def double_answer(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Answered), rng)
    if spot:
        log = history.logs[spot[0]]
        log.insert(spot[1], log[spot[1]])
    return spot and f"doubled an answer at {spot}"


def reorder_answers(history: History, rng: Random) -> str | None:
    """Two that followed each other, neither a refusal."""
    player = _pick(sorted(history.logs), rng)
    log: Any = history.logs[player]
    answers = [at for at, record in enumerate(log) if isinstance(record, Answered)]
    pairs = [pair for pair in pairwise(answers) if all(log[at].by != "reject" for at in pair)]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    log[one], log[other] = replace(log[one], seq=log[other].seq), replace(log[other], seq=log[one].seq)
    return f"swapped the answers {one} and {other} of {player}"


def change_answer(history: History, rng: Random) -> str | None:
    """Tell a player that a move or a line was refused that counted, or the other way round."""

    def fits(log: list[Record], at: int) -> bool:
        seq = log[at].seq  # type: ignore[union-attr]
        kinds = {one.kind for one in log if isinstance(one, Sent) and one.seq == seq}
        return bool(kinds & {"move", "chat"})

    spot = _pick(spots(history, Answered, fits), rng)
    if spot:
        log: Any = history.logs[spot[0]]
        refused = log[spot[1]].by == "reject"
        log[spot[1]] = replace(log[spot[1]], by="frame" if refused else "reject", code="" if refused else "taken")
    return spot and f"turned {history.logs[spot[0]][spot[1]]}"


def roll_answer_back(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Answered, lambda log, at: log[at].seq > 1), rng)  # type: ignore[union-attr]
    if spot:
        log: Any = history.logs[spot[0]]
        log[spot[1]] = replace(log[spot[1]], seq=rng.randrange(1, log[spot[1]].seq))
    return spot and f"rolled back {history.logs[spot[0]][spot[1]]}"


# -- states


def drop_state(history: History, rng: Random) -> str | None:
    """The newest state of a player, one that a welcome brought, or a whole on which a patch builds."""
    newest = {
        player: max((r.tick for r in log if isinstance(r, Shown)), default=-1) for player, log in history.logs.items()
    }

    def fits(player: str, log: list[Record], at: int) -> bool:
        record: Any = log[at]
        later = next((r for r in log[at + 1 :] if isinstance(r, Shown | Welcomed)), None)
        needed = isinstance(later, Shown) and record.base < 0 and later.base == record.tick
        return record.welcome or needed or record.tick == newest[player]

    found = [(player, at) for player, at in spots(history, Shown) if fits(player, history.logs[player], at)]
    spot = _pick(found, rng)
    return spot and f"dropped {history.logs[spot[0]].pop(spot[1])}"


def double_state(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Shown), rng)
    if spot:
        log = history.logs[spot[0]]
        log.insert(spot[1], log[spot[1]])
    return spot and f"doubled a state at {spot}"


def reorder_states(history: History, rng: Random) -> str | None:
    def fits(log: list[Record], at: int) -> bool:
        pair: Any = log[at : at + 2]
        return len(pair) == 2 and all(isinstance(one, Shown) and not one.welcome and one.base >= 0 for one in pair)

    spot = _pick(spots(history, Shown, fits), rng)
    if spot:
        _swap(history.logs[spot[0]], spot[1])
    return spot and f"swapped states at {spot}"


def change_state(history: History, rng: Random) -> str | None:
    """A part of a state that others saw as well, or of which a journal knows."""
    seen = Counter(
        r.tick for log in history.logs.values() for r in {r.tick: r for r in log if isinstance(r, Shown)}.values()
    )
    part = rng.choice(("room", "game"))

    def fits(log: list[Record], at: int) -> bool:
        record: Any = log[at]
        return seen[record.tick] > 1 if part == "room" else record.match > 0

    spot = _pick(spots(history, Shown, fits), rng)
    if spot:
        log: Any = history.logs[spot[0]]
        log[spot[1]] = replace(log[spot[1]], **{part: "lie"})
    return spot and f"changed {history.logs[spot[0]][spot[1]]}"


def roll_state_back(history: History, rng: Random) -> str | None:
    """A state of long ago instead of a newer one, under the newer one's tick or under its own."""
    spot = _pick(spots(history, Shown, lambda log, at: log[at].tick > 4 and at > 20), rng)  # type: ignore[union-attr]
    if spot:
        log: Any = history.logs[spot[0]]
        log[spot[1]] = replace(log[spot[1]], tick=log[spot[1]].tick - rng.randrange(3, log[spot[1]].tick))
    return spot and f"rolled back {history.logs[spot[0]][spot[1]]}"


def mutate_welcome(history: History, rng: Random) -> str | None:
    spot = _pick(spots(history, Welcomed, lambda log, at: log[at].fresh and at > 5), rng)  # type: ignore[union-attr]
    if not spot:
        return None
    log: Any = history.logs[spot[0]]
    before = next(r for r in reversed(log[: spot[1]]) if isinstance(r, Welcomed))
    what = rng.choice(("drop", "double", "incarnation", "epoch", "offset", "recovered"))
    changes: dict[str, dict[str, Any]] = {
        "incarnation": {"incarnation": "other"},
        "epoch": {"epoch": before.epoch - 1},
        "offset": {"offset": before.offset - 1},
        "recovered": {"recovered": False},
    }
    match what:
        case "drop":
            del log[spot[1]]
        case "double":
            log.insert(spot[1], log[spot[1]])
        case _:
            log[spot[1]] = replace(log[spot[1]], **changes[what])
    return f"{what} of the welcome at {spot}"


# -- the journal


def mutate_journal(history: History, rng: Random) -> str | None:
    """A line of a journal; half of the time with a chain that is made to fit."""
    match = _pick(sorted(history.journals), rng)
    lines = history.journals[match]
    at = rng.randrange(len(lines) - 1)
    what = rng.choice(("drop", "double", "reorder", "change", "cut"))
    match what:
        case "drop":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "reorder":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "cut":
            del lines[at + 1 :]
        case _:
            at = _pick(
                [n for n, line in enumerate(lines) if isinstance(line.record, Stepped) and line.record.given], rng
            )
            if at is None:
                return None
            lines[at] = Line(_lie(lines[at].record, rng), lines[at].check)
    forged = rng.random() < 0.5
    if forged:
        _forge(lines)
    return f"{what} line {at} of match {match}{', forged' if forged else ''}"


def _lie(record: Any, rng: Random) -> Any:
    given = list(record.given)
    at = rng.randrange(len(given))
    lie: dict[str, Any] = rng.choice(
        (
            {"seq": given[at].seq + 1000},
            {"player": "g-nobody"},
            {"refused": "" if given[at].refused else "taken"},
            {"move": given[at].move + b"\0"},
        )
    )
    given[at] = replace(given[at], **lie)
    return replace(record, given=tuple(given))


def _forge(lines: list[Line]) -> None:
    before = 0
    for at, line in enumerate(lines):
        before = journal.chain(msgspec.msgpack.encode(line.record), before)
        lines[at] = Line(line.record, before)


# -- the end


def mutate_last_view(history: History, rng: Random) -> str | None:
    player = _pick(sorted(history.last), rng)
    seen = history.last[player]
    what = rng.choice(("room", "game", "tick"))
    if what == "tick":
        history.last[player] = replace(seen, tick=seen.tick - 1)
    else:
        history.last[player] = replace(seen, tree={**seen.tree, what: {**seen.tree[what], "lie": 1}})
    return f"changed the {what} of the last view of {player}"


def mutate_rest(history: History, rng: Random) -> str | None:
    final: Any = history.final
    what = rng.choice(("state", "seqs", "tick", "row", "rows", "journal", "room"))
    match what:
        case "state":
            tree: Any = msgspec.msgpack.decode(final.state)
            key = next(key for key, value in tree.items() if type(value) is int)
            final = replace(final, state=msgspec.msgpack.encode({**tree, key: tree[key] + 1}))
        case "seqs":
            player = max(final.seqs, key=final.seqs.__getitem__)
            final = replace(final, seqs={**final.seqs, player: final.seqs[player] - 1})
        case "tick":
            final = replace(final, tick=min(seen.tick for seen in history.last.values()) - 1)
        case "row" | "rows":
            history.recorded[final.match] = 0 if what == "row" else 2
        case "journal":
            del history.journals[final.match]
        case _:
            final = replace(final, room={**final.room, "match": final.match + 1})
    history.final = final
    return f"changed the {what} at the end"


MUTATIONS: tuple[Mutation, ...] = (
    drop_event, double_event, reorder_events, change_event, roll_event_back, mutate_kept,
    drop_answer, double_answer, reorder_answers, change_answer, roll_answer_back,
    drop_state, double_state, reorder_states, change_state, roll_state_back, mutate_welcome,
    mutate_journal, mutate_last_view, mutate_rest,
)  # fmt: skip
