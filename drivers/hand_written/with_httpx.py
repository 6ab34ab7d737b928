"""The action in ten lines on httpx, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import ssl
from functools import cache
from urllib.parse import quote

import httpx

from graphcontract.exchange import Call, Outcome

IMPLEMENTATION = {"name": "httpx", "version": httpx.__version__, "notes": "ten lines on a Client"}
LIMITS = {"timeout": "attempt", "surface": "generic"}

TASKS = "solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


def cancel_task(client: httpx.Client, root: str, token: str, task_id: str, timeout: float) -> httpx.Response:
    """Cancel one task; raises httpx.HTTPError and httpx.InvalidURL."""
    response = client.post(
        f"{root}/{TASKS}/{quote(task_id, safe='')}/cancel",
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
    )
    return response.raise_for_status()


@cache
def _client(number: int, ca_file: str | None) -> httpx.Client:  # noqa: ARG001 - one for each number
    return httpx.Client(verify=ssl.create_default_context(cafile=ca_file) if ca_file else True)


def cancel(call: Call) -> Outcome:
    """Make one call and report it as httpx's documentation distinguishes its errors."""
    root = call.base_url or "https://graph.microsoft.com/beta"
    try:
        response = cancel_task(
            _client(call.client, call.ca_file), root, call.token, call.task_id, call.timeout
        )
    except httpx.HTTPStatusError as error:
        return Outcome.failure(
            kind="http", type="HTTPStatusError", status=error.response.status_code, message=str(error)
        )
    except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
        return Outcome.rejected(str(error))
    except httpx.TimeoutException as error:
        return Outcome.failure(kind="timeout", type=type(error).__name__, message=str(error))
    except httpx.TransportError as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
    return Outcome.success(status=response.status_code)
