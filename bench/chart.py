"""Lines over time as SVG, with axes, units and a legend, as a page of a dashboard shows them."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Sequence
from typing import Final

Line = tuple[str, list[tuple[float, float]]]
"""A name, and pairs of seconds since the epoch and a value."""

COLORS: Final = ("#58a6ff", "#f0883e", "#3fb950", "#d2a8ff", "#f778ba", "#e3b341", "#56d4dd", "#ff7b72", "#8b949e", "#a5d6ff")
_LEFT, _BOTTOM, _TOP = 60, 18, 8
_NOTHING: Final = '<div class="stat" style="color: #6e7681; font-size: 15px">No data</div>'
_SCALES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_SUFFIXES: Final = {"reqps": " req/s", "ops": " /s"}


def chart(
    lines: Sequence[Line], span: tuple[float, float], size: tuple[int, int], unit: str, *, stacked: bool, most: float | None = None
) -> str:
    """The lines within a span of seconds, as SVG of so many pixels, and their legend below."""
    if not lines:
        return _NOTHING
    width, height = size
    drawn = _stacked(lines) if stacked else [(name, [(at, 0.0, value) for at, value in points]) for name, points in lines]
    top = most or _nice(max(high for _, points in drawn for _, _, high in points), unit)

    def x(at: float) -> float:
        return _LEFT + (at - span[0]) / (span[1] - span[0]) * (width - _LEFT - 4)

    def y(value: float) -> float:
        return _TOP + (1 - min(value, top) / top) * (height - _TOP - _BOTTOM)

    parts = []
    for n in range(5):
        value = top * n / 4
        parts.append(f'<line x1="{_LEFT}" x2="{width}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#252c36"/>')
        label = html.escape(number(value, unit))
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 3.5:.1f}" text-anchor="end">{label}</text>')
    for n in range(1, 5):
        at = span[0] + (span[1] - span[0]) * n / 5
        parts.append(
            f'<text x="{x(at):.1f}" y="{height - 4}" text-anchor="middle">{time.strftime("%H:%M:%S", time.gmtime(at))}</text>'
        )
    for n, (_, points) in reversed(list(enumerate(drawn))):
        color = COLORS[n % len(COLORS)]
        upper = " ".join(f"{x(at):.1f},{y(high):.1f}" for at, _, high in points)
        lower = " ".join(f"{x(at):.1f},{y(low):.1f}" for at, low, _ in reversed(points))
        parts.append(f'<polygon points="{upper} {lower}" fill="{color}" opacity="{0.35 if stacked else 0.08}"/>')
        parts.append(f'<polyline points="{upper}" fill="none" stroke="{color}" stroke-width="1.8" stroke-linejoin="round"/>')
    legend = "".join(
        f'<span><i style="background: {COLORS[n % len(COLORS)]}"></i>{html.escape(name)}</span>'
        for n, (name, _) in enumerate(drawn)
    )
    svg = f'<svg width="{width}" height="{height}" font-size="10" fill="#8b949e">{"".join(parts)}</svg>'
    return f'{svg}<div class="legend">{legend}</div>'


def number(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit, as short as it is clear."""
    if unit == "percentunit":
        return f"{value * 100:.{decimals if decimals is not None else _places(value * 100)}f} %"
    if unit == "s":
        return f"{value * 1000:.{_places(value * 1000)}f} ms" if 0 < abs(value) < 1 else f"{value:.{_places(value)}f} s"
    if unit == "bytes":
        scale, letter = next(
            ((2**power, letter) for power, letter in ((30, "Gi"), (20, "Mi"), (10, "Ki")) if abs(value) >= 2**power), (1, "")
        )
        return f"{value / scale:.{_places(value / scale)}f} {letter}B"
    scale, letter = next(((scale, letter) for scale, letter in _SCALES if abs(value) >= scale * 10), (1, ""))
    suffix = unit.removeprefix("suffix:") if unit.startswith("suffix:") else _SUFFIXES.get(unit, "")
    places = decimals if decimals is not None else _places(value / scale)
    return f"{value / scale:.{places}f}{letter}{suffix}"


def _places(value: float) -> int:
    if value == 0 or abs(value - round(value)) < 1e-9 or abs(value) >= 100:
        return 0
    return 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3


def _nice(value: float, unit: str) -> float:
    """The next of 1, 2, 4, 5 or 8 times a power of ten (of a KiB, MiB or GiB where it is bytes), for the top of an axis."""
    if value <= 0:
        return 1.0
    whole = 1024.0 ** int(math.log(max(value, 1), 1024)) if unit == "bytes" else 1.0
    power = whole * 10.0 ** math.floor(math.log10(value / whole))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if value <= step * power * 1.0001)


def _stacked(lines: Sequence[Line]) -> list[tuple[str, list[tuple[float, float, float]]]]:
    """Each line on those before it: at each moment where it begins and where it ends."""
    moments = sorted({at for _, points in lines for at, _ in points})
    ground, drawn = dict.fromkeys(moments, 0.0), []
    for name, points in lines:
        values = dict(points)
        drawn.append((name, [(at, ground[at], ground[at] + values.get(at, 0.0)) for at in moments]))
        for at in moments:
            ground[at] += values.get(at, 0.0)
    return drawn
