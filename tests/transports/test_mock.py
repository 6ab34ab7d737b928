"""The mock transport: the bytes that httpx would send, and the responses that it gets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import h11
import httpcore
import httpx
import httpx2
import pytest

from graphcontract.http import stub_response
from graphcontract.http.stub_response import Framing, ResponseScript, StubResponse
from graphcontract.transports import Transport
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from graphcontract.wire import WireRequest

PATH = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{}/cancel"
NO_CONTENT = ResponseScript((stub_response.stub(204),))


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock() as transport:
        yield transport


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as made:
        yield made


def recorded(mock: Mock, client: httpx.Client, method: str, url: str, options: dict[str, Any]) -> WireRequest:
    endpoint = mock.open_endpoint(NO_CONTENT)
    client.request(method, endpoint.root + url, **options)
    (request,) = endpoint.finish().requests
    return request


def exchange(mock: Mock, client: httpx.Client, stub: StubResponse, method: str = "POST") -> httpx.Response:
    endpoint = mock.open_endpoint(ResponseScript((stub,)))
    try:
        return client.request(method, endpoint.root)
    finally:
        endpoint.finish()


def test_clients_on_httpx2_are_served_too(mock: Mock) -> None:
    async def post(url: str) -> int:
        async with httpx2.AsyncClient() as client:
            return (await client.post(url)).status_code

    endpoint = mock.open_endpoint(NO_CONTENT)
    with httpx2.Client() as client:
        assert client.post(endpoint.root + "/beta/x").status_code == 204
    assert asyncio.run(post(endpoint.root + "/beta/y")) == 204
    assert [request.target for request in endpoint.finish().requests] == ["/beta/x", "/beta/y"]
    assert mock.escaped is None


def test_httpx2_raises_its_own_errors(mock: Mock) -> None:
    endpoint = mock.open_endpoint(ResponseScript((replace(stub_response.stub(200), framing="none"),)))
    with httpx2.Client() as client, pytest.raises(httpx2.UnsupportedProtocol):
        client.post(endpoint.root.replace("https", "ftp"))
    with httpx2.Client() as client, pytest.raises(httpx2.LocalProtocolError):
        client.post(endpoint.root, headers={"X": "a\nb"})


# What is recorded


def test_a_cancel_is_recorded_byte_for_byte(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    fields = {"x-AbC": "1", "authorization": "Bearer t", "User-Agent": "u", "Accept": "*/*"}
    response = client.post(endpoint.root + PATH.format("7"), headers=fields)
    record = endpoint.finish()
    (request,), (stub,) = record.requests, record.responses
    host = endpoint.root.removeprefix("https://")
    assert (
        request.raw
        == (
            f"POST {PATH.format('7')} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
            "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
            "x-AbC: 1\r\nauthorization: Bearer t\r\nUser-Agent: u\r\nAccept: */*\r\n\r\n"
        ).encode()
    )
    assert (request.method, request.target, request.version) == ("POST", PATH.format("7"), "1.1")
    assert request.fields[0] == ("Host", host)
    assert request.fields[4:6] == (("x-AbC", "1"), ("authorization", "Bearer t"))
    assert (request.content, request.content_size, request.framing) == (b"", 0, "content-length")
    assert (request.origin, request.malformed) == (host, None)
    assert (response.status_code, response.content) == (204, b"")
    assert (stub.status, stub.raw, stub.request) == (204, b"HTTP/1.1 204 No Content\r\n\r\n", 0)
    assert request.at <= stub.at


def raw_request(transport: Transport, client: httpx.Client, options: dict[str, Any]) -> bytes:
    with transport:
        endpoint = transport.open_endpoint(NO_CONTENT)
        client.request(url=f"{endpoint.root}/a b;ü", **options)
        (request,) = endpoint.finish().requests
    return request.raw


@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST"},
        {"method": "GET"},
        {"method": "POST", "json": {"reason": "ü"}},
        {"method": "PUT", "content": b"abc", "headers": [("content-LENGTH", "3"), ("Expect", "nothing")]},
        {"method": "POST", "content": [b"ab", b"", b"c"]},
        {"method": "POST", "params": {"q": "a b"}},
        {"method": "CANCEL", "headers": [("a", "1"), ("B", "2"), ("a", b"\xfc")]},
    ],
    ids=["empty", "GET", "json", "length", "chunked", "query", "fields"],
)
def test_what_is_recorded_is_what_a_server_receives(client: httpx.Client, options: dict[str, Any]) -> None:
    options = {**options, "headers": [("Host", "x.test"), *options.get("headers", ())]}
    assert raw_request(Mock(), client, options) == raw_request(Loopback(), client, options)


def test_a_method_in_small_letters_stays_so(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    request = client.build_request("POST", endpoint.root)
    request.method = "post"
    client.send(request)
    assert endpoint.finish().requests[0].method == "post"


def test_what_httpx_encodes_is_recorded_encoded(mock: Mock, client: httpx.Client) -> None:
    request = recorded(mock, client, "POST", PATH.format("a b\u00fc%2F"), {})
    assert request.target == PATH.format("a%20b%C3%BC%2F")


def test_what_httpx_must_not_encode_is_recorded_as_it_is(mock: Mock, client: httpx.Client) -> None:
    request = recorded(mock, client, "OPTIONS", "", {"extensions": {"target": b"*"}})
    assert request.raw.startswith(b"OPTIONS * HTTP/1.1\r\n")


def test_chunks_are_recorded_as_chunks(mock: Mock, client: httpx.Client) -> None:
    request = recorded(mock, client, "POST", "", {"content": iter([b"ab", b"c"])})
    assert request.raw.endswith(b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert (request.framing, request.content, request.content_size) == ("chunked", b"abc", 3)


def test_content_is_recorded(mock: Mock, client: httpx.Client) -> None:
    request = recorded(mock, client, "POST", "", {"json": {"a": 1}})
    assert (request.framing, json.loads(request.content)) == ("content-length", {"a": 1})
    assert request.values("content-type") == ["application/json"]


def test_no_framing_is_recorded_as_none(mock: Mock, client: httpx.Client) -> None:
    assert recorded(mock, client, "GET", "", {}).framing == "none"


def test_the_record_does_not_change_with_the_request(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    request = client.build_request("POST", endpoint.root + "/a", headers={"a": "1"})
    client.send(request)
    request.method, request.headers["a"], request.url = "GET", "2", httpx.URL("https://x.test/b")
    (kept,) = endpoint.finish().requests
    assert (kept.method, kept.target, kept.values("a")) == ("POST", "/a", ["1"])


# What h11 rejects when it is sent


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Authorization": "Bearer a\r\nb: c"}},
        {"headers": {"Authorization": "Bearer a\x00"}},
        {"headers": {"a b": "c"}},
        {"extensions": {"target": b"/a\r\nb"}},
        {"extensions": {"target": b"/a b"}},
        {"extensions": {"target": "/\u00fc".encode()}},
    ],
    ids=["field-crlf", "field-nul", "field-name", "target-crlf", "target-space", "target-utf-8"],
)
def test_a_head_that_h11_rejects_is_never_sent(
    mock: Mock, client: httpx.Client, options: dict[str, Any]
) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(httpx.LocalProtocolError, match="Illegal"):
        client.post(endpoint.root, **options)
    assert endpoint.finish().requests == ()


def test_httpx_rejects_an_id_with_a_line_end(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(httpx.InvalidURL):
        client.post(endpoint.root + PATH.format("a\r\nb"))
    assert endpoint.finish().requests == ()


def test_content_that_breaks_off_is_recorded_as_far_as_it_came(mock: Mock, client: httpx.Client) -> None:
    def content() -> Iterator[bytes]:
        yield b"ab"
        raise ZeroDivisionError

    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(ZeroDivisionError):
        client.post(endpoint.root, content=content())
    record = endpoint.finish()
    assert record.requests[0].raw.endswith(b"\r\n\r\n2\r\nab\r\n")
    assert record.requests[0].malformed is not None
    assert record.responses == ()


def test_content_short_of_its_length_is_h11s_own_error_as_from_httpcore(
    mock: Mock, client: httpx.Client
) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(h11.LocalProtocolError, match="Too little data"):
        client.post(endpoint.root, headers={"Content-Length": "5"})
    assert endpoint.finish().requests[0].malformed is not None


def test_endless_content_is_stopped(mock: Mock, client: httpx.Client) -> None:
    def content() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 20)

    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(httpx.WriteError, match="at most"):
        client.post(endpoint.root, content=content())
    (request,) = endpoint.finish().requests
    assert request.malformed is not None
    assert len(request.raw) <= 1 << 20 < request.content_size


def test_other_schemes_are_no_requests(mock: Mock, client: httpx.Client) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        client.post("ftp://call-1.graphcontract.test/")
    with pytest.raises(httpx.UnsupportedProtocol):
        client.post("//call-1.graphcontract.test/")


# Responses


def test_an_error_arrives_as_graph_sends_it(mock: Mock, client: httpx.Client) -> None:
    response = exchange(mock, client, stub_response.plain_error(404))
    assert (response.status_code, response.reason_phrase, response.http_version) == (
        404,
        "Not Found",
        "HTTP/1.1",
    )
    assert response.json()["error"]["code"] == "conflict"
    assert response.headers["request-id"] == response.json()["error"]["innerError"]["request-id"]


def test_a_coded_answer_is_the_clients_to_decode(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(ResponseScript((replace(stub_response.plain_error(409), coded=True),)))
    response = client.post(endpoint.root)
    (sent,) = endpoint.finish().responses
    assert response.headers["content-encoding"] == "gzip"
    assert sent.content[:2] == b"\x1f\x8b"
    assert response.json()["error"]["code"] == "conflict"


@pytest.mark.parametrize("framing", ["content-length", "chunked", "to-the-end", "none"])
def test_framings_are_taken_off(mock: Mock, client: httpx.Client, framing: Framing) -> None:
    response = exchange(mock, client, stub_response.stub(500, b"<p>", "text/html", framing=framing))
    assert (response.content, response.headers["content-type"]) == (b"<p>", "text/html")


def test_a_head_is_shown_as_it_is_spelled(mock: Mock, client: httpx.Client) -> None:
    stub = StubResponse(204, (("x-Unusual", "Zürich"),), version="1.0", phrase="Done already", gap="\t")
    response = exchange(mock, client, stub)
    assert (response.http_version, response.reason_phrase) == ("HTTP/1.0", "Done already")
    assert response.headers.raw == [(b"x-Unusual", "Zürich".encode("latin-1")), (b"Connection", b"close")]


def test_no_content_follows_a_head(mock: Mock, client: httpx.Client) -> None:
    response = exchange(mock, client, stub_response.stub(500, b"<p>"), "HEAD")
    assert (response.content, response.headers["content-length"]) == (b"", "3")


@pytest.mark.parametrize(
    "stub",
    [
        StubResponse(409, (("Content-Length", "9"),), b"short", framing="none"),
        StubResponse(409, (("Content-Length", "9"), ("Content-Length", "5")), framing="none"),
        StubResponse(409, (("a b", "c"),)),
    ],
    ids=["truncated", "two-lengths", "field-name"],
)
def test_a_response_that_h11_rejects_is_an_error(
    mock: Mock, client: httpx.Client, stub: StubResponse
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        exchange(mock, client, stub)


def test_answers_come_in_order_the_last_again_and_others_get_404(mock: Mock, client: httpx.Client) -> None:
    responses = (stub_response.stub(503), stub_response.stub(429), stub_response.stub(204))
    endpoint = mock.open_endpoint(ResponseScript(responses, concerns=lambda request: request.target == "/a"))
    statuses = [client.post(endpoint.root + path).status_code for path in ("/a", "/b", "/a", "/a", "/a")]
    record = endpoint.finish()
    assert statuses == [503, 404, 429, 204, 204] == [response.status for response in record.responses]
    assert [response.request for response in record.responses] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "responses",
    [
        (),
        (stub_response.success(),),
        (stub_response.stub(204, interim=(103,)),),
        (stub_response.stub(204, stray=b"x"),),
        (stub_response.stub(204, b"x"),),
        (stub_response.stub(204, framing="chunked"),),
        (stub_response.stub(101),),
        (stub_response.stub(204), StubResponse(409, (("a", "\u20ac"),))),
    ],
    ids=["none", "unsettled", "interim", "stray", "content", "chunked", "switching", "unsendable"],
)
def test_a_script_that_cannot_be_played_is_rejected_at_once(
    mock: Mock, responses: tuple[StubResponse, ...]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        mock.open_endpoint(ResponseScript(responses))


# Asynchronous clients


def test_an_asynchronous_client_is_served(mock: Mock) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    async def talk() -> list[int]:
        async with httpx.AsyncClient() as client:
            sent = [client.post(endpoint.root, content=content()) for endpoint in endpoints]
            return [response.status_code for response in await asyncio.gather(*sent)]

    endpoints = [mock.open_endpoint(ResponseScript((stub_response.stub(status),))) for status in (204, 409)]
    assert asyncio.run(talk()) == [204, 409]
    for endpoint in endpoints:
        (request,) = endpoint.finish().requests
        assert (request.framing, request.content) == ("chunked", b"abc")


def test_an_asynchronous_client_gets_the_same_errors(mock: Mock) -> None:
    async def talk() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(endpoint.root, headers={"a": "b\r\nc"})

    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(httpx.LocalProtocolError):
        asyncio.run(talk())
    assert endpoint.finish().requests == ()


def test_content_of_an_asynchronous_client_can_break_off(mock: Mock) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"ab"
        raise ZeroDivisionError

    async def talk() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(endpoint.root, content=content())

    endpoint = mock.open_endpoint(NO_CONTENT)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(talk())
    assert endpoint.finish().requests[0].malformed is not None


# Roots


def test_every_stage_has_an_announced_host_of_its_own(mock: Mock) -> None:
    transport: Transport = mock
    endpoints = [transport.open_endpoint(NO_CONTENT) for _ in transport.hosts]
    assert [endpoint.root for endpoint in endpoints] == [f"https://{host}" for host in transport.hosts]
    with pytest.raises(RuntimeError, match="every host"):
        transport.open_endpoint(NO_CONTENT)
    endpoints[0].finish(spoiled=True)
    endpoints[1].finish()
    assert transport.open_endpoint(NO_CONTENT).root == endpoints[1].root
    with pytest.raises(RuntimeError, match="every host"):
        transport.open_endpoint(NO_CONTENT)


def test_graphs_own_root_can_be_asked(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT, root="https://graph.microsoft.com")
    assert client.post("https://graph.microsoft.com:443/beta").status_code == 204
    with pytest.raises(RuntimeError, match="already has an endpoint"):
        mock.open_endpoint(NO_CONTENT, root="https://graph.microsoft.com")
    assert [request.origin for request in endpoint.finish(spoiled=True).requests] == ["graph.microsoft.com"]
    mock.open_endpoint(NO_CONTENT, root="https://graph.microsoft.com").finish()
    assert "graph.microsoft.com" not in mock.hosts
    assert mock.open_endpoint(NO_CONTENT).root == "https://call-1.graphcontract.test"


def test_scheme_and_port_are_part_of_a_root(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT, root="http://graph.test:8080")
    for url in ("https://graph.test:8080", "http://graph.test", "http://graph.test:8080"):
        client.post(url)
    assert [request.origin for request in endpoint.finish().requests] == ["graph.test:8080"]


def test_a_request_to_nobody_is_counted_and_gets_503(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    endpoint.finish()
    assert client.post(endpoint.root).status_code == 503
    assert client.post("https://elsewhere.test").status_code == 503
    with pytest.raises(RuntimeError, match="already closed"):
        endpoint.finish()


def test_stages_are_kept_apart_between_threads(mock: Mock, client: httpx.Client) -> None:
    def talk(number: int) -> None:
        for turn in range(20):
            endpoint = mock.open_endpoint(NO_CONTENT)
            client.post(f"{endpoint.root}/{number}/{turn}")
            seen[number] += [request.target for request in endpoint.finish().requests]

    seen: list[list[str]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [[f"/{number}/{turn}" for turn in range(20)] for number in range(4)]


def test_finish_waits_for_a_first_request_where_one_is_expected(mock: Mock, client: httpx.Client) -> None:
    class AskedWhileWaiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            client.post(endpoint.root)
            return super().wait(timeout)

    endpoint = mock.open_endpoint(NO_CONTENT)
    endpoint.first_request = AskedWhileWaiting()
    assert len(endpoint.finish(expecting=True).requests) == 1
    assert mock.open_endpoint(NO_CONTENT).finish(expecting=True).requests == ()


# While it is active, and after


def test_a_client_that_opens_a_socket_is_reported_and_known(mock: Mock, client: httpx.Client) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    client.post(endpoint.root)
    assert mock.escaped is None
    with pytest.raises(urllib.error.URLError, match="only serves httpx"):
        urllib.request.urlopen(endpoint.root)
    with suppress(OSError), socket.socket() as mine:
        mine.connect(("192.0.2.1", 443))
    assert mock.escaped == "socket.getaddrinfo ('call-1.graphcontract.test', 443)"


def test_a_proxy_makes_no_difference(mock: Mock) -> None:
    endpoint = mock.open_endpoint(NO_CONTENT)
    with httpx.Client(proxy="http://proxy.test:8080") as client:
        assert client.post(endpoint.root + "/a").status_code == 204
    assert endpoint.finish().requests[0].target == "/a"


def test_afterwards_all_is_as_it_was(client: httpx.Client) -> None:
    patched = [
        (httpcore.ConnectionPool, "handle_request"),
        (httpcore.HTTPProxy, "handle_request"),
        (httpcore.HTTPConnection, "handle_request"),
        (httpcore.AsyncConnectionPool, "handle_async_request"),
        (httpcore.AsyncHTTPProxy, "handle_async_request"),
        (httpcore.AsyncHTTPConnection, "handle_async_request"),
    ]
    before = [getattr(owner, name) for owner, name in patched]
    with Mock():
        during = [getattr(owner, name) for owner, name in patched]
        with pytest.raises(RuntimeError, match="another mock transport"):
            Mock().__enter__()
    assert not set(before) & set(during)
    assert [getattr(owner, name) for owner, name in patched] == before
    with Loopback() as loopback:
        endpoint = loopback.open_endpoint(NO_CONTENT)
        assert client.post(endpoint.root).status_code == 204
        assert len(endpoint.finish().requests) == 1


def test_what_is_known_outlives_it(client: httpx.Client) -> None:
    with Mock() as mock:
        client.post("https://elsewhere.test")
        with suppress(OSError):
            socket.getaddrinfo("elsewhere.test", 443)
    assert mock.escaped == "socket.getaddrinfo ('elsewhere.test', 443)"
