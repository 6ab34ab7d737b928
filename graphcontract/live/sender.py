"""Sends one request to a tenant and records both sides. It follows no redirect, keeps no cookie and retries
nothing.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import httpx

from graphcontract.live.safety.allowed_hosts import Root
from graphcontract.live.wire import Wire
from graphcontract.wire import Fields, WireRequest, WireResponse

USER_AGENT = f"graphcontract-live/{version('graphcontract')}"
MOST_CONTENT = 4 * 1024 * 1024  # bytes of a response, which is held in memory; a longer one counts as none
_TIMEOUT = 60.0  # a request as a whole: a server that sends a byte now and then cannot stall the run
_CONNECT = 20.0  # seconds to connect, so that an unreachable host is found before a whole timeout
_MOST_NAMED = 4  # exceptions of a chain of causes, which can be a cycle


class NoResponse(Exception):
    """No response came, or none that can be read. The text names only the kind of fault; `request` is the
    request, as far as it was built.
    """

    def __init__(self, why: str, request: WireRequest | None = None) -> None:
        super().__init__(why)
        self.request = request


@dataclass
class Sender:
    """Sends requests to one tenant; `now` gives seconds for the records, `timeout` bounds a whole request.
    `in_flight` is a request from its first byte on the wire until the caller has recorded it.
    """

    root: Root
    now: Callable[[], float]
    timeout: float = _TIMEOUT
    in_flight: WireRequest | None = None

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The trusted certificate authorities, those of SSL_CERT_FILE where it is set. Without TLS none are
        loaded, and the context only keeps httpx from making one for each request.
        """
        return httpx.create_ssl_context() if self.root.secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def send(
        self, method: str, target: str, fields: Fields, content: bytes = b""
    ) -> tuple[WireRequest, WireResponse]:
        """Send a request and read the whole response; raises NoResponse. `target` is sent unchanged."""
        return asyncio.run(self._send(method, target, fields, content))

    async def _send(
        self, method: str, target: str, fields: Fields, content: bytes
    ) -> tuple[WireRequest, WireResponse]:
        url = httpx.URL(self.root.url).copy_with(raw_path=target.encode("ascii"))
        # A new client for each request: neither a connection nor a cookie is reused.
        bounds = httpx.Timeout(None, connect=_CONNECT)
        request: WireRequest | None = None
        wire = Wire()
        try:
            # asyncio, because httpx bounds each read by itself and not the request as a whole.
            async with (
                asyncio.timeout(self.timeout),
                httpx.AsyncClient(
                    verify=self._trust,
                    trust_env=False,
                    proxy=self._proxy(),
                    timeout=bounds,
                    follow_redirects=False,
                ) as client,
            ):
                made = client.build_request(method, url, content=content or None)
                made.headers = httpx.Headers([("Host", made.headers["Host"]), *fields])
                if method != "GET":
                    made.headers["Content-Length"] = str(len(content))
                request = _make_wire_request(made, target, content, self.root, self.now())
                made.extensions["trace"] = self._make_trace(request, wire)
                response = await client.send(made, stream=True)
                try:
                    return request, await _read_response(response, wire, method, self.now)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise NoResponse(f"no complete response within {self.timeout:g} s", request) from None
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            raise NoResponse(_describe_error(error), request) from None
        except NoResponse as error:
            raise NoResponse(str(error), request) from None

    def _make_trace(self, request: WireRequest, wire: Wire) -> Callable[..., Awaitable[None]]:
        async def trace(event: str, details: Mapping[str, Any]) -> None:
            wire.follow(event, details)
            if event.endswith(".send_request_headers.started"):
                self.in_flight = request

        return trace

    def _proxy(self) -> str | None:
        """The proxy for https from the environment; never for loopback or http."""
        if self.root.loopback or not self.root.secure or urllib.request.proxy_bypass(self.root.host):
            return None
        return urllib.request.getproxies().get("https")


def _describe_error(error: BaseException) -> str:
    """The kinds of a fault and its causes; never their texts, which may quote what was sent."""
    names: list[str] = []
    below: BaseException | None = error
    while below is not None and len(names) < _MOST_NAMED:
        names.append(type(below).__name__)
        below = below.__cause__ or below.__context__
    return " from ".join(dict.fromkeys(names))


def _make_wire_request(
    made: httpx.Request, target: str, content: bytes, root: Root, at: float
) -> WireRequest:
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in made.headers.raw)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return WireRequest(
        at=at,
        raw=f"{made.method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + content,
        method=made.method,
        target=target,
        version="1.1",
        fields=fields,
        content=content,
        content_size=len(content),
        framing="content-length" if "content-length" in made.headers else "none",
        origin=root.url.partition("://")[2],
        scheme="https" if root.secure else "http",
    )


async def _read_response(
    response: httpx.Response, wire: Wire, method: str, now: Callable[[], float]
) -> WireResponse:
    content = bytearray()
    # The stream and not `aiter_raw`, which closes the connection at the end, with what follows the response.
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for part in response.stream:
        content += part
        if len(content) > MOST_CONTENT:
            raise NoResponse(f"a response of more than {MOST_CONTENT} bytes")
    await wire.read_on()
    stray = wire.find_stray(method)
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    raw = f"HTTP/1.1 {response.status_code}\r\n{head}\r\n".encode("latin-1") + bytes(content) + stray
    return WireResponse(now(), raw, response.status_code, fields, bytes(content), 0, stray=stray)
