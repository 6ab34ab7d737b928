from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from graphcontract.clauses import registry
from graphcontract.exchange import Call, Outcome
from graphcontract.http import stub_response
from graphcontract.inputs import Partitions
from graphcontract.inputs import calls as inputs
from graphcontract.inputs.calls import guid_calls
from graphcontract.inputs.ids import task_ids
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.evaluator import NEEDS
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import SuiteTest, concurrently, given, proves
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import evidence_id
from tests.clauses import CONTRACT, with_fields
from tests.judging import (
    PROFILE,
    Behaviour,
    Paper,
    Send,
    calls_of,
    gate_of,
    good,
    lower,
    outcome,
    plain_test,
    tried,
    written,
)

REQUEST = ("request.method", "request.path", "request.body")
LISTED = task_ids().listed["date-like"]
CLASSES = ("a", "b", "c", "d", "e")


def stratified(*clauses: str) -> SuiteTest:
    """Calls in five classes of input."""

    @proves(*clauses)
    @given(call=guid_calls, cls=Partitions({name: st.just(name) for name in CLASSES}))
    def body(harness: Harness, call: Call, cls: str) -> None:
        harness.check(call, [stub_response.success()])

    return body


def at_call(number: int, behave: Behaviour) -> Behaviour:
    """A good client but for one of its calls, counted from 1."""
    calls = 0

    def behaviour(call: Call, send: Send) -> Outcome:
        nonlocal calls
        calls += 1
        return behave(call, send) if calls == number else good(call, send)

    return behaviour


def lower_with_content(call: Call, send: Send) -> Outcome:
    return outcome(send(written(call, method="post", content=call.token)))


def hanging(call: Call, send: Send) -> Outcome:
    send(written(call))
    return Outcome.hang("no outcome in time")


def dying(call: Call, send: Send) -> Outcome:
    send(written(call))
    return Outcome.crash("exit status 7", died=True)


class TestAGoodClient:
    def test_every_clause_hears_every_exchange(self) -> None:
        parts = tried(gate_of(), plain_test(*REQUEST))
        assert [part.verdict for part in parts.values()] == ["pass"] * 3
        assert [part.exercised for part in parts.values()] == [PROFILE.examples] * 3

    def test_exercised_is_counted_by_class(self) -> None:
        (part,) = tried(gate_of(), stratified("request.method")).values()
        assert part.classes == dict.fromkeys(CLASSES, 3)
        assert part.exercised == 15

    def test_the_calls_are_made_once_for_all_clauses(self) -> None:
        harness = gate_of()
        parts = tried(harness, plain_test(*REQUEST))
        assert len(calls_of(harness)) == PROFILE.examples
        assert [part.exchanges for part in parts.values()] == [PROFILE.examples, 0, 0]

    def test_the_same_inputs_whoever_is_under_test(self) -> None:
        first, second = gate_of(), gate_of(lower)
        tried(first, stratified("request.method"))
        tried(second, stratified("request.method"))
        inputs = [(call.arguments, call.token) for call in calls_of(first)]
        assert inputs == [(call.arguments, call.token) for call in calls_of(second)][: len(inputs)]

    def test_a_client_may_bound_the_examples(self) -> None:
        harness = gate_of()
        harness.client.budget = 5
        (part,) = tried(harness, plain_test("request.method")).values()
        assert part.exercised == 5

    def test_all_exchanges_can_be_recorded(self) -> None:
        parts = tried(gate_of(), plain_test(*REQUEST), record=True)
        assert [len(part.recorded) for part in parts.values()] == [PROFILE.examples, 0, 0]


class TestFaults:
    def test_a_failing_clause_hides_none_of_its_neighbours(self) -> None:
        parts = tried(gate_of(lower_with_content), plain_test(*REQUEST))
        assert {id: part.verdict for id, part in parts.items()} == {
            "request.method": "fail",
            "request.path": "pass",
            "request.body": "fail",
        }
        assert [part.exercised for part in parts.values()] == [PROFILE.examples] * 3

    def test_the_evidence_is_shrunk(self) -> None:
        (part,) = tried(gate_of(lower), plain_test("request.method")).values()
        assert part.evidence is not None
        assert part.evidence["id"] == evidence_id("request.method", "letter-case", "")
        assert part.evidence["input"]["token"] == {"canary": True, "unit": "0", "length": 1}
        assert part.evidence["repeat"] == "repeat request.method"
        assert "note" not in part.evidence

    def test_a_renamed_clause_keeps_its_evidence_ids(self) -> None:
        clause = replace(CONTRACT.clauses["request.method"], evidence_key="request.verb")
        harness = gate_of(lower)
        harness.contract = replace(CONTRACT, clauses={**CONTRACT.clauses, clause.id: clause})
        (part,) = tried(harness, plain_test("request.method")).values()
        assert part.evidence is not None
        assert part.evidence["id"] == evidence_id("request.verb", "letter-case", "")
        assert part.evidence["input"]["token"] == {"canary": True, "unit": "0", "length": 1}

    def test_other_faults_of_a_clause_are_listed(self) -> None:
        def either(call: Call, send: Send) -> Outcome:
            return outcome(send(written(call, method="post" if len(call.token) % 2 else "PUT")))

        (part,) = tried(gate_of(either), plain_test("request.method")).values()
        assert part.evidence is not None
        ids = {evidence_id("request.method", kind, "") for kind in ("letter-case", "other-method")}
        assert {part.evidence["id"], *part.also} == ids

    def test_a_fault_of_one_class_alone(self) -> None:
        def long_tokens(call: Call, send: Send) -> Outcome:
            return (lower if len(call.token) > len(CANARY) + 5 else good)(call, send)

        (part,) = tried(gate_of(long_tokens), plain_test("request.method")).values()
        assert part.evidence is not None
        assert part.evidence["input"]["token"] == {"canary": True, "unit": "0", "length": 6}

    @pytest.mark.parametrize("text", LISTED)
    def test_a_fault_of_one_listed_value_is_shown_with_it(self, text: str) -> None:
        def at_one_text(call: Call, send: Send) -> Outcome:
            return (lower if call.task_id == text else good)(call, send)

        @proves("request.method")
        @given(call=lambda contract: inputs.calls(contract).only("id:date-like", "id:digits"))
        def body(harness: Harness, call: Call) -> None:
            harness.check(call, [stub_response.success()])

        (part,) = tried(gate_of(at_one_text), body).values()
        assert part.evidence is not None
        assert part.evidence["input"]["arguments"] == {"sharePointMigrationTaskId": text}
        assert "note" not in part.evidence

    def test_a_fault_of_the_tenth_call(self) -> None:
        (part,) = tried(gate_of(at_call(10, lower)), plain_test("request.method")).values()
        assert part.evidence is not None
        assert part.verdict == "fail"
        seen = "seen in 1 of 12 exchanges, first after 9 others; the same inputs alone do not show it"
        assert part.evidence["note"].startswith(seen)
        assert "post " in part.evidence["exchange"]["requests"][0]["raw"]["text"]

    def test_a_fault_that_stays_after_the_tenth_call(self) -> None:
        """The first of the same inputs shows it now, and did not at first: a new run may pass."""
        calls = 0

        def worn_out(call: Call, send: Send) -> Outcome:
            nonlocal calls
            calls += 1
            return (good if calls < 10 else lower)(call, send)

        (part,) = tried(gate_of(worn_out), plain_test("request.method")).values()
        assert part.evidence is not None
        assert part.evidence["input"]["token"] == {"canary": True, "unit": "0", "length": 1}
        assert part.evidence["note"].startswith("seen in 3 of 12 exchanges, first after 9 others; ")
        assert part.evidence["note"].endswith("run the whole check")

    @pytest.mark.parametrize("every", [2, 3, 7])
    def test_a_fault_now_and_then(self, every: int) -> None:
        calls = 0

        def flaky(call: Call, send: Send) -> Outcome:
            nonlocal calls
            calls += 1
            return (good if calls % every else lower)(call, send)

        part = tried(gate_of(flaky), plain_test(*REQUEST))["request.method"]
        assert (part.verdict, part.exercised) == ("fail", PROFILE.examples)
        assert part.evidence is not None
        assert part.evidence["id"] == evidence_id("request.method", "letter-case", "")

    def test_shrinking_is_bounded(self) -> None:
        harness = gate_of(lower, profile=replace(PROFILE, examples=100))
        tried(harness, plain_test("request.method"))
        assert len(calls_of(harness)) < 700

    def test_earlier_steps_are_shown_where_they_matter(self) -> None:
        @proves("request.client-request-id", "request.method")
        @given(call=guid_calls)
        def twice(harness: Harness, call: Call) -> None:
            harness.check(
                call, [stub_response.success()], before=[harness.perform(call, [stub_response.success()])]
            )

        harness = gate_of(lower, paper=Paper(frozenset({"own-root"})))
        parts = tried(harness, twice)
        before = [part.evidence and len(part.evidence["before"]) for part in parts.values()]
        assert before == [1, 0]


@pytest.mark.parametrize("expensive", [hanging, dying])
class TestCostlyClients:
    def test_are_cut_short(self, expensive: Behaviour) -> None:
        harness = gate_of(expensive)
        parts = tried(harness, stratified("request.method", "response.no-content"))
        assert len(calls_of(harness)) == 3
        assert parts["response.no-content"].verdict == "fail"
        assert parts["request.method"].verdict == "not-run"
        assert "2 input classes were not tried" in str(parts["request.method"].reason)
        assert parts["request.method"].exercised == 3

    def test_have_one_call_a_test_after_three(self, expensive: Behaviour) -> None:
        harness = gate_of(expensive)
        for _ in range(4):
            tried(harness, stratified("response.no-content"))
        assert len(calls_of(harness)) == 3 + 1 + 1 + 1

    def test_are_not_shrunk(self, expensive: Behaviour) -> None:
        harness = gate_of(at_call(15, expensive))
        part = tried(harness, stratified("response.no-content"))["response.no-content"]
        assert part.verdict == "fail"
        assert len(calls_of(harness)) == 15

    def test_lose_the_rest_of_a_class_and_not_the_next(self, expensive: Behaviour) -> None:
        part = tried(gate_of(at_call(1, expensive)), stratified("request.method"))["request.method"]
        assert (part.verdict, part.classes) == ("pass", {"a": 1, "b": 3, "c": 3, "d": 3, "e": 3})


class TestWhatIsNotJudged:
    def test_what_the_transport_does_not_show(self) -> None:
        harness = gate_of(paper=Paper(frozenset()))
        parts = tried(harness, plain_test("request.client-request-id", "request.method"))
        assert parts["request.client-request-id"].verdict == "not-supported"
        assert "--transport mock" in str(parts["request.client-request-id"].reason)
        assert parts["request.method"].verdict == "pass"

    def test_no_call_is_made_where_nothing_can_be_judged(self) -> None:
        harness = gate_of()
        tried(harness, plain_test("request.client-request-id"))
        assert calls_of(harness) == []

    def test_what_the_client_does_not_tell(self) -> None:
        harness = gate_of()
        harness.client.shows = frozenset()
        (part,) = tried(harness, plain_test("error.status")).values()
        assert (part.verdict, part.reason) == (
            "not-supported",
            "the client does not report the HTTP status code",
        )

    def test_what_the_contract_leaves_open(self) -> None:
        harness = gate_of(contract=with_fields(Content_Length="unconstrained"))
        (part,) = tried(harness, plain_test("request.content-length")).values()
        assert (part.verdict, part.reason) == ("not-supported", "the contract leaves Content-Length open")

    def test_what_a_client_by_its_design_never_meets(self) -> None:
        @proves("error.encoded")
        @given(call=guid_calls)
        def coded(harness: Harness, call: Call) -> None:
            plain = stub_response.plain_error(409)
            harness.check(call, [replace(plain, coded=True)], control=harness.control([plain]))

        (part,) = tried(gate_of(), coded).values()
        assert part.verdict == "not-supported"
        assert "content coding" in str(part.reason)

    def test_a_clause_whose_precondition_no_exchange_meets(self) -> None:
        (part,) = tried(gate_of(good), plain_test("error.status")).values()
        assert (part.verdict, part.exercised) == ("not-exercised", 0)
        assert part.reason == "no exchange met this clause's precondition"

    def test_a_driver_that_supports_no_call_says_why(self) -> None:
        def behave(*_: object) -> Outcome:
            return Outcome.unsupported(f"not with {CANARY}secret")

        (part,) = tried(gate_of(behave), plain_test("error.status")).values()
        assert (part.verdict, part.exercised) == ("not-exercised", 0)
        assert (
            part.reason
            == "the driver reported every call as unsupported: not with [token, changed: 26 of 20 characters]"
        )

    def test_every_need_has_its_reason(self) -> None:
        needed = {need for each in registry().values() for need in each.needs}
        assert needed - {"own-root"} <= NEEDS.keys()
        assert gate_of().clients.find_own_root_obstacle() is not None


class TestTheHarnessItself:
    @staticmethod
    def broken(id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def judge(*_: object) -> None:
            raise KeyError(f"{CANARY}secret")

        monkeypatch.setitem(registry(), id, replace(registry()[id], judge=judge))  # type: ignore[arg-type]

    def test_its_own_failure_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken("request.path", monkeypatch)
        harness = gate_of()
        parts = tried(harness, plain_test(*REQUEST))
        assert {part.verdict for part in parts.values()} == {"error"}
        assert "KeyError" in str(parts["request.path"].reason)
        assert f"{CANARY}secret" not in str(parts["request.path"].reason)

    def test_the_next_test_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken("request.path", monkeypatch)
        harness = gate_of()
        tried(harness, plain_test("request.path"))
        assert tried(harness, plain_test("request.method"))["request.method"].verdict == "pass"

    def test_an_interruption_goes_through(self) -> None:
        def interrupted(call: Call, send: Send) -> Outcome:
            raise KeyboardInterrupt

        trying = SuiteTestRun(
            plain_test("request.method"), gate_of(interrupted), clauses=["request.method"], seed=0, repeat=str
        )
        with pytest.raises(KeyboardInterrupt):
            trying.part("request.method")


class TestSideBySide:
    @staticmethod
    def waiting() -> SuiteTest:
        @proves("request.method", "response.no-content")
        @concurrently(status={"204": 204, "409": 409})
        def body(harness: Harness, status: int) -> None:
            answer = stub_response.success() if status == 204 else stub_response.plain_error(status)
            harness.check(harness.plain_call(), [answer])

        return body

    def test_each_case_is_a_class(self) -> None:
        parts = tried(gate_of(), self.waiting())
        assert parts["request.method"].classes == {"204": 1, "409": 1}
        assert parts["response.no-content"].classes == {"204": 1}

    def test_a_fault_is_not_looked_for_again(self) -> None:
        harness = gate_of(lower)
        part = tried(harness, self.waiting())["request.method"]
        assert part.verdict == "fail"
        assert part.evidence is not None
        assert "note" not in part.evidence
        assert len(calls_of(harness)) == 2


def test_seen_n_of_m_counts_every_sighting() -> None:
    calls = 0

    def only_at_first(call: Call, send: Send) -> Outcome:
        nonlocal calls
        calls += 1
        return (lower if calls in (2, 5, 11) else good)(call, send)

    (part,) = tried(gate_of(only_at_first), plain_test("request.method")).values()
    assert part.evidence is not None
    assert str(part.evidence["note"]).startswith("seen in 3 of 12 exchanges, first after 1 others")


def test_clauses_of_the_contract_alone_are_asked_for() -> None:
    trying = SuiteTestRun(
        plain_test(*REQUEST), gate_of(), clauses=["request.method"], seed=0, repeat=lambda id: id
    )
    assert trying.part("request.method").clause in CONTRACT.clauses
    with pytest.raises(KeyError):
        trying.part("request.body")


def test_unconditional_clauses_are_checked_on_every_exchange_once() -> None:
    @proves("request.method")
    @given(call=guid_calls)
    def body(harness: Harness, call: Call) -> None:
        before = harness.perform(call, [stub_response.success()])
        harness.check(call, [stub_response.success()], control=harness.control([stub_response.success()]))
        harness.check(call, [stub_response.success()], before=[before])

    def tells_its_token_at_first(call: Call, send: Send) -> Outcome:
        outcome = good(call, send)
        first = len(calls) == 0
        calls.append(call)
        return replace(outcome, reason=call.token) if first else outcome

    calls: list[Call] = []
    harness = gate_of(tells_its_token_at_first)
    clauses = ["request.method", "secrets.token", "request.body"]
    trying = SuiteTestRun(body, harness, clauses=clauses, seed=0, repeat=lambda *ids: " and ".join(ids))
    method, token, content = map(trying.part, clauses)
    assert (method.verdict, token.verdict, content.verdict) == ("pass", "fail", "pass")
    assert content.exercised == 3 * method.exercised // 2 + 1  # three calls an example, and one control
    assert token.evidence is not None
    assert token.evidence["repeat"] == "request.method and secrets.token"


def test_unconditional_clauses_do_not_make_a_test_run() -> None:
    @proves("request.client-request-id")
    @given(call=guid_calls)
    def body(harness: Harness, call: Call) -> None:
        harness.check(call, [stub_response.success()])

    contract = with_fields(client_request_id="unconstrained")
    clauses = ["request.client-request-id", "secrets.token"]
    trying = SuiteTestRun(body, gate_of(contract=contract), clauses=clauses, seed=0, repeat=str)
    assert [trying.part(id).verdict for id in clauses] == ["not-supported", "not-exercised"]
