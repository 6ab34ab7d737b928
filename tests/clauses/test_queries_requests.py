"""Which requests and responses are of a call, and what is remembered of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses import list_kinds
from graphcontract.clauses.queries import (
    admits_other_credentials,
    answers_operation,
    build_request_filter,
    build_token_filter,
    control_has_request,
    crashed_without_request,
    find_unreadable_requests,
    has_readable_head,
    has_usable_values,
    is_claims_challenge,
    is_ordinary,
    is_unusable,
    last_response,
    list_attempts,
    operation_requests,
    remembers,
)
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.http.request_target import Position
from graphcontract.wire import WireResponse
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    HANG,
    NAMES,
    SUCCESS,
    TOKEN,
    call,
    exchange,
    failure,
    read,
    request,
    response,
    with_request,
)

BARE = {"Authorization": None}
TELEMETRY = request("/collect", fields=BARE)
CHALLENGE = 'Bearer claims="x"'


class TestRemembered:
    @staticmethod
    def counted(made: list[Exchange]) -> list[int]:
        """How often a query ran, after each of these exchanges was queried."""
        runs: list[Exchange] = []

        @remembers
        def query(_contract: Contract, exchange: Exchange) -> int:
            runs.append(exchange)
            return len(runs)

        return [query(CONTRACT, each) for each in made]

    def test_same_exchange_is_queried_once(self) -> None:
        first, second = exchange(request()), exchange(request())
        assert self.counted([first, second, first, second]) == [1, 2, 1, 2]

    def test_thirty_two_exchanges_are_remembered(self) -> None:
        made = [exchange(request()) for _ in range(33)]
        assert self.counted([*made[:32], made[0]])[-1] == 1
        assert self.counted([*made, made[1], made[0]])[-2:] == [2, 34]

    def test_another_contract_is_another_question(self) -> None:
        looked, asked = request(f"{NAMES}/{TOKEN}/other"), request()
        step, other = exchange(looked, asked), with_request(path=f"{CONTRACT.request.path}/other")
        assert operation_requests(CONTRACT, step) == [asked]
        assert operation_requests(other, step) == [looked]
        assert operation_requests(CONTRACT, step) == [asked]


class TestFilters:
    def test_token_is_looked_for_as_it_is(self) -> None:
        concerns = build_token_filter(call())
        assert concerns(request())
        assert concerns(request(fields=BARE, content=f"x{TOKEN}y"))
        assert not concerns(request(fields={"Authorization": f"Bearer {TOKEN[:-1]}"}))

    def test_request_without_a_method_does_not_belong_to_the_call(self) -> None:
        assert not build_request_filter(CONTRACT, call())(replace(request(), method=""))

    @pytest.mark.parametrize(
        ("path", "belongs"),
        [
            ("/v1.0/me/messages/delta", True),
            ("/v1.0/me/messages", False),
            ("/v1.0/other/delta", False),
            ("/v1.0/delta/messages", True),
        ],
    )
    def test_path_without_a_key_is_named_by_its_last_two_segments(self, path: str, belongs: bool) -> None:
        contract = with_request(path="/me/messages/delta", parameters={})
        asked = replace(call(), arguments={})
        assert build_request_filter(contract, asked)(request(path, fields=BARE)) is belongs

    @pytest.mark.parametrize(
        ("path", "belongs"),
        [
            ("/beta/me/settings/regional", True),
            ("/beta/me/settings/other", False),
            ("/beta/me/regional", False),
        ],
    )
    def test_path_that_ends_with_a_property_is_named_by_it(self, path: str, belongs: bool) -> None:
        contract = with_request(method="DELETE", path="/me/settings/regional", parameters={})
        assert contract.bound_operation is None
        asked = replace(call(), arguments={})
        assert build_request_filter(contract, asked)(request(path, fields=BARE)) is belongs

    def test_path_that_ends_with_a_key_is_named_by_its_collection(self) -> None:
        contract = load("message-delete-me-v1-0", list_kinds())
        (parameter,) = contract.request.parameters
        concerns = build_request_filter(contract, replace(call(), arguments={parameter: "x1"}))
        assert concerns(request("/V1.0/Me/MESSAGES", fields=BARE))
        assert not concerns(request("/v1.0/me/events/1", fields=BARE))
        assert concerns(request("/v1.0/me/events/x1", fields=BARE))


class TestAttempts:
    def test_each_own_request_has_its_response(self) -> None:
        step = exchange(TELEMETRY, request(), request(), request())
        step = replace(step, responses=(step.responses[0], step.responses[2], step.responses[1]))
        found = list_attempts(CONTRACT, step)
        assert [(made, answer and answer.request) for made, answer in found] == [
            (step.requests[1], 1),
            (step.requests[2], 2),
            (step.requests[3], None),
        ]

    def test_equal_requests_are_two(self) -> None:
        sent = request()
        assert len(list_attempts(CONTRACT, exchange(sent, replace(sent)))) == 2


class TestResponses:
    def test_last_whole_response_to_a_valid_request_of_the_call(self) -> None:
        step = exchange(request(), request(), request(), TELEMETRY)
        first, second, third, fourth = step.responses
        assert last_response(CONTRACT, step) is third
        cut = replace(third, fault="half-content")
        assert last_response(CONTRACT, replace(step, responses=(first, second, cut, fourth))) is second
        idle = replace(third, fault="idle-closed")
        assert last_response(CONTRACT, replace(step, responses=(first, second, idle))) is idle
        assert last_response(CONTRACT, replace(step, responses=())) is None
        assert last_response(CONTRACT, exchange(TELEMETRY)) is None
        broken = replace(step.requests[2], malformed="two lengths")
        requests = (*step.requests[:2], broken, TELEMETRY)
        assert last_response(CONTRACT, replace(step, requests=requests)) is second

    @pytest.mark.parametrize(
        ("status", "values", "claims", "admits"),
        [
            (401, [CHALLENGE], True, True),
            (401, ["Bearer", CHALLENGE], True, True),
            (401, ["Bearer"], False, False),
            (401, [], False, False),
            (400, [CHALLENGE], False, False),
            (402, [CHALLENGE], False, False),
            (403, [], False, True),
            (403, [CHALLENGE], False, True),
            (404, [CHALLENGE], False, False),
        ],
    )
    def test_challenges(self, status: int, values: list[str], claims: bool, admits: bool) -> None:
        answer = response(status, fields=tuple(("WWW-Authenticate", each) for each in values))
        assert (is_claims_challenge(answer), admits_other_credentials(answer)) == (claims, admits)

    def test_response_to_a_request_with_another_method(self) -> None:
        step = exchange(request(), request(method="GET"), request(method="post"))

        def answers(response: WireResponse) -> bool:
            return answers_operation(CONTRACT, step, response)

        assert [answers(each) for each in step.responses] == [True, False, False]
        put = exchange(request(method="PUT"))
        assert not answers_operation(CONTRACT, put, put.responses[0])


class TestUnreadable:
    @pytest.mark.parametrize(
        ("malformed", "version", "readable"),
        [
            (None, "1.1", True),
            (None, "2", True),
            ("x", "1.1", True),
            ("x", "1.0", True),
            ("x", "2", False),
            ("x", "", False),
        ],
    )
    def test_readable_heads(self, malformed: str | None, version: str, readable: bool) -> None:
        assert has_readable_head(replace(request(), malformed=malformed, version=version)) is readable

    def test_any_malformed_request_counts_where_none_names_the_call(self) -> None:
        hello = read(b"\x16\x03\x01 hello")
        assert find_unreadable_requests(CONTRACT, exchange(hello, TELEMETRY)) == [hello]
        assert find_unreadable_requests(CONTRACT, exchange(request(), hello)) == []
        assert find_unreadable_requests(CONTRACT, exchange(request(), TELEMETRY)) == []


@pytest.mark.parametrize(
    ("outcome", "crashed"),
    [(CRASH, True), (HANG, True), (SUCCESS, False), (failure(None), False), (Outcome.rejected("no"), False)],
)
def test_crash_without_a_request(outcome: Outcome, crashed: bool) -> None:
    assert crashed_without_request(exchange(outcome=outcome)) is crashed
    assert not crashed_without_request(exchange(request(), outcome=outcome))


def test_control_with_a_request() -> None:
    assert control_has_request(CONTRACT, Trial(CONTROL, CONTROL))
    assert not control_has_request(CONTRACT, Trial(CONTROL))
    assert not control_has_request(CONTRACT, Trial(CONTROL, exchange(TELEMETRY)))
    assert not control_has_request(CONTRACT, Trial(CONTROL, exchange(outcome=CRASH)))


@pytest.mark.parametrize(("value", "usable"), [("a", True), ("", False), (".", False), ("a\n", False)])
def test_usable_values(value: str, usable: bool) -> None:
    assert has_usable_values(CONTRACT, call(value)) is usable


@pytest.mark.parametrize(
    ("argument", "quoted", "unusable"),
    [
        (None, False, ["", ".", ".."]),
        ("name", False, [""]),
        ("name", True, []),
    ],
    ids=["a segment", "a number", "a string"],
)
def test_values_that_cannot_stand_at_their_position(
    argument: str | None, quoted: bool, unusable: list[str]
) -> None:
    position = Position("name", 3, argument, quoted)
    assert [each for each in ("", ".", "..", "...", "a") if is_unusable(position, each)] == unusable


@pytest.mark.parametrize(
    ("path", "ordinary"), [("/places/{place}/get", False), ("/places/get(name='{place}')", True)]
)
def test_ordinary_value_of_a_segment_and_of_a_literal(path: str, ordinary: bool) -> None:
    parameters = {"place": {"type": "string", "enum": ["A1:B2"]}}
    contract = with_request(path=path, parameters=parameters)
    assert is_ordinary(contract, replace(call(), arguments={"place": "A1:B2"})) is ordinary


def test_requests_of_the_operation_are_found_among_two() -> None:
    looked, asked = request(f"{NAMES}/{TOKEN}"), request()
    assert operation_requests(CONTRACT, exchange(looked, asked)) == [asked]
    assert operation_requests(CONTRACT, exchange(asked, looked)) == [asked]
    assert operation_requests(CONTRACT, exchange(looked)) == [looked]


def test_requests_of_the_operation_are_found_among_several() -> None:
    first, second = request(), request()
    step = exchange(first, TELEMETRY, request(f"{NAMES}/{TOKEN}"), second)
    found = operation_requests(CONTRACT, step)
    assert len(found) == 2
    assert found[0] is first
    assert found[1] is second
