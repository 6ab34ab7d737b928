"""Stub responses in their HTTP/2 form: which frames are sent in which order, faults included.

A plan is data, made by a pure function; `http2_connection` carries it out. What HTTP/2 has no form for is
left out: reason phrase, version, framing, and the fields that only concern a connection. `close` is a GOAWAY
after the response. The faults of `faults` have these forms:

- `half-head`, `half-content`: HEADERS, or DATA, is cut in the middle of the frame, then the stream ends.
- `garbage`: a frame that is an error in any client: HEADERS on stream 0. `dripped`: a HEADERS frame, one byte
  at a time, without an end.
- `interim-only`: HEADERS with 102 without end. `stalled`, `late`: nothing on this stream; others go on.

And these exist over HTTP/2 only:

- `refused-stream`: RST_STREAM with REFUSED_STREAM. `reset-stream`: with `Http2Form.error`.
- `reset-after-head`: the response's HEADERS, without END_STREAM, then RST_STREAM with `Http2Form.error`.
- `goaway-below`: GOAWAY with the stream before this one as the last, 0 for the first, then the end of the
  connection. `goaway-lost`: the same with this stream as the last one.
- `goaway-before`: GOAWAY with this stream as the last one, and then the complete response. `goaway-after`:
  the response, then GOAWAY. The connection stays open, and further streams get responses.
- `reset-after-response`: the complete response, then RST_STREAM with NO_ERROR.
- `ping-first`: PING, and the response once it is acknowledged.
- `malformed-head`: HEADERS with the fields of `Http2Form.head`, and END_STREAM.
- `settings-first`: the response, once the SETTINGS of the connection are acknowledged.
- `one-stream`, `no-window`, `no-table`: the response. If it is the next one when a connection is made,
  SETTINGS lower the concurrent streams to one there, or the initial window or the HPACK table to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphcontract.http.stub_response import StubResponse, render
from graphcontract.transports import faults, http2_frames
from graphcontract.transports.http2_requests import CONNECTION_FIELDS
from graphcontract.wire import WHOLE_FAULTS, Fault, Fields, WireRequest

_GARBAGE = http2_frames.make_frame(http2_frames.HEADERS, http2_frames.END_HEADERS, 0, b"204 this is not HTTP")
_SETTINGS: Mapping[Fault, tuple[int, int]] = {
    "one-stream": (http2_frames.MAX_CONCURRENT_STREAMS, 1),
    "no-window": (http2_frames.INITIAL_WINDOW_SIZE, 0),
    "no-table": (http2_frames.HEADER_TABLE_SIZE, 0),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A HEADERS frame with these fields; `half` cuts it, `continued` moves half of it to CONTINUATION."""

    fields: Fields
    end: bool = False
    half: bool = False
    continued: bool = False
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """DATA frames, as the client's windows allow; `half` cuts the frame."""

    data: bytes
    end: bool = False
    half: bool = False
    padding: int = 0


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that are sent as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds in which nothing is sent on the connection."""

    seconds: float


@dataclass(frozen=True, slots=True)
class AwaitPing:
    """Goes on when the client has acknowledged the PING with this payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class AwaitSettings:
    """Goes on when the client has acknowledged all SETTINGS."""


Step = Head | Content | Raw | Pause | AwaitPing | AwaitSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent of a response, step by step, with its meaning as in `WireResponse`. `drip` is sent
    byte by byte after the steps, and then dots for ever.
    """

    steps: tuple[Step, ...]
    status: int = 0
    fields: Fields = ()
    content: bytes = b""
    interim: tuple[int, ...] = ()
    stray: bytes = b""
    drip: bytes = b""
    ending: faults.Ending | None = None
    deferred: faults.Deferred | None = None


def make_plan(stub: StubResponse, request: WireRequest) -> Plan:
    """Plan a response on the request's stream."""
    rendered, stream = render(stub, request), request.stream
    fields = tuple(
        (name.lower(), value) for name, value in rendered.fields if name.lower() not in CONNECTION_FIELDS
    )
    content = b"" if request.method == "HEAD" else rendered.content
    before: list[Step] = []
    for status in rendered.interim:
        interim_fields = tuple((name.lower(), value) for name, value in stub.interim_fields)
        before.append(Head(((":status", str(status)), *interim_fields)))
    response = _plan_response(stub, fields, content, stream)
    whole = Plan(
        (*before, *response),
        stub.status or 0,
        fields,
        content,
        rendered.interim,
        rendered.stray,
        ending=faults.choose_ending(stub, rendered),
        deferred=faults.choose_deferred(stub),
    )
    return whole if stub.fault is None else _apply_fault(stub, whole, tuple(before), stream)


def make_settings(fault: Fault | None) -> bytes:
    """Make the SETTINGS frame with which a connection begins, beside the usual one; empty without such a
    fault.
    """
    if fault is None or fault not in _SETTINGS:
        return b""
    return http2_frames.make_settings(*_SETTINGS[fault])


def _plan_response(stub: StubResponse, fields: Fields, content: bytes, stream: int) -> list[Step]:
    form = stub.http2
    trailers = form.trailers or ((("x-checksum", "1"),) if stub.framing == "chunked-richly" else ())
    head = ((":status", str(stub.status)), *fields)
    empty = not content and not trailers and not form.empty_data
    steps: list[Step] = [Raw(each.make(stream)) for each in form.before]
    if stub.split is not None and stub.split != "after-head":
        steps.append(Pause(stub.pause))
    steps.append(Head(head, end=empty, continued=form.continued, padding=form.padding))
    if not empty:
        if stub.split is not None:
            steps.append(Pause(stub.pause))
        if form.parted:
            steps += [Raw(http2_frames.make_frame(http2_frames.DATA, 0, stream))] * 2
        if content or not trailers:
            steps.append(Content(content, end=not trailers, padding=form.padding))
        if trailers:
            steps.append(Head(trailers, end=True, continued=form.continued))
    if stub.stray:
        steps.append(Raw(http2_frames.make_frame(http2_frames.DATA, 0, stream, stub.stray)))
    steps += [Raw(each.make(stream)) for each in form.after]
    if stub.close:
        steps.append(Raw(http2_frames.make_goaway(stream)))
    return steps


def _apply_fault(stub: StubResponse, whole: Plan, before: tuple[Step, ...], stream: int) -> Plan:
    """Give what is sent of a response with its fault; `status` is 0 if no complete status code is sent."""
    nothing = Plan((), ending=whole.ending, deferred=whole.deferred)
    fields = next(step for step in whole.steps[len(before) :] if isinstance(step, Head)).fields
    cut = {
        "half-head": (*before, Head(fields, half=True)),
        "garbage": (*before, Raw(_GARBAGE)),
        "goaway-below": (_make_goaway(stub, max(0, stream - 2)),),
        "goaway-lost": (_make_goaway(stub, stream),),
    }
    resets = {
        "refused-stream": http2_frames.REFUSED_STREAM,
        "reset-stream": stub.http2.error,
        "reset-after-head": stub.http2.error,
    }
    fault = str(stub.fault)
    if fault == "malformed-head":
        head = tuple((name, value.replace("{status}", str(stub.status))) for name, value in stub.http2.head)
        return replace(nothing, steps=(*before, Head(head, end=True)), fields=head)
    beside = _add_frames(stub, whole.steps, stream)
    if beside is not None:
        return replace(whole, steps=beside)
    if fault in (*WHOLE_FAULTS, "late", "late-between"):
        return whole
    if fault in cut:
        return replace(nothing, steps=cut[fault])
    if fault in resets:
        reset = Raw(http2_frames.make_reset(stream, resets[fault]))
        if fault != "reset-after-head":
            return Plan((reset,))
        steps = (*before, Head(fields), Pause(stub.pause), reset)
        return Plan(steps, whole.status, whole.fields, interim=whole.interim)
    return _apply_slow_fault(fault, whole, nothing, before, stream)


def _make_goaway(stub: StubResponse, last_stream: int) -> Raw:
    form = stub.http2
    last_stream = last_stream if form.last_stream is None else form.last_stream
    return Raw(http2_frames.make_goaway(last_stream, debug_data=form.debug_data))


def _add_frames(stub: StubResponse, steps: tuple[Step, ...], stream: int) -> tuple[Step, ...] | None:
    """Give the steps of a complete response with frames before or after it; None for another fault."""
    goaway = _make_goaway(stub, stream)
    payload = stream.to_bytes(8)
    match stub.fault:
        case "goaway-before":
            return (goaway, Pause(stub.pause), *steps)
        case "goaway-after":
            return (*steps, goaway)
        case "reset-after-response":
            return (*steps, Raw(http2_frames.make_reset(stream, http2_frames.NO_ERROR)))
        case "ping-first":
            ping = Raw(http2_frames.make_frame(http2_frames.PING, 0, 0, payload))
            return (ping, AwaitPing(payload), *steps)
        case "settings-first":
            return (AwaitSettings(), *steps)
        case _:
            return None


def _apply_slow_fault(fault: str, whole: Plan, nothing: Plan, before: tuple[Step, ...], stream: int) -> Plan:
    """Give what is sent of a response that is cut in its content, or that never ends."""
    if fault in ("half-content", "half-content-reset"):
        head = next(step for step in whole.steps[len(before) :] if isinstance(step, Head))
        steps = (*before, Head(head.fields), Content(whole.content, half=True))
        half = whole.content[: len(whole.content) // 2]
        return replace(whole, steps=steps, content=half, stray=b"")
    if fault == "dripped":
        frame = http2_frames.make_frame(http2_frames.HEADERS, 0, stream, bytes(http2_frames.MOST_FRAME))
        return replace(nothing, drip=frame[: http2_frames.HEAD])
    if fault == "interim-only":
        return replace(nothing, steps=(Head(((":status", "102"),)),), interim=(102,))
    return nothing
