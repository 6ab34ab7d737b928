"""What a cancel does to the task, to other tasks and to the list of tasks, as the service clauses see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Exchange
from tests.clauses import TASK, findings, judges, kinds
from tests.clauses.service_steps import (
    DONE,
    GRAPH,
    LATER,
    NEW,
    OTHER,
    SOON,
    cancel_beside,
    entries,
    gone,
    other,
    page,
    read,
    step,
    without_date,
)


class TestEffect:
    @pytest.mark.parametrize(
        ("after", "kind"),
        [
            ((DONE,), []),
            ((NEW, DONE), []),
            ((NEW, NEW), ["not-cancelled"]),
            ((DONE, NEW), ["not-cancelled"]),
            ((read("canceled"),), ["not-cancelled"]),
            ((read(None),), ["not-cancelled"]),
            ((gone(),), ["gone"]),
            ((gone(500),), ["not-cancelled"]),
            ((DONE, gone(503)), []),
        ],
    )
    def test_kinds(self, after: tuple[Exchange, ...], kind: list[str]) -> None:
        assert kinds("service.effect", NEW, step("cancel", 204), *after) == kind

    def test_another_task(self) -> None:
        for before, after, kind in (
            ("notStarted", "cancelled", ["other-task"]),
            ("inProgress", "cancelled", ["other-task"]),
            ("cancelled", "cancelled", []),
            ("notStarted", "inProgress", []),
            ("notStarted", "failed", []),
            ("notStarted", "unknownFutureValue", []),
            ("inProgress", "completed", []),
            ("inProgress", "failed", []),
            ("inProgress", "notStarted", []),
            ("completed", "failed", ["other-task-changed"]),
            ("failed", "inProgress", ["other-task-changed"]),
            ("cancelled", "notStarted", ["other-task-changed"]),
        ):
            assert kinds("service.effect", *cancel_beside(other(before), other(after))) == kind

    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            ({}, {}, []),
            ({"preferredStartDateTime": LATER}, {}, []),
            ({"preferredStartDateTime": LATER}, {"preferredStartDateTime": SOON}, []),
            ({"preferredStartDateTime": SOON}, {"preferredStartDateTime": SOON}, []),
            ({"preferredStartDateTime": "soon"}, {"preferredStartDateTime": "soon"}, []),
            ({"preferredStartDateTime": LATER}, {"preferredStartDateTime": LATER}, ["other-task-changed"]),
        ],
    )
    def test_another_task_that_started_itself(
        self, before: dict[str, str], after: dict[str, str], kind: list[str]
    ) -> None:
        for status in ("inProgress", "completed", "failed"):
            steps = cancel_beside(other("notStarted", **before), other(status, **after))
            assert kinds("service.effect", *steps) == kind
            undated = (replace(each, responses=without_date(each)) for each in steps)
            assert kinds("service.effect", *undated) == []

    def test_another_task_that_expired(self) -> None:
        for latest, kind in ((SOON, []), (LATER, ["other-task"])):
            expired = other("cancelled", preferredLatestStartDateTime=latest)
            assert kinds("service.effect", *cancel_beside(other("notStarted"), expired)) == kind

    def test_another_task_that_is_gone(self) -> None:
        for status, kind in (
            ("notStarted", ["other-task-changed"]),
            ("inProgress", ["other-task-changed"]),
            ("completed", []),
        ):
            for code in (404, 410):
                steps = cancel_beside(other(status), step("bystander", code, GRAPH, OTHER))
                assert kinds("service.effect", *steps) == kind
        steps = cancel_beside(other("notStarted"), step("bystander", 503, GRAPH, OTHER))
        assert kinds("service.effect", *steps) == []

    def test_the_last_read_of_another_task_counts(self) -> None:
        steps = cancel_beside(other("completed"), other("inProgress"), other("completed"))
        assert kinds("service.effect", *steps) == []

    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            ("completed", "failed", ["other-task-changed"]),
            ("failed", "cancelled", ["other-task"]),
            ("completed", "completed", []),
            ("completed", "inProgress", []),
            ("notStarted", "failed", []),
            ("inProgress", "cancelled", []),
        ],
    )
    def test_another_task_in_a_list(self, before: str, after: str, kind: list[str]) -> None:
        steps = (page(a=before, b="failed"), page(c="failed"), NEW, step("cancel", 204), DONE, page(a=after))
        assert kinds("service.effect", *steps) == kind

    def test_needs_a_success_and_a_read(self) -> None:
        assert not judges("service.effect", NEW, step("cancel", 409, GRAPH), NEW)
        assert not judges("service.effect", NEW, step("cancel", 204))


class TestList:
    BEFORE = page(**{TASK: "notStarted"})

    @pytest.mark.parametrize(
        ("after", "kind"),
        [
            ((page(**{TASK: "cancelled"}),), []),
            ((page(**{TASK.upper(): "cancelled"}),), []),
            ((page(a="failed"), page(**{TASK: "cancelled"})), []),
            ((entries({"id": TASK}),), []),
            ((entries({"id": TASK, "status": None}, 7, "x", {"id": None}),), []),
            ((page(**{TASK: "notStarted"}),), ["stale"]),
            ((page(**{TASK: "canceled"}),), ["stale"]),
            ((page(a="cancelled"),), ["missing"]),
            ((entries(),), ["missing"]),
            ((page(**{TASK: "cancelled"}), page(**{TASK: "cancelled"})), ["repeated"]),
            ((page(**{TASK: "cancelled"}), page(**{TASK: "notStarted"})), ["stale", "repeated"]),
        ],
    )
    def test_kinds(self, after: tuple[Exchange, ...], kind: list[str]) -> None:
        assert kinds("service.list", self.BEFORE, NEW, step("cancel", 204), DONE, *after) == kind

    def test_a_task_that_was_not_listed_before_may_be_missing(self) -> None:
        for before in ((), (page(a="notStarted"),)):
            assert kinds("service.list", *before, NEW, step("cancel", 204), DONE, page(a="failed")) == []

    def test_the_finding_names_the_page(self) -> None:
        pages = page(a="failed"), page(**{TASK: "notStarted"}), page(b="failed")
        (found,) = findings("service.list", NEW, step("cancel", 204), DONE, *pages)
        assert found.exchange is pages[1]
        assert "notStarted" in found.actual

    @pytest.mark.parametrize(
        "steps",
        [
            (NEW, step("cancel", 204), DONE),
            (NEW, step("cancel", 204), NEW, page(**{TASK: "notStarted"})),
            (NEW, step("cancel", 204), DONE, NEW, page(**{TASK: "notStarted"})),
            (NEW, step("cancel", 409, GRAPH), DONE, page(**{TASK: "notStarted"})),
            (page(**{TASK: "notStarted"}), NEW, step("cancel", 204), DONE),
            (DONE, page(**{TASK: "notStarted"})),
        ],
    )
    def test_inconclusive(self, steps: tuple[Exchange, ...]) -> None:
        assert not judges("service.list", *steps)
