"""What a client makes of an answer that is no error: the promised one, another 2xx, a 3xx, stray bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import answered, graph_error, own_requests, said, unexposed
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, WireResponse

_UNKEPT = ("crash", "hang")


def _status(contract: Contract, exchange: Exchange) -> int | None:
    last = answered(contract, exchange)
    return None if last is None else last.status


def _by_status(admits: Callable[[Contract, int], bool]) -> Callable[[Contract, Trial], bool]:
    def when(contract: Contract, trial: Trial) -> bool:
        status = _status(contract, trial.exchange)
        return status is not None and admits(contract, status)

    return when


def _owed(contract: Contract, last: WireResponse) -> str:
    return "success" if last.status == contract.success.status else "failure"


def _true(contract: Contract, exchange: Exchange) -> bool:
    """Whether the call was answered and taken for what it was, with its status where one is told."""
    last, outcome = answered(contract, exchange), exchange.outcome
    if last is None or outcome.kind != _owed(contract, last):
        return False
    return outcome.reported_status in (None, last.status)


def _held(contract: Contract, control: Exchange) -> bool:
    """Whether a control is fit to be compared with: one request, and a true outcome."""
    return _true(contract, control) and len(own_requests(contract, control)) == 1


def _lost_texts(contract: Contract, control: Exchange, exchange: Exchange) -> str:
    """What the client told of the error in the control, and not of the same error in the exchange."""
    last = answered(contract, control)
    error = graph_error(last) if last is not None else None
    return ", ".join(unexposed(error, control.outcome, exchange.outcome)) if error is not None else ""


@clause(
    "response.no-content",
    "failure",
    "crash",
    "hang",
    "rejected",
    when=_by_status(lambda contract, status: status == contract.success.status),
)
def no_content(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The promised answer is success, however the server frames its nothing."""
    outcome = trial.exchange.outcome
    if outcome.kind != "success":
        yield Finding(outcome.kind, f"success for {contract.success.status}", said(outcome))


@clause(
    "response.other-success",
    "rejected",
    "crash",
    "hang",
    when=_by_status(lambda contract, status: 200 <= status < 300 and status != contract.success.status),
)
def other_success(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Success or failure, either is definite; the service's drift is no reason to die."""
    outcome = trial.exchange.outcome
    if outcome.kind not in ("success", "failure"):
        status = _status(contract, trial.exchange)
        yield Finding(outcome.kind, f"success or failure for {status}", said(outcome))


def _not_followed(contract: Contract, trial: Trial) -> bool:
    last = answered(contract, trial.exchange)
    if last is None or not 300 <= last.status < 400 or last.status == 304:
        return False
    followed = len(own_requests(contract, trial.exchange)) > 1 or trial.exchange.elsewhere
    return not (followed and last.values("location"))


@clause(
    "response.redirection",
    "success",
    when=_not_followed,
)
def redirection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirection that leads nowhere canceled nothing."""
    outcome = trial.exchange.outcome
    if outcome.kind == "success":
        yield Finding("success", f"no success for {_status(contract, trial.exchange)}", said(outcome))


@clause("response.not-modified", "success", when=_by_status(lambda _, status: status == 304))
def not_modified(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """304 answers a conditional GET (RFC 9110, 15.4.5), never a POST."""
    outcome = trial.exchange.outcome
    if outcome.kind == "success":
        yield Finding("success", "no success for 304", said(outcome))


def _interim_sent(contract: Contract, trial: Trial) -> bool:
    last, control = answered(contract, trial.exchange), trial.control
    if control is None or last is None or not last.interim:
        return False
    return _held(contract, control) and _status(contract, control) == last.status


@clause(
    "response.interim",
    "success",
    "failure",
    "rejected",
    "crash",
    "hang",
    "other-status",
    "other-error",
    when=_interim_sent,
    needs=frozenset({"wire"}),
)
def interim(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The final answer decides; 100, 102 and 103 come before it (RFC 9110, 15.2)."""
    last, outcome = answered(contract, trial.exchange), trial.exchange.outcome
    if last is None or trial.control is None:
        return
    owed = f"{_owed(contract, last)} for {' '.join(map(str, last.interim))} {last.status}"
    if outcome.kind != _owed(contract, last):
        yield Finding(outcome.kind, owed, said(outcome))
    elif not _true(contract, trial.exchange):
        yield Finding("other-status", f"status {last.status}", said(outcome))
    elif lost := _lost_texts(contract, trial.control, trial.exchange):
        yield Finding("other-error", f"{owed}, and its {lost}", said(outcome))


def _is_stray(contract: Contract, exchange: Exchange) -> bool:
    """Whether more came than the answer may have: bytes after it, content or chunks with a 204."""
    sent = answered(contract, exchange)
    if sent is None:
        return False
    framed = bool(sent.content or sent.values("transfer-encoding"))
    return bool(sent.stray) or (sent.status == 204 and framed)


def _around_the_stray(contract: Contract, trial: Trial) -> tuple[Exchange, Exchange] | None:
    """The call with the stray content and the control of the one under examination; None unless that and all
    calls before the stray content were understood.
    """
    control, status = trial.control, _status(contract, trial.exchange)
    if control is None or status not in (None, _status(contract, control)):
        return None
    for place, each in enumerate(trial.before):
        if _is_stray(contract, each):
            understood = all(_held(contract, plain) for plain in (control, *trial.before[:place]))
            return (each, control) if understood else None
    return None


@clause(
    "response.stray-content",
    "crash",
    "hang",
    "next-lost",
    "next-misread",
    "next-repeated",
    when=lambda contract, trial: _around_the_stray(contract, trial) is not None,
    needs=frozenset({"wire"}),
    uses_earlier_steps=True,
)
def stray_content(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What follows a 204 on a kept connection is not a later call's answer (RFC 9112, 6.3)."""
    found = _around_the_stray(contract, trial)
    if found is None:
        return
    strayed, control = found
    if strayed.outcome.kind in _UNKEPT:
        owed = "an outcome for the answer with stray content"
        yield Finding(strayed.outcome.kind, owed, said(strayed.outcome))
        return
    following, last = trial.exchange, answered(contract, trial.exchange)
    if last is None:
        yield Finding("next-lost", "the next call's request", f"none, and {said(following.outcome)}")
        return
    if (requests := len(own_requests(contract, following))) > 1:
        yield Finding("next-repeated", "one request in the next call", f"{requests} requests")
    owed = f"{_owed(contract, last)} for {last.status} in the next call"
    lost = _lost_texts(contract, control, following)
    if not _true(contract, following):
        yield Finding("next-misread", owed, said(following.outcome))
    elif lost:
        yield Finding("next-misread", f"{owed}, and its {lost}", said(following.outcome))
