"""What a client makes of an error: failure, its status, and what Graph's error object says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.reading import GraphError, abbreviated, answered, graph_error, said
from graphcontract.contract import Contract
from graphcontract.exchange import Exchange, ReportedError, Trial, WireResponse


def _error_answer(contract: Contract, exchange: Exchange) -> WireResponse | None:
    last = answered(contract, exchange)
    return last if last is not None and last.status >= 400 else None


def _failed(exchange: Exchange) -> bool:
    return exchange.outcome.kind in ("failure", "rejected")


def _answered_with_error(contract: Contract, trial: Trial) -> bool:
    return _error_answer(contract, trial.last) is not None


@clause("error.failure", "success", "crash", "hang", when=_answered_with_error)
def failure(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An error answer is failure by the client's documented error, 404 included: nothing was canceled."""
    if not _failed(trial.last):
        status = answered(contract, trial.last)
        owed = f"failure for {status.status if status else 'an error'}"
        yield Finding(trial.last.outcome.kind, owed, said(trial.last.outcome), _status_class(contract, trial))


def _status_class(contract: Contract, trial: Trial) -> str:
    last = answered(contract, trial.last)
    return str(last.status) if last is not None else ""


def _reported(contract: Contract, trial: Trial) -> tuple[ReportedError, WireResponse] | None:
    last, error = _error_answer(contract, trial.last), trial.last.outcome.error
    if last is None or error is None or trial.last.outcome.kind != "failure":
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
            yield Finding(
                kind, f"status {last.status}", f"status {error.status}", _status_class(contract, trial)
            )


Texts = Callable[[GraphError], str | None]
Exposed = Callable[[ReportedError], str | None]


def _told(contract: Contract, trial: Trial, owed: Texts) -> tuple[ReportedError, str] | None:
    """What the client exposes, and the text that the answer held for it."""
    reported = _reported(contract, trial)
    if reported is None:
        return None
    error = graph_error(reported[1])
    text = owed(error) if error is not None else None
    return (reported[0], text) if text else None


def _exposes(id: str, needs: str, owed: Texts, exposed: Exposed, part: bool) -> None:
    """Register the clause that a member of an error object is exposed; with `part`, inside other text."""

    @clause(
        id,
        "missing",
        "other",
        when=lambda contract, trial: _told(contract, trial, owed) is not None,
        needs=frozenset({needs}),
    )
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        told = _told(contract, trial, owed)
        if told is None:
            return
        given, text = exposed(told[0]), told[1]
        if not given:
            yield Finding("missing", abbreviated(text), "nothing")
        elif given != text and not (part and text.strip() in given):
            yield Finding("other", abbreviated(text), abbreviated(given))


_exposes("error.code", "code", lambda error: error.code, lambda given: given.code, part=False)
_exposes("error.message", "message", lambda error: error.message, lambda given: given.message, part=True)
_exposes(
    "error.request-id",
    "request-id",
    lambda error: error.request_id,
    lambda given: given.request_id,
    part=False,
)


def _same_status_failed(contract: Contract, trial: Trial) -> bool:
    """Whether the control, a plain error of the same status, ended as failure."""
    if len(trial.steps) < 2 or not _answered_with_error(contract, trial):
        return False
    control = trial.steps[-2]
    return _answered_with_error(contract, Trial((control,))) and _failed(control)


def _lost_hold(contract: Contract, trial: Trial) -> Iterator[tuple[str, str, str]]:
    """Kind, what was owed, what was seen, where the exchange on trial went worse than its control."""
    control, exchange = trial.steps[-2:]
    last = answered(contract, exchange)
    if last is None:
        return
    if not _failed(exchange):
        yield exchange.outcome.kind, f"failure for {last.status}", said(exchange.outcome)
        return
    told = answered(contract, control)
    control_true = told is not None and control.outcome.reported_status == told.status
    if control_true and exchange.outcome.reported_status != last.status:
        kind = "no-status" if exchange.outcome.reported_status is None else "other-status"
        yield kind, f"status {last.status}", said(exchange.outcome)


_HOLDS = ("success", "crash", "hang", "no-status", "other-status")


@clause("error.shape", *_HOLDS, when=_same_status_failed, looks_back=True)
def shape(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Any legal error object, and unknown members and codes among them (Graph adds both without notice)."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)


@clause("error.malformed", *_HOLDS, when=_same_status_failed, looks_back=True)
def malformed(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Gateways and front doors answer with what they like; the status alone is sure."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)


def _coded(contract: Contract, trial: Trial) -> bool:
    last = answered(contract, trial.last)
    return last is not None and bool(last.values("content-encoding")) and _same_status_failed(contract, trial)


@clause(
    "error.encoded",
    *_HOLDS,
    "garbled",
    when=_coded,
    looks_back=True,
    otherwise="the client asks for no content coding that this suite speaks (gzip)",
)
def encoded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Who asks for gzip reads gzip, in errors as well."""
    for kind, owed, seen in _lost_hold(contract, trial):
        yield Finding(kind, owed, seen)
    control, exchange = trial.steps[-2:]
    plain, coded = control.outcome.error, exchange.outcome.error
    if plain and coded:
        for name in ("code", "message"):
            owed, seen = getattr(plain, name), getattr(coded, name)
            if owed and owed != seen:
                yield Finding("garbled", f"{name} {abbreviated(owed)}", f"{name} {abbreviated(str(seen))}")
