"""What is kept of exchanges: an allow-list, tried by tenants that put all they know where they can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphcontract.exchange import Call, Exchange, Outcome
from graphcontract.judging.evidence import describe_call
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.steps import RequestStep, SentExchange
from graphcontract.live.urls import Targets
from graphcontract.reporting.evidence_text import describe_input
from graphcontract.tenant import Running, Status
from graphcontract.wire import Fields, WireRequest, WireResponse
from tests.clauses import CONTRACT
from tests.live import environment, judge, tasks
from tests.live.hostile import Answering, answering

TASK, TENANT = "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e", "7d1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiI3ZDFjIn0.c2lnbmF0dXJl"
REQUEST_ID = "6f1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"
NAMES = "Adele Vance <adele@contoso.example>"
TARGETS = Targets.of(CONTRACT)
(PARAMETER,) = CONTRACT.request.parameters


def make_anonymizer() -> Anonymizer:
    return Anonymizer(PARAMETER, {TOKEN}, {TASK, TENANT})


def kept(
    anonymizer: Anonymizer,
    *,
    status: int = 404,
    fields: Fields = (),
    content: bytes = b"",
    outcome: Outcome | None = None,
    target: str | None = None,
    task: str = TASK,
    token: str = TOKEN,
) -> Exchange:
    step = RequestStep("cancel", "why", "POST", TARGETS.cancel(task), "", task)
    path = target if target is not None else step.target
    sent: Fields = (
        ("Authorization", f"Bearer {TOKEN}"),
        ("client-request-id", REQUEST_ID),
        ("Cookie", "c"),
        ("User-Agent", NAMES),
    )
    request = WireRequest(0.0, f"{TOKEN}".encode(), "POST", path, "1.1", sent)
    response = WireResponse(0.1, TOKEN.encode(), status, fields, content, 0)
    call = Call(CONTRACT.id, {PARAMETER: task}, token, "http://127.0.0.1:1/beta")
    reported = outcome or Outcome.success()
    return anonymizer.anonymize(
        SentExchange(call, (request,), (response,), reported, purpose="cancel", step=step)
    )


def test_what_may_be_kept_is() -> None:
    date = "Tue, 24 Nov 2026 12:00:00 GMT"
    fields = (("request-id", REQUEST_ID), ("Date", date), ("Retry-After", "7"))
    made = kept(
        make_anonymizer(), fields=fields, content=json.dumps({"error": {"code": "itemNotFound"}}).encode()
    )
    (response,) = made.responses
    assert response.fields == fields
    assert response.content == b'{"error": {"code": "itemNotFound"}}'
    assert made.requests[0].values("client-request-id") == [REQUEST_ID]


@pytest.mark.parametrize(
    ("task", "token", "shown"),
    [
        (TASK, TOKEN, 'sharePointMigrationTaskId = "HASH"; token = "(not recorded)"'),
        (TASK, "", 'sharePointMigrationTaskId = "HASH"; token = ""'),
        ("", TOKEN, 'token = "(not recorded)"'),
    ],
    ids=["a task", "no token", "a list"],
)
def test_input_of_a_call(task: str, token: str, shown: str) -> None:
    anonymizer = make_anonymizer()
    made = kept(anonymizer, task=task, token=token)
    assert describe_input(describe_call(made.call)) == shown.replace("HASH", anonymizer.hash_id(TASK))


def test_an_id_has_a_name_of_its_own_in_each_run() -> None:
    one, other = make_anonymizer(), make_anonymizer()
    assert one.hash_id(TASK) == one.hash_id(TASK) != one.hash_id(TENANT)
    assert one.hash_id(TASK) != other.hash_id(TASK)
    assert repr(one).count("key") == 0


HOSTILE: list[dict[str, Any]] = [
    {"fields": (("request-id", text), ("client-request-id", text), ("Date", text), ("Retry-After", text))}
    for text in (TOKEN, TASK, TENANT, NAMES, TOKEN[10:40])
]
HOSTILE += [
    {"content": json.dumps({"error": {"code": text, "message": text, "innerError": {"x": text}}}).encode()}
    for text in (TOKEN, TOKEN[5:50], TASK, f"code-{TASK}", TENANT, NAMES, "x" * 300)
]
HOSTILE += [
    {"status": 200, "content": json.dumps({"id": TASK, "parameters": {"name": NAMES, "t": TOKEN}}).encode()},
    {"fields": (("Location", f"https://evil.example/{TOKEN}"), ("Set-Cookie", TOKEN), (TOKEN, TOKEN))},
    {"target": f"/{TOKEN}/{TASK}/{NAMES}"},
    {"outcome": Outcome.crash(f"{TOKEN} {NAMES} {TASK}", output=f"{TOKEN} {NAMES}")},
    {"outcome": Outcome.rejected(f"{TOKEN} {NAMES} {TASK}")},
    {
        "outcome": Outcome.failure(
            kind=TOKEN, type=TOKEN[:30], status=404, code=TOKEN[:40], message=NAMES, request_id=TASK
        )
    },
]


@pytest.mark.parametrize("members", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_else_is(members: dict[str, Any]) -> None:
    shown = str(kept(make_anonymizer(), **members))
    for secret in (TASK, TENANT, "Adele", "adele", "evil", TOKEN[:20], TOKEN[10:40], TOKEN[-20:], "x" * 100):
        assert secret not in shown


def test_a_tenant_that_repeats_everything(tenant: Running, tmp_path: Path) -> None:
    """A run against one shows neither token nor body, in no report and in no log."""
    echo = Answering(
        404, (("request-id", NAMES.replace("<", "").replace(">", "")),), NAMES.encode(), echo=True
    )
    token = tenant.token()
    with answering(echo) as root:
        result = judge(tenant, tmp_path, tenant_url=root, request_log=tmp_path / "log.jsonl")
    assert "service.secrets" in result.of("fail")
    journal = (tmp_path / "journal.jsonl").read_text()  # which knows ids, and stays here
    shown = result.text + (tmp_path / "log.jsonl").read_text()
    assert tenant.tenant_id not in shown
    for secret in (token[:20], token[30:60], token[-20:], "Adele", "adele"):
        assert secret not in shown + journal


def test_a_run_that_fails_everywhere_names_no_task(tenant: Running, tmp_path: Path) -> None:
    tenant.behave("token-in-task")
    named = tasks(tenant, Status.NOT_STARTED)
    started = tasks(tenant, Status.COMPLETED)
    result = judge(
        tenant,
        tmp_path,
        allow_cancel=True,
        tasks=named,
        started_tasks=started,
        client="reference",
        request_log=tmp_path / "log.jsonl",
    )
    assert result.status == 1
    shown = result.text + (tmp_path / "log.jsonl").read_text()
    for secret in (*named, *started, tenant.tenant_id, tenant.token()[:20], "contoso"):
        assert secret not in shown


def test_a_faulty_client_may_say_what_it_wants(tenant: Running, tmp_path: Path) -> None:
    found = environment(tenant)
    result = judge(tenant, tmp_path, env=found, client="python:tests.live.clients:telling")
    assert "secrets.token" in result.of("fail")
    for secret in (found["GRAPHCONTRACT_TOKEN"][:20], found["GRAPHCONTRACT_TOKEN_UNPRIVILEGED"][:20]):
        assert secret not in result.text
