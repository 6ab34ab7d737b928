"""A server between the client under test and the tenant. It forwards the request that a step planned and
rejects all others.

The tenant gets the planned request, not the client's bytes, and the client has no token of the tenant.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote

from graphcontract.live.sender import NoResponse
from graphcontract.transports.certificates import Certificates
from graphcontract.transports.request_reader import RequestReader
from graphcontract.wire import Fields, WireRequest, WireResponse

MOST_ATTEMPTS = 3  # forwarded requests of one plan, where the tenant responds 429
# Bounds for a client that retries in a storm: memory by the first, threads by the second.
_MOST_RECORDED = 200  # requests of one plan; further ones are rejected without a record
_MOST_CONNECTIONS = 32  # at a time; further ones are closed at once
_PATIENCE = 30.0  # seconds for a read, and for a thread to end
_FORWARDED_FIELDS = (
    "content-type",
    "request-id",
    "client-request-id",
    "date",
    "retry-after",
    "www-authenticate",
)
_NOT_PLANNED = (403, "notPlanned", "graphcontract forwards only the planned request of this step.")
_TOO_EARLY = (429, "TooManyRequests", "The tenant's Retry-After is not over yet.")
_NO_RESPONSE = (504, "gatewayTimeout", "The tenant did not respond.")


class Busy(Exception):
    """The tenant's Retry-After is not over yet."""


@dataclass
class Plan:
    """The request that a step forwards: this method and target, at most once, and again only after a 429."""

    method: str
    target: str
    forward: Callable[[WireRequest], WireResponse]
    requests: list[WireRequest] = field(default_factory=list)
    responses: list[WireResponse] = field(default_factory=list)
    forwarded: int = 0
    rejected: int = 0
    left: int = 1

    def matches(self, request: WireRequest) -> bool:
        """Whether a request is the planned one, in any percent-encoding, without content and query."""
        return (
            request.malformed is None
            and request.method == self.method
            and _split_path(request.target) == _split_path(self.target)
            and request.content_size == 0
            and self.left > 0
        )


class Forwarder:
    """A server on 127.0.0.1 that runs while its context is open."""

    def __init__(self, *, tls: bool = False) -> None:
        self._certificates = Certificates() if tls else None
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        # A lock of its own: `_lock` is held while a request is forwarded, which the end must not wait for.
        self._counting = threading.Lock()
        self._plan: Plan | None = None
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Forwarder:
        if self._certificates is not None:
            self._context = self._certificates.context("trusted")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name="forwarder", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._counting:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in (self._thread, *self._threads):
            thread.join(_PATIENCE)
        if self._certificates is not None:
            self._certificates.remove()

    @property
    def root(self) -> str:
        """Scheme and authority for the client's base URL."""
        return f"{'https' if self._context is not None else 'http'}://{self.origin}"

    @property
    def ca_file(self) -> str | None:
        """The certificate authority to trust, where the server uses TLS."""
        return self._certificates.ca_file if self._certificates is not None else None

    @contextmanager
    def expect(
        self, method: str, target: str, forward: Callable[[WireRequest], WireResponse]
    ) -> Iterator[Plan]:
        """Forward this one request while the block runs; when it ends, nothing more is forwarded."""
        plan = Plan(method, target, forward)
        with self._lock:
            self._plan = plan
        try:
            yield plan
        finally:
            with self._lock:  # waits for a request that is being forwarded
                self._plan = None

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            if len(self._threads) >= _MOST_CONNECTIONS:
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with self._counting:
            self._open.add(connection)
        try:
            connection.settimeout(_PATIENCE)
            if self._context is not None:
                secure = self._context.wrap_socket(connection, server_side=True)
                with self._counting:
                    self._open.discard(connection)
                    self._open.add(secure)
                connection = secure
            request = _receive(connection, self.origin, self._context is not None)
            if request is not None:
                connection.sendall(self._respond(request))
        except (OSError, ValueError):
            pass  # The client closed the connection; its outcome says why.
        finally:
            with self._counting:
                self._open.discard(connection)
            connection.close()

    def _respond(self, request: WireRequest) -> bytes:
        """Handle one request at a time: in a storm of requests, the later ones find the plan used up."""
        with self._lock:
            plan = self._plan
            if plan is None or len(plan.requests) >= _MOST_RECORDED:
                return _serialize(*_make_error(*_NOT_PLANNED))
            plan.requests.append(request)
            status, fields, content = self._forward(plan, request)
            raw = _serialize(status, fields, content)
            index = len(plan.requests) - 1
            plan.responses.append(WireResponse(request.at, raw, status, fields, content, index))
            return raw

    def _forward(self, plan: Plan, request: WireRequest) -> tuple[int, Fields, bytes]:
        if not plan.matches(request):
            plan.rejected += 1
            return _make_error(*_NOT_PLANNED)
        try:
            response = plan.forward(request)
        except Busy:
            return _make_error(*_TOO_EARLY)
        except NoResponse:
            plan.left = 0
            return _make_error(*_NO_RESPONSE)
        plan.forwarded += 1
        plan.left = int(response.status == 429 and plan.forwarded < MOST_ATTEMPTS)
        fields = tuple((name, value) for name, value in response.fields if name.lower() in _FORWARDED_FIELDS)
        return response.status, fields, response.content


def _split_path(target: str) -> list[str]:
    """The decoded segments of a path. An additional separator, raw or encoded, or a query changes them."""
    return [unquote(segment, encoding="latin-1") for segment in target.split("/")]


def _receive(connection: socket.socket, origin: str, secure: bool) -> WireRequest | None:
    reader = RequestReader(origin, 1, "https" if secure else "http")
    while True:
        data = connection.recv(65536)
        if not data:
            return reader.read_incomplete()
        reader.feed(data)
        if (request := reader.next()) is not None:
            return request
        if reader.expects_continue():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def _make_error(status: int, code: str, message: str) -> tuple[int, Fields, bytes]:
    content = json.dumps({"error": {"code": code, "message": message}}).encode()
    return status, (("Content-Type", "application/json"),), content


def _serialize(status: int, fields: Fields, content: bytes) -> bytes:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    framing = [] if status in (204, 304) or status < 200 else [("Content-Length", str(len(content)))]
    lines = [f"{name}: {value}\r\n" for name, value in (*fields, *framing, ("Connection", "close"))]
    body = b"" if status in (204, 304) else content
    return f"HTTP/1.1 {status} {phrase}\r\n{''.join(lines)}\r\n".encode("latin-1") + body
