"""Where the traces go: a server that takes whatever comes, as OTLP over HTTP has it, and by itself keeps nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Take = Callable[[bytes, Message], int]
"""What is made of a body and its headers: the status of the answer."""


@contextmanager
def collecting(take: Take = lambda _body, _headers: 200) -> Iterator[str]:
    """The address of a collector that runs while the block lasts."""

    class Sink(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = take(self.rfile.read(int(self.headers.get("Content-Length", 0))), self.headers)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.daemon_threads, server.block_on_close = True, False  # one that hangs keeps nobody
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
