"""Clauses on how a client reports an error response: as failure, with its status and its error object's
texts.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.graph_errors import ErrorText, exposes_text, find_lost_texts, parse_graph_error
from graphcontract.clauses.queries import (
    abbreviate,
    answers_operation,
    describe_outcome,
    last_response,
    own_requests,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, ReportedError, Trial
from graphcontract.wire import WireResponse

_RETRYABLE = (408, 425, 429, 503, 504)


def _error_response(contract: Contract, exchange: Exchange) -> WireResponse | None:
    last = last_response(contract, exchange)
    return last if last is not None and last.status >= 400 else None


def _has_error_response(contract: Contract, trial: Trial) -> bool:
    return _error_response(contract, trial.exchange) is not None


def _may_be_retrying(contract: Contract, exchange: Exchange) -> bool:
    """Whether a client that did not return may still retry, because its timeout bounds one attempt only."""
    if exchange.outcome.kind != "hang" or exchange.bounds == "call":
        return False
    last = last_response(contract, exchange)
    retryable = last is not None and last.status in _RETRYABLE
    return retryable or len(own_requests(contract, exchange)) > 1


@clause(
    "error.failure",
    "success",
    "rejected",
    "crash",
    "hang",
    when=lambda contract, trial: (
        _has_error_response(contract, trial) and not _may_be_retrying(contract, trial.exchange)
    ),
)
def failure(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Every 4xx and 5xx must be reported as failure, through the client's documented error (RFC 9110, 15.5
    and 15.6). That includes 404: the operation was not carried out. A call that may still be retrying is
    left out.
    """
    last, outcome = _error_response(contract, trial.exchange), trial.exchange.outcome
    if last is not None and outcome.kind != "failure":
        expected = f"failure for status {last.status}"
        yield Finding(outcome.kind, expected, describe_outcome(outcome), str(last.status))


def find_reported_error(contract: Contract, trial: Trial) -> tuple[ReportedError, WireResponse] | None:
    """The error that the client reports, with the response that it is about. None if the call ran out of
    time, or if the response is to another method: the error may then be about the timeout or the redirect.
    """
    exchange = trial.exchange
    last, error = _error_response(contract, exchange), exchange.outcome.error
    out_of_time = exchange.ended - exchange.started >= exchange.call.timeout
    if last is None or error is None or exchange.outcome.kind != "failure" or out_of_time:
        return None
    return (error, last) if answers_operation(contract, exchange, last) else None


@clause(
    "error.status",
    "missing",
    "other",
    when=lambda contract, trial: find_reported_error(contract, trial) is not None,
    needs=frozenset({"status"}),
)
def status(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The error must expose the status code of the response, as callers decide by it (Graph's error
    responses; the SDK design's error handling). Errors of a call that ran out of time are left out, as they
    may be about the timeout.
    """
    if found := find_reported_error(contract, trial):
        error, last = found
        if error.status != last.status:
            kind = "missing" if error.status is None else "other"
            actual = "no status" if error.status is None else f"status {error.status}"
            yield Finding(kind, f"status {last.status}", actual, str(last.status))


def _expected_text(last: WireResponse, text: ErrorText) -> str | None:
    """The text of a response that the client's error must expose. A request id counts only if the error
    object and the request-id header agree: otherwise a client may expose either.
    """
    error = parse_graph_error(last)
    expected: str | None = getattr(error, text, None)
    return None if text == "request_id" and expected not in last.values("request-id") else expected


def _register_exposed_text(id: str, needs: str, text: ErrorText) -> None:
    """Register the clause that the client's error should expose a text of the error object (Graph's error
    responses; the SDK design's error handling). A message may be part of a longer one.
    """

    def when(contract: Contract, trial: Trial) -> bool:
        found = find_reported_error(contract, trial)
        return found is not None and bool(_expected_text(found[1], text))

    @clause(id, "missing", "other", when=when, needs=frozenset({needs}))
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        found = find_reported_error(contract, trial)
        error = parse_graph_error(found[1]) if found else None
        if found is None or error is None or exposes_text(error, found[0], text):
            return
        expected, actual = _expected_text(found[1], text) or "", getattr(found[0], text)
        kind = "other" if actual else "missing"
        yield Finding(kind, abbreviate(expected), abbreviate(actual or f"no {needs}"))


_register_exposed_text("error.code", "code", "code")
_register_exposed_text("error.message", "message", "message")
_register_exposed_text("error.request-id", "request-id", "request_id")


def _control_failed(contract: Contract, trial: Trial) -> bool:
    """Whether the client reported failure for the control, a plain error of the same status."""
    control = trial.control
    if control is None or not _has_error_response(contract, trial):
        return False
    return _has_error_response(contract, Trial(control)) and control.outcome.kind == "failure"


def _find_worse_outcome(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Find what the client reported correctly for the control and not for the exchange."""
    control, exchange = trial.control, trial.exchange
    last = last_response(contract, exchange)
    if last is None or control is None:
        return
    outcome = exchange.outcome
    if outcome.kind != "failure":
        yield Finding(outcome.kind, f"failure for status {last.status}", describe_outcome(outcome))
        return
    plain = last_response(contract, control)
    control_is_correct = plain is not None and control.outcome.reported_status == plain.status
    if control_is_correct and outcome.reported_status != last.status:
        kind = "no-status" if outcome.reported_status is None else "other-status"
        yield Finding(kind, f"status {last.status}", describe_outcome(outcome))


_WORSE = ("success", "rejected", "crash", "hang", "no-status", "other-status")


@clause("error.shape", *_WORSE, when=_control_failed, uses_earlier_steps=True)
def shape(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Any valid Graph error object must be reported as failure with its status: Graph adds members and
    codes without notice (Graph's error responses and versioning policy). The status is expected only if the
    client exposed that of the control.
    """
    yield from _find_worse_outcome(contract, trial)


@clause("error.malformed", *_WORSE, when=_control_failed, uses_earlier_steps=True)
def malformed(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An error without a valid error object must be reported as failure with its status (RFC 9110, 15.5 and
    15.6): gateways send pages and empty content. Code and message of such an error are not expected.
    """
    yield from _find_worse_outcome(contract, trial)


def _is_encoded(contract: Contract, trial: Trial) -> bool:
    last = last_response(contract, trial.exchange)
    return last is not None and bool(last.values("content-encoding")) and _control_failed(contract, trial)


def _is_decodable(response: WireResponse) -> bool:
    """Whether the content of a response is in gzip if it is declared to be. Other codings count as right."""
    if response.values("content-encoding") != ["gzip"]:
        return True
    try:
        return bool(response.content) and gzip.decompress(response.content) is not None
    except (OSError, EOFError, zlib.error):
        return False


@clause(
    "error.encoded",
    *_WORSE,
    "garbled",
    when=_is_encoded,
    uses_earlier_steps=True,
    otherwise="the client does not request a content coding that this suite supports (gzip, deflate, br)",
)
def encoded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A client that requests a coding must read errors in it as it reads plain ones, whatever the letter case
    of its name (RFC 9110, 8.4 and 12.5.3). Only texts that the client exposed for the same error without the
    coding are expected. Content that is not in the coding that it is declared to be in must end in failure,
    whatever that exposes.
    """
    last, exchange = last_response(contract, trial.exchange), trial.exchange
    if last is not None and not _is_decodable(last):
        if exchange.outcome.kind != "failure":
            expected = f"failure for status {last.status} with content that cannot be decoded"
            yield Finding(exchange.outcome.kind, expected, describe_outcome(exchange.outcome))
        return
    yield from _find_worse_outcome(contract, trial)
    control = trial.control
    plain = last_response(contract, control) if control is not None else None
    error = parse_graph_error(plain) if plain is not None else None
    if control is None or error is None or exchange.outcome.kind != "failure":
        return
    for text in find_lost_texts(error, control.outcome, exchange.outcome):
        expected, actual = getattr(error, text), getattr(exchange.outcome.error, text, None)
        name = text.replace("_i", "I")  # as the driver protocol spells it
        described = f"no {name}" if actual is None else f"{name} {abbreviate(actual)}"
        yield Finding("garbled", f"{name} {abbreviate(expected)}", described)
