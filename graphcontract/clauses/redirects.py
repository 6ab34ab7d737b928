"""Clauses on redirects: where they lead, with which method and credentials, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from urllib.parse import SplitResult, urljoin, urlsplit

from graphcontract.clauses import Finding, When, clause
from graphcontract.clauses.locations import find_unusable_location, list_redirects
from graphcontract.clauses.queries import (
    abbreviate_from_difference,
    describe_outcome,
    list_attempts,
    own_requests,
    quote,
)
from graphcontract.clauses.secrets import contains_any_token
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.http.request_target import UNRESERVED
from graphcontract.wire import WireRequest, WireResponse

# A client that follows a loop further than this is taken to have no limit. For a Location that cannot be
# followed it is the same: a client may take it for a reference to the same URL, and count each request as a
# redirect. Transports respond to a few requests more and to no others, so that a client without a limit is
# seen within a second.
_MAX_REDIRECTS = 50
_KEEP_METHOD = (301, 302, 307, 308)  # 303 is left out: it requires a GET (RFC 9110, 15.4.4)
# An origin is recorded as the address that was connected to, whatever host name led there.
_LOOPBACK = "127.0.0.1"
_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
# Libraries decode these where they are not delimiters, though strictly they are reserved.
_PLAIN_IN_PATH = UNRESERVED | {":", "@"}
_PLAIN_IN_QUERY = _PLAIN_IN_PATH | {"/", "?"}
_DEFAULT_PORTS = {"https": 443, "http": 80}
_ABORTED = ("crash", "hang")


def _compare_origins(exchange: Exchange, target: SplitResult) -> str:
    """How a redirect target differs from the call's root: `same`, `port`, `host` or `downgrade`. A host
    is the same in other letter case, and with a dot at its end, which makes a name absolute (RFC 1034, 3.1).
    """
    root = urlsplit(exchange.root)
    if root.scheme == "https" and target.scheme == "http":
        return "downgrade"
    if (root.hostname or "").removesuffix(".") != (target.hostname or "").removesuffix("."):
        return "host"
    return "same" if root.port == target.port else "port"


def _requests_elsewhere(exchange: Exchange, *differences: str) -> Iterator[tuple[str, WireRequest]]:
    """Requests to other origins that differ from the root in one of these ways, by the redirect that led
    there or, without one, by the request's own Host.
    """
    redirected: dict[str, str] = {}
    for _, target in list_redirects(exchange):
        port = target.port or _DEFAULT_PORTS.get(target.scheme)
        difference = _compare_origins(exchange, target)
        redirected |= {f"{host}:{port}": difference for host in (target.hostname, _LOOPBACK)}
    for request in exchange.elsewhere:
        host = next(iter(request.values("host")), request.origin)
        own = _compare_origins(exchange, urlsplit(f"{request.scheme}://{host}"))
        difference = redirected.get(request.origin, own)
        if difference in differences:
            yield difference, request


def _leads_elsewhere(*differences: str) -> When:
    """Whether a redirect of any call led to such an origin, or a request was sent to one."""

    def when(_contract: Contract, trial: Trial) -> bool:
        redirected = any(
            _compare_origins(step, target) in differences
            for step in trial.exchanges
            for _, target in list_redirects(step)
        )
        return redirected or any(_requests_elsewhere(trial.exchange, *differences))

    return when


def _requests_with_credentials(exchange: Exchange, *differences: str) -> Iterator[tuple[str, WireRequest]]:
    """Those of the requests to other origins that contain credentials or the token."""
    for difference, request in _requests_elsewhere(exchange, *differences):
        if any(map(_may_be_own, request.values("authorization"))) or contains_any_token(
            frozenset({exchange.call.token}), request.text.decode("latin-1")
        ):
            yield difference, request


def _may_be_own(credentials: str) -> bool:
    """Whether credentials may be the client's. Basic ones are from user information in the Location."""
    return not credentials.lower().startswith("basic ")


@clause(
    "redirect.credentials",
    "host",
    "downgrade",
    when=_leads_elsewhere("host", "downgrade"),
    needs=frozenset({"network"}),
    reads_malformed=True,
)
def credentials(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Credentials must not be sent to another host, or over http after https (RFC 9110, 15.4; the SDK
    design's RedirectHandler): whoever can set a Location would get the token. A redirect may be followed
    without them.
    """
    for difference, request in _requests_with_credentials(trial.exchange, "host", "downgrade"):
        where = "another host" if difference == "host" else "plain http"
        actual = f"the token, sent to {request.origin}"
        yield Finding(difference, f"no credentials to {where}", actual, at=request)
        return


@clause(
    "redirect.credentials-port",
    "port",
    when=_leads_elsewhere("port"),
    needs=frozenset({"network"}),
    reads_malformed=True,
)
def credentials_port(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Credentials should not be sent to another port of the same host, which is another origin (RFC 9110,
    4.3.1 and 15.4). It has a clause of its own, as the SDK design compares scheme and host only.
    """
    for difference, request in _requests_with_credentials(trial.exchange, "port"):
        actual = f"the token, sent to {request.origin}"
        yield Finding(difference, "no credentials to another port", actual, at=request)
        return


def _must_keep_method(_contract: Contract, trial: Trial) -> bool:
    statuses = {redirect.status for redirect, _ in list_redirects(trial.exchange)}
    return bool(statuses) and statuses <= set(_KEEP_METHOD)


@clause("redirect.method", "rewritten", when=_must_keep_method)
def method(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirect that was followed with another method must not be reported as success (RFC 9110, 15.4; the
    SDK design's RedirectHandler): that request did not carry out the operation. 303, which requires a GET,
    is left out.
    """
    exchange = trial.exchange
    followed = [*own_requests(contract, exchange)[1:], *exchange.elsewhere]
    if not followed or exchange.outcome.kind != "success":
        return
    redirect, last = [redirect for redirect, _ in list_redirects(exchange)][-1], followed[-1]
    if last.method != contract.request.method:
        expected = f"no success for status {redirect.status}, followed as {last.method}"
        actual, redirected = describe_outcome(exchange.outcome), exchange.requests[redirect.request]
        yield Finding("rewritten", expected, actual, str(redirect.status), redirected)


def _resolve_last_redirect(contract: Contract, trial: Trial) -> tuple[WireResponse, str] | None:
    """The last redirect of the call that keeps its method, with the path and query of its target; None if
    the call has no redirect, or also a 303.
    """
    if not _must_keep_method(contract, trial):
        return None
    redirect, _ = [*list_redirects(trial.exchange)][-1]
    requested = urljoin(trial.exchange.root, trial.exchange.requests[redirect.request].target)
    return redirect, _normalize_target(urljoin(requested, redirect.values("location")[0]))


def _normalize_target(url: str) -> str:
    """The path and query of a URL, with the spelling that all libraries have in common: percent-encodings in
    upper case, and none of a character that may stand for itself there (RFC 3986, 3.3, 3.4 and 6.2.2).
    """
    parts = urlsplit(url)
    query = f"?{_decode(parts.query, _PLAIN_IN_QUERY)}" if parts.query else ""
    return _decode(parts.path or "/", _PLAIN_IN_PATH) + query


def _decode(encoded: str, plain: Set[str]) -> str:
    def spell(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if character in plain else found[0].upper()

    return _ENCODED.sub(spell, encoded)


def _names_other_server(exchange: Exchange, redirect: WireResponse) -> bool:
    """Whether a redirect leads to another server. Names of one port are the same server, except at the
    client's own root.
    """
    here, there = urlsplit(exchange.root), urlsplit(urljoin(exchange.root, redirect.values("location")[0]))
    try:
        ports = {parts.port or _DEFAULT_PORTS.get(parts.scheme) for parts in (here, there)}
    except ValueError:
        return False  # followed in whatever way
    if len(ports) > 1:
        return True
    return exchange.call.base_url is None and here.hostname != there.hostname


@clause(
    "redirect.location",
    "ignored",
    "other-target",
    "other-server",
    when=lambda contract, trial: _resolve_last_redirect(contract, trial) is not None,
)
def location(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirect that was followed to another path or query than those of its Location must not be reported
    as success (RFC 9110, 10.2.2 and 15.4): the service did not ask for that request. The Location may be
    relative to the URL that redirects (RFC 3986, 5.2). Equivalent percent-encodings are the same URL. A
    Location at another server must be followed there, and not on a connection to the first one.
    """
    exchange, found = trial.exchange, _resolve_last_redirect(contract, trial)
    if found is None or exchange.outcome.kind != "success":
        return
    redirect, expected = found
    redirected, own = exchange.requests[redirect.request], own_requests(contract, exchange)
    later = exchange.requests[redirect.request + 1 :]
    followed = [*(each for each in later if each in own), *exchange.elsewhere]
    # A target has no fragment: a number sign in it was sent.
    sent = [each.target.replace("#", "%23") for each in followed]
    targets = [_normalize_target(urljoin(exchange.root, each)) for each in sent]
    if not followed:
        return
    if expected in targets:
        there = targets[len(targets) - len(exchange.elsewhere) :]
        if expected not in there and _names_other_server(exchange, redirect):
            actual = f"a request to the first server; outcome {describe_outcome(exchange.outcome)}"
            yield Finding("other-server", "a request to the server of Location", actual, at=followed[-1])
        return
    ignored = targets[-1] == _normalize_target(urljoin(exchange.root, redirected.target))
    yield Finding(
        "ignored" if ignored else "other-target",
        f"a request for {abbreviate_from_difference(expected, targets[-1])}, or failure",
        f"a request for {abbreviate_from_difference(targets[-1], expected)}; outcome "
        f"{describe_outcome(exchange.outcome)}",
        at=followed[-1],
    )


def _list_redirect_responses(contract: Contract, exchange: Exchange) -> list[WireResponse]:
    """The responses to the call's own requests, if all of them are redirects."""
    responses = [response for _, response in list_attempts(contract, exchange) if response is not None]
    return responses if all(300 <= each.status < 400 for each in responses) else []


def _is_loop(contract: Contract, trial: Trial) -> bool:
    responses = _list_redirect_responses(contract, trial.exchange)
    return any(each.values("location") for each in responses) and not any(
        map(find_unusable_location, responses)
    )


def _describe_endless(exchange: Exchange) -> str | None:
    """How many requests the call sent; None if they are not too many."""
    count = len(exchange.requests) + len(exchange.elsewhere)
    return f"{count} requests" if count > _MAX_REDIRECTS + 1 else None


@clause("redirect.bounded", "success", "crash", "hang", "endless", when=_is_loop)
def bounded(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirect loop must end within 50 redirects and be reported as failure (RFC 9110, 15.4; the SDK
    design's RedirectHandler). An empty Location leads to the same URL (RFC 3986, 4.4). Success without
    following any redirect is for `response.redirection`.
    """
    exchange = trial.exchange
    followed = len(own_requests(contract, exchange)) > 1 or exchange.elsewhere
    if endless := _describe_endless(exchange):
        yield Finding("endless", f"at most {_MAX_REDIRECTS} redirects", endless)
    elif exchange.outcome.kind in (("success", *_ABORTED) if followed else _ABORTED):
        actual = describe_outcome(exchange.outcome)
        yield Finding(exchange.outcome.kind, "failure for a redirect loop", actual)


def _find_unusable(contract: Contract, exchange: Exchange) -> tuple[str, str] | None:
    """Why the last Location that cannot be followed is unusable, and that Location; None without one, or if a
    response is not a redirect.
    """
    for response in reversed(_list_redirect_responses(contract, exchange)):
        reason = find_unusable_location(response)
        if reason is not None:
            return reason, response.values("location")[0]
    return None


@clause(
    "redirect.unusable-location",
    "crash",
    "hang",
    "endless",
    when=lambda contract, trial: _find_unusable(contract, trial.exchange) is not None,
)
def unusable_location(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirect whose Location is not a URI, or has another scheme than HTTP's, should end in failure within
    50 redirects or repeated requests (RFC 9110, 15.4: to follow is optional). A client may repair the
    Location and follow it (10.2.2), or repeat its request a few times. Success is for `response.redirection`,
    and a Location that can be followed, such as an empty one, for `redirect.bounded`.
    """
    exchange, found = trial.exchange, _find_unusable(contract, trial.exchange)
    if found is None:
        return
    reason, location = found
    expected = f"failure for Location: {quote(location)}"
    if endless := _describe_endless(exchange):
        yield Finding("endless", f"{expected}, and at most {_MAX_REDIRECTS} more requests", endless)
    elif exchange.outcome.kind in _ABORTED:
        input = reason if exchange.outcome.kind == "crash" else ""
        yield Finding(exchange.outcome.kind, expected, describe_outcome(exchange.outcome), input)
