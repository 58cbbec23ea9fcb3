"""Where alerts arrive: a webhook of Alertmanager's, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Hear = Callable[[str, dict[str, Any]], None]
"""Is told the receiver, and an alert as Alertmanager sends it: status, labels, annotations."""


@contextmanager
def paged(hear: Hear) -> Iterator[str]:
    """The webhook's address, as long as the block lasts; `hear` is called in other threads."""

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                hear(self.path.strip("/"), alert)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
