from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.clients import Implementation, Limits, Start
from graphcontract.clients.messages import (
    Declaration,
    MessageError,
    NumberedCall,
    begins_object,
    read_command,
    read_declaration,
    read_reply,
    write_call,
    write_declaration,
    write_reply,
    write_start,
    write_stop,
)
from graphcontract.exchange import Call, Outcome, RequestRule

quietly = settings(database=None, deadline=None, max_examples=60)

# Lone surrogates are in `characters()`, as JSON can escape them.
wild_texts = st.text(st.characters(), max_size=20)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | wild_texts
json_values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(wild_texts, inner), max_leaves=10
)
outcome_words = st.sampled_from(["success", "failure", "rejected", "unsupported", "crash"])
errors = st.dictionaries(
    st.sampled_from(["kind", "type", "status", "code", "message", "requestId", "more"]), json_values
)
near_replies = st.fixed_dictionaries(
    {"seq": st.just(7), "outcome": outcome_words | json_values},
    optional={
        "status": json_values,
        "requestId": json_values,
        "error": errors | json_values,
        "reason": json_values,
    },
)
texts = st.none() | st.text()
statuses = st.none() | st.integers(0, 999)
outcomes = st.one_of(
    st.builds(Outcome.success, status=statuses, request_id=texts),
    st.builds(
        Outcome.failure,
        kind=texts,
        type=texts,
        status=statuses,
        code=texts,
        message=texts,
        request_id=texts,
    ),
    st.builds(Outcome.rejected, st.text(min_size=1)),
    st.builds(Outcome.unsupported, st.text(min_size=1)),
    st.builds(Outcome.crash, st.text(min_size=1)),
)
# Levels that the parser takes and our own walk does not: from Python 3.12 on, that takes fewer frames.
DEEP = 700 if sys.version_info < (3, 12) else 2_000
calls = st.builds(
    Call,
    operation=st.text(),
    arguments=st.dictionaries(st.text(), wild_texts, max_size=2),
    token=wild_texts,
    base_url=texts,
    timeout=st.floats(0.1, 60),
    client=st.integers(1, 9),
    ca_file=texts,
    request=st.none()
    | st.builds(
        RequestRule,
        method=st.text(),
        root=st.text(),
        version=st.text(),
        path=wild_texts,
        parameters=st.dictionaries(st.text(), st.dictionaries(st.text(), st.integers()), max_size=2),
        query=st.sampled_from(["absent", "required", "unconstrained"]),
        fields=st.dictionaries(st.text(), st.sampled_from(["require", "forbid"]), max_size=2),
        content=st.sampled_from(["absent", "required", "unconstrained"]),
        media_type=texts,
    ),
)


def line(**members: object) -> bytes:
    return json.dumps(members).encode()


@quietly
@given(line=st.binary() | (json_values | near_replies).map(lambda value: json.dumps(value).encode()))
def test_any_line_is_an_outcome_that_a_report_can_hold(line: bytes) -> None:
    outcome = read_reply(line, 7)
    assert outcome.kind in {"success", "failure", "rejected", "unsupported", "crash"}
    json.dumps(asdict(outcome), ensure_ascii=False).encode()


@quietly
@given(outcome=outcomes, seq=st.integers(1))
def test_replies_round_trip(outcome: Outcome, seq: int) -> None:
    assert read_reply(write_reply(seq, outcome), seq) == outcome


@quietly
@given(call=calls, seq=st.integers(1))
def test_calls_round_trip(call: Call, seq: int) -> None:
    assert read_command(write_call(seq, call)) == NumberedCall(seq, call)


@pytest.mark.parametrize(
    "task", ["\u2028", "e\u0301", "\U0001f512", "a\nb", "\x85", "\0", "\ufeff", "\ud800"]
)
def test_a_call_is_one_line_for_every_reader_of_lines(task: str) -> None:
    written = write_call(1, Call("op", {"id": task}, "token"))
    assert written.decode().splitlines() == [written[:-1].decode()]
    assert json.loads(written)["arguments"] == {"id": task}


RULE = RequestRule(
    method="DELETE",
    root="https://graph.test",
    version="v1.0",
    path="/users/{id}",
    parameters={"id": {"type": "string"}},
    query="absent",
    fields={"Content-Type": "forbid"},
    content="absent",
)


def test_call_has_the_protocols_members() -> None:
    call = Call("op", {"id": "1"}, "secret", timeout=2.5, client=3, ca_file="ca.pem", request=RULE)
    assert json.loads(write_call(7, call)) == {
        "cmd": "call",
        "seq": 7,
        "operation": "op",
        "request": {
            "method": "DELETE",
            "root": "https://graph.test",
            "version": "v1.0",
            "path": "/users/{id}",
            "parameters": {"id": {"type": "string"}},
            "query": "absent",
            "fields": {"Content-Type": "forbid"},
            "content": "absent",
            "media_type": None,
        },
        "base_url": None,
        "token": "secret",
        "arguments": {"id": "1"},
        "timeout": 2.5,
        "ca_file": "ca.pem",
        "client": 3,
    }


CALL = {"cmd": "call", "seq": 1, "operation": "op", "arguments": {}, "token": "t", "timeout": 5, "client": 1}


def test_call_of_a_harness_that_sends_no_request() -> None:
    command = read_command(line(**CALL))
    assert isinstance(command, NumberedCall)
    assert command.call.request is None
    with pytest.raises(ValueError, match="not made for a contract"):
        _ = command.call.path


def test_start_and_stop_round_trip() -> None:
    start = Start("contract", ("127.0.0.1:1", "localhost:1"), ca_file="ca.pem", proxy=None)
    assert read_command(write_start(start)) == start
    assert read_command(write_stop()) is None


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ({"cmd": "dance"}, "`cmd` is 'dance'"),
        ({}, "`cmd` is missing"),
        ({"cmd": "start", "protocol": 2}, "`protocol` is 2"),
        ({"cmd": "call", "seq": True}, "`seq` is true"),
        ({"cmd": "call", "seq": 1, "arguments": {"id": 7}}, "`arguments.id` is 7, not a string"),
        ({"cmd": "call", "seq": 1, "arguments": {}, "timeout": "5"}, "`timeout` is '5'"),
        ({**CALL, "request": "POST"}, "`request` is 'POST', not an object"),
        ({**CALL, "request": {"method": "POST"}}, "`request.root` is missing"),
    ],
)
def test_a_wrong_command_is_named(command: dict[str, Any], named: str) -> None:
    with pytest.raises(MessageError, match=named):
        read_command(line(**command))


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({"outcome": "success"}, Outcome.success()),
        ({"outcome": "success", "status": None, "more": [1e999]}, Outcome.success()),
        ({"outcome": "failure"}, Outcome.failure()),
        ({"outcome": "failure", "error": None}, Outcome.failure()),
        ({"outcome": "failure", "error": {"status": 409, "new": {}}}, Outcome.failure(status=409)),
        ({"outcome": "rejected"}, Outcome.rejected("no reason given")),
        ({"outcome": "crash", "reason": "TypeError: x"}, Outcome.crash("TypeError: x")),
    ],
)
def test_absent_and_unknown_members_are_no_error(members: dict[str, Any], outcome: Outcome) -> None:
    written = line(seq=7, **members).replace(b"Infinity", b"1e999")
    assert read_reply(written, 7) == outcome


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"outcome": "success", "status": "204"}, "`status` is '204', not an integer"),
        ({"outcome": "success", "status": True}, "`status` is true, not an integer"),
        ({"outcome": "success", "status": 204.0}, "`status` is 204.0, not an integer"),
        ({"outcome": "success", "requestId": 1}, "`requestId` is 1, not a string"),
        ({"outcome": "failure", "error": "boom"}, "`error` is 'boom', not an object"),
        ({"outcome": "failure", "error": {"code": 7}}, "`error.code` is 7, not a string"),
        ({"outcome": "failure", "error": {"message": ["a"]}}, "`error.message` is a list, not a string"),
        ({"outcome": "failure", "error": {"status": {}}}, "`error.status` is an object, not an integer"),
        ({"outcome": "rejected", "reason": 3}, "`reason` is 3, not a string"),
        ({"outcome": "hang"}, "`outcome` is 'hang', not success, failure, rejected, unsupported or crash"),
        ({"outcome": None}, "`outcome` is missing"),
        ({}, "`outcome` is missing"),
        ({"outcome": "x" * 500}, "…"),
    ],
)
def test_a_member_of_the_wrong_type_is_a_crash_that_names_it(members: dict[str, Any], named: str) -> None:
    outcome = read_reply(line(seq=7, **members), 7)
    assert (outcome.kind, outcome.died) == ("crash", False)
    assert outcome.reason is not None
    assert named in outcome.reason
    assert len(outcome.reason) < 200


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"debugging",
        b"null",
        b'[{"seq": 7, "outcome": "success"}]',
        b'{"seq": 7, "outcome": "success"',
        b'{"seq": 7, "outcome": "success", "x": NaN}',
        b'{"seq": 7, "outcome": "success", "x": -Infinity}',
        b'{"seq": 7, "outcome": "success", "x": "\xff"}',
        b'{"seq": 7, "outcome": "success", "x": %s}' % (b"9" * 5000),
        b'{"seq": 7, "outcome": "success", "x": %s}' % (b"[" * 100_000 + b"]" * 100_000),
        b'{"seq": 7, "outcome": "success", "x": %s}' % (b"[" * DEEP + b"]" * DEEP),
        b'{"seq": 8, "outcome": "success"}',
        b'{"seq": "7", "outcome": "success"}',
        b'{"seq": 7.0, "outcome": "success"}',
        b'{"seq": true, "outcome": "success"}',
        b'{"outcome": "success"}',
    ],
)
def test_another_line_than_a_reply_to_this_call_needs_a_fresh_driver(written: bytes) -> None:
    outcome = read_reply(written, 7)
    assert (outcome.kind, outcome.died) == ("crash", True)
    assert outcome.reason


def test_lone_surrogates_are_replaced_on_receipt() -> None:
    written = rb'{"seq": 7, "outcome": "failure", "error": {"message": "a\ud800b\ud83d\ude00"}}'
    outcome = read_reply(written, 7)
    assert outcome == Outcome.failure(message="a\ufffdb\U0001f600")


@pytest.mark.parametrize("end", [b"", b"\r"])
def test_a_byte_order_mark_and_a_carriage_return_are_no_error(end: bytes) -> None:
    written = b'\xef\xbb\xbf{"seq": 7, "outcome": "success"}' + end
    assert begins_object(written)
    assert read_reply(written, 7) == Outcome.success()
    assert not begins_object(b"npm warn {")


def test_the_least_declaration() -> None:
    declaration = read_declaration(line(implementation={"name": "sdk"}))
    assert declaration == Declaration(Implementation("sdk"), 1, Limits())


@pytest.mark.parametrize(("declared", "held"), [(0, 1), (-3, 1), (8, 8), (64, 64), (10**30, 64)])
def test_concurrency_is_kept_in_bounds(declared: int, held: int) -> None:
    written = line(implementation={"name": "sdk"}, concurrency=declared)
    assert read_declaration(written).concurrency == held


@pytest.mark.parametrize(("declared", "read"), [(16, 16), (0, 1), (-3, 1), (None, 10)])
def test_pool_holds_at_least_one_connection(declared: int | None, read: int) -> None:
    written = line(implementation={"name": "sdk"}, limits={"pool": declared})
    assert read_declaration(written).limits.pool == read


def test_limits_are_read_and_kept_as_declared() -> None:
    declared = {"root": "fixed", "https": True, "hosts": ["a"], "status": False, "later": [1]}
    limits = read_declaration(line(protocol=1, implementation={"name": "sdk"}, limits=declared)).limits
    assert limits == Limits(root="fixed", https=True, hosts=("a",), status=False, declared=declared)


def test_declarations_round_trip() -> None:
    declared = {"timeout": "attempt", "token": "client", "hosts": ["a"]}
    limits = Limits(timeout="attempt", token="client", hosts=("a",), declared=declared)
    declaration = Declaration(Implementation("sdk", "1.0", notes="é"), 8, limits)
    assert read_declaration(write_declaration(declaration)) == declaration


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (b"{", "not valid JSON"),
        (line(), "`implementation` is missing"),
        (line(implementation={}), "`implementation.name` is missing"),
        (line(implementation={"name": 1}), "`implementation.name` is 1, not a string"),
        (line(protocol=0), "version 0, not 1"),
        (line(protocol=2, implementation={"name": "sdk"}), "version 2, not 1"),
        (line(protocol="1", implementation={"name": "sdk"}), "`protocol` is '1'"),
        (line(implementation={"name": "sdk"}, concurrency="8"), "`concurrency` is '8'"),
        (
            line(implementation={"name": "sdk"}, limits={"root": "Fixed"}),
            "`limits.root` is 'Fixed', not settable or",
        ),
        (line(implementation={"name": "sdk"}, limits={"https": 1}), "`limits.https` is 1, not true or false"),
        (
            line(implementation={"name": "sdk"}, limits={"hosts": [1]}),
            r"`limits.hosts\[0\]` is 1, not a string",
        ),
    ],
)
def test_a_wrong_declaration_is_named(written: bytes, named: str) -> None:
    with pytest.raises(MessageError, match=named):
        read_declaration(written)


@quietly
@given(
    value=st.fixed_dictionaries(
        {"implementation": st.just({"name": "sdk"}) | json_values, "limits": json_values}
    )
)
def test_any_declaration_is_read_or_refused(value: object) -> None:
    try:
        declaration = read_declaration(json.dumps(value).encode())
    except MessageError:
        return
    json.dumps(asdict(declaration), ensure_ascii=False).encode()
