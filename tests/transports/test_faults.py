"""Faults on the wire: what a client meets, and what is recorded of it."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import httpx
import pytest

from graphcontract.http.stub_response import Framing, ResponseScript, StubResponse, stub
from graphcontract.transports import Endpoint, Record
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import Fault

from .wire import (
    DONE,
    HALF,
    NO_CONTENT,
    PLAIN,
    connect,
    done,
    exchange,
    one_answer,
    sent,
    to_the_end,
    trusting,
)

CONFLICT = stub(409, b'{"error":{}}', "application/json")
CONFLICT_HEAD = b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"


def faulty(fault: Fault, drip: float = 0.2) -> StubResponse:
    return stub(204, fault=fault, drip=drip)


def is_reset(connection: socket.socket) -> bool:
    try:
        connection.recv(1)
    except ConnectionResetError:
        return True
    return False


def is_reset_at_connect(endpoint: Endpoint) -> bool:
    try:
        with connect(endpoint) as connection:
            return is_reset(connection)
    except ConnectionResetError:  # while it connects, or setting options
        return True


class TestRefused:
    def test_nothing_listens_for_the_whole_stage(self, server: Loopback) -> None:
        endpoint = done(server, faulty("refused"), DONE)
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                connect(endpoint)
        assert endpoint.finish() == Record((), ())

    def test_the_same_root_answers_before_and_after(self, server: Loopback) -> None:
        before = done(server)
        with connect(before) as kept:
            exchange(kept)
            before.finish()
            during = done(server, faulty("refused"))
            assert to_the_end(kept) == b""
            with pytest.raises(ConnectionRefusedError):
                connect(during)
            during.finish()
        after = done(server)
        assert before.root == during.root == after.root
        with connect(after) as connection:
            exchange(connection)
        assert len(after.finish().requests) == 1

    def test_a_refusing_port_closes_with_the_server(self) -> None:
        with Loopback(ports=1) as server:
            root = done(server, faulty("refused")).root
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", int(root.rpartition(":")[2])))

    def test_it_comes_first_or_not_at_all(self, server: Loopback) -> None:
        with pytest.raises(ValueError, match="can only be the first response"):
            done(server, DONE, faulty("refused"))


class TestReset:
    def test_at_connect(self, server: Loopback) -> None:
        endpoint = done(server, faulty("reset-at-connect"), DONE)
        assert is_reset_at_connect(endpoint)
        with connect(endpoint) as connection:
            exchange(connection)
        record = endpoint.finish()
        assert (len(record.requests), len(record.responses), record.connections) == (1, 1, 2)

    def test_at_connect_again_and_again(self, server: Loopback) -> None:
        endpoint = done(server, faulty("reset-at-connect"))
        assert all(is_reset_at_connect(endpoint) for _ in range(3))
        assert endpoint.finish() == Record((), (), connections=3)

    def test_in_the_request(self, server: Loopback) -> None:
        endpoint = done(server, faulty("reset-in-request"), DONE)
        with connect(endpoint) as connection:
            connection.sendall(HALF)
            assert is_reset(connection)
        with connect(endpoint) as connection:
            exchange(connection)
        record = endpoint.finish()
        assert (len(record.requests), len(record.responses), record.connections) == (1, 1, 2)

    @pytest.mark.parametrize("fault", ["reset-at-connect", "reset-in-request"])
    def test_a_kept_connection_with_the_first_byte(self, server: Loopback, fault: Fault) -> None:
        first = done(server)
        with connect(first) as connection:
            exchange(connection)
            first.finish()
            endpoint = done(server, faulty(fault))
            connection.sendall(PLAIN[:1])
            assert is_reset(connection)
        assert endpoint.finish() == Record((), ())

    def test_not_in_the_midst_of_an_earlier_request(self, server: Loopback) -> None:
        endpoint = done(server, DONE, faulty("reset-in-request"))
        with connect(endpoint) as connection:
            exchange(connection)
            connection.sendall(PLAIN)
            assert is_reset(connection)
        assert len(endpoint.finish().requests) == 1

    def test_after_the_request(self, server: Loopback) -> None:
        endpoint = done(server, faulty("reset"), DONE)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN[:-1])
            connection.sendall(PLAIN[-1:])
            assert is_reset(connection)
        with connect(endpoint) as connection:
            exchange(connection)
        record = endpoint.finish()
        assert [request.raw for request in record.requests] == [PLAIN, PLAIN]
        lost, found = record.responses
        assert (lost.fault, lost.status, lost.raw, lost.fields, lost.whole) == ("reset", 0, b"", (), False)
        assert (found.fault, found.status, found.whole) == (None, 204, True)


class TestCut:
    def test_after_half_of_the_content(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, b"0123456789", fault="half-content-reset"))
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            received = bytearray()

            def drain() -> None:
                while part := connection.recv(1 << 16):
                    received.extend(part)

            with pytest.raises(ConnectionResetError):
                drain()
        (response,) = endpoint.finish().responses
        assert response.raw.endswith(b"\r\n\r\n01234")
        assert response.raw.startswith(received)
        assert (response.status, response.content, response.whole) == (409, b"01234", False)

    @pytest.mark.parametrize(
        ("what", "received", "status", "content"),
        [
            (faulty("closed"), b"", 0, b""),
            (faulty("half-head"), b"HTTP/1.1 2", 0, b""),
            (
                stub(204, fault="half-head", interim=(103,)),
                b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2",
                0,
                b"",
            ),
            (stub(409, b"{}", fault="half-content"), None, 409, b"{"),
            (stub(409, b"x", fault="half-content"), None, 409, b""),
            (faulty("garbage"), b"\x00\x01\xfe\xff 204 this is not HTTP\r\n\r\n", 0, b""),
        ],
        ids=["closed", "half-head", "after an interim response", "half-content", "one byte", "garbage"],
    )
    def test_then_the_stream_ends(
        self, server: Loopback, what: StubResponse, received: bytes | None, status: int, content: bytes
    ) -> None:
        if received is None:
            head = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n" % len(what.content)
            received = head + content
        seen, record = sent(done(server, what), PLAIN)
        assert seen == received
        (request,), (response,) = record.requests, record.responses
        assert request.raw == PLAIN
        assert (response.raw, response.status, response.content) == (received, status, content)
        assert (response.fault, response.whole) == (what.fault, False)

    @pytest.mark.parametrize("framing", ["content-length", "chunked"])
    def test_half_content_is_half_of_it(self, server: Loopback, framing: Framing) -> None:
        what = stub(409, b"0123456789", fault="half-content", framing=framing)
        seen, record = sent(done(server, what), PLAIN)
        head, _, body = seen.partition(b"\r\n\r\n")
        assert body == (b"a\r\n01234" if framing == "chunked" else b"01234")
        assert head.startswith(b"HTTP/1.1 409 ")
        assert record.responses[0].content == b"01234"
        assert record.responses[0].fields[-1] in (("Content-Length", "10"), ("Transfer-Encoding", "chunked"))

    def test_half_content_of_a_head_is_its_head(self, server: Loopback) -> None:
        endpoint = done(server, stub(409, b"0123456789", fault="half-content", framing="chunked"))
        seen, record = sent(endpoint, PLAIN.replace(b"POST", b"HEAD"))
        assert (
            seen == record.responses[0].raw == b"HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

    @pytest.mark.parametrize(
        "what",
        [
            StubResponse(409),
            StubResponse(204, content=b"x"),
            StubResponse(409, content=b"x", framing="none"),
            StubResponse(409, content=b"x", framing="to-the-end"),
        ],
        ids=["none", "204", "unframed", "to the end"],
    )
    def test_half_content_needs_content_whose_end_is_reported(
        self, server: Loopback, what: StubResponse
    ) -> None:
        with pytest.raises(ValueError, match="half-content needs"):
            done(server, replace(what, fault="half-content"))

    def test_what_comes_afterwards_is_recorded_and_not_answered(self, server: Loopback) -> None:
        seen, record = sent(done(server, faulty("closed"), DONE), PLAIN + PLAIN)
        assert seen == b""
        assert (len(record.requests), len(record.responses)) == (2, 1)

    def test_other_traffic_uses_up_no_fault(self, server: Loopback) -> None:
        script = ResponseScript(
            (faulty("closed"), DONE), concerns=lambda request: request.target.endswith("/cancel")
        )
        endpoint = server.open_endpoint(script)
        with connect(endpoint) as connection:
            other = one_answer(connection, PLAIN.replace(b"/cancel", b"/other"))
            assert other.startswith(b"HTTP/1.1 404 ")
            connection.sendall(PLAIN)
            assert to_the_end(connection) == b""
        assert [response.fault for response in endpoint.finish().responses] == [None, "closed"]


class TestUnending:
    def test_stalled_until_the_stage_is_finished(self, server: Loopback) -> None:
        endpoint = done(server, faulty("stalled"), DONE)
        with connect(endpoint) as connection, connect(endpoint) as another:
            connection.sendall(PLAIN + PLAIN)
            connection.settimeout(0.05)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            exchange(another)
            connection.settimeout(10)
            record = endpoint.finish()
            assert connection.recv(1) == b""
        assert [response.fault for response in record.responses] == ["stalled", None]
        assert len(record.requests) == 3
        assert (record.responses[0].raw, record.responses[0].status) == (b"", 0)

    def test_a_client_that_leaves_a_stall_can_call_again(self, server: Loopback) -> None:
        endpoint = done(server, faulty("stalled"), DONE)
        with httpx.Client(trust_env=False, timeout=httpx.Timeout(10, read=0.05)) as client:
            with pytest.raises(httpx.ReadTimeout):
                client.post(endpoint.root)
            assert client.post(endpoint.root).status_code == 204
        assert endpoint.finish().connections == 2

    def test_dripped_byte_by_byte(self, server: Loopback) -> None:
        endpoint = done(server, faulty("dripped", drip=0.005))
        begins = b"HTTP/1.1 204 No Content\r\nX-Dripped: "
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            began, seen = time.monotonic(), b""
            while len(seen) < len(begins) + 3:
                seen += connection.recv(1 << 16)
            took = time.monotonic() - began
            assert seen.startswith(begins + b"...")
            assert took >= 0.005 * (len(seen) - 2)
            record = endpoint.finish()
            assert set(to_the_end(connection)) <= set(b".")
        (response,) = record.responses
        assert (response.fault, response.status, response.raw) == ("dripped", 204, begins)
        assert not response.whole

    def test_a_drip_ends_with_its_client(self, server: Loopback) -> None:
        endpoint = done(server, faulty("dripped", drip=0.001), DONE)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            connection.recv(1)
        with connect(endpoint) as connection:
            exchange(connection)
        assert [response.fault for response in endpoint.finish().responses] == ["dripped", None]

    def test_drips_do_not_delay_others(self, server: Loopback) -> None:
        slow, quick = done(server, faulty("dripped", drip=30.0)), done(server)
        with connect(slow) as first, connect(quick) as second:
            first.sendall(PLAIN)
            assert first.recv(1) == b"H"
            exchange(second)
        assert (len(slow.finish().requests), len(quick.finish().requests)) == (1, 1)

    def test_a_server_ends_amid_its_drips(self) -> None:
        before = threading.active_count()
        with Loopback() as server:
            connection = connect(done(server, faulty("dripped", drip=0.001)))
            connection.sendall(PLAIN)
            connection.recv(1)
        with connection:
            to_the_end(connection)
        assert threading.active_count() == before


class TestIdleClosed:
    def test_the_answer_is_whole_and_says_nothing_of_it(self, server: Loopback) -> None:
        seen, record = sent(done(server, faulty("idle-closed")), PLAIN)
        assert seen == NO_CONTENT
        (response,) = record.responses
        assert (response.status, response.fault, response.whole) == (204, "idle-closed", True)

    def test_a_long_answer_is_whole_too(self, server: Loopback) -> None:
        what = stub(409, b"x" * (4 << 20), fault="idle-closed")
        seen, record = sent(done(server, what), PLAIN)
        assert seen == record.responses[0].raw
        assert seen.endswith(what.content)

    def test_the_next_request_on_it_is_lost(self, server: Loopback) -> None:
        first = done(server, faulty("idle-closed"))
        with connect(first) as connection:
            exchange(connection)
            first.finish()
            second = done(server)
            connection.sendall(PLAIN)
            assert to_the_end(connection) == b""
        assert second.finish() == Record((), ())

    def test_httpx_opens_another(self, server: Loopback) -> None:
        with httpx.Client(trust_env=False) as client:
            records = []
            for what in (faulty("idle-closed"), DONE):
                endpoint = done(server, what)
                assert client.post(endpoint.root).status_code == 204
                records.append(endpoint.finish())
        assert [record.connections for record in records] == [1, 1]
        assert [len(record.requests) for record in records] == [1, 1]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("refused", httpx.ConnectError),
        ("reset-at-connect", httpx.TransportError),
        ("reset-in-request", httpx.TransportError),
        ("reset", httpx.TransportError),  # Python's ssl reports a reset as an end of the stream
        ("closed", httpx.RemoteProtocolError),
        ("stalled", httpx.ReadTimeout),
        ("half-head", httpx.RemoteProtocolError),
        ("half-content", httpx.RemoteProtocolError),
        ("garbage", httpx.RemoteProtocolError),
    ],
)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_httpx_fails_and_the_next_call_does_not(fault: Fault, error: type[Exception], tls: bool) -> None:
    with Loopback(ports=1, tls=tls) as server:
        verify = trusting(server) if tls else True
        timeout = httpx.Timeout(10, read=0.1 if fault == "stalled" else 10)
        with httpx.Client(trust_env=False, verify=verify, timeout=timeout) as client:
            for what, fails in ((DONE, False), (stub(409, b"{}", fault=fault), True), (DONE, False)):
                endpoint = done(server, what)
                if fails:
                    with pytest.raises(error):
                        client.post(endpoint.root)
                else:
                    assert client.post(endpoint.root).status_code == 204
                endpoint.finish()


def test_a_slow_drip_outlives_every_read_timeout(server: Loopback) -> None:
    endpoint = done(server, faulty("dripped", drip=0.02))  # its head alone takes more than a second
    finishing = threading.Timer(0.8, endpoint.finish)
    finishing.start()
    with httpx.Client(trust_env=False, timeout=0.5) as client, pytest.raises(httpx.RemoteProtocolError):
        client.post(endpoint.root)
    finishing.join()
