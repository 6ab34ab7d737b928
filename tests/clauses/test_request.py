from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from graphcontract.wire import Fault, WireRequest
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    HANG,
    NAMES,
    PARAMETER,
    TASK,
    TOKEN,
    call,
    exchange,
    fault,
    findings,
    judges,
    kinds,
    not_applicable,
    read,
    request,
    response,
    stream,
    target,
    with_fields,
    with_request,
)

GOOD = request()
QUOTED = f"{NAMES}('{TASK}')/cancel"
REJECTED = Outcome.rejected("no such id")
REQUEST_CLAUSES = (
    "request.method",
    "request.path",
    "request.path-spelling",
    "request.path-parameters",
    "request.query",
    "request.body",
    "request.authorization",
    "request.once",
)

BROKEN = [
    ("request.method", "letter-case", request(method="post")),
    ("request.method", "other-method", request(method="DELETE")),
    ("request.method", "other-method", request(method="PUT")),
    ("request.method", "override", request(fields={"x-http-method": "MERGE"})),
    ("request.method", "override", request(fields={"X-HTTP-Method-Override": "PATCH"})),
    ("request.method", "override", request(fields={"X-Method-Override": "PUT"})),
    ("request.path", "trailing-slash", request(f"{target()}/")),
    ("request.path", "extra-segment", request(f"{target()}/now")),
    ("request.path", "missing-segment", request(target().replace("/solutions", ""))),
    ("request.path", "other-segment", request(target().replace("solutions", "solution"))),
    ("request.path", "version", request(target().replace("beta", "v1.0"))),
    ("request.path", "other-segment", request(target().replace("solutions", "microsoft.graph.solutions"))),
    ("request.path", "not-origin-form", request(target()[1:])),
    ("request.path", "other-authority", request(fields={"Host": "graph.microsoft.com"})),
    ("request.path", "other-authority", request(fields={"Host": "127.0.0.1"})),
    ("request.path", "other-authority", request(f"https://graph.microsoft.com{target()}")),
    ("request.path", "other-authority", request(f"http://user@127.0.0.1:1{target()}")),
    ("request.path-spelling", "letter-case", request(target().replace("sharePoint", "sharepoint"))),
    ("request.path-spelling", "letter-case", request(target().replace("solutions", "SOLUTIONS"))),
    ("request.path-spelling", "empty-segment", request(target().replace("/solutions", "//solutions"))),
    ("request.path-spelling", "key-in-parentheses", request(QUOTED)),
    ("request.path-spelling", "key-in-parentheses", request(f"{NAMES}%28%27{TASK}%27%29/cancel")),
    ("request.path-spelling", "namespace", request(target().replace("cancel", "microsoft.graph.cancel"))),
    ("request.path-spelling", "bare-question-mark", request(f"{target()}?")),
    ("request.path-parameters", "changed", request(target(TASK.upper()))),
    ("request.query", "query", request(f"{target()}?api-version=1")),
    ("request.body", "content", request(content="{}")),
    ("request.authorization", "missing", request(fields={"Authorization": None})),
    ("request.authorization", "repeated", request(more=[("authorization", f"Bearer {TOKEN}")])),
    ("request.authorization", "other-scheme", request(fields={"Authorization": f"Token {TOKEN}"})),
    ("request.authorization", "repeated", request(more=[("Authorization", f"Token {TOKEN}")])),
    ("request.authorization", "other-scheme", request(fields={"Authorization": f"Basic {TOKEN}"})),
    ("request.authorization", "other-scheme", request(fields={"Authorization": TOKEN})),
    ("request.authorization", "other-token", request(fields={"Authorization": f"Bearer {TOKEN}="})),
    ("request.authorization", "elsewhere", request(more=[("X-Token", TOKEN)])),
    ("request.authorization", "elsewhere", request(f"{target()}?token={TOKEN}")),
    ("request.authorization", "elsewhere", request(content=f'{{"token": "{TOKEN}"}}')),
    (
        "request.authorization",
        "elsewhere",
        request(more=[("X-Debug", b64encode(f"x:{TOKEN}".encode()).decode())]),
    ),
]


@pytest.mark.parametrize("id", REQUEST_CLAUSES)
def test_a_good_request_breaks_nothing(id: str) -> None:
    assert kinds(id, CONTROL, control=CONTROL) == []


@pytest.mark.parametrize(("id", "kind", "sent"), BROKEN, ids=[f"{id}-{kind}" for id, kind, _ in BROKEN])
def test_a_fault_is_found_by_its_kind(id: str, kind: str, sent: WireRequest) -> None:
    assert kinds(id, exchange(sent), control=CONTROL) == [kind]


@pytest.mark.parametrize(
    "sent",
    [
        request(fields={"Authorization": f"bearer  {TOKEN}"}),
        request(more=[("Expect", "100-continue"), ("X-Trace", "1")]),
        request(f"http://127.0.0.1:1{target()}"),
        request(target().replace("cancel", "%63ancel")),
        request(
            fields={"Content-Length": None}, more=[("Transfer-Encoding", "chunked")], content="0\r\n\r\n"
        ),
    ],
    ids=["scheme", "further fields", "absolute form", "encoded name", "chunked nothing"],
)
@pytest.mark.parametrize("id", REQUEST_CLAUSES)
def test_what_is_never_failed(id: str, sent: WireRequest) -> None:
    assert kinds(id, exchange(sent), control=CONTROL) == []


class TestTaskId:
    @pytest.mark.parametrize(
        ("task_id", "sent", "kind", "cls"),
        [
            ("a b", request(target("a+b")), "changed", "space"),
            (" a", request(target("a")), "changed", "edges"),
            ("Ab", request(target("ab")), "changed", "letter-case"),
            ("é", request(target("e%CC%81")), "changed", "normalization"),
            ("x" * 200, request(target("x" * 100)), "changed", "long"),
            ("a%41", request(target("a%41")), "changed", "percent"),
            ("a[b", request(target("a[b")), "raw", "gen-delim"),
            ("a/b", request(target("a/b")), "split", "gen-delim"),
            ("a?b", request(target("a?b")), "cut", "gen-delim"),
            ("a b", request(target("a b")), "raw", "space"),
            ("é", request(target("é")), "raw", "non-ascii"),
            ("a[<", request(target("a[<")), "raw", "gen-delim"),
        ],
    )
    def test_faults(self, task_id: str, sent: WireRequest, kind: str, cls: str) -> None:
        assert fault("request.path-parameters", exchange(sent, asked=call(task_id))) == (kind, cls)

    @pytest.mark.parametrize(
        ("task_id", "segment"),
        [
            ("a/b", "a%2Fb"),
            ("a/b", "a%2fb"),
            ("~a.b", "%7Ea%2Eb"),
            ("a:b@c!d", "a:b@c!d"),
            ("é", "%C3%A9"),
            ("a%b", "a%25b"),
        ],
    )
    def test_spellings(self, task_id: str, segment: str) -> None:
        assert kinds("request.path-parameters", exchange(request(target(segment)), asked=call(task_id))) == []

    def test_a_malformed_request_is_read_by_its_first_line(self) -> None:
        asked = call("a b")
        for raw in (
            request(target("a%20b")).raw.replace(b"\r\n", b"\n"),
            b"\r\n" + request(target("a%20b")).raw,
        ):
            assert kinds("request.path-parameters", exchange(read(raw), asked=asked)) == []
        raw = b"\r\n" + request(target("a b")).raw
        assert kinds("request.path-parameters", exchange(read(raw), asked=asked)) == ["raw"]

    def test_a_key_in_parentheses_is_read(self) -> None:
        asked = call("a'b")
        assert (
            kinds("request.path-parameters", exchange(request(f"{NAMES}('a''b')/cancel"), asked=asked)) == []
        )
        assert kinds("request.path-parameters", exchange(request(f"{NAMES}('a')/cancel"), asked=asked)) == [
            "changed"
        ]

    def test_a_crash_counts_where_a_plain_id_went_out(self) -> None:
        broke = exchange(outcome=CRASH, asked=call("a/b"))
        assert fault("request.path-parameters", broke, control=CONTROL) == ("crash", "gen-delim")
        assert not judges("request.path-parameters", broke)
        assert not judges("request.path-parameters", exchange(outcome=CRASH), broke)

    def test_a_refusal_is_none_of_its_business(self) -> None:
        assert not judges(
            "request.path-parameters", exchange(outcome=REJECTED, asked=call("a/b")), control=CONTROL
        )

    @pytest.mark.parametrize("task_id", ["", ".", "..", "a\x00b"])
    def test_ids_that_cannot_be_sent(self, task_id: str) -> None:
        assert not judges(
            "request.path-parameters", exchange(request(), asked=call(task_id)), control=CONTROL
        )


class TestPath:
    @pytest.mark.parametrize("id", ["request.path", "request.path-spelling", "request.query"])
    def test_is_judged_where_the_id_is_as_expected(self, id: str) -> None:
        assert judges(id, exchange(request(target("a%2Fb")), asked=call("a/b")))
        assert not judges(id, exchange(request(target("a/b")), asked=call("a/b")))
        assert not judges(id, exchange(request(target("a b")), asked=call("a b")))

    @pytest.mark.parametrize(
        ("root", "host"),
        [
            ("http://127.0.0.1:1/beta", "127.0.0.1:1"),
            ("http://localhost:1/beta", "LOCALHOST:1"),
            ("https://graph.microsoft.com/beta", "graph.microsoft.com"),
            ("https://graph.microsoft.com/beta", "graph.microsoft.com:443"),
            ("http://graph.microsoft.com:80/beta", "graph.microsoft.com"),
        ],
    )
    def test_the_server_of_the_root(self, root: str, host: str) -> None:
        asked = replace(call(), base_url=root)
        assert kinds("request.path", exchange(request(fields={"Host": host}), asked=asked)) == []

    def test_the_absolute_form_is_one_of_http_1(self) -> None:
        whole = request(f"http://127.0.0.1:1{target()}")
        assert kinds("request.path", exchange(whole)) == []
        assert kinds("request.path", exchange(replace(whole, version="2"))) == ["not-origin-form"]
        assert kinds("request.path", exchange(replace(request(), version="2"))) == []

    def test_each_kind_of_wrong_segment(self) -> None:
        def found(sent: str) -> list[str]:
            return kinds("request.path", exchange(request(sent)))

        assert found(target().replace("/beta/", "/v1.0/")) == ["version"]
        assert found(target().replace("/sharePoint/", "/onedrive/")) == ["other-segment"]
        assert found(f"{target()}/now") == ["extra-segment"]
        assert found(target().replace("/migrations/", "/")) == ["missing-segment"]

    @pytest.mark.parametrize("id", REQUEST_CLAUSES[:-1])
    def test_where_one_asks_for_the_action_it_is_judged_alone(self, id: str) -> None:
        looked = request(f"{NAMES}/{TASK}", method="GET", more=[("Content-Type", "text/plain")])
        assert kinds(id, exchange(looked, request()), control=CONTROL) == []
        assert kinds("request.once", exchange(looked, request())) == ["repeated"]

    def test_spelling_waits_for_the_path(self) -> None:
        assert not judges("request.path-spelling", exchange(request(f"{target()}/")))


class TestBody:
    @pytest.mark.parametrize("rest", [b"{}", b"\r\n", b"a b", b'{"a": "b"}\r\n\r\n'])
    def test_what_nothing_counts(self, rest: bytes) -> None:
        step = exchange(*stream(GOOD.raw + rest))
        (found,) = findings("request.body", step)
        assert (found.kind, found.at) == ("uncounted", step.requests[1])

    def test_another_request_on_the_connection_is_none_of_its_business(self) -> None:
        telemetry = request("/collect", fields={"Authorization": None})
        assert kinds("request.body", exchange(*stream(GOOD.raw + telemetry.raw))) == []

    def test_what_came_on_another_connection_is_not_behind_it(self) -> None:
        hello = replace(read(b"\x16\x03\x01"), connection=2)
        assert kinds("request.body", exchange(request(), hello)) == []


class TestAuthorization:
    @pytest.mark.parametrize(
        ("status", "value", "found"),
        [
            (307, None, []),
            (307, "Bearer another", ["other-token"]),
            (403, "Bearer another", []),
            (403, None, ["missing"]),
            (401, "Bearer another", ["other-token"]),
            (503, "Bearer another", ["other-token"]),
            (503, None, ["missing"]),
            (403, "Basic another", ["other-scheme"]),
        ],
    )
    def test_what_an_earlier_response_excuses(self, status: int, value: str | None, found: list[str]) -> None:
        second = request(fields={"Authorization": value})
        step = exchange(GOOD, second, answer=response(status))
        assert kinds("request.authorization", step) == found
        assert kinds("request.authorization", exchange(second, GOOD, answer=response(status))) == (
            ["missing" if value is None else "other-scheme" if value[:3] == "Bas" else "other-token"]
        )

    @pytest.mark.parametrize(
        ("token", "sent", "cls"),
        [
            (CANARY + "a" * 2000, CANARY + "a" * 100, "long"),
            ("abc", "abd", "short"),
            (TOKEN[:19], TOKEN[:18], "short"),
            (TOKEN[:20], TOKEN[:19], "unreserved"),
            (TOKEN, TOKEN.lower(), "letter-case"),
        ],
    )
    def test_other_tokens(self, token: str, sent: str, cls: str) -> None:
        step = exchange(request(fields={"Authorization": f"Bearer {sent}"}), asked=call(token=token))
        assert fault("request.authorization", step) == ("other-token", cls)

    def test_a_short_token_may_stand_anywhere(self) -> None:
        step = exchange(request(fields={"Authorization": "Bearer 0"}), asked=call(token="0"))
        assert kinds("request.authorization", step) == []

    def test_a_token_in_a_coding_of_the_target(self) -> None:
        coded = "".join(f"%{ord(each):02X}" for each in TOKEN)
        assert kinds("request.authorization", exchange(request(f"{target()}?t={coded}"))) == ["elsewhere"]

    @pytest.mark.parametrize(
        ("token", "cls"),
        [
            ("x", "short"),
            (TOKEN[:19], "short"),
            (TOKEN[:20], "token"),
            (TOKEN, "token"),
            ("a" * 1024, "token"),
            ("a" * 1025, "long"),
        ],
    )
    def test_a_crash_counts_where_a_plain_token_went_out(self, token: str, cls: str) -> None:
        broke = exchange(outcome=HANG, asked=call(token=token))
        assert fault("request.authorization", broke, control=CONTROL) == ("crash", cls)
        assert not judges("request.authorization", broke)

    def test_a_report_says_where_a_token_begins_to_differ(self) -> None:
        changed = request(fields={"Authorization": f"Bearer {TOKEN[:4]}~{TOKEN[5:]}"})
        lower = request(fields={"Authorization": f"Bearer {TOKEN[:4]}-{TOKEN[5:]}"})
        cut = request(fields={"Authorization": f"Bearer {TOKEN[:7]}"})
        size = len(TOKEN)
        steps = [exchange(each) for each in (changed, lower, cut)]
        assert [findings("request.authorization", step)[0].actual for step in steps] == [
            f"{size} characters that differ from the token's {size} from character 5 on",
            f"{size} characters that differ from the token's {size} from character 5 on",
            f"7 characters that differ from the token's {size} from character 8 on",
        ]

    @pytest.mark.parametrize(
        ("value", "seen"),
        [(f"Token {TOKEN}", "the scheme Token"), (TOKEN, f"no scheme, {len(TOKEN)} characters")],
    )
    def test_a_report_names_a_scheme_and_no_token(self, value: str, seen: str) -> None:
        (found, *_) = findings("request.authorization", exchange(request(fields={"Authorization": value})))
        assert found.actual == seen

    def test_is_not_judged_where_no_request_can_be_made(self) -> None:
        assert not judges("request.authorization", exchange(request(), asked=call("")))
        assert not judges("request.authorization", exchange(request(), asked=call(token="a b")))

    def test_a_crash_on_an_odd_id_is_not_its_business(self) -> None:
        assert not judges("request.authorization", exchange(outcome=CRASH, asked=call("42")), control=CONTROL)

    def test_a_folded_field_is_one_field(self) -> None:
        token = CANARY + "a" * 40
        sent = request(fields={"Authorization": f"Bearer\r\n {token}"})
        assert "elsewhere" not in kinds("request.authorization", exchange(sent, asked=call(token=token)))

    def test_lines_that_end_with_a_line_feed_are_lines(self) -> None:
        sent = read(GOOD.raw.replace(b"\r\n", b"\n"))
        assert kinds("request.authorization", exchange(sent)) == []

    def test_no_report_of_it_shows_the_token(self) -> None:
        sent = request(fields={"Authorization": f"Bearer {TOKEN[:-1]}X"}, more=[("X-Token", TOKEN)])
        wrapped = read(GOOD.raw.replace(b"Bearer ", b"Bearer\r\n"))
        for step in (exchange(sent), exchange(wrapped)):
            found = findings("request.authorization", step)
            assert [each.kind for each in found][1:] == ["elsewhere"]
            assert not any(CANARY in f"{each.expected}{each.actual}" for each in found)


class TestOnce:
    @pytest.mark.parametrize(
        ("step", "kind"),
        [
            (exchange(request(), request()), "repeated"),
            (exchange(outcome=Outcome.success()), "unsent-success"),
            (exchange(outcome=Outcome.success(), asked=call("")), "unsent-success"),
            (exchange(outcome=REJECTED), "unsent"),
            (exchange(outcome=CRASH), "unsent"),
            (exchange(read(f"POST {target()} HTTP/1.1\r\n\r\n".encode())), "malformed"),
            (exchange(read(b"\r\n" + GOOD.raw)), "malformed"),
        ],
    )
    def test_faults(self, step: Exchange, kind: str) -> None:
        assert kinds("request.once", step) == [kind]

    @pytest.mark.parametrize(
        ("version", "expected"), [("1.1", "HTTP/1.1"), ("2", "HTTP/2"), ("1.0", "HTTP/1.1")]
    )
    def test_a_report_names_the_version(self, version: str, expected: str) -> None:
        broken = replace(read(f"POST {target()} HTTP/1.1\r\n\r\n".encode()), version=version)
        (found, *_) = findings("request.once", exchange(broken))
        assert found.expected == f"a valid {expected} request"

    @pytest.mark.parametrize(("status", "found"), [(299, ["repeated"]), (300, []), (301, [])])
    def test_what_did_not_succeed_may_be_retried(self, status: int, found: list[str]) -> None:
        assert kinds("request.once", exchange(request(), request(), answer=response(status))) == found

    @pytest.mark.parametrize("content", ["", TASK])
    def test_other_traffic_is_not_counted(self, content: str) -> None:
        telemetry = request("/collect", fields={"Authorization": None}, content=content)
        assert kinds("request.once", exchange(telemetry, request())) == []

    def test_a_report_shows_the_repetition_and_what_the_client_said(self) -> None:
        step = exchange(request(), request())
        assert findings("request.once", step)[0].at is step.requests[1]
        said = [findings("request.once", exchange(outcome=each))[0].actual for each in (REJECTED, CRASH)]
        assert said == [
            "no request; outcome rejected: no such id",
            "no request; outcome crash: KeyError: 'x'",
        ]

    @pytest.mark.parametrize("status", [200, 202, 204])
    def test_nothing_is_repeated_after_a_success(self, status: int) -> None:
        assert kinds("request.once", exchange(GOOD, request(), answer=response(status))) == ["repeated"]

    def test_what_was_refused_may_be_sent_again(self) -> None:
        broken = read(f"POST {target()} HTTP/1.1\r\n\r\n".encode())
        assert kinds("request.once", exchange(broken, broken)) == ["malformed"]

    @pytest.mark.parametrize(
        "step",
        [
            exchange(request(target("x1")), request(target("x1")), asked=call("x1")),
        ],
        ids=["no GUID"],
    )
    def test_is_for_ordinary_calls_that_are_answered_at_once(self, step: Exchange) -> None:
        assert not judges("request.once", step)

    @pytest.mark.parametrize("status", [307, 401, 503])
    def test_a_retry_only_has_to_be_valid(self, status: int) -> None:
        assert kinds("request.once", exchange(request(), request(), answer=response(status))) == []

    @pytest.mark.parametrize("by", ["reset", "half-head", "half-content", "garbage", "refused-stream"])
    def test_a_retry_after_an_incomplete_response_is_one(self, by: Fault) -> None:
        step = exchange(request(), request())
        broken = replace(step.responses[0], fault=by)
        assert kinds("request.once", replace(step, responses=(broken, step.responses[1]))) == []
        whole = replace(step.responses[0], fault="idle-closed")
        assert kinds("request.once", replace(step, responses=(whole, step.responses[1]))) == ["repeated"]

    def test_a_refusal_of_what_cannot_be_sent_is_right(self) -> None:
        assert kinds("request.once", exchange(outcome=REJECTED, asked=call(".."))) == []


class TestOtherContracts:
    def test_content_that_is_expected(self) -> None:
        contract = with_request(content="required")
        assert kinds("request.body", exchange(request()), contract=contract) == ["no-content"]
        assert kinds("request.body", exchange(request(content="{}")), contract=contract) == []

    def test_a_query_that_is_expected(self) -> None:
        contract = with_request(query="required")
        assert kinds("request.query", exchange(request()), contract=contract) == ["no-query"]
        assert kinds("request.query", exchange(request(f"{target()}?a=1")), contract=contract) == []

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?@id=a%20b", []),
            ("?%40id=a+b", []),
            ("", ["missing"]),
            ("?@id=a", ["changed"]),
            ("?@id=a b", ["raw"]),
            ("?@id=a%20b&@id=a%20b", ["repeated"]),
            ("?@id=a%20b&$top=1", ["unknown"]),
        ],
    )
    def test_a_query_parameter_that_is_documented(self, query: str, found: list[str]) -> None:
        reference = {"type": "string", "in": "query", "name": "@id"}
        contract = with_request(
            parameters={**CONTRACT.request.parameters, "item": reference}, query="required"
        )
        asked = replace(call(), arguments={PARAMETER: TASK, "item": "a b"}, request=contract.request)
        step = exchange(request(f"{target()}{query}"), asked=asked)
        assert kinds("request.query", step, contract=contract) == found

    def test_credentials_that_are_forbidden(self) -> None:
        contract = with_fields(Authorization="forbid")
        assert kinds("request.authorization", exchange(request()), contract=contract) == ["present"]

    @pytest.mark.parametrize(
        ("id", "members"),
        [
            ("request.query", {"query": "unconstrained"}),
            ("request.body", {"content": "unconstrained"}),
            ("request.authorization", {"fields": {"Authorization": "unconstrained"}}),
        ],
    )
    def test_what_a_contract_leaves_open(self, id: str, members: dict[str, object]) -> None:
        assert not_applicable(id, CONTRACT) is None
        assert "open" in str(not_applicable(id, with_request(**members)))
