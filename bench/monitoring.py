"""Prometheus, Alertmanager and the exporter of Postgres, as processes over the files of deploy/monitoring.

What stands there is used as it stands; only where the others are, and how often they are asked, is told anew.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from bench.processes import Failed, free_port
from server.database import ROOT

FILES: Final = ROOT / "deploy" / "monitoring"
TOOLS: Final = ("prometheus", "promtool", "prometheus-alertmanager", "amtool", "prometheus-postgres-exporter")
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Watch:
    """A running Prometheus, and its Alertmanager where there is one: their addresses."""

    prometheus: str
    alertmanager: str | None

    def query(self, expr: str) -> list[dict[str, Any]]:
        """What an expression answers now: a list of `metric` and `value`."""
        result: list[dict[str, Any]] = self._ask("query", query=expr)["result"]
        return result

    def history(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The same over a time, of seconds since the epoch: a list of `metric` and `values`."""
        result: list[dict[str, Any]] = self._ask("query_range", query=expr, start=start, end=end, step=step)["result"]
        return result

    def names(self) -> set[str]:
        """The names of all metrics that it has met."""
        return set(self._ask("label/__name__/values"))

    def up(self) -> dict[str, str]:
        """The health of each job's first target: up, down or unknown."""
        return {target["labels"]["job"]: target["health"] for target in self._ask("targets")["activeTargets"]}

    def _ask(self, what: str, **parameters: Any) -> Any:
        with urlopen(f"{self.prometheus}/api/v1/{what}?{urlencode(parameters)}", timeout=30) as answer:
            return json.load(answer)["data"]


@contextmanager
def watching(
    folder: Path, targets: Mapping[str, Sequence[str]], *, seconds: int = 15, webhook: str | None = None, port: int | None = None
) -> Iterator[Watch]:
    """Prometheus scrapes `targets` (by job) and evaluates the rules every so many seconds; alerts go to `webhook`.

    `folder` keeps its data. Raises Failed where a process does not start.
    """
    port, inner = port or free_port(), free_port()
    config = yaml.safe_load((FILES / "prometheus.yml").read_text())
    config["global"] |= {
        "scrape_interval": f"{seconds}s",
        "evaluation_interval": f"{seconds}s",
        "scrape_timeout": f"{min(seconds, 10)}s",
    }
    config["rule_files"] = [str(FILES / "rules" / "*.yml")]
    config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{inner}"] if webhook else []}]
    config["scrape_configs"] = [
        {"job_name": job, "static_configs": [{"targets": list(addresses)}]} for job, addresses in targets.items()
    ]
    with ExitStack() as stack:
        if webhook:
            stack.enter_context(_running("prometheus-alertmanager", folder, inner, _alerting(folder, webhook, inner), "/-/ready"))
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        options = [
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        address = stack.enter_context(_running("prometheus", folder, port, options, "/-/ready"))
        yield Watch(address, f"http://127.0.0.1:{inner}" if webhook else None)


def _alerting(folder: Path, webhook: str, port: int) -> list[str]:
    config = yaml.safe_load((FILES / "alertmanager.yml").read_text())
    config["route"] |= {"group_wait": "1s", "group_interval": "5s"}
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": f"{webhook}/{receiver['name']}"}]
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    return [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]


@contextmanager
def exporting(folder: Path, dsn: str) -> Iterator[str]:
    """The exporter of Postgres, signed in by `dsn`, with our own queries; yields host:port."""
    port = free_port()
    options = [
        f"--extend.query-path={FILES / 'postgres-exporter.yml'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--no-collector.bgwriter",  # whose view looks otherwise since Postgres 17
    ]
    environ = {"DATA_SOURCE_NAME": f"{dsn}?sslmode=disable"}
    with _running("prometheus-postgres-exporter", folder, port, options, "/", environ) as address:
        yield address.removeprefix("http://")


@contextmanager
def _running(
    tool: str, folder: Path, port: int, options: Sequence[str], ready: str, environ: Mapping[str, str] | None = None
) -> Iterator[str]:
    log = folder / f"{tool}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [tool, *options], env={"PATH": "/usr/local/bin:/usr/bin:/bin"} | dict(environ or {}), stdout=out, stderr=out
        )
    try:
        until = time.monotonic() + _START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}{ready}"):
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"{tool} does not answer:\n{log.read_text(errors='replace')[-2_000:]}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
