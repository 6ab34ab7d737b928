"""A run from its options: the contract and its planned clauses, the client on its transport, the tests tried.

Knows how the parts are put together; it knows neither pytest nor a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from graphcontract.clauses import known
from graphcontract.clients import Client, ClientUnavailable, Start
from graphcontract.clients.naming import make_client
from graphcontract.clients.python import InProcessClient
from graphcontract.contract import Contract
from graphcontract.errors import UserError
from graphcontract.judging import knownfailures
from graphcontract.judging.gate import Gate
from graphcontract.judging.knownfailures import Entry, KnownFailures
from graphcontract.judging.ledger import FailOn
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.trying import Trying
from graphcontract.judging.verdict import Part
from graphcontract.loading import load
from graphcontract.service import plain_error
from graphcontract.suite import SuiteTest
from graphcontract.transports import Transport

DEFAULT_CONTRACT = "sharepointmigrationtask-cancel"
_REPEATED = ("client", "contract", "transport", "tls", "profile", "seed", "in_process", "implementation")
_HARMLESS = "x"


class OptionError(UserError):
    """Options that cannot be carried out: `str()` says which and what to do."""


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

    @classmethod
    def of_report(cls, options: Mapping[str, Any], clause: str) -> Options:
        """Options that judge one clause as a run did; `options` is what its report's header says."""
        kinds = {"seed": int, "tls": bool, "in_process": bool}
        given: dict[str, Any] = {name: options[name] for name in _REPEATED if options.get(name) is not None}
        wrong = [name for name, value in given.items() if type(value) is not kinds.get(name, str)]
        if wrong or "client" not in given:
            missing = ", ".join(wrong) or "no client"
            raise OptionError(f"the report does not say how to repeat its run: {missing}")
        return cls(**given, select=(clause,))

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
        return shlex.join([*words, "--select", clause, "--seed", str(self.seed)])


@dataclass
class Session:
    """One run in one process. `open()` brings the client up; `close()` ends what it started."""

    options: Options
    contract: Contract
    planned: list[str]
    entries: list[Entry] = field(default_factory=list)
    gate: Gate | None = None
    _transport: Transport | None = None
    _wanted: dict[str, list[str]] = field(default_factory=dict)
    _tryings: dict[str, Trying] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options) -> Session:
        """Load the contract and plan its clauses; raises ContractError and OptionError."""
        contract = load(options.contract, known())
        path = options.known_failures
        entries = knownfailures.load(Path(path), contract.clauses) if path else []
        return cls(options, contract, planned(contract, options.select, options.deselect), entries)

    def known_failures(self) -> KnownFailures | None:
        """The failures that are listed for the client, which is opened; `nightly` takes no expired ones."""
        if self.options.known_failures is None:
            return None
        implementation = self.open().implementation
        strict = self.options.profile == "nightly"
        return KnownFailures(self.entries, implementation, today=date.today(), strict=strict)

    def open(self) -> Client:
        """Start transport and client; raises ClientUnavailable, ClientSpecError and OptionError."""
        if self.gate is not None:
            return self.gate.client
        options = self.options
        if options.transport == "mock" and options.client.strip().startswith(("process:", "command:")):
            raise OptionError(
                "the mock transport serves Python callables in this process, and "
                f"{options.client!r} is another program: use --transport loopback"
            )
        self._transport = _transport(options.transport, options.tls)
        self._transport.__enter__()
        try:
            client, profile = self._start(), PROFILES[options.profile]
            # Copies in this process would be one module, called from several threads that it may not bear.
            another = None if isinstance(client, InProcessClient) else self._start
            self.gate = Gate(self.contract, client, self._transport, profile, another=another)
            self._check_reach()
        except BaseException:
            self.close()
            raise
        return self.gate.client

    def _start(self) -> Client:
        """Bring up one more client of the kind that was asked for."""
        options, transport = self.options, self._transport
        assert transport is not None
        client = make_client(
            options.client,
            in_process=options.in_process or options.transport == "mock",
            start_timeout=options.start_timeout,
            implementation=options.implementation,
            path=self.contract.request.path,
        )
        try:
            client.start(Start(self.contract.id, transport.hosts, ca_file=transport.ca_file))
        except BaseException:
            client.close()
            raise
        return client

    def _check_reach(self) -> None:
        """Stop where a client goes round the mock transport: every clause would fail alike."""
        from graphcontract.transports.mock import Mock

        if isinstance(self._transport, Mock) and self.gate is not None:
            # What the client prints is not captured yet: this call has nothing to give away.
            call = replace(self.gate.plain_call(), token=_HARMLESS)
            self.gate.perform(call, [plain_error(409)])
            self.gate.exchanges = 0
            if self._transport.escaped is not None:
                problem = f"the client goes round the mock transport: {self._transport.escaped}"
                raise ClientUnavailable(problem, "That serves httpx alone: use --transport loopback.")

    def want(self, test: SuiteTest, clause: str) -> None:
        """Announce that a clause of a test will be asked for."""
        self._wanted.setdefault(test.name, []).append(clause)

    def proofs(self, clause: str) -> int:
        """How many of the wanted tests prove a clause."""
        return sum(clause in clauses for clauses in self._wanted.values())

    def part(self, test: SuiteTest, clause: str) -> Part:
        """What a test says of a clause; never raises but for what stops the run."""
        self.open()
        assert self.gate is not None
        if test.name not in self._tryings:
            self._tryings[test.name] = Trying(
                test,
                self.gate,
                clauses=self._wanted[test.name],
                seed=self.options.seed,
                repeat=self.options.repeat,
                record=self.options.record == "all",
            )
        return self._tryings[test.name].part(clause)

    def described(self) -> Mapping[str, Any]:
        """Profile, transport and seed, as a report's header has them, and the options that repeat the run."""
        return {
            "profile": self.options.profile,
            "transport": self.options.transport,
            "tls": self.options.tls,
            "seed": self.options.seed,
            "options": {name: getattr(self.options, name) for name in _REPEATED},
        }

    def close(self) -> None:
        """End client and transport; what the session said stays."""
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.close()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.__exit__(None, None, None)


def planned(contract: Contract, select: Sequence[str], deselect: Sequence[str]) -> list[str]:
    """Clauses that the patterns leave, in the contract's order; OptionError for one that matches nothing."""
    chosen = set(contract.clauses) if not select else set()
    for patterns, change in ((select, chosen.update), (deselect, chosen.difference_update)):
        for pattern in patterns:
            found = [
                clause.id
                for clause in contract.clauses.values()
                if _matches(pattern, clause.id, clause.aliases)
            ]
            if not found:
                hint = "`graphcontract check --list` shows them"
                raise OptionError(f"{pattern!r} matches no clause of {contract.id}: {hint}")
            change(found)
    if not chosen:
        raise OptionError("--select and --deselect leave no clause to judge")
    return [id for id in contract.clauses if id in chosen]


def _matches(pattern: str, id: str, aliases: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in (id, *aliases))


def _transport(name: str, tls: bool) -> Transport:
    if name == "mock":
        from graphcontract.transports.mock import Mock

        return Mock()
    from graphcontract.transports.loopback import Loopback

    return Loopback(tls=tls)


def with_seed(options: Options, seed: int | None, random: int) -> Options:
    """Settle the seed: the one asked for, else 0 where a profile is deterministic, else a random one."""
    usual = 0 if PROFILES[options.profile].deterministic else random
    return replace(options, seed=usual if seed is None else seed)
