"""A conforming client that keeps its HTTP/2 connections, and sends each request on the next stream."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import h2.connection
import h2.exceptions

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.http2 import OverHttp2, split_frames

_GOAWAY = 7


@dataclass
class Kept:
    """A connection that has no open stream."""

    socket: ssl.SSLSocket
    link: h2.connection.H2Connection


class KeptHttp2(OverHttp2):
    """Meets every clause. A connection has one request at a time; calls at the same time open others."""

    def __init__(self) -> None:
        super().__init__()
        self.pools: dict[str, list[Kept]] = {}
        self.thread = threading.local()

    def __del__(self) -> None:
        for pool in self.pools.values():
            for each in pool:
                each.socket.close()

    def try_once(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or "").netloc
        kept = self.take(host)
        if kept is None:
            socket = self.connect(call)
            assert isinstance(socket, ssl.SSLSocket)
            if socket.selected_alpn_protocol() != "h2":
                with socket:
                    socket.sendall(Conforming.head(self, call))
                    return self.read(socket)
            kept = Kept(socket, self.begin())
        self.thread.gone = False
        try:
            answer = self.over(kept, call)
        except Exception:
            self.fail(host, kept)
            raise
        if self.keeps():
            self.pools.setdefault(host, []).append(kept)
        else:
            kept.socket.close()
        return answer

    def over(self, kept: Kept, call: Call) -> Answer:
        """Send the request on the next stream, and read its response."""
        stream = self.next_stream(kept.link)
        self.send(kept.link, stream, call)
        kept.socket.settimeout(call.timeout)
        kept.socket.sendall(self.shape(kept.link.data_to_send(), kept.link) + self.after_request())
        return self.listen(kept.link, kept.socket, stream, call)

    def next_stream(self, link: h2.connection.H2Connection) -> int:
        return link.get_next_available_stream_id()

    def fail(self, host: str, kept: Kept) -> None:
        """What becomes of a connection whose request failed."""
        kept.socket.close()

    def keeps(self) -> bool:
        """Whether the connection of this thread's request may be used again."""
        return not self.thread.gone

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        self.thread.gone = True
        super().hear_goaway(last_stream, stream)

    def take(self, host: str) -> Kept | None:
        """A kept connection, after what has come on it since; None without a usable one."""
        pool = self.pools.get(host, [])
        while pool:
            kept = pool.pop()
            if self.is_in_order(kept):
                return kept
            kept.socket.close()
        return None

    def is_in_order(self, kept: Kept) -> bool:
        kept.socket.settimeout(0)
        try:
            while data := kept.socket.recv(1 << 16):
                for frame in split_frames(data)[0]:
                    if frame[3] == _GOAWAY:
                        return False
                    kept.link.receive_data(frame)
        except ssl.SSLWantReadError:
            return True
        except (OSError, h2.exceptions.ProtocolError):
            pass
        return False
