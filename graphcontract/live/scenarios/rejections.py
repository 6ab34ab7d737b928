"""Requests that a service must reject: unknown and malformed ids, bad tokens, other methods, tasks that have
started.
"""

from __future__ import annotations

from graphcontract.clauses import service_queries
from graphcontract.live.scenarios.context import (
    ScenarioContext,
    describe_state,
    is_not_started,
    try_change,
    try_change_on_unknown_id,
)
from graphcontract.live.steps import Credential, RequestStep, Scenario, StepResult
from graphcontract.live.urls import DOT_SEGMENTS, MALFORMED, READ_PERMISSION

_LISTED = "(a listed task)"
_BAD_TOKENS: tuple[tuple[str, Credential], ...] = (
    (service_queries.NO_TOKEN, "none"),
    (service_queries.GARBAGE, "garbage"),
)
OTHER_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


def reject_unknown_ids(context: ScenarioContext) -> Scenario:
    """Read an id that does not exist and, only after a 404, cancel it. Then the same with capital letters."""
    for id in (context.make_fresh_id(), context.make_fresh_id(capitals=True)):
        read = context.make_read(
            id, "an id that does not exist", purpose=service_queries.UNKNOWN, expected=404
        )
        if context.get_only:
            seen = yield read
            context.add_trial(seen)
        else:
            purpose = service_queries.UNKNOWN if context.privileged else service_queries.LESSER_TOKEN
            expected = 404 if context.privileged else 403
            change = context.make_change(id, "a cancel of that id", purpose=purpose, expected=expected)
            seen, _ = yield from try_change_on_unknown_id(context, read, change)
        if seen.status == 403:
            _skip_unreadable(context)
        if seen.status != 404:
            return


def _skip_unreadable(context: ScenarioContext) -> None:
    """Note a 403 to a read: a tenant may respond so to the id of no task, but a token without the permission
    is the user's mistake.
    """
    clauses = ("service.unknown-task", "service.malformed-id", "service.refusal-status")
    denied = "the credential may not read tasks (403)"
    if context.reads:
        context.reasons |= dict.fromkeys(clauses, denied)
    else:
        after_a_read = ("service.permission", "service.method", "service.precondition")
        after_a_cancel = ("service.cancel", "service.effect", "service.list")
        why = f"{denied}: grant its app {READ_PERMISSION}"
        context.skip_clauses((*clauses, *after_a_read, *after_a_cancel), why)


def reject_bad_tokens(context: ScenarioContext) -> Scenario:
    """No token, garbage, and on loopback forged tokens: on a task that may be cancelled, else on a made-up
    id, else in a GET.
    """
    for purpose, credential in _list_bad_tokens(context):
        why = "a call that must get 401"
        if context.get_only:
            step = context.make_read(
                context.make_fresh_id(), why, purpose=purpose, credential=credential, expected=401
            )
            context.add_trial((yield step))
        else:
            yield from _try_rejected_cancel(context, context.subject, why, purpose, credential, 401)


def _list_bad_tokens(context: ScenarioContext) -> list[tuple[str, Credential]]:
    """The purposes and credentials of requests without a valid token."""
    forged = context.forgeries if context.loopback else ()
    return [*_BAD_TOKENS, *((f"{service_queries.FORGED}:{how}", how) for how in forged)]


def reject_bad_tokens_in_reads(context: ScenarioContext) -> Scenario:
    """Read the list and a task without a valid token, each right after a read with one: a cache could repeat
    its response. Forged tokens are for the task alone.
    """
    target, why = context.targets.page(), "a read that must get 401"
    listed = yield RequestStep(service_queries.LIST, "to find a task", "GET", target, target)
    is_list = listed.exchange is None or isinstance(listed.document.get("value"), list)
    for purpose, credential in _BAD_TOKENS if is_list else ():
        bad = f"{purpose}:{service_queries.LIST}"
        step = RequestStep(bad, why, "GET", target, target, credential=credential, expected=401)
        context.add_trial((yield step))
    id = next(iter([*context.subjects, *context.started]), None) or _find_listed(listed)
    seen = (yield context.make_read(id, "to compare with reads that must get 401")) if id else None
    if id is None or seen is None or (seen.exchange is not None and not seen.document):
        if context.get_only:  # it has sent these reads of a made-up id already
            return
        id = context.make_fresh_id()
    context.on_known_id(id)
    for purpose, credential in _list_bad_tokens(context):
        bad = f"{purpose}:{service_queries.READ}"
        context.add_trial(
            (yield context.make_read(id, why, purpose=bad, credential=credential, expected=401))
        )


def _find_listed(listed: StepResult) -> str | None:
    """The id of a task in a list; a placeholder in a plan."""
    if listed.exchange is None:
        return _LISTED
    ids = service_queries.list_statuses(listed.exchange)
    return next((id for id in ids if id not in DOT_SEGMENTS), None)


def _try_rejected_cancel(
    context: ScenarioContext,
    subject: str,
    why: str,
    purpose: str,
    credential: Credential,
    expected: int,
    method: str | None = None,
) -> Scenario:
    """Send a cancel that must be rejected, between two reads of a task; or of an id that does not exist."""
    if subject:
        read = context.make_read(
            subject, "to check that it has not started", shows=service_queries.NOT_STARTED
        )
        change = context.make_change(
            subject,
            why,
            purpose=purpose,
            credential=credential,
            expected=expected,
            changes="cancels the task if the service wrongly accepts this",
            method=method,
        )
        before, done = yield from try_change(read, change, is_not_started)
        if done is not None:
            after = yield context.make_read(
                subject, "to check that it is unchanged", shows=service_queries.NOT_STARTED
            )
            context.add_trial(before, done, after)
            return
    id = context.make_fresh_id()
    read = context.make_read(
        id, "to check that this id does not exist", purpose=service_queries.UNKNOWN, expected=404
    )
    change = context.make_change(
        id, why, purpose=purpose, credential=credential, expected=expected, method=method
    )
    _, done = yield from try_change_on_unknown_id(context, read, change)
    if done is None and credential not in ("main", "lesser"):
        step = context.make_read(id, why, purpose=purpose, credential=credential, expected=expected)
        context.add_trial((yield step))


def reject_missing_permission(context: ScenarioContext) -> Scenario:
    """A token without the permission must not cancel."""
    yield from cancel_without_permission(context, context.subject)


def cancel_without_permission(context: ScenarioContext, subject: str) -> Scenario:
    """Cancel a task with the second credential, where there is one."""
    if context.lesser and context.privileged and not context.get_only:
        why = "a call that must be rejected"
        yield from _try_rejected_cancel(context, subject, why, service_queries.LESSER_TOKEN, "lesser", 403)


def reject_other_methods(context: ScenarioContext) -> Scenario:
    """Other methods than the action's, on loopback only."""
    if not context.loopback or context.get_only:
        return
    for method in OTHER_METHODS:
        purpose = f"{service_queries.METHOD}:{method}"
        yield from _try_rejected_cancel(
            context, context.subject, "another method", purpose, "main", 405, method
        )


def reject_started_tasks(context: ScenarioContext) -> Scenario:
    """Cancel tasks that have started, each read just before."""
    for id in context.started if context.cancel else ():
        read = context.make_read(id, "to check that it has ended", shows="completed")
        before = yield read
        purpose = (
            service_queries.REPEAT
            if before.task_status == service_queries.CANCELLED
            else service_queries.STARTED
        )
        change = context.make_change(
            id,
            "a cancel that must be rejected",
            purpose=purpose,
            expected=409,
            changes="cancels the task if the service wrongly accepts this",
        )
        before, done = yield from try_change(read, change, context.is_not_cancellable)
        if done is None:
            state = describe_state(before)
            context.skip_clauses(
                ("service.precondition",),
                f"a --started-task was not cancelled: {state}, and has not ended",
            )
            continue
        after = yield context.make_read(id, "to check that it is unchanged", shows="completed")
        context.add_trial(before, done, after)


def reject_malformed_ids(context: ScenarioContext) -> Scenario:
    """Malformed ids from the fixed list: read, and on loopback also cancelled."""
    for id in MALFORMED:
        why = "a malformed id"
        read = context.make_read(id, why, purpose=service_queries.MALFORMED, expected=404)
        if context.loopback and not context.get_only:
            change = context.make_change(id, why, purpose=service_queries.MALFORMED, expected=404)
            yield from try_change_on_unknown_id(context, read, change, lambda seen: 400 <= seen.status < 500)
        else:
            context.add_trial((yield read))
