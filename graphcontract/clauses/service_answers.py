"""What every answer of a tenant is held against: the shape of errors, secrets, ids, the challenge.

Knows contract and trial; a finding quotes nothing that the tenant wrote, for reports keep it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import graph_error
from graphcontract.clauses.secrets import shows
from graphcontract.clauses.service_queries import kind_of
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial, WireResponse


def _answers(trial: Trial) -> list[WireResponse]:
    return [response for response in trial.exchange.responses if response.whole]


def _graph_errors(trial: Trial) -> list[WireResponse]:
    """Errors that carry a request-id: what a front door says in its own words is no Graph error."""
    return [
        each
        for each in _answers(trial)
        if each.status >= 400
        and each.values("request-id")
        and trial.exchange.requests[each.request].method != "HEAD"
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
        error, place = graph_error(response), kind_of(trial.exchange)
        if error is None:
            yield Finding("no-object", owed, f"{seen}, {len(response.content)} bytes that are none", place)
        elif not error.code:
            yield Finding("no-code", owed, f"{seen}, no code", place)
        elif not error.message:
            yield Finding("no-message", owed, f"{seen}, no message", place)


@clause("service.secrets", "in-field", "in-content", when=lambda _contract, trial: bool(_answers(trial)))
def secrets(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Twenty characters of a token in a row are the token."""
    tokens, owed = frozenset({trial.exchange.call.token}), "no part of the token"
    for response in _answers(trial):
        where = f"with status {response.status}"
        for name, value in response.fields:
            if shows(tokens, name) or shows(tokens, value):
                yield Finding("in-field", owed, f"in a field {where}")
                break
        if shows(tokens, (response.content + response.stray).decode("latin-1")):
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
        asked = trial.exchange.requests[response.request].values("client-request-id")
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
