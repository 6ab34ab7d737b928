"""Serves one HTTP/2 connection: requests of any number of streams in, stub responses out, both recorded.

Everything here runs in a turn of the event loop.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from graphcontract.http.stub_response import Meeting, StubResponse
from graphcontract.transports import http2_frames
from graphcontract.transports.http2_engine import Engine, Reply, Violation
from graphcontract.transports.http2_faults import make_plan, make_settings
from graphcontract.transports.http2_requests import IncomingRequest
from graphcontract.transports.response_placeholders import fill_placeholders
from graphcontract.wire import WireRequest, WireResponse

if TYPE_CHECKING:
    from graphcontract.transports.origins import Origin
    from graphcontract.transports.socket_io import Pipe
    from graphcontract.transports.stub_state import StubState

MOST_HEADER = 64 << 10  # bytes of a decoded header: a compressed one of a few bytes may expand to any size
MOST_CONNECTION_FRAMES = 50  # described frames of the connection before a request
_MEETING_STEP = 0.005  # seconds between two looks at a meeting
_NO_ENDPOINT = StubResponse(503, close=True)
_BROKEN_OFF = "ended before the request was complete"


class Http2Connection:
    """One HTTP/2 connection. Each stream gets its response as soon as its request is complete, until a
    response ends the connection. `pipe` is that of an established TLS connection.
    """

    def __init__(self, origin: Origin, pipe: Pipe) -> None:
        self._origin = origin
        self._pipe = pipe
        self._number = next(origin.numbers)
        self._engine = Engine()
        self._begun = False
        self._received = b""
        self._incoming: dict[int, IncomingRequest] = {}
        self._connection_frames: list[str] = []
        self._out: deque[bytes | float] = deque()
        self._held: set[int] = set()
        self._late: list[tuple[str, Reply]] = []
        self._deferred: str | None = None
        self._ending: str | None = None
        self._pausing = False
        self._ignores_input = False
        self._closed = False
        pipe.hand_over(self)
        self._flush()
        fault = origin.state.next_fault if origin.state is not None else None
        self._has_table = fault != "no-table"
        if settings := make_settings(fault):
            self._push([settings])
            self._engine.expected_settings += 1

    @property
    def is_held(self) -> bool:
        """Whether a request has no response on purpose, not even after the call, or one without an end."""
        waits = bool(self._engine.pinged or self._engine.unsettled)
        return waits or not self._held <= {reply.stream for _, reply in self._late}

    def ready(self) -> None:
        """Read, respond and send as far as the socket allows without blocking."""
        if self._pipe.unsent:
            self._pipe.flush()
            self._pump()
        if self._pipe.unsent or self._closed:
            return
        data = self._pipe.receive()
        if data and not self._ignores_input:
            self._read(data)
        if data == b"" or (self._pipe.ended and not self._pipe.unsent):
            self.break_off()
            self.close()

    def break_off(self) -> bool:
        """Record incomplete requests; return whether there were any."""
        if self._closed:
            return False
        broken = list(self._incoming.values())
        self._incoming.clear()
        for each in broken:
            self._record(each, _BROKEN_OFF)
        if not broken and self._received and not self._ignores_input:
            self._record(self._make_unreadable(self._received), "ended within a frame or the preface")
        return bool(broken or self._received)

    def end_call(self) -> None:
        """Do what was put off until the call has ended."""
        deferred, self._deferred = self._deferred, None
        if deferred is not None:
            self.close(reset=deferred == "reset")
            return
        late, self._late = self._late, []
        self._late = [each for each in late if each[0] == "send-with-next"]
        for when, reply in late:
            self._held.discard(reply.stream)
            if when == "send":
                self._go_on(reply)

    def send_late(self) -> None:
        """Send the responses of a call that has ended, if they were put off until now."""
        late = [reply for _, reply in self._late if reply.stream not in self._held]
        self._late = [each for each in self._late if each[1].stream in self._held]
        for reply in late:
            self._go_on(reply)

    def close(self, *, reset: bool = False) -> None:
        """Close at once, with nothing more read or sent."""
        if not self._closed:
            self._closed = True
            self._origin.connections.remove(self)
            self._pipe.close(reset=reset)

    # received

    def _read(self, data: bytes) -> None:
        self._received += data
        if not self._begun:
            size = min(len(http2_frames.PREFACE), len(self._received))
            if self._received[:size] != http2_frames.PREFACE[:size]:
                self._give_up(self._make_unreadable(self._received), _describe_beginning(self._received))
                return
            if size < len(http2_frames.PREFACE):
                return
            self._engine.begin()
            self._begun, self._received = True, self._received[size:]
        frames, self._received = http2_frames.split(self._received)
        for each in frames:
            if self._closed or self._ignores_input:
                return
            self._read_frame(each)

    def _read_frame(self, data: bytes) -> None:
        frame = http2_frames.read(data)
        if frame.kind == http2_frames.GOAWAY:  # h2 would send nothing more, but the client may still wait
            self._describe(None, frame, data)
            return
        begins = frame.kind == http2_frames.HEADERS and self._is_new(frame.stream)
        state = self._origin.state
        if begins and state and state.take_fault("reset-in-request", "reset-at-connect"):
            self._origin.desynced = True
            self.close(reset=True)
            return
        request = self._incoming.get(frame.stream)
        if begins:
            request = self._incoming[frame.stream] = IncomingRequest(frame.stream)
        try:
            events = self._engine.receive(data)
        except Violation as error:
            request = request or self._make_unreadable(data)
            self._describe(request, frame, data)
            self._give_up(request, str(error))
            return
        self._describe(request, frame, data)
        for event in events:
            self._handle(event)
        self._flush()
        self._send_waiting()

    def _is_new(self, stream: int) -> bool:
        return stream % 2 == 1 and stream > self._engine.highest_stream

    def _describe(self, request: IncomingRequest | None, frame: http2_frames.Frame, data: bytes) -> None:
        """Record a frame with its request, or for the next one. The decoded header is that of the request."""
        header = self._engine.take_header()
        if header is not None and request is not None and not request.fields:
            request.fields = header
        description = http2_frames.describe(frame, header)
        if request is not None:
            request.add_frame(data, description)
        elif len(self._connection_frames) < MOST_CONNECTION_FRAMES:
            self._connection_frames.append(description)

    def _handle(self, event: h2.events.Event) -> None:
        stream = getattr(event, "stream_id", None)
        request = self._incoming.get(stream) if stream else None
        if isinstance(event, h2.events.StreamReset):
            self._engine.waiting.pop(event.stream_id, None)
            self._engine.pinged.pop(event.stream_id.to_bytes(8), None)
            self._engine.unsettled.pop(event.stream_id, None)
            self._held.discard(event.stream_id)
            self._late = [each for each in self._late if each[1].stream != event.stream_id]
            if request is not None:
                self._complete(request, _BROKEN_OFF)
        for each in self._engine.take_acknowledged(event):
            self._go_on(each)
        if request is None:
            return
        if isinstance(event, h2.events.RequestReceived) and request.expects_continue:
            if event.stream_ended is None and self._ending is None:
                self._engine.send_continue(request.stream)
        elif isinstance(event, h2.events.DataReceived):
            request.add_content(event.data)
            self._engine.acknowledge(event)
        elif isinstance(event, h2.events.StreamEnded):
            self._complete(request, None)

    def _complete(self, request: IncomingRequest, malformed: str | None) -> None:
        """Record a request that has ended, and respond to it unless the client has abandoned it."""
        self._incoming.pop(request.stream, None)
        self._flush()
        state, recorded = self._record(request, malformed)
        if malformed is None and self._ending is None:
            self._respond(state, recorded)

    def _record(
        self, request: IncomingRequest, malformed: str | None
    ) -> tuple[StubState | None, WireRequest]:
        request.frames[:0] = self._connection_frames
        self._connection_frames = []
        recorded = request.make(
            malformed,
            origin=self._origin.name,
            connection=self._number,
            server_name=self._pipe.server_name,
        )
        return self._origin.record(recorded), recorded

    def _make_unreadable(self, data: bytes) -> IncomingRequest:
        request = IncomingRequest(0)
        request.add_frame(data, f"{len(data)} bytes")
        return request

    def _give_up(self, request: IncomingRequest, why: str) -> None:
        """Record a violation of the protocol, after which nothing can be read, and end the connection."""
        self._ignores_input = True
        self._received = b""
        self._incoming.clear()  # others are incomplete because of this one
        self._record(request, why)
        self._ending = "shut"
        self._origin.desynced = True
        last = self._engine.highest_stream if self._begun else 0
        self._engine.take()  # h2's own GOAWAY, which depends on what it has read
        self._push([http2_frames.make_goaway(last, http2_frames.PROTOCOL_ERROR)])

    # sent

    def _respond(self, state: StubState | None, request: WireRequest) -> None:
        """Record the response to a request, then send it.

        In this order, since the client may finish its call as soon as the bytes are sent.
        """
        stub = fill_placeholders(state.choose_response(request), state.roots) if state else _NO_ENDPOINT
        plan = make_plan(stub, request)
        reply = Reply(request.stream, plan, deque(plan.steps))
        if stub.fault or plan.interim or plan.stray or stub.split or stub.http2.after:
            self._origin.desynced = True
        if not self._has_table and self._engine.expected_settings <= 0:
            self._engine.forbid_table()  # not before a response: some clients acknowledge before they apply
        late = plan.deferred in ("send", "send-with-next")
        # What is sent later is also encoded later: the client decodes headers in the order of their arrival.
        parts = [] if late or stub.meeting is not None else self._engine.advance(reply)
        raw = b"".join(each for each in parts if isinstance(each, bytes))
        if state:
            response = WireResponse(
                at=time.monotonic(),
                raw=raw + plan.drip,
                status=plan.status,
                fields=plan.fields,
                content=plan.content,
                request=len(state.requests) - 1,
                interim=plan.interim,
                stray=plan.stray,
                fault=stub.fault,
                split=stub.split,
                pause=stub.pause if stub.split else 0.0,
                frames=http2_frames.describe_all(raw, reply.heads),
            )
            state.responses.append(response)
        if stub.meeting is None:
            self._apply_ending(reply)
        if late:
            assert plan.deferred is not None
            self._late.append((plan.deferred, reply))
        elif plan.deferred is not None:
            self._deferred = plan.deferred
        if stub.fault == "interim-only":
            self._repeat(raw, stub.drip)
            return
        self._push(parts)
        if plan.drip:
            self._drip(plan.drip, stub.drip)
        elif stub.meeting is not None:
            stub.meeting.arrive()
            self._send_when_met(stub.meeting, reply)

    def _apply_ending(self, reply: Reply) -> None:
        """Do with the stream or the connection what its response ends with."""
        if reply.plan.ending == "hold":
            self._held.add(reply.stream)
        elif reply.plan.ending is not None:
            self._ending = reply.plan.ending

    def _go_on(self, reply: Reply) -> None:
        """Send what is left of a response, as far as the client's windows allow."""
        if not self._closed and self._ending in (None, "shut"):
            self._push(self._engine.advance(reply))

    def _send_waiting(self) -> None:
        for reply in list(self._engine.waiting.values()):
            del self._engine.waiting[reply.stream]
            self._go_on(reply)

    def _flush(self) -> None:
        """Send what h2 sends by itself."""
        data = self._engine.take()
        if data:
            self._push([data])

    def _push(self, parts: Iterable[bytes | float]) -> None:
        self._out.extend(parts)
        self._pump()

    def _pump(self) -> None:
        """Send what is queued, as far as the socket accepts it and until a pause; then end the connection if
        the last response does.
        """
        while self._out and not (self._pausing or self._pipe.unsent or self._closed):
            part = self._out.popleft()
            if isinstance(part, bytes):
                self._pipe.send(part)
            else:
                self._pausing = True
                self._origin.loop.call_later(part, self._resume)
        if not (self._out or self._pausing or self._pipe.unsent or self._closed or self._engine.waiting):
            if self._ending == "shut":
                self._pipe.shut()
            elif self._ending in ("close", "reset"):
                self.close(reset=self._ending == "reset")

    def _resume(self) -> None:
        self._pausing = False
        self._pump()

    def _send_when_met(self, meeting: Meeting, reply: Reply) -> None:
        if meeting.waiting:
            self._origin.loop.call_later(_MEETING_STEP, lambda: self._send_when_met(meeting, reply))
            return
        self._go_on(reply)
        self._apply_ending(reply)
        self._pump()

    def _drip(self, data: bytes, pause: float) -> None:
        if not self._closed:
            if not self._out:  # a client that does not read gets no more, so that nothing piles up
                self._push([data[:1] or b"."])
                data = data[1:]
            self._origin.loop.call_later(pause, lambda: self._drip(data, pause))

    def _repeat(self, data: bytes, pause: float) -> None:
        if not self._closed:
            self._push([] if self._out else [data])
            self._origin.loop.call_later(pause, lambda: self._repeat(data, pause))


def _describe_beginning(data: bytes) -> str:
    """Say what came in place of the connection preface (RFC 9113 3.4)."""
    if b" HTTP/1." in data[:4096].partition(b"\r\n")[0] or data[:5] in (b"POST ", b"GET /"):
        return "HTTP/1.1 on a connection for which HTTP/2 was negotiated (ALPN)"
    return "no connection preface at the beginning of an HTTP/2 connection (RFC 9113 3.4)"
