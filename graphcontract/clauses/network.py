"""What a client does when the network is not what it seems: redirections, faults, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, urljoin, urlsplit

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.queries import own_requests, said
from graphcontract.clauses.secrets import shows
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, WireRequest

_MOST_REDIRECTIONS = 50
_UNKEPT = ("crash", "hang")
_REWRITTEN = (301, 302, 307, 308)
_LOOPBACK = "127.0.0.1"  # by which name it was asked, a port there does not know
_USUAL_PORTS = {"https": 443, "http": 80}


def _locations(exchange: Exchange) -> Iterator[tuple[int, SplitResult]]:
    """Status and absolute target of each redirection from the call's own root, in order."""
    for response in exchange.responses:
        if 300 <= response.status < 400 and response.values("location"):
            try:
                place = urlsplit(urljoin(exchange.root, response.values("location")[0]))
                _port = place.port
            except ValueError:
                continue
            yield response.status, place


def _way(exchange: Exchange, there: SplitResult) -> str:
    """Where a redirection leads, as the call's root sees it: `same`, `port`, `host` or `downgrade`."""
    here = urlsplit(exchange.root)
    if here.scheme == "https" and there.scheme == "http":
        return "downgrade"
    if here.hostname != there.hostname:
        return "host"
    return "same" if here.port == there.port else "port"


def _away(exchange: Exchange, *ways: str) -> Iterator[tuple[str, WireRequest]]:
    """Requests at other origins, and the way there: a redirection's, or the client's own."""
    led: dict[str, str] = {}
    for _, place in _locations(exchange):
        port = place.port or _USUAL_PORTS.get(place.scheme)
        led |= {f"{host}:{port}": _way(exchange, place) for host in (place.hostname, _LOOPBACK)}
    for request in exchange.elsewhere:
        asked = next(iter(request.values("host")), request.origin)
        own = _way(exchange, urlsplit(f"{request.scheme}://{asked}"))
        way = led.get(request.origin, own)
        if way in ways:
            yield way, request


def _leads(*ways: str) -> When:
    def when(_contract: Contract, trial: Trial) -> bool:
        led = any(_way(step, place) in ways for step in trial.exchanges for _, place in _locations(step))
        return led or any(_away(trial.exchange, *ways))

    return when


def _gave_away(exchange: Exchange, *ways: str) -> Iterator[tuple[str, WireRequest]]:
    """Those of them that carry the token, wherever."""
    for way, request in _away(exchange, *ways):
        if any(map(_is_own, request.values("authorization"))) or shows(
            frozenset({exchange.call.token}), request.raw.decode("latin-1")
        ):
            yield way, request


def _is_own(credentials: str) -> bool:
    """Whether credentials could be the client's: Basic ones are the user information of a Location."""
    return not credentials.lower().startswith("basic ")


@clause(
    "redirect.credentials",
    "host",
    "downgrade",
    when=_leads("host", "downgrade"),
    needs=frozenset({"network"}),
)
def credentials(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Whoever can answer with a Location would get the token, and with a permanent one those to come."""
    for way, request in _gave_away(trial.exchange, "host", "downgrade"):
        where = "another host" if way == "host" else "plain http"
        yield Finding(way, f"no credentials to {where}", f"the token, at {request.origin}", at=request)
        return


@clause("redirect.credentials-port", "port", when=_leads("port"), needs=frozenset({"network"}))
def credentials_port(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Another port is another service, of whoever runs it."""
    for way, request in _gave_away(trial.exchange, "port"):
        yield Finding(way, "no credentials to another port", f"the token, at {request.origin}", at=request)
        return


def _may_be_rewritten(_contract: Contract, trial: Trial) -> bool:
    statuses = {status for status, _ in _locations(trial.exchange)}
    return bool(statuses) and statuses <= set(_REWRITTEN)


@clause("redirect.method", "rewritten", when=_may_be_rewritten)
def method(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A GET, whatever it is answered with, canceled nothing."""
    exchange = trial.exchange
    followed = [*own_requests(contract, exchange)[1:], *exchange.elsewhere]
    if not followed or exchange.outcome.kind != "success":
        return
    status, last = [status for status, _ in _locations(exchange)][-1], followed[-1]
    if last.method != contract.request.method:
        owed = f"no success for {status} that was followed as {last.method}"
        yield Finding("rewritten", owed, said(exchange.outcome), str(status), last)


def _looped(contract: Contract, trial: Trial) -> bool:
    own = own_requests(contract, trial.exchange)
    answers = (each for each in trial.exchange.responses if trial.exchange.requests[each.request] in own)
    statuses = {response.status for response in answers}
    return any(_locations(trial.exchange)) and all(300 <= status < 400 for status in statuses)


@clause("redirect.bounded", "success", "crash", "hang", "endless", when=_looped)
def bounded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A loop ends, and ends as failure. Success where nothing was followed is for `response.redirection`."""
    exchange = trial.exchange
    count = len(exchange.requests) + len(exchange.elsewhere)
    followed = len(own_requests(contract, exchange)) > 1 or exchange.elsewhere
    if count > _MOST_REDIRECTIONS + 1:
        yield Finding("endless", f"an end within {_MOST_REDIRECTIONS} redirections", f"{count} requests")
    elif exchange.outcome.kind in (("success", *_UNKEPT) if followed else _UNKEPT):
        yield Finding(exchange.outcome.kind, "failure for a redirection loop", said(exchange.outcome))


def _broken(_contract: Contract, trial: Trial) -> bool:
    return bool(trial.before) and trial.before[-1].fault not in (None, "stalled", "dripped")


@clause(
    "transport.failure",
    "success",
    "crash",
    "hang",
    "unusable",
    when=_broken,
    needs=frozenset({"network"}),
    uses_earlier_steps=True,
)
def failure(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """What broke the connection decides nothing about the task; the next call is another matter."""
    broken, following = trial.before[-1], trial.exchange
    fault = str(broken.fault)
    if broken.outcome.kind in ("success", *_UNKEPT) and fault != "idle-closed":
        yield Finding(
            broken.outcome.kind, f"failure where the connection is {fault}", said(broken.outcome), fault
        )
    if following.outcome.kind != "success":
        yield Finding("unusable", f"success in the call after {fault}", said(following.outcome), fault)


def _unanswered(_contract: Contract, trial: Trial) -> bool:
    """Whether silence was met: who follows or repeats nothing may have its whole answer before."""
    exchange = trial.exchange
    whole = sum(response.whole for response in exchange.responses)
    return exchange.fault in ("stalled", "dripped") and (whole == 0 or whole < len(exchange.requests))


@clause(
    "transport.timeout", "success", "crash", "hang", when=_unanswered, needs=frozenset({"network", "timeout"})
)
def timeout(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A caller that gave a timeout gets its thread back."""
    exchange = trial.exchange
    if exchange.outcome.kind in ("success", *_UNKEPT):
        owed = f"failure within {exchange.call.timeout:g} s and grace, as the answer is {exchange.fault}"
        yield Finding(exchange.outcome.kind, owed, said(exchange.outcome), str(exchange.fault))


def _distrusted(_contract: Contract, trial: Trial) -> bool:
    certificate = trial.exchange.certificate
    trusted = trial.control is not None and trial.control.outcome.kind == "success"
    return certificate not in (None, "trusted") and trusted


@clause(
    "transport.certificate",
    "untrusted",
    "other-name",
    "expired",
    "self-signed",
    when=_distrusted,
    needs=frozenset({"network"}),
    otherwise="the client does not speak TLS with the authority that it is told to trust",
)
def certificate(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A request that was sent gave the token to whoever held the certificate."""
    exchange = trial.exchange
    requests = exchange.requests
    if requests or exchange.outcome.kind == "success":
        seen = f"{len(requests)} requests, and {said(exchange.outcome)}"
        yield Finding(
            str(exchange.certificate),
            f"no request to a server whose certificate is {exchange.certificate}",
            seen,
        )
