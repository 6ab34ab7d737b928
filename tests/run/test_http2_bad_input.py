"""Clients whose HTTP/2 cannot be read: each gets a verdict with a clear text, and none holds up a run."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import h2.connection
import h2.exceptions
import hpack
import pytest

from graphcontract.exchange import Call, Outcome
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from graphcontract.run.suite_tests import suite_tests
from graphcontract.transports import http2_frames as frames
from graphcontract.transports.http2_engine import MOST_HEADER
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.faulty.over_http2.frames import (
    SpeaksHttp2WhereItNegotiatedHttp11,
    SpeaksHttp11WhereItNegotiatedHttp2,
)

SETTINGS = frames.make_frame(frames.SETTINGS, 0, 0)
Shape = Callable[[bytes, h2.connection.H2Connection], bytes]


class Sends(OverHttp2):
    """Sends other bytes in place of those of a request. After them it waits for the end, with its timeout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.made = shape

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        return self.made(data, link)


def header_of_a_mebibyte(data: bytes, _link: h2.connection.H2Connection) -> bytes:
    part = bytes(frames.MOST_FRAME)
    others = [frames.make_frame(frames.CONTINUATION, 0, 1, part)] * 63
    return frames.PREFACE + SETTINGS + frames.make_frame(frames.HEADERS, 1, 1, part) + b"".join(others)


def compression_bomb(data: bytes, link: h2.connection.H2Connection) -> bytes:
    """A value of 4,000 bytes, and 10,000 references to it: 14 KB for 40 MB."""
    block = b"\x40\x01a" + b"\x7f\xa1\x1e" + b"x" * 4000 + b"\xbe" * 10_000
    return frames.PREFACE + SETTINGS + frames.make_frame(frames.HEADERS, 5, 1, block)


def ten_thousand_streams(data: bytes, link: h2.connection.H2Connection) -> bytes:
    block = hpack.Encoder().encode([(":method", "POST"), (":scheme", "https"), (":path", "/")], huffman=False)
    made = [frames.make_frame(frames.HEADERS, 4, 2 * number + 1, block) for number in range(10_000)]
    return frames.PREFACE + SETTINGS + b"".join(made)


def frame_before_the_preface(data: bytes, link: h2.connection.H2Connection) -> bytes:
    return SETTINGS + data


class NeverAcknowledges(OverHttp2):
    """Reads the response's status by hand, and sends nothing after its request."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        return super().listen(link, _Silent(connection), stream, call)  # type: ignore[arg-type]


class _Silent:
    """A socket that sends nothing."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self.settimeout, self.recv = connection.settimeout, connection.recv

    def sendall(self, data: bytes) -> None:
        pass


def negotiates_http2_and_sends_http11(call: Call) -> Outcome:
    return SpeaksHttp11WhereItNegotiatedHttp2().cancel(call)


def negotiates_http11_and_sends_http2(call: Call) -> Outcome:
    return SpeaksHttp2WhereItNegotiatedHttp11().cancel(call)


def sends_a_frame_before_the_preface(call: Call) -> Outcome:
    return Sends(frame_before_the_preface).cancel(call)


def sends_a_header_of_a_mebibyte(call: Call) -> Outcome:
    return Sends(header_of_a_mebibyte).cancel(call)


def sends_a_compression_bomb(call: Call) -> Outcome:
    return Sends(compression_bomb).cancel(call)


def opens_ten_thousand_streams(call: Call) -> Outcome:
    return Sends(ten_thousand_streams).cancel(call)


def never_acknowledges(call: Call) -> Outcome:
    return NeverAcknowledges().cancel(call)


def judge(client: str, test_name: str, *clauses: str, **options: object) -> list[ClauseResult]:
    """The results of clauses in a test of the suites, for a client of this module."""
    named = f"python:{__name__}:{client}"
    test = next(each for each in suite_tests() if each.name == test_name)
    chosen = Options(named, in_process=True, profile="quick", select=clauses, **options)  # type: ignore[arg-type]
    session = Session.of(chosen)
    try:
        for clause in clauses:
            session.want(test, clause)
        return [session.part(test, clause) for clause in clauses]
    finally:
        session.close()


MALFORMED = {
    "negotiates_http2_and_sends_http11": "HTTP/1.1 on a connection for which HTTP/2 was negotiated (ALPN)",
    "sends_a_frame_before_the_preface": "no connection preface at the beginning of an HTTP/2 connection",
    "sends_a_header_of_a_mebibyte": f"a header of more than {MOST_HEADER} bytes (RFC 9113 10.5.1)",
    "sends_a_compression_bomb": f"a header of more than {MOST_HEADER} bytes (RFC 9113 10.5.1)",
    "opens_ten_thousand_streams": "more requests at the same time than the origin's SETTINGS allow",
}


@pytest.mark.parametrize("client", MALFORMED)
def test_what_cannot_be_read_is_a_violation_with_its_reason(client: str) -> None:
    once, response = judge(client, "test_successful_response", "request.once", "http2.response")
    assert once.verdict == "fail"
    assert once.evidence is not None
    assert once.evidence["expected"] == "a valid HTTP/2 request"
    assert MALFORMED[client] in str(once.evidence["actual"])
    assert (response.verdict, response.reason) == (
        "not-exercised",
        "the client's requests could not be read (request.once)",
    )


def test_http2_where_it_was_not_negotiated_is_a_violation() -> None:
    (once,) = judge("negotiates_http11_and_sends_http2", "test_request", "request.once", tls=True)
    assert once.verdict == "fail"
    assert once.evidence is not None
    assert once.evidence["expected"] == "a valid HTTP/1.1 request"
    assert once.evidence["actual"] == "HTTP/2 on a connection for which it was not negotiated (ALPN)"


def test_settings_may_stay_without_acknowledgement() -> None:
    results = judge("never_acknowledges", "test_successful_response", "request.once", "http2.response")
    assert [(each.verdict, each.reason) for each in results] == [("pass", None)] * 2
