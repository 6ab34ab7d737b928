"""Makes evidence from findings, for reports: redacted, bounded in size, with a command to reproduce it."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from graphcontract.clauses import Finding
from graphcontract.contract.model import Clause
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.inputs.tokens import CANARY, recipe
from graphcontract.judging.redaction import Redactor
from graphcontract.judging.verdict import evidence_id
from graphcontract.reporting.evidence import (
    CallInput,
    Evidence,
    EvidenceExchange,
    RecordedExchange,
    RecordedOutcome,
    RecordedRequest,
    RecordedResponse,
    WireBytes,
)
from graphcontract.wire import WireRequest, WireResponse

# A report has several exchanges for each violation, and a client may send megabytes.
_CUT = 64 * 1024


def make_evidence(
    clause: Clause, finding: Finding, trial: Trial, *, repeat: str, note: str | None
) -> Evidence:
    """The report's `evidence` object for a finding; `note` says how it was seen where that matters."""
    redactor = Redactor([CANARY, *(each.call.token for each in trial.exchanges)])
    violating = finding.find_exchange(trial)
    exchanges = [cast(EvidenceExchange, describe_exchange(each)) for each in trial.exchanges]
    for each, described in zip(trial.exchanges, exchanges, strict=True):
        if each is violating and len(exchanges) > 1:
            described["violates"] = True
    evidence: Evidence = {
        "id": evidence_id(clause.evidence_key, finding.kind, finding.input),
        "kind": finding.kind,
        "text": clause.kinds[finding.kind].text,
        "statement": clause.statement,
        "source": "; ".join(map(str, clause.sources)),
        "fix": clause.fix,
        "expected": redactor.text(finding.expected),
        "actual": redactor.text(finding.actual),
        "input": describe_call(violating.call),
        "exchange": exchanges[-1],
        "before": exchanges[:-1],
        "repeat": repeat,
        "curl": _curl(finding.at or next(iter(violating.requests), None), violating, redactor),
    }
    if finding.input:
        evidence["class"] = finding.input
    if note is not None:
        evidence["note"] = note
    return evidence


def describe_call(call: Call) -> CallInput:
    """A call's input; its token as the recipe that makes it again."""
    return {"arguments": dict(call.arguments), "token": recipe(call.token), "base_url": call.base_url}


def describe_exchange(of: Exchange) -> RecordedExchange:
    """An exchange as reports show it; times are seconds from the call's start."""
    redactor = Redactor([CANARY, of.call.token])  # The canary, for a client may show another call's token.
    reported = replace(of.outcome, sent=None)  # The start of the exchange, if there was a process to start.
    outcome = {name: value for name, value in asdict(reported).items() if value not in (None, "", False)}
    if of.outcome.error is not None:
        optional = ("retry_after", "inner_codes", "details", "fields")
        outcome["error"] = {
            name: value
            for name, value in outcome["error"].items()
            if value is not None or name not in optional
        }
    recorded: RecordedExchange = {
        "requests": [_describe_request(each, of.started, redactor) for each in of.requests],
        "responses": [_describe_response(each, of.started, redactor) for each in of.responses],
        "outcome": cast(RecordedOutcome, _redact_deep(outcome, redactor)),
        "duration": round(of.ended - of.started, 6),
    }
    if of.elsewhere:
        recorded["elsewhere"] = [_describe_request(each, of.started, redactor) for each in of.elsewhere]
    if of.connects:
        recorded["connects"] = [_describe_request(each, of.started, redactor) for each in of.connects]
    if of.cancelled is not None:
        recorded["cancelled"] = round(of.cancelled - of.started, 6)
    if of.fault is not None:
        recorded["fault"] = of.fault
    if of.certificate is not None:
        recorded["certificate"] = of.certificate
    return recorded


def _describe_request(request: WireRequest, started: float, redactor: Redactor) -> RecordedRequest:
    recorded: RecordedRequest = {
        "at": round(request.at - started, 6),
        "raw": _describe_wire(request, redactor),
        "origin": request.origin,
    }
    if request.malformed:
        recorded["malformed"] = request.malformed
    if request.server_name is not None:
        recorded["server_name"] = redactor.text(request.server_name)
    return recorded


def _describe_response(response: WireResponse, started: float, redactor: Redactor) -> RecordedResponse:
    return {
        "at": round(response.at - started, 6),
        "status": response.status,
        "request": response.request,
        "raw": _describe_wire(response, redactor),
    }


def _describe_wire(message: WireRequest | WireResponse, redactor: Redactor) -> WireBytes:
    """The bytes of a message; over HTTP/2 its frames, described: bytes of a compressed header would show
    secrets that no redaction finds.
    """
    if not message.frames:
        return _describe_bytes(message.raw, redactor)
    lines = redactor.head("\n".join(message.frames).replace("\n", "\r\n"))
    return _describe_bytes(lines.encode("latin-1", "replace"), redactor)


def _describe_bytes(raw: bytes, redactor: Redactor) -> WireBytes:
    """Redacted bytes as text where they are UTF-8, else base64, cut at 64 KiB; size and hash are of all."""
    head, gap, content = raw.partition(b"\r\n\r\n")
    clean = redactor.head(head.decode("latin-1")).encode("latin-1") + gap + redactor.content(content)
    size, digest = len(clean), hashlib.sha256(clean).hexdigest()
    cut = clean[:_CUT]
    try:
        clean.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(cut).decode("ascii"), "size": size, "sha256": digest}
    return {"text": cut.decode("utf-8", "ignore"), "size": size, "sha256": digest}


def _redact_deep(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.text(value)[:_CUT]
    if isinstance(value, Mapping):
        return {_redact_deep(name, redactor): _redact_deep(each, redactor) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_redact_deep(each, redactor) for each in value]
    return value


def _curl(request: WireRequest | None, of: Exchange, redactor: Redactor) -> str | None:
    """A curl line that sends the same head and content again, the token from the environment.

    None for a call to the client's own root: outside of the run that is the service itself.
    """
    if request is None or request.malformed or of.call.base_url is None:
        return None
    root = of.root.split("/", 3)
    url = request.target if "://" in request.target else "/".join(root[:3]) + request.target
    words = ["curl", "--path-as-is", "-i", "-X", request.method, redactor.text(url)]
    words += ["--http2"] if request.version == "2" else []
    for name, value in request.fields:
        if name.lower() not in ("host", "content-length", "transfer-encoding", "authorization"):
            words += ["-H", redactor.head(f"{name}: {value}")]
    if request.content:
        words += ["--data-binary", redactor.content(request.content).decode("utf-8", "replace")]
    elif request.framing == "content-length":
        words += ["-H", "Content-Length: 0"]
    line = shlex.join(words)
    return f'{line} -H "Authorization: Bearer $TOKEN"' if request.values("authorization") else line
