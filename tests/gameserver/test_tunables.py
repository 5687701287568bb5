"""The table of our numbers: well formed, and each changed by its own variable."""

from __future__ import annotations

from gameserver.tunables import TUNABLES, read_tunables


def test_every_default_lies_within_its_bounds_and_says_what_it_means() -> None:
    for tunable in TUNABLES:
        assert tunable.least <= tunable.default <= tunable.most, tunable.name
        assert tunable.meaning, tunable.name
    assert len({tunable.name for tunable in TUNABLES}) == len(TUNABLES)


def test_each_is_overridden_by_its_variable() -> None:
    for tunable in TUNABLES:
        changed = read_tunables({f"HOLDFAST_{tunable.name}": str(tunable.most)})
        assert changed == {**read_tunables({}), tunable.name: tunable.most}
