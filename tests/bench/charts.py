"""Bar charts as SVG, for docs/benchmarks.md: medians as bars, the least and the most as whiskers.

Read without colours: each bar carries its name and its number. The picture has its own ground, and both follow the
reader's choice of light or dark. Title and description are there for those who do not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 420
"""A phone shows it nearly in full size: each bar has a line of its own for its name and its number."""
EDGE: Final = 16
ROW: Final = 36
HEAD: Final = 28
TOP: Final = 46
BOTTOM: Final = 12
TINTS: Final = {"ours": "ours", "colyseus": "peer"}
"""The class of a side's bars; any other is "other"."""

STYLE: Final = """
:root { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --ours: #0a66c2; --peer: #bc6c00;
  --other: #7d8590; }
@media (prefers-color-scheme: dark) { :root { --ground: #151b23; --ink: #f0f6fc; --faint: #9da7b3; --line: #3d444d;
  --ours: #4ca6ff; --peer: #f0a13c; --other: #8b949e; } }
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.ground { fill: var(--ground); } .title { font-weight: 600; font-size: 15px; } .case { font-weight: 600; }
.faint { fill: var(--faint); }
.number { font-variant-numeric: tabular-nums; } .end { text-anchor: end; } .axis { stroke: var(--line); }
.ours { fill: var(--ours); } .peer { fill: var(--peer); } .other { fill: var(--other); }
.whisker { stroke: var(--ink); stroke-width: 1.5; } .reach { stroke: var(--ink); stroke-dasharray: 3 3; }
""".strip()


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure."""

    name: str
    side: str
    median: float
    least: float
    most: float
    number: str
    """The median as it is written beside the bar."""
    reach: float | None = None
    """Drawn as a dashed line across the bar."""

    @property
    def extent(self) -> float:
        """The furthest point to the right."""
        return max(self.most, self.median, self.reach or 0.0)


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of one case."""

    case: str
    bars: tuple[Bar, ...]


def draw(title: str, unit: str, groups: Sequence[Group]) -> str:
    """The picture of some groups in one unit, on one scale that begins at 0."""
    height = TOP + sum(HEAD + ROW * len(group.bars) for group in groups) + BOTTOM
    longest = max((bar.extent for group in groups for bar in group.bars), default=0.0) or 1.0
    scale = (WIDTH - 2 * EDGE) / longest
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'style="max-width: 100%; height: auto" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)} ({escape(unit)})</title>',
        f'<desc id="desc">{escape(_told(unit, groups))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="title" x="{EDGE}" y="28">{escape(title)}</text>',
        f'<text class="faint end" x="{WIDTH - EDGE}" y="28">{escape(unit)}</text>',
        *_rows(groups, scale),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rows(groups: Sequence[Group], scale: float) -> Iterator[str]:
    y = TOP
    for group in groups:
        yield f'<text class="case" x="{EDGE}" y="{y + 18}">{escape(group.case)}</text>'
        y += HEAD
        for bar in group.bars:
            yield from _bar(bar, y, scale)
            y += ROW
        yield f'<line class="axis" x1="{EDGE}" y1="{y - ROW * len(group.bars)}" x2="{EDGE}" y2="{y - 4}"/>'


def _bar(bar: Bar, y: int, scale: float) -> Iterator[str]:
    middle = y + 24
    width, least, most = (_px(figure * scale) for figure in (bar.median, bar.least, bar.most))
    yield f'<text x="{EDGE + 4}" y="{y + 13}">{escape(bar.name)}</text>'
    yield f'<text class="number end" x="{WIDTH - EDGE}" y="{y + 13}">{escape(bar.number)}</text>'
    yield f'<rect class="{TINTS.get(bar.side, "other")}" x="{EDGE}" y="{middle - 6}" width="{width}" height="12"/>'
    if bar.most > bar.least:
        left, right = _px(EDGE + float(least)), _px(EDGE + float(most))
        ends = f"M{left} {middle - 4}v8M{right} {middle - 4}v8"
        yield f'<path class="whisker" fill="none" d="M{left} {middle}H{right}{ends}"/>'
    if bar.reach is not None:
        x = _px(EDGE + bar.reach * scale)
        yield f'<line class="reach" x1="{x}" y1="{middle - 9}" x2="{x}" y2="{middle + 9}"/>'


def _px(figure: float) -> str:
    return f"{figure:.1f}"


def _told(unit: str, groups: Sequence[Group]) -> str:
    """The whole picture in words."""
    return (
        ". ".join(f"{group.case}: " + ", ".join(f"{bar.name} {bar.number}" for bar in group.bars) for group in groups)
        + f". All in {unit}; the dashed line is the reach, the thin line goes from the least to the most."
    )
