"""The service clauses, one by one: trials that violate them, that do not, and that they do not apply to."""

from __future__ import annotations

import pytest

from graphcontract.clauses.service_queries import pair_equal_request_ids
from graphcontract.exchange import Exchange
from tests.clauses import ID, TOKEN, findings, judges, kinds
from tests.clauses.service_steps import DONE, FIELDS, GRAPH, NEW, OTHER, gone, page, read, step


class TestCancel:
    @pytest.mark.parametrize(
        ("steps", "kind"),
        [
            ((NEW, step("cancel", 204), DONE), []),
            ((NEW, step("cancel", 200), DONE), ["other-success"]),
            ((NEW, step("cancel", 202), NEW), ["other-success"]),
            ((NEW, step("cancel", 204, b"{}"), DONE), ["content"]),
            ((NEW, step("cancel", 204, stray=b"x"), DONE), ["content"]),
            ((NEW, step("cancel", 204, fields=(("Content-Length", "7"),)), DONE), ["content"]),
            ((NEW, step("cancel", 204, fields=(("Content-Length", "0"),)), DONE), []),
            ((NEW, step("cancel", 409, GRAPH), NEW), ["refused"]),
            ((NEW, step("cancel", 403, GRAPH), NEW), ["refused"]),
            ((NEW, step("cancel", 302), NEW), ["refused"]),
            ((NEW, step("cancel", 500, GRAPH), NEW), ["server-error"]),
            ((NEW, step("cancel", 500, GRAPH), DONE), ["server-error"]),
        ],
    )
    def test_kinds(self, steps: tuple[Exchange, ...], kind: list[str]) -> None:
        assert kinds("service.cancel", *steps) == kind

    @pytest.mark.parametrize(
        "steps",
        [
            (NEW, step("cancel", 409, GRAPH), read("inProgress")),
            (NEW, step("cancel", 409, GRAPH), DONE),
            (NEW, step("cancel", 409, GRAPH)),
            (read("inProgress"), step("cancel", 204), DONE),
            (step("cancel", 204), DONE),
            (NEW, step("cancel", 429, GRAPH), NEW),
            (NEW, step("cancel", 503, GRAPH), NEW),
            (NEW, step("cancel", 401, GRAPH), NEW),
            (NEW, step("cancel", 0), NEW),
            (read("notStarted", OTHER), step("cancel", 204), DONE),
        ],
    )
    def test_inconclusive(self, steps: tuple[Exchange, ...]) -> None:
        assert not judges("service.cancel", *steps)


class TestPrecondition:
    @pytest.mark.parametrize(
        ("steps", "kind"),
        [
            ((read("completed"), step("started", 409, GRAPH), read("completed")), []),
            ((read("completed"), step("started", 422, GRAPH), read("completed")), []),
            ((read("completed"), step("started", 204), read("completed")), ["accepted"]),
            ((read("inProgress"), step("started", 200), read("inProgress")), ["accepted"]),
            ((read("inProgress"), step("started", 409, GRAPH), read("cancelled")), ["became-cancelled"]),
            ((read("failed"), step("started", 204), read("cancelled")), ["accepted", "became-cancelled"]),
            ((read("inProgress"), read("completed")), []),
            ((read("completed"), read("cancelled")), ["became-cancelled"]),
            ((page(a="completed", b="notStarted"), page(b="cancelled", a="completed")), []),
            ((page(a="completed"), page(a="cancelled")), ["became-cancelled"]),
        ],
    )
    def test_kinds(self, steps: tuple[Exchange, ...], kind: list[str]) -> None:
        assert kinds("service.precondition", *steps) == kind

    @pytest.mark.parametrize(
        "steps",
        [
            (read("notStarted"), read("cancelled")),
            (read("unknownFutureValue"), read("cancelled")),
            (read("completed"), read("cancelled", OTHER)),
            (read("completed"),),
            (page(a="x"), page(a="cancelled")),
            (read("completed"), step("started", 401, GRAPH)),
        ],
    )
    def test_says_nothing(self, steps: tuple[Exchange, ...]) -> None:
        assert not judges("service.precondition", *steps)


class TestAccess:
    @pytest.mark.parametrize(
        "purpose", ["no-token", "garbage-token", "forged:expired", "no-token:read", "garbage-token:list"]
    )
    def test_authentication(self, purpose: str) -> None:
        for status, kind in (
            (401, []),
            (204, ["accepted"]),
            (403, ["other-status"]),
            (302, ["other-status"]),
        ):
            assert kinds("service.authentication", step(purpose, status)) == kind
        assert kinds("service.authentication", NEW, step(purpose, 401), DONE) == ["took-effect"]
        assert not judges("service.authentication", step(purpose, 429))

    def test_each_forgery_is_a_fault_of_its_own(self) -> None:
        purposes = ("forged:a", "forged:b", "forged:a:read", "no-token", "no-token:read", "no-token:list")
        found = [findings("service.authentication", step(purpose, 200))[0].input for purpose in purposes]
        assert found == ["a", "b", "a:read", "no-token", "no-token:read", "no-token:list"]

    def test_permission(self) -> None:
        for status, kind in ((403, []), (404, []), (204, ["accepted"]), (200, ["accepted"])):
            assert kinds("service.permission", step("lesser-token", status)) == kind
        assert kinds("service.permission", NEW, step("lesser-token", 403), DONE) == ["took-effect"]
        assert not judges("service.permission", step("lesser-token", 401))

    def test_method(self) -> None:
        for status, kind in ((405, []), (404, []), (501, []), (200, ["accepted"]), (500, ["other-status"])):
            assert kinds("service.method", step("method:PUT", status)) == kind
        assert kinds("service.method", NEW, step("method:PUT", 405), DONE) == ["took-effect"]
        for status, kind in ((204, []), (200, []), (302, ["other-status"]), (500, ["other-status"])):
            assert kinds("service.method", step("method:OPTIONS", status)) == kind
        assert kinds("service.method", NEW, step("method:OPTIONS", 204), DONE) == ["took-effect"]
        assert not judges("service.method", step("method:PUT", 403))


class TestRefusals:
    @pytest.mark.parametrize(("purpose", "id"), [("unknown", "unknown-task"), ("malformed", "malformed-id")])
    def test_a_4xx_is_expected(self, purpose: str, id: str) -> None:
        for status, kind in (
            (404, []),
            (400, []),
            (200, ["accepted"]),
            (500, ["server-error"]),
            (302, ["other-status"]),
        ):
            assert kinds(f"service.{id}", step(purpose, status)) == kind
        for status in (0, 401, 403, 429, 503):
            assert not judges(f"service.{id}", step(purpose, status))

    def test_which(self) -> None:
        for purpose, status, kind in (
            ("unknown", 404, []),
            ("unknown", 400, ["unknown-task"]),
            ("unknown", 403, []),
            ("lesser-token", 404, ["permission"]),
            ("started", 422, ["precondition"]),
            ("method:PUT", 404, ["method"]),
            ("lesser-token", 302, ["permission"]),
            ("lesser-token", 500, ["permission"]),
            ("started", 307, ["precondition"]),
            ("started", 500, ["precondition"]),
        ):
            assert kinds("service.refusal-status", step(purpose, status)) == kind
        for purpose, status in (("unknown", 200), ("unknown", 500), ("started", 204), ("started", 503)):
            assert not judges("service.refusal-status", step(purpose, status))

    def test_a_second_cancel_is_never_judged(self) -> None:
        for status in (200, 204, 409, 500):
            assert not judges("service.repeat", step("repeat", status))


class TestEachAnswer:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (GRAPH, []),
            (b"", ["no-object"]),
            (b"<html>", ["no-object"]),
            (b'{"error": "x"}', ["no-object"]),
            (b"[" * 5000, ["no-object"]),
            (b'{"error": {"message": "y"}}', ["no-code"]),
            (b'{"error": {"code": "", "message": "y"}}', ["no-code"]),
            (b'{"error": {"code": 7, "message": "y"}}', ["no-code"]),
            (b'{"error": {"code": "  ", "message": "y"}}', ["no-code"]),
            (b'{"error": {"code": "x", "message": " "}}', ["no-message"]),
            (b'{"error": {"code": "x"}}', ["no-message"]),
        ],
    )
    def test_error_shape(self, content: bytes, kind: list[str]) -> None:
        assert kinds("service.error-shape", step("unknown", 404, content)) == kind

    def test_a_front_door_is_let_be(self) -> None:
        assert not judges("service.error-shape", step("unknown", 404, b"<html>", fields=()))

    def test_secrets(self) -> None:
        token = TOKEN.encode()
        assert kinds("service.secrets", step("read", 200, b"{}")) == []
        assert kinds("service.secrets", step("read", 401, b'{"m": "' + token + b'"}')) == ["in-content"]
        assert kinds("service.secrets", step("read", 401, fields=(("X-Echo", TOKEN),))) == ["in-field"]
        assert kinds("service.secrets", step("read", 401, token[:20])) == ["in-content"]

    def test_no_finding_repeats_what_a_tenant_wrote(self) -> None:
        bad = step("no-token", 302, TOKEN.encode(), fields=(("X-Echo", TOKEN), ("request-id", TOKEN)))
        for id in ("service.secrets", "service.request-id", "service.authentication"):
            for finding in findings(id, bad):
                assert TOKEN[:20] not in finding.expected + finding.actual + finding.input

    def test_challenge(self) -> None:
        for fields in ((), (("WWW-Authenticate", ""),)):
            assert kinds("service.challenge", step("no-token", 401, fields=fields)) == ["missing"]
        assert (
            kinds("service.challenge", step("no-token", 401, fields=(("WWW-Authenticate", "Bearer"),))) == []
        )
        assert not judges("service.challenge", step("no-token", 403))

    def test_request_id(self) -> None:
        for fields, kind in (
            (FIELDS, []),
            ((("Request-Id", ID), ("Client-Request-Id", ID.upper())), []),
            ((("client-request-id", ID),), ["missing"]),
            ((("request-id", " "), ("client-request-id", ID)), ["missing"]),
            ((("request-id", ID),), ["not-returned"]),
            ((("request-id", ID), ("client-request-id", OTHER)), ["changed"]),
        ):
            assert kinds("service.request-id", step("read", 200, fields=fields)) == kind

    def test_the_request_id_of_another_response(self) -> None:
        def has(id: str, *more: tuple[str, str], client: str = ID) -> Exchange:
            fields = (("request-id", id), ("client-request-id", client), *more)
            return step("read", 200, fields=fields)

        for first, second, kind in (
            (has(ID), has(OTHER), []),
            (has(ID), has(ID), ["repeated"]),
            (has(ID), has(f" {ID.upper()}"), ["repeated"]),
            (has(ID), has(ID, ("Age", "3")), []),
            (has(ID, ("Age", "3")), has(ID), []),
            (has(""), has(""), ["missing"]),
        ):
            assert kinds("service.request-id", first, second) == kind

    def test_responses_are_compared_with_the_first_that_had_the_id(self) -> None:
        a, b, c, d, e = (step("read", 200, fields=(("request-id", each),)) for each in "xyXyz")
        trials = list(pair_equal_request_ids([a, b, c, d, e]))
        assert [each.exchange for each in trials] == [a, b, c, d, e]
        assert [each.before for each in trials] == [(), (), (a,), (b,), ()]

    def test_media_type(self) -> None:
        typed = (("Content-Type", "application/json"),)
        assert kinds("service.media-type", step("cancel", 204)) == []
        assert kinds("service.media-type", step("cancel", 204, fields=typed)) == ["present"]
        assert not judges("service.media-type", step("read", 200, fields=typed))


@pytest.mark.parametrize(
    ("clause", "steps", "violating"),
    [
        ("service.precondition", [read("completed"), step("started", 204), read("completed")], 1),
        ("service.precondition", [read("inProgress"), step("started", 409), DONE], 1),
        ("service.cancel", [NEW, step("cancel", 200), DONE], 1),
        ("service.effect", [NEW, step("cancel", 204), NEW], 1),
        ("service.effect", [NEW, step("cancel", 204), gone()], 2),
        ("service.authentication", [NEW, step("no-token", 204), DONE], 1),
        ("service.method", [NEW, step("method:PUT", 204), DONE], 1),
        ("service.unknown-task", [step("unknown", 204), NEW], 0),
        ("service.refusal-status", [NEW, step("lesser-token", 404), NEW], 1),
    ],
)
def test_a_finding_names_the_step_that_violates(clause: str, steps: list[Exchange], violating: int) -> None:
    found = findings(clause, *steps)
    assert found
    assert {id(each.exchange) for each in found} == {id(steps[violating])}
