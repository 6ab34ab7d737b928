"""Clauses on broken connections, timeouts and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import describe_outcome, quote
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.wire import SILENT_FAULTS, WHOLE_FAULTS

_ABORTED = ("crash", "hang")
_IDLENESS = {"closed-between": "was closed while idle", "reset-between": "was reset while idle"}
_UNTRUSTING = "the client does not use TLS with the certificate authority that it is given"


def _follows_broken_connection(_contract: Contract, trial: Trial) -> bool:
    return bool(trial.before) and trial.before[-1].fault not in (None, *SILENT_FAULTS)


@clause(
    "transport.failure",
    "success",
    "crash",
    "hang",
    "unusable",
    when=_follows_broken_connection,
    needs=frozenset({"network"}),
    uses_earlier_steps=True,
)
def failure(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A broken connection or response must be reported as failure, and the next call must work (RFC 9112, 8
    and 9.5). After `idle-closed` only the next call counts: the call before it got its complete response.
    """
    broken, following = trial.before[-1], trial.exchange
    fault = str(broken.fault)
    if broken.outcome.kind in ("success", *_ABORTED) and broken.fault not in WHOLE_FAULTS:
        expected = f"failure after the connection fault {fault}"
        actual = describe_outcome(broken.outcome)
        yield Finding(broken.outcome.kind, expected, actual, fault, exchange=broken)
    if following.outcome.kind != "success":
        expected = f"success in the call after the connection fault {fault}"
        yield Finding("unusable", expected, describe_outcome(following.outcome), fault)


def _got_no_response(_contract: Contract, trial: Trial) -> bool:
    """Whether a request got no complete response. A client that does not follow or retry may have got its
    complete response before the silent one.
    """
    exchange = trial.exchange
    complete = sum(response.whole for response in exchange.responses)
    return exchange.fault in SILENT_FAULTS and (complete == 0 or complete < len(exchange.requests))


@clause(
    "transport.timeout",
    "success",
    "crash",
    "hang",
    when=_got_no_response,
    needs=frozenset({"network", "timeout"}),
)
def timeout(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A call without a response must be reported as failure within its timeout and grace period (RFC 9112,
    9.5). The grace period, half the timeout and at least one second, is for a slow runtime or machine.
    """
    exchange = trial.exchange
    if exchange.outcome.kind in ("success", *_ABORTED):
        expected = (
            f"failure within {exchange.call.timeout:g} s and the grace period ({exchange.fault} response)"
        )
        yield Finding(
            exchange.outcome.kind, expected, describe_outcome(exchange.outcome), str(exchange.fault)
        )


def _name_idleness(trial: Trial) -> str | None:
    """What happened between the call before, which succeeded, and this one; None if the pause was short."""
    before = trial.before[-1] if trial.before else None
    if before is None or before.outcome.kind != "success":
        return None
    if before.fault in ("closed-between", "reset-between"):
        return before.fault
    return "pause" if trial.exchange.started - before.ended > before.call.timeout else None


@clause(
    "transport.idle",
    "failure",
    "rejected",
    "crash",
    "hang",
    when=lambda _, trial: _name_idleness(trial) is not None,
    needs=frozenset({"network"}),
    uses_earlier_steps=True,
)
def idle(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The next call must work after a pause longer than the timeout, and after the service has closed or
    reset the idle connection (RFC 9112, 9.3.1 and 9.5). The pause before the call is longer than the two
    seconds for which some pools reuse a connection unchecked: a close that crosses the request is not judged.
    """
    outcome, idleness = trial.exchange.outcome, _name_idleness(trial)
    if outcome.kind != "success":
        pause = trial.exchange.started - trial.before[-1].ended
        what = _IDLENESS.get(str(idleness), "became idle")
        expected = f"success {pause:.1f} s after the connection {what}"
        yield Finding(outcome.kind, expected, describe_outcome(outcome), str(idleness))


def _has_invalid_certificate(_contract: Contract, trial: Trial) -> bool:
    certificate = trial.exchange.certificate
    control_succeeded = trial.control is not None and trial.control.outcome.kind == "success"
    return certificate not in (None, "trusted") and control_succeeded


@clause(
    "transport.certificate",
    "untrusted",
    "other-name",
    "expired",
    "self-signed",
    when=_has_invalid_certificate,
    needs=frozenset({"network"}),
    reads_malformed=True,
    otherwise=_UNTRUSTING,
)
def certificate(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The client must reject an invalid certificate before it sends a request, and with it the token (RFC
    9110, 4.3.4; RFC 6750, 5.3). A connection or handshake alone is accepted. The control shows that a valid
    one is trusted.
    """
    exchange = trial.exchange
    requests, kind = exchange.requests, str(exchange.certificate)
    if requests or exchange.outcome.kind == "success":
        actual = f"{len(requests)} requests; outcome {describe_outcome(exchange.outcome)}"
        yield Finding(kind, f"no request to a server with a certificate that is {kind}", actual)


def _used_tls(_contract: Contract, trial: Trial) -> bool:
    return any(each.server_name is not None for each in trial.exchange.requests)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@clause(
    "tls.server-name",
    "missing",
    "other-name",
    "address",
    when=_used_tls,
    needs=frozenset({"network"}),
    reads_malformed=True,
    otherwise=_UNTRUSTING,
)
def server_name(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The server name in the TLS handshake should be the host of the service root, without port or trailing
    dot, and missing if that is an address (RFC 6066, 3). It may also be missing if the host is not fully
    qualified, as `localhost`. Letter case makes no difference. A kept connection counts with the name from
    its handshake.
    """
    host = urlsplit(trial.exchange.root).hostname or ""
    for request in trial.exchange.requests:
        name = request.server_name
        if name is None:
            continue
        if _is_address(host):
            if name:
                expected = "no server name in the TLS handshake with an address"
                yield Finding("address", expected, f"the server name {quote(name)}", at=request)
        elif name.lower() != host and (name or "." in host):
            actual = f"the server name {quote(name)}" if name else "no server name"
            expected = f"the server name {host} in the TLS handshake"
            yield Finding("other-name" if name else "missing", expected, actual, at=request)
