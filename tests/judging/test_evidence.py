from __future__ import annotations

import base64
import hashlib
import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from graphcontract.clauses import Finding
from graphcontract.exchange import Outcome, Trial
from graphcontract.inputs.tokens import make
from graphcontract.judging.evidence import describe_call, describe_exchange, make_evidence
from graphcontract.reporting.evidence import Evidence
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTRACT,
    CONTROL,
    TASK,
    TOKEN,
    call,
    exchange,
    failure,
    read,
    request,
    response,
    target,
)
from tests.inputs import token_of
from tests.reporting import problems

CLAUSE = CONTRACT.clauses["request.method"]
CUT = 64 * 1024


def shown(*, sent: WireRequest | None = None, note: str | None = None, **members: Any) -> Any:
    step = exchange(sent or request(method="post"))
    finding = replace(Finding("letter-case", "POST", "post", at=step.requests[0]), **members)
    return make_evidence(CLAUSE, finding, Trial(step, CONTROL), repeat="graphcontract check x", note=note)


def as_verdict(evidence: Evidence) -> dict[str, Any]:
    return {
        "event": "verdict",
        "clause": CLAUSE.id,
        "level": "MUST",
        "verdict": "fail",
        "exercised": 1,
        "duration": 0.0,
        "evidence": evidence,
        "fails_run": True,
        "classes": {},
    }


def test_a_verdict_names_its_evidence() -> None:
    found = shown(note="seen twice", input="long")
    assert problems(as_verdict(found)) == []
    assert found["id"].startswith("request.method-")
    assert found["text"] == CLAUSE.kinds["letter-case"].text
    assert found["statement"] == CLAUSE.statement
    assert all(str(source) in found["source"] for source in CLAUSE.sources)
    assert (found["expected"], found["actual"]) == ("POST", "post")
    assert (found["class"], found["note"]) == ("long", "seen twice")
    assert len(found["before"]) == 1


def test_members_that_say_nothing_are_left_out() -> None:
    found = shown()
    assert {"class", "note"}.isdisjoint(found)
    assert found["exchange"]["outcome"] == {"kind": "success", "status": 204}


def test_the_input_makes_the_call_again() -> None:
    for token in (TOKEN, "short", make("ab", 4000)):
        written = describe_call(call(token=token))
        assert written["arguments"] == call().arguments
        assert token_of(written["token"]) == token
        assert TOKEN not in str(written)


@pytest.mark.parametrize(
    "place",
    [
        {"expected": f"Bearer {TOKEN}"},
        {"actual": f"saw {TOKEN.lower()} there"},
        {"sent": request(f"{target()}?token={TOKEN}")},
        {"sent": request(more=[("X-Token", TOKEN)])},
        {"sent": request(content=f'{{"token": "{TOKEN}"}}')},
        {"sent": read(f"POST {target()} HTTP/1.1\r\nX: {TOKEN}\r\n\r\n".encode())},
    ],
)
def test_no_token_is_shown(place: dict[str, Any]) -> None:
    assert TOKEN[:20].lower() not in str(shown(**place)).lower()


class TestExchange:
    def test_when_a_process_got_the_call_is_not_shown(self) -> None:
        shown = describe_exchange(exchange(outcome=replace(Outcome.success(), sent=1.0)))
        assert shown["outcome"] == {"kind": "success"}

    def test_no_token_of_the_outcome_is_shown(self) -> None:
        said = [
            failure(message=f"Bearer {TOKEN}", code=TOKEN),
            Outcome.rejected(f"odd token {TOKEN}"),
            Outcome.crash(f"KeyError: {TOKEN}", output=f"trace\n{TOKEN}\n"),
        ]
        for outcome in said:
            shown = describe_exchange(exchange(outcome=outcome))
            assert TOKEN[:20] not in str(shown)
            assert "[token]" in str(shown["outcome"])

    def test_times_are_from_the_start_of_the_call(self) -> None:
        step = replace(exchange(replace(request(), at=100.25)), started=100.0, ended=101.5)
        shown = describe_exchange(step)
        assert (shown["requests"][0]["at"], shown["duration"]) == (0.25, 1.5)

    def test_bytes_are_text_where_they_can_be(self) -> None:
        step = exchange(request(), answer=response(200, raw=b"HTTP/1.1 200 OK\r\n\r\n\xc3\xa9"))
        (answer,) = describe_exchange(step)["responses"]
        assert answer["raw"]["text"].endswith("\r\n\r\né")

    def test_other_bytes_are_base64(self) -> None:
        raw = b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe"
        (answer,) = describe_exchange(exchange(request(), answer=response(200, raw=raw)))["responses"]
        assert base64.b64decode(answer["raw"]["base64"]) == raw

    def test_http2_is_shown_as_frames_without_secrets(self) -> None:
        """Not as its bytes: those of a compressed header have the token in a form that nothing finds."""
        frames = ("SETTINGS ACK", f"HEADERS stream 1\nx-copy: {TOKEN}\ncookie: a=b", "DATA stream 1, 0 bytes")
        sent = replace(request(), version="2", raw=b"\x00\xff" + TOKEN.encode(), frames=frames)
        (shown,) = describe_exchange(exchange(sent))["requests"]
        lines = ["SETTINGS ACK", "HEADERS stream 1", "x-copy: [token]", "cookie: [redacted]"]
        assert shown["raw"]["text"].split("\r\n") == [*lines, "DATA stream 1, 0 bytes"]

    def test_what_is_long_is_cut_and_measured_whole(self) -> None:
        raw = b"HTTP/1.1 500 X\r\n\r\n" + b"x" * (CUT * 2)
        step = exchange(request(), answer=response(500, raw=raw), outcome=failure(message="m" * CUT * 2))
        shown = describe_exchange(step)
        (answer,) = shown["responses"]
        assert len(answer["raw"]["text"]) == CUT
        assert (answer["raw"]["size"], answer["raw"]["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
        assert shown["outcome"]["error"]["message"] == "m" * CUT

    def test_a_character_that_the_cut_goes_through(self) -> None:
        head = b"HTTP/1.1 500 X\r\n\r\n"
        raw = head + b"x" * (CUT - len(head) - 1) + "é".encode()
        (answer,) = describe_exchange(exchange(request(), answer=response(500, raw=raw)))["responses"]
        assert answer["raw"]["text"].endswith("x")

    def test_a_malformed_request_says_so(self) -> None:
        sent = read(f"POST {target()} HTTP/1.1\r\n\r\n".encode())
        (shown,) = describe_exchange(exchange(sent))["requests"]
        assert shown["malformed"] == sent.malformed


class TestCurl:
    def test_sends_the_request_again(self) -> None:
        words = shlex.split(shown(sent=request(method="post", more=[("X-A", "it's")]))["curl"])
        assert words[:5] == ["curl", "--path-as-is", "-i", "-X", "post"]
        assert f"http://127.0.0.1:1{target()}" in words
        assert "X-A: it's" in words
        assert "Content-Length: 0" in words
        assert words[-1] == "Authorization: Bearer $TOKEN"
        assert not any(word.lower().startswith("host:") for word in words)

    def test_without_what_is_secret_by_name(self) -> None:
        sent = request(more=[("Cookie", "a=secret"), ("Proxy-Authorization", "Basic c2VjcmV0")])
        words = shlex.split(shown(sent=sent)["curl"])
        assert "Cookie: [redacted]" in words
        assert "Proxy-Authorization: Basic [redacted]" in words

    def test_with_its_content(self) -> None:
        words = shlex.split(shown(sent=request(content='{"a": "$b"}'))["curl"])
        assert words[words.index("--data-binary") + 1] == '{"a": "$b"}'

    def test_without_credentials_where_none_were_sent(self) -> None:
        assert "TOKEN" not in shown(sent=request(fields={"Authorization": None}))["curl"]

    def test_an_absolute_target(self) -> None:
        absolute = f"http://127.0.0.1:1{target()}"
        assert absolute in shlex.split(shown(sent=request(absolute))["curl"])

    def test_none_for_a_malformed_request(self) -> None:
        sent = read(f"POST {target()} HTTP/1.1\r\n\r\n".encode())
        assert shown(sent=sent)["curl"] is None

    def test_none_where_nothing_was_sent(self) -> None:
        step = exchange(outcome=Outcome.success())
        clause = CONTRACT.clauses["request.once"]
        finding = Finding("unsent-success", "a request", "none")
        assert make_evidence(clause, finding, Trial(step), repeat="x", note=None)["curl"] is None

    def test_of_the_call_at_fault(self) -> None:
        """Of several calls, input, mark and curl are those of the one that violates the clause."""
        broken = exchange(request(target(TASK.upper())), asked=call(TASK.upper()), outcome=Outcome.crash("x"))
        trial = Trial(exchange(request()), before=(broken,))
        for finding in (
            Finding("letter-case", "", "", exchange=broken),
            Finding("letter-case", "", "", at=broken.requests[0]),
        ):
            made = make_evidence(CLAUSE, finding, trial, repeat="x", note=None)
            assert problems(as_verdict(made)) == []
            assert list(made["input"]["arguments"].values()) == [TASK.upper()]
            assert TASK.upper() in str(made["curl"])
            assert [each.get("violates") for each in (*made["before"], made["exchange"])] == [True, None]
        made = make_evidence(CLAUSE, Finding("letter-case", "", ""), trial, repeat="x", note=None)
        assert list(made["input"]["arguments"].values()) == [TASK]
        assert [each.get("violates") for each in (*made["before"], made["exchange"])] == [None, True]

    def test_of_the_request_at_fault(self) -> None:
        first, second = request(), request(target(TASK.upper()))
        step = exchange(first, second)
        finding = Finding("letter-case", "", "", at=second)
        made = make_evidence(CLAUSE, finding, Trial(step), repeat="x", note=None)
        assert TASK.upper() in (made["curl"] or "")


def test_token_in_an_optional_part_of_an_error_is_redacted() -> None:
    exposed = Outcome.failure(inner_codes=(TOKEN,), details=("a",), fields={TOKEN: TOKEN})
    shown = json.dumps(describe_exchange(exchange(request(), outcome=exposed))["outcome"])
    assert TOKEN not in shown
    assert '"details": ["a"]' in shown
    assert "retry_after" not in shown


def test_exchange_shows_tunnels_server_names_and_when_it_was_cancelled() -> None:
    made = exchange(replace(request(), server_name="localhost"))
    tunnel = read(f"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\nX-T: {TOKEN}\r\n\r\n".encode())
    made = replace(made, connects=(tunnel,), started=1.0, ended=3.0, cancelled=1.5)
    recorded = describe_exchange(made)
    assert recorded["cancelled"] == 0.5
    assert recorded["requests"][0]["server_name"] == "localhost"
    (connect,) = recorded["connects"]
    assert connect["raw"]["text"].startswith("CONNECT a.test:443 HTTP/1.1")
    assert TOKEN not in connect["raw"]["text"]
    plain = describe_exchange(exchange(request()))
    assert plain.keys().isdisjoint(("cancelled", "connects"))
    assert "server_name" not in plain["requests"][0]
