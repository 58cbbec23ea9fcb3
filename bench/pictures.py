"""Pictures of the dashboards, drawn by Chromium from a live Prometheus and the panels' own queries: `python -m bench.pictures`."""

from __future__ import annotations

import asyncio
import html
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from playwright.sync_api import sync_playwright

from bench.chart import chart, number
from bench.monitoring import FILES, Watch, watching
from bench.stage import staged
from bench.traffic import flow
from server.database import ROOT

IMAGES: Final = ROOT / "docs" / "images" / "dashboards"
COLUMN, ROW, GAP = 58, 34, 8
"""Of Grafana's grid, in pixels: 24 columns."""

_RATE: Final = "30s"
_STEP: Final = 5
_COLORS: Final = {"green": "#3fb950", "orange": "#f0883e", "red": "#f85149"}
_STYLE: Final = """
body { margin: 0; background: #0f1318; color: #d8dee9; font: 13px/1.35 Inter, "DejaVu Sans", sans-serif }
header { padding: 18px 20px 4px } h1 { font-size: 20px; font-weight: 600; margin: 0 } header p { color: #8b949e; margin: 4px 0 0 }
main { position: relative; margin: 12px 16px 16px }
section { position: absolute; box-sizing: border-box; background: #171c23; border: 1px solid #252c36; border-radius: 4px;
  padding: 8px 10px; overflow: hidden }
h2 { font-size: 13px; font-weight: 600; margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.stat { display: flex; align-items: center; justify-content: center; height: calc(100% - 18px); font-size: 34px; font-weight: 600 }
.legend { display: flex; flex-wrap: wrap; gap: 1px 12px; height: 34px; overflow: hidden; font-size: 11px; color: #aab4c0 }
.legend i { display: inline-block; width: 12px; height: 3px; margin-right: 5px; vertical-align: middle; border-radius: 2px }
code { font: 11px "DejaVu Sans Mono", monospace; color: #9ecbff } .text { color: #aab4c0; margin-top: 8px }
"""


def draw(
    seconds: Annotated[int, typer.Option(help="For how long traffic runs before the pictures are taken.")] = 240,
    per_second: Annotated[float, typer.Option(help="How many requests a second.")] = 12,
) -> None:
    """Runs everything with traffic for a while, and writes docs/images/dashboards."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="address-book-pictures-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with staged(folder, folder / "postgres") as stage, watching(folder, stage.targets, seconds=_STEP) as watch:
            asyncio.run(flow(stage.base, seconds, per_second))
            end = time.time()
            pages = {
                path.stem: page(json.loads(path.read_text()), watch, end - seconds + 30, end)
                for path in sorted(FILES.glob("dashboards/*.json"))
            }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for stem, content in pages.items():
            sheet = browser.new_page(viewport={"width": 24 * COLUMN + 32, "height": 600}, device_scale_factor=1.25)
            sheet.set_content(content)
            sheet.screenshot(path=IMAGES / f"{stem}.png", full_page=True)
        browser.close()


def page(dashboard: dict[str, Any], watch: Watch, start: float, end: float) -> str:
    """A dashboard as a page of HTML, over this time."""
    panels = dashboard["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * ROW
    drawn = "".join(_panel(panel, watch, start, end) for panel in panels)
    head = f"<header><h1>{html.escape(dashboard['title'])}</h1><p>{html.escape(dashboard['description'])}</p></header>"
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{head}<main style="height: {height}px">{drawn}</main>'


def _panel(panel: dict[str, Any], watch: Watch, start: float, end: float) -> str:
    at = panel["gridPos"]
    width, height = at["w"] * COLUMN - GAP, at["h"] * ROW - GAP
    if panel["type"] == "text":
        inside = f'<div class="text">{_text(panel["options"]["content"])}</div>'
    elif panel["type"] == "stat":
        inside = _stat(panel, watch)
    else:
        inside = _series(panel, watch, start, end, width - 22, height - 66)
    place = f"left: {at['x'] * COLUMN}px; top: {at['y'] * ROW}px; width: {width}px; height: {height}px"
    return f'<section style="{place}"><h2>{html.escape(panel["title"])}</h2>{inside}</section>'


def _text(markdown: str) -> str:
    parts = html.escape(markdown).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part.replace("\n\n", "<br><br>") for n, part in enumerate(parts))


def _stat(panel: dict[str, Any], watch: Watch) -> str:
    found, defaults = watch.query(panel["targets"][0]["expr"]), panel["fieldConfig"]["defaults"]
    if not found:
        return '<div class="stat" style="color: #6e7681">No data</div>'
    value, color = float(found[0]["value"][1]), "#d8dee9"
    for step in defaults.get("thresholds", {}).get("steps", ()):
        if step["value"] is None or value >= step["value"]:
            color = _COLORS[step["color"]]
    return f'<div class="stat" style="color: {color}">{number(value, defaults["unit"], defaults.get("decimals"))}</div>'


def _series(panel: dict[str, Any], watch: Watch, start: float, end: float, width: int, height: int) -> str:
    lines: list[tuple[str, list[tuple[float, float]]]] = []
    for target in panel["targets"]:
        for found in watch.history(target["expr"].replace("$__rate_interval", _RATE), start, end, _STEP):
            points = [(at, float(value)) for at, value in found["values"] if value != "NaN"]
            if points:
                lines.append((_legend(target["legendFormat"], found["metric"]), points))
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"]["stacking"]["mode"] == "normal"
    return chart(sorted(lines), (start, end), (width, height), defaults["unit"], stacked=stacked, most=defaults.get("max"))


def _legend(template: str, metric: dict[str, str]) -> str:
    for name, value in metric.items():
        template = template.replace(f"{{{{{name}}}}}", value)
    return re.sub(r"{{\w+}}", "none", template) or "value"


if __name__ == "__main__":
    typer.run(draw)
