"""The reference client with responses of every kind, each sent as raw bytes by a socket of the test."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest

from graphcontract.clients import reference
from graphcontract.clients.reference import make_call, make_call_async
from graphcontract.exchange import Call, FieldRule, Outcome, RequestRule

TOKEN = "eyJ0eXAi.T-o_k~e+n/=="
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
REQUEST_ID = "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"
Response = bytes | Callable[[socket.socket], None]
Cancel = Callable[[Call], Outcome]
RULE = RequestRule(
    method="POST",
    root="https://graph.test",
    version="beta",
    path="/solutions/tasks/{id}/cancel",
    parameters={"id": {"type": "string"}},
    query="absent",
    fields={"Content-Length": "require", "Content-Type": "forbid"},
    content="absent",
)


def a_call(
    root: str | None,
    timeout: float = 3.0,
    *,
    task_id: str = "x",
    token: str = TOKEN,
) -> Call:
    return Call("operation", {"id": task_id}, token, root, timeout, request=RULE)


class Server:
    """Sends the n-th response to the n-th request, the last one repeatedly, and records the requests."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        self.responses: Sequence[Response] = [NO_CONTENT]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def call(self, task_id: str = "3ed6d46d", *, token: str = TOKEN, timeout: float = 10.0) -> Call:
        return a_call(f"http://127.0.0.1:{self.port}/beta", timeout, task_id=task_id, token=token)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):  # close() breaks out of accept
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        while head := _head(connection):
            response = self.responses[min(len(self.requests), len(self.responses) - 1)]
            self.requests.append(head)
            if callable(response):
                response(connection)
            else:
                connection.sendall(response)


def _head(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        data = connection.recv(65536)
        if not data:
            return b""
        received += data
    return received


def _respond_once(listening: socket.socket, response: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(response)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(params=["make_call", "make_call_async"])
def client(request: pytest.FixtureRequest) -> Cancel:
    return make_call if request.param == "make_call" else lambda call: asyncio.run(make_call_async(call))


def error(status: int, body: object, *fields: str) -> bytes:
    return response(status, body if isinstance(body, bytes) else json.dumps(body).encode(), *fields)


def response(status: int, content: bytes, *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Reason", *fields, f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


# What it sends


def test_request(server: Server, client: Cancel) -> None:
    assert client(server.call("3ed6d46d-13a3")) == Outcome.success(status=204)
    (request,) = server.requests
    first, *lines = request.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /beta/solutions/tasks/3ed6d46d-13a3/cancel HTTP/1.1"
    assert len(fields) == len(lines)
    assert fields["authorization"] == f"Bearer {TOKEN}"
    assert fields["content-length"] == "0"
    assert "content-type" not in fields
    assert "transfer-encoding" not in fields
    assert str(UUID(fields["client-request-id"])) == fields["client-request-id"]


def test_another_client_request_id_each_call(server: Server, client: Cancel) -> None:
    client(server.call())
    client(server.call())
    ids = {
        line for request in server.requests for line in request.split(b"\r\n") if b"client-request-id" in line
    }
    assert len(ids) == 2


@pytest.mark.parametrize(
    "task_id",
    [
        "a b", "a/b", "../x", "a%2Fb", "%2e%2e", "%", "é", "日本\U0001f600", "O'Brien", "...", "-._~",
        "a+b", "a?b#c", "!$&()*,;=:@", "a\\b", "[x]", "{}", "\u00a0\u2028", "x" * 4000,
    ],
)  # fmt: skip
def test_id_is_one_segment(server: Server, client: Cancel, task_id: str) -> None:
    assert client(server.call(task_id)).kind == "success"
    target = server.requests[0].split(b" ")[1].decode("ascii")
    *before, segment, last = target.split("/")
    assert (len(before), last) == (4, "cancel")
    assert unquote(segment) == task_id
    assert set(segment) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")


@pytest.mark.parametrize(
    "task_id", ["", ".", "..", "a\r\nb", "\0", "\x7f", "\x85", "a\tb", "\ud800", "x" * 100_000]
)
def test_refused_id(server: Server, client: Cancel, task_id: str) -> None:
    assert client(server.call(task_id)).kind == "rejected"
    assert server.requests == []


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "é", "=a", "a\n", "a\0"])
def test_refused_token(server: Server, client: Cancel, token: str) -> None:
    outcome = client(server.call(token=token))
    assert outcome.kind == "rejected"
    assert not token or token not in (outcome.reason or "")
    assert server.requests == []


def test_no_proxy_of_the_environment(server: Server, client: Cancel, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert client(server.call()).kind == "success"


def fields_of(request: bytes) -> dict[str, str]:
    lines = request.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"query": "required"},
        {"fields": {"Authorization": "forbid", "client-request-id": "forbid"}},
        {"fields": {"Content-Length": "require"}},
        {"fields": {"Content-Length": "forbid"}},
        {"fields": {"Content-Type": "require"}},
    ],
    ids=str,
)
def test_request_is_that_of_the_contract(
    server: Server, client: Cancel, method: str, changes: Mapping[str, Any]
) -> None:
    rule = replace(RULE, **{"method": method, "path": "/users/{id}", "fields": {}, **changes})
    assert client(replace(server.call("a b"), request=rule)).kind == "success"
    (request,) = server.requests
    query = "?$select=id" if rule.query == "required" else ""
    assert request.startswith(f"{method} /beta/users/a%20b{query} HTTP/1.1\r\n".encode())
    found = fields_of(request)
    for name, presence in rule.fields.items():
        assert (name.lower() in found) is (presence == "require"), name
    assert found.get("content-length", "0") == "0"


@pytest.mark.parametrize("length", ["require", "forbid", "unconstrained"])
def test_required_content_has_its_media_type(length: FieldRule) -> None:
    requests: list[httpx.Request] = []

    async def build() -> None:
        rule = replace(RULE, content="required", media_type="text/json", fields={"Content-Length": length})
        async with httpx.AsyncClient() as stack:
            requests.append(reference._Request(a_call("http://graph.test"), rule, "token").build(stack))
            await requests[0].aread()

    asyncio.run(build())
    (request,) = requests
    assert (request.content, request.headers["Content-Type"]) == (b"{}", "text/json")
    assert ("Content-Length" in request.headers) is (length != "forbid")


def test_own_root_is_that_of_the_contract() -> None:
    call = a_call(None)
    assert (
        str(reference._Request(call, RULE, call.token).url)
        == "https://graph.test/beta/solutions/tasks/x/cancel"
    )


def test_call_without_a_contract_is_unsupported(client: Cancel) -> None:
    assert client(Call("operation", {"id": "x"}, TOKEN)).kind == "unsupported"


# The outcome of a response


def without_parts(outcome: Outcome) -> Outcome:
    """The outcome without the optional parts of its error, which `tests/clauses/test_exposed.py` is about."""
    assert outcome.error is not None
    none = dict.fromkeys(("retry_after", "inner_codes", "details", "fields"))
    return replace(outcome, error=replace(outcome.error, **none))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success(server: Server, client: Cancel, status: int) -> None:
    server.responses = [response(status, b"" if status == 204 else b"{}", f"request-id: {REQUEST_ID}")]
    assert client(server.call()) == Outcome.success(status=status, request_id=REQUEST_ID)


@pytest.mark.parametrize(
    "status", [300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 409, 500, 502, 599, 999]
)
def test_failure(server: Server, client: Cancel, status: int) -> None:
    server.responses = [
        response(status, b"", f"Location: http://127.0.0.1:{server.port}/elsewhere", "Retry-After: 0")
    ]
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=status)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503, 504])
def test_throttling_is_waited_out_three_times_and_then_failure(
    server: Server, client: Cancel, status: int
) -> None:
    server.responses = [response(status, b"", "Retry-After: 0")]
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=status)
    assert len(server.requests) == 4


@pytest.mark.parametrize("value", ["9" * 20, "60", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_wait_beyond_the_timeout_is_not_begun(server: Server, client: Cancel, value: str) -> None:
    server.responses = [response(429, b"", f"Retry-After: {value}")]
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=429)
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["-1", "soon", "1e3", "30,120", ""])
def test_a_retry_after_that_cannot_be_read_is_a_second(server: Server, client: Cancel, value: str) -> None:
    server.responses = [response(429, b"", f"Retry-After: {value}"), response(204, b"")]
    started = time.monotonic()
    assert client(server.call(timeout=3.0)).kind == "success"
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize(
    ("status", "location"), [(302, "http://["), (307, "x" * 70_000), (301, "http://a:b:c/"), (302, "\x01")]
)
def test_redirection_to_nowhere(server: Server, client: Cancel, status: int, location: str) -> None:
    server.responses = [response(status, b"", f"Location: {location}")]
    assert client(server.call()).kind == "failure"


INNER = {"date": "2025-11-12T09:30:00", "request-id": REQUEST_ID}


@pytest.mark.parametrize(
    ("body", "code", "message", "request_id"),
    [
        ({"error": {"code": "c", "message": "m", "innerError": INNER}}, "c", "m", REQUEST_ID),
        ({"error": {"code": "c", "message": "m", "innererror": INNER}}, "c", "m", REQUEST_ID),
        ({"error": {"code": "c", "message": "Größe 日本"}}, "c", "Größe 日本", "field"),
        ({"error": {"code": "c", "innerError": {"code": "x", "innerError": {}}}}, "c", None, "field"),
        ({"error": {"code": 5, "message": ["m"], "innerError": 7}}, None, None, "field"),
        ({"error": {"innerError": {"request-id": 7}}}, None, None, "field"),
        ({"error": "invalid_grant", "error_description": "d"}, None, None, "field"),
        ({"error": None}, None, None, "field"),
        ([{"error": {}}], None, None, "field"),
        ("text", None, None, "field"),
        (b"", None, None, "field"),
        (b"<html>", None, None, "field"),
        (b'{"error": {"code"', None, None, "field"),
        (b"\xff\xfe\xfd", None, None, "field"),
        (b"[" * 200_000, None, None, "field"),
        (b"9" * 10_000, None, None, "field"),
        ({"error": {"code": "c", "message": "m" * 1_000_000}}, "c", "m" * 1_000_000, "field"),
        (b" " * 5_000_000, None, None, "field"),
    ],
)  # fmt: skip
def test_error_object(
    server: Server, client: Cancel, body: object, code: str | None, message: str | None, request_id: str
) -> None:
    server.responses = [error(409, body, "request-id: field")]
    assert without_parts(client(server.call())) == Outcome.failure(
        kind="http", status=409, code=code, message=message, request_id=request_id
    )


CODED = gzip.compress(json.dumps({"error": {"code": "coded"}}).encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "code"), [(CODED, "coded"), (b"no gzip at all", None), (CODED[:12], None), (b"", None)]
)
def test_coded_error(server: Server, client: Cancel, content: bytes, code: str | None) -> None:
    server.responses = [error(400, content, "Content-Encoding: gzip")]
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=400, code=code)


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Length: 99\r\n\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\n9\r\n{}",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_error_that_breaks_off(server: Server, client: Cancel, content: bytes) -> None:
    def broken_off(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 503 Busy\r\n" + content)
        connection.shutdown(socket.SHUT_WR)

    server.responses = [broken_off]
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=503)


def test_a_truncated_success_is_not_a_success(server: Server, client: Cancel) -> None:
    def broken_off(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)

    server.responses = [broken_off]
    outcome = client(server.call())
    assert outcome.error is not None
    assert outcome.error.kind == "transport"


@pytest.mark.parametrize("statuses", [[100], [102], [103], [100, 102, 103, 103]])
@pytest.mark.parametrize(("final", "kind"), [(NO_CONTENT, "success"), (error(409, {}), "failure")])
def test_interim_answers(
    server: Server, client: Cancel, statuses: list[int], final: bytes, kind: str
) -> None:
    server.responses = [
        b"".join(b"HTTP/1.1 %d Wait\r\nLink: </x>\r\n\r\n" % status for status in statuses) + final
    ]
    assert client(server.call()).kind == kind


@pytest.mark.parametrize(
    "stray",
    [
        response(204, b'{"stray": true}'),
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstray\r\n0\r\n\r\n",
        NO_CONTENT + b"stray",
        NO_CONTENT + response(404, b"unrelated"),
        response(409, b"{}") + NO_CONTENT,
    ],
)
def test_stray_bytes_are_not_the_next_answer(server: Server, client: Cancel, stray: bytes) -> None:
    server.responses = [stray, error(409, {"error": {"code": "own"}})]
    first = 409 if stray.startswith(b"HTTP/1.1 409") else 204
    assert client(server.call()).reported_status == first
    assert without_parts(client(server.call())) == Outcome.failure(kind="http", status=409, code="own")
    assert len(server.requests) == 2


# What it makes of the network


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def end(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    "broken",
    [
        reset, end, b"garbage\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 204 No\r\nNo colon\r\n\r\n",
        b"\0" * 200_000, b"HTTP/1.1 204 No Content\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\n",
    ],
)  # fmt: skip
def test_broken_response(server: Server, client: Cancel, broken: Response) -> None:
    server.responses = [broken, NO_CONTENT]
    outcome = client(server.call())
    assert (outcome.kind, outcome.error and outcome.error.kind) == ("failure", "transport")
    assert len(server.requests) == 1
    assert client(server.call()) == Outcome.success(status=204)


def test_refused_connection(client: Cancel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = client(a_call(f"http://127.0.0.1:{port}/beta"))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.type) == ("transport", "ConnectError")


def test_no_tls(client: Cancel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        responding = threading.Thread(target=lambda: _respond_once(plain, b"HTTP/1.1 400 No\r\n\r\n"))
        responding.start()
        outcome = client(a_call(f"https://127.0.0.1:{plain.getsockname()[1]}/beta"))
        responding.join()
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.type) == ("transport", "ConnectError")


def test_tls_that_stalls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        outcome = make_call(a_call(f"https://127.0.0.1:{plain.getsockname()[1]}/beta", 1.0))
    assert outcome.error is not None
    assert outcome.error.kind == "timeout"


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def dripping(data: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(data)
            time.sleep(0.02)

    return drip


def dripping_after(head: bytes, data: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        dripping(data)(connection)

    return drip


@pytest.mark.parametrize(
    "stalled",
    [
        silent,
        dripping(b"H"),
        dripping(b"HTTP/1.1 102 Wait\r\n\r\n"),
        dripping_after(b"HTTP/1.1 204 No Content\r\nX: ", b"x"),
        dripping_after(b"HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n", b"x"),
        dripping_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
    ],
)
def test_timeout_bounds_the_whole_call(server: Server, client: Cancel, stalled: Response) -> None:
    server.responses = [stalled, NO_CONTENT]
    outcome = client(server.call(timeout=0.3))
    assert (outcome.kind, outcome.error and outcome.error.kind) == ("failure", "timeout")
    assert client(server.call()) == Outcome.success(status=204)


def test_calls_at_once_are_kept_apart(server: Server) -> None:
    outcomes: dict[str, Outcome] = {}
    names = [f"task-{number}" for number in range(8)]
    server.responses = [error(404, {"error": {"code": str(number)}}) for number in range(8)]
    threads = [
        threading.Thread(target=lambda name=name: outcomes.update({name: make_call(server.call(name))}))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    requested = [request.split(b"/cancel")[0].rpartition(b"/")[2].decode() for request in server.requests]
    codes = [outcome.error.code for name in requested if (outcome := outcomes[name]).error]
    assert sorted(requested) == names
    assert codes == [str(number) for number in range(8)]
