"""Clauses on calls that affect each other, and on tokens in what a client reports or prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.graph_errors import parse_graph_error
from graphcontract.clauses.left_over import find_left_over
from graphcontract.clauses.queries import (
    B64TOKEN,
    admits_other_credentials,
    answers_operation,
    describe_outcome,
    is_guid,
    is_same_authority,
    last_response,
    own_requests,
    path_values,
    read_target,
)
from graphcontract.clauses.secrets import DISTINCTIVE_LENGTH, contains_any_token
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.http.request_target import Template
from graphcontract.wire import WireRequest


def _list_texts(step: Exchange) -> Iterator[tuple[str, str, str]]:
    """Every text that a client reports or writes: the kind of finding, its location, and the text."""
    for name, text in step.files.items():
        yield "file", f"the file {name} in the client's working folder", text
    for location, text in _list_reported(step.outcome):
        yield "output" if "output" in location else "outcome", location, text


def _list_reported(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Every text of an outcome, with its location."""
    yield "the reason", outcome.reason or ""
    yield "the client's own output", outcome.output
    yield "the requestId", outcome.request_id or ""
    if outcome.error:
        for name in ("kind", "type", "code", "message"):
            yield f"the error's {name}", getattr(outcome.error, name) or ""
        yield "the error's requestId", outcome.error.request_id or ""
        for texts in (outcome.error.inner_codes, outcome.error.details):
            yield from (("the error's codes", text) for text in texts or ())
        for name, value in (outcome.error.fields or {}).items():
            yield "the error's header fields", f"{name}: {value}"


def _has_token(_contract: Contract, trial: Trial) -> bool:
    return any(len(step.call.token) >= DISTINCTIVE_LENGTH for step in trial.exchanges)


@clause(
    "secrets.token",
    "outcome",
    "output",
    "file",
    when=_has_token,
    uses_earlier_steps=True,
    reads_malformed=True,
)
def token(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """No outcome, output or file may contain 20 consecutive characters of the token, in any encoding:
    messages end up in logs (RFC 6750, 5.3). Files are read where a process has a working folder of its own.
    Shorter tokens and parts are left out, which could be part of other text.
    """
    tokens = frozenset(step.call.token for step in trial.exchanges)
    for step in trial.exchanges:
        for kind, location, text in _list_texts(step):
            if contains_any_token(tokens, text):
                expected, actual = "the token only in the request", f"the token in {location}"
                yield Finding(kind, expected, actual, exchange=step)


def _has_earlier_calls(_contract: Contract, trial: Trial) -> bool:
    return bool(trial.before)


Values = tuple[frozenset[str], set[str]]
"""The values of a call (its ids, its token, its response's request id), and those that the call shows."""


def _find_mixed_calls(
    contract: Contract, steps: tuple[Exchange, ...], *, judged: tuple[Exchange, ...]
) -> Iterator[Finding]:
    """Find values of one call in the requests or the outcome of another; outcomes of the `judged` calls only.
    They are left out if a connection was broken on purpose, as the client may then not know of its own
    response.
    """
    ids = [
        (frozenset(step.call.arguments.values()), _sent_ids(contract, step, *step.requests)) for step in steps
    ]
    tokens = [(frozenset({step.call.token}), set(_sent_tokens(step))) for step in steps]
    request_ids = [(frozenset({_request_id(contract, step)}), {_reported_id(step.outcome)}) for step in steps]
    broken = any(step.fault for step in steps)
    for index, step in enumerate(steps):
        yield from _find_foreign_values(
            contract, step, _values_of_others(ids, index), _values_of_others(tokens, index)
        )
        if not broken and any(step is each for each in judged):
            yield from _find_wrong_outcome(contract, step, steps)
            for id in request_ids[index][1] & _values_of_others(request_ids, index):
                expected = "the request id of the call's own response"
                actual = f"{id}, the request id of another response"
                yield Finding("outcome", expected, actual, exchange=step)


def _values_of_others(values: Sequence[Values], index: int) -> set[str]:
    """The values of the other calls, and the distinctive ones that they show: a client may keep a value
    from before all of these calls.
    """
    own = values[index][0]
    others = [(value, shown) for value, shown in values if value != own]
    distinctive = {each for _, shown in others for each in shown if len(each) >= DISTINCTIVE_LENGTH}
    return ({each for values, _ in others for each in values if each} | distinctive) - own


def _find_foreign_values(
    contract: Contract, step: Exchange, ids: set[str], tokens: set[str]
) -> Iterator[Finding]:
    for request in step.requests:
        raw = request.text.decode("latin-1")
        if _sent_ids(contract, step, request) & ids or any(id in raw for id in ids if is_guid(id)):
            expected = " and ".join(step.call.arguments.values())
            yield Finding("id", f"the id {expected}", "the id of another call", at=request)
        if not tokens.isdisjoint(B64TOKEN.findall(raw)):
            yield Finding("token", "the call's own token", "the token of another call", at=request)
        for host in request.values("host"):
            if not is_same_authority(host, step.root):
                yield Finding("root", f"Host: {urlsplit(step.root).netloc}", host, at=request)


def _sent_ids(contract: Contract, step: Exchange, *requests: WireRequest) -> set[str]:
    values, template = path_values(contract, step.call), Template.of(contract)
    targets = [read_target(contract, request) for request in requests]
    found = [target.find_value(template, *each) for target in targets for each in values]
    return {each.decoded.decode("utf-8", "replace") if each is not None else "" for each in found}


def _sent_tokens(step: Exchange) -> Iterator[str]:
    """The tokens of a call's requests, without those that a refusal admits instead of the call's own: a
    client may have the same ones for all calls (RFC 9110, 15.5.4).
    """
    refusals = [each.request for each in step.responses if admits_other_credentials(each)]
    for request in step.requests[: min(refusals, default=len(step.requests)) + 1]:
        for value in request.values("authorization"):
            yield value.partition(" ")[2].strip()


def _request_id(contract: Contract, step: Exchange) -> str:
    last = last_response(contract, step)
    error = parse_graph_error(last) if last is not None else None
    return (error.request_id if error is not None else None) or ""


def _reported_id(outcome: Outcome) -> str:
    return (outcome.error.request_id if outcome.error else outcome.request_id) or ""


def _find_wrong_outcome(contract: Contract, step: Exchange, steps: Sequence[Exchange]) -> Iterator[Finding]:
    """Find a call without a request, or one whose outcome is wrong although the client reported another
    call with the same status correctly. A client that reports a status wrongly in every call mixes nothing
    up. A response to another method than the operation's decides nothing, and other clauses are about
    a client that takes GUIDs alone.
    """
    last = last_response(contract, step)
    if last is None:
        unusual = not all(map(is_guid, step.call.arguments.values()))
        refused = unusual and step.outcome.kind in ("rejected", "failure")
        if not refused and not own_requests(contract, step):
            actual = f"no request; outcome {describe_outcome(step.outcome)}"
            yield Finding("lost", "a request for the call", actual, exchange=step)
        return
    if not answers_operation(contract, step, last):
        return
    expected = ("success", None) if last.status in contract.success.statuses else ("failure", last.status)
    alike = [each for each in steps if _has_status(contract, each, last.status)]
    if _summarize(step.outcome) != expected and any(_summarize(each.outcome) == expected for each in alike):
        text = f"{expected[0]} for status {last.status}, as in another call"
        yield Finding("outcome", text, describe_outcome(step.outcome), exchange=step)


def _has_status(contract: Contract, step: Exchange, status: int) -> bool:
    last = last_response(contract, step)
    return last is not None and last.status == status


def _summarize(outcome: Outcome) -> tuple[str, int | None]:
    return outcome.kind, outcome.error.status if outcome.error else None


_KINDS = ("id", "token", "root", "outcome", "lost")


@clause(
    "calls.independent",
    *_KINDS,
    *("left-over", "growing", "no-retry", "delayed"),
    when=_has_earlier_calls,
    uses_earlier_steps=True,
)
def independent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Successive calls must not share ids, tokens, roots or responses, after failures either, and nothing
    that a response, an error or a retry left behind may be in a later call (RFC 9110, 3.3). Calls that were
    made with the same value are not compared. Cookies, permanent redirects and counters of calls may be
    kept.
    """
    # With a control, the calls before got unusual responses, which other clauses are about.
    judged = trial.exchanges if trial.control is None else (trial.exchange,)
    yield from _find_mixed_calls(contract, trial.exchanges, judged=judged)
    yield from find_left_over(trial)


# Of the time that a call waited for its retry: another call has to send its request in the first part, and is
# blocked if it ends in the last one. What is between is for a busy machine.
_BEGINNING, _END = 0.25, 0.75
_LEAST_WAIT = 1.0  # seconds; shorter waits do not tell a blocked call from a slow machine


def _find_blocked_calls(steps: Sequence[Exchange]) -> Iterator[Finding]:
    """Find calls that did not end while another one waited before its retry. A call that sends its request
    late is left out: after 503, a client may hold back all its requests. If one of the others ends meanwhile,
    none is blocked: a busy machine delays single calls.
    """
    for waiting in steps:
        if len(waiting.requests) < 2 or not waiting.responses:
            continue
        since, wait = waiting.responses[0].at, waiting.requests[1].at - waiting.responses[0].at
        if wait < _LEAST_WAIT:
            continue
        beside = [
            step
            for step in steps
            if step is not waiting
            and len(step.requests) == len(step.responses) == 1
            and step.requests[0].at <= since + _BEGINNING * wait
            and step.ended >= since
        ]
        if all(step.ended > since + _END * wait for step in beside):
            for step in beside:
                expected = f"an outcome while another call waited {wait:.1f} s before its retry"
                actual = f"an outcome after {step.ended - step.started:.1f} s"
                yield Finding("blocked", expected, actual, exchange=step)


@clause(
    "calls.concurrent",
    *_KINDS,
    "blocked",
    when=_has_earlier_calls,
    needs=frozenset({"concurrency"}),
    uses_earlier_steps=True,
)
def concurrent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Concurrent calls, as from threads or tasks, should not share ids, tokens, roots or responses (RFC
    9110, 3.3), and none should wait while another one waits for its retry. A client whose driver declares
    that it makes one call at a time is not judged.
    """
    yield from _find_mixed_calls(contract, trial.exchanges, judged=trial.exchanges)
    yield from _find_blocked_calls(trial.exchanges)


# As long as a call may overrun its timeout at least. A client notices a cancellation within milliseconds; the
# rest is for closing connections and for a busy machine.
_CANCEL_GRACE = 1.0
# A request that is sent while the cancellation is on its way to the client is not a fault.
_CANCEL_DELIVERY = 0.2


def _follows_cancelled_call(_contract: Contract, trial: Trial) -> bool:
    return bool(trial.before) and trial.before[-1].cancelled is not None


@clause(
    "calls.cancelled",
    "late",
    "crash",
    "success",
    "sent-after",
    "unusable",
    when=_follows_cancelled_call,
    needs=frozenset({"cancel"}),
    uses_earlier_steps=True,
)
def cancelled(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A cancelled call should end at once, without further requests, and the next call should work (Kiota's
    design; the house rule is one second). A request that is the call's first, or that was sent within 0.2 s,
    crossed the cancellation. How the client reports it is free, except a success or a crash.
    """
    step, following = trial.before[-1], trial.exchange
    since = step.cancelled or 0.0
    during = "wait" if any(each.whole for each in step.responses[:1]) else "response"
    late = step.outcome.kind == "hang" or step.ended - since > _CANCEL_GRACE
    if late:
        actual = (
            "no outcome" if step.outcome.kind == "hang" else f"an outcome after {step.ended - since:.1f} s"
        )
        yield Finding("late", f"an outcome within {_CANCEL_GRACE:g} s of the cancellation", actual, during)
    succeeded = any(each.whole and each.status in contract.success.statuses for each in step.responses)
    if step.outcome.kind == "crash" or (step.outcome.kind == "success" and not succeeded):
        expected = "failure for a call that was cancelled"
        yield Finding(step.outcome.kind, expected, describe_outcome(step.outcome), during)
    for request in step.requests[1:]:
        if request.at > since + _CANCEL_DELIVERY:
            actual = f"a request {request.at - since:.1f} s after it"
            yield Finding("sent-after", "no request after the cancellation", actual, during, request)
    usual = trial.control is None or trial.control.outcome.kind == "success"
    if usual and not late and following.outcome.kind != "success":
        actual = describe_outcome(following.outcome)
        yield Finding("unusable", "success in the call after the cancelled one", actual, during)
