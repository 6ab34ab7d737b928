"""Makes one call: opens an endpoint with its stub responses, lets the client call, and records the exchange.

Calls of one test share persistent connections; no other test uses them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import TypedDict, TypeVar

from graphcontract.clauses.queries import build_request_filter, build_token_filter
from graphcontract.clients import ClientUnavailable
from graphcontract.clients.surroundings import Setting
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Cancellation, Exchange, Outcome
from graphcontract.http.stub_response import ResponseScript, StubResponse, settle
from graphcontract.judging import stalls
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.patience import Patience, is_expensive
from graphcontract.judging.target import Target
from graphcontract.transports import Certificate, Endpoint, OpenConnections, Scope, Transport

# An expensive call takes its timeout and the start of another process. After so many in a run, each further
# test makes at most one.
_EXHAUSTED = 3
# A client that reports success before its request arrives gets 50 ms each time. One that never sends any
# would spend that on every call: after a second of it in a test, nothing waits.
_MOST_WAITS = 20

# A client may close its connections after it has reported the outcome, in another thread or task. A second is
# enough on a busy machine, and only passes for a client that leaves more open than it should.
_CLOSING = 1.0
_CLOSING_STEP = 0.01

T = TypeVar("T")


class CallOptions(TypedDict, total=False):
    """How a call is made: at Graph's `own_root`, by the copy of the client that logs in detail (`debug`), by
    one with these `surroundings`, of which () are those of the run, at another root than the calls before
    (`aside`), with responses `elsewhere` for other origins, over TLS with this `certificate`. A client that
    declares `cancel` has its call cancelled after `cancel_after` seconds. For `linger` seconds after the
    call, requests are still recorded. With `counting`, the connections that the client leaves open are
    counted. `root_path` is the path of a root that is not the client's own, with `{version}` in place of its
    version; `by_name` names its host instead of its address. `http2` offers HTTP/2, with a `certificate`.
    `shared` calls of one test that are under way at the same time have one root, so that they may share a
    connection. Each has a token of its own, by which their requests are told apart.
    """

    own_root: bool
    debug: bool
    surroundings: tuple[Setting, ...]
    aside: bool
    elsewhere: Sequence[StubResponse]
    certificate: Certificate
    cancel_after: float
    linger: float
    counting: bool
    root_path: str
    by_name: bool
    http2: bool
    shared: bool


class _Timer:
    """Cancels a call after some seconds, 0 before it begins, unless it is None; `fired` is when it did."""

    def __init__(self, seconds: float | None) -> None:
        self.fired: float | None = None
        self.cancellation = None if seconds is None else Cancellation()
        self._timer: threading.Timer | None = None
        if seconds:
            self._timer = threading.Timer(seconds, self._fire)
            self._timer.daemon = True

    def __enter__(self) -> None:
        if self._timer is not None:
            self._timer.start()
        elif self.cancellation is not None:
            self._fire()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        assert self.cancellation is not None
        self.fired = monotonic()
        self.cancellation.set()


@dataclass(eq=False, slots=True)
class CallStats:
    """Counts calls: `exchanges`, and how many of them were `expensive`: they hung or ended the client.

    `unsupported` is the reason of the last call that the driver could not make. `on_exchange` is called with
    each exchange. `patience` counts how long they took. What a test counts is also counted in `whole`, of the
    tests that call the same client.
    """

    exchanges: int = 0
    expensive: int = 0
    supported: int = 0
    unsupported: str | None = None
    on_exchange: Callable[[Exchange], None] = lambda _exchange: None
    whole: CallStats | None = None
    patience: Patience = field(default_factory=Patience)

    def add(self, exchange: Exchange) -> None:
        """Count one more exchange."""
        self.exchanges += 1
        self.expensive += is_expensive(exchange)
        if exchange.outcome.kind == "unsupported":
            self.unsupported = exchange.outcome.reason
        else:
            self.supported += 1
        self.on_exchange(exchange)
        self.patience.add(exchange)
        if self.whole is not None:
            self.whole.add(exchange)

    @property
    def exhausted(self) -> bool:
        """Whether so many calls were expensive that one more in each test is enough."""
        return self.expensive >= _EXHAUSTED


def _count_connections(endpoint: Endpoint, pool: int) -> OpenConnections:
    """Count the connections that the client leaves open, once it had time to close what its pool does not
    hold, and what will get no response.
    """
    until = monotonic() + _CLOSING
    count = endpoint.count_connections()
    while (count.open > pool or count.waiting) and monotonic() < until:
        sleep(_CLOSING_STEP)
        count = endpoint.count_connections()
    return count


class _ThreadState(threading.local):
    """What a thread's calls count for, and which connections they may use."""

    stats: CallStats | None = None
    scope: Scope | None = None
    owner: object = None
    unrequested: int = 0


class CallRunner:
    """Makes calls, from any thread. `stats` counts those that no test counts for itself; `waiting` counts how
    long those of all fixed cases took, which are made at the same time.
    """

    def __init__(self, contract: Contract, clients: ClientSet) -> None:
        stalls.begin()
        self._contract, self._clients = contract, clients
        self.stats, self.waiting = CallStats(), Patience()
        self._state = _ThreadState()
        self._lock = threading.Lock()  # tests of several threads may share one CallStats

    def with_contract(self, contract: Contract) -> CallRunner:
        """Return a runner for calls of another contract, with the same clients, scopes and counts."""
        other = copy(self)
        other._contract = contract
        return other

    @property
    def tried(self) -> bool:
        """Whether slow calls took so long that one more in each test is enough. Fixed cases are all made."""
        stats = self._state.stats or self.stats
        return stats.patience is not self.waiting and (stats.whole or stats).patience.tried

    def count_for(self, stats: CallStats | None) -> None:
        """Count what follows in this thread for a test, or for the run."""
        self._state.stats, self._state.unrequested = stats, 0

    @contextmanager
    def without_counting(self) -> Iterator[None]:
        """Make calls in this thread that count for no test."""
        stats, self._state.stats = self._state.stats, CallStats()
        try:
            yield
        finally:
            self._state.stats = stats

    def enter_scope(self, owner: object) -> None:
        """Start from connections that were never used, or used by the same `owner` only (not None)."""
        state = self._state
        if owner is not None and owner is state.owner:
            self.leave_desynced()
            return
        if state.scope is not None:
            self._clients.current.transport.leave(state.scope)
        state.scope, state.owner = Scope(), owner

    def leave_desynced(self) -> None:
        """Abandon the scope's connections that may be out of sync."""
        if self._state.scope is not None:
            self._clients.current.transport.leave(self._state.scope, only_desynced=True)

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Make calls in this thread with the connections of this scope."""
        before, self._state.scope = self._state.scope, scope
        try:
            yield
        finally:
            self._state.scope = before

    def leave(self, scope: Scope) -> None:
        """Abandon the connections of a scope."""
        self._clients.current.transport.leave(scope)

    def run_apart(self, jobs: Sequence[Callable[[], T]], *here: Callable[[], T]) -> list[T]:
        """Run jobs at the same time, each in a thread and with connections of its own, and meanwhile those
        that are to run `here`, in this thread. Return the results of the latter, then of the jobs.
        """
        stats = self._state.stats

        def run(job: Callable[[], T]) -> T:
            self._state.stats, self._state.scope = stats, Scope()
            try:
                return job()
            finally:
                self._clients.current.transport.leave(self._state.scope)

        with ThreadPoolExecutor(len(jobs)) as threads:
            begun = [threads.submit(run, job) for job in jobs]
            return [*(job() for job in here), *(each.result() for each in begun)]

    def share_scope(self, job: Callable[[], T]) -> Callable[[], T]:
        """Make a job that runs in another thread with the scope of this one, and counts for its test."""
        scope, stats = self._state.scope, self._state.stats

        def run() -> T:
            self._state.scope, self._state.stats = scope, stats
            try:
                return job()
            finally:
                self._state.scope = self._state.stats = None

        return run

    def run(self, call: Call, responses: Sequence[StubResponse], options: CallOptions) -> Exchange:
        """Make one call. Raises OwnRootLost if the client must not be called any more."""
        own_root, debug = options.get("own_root", False), options.get("debug", False)
        settings = options.get("surroundings")
        try:
            with self._clients.take(
                self._state.scope, own_root=own_root, debug=debug, surroundings=settings
            ) as target:
                exchange = self._make_exchange(target, call, responses, options)
        except ClientUnavailable as error:
            if settings is None:
                raise
            outcome = Outcome.crash(f"the client could not be started: {error.message}")
            exchange = Exchange(call, (), (), outcome, surroundings=_name_settings(settings))
        with self._lock:
            (self._state.stats or self.stats).add(exchange)
        return exchange

    def _make_exchange(
        self, target: Target, call: Call, responses: Sequence[StubResponse], options: CallOptions
    ) -> Exchange:
        client, transport = target.client, target.transport
        endpoint = self._open_endpoint(transport, call, responses, options)
        secure = endpoint.root.startswith("https:") and "wire" in transport.shows
        call, root = self._address(call, endpoint, options, ca_file=transport.ca_file if secure else None)
        timer = _Timer(options.get("cancel_after"))
        begun = started = monotonic()
        # Until the call returns, its endpoint counts as spoiled: an interrupt may come in the middle of it.
        spoiled, expecting = True, False
        try:
            with timer:
                outcome = client.call(replace(call, cancelled=timer.cancellation))
            ended = monotonic()
            started = outcome.sent or started
            if "linger" in options:
                sleep(options["linger"])
            connections = (
                _count_connections(endpoint, client.limits.pool) if options.get("counting") else None
            )
            spoiled = outcome.kind == "hang" or outcome.died
            expecting = outcome.kind == "success" and self._state.unrequested < _MOST_WAITS
        finally:
            record = endpoint.finish(spoiled=spoiled, expecting=expecting)
        if target.guard is not None:
            target.guard.after_call(outcome, requested=bool(record.requests))
        self._state.unrequested += expecting and not record.requests
        return Exchange(
            call,
            record.requests,
            record.responses,
            outcome,
            started,
            ended,
            elsewhere=record.elsewhere,
            connects=record.connects,
            connections=record.connections,
            fault=next((each.fault for each in responses if each.fault), None),
            certificate=options.get("certificate", "trusted") if secure else None,
            bounds=client.limits.timeout,
            own_root=root,
            cancelled=timer.fired if timer.fired is not None and timer.fired < ended else None,
            open_connections=connections.open if connections else None,
            waiting_connections=connections.waiting if connections else 0,
            pool=client.limits.pool,
            surroundings=_name_settings(target.surroundings.settings if target.surroundings else ()),
            files=target.surroundings.read_files() if target.surroundings else {},
            stalled=stalls.find_stalled(begun, monotonic()),
        )

    def _open_endpoint(
        self, transport: Transport, call: Call, responses: Sequence[StubResponse], options: CallOptions
    ) -> Endpoint:
        """Open an endpoint that gives these responses to the requests of the call, or to all with its token
        where the call is not alone at its root.
        """
        certificate, scope = options.get("certificate"), self._state.scope
        shared = options.get("shared", False)
        concerns = build_token_filter(call) if shared else build_request_filter(self._contract, call)
        elsewhere = self._settle(options.get("elsewhere", ()))
        script = ResponseScript(self._settle(responses), concerns, elsewhere)
        endpoint = transport.open_endpoint(
            script,
            root=self._contract.request.root if options.get("own_root") else None,
            certificate=certificate,
            scope=scope,
            http2=options.get("http2", False),
            shared=shared,
        )
        if options.get("aside") and transport.at_once is None:
            # An open endpoint keeps its root, so that a second one gets another.
            first, endpoint = endpoint, transport.open_endpoint(script, certificate=certificate, scope=scope)
            first.finish()
        return endpoint

    def _address(
        self, call: Call, endpoint: Endpoint, options: CallOptions, *, ca_file: str | None
    ) -> tuple[Call, str]:
        """Complete a call with its root and client object; returns the root too, as the call to the client's
        own root has none.
        """
        request = self._contract.request
        own = endpoint.root == request.root
        path = "/{version}" if own else options.get("root_path", "/{version}")
        named = endpoint.roots.get("same-host-name") if options.get("by_name") else None
        root = (named or endpoint.root) + path.format(version=request.version)
        call = replace(call, base_url=None if own else root, ca_file=None if own else ca_file)
        return replace(call, client=self._clients.number_object(call)), root

    def _settle(self, responses: Sequence[StubResponse]) -> tuple[StubResponse, ...]:
        """Give the responses that stand for success the status and content of the contract's."""
        success = self._contract.success
        return settle(responses, success.status, b"{}" if success.content == "required" else b"")


def _name_settings(settings: Sequence[Setting]) -> dict[str, str]:
    return {each.name: each.text for each in settings}
