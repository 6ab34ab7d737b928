"""The mock transport: serves httpx clients of this process, and records the bytes they would send.

It knows how httpcore drives h11, and takes httpcore's place through respx; it judges nothing.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, ClassVar

import h11
import httpcore
from respx.mocks import HTTPCoreMocker, Mocker

from graphcontract.exchange import WireRequest, WireResponse
from graphcontract.http.stub_response import NOT_FOUND_ELSEWHERE, ResponseScript, StubResponse, render
from graphcontract.transports import Certificate, Record, Scope, response_placeholders
from graphcontract.transports.block_sockets import Block, blocked
from graphcontract.transports.request_reader import RequestReader

_Deliver = Callable[[httpcore.Origin, WireRequest], bytes]

_HOSTS = tuple(f"call-{number}.graphcontract.test" for number in range(1, 257))
_ROOTS = tuple(f"https://{host}" for host in _HOSTS)
_MOST_SENT = 16 << 20
_PATIENCE = 0.05
_NO_STAGE = StubResponse(503, (("Retry-After", "0"),))
_ANY_REQUEST = WireRequest(at=0.0, raw=b"", method="", target="", version="", fields=())


class Mock:
    """Answers what httpx, sync or async, sends in this process; use it in a `with`, one at a time.

    Each stage has a host of its own. Sockets of this process are blocked meanwhile.
    """

    name: str = "mock"
    at_once: None = None
    proxy: None = None
    doorway: None = None
    shows: frozenset[str] = frozenset({"own-root"})
    https: bool = True
    ca_file: None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = deque(_ROOTS)
        self._stages: dict[str, _Endpoint] = {}
        self._late = 0
        self._block = Block()
        self._up = ExitStack()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that calls may go to, roots asked for by name left out; https, hence no port."""
        return _HOSTS

    @property
    def late(self) -> int:
        """How many requests came to a root while no stage was open on it."""
        return self._late

    @property
    def escaped(self) -> str | None:
        """The first socket call by which the client went past httpx, None where there was none."""
        return next(iter(self._block.attempts), None)

    def withdraw_own_root(self) -> None:
        """Stand for no client's own root from now on."""
        self.shows -= {"own-root"}

    def stage(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: Certificate | None = None,
        scope: Scope | None = None,  # noqa: ARG002 - no connection is kept here
    ) -> _Endpoint:
        """Open a stage, on a free host where no `root` is asked for.

        ValueError for a script that cannot be shown here, and for a certificate; RuntimeError where the
        root has a stage already, or where every host is taken or spoiled.
        """
        if not script.answers:
            raise ValueError("a script needs at least one answer")
        if script.elsewhere or certificate:
            raise ValueError('other origins and certificates need a transport that shows "wire"')
        for answer in script.answers:
            _check(answer)
        with self._lock:
            if root is None and not self._free:
                raise RuntimeError("every host of the mock transport is taken or spoiled")
            stage = _Endpoint(self, script, root or self._free.popleft())
            if stage.origin in self._stages:
                raise RuntimeError(f"{root} has a stage already")
            self._stages[stage.origin] = stage
            return stage

    def leave(self, scope: Scope, *, odd: bool = False) -> None:
        """Nothing: no connection is kept here."""

    def needs_new_client(self, scope: Scope | None) -> bool:  # noqa: ARG002 - no connection is kept here
        """Never: no connection is kept here."""
        return False

    def __enter__(self) -> Mock:
        with ExitStack() as up:
            self._block = up.enter_context(blocked())
            up.enter_context(_in_place_of_httpcore(self._deliver))
            self._up = up.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._up.close()

    def _finish(self, stage: _Endpoint, spoiled: bool, expecting: bool) -> Record:
        if expecting:
            stage.asked.wait(_PATIENCE)
        with self._lock:
            if self._stages.get(stage.origin) is not stage:
                raise RuntimeError("the stage is finished already")
            del self._stages[stage.origin]
            if stage.root in _ROOTS and not spoiled:
                self._free.append(stage.root)
            return Record(tuple(stage.requests), tuple(stage.responses))

    def _deliver(self, origin: httpcore.Origin, request: WireRequest) -> bytes:
        with self._lock:
            stage = self._stages.get(str(origin))
            if stage is None:
                self._late += 1
                return render(_NO_STAGE, request).final
            return stage.take(request)


class _Endpoint:
    """One root and its script; `take` is called under the transport's lock."""

    def __init__(self, mock: Mock, script: ResponseScript, root: str) -> None:
        self._mock = mock
        self._script = script
        self._used = 0
        self.root = root
        self.places = {"self": root}
        self.origin = str(httpcore.URL(root).origin)
        self.asked = threading.Event()
        self.requests: list[WireRequest] = []
        self.responses: list[WireResponse] = []

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        """End the stage and give its record; RuntimeError where it is finished already.

        A `spoiled` host is not used again, a root that was asked for by name is. `expecting` waits
        up to 50 ms for a first request.
        """
        return self._mock._finish(self, spoiled, expecting)

    def take(self, request: WireRequest) -> bytes:
        """Record a request, and the answer to it before it is handed out; a broken one gets none."""
        self.requests.append(request)
        self.asked.set()
        if request.malformed is not None:
            return b""
        rendered = render(response_placeholders.filled(self._next_answer(request), self.places), request)
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

    def _next_answer(self, request: WireRequest) -> StubResponse:
        if not self._script.concerns(request):
            return NOT_FOUND_ELSEWHERE
        answers = self._script.answers
        self._used += 1
        return answers[min(self._used, len(answers)) - 1]


class _Sending:
    """A request on its way: h11 writes it and reads the answer, as in httpcore's HTTP/1.1 connection."""

    def __init__(self, request: httpcore.Request) -> None:
        url = request.url
        if url.scheme not in (b"http", b"https"):
            raise httpcore.UnsupportedProtocol(f"neither http nor https: {url.scheme!r}")
        authority = url.host if url.port is None else b"%b:%d" % (url.host, url.port)
        self._reader = RequestReader(authority.decode("latin-1"), 0, url.scheme.decode())
        self._whole: WireRequest | None = None
        self._written = 0
        self._h11 = h11.Connection(h11.CLIENT)
        try:
            head = h11.Request(method=request.method, target=url.target, headers=request.headers)
        except h11.LocalProtocolError as refusal:
            raise httpcore.LocalProtocolError(refusal) from refusal
        self.origin = url.origin
        self.answer = b""
        self.write(head)

    def write(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> None:
        """Send what comes next; h11's own exception where h11 refuses it, as from httpcore."""
        data = self._h11.send(event)
        self._written += len(data)
        self._reader.feed(data)
        self._whole = self._whole or self._reader.next()
        if self._written > _MOST_SENT:
            raise httpcore.WriteError(f"the mock transport takes at most {_MOST_SENT} bytes")

    def arrived(self) -> WireRequest:
        """Give the request as a server has it when no more comes."""
        request = self._whole or self._reader.broken_off()
        assert request is not None
        return request

    def response(self) -> httpcore.Response:
        """Read the answer as httpcore would, its framing taken off; content codings stay."""
        self._h11.receive_data(self.answer)
        self._h11.receive_data(b"")
        content = bytearray()
        try:
            head = self._h11.next_event()
            while isinstance(event := self._h11.next_event(), h11.Data):
                content += event.data
        except h11.RemoteProtocolError as error:
            raise httpcore.RemoteProtocolError(error) from error
        assert isinstance(head, h11.Response)
        return httpcore.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            content=bytes(content),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
        )


class _WireMocker(Mocker):
    """Stock respx hands on what httpx means; this one hands on the bytes that httpcore would write."""

    name = "graphcontract"
    targets: ClassVar[list[str]] = list(HTTPCoreMocker.targets)
    target_methods: ClassVar[list[str]] = list(HTTPCoreMocker.target_methods)
    deliver: ClassVar[_Deliver | None] = None

    @classmethod
    def mock(cls, spec: Callable[..., Any]) -> Callable[..., Any]:
        """Stand in for `spec`, a pool's handle_request or its async sister."""
        deliver = cls.deliver
        assert deliver is not None

        def handle_request(_pool: object, request: httpcore.Request) -> httpcore.Response:
            assert isinstance(request.stream, Iterable)
            with _sending(request, deliver) as sending:
                for chunk in request.stream:
                    sending.write(h11.Data(data=chunk))
            return sending.response()

        async def handle_async_request(_pool: object, request: httpcore.Request) -> httpcore.Response:
            assert isinstance(request.stream, AsyncIterable)
            with _sending(request, deliver) as sending:
                async for chunk in request.stream:
                    sending.write(h11.Data(data=chunk))
            return sending.response()

        return handle_async_request if inspect.iscoroutinefunction(spec) else handle_request


@contextmanager
def _in_place_of_httpcore(deliver: _Deliver) -> Iterator[None]:
    if _WireMocker.deliver is not None:
        raise RuntimeError("another mock transport is up")
    _WireMocker.deliver = deliver
    _WireMocker.start()
    try:
        yield
    finally:
        _WireMocker.stop()
        _WireMocker.deliver = None


@contextmanager
def _sending(request: httpcore.Request, deliver: _Deliver) -> Iterator[_Sending]:
    sending = _Sending(request)
    try:
        yield sending
        sending.write(h11.EndOfMessage())
    finally:  # What breaks off on its way has left the client all the same.
        sending.answer = deliver(sending.origin, sending.arrived())


def _check(answer: StubResponse) -> None:
    """Refuse here what cannot be shown, and what would fail to render inside the client's call."""
    if answer.status is not None and answer.status < 200:
        raise ValueError(f"{answer.status} is no final status")
    stray = answer.stray or (answer.status in (204, 304) and (answer.content or answer.framing == "chunked"))
    if answer.interim or stray or answer.fault:
        raise ValueError('interim answers, stray bytes and faults need a transport that shows "wire"')
    response_placeholders.check(answer, ("self",))
    render(answer, _ANY_REQUEST)
