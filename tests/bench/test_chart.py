"""Charts: values with their units, and lines that lie on one another where they are stacked."""

from __future__ import annotations

import re

import pytest

from bench.chart import chart, number


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.9987, "percentunit", "99.9 %"),
        (0.0, "percentunit", "0 %"),
        (0.0123, "s", "12.3 ms"),
        (3.25, "s", "3.25 s"),
        (300 * 2**20, "bytes", "300 MiB"),
        (12_300.0, "short", "12.3k"),
        (8.5, "reqps", "8.50 req/s"),
        (14.4, "suffix:×", "14.4×"),
    ],
)
def test_a_value_is_told_with_its_unit(value: float, unit: str, said: str) -> None:
    assert number(value, unit) == said


def test_stacked_lines_lie_on_one_another_and_others_on_the_ground() -> None:
    lines = [("a", [(0.0, 1.0), (10.0, 1.0)]), ("b", [(0.0, 1.0), (10.0, 3.0)])]
    heights = []
    for stacked in (True, False):
        drawn = chart(lines, (0.0, 10.0), (164, 126), "short", stacked=stacked)
        heights.append([points.split() for points in re.findall(r'polyline points="([^"]+)"', drawn)])
    assert heights[0] == [["60.0,58.0", "160.0,8.0"], ["60.0,83.0", "160.0,83.0"]]  # 4 is the top, b is drawn first
    assert heights[1] == [["60.0,83.0", "160.0,33.0"], ["60.0,83.0", "160.0,83.0"]]


def test_nothing_to_show_is_said() -> None:
    assert "No data" in chart([], (0.0, 1.0), (100, 100), "short", stacked=False)
