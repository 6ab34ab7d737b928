"""Responses that come in parts or after their call, and what becomes of connections between two calls."""

from __future__ import annotations

import socket
import ssl
from typing import get_args

import pytest

from graphcontract.http.stub_response import ResponseScript, render, stub
from graphcontract.transports.faults import apply_fault
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from graphcontract.transports.segments import cut
from graphcontract.wire import Fault, Split
from tests.clauses import request

from .wire import DONE, NO_CONTENT, PLAIN, connect, done, one_answer, receive, to_the_end, trusting

SPLITS: tuple[Split, ...] = get_args(Split)
ERROR = stub(409, b'{"error":{}}', "application/json", interim=(102,), stray=b"!")
CONFLICT = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}"


class TestCut:
    @pytest.mark.parametrize("split", [None, *SPLITS])
    @pytest.mark.parametrize("answer", [DONE, ERROR], ids=["204", "409"])
    def test_the_parts_are_the_whole(self, answer: object, split: Split | None) -> None:
        whole = render(answer, request())  # type: ignore[arg-type]
        parts = cut(whole, split)
        assert b"".join(parts) == whole.before + whole.final + whole.stray
        assert all(parts[1:])
        assert len(parts) > 1 or split is None or (answer is DONE and split in ("after-head", "in-content"))

    @pytest.mark.parametrize(
        ("split", "end"),
        [
            ("at-start", b""),
            ("after-interim", b"102 Processing\r\n\r\n"),
            ("in-status", b"HTTP/1.1 4"),
            ("in-line-end", b" Conflict\r"),
            ("in-head-end", b"12\r\n"),
            ("after-head", b"12\r\n\r\n"),
            ("in-content", b'\r\n\r\n{"erro'),
        ],
    )
    def test_where(self, split: Split, end: bytes) -> None:
        first, second = cut(render(ERROR, request()), split)
        assert first.endswith(end)
        assert bool(first) == bool(end)
        assert second


def test_the_mock_transport_has_no_pauses() -> None:
    script = ResponseScript((stub(204, split="at-start"),))
    with Mock() as mock, pytest.raises(ValueError, match="pauses"):
        mock.open_endpoint(script)


@pytest.mark.parametrize("split", SPLITS)
def test_parts_arrive_as_one_response(server: Loopback, split: Split) -> None:
    endpoint = done(server, stub(409, b"{}", split=split, pause=0.001))
    with connect(endpoint) as connection:
        assert one_answer(connection, PLAIN) == CONFLICT
    (response,) = endpoint.finish().responses
    assert response.raw == CONFLICT
    assert (response.split, response.pause, response.whole) == (split, 0.001, True)


def test_the_next_request_waits_for_the_last_part(server: Loopback) -> None:
    endpoint = done(server, stub(409, b"{}", split="after-head", pause=0.05), DONE)
    with connect(endpoint) as connection:
        connection.sendall(PLAIN + PLAIN)
        assert receive(connection, len(CONFLICT + NO_CONTENT)) == CONFLICT + NO_CONTENT
    assert [each.status for each in endpoint.finish().responses] == [409, 204]


def test_whoever_leaves_in_the_pause_leaves_nothing(server: Loopback) -> None:
    endpoint = done(server, stub(204, split="at-start", pause=0.01), DONE)
    connect(endpoint).close()
    with connect(endpoint) as left:
        left.sendall(PLAIN)
    with connect(endpoint) as connection:
        connection.sendall(PLAIN)
        assert receive(connection, len(NO_CONTENT)) == NO_CONTENT


class TestLate:
    def test_between_two_calls(self, server: Loopback) -> None:
        first = done(server, stub(409, b"{}", fault="late-between"))
        with connect(first) as connection:
            connection.sendall(PLAIN)
            server_has(first)
            (response,) = first.finish().responses
            assert receive(connection, len(CONFLICT)) == CONFLICT
        assert (response.status, response.fault, response.whole) == (409, "late-between", False)

    def test_on_the_connection_of_the_next_request(self, server: Loopback) -> None:
        first = done(server, stub(409, b"{}", fault="late"))
        with connect(first) as connection:
            connection.sendall(PLAIN)
            server_has(first)
            first.finish()
            second = done(server)
            connection.sendall(PLAIN)
            assert receive(connection, len(CONFLICT + NO_CONTENT)) == CONFLICT + NO_CONTENT
        assert [each.status for each in second.finish().responses] == [204]

    def test_beside_the_next_request(self, server: Loopback) -> None:
        first = done(server, stub(409, b"{}", fault="late"))
        with connect(first) as connection:
            connection.sendall(PLAIN)
            server_has(first)
            first.finish()
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(10)
            with connect(done(server)) as other:
                assert one_answer(other, PLAIN) == NO_CONTENT
            assert receive(connection, len(CONFLICT)) == CONFLICT

    def test_not_for_another_attempt_of_the_same_call(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, fault="late"), DONE)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            server_has(endpoint)
            with connect(endpoint) as other:
                other.sendall(PLAIN)
                assert receive(other, len(NO_CONTENT)) == NO_CONTENT
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def server_has(endpoint: object) -> None:
    """Wait until the request has arrived."""
    assert endpoint.state.first_request.wait(10)  # type: ignore[attr-defined]


class TestBetweenCalls:
    @pytest.mark.parametrize("fault", ["closed-between", "reset-between"])
    def test_the_connection_is_in_order_until_the_call_has_ended(
        self, server: Loopback, fault: Fault
    ) -> None:
        first = done(server, stub(204, fault=fault), DONE)
        with connect(first) as connection:
            for _ in range(2):  # a second request of the same call
                connection.sendall(PLAIN)
                assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
        first = done(server, stub(204, fault=fault))
        with connect(first) as connection:
            connection.sendall(PLAIN)
            assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
            assert first.finish().responses[0].whole
            if fault == "reset-between":
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
            else:
                assert to_the_end(connection) == b""


def test_informational_responses_without_end(server: Loopback) -> None:
    endpoint = done(server, stub(204, fault="interim-only", drip=0.001))
    processing = b"HTTP/1.1 102 Processing\r\n\r\n"
    with connect(endpoint) as connection:
        connection.sendall(PLAIN)
        assert receive(connection, 3 * len(processing)) == 3 * processing
        (response,) = endpoint.finish().responses
    assert (response.status, response.interim, response.raw, response.whole) == (0, (102,), processing, False)
    assert apply_fault(stub(204, fault="interim-only"), render(DONE, request())).final == b""


@pytest.mark.parametrize("fault", ["stalled-handshake", "half-handshake"])
def test_a_handshake_stalls(fault: Fault) -> None:
    with Loopback(ports=1, tls=True) as server:
        endpoint, context = done(server, stub(204, fault=fault), DONE), trusting(server)
        with connect(endpoint) as plain:
            plain.settimeout(0.2)
            with pytest.raises(TimeoutError):
                context.wrap_socket(plain, server_hostname="127.0.0.1")
        with context.wrap_socket(connect(endpoint), server_hostname="127.0.0.1") as secure:
            secure.sendall(PLAIN)
            assert receive(secure, len(NO_CONTENT)) == NO_CONTENT
        assert len(endpoint.finish().requests) == 1


@pytest.mark.parametrize(("fault", "some"), [("stalled-handshake", False), ("half-handshake", True)])
def test_how_much_of_a_handshake_comes(fault: Fault, some: bool) -> None:
    with Loopback(ports=1, tls=True) as server:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        hello = trusting(server).wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with pytest.raises(ssl.SSLWantReadError):
            hello.do_handshake()
        endpoint = done(server, stub(204, fault=fault))
        with connect(endpoint) as connection:
            connection.sendall(outgoing.read())
            connection.shutdown(socket.SHUT_WR)
            assert bool(to_the_end(connection)) == some
        assert endpoint.finish().connections == 1


@pytest.mark.parametrize("split", ["at-start", "after-head"])
def test_a_client_that_has_ended_its_side_gets_a_delayed_response(server: Loopback, split: Split) -> None:
    endpoint = done(server, stub(409, b"{}", split=split, pause=0.05))
    with connect(endpoint) as connection:
        connection.sendall(PLAIN)
        connection.shutdown(socket.SHUT_WR)
        assert to_the_end(connection) == CONFLICT
    assert endpoint.count_connections() == (0, 0)
    assert len(endpoint.finish().requests) == 1


def test_a_late_response_reaches_a_client_that_has_ended_its_side(server: Loopback) -> None:
    endpoint = done(server, stub(204, fault="late-between"))
    with connect(endpoint) as connection:
        connection.sendall(PLAIN)
        connection.shutdown(socket.SHUT_WR)
        endpoint.finish(expecting=True)
        assert to_the_end(connection) == NO_CONTENT
