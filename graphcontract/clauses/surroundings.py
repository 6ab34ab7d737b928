"""The clause on a client's surroundings: calls are compared with the same calls in an ordinary process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.graph_errors import ERROR_TEXTS, exposes_text, parse_graph_error
from graphcontract.clauses.queries import describe_outcome, last_response, own_requests
from graphcontract.clauses.retries import list_early_retries
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireRequest


def _differs_in_surroundings(_contract: Contract, trial: Trial) -> bool:
    usual = trial.control
    return bool(trial.exchange.surroundings) and usual is not None and not usual.surroundings


@clause(
    "calls.surroundings",
    "outcome",
    "request",
    "credentials",
    "wait",
    when=_differs_in_surroundings,
    needs=frozenset({"surroundings"}),
    uses_earlier_steps=True,
)
def surroundings(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call should have the same request, wait and outcome in any time zone, locale and environment. Only
    what the ordinary process did is compared, so that a fault that shows there too belongs to other clauses.
    Texts of the client itself may be in the user's language, as may Accept-Language and User-Agent.
    """
    usual, made = trial.control, trial.exchange
    assert usual is not None
    named = next(iter(made.surroundings)) if len(made.surroundings) == 1 else "together"
    text = ", ".join(made.surroundings.values())
    if _outcome_of(contract, usual) != _outcome_of(contract, made):
        yield Finding("outcome", f"as without {text}: {_describe(usual)}", _describe(made), named)
        return
    before, after = own_requests(contract, usual), own_requests(contract, made)
    if [_request_of(each) for each in before] != [_request_of(each) for each in after]:
        expected = f"as without {text}: {_list_requests(before)}"
        yield Finding("request", expected, _list_requests(after), named, next(iter(after), None))
    elif changed := [
        request
        for request, other in zip(after, before, strict=True)
        if request.values("authorization") != other.values("authorization")
    ]:
        expected = f"the credentials that are sent without {text}"
        schemes = [value.partition(" ")[0] for value in changed[0].values("authorization")]
        actual = f"Authorization: {', '.join(schemes)} …" if schemes else "no Authorization field"
        yield Finding("credentials", expected, actual, named, changed[0])
    if not any(list_early_retries(contract, usual)):
        for response, request, wait in list_early_retries(contract, made):
            expected = (
                f"as without {text}: a retry at least {wait.seconds:g} s after status {response.status}"
            )
            yield Finding("wait", expected, f"{request.at - response.at:.2f} s", named, request)
            return


def _outcome_of(contract: Contract, exchange: Exchange) -> tuple[object, ...]:
    """What the outcome says of the response: not what the client says in its own words."""
    outcome, error = exchange.outcome, exchange.outcome.error
    last = last_response(contract, exchange)
    sent = parse_graph_error(last) if last is not None else None
    exposed = [exposes_text(sent, error, name) for name in ERROR_TEXTS] if sent and error else []
    return outcome.kind, outcome.reported_status, error and error.code, *exposed


def _request_of(request: WireRequest) -> tuple[object, ...]:
    return request.method, request.target, request.content_size


def _describe(exchange: Exchange) -> str:
    error = exchange.outcome.error
    said = [f"code {error.code}"] if error is not None and error.code else []
    said += [f"message {error.message}"] if error is not None and error.message else []
    return ", ".join([describe_outcome(exchange.outcome), *said])


def _list_requests(requests: Sequence[WireRequest]) -> str:
    return ", ".join(f"{each.method} {each.target}" for each in requests) or "no request"
