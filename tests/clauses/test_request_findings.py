"""What the clauses on the request report: the texts, the request that shows the fault, and the limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    HANG,
    NAMES,
    PARAMETER,
    SUCCESS,
    TASK,
    call,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    not_applicable,
    read,
    request,
    response,
    stream,
    target,
    with_request,
)

GOOD = request()
PATH = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
DOCUMENTED = f"/{CONTRACT.request.version}{CONTRACT.request.path}"
MALFORMED = read(f"POST {target()} HTTP/1.1\r\n\r\n".encode())
TELEMETRY = request("/collect", fields={"Authorization": None})


def below(root: str, sent: str) -> Exchange:
    return exchange(request(sent), asked=replace(call(), base_url=f"http://127.0.0.1:1{root}"))


@pytest.mark.parametrize(
    ("id", "sent", "kind", "expected", "actual"),
    [
        ("request.method", request(method="get"), "other-method", "POST", "get"),
        ("request.method", request(method="Post"), "letter-case", "POST", "Post"),
        (
            "request.method",
            request(more=[("X-HTTP-Method", " post "), ("x-http-method", "A"), ("X-HTTP-Method", "PUT")]),
            "override",
            "POST",
            "X-HTTP-Method: A",
        ),
        ("request.path", request(f"{target()}/"), "trailing-slash", DOCUMENTED, f"{target()}/"),
        ("request.path", request(fields={"Host": "Other:1"}), "other-authority", "127.0.0.1:1", "Other:1"),
        (
            "request.path",
            request(f"http://Other:1{target()}"),
            "other-authority",
            "127.0.0.1:1",
            "Other:1",
        ),
        (
            "request.path-spelling",
            request(f"{target()}?"),
            "bare-question-mark",
            DOCUMENTED,
            f"{target()}?",
        ),
        ("request.query", request(f"{target()}?a=1&b"), "query", "no query", "?a=1&b"),
        ("request.body", request(content="{é}"), "content", "no content", "4 bytes of content: {é}"),
    ],
    ids=[
        *("method", "letter case", "override", "path", "Host", "absolute form", "spelling", "query"),
        "content",
    ],
)
def test_report(id: str, sent: WireRequest, kind: str, expected: str, actual: str) -> None:
    first = replace(GOOD)
    (found,) = findings(id, exchange(first, sent))
    assert (found.kind, found.input) == (kind, "")
    assert (found.expected, found.actual) == (expected, actual)
    assert found.at is sent


class TestMethod:
    @pytest.mark.parametrize("value", ["POST", "post", " Post "])
    def test_override_with_the_same_method(self, value: str) -> None:
        assert kinds("request.method", exchange(request(more=[("X-Method-Override", value)]))) == []

    def test_method_and_override_are_two_faults(self) -> None:
        sent = request(method="GET", more=[("X-HTTP-Method", "PATCH"), ("X-Method-Override", "PUT")])
        found = findings("request.method", exchange(sent))
        assert [each.kind for each in found] == ["override", "override", "other-method"]


class TestPath:
    def test_kinds_are_reported_once_each(self) -> None:
        wrong = target().replace("solutions", "a").replace("migrations", "b").replace("beta", "c")
        found = findings("request.path", exchange(request(f"{wrong}/")))
        assert [each.kind for each in found] == ["trailing-slash", "version", "other-segment"]

    def test_first_wrong_authority_is_reported(self) -> None:
        good = f"http://127.0.0.1:1{target()}"
        for sent, actual in (
            (request(f"http://b:1{target()}", fields={"Host": "a:1"}), "a:1"),
            (request(f"http://b:1{target()}"), "b:1"),
            (request(good, fields={"Host": "a:1"}), "a:1"),
            (replace(GOOD, version="2", pseudo=((":authority", "c:1"),)), "c:1"),
        ):
            (found,) = findings("request.path", exchange(sent))
            assert found.actual == actual

    def test_authority_of_the_root_is_reported_in_lower_case(self) -> None:
        asked = replace(call(), base_url="HTTP://LocalHost:1/beta")
        (found,) = findings("request.path", exchange(GOOD, asked=asked))
        assert (found.expected, found.actual) == ("localhost:1", "127.0.0.1:1")

    @pytest.mark.parametrize(
        "path", [f"{target()}?a=1", target(), f"http://127.0.0.1:1{target()}", f"{target()}?a?"]
    )
    def test_documented_spellings(self, path: str) -> None:
        assert kinds("request.path-spelling", exchange(request(path))) == []

    def test_every_fault_of_spelling_is_reported_once(self) -> None:
        spelled = f"{PATH.replace('/solutions', '//SOLUTIONS').replace('sharePoint', 'SHAREPOINT')}('{TASK}')"
        found = findings("request.path-spelling", exchange(request(f"{spelled}/microsoft.graph.cancel?")))
        assert [each.kind for each in found] == [
            "key-in-parentheses",
            "empty-segment",
            "bare-question-mark",
            "letter-case",
            "namespace",
        ]

    @pytest.mark.parametrize("id", ["request.path", "request.path-spelling", "request.query"])
    def test_calls_without_a_request(self, id: str) -> None:
        assert not judges(id, exchange(outcome=CRASH))
        assert not judges(id, exchange(TELEMETRY))

    def test_plain_values_are_judged_wherever_they_are(self) -> None:
        assert judges("request.path", exchange(request(NAMES)))
        assert judges("request.path", exchange(request(target("x2")), asked=call("x1")))
        assert not judges("request.path", exchange(request(target("x2")), asked=call("x;1")))


class TestPathParameters:
    @pytest.mark.parametrize(
        ("outcome", "actual"),
        [
            (CRASH, "no request; outcome crash: KeyError: 'x'"),
            (HANG, "no request; outcome hang: no outcome within 4.5 s"),
        ],
    )
    def test_report_of_a_crash(self, outcome: Outcome, actual: str) -> None:
        (found,) = findings(
            "request.path-parameters", exchange(outcome=outcome, asked=call("a;é")), control=CONTROL
        )
        assert (found.kind, found.input, found.actual) == ("crash", "non-ascii", actual)
        assert found.expected == 'one segment that decodes to "a;é"'

    @pytest.mark.parametrize("task_id", [TASK, "x1", "a-b"])
    def test_crash_on_a_plain_value_is_for_other_clauses(self, task_id: str) -> None:
        broke = exchange(outcome=CRASH, asked=call(task_id))
        assert not judges("request.path-parameters", broke, control=CONTROL)

    def test_crash_after_a_request_is_not_one_on_the_value(self) -> None:
        step = exchange(request(target("a%20b")), outcome=CRASH, asked=call("a b"))
        assert kinds("request.path-parameters", step, control=CONTROL) == []

    def test_path_without_parameters(self) -> None:
        contract = with_request(path="/solutions/cancel", parameters={})
        assert not_applicable("request.path-parameters", contract) == "the contract's path has no parameters"
        assert not_applicable("request.path-parameters", CONTRACT) is None

    def test_each_request_is_examined(self) -> None:
        sent = request(target("a+b")), request(target("a%20b")), request(target("a b"))
        found = findings("request.path-parameters", exchange(*sent, asked=call("a b")))
        assert [(each.kind, each.at) for each in found] == [("changed", sent[0]), ("raw", sent[2])]


class TestQuery:
    def test_unreadable_request_is_examined_for_documented_parameters_only(self) -> None:
        raw = f"POST {target()}?@id=a b HTTP/1.1\r\n\r\n".encode()
        reference = {"type": "string", "in": "query", "name": "@id"}
        parameters = {**CONTRACT.request.parameters, "item": reference}
        contract = with_request(parameters=parameters, query="required")
        asked = replace(call(), arguments={PARAMETER: TASK, "item": "a b"}, request=contract.request)
        step = exchange(read(raw), asked=asked)
        (found,) = findings("request.query", step, contract=contract)
        assert (found.kind, found.at) == ("raw", step.requests[0])
        assert not judges("request.query", exchange(read(raw)))
        unusable = replace(asked, arguments={PARAMETER: "..", "item": "a b"})
        assert not judges("request.query", replace(step, call=unusable), contract=contract)

    def test_query_that_is_expected(self) -> None:
        contract = with_request(query="required")
        for sent in (GOOD, request(f"{target()}?")):
            (found,) = findings("request.query", exchange(sent), contract=contract)
            assert (found.kind, found.expected, found.actual) == ("no-query", "a query", "no query")
            assert found.at is sent

    def test_bare_question_mark_is_for_another_clause(self) -> None:
        assert kinds("request.query", exchange(request(f"{target()}?"))) == []


class TestBody:
    def test_report_of_bytes_after_the_request(self) -> None:
        step = exchange(*stream(GOOD.raw + b'{"a"}'))
        (found,) = findings("request.body", step)
        assert found.expected == "no bytes after the end of the request"
        assert found.actual == '5 bytes outside of any framing: "{\\"a\\"}"'

    def test_content_that_is_expected(self) -> None:
        contract = with_request(content="required")
        (found,) = findings("request.body", exchange(GOOD), contract=contract)
        assert (found.kind, found.expected, found.actual) == ("no-content", "content", "no content")
        assert found.at is GOOD

    def test_whole_size_of_content_that_was_cut_is_reported(self) -> None:
        (found,) = findings("request.body", exchange(replace(GOOD, content=b"abc", content_size=9)))
        assert found.actual == "9 bytes of content: abc"


class TestRootPath:
    @pytest.mark.parametrize(
        ("root", "judged"), [("", False), ("/", True), ("/beta", False), ("/beta/", True), ("/a/beta", True)]
    )
    def test_roots(self, root: str, judged: bool) -> None:
        assert judges("request.root-path", below(root, target())) == judged

    @pytest.mark.parametrize(
        ("root", "sent", "kind", "expected"),
        [
            ("/gw/beta/", f"/gw/{target()}", "empty-segment", "no empty segment"),
            ("/gw/beta/", target(), "dropped", "/gw/beta/…"),
            ("/gw/graph/beta", target().replace("/beta", "/Graph/beta", 1), "changed", "/gw/graph/beta/…"),
            ("/gw/beta", f"/gw/beta{target()}", "repeated", "/gw/beta/…"),
            ("/gw/beta", f"/gw/beta/gw{target()}", "repeated", "/gw/beta/…"),
        ],
    )
    def test_report(self, root: str, sent: str, kind: str, expected: str) -> None:
        step = below(root, sent)
        (found,) = findings("request.root-path", step)
        assert (found.kind, found.expected, found.actual) == (kind, expected, sent)
        assert found.at is step.requests[0]

    @pytest.mark.parametrize("segments", ["/gw/beta/gw", "/gw/beta/x/beta", "/gw/beta/gw/x"])
    def test_root_is_repeated_only_as_a_whole(self, segments: str) -> None:
        sent = f"{segments}{target().removeprefix('/beta')}"
        assert kinds("request.root-path", below("/gw/beta", sent)) == []

    def test_rest_of_the_path_may_be_anything(self) -> None:
        assert kinds("request.root-path", below("/zz/v1.0", f"/zz/v1.0/a/b/{TASK}/cancel")) == []
        assert kinds("request.root-path", below("/aa/bb", f"/aa/bb/v1.0/zz/{TASK}/cancel")) == []

    def test_names_that_come_later_in_the_path_were_not_kept(self) -> None:
        assert kinds("request.root-path", below("/gw/x/beta", f"/beta/solutions/a/gw/x/{TASK}/cancel")) == [
            "dropped"
        ]
        assert kinds("request.root-path", below("/gw/x/beta", target().replace("beta", "beta/a/gw", 1))) == [
            "changed"
        ]


class TestOnce:
    def test_report_of_repetition(self) -> None:
        step = exchange(GOOD, request(), request())
        (found,) = findings("request.once", step)
        assert (found.kind, found.expected, found.actual) == ("repeated", "one request", "3 requests")
        assert found.at is step.requests[1]

    def test_report_of_a_malformed_request(self) -> None:
        (found,) = findings("request.once", exchange(MALFORMED))
        assert (found.kind, found.expected, found.at) == ("malformed", "a valid HTTP/1.1 request", MALFORMED)
        assert found.actual == MALFORMED.malformed

    def test_report_of_success_without_a_request(self) -> None:
        (found,) = findings("request.once", exchange(outcome=SUCCESS))
        assert (found.expected, found.actual) == (
            "success only after a request",
            "success without a request",
        )

    def test_call_that_is_not_ordinary(self) -> None:
        for outcome, found in ((SUCCESS, ["unsent-success"]), (failure(None), []), (CRASH, [])):
            assert kinds("request.once", exchange(outcome=outcome, asked=call("x1"))) == found
        unreadable = exchange(read(b"\x16\x03\x01"), asked=call("x1"))
        assert kinds("request.once", unreadable) == []

    def test_requests_without_a_response_are_not_repeated(self) -> None:
        step = exchange(request(), request())
        assert kinds("request.once", replace(step, responses=())) == []
        assert kinds("request.once", replace(step, responses=step.responses[:1])) == ["repeated"]

    def test_error_for_other_traffic_does_not_excuse_a_retry(self) -> None:
        first, second = response(503), response(204, request=1)
        step = exchange(request(), request())
        assert kinds("request.once", replace(step, responses=(first, second))) == []
        beside = exchange(TELEMETRY, request(), request())
        answers = first, second, replace(second, request=2)
        assert kinds("request.once", replace(beside, responses=answers)) == ["repeated"]

    def test_success_after_a_request_that_could_not_be_read(self) -> None:
        assert kinds("request.once", exchange(read(b"\x16\x03\x01"), outcome=SUCCESS)) == ["malformed"]
