"""What a tenant owes: the same exchanges, judged from the other side.

Knows contract and exchange, and what a step was made for (`Exchange.purpose`). What it says of an answer is
its status and its place, never a text that the tenant wrote: reports keep these findings as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.reading import graph_error
from graphcontract.clauses.secrets import shows
from graphcontract.contract import Contract
from graphcontract.exchange import Exchange, Trial, WireResponse

READ = "read"
LIST = "list"
LOOKUP = "lookup"
CREATE = "create"
CANCEL = "cancel"
REPEAT = "repeat"
STARTED = "started"
UNKNOWN = "unknown"
MALFORMED = "malformed"
BYSTANDER = "bystander"
NO_TOKEN = "no-token"  # noqa: S105 - a name, no secret
LESSER_TOKEN = "lesser-token"  # noqa: S105 - a name, no secret
GARBAGE = "garbage-token"
FORGED = "forged"  # followed by a colon and how
METHOD = "method"  # followed by a colon and the method

STATUSES = ("notStarted", "inProgress", "completed", "failed", "cancelled", "unknownFutureValue")
NOT_STARTED, IN_PROGRESS, CANCELLED = "notStarted", "inProgress", "cancelled"
TERMINAL = ("completed", "failed", "cancelled")
BUSY = (429, 503, 504)
_STARTED = ("inProgress", "completed", "failed")
_GONE = (404, 410)

EACH_ANSWER = frozenset(
    {
        "service.error-shape",
        "service.secrets",
        "service.challenge",
        "service.request-id",
        "service.media-type",
    }
)
"""Clauses that every answer is held against; the others judge what a step, or a few, were made for."""


def answer_to(exchange: Exchange) -> WireResponse | None:
    """The last whole answer of an exchange."""
    return next((each for each in reversed(exchange.responses) if each.whole), None)


def status_to(exchange: Exchange) -> int:
    """The status of that answer, 0 where there is none."""
    answer = answer_to(exchange)
    return answer.status if answer is not None else 0


def task_of(exchange: Exchange) -> dict[str, object]:
    """The JSON object in an answer of 2xx, empty where there is none."""
    answer = answer_to(exchange)
    if answer is None or not 200 <= answer.status < 300:
        return {}
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def task_status(exchange: Exchange) -> str | None:
    """The status that an answer shows of a task; None where it shows none that there is."""
    status = task_of(exchange).get("status")
    return status if isinstance(status, str) and status in STATUSES else None


def listed(exchange: Exchange) -> dict[str, str]:
    """The statuses, by id, that an answer shows of tasks; those alone that there are."""
    tasks = task_of(exchange).get("value")
    found: dict[str, str] = {}
    for task in tasks if isinstance(tasks, list) else ():
        id, status = (task.get("id"), task.get("status")) if isinstance(task, dict) else (None, None)
        if isinstance(id, str) and id and isinstance(status, str) and status in STATUSES:
            found[id] = status
    return found


def _kind(exchange: Exchange) -> str:
    """The purpose without what follows its colon."""
    return exchange.purpose.partition(":")[0]


def _input(exchange: Exchange) -> str:
    return exchange.purpose.partition(":")[2]


def _told(exchange: Exchange) -> bool:
    """Whether the service answered as it does to this request, and was not merely busy."""
    return status_to(exchange) not in (0, *BUSY)


def _step(trial: Trial, *kinds: str) -> int | None:
    """The place of the trial's first step of these purposes that the service spoke to."""
    return next((at for at, step in enumerate(trial.steps) if _kind(step) in kinds and _told(step)), None)


def _around(trial: Trial, at: int) -> tuple[str | None, str | None]:
    """What reads of the task showed last before a step, and last of all after it."""
    task = trial.steps[at].call.task_id
    before = [step for step in trial.steps[:at] if _kind(step) == READ and step.call.task_id == task]
    after = [step for step in trial.steps[at + 1 :] if _kind(step) == READ and step.call.task_id == task]
    return (
        task_status(before[-1]) if before else None,
        task_status(after[-1]) if after else None,
    )


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500


def _seen(exchange: Exchange) -> str:
    return f"status {status_to(exchange)}"


def _cancel_counts(_contract: Contract, trial: Trial) -> bool:
    """Whether a cancel was answered for a task that had not started, and not only because it moved."""
    at = _step(trial, CANCEL)
    if at is None or status_to(trial.steps[at]) == 401:
        return False
    before, after = _around(trial, at)
    if before != NOT_STARTED:
        return False
    status = status_to(trial.steps[at])
    return _is_success(status) or after == NOT_STARTED or (status >= 500 and after == CANCELLED)


@clause(
    "service.cancel",
    "other-success",
    "content",
    "refused",
    "server-error",
    when=_cancel_counts,
    looks_back=True,
)
def cancel(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A refusal of a task that moved meanwhile says nothing: it is left out before."""
    at = _step(trial, CANCEL)
    assert at is not None
    step, owed = trial.steps[at], f"status {contract.success.status}"
    answer, status = answer_to(step), status_to(step)
    if status >= 500:
        yield Finding("server-error", owed, _seen(step))
    elif not _is_success(status):
        yield Finding("refused", owed, f"{_seen(step)}; the task is {NOT_STARTED} before and after")
    elif status != contract.success.status:
        yield Finding("other-success", owed, _seen(step))
    elif answer is not None and contract.success.content == "absent" and (answer.content or answer.stray):
        size = len(answer.content) + len(answer.stray)
        yield Finding("content", "no content", f"{size} bytes")


def _cancelled(_contract: Contract, trial: Trial) -> bool:
    at = _step(trial, CANCEL)
    return (
        at is not None
        and _is_success(status_to(trial.steps[at]))
        and any(_kind(step) == READ and _told(step) for step in trial.steps[at + 1 :])
    )


@clause("service.effect", "not-cancelled", "gone", "other-task", when=_cancelled, looks_back=True)
def effect(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The last read counts: it was made when the wait was over."""
    at = _step(trial, CANCEL)
    assert at is not None
    task = trial.steps[at].call.task_id
    reads = [step for step in trial.steps[at + 1 :] if _kind(step) == READ and step.call.task_id == task]
    last = next((step for step in reversed(reads) if _told(step)), None)
    if last is not None and status_to(last) in _GONE:
        yield Finding("gone", CANCELLED, _seen(last))
    elif last is not None and task_status(last) != CANCELLED:
        yield Finding("not-cancelled", CANCELLED, task_status(last) or f"{_seen(last)}, no status of a task")
    for id in dict.fromkeys(step.call.task_id for step in trial.steps if _kind(step) == BYSTANDER):
        shown = [[_shown(each, id) for each in part] for part in (trial.steps[:at], trial.steps[at + 1 :])]
        before, after = ([status for status in part if status] for part in shown)
        if before and after and before[-1] != CANCELLED and after[-1] == CANCELLED:
            yield Finding("other-task", before[-1], CANCELLED)


def _shown(step: Exchange, id: str) -> str | None:
    return task_status(step) if _kind(step) == BYSTANDER and step.call.task_id == id else None


def _started(_contract: Contract, trial: Trial) -> bool:
    at = _step(trial, STARTED)
    return (at is not None and status_to(trial.steps[at]) != 401) or bool(_moves(trial))


def _moves(trial: Trial) -> list[tuple[str, str]]:
    """Changes, from one of the trial's reads to the next, of tasks that had started or ended before."""
    kinds = {_kind(step) for step in trial.steps}
    if kinds == {LIST}:
        shown = [listed(step) for step in trial.steps]
    elif READ in kinds and len({step.call.task_id for step in trial.steps if _kind(step) == READ}) == 1:
        reads = (task_status(step) for step in trial.steps if _kind(step) == READ)
        shown = [{"": status} for status in reads if status]
    else:
        return []
    pairs = ((old[id], new[id]) for old, new in pairwise(shown) for id in old.keys() & new.keys())
    return [(old, new) for old, new in pairs if old in _STARTED]


@clause("service.precondition", "accepted", "became-cancelled", when=_started, looks_back=True)
def precondition(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Only a task that has not started can be cancelled."""
    at = _step(trial, STARTED)
    if at is not None and _is_success(status_to(trial.steps[at])):
        before, _ = _around(trial, at)
        yield Finding("accepted", f"a refusal, for the task is {before}", _seen(trial.steps[at]))
    for old, new in _moves(trial):
        if new == CANCELLED:
            yield Finding("became-cancelled", old, new)


def _took_effect(trial: Trial, at: int) -> Iterator[Finding]:
    if _around(trial, at) == (NOT_STARTED, CANCELLED):
        seen = f"{_seen(trial.steps[at])}, and the task is {CANCELLED}"
        yield Finding("took-effect", f"the task stays {NOT_STARTED}", seen, _input(trial.steps[at]))


def _made_for(*kinds: str, unless: tuple[int, ...] = ()) -> When:
    def when(_contract: Contract, trial: Trial) -> bool:
        at = _step(trial, *kinds)
        return at is not None and status_to(trial.steps[at]) not in unless

    return when


_UNAUTHENTICATED = (NO_TOKEN, GARBAGE, FORGED)


@clause(
    "service.authentication",
    "accepted",
    "other-status",
    "took-effect",
    when=_made_for(*_UNAUTHENTICATED),
    looks_back=True,
)
def authentication(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """401 says that another token may help; any other refusal says that none does."""
    at = _step(trial, *_UNAUTHENTICATED)
    assert at is not None
    step = trial.steps[at]
    status, input = status_to(step), _input(step) or _kind(step)
    if status != 401:
        kind = "accepted" if _is_success(status) else "other-status"
        yield Finding(kind, "status 401", _seen(step), input)
    yield from _took_effect(trial, at)


@clause(
    "service.permission",
    "accepted",
    "took-effect",
    when=_made_for(LESSER_TOKEN, unless=(401,)),
    looks_back=True,
)
def permission(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A token that is good for something else."""
    at = _step(trial, LESSER_TOKEN)
    assert at is not None
    if _is_success(status_to(trial.steps[at])):
        yield Finding("accepted", "a refusal, for the token lacks the permission", _seen(trial.steps[at]))
    yield from _took_effect(trial, at)


@clause(
    "service.method",
    "accepted",
    "other-status",
    "took-effect",
    when=_made_for(METHOD, unless=(401, 403)),
    looks_back=True,
)
def method(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """501 is as good: the server knows no such method (RFC 9110, 15.6.2)."""
    at = _step(trial, METHOD)
    assert at is not None
    step, status = trial.steps[at], status_to(trial.steps[at])
    if not _is_refusal(status) and status != 501:
        kind = "accepted" if _is_success(status) else "other-status"
        yield Finding(kind, "a 4xx or 501", _seen(step), _input(step))
    yield from _took_effect(trial, at)


@clause("service.repeat", "recorded", when=lambda _contract, _trial: False)
def repeat(_contract: Contract, _trial: Trial) -> Iterator[Finding]:
    """Recorded, never judged."""
    yield from ()


def _refused(kind: str) -> Callable[[Contract, Trial], Iterator[Finding]]:
    def judge(_contract: Contract, trial: Trial) -> Iterator[Finding]:
        at = _step(trial, kind)
        assert at is not None
        step, status = trial.steps[at], status_to(trial.steps[at])
        if _is_success(status):
            yield Finding("accepted", "a 4xx", _seen(step), _input(step))
        elif status >= 500:
            yield Finding("server-error", "a 4xx", _seen(step), _input(step))
        elif not _is_refusal(status):
            yield Finding("other-status", "a 4xx", _seen(step), _input(step))

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
    at = _step(trial, *_EXPECTED)
    return at is not None and _is_refusal(status_to(trial.steps[at])) and status_to(trial.steps[at]) != 401


@clause(
    "service.refusal-status", "unknown-task", "permission", "precondition", "method", when=_is_other_refusal
)
def refusal_status(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Which 4xx it is; whether it is one is another clause's business."""
    at = _step(trial, *_EXPECTED)
    assert at is not None
    step = trial.steps[at]
    kind, expected = _EXPECTED[_kind(step)]
    denied = _kind(step) != LESSER_TOKEN and status_to(step) == 403
    if status_to(step) != expected and not denied:
        yield Finding(kind, f"status {expected}", _seen(step), _input(step))


def _answers(trial: Trial) -> list[WireResponse]:
    return [response for response in trial.last.responses if response.whole]


def _graph_errors(trial: Trial) -> list[WireResponse]:
    """Errors that carry a request-id: what a front door says in its own words is no Graph error."""
    return [
        each
        for each in _answers(trial)
        if each.status >= 400
        and each.values("request-id")
        and trial.last.requests[each.request].method != "HEAD"
    ]


@clause(
    "service.error-shape",
    "no-object",
    "no-code",
    "no-message",
    when=lambda _contract, trial: bool(_graph_errors(trial)),
)
def error_shape(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One shape for all errors lets one reader serve all of them."""
    for response in _graph_errors(trial):
        owed, seen = "an error object with a code and a message", f"status {response.status}"
        error, place = graph_error(response), _kind(trial.last)
        if error is None:
            yield Finding("no-object", owed, f"{seen}, {len(response.content)} bytes that are none", place)
        elif not error.code:
            yield Finding("no-code", owed, f"{seen}, no code", place)
        elif not error.message:
            yield Finding("no-message", owed, f"{seen}, no message", place)


@clause("service.secrets", "in-field", "in-content", when=lambda _contract, trial: bool(_answers(trial)))
def secrets(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Twenty characters of a token in a row are the token."""
    token, owed = trial.last.call.token, "no part of the token"
    for response in _answers(trial):
        where = f"with status {response.status}"
        for name, value in response.fields:
            if shows(token, name) or shows(token, value):
                yield Finding("in-field", owed, f"in a field {where}")
                break
        if shows(token, (response.content + response.stray).decode("latin-1")):
            yield Finding("in-content", owed, f"in the content {where}")


def _unauthorized(trial: Trial) -> list[WireResponse]:
    return [each for each in _answers(trial) if each.status == 401]


@clause("service.challenge", "missing", when=lambda _contract, trial: bool(_unauthorized(trial)))
def challenge(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Which scheme, and where to ask."""
    for response in _unauthorized(trial):
        if not response.values("www-authenticate"):
            yield Finding("missing", "WWW-Authenticate", "401 without it")


@clause(
    "service.request-id",
    "missing",
    "not-returned",
    "changed",
    when=lambda _contract, trial: bool(_answers(trial)),
)
def request_id(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What support asks for, with every answer."""
    for response in _answers(trial):
        where = f"status {response.status}"
        if not any(value.strip() for value in response.values("request-id")):
            yield Finding("missing", "a request-id", f"{where} without it")
        asked = trial.last.requests[response.request].values("client-request-id")
        returned = response.values("client-request-id")
        if asked and not returned:
            yield Finding("not-returned", "the client-request-id of the request", f"{where} without it")
        elif asked and [each.lower() for each in returned] != [each.lower() for each in asked]:
            yield Finding("changed", "the client-request-id of the request", f"{where} with another")


def _empty(_contract: Contract, trial: Trial) -> list[WireResponse]:
    return [each for each in _answers(trial) if each.status == 204]


@clause("service.media-type", "present", when=lambda contract, trial: bool(_empty(contract, trial)))
def media_type(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A type of nothing."""
    for response in _empty(contract, trial):
        if response.values("content-type"):
            yield Finding("present", "no Content-Type", "one with 204")
