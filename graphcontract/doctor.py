"""A few plain calls, and what they tell of a client: what works, and which limit its driver should declare.

Knows sessions and exchanges; it condemns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from graphcontract.clauses.reading import own_requests, said
from graphcontract.exchange import Exchange
from graphcontract.judging.gate import Gate
from graphcontract.service import answer, plain_error, success, with_fields


@dataclass(frozen=True, slots=True)
class Finding:
    """What one call showed: `works` is None where neither is better; `advice` is what to do or declare."""

    call: str
    works: bool | None
    seen: str
    advice: str = ""


def examine(gate: Gate) -> Iterator[Finding]:
    """Make the calls one after another; each finding comes as soon as it is known."""
    plain = gate.perform(gate.plain_call(), [success()])
    yield _reached(gate, plain)
    yield _credentials(gate, plain)
    yield _not_found(gate)
    if "network" in gate.transport.shows:
        for name, look in _NETWORK.items():
            yield look(gate, name)


def _reached(gate: Gate, exchange: Exchange) -> Finding:
    if own_requests(gate.contract, exchange):
        works = exchange.outcome.kind == "success"
        advice = (
            "" if works else f"{gate.contract.success.status} is success: look at how the adapter reports it"
        )
        return Finding("204", works, f"a request, and {said(exchange.outcome)}", advice)
    advice = (
        "send the call to its base_url; a client that cannot declares "
        '"root": "fixed", one that refuses http declares "https": true and is judged with --tls'
    )
    return Finding("204", False, f"no request, and {said(exchange.outcome)}", advice)


def _credentials(gate: Gate, exchange: Exchange) -> Finding:
    requests = own_requests(gate.contract, exchange)
    if not requests:
        return Finding("token", None, "not seen, for want of a request")
    if requests[0].values("authorization"):
        return Finding("token", True, "an Authorization field")
    if gate.client.limits.https and not gate.transport.https:
        return Finding("token", None, "none over http, as is declared", "judge the client with --tls")
    advice = (
        "give the SDK the hosts of `start` as allowed ones; where it keeps to its own, declare them in "
        '"hosts"; where it sends no token over http, declare "https": true and use --tls'
    )
    return Finding("token", False, "no Authorization field", advice)


def _not_found(gate: Gate) -> Finding:
    outcome = gate.perform(gate.plain_call(), [plain_error(404)]).outcome
    if outcome.kind != "failure" or outcome.error is None:
        return Finding("404", False, said(outcome), "report the client's documented error as failure")
    lacking = [
        name for name in ("status", "code", "message", "request_id") if getattr(outcome.error, name) is None
    ]
    if "status" in lacking and gate.client.limits.status:
        advice = 'give `status` where the error has it; where no client could, declare "status": false'
        return Finding("404", False, "failure without a status", advice)
    return Finding("404", True, said(outcome) + (f", without {', '.join(lacking)}" if lacking else ""))


def _tls(gate: Gate, name: str) -> Finding:
    exchange = gate.perform(gate.plain_call(), [success()], certificate="trusted")
    if exchange.outcome.kind == "success" and exchange.requests:
        return Finding(name, True, "https, with the authority of `ca_file`")
    advice = "trust the call's `ca_file`, or the file that the environment names (SSL_CERT_FILE and its kin)"
    return Finding(name, False, said(exchange.outcome), advice)


def _redirect(gate: Gate, name: str) -> Finding:
    call = gate.plain_call()
    moved = with_fields(answer(307), ("Location", "{other-host}" + gate.target(call)))
    exchange = gate.perform(call, [moved], elsewhere=[success()])
    if not exchange.elsewhere:
        return Finding(name, None, f"not followed to another host, and {said(exchange.outcome)}")
    kept = any(request.values("authorization") for request in exchange.elsewhere)
    return Finding(name, None, f"followed to another host {'with' if kept else 'without'} the token")


def _timeout(gate: Gate, name: str) -> Finding:
    call = replace(gate.plain_call(), timeout=1.0)
    exchange = gate.perform(call, [replace(success(), fault="stalled")])
    taken = f"{exchange.ended - exchange.started:.1f} s of 1.0 s"
    if exchange.outcome.kind == "failure":
        return Finding(name, True, f"failure after {taken}")
    if gate.client.limits.timeout == "none":
        return Finding(name, None, "none, as is declared")
    advice = 'pass the call\'s timeout on; where the client has none, declare "timeout": "none"'
    return Finding(name, False, f"{said(exchange.outcome)}, after {taken}", advice)


_NETWORK: dict[str, Callable[[Gate, str], Finding]] = {
    "TLS": _tls,
    "redirect": _redirect,
    "timeout": _timeout,
}
