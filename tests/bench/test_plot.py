"""The picture is an SVG whose bars are as long as the figures."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from bench.plot import drawn

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_for_each_server_of_each_work() -> None:
    picture = ET.fromstring(drawn({"Q1": {"ours": 0.5, "limit": 1.0}, "Q2": {"ours": 0.25, "limit": 1.0}}, "limit"))  # noqa: S314 - our own
    widths = [float(bar.get("width", 0)) for bar in picture.iter(f"{SVG}rect")][1:]
    assert [width / widths[1] for width in widths] == [0.5, 1.0, 0.25, 1.0]
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts[:5] == ["Q1", "ours", "0.50", "limit", "1.00"]


def test_names_are_escaped() -> None:
    assert ET.fromstring(drawn({"<Q>": {"a&b": 1.0}}, "<limit>")).find(f"{SVG}title") is not None  # noqa: S314 - our own
