"""Reduces the exchanges of a live run to what a report may contain: status, error.code, request ids, times.

It is an allow-list: whatever is not copied here is dropped. Ids of tasks and tenants are hashed.
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
from graphcontract.clauses.graph_errors import parse_graph_error
from graphcontract.clauses.queries import GUID
from graphcontract.clauses.secrets import contains_any_token
from graphcontract.exchange import Exchange, Outcome, ReportedError
from graphcontract.live.steps import RequestStep, SentExchange
from graphcontract.live.urls import MALFORMED
from graphcontract.wire import WireRequest, WireResponse

_NOT_RECORDED = "(not recorded)"
WITHHELD = "(withheld; --keep-bodies FILE records it)"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_DIGITS = re.compile(r"[0-9]{1,6}")
_HASHED = 12  # hexadecimal digits, 48 bits of the digest


@dataclass
class Anonymizer:
    """Copies the reportable parts of exchanges. The hash key is random and lives as long as the run: an id
    has the same hash within a run, and cannot be recovered from it.
    """

    parameter: str
    tokens: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def hash_id(self, id: str) -> str:
        """The hash that stands for an id in reports. The fixed malformed ids identify no task and stay
        readable.
        """
        if id in MALFORMED or not id:
            return id
        return hmac.new(self._key, id.encode(), hashlib.sha256).hexdigest()[:_HASHED]

    def anonymize_target(self, step: RequestStep) -> str:
        """A step's request target with its task id hashed."""
        if not step.task_id:
            return step.target.partition("(")[0]  # the argument of a lookup can contain a user name
        return step.target.replace(f"/{step.task_id}", f"/{self.hash_id(step.task_id)}")

    def anonymize(self, sent: SentExchange) -> Exchange:
        """A new exchange that contains only what may be reported."""
        call = replace(
            sent.call,
            arguments={self.parameter: self.hash_id(sent.call.task_id)} if sent.call.task_id else {},
            token=_NOT_RECORDED if sent.call.token else "",
            ca_file=None,
        )
        return Exchange(
            call,
            tuple(self._anonymize_request(each, sent.step) for each in sent.requests),
            tuple(self._anonymize_response(each) for each in sent.responses),
            self._anonymize_outcome(sent.outcome),
            sent.started,
            sent.ended,
            own_root=sent.own_root,
            purpose=sent.purpose,
        )

    def anonymize_finding(self, finding: Finding, *, of_service: bool) -> Finding:
        """A finding without bytes. A client's clause may quote anything, so its texts are withheld."""
        if of_service:
            return replace(finding, at=None)
        return replace(finding, expected=WITHHELD, actual=WITHHELD, at=None)

    def extract_code(self, response: WireResponse) -> str | None:
        """The `error.code` of an error response; "(no code)" where it may contain an id or a token."""
        error = parse_graph_error(response) if response.status >= 400 else None
        return self._filter_code(error.code) if error is not None else None

    def extract_request_id(self, values: Iterable[str]) -> str | None:
        """The first of these request ids, where it is a GUID; hashed where it is the id of a task."""
        for value in values:
            bare = value.strip()
            if GUID.fullmatch(bare):
                return self.hash_id(bare) if bare.lower() in {id.lower() for id in self.ids} else bare
            return "(no GUID)"
        return None

    def _filter_code(self, code: str | None) -> str | None:
        if code is None:
            return None
        is_secret = contains_any_token(frozenset(self.tokens), code) or any(
            id in code for id in self.ids if id
        )
        return code if _CODE.fullmatch(code) and not is_secret and not GUID.search(code) else "(no code)"

    def _anonymize_request(self, request: WireRequest, step: RequestStep) -> WireRequest:
        planned = request.method == step.method and request.target == step.target
        method = request.method if re.fullmatch("[A-Z]{1,10}", request.method) else "(no method)"
        target = self.anonymize_target(step) if planned else "/(another target)"
        fields = []
        if request.values("authorization"):
            fields.append(("Authorization", "Bearer [token]"))
        if id := self.extract_request_id(request.values("client-request-id")):
            fields.append(("client-request-id", id))
        fields += [
            ("Content-Length", value)
            for value in request.values("content-length")
            if _DIGITS.fullmatch(value)
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        raw = f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode()
        return WireRequest(
            at=request.at,
            raw=raw,
            method=method,
            target=target,
            version=request.version,
            fields=tuple(fields),
            origin=request.origin,
            scheme=request.scheme,
            malformed="not HTTP" if request.malformed else None,
        )

    def _anonymize_response(self, response: WireResponse) -> WireResponse:
        fields = []
        for name in ("request-id", "client-request-id"):
            if id := self.extract_request_id(response.values(name)):
                fields.append((name, id))
        for name in ("Date", "Retry-After"):
            fields += [(name, time) for value in response.values(name)[:1] if (time := _parse_time(value))]
        code = self.extract_code(response)
        content = json.dumps({"error": {"code": code}}).encode() if code is not None else b""
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        raw = f"HTTP/1.1 {response.status}\r\n{head}\r\n".encode() + content
        return WireResponse(response.at, raw, response.status, tuple(fields), content, response.request)

    def _anonymize_outcome(self, outcome: Outcome) -> Outcome:
        copied = Outcome(outcome.kind, status=outcome.status, died=outcome.died)
        error = outcome.error
        if error is None:
            return copied
        kind = error.kind if error.kind in ("http", "transport", "timeout") else None
        is_plain = error.type is not None and self._filter_code(error.type) == error.type
        type_name = error.type if is_plain and _NAME.fullmatch(error.type or "") else None
        id = self.extract_request_id([error.request_id]) if error.request_id else None
        code = self._filter_code(error.code)
        return replace(copied, error=ReportedError(kind, type_name, error.status, code, None, id))


def _parse_time(value: str) -> str | None:
    """A number of seconds or an HTTP date, normalized; None for anything else."""
    if _DIGITS.fullmatch(value.strip()):
        return value.strip()
    try:
        return format_datetime(parsedate_to_datetime(value), usegmt=True)
    except (ValueError, TypeError, OverflowError):
        return None
