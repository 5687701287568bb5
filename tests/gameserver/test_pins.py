"""The pinned requirements: what is to be installed and its hash, and not a word about where from."""

from __future__ import annotations

import json
import re

import pytest

from gameserver.places import BASE_DIR

REQUIREMENTS = BASE_DIR / "requirements"
PINNED = ("base.txt", "dev.txt", "js/package-lock.json")


@pytest.mark.parametrize("name", PINNED)
def test_no_address_and_no_path_of_a_machine(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert not re.findall(r"\S*://\S*|--index-url|--find-links|/home/\S*", text)


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_every_python_package_has_one_version_and_a_hash(name: str) -> None:
    lines = (REQUIREMENTS / name).read_text().split("\n")
    pins = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert len(pins) > 40
    for number in pins:
        assert re.match(r"[a-z0-9.-]+==\S+", lines[number]), lines[number]
        assert "--hash=sha256:" in lines[number + 1], lines[number]


def test_tests_run_with_the_very_versions_that_players_get() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==[^\s;]+", (REQUIREMENTS / name).read_text(), flags=re.M))

    assert versions("base.txt") <= versions("dev.txt")


def test_every_javascript_package_has_a_version_and_a_hash() -> None:
    packages = json.loads((REQUIREMENTS / "js" / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert not name or (package["version"] and package["integrity"]), name


@pytest.mark.parametrize("name", ["base.in", "dev.in"])
def test_every_wanted_package_says_why(name: str) -> None:
    said = ""
    for line in (REQUIREMENTS / name).read_text().splitlines():
        if line.startswith(("#", "-r")) or not line:
            said = line
        else:
            assert "# " in line or said.startswith("# "), line
