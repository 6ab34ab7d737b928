"""Brings a client of the bank before the suites, in this process: its verdict on each clause."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from graphcontract.clauses import known
from graphcontract.clients import Implementation, Limits, Start
from graphcontract.contract.loader import load
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome, grace
from graphcontract.judging.harness import Harness
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult, fold
from graphcontract.run.suite_tests import suite_tests
from graphcontract.transports import Transport
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock

CONTRACT = load("sharepointmigrationtask-cancel", known())


class Direct:
    """A client under test that is a function here: what it raises is a crash."""

    implementation = Implementation("bank")
    limits = Limits()
    concurrency = 8
    budget: int | None = None
    shows = frozenset({"id", "status", "code", "message", "request-id"})

    def __init__(self, cancel: Callable[[Call], Outcome]) -> None:
        self._cancel = cancel

    def start(self, start: Start) -> None:
        pass

    def call(self, call: Call) -> Outcome:
        """Make the call in a thread of its own, left behind where it hangs."""
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
) -> dict[str, ClauseResult]:
    """The verdict on each clause; `of` keeps to the tests that prove one of these clauses, `shown_by` to
    tests and cases of these names.
    """
    made: Transport = Mock() if transport == "mock" else Loopback()
    parts: dict[str, list[ClauseResult]] = {}
    with made:
        harness = Harness(contract, Direct(cancel), made, PROFILES[profile])
        waiting: list[SuiteTestRun] = []
        for test in _chosen(shown_by):
            clauses = [id for id in test.proves if id in contract.clauses]
            if of is not None and not set(of) & set(clauses):
                continue
            trying = SuiteTestRun(test, harness, clauses=clauses, seed=seed, repeat=lambda id: id)
            if test.cases:
                waiting.append(trying)
            else:
                _add(parts, trying)
        for trying in waiting:
            trying.begin(harness.crew())
        for trying in waiting:
            _add(parts, trying)
        harness.close()
    return {id: fold(id, each) for id, each in parts.items()}


def _add(parts: dict[str, list[ClauseResult]], trying: SuiteTestRun) -> None:
    for id in trying.clauses:
        parts.setdefault(id, []).append(trying.part(id))


def _chosen(names: Collection[str]) -> Iterator[SuiteTest]:
    """The tests of the suites; where there are names those alone, and of others the cases so named."""
    for test in suite_tests():
        cases = {name: arguments for name, arguments in test.cases.items() if name in names}
        if not names or test.name in names:
            yield test
        elif cases:
            yield replace(test, cases=cases)
