"""What a tenant must refuse, and how: odd tokens, other methods, ids that nobody has.

Knows contract and trial; a finding quotes nothing that the tenant wrote, for reports keep it as it is.
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
    answered,
    around,
    input_of,
    is_refusal,
    is_success,
    kind_of,
    status_to,
    step_for,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial


def _took_effect(trial: Trial, at: int) -> Iterator[Finding]:
    if around(trial, at) == (NOT_STARTED, CANCELLED):
        seen = f"{answered(trial.exchanges[at])}, and the task is {CANCELLED}"
        yield Finding("took-effect", f"the task stays {NOT_STARTED}", seen, input_of(trial.exchanges[at]))


def _made_for(*kinds: str, unless: tuple[int, ...] = ()) -> When:
    def when(_contract: Contract, trial: Trial) -> bool:
        at = step_for(trial, *kinds)
        return at is not None and status_to(trial.exchanges[at]) not in unless

    return when


_UNAUTHENTICATED = (NO_TOKEN, GARBAGE, FORGED)


@clause(
    "service.authentication",
    "accepted",
    "other-status",
    "took-effect",
    when=_made_for(*_UNAUTHENTICATED),
    uses_earlier_steps=True,
)
def authentication(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """401 says that another token may help; any other refusal says that none does."""
    at = step_for(trial, *_UNAUTHENTICATED)
    assert at is not None
    step = trial.exchanges[at]
    status, input = status_to(step), input_of(step) or kind_of(step)
    if status != 401:
        kind = "accepted" if is_success(status) else "other-status"
        yield Finding(kind, "status 401", answered(step), input)
    yield from _took_effect(trial, at)


@clause(
    "service.permission",
    "accepted",
    "took-effect",
    when=_made_for(LESSER_TOKEN, unless=(401,)),
    uses_earlier_steps=True,
)
def permission(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A token that is good for something else."""
    at = step_for(trial, LESSER_TOKEN)
    assert at is not None
    step = trial.exchanges[at]
    if is_success(status_to(step)):
        yield Finding("accepted", "a refusal, for the token lacks the permission", answered(step))
    yield from _took_effect(trial, at)


@clause(
    "service.method",
    "accepted",
    "other-status",
    "took-effect",
    when=_made_for(METHOD, unless=(401, 403)),
    uses_earlier_steps=True,
)
def method(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """501 is as good: the server knows no such method (RFC 9110, 15.6.2)."""
    at = step_for(trial, METHOD)
    assert at is not None
    step, status = trial.exchanges[at], status_to(trial.exchanges[at])
    if not is_refusal(status) and status != 501:
        kind = "accepted" if is_success(status) else "other-status"
        yield Finding(kind, "a 4xx or 501", answered(step), input_of(step))
    yield from _took_effect(trial, at)


def _refused(kind: str) -> Callable[[Contract, Trial], Iterator[Finding]]:
    def judge(_contract: Contract, trial: Trial) -> Iterator[Finding]:
        at = step_for(trial, kind)
        assert at is not None
        step, status = trial.exchanges[at], status_to(trial.exchanges[at])
        if is_success(status):
            yield Finding("accepted", "a 4xx", answered(step), input_of(step))
        elif status >= 500:
            yield Finding("server-error", "a 4xx", answered(step), input_of(step))
        elif not is_refusal(status):
            yield Finding("other-status", "a 4xx", answered(step), input_of(step))

    return judge


for _id, _purpose in (("service.unknown-task", UNKNOWN), ("service.malformed-id", MALFORMED)):
    clause(
        _id,
        "accepted",
        "server-error",
        "other-status",
        when=_made_for(_purpose, unless=(401, 403)),
    )(_refused(_purpose))


_EXPECTED = {
    UNKNOWN: ("unknown-task", 404),
    LESSER_TOKEN: ("permission", 403),
    STARTED: ("precondition", 409),
    METHOD: ("method", 405),
}


def _is_other_refusal(_contract: Contract, trial: Trial) -> bool:
    at = step_for(trial, *_EXPECTED)
    status = None if at is None else status_to(trial.exchanges[at])
    return status is not None and is_refusal(status) and status != 401


@clause(
    "service.refusal-status", "unknown-task", "permission", "precondition", "method", when=_is_other_refusal
)
def refusal_status(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Which 4xx it is; whether it is one is another clause's business."""
    at = step_for(trial, *_EXPECTED)
    assert at is not None
    step = trial.exchanges[at]
    kind, expected = _EXPECTED[kind_of(step)]
    denied = kind_of(step) != LESSER_TOKEN and status_to(step) == 403
    if status_to(step) != expected and not denied:
        yield Finding(kind, f"status {expected}", answered(step), input_of(step))
