"""Endpoints of the loopback transport, and how its server starts, stops and fails."""

from __future__ import annotations

import socket
import threading

import httpx
import pytest

from graphcontract.http.stub_response import ResponseScript, StubResponse, stub
from graphcontract.transports import Record, loopback
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import WireRequest

from .wire import (
    DONE,
    HALF,
    NO_CONTENT,
    PLAIN,
    connect,
    done,
    exchange,
    one_answer,
    receive,
    to_the_end,
)


class TestStages:
    def test_a_kept_connection_lives_on(self, server: Loopback) -> None:
        first = done(server)
        with connect(first) as connection:
            exchange(connection)
            first_record = first.finish()
            second = done(server, StubResponse(204, (("A", "b"),)))
            assert second.root == first.root
            assert one_answer(connection, PLAIN) == b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"
            second_record = second.finish()
        assert [len(record.requests) for record in (first_record, second_record)] == [1, 1]
        assert first_record.requests[0].connection == second_record.requests[0].connection
        assert second_record.responses[0].request == 0

    def test_connections_have_numbers_of_their_own(self, server: Loopback) -> None:
        endpoint = done(server)
        for _ in range(2):
            with connect(endpoint) as connection:
                exchange(connection)
        first, second = endpoint.finish().requests
        assert first.connection != second.connection

    def test_open_connections_are_those_that_the_client_has_not_closed(self, server: Loopback) -> None:
        endpoint = done(server)
        assert endpoint.count_connections() == (0, 0)
        with connect(endpoint) as connection:
            exchange(connection)
            with connect(endpoint) as other:
                exchange(other)
                assert endpoint.count_connections() == (2, 0)
            assert endpoint.count_connections() == (1, 0)
        assert endpoint.count_connections() == (0, 0)

    def test_a_connection_that_the_server_ends_is_open_until_the_client_closes_it(
        self, server: Loopback
    ) -> None:
        endpoint = done(server, StubResponse(204, close=True))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            to_the_end(connection)
            assert endpoint.count_connections() == (1, 0)
        assert endpoint.count_connections() == (0, 0)

    def test_a_connection_without_a_response_waits(self, server: Loopback) -> None:
        endpoint = done(server, StubResponse(204, fault="stalled"))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            while not endpoint.count_connections().waiting:  # the request is on its way
                pass
            assert endpoint.count_connections() == (1, 1)
        assert endpoint.count_connections() == (0, 0)

    def test_a_client_that_never_ends_gets_no_further_response(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            for _ in range(60):
                assert one_answer(connection, PLAIN) == NO_CONTENT
            connection.sendall(PLAIN)
            assert to_the_end(connection) == b""
        record = endpoint.finish()
        assert (len(record.requests), len(record.responses)) == (61, 60)

    def test_httpx_keeps_its_connection(self, server: Loopback) -> None:
        connections = []
        with httpx.Client(trust_env=False) as client:
            for _ in range(3):
                endpoint = done(server, stub(409, b"{}", "application/json"))
                response = client.post(f"{endpoint.root}/beta/tasks/x1/cancel")
                (request,) = endpoint.finish().requests
                connections.append(request.connection)
                assert (response.status_code, response.json()) == (409, {})
                assert (request.target, request.framing) == ("/beta/tasks/x1/cancel", "content-length")
        assert len(set(connections)) == 1

    def test_a_spoiled_port_is_gone_for_good(self, server: Loopback) -> None:
        endpoint = done(server)
        hosts = server.hosts
        with connect(endpoint) as connection:
            exchange(connection)
            assert len(endpoint.finish(spoiled=True).requests) == 1
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint)
        assert done(server).root != endpoint.root
        assert server.hosts == hosts

    def test_hosts_are_announced_once_and_grow_when_used_up(self, server: Loopback) -> None:
        announced = server.hosts
        assert len(announced) == 8
        endpoints = [done(server) for _ in range(3)]
        ports = {endpoint.root.rsplit(":")[-1] for endpoint in endpoints}
        named = {f"{host}:{port}" for host in ("127.0.0.1", "localhost") for port in ports}
        assert named | {"127.0.0.1", "localhost"} == set(announced)
        with connect(done(server)) as connection:
            exchange(connection)
        assert server.hosts[:8] == announced
        assert len(server.hosts) == 10

    def test_two_stages_at_once(self, server: Loopback) -> None:
        together = threading.Barrier(2, timeout=10)
        records: dict[int, Record] = {}

        def call(number: int) -> None:
            endpoint = done(server, StubResponse(200 + number))
            with connect(endpoint) as connection:
                for _ in range(50):
                    together.wait()
                    data = PLAIN.replace(b"x1", b"%d" % number)
                    assert one_answer(connection, data).startswith(b"HTTP/1.1 20%d " % number)
            records[number] = endpoint.finish()

        threads = [threading.Thread(target=call, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in (1, 2):
            assert {each.target for each in records[number].requests} == {f"/beta/tasks/{number}/cancel"}
            assert [each.status for each in records[number].responses] == [200 + number] * 50

    def test_what_came_before_the_end_is_in_the_record(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            for _ in range(200):
                connection.sendall(PLAIN)
                assert len(endpoint.finish().requests) == 1
                assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
                endpoint = done(server)

    def test_a_request_after_the_end_is_late(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            endpoint.finish()
            connection.sendall(PLAIN)
            following = done(server)
            late = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            assert to_the_end(connection) == late
        assert following.root == endpoint.root
        assert following.finish() == Record((), ())

    def test_half_a_request_between_stages_is_not_the_next_ones(self, server: Loopback) -> None:
        endpoint = done(server)
        with connect(endpoint) as connection:
            endpoint.finish()
            connection.sendall(HALF)
            following = done(server)
            assert to_the_end(connection) == b""
        assert following.finish() == Record((), ())

    def test_expecting_waits_for_a_request(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loopback, "_PATIENCE", 10)
        endpoint = done(server)
        with connect(endpoint) as connection:
            timer = threading.Timer(0.02, connection.sendall, (PLAIN,))
            timer.start()
            record = endpoint.finish(expecting=True)
            timer.join()
        assert len(record.requests) == 1

    def test_expecting_gives_up(self, server: Loopback) -> None:
        assert done(server).finish(expecting=True) == Record((), ())

    def test_a_stage_ends_once(self, server: Loopback) -> None:
        endpoint = done(server)
        endpoint.finish()
        with pytest.raises(RuntimeError, match="already closed"):
            endpoint.finish()

    def test_what_cannot_be_staged(self, server: Loopback) -> None:
        with pytest.raises(ValueError, match="own-root"):
            server.open_endpoint(ResponseScript((DONE,)), root="https://graph.microsoft.com")
        for answers, why in (((), "at least one response"), ((DONE, StubResponse(None)), "settle it first")):
            with pytest.raises(ValueError, match=why):
                server.open_endpoint(ResponseScript(answers))


class TestServer:
    def test_leaving_closes_everything(self) -> None:
        before = threading.active_count()
        with Loopback() as server:
            endpoint = done(server)
            connection = connect(endpoint)
            exchange(connection)
        with connection:
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint)
        assert threading.active_count() == before
        for use in (endpoint.finish, lambda: done(server)):
            with pytest.raises(RuntimeError, match="not running"):
                use()

    def test_without_with_it_does_not_run(self) -> None:
        with pytest.raises(RuntimeError, match="not running"):
            done(Loopback())

    def test_a_failure_inside_is_raised_outside(self, server: Loopback) -> None:
        def confused(request: WireRequest) -> bool:
            raise LookupError(request.target)

        endpoint = server.open_endpoint(ResponseScript((DONE,), concerns=confused))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            assert to_the_end(connection) == b""
        for use in (endpoint.finish, lambda: done(server)):
            with pytest.raises(RuntimeError, match="the loopback server failed") as failed:
                use()
            assert isinstance(failed.value.__cause__, LookupError)

    def test_a_port_that_cannot_be_bound_is_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> socket.socket:
            raise OSError("no more files")

        monkeypatch.setattr(socket, "create_server", refuse)
        with pytest.raises(RuntimeError, match="the loopback server failed") as failed, Loopback():
            pass
        assert str(failed.value.__cause__) == "no more files"
