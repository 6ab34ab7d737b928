"""Service clauses on requests that a tenant must reject: invalid tokens, other methods, unknown ids.

A finding quotes no text of the tenant, because reports do not redact it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.service_queries import (
    CANCELLED,
    FORGED,
    GARBAGE,
    LESSER_TOKEN,
    MALFORMED,
    METHOD,
    NO_TOKEN,
    NOT_STARTED,
    STARTED,
    UNKNOWN,
    describe_response,
    find_step,
    is_client_error,
    is_success,
    purpose_input,
    purpose_kind,
    status_to,
    statuses_around,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial


def _find_effect(trial: Trial, index: int) -> Iterator[Finding]:
    """Find a task that a rejected request has cancelled all the same."""
    if statuses_around(trial, index) == (NOT_STARTED, CANCELLED):
        step = trial.exchanges[index]
        actual = f"{describe_response(step)}, and task status {CANCELLED}"
        expected = f"task status {NOT_STARTED}"
        yield Finding("took-effect", expected, actual, purpose_input(step), exchange=step)


def _has_step(*kinds: str, unless: tuple[int, ...] = ()) -> When:
    def when(_contract: Contract, trial: Trial) -> bool:
        index = find_step(trial, *kinds)
        return index is not None and status_to(trial.exchanges[index]) not in unless

    return when


_UNAUTHENTICATED = (NO_TOKEN, GARBAGE, FORGED)


@clause(
    "service.authentication",
    "accepted",
    "other-status",
    "took-effect",
    when=_has_step(*_UNAUTHENTICATED),
    uses_earlier_steps=True,
)
def authentication(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request without a valid token, a read too, must get 401 and have no effect (the operation's page;
    Graph's authorization concepts): only 401 means that another token may help. The effect counts only if the
    task was read before and after.
    """
    index = find_step(trial, *_UNAUTHENTICATED)
    assert index is not None
    step = trial.exchanges[index]
    status = status_to(step)
    input = purpose_input(step) if purpose_kind(step) == FORGED else step.purpose
    if status != 401:
        kind = "accepted" if is_success(status) else "other-status"
        yield Finding(kind, "status 401", describe_response(step), input, exchange=step)
    yield from _find_effect(trial, index)


@clause(
    "service.permission",
    "accepted",
    "took-effect",
    when=_has_step(LESSER_TOKEN, unless=(401,)),
    uses_earlier_steps=True,
)
def permission(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A valid token without the permission must not get a 2xx or have an effect (the operation's page;
    Graph's authorization concepts). A 401 is left out, as the token itself may have been invalid.
    """
    index = find_step(trial, LESSER_TOKEN)
    assert index is not None
    step = trial.exchanges[index]
    if is_success(status_to(step)):
        expected = "no 2xx status for a token without the permission"
        yield Finding("accepted", expected, describe_response(step), exchange=step)
    yield from _find_effect(trial, index)


@clause(
    "service.method",
    "accepted",
    "other-status",
    "took-effect",
    when=_has_step(METHOD, unless=(401, 403)),
    uses_earlier_steps=True,
)
def method(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Another method must get a 4xx or 501 and have no effect (the operation's page). 501 is accepted, as
    the server may not implement the method at all (RFC 9110, 15.6.2), and a 2xx to OPTIONS, which may list
    the methods (RFC 9110, 9.3.7). A 401 and a 403 are left out: they may be about the token.
    """
    index = find_step(trial, METHOD)
    assert index is not None
    step, status = trial.exchanges[index], status_to(trial.exchanges[index])
    is_allowed = is_client_error(status) or status == 501
    if purpose_input(step) == "OPTIONS":
        is_allowed = is_allowed or is_success(status)
    if not is_allowed:
        kind = "accepted" if is_success(status) else "other-status"
        expected, actual = "a 4xx status or 501", describe_response(step)
        yield Finding(kind, expected, actual, purpose_input(step), exchange=step)
    yield from _find_effect(trial, index)


def _check_rejected(kind: str) -> Callable[[Contract, Trial], Iterator[Finding]]:
    """Make the function of a clause that an id must get a 4xx (Graph's error responses)."""

    def judge(_contract: Contract, trial: Trial) -> Iterator[Finding]:
        index = find_step(trial, kind)
        assert index is not None
        step, status = trial.exchanges[index], status_to(trial.exchanges[index])
        expected, actual, input = "a 4xx status", describe_response(step), purpose_input(step)
        if is_success(status):
            yield Finding("accepted", expected, actual, input, exchange=step)
        elif status >= 500:
            yield Finding("server-error", expected, actual, input, exchange=step)
        elif not is_client_error(status):
            yield Finding("other-status", expected, actual, input, exchange=step)

    return judge


# A 401 and a 403 are left out: they may be about the token.
for _id, _purpose in (("service.unknown-task", UNKNOWN), ("service.malformed-id", MALFORMED)):
    clause(
        _id,
        "accepted",
        "server-error",
        "other-status",
        when=_has_step(_purpose, unless=(401, 403)),
    )(_check_rejected(_purpose))


_EXPECTED = {
    UNKNOWN: ("unknown-task", 404),
    LESSER_TOKEN: ("permission", 403),
    STARTED: ("precondition", 409),
    METHOD: ("method", 405),
}


def _is_rejected(_contract: Contract, trial: Trial) -> bool:
    index = find_step(trial, *_EXPECTED)
    if index is None:
        return False
    step, status = trial.exchanges[index], status_to(trial.exchanges[index])
    # Another status than 4xx to these two violates no other clause, as nothing was accepted.
    is_rejection = purpose_kind(step) in (LESSER_TOKEN, STARTED) and not is_success(status)
    return (is_rejection or is_client_error(status)) and status != 401


@clause("service.refusal-status", "unknown-task", "permission", "precondition", "method", when=_is_rejected)
def refusal_status(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A rejection should have the status that states its reason (Graph's error responses and authorization
    concepts). A 403 is accepted for every reason but a missing permission itself, as the service may check
    permissions first. A missing permission and a task that has started are no failure of the server (5xx),
    and no redirect (3xx) leads around them.
    """
    index = find_step(trial, *_EXPECTED)
    assert index is not None
    step = trial.exchanges[index]
    kind, expected = _EXPECTED[purpose_kind(step)]
    denied = purpose_kind(step) != LESSER_TOKEN and status_to(step) == 403
    if status_to(step) != expected and not denied:
        actual, input = describe_response(step), purpose_input(step)
        yield Finding(kind, f"status {expected}", actual, input, exchange=step)
