"""The token in a CONNECT request to a proxy."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

import pytest

from graphcontract.exchange import Exchange
from tests.clauses import TOKEN, call, exchange, findings, judges, kinds, read, request

BASIC = b64encode(f"me:{TOKEN}".encode()).decode()


def through(*connects: str, token: str = TOKEN) -> Exchange:
    made = exchange(request(), asked=call(token=token))
    return replace(made, connects=tuple(read(each.encode()) for each in connects))


def connect(*fields: str, target: str = "graph.test:443") -> str:
    return "\r\n".join([f"CONNECT {target} HTTP/1.1", "Host: graph.test:443", *fields, "", ""])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (connect(), []),
        (connect("User-Agent: x", "Proxy-Connection: keep-alive"), []),
        (connect("Proxy-Authorization: Basic bWU6cGFzc3dvcmQ="), []),
        (connect("Proxy-Authorization: Bearer another-token-of-the-proxy"), []),
        (connect(f"Authorization: Bearer {TOKEN}"), ["authorization"]),
        (connect(f"AUTHORIZATION: {TOKEN}"), ["authorization"]),
        (connect(f"Proxy-Authorization: Bearer {TOKEN}"), ["proxy-authorization"]),
        (connect(f"proxy-authorization: Basic {BASIC}"), ["proxy-authorization"]),
        (connect(f"X-Principal: {BASIC}"), ["other-field"]),
        (connect(f"Cookie: t={quote(TOKEN)}"), ["other-field"]),
        (connect(target=f"graph.test:443?t={TOKEN}"), ["target"]),
        (connect(target=f"me:{TOKEN}@graph.test:443"), ["target"]),
        (connect(target=f"{TOKEN.encode().hex()}.graph.test:443"), ["target"]),
        (connect(f"Authorization: {TOKEN}", f"X: {TOKEN}"), ["authorization", "other-field"]),
    ],
)
def test_token_in_connect(sent: str, expected: list[str]) -> None:
    assert kinds("proxy.credentials", through(sent)) == expected
    assert kinds("proxy.credentials", through(connect(), sent)) == expected


def test_finding_names_the_connect() -> None:
    step = through(connect(f"Authorization: Bearer {TOKEN}"))
    (finding,) = findings("proxy.credentials", step)
    assert finding.at is step.connects[0]
    assert TOKEN not in finding.actual


def test_waits_for_a_connect_and_a_token_that_can_be_recognized() -> None:
    assert not judges("proxy.credentials", through())
    assert not judges("proxy.credentials", through(connect(), token="short"))
