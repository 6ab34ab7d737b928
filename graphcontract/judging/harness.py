"""Makes a suite's calls: stages the answers, lets the client call, records the exchange, brings it to court.

Knows contract, client and transport; it neither explores inputs nor reports.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic, sleep
from typing import Protocol, TypedDict, TypeVar, Unpack

from graphcontract.clauses.queries import build_request_filter, is_guid
from graphcontract.clients import Client, ClientUnavailable
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.http.stub_response import ResponseScript, StubResponse, settle
from graphcontract.inputs import ids
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.client_pool import ClientPool, Slot
from graphcontract.judging.hypothesis_runner import simplest
from graphcontract.judging.profile import Profile
from graphcontract.judging.target import OwnRootGuard, Target
from graphcontract.transports import Certificate, Scope, Transport

_COSTLY_RUN = 3
_MOST_WAITS = 20  # a test, for a request that success was reported without
_MOST_AT_ONCE = 8
_MOST_COPIES = 4
_TOKEN = f"{CANARY}.eyJzdWIiOiJjb250cm9sIn0.control"  # parted as a JWT is
_USUAL_IDS = {
    "guid": "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e",
    "another-guid": "5f0f3f0e-6c1b-4b7a-9d59-3a3a0f6a7c21",
    "opaque": "x1",
}

T = TypeVar("T")


class Observer(Protocol):
    """Who hears the trials of a test while it runs."""

    def hear(self, trial: Trial) -> None:
        """Judge one trial."""
        ...


class CallOptions(TypedDict, total=False):
    """How a call is made: at Graph's `own_root`, at another root than the calls before (`aside`), with
    answers `elsewhere` for other origins, over TLS with this `certificate`. `linger` is how many seconds
    are still listened after it.
    """

    own_root: bool
    aside: bool
    elsewhere: Sequence[StubResponse]
    certificate: Certificate
    linger: float


@dataclass(eq=False, slots=True)
class CallStats:
    """What calls made for one purpose came to: `exchanges`, of which `costly` hung or ended the client;
    `hear` is told of each.
    """

    exchanges: int = 0
    expensive: int = 0
    hear: Callable[[Exchange], None] = lambda _exchange: None

    def add(self, exchange: Exchange) -> None:
        """Count one more."""
        self.exchanges += 1
        self.expensive += _is_costly(exchange)
        self.hear(exchange)


class SkipPartition(BaseException):
    """A call hung or killed the client: what is left of this class of input would cost as much again."""


class _ThreadState(threading.local):
    """What a thread's calls are made for and with."""

    observer: Observer | None = None
    station: Target | None = None
    stats: CallStats | None = None
    vain: int = 0
    mark: str = ""
    scope: Scope | None = None
    owner: object = None

    def __init__(self) -> None:
        self.controls: dict[tuple[object, ...], Exchange] = {}


@dataclass
class Harness:
    """A client before a contract, as a suite's test sees it. One gate serves a whole run of one process.

    `tally` counts the calls that are not counted apart. `another` starts one more client like the
    first, for calls at the same time where one holds only one; `at_own_root` starts one that is judged at its
    own root, where the transport does not stand for that, and raises a UserError where it cannot. `guard` is
    that of the first where the transport stands for its own root; `lost` says why one let no further call by.
    """

    contract: Contract
    client: Client
    transport: Transport
    profile: Profile
    another: Callable[[], Target] | None = None
    at_own_root: Callable[[], Target] | None = None
    guard: OwnRootGuard | None = None
    lost: str | None = None
    stats: CallStats = field(default_factory=CallStats)
    _seat: _ThreadState = field(default_factory=_ThreadState)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _own_root_turn: threading.Lock = field(default_factory=threading.Lock)
    _copies: list[Slot[Target]] = field(default_factory=list)
    _crew: ClientPool[Target] | None = None
    _at_own_root: Target | str | None = None
    _objects: dict[tuple[object, ...], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._plain_ids = _plain_ids(self.contract)
        self._station = Target(self.client, self.transport, self.guard)

    @property
    def shows(self) -> frozenset[str]:
        """What this client on this transport lets clauses see."""
        limits = self.client.limits
        allowed = not limits.hosts or bool(set(limits.hosts) & set(self.transport.hosts))
        withheld = not allowed or (limits.https and not self.transport.https)
        shown = set(self.client.shows | self.transport.shows)
        shown |= set() if withheld else {"credentials"}
        shown |= {"timeout"} if limits.timeout != "none" else set()
        shown |= {"call-timeout"} if limits.timeout == "call" else set()
        return frozenset(shown | ({"concurrency"} if self._holds > 1 else set()))

    @property
    def _holds(self) -> int:
        """How many calls the client can be given at once."""
        return min(self.client.concurrency, self.transport.at_once or _MOST_AT_ONCE)

    def not_at_own_root(self) -> str | None:
        """Why the client cannot be judged at its own root, None where it can; the first question may start a
        client there.
        """
        if "own-root" in self.transport.shows:
            return None
        if self._at_own_root is None:
            if self.at_own_root is None:
                return "this transport does not stand for the client's own root (try --transport mock)"
            try:
                self._at_own_root = self.at_own_root()
            except UserError as error:
                self._at_own_root = f"not at its own root: {error.message}"
        if isinstance(self._at_own_root, str):
            return self._at_own_root
        with self._own_root_turn:
            may_call = self._may_call(self._at_own_root)
        return None if may_call else f"not at its own root any more: {self.lost}"

    @property
    def own_root_proof(self) -> str:
        """Why calls to the client's own root stay on this machine; empty where it is not asked for that."""
        station = self._at_own_root if isinstance(self._at_own_root, Target) else self._station
        return station.guard.proof if station.guard else ""

    @property
    def exhausted(self) -> bool:
        """Whether so many calls hung or killed the client that one more a test is enough."""
        return self.stats.expensive >= _COSTLY_RUN

    def set_observer(
        self,
        observer: Observer | None,
        stats: CallStats | None = None,
        *,
        place: int | None = None,
        owner: object = None,
    ) -> None:
        """Let this court hear what follows in this thread, with controls of its own, counted apart or not.

        It starts from connections that nothing was sent over before, or only for the same `owner`. Plain
        calls at the same time differ in id and token, by their `place` among them.
        """
        if observer is not None:
            self._enter_scope(owner)
        self._seat.observer, self._seat.stats = observer, stats
        self._seat.mark = "" if place is None else str(place % _MOST_AT_ONCE)
        self._seat.controls.clear()
        self._seat.vain = 0

    def start_example(self) -> None:
        """Leave connections behind that the example before may have put out of step."""
        if self._seat.scope is not None:
            self._here.transport.leave(self._seat.scope, only_desynced=True)

    def _enter_scope(self, owner: object) -> None:
        seat = self._seat
        if owner is not None and owner is seat.owner:
            self.start_example()
            return
        if seat.scope is not None:
            self._here.transport.leave(seat.scope)
        seat.scope, seat.owner = Scope(), owner

    @property
    def _here(self) -> Target:
        """The client that this thread calls, on its transport."""
        return self._seat.station or self._station

    def plain_call(self, kind: str = "guid") -> Call:
        """An ordinary call: a `guid` or a plain `opaque` id, and a usable token."""
        (parameter,) = self.contract.request.parameters
        id, mark = self._plain_ids[kind], self._seat.mark
        if mark and id == _USUAL_IDS[kind] and is_guid(id):
            id = id[:-1] + mark
        return Call(self.contract.id, {parameter: id}, _TOKEN + mark)

    def target(self, call: Call) -> str:
        """The path that a call asks for, below scheme and authority; its id needs no encoding."""
        request = self.contract.request
        (parameter,) = request.parameters
        return f"/{request.version}{request.path.replace(f'{{{parameter}}}', call.task_id)}"

    def control(self, answers: Sequence[StubResponse], kind: str = "guid") -> Exchange:
        """An ordinary call with these answers, made once a test: what odd ones are compared with."""
        key = (kind, tuple(answers))
        if key not in self._seat.controls:
            self._seat.controls[key] = self.perform(self.plain_call(kind), answers)
        return self._seat.controls[key]

    def judge(
        self,
        call: Call,
        answers: Sequence[StubResponse],
        *,
        control: Exchange | None = None,
        before: Sequence[Exchange] = (),
        **how: Unpack[CallOptions],
    ) -> None:
        """Make the call and bring it to court, with its control and the calls before it."""
        self.hear(self.perform(call, answers, **how), control=control, before=before)

    def hear(
        self, exchange: Exchange, *, control: Exchange | None = None, before: Sequence[Exchange] = ()
    ) -> None:
        """Bring an exchange to court, with its control and the calls before it."""
        trial = Trial(exchange, control, tuple(before))
        if self._seat.observer is not None and all(
            each.outcome.kind != "unsupported" for each in trial.exchanges
        ):
            self._seat.observer.hear(trial)
        if any(_is_costly(each) for each in trial.exchanges):
            raise SkipPartition

    def concurrently(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do jobs of this thread's test at the same time, each with a client that holds its calls; results
        in order.
        """
        return self.at_once([partial(self._within, self._seat.scope, job) for job in jobs])

    def at_once(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Do jobs that convene for themselves at the same time; results in order."""
        crew = ClientPool(self._places(len(jobs)), self._sit)
        try:
            return [future.result() for future in [crew.submit(job) for job in jobs]]
        except KeyboardInterrupt:
            self.close()  # Calls in flight end with their clients.
            raise
        finally:
            crew.dismiss()

    def _within(self, scope: Scope | None, job: Callable[[], T]) -> T:
        """Do a job of another thread's scope in this thread."""
        self._seat.scope = scope
        try:
            return job()
        finally:
            self._seat.scope = None

    @property
    def copies(self) -> bool:
        """Whether calls that wait are made by copies of the client, which no other calls disturb."""
        return self.another is not None

    def crew(self) -> ClientPool[Target]:
        """Who makes the calls that wait, for the rest of the run: several of them at the same time."""
        if self._crew is None:
            if not self.copies:
                places = self._places(_MOST_AT_ONCE)
            elif self._holds > 1:
                places = self._copied(1) * self._holds
            else:
                places = self._copied(_MOST_COPIES - 1)
            self._crew = ClientPool(places, self._sit)
        return self._crew

    def _places(self, jobs: int) -> list[Slot[Target]]:
        """As many clients as can work at the same time: one several times over, or copies of it."""
        own = Slot(lambda: self._station)
        if self._holds > 1 or self.another is None:
            return [own] * max(1, min(self._holds, _MOST_AT_ONCE, jobs))
        return [own, *self._copied(min(_MOST_COPIES, jobs) - 1)]

    def _copied(self, count: int) -> list[Slot[Target]]:
        while self.another is not None and len(self._copies) < count:
            self._copies.append(Slot(self.another))
        return self._copies[:count]

    def _sit(self, station: Target | None) -> None:
        self._seat.station = station

    def close(self) -> None:
        """End the clients, and the transports of those that were started besides the first."""
        if self._crew is not None:
            self._crew.dismiss()
        self.client.close()
        for station in (*(place.station for place in self._copies), self._at_own_root):
            if isinstance(station, Target):
                station.client.close()
                if station.transport is not self.transport:
                    station.transport.__exit__(None, None, None)
        self._copies.clear()
        self._crew = self._at_own_root = None

    def perform(self, call: Call, answers: Sequence[StubResponse], **how: Unpack[CallOptions]) -> Exchange:
        """Make one call, answered as told, and record both witnesses."""
        at_own_root = self._at_own_root
        if how.get("own_root") and isinstance(at_own_root, Target):
            with self._own_root_turn:  # a root of its own holds one call
                exchange = self._performed(self._admitted(at_own_root), call, answers, how)
        else:
            exchange = self._performed(self._admitted(self._here), call, answers, how)
        with self._lock:
            (self._seat.stats or self.stats).add(exchange)
        return exchange

    def _admitted(self, station: Target) -> Target:
        """Give the station, in a new process if connections of the old one may be out of step.

        If it may not be asked for its own root any more, LeaveClass ends what is in court, and
        ClientUnavailable whatever else asks.
        """
        if station.transport.needs_new_client(self._seat.scope):
            station.client.renew()
            if station.guard is not None:
                station.guard.after_restart()
        if self._may_call(station):
            return station
        if self._seat.observer is None:
            raise ClientUnavailable(str(self.lost))
        raise SkipPartition

    def _may_call(self, station: Target) -> bool:
        """Whether the station's guard lets it call; once one did not, none of them does."""
        if station.guard is None:
            return True
        try:
            if self.lost is None:
                station.guard.before_call()
        except ClientUnavailable as error:
            self.lost = error.message
        return self.lost is None

    def cut_off(self, needs: frozenset[str]) -> str | None:
        """Why calls for a clause with these needs were given up in the course of the run, None where not."""
        return self.lost if "own-root" in needs or self.guard is not None else None

    def _performed(
        self, station: Target, call: Call, answers: Sequence[StubResponse], how: CallOptions
    ) -> Exchange:
        certificate, client, transport = how.get("certificate"), station.client, station.transport
        scope = self._seat.scope
        elsewhere = self._settled(how.get("elsewhere", ()))
        script = ResponseScript(self._settled(answers), build_request_filter(self.contract, call), elsewhere)
        root = self.contract.request.root if how.get("own_root") else None
        stage = transport.open_endpoint(script, root=root, certificate=certificate, scope=scope)
        if how.get("aside") and transport.at_once is None:
            # A stage that is open keeps its root: another one gets another.
            first, stage = stage, transport.open_endpoint(script, certificate=certificate, scope=scope)
            first.finish()
        secure = stage.root.startswith("https:") and "wire" in transport.shows
        asked, own = f"{stage.root}/{self.contract.request.version}", stage.root == self.contract.request.root
        call = replace(
            call,
            base_url=None if own else asked,
            ca_file=transport.ca_file if secure and not own else None,
        )
        call = replace(call, client=self._object(call))
        started = monotonic()
        spoiled, expecting = True, False
        try:
            outcome = client.call(call)
            ended = monotonic()
            sleep(how.get("linger", 0))
            spoiled = outcome.kind == "hang" or outcome.died
            expecting = outcome.kind == "success" and self._seat.vain < _MOST_WAITS
        finally:
            record = stage.finish(spoiled=spoiled, expecting=expecting)
        if station.guard is not None:
            station.guard.after_call(outcome, requested=bool(record.requests))
        self._seat.vain += expecting and not record.requests
        return Exchange(
            call,
            record.requests,
            record.responses,
            outcome,
            started,
            ended,
            elsewhere=record.elsewhere,
            connections=record.connections,
            fault=next((answer.fault for answer in answers if answer.fault), None),
            certificate=(certificate or "trusted") if secure else None,
            bounds=client.limits.timeout,
            own_root=asked,
        )

    def _object(self, call: Call) -> int:
        """The number of the client object for a call: one a root, one a token where limits say so."""
        tied = (call.base_url, call.token if self.client.limits.token == "client" else None)  # noqa: S105 - no secret
        return self._objects.setdefault(tied, len(self._objects) + 1)

    def _settled(self, answers: Sequence[StubResponse]) -> tuple[StubResponse, ...]:
        success = self.contract.success
        return settle(answers, success.status, b"{}" if success.content == "required" else b"")


def _plain_ids(contract: Contract) -> dict[str, str]:
    """An id for each kind of ordinary call: the usual one, or another where the contract refuses that."""
    (schema,) = contract.request.parameters.values()
    admitted, least = ids.task_ids(schema), schema.get("minLength", 0)
    usual = {
        kind: id
        for kind, id in _USUAL_IDS.items()
        if kind.removeprefix("another-") in admitted and len(id) >= least
    }
    other = usual.get("guid") or simplest(ids.plain(schema))
    return {kind: usual.get(kind, other) for kind in _USUAL_IDS}


def _is_costly(exchange: Exchange) -> bool:
    return exchange.outcome.kind == "hang" or exchange.outcome.died
