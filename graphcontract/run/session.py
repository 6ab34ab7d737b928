"""A run from its options: the contract and its planned clauses, the client on its transport, the tests tried.

Knows how the parts are put together; it knows neither pytest nor a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from graphcontract.clauses import known
from graphcontract.clients import Client
from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT, Contract, Party
from graphcontract.judging import known_failures
from graphcontract.judging.harness import Harness
from graphcontract.judging.known_failures import Entry, KnownFailures
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.run_recorder import FailOn
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.client_setup import OptionError, TargetFactory

_REPEATED = ("client", "contract", "transport", "tls", "profile", "seed", "in_process", "implementation")


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for; texts as on the command line."""

    client: str
    contract: str = DEFAULT_CONTRACT
    transport: str = "loopback"
    tls: bool = False
    profile: str = "gate"
    seed: int = 0
    fail_on: FailOn = "must"
    select: tuple[str, ...] = ()
    deselect: tuple[str, ...] = ()
    in_process: bool = False
    implementation: str | None = None
    start_timeout: float = 60.0
    record: str = "failures"
    known_failures: str | None = None
    allow_own_root: bool = False

    @classmethod
    def of_report(cls, options: Mapping[str, Any], clause: str, *, allow_own_root: bool = False) -> Options:
        """Options that judge one clause as a run did; `options` is what its report's header says.

        What may leave the machine is for whoever repeats the run to say: a report does not allow it.
        """
        kinds = {"seed": int, "tls": bool, "in_process": bool}
        given: dict[str, Any] = {name: options[name] for name in _REPEATED if options.get(name) is not None}
        wrong = [name for name, value in given.items() if type(value) is not kinds.get(name, str)]
        if wrong or "client" not in given:
            missing = ", ".join(wrong) or "no client"
            raise OptionError(f"the report does not say how to repeat its run: {missing}")
        return cls(**given, select=(clause,), allow_own_root=allow_own_root)

    def repeat(self, clause: str) -> str:
        """The command line that judges one clause again as this run did."""
        words = ["graphcontract", "check", self.client]
        for name, value, usual in (
            ("--contract", self.contract, DEFAULT_CONTRACT),
            ("--transport", self.transport, "loopback"),
            ("--profile", self.profile, "gate"),
            ("--implementation", self.implementation, None),
        ):
            if value is not None and value != usual:
                words += [name, value]
        words += ["--tls"] if self.tls else []
        words += ["--in-process"] if self.in_process else []
        words += ["--allow-own-root"] if self.allow_own_root else []
        return shlex.join([*words, "--select", clause, "--seed", str(self.seed)])


@dataclass
class Session:
    """One run in one process. `open()` brings the client up; `close()` ends what it started.

    A run that is not `alone` tries some of the wanted tests only, and makes no calls ahead for the others.
    Where all that wait come `together`, it makes theirs with the first.
    """

    options: Options
    contract: Contract
    planned: list[str]
    entries: list[Entry] = field(default_factory=list)
    harness: Harness | None = None
    alone: bool = True
    together: bool = True
    _begun: bool = False
    _wanted: dict[str, tuple[SuiteTest, list[str]]] = field(default_factory=dict)
    _tryings: dict[str, SuiteTestRun] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options) -> Session:
        """Load the contract and plan its clauses; raises ContractError and OptionError."""
        contract = load(options.contract, known())
        path = options.known_failures
        entries = known_failures.load(Path(path), contract.current_ids()) if path else []
        return cls(options, contract, planned(contract, options.select, options.deselect), entries)

    def known_failures(self) -> KnownFailures | None:
        """The failures that are listed for the client, which is opened; None without a list."""
        if self.options.known_failures is None:
            return None
        return KnownFailures(self.entries, self.open().implementation, today=date.today())

    def open(self) -> Client:
        """Start transport and client; raises ClientUnavailable, ClientSpecError and OptionError."""
        if self.harness is not None:
            return self.harness.client
        options = self.options
        stations = TargetFactory(
            self.contract,
            options.client,
            options.transport,
            options.tls,
            options.in_process,
            options.start_timeout,
            options.implementation,
            options.allow_own_root,
        )
        main = stations.main()
        self.harness = Harness(
            self.contract,
            main.client,
            main.transport,
            PROFILES[options.profile],
            another=stations.another(main),
            at_own_root=stations.beside(main),
            guard=main.guard,
        )
        return main.client

    def want(self, test: SuiteTest, clause: str) -> None:
        """Announce that a clause of a test will be asked for."""
        self._wanted.setdefault(test.name, (test, []))[1].append(clause)

    def proofs(self, clause: str) -> int:
        """How many of the wanted tests prove a clause."""
        return sum(clause in clauses for _, clauses in self._wanted.values())

    def part(self, test: SuiteTest, clause: str) -> ClauseResult:
        """What a test says of a clause; never raises but for what stops the run."""
        self.open()
        assert self.harness is not None
        ahead = self.alone and self.harness.copies
        if not self._begun and (ahead or (self.together and test.cases)):
            self._begin(self.harness)
        return self._trying(test, self.harness).part(clause)

    def _begin(self, harness: Harness) -> None:
        """Have the calls of all tests that wait made at the same time.

        Copies of the client make them while the client makes others. One client would have to bear calls of
        different ids and tokens at once, which is for one clause to judge and not for all.
        """
        self._begun = True
        wanted = [test for test, _ in self._wanted.values() if test.cases]
        for test in sorted(wanted, key=lambda test: -test.seconds):
            self._trying(test, harness).begin(harness.crew())

    def _trying(self, test: SuiteTest, harness: Harness) -> SuiteTestRun:
        if test.name not in self._tryings:
            self._tryings[test.name] = SuiteTestRun(
                test,
                harness,
                clauses=self._wanted[test.name][1],
                seed=self.options.seed,
                repeat=self.options.repeat,
                record=self.options.record == "all",
            )
        return self._tryings[test.name]

    def described(self) -> Mapping[str, Any]:
        """Profile, transport and seed, as a report's header has them, and the options that repeat the run."""
        return {
            "profile": self.options.profile,
            "transport": self.options.transport,
            "tls": self.options.tls,
            "seed": self.options.seed,
            "options": {name: getattr(self.options, name) for name in (*_REPEATED, "allow_own_root")},
        }

    def close(self) -> None:
        """End client and transport; what the session said stays."""
        harness, self.harness = self.harness, None
        if harness is not None:
            harness.close()
            harness.transport.__exit__(None, None, None)


def planned(
    contract: Contract,
    select: Sequence[str],
    deselect: Sequence[str],
    *,
    owed_by: Collection[Party] = frozenset[Party]({"client"}),
    command: str = "check",
) -> list[str]:
    """Clauses that the patterns leave of those `owed_by` these, in the contract's order; OptionError for a
    pattern that matches nothing.
    """
    clauses = [clause for clause in contract.clauses.values() if clause.by in owed_by]
    chosen = {clause.id for clause in clauses} if not select else set()
    for patterns, change in ((select, chosen.update), (deselect, chosen.difference_update)):
        for pattern in patterns:
            found = [clause.id for clause in clauses if _matches(pattern, clause.id, clause.aliases)]
            if not found:
                hint = f"`graphcontract {command} --list` shows them."
                raise OptionError(f"{pattern!r} matches no clause of {contract.id}", hint)
            change(found)
    if not chosen:
        raise OptionError("--select and --deselect leave no clause to judge")
    return [id for id in contract.clauses if id in chosen]


def _matches(pattern: str, id: str, aliases: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in (id, *aliases))


def with_seed(options: Options, seed: int | None, random: int) -> Options:
    """Settle the seed: the one asked for, else 0 where a profile is deterministic, else a random one."""
    usual = 0 if PROFILES[options.profile].deterministic else random
    return replace(options, seed=usual if seed is None else seed)
