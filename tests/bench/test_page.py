"""docs/benchmarks.md is made of the JSON alone, but for what people wrote into it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from tests.bench.page import page, pictures, read_notes, write

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "bench.json").read_text(encoding="utf-8"))


def tables(text: str) -> dict[str, list[list[str]]]:
    """The cells of the table under each heading, without its head."""
    found = {}
    for part in text.split("\n## ")[1:]:
        rows = [line for line in part.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
        assert len({row.count("|") for row in rows}) <= 1, part
        found[part.splitlines()[0]] = cells[2:]
    return found


def test_every_figure_stands_in_it() -> None:
    shown = tables(page(GOLDEN, {}))
    assert [row[:6] for row in shown["Hands clapped"]] == [
        ["2 hands", "ours", "11.12", "10.12", "12.12", "µs/clap"],
        ["2 hands", "Colyseus", "15.50", "14.50", "16.50", "µs/clap"],
        ["2 hands", "ours, loud", "99", "98", "100", "%"],
        ["4 hands", "ours", "21.25", "20.25", "22.25", "µs/clap"],
        ["4 hands", "Colyseus", "30.00", "29.00", "31.00", "µs/clap"],
        ["4 hands", "ours, loud", "99", "98", "100", "%"],
    ]
    assert shown["Hands clapped"][0][6:] == ["0.72", "met (<= 0.8x Colyseus)"]
    assert shown["Hands clapped"][3][7] == "met (<= 0.8x Colyseus); **missed** (aim <= 15)"
    assert shown["Alone"] == [["once", "ours", "12,346", "12,345", "12,347", "rooms", ""]]


def test_every_reach_is_summed_up_at_the_top() -> None:
    text = page(GOLDEN, {})
    assert "4 of 5 are met." in text
    assert [row[3:] for row in tables(text)["Reaches"] if row[1] == "4 hands"] == [
        ["0.708 (<= 0.8x Colyseus)", "met"],
        ["21.2 (aim <= 15)", "**missed**"],
        ["99 (>= 99)", "met"],
    ]


def test_machine_versions_faults_and_absences_are_told() -> None:
    text = page(GOLDEN, {})
    for word in (
        "Abacus 9, 2 cores, 7,777 MB",
        "python 3.11.0",
        "3, interleaved; 2 s measured",
        "61 s in all",
        "| peers | @colyseus/core 0.18.3 |",
    ):
        assert word in text
    assert "- tutorial was not measured: no room" in text
    assert text.count("- 2 hands, Colyseus: late & slow") == 1


def test_every_picture_is_there_and_well_formed() -> None:
    drawn = pictures(GOLDEN)
    assert list(drawn) == ["clap-us-clap.svg", "clap-percent.svg", "alone.svg"]
    assert re.findall(r"!\[.+?\]\(pictures/bench/(.+?)\)", page(GOLDEN, {})) == list(drawn)
    for svg in drawn.values():
        ElementTree.fromstring(svg)
    assert drawn["clap-us-clap.svg"].count('class="reach"') == 1, "only bounds are drawn, not shares of another"


def test_what_people_wrote_stays_and_old_pictures_go(tmp_path: Path) -> None:
    write(GOLDEN, tmp_path)
    path = tmp_path / "benchmarks.md"
    empty = path.read_text(encoding="utf-8")
    assert read_notes(empty) == {"method": "", "clap": "", "alone": ""}
    path.write_text(empty.replace("<!-- notes: clap -->\n", "<!-- notes: clap -->\n### Notes\n\nHands tire.\n"))
    (tmp_path / "pictures" / "bench" / "gone.svg").write_text("<svg/>")
    write(GOLDEN, tmp_path)
    assert read_notes(path.read_text(encoding="utf-8"))["clap"] == "### Notes\n\nHands tire.\n"
    assert sorted(file.name for file in (tmp_path / "pictures" / "bench").iterdir()) == sorted(pictures(GOLDEN))
