"""The reference client: the cancel action as a careful client makes it, to be read and to be measured by.

Knows the documented action and HTTP. It knows no clause, and takes no short cut through the harness.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
import unicodedata
import uuid
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from ipaddress import ip_address
from urllib.parse import quote

import httpx

from graphcontract.exchange import Call, Outcome

CONCURRENCY = 8
IMPLEMENTATION = {"name": "reference", "version": version("graphcontract")}
LIMITS = {"proxy": "env", "timeout": "call", "surface": "typed"}

_ROOT = "https://graph.microsoft.com/beta"
_PATH = "/solutions/sharePoint/migrations/crossOrganizationMigrationTasks/{}/cancel"
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_THROTTLING = (429, 503, 504)
_RETRIES = 3
_starting = threading.Lock()
_MAX_ERROR = 4 * 1024 * 1024


def cancel(call: Call) -> Outcome:
    """Cancel a task and wait for the outcome, at most `call.timeout` seconds.

    It stands on the asynchronous one because httpx's timeouts bound each read: an answer that drips in
    has many of them, and only a task can be ended at a point in time.
    """
    return asyncio.run_coroutine_threadsafe(cancel_async(call), _loop()).result()


async def cancel_async(call: Call) -> Outcome:
    """Cancel a task, within `call.timeout` seconds."""
    try:
        url, fields = _target(call), _fields(call.token)
    except (ValueError, httpx.InvalidURL) as error:
        return Outcome.rejected(str(error))
    try:
        async with asyncio.timeout(call.timeout):
            until = asyncio.get_running_loop().time() + call.timeout
            for _ in range(_RETRIES):
                outcome, wait = await _exchange(url, fields, call)
                if wait is None or asyncio.get_running_loop().time() + wait > until:
                    return outcome
                await asyncio.sleep(wait)
            return (await _exchange(url, fields, call))[0]
    except (TimeoutError, httpx.TimeoutException):
        return Outcome.failure(kind="timeout", message=f"no answer within {call.timeout:g} s")
    except httpx.TransportError as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))


def _target(call: Call) -> httpx.URL:
    if call.task_id in ("", ".", ".."):
        raise ValueError(f"{call.task_id!r} is no task id: in a path it would name another resource")
    if any(unicodedata.category(character) == "Cc" for character in call.task_id):
        raise ValueError("a task id holds no control characters")
    return httpx.URL((call.base_url or _ROOT) + _PATH.format(quote(call.task_id, safe="")))


def _fields(token: str) -> dict[str, str]:
    if not _B64TOKEN.fullmatch(token):
        raise ValueError("the token is not made of the characters of a Bearer token")
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Connection": "close",
        "User-Agent": f"graphcontract-reference/{IMPLEMENTATION['version']}",
        "client-request-id": str(uuid.uuid4()),
    }


async def _exchange(url: httpx.URL, fields: dict[str, str], call: Call) -> tuple[Outcome, float | None]:
    """Send a request and read the answer, and the seconds after which that invites another try, if it does.

    After anything else nothing is sent again: the service may have obeyed it.

    A connection serves one call: on a kept one, httpx takes what follows a 204, be it content or stray
    bytes, for the next call's answer. A client a call costs little; its SSL context is dear, and kept.
    It heeds the environment: its proxy, but not for hosts on loopback, as many HTTP stacks do; at its own
    root also the authorities to trust.
    """
    own = call.base_url is None
    # The caller bounds the whole; but httpx leaves a socket open whose TLS handshake is cancelled.
    bounds = httpx.Timeout(None, connect=0.9 * call.timeout)
    async with (
        httpx.AsyncClient(
            verify=_authorities(call.ca_file, own), trust_env=not _is_loopback(url.host), timeout=bounds
        ) as client,
        client.stream("POST", url, headers=fields) as response,
    ):
        if not response.is_success:
            return _failure(response, await _error_content(response)), _wait(response)
        async for _ in response.aiter_raw():
            pass
        request_id = response.headers.get("request-id")
        return Outcome.success(status=response.status_code, request_id=request_id), None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wait(response: httpx.Response) -> float | None:
    """Seconds to wait before another try: what Retry-After says, a second where it cannot be read."""
    if response.status_code not in _THROTTLING:
        return None
    value = response.headers.get("retry-after", "")
    try:
        return float(value) if _SECONDS.fullmatch(value) else max(0.0, _date(value) - time.time())
    except (ValueError, OverflowError):
        return 1.0


def _date(value: str) -> float:
    moment = parsedate_to_datetime(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


async def _error_content(response: httpx.Response) -> bytes:
    """Read what an error holds, nothing where it cannot be read: the status tells enough."""
    content = bytearray()
    try:
        async for part in response.aiter_bytes():
            content += part
            if len(content) > _MAX_ERROR:
                return b""
    except (httpx.TransportError, httpx.DecodingError):
        return b""
    return bytes(content)


def _failure(response: httpx.Response, content: bytes) -> Outcome:
    """Report what Graph's error object says, as far as there is one."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    error = _member(document, "error")
    inner = _member(error, "innerError") or _member(error, "innererror")
    return Outcome.failure(
        kind="http",
        status=response.status_code,
        code=_text(_member(error, "code")),
        message=_text(_member(error, "message")),
        request_id=_text(_member(inner, "request-id")) or response.headers.get("request-id"),
    )


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@cache
def _authorities(ca_file: str | None, environment: bool) -> ssl.SSLContext:
    """Trust the authorities in this PEM file, or those that the environment names, or that httpx brings."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context(trust_env=environment)


def _loop() -> asyncio.AbstractEventLoop:
    """Start the one event loop that synchronous calls share, in a thread of its own."""
    with _starting:
        return _started()


@cache
def _started() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="reference-client", daemon=True).start()
    return loop
