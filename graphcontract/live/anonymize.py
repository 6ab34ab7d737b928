"""What a live run keeps of an exchange: an allow-list. Status, error.code, request ids, times; ids hashed.

Knows exchanges and which texts are ids; it judges nothing. What is not named here is not kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email.utils import format_datetime, parsedate_to_datetime

from graphcontract.clauses import Finding
from graphcontract.clauses.queries import GUID, parse_graph_error
from graphcontract.clauses.secrets import contains_any_token
from graphcontract.exchange import Exchange, Outcome, ReportedError, WireRequest, WireResponse
from graphcontract.live.steps import RequestStep
from graphcontract.live.urls import MALFORMED

WITHHELD = "(not kept; --keep-bodies FILE keeps it)"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_DIGITS = re.compile(r"[0-9]{1,6}")
_HASHED = 12


@dataclass
class Anonymizer:
    """Takes out of exchanges what reports may hold. Its key is made for one run and kept nowhere: the same id
    has the same name within a run, and nobody can tell by it which id it was.
    """

    parameter: str
    tokens: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def name(self, id: str) -> str:
        """The name of an id in reports."""
        if id in MALFORMED or not id:
            return id
        return hmac.new(self._key, id.encode(), hashlib.sha256).hexdigest()[:_HASHED]

    def target(self, step: RequestStep) -> str:
        """A step's target, its id hashed."""
        if not step.task_id:
            return step.target.partition("(")[0]  # what a lookup asks for names people
        return step.target.replace(f"/{step.task_id}", f"/{self.name(step.task_id)}")

    def kept(self, exchange: Exchange, step: RequestStep) -> Exchange:
        """The exchange, made anew of what may be kept."""
        call = replace(
            exchange.call,
            arguments={self.parameter: self.name(exchange.call.task_id)},
            token="",
            ca_file=None,
        )
        return Exchange(
            call,
            tuple(self._request(each, step) for each in exchange.requests),
            tuple(self._response(each) for each in exchange.responses),
            self._outcome(exchange.outcome),
            exchange.started,
            exchange.ended,
            own_root=exchange.own_root,
            purpose=exchange.purpose,
        )

    def finding(self, finding: Finding, *, of_service: bool) -> Finding:
        """A finding without bytes; what a client's clause says may quote anything, and is not kept."""
        if of_service:
            return replace(finding, at=None)
        return replace(finding, expected=WITHHELD, actual=WITHHELD, at=None)

    def code(self, response: WireResponse) -> str | None:
        """The `error.code` of an answer, where it can be nothing but that."""
        error = parse_graph_error(response) if response.status >= 400 else None
        return self._plain(error.code) if error is not None else None

    def request_id(self, values: Iterable[str]) -> str | None:
        """A request id, where it is a GUID and no id of a task."""
        for value in values:
            bare = value.strip()
            if GUID.fullmatch(bare):
                return self.name(bare) if bare.lower() in {id.lower() for id in self.ids} else bare
            return "(no GUID)"
        return None

    def _plain(self, code: str | None) -> str | None:
        if code is None:
            return None
        told = contains_any_token(frozenset(self.tokens), code) or any(id in code for id in self.ids if id)
        return code if _CODE.fullmatch(code) and not told and not GUID.search(code) else "(no code)"

    def _request(self, request: WireRequest, step: RequestStep) -> WireRequest:
        planned = request.method == step.method and request.target == step.target
        method = request.method if re.fullmatch("[A-Z]{1,10}", request.method) else "(no method)"
        target = self.target(step) if planned else "/(another target)"
        kept = []
        if request.values("authorization"):
            kept.append(("Authorization", "Bearer [token]"))
        if id := self.request_id(request.values("client-request-id")):
            kept.append(("client-request-id", id))
        kept += [
            ("Content-Length", value)
            for value in request.values("content-length")
            if _DIGITS.fullmatch(value)
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in kept)
        raw = f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode()
        return WireRequest(
            at=request.at,
            raw=raw,
            method=method,
            target=target,
            version=request.version,
            fields=tuple(kept),
            origin=request.origin,
            scheme=request.scheme,
            malformed="not HTTP" if request.malformed else None,
        )

    def _response(self, response: WireResponse) -> WireResponse:
        kept = []
        for name in ("request-id", "client-request-id"):
            if id := self.request_id(response.values(name)):
                kept.append((name, id))
        for name in ("Date", "Retry-After"):
            kept += [(name, time) for value in response.values(name)[:1] if (time := _time(value))]
        code = self.code(response)
        content = json.dumps({"error": {"code": code}}).encode() if code is not None else b""
        head = "".join(f"{name}: {value}\r\n" for name, value in kept)
        raw = f"HTTP/1.1 {response.status}\r\n{head}\r\n".encode() + content
        return WireResponse(response.at, raw, response.status, tuple(kept), content, response.request)

    def _outcome(self, outcome: Outcome) -> Outcome:
        kept = Outcome(outcome.kind, status=outcome.status, died=outcome.died)
        error = outcome.error
        if error is None:
            return kept
        kind = error.kind if error.kind in ("http", "transport", "timeout") else None
        told = error.type is not None and self._plain(error.type) == error.type
        named = error.type if told and _NAME.fullmatch(error.type or "") else None
        id = self.request_id([error.request_id]) if error.request_id else None
        code = self._plain(error.code)
        return replace(kept, error=ReportedError(kind, named, error.status, code, None, id))


def _time(value: str) -> str | None:
    """A number of seconds, or a date as HTTP writes it; None for what is neither."""
    if _DIGITS.fullmatch(value.strip()):
        return value.strip()
    try:
        return format_datetime(parsedate_to_datetime(value), usegmt=True)
    except (ValueError, TypeError, OverflowError):
        return None
