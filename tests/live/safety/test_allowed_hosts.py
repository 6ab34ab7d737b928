from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from graphcontract.live.safety.allowed_hosts import RootError, is_loopback, parse_root
from tests.clauses import CONTRACT


@pytest.mark.parametrize(
    ("text", "url", "loopback"),
    [
        ("https://graph.microsoft.com", "https://graph.microsoft.com", False),
        ("https://graph.microsoft.com/", "https://graph.microsoft.com", False),
        (" https://GRAPH.microsoft.com/beta/ ", "https://graph.microsoft.com", False),
        ("https://graph.microsoft.com:443/beta", "https://graph.microsoft.com:443", False),
        ("http://127.0.0.1:8080/beta", "http://127.0.0.1:8080", True),
        ("http://127.9.9.9:8080", "http://127.9.9.9:8080", True),
        ("http://localhost:8080", "http://localhost:8080", True),
        ("https://[::1]:8443/beta", "https://[::1]:8443", True),
    ],
)
def test_roots_that_may_be_asked(text: str, url: str, loopback: bool) -> None:
    root = parse_root(text, CONTRACT)
    assert (root.url, root.loopback, root.secure) == (url, loopback, url.startswith("https"))


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_none_is_named(text: str) -> None:
    with pytest.raises(RootError, match="--tenant-url"):
        parse_root(text, CONTRACT)


@pytest.mark.parametrize(
    "text",
    [
        "graph.microsoft.com",
        "ftp://graph.microsoft.com",
        "file:///etc/passwd",
        "https://",
        "https:///beta",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com/beta/users",
        "https://graph.microsoft.com/beta?x=1",
        "https://graph.microsoft.com#x",
        "https://graph.microsoft.com@evil.example",
        "https://user:secret@graph.microsoft.com",
        "https://graph.microsoft.com\\@evil.example",
        "https://graph.microsoft.com%2eevil.example",
        "https://graph.microsoft.com.",
        "https://graph.microsoft.com.evil.example",
        "https://evil-graph.microsoft.com",
        "https://graph.microsoft.com:8443",
        "https://graph.microsoft.com:99999",
        "https://graph.microsoft.com:0",
        "https://graph.microsoft.us",
        "https://ｇraph.microsoft.com",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://0.0.0.0",
        "https://[::]",
        "https://[::ffff:10.0.0.1]",
        "http://graph.microsoft.com",
        "http://2130706433",
        "http://127.1",
        "https://a b",
        "x" * 100_000,
    ],
)
def test_roots_that_are_refused(text: str) -> None:
    with pytest.raises(RootError) as caught:
        parse_root(text, CONTRACT)
    assert len(str(caught.value)) < 400


def test_the_contracts_clouds_are_allowed_and_no_others() -> None:
    china = replace(CONTRACT, clouds=("china",))
    assert parse_root("https://microsoftgraph.chinacloudapi.cn", china).secure
    with pytest.raises(RootError, match="is not allowed"):
        parse_root("https://graph.microsoft.com", china)


def test_a_contract_cannot_bring_a_host_of_its_own() -> None:
    own = replace(CONTRACT, request=replace(CONTRACT.request, root="https://evil.example"))
    with pytest.raises(RootError, match="is not allowed"):
        parse_root("https://evil.example", own)


@pytest.mark.parametrize("found", [["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], []])
def test_localhost_that_leads_elsewhere(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (each, 0)) for each in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answers)
    assert not is_loopback("localhost")
    with pytest.raises(RootError):
        parse_root("http://localhost:1", CONTRACT)
