"""What a suite's test works with: ordinary calls, control calls, and checks of what the client did.

`CallRunner` makes the calls, `ClientSet` has the clients; the observer of a test evaluates its trials.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, Unpack

from graphcontract.clients import Client
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.http.stub_response import StubResponse
from graphcontract.inputs import ids
from graphcontract.inputs.calls import plain_arguments
from graphcontract.inputs.tokens import CANARY
from graphcontract.judging.call_runner import CallOptions, CallRunner, CallStats
from graphcontract.judging.client_set import ClientSet, OwnRootLost
from graphcontract.judging.hypothesis_runner import simplest
from graphcontract.judging.patience import is_expensive, is_slow
from graphcontract.judging.profile import Profile
from graphcontract.judging.retry_probe import RetryHabits, see_retry_habits
from graphcontract.judging.stalls import repeat_if_stalled
from graphcontract.transports import Transport

_MOST_REPEATS = 64  # a stall disturbs all calls that are under way, nine of them
_MARKS = 8  # one digit, the last one of a GUID, for as many calls as can be under way at the same time
_TOKEN = f"{CANARY}.eyJzdWIiOiJjb250cm9sIn0.control"  # three parts, as a JWT has
_USUAL_IDS = {
    "guid": "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e",
    "another-guid": "5f0f3f0e-6c1b-4b7a-9d59-3a3a0f6a7c21",
    "opaque": "x1",
}

T = TypeVar("T")


class Observer(Protocol):
    """Receives the trials of a test while it runs."""

    def observe(self, trial: Trial) -> None:
        """Receive one trial."""
        ...


class SkipPartition(BaseException):
    """Ends a test's input class: its other inputs would cost as much as the call that hung or ended the
    client, or the client must not be called any more.
    """


class SkipTest(SkipPartition):
    """Ends all of a test's input classes: slow calls took so long that one more in each test is enough."""


class _Stalled(BaseException):
    """Ends a part of a test in which the machine stood still during a call."""


class _ThreadState(threading.local):
    """What the test of a thread has: who observes it, what marks its plain calls, its control calls."""

    observer: Observer | None = None
    mark: str = ""

    def __init__(self) -> None:
        self.controls: dict[tuple[object, ...], Exchange] = {}


class Harness:
    """Serves the tests of a whole run in one process, in several threads at the same time."""

    def __init__(self, contract: Contract, clients: ClientSet, profile: Profile) -> None:
        self.contract, self.clients, self.profile = contract, clients, profile
        self.calls = CallRunner(contract, clients)
        self._plain_arguments = {kind: make_plain_arguments(contract, kind) for kind in _USUAL_IDS}
        self._state = _ThreadState()
        self._habits: RetryHabits | None = None
        self._probing = threading.Lock()
        self._repeats = 0

    @property
    def client(self) -> Client:
        """The client under test."""
        return self.clients.main.client

    @property
    def transport(self) -> Transport:
        """The transport of the client under test."""
        return self.clients.main.transport

    def plain_call(self, kind: str = "guid") -> Call:
        """Make an ordinary call: a `guid` or a plain `opaque` id for each parameter, and a token."""
        mark = self._state.mark
        arguments = {
            name: id[:-1] + mark if mark and id[1:] == _USUAL_IDS[kind][1:] and kind != "opaque" else id
            for name, id in self._plain_arguments[kind].items()
        }
        return Call(self.contract.id, arguments, _TOKEN + mark, request=self.contract.request)

    def request_target(self, call: Call) -> str:
        """Return the target that a call requests, without scheme and authority."""
        request = self.contract.request
        return f"/{request.version}{request.fill_in(call.arguments)}"

    def perform(
        self, call: Call, responses: Sequence[StubResponse], **options: Unpack[CallOptions]
    ) -> Exchange:
        """Make one call with these responses; nothing is checked."""
        try:
            return self.calls.run(call, responses, options)
        except OwnRootLost:
            if self._state.observer is None:
                raise
            raise SkipPartition from None

    @property
    def habits(self) -> RetryHabits:
        """How the client retries, which the first use sees by two calls that count for no test."""
        with self._probing, self.calls.without_counting():
            if self._habits is None:
                self._habits = repeat_if_stalled(lambda: see_retry_habits(self.plain_call(), self.perform))
            return self._habits

    def hasten(self, response: StubResponse) -> StubResponse:
        """Shorten a Retry-After of 1 to 0, if the client retries after that too."""
        waits = [name.lower() == "retry-after" and value == "1" for name, value in response.fields]
        if not any(waits) or not self.habits.at_once:
            return response
        fields = zip(response.fields, waits, strict=True)
        return replace(
            response, fields=tuple((name, "0" if wait else value) for (name, value), wait in fields)
        )

    def control(self, responses: Sequence[StubResponse], kind: str = "guid") -> Exchange:
        """Make an ordinary call with these responses, once in a test: unusual calls are compared with it."""
        key = (kind, tuple(responses))
        if key not in self._state.controls:
            self._state.controls[key] = self.perform(self.plain_call(kind), responses)
        return self._state.controls[key]

    def check(
        self,
        call: Call,
        responses: Sequence[StubResponse],
        *,
        control: Exchange | None = None,
        before: Sequence[Exchange] = (),
        **options: Unpack[CallOptions],
    ) -> None:
        """Make a call and check what the client did, given its control call and the calls before it."""
        self.observe(self.perform(call, responses, **options), control=control, before=before)

    def observe(
        self, exchange: Exchange, *, control: Exchange | None = None, before: Sequence[Exchange] = ()
    ) -> None:
        """Check an exchange, given its control call and the calls before it."""
        trial = Trial(exchange, control, tuple(before))
        observer = self._state.observer
        if any(each.stalled for each in trial.exchanges) and self._may_repeat():
            raise _Stalled
        if observer is not None and all(each.outcome.kind != "unsupported" for each in trial.exchanges):
            observer.observe(trial)
        if any(map(is_expensive, trial.exchanges)):
            raise SkipPartition
        if self.calls.tried and any(map(is_slow, trial.exchanges)):
            raise SkipTest

    def run_without_stall(self, part: Callable[[], T]) -> T:
        """Run a part of a test, from new control calls on again if the machine stood still during a call."""
        while True:
            try:
                return part()
            except _Stalled:
                self._state.controls.clear()

    def _may_repeat(self) -> bool:
        """Whether a part of a test is repeated: not for ever, on a machine that stands still all the time."""
        with self._probing:
            self._repeats += 1
            return self._repeats <= _MOST_REPEATS

    def concurrently(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Run jobs of one test at the same time, and return their results in order."""
        return self.clients.run_concurrently([self.calls.share_scope(job) for job in jobs])

    def set_observer(
        self,
        observer: Observer | None,
        stats: CallStats | None = None,
        *,
        index: int | None = None,
        owner: object = None,
    ) -> None:
        """Begin a test in this thread, or end it with None. Without `stats`, its calls count for the run.

        It starts from connections that were never used, or used by the same `owner` only. `index` tells
        concurrent plain calls apart, by id and token.
        """
        if observer is not None:
            self.calls.enter_scope(owner)
        self.calls.count_for(stats)
        self._state.observer = observer
        self._state.mark = "" if index is None else str(index % _MARKS)
        self._state.controls.clear()


def make_plain_arguments(contract: Contract, kind: str) -> dict[str, str]:
    """Choose the arguments of ordinary calls of a kind: the usual ids, or others where a schema rejects
    those.
    """
    chosen = [
        _choose_plain_id(schema, kind, index)
        for index, schema in enumerate(contract.request.parameters.values())
    ]
    return plain_arguments(contract, chosen)


def _choose_plain_id(schema: Mapping[str, Any], kind: str, index: int) -> str:
    admitted, least = ids.task_ids(schema), schema.get("minLength", 0)
    for each in (kind, "guid"):
        usual = f"x{index + 1}" if each == "opaque" else _USUAL_IDS[each]
        if each.removeprefix("another-") in admitted and len(usual) >= least:
            return usual
    return str(simplest(ids.plain(schema)))
