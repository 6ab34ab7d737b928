"""The mock transport: serves clients of this process on httpx or httpx2, and records the bytes that they
would send.

It replaces httpcore, and httpcore2 if it is installed, through respx, and drives h11 as they do. A request is
served in the thread that makes it; one lock protects the endpoints and what they record.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, TracebackType
from typing import Any, ClassVar

import h11
import httpcore
from respx.mocks import HTTPCoreMocker, Mocker

from graphcontract.http.stub_response import NOT_FOUND_ELSEWHERE, ResponseScript, StubResponse, render
from graphcontract.transports import Certificate, OpenConnections, Record, Scope, response_placeholders
from graphcontract.transports.block_sockets import Block, block_network
from graphcontract.transports.request_reader import RequestReader
from graphcontract.wire import WireRequest, WireResponse

# From an origin, as text, and a request to it to the bytes of the response.
_Deliver = Callable[[str, WireRequest], bytes]

# As many hosts as the loopback transport has ports: the names are fixed, since clients get them at their
# start.
_HOSTS = tuple(f"call-{number}.graphcontract.test" for number in range(1, 257))
_ROOTS = tuple(f"https://{host}" for host in _HOSTS)
_MOST_SENT = (
    16 << 20
)  # bytes of one request, for a client whose content never ends; more is a broken connection
_PATIENCE = 0.05  # seconds to wait for a first request, as over loopback
_NO_ENDPOINT = StubResponse(503, (("Retry-After", "0"),))
_ANY_REQUEST = WireRequest(at=0.0, raw=b"", method="", target="", version="", fields=())


class Mock:
    """Responds to what httpx or httpx2, sync or async, sends in this process; use it in a `with`, one at a
    time.

    Each endpoint has its own host. Sockets of this process are blocked meanwhile.
    """

    name: str = "mock"
    at_once: None = None
    proxy: None = None
    netns_socket: None = None
    shows: frozenset[str] = frozenset({"own-root", "settable-root"})
    https: bool = True
    ca_file: None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = deque(_ROOTS)
        self._endpoints: dict[str, _Endpoint] = {}
        self._block = Block()
        self._exit_stack = ExitStack()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that calls may go to, except roots that were given by name; without a port, as for
        https.
        """
        return _HOSTS

    @property
    def escaped(self) -> str | None:
        """The first socket call with which the client bypassed httpx; None if there was none."""
        return next(iter(self._block.attempts), None)

    def withdraw_own_root(self) -> None:
        """Stop to show "own-root": the client does not send calls to its own root through httpx."""
        self.shows -= {"own-root"}

    def open_endpoint(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,  # noqa: ARG002 - there are no persistent connections here
        http2: bool = False,
        shared: bool = False,
    ) -> _Endpoint:
        """Open an endpoint, on a free host unless a `root` is given.

        ValueError for a script that cannot be played here, for a certificate, and for what needs connections;
        RuntimeError if the root already has an endpoint, or if no host is free.
        """
        if not script.responses:
            raise ValueError("a script needs at least one response")
        if script.elsewhere or certificate or http2 or shared:
            raise ValueError('other origins and certificates need a transport that shows "wire"')
        for stub in script.responses:
            _check(stub)
        with self._lock:
            if root is None and not self._free:
                raise RuntimeError("every host of the mock transport is in use or retired")
            endpoint = _Endpoint(self, script, root or self._free.popleft())
            if endpoint.origin in self._endpoints:
                raise RuntimeError(f"{root} already has an endpoint")
            self._endpoints[endpoint.origin] = endpoint
            return endpoint

    def leave(self, scope: Scope, *, only_desynced: bool = False) -> None:
        """Do nothing: there are no persistent connections here."""

    def needs_new_client(self, scope: Scope | None) -> bool:  # noqa: ARG002 - there are no persistent connections here
        """False: there are no persistent connections here."""
        return False

    def __enter__(self) -> Mock:
        with ExitStack() as stack:
            self._block = stack.enter_context(block_network())
            stack.enter_context(_replace_httpcore(self._deliver))
            self._exit_stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit_stack.close()

    def _finish(self, endpoint: _Endpoint, spoiled: bool, expecting: bool) -> Record:
        if expecting:
            endpoint.first_request.wait(_PATIENCE)
        with self._lock:
            if self._endpoints.get(endpoint.origin) is not endpoint:
                raise RuntimeError("the endpoint is already closed")
            del self._endpoints[endpoint.origin]
            if endpoint.root in _ROOTS and not spoiled:
                self._free.append(endpoint.root)
            return Record(tuple(endpoint.requests), tuple(endpoint.responses))

    def _deliver(self, origin: str, request: WireRequest) -> bytes:
        with self._lock:
            endpoint = self._endpoints.get(origin)
            if endpoint is None:
                return render(_NO_ENDPOINT, request).final
            return endpoint.respond(request)


class _Endpoint:
    """One root and its script. `respond` is called with the transport's lock held."""

    def __init__(self, mock: Mock, script: ResponseScript, root: str) -> None:
        self._mock = mock
        self._script = script
        self._used = 0
        self.root = root
        self.roots = {"self": root}
        self.origin = str(httpcore.URL(root).origin)
        self.first_request = threading.Event()
        self.requests: list[WireRequest] = []
        self.responses: list[WireResponse] = []

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """Close the endpoint and return its record; RuntimeError if it is already closed.

        A `spoiled` host is not used again, unless it is of a root given by name. `expecting` waits up to 50
        ms for a first request.
        """
        return self._mock._finish(self, spoiled, expecting)

    def count_connections(self) -> OpenConnections:
        """None: there are no connections here."""
        return OpenConnections(0, 0)

    def respond(self, request: WireRequest) -> bytes:
        """Record a request and its response, and return the response; a malformed request gets none."""
        self.requests.append(request)
        self.first_request.set()
        if request.malformed is not None:
            return b""
        rendered = render(
            response_placeholders.fill_placeholders(self._choose_response(request), self.roots), request
        )
        self.responses.append(
            WireResponse(
                at=time.monotonic(),
                raw=rendered.final,
                status=rendered.status,
                fields=rendered.fields,
                content=rendered.content,
                request=len(self.requests) - 1,
            )
        )
        return rendered.final

    def _choose_response(self, request: WireRequest) -> StubResponse:
        if not self._script.concerns(request):
            return NOT_FOUND_ELSEWHERE
        responses = self._script.responses
        self._used += 1
        return responses[min(self._used, len(responses)) - 1]


class _Sending:
    """A request being sent by `stack`, httpcore or httpcore2: h11 writes it and reads the response, as in
    their HTTP/1.1 connections.
    """

    def __init__(self, stack: ModuleType, request: httpcore.Request) -> None:
        url = request.url
        if url.scheme not in (b"http", b"https"):
            raise stack.UnsupportedProtocol(f"neither http nor https: {url.scheme!r}")
        authority = url.host if url.port is None else b"%b:%d" % (url.host, url.port)
        self._stack = stack
        self._reader = RequestReader(authority.decode("latin-1"), 0, url.scheme.decode())
        self._complete: WireRequest | None = None
        self._written = 0
        self._h11 = h11.Connection(h11.CLIENT)
        try:
            head = h11.Request(method=request.method, target=url.target, headers=request.headers)
        except h11.LocalProtocolError as error:
            raise stack.LocalProtocolError(error) from error
        self.origin = str(url.origin)
        self.response_bytes = b""
        self.write(head)

    def write(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> None:
        """Send the next part; raises h11's own exception if h11 rejects it, as httpcore does."""
        data = self._h11.send(event)
        self._written += len(data)
        self._reader.feed(data)
        self._complete = self._complete or self._reader.next()
        if self._written > _MOST_SENT:
            raise self._stack.WriteError(f"the mock transport takes at most {_MOST_SENT} bytes")

    def finish_request(self) -> WireRequest:
        """Return the request as a server has received it when the client sends no more."""
        request = self._complete or self._reader.read_incomplete()
        assert request is not None
        return request

    def response(self) -> Any:
        """Parse the response as the stack would: the framing is removed, content codings stay."""
        self._h11.receive_data(self.response_bytes)
        self._h11.receive_data(b"")
        content = bytearray()
        try:
            head = self._h11.next_event()
            while isinstance(event := self._h11.next_event(), h11.Data):
                content += event.data
        except h11.RemoteProtocolError as error:
            raise self._stack.RemoteProtocolError(error) from error
        assert isinstance(head, h11.Response)
        return self._stack.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            content=bytes(content),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )


class _WireMocker(Mocker):
    """Passes on the bytes that httpcore would write; respx's own mocker passes on httpx's request object."""

    name = "graphcontract"
    stack: ClassVar[ModuleType] = httpcore
    targets: ClassVar[list[str]] = list(HTTPCoreMocker.targets)
    target_methods: ClassVar[list[str]] = list(HTTPCoreMocker.target_methods)
    deliver: ClassVar[_Deliver | None] = None

    @classmethod
    def mock(cls, spec: Callable[..., Any]) -> Callable[..., Any]:
        """Make the replacement for `spec`, a connection pool's `handle_request` or its async variant."""
        deliver, stack = _WireMocker.deliver, cls.stack
        assert deliver is not None

        def handle_request(_pool: object, request: httpcore.Request) -> Any:
            assert isinstance(request.stream, Iterable)
            with _sending(stack, request, deliver) as sending:
                for chunk in request.stream:
                    sending.write(h11.Data(data=chunk))
            return sending.response()

        async def handle_async_request(_pool: object, request: httpcore.Request) -> Any:
            assert isinstance(request.stream, AsyncIterable)
            with _sending(stack, request, deliver) as sending:
                async for chunk in request.stream:
                    sending.write(h11.Data(data=chunk))
            return sending.response()

        return handle_async_request if inspect.iscoroutinefunction(spec) else handle_request


class _WireMocker2(_WireMocker):
    """The same for httpcore2, which has the classes of httpcore."""

    name = "graphcontract2"
    targets: ClassVar[list[str]] = [
        each.replace("httpcore.", "httpcore2.", 1) for each in HTTPCoreMocker.targets
    ]


@contextmanager
def _replace_httpcore(deliver: _Deliver) -> Iterator[None]:
    if _WireMocker.deliver is not None:
        raise RuntimeError("another mock transport is active")
    _WireMocker.deliver = deliver
    with ExitStack() as undo:
        undo.callback(setattr, _WireMocker, "deliver", None)
        _WireMocker.start()
        undo.callback(_WireMocker.stop)
        if find_spec("httpcore2"):
            _WireMocker2.stack = import_module("httpcore2")
            _WireMocker2.start()
            undo.callback(_WireMocker2.stop)
        yield


@contextmanager
def _sending(stack: ModuleType, request: httpcore.Request, deliver: _Deliver) -> Iterator[_Sending]:
    sending = _Sending(stack, request)
    try:
        yield sending
        sending.write(h11.EndOfMessage())
    finally:  # the client has sent what was written before an exception, too
        sending.response_bytes = deliver(sending.origin, sending.finish_request())


def _check(stub: StubResponse) -> None:
    """ValueError for a response that cannot be played here, or would fail to render inside the
    client's call.
    """
    if stub.status is not None and stub.status < 200:
        raise ValueError(f"{stub.status} is not a final status code")
    stray = stub.stray or (stub.status in (204, 304) and (stub.content or stub.framing == "chunked"))
    if stub.interim or stray or stub.fault or stub.split:
        raise ValueError(
            'interim responses, stray bytes, faults and pauses need a transport that shows "wire"'
        )
    response_placeholders.check(stub, ("self",))
    render(stub, _ANY_REQUEST)
