"""The clause on connections that a client leaves open."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.wire import MOST_CONNECTIONS


def _has_counted_connections(_contract: Contract, trial: Trial) -> bool:
    """Whether connections were counted, after a silent response or after more calls than the pool holds. A
    call that hangs is still waiting: that is for `transport.timeout`. A pool that holds as many as a
    transport counts looks like a leak.
    """
    exchange = trial.exchange
    if exchange.open_connections is None or any(each.outcome.kind == "hang" for each in trial.exchanges):
        return False
    return exchange.fault == "stalled" or exchange.pool < min(len(trial.before), MOST_CONNECTIONS)


@clause(
    "transport.connections",
    "left-open",
    "left-after-timeout",
    when=_has_counted_connections,
    needs=frozenset({"network"}),
)
def connections(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """After many calls, no more connections should be open than the client's pool keeps (RFC 9112, 9.4), and
    none on which a call has timed out (9.5): no later call can use it. A connection that is closed within a
    second after the call is accepted, and so is a client that connects for each call and closes.
    """
    exchange = trial.exchange
    if exchange.fault == "stalled":
        if all(step.waiting_connections for step in (*trial.before, exchange)):
            expected = "no connection on which a call has timed out"
            yield Finding("left-after-timeout", expected, "one after each of these calls")
    elif (exchange.open_connections or 0) > exchange.pool:
        actual = f"{exchange.open_connections}, after {len(trial.before) + 1} calls"
        yield Finding("left-open", f"at most {exchange.pool} open connections", actual)
