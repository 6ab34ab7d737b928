"""What a client makes of an error: failure, its status, and what Graph's error object says."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    TextOfError,
    abbreviated,
    answered,
    exposes,
    graph_error,
    own_requests,
    said,
    unexposed,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, ReportedError, Trial, WireResponse

_INVITING = (408, 425, 429, 503, 504)


def _error_answer(contract: Contract, exchange: Exchange) -> WireResponse | None:
    last = answered(contract, exchange)
    return last if last is not None and last.status >= 400 else None


def _answered_with_error(contract: Contract, trial: Trial) -> bool:
    return _error_answer(contract, trial.exchange) is not None


def _may_be_trying(contract: Contract, exchange: Exchange) -> bool:
    """Whether a client that did not return may yet try again, its timeout being that of one try."""
    if exchange.outcome.kind != "hang" or exchange.bounds == "call":
        return False
    last = answered(contract, exchange)
    invited = last is not None and last.status in _INVITING
    return invited or len(own_requests(contract, exchange)) > 1


@clause(
    "error.failure",
    "success",
    "rejected",
    "crash",
    "hang",
    when=lambda contract, trial: (
        _answered_with_error(contract, trial) and not _may_be_trying(contract, trial.exchange)
    ),
)
def failure(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An error answer is failure by the client's documented error, 404 included: nothing was canceled."""
    last, outcome = _error_answer(contract, trial.exchange), trial.exchange.outcome
    if last is not None and outcome.kind != "failure":
        yield Finding(outcome.kind, f"failure for {last.status}", said(outcome), str(last.status))


def _reported(contract: Contract, trial: Trial) -> tuple[ReportedError, WireResponse] | None:
    """The error that the client reports, and the answer that it is about."""
    exchange = trial.exchange
    last, error = _error_answer(contract, exchange), exchange.outcome.error
    out_of_time = exchange.ended - exchange.started >= exchange.call.timeout
    if last is None or error is None or exchange.outcome.kind != "failure" or out_of_time:
        return None
    return error, last


@clause(
    "error.status",
    "missing",
    "other",
    when=lambda contract, trial: _reported(contract, trial) is not None,
    needs=frozenset({"status"}),
)
def status(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The status is what a caller decides by: 404 and 409 want different words."""
    if reported := _reported(contract, trial):
        error, last = reported
        if error.status != last.status:
            kind = "missing" if error.status is None else "other"
            yield Finding(kind, f"status {last.status}", f"status {error.status}", str(last.status))


def _owed(last: WireResponse, text: TextOfError) -> str | None:
    """A text that an answer has for the client's error; a request id, where both of its places agree."""
    error = graph_error(last)
    owed: str | None = getattr(error, text, None)
    return None if text == "request_id" and owed not in last.values("request-id") else owed


def _exposes(id: str, needs: str, text: TextOfError) -> None:
    """Register the clause that a text of an error object is exposed."""

    def when(contract: Contract, trial: Trial) -> bool:
        reported = _reported(contract, trial)
        return reported is not None and bool(_owed(reported[1], text))

    @clause(id, "missing", "other", when=when, needs=frozenset({needs}))
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        reported = _reported(contract, trial)
        error = graph_error(reported[1]) if reported else None
        if reported is None or error is None or exposes(error, reported[0], text):
            return
        owed, given = _owed(reported[1], text) or "", getattr(reported[0], text)
        yield Finding("other" if given else "missing", abbreviated(owed), abbreviated(given or "nothing"))


_exposes("error.code", "code", "code")
_exposes("error.message", "message", "message")
_exposes("error.request-id", "request-id", "request_id")


def _same_status_failed(contract: Contract, trial: Trial) -> bool:
    """Whether the control, a plain error of the same status, ended as failure."""
    control = trial.control
    if control is None or not _answered_with_error(contract, trial):
        return False
    return _answered_with_error(contract, Trial(control)) and control.outcome.kind == "failure"


def _lost_hold(contract: Contract, trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Kind, what was owed, what was seen, where the exchange on trial went worse than its control."""
    control, exchange = trial.control, trial.exchange
    last = answered(contract, exchange)
    if last is None or control is None:
        return
    if exchange.outcome.kind != "failure":
        yield exchange.outcome.kind, f"failure for {last.status}", said(exchange.outcome)
        return
    told = answered(contract, control)
    control_true = told is not None and control.outcome.reported_status == told.status
    if control_true and exchange.outcome.reported_status != last.status:
        kind = "no-status" if exchange.outcome.reported_status is None else "other-status"
        yield kind, f"status {last.status}", said(exchange.outcome)


_HOLDS = ("success", "rejected", "crash", "hang", "no-status", "other-status")


@clause("error.shape", *_HOLDS, when=_same_status_failed, uses_earlier_steps=True)
def shape(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Any legal error object, and unknown members and codes among them (Graph adds both without notice)."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)


@clause("error.malformed", *_HOLDS, when=_same_status_failed, uses_earlier_steps=True)
def malformed(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Gateways and front doors answer with what they like; the status alone is sure."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)


def _coded(contract: Contract, trial: Trial) -> bool:
    last = answered(contract, trial.exchange)
    return last is not None and bool(last.values("content-encoding")) and _same_status_failed(contract, trial)


@clause(
    "error.encoded",
    *_HOLDS,
    "garbled",
    when=_coded,
    uses_earlier_steps=True,
    otherwise="the client asks for no content coding that this suite speaks (gzip)",
)
def encoded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Who asks for gzip reads gzip, in errors as well."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)
    control, exchange = trial.control, trial.exchange
    plain = answered(contract, control) if control is not None else None
    error = graph_error(plain) if plain is not None else None
    if control is None or error is None or exchange.outcome.kind != "failure":
        return
    for text in unexposed(error, control.outcome, exchange.outcome):
        owed, given = getattr(error, text), getattr(exchange.outcome.error, text, None)
        yield Finding("garbled", f"{text} {abbreviated(owed)}", f"{text} {abbreviated(str(given))}")
