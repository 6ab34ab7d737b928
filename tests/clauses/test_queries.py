from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.clauses.graph_errors import parse_graph_error
from graphcontract.clauses.queries import (
    abbreviate,
    abbreviate_from_difference,
    build_request_filter,
    classify_character,
    classify_difference,
    describe_ids,
    describe_outcome,
    find_unreadable_requests,
    has_opaque_ids,
    is_ordinary,
    is_usable,
    last_response,
    operation_requests,
    own_requests,
)
from graphcontract.clauses.secrets import contains_token
from graphcontract.contract.loader import load
from graphcontract.exchange import Outcome
from graphcontract.inputs.tokens import CANARY
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTRACT,
    ID,
    NAMES,
    PARAMETER,
    TASK,
    TOKEN,
    call,
    error_answer,
    exchange,
    failure,
    read,
    request,
    response,
    target,
    with_request,
)

BARE = {"Authorization": None}


class TestBuildRequestFilter:
    @pytest.mark.parametrize(
        "sent",
        [
            request("/other"),
            request("/other", fields={"Authorization": f"Bearer {TOKEN[:20]}"}),
            request(target("x1"), fields=BARE),
            request(target().upper(), fields=BARE),
            request(f"{NAMES}('{TASK}')/cancel", fields=BARE),
            request(f"/tasks/{TASK}", fields=BARE),
            request(f"/{TASK[:4]}%{ord(TASK[4]):02X}{TASK[5:]}", fields=BARE),
        ],
        ids=["token", "cut token", "action", "shouted", "key", "id", "coded id"],
    )
    def test_a_request_of_the_call(self, sent: WireRequest) -> None:
        assert build_request_filter(CONTRACT, call())(sent)

    @pytest.mark.parametrize(
        "sent",
        [
            request("/collect", fields=BARE),
            read(b"\x16\x03\x01 hello"),
            request(f"/{TASK}0", fields=BARE),
            request(NAMES, fields=BARE),
            request("/beta/orders/1/cancel", fields=BARE),
            request(f"{NAMES.rpartition('/')[0]}/jobs/1/cancel", fields=BARE),
        ],
        ids=["telemetry", "not HTTP", "another id", "the list of tasks", "another cancel", "its neighbour"],
    )
    def test_other_traffic(self, sent: WireRequest) -> None:
        assert not build_request_filter(CONTRACT, call())(sent)

    def test_a_token_of_twenty_characters_is_distinctive(self) -> None:
        sent = request("/other", fields={"Authorization": f"Bearer {TOKEN[:20]}"})
        assert build_request_filter(CONTRACT, call(token=TOKEN[:20]))(sent)
        assert not build_request_filter(CONTRACT, call(token=TOKEN[:19]))(sent)

    def test_a_short_token_is_not_distinctive(self) -> None:
        sent = request("/other", fields={"Authorization": "Bearer abc"})
        assert not build_request_filter(CONTRACT, call(token="abc"))(sent)

    def test_an_empty_id_is_not_distinctive(self) -> None:
        assert not build_request_filter(CONTRACT, call(""))(request("/", fields=BARE))


class TestOperationRequests:
    def test_requests_for_the_operation(self) -> None:
        looked, telemetry = request(f"{NAMES}/a%2Fcancel"), request("/collect", fields=BARE)
        asked = request(target().replace("cancel", "microsoft.graph.Cancel/"))
        assert operation_requests(CONTRACT, exchange(looked, asked, telemetry)) == [asked]

    @pytest.mark.parametrize("path", [f"{target()}/now", f"/cancel{NAMES}/{TASK}"])
    def test_only_paths_that_end_with_the_operation(self, path: str) -> None:
        asked = request()
        assert operation_requests(CONTRACT, exchange(request(path), asked)) == [asked]

    def test_all_requests_of_the_call_if_none_is_for_the_operation(self) -> None:
        looked, telemetry = request(f"{NAMES}/{TASK}"), request("/collect", fields=BARE)
        assert operation_requests(CONTRACT, exchange(looked, telemetry)) == [looked]


class TestLastResponse:
    def test_is_the_last_response_to_a_request_of_the_call(self) -> None:
        telemetry = request("/collect", fields=BARE)
        step = exchange(request(), request(), telemetry)
        assert own_requests(CONTRACT, step) == list(step.requests[:2])
        last = last_response(CONTRACT, step)
        assert last is not None
        assert last.request == 1

    def test_no_answer_if_the_request_was_malformed(self) -> None:
        step = exchange(read(f"POST {target()} HTTP/1.1\r\n\r\n".encode()), answer=response(400))
        assert last_response(CONTRACT, step) is None


def test_a_graph_error_is_parsed() -> None:
    found = parse_graph_error(error_answer(409, code=["no text"]))
    assert found is not None
    assert (found.code, found.message, found.request_id) == (None, "In progress.", ID)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'{"error": "x"}', b"\xff", b"[" * 100_000])
def test_content_without_a_graph_error(content: bytes) -> None:
    assert parse_graph_error(response(409, content)) is None


@pytest.mark.parametrize(
    ("task_id", "token", "usable"),
    [
        (TASK, TOKEN, True),
        ("a/b é", "a-._~+/==", True),
        ("", TOKEN, False),
        ("..", TOKEN, False),
        ("a\x9fb", TOKEN, False),
        (TASK, "", False),
        (TASK, "a b", False),
        (TASK, f"{CANARY}\n", False),
        (TASK, "=a", False),
    ],
)
def test_usable(task_id: str, token: str, usable: bool) -> None:
    assert is_usable(CONTRACT, call(task_id, token)) is usable


@pytest.mark.parametrize(
    ("character", "cls"),
    [
        (" ", "space"),
        ("%", "percent"),
        ("/", "gen-delim"),
        ("'", "sub-delim"),
        ("é", "non-ascii"),
        ("~", "unreserved"),
        ("<", "unsafe"),
        ("\x00", "unsafe"),
    ],
)
def test_character_classes(character: str, cls: str) -> None:
    assert classify_character(character) == cls


@pytest.mark.parametrize(
    ("expected", "actual", "cls"),
    [
        (" a", "a", "edges"),
        ("Aa", "aA", "letter-case"),
        ("\u00e9", "e\u0301", "normalization"),
        ("x" * 129, "x" * 10, "long"),
        ("x" * 128, "x" * 10, "unreserved"),
        ("a b", "a+b", "space"),
        ("a/b", "a", "gen-delim"),
        ("a", "a;", "sub-delim"),
        ("a;b", "a b", "sub-delim"),
        ("b a", "a a", "unreserved"),
    ],
)
def test_difference_of_two_texts(expected: str, actual: str, cls: str) -> None:
    assert classify_difference(expected, actual) == cls


BEGINNING = TOKEN[:20]


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "z", "zz", "zzz"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_a_token_is_found_in_base64_at_any_offset(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    odd = "~?" * 10
    assert contains_token(encode(f"{before}{odd}{after}".encode()), odd)
    assert contains_token(encode(f"{before}{TOKEN}{after}".encode()), TOKEN)
    assert not contains_token(encode(f"{before}{BEGINNING[:-2]}{after}".encode()), TOKEN)
    assert not contains_token(encode(f"{before}{BEGINNING[2:]}{after}".encode()), TOKEN)


def test_any_part_of_a_token_is_found() -> None:
    claims = "eyJzdWIiOiJjb250cm9sIiwic2NwIjoicmVhZCJ9"
    assert contains_token(f"id={claims}".encode(), f"{BEGINNING}.{claims}.abc")
    assert not contains_token(claims[:19].encode(), f"{BEGINNING}.{claims}.abc")
    assert not contains_token(b"traceparent: 00-" + b"0" * 40, f"{BEGINNING}.{'0' * 60}")


def test_a_part_that_is_too_short_is_not_found() -> None:
    assert contains_token(BEGINNING.encode(), TOKEN)
    assert not contains_token(TOKEN[:19].encode(), TOKEN)
    assert not contains_token(TOKEN[:19].encode(), TOKEN[:19])


@pytest.mark.parametrize(
    ("schema", "opaque"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "format": "uuid"}, False),
        ({"type": "string", "pattern": "x"}, False),
        ({"type": "string", "enum": ["x"]}, False),
        ({"type": "integer"}, False),
    ],
)
def test_ids_that_may_be_anything(schema: dict[str, object], opaque: bool) -> None:
    (name,) = CONTRACT.request.parameters
    assert has_opaque_ids(with_request(parameters={name: schema})) is opaque


def test_abbreviate() -> None:
    assert abbreviate("a" * 120) == "a" * 120
    assert abbreviate("a" * 60 + "b" * 61) == f"{'a' * 60}…{'b' * 60} (121 characters)"


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome.success(), "success"),
        (Outcome.success(status=204), "success with status 204"),
        (failure(), "failure with status 409: In progress."),
        (Outcome.crash("KeyError"), "crash: KeyError"),
    ],
)
def test_describe_outcome(outcome: Outcome, text: str) -> None:
    assert describe_outcome(outcome) == text


class TestAbbreviated:
    def test_two_texts_are_shown_from_where_they_differ(self) -> None:
        begin, end = "/tasks" * 40, "?step=1&to=a" * 10
        one, other = f"{begin}/cancel{end}", f"{begin}//cancel{end}"
        shown = abbreviate_from_difference(one, other), abbreviate_from_difference(other, one)
        assert [text[:40] for text in shown] == [
            f"…{begin[-29:]}/cancel{end}"[:40],
            f"…{begin[-29:]}//cancel{end}"[:40],
        ]
        assert max(map(len, shown)) < 150

    @pytest.mark.parametrize(
        ("one", "other"), [("/a", "/b"), ("", "/b"), ("/a", "/a"), ("x" * 50, "x" * 49 + "y")]
    )
    def test_a_short_text_is_whole(self, one: str, other: str) -> None:
        assert abbreviate_from_difference(one, other) == one


def test_one_id_needs_no_name_and_several_do() -> None:
    assert describe_ids(call("a")) == 'the id "a"'
    both = replace(call("a"), arguments={"team": "a", "channel": "b"})
    assert describe_ids(both) == 'the ids team "a", channel "b"'
    assert describe_ids(both, "channel") == 'the ids channel "b"'


class TestOrdinaryCalls:
    @pytest.mark.parametrize(
        ("schema", "value", "ordinary"),
        [
            ({"type": "string"}, TASK, True),
            ({"type": "string"}, "x1", False),
            ({"type": "string", "format": "uuid"}, "x1", False),
            ({"type": "integer"}, "12", True),
            ({"type": "integer"}, "-1", True),
            ({"type": "string", "enum": ["a", "b c"]}, "a", True),
            ({"type": "string", "enum": ["a", "b c"]}, "b c", False),
        ],
    )
    def test_an_id(self, schema: dict[str, object], value: str, ordinary: bool) -> None:
        contract = with_request(parameters={PARAMETER: schema})
        assert is_ordinary(contract, call(value)) == ordinary

    @pytest.mark.parametrize(("value", "ordinary"), [("A1:B2", True), ("b c", False), ("\u00e9", False)])
    def test_an_argument_in_the_query_may_be_printable(self, value: str, ordinary: bool) -> None:
        named = {"type": "string", "enum": [value], "in": "query"}
        contract = with_request(parameters={**CONTRACT.request.parameters, "place": named})
        asked = replace(call(), arguments={PARAMETER: TASK, "place": value})
        assert is_ordinary(contract, asked) == ordinary


class TestUnreadableRequests:
    def test_beside_a_readable_request_those_of_the_call_count(self) -> None:
        other = replace(request("/collect", fields={"Authorization": None}), malformed="two lengths")
        assert find_unreadable_requests(CONTRACT, exchange(request(), other)) == []
        broken = replace(request(), malformed="two lengths")
        assert find_unreadable_requests(CONTRACT, exchange(request(), broken)) == [broken]

    @pytest.mark.parametrize(
        ("version", "pseudo", "fields", "counts"),
        [
            ("2", (), (), True),
            ("2", ((":path", "/"),), (), False),
            ("2", (), (("a", "b"),), False),
            ("1.1", (), (), False),
            ("", (), (), False),
            ("3", (), (), False),
        ],
    )
    def test_what_has_no_header_over_http2_counts(
        self,
        version: str,
        pseudo: tuple[tuple[str, str], ...],
        fields: tuple[tuple[str, str], ...],
        counts: bool,
    ) -> None:
        nothing = WireRequest(
            at=0,
            raw=b"",
            method="",
            target="",
            version=version,
            fields=fields,
            pseudo=pseudo,
            malformed="cut",
        )
        found = find_unreadable_requests(CONTRACT, exchange(request(), nothing))
        assert found == ([nothing] if counts else [])


def test_the_request_of_a_path_that_ends_with_an_id_names_the_collection_alone() -> None:
    contract = load("message-delete-me-v1-0", list_kinds())
    (parameter,) = contract.request.parameters
    asked = replace(call(), arguments={parameter: TASK})
    concerns = build_request_filter(contract, asked)
    bare = {"Authorization": None}
    assert concerns(request(f"/v1.0/me/messages/{TASK}", method="DELETE", fields=bare))
    assert concerns(request("/v1.0/me/messages/other", method="DELETE", fields=bare))
    assert not concerns(request("/v1.0/me/events/other", method="DELETE", fields=bare))


@pytest.mark.parametrize(("same", "cut"), [(59, False), (60, False), (61, True)])
def test_what_two_long_texts_begin_with_is_left_out(same: int, cut: bool) -> None:
    text, other = "a" * same + "b" * 150, "a" * same + "c" * 150
    assert abbreviate_from_difference(text, other).startswith("…") == cut
