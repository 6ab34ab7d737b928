"""Any operation in ten lines on aiohttp, as in many scripts, and the adapter for graphcontract."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

import aiohttp

from graphcontract.exchange import Call, Outcome

CONCURRENCY = 8
IMPLEMENTATION = {"name": "aiohttp", "version": aiohttp.__version__, "notes": "ten lines on a ClientSession"}
LIMITS = {"proxy": "none", "timeout": "call", "surface": "generic"}


def fill_in(url: str, arguments: Mapping[str, str]) -> str:
    """Percent-encode the arguments into a URL template; in a quoted string of OData, quotes are doubled."""

    def encode(found: re.Match[str]) -> str:
        value = arguments[found[2]]
        return found[1] + quote(value.replace("'", "''") if found[1] else value, safe="")

    return re.sub(r"('?)\{(\w+)\}", encode, url)


async def send(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    arguments: Mapping[str, str],
    query: Mapping[str, str] | None,
    token: str,
    timeout: float,
) -> int:
    """Request one operation, of which `url` is the template, and return the status code; raises
    aiohttp.ClientError and TimeoutError.
    """
    async with session.request(
        method,
        fill_in(url, arguments),
        params=query,
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
    if rule is None or rule.content == "required":
        return Outcome.unsupported("these ten lines send no content")
    if rule.query == "required" and not rule.query_parameters:
        return Outcome.unsupported("the contract does not say which query is required")
    query = {name: call.arguments[each] for name, each in rule.query_parameters.items()} or None
    root = call.base_url or f"{rule.root}/{rule.version}"
    try:
        session = _session(call.client, call.ca_file)
        status = await send(
            session, rule.method, root + rule.path, call.arguments, query, call.token, call.timeout
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
