"""The reference client: the operation of a contract on httpx, as a careful client makes it.

It is an example to read, and an ordinary adapter: it has no access to the harness. All that it knows of the
operation is in the call, `call.request`.

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
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import CancelledError
from contextlib import aclosing
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from ipaddress import ip_address
from urllib.parse import quote

import httpx

from graphcontract.exchange import Call, Outcome, RequestRule

CONCURRENCY = 8
IMPLEMENTATION = {"name": "reference", "version": version("graphcontract")}
FEATURES = ["cancel", "tokens", "debug", "retry-after", "inner-codes", "details", "fields"]
LIMITS = {"proxy": "env", "timeout": "call", "surface": "typed"}

# A contract can require a query and content, and does not say which: these are valid for most operations.
_QUERY = "?$select=id"
_PLACEHOLDER = re.compile(r"'\{(\w+)\}'|\{(\w+)\}")
_CONTENT = b"{}"
_MEDIA_TYPE = "application/json"
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_THROTTLING = (429, 503, 504)
_RETRIES = 3
_LONGEST_WAIT = 1e9  # seconds; with enough digits a float is infinite, which JSON cannot have
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody: to load authorities takes 40 ms
_starting = threading.Lock()
_MAX_ERROR = (
    4 * 1024 * 1024
)  # bytes of an error's content that are read; of a larger one only the status is used


def make_call(call: Call) -> Outcome:
    """Request the operation and wait for the outcome, at most `call.timeout` seconds.

    It uses the asynchronous client because httpx's timeouts bound each read: a response that drips in has
    many of them, and only a task can be cancelled at a point in time.
    """
    return _wait_for_outcome(call, http2=False)


def make_http2_call(call: Call) -> Outcome:
    """Request the operation like `make_call`, over HTTP/2 where the service offers it in a TLS handshake.

    It is a function of its own, as httpx takes 50 ms to load h2.
    """
    return _wait_for_outcome(call, http2=True)


def _wait_for_outcome(call: Call, *, http2: bool) -> Outcome:
    future = asyncio.run_coroutine_threadsafe(make_call_async(call, http2=http2), _get_loop())
    if call.cancelled is not None:
        call.cancelled.subscribe(future.cancel)
    try:
        return future.result()
    except CancelledError as error:
        return Outcome.failure(kind="cancelled", type=type(error).__name__)


async def make_call_async(call: Call, *, http2: bool = False) -> Outcome:
    """Request the operation, within `call.timeout` seconds; over TLS, `http2` speaks HTTP/2 if it is
    offered.
    """
    if call.request is None:
        return Outcome.unsupported("the call does not say which request its operation requires")
    credential = _Credential(call)
    try:
        request = _Request(call, call.request, credential.get_token(), http2=http2)
    except CredentialError as error:
        return Outcome.failure(kind="credential", type=type(error).__name__, message=str(error))
    except (ValueError, httpx.InvalidURL) as error:
        return Outcome.rejected(str(error))
    try:
        async with asyncio.timeout(call.timeout):
            until = asyncio.get_running_loop().time() + call.timeout
            outcome, wait, challenged = await _send(request, call)
            if challenged:
                try:
                    request.authorize(credential.get_token())
                except (CredentialError, ValueError):
                    return outcome
                outcome, wait, _ = await _send(request, call)
            for _ in range(_RETRIES):
                if wait is None or asyncio.get_running_loop().time() + wait > until:
                    return outcome
                await asyncio.sleep(wait)
                outcome, wait, _ = await _send(request, call)
            return outcome
    except (TimeoutError, httpx.TimeoutException):
        return Outcome.failure(kind="timeout", message=f"no response within {call.timeout:g} s")
    except (httpx.TransportError, httpx.InvalidURL) as error:
        # httpx parses a Location even if it does not follow it, and raises InvalidURL for `mailto:`.
        return Outcome.failure(kind="transport", type=type(error).__name__, message=str(error))


class CredentialError(Exception):
    """The credential has no token."""


class _Credential:
    """Stands for the credential of a program: hands out the call's tokens, one each time it is asked."""

    def __init__(self, call: Call) -> None:
        self._tokens = iter((call.token,) if call.tokens is None else call.tokens)

    def get_token(self) -> str:
        """Return the next token; raises CredentialError after the last."""
        for token in self._tokens:
            return token
        raise CredentialError("the credential has no token")


class _Request:
    """A call's request: built once, so that a retry is the same request again."""

    def __init__(self, call: Call, rule: RequestRule, token: str, *, http2: bool = False) -> None:
        root = call.base_url or f"{rule.root}/{rule.version}"
        self.method = rule.method
        self.url = httpx.URL(root + _fill_in(rule.path, call.arguments) + _build_query(rule, call.arguments))
        self.fields = _build_fields(token, rule)
        self.content = _CONTENT if rule.content == "required" else b""
        self.http2 = http2 and self.url.scheme == "https"
        self._length = rule.fields.get("Content-Length", "unconstrained")

    def authorize(self, token: str) -> None:
        """Replace the token; ValueError if it cannot be sent."""
        if "Authorization" in self.fields:
            self.fields["Authorization"] = _build_authorization(token)

    def build(self, client: httpx.AsyncClient) -> httpx.Request:
        """Build httpx's request. httpx adds Content-Length, 0 without content, unless the method is GET or
        DELETE; the contract may require the opposite.
        """
        content = _stream(self.content) if self.content and self._length == "forbid" else self.content
        request = client.build_request(self.method, self.url, headers=self.fields, content=content)
        if self._length == "forbid":
            request.headers.pop("Content-Length", None)
        elif self._length == "require":
            request.headers.setdefault("Content-Length", "0")
        return request


def _fill_in(template: str, arguments: Mapping[str, str]) -> str:
    """Put the arguments into the path: as a segment, or between quotes as a string literal of a function."""
    return _PLACEHOLDER.sub(
        lambda found: (
            "'" + _encode(arguments[found[1]].replace("'", "''")) + "'"
            if found[1]
            else _encode(_check_segment(arguments[found[2]]))
        ),
        template,
    )


def _build_query(rule: RequestRule, arguments: Mapping[str, str]) -> str:
    named = [f"{name}={_encode(arguments[each])}" for name, each in rule.query_parameters.items()]
    return f"?{'&'.join(named)}" if named else _QUERY if rule.query == "required" else ""


def _check_segment(value: str) -> str:
    """Return a value that can be a path segment; ValueError for another."""
    if value in ("", ".", ".."):
        raise ValueError(f"{value!r} is not an id: in a path it would name another resource")
    return value


def _encode(value: str) -> str:
    """Percent-encode an argument; ValueError if it cannot be sent."""
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise ValueError("an id must not contain control characters")
    return quote(value, safe="")


def _build_authorization(token: str) -> str:
    if not _B64TOKEN.fullmatch(token):
        raise ValueError("the token contains characters that bearer tokens must not contain")
    return f"Bearer {token}"


def _build_fields(token: str, rule: RequestRule) -> dict[str, str]:
    fields = {
        "Authorization": _build_authorization(token),
        "Accept": "application/json",
        "Connection": "close",
        "User-Agent": f"graphcontract-reference/{IMPLEMENTATION['version']}",
        "client-request-id": str(uuid.uuid4()),
    }
    if rule.fields.get("Content-Type") == "require" or rule.content == "required":
        fields["Content-Type"] = rule.media_type or _MEDIA_TYPE
    return {name: value for name, value in fields.items() if rule.fields.get(name) != "forbid"}


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    """Give content piece by piece, which httpx sends in chunks instead of counting it."""
    yield content


async def _send(request: _Request, call: Call) -> tuple[Outcome, float | None, bool]:
    """Send a request, and return its outcome, the seconds to wait before a retry, None for no retry, and
    whether the service asks for another token.

    Only throttling is retried: after any other response the service may have carried out the request. It
    has not after a claims challenge, which is answered once.

    A connection is used for one call: on a persistent one, httpx takes what follows a 204, content or stray
    bytes, for the next call's response. A new httpx client costs little; its SSL context is expensive, and
    cached. The environment is respected: its proxy, but not for loopback hosts, as in many HTTP stacks; at
    the client's own root also the authorities to trust.
    """
    own = call.base_url is None
    # The caller bounds the whole call. The connection is bounded here, below that, because httpx does not
    # close a socket whose TLS handshake is cancelled.
    bounds = httpx.Timeout(None, connect=0.9 * call.timeout)
    verify = _NO_TLS if request.url.scheme == "http" else _make_ssl_context(call.ca_file, own)
    trust_env = not _is_loopback(request.url.host)
    async with (
        httpx.AsyncClient(verify=verify, trust_env=trust_env, timeout=bounds, http2=request.http2) as client,
        aclosing(await client.send(request.build(client), stream=True)) as response,
    ):
        if not response.is_success:
            failure = _make_failure(response, await _read_error_content(response))
            return failure, _compute_wait(response), _is_claims_challenge(response)
        async for _ in response.aiter_raw():
            pass
        request_id = response.headers.get("request-id")
        return Outcome.success(status=response.status_code, request_id=request_id), None, False


def _is_claims_challenge(response: httpx.Response) -> bool:
    return response.status_code == 401 and "claims=" in response.headers.get("www-authenticate", "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _compute_wait(response: httpx.Response) -> float | None:
    """Compute the seconds to wait before a retry: as Retry-After says, 1 s if it cannot be parsed."""
    if response.status_code not in _THROTTLING:
        return None
    wait = _parse_retry_after(response)
    return 1.0 if wait is None else wait


def _parse_retry_after(response: httpx.Response) -> float | None:
    """Parse the seconds of Retry-After; None if it is absent or cannot be parsed."""
    value = response.headers.get("retry-after", "")
    try:
        if _SECONDS.fullmatch(value):
            return min(float(value), _LONGEST_WAIT)
        return max(0.0, _parse_date(value) - time.time())
    except (ValueError, OverflowError):
        return None


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
        retry_after=_parse_retry_after(response),
        inner_codes=_list_inner_codes(error),
        details=_list_codes(_get_member(error, "details")),
        fields=dict(response.headers),
    )


def _list_inner_codes(error: object) -> tuple[str, ...]:
    """List the codes of the inner errors, the outermost first."""
    inners: list[object] = []
    while (error := _get_member(error, "innerError") or _get_member(error, "innererror")) is not None:
        inners.append(error)
    return _list_codes(inners)


def _list_codes(errors: object) -> tuple[str, ...]:
    codes = [_as_text(_get_member(each, "code")) for each in errors] if isinstance(errors, list) else []
    return tuple(code for code in codes if code is not None)


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
