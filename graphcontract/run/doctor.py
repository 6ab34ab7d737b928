"""Diagnoses a client with a few ordinary calls: what works, and which limit its driver should declare.

It gives no verdicts: a client that fails here may still conform.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from graphcontract.clauses.queries import describe_outcome, own_requests
from graphcontract.clients import Client, ClientUnavailable, Start
from graphcontract.clients.process import CA_NAMES
from graphcontract.clients.python import NO_OUTCOME
from graphcontract.exchange import Exchange, Outcome
from graphcontract.http.stub_response import ResponseScript, plain_error, settle, stub, success, with_fields
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.client_set import NOT_AT_OWN_ROOT
from graphcontract.judging.harness import Harness
from graphcontract.judging.overlap import see_overlap

# A call without a response that ends within this part of its timeout did not end by the timeout. Clients may
# take a part of it for connecting, and round it.
_EARLY = 0.5
# A JWT that says nothing and is signed by nobody: whoever prints it gives nothing away.
_TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30."  # noqa: S105 - no secret
_HTTPS = 'check the client with --tls, and let its driver declare "https": true'
_OWN_ROOT = 'let its driver declare "root": "fixed", and check the client with --transport proxy'
_OWN_HOSTS = (
    "add the hosts of `start` to those that the SDK may send the token to; if it has a fixed list, declare "
    'the list in "hosts"'
)
_TRUST = "trust the certificates in `ca_file` of the call, or in the file that SSL_CERT_FILE names"
_CRASHED = (
    "the client or its adapter raised an exception: correct the set-up if that is the cause; otherwise catch "
    "the client's documented error in the adapter, and report it as failure"
)
_RETURN = "return Outcome.success(), Outcome.failure(…) or Outcome.rejected(…)"
_HUNG = (
    "the client did not return: pass the call's timeout to it, or look for a lock or a prompt that it waits "
    "for"
)
_NO_PROXY = (
    'if the client can use no proxy, declare "proxy": "none"; if its driver has to set the proxy, "option"'
)
_IN_TURN = (
    "make calls at the same time, for example in threads or tasks, without a lock around them; otherwise "
    'declare "concurrency": 1'
)
_UNREACHED = (
    "send the request to `base_url` of the call; if the SDK has a list of allowed hosts, add those of "
    '`start`; if the service root of the client cannot be changed, declare "root": "fixed"'
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one call showed: `works` is None where neither is better; `advice` is what to do or declare.

    `stops` says that all clauses would fail alike, for how the client is set up and not for what it does.
    """

    call: str
    works: bool | None
    seen: str
    advice: str = ""
    stops: bool = False


def examine(harness: Harness) -> Iterator[Diagnosis]:
    """Make the calls one after another; each finding comes as soon as it is known, and none after one that
    stops.
    """
    for finding in reach(harness):
        yield finding
        if finding.stops:
            return
    yield _not_found(harness)
    if harness.client.concurrency > 1:
        yield _concurrency(harness)
    if "network" in harness.transport.shows:
        for name, look in _NETWORK.items():
            yield look(harness, name)


def reach(harness: Harness) -> Iterator[Diagnosis]:
    """Tell whether a call comes to the server, and its token with it: one call, a few more where not."""
    plain = _make_call(harness)
    yield _diagnose_call(harness, plain)
    yield _credentials(harness, plain)


def _make_call(harness: Harness, how: CallOptions | None = None) -> Exchange:
    return harness.perform(replace(harness.plain_call(), token=_TOKEN), [success()], **(how or {}))


def _other_ways(harness: Harness) -> Iterator[tuple[str, CallOptions]]:
    """Calls that may come through where the usual one does not, by what they show that is lacking."""
    if "network" in harness.transport.shows and not harness.transport.https:
        yield "http", {"certificate": "trusted"}
    if harness.clients.find_own_root_obstacle() is None:
        yield "root", {"own_root": True}


def _diagnose_call(harness: Harness, exchange: Exchange) -> Diagnosis:
    call = str(harness.contract.success.status)
    if own_requests(harness.contract, exchange):
        works = exchange.outcome.kind == "success"
        advice = f"{call} is success: look at how the adapter reports it"
        advice = "" if works else _advise(exchange.outcome, advice)
        return Diagnosis(call, works, f"a request, and {describe_outcome(exchange.outcome)}", advice)
    seen = f"no request, and {describe_outcome(exchange.outcome)}"
    # One that claims success, breaks or waits for ever is judged for that, whatever it does not send.
    if exchange.requests or exchange.outcome.kind not in ("failure", "rejected"):
        return Diagnosis(call, False, seen, _advise(exchange.outcome, _UNREACHED))
    for lacking, how in _other_ways(harness):
        if own_requests(harness.contract, _make_call(harness, how)):
            return Diagnosis(call, False, seen, {"http": _HTTPS, "root": _OWN_ROOT}[lacking], stops=True)
    if harness.transport.https and exchange.connections:
        return Diagnosis(call, False, f"a connection, {seen}", _TRUST, stops=True)
    return Diagnosis(call, False, seen, _UNREACHED, stops=_is_unreachable(harness, exchange))


def _advise(outcome: Outcome, otherwise: str) -> str:
    """The advice for a client that crashed or hung; another outcome gets the other advice."""
    if outcome.kind == "crash" and (outcome.reason or "").endswith(NO_OUTCOME):
        return _RETURN
    return {"crash": _CRASHED, "hang": _HUNG}.get(outcome.kind, otherwise)


def _is_unreachable(harness: Harness, exchange: Exchange) -> bool:
    """Whether a client that failed and sent nothing was kept from it, by what it says or what is declared."""
    outcome = exchange.outcome
    answered_elsewhere = outcome.reported_status is not None
    kept = outcome.error is None or outcome.error.kind in ("transport", "timeout")
    return answered_elsewhere or harness.client.limits.root == "fixed" or (kept and not exchange.connections)


def _credentials(harness: Harness, exchange: Exchange) -> Diagnosis:
    requests = own_requests(harness.contract, exchange)
    if not requests:
        return Diagnosis("token", None, "not seen: there was no request")
    if requests[0].values("authorization"):
        return Diagnosis("token", True, "an Authorization field")
    if "credentials" not in harness.clients.shows:
        advice = "check the client with --tls" if harness.client.limits.https else ""
        return Diagnosis("token", None, "none to this root, as is declared", advice)
    for lacking, how in _other_ways(harness):
        others = own_requests(harness.contract, _make_call(harness, how))
        if others and others[0].values("authorization"):
            advice = {"http": _HTTPS, "root": _OWN_HOSTS}[lacking]
            return Diagnosis("token", False, "no Authorization field", advice, stops=True)
    return Diagnosis("token", False, "no Authorization field", _OWN_HOSTS)


def _not_found(harness: Harness) -> Diagnosis:
    outcome = harness.perform(harness.plain_call(), [plain_error(404)]).outcome
    if outcome.kind != "failure" or outcome.error is None:
        advice = _advise(outcome, "report the client's documented error as failure")
        return Diagnosis("404", False, describe_outcome(outcome), advice)
    names = {"status": "status", "code": "code", "message": "message", "request_id": "requestId"}
    lacking = [shown for name, shown in names.items() if getattr(outcome.error, name) is None]
    if "status" in lacking and harness.client.limits.status:
        advice = 'report `status` if the error has it; if it never has one, declare "status": false'
        return Diagnosis("404", False, "failure without a status", advice)
    return Diagnosis(
        "404", True, describe_outcome(outcome) + (f", without {', '.join(lacking)}" if lacking else "")
    )


def _concurrency(harness: Harness) -> Diagnosis:
    overlap, declared = see_overlap(harness), harness.client.concurrency
    if overlap is None:
        return Diagnosis("overlap", None, f"{declared} calls at once are declared, and could not be seen")
    if overlap:
        return Diagnosis("overlap", True, f"two calls overlap, of the {declared} that are declared")
    seen = f"two calls did not overlap, although {declared} at once are declared"
    return Diagnosis("overlap", False, seen, _IN_TURN)


def _tls(harness: Harness, name: str) -> Diagnosis:
    exchange = harness.perform(harness.plain_call(), [success()], certificate="trusted")
    if exchange.outcome.kind != "success" or not exchange.requests:
        return Diagnosis(name, False, describe_outcome(exchange.outcome), _advise(exchange.outcome, _TRUST))
    named = ", ".join(_trusted_by(harness)) or "what it is given"
    return Diagnosis(name, True, f"https, with the authority of {named}")


def _trusted_by(harness: Harness) -> Iterator[str]:
    """The settings from which a copy of the client takes the certificate authority; each is tried alone."""
    file = harness.transport.ca_file
    if harness.clients.another is None or harness.transport.proxy is not None or file is None:
        return
    with closing(harness.clients.another().client) as client:
        for name in ("ca_file", *CA_NAMES):
            by_call = name == "ca_file"
            try:
                with _environment(CA_NAMES, {} if by_call else {name: file}):
                    client.start(Start(harness.contract.id, harness.transport.hosts))
            except ClientUnavailable:
                continue  # It may insist on what this environment lacks.
            if _trusts(harness, client, file if by_call else None):
                yield f"`{name}`"


def _trusts(harness: Harness, client: Client, ca_file: str | None) -> bool:
    """Whether a call over https succeeds."""
    answers = settle([success()], harness.contract.success.status, b"")
    stage = harness.transport.open_endpoint(ResponseScript(answers), certificate="trusted")
    root = f"{stage.root}/{harness.contract.request.version}"
    outcome = client.call(replace(harness.plain_call(), base_url=root, ca_file=ca_file))
    return bool(stage.finish(spoiled=True).requests) and outcome.kind == "success"


@contextmanager
def _environment(names: tuple[str, ...], values: Mapping[str, str]) -> Iterator[None]:
    """Give these variables, of all names, just these values for a while."""
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]
        os.environ.update(before)


def _redirect(harness: Harness, name: str) -> Diagnosis:
    call = harness.plain_call()
    moved = with_fields(stub(307), ("Location", "{other-host}" + harness.request_target(call)))
    exchange = harness.perform(call, [moved], elsewhere=[success()])
    if not exchange.elsewhere:
        return Diagnosis(
            name, None, f"not followed to another host, and {describe_outcome(exchange.outcome)}"
        )
    kept = any(request.values("authorization") for request in exchange.elsewhere)
    return Diagnosis(name, None, f"followed to another host {'with' if kept else 'without'} the token")


def _timeout(harness: Harness, name: str) -> Diagnosis:
    call = replace(harness.plain_call(), timeout=1.0)
    exchange = harness.perform(call, [replace(success(), fault="stalled")])
    taken = f"{exchange.ended - exchange.started:.1f} s of 1.0 s"
    early = exchange.ended - exchange.started < call.timeout * _EARLY
    if exchange.outcome.kind == "failure" and not early:
        return Diagnosis(name, True, f"failure after {taken}")
    if exchange.outcome.kind in ("failure", "crash"):
        seen = f"{describe_outcome(exchange.outcome)}, after {taken}"
        if early:
            seen += ": the call ended before its timeout, which was not tested"
        return Diagnosis(name, None if early else False, seen, _advise(exchange.outcome, ""))
    if harness.client.limits.timeout == "none":
        return Diagnosis(name, None, "none, as is declared")
    advice = 'pass the call\'s timeout to the client; if it has none, declare "timeout": "none"'
    return Diagnosis(name, False, f"{describe_outcome(exchange.outcome)}, after {taken}", advice)


def _proxy(harness: Harness, name: str) -> Diagnosis:
    refusal = harness.clients.find_own_root_obstacle()
    if refusal is not None:
        declared = harness.client.limits.proxy == "none"
        advice = _NO_PROXY if refusal.startswith(NOT_AT_OWN_ROOT) and not declared else ""
        return Diagnosis(name, None, refusal, advice)
    exchange = _make_call(harness, {"own_root": True})
    arrived = "a request" if exchange.requests else "no request"
    seen = f"its own root, behind it: {arrived}, and {describe_outcome(exchange.outcome)}"
    return Diagnosis(
        name, bool(exchange.requests), f"{seen}. It may be called: {harness.clients.own_root_proof}"
    )


_NETWORK: dict[str, Callable[[Harness, str], Diagnosis]] = {
    "TLS": _tls,
    "redirect": _redirect,
    "timeout": _timeout,
    "proxy": _proxy,
}
