"""The tenant on a port: over plain http and TLS, with hostile requests, with azure-identity."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CertificateCredential, ClientSecretCredential

from graphcontract.errors import UserError
from graphcontract.tenant import Clock, Running, Status, Unreachable, running
from graphcontract.tenant.directory import MANAGE, READ
from tests.tenant import NOON, TASKS

SCOPE = "https://graph.microsoft.com/.default"


@pytest.fixture(scope="module")
def tenant() -> Iterator[Running]:
    with running() as tenant:
        yield tenant


@pytest.fixture(scope="module")
def secure() -> Iterator[Running]:
    with running(tls=True) as tenant:
        yield tenant


def read_list(tenant: Running, token: str) -> httpx.Response:
    verify = ssl.create_default_context(cafile=tenant.ca_file) if tenant.ca_file else True
    path = TASKS.removeprefix("/beta")
    return httpx.get(f"{tenant.root}{path}", headers={"Authorization": f"Bearer {token}"}, verify=verify)


def test_it_serves_and_ends() -> None:
    with running() as tenant:
        assert tenant.root == f"{tenant.authority}/beta"
        assert tenant.ca_file is None
        answer = read_list(tenant, tenant.token("reader"))
        assert answer.status_code == 200
        assert [task["status"] for task in answer.json()["value"]] == list(tenant.sown) == list(Status)
    with pytest.raises(httpx.TransportError):
        read_list(tenant, "a")
    assert not tenant.folder.exists()


def test_its_clock_can_be_driven() -> None:
    with running(clock=Clock(NOON), takes=60) as tenant:
        tenant.clock.advance(31 * 24 * 3600)
        shown = {task["status"] for task in read_list(tenant, tenant.token()).json()["value"]}
        assert "notStarted" not in shown
        moved = tenant.tasks.get(tenant.sown[Status.NOT_STARTED])
        assert moved is not None
        assert moved.status is Status.COMPLETED
        standing = tenant.tasks.get(tenant.sown[Status.IN_PROGRESS])
        assert standing is not None
        assert standing.status is Status.IN_PROGRESS


def test_a_fault_can_be_changed_while_it_serves(tenant: Running) -> None:
    tenant.behave("no-request-id")
    assert "request-id" not in read_list(tenant, tenant.token()).headers
    tenant.behave(None)
    assert "request-id" in read_list(tenant, tenant.token()).headers


def test_mistakes() -> None:
    with pytest.raises(UserError, match="'none' is not a fault"), running(fault="none"):
        pass
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=f"port {port} ") as rejected, running(port=port):
            pass
    assert rejected.value.status == 3


def test_what_a_program_needs_is_described(tenant: Running) -> None:
    described = json.loads(json.dumps(tenant.describe()))
    assert described["root"] == tenant.root
    assert described["tasks"].keys() == set(Status)
    permissions = {name: entry["permissions"] for name, entry in described["credentials"].items()}
    assert permissions == {"privileged": [MANAGE], "reader": [READ], "unprivileged": []}
    assert {read_list(tenant, token).status_code for token in described["refused"].values()} == {401}
    for name, credential in described["credentials"].items():
        assert read_list(tenant, credential["token"]).status_code == (403 if name == "unprivileged" else 200)
        assert b"PRIVATE KEY" in Path(credential["client_certificate"]).read_bytes()
        assert Path(credential["client_certificate"]).parent.stat().st_mode & 0o077 == 0


GARBAGE = [
    b"\x00" * 100,
    b"GET\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 50,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000,
    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET " + TASKS.encode() + b"/%zz/cancel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"OPTIONS http://b/" + b"a" * 1000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xe9\xff\r\nConnection: close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n" + b"a" * 400_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:24]))
def test_garbage_is_answered_or_ended_and_does_no_harm(tenant: Running, garbage: bytes) -> None:
    port = httpx.URL(tenant.root).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        heard = b""
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                heard += part
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up on what was too much
    assert heard == b"" or heard.startswith(b"HTTP/1.1 4")
    assert read_list(tenant, tenant.token()).status_code == 200


def test_a_truncated_form_is_not_logged(tenant: Running, caplog: pytest.LogCaptureFixture) -> None:
    head = f"POST /{tenant.tenant_id}/oauth2/v2.0/token HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na"
    with socket.create_connection(("127.0.0.1", httpx.URL(tenant.root).port)) as connection:
        connection.sendall(head.encode())
    assert read_list(tenant, tenant.token()).status_code == 200
    assert caplog.records == []


def test_methods_have_a_letter_case(tenant: Running) -> None:
    path = f"{TASKS}/{tenant.sown[Status.NOT_STARTED]}/cancel"
    head = f"post {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {tenant.token()}\r\n"
    with socket.create_connection(("127.0.0.1", httpx.URL(tenant.root).port), timeout=5) as connection:
        connection.sendall(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 405 Method Not Allowed\r\n"


def test_it_ends_although_clients_stay_connected() -> None:
    before = threading.active_count()
    with running(tls=True) as tenant:
        port = httpx.URL(tenant.root).port
        context = ssl.create_default_context(cafile=tenant.ca_file)
        plain = socket.create_connection(("127.0.0.1", port))
        kept = context.wrap_socket(plain, server_hostname="127.0.0.1")
        kept.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
    with kept, suppress(ConnectionResetError):
        assert kept.recv(1) == b""
    assert threading.active_count() == before


@pytest.mark.parametrize("kind", ["secret", "certificate"])
@pytest.mark.parametrize("name", ["privileged", "reader", "unprivileged"])
def test_azure_identity_gets_tokens_over_tls(secure: Running, kind: str, name: str) -> None:
    with credential(secure, kind, name) as given:
        token = given.get_token(SCOPE).token
    assert read_list(secure, token).status_code == (403 if name == "unprivileged" else 200)


def test_azure_identity_gets_the_reason(secure: Running) -> None:
    app = secure.directory.apps["reader"]
    with (
        ClientSecretCredential(secure.tenant_id, app.client_id, "guess", **parse_query(secure)) as given,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        given.get_token(SCOPE)


def test_a_client_that_does_not_trust_its_authority_cannot_connect(secure: Running) -> None:
    app = secure.directory.apps["reader"]
    trusting = parse_query(secure) | {"connection_verify": True, "retry_total": 0}
    with (
        ClientSecretCredential(secure.tenant_id, app.client_id, app.secret, **trusting) as given,
        pytest.raises((ServiceRequestError, ClientAuthenticationError)),
    ):
        given.get_token(SCOPE)


def credential(tenant: Running, kind: str, name: str) -> ClientSecretCredential | CertificateCredential:
    app = tenant.directory.apps[name]
    if kind == "secret":
        return ClientSecretCredential(tenant.tenant_id, app.client_id, app.secret, **parse_query(tenant))
    pem = app.key.pem
    return CertificateCredential(tenant.tenant_id, app.client_id, certificate_data=pem, **parse_query(tenant))


def parse_query(tenant: Running) -> dict[str, Any]:
    verify = tenant.ca_file
    return {"authority": tenant.authority, "disable_instance_discovery": True, "connection_verify": verify}
