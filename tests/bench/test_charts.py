"""The pictures: well-formed, told in words, drawn to scale."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.bench.charts import EDGE, WIDTH, Bar, Group, draw

SVG = "{http://www.w3.org/2000/svg}"
OURS = Bar("ours", "ours", 10.0, 8.0, 12.0, "10.0", reach=15.0)
THEIRS = Bar("<theirs> & co", "colyseus", 20.0, 20.0, 20.0, "20.0")
SECOND = Bar("ours", "ours", 5.0, 5.0, 5.0, "5.0")


def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(draw("Hands", "µs", [Group("two", (OURS, THEIRS)), Group("four", (SECOND,))]))


def test_it_is_told_to_those_who_do_not_see_it() -> None:
    svg = drawn()
    assert svg.get("role") == "img"
    assert [svg.find(f"{SVG}{part}").get("id") for part in ("title", "desc")] == str(svg.get("aria-labelledby")).split()  # type: ignore[union-attr]
    assert svg.findtext(f"{SVG}title") == "Hands (µs)"
    told = svg.findtext(f"{SVG}desc") or ""
    assert told.startswith("two: ours 10.0, <theirs> & co 20.0. four: ours 5.0.")


def test_every_name_and_number_is_written() -> None:
    texts = [text.text for text in drawn().iter(f"{SVG}text")]
    assert texts == ["Hands", "µs", "two", "ours", "10.0", "<theirs> & co", "20.0", "four", "ours", "5.0"]


def test_bars_are_to_scale_from_zero() -> None:
    ground, *bars = drawn().iter(f"{SVG}rect")
    assert ground.get("class") == "ground"
    assert [bar.get("class") for bar in bars] == ["ours", "peer", "ours"]
    widths = [float(str(bar.get("width"))) for bar in bars]
    assert widths[1] == WIDTH - 2 * EDGE
    assert [round(width / widths[1], 2) for width in widths] == [0.5, 1.0, 0.25]
    assert {bar.get("x") for bar in bars} == {str(EDGE)}


def test_a_whisker_goes_from_the_least_to_the_most_and_a_dashed_line_is_the_reach() -> None:
    svg, unit = drawn(), (WIDTH - 2 * EDGE) / 20
    (whisker,) = svg.iter(f"{SVG}path")  # the others do not differ between rounds
    assert str(whisker.get("d")).startswith(f"M{EDGE + 8 * unit:.1f} ")
    assert f"H{EDGE + 12 * unit:.1f}" in str(whisker.get("d"))
    (reach,) = [line for line in svg.iter(f"{SVG}line") if line.get("class") == "reach"]
    assert float(str(reach.get("x1"))) == round(EDGE + 15 * unit, 1)


def test_words_and_bars_keep_out_of_each_others_way() -> None:
    """Name and number stand above their bar, and no picture is wider than a phone."""
    svg = drawn()
    _, *bars = svg.iter(f"{SVG}rect")
    names = [text for text in svg.iter(f"{SVG}text") if text.text in {"ours", "<theirs> & co"}]
    for name, bar in zip(names, bars, strict=True):
        assert 0 < float(str(bar.get("y"))) - float(str(name.get("y"))) < 12
    assert WIDTH <= 430


def test_light_and_dark_each_have_every_colour() -> None:
    text = draw("Hands", "µs", [])
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    for name in ("ground", "ink", "faint", "line", "ours", "peer", "other"):
        assert f"--{name}: #" in light
        assert f"--{name}: #" in dark
