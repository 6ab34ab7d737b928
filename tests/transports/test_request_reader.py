"""What the loopback transport records of what it is sent, well-formed or not."""

from __future__ import annotations

import socket
import time

import pytest

from graphcontract.http.stub_response import stub
from graphcontract.transports import Record
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import WireRequest

from .wire import HALF, NO_CONTENT, PLAIN, connect, done, exchange, receive, sent, to_the_end


class TestRecording:
    def test_a_request_is_recorded_as_it_came(self, server: Loopback) -> None:
        data = (
            b"POST /beta/tasks/a%20b/cancel?x HTTP/1.1\r\nhost: here\r\nX-CASE: caf\xe9\r\n"
            b"Authorization:  Bearer t \r\nx-case: 2\r\nContent-Length: 2\r\n\r\n{}"
        )
        endpoint = done(server)
        before = time.monotonic()
        with connect(endpoint) as connection:
            exchange(connection, data)
        (request,) = endpoint.finish().requests
        assert before <= request.at <= time.monotonic()
        assert request == WireRequest(
            at=request.at,
            raw=data,
            method="POST",
            target="/beta/tasks/a%20b/cancel?x",
            version="1.1",
            fields=(
                ("host", "here"),
                ("X-CASE", "café"),
                ("Authorization", "Bearer t"),
                ("x-case", "2"),
                ("Content-Length", "2"),
            ),
            content=b"{}",
            content_size=2,
            framing="content-length",
            origin=endpoint.root.removeprefix("http://"),
            connection=1,
        )

    def test_an_answer_is_recorded_before_it_is_sent(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, b"{}", "application/json"))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            first = connection.recv(1)
            received_at = time.monotonic()
            (response,) = (record := endpoint.finish()).responses
            assert first + receive(connection, len(response.raw) - 1) == response.raw
        assert record.requests[0].at <= response.at <= received_at
        assert (response.status, response.content, response.request) == (409, b"{}", 0)
        assert response.fields == (("Content-Type", "application/json"), ("Content-Length", "2"))

    def test_bytes_that_come_one_by_one_are_one_request(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            for byte in PLAIN:
                connection.sendall(bytes([byte]))
            assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
        (request,) = endpoint.finish().requests
        assert request.raw == PLAIN

    def test_chunked_content(self, server: Loopback) -> None:
        data = (
            b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
        )
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection, data)
        (request,) = endpoint.finish().requests
        assert (request.framing, request.content, request.content_size) == ("chunked", b"abcde", 5)
        assert request.raw == data

    def test_no_framing(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection, b"POST / HTTP/1.1\r\nHost: here\r\n\r\n")
        (request,) = endpoint.finish().requests
        assert (request.framing, request.content_size) == ("none", 0)

    def test_huge_content_is_cut_and_counted(self, server: Loopback) -> None:
        size = 3 << 20
        head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % size
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection, head + b"x" * size)
            exchange(connection, PLAIN)
        request, following = endpoint.finish().requests
        assert (request.content_size, len(request.content)) == (size, 64 << 10)
        assert (len(request.raw), request.raw[: len(head)]) == (1 << 20, head)
        assert (following.raw, following.content_size) == (PLAIN, 0)

    @pytest.mark.parametrize(
        ("data", "method", "target"),
        [
            (b"POST http://h:1/a HTTP/1.1\r\nHost: h:1\r\n\r\n", "POST", "http://h:1/a"),
            (
                b"POST /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
                "POST",
                "/a",
            ),
            (b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "CONNECT", "h:443"),
            (b"post /a HTTP/1.1\r\nHost: h\r\n\r\n", "post", "/a"),
        ],
        ids=["absolute form", "h2c offer", "CONNECT", "lower case"],
    )
    def test_odd_requests_are_answered_as_any_other(
        self, server: Loopback, data: bytes, method: str, target: str
    ) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection, data)
            exchange(connection, PLAIN)
        request, _following = endpoint.finish().requests
        assert (request.method, request.target, request.raw) == (method, target, data)
        assert request.malformed is None


class TestMalformed:
    @pytest.mark.parametrize(
        ("data", "why", "method", "target", "version"),
        [
            (b"POST /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", "request line", "POST", "/Ã©", "1.1"),
            (b"POST /a b HTTP/1.1\r\nHost: h\r\n\r\n", "request line", "POST", "/a b", "1.1"),
            (b"POST /a\0 HTTP/1.1\r\nHost: h\r\n\r\n", "request line", "POST", "/a\0", "1.1"),
            (b"POST /a\r\nHost: h\r\n\r\n", "request line", "POST", "/a", ""),
            (b"POST /a HTTP/1.1\r\n\r\n", "Host", "POST", "/a", "1.1"),
            (b"POST /a HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n", "header line", "POST", "/a", "1.1"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not negotiated", "PRI", "*", "2.0"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "request line", "", "", ""),
        ],
        ids=["UTF-8", "space", "NUL", "no version", "no Host", "bare CR", "HTTP/2 preface", "TLS"],
    )
    def test_bytes_that_are_not_a_request_are_recorded_and_get_400(
        self, server: Loopback, data: bytes, why: str, method: str, target: str, version: str
    ) -> None:
        received, record = sent(done(server), data)
        assert received.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        (request,), (response,) = record.requests, record.responses
        assert why in (request.malformed or "")
        assert (request.method, request.target, request.version) == (method, target, version)
        assert (request.raw, response.raw, response.request) == (data, received, 0)

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"\r\n" + PLAIN, "an empty line before the request line"),
            (PLAIN.replace(b"\r\n", b"\n"), "a line that ends with a line feed alone"),
            (PLAIN.replace(b" 0\r\n", b" 0\r\ncontent-length: 0\r\n"), "more than one Content-Length"),
            (
                PLAIN.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\nA: b\r\n c\r\n"),
                "a field value that is folded over two lines",
            ),
            (PLAIN.replace(b" 0\r\n", b" 0, 0\r\n"), "more than one Content-Length"),
            (
                PLAIN.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                "both Content-Length and Transfer-Encoding",
            ),
        ],
        ids=[
            "empty line",
            "line feeds",
            "two lengths",
            "folded line",
            "a list of lengths",
            "length and coding",
        ],
    )
    def test_requests_that_other_servers_may_accept_are_parsed_and_get_400(
        self, server: Loopback, data: bytes, why: str
    ) -> None:
        received, record = sent(done(server), data)
        assert received.startswith(b"HTTP/1.1 400 ")
        (request,) = record.requests
        assert (request.malformed, request.raw) == (why, data)
        assert (request.method, request.target, request.version) == ("POST", "/beta/tasks/x1/cancel", "1.1")

    def test_fields_are_read_by_hand_and_the_reason_quotes_none(self, server: Loopback) -> None:
        data = b"POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer s\0cret\r\nContent-Length: 0\r\n\r\n"
        _received, record = sent(done(server), data)
        (request,) = record.requests
        assert request.malformed == "illegal header line"
        assert request.values("authorization") == ["Bearer s\0cret"]
        assert request.framing == "content-length"

    def test_a_head_of_2_mib(self, server: Loopback) -> None:
        received, record = sent(done(server), b"POST /" + b"a" * (2 << 20) + b" HTTP/1.1\r\nHost: h\r\n\r\n")
        assert received.startswith(b"HTTP/1.1 400 ")
        (request,) = record.requests
        assert len(request.raw) == 1 << 20
        assert request.malformed == "no end of the head, chunk line or trailer within 1048576 bytes"

    def test_a_bad_chunk_keeps_what_was_read_before(self, server: Loopback) -> None:
        head = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        _received, record = sent(done(server), head + b"2\r\nab\r\nzz\r\n")
        (request,) = record.requests
        assert request.malformed == "illegal chunk header"
        assert (request.target, request.framing, request.content) == ("/a", "chunked", b"ab")

    def test_nothing_is_heard_after_it(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(b"\0\r\n\r\n")
            assert to_the_end(connection).startswith(b"HTTP/1.1 400 ")
            connection.sendall(PLAIN)
            assert len(endpoint.finish().requests) == 1

    @pytest.mark.parametrize(
        ("half", "target", "content"),
        [
            (HALF, "/beta/tasks/x1/cancel", b""),
            (b"POST /be", "/be", b""),
            (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc", "/a", b"abc"),
        ],
        ids=["in the fields", "in the target", "in the content"],
    )
    @pytest.mark.parametrize("ended", [True, False], ids=["connection ended", "endpoint finished"])
    def test_half_a_request(
        self, server: Loopback, half: bytes, target: str, content: bytes, ended: bool
    ) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(half)
            if ended:
                connection.shutdown(socket.SHUT_WR)
                assert to_the_end(connection) == b""
            record = endpoint.finish()
            assert to_the_end(connection) == b""
        (request,) = record.requests
        assert request.malformed == "ended before the request was complete"
        assert (request.raw, request.method, request.target) == (half, "POST", target)
        assert (request.content, record.responses) == (content, ())

    @pytest.mark.parametrize("option", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
    def test_content_that_nothing_announced(self, server: Loopback, option: bytes) -> None:
        head = b"POST / HTTP/1.1\r\nHost: h\r\n" + option + b"\r\n"
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(head + b"{}")
            connection.recv(1)
            requests = endpoint.finish().requests
        assert [each.raw for each in requests] == [head, b"{}"]
        assert requests[1].malformed is not None

    def test_a_connection_that_says_nothing_is_nothing(self, server: Loopback) -> None:
        endpoint = done(server)
        connect(endpoint).close()
        assert endpoint.finish() == Record((), (), connections=1)
