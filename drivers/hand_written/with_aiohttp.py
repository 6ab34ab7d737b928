"""The action in ten lines on aiohttp, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import ssl
from functools import cache
from urllib.parse import quote

import aiohttp

from graphcontract.exchange import Call, Outcome

CONCURRENCY = 8
IMPLEMENTATION = {"name": "aiohttp", "version": aiohttp.__version__, "notes": "ten lines on a ClientSession"}
LIMITS = {"proxy": "none", "timeout": "call", "surface": "generic"}

TASKS = "solutions/sharePoint/migrations/crossOrganizationMigrationTasks"


async def cancel_task(
    session: aiohttp.ClientSession, root: str, token: str, task_id: str, timeout: float
) -> int:
    """Cancel one task and return the status code; raises aiohttp.ClientError and TimeoutError."""
    async with session.post(
        f"{root}/{TASKS}/{quote(task_id, safe='')}/cancel",
        headers={"Authorization": f"Bearer {token}"},
        timeout=aiohttp.ClientTimeout(total=timeout),
    ) as response:
        response.raise_for_status()
        return response.status


@cache
def _session(number: int, ca_file: str | None) -> aiohttp.ClientSession:  # noqa: ARG001 - one for each number
    authorities = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=authorities))


async def cancel(call: Call) -> Outcome:
    """Make one call and report it as aiohttp's documentation distinguishes its errors."""
    root = call.base_url or "https://graph.microsoft.com/beta"
    try:
        status = await cancel_task(
            _session(call.client, call.ca_file), root, call.token, call.task_id, call.timeout
        )
    except aiohttp.ClientResponseError as error:
        return Outcome.failure(
            kind="http", type="ClientResponseError", status=error.status, message=error.message
        )
    except aiohttp.InvalidURL as error:
        return Outcome.rejected(str(error))
    except TimeoutError as error:
        return Outcome.failure(kind="timeout", type=type(error).__name__, message=str(error))
    except aiohttp.ClientError as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))
    return Outcome.success(status=status)
