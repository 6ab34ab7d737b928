from __future__ import annotations

import base64
from typing import Any

import pytest

from graphcontract.reporting.evidence_text import escape_unprintable, render_violation
from tests.reporting import evidence

ESCAPE = "\x1b]0;owned\x07\x1b[2J"


def exchange(**members: Any) -> dict[str, Any]:
    return {"requests": [], "responses": [], "outcome": {"kind": "success"}, "duration": 0.0, **members}


def raw(text: str) -> dict[str, Any]:
    return {"text": text, "size": len(text), "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("é → 漢 \t tab", "é → 漢 \t tab"),
        ("\x00\x1b\x7f\x9b", r"\x00\x1b\x7f\x9b"),
        ("a\r\nb\n", r"a\x0d\x0ab\x0a"),
        ("\u202eabc\u2066\u200b\ufeff\u2028", r"\u202eabc\u2066\u200b\ufeff\u2028"),
        ("\ufffe\u3000", "\\ufffe\\u3000"),
        ("\U0001ffff", "\\U0001ffff"),
        ("é😀中\tx", "é😀中\tx"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    assert escape_unprintable(text) == shown


def test_has_every_part_of_the_evidence() -> None:
    lines = render_violation(evidence(), "MUST").splitlines()
    assert lines[0] == "request.method-04fd417d7b00 (MUST)"
    words = [line.split()[0] for line in lines if line.strip()]
    for word in ("expected", "actual", "input", "clause", "source", ">", "<", "=", "reproduce", "curl"):
        assert word in words


def test_every_line_is_its_own() -> None:
    """What a client says or sends cannot look like a line of the report."""
    found = evidence(
        actual=f"a\nreproduce rm -rf /\r\n{ESCAPE}",
        expected="x\n",
        exchange=exchange(
            requests=[{"at": 0, "origin": "h", "raw": raw("POST / HTTP/1.1\r\nX: a\nreproduce b\r\n\r\n")}]
        ),
        curl="curl 'a\nb'",
    )
    text = render_violation(found, "MUST")
    lines = text.splitlines()
    assert all(not line or line.startswith("  ") for line in lines[1:])
    assert sum(line.strip().startswith("reproduce ") for line in lines) == 1
    assert "\x1b" not in text


def test_a_token_is_reported_by_its_recipe() -> None:
    def render(recipe: dict[str, Any]) -> str:
        asked = {"arguments": {"id": "x"}, "token": recipe, "base_url": None}
        return next(
            line
            for line in render_violation(evidence(input=asked), "MUST").splitlines()
            if "  input " in line
        )

    assert render({"canary": True, "unit": "ab", "length": 2}).endswith('token = "…ab"')
    assert render({"canary": True, "unit": "ab", "length": 9}).endswith('"ab" repeated to 9 characters')
    assert render({"canary": False, "text": "0"}).endswith('token = "0"')


def test_what_is_long_is_cut() -> None:
    many = "POST / HTTP/1.1\r\n" + "X: y\r\n" * 100
    found = evidence(
        exchange=exchange(requests=[{"at": 0, "origin": "h", "raw": raw(many)}]),
        input={
            "arguments": {"id": "x" * 9000},
            "token": {"canary": False, "text": "0"},
            "base_url": None,
        },
    )
    lines = render_violation(found, "MUST").splitlines()
    assert max(map(len, lines)) < 300
    assert "  > … 77 more lines, 617 bytes in all" in lines


def test_requests_and_answers_alternate() -> None:
    sent = [{"at": at, "origin": "h", "raw": raw(f"{word}\r\n")} for at, word in ((0, "ONE"), (1.5, "TWO"))]
    answers = [{"at": 0, "status": 503, "request": 0, "raw": raw("503\r\n")}]
    found = evidence(exchange=exchange(requests=sent, responses=answers))
    lines = render_violation(found, "MUST").splitlines()
    start = lines.index("  > ONE")
    assert lines[start - 1 : start + 4] == ["  0.00 s", "  > ONE", "  < 503", "  1.50 s", "  > TWO"]


def test_what_happened_elsewhere_is_shown() -> None:
    shown = exchange(requests=[{"at": 0, "origin": "h", "raw": raw("ONE\r\n")}]) | {
        "elsewhere": [{"at": 0.25, "origin": "other:1", "raw": raw("TWO\r\n")}],
        "certificate": "expired",
    }
    lines = render_violation(evidence(exchange=shown), "MUST").splitlines()
    start = lines.index("  ! certificate: expired")
    assert lines[start : start + 4] == [
        "  ! certificate: expired",
        "  > ONE",
        "  at other:1, 0.25 s",
        "  > TWO",
    ]


def test_bytes_that_are_no_text() -> None:
    coded = {"base64": base64.b64encode(b"\xff\x1b").decode(), "size": 2, "sha256": "0" * 64}
    sent = {"at": 0, "origin": "h", "raw": coded, "malformed": "illegal \x1b"}
    lines = render_violation(evidence(exchange=exchange(requests=[sent])), "MUST").splitlines()
    assert "  > ÿ\\x1b" in lines
    assert "  ! not HTTP: illegal \\x1b" in lines


def test_an_outcome_has_the_names_of_the_driver_protocol() -> None:
    error = {"kind": "http", "type": None, "status": 409, "code": None, "message": "m", "request_id": "r"}
    outcome = {"kind": "failure", "request_id": "s", "error": error}
    lines = render_violation(evidence(exchange=exchange(outcome=outcome)), "MUST").splitlines()
    shown = '{"kind": "http", "status": 409, "message": "m", "requestId": "r"}'
    assert f'  = {{"outcome": "failure", "requestId": "s", "error": {shown}}}' in lines


def test_nothing_was_sent() -> None:
    assert "  > (nothing was sent)" in render_violation(evidence(exchange=exchange()), "MUST").splitlines()


def test_the_call_that_violates_the_clause_is_marked() -> None:
    violating = exchange(violates=True)
    lines = render_violation(evidence(before=[violating, exchange()]), "MUST").splitlines()
    headings = [line for line in lines if line.startswith(("  before that", "  then"))]
    assert headings == ["  before that, the call that violates the clause:", "  before that:", "  then:"]


@pytest.mark.parametrize(
    ("members", "closed"),
    [
        ({"curl": "curl http://127.0.0.1:4321/beta", "repeat": "graphcontract check x"}, True),
        ({"curl": "curl https://localhost:4321/beta", "repeat": "pytest suites"}, True),
        ({"curl": "curl https://graph.microsoft.com/beta", "repeat": "graphcontract check x"}, False),
        ({"curl": "curl http://127.0.0.1:4321/beta", "repeat": "graphcontract live --tenant-url x"}, False),
        ({"curl": None, "repeat": "graphcontract check x"}, False),
    ],
)
def test_a_curl_command_to_a_port_of_the_run_says_that_it_is_closed(
    members: dict[str, Any], closed: bool
) -> None:
    found = evidence(**members)
    text = render_violation(found, "MUST")
    assert ("This port is closed now" in text) is closed
    assert (f"graphcontract serve --evidence {found['id']} --report FILE" in text) is closed


def test_what_was_before() -> None:
    lines = render_violation(evidence(before=[exchange()], note="seen once"), "MUST").splitlines()
    assert "  before that:" in lines
    assert "  note      seen once" in lines


def test_tunnels_server_names_and_cancellation_are_shown() -> None:
    names = ("localhost", "localhost", "")
    sent = [{"at": 0, "origin": "h", "raw": raw("ONE\r\n"), "server_name": name} for name in names]
    shown = exchange(requests=sent, duration=2.0, cancelled=0.5) | {
        "connects": [{"at": 0.25, "origin": "", "raw": raw("CONNECT a:443 HTTP/1.1\r\n")}]
    }
    lines = render_violation(evidence(exchange=shown), "MUST").splitlines()
    start = lines.index("  to the proxy, 0.25 s")
    assert lines[start : start + 10] == [
        "  to the proxy, 0.25 s",
        "  > CONNECT a:443 HTTP/1.1",
        "  0.00 s",
        "  ! TLS server name: localhost",
        "  > ONE",
        "  0.00 s",
        "  > ONE",
        "  0.00 s",
        "  ! TLS server name: (none)",
        "  > ONE",
    ]
    assert "  ! cancelled after 0.50 s, ended after 2.00 s" in lines
