from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graphcontract.inputs.tokens import CANARY, make, tokens
from graphcontract.judging.redaction import Redactor
from tests.examples import count_examples

TOKEN = make("Ab3-_x.~+/", 120)
TELLING = 20

CODINGS: dict[str, Callable[[str], str]] = {
    "whole": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "its beginning": lambda token: token[:40],
    "its middle": lambda token: token[5:60],
    "its end": lambda token: token[-40:],
    "longer": lambda token: f"{token}xyz",
    "in a longer word": lambda token: f"abc{token}",
    "in a query": lambda token: f"https://host/a?token={token}&b=1",
    "percent-encoded": lambda token: quote(token, safe=""),
    "the end of it percent-encoded": lambda token: quote(token, safe="")[-70:],
    "as JSON": lambda token: json.dumps({"token": token}),
    "as JSON with escaped slashes": lambda token: json.dumps(token).replace("/", "\\/"),
    "broken in two": lambda token: f"{token[:50]}\n{token[50:]}",
    "base64": lambda token: _base64(f"{token}!?"),
    "base64 behind one byte": lambda token: _base64(f"x{token}!?"),
    "base64 behind two bytes": lambda token: _base64(f"\u00c4{token}!?"),
    "base64 for URLs": lambda token: base64.urlsafe_b64encode(f"??{token}".encode()).decode().rstrip("="),
    "base64 in lines": lambda token: base64.encodebytes(f"user:{token}".encode()).decode(),
    "the end of its base64": lambda token: _base64(token)[-60:],
}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def telling(text: str, token: str = TOKEN) -> list[str]:
    """Stretches of 20 characters of the token that a text holds, in itself and in what it has in base64."""
    texts = [text.lower(), unquote(text).lower()]
    for start in range(4):
        for line in text.split():
            with_padding = line[start:].rstrip("=")
            with_padding = with_padding[: len(with_padding) // 4 * 4]
            try:
                texts.append(base64.b64decode(with_padding, altchars=b"-_").decode("latin-1").lower())
            except ValueError:
                continue
    pieces = {token[at : at + TELLING].lower() for at in range(len(token) - TELLING + 1)}
    return [piece for piece in pieces if any(piece in each for each in texts)]


@pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
def test_a_token_in_any_coding(coding: Callable[[str], str]) -> None:
    text = f"before {coding(TOKEN)} behind"
    redacted = Redactor([TOKEN]).text(text)
    assert telling(text)
    assert telling(redacted) == []
    assert redacted.startswith("before ")
    assert redacted.endswith(" behind")


ALPHABETS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(
    token=st.one_of(*tokens().values()).filter(lambda token: len(token) >= TELLING),
    before=ALPHABETS,
    behind=ALPHABETS,
    coding=st.sampled_from(sorted(CODINGS)),
)
@settings(
    max_examples=count_examples(150),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_no_20_characters_of_a_token_remain(token: str, before: str, behind: str, coding: str) -> None:
    assume("[token" not in before + behind)
    redacted = Redactor([token]).text(before + CODINGS[coding](token) + behind)
    assert telling(redacted, token) == []


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (TOKEN, "[token]"),
        (f"Bearer {TOKEN}, {TOKEN}", "Bearer [token], [token]"),
        (TOKEN[:30], "[token, changed: 30 of 140 characters]"),
        (f"{TOKEN}x", "[token, changed: 141 of 140 characters]"),
        (_base64(TOKEN), "[token, coded]"),
        (TOKEN[:19], TOKEN[:19]),
        ("nothing", "nothing"),
        ("é" * 50, "é" * 50),
    ],
)
def test_what_is_shown_instead(text: str, redacted: str) -> None:
    assert Redactor([TOKEN]).text(text) == redacted


def test_the_rest_of_another_token_goes_with_the_beginning_that_they_share() -> None:
    assert Redactor([f"{CANARY}control"]).text(f"{CANARY}secret") == "[token, changed: 26 of 27 characters]"
    other = _base64(f"x{CANARY}secret")
    assert "c2VjcmV0" not in Redactor([CANARY]).text(other)


def test_the_longest_token_is_seen_whole() -> None:
    assert Redactor([f"{CANARY}a", f"{CANARY}ab"]).text(f"{CANARY}ab {CANARY}a") == "[token] [token]"


def test_a_short_token_is_not_redacted() -> None:
    assert Redactor(["0"]).text("1000") == "1000"


def test_bytes() -> None:
    content = b"\xff\xfe " + TOKEN.encode() + b" \x00"
    assert Redactor([TOKEN]).content(content) == b"\xff\xfe [token] \x00"


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer [token]"),
        (f"authorization:bearer {TOKEN[:30]}", "authorization:bearer [token, changed: 30 of 140 characters]"),
        ("Authorization: Bearer something else", "Authorization: Bearer [redacted]"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
        ("PROXY-AUTHORIZATION: abc", "PROXY-AUTHORIZATION: [redacted]"),
        ("Cookie: a=b; c=d", "Cookie: [redacted]"),
        ("Set-Cookie: a=b", "Set-Cookie: [redacted]"),
        ("Authorization:", "Authorization:[redacted]"),
        ("X-Cookie: a", "X-Cookie: a"),
    ],
)
def test_fields_that_are_secret_by_name(line: str, redacted: str) -> None:
    head = f"POST / HTTP/1.1\r\nHost: h\r\n{line}\r\nAccept: */*"
    assert Redactor([TOKEN]).head(head) == f"POST / HTTP/1.1\r\nHost: h\r\n{redacted}\r\nAccept: */*"
