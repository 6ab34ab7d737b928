"""What a client makes of an answer that is no error: the promised one, another 2xx, a 3xx, stray bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.reading import answered, said
from graphcontract.contract import Contract
from graphcontract.exchange import Exchange, Trial

_UNKEPT = ("crash", "hang")


def _status(contract: Contract, exchange: Exchange) -> int | None:
    last = answered(contract, exchange)
    return None if last is None else last.status


def _by_status(admits: Callable[[Contract, int], bool]) -> Callable[[Contract, Trial], bool]:
    def when(contract: Contract, trial: Trial) -> bool:
        status = _status(contract, trial.last)
        return status is not None and admits(contract, status)

    return when


def _controls_held(contract: Contract, trial: Trial) -> bool:
    """Whether every control before the exchange on trial was answered and taken for what it was."""
    for step in trial.steps[:-1]:
        status = _status(contract, step)
        taken = "success" if status == contract.success.status else "failure"
        if status is None or step.outcome.kind != taken:
            return False
    return True


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
    outcome = trial.last.outcome
    if outcome.kind != "success":
        yield Finding(outcome.kind, f"success for {contract.success.status}", said(outcome))


@clause(
    "response.other-success",
    "crash",
    "hang",
    when=_by_status(lambda contract, status: 200 <= status < 300 and status != contract.success.status),
)
def other_success(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Success or failure, either is definite; the service's drift is no reason to die."""
    outcome = trial.last.outcome
    if outcome.kind in _UNKEPT:
        yield Finding(outcome.kind, f"success or failure for {_status(contract, trial.last)}", said(outcome))


@clause(
    "response.redirection",
    "success",
    when=_by_status(lambda _, status: 300 <= status < 400 and status != 304),
)
def redirection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirection that leads nowhere canceled nothing."""
    outcome = trial.last.outcome
    if outcome.kind == "success":
        yield Finding("success", f"no success for {_status(contract, trial.last)}", said(outcome))


@clause("response.not-modified", "success", when=_by_status(lambda _, status: status == 304))
def not_modified(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """304 answers a conditional GET (RFC 9110, 15.4.5), never a POST."""
    outcome = trial.last.outcome
    if outcome.kind == "success":
        yield Finding("success", "no success for 304", said(outcome))


def _interim_sent(contract: Contract, trial: Trial) -> bool:
    last = answered(contract, trial.last)
    return last is not None and bool(last.interim) and _controls_held(contract, trial)


@clause(
    "response.interim",
    "success",
    "failure",
    "crash",
    "hang",
    "other-status",
    when=_interim_sent,
    needs=frozenset({"wire"}),
)
def interim(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The final answer decides; 100, 102 and 103 come before it (RFC 9110, 15.2)."""
    last = answered(contract, trial.last)
    outcome = trial.last.outcome
    if last is None:
        return
    final = "success" if last.status == contract.success.status else "failure"
    owed = f"{final} for {' '.join(map(str, last.interim))} {last.status}"
    if outcome.kind in (*_UNKEPT, "success", "failure") and outcome.kind != final:
        yield Finding(outcome.kind, owed, said(outcome))
    elif outcome.error and outcome.error.status is not None and outcome.error.status != last.status:
        yield Finding("other-status", f"status {last.status}", said(outcome))


def _strayed(contract: Contract, trial: Trial) -> bool:
    if len(trial.steps) < 3:
        return False
    control, strayed, _ = trial.steps[-3:]
    sent = answered(contract, strayed)
    held = _controls_held(contract, Trial((control, control)))
    return held and sent is not None and bool(sent.content or sent.stray or sent.values("transfer-encoding"))


@clause(
    "response.stray-content",
    "crash",
    "hang",
    "next-lost",
    "next-misread",
    "next-repeated",
    when=_strayed,
    needs=frozenset({"wire"}),
    looks_back=True,
)
def stray_content(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What follows a 204 on a kept connection is not the next call's answer (RFC 9112, 6.3)."""
    strayed, following = trial.steps[-2:]
    if strayed.outcome.kind in _UNKEPT:
        yield Finding(
            strayed.outcome.kind, "an outcome for the answer with stray content", said(strayed.outcome)
        )
        return
    last = answered(contract, following)
    if last is None:
        yield Finding("next-lost", "the next call's request", f"none, and {said(following.outcome)}")
        return
    if len(following.requests) > 1:
        yield Finding("next-repeated", "one request in the next call", f"{len(following.requests)} requests")
    owed = "success" if last.status == contract.success.status else "failure"
    seen = following.outcome
    status = seen.error.status if seen.error else None
    if seen.kind != owed or (status is not None and status != last.status):
        yield Finding("next-misread", f"{owed} for {last.status} in the next call", said(seen))
