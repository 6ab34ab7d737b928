"""What the tests of the clauses share: the shipped contract, and exchanges written as bytes on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcontract.clauses import Finding, list_kinds, registry
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Exchange, Outcome, Trial
from graphcontract.inputs.tokens import CANARY
from graphcontract.transports.request_reader import RequestReader
from graphcontract.wire import WireRequest, WireResponse

CONTRACT = load("sharepointmigrationtask-cancel", list_kinds())
(PARAMETER,) = CONTRACT.request.parameters
TASK = "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"
TOKEN = f"{CANARY}.0123456789"
ID = "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"
NAMES = "/beta/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"
SUCCESS = Outcome.success(status=204)
CRASH = Outcome.crash("KeyError: 'x'")
HANG = Outcome.hang("no outcome within 4.5 s")
Fields = Sequence[tuple[str, str]]


def call(task_id: str = TASK, token: str = TOKEN) -> Call:
    return Call(CONTRACT.id, {PARAMETER: task_id}, token, base_url="http://127.0.0.1:1/beta")


def target(segment: str = TASK) -> str:
    return f"{NAMES}/{segment}/cancel"


def request(
    target: str = f"{NAMES}/{TASK}/cancel",
    *,
    method: str = "POST",
    fields: Mapping[str, str | None] | None = None,
    more: Fields = (),
    content: str = "",
) -> WireRequest:
    """A conforming request but for what is said; a field that is None is left out, `more` come last."""
    sent: dict[str, str | None] = {
        "Host": "127.0.0.1:1",
        "Authorization": f"Bearer {TOKEN}",
        "Content-Length": str(len(content.encode())),
        "client-request-id": ID,
    }
    sent |= fields or {}
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in sent.items() if value is not None]
    lines += [f"{name}: {value}" for name, value in more]
    return read("\r\n".join([*lines, "", content]).encode())


def read(raw: bytes) -> WireRequest:
    return stream(raw)[0]


def stream(raw: bytes) -> list[WireRequest]:
    """What one connection carries until its end, at least one request."""
    reader, found = RequestReader("127.0.0.1:1", 1), []
    reader.feed(raw)
    while request := reader.next() or reader.read_incomplete():
        found.append(request)
    assert found
    return found


def response(status: int, content: bytes = b"", **members: object) -> WireResponse:
    made = WireResponse(at=0.0, raw=b"", status=status, fields=(), content=content, request=0)
    return replace(made, **members)  # type: ignore[arg-type]


def error_answer(status: int, **members: object) -> WireResponse:
    inner = {"request-id": ID, "date": "2025-11-12T09:30:00"}
    error = {"code": "conflict", "message": "In progress.", "innerError": inner, **members}
    return response(status, json.dumps({"error": error}).encode(), fields=(("request-id", ID),))


def failure(status: int | None = 409, **members: str | None) -> Outcome:
    members = {"code": "conflict", "message": "In progress.", "request_id": ID, **members}
    return Outcome.failure(kind="http", status=status, **members)  # type: ignore[arg-type]


def exchange(
    *requests: WireRequest,
    outcome: Outcome = SUCCESS,
    answer: WireResponse | None = None,
    asked: Call | None = None,
) -> Exchange:
    """An exchange; each of its requests is answered with `answer`, 204 where that is left out."""
    answers = tuple(replace(answer or response(204), request=index) for index in range(len(requests)))
    return Exchange(asked or call(), requests, answers, outcome)


CONTROL = exchange(request())
FAILED_CONTROL = exchange(request(), outcome=failure(), answer=error_answer(409))


def judges(id: str, *calls: Exchange, control: Exchange | None = None, contract: Contract = CONTRACT) -> bool:
    """Whether the clause applies to the last of these calls, with those before it."""
    return registry()[id].when(contract, Trial(calls[-1], control, calls[:-1]))


def findings(
    id: str, *calls: Exchange, control: Exchange | None = None, contract: Contract = CONTRACT
) -> list[Finding]:
    """What a clause finds in the last of these calls; it has to apply to it."""
    function, trial = registry()[id], Trial(calls[-1], control, calls[:-1])
    assert function.when(contract, trial)
    found = list(function.judge(contract, trial))
    assert {finding.kind for finding in found} <= function.kinds
    return found


def kinds(
    id: str, *calls: Exchange, control: Exchange | None = None, contract: Contract = CONTRACT
) -> list[str]:
    """The kinds of its findings, each once."""
    found = findings(id, *calls, control=control, contract=contract)
    return list(dict.fromkeys(finding.kind for finding in found))


def fault(id: str, *calls: Exchange, control: Exchange | None = None) -> tuple[str, str]:
    """The kind and the class of input of its one finding."""
    (finding,) = findings(id, *calls, control=control)
    return finding.kind, finding.input


def not_applicable(id: str, contract: Contract) -> str | None:
    """Why a clause does not apply to a contract."""
    return registry()[id].not_applicable(contract)


def with_request(**members: object) -> Contract:
    """The shipped contract with another request rule."""
    return replace(CONTRACT, request=replace(CONTRACT.request, **members))  # type: ignore[arg-type]


def with_fields(**rules: str) -> Contract:
    named = {name.replace("_", "-"): rule for name, rule in rules.items()}
    return with_request(fields={**CONTRACT.request.fields, **named})
