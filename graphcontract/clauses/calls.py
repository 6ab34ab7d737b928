"""What one call leaves behind in the next, or lets others see: tokens in words, ids and roots mixed up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    B64TOKEN,
    TELLING,
    answered,
    graph_error,
    is_guid,
    own_requests,
    said,
    target_of,
)
from graphcontract.clauses.secrets import shows
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Outcome, Trial, WireRequest
from graphcontract.http.request_target import Template, decode


def _told(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Every text that an outcome shows, and where."""
    yield "the reason", outcome.reason or ""
    yield "the client's own output", outcome.output
    yield "the request id", outcome.request_id or ""
    if outcome.error:
        for name in ("kind", "type", "code", "message", "request_id"):
            yield f"the error's {name}", getattr(outcome.error, name) or ""


def _has_token(_contract: Contract, trial: Trial) -> bool:
    return any(len(step.call.token) >= TELLING for step in trial.exchanges)


@clause("secrets.token", "outcome", "output", when=_has_token, uses_earlier_steps=True)
def token(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What is printed or raised ends in logs, and logs are read by many."""
    tokens = frozenset(step.call.token for step in trial.exchanges)
    for step in trial.exchanges:
        for where, text in _told(step.outcome):
            if shows(tokens, text):
                kind = "output" if "output" in where else "outcome"
                yield Finding(kind, "the token nowhere but on the wire", f"it stands in {where}")


def _sequence(_contract: Contract, trial: Trial) -> bool:
    return bool(trial.before)


Shown = tuple[str, set[str]]
"""What a call was given or answered, and what its requests or its outcome show of that kind."""


def _mixed(contract: Contract, steps: tuple[Exchange, ...]) -> Iterator[Finding]:
    """What of each step's calls shows in another's requests, or in its outcome where no connection broke."""
    ids = [(step.call.task_id, {_sent_id(contract, step, it) for it in step.requests}) for step in steps]
    tokens = [(step.call.token, set(_credentials(step))) for step in steps]
    told = [(_request_id(contract, step), {_told_id(step.outcome)}) for step in steps]
    broken = any(step.fault for step in steps)
    for index, step in enumerate(steps):
        yield from _foreign(contract, step, _others(ids, index), _others(tokens, index))
        if not broken:
            yield from _misreported(contract, step, steps)
            for id in told[index][1] & _others(told, index):
                yield Finding("outcome", "the request id of its own answer", f"{id}, which is another's")


def _others(shown: Sequence[Shown], index: int) -> set[str]:
    """What other calls were given, and what they show: what is kept may be older than all of them."""
    own = shown[index][0]
    others = [(given, values) for given, values in shown if given != own]
    long = {value for _, values in others for value in values if len(value) >= TELLING}
    return ({given for given, _ in others if given} | long) - {own}


def _foreign(contract: Contract, step: Exchange, ids: set[str], tokens: set[str]) -> Iterator[Finding]:
    authority = urlsplit(step.root).netloc
    for request in step.requests:
        raw = request.raw.decode("latin-1")
        if _sent_id(contract, step, request) in ids or any(id in raw for id in ids if is_guid(id)):
            yield Finding("id", f"the id {step.call.task_id}", "the id of another call", at=request)
        if not tokens.isdisjoint(B64TOKEN.findall(raw)):
            yield Finding("token", "the call's own token", "the token of another call", at=request)
        for host in request.values("host"):
            if host != authority:
                yield Finding("root", f"Host: {authority}", host, at=request)


def _sent_id(contract: Contract, step: Exchange, request: WireRequest) -> str:
    target = target_of(contract, request)
    place = target.place_of(Template.of(contract), step.call.task_id)
    return decode(target.segments[place]).decode("utf-8", "replace") if place is not None else ""


def _credentials(step: Exchange) -> Iterator[str]:
    for request in step.requests:
        for value in request.values("authorization"):
            yield value.partition(" ")[2].strip()


def _request_id(contract: Contract, step: Exchange) -> str:
    last = answered(contract, step)
    error = graph_error(last) if last is not None else None
    return (error.request_id if error is not None else None) or ""


def _told_id(outcome: Outcome) -> str:
    return (outcome.error.request_id if outcome.error else outcome.request_id) or ""


def _misreported(contract: Contract, step: Exchange, steps: Sequence[Exchange]) -> Iterator[Finding]:
    """A step without its request, or one whose outcome differs from that of the others so answered."""
    last = answered(contract, step)
    if last is None:
        requests = own_requests(contract, step)
        if not requests:
            yield Finding("lost", "a request of its own", f"none, and {said(step.outcome)}")
        return
    owed = ("success", None) if last.status == contract.success.status else ("failure", last.status)
    alike = (each for each in steps if (found := answered(contract, each)) and found.status == last.status)
    if _taken_for(step.outcome) != owed and any(_taken_for(each.outcome) == owed for each in alike):
        yield Finding("outcome", f"{owed[0]} for {last.status}, as elsewhere", said(step.outcome))


def _taken_for(outcome: Outcome) -> tuple[str, int | None]:
    return outcome.kind, outcome.error.status if outcome.error else None


_KINDS = ("id", "token", "root", "outcome", "lost")


@clause("calls.independent", *_KINDS, when=_sequence, uses_earlier_steps=True)
def independent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """One after another, with other ids, tokens and roots, after failures too."""
    yield from _mixed(contract, trial.exchanges)


@clause(
    "calls.concurrent",
    *_KINDS,
    when=_sequence,
    needs=frozenset({"concurrency"}),
    uses_earlier_steps=True,
)
def concurrent(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """At the same time, as a program with threads or tasks makes them."""
    yield from _mixed(contract, trial.exchanges)
