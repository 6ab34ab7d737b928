"""Servers on loopback that answer every request alike, whatever that is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from graphcontract.wire import Fields


@dataclass(frozen=True)
class Answering:
    """An answer. `echo` sends back every field of the request, in fields and content."""

    status: int
    fields: Fields = ()
    content: bytes = b""
    echo: bool = False


_asked: dict[str, list[str]] = {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Answering
    root: str


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def answer(self) -> None:
        asked = f"{self.requestline}\n{self.headers}"
        _asked[self.server.root].append(asked)
        answer = self.server.answer
        content = answer.content + (asked.encode() if answer.echo else b"")
        self.send_response(answer.status)
        for name, value in answer.fields:
            self.send_header(name, value)
        for name, value in self.headers.items() if answer.echo else ():
            self.send_header(f"X-{name}", value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@contextmanager
def answering(answer: Answering) -> Iterator[str]:
    """Serve the answer at a root until the block ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answer, server.root = answer, f"http://127.0.0.1:{server.server_port}"
        _asked[server.root] = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.root
        finally:
            server.shutdown()
            thread.join()


def asked(root: str) -> list[str]:
    """The heads of the requests that came to a root."""
    return _asked[root]
