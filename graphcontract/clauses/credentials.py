"""Clauses on credentials: one Authorization header with the token, the token nowhere else, and none without a
token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    LINE_END,
    abbreviate,
    admits_other_credentials,
    classify_difference,
    control_has_request,
    crashed_without_request,
    has_readable_head,
    is_ordinary,
    is_usable,
    operation_requests,
    own_requests,
)
from graphcontract.clauses.secrets import DISTINCTIVE_LENGTH, contains_token
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.http.request_target import decode
from graphcontract.wire import WireRequest

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PLACEHOLDERS = ("null", "none", "undefined", "nil", "false", "nan", "(null)", "[object object]")
_TARGET = "the request target"
_FIELD = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+(?=:)")


def _shows_credentials(contract: Contract, trial: Trial) -> bool:
    if not is_usable(contract, trial.exchange.call):
        return False
    return bool(own_requests(contract, trial.exchange)) or _crashed_on_token(contract, trial)


def _crashed_on_token(contract: Contract, trial: Trial) -> bool:
    """Whether the client crashed on the token only: the id is ordinary, and the control's token was sent."""
    exchange = trial.exchange
    return (
        crashed_without_request(exchange)
        and is_ordinary(contract, exchange.call)
        and control_has_request(contract, trial)
    )


@clause(
    "request.authorization",
    "missing",
    "repeated",
    "other-scheme",
    "other-token",
    "elsewhere",
    "present",
    "crash",
    when=_shows_credentials,
    reads_malformed=True,
    needs=frozenset({"credentials"}),
    not_applicable=lambda contract: (
        "the contract leaves Authorization open"
        if contract.request.fields["Authorization"] == "unconstrained"
        else None
    ),
)
def authorization(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The request must have one Authorization header with Bearer and the unchanged token, and the token
    nowhere else (the operation's page; RFC 6750, 2.1). The letter case of Bearer and the number of spaces
    after it make no difference. A crash is a fault only if a plain token was sent. After 403 or a claims
    challenge another token is accepted, and after a redirect none: some stacks never send credentials there.
    """
    token = trial.exchange.call.token
    if crashed_without_request(trial.exchange):
        outcome = trial.exchange.outcome
        actual = f"no request; outcome {outcome.kind}: {outcome.reason}"
        if not trial.exchange.surroundings:  # else it is not the token that the client crashed for
            yield Finding("crash", "Authorization: Bearer and the token", actual, _classify_token(token))
        return
    required = contract.request.fields["Authorization"] == "require"
    for request in filter(has_readable_head, operation_requests(contract, trial.exchange)):
        if required:
            accepted = _accepted_kinds(trial.exchange, request)
            faults = _find_authorization_faults(request, token)
            yield from (finding for finding in faults if finding.kind not in accepted)
        elif request.values("authorization"):
            yield Finding("present", "no Authorization header", "an Authorization header", at=request)
    for request in filter(has_readable_head, own_requests(contract, trial.exchange)):
        yield from _find_leak(request, token)


def _accepted_kinds(exchange: Exchange, request: WireRequest) -> set[str]:
    """The kinds of finding that an earlier response to the call excuses."""
    place = next(index for index, each in enumerate(exchange.requests) if each is request)
    earlier = [each for each in exchange.responses if each.request < place]
    redirected = any(300 <= each.status < 400 for each in earlier)
    renewed = any(map(admits_other_credentials, earlier))
    return ({"missing"} if redirected else set()) | ({"other-token"} if renewed else set())


def _find_authorization_faults(request: WireRequest, token: str) -> Iterator[Finding]:
    values = request.values("authorization")
    if not values:
        yield Finding("missing", "one Authorization header", "no Authorization header", at=request)
    if len(values) > 1:
        yield Finding(
            "repeated", "one Authorization header", f"{len(values)} Authorization headers", at=request
        )
    for value in values[:1]:
        scheme, _, credentials = value.strip(" \t").partition(" ")
        credentials = credentials.lstrip(" ")
        if scheme.lower() != "bearer":
            named = f"the scheme {abbreviate(scheme, 40)}"
            actual = named if credentials else f"no scheme, {len(value)} characters"
            yield Finding("other-scheme", "Bearer and the token", actual, at=request)
        elif credentials != token:
            changed = classify_difference(token, credentials)
            short = len(token) < DISTINCTIVE_LENGTH
            input = "long" if changed == "long" else "short" if short else changed
            actual = _compare_tokens(token, credentials)
            yield Finding("other-token", "Bearer and the unchanged token", actual, input, request)


def _compare_tokens(expected: str, actual: str) -> str:
    """Describe how two tokens differ, without a character of either."""
    pairs = enumerate(zip(expected, actual, strict=False))
    same = next((index for index, (a, b) in pairs if a != b), min(len(expected), len(actual)))
    return (
        f"{len(actual)} characters that differ from the token's {len(expected)} from character {same + 1} on"
    )


def _find_leak(request: WireRequest, token: str) -> Iterator[Finding]:
    """Find the first part of a request, other than Authorization, that contains the token."""
    line, *lines = LINE_END.split(request.text.lstrip(b"\r\n"))
    others = b"\n".join(
        [decode(line.decode("latin-1")), *(each for each in lines if not _is_authorization(each))]
    )
    if not contains_token(others, token):
        return  # most requests: one search instead of one for each field
    for name, location in _find_token(request, token):
        if name != "authorization":
            yield Finding("elsewhere", "the token in Authorization only", f"in {location}", at=request)
            return


def _is_authorization(line: bytes) -> bool:
    return line[:14].lower() == b"authorization:"


def _find_token(request: WireRequest, token: str) -> Iterator[tuple[str, str]]:
    """Find the parts of a request that contain the token: of a header the name in lower case, of another part
    an empty one, and the part's description.
    """
    head, *content = _HEAD_END.split(request.text.lstrip(b"\r\n"), 1)
    line, *fields = LINE_END.split(head)
    if contains_token(decode(line.decode("latin-1")), token):
        yield "", _TARGET
    for field in fields:
        if contains_token(field, token):
            named = _FIELD.match(field)
            name = named[0].decode() if named else ""
            yield name.lower(), f"the header {name}" if named else "a line that is not a header"
    if any(contains_token(each, token) for each in content):
        yield "", "the content"


def _classify_token(token: str) -> str:
    if len(token) < DISTINCTIVE_LENGTH:
        return "short"
    return "long" if len(token) > 1024 else "token"


@clause(
    "input.no-token",
    "empty",
    "placeholder",
    "other-token",
    when=lambda _contract, trial: not trial.exchange.call.token,
    needs=frozenset({"credentials"}),
    not_applicable=lambda contract: (
        "the contract leaves Authorization open"
        if contract.request.fields["Authorization"] == "unconstrained"
        else None
    ),
)
def no_token(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Without a token, no Authorization header must be sent: a scheme without credentials, or with a
    placeholder, is not valid (RFC 6750, 2.1; RFC 9110, 2.2), and another token is not the caller's. Rejecting
    the call is correct, and so is a request without the header: the service responds with 401.
    """
    expected = "no Authorization header without a token"
    for request in own_requests(contract, trial.exchange):
        for value in request.values("authorization"):
            credentials = value.strip(" \t").partition(" ")[2].strip(" \t")
            if not credentials:
                yield Finding("empty", expected, "an Authorization header without a token", at=request)
            elif credentials.strip("\"'<>{}").lower() in _PLACEHOLDERS:
                yield Finding("placeholder", expected, f"the token {abbreviate(credentials)}", at=request)
            else:
                actual = f"credentials of {len(credentials)} characters"
                yield Finding("other-token", expected, actual, at=request)


def _sends_token_past_a_proxy(_contract: Contract, trial: Trial) -> bool:
    exchange = trial.exchange
    return bool(exchange.connects) and len(exchange.call.token) >= DISTINCTIVE_LENGTH


@clause(
    "proxy.credentials",
    "target",
    "authorization",
    "proxy-authorization",
    "other-field",
    when=_sends_token_past_a_proxy,
    needs=frozenset({"own-root", "proxy"}),
    reads_malformed=True,
)
def proxy_credentials(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A CONNECT must not contain the token, in any encoding: it is not encrypted, and proxies log it (RFC
    6750, 5.3; RFC 9110, 9.3.6). Credentials of the proxy itself are accepted, and so is any other header.
    """
    expected = "no token in a CONNECT request"
    for request in trial.exchange.connects:
        for name, location in _find_token(request, trial.exchange.call.token):
            named = name in ("authorization", "proxy-authorization")
            kind = name if named else "target" if location == _TARGET else "other-field"
            yield Finding(kind, expected, f"the token in {location}", at=request)
