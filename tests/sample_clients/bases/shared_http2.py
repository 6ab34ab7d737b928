"""A conforming client that keeps one connection of HTTP/2 for each origin, and makes calls that are under way
at the same time on streams of it.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import h2.connection
import h2.events
import h2.exceptions

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.http2 import Heard, NotProcessed, OverHttp2, split_frames

_GOAWAY = 7


@dataclass
class Stream(Heard):
    """What has come of one stream, and why it has failed."""

    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.ended or self.error is not None


class Link:
    """A connection with a thread that reads it. `changed` protects everything and is notified of changes;
    `usable` is false once no new stream may be opened.
    """

    def __init__(self, client: SharesHttp2, connection: ssl.SSLSocket) -> None:
        self.client = client
        self.connection = connection
        self.h2 = client.begin()
        self.changed = threading.Condition()
        self.streams: dict[int, Stream] = {}
        self.usable = True
        self.over = False
        self.next = 1
        connection.settimeout(None)
        connection.sendall(self.h2.data_to_send())
        threading.Thread(target=self.read, daemon=True).start()

    def open(self, call: Call) -> Stream:
        """Send a request on a new stream, once the service allows one more."""
        with self.changed:
            self.changed.wait_for(lambda: self.client.may_open(self), call.timeout)
            if self.over or not self.usable:
                raise NotProcessed("the connection has ended")
            number, self.next = self.next, self.next + 2
            stream = self.streams[number] = Stream()
            try:
                self.client.send(self.h2, number, call)
            except h2.exceptions.ProtocolError as error:
                stream.error = BadAnswer(type(error).__name__)
                return stream
            self.connection.sendall(self.h2.data_to_send())
            return stream

    def wait(self, stream: Stream, call: Call) -> Answer:
        with self.changed:
            if not self.changed.wait_for(lambda: stream.done, call.timeout):
                raise TimeoutError("no response")
        if stream.error is not None:
            raise stream.error
        return self.client.complete(stream)

    def count_open(self) -> int:
        return sum(not each.done for each in self.streams.values())

    def read(self) -> None:
        """Read frames until the connection ends."""
        rest = b""
        with self.connection:
            try:
                while data := self.connection.recv(1 << 16):
                    frames, rest = split_frames(rest + data)
                    with self.changed:
                        for frame in frames:
                            self.read_frame(frame)
                        self.connection.sendall(self.h2.data_to_send())
                        self.changed.notify_all()
            except (OSError, h2.exceptions.ProtocolError):
                pass  # the end of the connection, for each of its streams
            with self.changed:
                self.over = True
                self.client.lose(self)
                self.changed.notify_all()

    def read_frame(self, frame: bytes) -> None:
        if frame[3] == _GOAWAY:
            self.client.hear_end(self, int.from_bytes(frame[9:13]))
            return
        for event in self.h2.receive_data(self.client.admit(frame)):
            for number, stream in self.streams.items():
                if not stream.done:
                    try:
                        self.client.hear(self.h2, event, number, stream)
                    except Exception as error:
                        stream.error = error


class SharesHttp2(OverHttp2):
    """Meets every clause, with one connection for each origin."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, Link] = {}
        self.connecting = threading.Lock()

    def try_once(self, call: Call) -> Answer:
        link = self.take(call)
        if link is None:
            return Conforming.exchange(self, call)
        return link.wait(link.open(call), call)

    def take(self, call: Call) -> Link | None:
        """The link to use, which is made if needed; None if the service does not speak HTTP/2."""
        origin = urlsplit(call.base_url or "").netloc
        with self.connecting:
            link = self.links.get(origin)
            if link is None or not self.is_usable(link):
                connection = self.connect(call)
                assert isinstance(connection, ssl.SSLSocket)
                if connection.selected_alpn_protocol() != "h2":
                    connection.close()
                    return None
                link = self.links[origin] = Link(self, connection)
            return link

    # what a fault overrides

    def is_usable(self, link: Link) -> bool:
        return link.usable and not link.over

    def may_open(self, link: Link) -> bool:
        """Whether a new stream may be opened now, or never."""
        limit = link.h2.remote_settings.max_concurrent_streams
        return link.over or not link.usable or link.count_open() < limit

    def admit(self, frame: bytes) -> bytes:
        """The frame that is read in place of a received one."""
        return frame

    def hear_end(self, link: Link, last_stream: int) -> None:
        """GOAWAY: no new streams, and those above the last one were not processed."""
        link.usable = False
        for number, stream in link.streams.items():
            if number > last_stream and not stream.done:
                stream.error = NotProcessed("GOAWAY")

    def lose(self, link: Link) -> None:
        """The connection has ended, and every stream on it."""
        for stream in link.streams.values():
            if not stream.done:
                stream.error = BadAnswer("the connection ended")
