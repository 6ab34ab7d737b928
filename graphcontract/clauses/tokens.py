"""Clauses on clients that ask a credential for tokens: after a claims challenge, and when it has none."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import describe_outcome, is_claims_challenge, list_attempts, own_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial

_NOT_REPORTED = ("success", "crash", "hang")


def _is_challenged(contract: Contract, trial: Trial) -> bool:
    attempts = list_attempts(contract, trial.exchange)
    return trial.exchange.call.tokens is not None and any(
        response is not None and is_claims_challenge(response) for _, response in attempts
    )


@clause(
    "retry.claims",
    "rejected-token",
    "repeated",
    "lost",
    *_NOT_REPORTED,
    when=_is_challenged,
    needs=frozenset({"tokens"}),
)
def claims(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """After a claims challenge, a client should ask its credential anew and repeat the request once with the
    new token, or fail (the identity platform's claims challenges). A client that never repeats is accepted;
    a retry after another response is not a repeat.
    """
    attempts, outcome = list_attempts(contract, trial.exchange), trial.exchange.outcome
    rejected: set[str] = set()
    repeats, challenged = 0, False
    for request, response in attempts:
        repeats += challenged
        values = request.values("authorization")
        if not rejected.isdisjoint(values):
            expected = "another token than the one that the service rejected"
            yield Finding("rejected-token", expected, "the rejected token", at=request)
        if challenged and repeats == 2:
            yield Finding("repeated", "at most one repeat", f"{len(attempts)} requests", at=request)
        challenged = response is not None and is_claims_challenge(response)
        if challenged:
            rejected.update(values)
    last = attempts[-1][1]
    succeeded = last is not None and last.status in contract.success.statuses
    if succeeded and outcome.kind != "success":
        yield Finding("lost", "success, as the repeat succeeded", describe_outcome(outcome))
    if not succeeded and outcome.kind in _NOT_REPORTED:
        yield Finding(outcome.kind, "failure after a claims challenge", describe_outcome(outcome))


def _has_no_token(_contract: Contract, trial: Trial) -> bool:
    return trial.exchange.call.tokens == ()


@clause("credentials.failure", "sent", *_NOT_REPORTED, when=_has_no_token, needs=frozenset({"tokens"}))
def failure(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call whose credential has no token should end in failure, and not be sent without one (RFC 6750, 2).
    A rejection counts as failure: nothing was sent.
    """
    outcome = trial.exchange.outcome
    for request in own_requests(contract, trial.exchange)[:1]:
        sent = "a request with credentials" if request.values("authorization") else "a request without any"
        yield Finding("sent", "no request without a token", sent, at=request)
    if outcome.kind in _NOT_REPORTED:
        yield Finding(outcome.kind, "failure, as the credential failed", describe_outcome(outcome))
