"""Connections of a server: requests in, stub responses out, both recorded.

Everything here runs in a turn of the event loop, by whichever thread has the turn: no other lock is needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graphcontract.http.stub_response import Meeting, Rendered, StubResponse, render
from graphcontract.transports import faults, segments
from graphcontract.transports.request_reader import RequestReader
from graphcontract.transports.response_placeholders import fill_placeholders
from graphcontract.transports.socket_io import Pipe
from graphcontract.wire import WireRequest, WireResponse

if TYPE_CHECKING:
    from graphcontract.transports.origins import Origin
    from graphcontract.transports.stub_state import StubState

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_MEETING_STEP = 0.005  # seconds between two looks at a meeting
_NO_ENDPOINT = StubResponse(503, close=True)


class Connection:
    """One HTTP/1.1 connection: responds to each request before it reads the next, until a response ends the
    connection.

    After that, what the client still sends is read and recorded, unless it follows a malformed request. A
    client that has ended its direction still gets a response that is delayed (RFC 9112 9.6).
    """

    def __init__(self, origin: Origin, pipe: Pipe) -> None:
        self._origin = origin
        self._pipe = pipe
        pipe.hand_over(self)
        scheme = "https" if origin.context else "http"
        self._reader = RequestReader(origin.name, next(origin.numbers), scheme)
        self._interim = b""
        self._ending: faults.Ending | None = None
        self._deferred: faults.Deferred | None = None
        self._late = b""
        self._pausing = False
        self._meeting = False
        self._ignores_input = False
        self._half_closed = False
        self._closed = False

    @property
    def is_held(self) -> bool:
        """Whether a request has no response on purpose, not even after the call, or one without an end."""
        return self._ending == "hold" and self._deferred is None

    def ready(self) -> None:
        """Read, respond and send as far as the socket allows without blocking."""
        if self._pipe.unsent:
            self._pipe.flush()
            self._end_if_sent()
            self._respond_all()
        if self._pipe.unsent or self._closed or self._half_closed:
            return
        data = self._pipe.receive()
        if data and not self._ignores_input:
            self._read_requests(data)
        if data == b"" or (self._pipe.ended and not self._pipe.unsent):
            self.break_off()
            if self._is_delayed():
                self._half_closed = True
                self._pipe.stop_reading()
            else:
                self.close()

    def _is_delayed(self) -> bool:
        """Whether a response is still to be sent, at a time that is known or with the end of its call."""
        return not self._closed and (self._pausing or self._meeting or bool(self._late))

    def break_off(self) -> bool:
        """Record unanswered requests; return whether there were any."""
        if self._closed:
            return False
        broken = False
        while request := self._reader.next() or self._reader.read_incomplete():
            self._record(request)
            broken = True
        return broken

    def end_call(self) -> None:
        """Do what was put off until the call has ended."""
        deferred, self._deferred = self._deferred, None
        if deferred in ("close", "reset"):
            self.close(reset=deferred == "reset")
        elif deferred is not None and not self._closed:
            self._ending = None
            if deferred == "send":
                self.send_late()

    def send_late(self) -> None:
        """Send the response of a call that has ended, if it was put off until now."""
        if self._late and self._ending is None and not self._closed:
            late, self._late = self._late, b""
            self._pipe.send(late)
            self._end_if_sent()

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._origin.connections.remove(self)
            self._pipe.close(reset=reset)

    def _read_requests(self, data: bytes) -> None:
        state = self._origin.state
        begins = self._ending is None and self._reader.idle
        if begins and state and state.take_fault("reset-in-request", "reset-at-connect"):
            self._origin.desynced = True
            self.close(reset=True)
        else:
            self._reader.feed(data)
            self._respond_all()

    def _respond_all(self) -> None:
        while self._is_free() and (request := self._reader.next()):
            state = self._record(request)
            if self._ending is None:
                self._respond(state, request)
        if self._ending is None and self._reader.expects_continue():
            self._interim = _CONTINUE
            self._pipe.send(_CONTINUE)

    def _is_free(self) -> bool:
        """Whether the last response is sent, so that the next request can be read."""
        return not (self._pipe.unsent or self._pausing or self._closed)

    def _record(self, request: WireRequest) -> StubState | None:
        """Record a request, and return the state of the endpoint that it is for."""
        self._ignores_input = request.malformed is not None
        name = self._pipe.server_name
        return self._origin.record(request if name is None else replace(request, server_name=name))

    def _respond(self, state: StubState | None, request: WireRequest) -> None:
        """Record the response to the last request, then send it.

        In this order, since the client may finish its call as soon as the bytes are sent.
        """
        if state and state.is_flooded:
            self.close()
            return
        stub = fill_placeholders(state.choose_response(request), state.roots) if state else _NO_ENDPOINT
        if _wants_close(request):
            stub = replace(stub, close=True)
        rendered = _render(stub, request)
        sent = faults.apply_fault(stub, rendered)
        data = sent.before + sent.final + sent.stray
        if stub.fault or sent.interim or sent.stray or stub.split:
            self._origin.desynced = True
        if state:
            response = WireResponse(
                at=time.monotonic(),
                raw=self._interim + data,
                status=sent.status,
                fields=sent.fields,
                content=sent.content,
                request=len(state.requests) - 1,
                interim=((100,) if self._interim else ()) + sent.interim,
                stray=sent.stray,
                fault=stub.fault,
                split=stub.split,
                pause=stub.pause if stub.split else 0.0,
            )
            state.responses.append(response)
        self._interim = b""
        self._ending = faults.choose_ending(stub, rendered)
        self._deferred = faults.choose_deferred(stub)
        if stub.fault in ("late", "late-between"):
            self._late = data
        elif stub.fault in ("dripped", "interim-only"):
            self._drip(faults.iterate_drops(stub, data), stub.drip)
        elif stub.meeting is not None:
            stub.meeting.arrive()
            self._meeting = True
            self._send_when_met(stub.meeting, data)
        else:
            self._send_parts(segments.cut(sent, stub.split), stub.pause)

    def _send_parts(self, parts: Sequence[bytes], pause: float) -> None:
        """Send the first part now, and each of the others after a pause; then read the next request."""
        if self._closed:
            return
        self._pipe.send(parts[0])
        if len(parts) > 1:
            self._pausing = True
            self._origin.loop.call_later(pause, lambda: self._send_parts(parts[1:], pause))
            return
        paused, self._pausing = self._pausing, False
        self._end_if_sent()
        if paused:
            self._respond_all()

    def _send_when_met(self, meeting: Meeting, data: bytes) -> None:
        if meeting.waiting:
            self._origin.loop.call_later(_MEETING_STEP, lambda: self._send_when_met(meeting, data))
        elif not self._closed:
            self._meeting = False
            self._pipe.send(data)
            self._end_if_sent()

    def _drip(self, drops: Iterator[bytes], pause: float) -> None:
        if not self._closed:
            self._pipe.send(next(drops))
            self._origin.loop.call_later(pause, lambda: self._drip(drops, pause))

    def _end_if_sent(self) -> None:
        if self._pipe.unsent or self._pausing:
            return
        if self._ending in ("close", "reset"):
            self.close(reset=self._ending == "reset")
        elif self._half_closed and not self._is_delayed():
            self.close()
        elif self._ending == "shut":
            self._pipe.shut()


def _wants_close(request: WireRequest) -> bool:
    """Whether the client requests that the connection be closed after the response (RFC 9112 9.3)."""
    options = ",".join(request.values("connection")).lower().split(",")
    return request.version == "1.0" or "close" in (option.strip() for option in options)


def _render(stub: StubResponse, request: WireRequest) -> Rendered:
    """Render a response, without content if the method is HEAD."""
    rendered = render(stub, request)
    if request.method != "HEAD":
        return rendered
    head, end, _content = rendered.final.partition(b"\r\n\r\n")
    return replace(rendered, final=head + end, content=b"")
