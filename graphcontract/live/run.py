"""One live run from its options: credentials, scenarios, verdicts, and an exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from graphcontract.clauses import list_kinds
from graphcontract.clients import Implementation
from graphcontract.contract.loader import list_shipped, load_with_lifecycle
from graphcontract.contract.model import Contract
from graphcontract.judging import known_failures
from graphcontract.judging.known_failures import Entry, KnownFailures
from graphcontract.judging.run_recorder import ExitStatus, RunRecorder
from graphcontract.live.anonymize import Anonymizer
from graphcontract.live.client_setup import ClientUnderTest, start_client
from graphcontract.live.create_file import Creation, read_create_file
from graphcontract.live.credentials import Tokens, find_tokens, withhold
from graphcontract.live.executor import Executor, predict_result
from graphcontract.live.options import LiveOptions
from graphcontract.live.recording import Recording
from graphcontract.live.runner import LiveRunner
from graphcontract.live.safety.allowed_hosts import Root, parse_root
from graphcontract.live.safety.journal import Journal, JournalError, read_journal
from graphcontract.live.safety.policy import Policy
from graphcontract.live.safety.privilege import Privilege, check_privilege
from graphcontract.live.safety.rate_limit import Pacer, RateClock
from graphcontract.live.scenarios.context import ScenarioContext
from graphcontract.live.scenarios.registry import list_needed
from graphcontract.live.scenarios.rejections import reject_unknown_ids
from graphcontract.live.sender import Sender
from graphcontract.live.steps import CREDENTIALS, FORGERIES, RequestStep, Scenario
from graphcontract.live.urls import Targets
from graphcontract.live.verdicts import BY_CLIENT
from graphcontract.reporting.events import Event, RunDescription
from graphcontract.run.options import OptionError
from graphcontract.run.session import plan_clauses

Emit = Callable[[Event], None]
Say = Callable[[str], None]


@dataclass
class Live:
    """A live run with checked options; nothing is sent before `run`. `clock` is the run's time."""

    options: LiveOptions
    contract: Contract
    root: Root
    planned: list[str]
    creation: Creation | None = None
    clock: RateClock = field(default_factory=RateClock)

    @classmethod
    def of(cls, options: LiveOptions, *, clock: RateClock | None = None) -> Live:
        """Check everything that can be checked before anything is sent; raises UserError."""
        clock = clock or RateClock()
        contract = load_with_lifecycle(options.contract, list_kinds(), "graphcontract live")
        root = parse_root(options.tenant_url, contract)
        options.check(root)
        creation = None
        if options.create is not None:
            now = datetime.fromtimestamp(clock.wall(), UTC)
            creation = read_create_file(options.create, Targets.of(contract), now)
        return cls(options, contract, root, select_clauses(contract, options), creation, clock)

    def plan(self) -> Iterator[RequestStep]:
        """The steps that a run against a conforming tenant would take; nothing is sent."""
        context = replace(self._make_context(), lesser=True, forgeries=FORGERIES)
        for scenario in (reject_unknown_ids, *list_needed(self.planned)):
            yield from _simulate(scenario(context))

    def run(self, emit: Emit, say: Say, environment: MutableMapping[str, str]) -> ExitStatus:
        """Run and emit the events; raises UserError before the first of them, and JournalError.

        `say` prints a line for the user. Credentials are read from `environment`, and removed from it where a
        client under test is started in it.
        """
        entries = self._load_entries()
        tokens = find_tokens(self.root, environment)
        privilege = check_privilege(tokens, self.contract, self.options, say)
        anonymizer = self._make_anonymizer(tokens)
        with ExitStack() as stack:
            recording = stack.enter_context(
                Recording(self.options.request_log, self.options.keep_bodies, anonymizer)
            )
            journal = make_journal(self.contract, self.options, self.root, privilege.tenant)
            journal.may = self._describe_permissions()
            if not self.options.get_only:
                stack.enter_context(journal)
                self._check_journal(journal)
                journal.start()
            if self.options.client:
                withhold(environment)
            under_test = stack.enter_context(start_client(self.contract, self.options))
            context = self._make_context(privilege)
            context.lesser = tokens.lesser is not None
            others = [name for name in tokens.rejected if name not in CREDENTIALS]
            context.forgeries = (*FORGERIES, *others) if self.root.loopback else ()
            executor = self._make_executor(context, tokens, journal, recording, under_test)
            recorder = RunRecorder(
                self.contract,
                self.planned,
                fail_on=self.options.fail_on,
                emit=emit,
                known=self._make_known_failures(entries, under_test),
            )
            runner = LiveRunner(
                self.contract,
                self.options,
                self.planned,
                self.root.url,
                context,
                executor,
                anonymizer,
                under_test,
                say,
            )
            description = self._describe_run(anonymizer.hash_id(privilege.tenant or ""))
            status = runner.run(
                recorder,
                lambda: recorder.open(
                    self._get_implementation(under_test), under_test.client.limits.declared, description
                ),
            )
        for line in format_left_behind(self.options.journal):
            say(line)
        return status

    def _make_context(self, privilege: Privilege | None = None) -> ScenarioContext:
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

    def _make_anonymizer(self, tokens: Tokens) -> Anonymizer:
        (parameter,) = self.contract.request.parameters
        return Anonymizer(parameter, tokens.issued, {*self.options.tasks, *self.options.started_tasks})

    def _make_executor(
        self,
        context: ScenarioContext,
        tokens: Tokens,
        journal: Journal,
        recording: Recording,
        under_test: ClientUnderTest,
    ) -> Executor:
        policy = Policy(
            context.targets,
            self.root.loopback,
            get_only=context.get_only,
            cancel=context.cancel,
            create=self.creation is not None,
            risk_running_task=context.risk_running_task,
            tasks=context.tasks,
            started=context.started,
        )
        anonymizer = recording.anonymizer

        def add_fresh(id: str) -> None:
            policy.fresh.add(id)
            anonymizer.ids.add(id)

        def add_created(id: str) -> None:
            policy.add_created(id)
            anonymizer.ids.add(id)

        context.on_fresh_id, context.on_created, context.on_known_id = (
            add_fresh,
            add_created,
            anonymizer.ids.add,
        )
        return Executor(
            self.contract,
            tokens,
            Pacer(self.options.budget, self.options.rate, self.clock),
            policy,
            Sender(self.root, self.clock.now),
            journal,
            under_test.client,
            under_test.forwarder,
            recording.record,
        )

    def _load_entries(self) -> list[Entry]:
        path = self.options.known_failures
        return known_failures.load(Path(path), self.contract.current_ids()) if path else []

    def _make_known_failures(self, entries: list[Entry], under_test: ClientUnderTest) -> KnownFailures | None:
        if self.options.known_failures is None:
            return None
        covering = [entry for entry in entries if entry.covers(self.contract)]
        return KnownFailures(covering, self._get_implementation(under_test), today=date.today())

    def _get_implementation(self, under_test: ClientUnderTest) -> Implementation:
        """What the report is about: the service, or the client where one is given."""
        if self.options.client:
            return under_test.client.implementation
        return Implementation("a tenant on loopback" if self.root.loopback else "Microsoft Graph")

    def _check_journal(self, journal: Journal) -> None:
        left = journal.found
        # This is the earlier run's own file, not a copy: a change that it did not announce was not sent.
        if left.cut is None and not any(each.announced for each in left.open):
            journal.truncate()
            return
        hint = f"Settle them first:\n  graphcontract live --resume {journal.path}"
        if (left.root, left.tenant) != (journal.root, journal.tenant):
            raise JournalError(f"the journal {journal.path} has open items of another tenant", hint)
        if left.action != journal.action:
            raise JournalError(f"the journal {journal.path} has open items of another contract", hint)
        if self.creation is not None:
            raise JournalError(f"the journal {journal.path} is open: an earlier run left a task behind", hint)

    def _describe_permissions(self) -> dict[str, Any]:
        """The changes that the options allow, for the journal."""
        if not self.options.allow_cancel:
            return {}
        create = {"create": self.creation.journal_members} if self.creation is not None else {}
        return {"cancel": [*self.options.tasks, *self.options.started_tasks], **create}

    def _describe_run(self, tenant: str) -> RunDescription:
        options = self.options
        description: RunDescription = {
            "kind": "live",
            "profile": options.profile,
            "transport": "tenant",
            "tls": self.root.secure,
            "seed": options.seed,
            "root": self.root.url,
        }
        if tenant:
            description["tenant"] = tenant
        return description


def select_clauses(contract: Contract, options: LiveOptions) -> list[str]:
    """The clauses that a live run tests: the service's, and those of the client's that its traffic can
    exercise.
    """
    clauses = plan_clauses(
        contract,
        options.select,
        options.deselect,
        parties={"client", "service"} if options.client else {"service"},
        command="live",
    )
    tested = [id for id in clauses if contract.clauses[id].by == "service" or id in BY_CLIENT]
    if not tested:
        raise OptionError("--select and --deselect leave no clause that a live run can test")
    return tested


def make_journal(contract: Contract, options: LiveOptions, root: Root, tenant: str | None) -> Journal:
    """The journal of a run. It records the contract's absolute path, so that `--resume` works from any
    folder.
    """
    named = options.contract if options.contract in list_shipped() else str(Path(options.contract).absolute())
    return Journal(options.journal, root.url, tenant, named, contract.request.action)


def format_left_behind(path: Path) -> Iterator[str]:
    """Lines about the open items of a journal, or about a journal that cannot be read."""
    try:
        left = read_journal(path)
    except JournalError as error:
        yield f"cannot tell what earlier runs left behind: {error.format_in_line()}"
        return
    if left.cut is not None:
        yield f"left behind: incomplete line {left.cut}, perhaps a change: graphcontract live --resume {path}"
    if left.open:
        made = sum(each.created for each in left.open)
        what = f"{made} created, " if made else ""
        tasks = f"{len(left.open)} tasks ({what}outcome unknown)"
        yield f"left behind: {tasks}: graphcontract live --resume {path}"


def _simulate(scenario: Scenario) -> Iterator[RequestStep]:
    try:
        step = next(scenario)
        while True:
            yield step
            step = scenario.send(predict_result(step))
    except StopIteration:
        pass
