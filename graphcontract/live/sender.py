"""Sends one request to a tenant and records both sides. Follows nothing, keeps nothing, repeats nothing.

Knows HTTP; it decides neither what is sent nor when.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version

import httpx

from graphcontract.exchange import Fields, WireRequest, WireResponse
from graphcontract.live.safety.allowed_hosts import Root

USER_AGENT = f"graphcontract-live/{version('graphcontract')}"
MOST_CONTENT = 4 * 1024 * 1024
_TIMEOUT = 60.0
_CONNECT = 20.0
_MOST_NAMED = 4


class Unanswered(Exception):
    """No answer came, or none that can be read; the text names the kind of fault alone. `request` is what was
    to be sent, where it came so far.
    """

    def __init__(self, why: str, request: WireRequest | None = None) -> None:
        super().__init__(why)
        self.request = request


@dataclass
class Sender:
    """One tenant's wire; `now` gives seconds for the records, `timeout` bounds a request as a whole. From its
    first byte on the wire a request is `in_flight`, until the caller has taken note of it.
    """

    root: Root
    now: Callable[[], float]
    timeout: float = _TIMEOUT
    in_flight: WireRequest | None = None

    @cached_property
    def _trust(self) -> ssl.SSLContext | bool:
        """The authorities to trust, SSL_CERT_FILE's where that is set; none where nothing is encrypted."""
        return httpx.create_ssl_context() if self.root.secure else False

    def send(
        self, method: str, target: str, fields: Fields, content: bytes = b""
    ) -> tuple[WireRequest, WireResponse]:
        """Send a request and read its answer whole; raises Unanswered. `target` goes out as it is."""
        return asyncio.run(self._send(method, target, fields, content))

    async def _send(
        self, method: str, target: str, fields: Fields, content: bytes
    ) -> tuple[WireRequest, WireResponse]:
        url = httpx.URL(self.root.url).copy_with(raw_path=target.encode("ascii"))
        # A client a request: nothing is kept, neither a connection nor a cookie.
        bounds = httpx.Timeout(None, connect=_CONNECT)
        request: WireRequest | None = None
        try:
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
                request = _recorded(made, target, content, self.root, self.now())
                made.extensions["trace"] = partial(self._trace, request)
                response = await client.send(made, stream=True)
                try:
                    return request, await _read(response, self.now)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise Unanswered(f"no whole answer within {self.timeout:g} s", request) from None
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError) as error:
            raise Unanswered(_named(error), request) from None
        except Unanswered as error:
            raise Unanswered(str(error), request) from None

    async def _trace(self, request: WireRequest, event: str, _details: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self.in_flight = request

    def _proxy(self) -> str | None:
        """The proxy that the environment names for https; never for loopback, and never for http."""
        if self.root.loopback or not self.root.secure or urllib.request.proxy_bypass(self.root.host):
            return None
        return urllib.request.getproxies().get("https")


def _named(error: BaseException) -> str:
    """The kind of a fault, and of what lies below it; never its text, which may quote what was sent."""
    names: list[str] = []
    below: BaseException | None = error
    while below is not None and len(names) < _MOST_NAMED:
        names.append(type(below).__name__)
        below = below.__cause__ or below.__context__
    return " from ".join(dict.fromkeys(names))


def _recorded(made: httpx.Request, target: str, content: bytes, root: Root, at: float) -> WireRequest:
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


async def _read(response: httpx.Response, now: Callable[[], float]) -> WireResponse:
    content = bytearray()
    async for part in response.aiter_raw():
        content += part
        if len(content) > MOST_CONTENT:
            raise Unanswered(f"an answer of more than {MOST_CONTENT} bytes")
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    raw = f"HTTP/1.1 {response.status_code}\r\n{head}\r\n".encode("latin-1") + bytes(content)
    return WireResponse(now(), raw, response.status_code, fields, bytes(content), 0)
