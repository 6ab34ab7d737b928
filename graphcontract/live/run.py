"""A live run from its options: credentials, steps, verdicts, one exit status.

Knows how the parts are put together; it knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from graphcontract.clauses import known
from graphcontract.clients import Implementation
from graphcontract.contract.loader import load, shipped
from graphcontract.contract.model import Contract
from graphcontract.judging import known_failures
from graphcontract.judging.known_failures import Entry, KnownFailures
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.run_recorder import Event, ExitStatus, RunRecorder
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.client_setup import ClientUnderTest, brought_up
from graphcontract.live.create_file import Creation, creation_of
from graphcontract.live.credentials import Tokens, tokens_for, withhold
from graphcontract.live.executor import Executor, stand_in
from graphcontract.live.options import LiveOptions
from graphcontract.live.recording import Recording
from graphcontract.live.runner import LiveRunner
from graphcontract.live.safety.allowed_hosts import Root, root_of
from graphcontract.live.safety.journal import Journal, JournalError, left_behind
from graphcontract.live.safety.policy import Policy
from graphcontract.live.safety.privilege import Privilege, privilege_of
from graphcontract.live.safety.rate_limit import Pacer, RateClock
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.registry import needed
from graphcontract.live.scenarios.rejections import unknown
from graphcontract.live.sender import Sender
from graphcontract.live.steps import CREDENTIALS, FORGERIES, RequestStep, Scenario
from graphcontract.live.urls import Targets
from graphcontract.live.verdicts import BY_CLIENT
from graphcontract.run.client_setup import OptionError
from graphcontract.run.session import planned

Emit = Callable[[Event], None]
Say = Callable[[str], None]


@dataclass
class Live:
    """One live run, its options checked: nothing is sent before `run`. `clock` is the run's time."""

    options: LiveOptions
    contract: Contract
    root: Root
    planned: list[str]
    creation: Creation | None = None
    clock: RateClock = field(default_factory=RateClock)

    @classmethod
    def of(cls, options: LiveOptions, *, clock: RateClock | None = None) -> Live:
        """Check everything that can be checked before anything is sent: UserError says what is wrong."""
        clock = clock or RateClock()
        contract = load(options.contract, known())
        root = root_of(options.tenant_url, contract)
        options.check(root)
        creation = None
        if options.create is not None:
            now = datetime.fromtimestamp(clock.wall(), UTC)
            creation = creation_of(options.create, Targets.of(contract), now)
        return cls(options, contract, root, judged(contract, options), creation, clock)

    def plan(self) -> Iterator[RequestStep]:
        """The steps that a run against a good tenant would take; nothing is sent."""
        bench = replace(self._bench(), lesser=True, forgeries=FORGERIES)
        for scenario in (unknown, *needed(self.planned)):
            yield from _dry(scenario(bench))

    def run(self, emit: Emit, say: Say, environment: MutableMapping[str, str]) -> ExitStatus:
        """Carry the run out and emit its events; raises UserError before the first of them, and JournalError.

        `say` takes lines for people; credentials are taken from `environment`, and taken out of it where a
        client of someone else's is started in it.
        """
        entries = self._entries()
        tokens = tokens_for(self.root, environment)
        privilege = privilege_of(tokens, self.contract, self.options, say)
        keeper = self._keeper(tokens)
        with ExitStack() as stack:
            recording = stack.enter_context(
                Recording(self.options.request_log, self.options.keep_bodies, keeper)
            )
            journal = journal_for(self.contract, self.options, self.root, privilege.tenant)
            journal.may = self._may()
            if not self.options.get_only:
                stack.enter_context(journal)
                self._check_journal(journal)
                journal.start()
            if self.options.client:
                withhold(environment)
            guest = stack.enter_context(brought_up(self.contract, self.options))
            bench = self._bench(privilege)
            bench.lesser = tokens.lesser is not None
            others = [name for name in tokens.refused if name not in CREDENTIALS]
            bench.forgeries = (*FORGERIES, *others) if self.root.loopback else ()
            executor = self._executor(bench, tokens, journal, recording, guest)
            ledger = RunRecorder(
                self.contract,
                self.planned,
                fail_on=self.options.fail_on,
                emit=emit,
                known=self._known(entries, guest),
            )
            conduct = LiveRunner(
                self.contract, self.options, self.planned, self.root.url, bench, executor, keeper, guest, say
            )
            described = self._described(keeper.name(privilege.tenant or ""))
            status = conduct.carry_out(
                ledger, lambda: ledger.open(self._judged_one(guest), guest.client.limits.declared, described)
            )
        for line in left_lines(self.options.journal):
            say(line)
        return status

    def _bench(self, privilege: Privilege | None = None) -> ScenarioContext:
        options = self.options
        return ScenarioContext(
            Targets.of(self.contract),
            self.root.loopback,
            self.contract.request.method,
            self.contract.success.status,
            get_only=options.get_only,
            cancel=options.allow_cancel,
            privileged=privilege.privileged if privilege else True,
            reads=privilege.reads if privilege else None,
            risk_running_task=options.risk_running_task,
            tasks=options.tasks,
            started=options.started_tasks,
            creation=self.creation,
        )

    def _keeper(self, tokens: Tokens) -> Anonymizer:
        (parameter,) = self.contract.request.parameters
        return Anonymizer(parameter, tokens.issued, {*self.options.tasks, *self.options.started_tasks})

    def _executor(
        self,
        bench: ScenarioContext,
        tokens: Tokens,
        journal: Journal,
        recording: Recording,
        guest: ClientUnderTest,
    ) -> Executor:
        policy = Policy(
            bench.targets,
            self.root.loopback,
            get_only=bench.get_only,
            cancel=bench.cancel,
            create=self.creation is not None,
            risk_running_task=bench.risk_running_task,
            tasks=bench.tasks,
            started=bench.started,
        )
        keeper = recording.keeper

        def fresh(id: str) -> None:
            policy.fresh.add(id)
            keeper.ids.add(id)

        def made(id: str) -> None:
            policy.made(id)
            keeper.ids.add(id)

        bench.on_fresh, bench.on_made, bench.on_seen = fresh, made, keeper.ids.add
        return Executor(
            self.contract,
            tokens,
            Pacer(self.options.budget, self.options.rate, self.clock),
            policy,
            Sender(self.root, self.clock.now),
            journal,
            guest.client,
            guest.forwarder,
            recording.hear,
        )

    def _entries(self) -> list[Entry]:
        path = self.options.known_failures
        return known_failures.load(Path(path), self.contract.current_ids()) if path else []

    def _known(self, entries: list[Entry], guest: ClientUnderTest) -> KnownFailures | None:
        if self.options.known_failures is None:
            return None
        return KnownFailures(entries, self._judged_one(guest), today=date.today())

    def _judged_one(self, guest: ClientUnderTest) -> Implementation:
        """Who is judged: the service, or the client where one is given."""
        if self.options.client:
            return guest.client.implementation
        return Implementation("a tenant on loopback" if self.root.loopback else "Microsoft Graph")

    def _check_journal(self, journal: Journal) -> None:
        left = journal.found
        # This is the file that the earlier run wrote, and no copy: what it did not announce was not sent.
        if left.cut is None and not any(each.announced for each in left.open):
            journal.begin_anew()
            return
        resume = f"graphcontract live --resume {journal.path}"
        if (left.root, left.tenant) != (journal.root, journal.tenant):
            raise JournalError(f"the journal {journal.path} is open for another tenant: {resume}")
        if left.action != journal.action:
            raise JournalError(f"the journal {journal.path} is open for another contract: {resume}")
        if self.creation is not None:
            raise JournalError(
                f"the journal {journal.path} is open: an earlier run left a task behind, and no other is "
                f"made before that is settled: {resume}"
            )

    def _may(self) -> dict[str, Any]:
        """What the run is allowed to change, for its journal."""
        if not self.options.allow_cancel:
            return {}
        create = {"create": self.creation.named} if self.creation is not None else {}
        return {"cancel": [*self.options.tasks, *self.options.started_tasks], **create}

    def _described(self, tenant: str) -> dict[str, Any]:
        options = self.options
        described: dict[str, Any] = {
            "kind": "live",
            "profile": options.profile,
            "transport": "tenant",
            "tls": self.root.secure,
            "seed": options.seed,
            "root": self.root.url,
        }
        described |= {"tenant": tenant} if tenant else {}
        database = PROFILES[options.profile].database
        return described | ({"database": str(database)} if database is not None else {})


def judged(contract: Contract, options: LiveOptions) -> list[str]:
    """The clauses that a live run judges: the service's, and those of a client's that traffic can show."""
    clauses = planned(
        contract,
        options.select,
        options.deselect,
        owed_by={"client", "service"} if options.client else {"service"},
        command="live",
    )
    kept = [id for id in clauses if contract.clauses[id].by == "service" or id in BY_CLIENT]
    if not kept:
        raise OptionError("--select and --deselect leave no clause that a live run can judge")
    return kept


def journal_for(contract: Contract, options: LiveOptions, root: Root, tenant: str | None) -> Journal:
    """The journal of a run; it names the contract as one finds it from any folder."""
    named = options.contract if options.contract in shipped() else str(Path(options.contract).absolute())
    return Journal(options.journal, root.url, tenant, named, contract.request.action)


def left_lines(path: Path) -> Iterator[str]:
    """What a journal says is left behind, for people; one that cannot be read is said to be so."""
    try:
        left = left_behind(path)
    except JournalError as error:
        yield f"what earlier runs left behind is not known: {error}"
        return
    if left.cut is not None:
        yield f"left behind: what line {left.cut} announced, which is cut: graphcontract live --resume {path}"
    if left.open:
        made = sum(each.created for each in left.open)
        what = f"{made} created, " if made else ""
        yield f"left behind: {len(left.open)} tasks ({what}outcome open): graphcontract live --resume {path}"


def _dry(scenario: Scenario) -> Iterator[RequestStep]:
    try:
        step = next(scenario)
        while True:
            yield step
            step = scenario.send(stand_in(step))
    except StopIteration:
        pass
