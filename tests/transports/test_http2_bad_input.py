"""Input on an HTTP/2 connection that is malformed, incomplete, or more than is recorded."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import h2.events
import hpack
import pytest

from graphcontract.transports import http2_frames
from graphcontract.transports.http2_engine import MOST_HEADER
from graphcontract.transports.http2_requests import MOST_STREAM
from graphcontract.transports.loopback import Loopback

from .http2_client import HEADER, PATH, Connect, only_request, open_stub, read_frames
from .wire import PLAIN, secured, to_the_end

MALFORMED: dict[str, tuple[Sequence[tuple[str, str]], str]] = {
    "no path": (HEADER[:3], "no :path"),
    "two methods": ([HEADER[0], *HEADER], "more than one :method"),
    "unknown pseudo field": ([*HEADER, (":protocol", "x")], "unknown pseudo-header field"),
    "pseudo field after others": ([("accept", "*/*"), *HEADER], "after a regular one"),
    "upper case": ([*HEADER, ("Accept", "*/*")], "in upper case"),
    "line end in a value": ([*HEADER, ("accept", "a\r\nb: c")], "with a line end"),
    "another content-length": ([*HEADER, ("content-length", "5")], "a content-length that differs"),
    "space in a name": ([*HEADER, ("a b", "c")], "a field name with a character"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_header_gets_400(secure: Loopback, connect: Connect, name: str) -> None:
    header, reason = MALFORMED[name]
    endpoint = open_stub(secure)
    client = connect(endpoint)
    client.h2.send_headers(1, header, end_stream=True)
    client.flush()
    client.wait_for(h2.events.StreamEnded)
    assert client.statuses() == [(1, "400")]
    assert reason in str(only_request(endpoint.finish()).malformed)


def settings_and_header(header: Sequence[tuple[str, str]], *, end: bool = True) -> bytes:
    block = hpack.Encoder().encode(header)
    flags = http2_frames.END_HEADERS | (http2_frames.END_STREAM if end else 0)
    return http2_frames.make_frame(http2_frames.SETTINGS, 0, 0) + http2_frames.make_frame(
        http2_frames.HEADERS, flags, 1, block
    )


def header_of_a_mebibyte() -> bytes:
    parts = [bytes(http2_frames.MOST_FRAME)] * 64
    frames = [http2_frames.make_frame(http2_frames.HEADERS, http2_frames.END_STREAM, 1, parts[0])]
    frames += [http2_frames.make_frame(http2_frames.CONTINUATION, 0, 1, each) for each in parts[1:]]
    return http2_frames.PREFACE + http2_frames.make_frame(http2_frames.SETTINGS, 0, 0) + b"".join(frames)


def compression_bomb() -> bytes:
    """A value of 4,000 bytes, and 1,000 references to it: about a kilobyte for 4 MB."""
    block = b"\x40\x01a" + b"\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 1000
    frame = http2_frames.make_frame(http2_frames.HEADERS, 0x5, 1, block)
    return http2_frames.PREFACE + http2_frames.make_frame(http2_frames.SETTINGS, 0, 0) + frame


def ten_thousand_streams() -> bytes:
    block = hpack.Encoder().encode(HEADER, huffman=False)
    first = http2_frames.make_frame(http2_frames.HEADERS, http2_frames.END_HEADERS, 1, block)
    others = [
        http2_frames.make_frame(http2_frames.HEADERS, http2_frames.END_HEADERS, 2 * number + 1, b"\x82")
        for number in range(1, 10_000)
    ]
    return b"".join(
        [http2_frames.PREFACE, http2_frames.make_frame(http2_frames.SETTINGS, 0, 0), first, *others]
    )


def test_much_content_is_recorded_in_part(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure)
    client = connect(endpoint)
    client.h2.send_headers(1, HEADER)
    client.flush()
    part = http2_frames.make_frame(http2_frames.DATA, 0, 1, b"x" * http2_frames.MOST_FRAME)
    last = http2_frames.make_frame(http2_frames.DATA, http2_frames.END_STREAM, 1)
    client.flush(part * 100 + last)
    client.wait_for(h2.events.StreamEnded)
    request = only_request(endpoint.finish())
    assert request.content_size == 100 * http2_frames.MOST_FRAME
    assert len(request.raw) == MOST_STREAM
    assert sum(map(len, request.frames)) < MOST_STREAM + 10_000
    assert request.frames[-1] == "DATA stream 1, 0 bytes, END_STREAM"


BAD_INPUT = {
    "HTTP/1.1": (PLAIN, "HTTP/1.1 on a connection for which HTTP/2 was negotiated"),
    "a frame before the preface": (http2_frames.make_frame(4, 0, 0), "no connection preface"),
    "no HTTP at all": (b"\0" * 100, "no connection preface"),
    "a frame of 16 MiB": (
        http2_frames.PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
        "a frame of more than",
    ),
    "a header of 1 MiB": (header_of_a_mebibyte(), f"a header of more than {MOST_HEADER} bytes"),
    "a compression bomb": (compression_bomb(), f"a header of more than {MOST_HEADER} bytes"),
    "10,000 streams at once": (ten_thousand_streams(), "more requests at the same time"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_recorded_and_ends_the_connection(
    secure: Loopback, context: ssl.SSLContext, name: str
) -> None:
    data, reason = BAD_INPUT[name]
    endpoint = open_stub(secure)
    with secured(context, endpoint) as connection:
        connection.sendall(data)
        last = read_frames(to_the_end(connection))[-1]
    assert (last.kind, last.payload[4:8]) == (http2_frames.GOAWAY, b"\0\0\0\x01")
    malformed = [each.malformed for each in endpoint.finish().requests]
    assert any(reason in str(each) for each in malformed)


def test_a_second_content_length_is_malformed(secure: Loopback, context: ssl.SSLContext) -> None:
    """The newest h2 ends the connection for it, and the oldest that we admit leaves it to us."""
    fields = [*HEADER, ("content-length", "5"), ("content-length", "6")]
    endpoint = open_stub(secure)
    with secured(context, endpoint) as connection:
        connection.sendall(http2_frames.PREFACE + settings_and_header(fields))
        last = read_frames(to_the_end(connection))[-1]
    malformed = [str(each.malformed) for each in endpoint.finish().requests]
    by_h2 = any("not valid HTTP/2: Conflicting content-length" in each for each in malformed)
    code = b"\0\0\0\x01" if by_h2 else b"\0\0\0\0"
    assert (last.kind, last.payload[4:8]) == (http2_frames.GOAWAY, code)
    assert by_h2 or any("a content-length that differs from the content" in each for each in malformed)


def test_settings_that_are_never_acknowledged_make_no_difference(
    secure: Loopback, context: ssl.SSLContext
) -> None:
    endpoint = open_stub(secure)
    with secured(context, endpoint) as connection:
        connection.sendall(http2_frames.PREFACE + settings_and_header(HEADER))
        data = b""
        while not any(each.kind == http2_frames.HEADERS for each in read_frames(data)):
            data += connection.recv(1 << 16)
    assert only_request(endpoint.finish()).malformed is None


def test_an_incomplete_request_is_recorded(secure: Loopback, context: ssl.SSLContext) -> None:
    endpoint = open_stub(secure)
    with secured(context, endpoint) as connection:
        connection.sendall(http2_frames.PREFACE + settings_and_header(HEADER, end=False))
    request = only_request(endpoint.finish())
    assert (request.target, request.malformed) == (PATH, "ended before the request was complete")
