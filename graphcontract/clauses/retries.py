"""What a client repeats, after what, and how soon: judged by the times of the record alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Literal

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.queries import answered, concerns, own_requests, said
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, WireRequest, WireResponse, grace

THROTTLING = (429, 503, 504)
_MOST_REQUESTS = 11
_STORM_REQUESTS = 5
_STORM_SECONDS = 1.0
_CLOCK = 0.05  # seconds by which timers of common runtimes fire early
_LOSSES = ("reset", "closed", "half-head")
_ORDINARY_WAIT = 1.0
_NEVER = "the client does not try again"


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """What a Retry-After asks for: `seconds` to wait at the least, None where none can be read."""

    form: Literal["absent", "seconds", "fraction", "date", "malformed"]
    seconds: float | None = None


def retry_after(response: WireResponse) -> RetryAfter:
    """Read an answer's Retry-After; a date counts from the answer's own Date, less a second of tolerance."""
    values = response.values("retry-after")
    if not values:
        return RetryAfter("absent")
    if len(values) > 1:
        return RetryAfter("malformed")
    (value,) = values
    if re.fullmatch(r"[0-9]+", value):
        return RetryAfter("seconds", float(value))
    if re.fullmatch(r"[0-9]+\.[0-9]+", value):
        return RetryAfter("fraction", float(value.partition(".")[0]))
    until, now = _date(value), _date(next(iter(response.values("date")), ""))
    if until is None:
        return RetryAfter("malformed")
    return RetryAfter("date", max(0.0, (until - now).total_seconds() - 1.0) if now is not None else None)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tries(contract: Contract, exchange: Exchange) -> list[tuple[WireRequest, WireResponse | None]]:
    """The call's own requests in order, each with its response."""
    responses = {each.request: each for each in exchange.responses}
    concerning = concerns(contract, exchange.call)
    numbered = enumerate(exchange.requests)
    return [(request, responses.get(number)) for number, request in numbered if concerning(request)]


def _repeats(contract: Contract, exchange: Exchange) -> Iterator[tuple[WireResponse | None, WireRequest]]:
    """Each repeated request, after the answer to the one before."""
    tries = _tries(contract, exchange)
    for (_, answer), (request, _) in pairwise(tries):
        yield answer, request


def _repeated(contract: Contract, trial: Trial) -> bool:
    return len(own_requests(contract, trial.exchange)) > 1


def _repeated_after_a_time(contract: Contract, trial: Trial) -> bool:
    answers = (answer for answer, _ in _repeats(contract, trial.exchange) if answer is not None)
    return any(retry_after(answer).seconds is not None for answer in answers)


def _first_answer(contract: Contract, trial: Trial) -> WireResponse | None:
    tries = _tries(contract, trial.exchange)
    return tries[0][1] if tries else None


def _answered_with(*statuses: int) -> When:
    def when(contract: Contract, trial: Trial) -> bool:
        answers = (answer for _, answer in _tries(contract, trial.exchange))
        return any(answer is not None and answer.status in statuses for answer in answers)

    return when


def _invited(contract: Contract, trial: Trial) -> bool:
    first = _first_answer(contract, trial)
    if first is None or first.status not in THROTTLING:
        return False
    asked = retry_after(first)
    most = min(_ORDINARY_WAIT, trial.exchange.call.timeout / 2)
    return asked.form == "seconds" and asked.seconds is not None and asked.seconds <= most


@clause("retry.throttled", "gave-up", "lost", when=_invited)
def throttled(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Throttling is every day's business in Graph: who gives up at once leaves it to the caller."""
    first = _first_answer(contract, trial)
    if first is None:
        return
    owed = f"another try after {first.status} with Retry-After: {first.values('retry-after')[0]}"
    if not _repeated(contract, trial):
        yield Finding("gave-up", owed, said(trial.exchange.outcome), str(first.status))
        return
    last, outcome = answered(contract, trial.exchange), trial.exchange.outcome
    if last is not None and last.status == contract.success.status and outcome.kind != "success":
        yield Finding("lost", f"success for the {last.status} of the second try", said(outcome))


@clause("retry.after", "too-early", when=_repeated_after_a_time, otherwise=_NEVER)
def after(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The wait is counted from when the answer began to be sent to when the next request was whole."""
    for answer, request in _repeats(contract, trial.exchange):
        if answer is None:
            continue
        asked, waited = retry_after(answer), request.at - answer.at
        if asked.seconds is not None and waited < asked.seconds - _CLOCK:
            value = answer.values("retry-after")[0]
            owed = f"at least {asked.seconds:g} s after {answer.status} with Retry-After: {value[:40]}"
            yield Finding("too-early", owed, f"{waited:.2f} s", asked.form, request)


def _malformed_after(contract: Contract, trial: Trial) -> bool:
    first = _first_answer(contract, trial)
    return first is not None and retry_after(first).form == "malformed"


@clause("retry.after-malformed", "crash", "storm", when=_malformed_after)
def after_malformed(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A Retry-After that is neither number nor date is no reason to die, nor to hammer the service."""
    first = _first_answer(contract, trial)
    shown = first.values("retry-after") if first else []
    if trial.exchange.outcome.kind == "crash":
        owed = f"an outcome after Retry-After: {', '.join(shown)}"
        yield Finding("crash", owed, said(trial.exchange.outcome), ", ".join(shown))
    times = [request.at for request in own_requests(contract, trial.exchange)]
    for index, time in enumerate(times[_STORM_REQUESTS:]):
        if time - times[index] < _STORM_SECONDS:
            seen = f"{_STORM_REQUESTS + 1} requests in {time - times[index]:.2f} s"
            yield Finding("storm", f"at most {_STORM_REQUESTS} requests in a second", seen)
            return


def _refused_throughout(contract: Contract, trial: Trial) -> bool:
    tries = _tries(contract, trial.exchange)
    return bool(tries) and all(answer is None or answer.status >= 400 for _, answer in tries)


def _tries_again(contract: Contract, exchange: Exchange) -> bool:
    """Whether a call without an end was in its retries: it has repeated, or been told how long to wait."""
    tries = _tries(contract, exchange)
    told = any(answer is not None and answer.values("retry-after") for _, answer in tries)
    return len(tries) > 1 or told


@clause("retry.bounded", "too-many", "late", "hang", when=_refused_throughout)
def bounded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call ends: ten retries are the most that Graph's SDKs admit, and the timeout is the caller's word."""
    exchange = trial.exchange
    requests = own_requests(contract, exchange)
    if len(requests) > _MOST_REQUESTS:
        yield Finding("too-many", f"at most {_MOST_REQUESTS} requests", f"{len(requests)} requests")
    timeout = exchange.call.timeout
    if exchange.outcome.kind == "hang" and exchange.bounds == "call" and _tries_again(contract, exchange):
        owed = f"an end within {timeout:g} s and {grace(timeout):g} s of grace, waits included"
        yield Finding("hang", owed, f"{len(requests)} requests, and no end")
    for request in requests:
        passed = request.at - exchange.started
        if passed > timeout + grace(timeout) + _CLOCK:
            owed = f"no request after {timeout:g} s and {grace(timeout):g} s of grace"
            yield Finding("late", owed, f"one after {passed:.2f} s", at=request)
            return


@clause("retry.equivalent", "method", "target", "content", "token", when=_repeated, otherwise=_NEVER)
def equivalent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A retry is the same request; only a claims challenge is answered with another token."""
    first = own_requests(contract, trial.exchange)[0]
    challenged = False
    for answer, request in _repeats(contract, trial.exchange):
        challenged = challenged or (answer is not None and _is_claims_challenge(answer))
        for kind, owed, seen in (
            ("method", first.method, request.method),
            ("target", first.target, request.target),
            ("content", f"{first.content_size} bytes", f"{request.content_size} bytes"),
        ):
            if owed != seen:
                yield Finding(kind, owed, seen, at=request)
        if request.values("authorization") != first.values("authorization") and not challenged:
            yield Finding("token", "the first request's credentials", "others", at=request)


def _is_claims_challenge(response: WireResponse) -> bool:
    return response.status == 401 and any("claims=" in value for value in response.values("www-authenticate"))


def _does_not_repeat(id: str, *statuses: int, allowed: int = 0) -> None:
    """Register the clause that a client does not repeat these statuses; 401 it may `allowed` times."""
    kinds = [f"repeated-{status}" for status in statuses]

    @clause(id, *kinds, when=_answered_with(*statuses))
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        tries = _tries(contract, trial.exchange)
        for index, (_, answer) in enumerate(tries):
            if answer is None or answer.status not in statuses:
                continue
            more = [request for request, _ in tries[index + 1 :]]
            most = allowed if answer.status == 401 else 0
            if len(more) > most:
                owed = f"at most {most} more after {answer.status}" if most else f"none after {answer.status}"
                yield Finding(f"repeated-{answer.status}", owed, f"{len(more)} more requests", at=more[most])
            return


_does_not_repeat("retry.refused", 400, 401, 403, allowed=1)
_does_not_repeat("retry.not-found", 404, 422)
_does_not_repeat("retry.conflict", 409)
_does_not_repeat("retry.server-error", 500, 502)


def _lost(contract: Contract, trial: Trial) -> bool:
    return trial.exchange.fault in _LOSSES and bool(own_requests(contract, trial.exchange))


@clause("retry.connection-lost", "repeated", when=_lost, needs=frozenset({"network"}))
def connection_lost(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The service may have obeyed a POST whose answer was lost."""
    requests = own_requests(contract, trial.exchange)
    if len(requests) > 1:
        owed = f"one request where the connection is lost ({trial.exchange.fault})"
        yield Finding("repeated", owed, f"{len(requests)} requests", str(trial.exchange.fault), requests[1])
