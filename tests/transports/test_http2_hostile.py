"""Whatever a client sends over HTTP/2, the origin records it, in little memory and without an exception."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import cast

import hpack
from hypothesis import strategies as st

from graphcontract.http.stub_response import Http2Form, plain_error, stub
from graphcontract.transports import http2_frames as frames
from graphcontract.transports.event_loop import Loop
from graphcontract.transports.http2_connection import Http2Connection
from graphcontract.transports.origins import Origin
from graphcontract.transports.socket_io import Pipe
from graphcontract.transports.stub_state import StubState, any_request
from graphcontract.wire import Fault
from tests.drift import fuzzing

HEADER = [(":method", "POST"), (":scheme", "https"), (":authority", "here"), (":path", "/beta/x1/cancel")]
SETTINGS = frames.make_frame(frames.SETTINGS, 0, 0)
BLOCKS = (
    hpack.Encoder().encode(HEADER),
    hpack.Encoder().encode([*HEADER, ("content-length", "5"), ("expect", "100-continue")]),
    hpack.Encoder().encode([*HEADER, (":path", ""), ("Upper", "a\r\nb")]),
    b"\x40\x01a\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 200,
    b"\x3f\xe1\xff\xff\xff\x0f" * 3,
    b"\x82",
    b"",
)
FAULTS: tuple[Fault | None, ...] = (
    *(*(None,) * 12, "refused-stream", "goaway-below", "goaway-lost", "goaway-before", "half-head"),
    *("half-content", "garbage", "dripped", "interim-only", "stalled", "late", "late-between", "closed"),
    *("reset-after-head", "reset-in-request"),
)
STREAMS = st.sampled_from([0, 1, 1, 1, 2, 3, 5, 7, 2**31 - 1])
PAYLOADS = st.one_of(
    st.sampled_from(BLOCKS),
    st.binary(max_size=40),
    st.tuples(st.integers(0, 9), st.sampled_from([0, 1, 65535, 2**31 - 1, 2**32 - 1])).map(
        lambda pair: pair[0].to_bytes(2) + pair[1].to_bytes(4)
    ),
    st.sampled_from([bytes(4), bytes(8), b"\x7f\xff\xff\xff", bytes(frames.MOST_FRAME)]),
)
FRAMES = st.one_of(
    st.builds(frames.make_frame, st.integers(0, 11), st.integers(0, 255), STREAMS, PAYLOADS),
    st.builds(
        frames.make_frame,
        st.sampled_from([frames.HEADERS, frames.HEADERS, frames.DATA, frames.CONTINUATION]),
        st.sampled_from([0, 1, 4, 5, 5]),
        STREAMS,
        st.sampled_from(BLOCKS),
    ),
)


VALID = st.sampled_from(
    [
        frames.make_frame(frames.PING, 0, 0, b"12345678"),
        frames.make_frame(frames.SETTINGS, frames.ACK, 0),
        frames.make_frame(frames.SETTINGS, 0, 0, b"\x00\x01\x00\x00\x00\x00\x00\x04\x00\x00\x00\x09"),
        frames.make_frame(frames.WINDOW_UPDATE, 0, 0, (100_000).to_bytes(4)),
        frames.make_frame(0xFA, 0xFF, 3, b"unknown"),
        frames.make_frame(2, 0, 9, bytes(5)),
    ]
)


def request(stream: int, block: bytes, content: Sequence[int]) -> bytes:
    """A request with content of these sizes."""
    end = 0 if content else frames.END_STREAM
    made = [frames.make_frame(frames.HEADERS, frames.END_HEADERS | end, stream, block)]
    for number, size in enumerate(content, 1):
        end = frames.END_STREAM if number == len(content) else 0
        made.append(frames.make_frame(frames.DATA, end, stream, bytes(size)))
    return b"".join(made)


@st.composite
def connections(draw: st.DrawFn) -> bytes:
    """What a client sends: mostly a preface and requests, with odd frames among them, some many times, and
    at times an end in the middle.
    """
    data = draw(st.sampled_from([frames.PREFACE + SETTINGS] * 12 + [b"", frames.PREFACE[:9], b"POST / "]))
    stream = 1
    for _ in range(draw(st.integers(0, 10))):
        times = draw(st.sampled_from([1, 1, 1, 2, 150]))
        match draw(st.integers(0, 7)):
            case 0:
                data += draw(FRAMES) * times
            case 1 | 2:
                data += draw(VALID) * times
            case kind:
                block = draw(st.sampled_from(BLOCKS[:4] if kind == 3 else BLOCKS[:1]))
                sizes = draw(st.lists(st.sampled_from([0, 5, 5, 16_000]), max_size=2)) if times < 9 else []
                for _ in range(times):
                    data += request(stream, block, sizes)
                    stream += 2
    if draw(st.integers(0, 7)) == 0:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.binary(max_size=9)) + data[at + draw(st.integers(0, 9)) :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 5)) == 0 else data


class MemoryPipe:
    """The pipe of a connection, in memory. Unless the socket `accepts` everything, it takes a few parts
    at a time.
    """

    server_name = ""

    def __init__(self, parts: Sequence[bytes], *, accepts: bool) -> None:
        self.parts, self.accepts = deque(parts), accepts
        self.unsent, self.ended, self.room = b"", False, 0

    def hand_over(self, owner: object) -> None:
        """Nothing calls the owner but the test."""

    def receive(self) -> bytes | None:
        return self.parts.popleft() if self.parts else b""

    def send(self, data: bytes) -> None:
        self.room -= 1
        self.unsent += b"" if self.accepts or self.room >= 0 else data

    def flush(self) -> None:
        self.unsent, self.room = b"", 3

    def shut(self) -> None:
        self.accepts = True

    def close(self, *, reset: bool = False) -> None:
        self.parts.clear()


class MemoryLoop:
    """Calls what was put off when the test says so, and what is put off then never."""

    def __init__(self) -> None:
        self.later: list[Callable[[], None]] = []

    def call_later(self, _seconds: float, call: Callable[[], None]) -> None:
        self.later.append(call)

    def catch_up(self) -> None:
        waiting, self.later = self.later, []
        for call in waiting:
            call()


def serve(data: bytes) -> None:
    """Serve one connection that brings these bytes, and look at what was recorded. The bytes decide, too, in
    which parts they come, what the responses are, and whether the client reads them.
    """
    seed = sum(data[-40:])
    response = [plain_error(409), stub(200, bytes(70_000)), stub(204)][seed % 3]
    form = Http2Form(empty_data=seed % 5 == 0, trailers=(("x-checksum", "1"),) if seed % 7 == 0 else ())
    fault = FAULTS[seed % len(FAULTS)]
    state = StubState((replace(response, fault=fault, http2=form), stub(204)), any_request, {})
    loop = MemoryLoop()
    origin = Origin(cast(Loop, loop), count(1), "here")
    origin.open(state)
    size = [len(data) + 1, 1000, 10 if len(data) < 20_000 else 100_000][seed % 3]
    pipe = MemoryPipe([data[at : at + size] for at in range(0, len(data), size)], accepts=seed % 2 == 0)
    connection = Http2Connection(origin, cast(Pipe, pipe))
    origin.connections.append(connection)
    while pipe.parts:
        connection.ready()
        loop.catch_up()
    origin.end()
    connection.send_late()
    connection.break_off()
    if connection in origin.connections:
        connection.close()
    recorded(state)


def recorded(state: StubState) -> None:
    """Every request has a reason where it is malformed, and can be described."""
    for request in state.requests:
        assert request.version == "2"
        assert len(request.frames) <= 300
        assert request.malformed != ""
        assert isinstance(request.text, bytes)
    for response in state.responses:
        assert response.request < len(state.requests)
        assert all(response.frames)


def test_any_bytes_are_recorded() -> None:
    fuzzing.search(connections(), serve, examples=500)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """Frames with any header, whole or cut."""
    return b"".join(draw(st.lists(FRAMES, max_size=5))) + draw(st.binary(max_size=30))


def describe(data: bytes) -> None:
    whole, rest = frames.split(data)
    assert b"".join([*whole, rest]) == data
    assert len(frames.describe_all(data)) == len(whole) + bool(rest)
    for each in map(frames.read, whole):
        assert frames.describe(each, (("name", "value"),))


def test_any_bytes_are_described() -> None:
    fuzzing.search(responses(), describe, examples=500)
