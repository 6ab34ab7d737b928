from __future__ import annotations

import json

import pytest

from graphcontract.clauses import registry
from graphcontract.exchange import Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from graphcontract.wire import WireRequest
from tests.clauses import (
    CONTRACT,
    CONTROL,
    CRASH,
    ID,
    NAMES,
    SUCCESS,
    TOKEN,
    call,
    exchange,
    failure,
    fault,
    findings,
    judges,
    kinds,
    not_applicable,
    read,
    request,
    target,
    with_fields,
    with_request,
)

OTHER_ID = "11111111-2222-4333-8444-555555555555"
UNFRAMED = request(fields={"Content-Length": None})
CHUNKED = request(
    fields={"Content-Length": None}, more=[("Transfer-Encoding", "chunked")], content="0\r\n\r\n"
)
LAST = request(fields={"Authorization": None}, more=[("Authorization", f"Bearer {CANARY}")])
CUT = request(
    fields={"Authorization": None, "Host": None},
    more=[("Authorization", f"Bearer {CANARY}"), ("host", "127.0.0.1:1")],
)


def identified(id: str | None) -> WireRequest:
    return request(fields={"client-request-id": id})


class TestContentLength:
    @pytest.mark.parametrize(
        ("sent", "found"), [(request(), []), (UNFRAMED, ["missing"]), (CHUNKED, ["chunked"])]
    )
    def test_faults(self, sent: WireRequest, found: list[str]) -> None:
        assert kinds("request.content-length", exchange(sent)) == found

    def test_content_is_the_body_clause_s_business(self) -> None:
        assert not judges("request.content-length", exchange(request(content="{}")))

    @pytest.mark.parametrize(
        ("sent", "seen"),
        [
            (UNFRAMED, "no Content-Length and no Transfer-Encoding"),
            (CHUNKED, "chunked framing"),
        ],
    )
    def test_a_report_says_what_was_seen(self, sent: WireRequest, seen: str) -> None:
        (found,) = findings("request.content-length", exchange(sent))
        assert (found.expected, found.actual) == ("Content-Length: 0", seen)

    @pytest.mark.parametrize(
        ("rule", "content", "judged"),
        [
            ("absent", "", True),
            ("absent", "{}", False),
            ("required", "", False),
            ("required", "{}", True),
            ("unconstrained", "", True),
            ("unconstrained", "{}", True),
        ],
    )
    def test_waits_for_the_content_that_is_expected(self, rule: str, content: str, judged: bool) -> None:
        step, contract = exchange(request(content=content)), with_request(content=rule)
        assert judges("request.content-length", step, contract=contract) == judged

    def test_is_judged_on_http_1_1_alone(self) -> None:
        old = read(f"POST {target()} HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        assert old.malformed is None
        assert not judges("request.content-length", exchange(old))
        assert kinds("request.content-length", exchange(old, request())) == []
        assert kinds("request.content-length", exchange(old, UNFRAMED)) == ["missing"]
        assert "HTTP/1.1" in str(registry()["request.content-length"].otherwise)

    def test_a_contract_may_forbid_it(self) -> None:
        contract = with_fields(Content_Length="forbid")
        assert kinds("request.content-length", exchange(request()), contract=contract) == ["present"]
        assert kinds("request.content-length", exchange(UNFRAMED), contract=contract) == []


class TestContentFields:
    @pytest.mark.parametrize(
        ("name", "value", "found"),
        [
            ("Content-Encoding", "gzip", ["coding"]),
            ("content-encoding", "identity", ["coding"]),
            ("Content-Language", "en", ["description"]),
            ("Content-Location", "/x", ["description"]),
            ("Content-Range", "bytes */0", ["description"]),
            ("Content-Disposition", "attachment", ["description"]),
            ("Content-MD5", "x", ["digest"]),
            ("Digest", "SHA-256=x", ["digest"]),
            ("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", []),
            ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", []),
            ("Repr-Digest", "sha-256=:x:", ["digest"]),
            ("Trailer", "X-Checksum", ["trailer"]),
            ("Content-Encoding", "", []),
            ("Expect", "100-continue", []),
            ("Content-Security-Policy", "none", []),
            ("Accept-Encoding", "gzip", []),
        ],
    )
    def test_a_request_without_content_describes_none(self, name: str, value: str, found: list[str]) -> None:
        assert kinds("request.content-fields", exchange(request(fields={name: value}))) == found

    def test_content_may_be_described(self) -> None:
        coded = request(fields={"Content-Encoding": "gzip"}, content="{}")
        assert not judges("request.content-fields", exchange(coded))
        assert kinds("request.content-fields", exchange(coded, request())) == []

    def test_chunked_framing_may_have_a_trailer(self) -> None:
        chunked = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Checksum")]
        sent = request(fields={"Content-Length": None}, more=chunked, content="0\r\n\r\n")
        assert kinds("request.content-fields", exchange(sent)) == []

    def test_an_operation_that_requires_content_is_left_out(self) -> None:
        assert not_applicable("request.content-fields", with_request(content="required"))
        assert not_applicable("request.content-fields", with_request(content="unconstrained")) is None


class TestContentType:
    def test_nothing_has_no_type(self) -> None:
        typed = request(fields={"Content-Type": "application/json"})
        assert kinds("request.content-type", exchange(typed)) == ["present"]
        assert kinds("request.content-type", exchange(request())) == []

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (None, ["missing"]),
            ("text/plain", ["other"]),
            ("a/b", ["other"]),
            ("application/json", []),
            ("Application/JSON; charset=utf-8", []),
        ],
    )
    def test_a_contract_may_require_one(self, value: str | None, found: list[str]) -> None:
        fields = {**CONTRACT.request.fields, "Content-Type": "require"}
        contract = with_request(content="required", media_type="application/json", fields=fields)
        sent = request(fields={"Content-Type": value}, content="{}")
        assert kinds("request.content-type", exchange(sent), contract=contract) == found

    def test_the_first_of_two_types_counts(self) -> None:
        fields = {**CONTRACT.request.fields, "Content-Type": "require"}
        contract = with_request(content="required", media_type="application/json", fields=fields)
        two = ["text/plain", "application/json"]
        sent = request(more=[("Content-Type", each) for each in two], content="{}")
        (found,) = findings("request.content-type", exchange(sent), contract=contract)
        assert (found.expected, found.actual) == ("Content-Type: application/json", "text/plain")
        other = request(more=[("Content-Type", each) for each in reversed(two)], content="{}")
        assert findings("request.content-type", exchange(other), contract=contract) == []


class TestClientRequestId:
    @pytest.mark.parametrize(
        ("steps", "found"),
        [
            ([exchange(identified(ID))], []),
            ([exchange(identified(f"{{{ID.upper()}}}"))], []),
            ([exchange(identified(None))], ["missing"]),
            ([exchange(identified("42"))], ["not-a-guid"]),
            ([exchange(identified(f"{{{{{ID}}}"))], ["not-a-guid"]),
            ([exchange(identified(f"{ID}}}"))], ["not-a-guid"]),
            ([exchange(identified(f"x{ID}}}"))], ["not-a-guid"]),
            ([exchange(identified(f"{{{ID}x"))], ["not-a-guid"]),
            ([exchange(request(more=[("Client-Request-Id", OTHER_ID)]))], ["repeated"]),
            ([exchange(request(more=[("client-request-id", "42")]))], ["repeated", "not-a-guid"]),
            ([exchange(request(f"{NAMES}/1", fields={"client-request-id": OTHER_ID}), request())], []),
            ([*[exchange(identified(ID))] * 2, exchange(identified(OTHER_ID))], ["same-for-calls"]),
            ([exchange(identified(ID)), exchange(identified(ID))], ["same-for-calls"]),
            ([exchange(identified(ID)), exchange(identified(OTHER_ID))], []),
            ([exchange(identified(ID), identified(OTHER_ID))], ["other-for-retry"]),
            ([exchange(identified(OTHER_ID), identified(ID))], ["other-for-retry"]),
            ([exchange(identified(ID), identified(ID))], []),
        ],
    )
    def test_faults(self, steps: list[Exchange], found: list[str]) -> None:
        assert kinds("request.client-request-id", *steps) == found

    def test_each_retry_is_compared_with_the_first_try(self) -> None:
        step = exchange(*(identified(each) for each in (ID, OTHER_ID, OTHER_ID)))
        found = findings("request.client-request-id", step)
        assert [each.actual for each in found] == [f"{ID}, then {OTHER_ID}"] * 2

    def test_a_contract_may_forbid_it(self) -> None:
        contract = with_fields(client_request_id="forbid")
        assert kinds("request.client-request-id", CONTROL, contract=contract) == ["present"]


@pytest.mark.parametrize("field", ["Content-Length", "Content-Type", "client-request-id"])
def test_fields_that_a_contract_leaves_open(field: str) -> None:
    id = f"request.{field.lower()}"
    assert not_applicable(id, CONTRACT) is None
    contract = with_fields(**{field.replace("-", "_"): "unconstrained"})
    assert not_applicable(id, contract) == f"the contract leaves {field} open"


class TestOpaqueId:
    @pytest.mark.parametrize("outcome", [Outcome.rejected("no GUID"), CRASH, failure(None)])
    def test_a_refusal(self, outcome: Outcome) -> None:
        refused = exchange(outcome=outcome, asked=call("x1"))
        assert kinds("input.opaque-id", refused, control=CONTROL) == ["refused"]

    @pytest.mark.parametrize(
        ("outcome", "seen"),
        [
            (Outcome.rejected("no GUID"), "no request; outcome rejected: no GUID"),
            (failure(None), "no request; outcome failure: In progress."),
            (failure(None, message=None), "no request; outcome failure"),
        ],
    )
    def test_a_report_tells_what_the_client_said(self, outcome: Outcome, seen: str) -> None:
        (found,) = findings("input.opaque-id", exchange(outcome=outcome, asked=call("x1")), control=CONTROL)
        assert found.actual == seen

    @pytest.mark.parametrize("outcome", [SUCCESS, failure(404), CRASH])
    def test_a_request(self, outcome: Outcome) -> None:
        sent = exchange(request(target("x1")), outcome=outcome, asked=call("x1"))
        assert kinds("input.opaque-id", sent, control=CONTROL) == []

    def test_success_without_a_request_is_another_clause_s(self) -> None:
        assert kinds("input.opaque-id", exchange(asked=call("x1")), control=CONTROL) == []

    @pytest.mark.parametrize(
        ("control", "exchange"),
        [
            (None, exchange(outcome=CRASH, asked=call("x1"))),
            (None, exchange(request(target("x1")), asked=call("x1"))),
            (exchange(outcome=CRASH), exchange(outcome=CRASH, asked=call("x1"))),
            (CONTROL, exchange(outcome=CRASH)),
            (CONTROL, exchange(outcome=CRASH, asked=call("1.0"))),
            (CONTROL, exchange(outcome=CRASH, asked=call("a/b"))),
        ],
        ids=["no control", "its own control", "control not sent", "GUID", "dot", "not plain"],
    )
    def test_is_judged_on_letters_digits_and_hyphens_where_a_guid_went_out(
        self, control: Exchange | None, exchange: Exchange
    ) -> None:
        assert not judges("input.opaque-id", exchange, control=control)

    def test_a_contract_may_say_what_an_id_is(self) -> None:
        (name,) = CONTRACT.request.parameters
        contract = with_request(parameters={name: {"type": "string", "format": "uuid"}})
        assert not_applicable("input.opaque-id", contract) is not None
        assert not_applicable("input.opaque-id", CONTRACT) is None


class TestUnusableId:
    @pytest.mark.parametrize(
        ("task_id", "segments", "kind"),
        [
            ("..", "crossOrganizationMigrationTasks/../cancel", "dot-segment"),
            ("..", "crossOrganizationMigrationTasks/%2E%2e/cancel", "dot-segment"),
            (".", "crossOrganizationMigrationTasks/./cancel", "dot-segment"),
            ("..", "cancel", "collapsed"),
            ("", "crossOrganizationMigrationTasks//cancel", "collapsed"),
            ("..", "crossOrganizationMigrationTasks/%252E%252E/cancel", "other-id"),
            ("", "crossOrganizationMigrationTasks/undefined/cancel", "other-id"),
            (".", "crossOrganizationMigrationTasks/-/cancel", "other-id"),
            (".", "crossOrganizationMigrationTasks('-')/cancel", "other-id"),
            ("", "crossOrganizationMigrationTasks/a/b/cancel", "other-id"),
        ],
    )
    def test_a_changed_path(self, task_id: str, segments: str, kind: str) -> None:
        sent = request(f"{NAMES.rpartition('/')[0]}/{segments}")
        assert fault("input.unusable-id", exchange(sent, asked=call(task_id))) == (kind, repr(task_id))

    @pytest.mark.parametrize(
        "step",
        [
            exchange(outcome=Outcome.rejected("no"), asked=call("..")),
            exchange(request(f"{NAMES}('..')/cancel"), asked=call("..")),
            exchange(request(f"{NAMES}('')/cancel"), asked=call("")),
        ],
        ids=["refused", "a key", "an empty key"],
    )
    def test_an_unchanged_path(self, step: Exchange) -> None:
        assert kinds("input.unusable-id", step) == []


class TestInjection:
    def test_raw_in_the_id(self) -> None:
        task_id = "a\r\nX: 1"
        sent = read(f"POST {target(task_id)} HTTP/1.1\r\n\r\n".encode())
        assert kinds("input.injection", exchange(sent, asked=call(task_id))) == ["raw-in-id"]

    @pytest.mark.parametrize(
        ("part", "sent"),
        [
            ("a\0b", "a\0b"),
            ("a\nb", "a\r\nb"),
            ("a\r\nb", "a\r\n b"),
            ("a\rb", "a\nb"),
            ("a\n", "a\n"),
            ("a\r", "a\r"),
            ("a\r\nX-Injected: b", "a\r\nX-Injected: b"),
        ],
    )
    def test_raw_in_the_token(self, part: str, sent: str) -> None:
        step = exchange(
            request(fields={"Authorization": f"Bearer {CANARY}{sent}"}), asked=call(token=CANARY + part)
        )
        assert kinds("input.injection", step) == ["raw-in-token"]

    @pytest.mark.parametrize(
        ("sent", "seen"), [("a\nb cd", ["\n"]), ("ab\0c d", ["\0"]), ("abc\x01d", ["\x01"]), ("abcd", [])]
    )
    def test_each_run_of_controls_is_looked_for(self, sent: str, seen: list[str]) -> None:
        asked = call(token=f"{CANARY}a\nb\0c\x01d")
        step = exchange(request(fields={"Authorization": f"Bearer {CANARY}{sent}"}), asked=asked)
        assert [each.actual for each in findings("input.injection", step)] == [
            f"{json.dumps(run)} unescaped in the request" for run in seen
        ]

    def test_what_stands_before_a_run_tells_it_from_a_field_of_the_client_s(self) -> None:
        asked = call(token=f"{CANARY}\nHost: 127.0.0.1:1")
        before, after = f"Authorization: Bearer {CANARY}\r\n", "Host: 127.0.0.1:1\r\n"
        line, end = f"POST {target()} HTTP/1.1\r\n", "Content-Length: 0\r\n\r\n"
        assert (
            kinds("input.injection", exchange(read((line + after + before + end).encode()), asked=asked))
            == []
        )
        injected = read((line + before + after + end).encode())
        assert kinds("input.injection", exchange(injected, asked=asked)) == ["raw-in-token"]

    def test_eight_characters_before_a_run_are_enough(self) -> None:
        sent = request(fields={"Authorization": "Bearer abcdefgh\0x"})
        step = exchange(sent, asked=call(token=f"{CANARY}.abcdefgh\0x"))
        assert kinds("input.injection", step) == ["raw-in-token"]

    def test_raw_characters_are_one_fault(self) -> None:
        sent = request(target("ab"), fields={"Authorization": f"Bearer {CANARY}\0b"})
        step = exchange(sent, asked=call("a\nb", token=f"{CANARY}\0b"))
        assert kinds("input.injection", step) == ["raw-in-token"]

    @pytest.mark.parametrize("segment", ["ab", "a b", "a\r\n/b"])
    def test_altered(self, segment: str) -> None:
        step = exchange(request(target(segment)), asked=call("a\nb"))
        assert kinds("input.injection", step) == ["altered"]

    @pytest.mark.parametrize(
        "step",
        [
            exchange(request(target("a%0Ab")), asked=call("a\nb")),
            exchange(outcome=Outcome.rejected("no"), asked=call("a\nb")),
            exchange(LAST, asked=call(token=f"{CANARY}\n")),
            exchange(LAST, asked=call(token=f"{CANARY}\r")),
            exchange(LAST, asked=call(token=f"{CANARY}\r\n")),
            exchange(CUT, asked=call(token=f"{CANARY}\nh")),
        ],
        ids=["encoded", "refused", "no line feed", "no carriage return", "no line end", "cut off"],
    )
    def test_harmless(self, step: Exchange) -> None:
        assert kinds("input.injection", step) == []

    def test_is_judged_on_control_characters_alone(self) -> None:
        assert not judges("input.injection", CONTROL)
        assert not judges("input.injection", exchange(request(), asked=call(token=f"{CANARY}\té")))
