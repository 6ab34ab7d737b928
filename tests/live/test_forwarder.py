"""A client that wants to hurt a tenant, and what the forwarder lets through of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from graphcontract.live.forwarder import Busy, Forwarder, Plan
from graphcontract.live.sender import NoResponse
from graphcontract.wire import WireRequest, WireResponse

ID = "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
TASKS = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
TARGET = f"{TASKS}/{ID}/cancel"


@pytest.fixture
def forwarder() -> Iterator[Forwarder]:
    with Forwarder() as forwarder:
        yield forwarder


class Tenant:
    """What is on the other side: it counts."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses) or [204]
        self.asked: list[WireRequest] = []

    def forward(self, request: WireRequest) -> WireResponse:
        self.asked.append(request)
        status = self.statuses[min(len(self.asked), len(self.statuses)) - 1]
        fields = (("request-id", "r-1"), ("Set-Cookie", "c=1"), ("Location", "https://evil.example"))
        return WireResponse(0.0, b"", status, fields, b"" if status == 204 else b"{}", 0)


def sent(forwarder: Forwarder, raw: bytes) -> bytes:
    host, _, port = forwarder.origin.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def request(target: str = TARGET, method: str = "POST", more: str = "", content: str = "") -> bytes:
    length = f"Content-Length: {len(content)}\r\n"
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n{length}{more}\r\n{content}".encode()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def tried(
    forwarder: Forwarder, *raw: bytes, tenant: Tenant | None = None
) -> tuple[list[bytes], Plan, Tenant]:
    tenant = tenant or Tenant()
    with forwarder.expect("POST", TARGET, tenant.forward) as plan:
        answers = [sent(forwarder, each) for each in raw]
    return answers, plan, tenant


def test_the_planned_request_is_passed_on(forwarder: Forwarder) -> None:
    (answer,), plan, tenant = tried(forwarder, request())
    assert status_of(answer) == 204
    assert b"request-id: r-1" in answer
    assert len(tenant.asked) == len(plan.requests) == len(plan.responses) == 1


def test_what_could_lead_a_client_on_is_not(forwarder: Forwarder) -> None:
    (answer,), _, _ = tried(forwarder, request())
    assert b"evil" not in answer
    assert b"Cookie" not in answer


@pytest.mark.parametrize(
    "spelling",
    [TARGET, TARGET.replace("-", "%2D"), TARGET.replace("cancel", "%63ancel")],
)
def test_another_encoding_is_the_same_request(forwarder: Forwarder, spelling: str) -> None:
    (answer,), _, tenant = tried(forwarder, request(spelling))
    assert status_of(answer) == 204
    assert len(tenant.asked) == 1


@pytest.mark.parametrize(
    "raw",
    [
        request(method="DELETE"),
        request(method="GET"),
        request(method="post"),
        request(method="PATCH"),
        request(TARGET.replace(ID, "another-task")),
        request(TARGET.replace(ID, ID.upper())),
        request(f"{TASKS}/../{ID}/cancel"),
        request(f"{TASKS}/{ID}/../another-task/cancel"),
        request(f"{TASKS}/{ID}/%2e%2e/another-task/cancel"),
        request(f"{TASKS}/{ID}%2F..%2Fanother-task/cancel"),
        request(f"{TASKS}//{ID}/cancel"),
        request(f"{TARGET}/"),
        request(f"{TARGET}?x=1"),
        request(f"{TARGET}#x"),
        request(f"http://evil.example{TARGET}"),
        request(TARGET.replace("/beta", "/v1.0")),
        request(TASKS),
        request("/"),
        request("*", method="OPTIONS"),
        request(content='{"status": "cancelled"}'),
        request(more="Transfer-Encoding: chunked\r\n"),
        b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST " + TARGET.encode() + b"\r\n\r\n",
        b"\x00\xff\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000,
        b"",
    ],
)
def test_nothing_else_is(forwarder: Forwarder, raw: bytes) -> None:
    _, plan, tenant = tried(forwarder, raw)
    assert not tenant.asked
    assert plan.forwarded == 0


def test_smuggled_requests_stay_here(forwarder: Forwarder) -> None:
    two = request() + request(TARGET.replace(ID, "another-task"))
    _, plan, tenant = tried(forwarder, two)
    assert len(tenant.asked) == 1
    assert plan.forwarded == 1


def test_a_field_of_the_client_goes_nowhere(forwarder: Forwarder) -> None:
    override = "X-HTTP-Method-Override: DELETE\r\nAuthorization: Bearer made-up\r\n"
    _, _, tenant = tried(forwarder, request(more=override))
    assert len(tenant.asked) == 1  # the executor sends the step's own request, whatever stands here


def test_a_storm_gets_through_once(forwarder: Forwarder) -> None:
    answers, plan, tenant = tried(forwarder, *[request()] * 20)
    assert [status_of(each) for each in answers] == [204] + [403] * 19
    assert len(tenant.asked) == 1
    assert (len(plan.requests), plan.rejected) == (20, 19)


def test_a_storm_at_the_same_time_gets_through_once(forwarder: Forwarder) -> None:
    tenant = Tenant()
    with forwarder.expect("POST", TARGET, tenant.forward):
        threads = [threading.Thread(target=sent, args=(forwarder, request())) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(tenant.asked) == 1


def test_a_throttled_request_may_come_again_twice(forwarder: Forwarder) -> None:
    answers, _, tenant = tried(forwarder, *[request()] * 5, tenant=Tenant(429))
    assert [status_of(each) for each in answers] == [429, 429, 429, 403, 403]
    assert len(tenant.asked) == 3


def test_too_early_is_answered_here(forwarder: Forwarder) -> None:
    def busy(_request: WireRequest) -> WireResponse:
        raise Busy

    with forwarder.expect("POST", TARGET, busy) as plan:
        assert status_of(sent(forwarder, request())) == 429
    assert plan.forwarded == 0


def test_a_tenant_that_does_not_answer(forwarder: Forwarder) -> None:
    def lost(_request: WireRequest) -> WireResponse:
        raise NoResponse("it is gone")

    with forwarder.expect("POST", TARGET, lost):
        answers = [sent(forwarder, request()) for _ in range(2)]
    assert [status_of(each) for each in answers] == [504, 403]


def test_what_comes_when_nothing_is_planned(forwarder: Forwarder) -> None:
    assert status_of(sent(forwarder, request())) == 403
    _, _, tenant = tried(forwarder, request())
    assert status_of(sent(forwarder, request())) == 403
    assert len(tenant.asked) == 1


def test_the_end_of_a_step_waits_for_what_is_on_its_way(forwarder: Forwarder) -> None:
    arrived, go_on = threading.Event(), threading.Event()
    answered = Tenant()

    def slow(request: WireRequest) -> WireResponse:
        arrived.set()
        assert go_on.wait(10)
        return answered.forward(request)

    with forwarder.expect("POST", TARGET, slow) as plan:
        thread = threading.Thread(target=sent, args=(forwarder, request()))
        thread.start()
        assert arrived.wait(10)
        threading.Timer(0.05, go_on.set).start()
    assert plan.forwarded == 1
    thread.join()


def test_it_speaks_https_where_a_client_needs_that() -> None:
    with Forwarder(tls=True) as forwarder:
        assert forwarder.root.startswith("https://")
        context = ssl.create_default_context(cafile=forwarder.ca_file)
        host, _, port = forwarder.origin.partition(":")
        tenant = Tenant()
        with (
            forwarder.expect("POST", TARGET, tenant.forward),
            socket.create_connection((host, int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            secure.sendall(request())
            assert status_of(secure.recv(65536)) == 204


def test_many_connections_that_say_nothing_do_not_stop_it(forwarder: Forwarder) -> None:
    host, _, port = forwarder.origin.partition(":")
    held = [socket.create_connection((host, int(port)), timeout=10) for _ in range(20)]
    try:
        (answer,), _, _ = tried(forwarder, request())
        assert status_of(answer) == 204
    finally:
        for connection in held:
            connection.close()
