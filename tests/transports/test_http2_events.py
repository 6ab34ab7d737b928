"""What is sent beside a response of HTTP/2: GOAWAY, resets, PING, SETTINGS, malformed headers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

import h2.events
import h2.settings
import pytest

from graphcontract.http.stub_response import Http2Form, Meeting, ResponseScript, StubResponse
from graphcontract.transports import Scope, http2_frames
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import Fault

from .http2_client import HEADER, PATH, Connect, open_stub, read_frames
from .wire import DONE


def test_goaway_after_a_response_leaves_the_connection_open(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure, replace(DONE, fault="goaway-after"), StubResponse(409))
    client = connect(endpoint)
    client.request(1)
    client.wait_for(h2.events.ConnectionTerminated)
    assert client.statuses() == [(1, "204")]
    # h2 itself keeps to GOAWAY, so that the next stream is opened with another one's HEADERS.
    other = h2_headers(3)
    client.socket.sendall(other)
    data = b""
    while not any(each.kind == http2_frames.HEADERS for each in read_frames(data)):
        data += client.socket.recv(1 << 16)
    record = endpoint.finish()
    assert [each.stream for each in record.requests] == [1, 3]
    assert [each.fault for each in record.responses] == ["goaway-after", None]
    assert record.responses[0].whole
    assert [each.split()[0] for each in record.responses[0].frames] == ["HEADERS", "GOAWAY"]


def h2_headers(stream: int, begin: bytes = b"", end: bytes = b"") -> bytes:
    """The frame HEADERS of a request, without the dynamic table of a connection but for its begin and end."""
    block = begin
    # RFC 7541 6.2.2: literal fields without indexing, with literal names.
    for name, value in HEADER:
        block += b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
    flags = http2_frames.END_STREAM | http2_frames.END_HEADERS
    return http2_frames.make_frame(http2_frames.HEADERS, flags, stream, block + end)


@pytest.mark.parametrize(
    ("fault", "error", "frames", "whole"),
    [
        ("reset-after-response", 2, ["HEADERS stream 1, END_STREAM", "RST_STREAM stream 1, NO_ERROR"], True),
        ("reset-after-head", 2, ["HEADERS stream 1", "RST_STREAM stream 1, INTERNAL_ERROR"], False),
        ("reset-after-head", 8, ["HEADERS stream 1", "RST_STREAM stream 1, CANCEL"], False),
    ],
)
def test_resets_after_the_header(
    secure: Loopback, connect: Connect, fault: Fault, error: int, frames: list[str], whole: bool
) -> None:
    endpoint = open_stub(secure, replace(DONE, fault=fault, http2=Http2Form(error=error)))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.ResponseReceived)
    (response,) = endpoint.finish().responses
    assert [each.partition("\n")[0] for each in response.frames] == frames
    assert (response.status, response.whole) == (204, whole)


@pytest.mark.parametrize(
    ("fault", "frame"), [("ping-first", http2_frames.PING), ("settings-first", http2_frames.SETTINGS)]
)
def test_a_response_waits_for_an_acknowledgement(
    secure: Loopback, connect: Connect, fault: Fault, frame: int
) -> None:
    endpoint = open_stub(secure, replace(DONE, fault=fault))
    client = connect(endpoint)
    client.h2.send_headers(1, HEADER, end_stream=True)
    client.flush()
    data = b""
    while not any(each.kind == frame for each in read_frames(data)):
        data += client.socket.recv(1 << 16)
    assert not any(each.kind == http2_frames.HEADERS for each in read_frames(data))
    assert endpoint.count_connections() == (1, 1)
    client.events += client.h2.receive_data(data)
    client.flush()
    client.wait_for(h2.events.StreamEnded)
    assert client.statuses() == [(1, "204")]
    endpoint.finish()


@pytest.mark.parametrize(
    ("begin", "end", "wrong"),
    [
        (b"", b"", None),
        (b"", b"\x40\x01a\x01b", None),  # 6.2.1: for a table that has no room
        (b"\x20", b"", None),  # 6.3
        (b"", b"\xbe", "RFC 7541 4.2"),  # 6.1: the first one
        (b"\x21", b"", "RFC 7541 6.3"),
    ],
    ids=["no table", "entry for the table", "update", "entry of the table", "table of one byte"],
)
def test_a_header_with_a_table_that_settings_forbid_cannot_be_read(
    secure: Loopback, connect: Connect, begin: bytes, end: bytes, wrong: str | None
) -> None:
    endpoint = open_stub(secure, replace(DONE, fault="no-table"))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.RemoteSettingsChanged, 2)
    client.wait_for(h2.events.StreamEnded)
    assert client.h2.remote_settings[h2.settings.SettingCodes.HEADER_TABLE_SIZE] == 0
    # Only after a response that followed the acknowledgement: a client may acknowledge before it applies.
    client.socket.sendall(h2_headers(3) + h2_headers(5, begin, end))
    first, second, third = endpoint.finish().requests
    assert (first.malformed, second.malformed) == (None, None)
    assert (wrong or "None") in str(third.malformed)


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        (Http2Form(last_stream=2**31 - 1, debug_data=b"bye"), b"\x7f\xff\xff\xff\0\0\0\0bye"),
        (Http2Form(debug_data=b"bye"), b"\0\0\0\1\0\0\0\0bye"),
    ],
)
def test_last_stream_and_debug_data_of_goaway(
    secure: Loopback, connect: Connect, form: Http2Form, sent: bytes
) -> None:
    endpoint = open_stub(secure, replace(DONE, fault="goaway-before", http2=form))
    client = connect(endpoint)
    client.h2.send_headers(1, HEADER, end_stream=True)
    client.flush()
    data = b""
    while not any(each.kind == http2_frames.HEADERS for each in read_frames(data)):
        data += client.socket.recv(1 << 16)
    assert [each.payload for each in read_frames(data) if each.kind == http2_frames.GOAWAY] == [sent]
    endpoint.finish()


@pytest.mark.parametrize(
    "form", [Http2Form(continued=True), Http2Form(padding=100), Http2Form(parted=True), Http2Form()]
)
def test_a_response_in_other_frames(secure: Loopback, connect: Connect, form: Http2Form) -> None:
    endpoint = open_stub(secure, StubResponse(409, content=b"{}", http2=form))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.StreamEnded)
    content = b"".join(each.data for each in client.events if isinstance(each, h2.events.DataReceived))
    (response,) = endpoint.finish().responses
    assert (client.statuses(), content, response.content) == ([(1, "409")], b"{}", b"{}")
    kinds = [each.partition(" ")[0] for each in response.frames]
    assert kinds == [
        "HEADERS",
        *(["CONTINUATION"] if form.continued else []),
        *["DATA"] * (3 if form.parted else 1),
    ]


def test_another_acknowledgement_sends_no_response(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure, replace(DONE, fault="ping-first"))
    client = connect(endpoint)
    client.request()
    client.flush(http2_frames.make_frame(http2_frames.PING, http2_frames.ACK, 0, b"\xff" * 8))
    data = b""
    while not any(each.kind == http2_frames.PING for each in read_frames(data)):
        data += client.socket.recv(1 << 16)
    assert endpoint.count_connections() == (1, 1)
    endpoint.finish()
    assert client.socket.recv(1 << 16) == b""  # the held response ends the connection with the call


def test_a_malformed_header_is_sent_as_it_is(secure: Loopback, connect: Connect) -> None:
    head = ((":status", "{status}"), ("X-Mark", "1\r\nx: 2"))
    endpoint = open_stub(secure, replace(DONE, fault="malformed-head", http2=Http2Form(head=head)))
    client = connect(endpoint)
    client.request()
    with pytest.raises(h2.exceptions.ProtocolError):
        client.wait_for(h2.events.StreamEnded)
    (response,) = endpoint.finish().responses
    assert (response.status, response.whole) == (0, False)
    assert response.fields == ((":status", "204"), ("X-Mark", "1\r\nx: 2"))
    assert response.frames == ("HEADERS stream 1, END_STREAM\n:status: 204\nX-Mark: 1\\x0d\\x0ax: 2",)


@pytest.mark.parametrize(
    ("fault", "setting", "value"),
    [
        ("one-stream", h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS, 1),
        ("no-window", h2.settings.SettingCodes.INITIAL_WINDOW_SIZE, 0),
    ],
)
def test_settings_of_a_new_connection(
    secure: Loopback, connect: Connect, fault: Fault, setting: h2.settings.SettingCodes, value: int
) -> None:
    endpoint = open_stub(secure, replace(DONE, fault=fault))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.RemoteSettingsChanged, 2)
    client.wait_for(h2.events.StreamEnded)
    assert client.h2.remote_settings[setting] == value
    # The origin does not enforce it: a client that exceeds the limit is recorded, and gets its responses.
    client.socket.sendall(h2_headers(3) + h2_headers(5))
    record = endpoint.finish()
    assert [each.stream for each in record.requests] == [1, 3, 5]
    assert all(each.malformed is None for each in record.requests)


def test_a_connection_is_lost_when_all_requests_have_arrived(secure: Loopback, connect: Connect) -> None:
    scope, meeting = Scope(), Meeting(3, 5.0)
    lost = StubResponse(204, fault="reset", meeting=meeting)
    endpoints = [
        secure.open_endpoint(
            ResponseScript((lost,), partial(has_path, f"/{number}")), scope=scope, shared=True
        )
        for number in range(3)
    ]
    client = connect(endpoints[0])
    for number in range(3):
        client.h2.send_headers(2 * number + 1, [*HEADER[:3], (":path", f"/{number}")], end_stream=True)
        client.flush()
    with suppress(ConnectionResetError):  # which Python's TLS sockets report as a plain end
        while client.socket.recv(1 << 16):
            pass
    assert client.statuses() == []
    records = [each.finish() for each in endpoints]
    assert [[each.fault for each in record.responses] for record in records] == [["reset"]] * 3
    assert meeting.met


def has_path(path: str, request: object) -> bool:
    return getattr(request, "target", PATH) == path
