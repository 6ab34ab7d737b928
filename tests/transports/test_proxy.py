"""The proxy transport: hosts that a client reaches by CONNECT, and the rest, which get 502."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphcontract.http.stub_response import ResponseScript, StubResponse, stub
from graphcontract.transports import Certificate, Scope
from graphcontract.transports.proxy import Proxy
from graphcontract.wire import Fault, WireRequest

from .wire import DONE, to_the_end

ROOT = "https://graph.test"
ABOUT = "/beta/tasks/x1/cancel"
CONNECT = b"CONNECT graph.test:443 HTTP/1.1\r\nHost: graph.test:443\r\n\r\n"
MOVED = StubResponse(307, (("Location", "{other-host}/there"),))


def _names_x1(request: WireRequest) -> bool:
    return b"x1" in request.raw


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy(ROOT) as up:
        yield up


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=proxy.ca_file)
    with httpx.Client(verify=context, proxy=proxy.proxy, trust_env=False, timeout=5) as up:
        yield up


def knock(proxy: Proxy, data: bytes) -> bytes:
    """Say this to the proxy, and read what it says until it ends."""
    with socket.create_connection(("127.0.0.1", httpx.URL(proxy.proxy).port or 0), timeout=5) as connection:
        with suppress(OSError):  # the proxy may have reset the connection by then
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        try:
            return to_the_end(connection)
        except ConnectionResetError:
            return b"reset"


class TestTheRoot:
    def test_a_request_comes_by_the_name_of_the_root(self, proxy: Proxy, client: httpx.Client) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        assert client.post(ROOT + ABOUT).status_code == 204
        record = endpoint.finish()
        (request,) = record.requests
        assert (request.method, request.target, request.origin) == ("POST", ABOUT, "graph.test:443")
        assert (request.values("host"), request.scheme, record.connections) == (["graph.test"], "https", 1)
        assert request.server_name == "graph.test"
        assert [response.status for response in record.responses] == [204]

    def test_a_tunnel_is_open_until_the_client_closes_it(self, proxy: Proxy) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), scope=Scope())
        context = ssl.create_default_context(cafile=proxy.ca_file)
        with httpx.Client(verify=context, proxy=proxy.proxy, trust_env=False, timeout=5) as client:
            client.post(ROOT + ABOUT)
            assert endpoint.count_connections() == (1, 0)
        assert endpoint.count_connections() == (0, 0)
        endpoint.finish()

    def test_a_tunnel_lives_on_from_stage_to_stage(self, proxy: Proxy, client: httpx.Client) -> None:
        for number in range(3):
            endpoint = proxy.open_endpoint(ResponseScript((stub(409),), _names_x1))
            assert client.post(ROOT + ABOUT).status_code == 409
            assert endpoint.finish().connections == (number == 0)

    def test_a_spoiled_one_ends_it(self, proxy: Proxy, client: httpx.Client) -> None:
        for _ in range(2):
            endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
            client.post(ROOT + ABOUT)
            assert endpoint.finish(spoiled=True).connections == 1

    def test_an_odd_connection_asks_for_a_new_client_in_the_next_scope(
        self, proxy: Proxy, client: httpx.Client
    ) -> None:
        first, second, third = Scope(), Scope(), Scope()
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), scope=first)
        client.post(ROOT + ABOUT)
        endpoint.finish()
        assert not proxy.needs_new_client(second)
        endpoint = proxy.open_endpoint(ResponseScript((replace(DONE, stray=b"x"),), _names_x1), scope=second)
        client.post(ROOT + ABOUT)
        endpoint.finish()
        assert not proxy.needs_new_client(second)
        assert proxy.needs_new_client(third)
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), scope=third)
        client.post(ROOT + ABOUT)
        assert endpoint.finish().connections == 1
        assert not proxy.needs_new_client(first)

    def test_one_stage_at_a_time(self, proxy: Proxy) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        with pytest.raises(RuntimeError, match="already has an open endpoint"):
            proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        endpoint.finish()
        with pytest.raises(RuntimeError, match="already closed"):
            endpoint.finish()

    def test_no_other_root(self, proxy: Proxy) -> None:
        with pytest.raises(ValueError, match="only plays"):
            proxy.open_endpoint(ResponseScript((DONE,), _names_x1), root="https://other.test")
        with pytest.raises(ValueError, match="at least one response"):
            proxy.open_endpoint(ResponseScript(()))

    def test_between_stages_it_is_unavailable(self, proxy: Proxy, client: httpx.Client) -> None:
        assert client.post(ROOT + ABOUT).status_code == 503


class TestTheProbe:
    def test_it_is_played_like_the_root(self, proxy: Proxy, client: httpx.Client) -> None:
        assert proxy.probe_root.removeprefix("https://") in proxy.hosts
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), root=proxy.probe_root)
        assert endpoint.root == proxy.probe_root
        assert client.post(proxy.probe_root + ABOUT).status_code == 204
        assert client.post(ROOT + ABOUT).status_code == 503
        record = endpoint.finish()
        assert [request.target for request in record.requests] == [ABOUT]
        assert client.post(proxy.probe_root + ABOUT).status_code == 503

    def test_who_goes_there_directly_is_seen_and_sent_away(self) -> None:
        with Proxy(ROOT) as proxy:
            endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), root=proxy.probe_root)
            context = ssl.create_default_context(cafile=proxy.ca_file)
            with (
                httpx.Client(verify=context, trust_env=False, timeout=5) as direct,
                pytest.raises(httpx.TransportError),
            ):
                direct.post(proxy.probe_root + ABOUT)
            assert endpoint.finish().requests == ()
            assert (proxy.direct, proxy.arrivals, proxy.inside) == (1, 1, 0)

    def test_it_leads_to_http_of_its_own(self, proxy: Proxy, client: httpx.Client) -> None:
        moved = StubResponse(307, (("Location", "{plain}/there"),))
        endpoint = proxy.open_endpoint(
            ResponseScript((moved,), _names_x1, elsewhere=(DONE,)), root=proxy.probe_root
        )
        assert client.post(proxy.probe_root + ABOUT, follow_redirects=True).status_code == 204
        (there,) = endpoint.finish().elsewhere
        assert (there.scheme, f"https://{there.origin}") == ("http", proxy.probe_root)

    def test_who_takes_the_proxy_for_a_server_is_counted(self) -> None:
        with Proxy(ROOT) as proxy:
            assert knock(proxy, b"POST /there HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 502 ")
            assert knock(proxy, CONNECT).startswith(b"HTTP/1.1 200 ")
            assert proxy.direct == 1


class TestElsewhere:
    @pytest.mark.parametrize("name", ["other-host", "other-port", "plain"])
    def test_other_origins_are_behind_it_too(self, proxy: Proxy, client: httpx.Client, name: str) -> None:
        moved = StubResponse(307, (("Location", f"{{{name}}}/there"),))
        endpoint = proxy.open_endpoint(ResponseScript((moved,), _names_x1, elsewhere=(DONE,)))
        assert client.post(ROOT + ABOUT, follow_redirects=True).status_code == 204
        (there,) = endpoint.finish().elsewhere
        assert there.target.endswith("/there")
        assert there.scheme == ("http" if name == "plain" else "https")

    @pytest.mark.parametrize(
        ("name", "host"),
        [
            ("ends-alike", "othergraph.test"),
            ("begins-alike", "graph.test.elsewhere.graphcontract.test"),
            ("subdomain", "other.graph.test"),
            ("same-domain", "other.test"),
        ],
    )
    def test_hosts_that_look_like_the_root(
        self, proxy: Proxy, client: httpx.Client, name: str, host: str
    ) -> None:
        moved = StubResponse(307, (("Location", f"{{{name}}}/there"),))
        endpoint = proxy.open_endpoint(ResponseScript((moved,), _names_x1, elsewhere=(DONE,)))
        assert client.post(ROOT + ABOUT, follow_redirects=True).status_code == 204
        (there,) = endpoint.finish().elsewhere
        assert (there.origin, there.values("host")) == (f"{host}:443", [host])

    @pytest.mark.parametrize(
        ("name", "root"),
        [("in-capitals", "https://GRAPH.TEST"), ("with-dot", "https://graph.test.")],
    )
    def test_the_root_spelled_otherwise(self, proxy: Proxy, name: str, root: str) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,)))
        assert endpoint.roots[name] == root
        authority = root.removeprefix("https://")
        knock(proxy, f"CONNECT {authority}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        (connect,) = endpoint.finish().connects
        assert connect.target == f"{authority}:443"
        with Proxy("https://graph.test:444") as other:
            ports = other.open_endpoint(ResponseScript((DONE,), elsewhere=(DONE,))).roots
            assert ports[name] == f"{root}:444"

    def test_without_answers_there_is_no_such_host(self, proxy: Proxy) -> None:
        with pytest.raises(ValueError, match="does not have the root of the placeholder"):
            proxy.open_endpoint(ResponseScript((MOVED,), _names_x1))


class TestFaults:
    @pytest.mark.parametrize(
        "fault", ["refused", "reset-at-connect", "reset-in-request", "reset", "half-head"]
    )
    def test_what_breaks_is_a_failure_and_the_next_call_works(
        self, proxy: Proxy, client: httpx.Client, fault: Fault
    ) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((replace(DONE, fault=fault),), _names_x1))
        with pytest.raises(httpx.TransportError):
            client.post(ROOT + ABOUT)
        endpoint.finish()
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        assert client.post(ROOT + ABOUT).status_code == 204
        endpoint.finish()

    def test_a_stall_is_ended_with_the_stage(self, proxy: Proxy, client: httpx.Client) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((replace(DONE, fault="stalled"),), _names_x1))
        with pytest.raises(httpx.ReadTimeout):
            client.post(ROOT + ABOUT, timeout=0.1)
        assert len(endpoint.finish().requests) == 1

    @pytest.mark.parametrize("certificate", ["untrusted", "other-name", "expired"])
    def test_certificates(self, proxy: Proxy, client: httpx.Client, certificate: Certificate) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1), certificate=certificate)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            client.post(ROOT + ABOUT)
        assert endpoint.finish().requests == ()


class TestTheProxyItself:
    def test_unknown_hosts_get_502_and_are_reported(self) -> None:
        with Proxy(ROOT) as proxy:
            response = knock(proxy, b"CONNECT login.test:443 HTTP/1.1\r\nHost: login.test:443\r\n\r\n")
            assert response.startswith(b"HTTP/1.1 502 ")
            assert knock(proxy, b"GET http://else.test/ HTTP/1.1\r\nHost: else.test\r\n\r\n").startswith(
                b"HTTP/1.1 502 "
            )
            assert proxy.unknown_hosts == ("login.test:443", "else.test:80")
            for number in range(50):
                knock(proxy, b"CONNECT %d.test:443 HTTP/1.1\r\nHost: x\r\n\r\n" % number)
            assert len(proxy.unknown_hosts) == 20

    @pytest.mark.parametrize(
        "sent",
        [
            CONNECT,
            CONNECT.replace(b"\r\n\r\n", b"\r\nAuthorization: Bearer x1\r\n\r\n"),
            CONNECT.replace(b"CONNECT ", b"CONNECT x1@"),
            CONNECT.replace(b":443 ", b":443?access_token=x1 "),
            CONNECT.replace(b"graph", b"GRAPH"),
        ],
    )
    def test_a_connect_is_recorded_apart(self, proxy: Proxy, sent: bytes) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        assert knock(proxy, sent).startswith(b"HTTP/1.1 200 ")
        record = endpoint.finish()
        assert record.requests == ()
        assert [request.raw for request in record.connects] == [sent]

    def test_a_connect_to_an_unknown_host_is_recorded_too(self, proxy: Proxy) -> None:
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        sent = CONNECT.replace(b"graph", b"x1.graph")
        assert knock(proxy, sent).startswith(b"HTTP/1.1 502 ")
        assert [request.raw for request in endpoint.finish().connects] == [sent]

    def test_a_connect_between_calls_is_not_recorded(self, proxy: Proxy) -> None:
        knock(proxy, CONNECT)
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        assert endpoint.finish().connects == ()

    def test_a_head_without_end_is_not_kept(self, proxy: Proxy) -> None:
        assert knock(proxy, b"CONNECT " + b"a" * (1 << 20)) in (b"", b"reset")

    def test_many_who_say_nothing(self, proxy: Proxy, client: httpx.Client) -> None:
        port = httpx.URL(proxy.proxy).port or 0
        silent = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(80)]
        endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
        assert client.post(ROOT + ABOUT).status_code == 204
        endpoint.finish()
        for connection in silent:
            connection.close()

    @settings(max_examples=60, deadline=None)
    @example(b"CONNECT graph.test:443 HTTP/9.9\r\n\r\n")
    @example(b"CONNECT [::1 HTTP/1.1\r\nHost: x\r\n\r\n")
    @example(b"POST http://[graph.test/ HTTP/1.1\r\nHost: x\r\n\r\n")
    @example(b"POST http://u@GRAPH.test:80/a HTTP/1.1\r\nHost: x\r\n\r\n")
    @example(b"\r\n\r\n\r\n")
    @example(CONNECT + b"\x16\x03\x01\x00\x05hello")
    @given(
        st.one_of(st.binary(max_size=200), st.text(max_size=60).map(lambda text: text.encode() + b"\r\n\r\n"))
    )
    def test_garbage_does_not_end_it(self, data: bytes) -> None:
        with Proxy(ROOT) as proxy:
            knock(proxy, data)
            endpoint = proxy.open_endpoint(ResponseScript((DONE,), _names_x1))
            context = ssl.create_default_context(cafile=proxy.ca_file)
            with httpx.Client(verify=context, proxy=proxy.proxy, trust_env=False) as client:
                assert client.post(ROOT + ABOUT).status_code == 204
            endpoint.finish()


def test_what_it_leaves_behind() -> None:
    with Proxy(ROOT) as proxy:
        files = [proxy.ca_file, proxy.netns_socket or ""]
        assert json.dumps(files)
        port = httpx.URL(proxy.proxy).port or 0
    import os

    assert not any(os.path.exists(path) for path in files)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
