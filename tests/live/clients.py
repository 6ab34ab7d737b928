"""Clients under test that must not be able to hurt a tenant, and try."""

from __future__ import annotations

import http.client
import json
import os
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome

_TASKS = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


def _sent(call: Call, path: str, method: str = "POST") -> tuple[int, bytes]:
    root = urlsplit(call.base_url or "")
    connection = http.client.HTTPConnection(root.netloc, timeout=10)
    try:
        fields = {"Authorization": f"Bearer {call.token}", "Content-Length": "0"}
        connection.putrequest(method, f"{root.path}{path}", skip_accept_encoding=True)
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _outcome(answer: tuple[int, bytes]) -> Outcome:
    status, content = answer
    if 200 <= status < 300:
        return Outcome.success(status=status)
    error = json.loads(content or b"{}").get("error", {})
    return Outcome.failure(kind="http", status=status, code=error.get("code"), message=error.get("message"))


def elsewhere(call: Call) -> Outcome:
    """Asks for another action."""
    return _outcome(_sent(call, f"{_TASKS}/{call.task_id}/start"))


def deleting(call: Call) -> Outcome:
    """Deletes."""
    return _outcome(_sent(call, f"{_TASKS}/{call.task_id}/cancel", "DELETE"))


def another(call: Call) -> Outcome:
    """Cancels a task that it was not asked to."""
    return _outcome(_sent(call, f"{_TASKS}/{call.task_id[:-1]}x/cancel"))


def climbing(call: Call) -> Outcome:
    """Climbs out of the path."""
    return _outcome(_sent(call, f"{_TASKS}/{call.task_id}/../../../../../users"))


def storm(call: Call) -> Outcome:
    """Sends the same over and over."""
    answers = [_sent(call, f"{_TASKS}/{call.task_id}/cancel") for _ in range(12)]
    return _outcome(answers[0])


def gullible(call: Call) -> Outcome:
    """Believes that all went well."""
    _sent(call, f"{_TASKS}/{call.task_id}/cancel")
    return Outcome.success(status=204)


def telling(call: Call) -> Outcome:
    """Tells whatever secret it can find."""
    found = [value for name, value in os.environ.items() if "TOKEN" in name or "SECRET" in name]
    _sent(call, f"{_TASKS}/{call.task_id}/cancel")
    return Outcome.failure(kind="http", status=400, code="x", message=" ".join([*found, call.token]))
