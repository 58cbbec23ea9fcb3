"""A picture of the main table: for each work a bar for each server."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from bench.rounds import Runner

_BAR: Final = 15
_LINE: Final = 19
_NAMES: Final = 130
_WIDTH: Final = 260
_PANEL: Final = _NAMES + _WIDTH + 60
_COLUMNS: Final = 2


def bars(works: Sequence[str], runners: Sequence[Runner], base: Runner) -> str:
    """An SVG: requests per second of each server, as a share of `base`'s, a panel for each work."""
    shares = {work: {one.server.name: one.share(work, base, "rate") for one in runners} for work in works}
    return drawn(shares, base.server.name)


def drawn(shares: dict[str, dict[str, float]], base: str) -> str:
    """The same from the figures. It shows on light and dark pages alike."""
    most = max(max(found.values()) for found in shares.values())
    height = 40 + _LINE * max(len(found) for found in shares.values())
    rows = -(-len(shares) // _COLUMNS)
    panels = [
        _panel(work, found, most, 10 + n % _COLUMNS * _PANEL, 10 + n // _COLUMNS * height)
        for n, (work, found) in enumerate(shares.items())
    ]
    width, total = 10 + _COLUMNS * _PANEL, 40 + rows * height
    said = f"Requests per second, as a share of “{escape(base)}”. Longer is better."
    size = f'viewBox="0 0 {width} {total}" width="{width}" height="{total}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f"<title>{said}</title>",
        f'<rect width="{width}" height="{total}" fill="#ffffff"/>',
        *panels,
        f'<text x="10" y="{total - 12}" fill="#555555">{said}</text>',
        "</svg>\n",
    ]
    return "\n".join(lines)


def _panel(work: str, found: dict[str, float], most: float, left: int, top: int) -> str:
    lines = [f'<text x="{left}" y="{top + 16}" font-weight="bold" fill="#111111">{escape(work)}</text>']
    for n, (name, share) in enumerate(found.items()):
        y = top + 26 + n * _LINE
        colour = "#d9480f" if name.startswith("ours") else "#adb5bd" if name.startswith("limit") else "#4c6ef5"
        bar = share / most * _WIDTH
        lines += [
            f'<text x="{left + _NAMES - 8}" y="{y + 12}" text-anchor="end" fill="#333333">{escape(name)}</text>',
            f'<rect x="{left + _NAMES}" y="{y}" width="{bar:.1f}" height="{_BAR}" fill="{colour}"/>',
            f'<text x="{left + _NAMES + bar + 5:.1f}" y="{y + 12}" fill="#333333">{share:.2f}</text>',
        ]
    return "\n".join(lines)
