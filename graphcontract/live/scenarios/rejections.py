"""Scenarios of what a service must refuse: ids that nobody has, odd tokens, other methods, tasks that ended.

Knows the clauses' purposes; it sends nothing, and the policy has the last word.
"""

from __future__ import annotations

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import ScenarioContext, not_started, on_nobodys, tried
from graphcontract.live.steps import Credential, Scenario
from graphcontract.live.urls import MALFORMED, READ_PERMISSION

OTHER_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


def unknown(bench: ScenarioContext) -> Scenario:
    """An id that nobody has: first read, and only where that is answered 404 also cancelled. Then one whose
    letters are capitals.
    """
    for id in (bench.fresh(), bench.fresh(capitals=True)):
        read = bench.read(id, "an id that nobody has", purpose=service_queries.UNKNOWN, expected=404)
        if bench.get_only:
            seen = yield read
            bench.trial(seen)
        else:
            purpose = service_queries.UNKNOWN if bench.privileged else service_queries.LESSER_TOKEN
            expected = 404 if bench.privileged else 403
            change = bench.change(id, "the action on it", purpose=purpose, expected=expected)
            seen, _ = yield from on_nobodys(bench, read, change)
        if seen.status == 403:
            _deny(bench)
        if seen.status != 404:
            return


def _deny(bench: ScenarioContext) -> None:
    """A tenant may answer a read of no task with 403; a token that does not carry the permission is a mistake
    of whoever gave it.
    """
    clauses = ("service.unknown-task", "service.malformed-id", "service.refusal-status")
    denied = "the credential may not read tasks (403)"
    if bench.reads:
        bench.reasons |= dict.fromkeys(clauses, denied)
    else:
        after_a_read = ("service.permission", "service.method", "service.cancel", "service.effect")
        why = f"{denied}: its app needs the permission {READ_PERMISSION}"
        bench.leave_unjudged((*clauses, *after_a_read, "service.precondition"), why)


def unauthenticated(bench: ScenarioContext) -> Scenario:
    """No token, garbage, and on loopback forgeries: on a task that may be cancelled, else on a made-up id,
    else as a read.
    """
    odd: list[tuple[str, Credential]] = [
        (service_queries.NO_TOKEN, "none"),
        (service_queries.GARBAGE, "garbage"),
    ]
    if bench.loopback:
        odd += [(f"{service_queries.FORGED}:{how}", how) for how in bench.forgeries]
    for purpose, credential in odd:
        why = "a call that must be answered 401"
        if bench.get_only:
            step = bench.read(bench.fresh(), why, purpose=purpose, credential=credential, expected=401)
            bench.trial((yield step))
        else:
            yield from _odd_cancel(bench, bench.subject, why, purpose, credential, 401)


def _odd_cancel(
    bench: ScenarioContext,
    subject: str,
    why: str,
    purpose: str,
    credential: Credential,
    expected: int,
    method: str | None = None,
) -> Scenario:
    """A cancel that must be refused, between two reads of a task; or of an id that nobody has."""
    if subject:
        read = bench.read(subject, "to see that it has not started", shows=service_queries.NOT_STARTED)
        change = bench.change(
            subject,
            why,
            purpose=purpose,
            credential=credential,
            expected=expected,
            changes="cancels the task, were it not refused",
            method=method,
        )
        before, done = yield from tried(read, change, not_started)
        if done is not None:
            after = yield bench.read(
                subject, "to see that it is as before", shows=service_queries.NOT_STARTED
            )
            bench.trial(before, done, after)
            return
    id = bench.fresh()
    read = bench.read(id, "to see that nobody has this id", purpose=service_queries.UNKNOWN, expected=404)
    change = bench.change(id, why, purpose=purpose, credential=credential, expected=expected, method=method)
    _, done = yield from on_nobodys(bench, read, change)
    if done is None and credential not in ("main", "lesser"):
        step = bench.read(id, why, purpose=purpose, credential=credential, expected=expected)
        bench.trial((yield step))


def permission(bench: ScenarioContext) -> Scenario:
    """A token without the permission must not cancel."""
    yield from without_permission(bench, bench.subject)


def without_permission(bench: ScenarioContext, subject: str) -> Scenario:
    """The cancel of a task with the second credential, where there is one to try."""
    if bench.lesser and bench.privileged and not bench.get_only:
        why = "a call that must be refused"
        yield from _odd_cancel(bench, subject, why, service_queries.LESSER_TOKEN, "lesser", 403)


def methods(bench: ScenarioContext) -> Scenario:
    """Other methods than the action's, on loopback alone."""
    if not bench.loopback or bench.get_only:
        return
    for method in OTHER_METHODS:
        purpose = f"{service_queries.METHOD}:{method}"
        yield from _odd_cancel(bench, bench.subject, "another method", purpose, "main", 405, method)


def started(bench: ScenarioContext) -> Scenario:
    """Tasks that must refuse, read just before."""
    for id in bench.started if bench.cancel else ():
        read = bench.read(id, "to see that it has ended", shows="completed")
        before = yield read
        purpose = (
            service_queries.REPEAT
            if before.task_status == service_queries.CANCELLED
            else service_queries.STARTED
        )
        change = bench.change(
            id,
            "the action on a task that must refuse",
            purpose=purpose,
            expected=409,
            changes="cancels the task, were it not refused",
        )
        before, done = yield from tried(read, change, bench.must_refuse)
        if done is None:
            state = before.task_status or f"answered {before.status}"
            bench.leave_unjudged(
                ("service.precondition",),
                f"a --started-task was left alone: it is {state}, and has not ended",
            )
            continue
        after = yield bench.read(id, "to see that it is as before", shows="completed")
        bench.trial(before, done, after)


def malformed(bench: ScenarioContext) -> Scenario:
    """Malformed ids from the fixed list: read, and on loopback cancelled too."""
    for id in MALFORMED:
        why = "a malformed id"
        read = bench.read(id, why, purpose=service_queries.MALFORMED, expected=404)
        if bench.loopback and not bench.get_only:
            change = bench.change(id, why, purpose=service_queries.MALFORMED, expected=404)
            yield from on_nobodys(bench, read, change, lambda seen: 400 <= seen.status < 500)
        else:
            bench.trial((yield read))
