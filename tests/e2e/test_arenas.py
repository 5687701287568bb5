"""The arenas, small and large, with people and bots: here the match does not wait for anybody."""

from __future__ import annotations

from tests.e2e.people import Meet, begin, table


def test_arena_with_a_bot_in_the_third_seat(meet: Meet) -> None:
    ann, bob, cleo = table(meet, "arena", seats=3, score=2, seconds=30, width=1600, height=900)
    ann.add_bot("hard")
    begin(ann, bob)
    start = cleo.inside("view.whole.game.ships.map(([, x, y, angle]) => [x, y, angle])")
    fired = cleo.look_out("view.whole.game.shots.some((shot) => shot[5] === 0)")
    ann.page.keyboard.down("ArrowLeft")
    ann.page.keyboard.down("Space")
    bob.page.keyboard.down("KeyW")
    cleo.until(f"view.whole.game.ships[0][3] !== {start[0][2]}")
    cleo.until(f"view.whole.game.ships[1][1] !== {start[1][0]}")
    fired()
    for person in (ann, bob, cleo):
        _, places = person.result(60)
        assert len(places) == 3
    assert max(cleo.inside("view.whole.room.outcome.places.map(({ score }) => score)")) >= 1


def test_a_large_arena_shows_what_is_near_and_follows_ones_own_ship(meet: Meet) -> None:
    ann, bob, cleo = table(meet, "arena_large", seats=200, seconds=120)
    ann.add_bot("hard")
    begin(ann, bob)
    for person in (ann, bob, cleo):
        person.until("view.whole.game.cells.some(({ drones }) => drones.length > 3)")
        assert person.inside("view.whole.game.cells.length") <= 9
    own = "view.whole.game.cells.flatMap(({ ships }) => ships).find(([of]) => of === seat)"
    start = ann.inside(f"{own}.slice(1, 4)")
    fired = ann.look_out("view.whole.game.cells.some(({ shots }) => shots.some((shot) => shot[5] === seat))")
    ann.page.keyboard.down("ArrowUp")
    ann.page.keyboard.down("Space")
    ann.until(f"{own}[1] !== {start[0]}")
    fired()
    drone = ann.inside("view.whole.game.cells.find(({ drones }) => drones.length).drones[0]")
    ann.until(
        f"view.whole.game.cells.some(({{ drones }}) => drones.some(([id, x]) => id === {drone[0]} && x !== {drone[1]}))"
    )
    seen = ann.inside("view.whole.game.cells.flatMap(({ ships }) => ships).length")
    assert seen <= ann.inside("view.whole.game.crowd")
