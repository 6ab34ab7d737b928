"""Any operation in ten lines on aiohttp, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

import aiohttp

from graphcontract.exchange import Call, Outcome

CONCURRENCY = 8
IMPLEMENTATION = {"name": "aiohttp", "version": aiohttp.__version__, "notes": "ten lines on a ClientSession"}
LIMITS = {"proxy": "none", "timeout": "call", "surface": "generic"}


async def send(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    arguments: Mapping[str, str],
    token: str,
    timeout: float,
) -> int:
    """Request one operation, of which `url` is the template, and return the status code; raises
    aiohttp.ClientError and TimeoutError.
    """
    async with session.request(
        method,
        url.format_map({name: quote(value, safe="") for name, value in arguments.items()}),
        headers={"Authorization": f"Bearer {token}"},
        timeout=aiohttp.ClientTimeout(total=timeout),
    ) as response:
        response.raise_for_status()
        return response.status


@cache
def _session(number: int, ca_file: str | None) -> aiohttp.ClientSession:  # noqa: ARG001 - one for each number
    authorities = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=authorities))


async def make_call(call: Call) -> Outcome:
    """Make one call and report it as aiohttp's documentation distinguishes its errors."""
    rule = call.request
    if rule is None or "required" in (rule.content, rule.query):
        return Outcome.unsupported("these ten lines send neither content nor a query")
    root = call.base_url or f"{rule.root}/{rule.version}"
    try:
        session = _session(call.client, call.ca_file)
        status = await send(session, rule.method, root + rule.path, call.arguments, call.token, call.timeout)
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
