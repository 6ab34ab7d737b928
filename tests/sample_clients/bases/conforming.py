"""A conforming client of the cancel action on a raw socket, in steps that a fault overrides one at a time."""

from __future__ import annotations

import gzip
import io
import json
import re
import socket
import ssl
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from graphcontract.clients import Limits
from graphcontract.exchange import Call, Outcome

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PATH = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
ROOT = "https://graph.microsoft.com/beta"
Fields = list[tuple[str, str]]
_lock = threading.Lock()


class BadAnswer(Exception):
    """The bytes received are not an HTTP response."""


@dataclass
class Answer:
    """An answer as read: status, fields by lower-case name, content."""

    status: int
    fields: dict[str, str]
    content: bytes


class Patient(io.RawIOBase):
    """What a connection brings until its timeout has passed in all, however it drips."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until = time.monotonic() + (connection.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(max(0.001, self._until - time.monotonic()))
        return self._connection.recv_into(buffer)


@cache
def _context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


class Conforming:
    """Meets every clause. `calls` counts the calls of this object's life, the current one included;
    `features` are those of the driver protocol that it declares, and `limits` its limits.
    """

    features: frozenset[str] = frozenset()
    limits = Limits()

    def __init__(self) -> None:
        self.calls = 0

    def cancel(self, call: Call) -> Outcome:
        with _lock:
            self.calls += 1
        refusal = self.refusal(call)
        if refusal:
            return Outcome.rejected(refusal)
        try:
            answer = self.persist(call)
        except TimeoutError as error:
            return Outcome.failure(kind="timeout", message=str(error))
        except (OSError, BadAnswer) as error:
            return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
        return self.outcome(call, answer)

    # what is refused

    def refusal(self, call: Call) -> str | None:
        """Why the call is not made, or None."""
        if call.task_id in ("", ".", ".."):
            return "this id cannot stand in a path"
        if any(ord(each) < 32 or 127 <= ord(each) < 160 for each in call.token + call.task_id):
            return "control characters are not sent"
        if not call.token:
            return "a call needs a token"
        return None

    # what is sent

    def method(self, call: Call) -> str:
        return "POST"

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="")

    def path(self, call: Call) -> str:
        return f"{PATH}/{self.encode(call.task_id)}/cancel"

    def query(self, call: Call) -> str:
        return ""

    def target(self, call: Call) -> str:
        return urlsplit(call.base_url or ROOT).path + self.path(call) + self.query(call)

    def body(self, call: Call) -> bytes:
        return b""

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", f"Bearer {call.token}")]

    def framing(self, call: Call) -> Fields:
        return [("Content-Length", str(len(self.body(call))))]

    def fields(self, call: Call) -> Fields:
        return [
            ("Host", urlsplit(call.base_url or ROOT).netloc),
            *self.authorization(call),
            *self.framing(call),
            ("Accept-Encoding", "gzip"),
            ("client-request-id", str(uuid.uuid4())),
        ]

    def content(self, call: Call) -> bytes:
        """What follows the head, framed."""
        return self.body(call)

    def head(self, call: Call) -> bytes:
        lines = [f"{self.method(call)} {self.target(call)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.fields(call)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def request(self, call: Call) -> bytes:
        return self.head(call) + self.content(call)

    # what is tried again

    retries = 3

    def repeats(self, answer: Answer) -> bool:
        """Whether the answer invites another try."""
        return answer.status in (429, 503, 504)

    def wait(self, call: Call, answer: Answer) -> float | None:
        """Seconds until another try, None for none."""
        return self.seconds(answer.fields.get("retry-after", "")) if self.repeats(answer) else None

    def seconds(self, value: str) -> float:
        """The wait that a Retry-After asks for; a second of our own where it cannot be read."""
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
            return float(value)
        try:
            moment = parsedate_to_datetime(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return max(0.0, moment.timestamp() - time.time())
        except (ValueError, OverflowError):
            return 1.0

    def persist(self, call: Call) -> Answer:
        until = time.monotonic() + call.timeout
        answer = self.exchange(call)
        for attempt in range(1, self.retries + 1):
            wait = self.wait(call, answer)
            if wait is None or time.monotonic() + wait >= until:
                break
            self.pause(call, wait)
            answer = self.again(replace(call, timeout=max(0.001, until - time.monotonic())), attempt)
        return answer

    def pause(self, call: Call, seconds: float) -> None:
        """The wait before another try."""
        time.sleep(seconds)

    def again(self, call: Call, attempt: int) -> Answer:
        """Another try, counted from 1; its timeout is what is left of the call's."""
        return self.exchange(call)

    # how it travels: a connection a call

    def exchange(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.request(call))
            return self.read(connection)

    def connect(self, call: Call) -> socket.socket:
        parts = urlsplit(call.base_url or ROOT)
        place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        connection = socket.create_connection(place, timeout=call.timeout)
        if parts.scheme != "https":
            return connection
        return self.trusted(call).wrap_socket(connection, server_hostname=parts.hostname)

    def trusted(self, call: Call) -> ssl.SSLContext:
        return _context(call.ca_file)

    def stream(self, connection: socket.socket) -> io.BufferedReader:
        return io.BufferedReader(Patient(connection))

    def read(self, connection: socket.socket) -> Answer:
        with self.stream(connection) as stream:
            while True:
                answer = self.read_head(stream.readline)
                if answer.status >= 200:
                    break
            if answer.status not in (204, 304):
                answer.content = self.read_content(answer, stream.read, stream.readline)
            return answer

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        words = line().split(b" ", 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].strip().isdigit():
            raise BadAnswer("no status line")
        fields: dict[str, str] = {}
        while (each := line()) not in (b"\r\n", b""):
            name, _, value = each.decode("latin-1").partition(":")
            fields[name.strip().lower()] = value.strip()
        return Answer(int(words[1]), fields, b"")

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if answer.fields.get("transfer-encoding", "").lower() == "chunked":
            content = b""
            while size := self.chunk_size(line()):
                content += read(size)
                line()
            return self.decode(answer, content)
        length = answer.fields.get("content-length")
        return self.decode(answer, read(self.number(length, 10) if length is not None else -1))

    def chunk_size(self, line: bytes) -> int:
        return self.number(line.split(b";")[0].strip(), 16)

    def number(self, digits: str | bytes, base: int) -> int:
        """A length, which has neither a sign nor anything else that int() accepts."""
        if not digits.isalnum():
            raise BadAnswer("no length")
        try:
            return int(digits, base)
        except ValueError:
            raise BadAnswer("no length") from None

    def decode(self, answer: Answer, content: bytes) -> bytes:
        coding = answer.fields.get("content-encoding", "").lower()
        try:
            return gzip.decompress(content) if coding == "gzip" else content
        except (EOFError, zlib.error) as error:  # OSError is what the connection raises, too
            raise BadAnswer("no gzip") from error

    # what is made of the answer

    def succeeded(self, answer: Answer) -> bool:
        return 200 <= answer.status < 300

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.succeeded(answer):
            return Outcome.success(status=answer.status)
        return self.failure(call, answer)

    def error(self, answer: Answer) -> dict[str, object]:
        """The error object; empty without one."""
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError):
            return {}
        error = document.get("error") if isinstance(document, dict) else None
        return error if isinstance(error, dict) else {}

    def status(self, answer: Answer) -> int | None:
        return answer.status

    def code(self, answer: Answer) -> str | None:
        return _text(self.error(answer).get("code"))

    def message(self, answer: Answer) -> str | None:
        return _text(self.error(answer).get("message"))

    def request_id(self, answer: Answer) -> str | None:
        for name in ("innerError", "innererror"):
            inner = self.error(answer).get(name)
            if isinstance(inner, dict) and _text(inner.get("request-id")):
                return _text(inner["request-id"])
        return answer.fields.get("request-id")

    def failure(self, call: Call, answer: Answer) -> Outcome:
        return Outcome.failure(
            kind="http",
            status=self.status(answer),
            code=self.code(answer),
            message=self.message(answer),
            request_id=self.request_id(answer),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
