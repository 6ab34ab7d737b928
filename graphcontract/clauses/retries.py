"""Clauses on retries: which requests a client repeats, after which responses, and how soon, by the recorded
times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise, takewhile
from typing import Literal

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.queries import (
    admits_other_credentials,
    describe_outcome,
    has_readable_head,
    last_response,
    list_attempts,
    operation_requests,
    own_requests,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, grace
from graphcontract.wire import SILENT_FAULTS, WireRequest, WireResponse

THROTTLING = (429, 503, 504)
MAX_REQUESTS = 11
"""The most requests of one call: the first and ten retries, the most that Microsoft's SDKs allow. The clauses
on HTTP/2 count repeated requests by it as well.
"""
_MAX_REQUESTS_PER_WINDOW = 5  # one more within the window, where no time to wait is known, is a storm
_WINDOW = 1.0  # seconds
_TIMER_TOLERANCE = 0.05  # seconds by which timers of common runtimes fire early
_LOST = ("reset", "closed", "half-head", "reset-stream")
_BROKEN = ("half-content", "half-content-reset", "garbage")
_SHORT_WAIT = 1.0  # seconds; a client may decide not to wait longer than this
_NEVER_RETRIES = "the client never retries"


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """A parsed Retry-After: `seconds` is the least time to wait, None if it cannot be read."""

    form: Literal["absent", "seconds", "fraction", "date", "malformed"]
    seconds: float | None = None


def parse_retry_after(response: WireResponse) -> RetryAfter:
    """Parse a response's Retry-After (RFC 9110, 10.2.3).

    A date counts from the response's own Date, so that clocks need not agree, less a second: dates have no
    fractions. A fraction, which the RFC does not define, is rounded down to whole seconds.
    """
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
    until, now = _parse_date(value), _parse_date(next(iter(response.values("date")), ""))
    if until is None:
        return RetryAfter("malformed")
    return RetryAfter("date", max(0.0, (until - now).total_seconds() - 1.0) if now is not None else None)


def _parse_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list_retries(
    contract: Contract, exchange: Exchange
) -> Iterator[tuple[WireResponse | None, WireRequest]]:
    """Each repeated request, with the response to the request before it."""
    for (_, response), (request, _) in pairwise(list_attempts(contract, exchange)):
        yield response, request


def list_early_retries(
    contract: Contract, exchange: Exchange
) -> Iterator[tuple[WireResponse, WireRequest, RetryAfter]]:
    """Each request that was repeated before its response's Retry-After, with both."""
    for response, request in _list_retries(contract, exchange):
        if response is not None:
            wait = parse_retry_after(response)
            waited = request.at - begin_of(response)
            if wait.seconds is not None and waited < wait.seconds - _TIMER_TOLERANCE:
                yield response, request, wait


def begin_of(response: WireResponse) -> float:
    """When a response began to be sent: one that is paused at its start is recorded before the pause."""
    return response.at + (response.pause if response.split == "at-start" else 0.0)


def _has_retried(contract: Contract, trial: Trial) -> bool:
    return len(own_requests(contract, trial.exchange)) > 1


def _has_retried_after_wait(contract: Contract, trial: Trial) -> bool:
    retries = _list_retries(contract, trial.exchange)
    responses = (response for response, _ in retries if response is not None)
    return any(parse_retry_after(response).seconds is not None for response in responses)


def _first_response(contract: Contract, trial: Trial) -> WireResponse | None:
    attempts = list_attempts(contract, trial.exchange)
    return attempts[0][1] if attempts else None


def _has_response(*statuses: int) -> When:
    def when(contract: Contract, trial: Trial) -> bool:
        responses = (response for _, response in list_attempts(contract, trial.exchange))
        return any(response is not None and response.status in statuses for response in responses)

    return when


def _is_throttled_briefly(contract: Contract, trial: Trial) -> bool:
    first = _first_response(contract, trial)
    if first is None or first.status not in THROTTLING:
        return False
    wait = parse_retry_after(first)
    most = min(_SHORT_WAIT, trial.exchange.call.timeout / 2)
    return wait.form == "seconds" and wait.seconds is not None and wait.seconds <= most


@clause("retry.throttled", "gave-up", "lost", when=_is_throttled_briefly)
def throttled(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A throttled request should be retried, and a retry that succeeds reported as success (Graph's
    throttling guidance; the SDK design's RetryHandler). Waits over one second or half the timeout are left
    out: a client may leave those to its caller.
    """
    first = _first_response(contract, trial)
    if first is None:
        return
    if not _has_retried(contract, trial):
        expected = f"a retry after status {first.status} with Retry-After: {first.values('retry-after')[0]}"
        yield Finding("gave-up", expected, describe_outcome(trial.exchange.outcome), str(first.status))
        return
    last, outcome = last_response(contract, trial.exchange), trial.exchange.outcome
    if last is not None and last.status in contract.success.statuses and outcome.kind != "success":
        yield Finding("lost", f"success for status {last.status} of the retry", describe_outcome(outcome))


@clause("retry.after", "too-early", when=_has_retried_after_wait, otherwise=_NEVER_RETRIES)
def after(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A retry must wait as long as Retry-After says (Graph's throttling guidance; RFC 9110, 10.2.3). The
    time counts from when the response began to be sent to when the next request was complete, the longest
    that the client can have waited.
    """
    for response, request, wait in list_early_retries(contract, trial.exchange):
        value = response.values("retry-after")[0]
        cause = f"status {response.status} with Retry-After: {value[:40]}"
        expected = f"at least {wait.seconds:g} s after {cause}"
        actual = f"{request.at - begin_of(response):.2f} s"
        yield Finding("too-early", expected, actual, wait.form, request)


def _has_malformed_retry_after(contract: Contract, trial: Trial) -> bool:
    first = _first_response(contract, trial)
    return first is not None and parse_retry_after(first).form == "malformed"


@clause("retry.after-malformed", "crash", "storm", when=_has_malformed_retry_after)
def after_malformed(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A malformed Retry-After must not crash the client, nor make it retry without a pause (RFC 9110,
    10.2.3 and 5.6.7). Any wait of its own, and no retry at all, are accepted.
    """
    first = _first_response(contract, trial)
    values = first.values("retry-after") if first else []
    outcome = trial.exchange.outcome
    if outcome.kind == "crash":
        expected = f"success or failure after Retry-After: {', '.join(values)}"
        yield Finding("crash", expected, describe_outcome(outcome), ", ".join(values))
    yield from _find_storm(own_requests(contract, trial.exchange))


def _find_storm(requests: Sequence[WireRequest]) -> Iterator[Finding]:
    """Find the first request that is one too many within the window."""
    for before, request in zip(requests, requests[_MAX_REQUESTS_PER_WINDOW:], strict=False):
        passed = request.at - before.at
        if passed < _WINDOW:
            actual = f"{_MAX_REQUESTS_PER_WINDOW + 1} requests in {passed:.2f} s"
            expected = f"at most {_MAX_REQUESTS_PER_WINDOW} requests in a second"
            yield Finding("storm", expected, actual, at=request)
            return


def _asks_for_own_wait(response: WireResponse | None) -> bool:
    if response is None or response.status not in THROTTLING:
        return False
    return parse_retry_after(response).form == "absent"


def _has_retried_after_own_wait(contract: Contract, trial: Trial) -> bool:
    return any(_asks_for_own_wait(response) for response, _ in _list_retries(contract, trial.exchange))


@clause("retry.backoff", "storm", when=_has_retried_after_own_wait, otherwise=_NEVER_RETRIES)
def backoff(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Retries after responses without Retry-After should have pauses that grow (Graph's throttling
    guidance). Any backoff is accepted that does not send more than five requests within a second, as one
    with random pauses may begin with short ones.
    """
    attempts = list_attempts(contract, trial.exchange)
    in_a_row = takewhile(lambda attempt: _asks_for_own_wait(attempt[1]), attempts)
    yield from _find_storm([request for request, _ in in_a_row])


def _has_errors_only(contract: Contract, trial: Trial) -> bool:
    attempts = list_attempts(contract, trial.exchange)
    return bool(attempts) and all(response is None or response.status >= 400 for _, response in attempts)


def _may_be_retrying(contract: Contract, exchange: Exchange) -> bool:
    """Whether a call that did not end was in its retries: it has retried, or got a Retry-After."""
    attempts = list_attempts(contract, exchange)
    waits = any(response is not None and response.values("retry-after") for _, response in attempts)
    return len(attempts) > 1 or waits


@clause("retry.bounded", "too-many", "late", "hang", when=_has_errors_only)
def bounded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call must end after at most 11 requests, within its timeout and grace period, and send nothing
    afterwards (the SDK design's RetryHandler). If the timeout bounds one attempt only, a call that does not
    end is accepted.
    """
    exchange = trial.exchange
    requests = own_requests(contract, exchange)
    if len(requests) > MAX_REQUESTS:
        yield Finding("too-many", f"at most {MAX_REQUESTS} requests", f"{len(requests)} requests")
    timeout = exchange.call.timeout
    limit = f"{timeout:g} s and {grace(timeout):g} s of grace"
    if exchange.outcome.kind == "hang" and exchange.bounds == "call" and _may_be_retrying(contract, exchange):
        actual = f"{len(requests)} requests, and the call did not end"
        yield Finding("hang", f"an end of the call within {limit}, waits included", actual)
    for request in requests:
        passed = request.at - exchange.started
        if passed > timeout + grace(timeout) + _TIMER_TOLERANCE:
            yield Finding("late", f"no request after {limit}", f"a request after {passed:.2f} s", at=request)
            return


@clause(
    "retry.equivalent",
    "method",
    "target",
    "content",
    "token",
    when=_has_retried,
    otherwise=_NEVER_RETRIES,
    reads_malformed=True,
)
def equivalent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A retry must send the same request as the first attempt (the SDK design's RetryHandler). Another
    token is accepted after a claims challenge, which requires one, and after 403 (RFC 9110, 15.5.4). Of a
    request that is not valid HTTP/1.1, only the head is compared.
    """
    first = own_requests(contract, trial.exchange)[0]
    challenged = False
    for response, request in _list_retries(contract, trial.exchange):
        challenged = challenged or (response is not None and admits_other_credentials(response))
        if not (has_readable_head(first) and has_readable_head(request)):
            continue
        read = request.malformed is None and first.malformed is None
        content = [f"{each.content_size} bytes" if read else "" for each in (first, request)]
        for kind, expected, actual in (
            ("method", first.method, request.method),
            ("target", first.target, request.target),
            ("content", *content),
        ):
            if expected != actual:
                yield Finding(kind, expected, actual, at=request)
        if request.values("authorization") != first.values("authorization") and not challenged:
            yield Finding("token", "the first request's credentials", "other credentials", at=request)


def _find_same_credentials(refused: WireRequest, retries: list[WireRequest]) -> list[WireRequest]:
    """The retries that have the credentials of a refused request, or none. Letter case of the scheme and the
    number of spaces make no difference.
    """
    before = _read_credentials(refused)
    return [each for each in retries if _read_credentials(each) in (before, [])]


def _read_credentials(request: WireRequest) -> list[tuple[str, str]]:
    parts = [value.strip(" \t").partition(" ") for value in request.values("authorization")]
    return [(scheme.lower(), rest.lstrip(" ")) for scheme, _, rest in parts]


def _list_operation_attempts(
    contract: Contract, exchange: Exchange
) -> list[tuple[WireRequest, WireResponse | None]]:
    """The requests for the operation's path, each with its response: a client may send others beside them."""
    operation = operation_requests(contract, exchange)
    return [each for each in list_attempts(contract, exchange) if each[0] in operation]


def _list_operation_requests(
    contract: Contract, exchange: Exchange
) -> list[tuple[WireRequest, WireResponse | None]]:
    """The requests of the operation itself, each with its response."""
    attempts = _list_operation_attempts(contract, exchange)
    return [each for each in attempts if each[0].method == contract.request.method]


def _register_no_retry(id: str, *statuses: int, allowed: int = 0) -> None:
    """Register the clause that a client does not retry after these statuses (Graph's error responses; RFC
    9110, 9.2.2 and 15.5). After 401, `allowed` retries are accepted, as a client may have refreshed its
    token; after 403, retries with other credentials (15.5.4). Requests for another path, such as a read of
    the task's state, are no retries.
    """
    kinds = [f"repeated-{status}" for status in statuses]

    @clause(id, *kinds, when=_has_response(*statuses))
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        attempts = _list_operation_attempts(contract, trial.exchange)
        for index, (refused, response) in enumerate(attempts):
            if response is None or response.status not in statuses:
                continue
            retries = [request for request, _ in attempts[index + 1 :]]
            if response.status == 403:
                retries = _find_same_credentials(refused, retries)
            most = allowed if response.status == 401 else 0
            if len(retries) > most:
                limit = f"at most {most} retry" if most else "no retry"
                expected = f"{limit} after status {response.status}"
                kind, actual = f"repeated-{response.status}", f"{len(retries)} more requests"
                yield Finding(kind, expected, actual, at=retries[most])
                return
            if response.status != 403:
                return


_register_no_retry("retry.refused", 400, 401, 403, allowed=1)
_register_no_retry("retry.not-found", 404, 422)
_register_no_retry("retry.conflict", 409)
_register_no_retry("retry.server-error", 500, 502)


def _has_lost_connection(contract: Contract, trial: Trial) -> bool:
    return trial.exchange.fault in _LOST and bool(own_requests(contract, trial.exchange))


@clause(
    "retry.connection-lost",
    "repeated",
    "stream-reset",
    when=_has_lost_connection,
    needs=frozenset({"network"}),
)
def connection_lost(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request that was sent and got no response should not be repeated automatically: the service may
    have carried it out (RFC 9110, 9.2.2; RFC 9112, 9.3.1). Over HTTP/2, REFUSED_STREAM and GOAWAY can say
    that it has not, and no other reset (RFC 9113, 8.7). A connection that failed before the request was
    complete is left out. Other requests, such as a read of the task's state, are accepted.
    """
    fault, attempts = trial.exchange.fault, _list_operation_requests(contract, trial.exchange)
    if len(attempts) > 1:
        kind, what = "repeated", f"the connection is lost ({fault})"
        if fault == "reset-stream":
            kind, what = "stream-reset", "RST_STREAM has another code than REFUSED_STREAM"
        actual = f"{len(attempts)} requests"
        yield Finding(kind, f"one request if {what}", actual, str(fault), attempts[1][0])


def _has_no_usable_response(contract: Contract, trial: Trial) -> bool:
    fault = trial.exchange.fault in (*SILENT_FAULTS, *_BROKEN)
    return fault and bool(own_requests(contract, trial.exchange))


@clause(
    "retry.no-response",
    "silence",
    "broken-response",
    when=_has_no_usable_response,
    needs=frozenset({"network"}),
)
def no_response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request that got no response in time, half of one or garbage should not be repeated automatically, on
    the same connection or another, afterwards or in parallel: the service may have carried it out (RFC 9110,
    9.2.2). Other requests, such as a read of the task's state, are accepted.
    """
    fault = str(trial.exchange.fault)
    attempts = _list_operation_requests(contract, trial.exchange)
    for number, (_, response) in enumerate(attempts[:-1]):
        if response is None or not response.whole:
            kind = "silence" if fault in SILENT_FAULTS else "broken-response"
            expected = f"one request if there is no complete response ({fault})"
            yield Finding(kind, expected, f"{len(attempts)} requests", fault, attempts[number + 1][0])
            return
