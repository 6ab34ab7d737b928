"""The reference client: the cancel action on httpx, as a careful client makes it.

It is an example to read, and an ordinary adapter: it has no access to the harness.

Threads: synchronous calls share one event loop, which runs in a daemon thread; `_starting` makes sure that
only one is started.
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
_MAX_ERROR = (
    4 * 1024 * 1024
)  # bytes of an error's content that are read; of a larger one only the status is used


def cancel(call: Call) -> Outcome:
    """Cancel a task and wait for the outcome, at most `call.timeout` seconds.

    It uses the asynchronous client because httpx's timeouts bound each read: a response that drips in has
    many of them, and only a task can be cancelled at a point in time.
    """
    return asyncio.run_coroutine_threadsafe(cancel_async(call), _get_loop()).result()


async def cancel_async(call: Call) -> Outcome:
    """Cancel a task, within `call.timeout` seconds."""
    try:
        url, fields = _build_url(call), _build_fields(call.token)
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
        return Outcome.failure(kind="timeout", message=f"no response within {call.timeout:g} s")
    except httpx.TransportError as error:
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))


def _build_url(call: Call) -> httpx.URL:
    if call.task_id in ("", ".", ".."):
        raise ValueError(f"{call.task_id!r} is not a task id: in a path it would name another resource")
    if any(unicodedata.category(character) == "Cc" for character in call.task_id):
        raise ValueError("a task id must not contain control characters")
    return httpx.URL((call.base_url or _ROOT) + _PATH.format(quote(call.task_id, safe="")))


def _build_fields(token: str) -> dict[str, str]:
    if not _B64TOKEN.fullmatch(token):
        raise ValueError("the token contains characters that bearer tokens must not contain")
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Connection": "close",
        "User-Agent": f"graphcontract-reference/{IMPLEMENTATION['version']}",
        "client-request-id": str(uuid.uuid4()),
    }


async def _exchange(url: httpx.URL, fields: dict[str, str], call: Call) -> tuple[Outcome, float | None]:
    """Send a request, and return its outcome and the seconds to wait before a retry; None for no retry.

    Only throttling is retried: after any other response the service may have carried out the request.

    A connection is used for one call: on a persistent one, httpx takes what follows a 204, content or stray
    bytes, for the next call's response. A new httpx client costs little; its SSL context is expensive, and
    cached. The environment is respected: its proxy, but not for loopback hosts, as in many HTTP stacks; at
    the client's own root also the authorities to trust.
    """
    own = call.base_url is None
    # The caller bounds the whole call. The connection is bounded here, below that, because httpx does not
    # close a socket whose TLS handshake is cancelled.
    bounds = httpx.Timeout(None, connect=0.9 * call.timeout)
    async with (
        httpx.AsyncClient(
            verify=_make_ssl_context(call.ca_file, own), trust_env=not _is_loopback(url.host), timeout=bounds
        ) as client,
        client.stream("POST", url, headers=fields) as response,
    ):
        if not response.is_success:
            return _make_failure(response, await _read_error_content(response)), _compute_wait(response)
        async for _ in response.aiter_raw():
            pass
        request_id = response.headers.get("request-id")
        return Outcome.success(status=response.status_code, request_id=request_id), None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _compute_wait(response: httpx.Response) -> float | None:
    """Compute the seconds to wait before a retry: as Retry-After says, 1 s if it cannot be parsed."""
    if response.status_code not in _THROTTLING:
        return None
    value = response.headers.get("retry-after", "")
    try:
        return float(value) if _SECONDS.fullmatch(value) else max(0.0, _parse_date(value) - time.time())
    except (ValueError, OverflowError):
        return 1.0


def _parse_date(value: str) -> float:
    moment = parsedate_to_datetime(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


async def _read_error_content(response: httpx.Response) -> bytes:
    """Read the content of an error; empty if that fails, since the status code alone is an error too."""
    content = bytearray()
    try:
        async for part in response.aiter_bytes():
            content += part
            if len(content) > _MAX_ERROR:
                return b""
    except (httpx.TransportError, httpx.DecodingError):
        return b""
    return bytes(content)


def _make_failure(response: httpx.Response, content: bytes) -> Outcome:
    """Make the outcome of an error response, with what its Graph error object has."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    error = _get_member(document, "error")
    inner = _get_member(error, "innerError") or _get_member(error, "innererror")
    return Outcome.failure(
        kind="http",
        status=response.status_code,
        code=_as_text(_get_member(error, "code")),
        message=_as_text(_get_member(error, "message")),
        request_id=_as_text(_get_member(inner, "request-id")) or response.headers.get("request-id"),
    )


def _get_member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@cache
def _make_ssl_context(ca_file: str | None, environment: bool) -> ssl.SSLContext:
    """Make an SSL context that trusts the PEM file, or the environment's authorities, or httpx's default."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context(trust_env=environment)


def _get_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of synchronous calls; the first call starts it, in a daemon thread."""
    with _starting:
        return _start_loop()


@cache
def _start_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="reference-client", daemon=True).start()
    return loop
