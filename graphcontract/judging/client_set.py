"""The clients of a run: the one under test, copies of it for concurrent calls, and one at its own root.

Starts the others when they are needed, says which of them a thread calls, and what they can show.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

from graphcontract.clients import ClientUnavailable
from graphcontract.clients.surroundings import Setting
from graphcontract.errors import UserError
from graphcontract.exchange import Call
from graphcontract.judging.client_pool import ClientPool, Slot, Submits
from graphcontract.judging.target import OtherSurroundings, Target
from graphcontract.transports import Scope

# Bounds, not measurements: a concurrent call takes a thread and an endpoint here, a copy another process.
_MOST_AT_ONCE = 8
_MOST_COPIES = 4
# Of a client that takes eight calls, one copy would take at least 5 s for the 40 s that fixed cases wait in
# all.
_FOR_CASES = 2
_START_PATIENCE = 5.0  # seconds to wait on close for a process that is being started, to end it too

NOT_AT_OWN_ROOT = "the client cannot be checked at its own root"
"""How the reason begins if the client could not be started there, or its first call did not arrive."""

T = TypeVar("T")


class OwnRootLost(ClientUnavailable):
    """The client must not be called any more, as nothing proves that its calls stay on this machine."""

    code = "own-root-lost"


class _ThreadState(threading.local):
    """Which target a thread of the pool calls; None in a thread that calls the first one."""

    target: Target | None = None


class ClientSet:
    """The clients of one run in one process. Any thread may call the methods.

    `another` starts a copy of the first client, None if there can be one only. `at_own_root` starts a client
    at its own root, if the first one's transport does not serve that root; it raises UserError if it cannot.
    `negotiates_http2` says whether the client chooses HTTP/2 where it is offered.
    While `calls_overlap` is false, the driver's `concurrency` counts as 1. `hangs_alone` says whether a call
    that hung beside others hangs alone too, None before one was made again; `late_calls` is how many
    were taken for late. `suspects` are settings of other surroundings that made a difference.
    `make_first_call` makes the first call of each further process; it is set once there is a harness.
    `debugging` starts a copy of the first client that logs in detail, and `surroundings` copies in other
    surroundings; None if there can be none.
    """

    def __init__(
        self,
        main: Target,
        *,
        another: Callable[[], Target] | None = None,
        at_own_root: Callable[[], Target] | None = None,
        debugging: Callable[[], Target] | None = None,
        surroundings: OtherSurroundings | None = None,
    ) -> None:
        self.main, self.another, self._start_at_own_root = main, another, at_own_root
        self._debugging = Slot(partial(self._start, debugging)) if debugging else None
        self.make_first_call: Callable[[Target], None] | None = None
        self._surroundings = surroundings
        self._surrounded: dict[tuple[Setting, ...], Slot[Target | ClientUnavailable]] = {}
        self._state = _ThreadState()
        # A proxy serves one call at a time at a client's own root, so that calls from several threads wait.
        self._own_root_turn = threading.Lock()
        self._debugging_turn = threading.Lock()
        self._changing = threading.Lock()  # protects what may be started in which surroundings
        self.comparing = threading.Lock()  # held while differences between surroundings are taken apart
        self.suspects: list[Setting] = []
        self._starting: list[threading.Thread] = []
        self._at_own_root: Target | str | None = None
        self._lost: str | None = None
        self._copies: list[Slot[Target]] = []
        self._pool: ClientPool[Target] | None = None
        self._test_pools: list[ClientPool[Target]] = []
        self._lock = threading.Lock()  # protects what threads of several tests add to
        self._objects: dict[tuple[object, ...], int] = {}
        self.calls_overlap = True
        self.negotiates_http2 = False
        self.hangs_alone: bool | None = None
        self.late_calls = 0
        self._started: list[Target] = []
        self._closed = False

    @property
    def shows(self) -> frozenset[str]:
        """What clauses can observe of this client on this transport."""
        client, transport = self.main.client, self.main.transport
        limits = client.limits
        allowed = not limits.hosts or bool(set(limits.hosts) & set(transport.hosts))
        withheld = not allowed or (limits.https and not transport.https)
        shown = set(client.shows | transport.shows)
        shown -= {"debug"} if self._debugging is None else set()
        shown |= {"surroundings"} if self._surroundings is not None else set()
        shown |= set() if withheld else {"credentials"}
        shown |= {"http2"} if self.negotiates_http2 else set()
        shown |= {"timeout"} if limits.timeout != "none" else set()
        shown |= {"root-slash"} if limits.root_slash else set()
        shown |= {"call-timeout"} if limits.timeout == "call" else set()
        return frozenset(shown | ({"concurrency"} if self.capacity > 1 else set()))

    @property
    def capacity(self) -> int:
        """How many calls the client and its transport take at the same time."""
        if not self.calls_overlap:
            return 1
        return min(self.main.client.concurrency, self.main.transport.at_once or _MOST_AT_ONCE)

    @property
    def current(self) -> Target:
        """The target that this thread calls."""
        return self._state.target or self.main

    @property
    def sides(self) -> Sequence[tuple[Setting, ...]]:
        """The settings of each process in other surroundings."""
        return list(self._surroundings.sides.values()) if self._surroundings is not None else []

    def start_surroundings(self) -> None:
        """Begin to start the processes in other surroundings, so that no call waits for them."""

        def start(settings: tuple[Setting, ...]) -> None:
            with suppress(ClientUnavailable):  # its first call reports that
                self._take_surrounded(settings)

        for settings in self.sides:
            self._starting.append(threading.Thread(target=start, args=[settings], daemon=True))
            self._starting[-1].start()

    @contextmanager
    def take(
        self,
        scope: Scope | None,
        *,
        own_root: bool = False,
        debug: bool = False,
        surroundings: tuple[Setting, ...] | None = None,
    ) -> Iterator[Target]:
        """Give the target for one call, in a new process if connections of the old one may be out of sync.

        Raises OwnRootLost if the client must not be called any more, and ClientUnavailable if it cannot be
        started in these surroundings.
        """
        apart = self._at_own_root if own_root else None
        if isinstance(apart, Target):
            with self._own_root_turn:
                yield self._admit(apart, scope)
        elif debug and self._debugging is not None:
            with self._debugging_turn:
                yield self._admit(self._debugging.take(), scope)
        elif surroundings is not None and self._surroundings is not None:
            yield self._admit(self._take_surrounded(surroundings), scope)
        else:
            yield self._admit(self.current, scope)

    def _take_surrounded(self, settings: tuple[Setting, ...]) -> Target:
        """Return the target in these surroundings. One that could not be started is not tried again."""
        start = self._surroundings.start if self._surroundings is not None else None
        assert start is not None

        def try_to_start() -> Target | ClientUnavailable:
            try:
                return self._start(partial(start, settings))
            except ClientUnavailable as error:
                return error

        with self._changing:
            slot = self._surrounded.setdefault(settings, Slot(try_to_start))
        target = slot.take()
        if isinstance(target, ClientUnavailable):
            raise target
        return target

    def _admit(self, target: Target, scope: Scope | None) -> Target:
        if target.transport.needs_new_client(scope):
            target.client.renew()
            if target.guard is not None:
                target.guard.after_restart()
        if not self._may_call(target):
            raise OwnRootLost(str(self._lost))
        return target

    def _may_call(self, target: Target) -> bool:
        """Whether the target's guard lets it call. After one refusal, no client of the run calls its own
        root any more.
        """
        if target.guard is None:
            return True
        try:
            if self._lost is None:
                target.guard.before_call()
        except ClientUnavailable as error:
            self._lost = error.message
        return self._lost is None

    def find_own_root_obstacle(self) -> str | None:
        """Return why the client cannot be checked at its own root, or None if it can. The first call may
        start a client there.
        """
        if "own-root" in self.main.transport.shows:
            return None
        if self._start_at_own_root is None and self._at_own_root is None:
            return "this transport does not stand for the client's own root (try --transport mock)"
        with self._own_root_turn:
            if self._at_own_root is None and self._start_at_own_root is not None:
                try:
                    self._at_own_root = self._start_at_own_root()
                except UserError as error:
                    self._at_own_root = f"{NOT_AT_OWN_ROOT}: {error.message}"
            if not isinstance(self._at_own_root, Target):
                return self._at_own_root
            may_call = self._may_call(self._at_own_root)
        return None if may_call else f"the client can no longer be checked at its own root: {self._lost}"

    @property
    def own_root_proof(self) -> str:
        """Why calls to the client's own root stay on this machine; empty if no client has a guard."""
        target = self._at_own_root if isinstance(self._at_own_root, Target) else self.main
        return target.guard.proof if target.guard else ""

    def lost_reason(self, needs: frozenset[str]) -> str | None:
        """Return why calls for a clause with these needs ended during the run, or None if they did not."""
        return self._lost if "own-root" in needs or self.main.guard is not None else None

    def number_object(self, call: Call) -> int:
        """Number the client object that a driver makes a call with: one for each root, and for each token if
        the client ties an object to it.
        """
        token = call.token if self.main.client.limits.token == "client" else None  # noqa: S105 - no secret
        with self._lock:
            return self._objects.setdefault((call.base_url, token), len(self._objects) + 1)

    def run_concurrently(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Run jobs at the same time, each in a thread with a client that has room for its calls. Returns
        their results in order.
        """
        pool = ClientPool(self._slots(len(jobs)), self._bind)
        try:
            return [future.result() for future in [pool.submit(job) for job in jobs]]
        except KeyboardInterrupt:
            self.close()  # calls under way end with their clients
            raise
        finally:
            pool.stop()

    def open_pool(self, wanted: int) -> ClientPool[Target]:
        """Return threads that make calls at the same time: as many as wanted, as far as clients have room."""
        return ClientPool(self._slots(wanted), self._bind)

    @property
    def has_copies(self) -> bool:
        """Whether background calls are made by copies of the client, which no other calls disturb."""
        return self.another is not None

    def background_pool(self) -> Submits:
        """Return the threads that make the calls of fixed cases while tests run, for the rest of the run."""
        if self._pool is None:
            # If there can be copies, the first client is left to the other tests: it may take one call at a
            # time, and whether concurrent calls with other ids and tokens work is for one clause to check.
            if not self.has_copies:
                slots = self._slots(_MOST_AT_ONCE)
            elif self.capacity > 1:
                slots = self._start_copies(_FOR_CASES) * self.capacity
            else:
                slots = self._start_copies(_MOST_COPIES - 1)
            self._pool = ClientPool(slots, self._bind)
        return self._pool

    def test_pools(self, wanted: int) -> list[ClientPool[Target]]:
        """Return where whole tests run beside each other, for the rest of the run: as many pools as are
        wanted first, within bounds. Each has a client of its own, so that what a client sees depends on the
        tests that it is given only.

        A client that takes one call at a time, and its copies, make the calls of fixed cases too; of another
        client, further copies make them.
        """
        if not self._test_pools:
            slots = [Slot(lambda: self.main), *self._start_copies(_MOST_COPIES - 1)]
            own = slots if self.capacity == 1 else [slots[0], *slots[1 + _FOR_CASES :]]
            self._test_pools = [ClientPool([slot], self._bind) for slot in own[:wanted]]
        return self._test_pools

    def _slots(self, jobs: int) -> list[Slot[Target]]:
        """Make a slot for each call that can be under way: of this thread's client several times, or of
        copies.
        """
        current = self.current
        own = Slot(lambda: current)
        if self.capacity > 1 or self.another is None:
            return [own] * max(1, min(self.capacity, _MOST_AT_ONCE, jobs))
        return [own, *self._start_copies(min(_MOST_COPIES, jobs) - 1)]

    def _start_copies(self, count: int) -> list[Slot[Target]]:
        """Return this many slots of copies; each copy starts with its first call."""
        while self.another is not None and len(self._copies) < count:
            self._copies.append(Slot(partial(self._start, self.another)))
        return self._copies[:count]

    def _start(self, start: Callable[[], Target]) -> Target:
        """Start a process beside the first, and let it make a call that does not count. One that starts while
        the run ends, as after Ctrl-C, is ended at once: raises ClientUnavailable.
        """
        target = start()
        with self._lock:
            closed = self._closed
            if not closed:
                self._started.append(target)
        if closed:
            self._end(target)
            raise ClientUnavailable("the run is over")
        if self.make_first_call is not None:
            self.make_first_call(target)
        return target

    def _bind(self, target: Target | None) -> None:
        self._state.target = target

    def close(self) -> None:
        """End all clients, and the transports of those that were started beside the first."""
        with self._lock:  # what starts from now on is ended by the thread that starts it
            self._closed, started = True, tuple(self._started)
            self._started.clear()
        for pool in (self._pool, *self._test_pools):
            if pool is not None:
                pool.stop()
        self.main.client.close()
        for thread in self._starting:
            thread.join(_START_PATIENCE)
        for target in (*started, self._at_own_root):
            if isinstance(target, Target):
                self._end(target)
        self._copies.clear()
        self._test_pools.clear()
        self._surrounded.clear()
        self._surroundings = None
        self._pool = self._at_own_root = None

    def _end(self, target: Target) -> None:
        target.client.close()
        if target.transport is not self.main.transport:
            target.transport.__exit__(None, None, None)
        if target.surroundings is not None:
            target.surroundings.remove()
