"""What the loopback transport responds, and what closes a connection."""

from __future__ import annotations

import socket

import pytest

from graphcontract.http.stub_response import ResponseScript, StubResponse, stub
from graphcontract.transports.loopback import Loopback

from .wire import (
    DONE,
    NO_CONTENT,
    PLAIN,
    connect,
    done,
    exchange,
    one_answer,
    receive,
    sent,
    to_the_end,
)


class TestAnswering:
    def test_answers_in_order_the_last_repeated(self, server: Loopback) -> None:
        endpoint = done(server, StubResponse(503), DONE)
        with connect(endpoint) as connection:
            assert one_answer(connection, PLAIN).startswith(b"HTTP/1.1 503 ")
            exchange(connection)
            exchange(connection)
        record = endpoint.finish()
        assert [response.status for response in record.responses] == [503, 204, 204]
        assert [response.request for response in record.responses] == [0, 1, 2]

    def test_other_traffic_uses_up_no_answer(self, server: Loopback) -> None:
        script = ResponseScript(
            (StubResponse(503), DONE), concerns=lambda request: request.target.endswith("/cancel")
        )
        endpoint = server.open_endpoint(script)
        with connect(endpoint) as connection:
            elsewhere = one_answer(connection, PLAIN.replace(b"/cancel", b"/other"))
            assert elsewhere.startswith(b"HTTP/1.1 404 ")
            assert elsewhere.endswith(b'{"error":{"code":"notFound","message":"Nothing is here."}}')
            assert one_answer(connection, PLAIN).startswith(b"HTTP/1.1 503 ")
        assert [response.status for response in endpoint.finish().responses] == [404, 503]

    def test_malformed_requests_use_up_no_answer(self, server: Loopback) -> None:
        endpoint = done(server, StubResponse(503), DONE)
        with connect(endpoint) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\n\r\n")
            to_the_end(connection)
        with connect(endpoint) as connection:
            assert one_answer(connection, PLAIN).startswith(b"HTTP/1.1 503 ")
        assert [response.status for response in endpoint.finish().responses] == [400, 503]

    def test_interim_and_stray_bytes_are_on_the_wire(self, server: Loopback) -> None:
        on_the_wire = (
            b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
            b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 stray\r\n"
        )
        endpoint = done(server, StubResponse(204, interim=(102, 103), stray=b"HTTP/1.1 500 stray\r\n"))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            assert receive(connection, len(on_the_wire)) == on_the_wire
        (response,) = endpoint.finish().responses
        assert (response.raw, response.interim) == (on_the_wire, (102, 103))
        assert response.stray == b"HTTP/1.1 500 stray\r\n"

    def test_head_gets_no_content(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, b"{}", close=True))
        received, record = sent(endpoint, PLAIN.replace(b"POST", b"HEAD"))
        assert received == b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        (response,) = record.responses
        assert (response.raw, response.content) == (received, b"")

    def test_who_waits_for_100_continue_gets_it(self, server: Loopback) -> None:
        head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(head)
            assert receive(connection, len(interim)) == interim
            connection.sendall(b"ab")
            exchange(connection, b"cd")
        record = endpoint.finish()
        assert [request.content for request in record.requests] == [b"abcd"]
        (response,) = record.responses
        assert (response.raw, response.interim) == (interim + NO_CONTENT, (100,))

    def test_who_does_not_wait_does_not_get_it(self, server: Loopback) -> None:
        data = PLAIN.replace(b"Host", b"Expect: 100-continue\r\nHost")
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection, data)
        assert endpoint.finish().responses[0].interim == ()

    def test_pipelined_requests_are_answered_in_turn(self, server: Loopback) -> None:
        targets = [b"/1", b"/2", b"/3"]
        data = [PLAIN.replace(b"/beta/tasks/x1/cancel", target) for target in targets]
        endpoint = done(server, stub(409, b"x" * (4 << 20)), DONE)
        with connect(endpoint) as connection:
            connection.sendall(b"".join(data))
            assert len(one_answer(connection)) > 4 << 20
            exchange(connection, b"")
            exchange(connection, b"")
        record = endpoint.finish()
        assert [request.raw for request in record.requests] == data
        assert [response.status for response in record.responses] == [409, 204, 204]

    def test_requests_that_were_pipelined_and_not_answered_are_recorded(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, b"x" * (16 << 20)), DONE)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN + PLAIN)
            connection.recv(1)
            record = endpoint.finish()
        assert [request.malformed for request in record.requests] == [None, None]
        assert len(record.responses) == 1

    @pytest.mark.parametrize("option", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
    def test_an_empty_line_behind_a_request_is_recorded_and_not_answered(
        self, server: Loopback, option: bytes
    ) -> None:
        data = PLAIN.replace(b"Content", option + b"Content")
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(data + b"\r\n")
            connection.recv(1)
            record = endpoint.finish()
        assert [request.raw for request in record.requests] == [data, b"\r\n"]
        assert record.requests[1].malformed == "ended before the request was complete"
        assert [response.status for response in record.responses] == [204]

    @pytest.mark.parametrize(
        "data",
        [
            b"POST / HTTP/1.0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: h\r\nConnection: TE, Close\r\nContent-Length: 0\r\n\r\n",
        ],
        ids=["HTTP/1.0", "Connection: close"],
    )
    def test_a_client_that_wants_no_more_sees_the_end(self, server: Loopback, data: bytes) -> None:
        received, record = sent(done(server), data)
        assert received == b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        assert record.responses[0].values("connection") == ["close"]

    def test_an_answer_that_closes_is_whole_and_the_last(self, server: Loopback) -> None:
        endpoint = done(server, StubResponse(200, content=b"x" * (4 << 20), framing="none", close=True))
        received, record = sent(endpoint, PLAIN + PLAIN)
        assert received == record.responses[0].raw
        assert (len(record.requests), len(record.responses)) == (2, 1)

    def test_a_client_that_has_ended_its_side_is_answered(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            connection.shutdown(socket.SHUT_WR)
            assert to_the_end(connection) == NO_CONTENT
        assert endpoint.finish().requests[0].malformed is None

    def test_a_client_that_leaves_before_the_answer_is_recorded(self, server: Loopback) -> None:
        endpoint = done(server, stub(500, b"x" * (4 << 20)))
        connection = connect(endpoint)
        connection.sendall(PLAIN)
        connection.close()
        record = endpoint.finish()
        assert (len(record.requests), len(record.responses)) == (1, 1)
        endpoint = done(server)
        with connect(endpoint) as connection:
            exchange(connection)
        assert len(endpoint.finish().requests) == 1

    def test_the_oldest_of_too_many_connections_gives_way(self, server: Loopback) -> None:
        endpoint = done(server)
        connections = [connect(endpoint) for _ in range(33)]
        try:
            exchange(connections[-1])
            assert connections[0].recv(1) == b""
            exchange(connections[1])
        finally:
            for connection in connections:
                connection.close()
