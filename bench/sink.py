"""A server on loopback that takes whatever is posted to it, and by itself keeps nothing: a collector of traces, a webhook."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Take = Callable[[str, Message, bytes], int]
"""What is made of a path, the headers and a body, in other threads: the status of the answer."""


@contextmanager
def listening(take: Take = lambda *_: 200) -> Iterator[str]:
    """Its address, while the block lasts."""

    class Sink(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = take(self.path, self.headers, body)
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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
