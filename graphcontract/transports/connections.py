"""Connections of a server: requests in, scripted answers out, both recorded.

Everything here is moved on in a turn of its loop; where a connection came in, `origins` knows.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.http.stub_response import Rendered, StubResponse, render
from graphcontract.transports import faults
from graphcontract.transports.request_reader import RequestReader
from graphcontract.transports.response_placeholders import filled
from graphcontract.transports.socket_io import Pipe

if TYPE_CHECKING:
    from graphcontract.transports.origins import Origin

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LATE = StubResponse(503, close=True)


class Connection:
    """One connection: answers each request before it reads the next, until an answer ends that.

    After that its other direction is still read to the end: what comes there is recorded, unless
    it follows something malformed. `received` is what was read off its socket before.
    """

    def __init__(self, origin: Origin, accepted: socket.socket, received: bytes = b"") -> None:
        self._origin = origin
        self._pipe = Pipe(accepted, origin.loop.selector, self, origin.context, received)
        scheme = "https" if origin.context else "http"
        self._reader = RequestReader(origin.name, next(origin.numbers), scheme)
        self._interim = b""
        self._ending: faults.Ending | None = None
        self._deaf = False
        self._closed = False

    @property
    def held(self) -> bool:
        """Whether a request is left without an answer, or with one that has no end."""
        return self._ending == "hold"

    def ready(self) -> None:
        """Go on as far as the socket lets it."""
        if self._pipe.unsent:
            self._pipe.flush()
            self._end_if_sent()
            self._answer_all()
        if self._pipe.unsent or self._closed:
            return
        data = self._pipe.receive()
        if data and not self._deaf:
            self._take(data)
        if data == b"" or (self._pipe.ended and not self._pipe.unsent):
            self.break_off()
            self.close()

    def break_off(self) -> bool:
        """Record what was read and not answered, or a handshake under way; tell whether there was any."""
        if self._closed:
            return False
        broken = self._pipe.handshaking
        if broken and self._origin.scene:
            self._origin.scene.handshakes_failed += 1
        while request := self._reader.next() or self._reader.broken_off():
            self._hear(request)
            broken = True
        return broken

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._origin.connections.remove(self)
            self._pipe.close(reset=reset)

    def _take(self, data: bytes) -> None:
        scene = self._origin.scene
        begins = self._ending is None and self._reader.idle
        if begins and scene and scene.strikes("reset-in-request", "reset-at-connect"):
            self._origin.odd = True
            self.close(reset=True)
        else:
            self._reader.feed(data)
            self._answer_all()

    def _answer_all(self) -> None:
        while not self._pipe.unsent and not self._closed and (request := self._reader.next()):
            self._hear(request)
            if self._ending is None:
                self._answer(request)
        if self._ending is None and self._reader.expects_continue():
            self._interim = _CONTINUE
            self._pipe.send(_CONTINUE)

    def _hear(self, request: WireRequest) -> None:
        self._deaf = request.malformed is not None
        self._origin.hear(request)

    def _answer(self, request: WireRequest) -> None:
        """Record the answer to the request heard last, then send it."""
        scene = self._origin.scene
        answer = filled(scene.choose(request), scene.places) if scene else _TOO_LATE
        if _wants_close(request):
            answer = replace(answer, close=True)
        rendered = _rendered(answer, request)
        sent = faults.as_sent(answer, rendered)
        data = sent.before + sent.final + sent.stray
        if answer.fault or sent.interim or sent.stray:
            self._origin.odd = True
        if scene:
            response = WireResponse(
                at=time.monotonic(),
                raw=self._interim + data,
                status=sent.status,
                fields=sent.fields,
                content=sent.content,
                request=len(scene.requests) - 1,
                interim=((100,) if self._interim else ()) + sent.interim,
                stray=sent.stray,
                fault=answer.fault,
            )
            scene.responses.append(response)
        self._interim = b""
        self._ending = faults.ending(answer, rendered)
        if answer.fault == "dripped":
            self._drip(faults.drops(data), answer.drip)
        else:
            self._pipe.send(data)
            self._end_if_sent()

    def _drip(self, drops: Iterator[bytes], pause: float) -> None:
        if not self._closed:
            self._pipe.send(next(drops))
            self._origin.loop.later(pause, lambda: self._drip(drops, pause))

    def _end_if_sent(self) -> None:
        if self._pipe.unsent:
            return
        if self._ending == "shut":
            self._pipe.shut()
        elif self._ending in ("close", "reset"):
            self.close(reset=self._ending == "reset")


def _wants_close(request: WireRequest) -> bool:
    """Tell whether the client asks for the connection to end after the answer (RFC 9112 9.3)."""
    options = ",".join(request.values("connection")).lower().split(",")
    return request.version == "1.0" or "close" in (option.strip() for option in options)


def _rendered(answer: StubResponse, request: WireRequest) -> Rendered:
    """Render an answer, without content where the method is HEAD."""
    rendered = render(answer, request)
    if request.method != "HEAD":
        return rendered
    head, end, _content = rendered.final.partition(b"\r\n\r\n")
    return replace(rendered, final=head + end, content=b"")
