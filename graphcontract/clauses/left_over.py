"""Finds what earlier calls left behind in a later request: for the clause on successive calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from graphcontract.clauses import Finding
from graphcontract.clauses.queries import abbreviate
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireRequest, WireResponse

# So long a word of a response does not occur in a request by chance: GUIDs, entity tags, encoded claims.
# Media types and dates consist of shorter ones.
_WORD = re.compile(r"[A-Za-z0-9_-]{16,}")
# What a client keeps by design, as the specification of the field says: cookies (RFC 6265), an alternative
# service (RFC 7838), the server's nonce (RFC 9449), and how the connection is used. `Sec-` are client hints.
_STATE = ("cookie", "alt-used", "dpop", "connection", "keep-alive", "expect", "te", "upgrade", "sec-")
_PERMANENT = (301, 308)  # their Location may be used for later requests (RFC 9110, 15.4.2 and 15.4.9)
# A list of the last few calls grows until it is full: only what grows with each of more calls is a fault.
_STEADY = 8
# With a budget for retries, a client stops to retry when many calls needed them: after four, none is used up.
_MOST_RETRIED = 4
_SHORTEST_DELAY = 1.5  # seconds; a busy machine causes shorter delays
_DELAY_SHARE = 0.9  # of the wait before the earlier retry: clocks and timers differ a little
# A client whose timeout has nearly passed does not retry any more. Usually a call takes some milliseconds.
_LONGEST_CALL = 1.0
_TARGET = "the request target"


def find_left_over(trial: Trial) -> Iterator[Finding]:
    """Find what an earlier response, error or retry left behind in a later call. Fields are only compared in
    a trial with a control, which has a plain call of a new client object, and at least two calls before.
    What sent no request has no fields.
    """
    yield from _find_words_of_responses(trial)
    control, first = trial.control, _list_first_requests(trial)
    if control is not None and control.requests and len(first) > 2 and trial.exchange.requests:
        yield from _find_fields(trial)
        yield from _find_growth(trial)
    yield from _find_lost_retry(trial)
    yield from _find_delay(trial)


def _find_words_of_responses(trial: Trial) -> Iterator[Finding]:
    """Find words of an earlier call's response that no request had before that response."""
    control = trial.control.requests if trial.control is not None else ()
    sent = {word for request in control for word in _WORD.findall(_show(request))}
    received: set[str] = set()
    for step in (*trial.before, trial.exchange):
        given = (*step.call.arguments.values(), step.call.token)
        own = {word for text in given for word in _WORD.findall(text)}
        shown = [set(_WORD.findall(_show(request))) for request in step.requests]
        for request, words in zip(step.requests, shown, strict=True):
            found = sorted((words & received) - own)
            if found:
                expected = "only values of the call and of the client"
                actual = f"{abbreviate(found[0])}, from the response to an earlier call"
                yield Finding("left-over", expected, actual, at=request)
        for response in step.responses:
            before = sent.union(*shown[: response.request + 1])
            received |= set(_list_words(response)) - before
        sent = sent.union(*shown)


def _show(request: WireRequest) -> str:
    """The request's text without the fields that a client keeps by design."""
    kept = "\n".join(value for name, value in request.fields if not _is_state(name))
    return f"{request.target}\n{kept}\n{request.content.decode('latin-1')}"


def _is_state(name: str) -> bool:
    return name.lower().startswith(_STATE)


def _list_words(response: WireResponse) -> Iterator[str]:
    for name, value in response.fields:
        if name.lower() != "location" or response.status not in _PERMANENT:
            yield from _WORD.findall(value)
    yield from _WORD.findall(response.content.decode("latin-1"))


def _list_first_requests(trial: Trial) -> list[WireRequest]:
    """The first request of each earlier call, the control's included: no retry or redirect formed it."""
    steps = (trial.control, *trial.before)
    return [step.requests[0] for step in steps if step is not None and step.requests]


def _find_fields(trial: Trial) -> Iterator[Finding]:
    """Find a field that no earlier call began with, as the number of the last retry."""
    request = trial.exchange.requests[0]
    usual = {name.lower() for each in _list_first_requests(trial) for name, _ in each.fields}
    for name, value in request.fields:
        if name.lower() not in usual and not _is_state(name):
            actual = f"the field {abbreviate(f'{name}: {value}')}, which it did not have before"
            yield Finding("left-over", "a request as from a new client object", actual, at=request)
            return


def _find_growth(trial: Trial) -> Iterator[Finding]:
    """Find what was longer with every call, and a value that something was appended to. Numbers that count
    calls are neither.
    """
    request, earlier = trial.exchange.requests[0], _list_first_requests(trial)
    parts = _list_parts(request)
    for part, text in parts.items():
        before = [_list_parts(each).get(part) for each in earlier]
        old = before[0]
        sizes = [len(each or "") for each in (*before[1:], text)][-_STEADY - 1 :]
        steady = len(sizes) > _STEADY and all(a < b for a, b in pairwise(sizes))
        appended = len(set(before)) == 1 and old and len(old) < len(text) and old in text
        if steady or appended:
            expected = f"{part} as from a new client object: {abbreviate(old or 'none')}"
            yield Finding("growing", expected, abbreviate(text), at=request)
            return


def _list_parts(request: WireRequest) -> dict[str, str]:
    """The target, and each field with all of its lines."""
    parts = {_TARGET: request.target}
    for name, value in request.fields:
        if not _is_state(name):
            key = f"{name.lower()} field"
            parts[key] = f"{parts[key]}, {value}" if key in parts else value
    return parts


def _was_retried(step: Exchange) -> bool:
    """Whether the call succeeded after a retry."""
    return (
        len(step.requests) > 1 and step.outcome.kind == "success" and step.responses[0].status in (429, 503)
    )


def _find_lost_retry(trial: Trial) -> Iterator[Finding]:
    """Find a call that was not retried, although all earlier ones with the same response were."""
    step = trial.exchange
    if not step.responses or len(step.requests) > 1 or step.outcome.kind == "success":
        return
    if step.ended - step.started > _LONGEST_CALL:
        return
    status = step.responses[0].status
    alike = [each for each in trial.before if each.responses and each.responses[0].status == status]
    if alike and len(alike) <= _MOST_RETRIED and all(map(_was_retried, alike)):
        expected, actual = f"a retry after {status}, as in the calls before", "no retry"
        yield Finding("no-retry", expected, actual, at=step.requests[0])


def _find_delay(trial: Trial) -> Iterator[Finding]:
    """Find a call that waited as an earlier, successful one had to wait for its retry."""
    step = trial.exchange
    waited = max((_wait_before_retry(each) for each in trial.before), default=0.0)
    if not step.requests or waited < _SHORTEST_DELAY:
        return
    delay = step.requests[0].at - step.started
    usual = _usual_delay(trial.exchanges[:-1])
    if delay > max(_DELAY_SHARE * waited, usual + waited / 2):
        actual = f"a request after {delay:.1f} s"
        yield Finding("delayed", "a request at once", actual, at=step.requests[0])


def _wait_before_retry(step: Exchange) -> float:
    """Seconds between the first response and the retry of a call that succeeded after it; 0 without one."""
    return step.requests[1].at - step.responses[0].at if _was_retried(step) else 0.0


def _usual_delay(steps: Sequence[Exchange]) -> float:
    return min((step.requests[0].at - step.started for step in steps if step.requests), default=0.0)
