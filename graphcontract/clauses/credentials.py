"""The credentials that the action's page demands: one Authorization field, and the token nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.queries import (
    LINE_END,
    TELLING,
    abbreviated,
    asking,
    broke_off,
    carries,
    control_sent,
    difference,
    is_ordinary,
    is_usable,
    own_requests,
)
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial, WireRequest
from graphcontract.http.request_target import decode

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+(?=:)")


def _credentials_on_trial(contract: Contract, trial: Trial) -> bool:
    if not is_usable(trial.exchange.call):
        return False
    return bool(own_requests(contract, trial.exchange)) or _odd_token_broke_it(contract, trial)


def _odd_token_broke_it(contract: Contract, trial: Trial) -> bool:
    exchange = trial.exchange
    return broke_off(exchange) and is_ordinary(contract, exchange.call) and control_sent(contract, trial)


@clause(
    "request.authorization",
    "missing",
    "repeated",
    "other-scheme",
    "other-token",
    "elsewhere",
    "present",
    "crash",
    when=_credentials_on_trial,
    needs=frozenset({"credentials"}),
    not_applicable=lambda contract: (
        "the contract leaves Authorization open"
        if contract.request.fields["Authorization"] == "unconstrained"
        else None
    ),
)
def authorization(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Bearer in any letter case, one or more spaces, the token unchanged, and the token nowhere else."""
    token = trial.exchange.call.token
    if broke_off(trial.exchange):
        seen = f"the client sent nothing: {trial.exchange.outcome.kind}, {trial.exchange.outcome.reason}"
        yield Finding("crash", "Authorization: Bearer and the token", seen, _token_class(token))
        return
    required = contract.request.fields["Authorization"] == "require"
    for request in asking(contract, trial.exchange):
        if required:
            yield from _authorization_faults(request, token)
        elif request.values("authorization"):
            yield Finding("present", "no Authorization field", "one", at=request)
    for request in own_requests(contract, trial.exchange):
        yield from _leaks(request, token)


def _authorization_faults(request: WireRequest, token: str) -> Iterator[Finding]:
    values = request.values("authorization")
    if not values:
        yield Finding("missing", "one Authorization field", "none", at=request)
    if len(values) > 1:
        yield Finding("repeated", "one Authorization field", f"{len(values)} of them", at=request)
    for value in values[:1]:
        scheme, _, given = value.strip(" \t").partition(" ")
        given = given.lstrip(" ")
        if scheme.lower() != "bearer":
            seen = f"the scheme {abbreviated(scheme, 40)}" if given else f"no scheme, {len(value)} characters"
            yield Finding("other-scheme", "Bearer and the token", seen, at=request)
        elif given != token:
            changed = difference(token, given)
            input = "long" if changed == "long" else "short" if len(token) < TELLING else changed
            seen = _comparison(token, given)
            yield Finding("other-token", "Bearer and the token unchanged", seen, input, request)


def _comparison(owed: str, seen: str) -> str:
    """How two tokens differ, without showing either."""
    same = next(
        (i for i, (a, b) in enumerate(zip(owed, seen, strict=False)) if a != b), min(len(owed), len(seen))
    )
    return f"{len(seen)} characters that differ from the token's {len(owed)} from the {same + 1}th on"


def _leaks(request: WireRequest, token: str) -> Iterator[Finding]:
    head, *content = _HEAD_END.split(request.raw.lstrip(b"\r\n"), 1)
    line, *fields = LINE_END.split(head)
    parts = [("the request target", decode(line.decode("latin-1")))]
    parts += [(_named(field), field) for field in fields if not field.lower().startswith(b"authorization:")]
    parts += [("the content", each) for each in content]
    for where, seen in parts:
        if carries(seen, token):
            owed = "the token in Authorization alone"
            yield Finding("elsewhere", owed, f"it stands in {where}", at=request)
            return


def _named(field: bytes) -> str:
    name = _FIELD.match(field)
    return f"the field {name[0].decode()}" if name else "a line that is no field"


def _token_class(token: str) -> str:
    if len(token) < TELLING:
        return "short"
    return "long" if len(token) > 1024 else "token"
