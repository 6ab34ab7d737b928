"""A conforming client that speaks HTTP/2 over TLS with h2, and HTTP/1.1 as its base does over plain http. A
fault overrides one of its steps.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from graphcontract.exchange import Call

from .conforming import Answer, BadAnswer, Conforming, Fields

_CONFIG = h2.config.H2Configuration(
    client_side=True,
    header_encoding="latin-1",
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)
_GOAWAY = 7


class NotProcessed(Exception):
    """The service says that it did not process the request: it may be sent again."""


@cache
def _context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["h2"])
    return context


def split_frames(data: bytes) -> tuple[list[bytes], bytes]:
    """Split off the complete frames."""
    frames = []
    while len(data) >= 9 and len(data) >= (end := 9 + int.from_bytes(data[:3])):
        frames.append(data[:end])
        data = data[end:]
    return frames, data


@dataclass
class Heard:
    """What has come of one stream."""

    answer: Answer | None = None
    content: bytes = b""
    ended: bool = False
    events: list[h2.events.Event] = field(default_factory=list)


class OverHttp2(Conforming):
    """Meets every clause. It opens a connection for each request, and sends a request that was not processed
    once more.
    """

    unprocessed_retries = 1
    first_stream = 1

    # what is sent

    def fields(self, call: Call) -> Fields:
        """The regular fields; those of HTTP/1.1's framing and of its connections are left out."""
        if urlsplit(call.base_url or "").scheme != "https":
            return super().fields(call)
        usual = [(name.lower(), value) for name, value in super().fields(call)]
        return [each for each in usual if each[0] not in ("host", "content-length")]

    def pseudo(self, call: Call) -> Fields:
        parts = urlsplit(call.base_url or "")
        return [
            (":method", self.method(call)),
            (":scheme", parts.scheme),
            (":authority", parts.netloc),
            (":path", self.target(call)),
        ]

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        """Queue a request on a stream."""
        content = self.content(call)
        link.send_headers(stream, [*self.pseudo(call), *self.fields(call)], end_stream=not content)
        if content:
            link.send_data(stream, content, end_stream=True)

    def begin(self) -> h2.connection.H2Connection:
        """Make our side of a connection, with the preface queued."""
        link = h2.connection.H2Connection(_CONFIG)
        link.initiate_connection()
        return link

    # how it travels

    def trusted(self, call: Call) -> ssl.SSLContext:
        return _context(call.ca_file)

    def exchange(self, call: Call) -> Answer:
        if urlsplit(call.base_url or "").scheme != "https":
            return super().exchange(call)
        for _ in range(self.unprocessed_retries):
            try:
                return self.try_once(call)
            except NotProcessed:
                self.before_repeat(call)
        try:
            return self.try_once(call)
        except NotProcessed as error:
            raise BadAnswer(str(error)) from error

    def before_repeat(self, call: Call) -> None:
        """Called before a request is sent again that was not processed."""

    def try_once(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            if connection.selected_alpn_protocol() != "h2":
                connection.sendall(Conforming.head(self, call))
                return self.read(connection)
            link = self.begin()
            stream = self.first_stream
            self.prepare(link, connection)
            self.send(link, stream, call)
            connection.sendall(self.shape(link.data_to_send(), link) + self.after_request())
            return self.listen(link, connection, stream, call)

    def prepare(self, link: h2.connection.H2Connection, connection: ssl.SSLSocket) -> None:
        """Called on a new connection, before anything is sent."""

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        """The bytes that are sent in place of those that h2 makes."""
        return data

    def after_request(self) -> bytes:
        """Further frames that follow the request."""
        return b""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        """Read events until the stream has ended; the timeout bounds all of it."""
        heard, until, rest = Heard(), monotonic() + call.timeout, b""
        while not heard.ended:
            connection.settimeout(max(0.001, until - monotonic()))
            data = connection.recv(1 << 16)
            if not data:
                return self.cut_off(heard)
            frames, rest = split_frames(rest + data)
            for frame in frames:
                if frame[3] == _GOAWAY:  # h2 would read nothing after it, not even the response
                    self.hear_goaway(int.from_bytes(frame[9:13]), stream)
                    continue
                try:
                    events = link.receive_data(frame)
                except h2.exceptions.ProtocolError as error:
                    return self.broken(error)
                for event in events:
                    self.hear(link, event, stream, heard)
            with suppress(OSError):  # the service may have closed after its response
                connection.sendall(self.reply(link.data_to_send()))
        return self.complete(heard)

    def reply(self, data: bytes) -> bytes:
        """What is sent of the frames that h2 queues in reply."""
        return data

    # what is heard

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        heard.events.append(event)
        if getattr(event, "stream_id", None) != stream:
            return
        if isinstance(event, h2.events.ResponseReceived):
            fields = {str(name): str(value) for name, value in event.headers}
            heard.answer = Answer(self.parse_status(fields.pop(":status", "000")), fields, b"")
        elif isinstance(event, h2.events.DataReceived):
            heard.content += event.data
            link.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, h2.events.StreamReset) and not heard.ended:
            self.hear_reset(event, heard)
        elif isinstance(event, h2.events.StreamEnded):
            heard.ended = True

    def parse_status(self, value: str) -> int:
        """The status code, which int() would also find in other values."""
        if len(value) != 3 or not value.isdecimal():
            raise BadAnswer("no status code")
        return int(value)

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        if event.error_code == 7:
            raise NotProcessed("REFUSED_STREAM")
        raise BadAnswer("the stream was reset")

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        if stream > last_stream:
            raise NotProcessed("GOAWAY")

    def cut_off(self, heard: Heard) -> Answer:
        """What the end of the connection means before that of the stream."""
        raise BadAnswer("the connection ended")

    def broken(self, error: h2.exceptions.ProtocolError) -> Answer:
        """What a violation of the protocol means."""
        raise BadAnswer(type(error).__name__)

    def complete(self, heard: Heard) -> Answer:
        if heard.answer is None:
            raise BadAnswer("no response")
        heard.answer.content = self.decode(heard.answer, heard.content)
        return heard.answer
