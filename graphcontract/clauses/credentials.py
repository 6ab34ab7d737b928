"""Clauses on credentials: one Authorization header with the token, the token nowhere else, and none without a
token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    DISTINCTIVE_LENGTH,
    LINE_END,
    abbreviate,
    admits_other_credentials,
    classify_difference,
    contains_token,
    control_has_request,
    crashed_without_request,
    has_readable_head,
    is_ordinary,
    is_usable,
    operation_requests,
    own_requests,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial, WireRequest
from graphcontract.http.request_target import decode

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PLACEHOLDERS = ("null", "none", "undefined", "nil", "false", "nan", "(null)", "[object object]")
_FIELD = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+(?=:)")


def _shows_credentials(contract: Contract, trial: Trial) -> bool:
    if not is_usable(trial.exchange.call):
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
    head, *content = _HEAD_END.split(request.raw.lstrip(b"\r\n"), 1)
    line, *fields = LINE_END.split(head)
    parts = [("the request target", decode(line.decode("latin-1")))]
    parts += [
        (_describe_field(field), field) for field in fields if not field.lower().startswith(b"authorization:")
    ]
    parts += [("the content", each) for each in content]
    for location, raw in parts:
        if contains_token(raw, token):
            yield Finding("elsewhere", "the token in Authorization only", f"in {location}", at=request)
            return


def _describe_field(field: bytes) -> str:
    name = _FIELD.match(field)
    return f"the header {name[0].decode()}" if name else "a line that is not a header"


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
