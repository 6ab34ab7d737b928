"""One run of the suites: from options to a contract, planned clauses, a started client and results.

The pytest plugin opens a session, announces its items by `want`, and asks for the result of each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from graphcontract.catalogue.lookup import find_operation
from graphcontract.catalogue.patterns import NoOperation
from graphcontract.clauses import list_kinds
from graphcontract.clients import Client, ClientUnavailable
from graphcontract.contract.jsonfile import suggest_name
from graphcontract.contract.loader import load
from graphcontract.contract.model import Base, Contract, Party
from graphcontract.http.stub_response import stub
from graphcontract.judging import known_failures
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.http2_probe import see_http2
from graphcontract.judging.known_failures import Entry, KnownFailures
from graphcontract.judging.overlap import see_overlap
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.surroundings import SURROUNDINGS
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.uncounted_calls import make_first_call
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import RunDescription
from graphcontract.run.client_setup import TargetFactory
from graphcontract.run.options import OptionError, Options
from graphcontract.run.spreading import begin_cases, begin_tests
from graphcontract.run.suite_tests import suite_tests

_HTTP2 = "http2."  # how the ids of clauses on HTTP/2 begin


@dataclass
class Session:
    """One run in one process. `open()` starts the client; `close()` ends it.

    A session that is not `alone`, as in a worker, runs some of the wanted tests only, and makes no calls
    ahead. If all tests that wait on timers come `together`, it makes their calls with the first of them.
    `repeat` makes the command that shows violations of clauses again; None for that of the options.
    """

    options: Options
    contract: Contract
    planned: list[str]
    entries: list[Entry] = field(default_factory=list)
    harness: Harness | None = None
    alone: bool = True
    together: bool = True
    repeat: Callable[..., str] | None = None
    _begun: bool = False
    _wanted: dict[str, tuple[SuiteTest, list[str]]] = field(default_factory=dict)
    _test_runs: dict[str, SuiteTestRun] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options) -> Session:
        """Load the contract and plan its clauses; raises ContractError and OptionError."""
        contract = load_contract(options.contract)
        path = options.known_failures
        entries = known_failures.load(Path(path), contract.current_ids()) if path else []
        planned = plan_clauses(contract, options.select, options.deselect)
        if options.http == "1.1":
            planned = [id for id in planned if not id.startswith(_HTTP2)]
            if not planned:
                raise OptionError("--http 1.1 leaves no clause to judge: these are about HTTP/2")
        return cls(options, contract, planned, entries)

    def known_failures(self) -> KnownFailures | None:
        """Return the failures that are listed for the client, after opening it; None without a list."""
        if self.options.known_failures is None:
            return None
        entries = [entry for entry in self.entries if entry.covers(self.contract)]
        return KnownFailures(entries, self.open().implementation, today=date.today())

    def open(self) -> Client:
        """Start transport and client; raises ClientUnavailable, ClientSpecError and OptionError."""
        if self.harness is not None:
            return self.harness.client
        targets = TargetFactory(self.contract, self.options)
        main = targets.main()
        clients = ClientSet(
            main,
            another=targets.another(main),
            at_own_root=targets.beside(main),
            debugging=targets.debugging(main),
            surroundings=targets.surroundings(main),
        )
        self.harness = Harness(self.contract, clients, PROFILES[self.options.profile])
        if self.contract.success.alternatives:
            self.contract = _prefer_accepted_status(self.harness)
            self.harness = Harness(self.contract, clients, PROFILES[self.options.profile])
        clients.make_first_call = partial(make_first_call, self.harness)
        clients.calls_overlap = see_overlap(self.harness) is not False
        self._see_http2(self.harness)
        return main.client

    def _see_http2(self, harness: Harness) -> None:
        """Find out whether the client speaks HTTP/2, if the run depends on it. Raises ClientUnavailable if
        the whole run does and the client does not.
        """
        required = self.options.http == "2"
        wanted = {id for test in suite_tests() if "http2" in test.needs for id in test.proves}
        possible = "network" in harness.transport.shows and self.options.http != "1.1"
        if required or (possible and wanted & set(self.planned)):
            harness.clients.negotiates_http2 = see_http2(harness)
        if required and not harness.clients.negotiates_http2:
            raise ClientUnavailable(
                "the client does not speak HTTP/2: its call to a server that offers it (ALPN) did not use it",
                "Leave --http 2 out, or turn HTTP/2 on in the client and let it trust the call's `ca_file`.",
            )

    def want(self, test: SuiteTest, clause: str) -> None:
        """Announce that `part` will be called for a clause of a test."""
        self._wanted.setdefault(test.name, (test, []))[1].append(clause)

    def proofs(self, clause: str) -> int:
        """Count the wanted tests that prove a clause."""
        return sum(clause in clauses for _, clauses in self._wanted.values())

    def part(self, test: SuiteTest, clause: str) -> ClauseResult:
        """Return a test's result for a clause. Raises UserError only, which ends the run."""
        self.open()
        assert self.harness is not None
        ahead = self.alone and self.harness.clients.has_copies
        if not self._begun and (ahead or (self.together and test.cases)):
            self._begin(self.harness, ahead)
        return self._test_run(test, self.harness).part(clause)

    def _begin(self, harness: Harness, ahead: bool) -> None:
        """Make the calls of all tests that wait on timers at the same time, in the background; with `ahead`,
        run the other tests there too, several at the same time.

        Copies of the client make them. Without copies, one client would need to take calls with different ids
        and tokens at once, which one clause checks and no other requires. One that takes one call at a time
        makes all calls in turn then: a call that had to wait for others would seem to be slow.
        """
        self._begun = True
        runs = [self._test_run(test, harness) for test, _ in self._wanted.values()]
        tests, waiting = ([run for run in runs if run.waits is each] for each in (False, True))
        if any(SURROUNDINGS in run.proven for run in waiting):
            harness.clients.start_surroundings()
        if ahead:
            begin_tests(harness.clients, tests, waiting)
        elif harness.clients.has_copies or harness.clients.capacity > 1:
            begin_cases(harness.clients.background_pool(), waiting)

    def _test_run(self, test: SuiteTest, harness: Harness) -> SuiteTestRun:
        if test.name not in self._test_runs:
            self._test_runs[test.name] = SuiteTestRun(
                test,
                harness,
                clauses=self._wanted[test.name][1],
                seed=self.options.seed,
                repeat=self.repeat or self.options.repeat,
                record=self.options.record == "all",
            )
        return self._test_runs[test.name]

    def describe(self) -> RunDescription:
        """Return what a report's header says of the options."""
        return {
            "kind": "check",
            "profile": self.options.profile,
            "transport": self.options.transport,
            "tls": self.options.https,
            "http": self.options.http,
            "seed": self.options.seed,
            "options": self.options.to_report(),
        }

    def close(self) -> None:
        """End client and transport; results stay."""
        harness, self.harness = self.harness, None
        if harness is not None:
            harness.clients.close()
            harness.transport.__exit__(None, None, None)


def _prefer_accepted_status(harness: Harness) -> Contract:
    """Give the contract with the status for which the client reports success, of those that may mean it, if
    there is one: a client does not have to accept each of them.
    """
    contract = harness.contract
    for status in contract.success.statuses:
        if harness.perform(harness.plain_call(), [stub(status)]).outcome.kind == "success":
            return replace(contract, success=contract.success.prefer(status))
    return contract


def load_contract(name: str) -> Contract:
    """Load a contract from a file, or a shipped one, or that of an operation of the catalogue, by its id."""
    try:
        found = find_operation(name)
    except NoOperation:
        if " /" in name:  # not a file, but method and path
            raise
        found = None
    if found is None:
        return load(name, list_kinds())
    catalogue, id = found
    return catalogue.contract(id, list_kinds())


def plan_clauses(
    contract: Contract | Base,
    select: Sequence[str],
    deselect: Sequence[str],
    *,
    parties: Collection[Party] = frozenset[Party]({"client"}),
    command: str = "check",
) -> list[str]:
    """Select clauses of these parties by patterns, in the contract's order. Raises OptionError for a pattern
    that matches nothing.
    """
    clauses = [clause for clause in contract.clauses.values() if clause.by in parties]
    chosen = {clause.id for clause in clauses} if not select else set()
    for patterns, change in ((select, chosen.update), (deselect, chosen.difference_update)):
        for pattern in patterns:
            found = [clause.id for clause in clauses if _matches(pattern, clause.id, clause.aliases)]
            if not found:
                near = suggest_name(pattern, [clause.id for clause in clauses])
                hint = f"{near} `graphcontract {command} --list` shows them.".lstrip()
                raise OptionError(f"{pattern!r} matches no clause of {contract.id}", hint)
            change(found)
    if not chosen:
        raise OptionError("--select and --deselect leave no clause to judge")
    return [id for id in contract.clauses if id in chosen]


def _matches(pattern: str, id: str, aliases: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in (id, *aliases))
