"""`scripts/monitor`: Prometheus and Alertmanager beside a running server, until Ctrl-C."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.monitoring import watching
from bench.pager import paged


def monitor(
    metrics: Annotated[str, typer.Argument(help="Where the server's metrics are, host:port.")] = "127.0.0.1:8000",
    port: Annotated[int, typer.Argument(help="Prometheus' own port.")] = 9090,
) -> None:
    """Watches the server and prints each alert as it comes and goes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="address-book-monitor-") as folder,
        paged(_print) as webhook,
        watching(Path(folder), {"addressbook": [metrics]}, seconds=5, webhook=webhook, port=port) as watch,
    ):
        print(f"Prometheus   {watch.prometheus}/alerts\nAlertmanager {watch.alertmanager}\n", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("Stopping.", flush=True)


def _print(receiver: str, alert: dict[str, Any]) -> None:
    told, where = alert["annotations"], alert["annotations"]["runbook_url"]
    print(f"{receiver}: {alert['status']} {alert['labels']['alertname']}: {told['summary']} ({where})", flush=True)


if __name__ == "__main__":
    typer.run(monitor)
