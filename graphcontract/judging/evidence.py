"""What stands behind a verdict, as data for reports: redacted, bounded, and enough to repeat it."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from graphcontract.clauses import Finding
from graphcontract.contract.model import Clause
from graphcontract.exchange import Call, Exchange, Trial, WireRequest, WireResponse
from graphcontract.inputs.tokens import CANARY, recipe
from graphcontract.judging.redaction import Redactor
from graphcontract.judging.verdict import evidence_id

# A report has several exchanges for each violation, and a client may send megabytes.
_CUT = 64 * 1024


def evidence(
    clause: Clause, finding: Finding, trial: Trial, *, repeat: str, note: str | None
) -> dict[str, Any]:
    """The report's `evidence` object for a finding; `note` tells how it was seen where that matters."""
    redactor = Redactor([CANARY, *(each.call.token for each in trial.exchanges)])
    shown = {
        "id": evidence_id(clause.evidence_key, finding.kind, finding.input),
        "kind": finding.kind,
        "text": clause.kinds[finding.kind].text,
        "statement": clause.statement,
        "source": "; ".join(map(str, clause.sources)),
        "expected": redactor.text(finding.expected),
        "actual": redactor.text(finding.actual),
        "input": asked(trial.exchange.call),
        "exchange": exchange(trial.exchange),
        "before": [exchange(each) for each in trial.exchanges[:-1]],
        "repeat": repeat,
        "curl": _curl(finding.at or next(iter(trial.exchange.requests), None), trial.exchange, redactor),
    }
    if finding.input:
        shown["class"] = finding.input
    if note is not None:
        shown["note"] = note
    return shown


def asked(call: Call) -> dict[str, Any]:
    """A call's input; its token as the recipe that makes it again."""
    return {"arguments": dict(call.arguments), "token": recipe(call.token), "base_url": call.base_url}


def exchange(of: Exchange) -> dict[str, Any]:
    """An exchange as reports show it; times are seconds from the call's start."""
    redactor = Redactor([CANARY, of.call.token])  # The canary, for a client may show another call's token.
    outcome = {name: value for name, value in asdict(of.outcome).items() if value not in (None, "", False)}
    shown: dict[str, Any] = {
        "requests": [_request(each, of.started, redactor) for each in of.requests],
        "responses": [_response(each, of.started, redactor) for each in of.responses],
        "outcome": _deep(outcome, redactor),
        "duration": round(of.ended - of.started, 6),
    }
    if of.elsewhere:
        shown["elsewhere"] = [_request(each, of.started, redactor) for each in of.elsewhere]
    if of.fault is not None:
        shown["fault"] = of.fault
    if of.certificate is not None:
        shown["certificate"] = of.certificate
    return shown


def _request(request: WireRequest, started: float, redactor: Redactor) -> dict[str, Any]:
    shown = {
        "at": round(request.at - started, 6),
        "raw": _bytes(request.raw, redactor),
        "origin": request.origin,
    }
    return shown | ({"malformed": request.malformed} if request.malformed else {})


def _response(response: WireResponse, started: float, redactor: Redactor) -> dict[str, Any]:
    return {
        "at": round(response.at - started, 6),
        "status": response.status,
        "request": response.request,
        "raw": _bytes(response.raw, redactor),
    }


def _bytes(raw: bytes, redactor: Redactor) -> dict[str, Any]:
    """Redacted bytes as text where they are UTF-8, else base64, cut at 64 KiB; size and hash are of all."""
    head, gap, content = raw.partition(b"\r\n\r\n")
    clean = redactor.head(head.decode("latin-1")).encode("latin-1") + gap + redactor.content(content)
    size = {"size": len(clean), "sha256": hashlib.sha256(clean).hexdigest()}
    cut = clean[:_CUT]
    try:
        clean.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(cut).decode("ascii"), **size}
    return {"text": cut.decode("utf-8", "ignore"), **size}


def _deep(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.text(value)[:_CUT]
    if isinstance(value, Mapping):
        return {name: _deep(each, redactor) for name, each in value.items()}
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
    for name, value in request.fields:
        if name.lower() not in ("host", "content-length", "transfer-encoding", "authorization"):
            words += ["-H", redactor.head(f"{name}: {value}")]
    if request.content:
        words += ["--data-binary", redactor.content(request.content).decode("utf-8", "replace")]
    elif request.framing == "content-length":
        words += ["-H", "Content-Length: 0"]
    line = shlex.join(words)
    return f'{line} -H "Authorization: Bearer $TOKEN"' if request.values("authorization") else line
