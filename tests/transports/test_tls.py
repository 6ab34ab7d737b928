"""TLS on the loopback transport: who is let in, who stays away, and what is recorded of either."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator

import httpx
import pytest

from graphcontract.http.stub_response import ResponseScript, StubResponse, stub
from graphcontract.transports import Certificate, Record
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock

from .wire import (
    DONE,
    HALF,
    NO_CONTENT,
    PLAIN,
    careless,
    connect,
    done,
    exchange,
    receive,
    secured,
    to_the_end,
    trusting,
)

REJECTED: list[tuple[Certificate, str]] = [
    ("untrusted", r"unable to get local issuer certificate"),
    ("other-name", r"IP address mismatch|Hostname mismatch"),
    ("expired", r"has expired"),
]


@pytest.fixture(scope="module")
def secure() -> Iterator[Loopback]:
    with Loopback(ports=9, tls=True) as server:
        yield server


@pytest.fixture(scope="module")
def context(secure: Loopback) -> ssl.SSLContext:
    return trusting(secure)


def shake_hands(
    client: ssl.SSLObject, connection: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
) -> None:
    while True:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(1 << 16))
        else:
            return


def beneath(connection: ssl.SSLSocket) -> socket.socket:
    plain = socket.socket(fileno=connection.detach())
    plain.settimeout(10)
    return plain


class TestClients:
    def test_https_is_the_scheme_of_every_root(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure)
        assert secure.https
        assert endpoint.root.startswith("https://127.0.0.1:")
        with httpx.Client(trust_env=False, verify=context) as client:
            for root in endpoint.roots.values():
                assert client.post(root).status_code == 204
        record = endpoint.finish()
        assert [request.scheme for request in record.requests] == ["https", "https"]
        assert sorted(str(request.server_name) for request in record.requests) == ["", "localhost"]
        assert record.connections == 2

    @pytest.mark.parametrize(("certificate", "why"), REJECTED)
    def test_a_careful_client_stays_away(
        self, secure: Loopback, context: ssl.SSLContext, certificate: Certificate, why: str
    ) -> None:
        endpoint = secure.open_endpoint(ResponseScript((DONE,)), certificate=certificate)
        for name in ("self", "same-host-name"):
            with pytest.raises(ssl.SSLCertVerificationError, match=why):
                secured(context, endpoint, name)
        assert endpoint.finish() == Record((), (), connections=2)

    @pytest.mark.parametrize("certificate", [certificate for certificate, _ in REJECTED])
    def test_a_careless_client_does_not(self, secure: Loopback, certificate: Certificate) -> None:
        endpoint = secure.open_endpoint(ResponseScript((DONE,)), certificate=certificate)
        with secured(careless(), endpoint) as connection:
            exchange(connection)
        record = endpoint.finish()
        assert len(record.requests) == 1

    def test_one_stage_can_be_https_where_others_are_not(self, server: Loopback) -> None:
        client = httpx.Client(trust_env=False, verify=trusting(server))
        with client:
            certificates: list[Certificate | None] = ["trusted", None, "trusted"]
            for certificate in certificates:
                endpoint = server.open_endpoint(ResponseScript((DONE,)), certificate=certificate)
                scheme = "https" if certificate else "http"
                assert client.post(endpoint.root).url.scheme == scheme
                assert [request.scheme for request in endpoint.finish().requests] == [scheme]
        assert not server.https

    def test_no_session_outlives_a_change_of_certificate(self) -> None:
        with Loopback(ports=1, tls=True) as server:
            context = trusting(server)
            first = done(server)
            with secured(context, first) as connection:
                exchange(connection)
                session = connection.session
            first.finish()
            second = server.open_endpoint(ResponseScript((DONE,)), certificate="expired")
            with connect(second) as plain, pytest.raises(ssl.SSLCertVerificationError, match="has expired"):
                context.wrap_socket(plain, server_hostname="127.0.0.1", session=session)

    def test_the_mock_shows_no_certificates(self) -> None:
        with Mock() as mock:
            assert mock.ca_file is None
            with pytest.raises(ValueError, match="certificates need"):
                mock.open_endpoint(ResponseScript((DONE,)), certificate="expired")


class TestConnections:
    def test_http_1_1_alone_is_offered(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure)
        with secured(context, endpoint) as connection:
            assert connection.selected_alpn_protocol() == "http/1.1"
            exchange(connection)
        endpoint.finish()

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_versions(self, secure: Loopback, version: ssl.TLSVersion) -> None:
        context = trusting(secure)
        context.minimum_version = context.maximum_version = version
        endpoint = done(secure)
        with secured(context, endpoint) as connection:
            assert connection.version() == version.name.replace("_", ".")
            exchange(connection)
        endpoint.finish()

    def test_one_lives_on_from_stage_to_stage(self, secure: Loopback, context: ssl.SSLContext) -> None:
        first = done(secure)
        with secured(context, first) as connection:
            exchange(connection)
            assert first.finish().connections == 1
            second = done(secure)
            assert second.root == first.root
            exchange(connection)
            record = second.finish()
        assert (len(record.requests), record.connections) == (1, 0)

    def test_a_port_of_tls_is_never_plain_later(self) -> None:
        with Loopback(ports=1) as server:
            first = server.open_endpoint(ResponseScript((DONE,)), certificate="trusted")
            first.finish()
            second = done(server)
            with connect(second) as plain:
                exchange(plain)
            assert len(second.finish().requests) == 1
            assert second.root.rpartition(":")[2] != first.root.rpartition(":")[2]

    def test_much_in_both_directions(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure, stub(409, b"x" * (4 << 20), close=True))
        data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (1 << 20) + b"y" * (1 << 20)
        with secured(context, endpoint) as connection:
            connection.sendall(data)
            received = to_the_end(connection)
        record = endpoint.finish()
        assert received == record.responses[0].raw
        assert record.requests[0].content_size == 1 << 20

    def test_bytes_that_come_one_by_one(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure)
        with secured(context, endpoint) as connection:
            for byte in PLAIN:
                connection.sendall(bytes([byte]))
            assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
        (request,) = endpoint.finish().requests
        assert request.raw == PLAIN

    def test_an_end_of_ours_is_clean_and_the_other_direction_is_still_read(
        self, secure: Loopback, context: ssl.SSLContext
    ) -> None:
        context = trusting(secure)
        endpoint = done(secure, StubResponse(204, close=True))
        with connect(endpoint) as plain:
            connection = context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
            connection.sendall(PLAIN)
            assert to_the_end(connection).endswith(b"Connection: close\r\n\r\n")
            connection.sendall(PLAIN)
            record = endpoint.finish()
            connection.close()
        assert (len(record.requests), len(record.responses)) == (2, 1)

    def test_a_client_that_ends_its_side_at_once_is_answered(
        self, secure: Loopback, context: ssl.SSLContext
    ) -> None:
        endpoint = done(secure)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with connect(endpoint) as connection:
            shake_hands(client, connection, incoming, outgoing)
            client.write(PLAIN)
            with pytest.raises(ssl.SSLWantReadError):
                client.unwrap()
            connection.sendall(outgoing.read())
            incoming.write(to_the_end(connection))
            assert client.read() == NO_CONTENT
            with pytest.raises(ssl.SSLZeroReturnError):
                client.read()
        record = endpoint.finish()
        assert (len(record.requests), record.requests[0].malformed) == (1, None)

    def test_half_a_request(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure)
        with secured(context, endpoint) as connection:
            connection.sendall(HALF)
            record = endpoint.finish()
            assert to_the_end(connection) == b""
        assert [request.raw for request in record.requests] == [HALF]

    @pytest.mark.parametrize("fault", ["reset-in-request", "reset"])
    def test_a_reset_is_one_of_tcp(self, secure: Loopback, context: ssl.SSLContext, fault: str) -> None:
        endpoint = done(secure, stub(204, fault=fault))
        connection = secured(context, endpoint)
        connection.sendall(PLAIN)
        with beneath(connection) as plain, pytest.raises(ConnectionResetError):
            to_the_end(plain)
        assert len(endpoint.finish().requests) == (fault == "reset")

    def test_dripped(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure, stub(204, fault="dripped", drip=0.001))
        with secured(context, endpoint) as connection:
            connection.sendall(PLAIN)
            assert receive(connection, 40) == b"HTTP/1.1 204 No Content\r\nX-Dripped: ...."
            endpoint.finish()


class TestNoHandshake:
    def test_plain_http_is_a_malformed_request(self, secure: Loopback, context: ssl.SSLContext) -> None:
        endpoint = done(secure)
        with connect(endpoint) as connection:
            connection.sendall(PLAIN)
            assert b"HTTP" not in to_the_end(connection)
        with secured(context, endpoint) as connection:
            exchange(connection)
        record = endpoint.finish()
        assert (len(record.requests), record.connections) == (2, 2)
        assert (record.requests[0].raw, record.requests[0].scheme) == (PLAIN, "http")
        assert record.requests[0].malformed == "sent without TLS where TLS is expected"
        assert [response.request for response in record.responses] == [1]

    @pytest.mark.parametrize("data", [b"SSH-2.0-client\r\n", b"\x00" * 300])
    def test_what_is_not_http_is_not_a_request(self, secure: Loopback, data: bytes) -> None:
        endpoint = done(secure)
        with connect(endpoint) as connection:
            connection.sendall(data)
            to_the_end(connection)
        assert endpoint.finish().requests == ()

    @pytest.mark.parametrize("reset", [False, True], ids=["ended", "reset"])
    def test_broken_off(self, secure: Loopback, reset: bool) -> None:
        endpoint = done(secure)
        with connect(endpoint) as connection:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert endpoint.finish() == Record((), (), connections=1)

    def test_one_that_began_before_the_next_call_is_completed_in_it(
        self, secure: Loopback, context: ssl.SSLContext
    ) -> None:
        """A client may connect in advance while a call ends, and find its connection in order."""
        endpoint = done(secure)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        with connect(endpoint) as connection:
            hello = outgoing.read()
            connection.sendall(hello[:40])
            assert endpoint.finish().requests == ()
            following = done(secure)
            assert following.root == endpoint.root
            connection.sendall(hello[40:])
            incoming.write(connection.recv(1 << 16))
            shake_hands(client, connection, incoming, outgoing)
            client.write(PLAIN)
            connection.sendall(outgoing.read())
            assert len(following.finish(expecting=True).requests) == 1

    def test_a_connection_that_says_nothing_is_not_a_connection(self, secure: Loopback) -> None:
        endpoint = done(secure)
        connect(endpoint).close()
        assert endpoint.finish() == Record((), (), connections=1)

    def test_an_old_version(self, secure: Loopback) -> None:
        context = careless()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        endpoint = done(secure)
        with pytest.raises(ssl.SSLError):
            secured(context, endpoint)
        assert endpoint.finish() == Record((), (), connections=1)

    def test_garbage_after_the_handshake_ends_the_connection(
        self, secure: Loopback, context: ssl.SSLContext
    ) -> None:
        endpoint = done(secure)
        connection = secured(context, endpoint)
        connection.sendall(HALF)
        with beneath(connection) as plain:
            plain.sendall(b"garbage" * 10)
            to_the_end(plain)
        (request,) = endpoint.finish().requests
        assert (request.raw, request.malformed is None) == (HALF, False)
