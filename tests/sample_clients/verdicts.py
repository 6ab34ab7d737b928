"""Runs the suites against a sample client, in this process: the verdict on each clause."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from itertools import product
from typing import Any, Unpack

from hypothesis.strategies import SearchStrategy

from graphcontract.clauses import UNCONDITIONAL, list_kinds
from graphcontract.clients import Implementation, Limits, Start
from graphcontract.clients.python import _Worker
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome, grace
from graphcontract.inputs import Partitions
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.hypothesis_runner import Draws, draw
from graphcontract.judging.profile import PROFILES, Profile
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.target import Target
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult, fold
from graphcontract.run.suite_tests import suite_tests
from graphcontract.transports import Transport
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from graphcontract.transports.proxy import Proxy
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.bases.logging import Logging
from tests.sample_clients.bases.over_proxy import OverProxy
from tests.sample_clients.registry import Entry

CONTRACT = load("sharepointmigrationtask-cancel", list_kinds())


class Direct:
    """A client under test that is a function in this process: an exception from it is a crash."""

    implementation = Implementation("sample")
    concurrency = 8
    budget: int | None = None
    shows = frozenset({"id", "status", "code", "message", "request-id"})

    def __init__(self, cancel: Callable[[Call], Outcome], limits: Limits = Limits()) -> None:  # noqa: B008 - immutable
        self._cancel, self.limits = cancel, limits
        self._idle: deque[_Worker] = deque()
        self.shows |= getattr(getattr(cancel, "__self__", None), "features", frozenset())

    def start(self, start: Start) -> None:
        pass

    def call(self, call: Call) -> Outcome:
        """Make the call in a thread that makes no other at the same time, and is abandoned if it hangs."""

        def work() -> Outcome:
            try:
                return self._cancel(call)
            except Exception as error:
                return Outcome.crash(f"{type(error).__name__}: {error}")

        try:
            worker = self._idle.pop()
        except IndexError:  # calls at the same time take all of them
            worker = _Worker()
        try:
            outcome = worker.run(work, call.timeout + grace(call.timeout))
        except queue.Empty:
            worker.leave()
            return Outcome.hang("no outcome in time")
        self._idle.append(worker)
        return outcome

    def renew(self) -> None:
        pass

    def close(self) -> None:
        while self._idle:
            self._idle.pop().leave()


def verdicts(
    cancel: Callable[[Call], Outcome],
    *,
    of: Collection[str] | None = None,
    shown_by: Collection[str] = (),
    transport: str = "loopback",
    profile: str = "gate",
    seed: int = 0,
    contract: Contract = CONTRACT,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    diagonal: int | None = None,
    whole: Collection[str] = (),
    inputs: Collection[str] | None = None,
) -> dict[str, ClauseResult]:
    """The verdict on each clause. `of` limits the run to tests that prove one of these clauses, `shown_by` to
    tests and cases of these names. Unconditional clauses are checked in any of the latter tests. `diagonal`
    limits it to a part of that diagonal of each test's inputs (`Prepared.limit`), all of it for tests of the
    names in `whole`, and to few draws; `inputs` to cases and classes of these names, and as many draws of
    each as without. Both need CONTRACT.
    """
    explored = PROFILES[profile] if diagonal is None else _FEW
    made: Transport = _make_transport(transport, contract)
    parts: dict[str, list[ClauseResult]] = {}
    with made:
        if isinstance(client := getattr(cancel, "__self__", None), OverProxy):
            client.start = Start(contract.id, made.hosts, made.ca_file, made.proxy)
        logging = _log_in_detail(cancel)
        clients = ClientSet(
            Target(Direct(cancel, limits), made),
            debugging=logging and (lambda: Target(Direct(logging, limits), made)),
        )
        clients.negotiates_http2 = isinstance(client, OverHttp2)
        harness = Harness(contract, clients, explored)
        waiting: list[SuiteTestRun] = []
        for test in _chosen(shown_by, contract, diagonal, whole, inputs):
            clauses = [id for id in test.proves if id in contract.clauses]
            if of is None or shown_by:
                every = UNCONDITIONAL if of is None else set(of) & set(UNCONDITIONAL)
                clauses += [id for id in every if id not in clauses]
            if of is not None and not set(of) & set(clauses):
                continue
            trying = SuiteTestRun(
                test,
                harness,
                clauses=clauses,
                seed=seed,
                repeat=lambda *ids: ids[-1],
                draw=_draw_once if contract is CONTRACT else draw,
            )
            if test.cases:
                waiting.append(trying)
            else:
                if isinstance(test, Prepared):
                    harness.profile = replace(explored, examples=1, least=test.share(explored))
                _add(parts, trying)
        harness.profile = explored
        pool = harness.clients.background_pool()
        for trying in waiting:
            for case in trying.list_cases(pool.size):
                case.begin(pool)
        for trying in waiting:
            _add(parts, trying)
        harness.clients.close()
    return {id: fold(id, each) for id, each in parts.items()}


def _make_transport(name: str, contract: Contract) -> Transport:
    if name == "proxy":
        return Proxy(contract.request.root)
    if name == "http2":
        return Loopback(tls=True, http2=True)
    return Mock() if name == "mock" else Loopback()


def _log_in_detail(cancel: Callable[[Call], Outcome]) -> Callable[[Call], Outcome] | None:
    """The same function of a client that logs in detail; None of one that cannot."""
    client = getattr(cancel, "__self__", None)
    if not isinstance(client, Logging):
        return None
    other = type(client)()
    other.debug = True
    return other.cancel


def run(
    entry: Entry, *, seed: int = 0, diagonal: int | None = None, inputs: Collection[str] | None = None
) -> dict[str, ClauseResult]:
    """The verdicts that an entry's test compares: on a faulty client by its own clause's tests, on a quirky
    one by all that it is limited to, or by those that do not wait. `diagonal` and `inputs` are those of
    `verdicts`.
    """
    untimed = frozenset(test.name for test in suite_tests() if not test.cases)
    return verdicts(
        entry.client().cancel,
        of=[entry.violates] if entry.violates else None,
        shown_by=entry.shown_by if entry.violates else entry.shown_by or untimed,
        transport=entry.transport,
        profile=entry.profile,
        seed=seed,
        limits=entry.client.limits,
        diagonal=diagonal,
        whole=entry.whole,
        inputs=inputs,
    )


def violated(parts: Mapping[str, ClauseResult]) -> set[str]:
    """The clauses that failed."""
    return {id for id, part in parts.items() if part.verdict == "fail"}


def errors(parts: Mapping[str, ClauseResult]) -> dict[str, str | None]:
    """The clauses that graphcontract failed to judge, with the reason."""
    return {id: part.reason for id, part in parts.items() if part.verdict == "error"}


def evidence_ids(part: ClauseResult) -> list[str]:
    """The evidence id that a failed clause shows, then the ids of its other violations, sorted."""
    return [part.evidence["id"], *sorted(part.also)] if part.evidence else []


def _add(parts: dict[str, list[ClauseResult]], trying: SuiteTestRun) -> None:
    for id in trying.clauses:
        parts.setdefault(id, []).append(trying.part(id))


def _draw_once(strategy: SearchStrategy[Any], **draws: Unpack[Draws]) -> Sequence[Any]:
    """Draw as Hypothesis does for CONTRACT, once for all clients: neither depends on the other."""
    key = (draws["seed"], draws["name"], draws["examples"])
    if key not in _drawn:
        _drawn[key] = draw(strategy, **draws)
    return _drawn[key]


_drawn: dict[tuple[int, str, int], Sequence[Any]] = {}


# About one draw for each class: a third of the profile `quick`.
_FEW = Profile(examples=14, least=1, deterministic=True)
# A client has a third of a diagonal. Every combination needs 21 clients then, and each class is left to 15 of
# those 47 that have all tests. Tests of few classes cost little.
_PARTS = 3
_LEAST_CLASSES = 3


@dataclass(frozen=True)
class Prepared(SuiteTest):
    """A test with what it draws under CONTRACT: Hypothesis reads each strategy once, and not once a client.
    `sizes` are the numbers of classes of its sources; of a class, as many values are drawn as if `classes`
    of them were left.
    """

    inputs: Partitions[dict[str, Any]] = field(default_factory=lambda: Partitions({}))
    sizes: tuple[int, ...] = ()
    classes: int = 0

    def partitions(self, contract: Contract) -> Partitions[dict[str, Any]]:
        """Return what was made for CONTRACT."""
        assert contract is CONTRACT
        return self.inputs

    def limit(self, diagonal: int, *, whole: bool) -> Prepared:
        """The same test with each class of every source, and not with each combination of them: as many as
        the longest source has classes; if it is not `whole`, with a part of these, but at least three. All
        diagonals together have all combinations, and so do their parts.
        """
        longest = max(self.sizes, default=1)
        shifts = []
        for at, size in enumerate(self.sizes):
            runs = at == self.sizes.index(longest)
            shifts.append(0 if runs else diagonal % size)
            diagonal = diagonal if runs else diagonal // size
        parts = 1 if whole else max(1, min(_PARTS, longest // _LEAST_CLASSES))
        kept = {
            tuple((step + shift) % size for shift, size in zip(shifts, self.sizes, strict=True))
            for step in range(diagonal % parts, longest, parts)
        }
        places = zip(product(*map(range, self.sizes)), self.inputs, strict=True)
        names = [name for place, name in places if place in kept]
        return replace(self, inputs=self.inputs.only(*names), classes=longest)

    def keep(self, names: Collection[str]) -> Prepared:
        """The same test with those of its cases or classes that have one of these names."""
        cases = {name: arguments for name, arguments in self.cases.items() if name in names}
        # A test of cases draws nothing: its one class has no arguments.
        inputs = self.inputs.only(*[name for name in self.inputs if name in names and not self.cases])
        return replace(self, cases=cases, inputs=inputs)

    def share(self, profile: Profile) -> int:
        """How many values of a class are drawn."""
        return profile.share(self.classes, None, self.calls)


@cache
def prepared() -> tuple[Prepared, ...]:
    """The tests of the suites, as `Prepared` says."""
    tests = []
    for test in suite_tests():
        sources = {
            name: source if isinstance(source, Partitions) else source(CONTRACT)
            for name, source in test.sources.items()
        }
        made = replace(test, sources=sources)
        given = {each.name: getattr(made, each.name) for each in fields(made)}
        sizes, inputs = tuple(map(len, sources.values())), made.partitions(CONTRACT)
        tests.append(Prepared(**given, inputs=inputs, sizes=sizes, classes=len(inputs)))
    return tuple(tests)


def _chosen(
    names: Collection[str],
    contract: Contract,
    diagonal: int | None,
    whole: Collection[str],
    inputs: Collection[str] | None,
) -> Iterator[SuiteTest]:
    """The tests of the suites; with names only these, and of other tests the cases with these names."""
    for test in prepared() if contract is CONTRACT else suite_tests():
        cases = {name: arguments for name, arguments in test.cases.items() if name in names}
        if names and test.name not in names and not cases:
            continue
        chosen = test if not names or test.name in names else replace(test, cases=cases)
        if isinstance(chosen, Prepared) and diagonal is not None:
            yield chosen.limit(diagonal, whole=test.name in whole)
        elif isinstance(chosen, Prepared) and inputs is not None:
            if (kept := chosen.keep(inputs)).cases or kept.inputs:
                yield kept
        else:
            yield chosen
