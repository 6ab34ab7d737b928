"""Runs the suites against a sample client, in this process: the verdict on each clause."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Unpack

from hypothesis.strategies import SearchStrategy

from graphcontract.clauses import UNCONDITIONAL, list_kinds
from graphcontract.clients import Implementation, Limits, Start
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome, grace
from graphcontract.inputs import Partitions
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.hypothesis_runner import Draws, draw
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.target import Target
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult, fold
from graphcontract.run.suite_tests import suite_tests
from graphcontract.transports import Transport
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from graphcontract.transports.proxy import Proxy
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
        self.shows |= getattr(getattr(cancel, "__self__", None), "features", frozenset())

    def start(self, start: Start) -> None:
        pass

    def call(self, call: Call) -> Outcome:
        """Make the call in a thread of its own, which is abandoned if it hangs."""
        outcomes: list[Outcome] = []

        def work() -> None:
            try:
                outcomes.append(self._cancel(call))
            except Exception as error:
                outcomes.append(Outcome.crash(f"{type(error).__name__}: {error}"))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(call.timeout + grace(call.timeout))
        return outcomes[0] if outcomes else Outcome.hang("no outcome in time")

    def renew(self) -> None:
        pass

    def close(self) -> None:
        pass


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
) -> dict[str, ClauseResult]:
    """The verdict on each clause. `of` limits the run to tests that prove one of these clauses, `shown_by` to
    tests and cases of these names. Unconditional clauses are checked in any of the latter tests.
    """
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
        harness = Harness(contract, clients, PROFILES[profile])
        waiting: list[SuiteTestRun] = []
        for test in _chosen(shown_by, contract):
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
                _add(parts, trying)
        for trying in waiting:
            trying.begin(harness.clients.background_pool())
        for trying in waiting:
            _add(parts, trying)
        harness.clients.close()
    return {id: fold(id, each) for id, each in parts.items()}


def _make_transport(name: str, contract: Contract) -> Transport:
    if name == "proxy":
        return Proxy(contract.request.root)
    return Mock() if name == "mock" else Loopback()


def _log_in_detail(cancel: Callable[[Call], Outcome]) -> Callable[[Call], Outcome] | None:
    """The same function of a client that logs in detail; None of one that cannot."""
    client = getattr(cancel, "__self__", None)
    if not isinstance(client, Logging):
        return None
    other = type(client)()
    other.debug = True
    return other.cancel


def run(entry: Entry, *, seed: int = 0) -> dict[str, ClauseResult]:
    """The verdicts that an entry's test compares: on a faulty client by its own clause's tests, on a quirky
    one by all that it is limited to, or by those that do not wait.
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


@cache
def _with_inputs() -> tuple[SuiteTest, ...]:
    """The tests of the suites with what they draw under CONTRACT: Hypothesis reads each strategy once, and
    not once a client.
    """
    return tuple(
        replace(
            test,
            sources={
                name: source if isinstance(source, Partitions) else source(CONTRACT)
                for name, source in test.sources.items()
            },
        )
        for test in suite_tests()
    )


def _chosen(names: Collection[str], contract: Contract) -> Iterator[SuiteTest]:
    """The tests of the suites; with names only these, and of other tests the cases with these names."""
    for test in _with_inputs() if contract is CONTRACT else suite_tests():
        cases = {name: arguments for name, arguments in test.cases.items() if name in names}
        if not names or test.name in names:
            yield test
        elif cases:
            yield replace(test, cases=cases)
