"""`--graph-operations` in pytest: an item for each operation, with the verdicts of `check --operations`.

Items run in any worker. Each carries its events with pytest's report to the controller, which joins them into
the run's report as it joins shards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from graphcontract.errors import UserError
from graphcontract.pytest_plugin.clause_items import (
    Violation,
    as_usage_errors,
    format_accepted,
    redact_output,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.contract.model import Contract
    from graphcontract.judging.client_set import ClientSet
    from graphcontract.operations.call_plan import PlannedCall
    from graphcontract.operations.isolation import Isolator
    from graphcontract.operations.merge import ShardMerger
    from graphcontract.operations.operation_run import OperationRunner
    from graphcontract.operations.tally import Lists
    from graphcontract.reporting.events import Event, FindingEvent, Header, OperationEvent
    from graphcontract.run.options import Options

GROUP = "graph-operations"
_ATTRIBUTE = "graphcontract_operation"


class OperationsRun:
    """The operations that match, in the order of a run, and a client that is started for the first of them.
    Raises UserError from any method.
    """

    def __init__(self, options: Options, patterns: Sequence[str]) -> None:
        self.options, self._patterns = options, patterns
        self._clients: ClientSet | None = None

    @cached_property
    def _catalogue(self) -> Catalogue:
        from graphcontract.catalogue.catalogue import Catalogue

        return Catalogue.load()

    @cached_property
    def names(self) -> dict[str, str]:
        """Version, method and path by id."""
        from graphcontract.operations.call_plan import sort_operations

        found = [id for pattern in self._patterns for id in self._catalogue.find(pattern)]
        return {id: self._catalogue.name_of(id) for id in sort_operations(found, self.options.seed)}

    @cached_property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that are checked on each operation."""
        from dataclasses import replace

        from graphcontract.operations.operation_run import CLAUSES
        from graphcontract.operations.run import load_conventions
        from graphcontract.run.session import plan_clauses

        conventions = load_conventions()
        listed = replace(conventions, clauses={id: conventions.clauses[id] for id in CLAUSES})
        command = "check --operations all --no-once"
        return tuple(plan_clauses(listed, self.options.select, self.options.deselect, command=command))

    def load_lists(self, name: str, version: str | None) -> Lists:
        """Load the list of known failures, for a client with this name."""
        from graphcontract.clients import Implementation
        from graphcontract.operations.lists import load_lists
        from graphcontract.operations.run import load_conventions

        make = load_lists(self.options.known_failures, None, load_conventions())
        return make(Implementation(name, version))

    def judge(self, id: str) -> list[Event]:
        """Judge an operation, and give the events of a run over it: what `check` reports."""
        from graphcontract.judging.call_runner import CallStats
        from graphcontract.operations.recorder import OperationsRecorder
        from graphcontract.operations.run import load_conventions

        runner, isolator, clients = self._tools
        result = runner.judge(id, partial(self._load, id), self._plan)
        again = CallStats()
        events: list[Event] = []
        named = clients.main.client.implementation
        recorder = OperationsRecorder(
            {id: self.names[id]},
            self.clauses,
            load_conventions(),
            fail_on=self.options.fail_on,
            emit=events.append,
            lists=self.load_lists(named.name, named.version),
            whole=False,
        )
        description: Any = {"kind": "operations"} | {
            name: getattr(self.options, name) for name in ("profile", "transport", "tls", "seed")
        }
        recorder.open(clients.main.client, description, self._catalogue.name, self._hash())
        recorder.add(result)
        recorder.close(isolator.present, lambda: again.exchanges)
        return events

    @cached_property
    def _tools(self) -> tuple[OperationRunner, Isolator, ClientSet]:
        from graphcontract.judging.call_runner import CallRunner, CallStats
        from graphcontract.judging.client_set import ClientSet
        from graphcontract.operations.isolation import Isolator
        from graphcontract.operations.operation_run import OperationRunner
        from graphcontract.run.client_setup import TargetFactory

        contract = self._load(next(iter(self.names)))
        targets = TargetFactory(contract, self.options)
        main = targets.main()
        self._clients = clients = ClientSet(main, another=targets.another(main))
        calls = CallRunner(contract, clients)
        calls.count_for(CallStats())
        calls.enter_scope(self)
        runner = OperationRunner(calls, self.clauses, clients.shows)
        return runner, Isolator(calls, self._load, self._format_repeat), clients

    def _load(self, id: str) -> Contract:
        from graphcontract.clauses import list_kinds

        return self._catalogue.contract(id, list_kinds())

    def _plan(self, contract: Contract) -> list[PlannedCall]:
        from graphcontract.operations.call_plan import plan_calls
        from graphcontract.operations.values import open_pool

        seed = self.options.seed
        return plan_calls(contract, seed, self.options.profile, open_pool(seed))

    def _format_repeat(self, clause: str, *operations: str) -> str:
        words = "".join(f" --operations {each}" for each in operations)
        return f"{self.options.repeat(clause)}{words}"

    def _hash(self) -> str:
        from graphcontract.operations.shards import hash_operations

        return hash_operations(self.names.values())

    def close(self) -> None:
        """End the client and its transport."""
        if self._clients is not None:
            self._clients.close()
            self._clients.main.transport.__exit__(None, None, None)


class OperationItem(pytest.Item):
    """One operation."""

    def __init__(self, *, run: OperationsRun, **rest: Any) -> None:
        super().__init__(**rest)
        self._run = run
        self.events: list[Event] = []
        self.add_marker("graphcontract")

    def runtest(self) -> None:
        """Judge the operation; pass, fail, skip or xfail as its verdict says."""
        try:
            self.events = self._run.judge(self.name)
        except UserError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        (event,) = (each for each in self.events if each["event"] == "operation")
        findings = [each for each in self.events if each["event"] == "finding"]
        _report(event, findings)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the evidence instead of a traceback."""
        if isinstance(excinfo.value, (Violation, pytest.xfail.Exception)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the operation; it is in no file."""
        return self.config.rootpath, 0, self._run.names[self.name]


def _report(event: OperationEvent, findings: Sequence[FindingEvent]) -> None:
    from graphcontract.reporting.operations_summary import render_finding

    verdict, reason = event["verdict"], event.get("reason", "")
    if verdict == "fail" and event["fails_run"]:
        raise Violation("\n\n".join(render_finding(each) for each in findings if each["fails_run"]))
    if verdict in ("fail", "known-failure"):
        pytest.xfail(reason or findings[0]["evidence"]["text"])
    if verdict == "not-supported":
        pytest.skip(reason)
    if verdict != "pass":
        pytest.fail(f"{verdict}: {reason}", pytrace=False)


class _Operations(pytest.Collector):
    """The parent of the items, which gives them a name that they have in common."""

    def collect(self) -> list[pytest.Item]:
        """Nothing: the items are added after the collection of files."""
        return []


class OperationsPlugin:
    """Adds the items, and joins what they show into the report of the run."""

    def __init__(
        self, config: pytest.Config, make_run: Callable[[], OperationsRun], *, is_worker: bool
    ) -> None:
        self._config, self._make, self._is_worker = config, make_run, is_worker
        self._merger: ShardMerger | None = None
        self._left: dict[str, None] = {}
        self._interrupted = False
        self._lines: list[str] = []
        self._started = monotonic()

    @cached_property
    def _run(self) -> OperationsRun:
        return self._make()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add an item for each operation, so that -k and other selections apply to them."""
        with as_usage_errors():
            names, _ = self._run.names, self._run.clauses
        parent = _Operations.from_parent(session, name=GROUP, nodeid=GROUP)
        items += [OperationItem.from_parent(parent, name=id, run=self._run) for id in names]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember which operations are to be judged."""
        self._left = {each.name: None for each in session.items if isinstance(each, OperationItem)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Remember what the workers collected."""
        prefix = f"{GROUP}::"
        self._left = {id.removeprefix(prefix): None for id in ids if id.startswith(prefix)}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Attach the events to the report, and redact the token from what the client printed."""
        report = yield
        if call.when == "call" and isinstance(item, OperationItem):
            redact_output(report)
            setattr(report, _ATTRIBUTE, json.dumps(item.events))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the events of an item to the run's report."""
        carried = getattr(report, _ATTRIBUTE, None)
        for event in json.loads(carried) if carried is not None and not self._is_worker else ():
            self._receive(event)

    def _receive(self, event: Event) -> None:
        if event["event"] == "header" and self._merger is None:
            self._merger = self._open(event)
        elif self._merger is None:
            return
        elif event["event"] == "operation":
            self._left.pop(event["operation"], None)
            self._merger.add_operation(0, event)
        elif event["event"] == "finding":
            self._merger.add_finding(0, event)
        elif event["event"] == "footer":
            self._merger.end_shard(event)

    def _open(self, header: Header) -> ShardMerger:
        from graphcontract.contract.model import list_current_ids
        from graphcontract.judging.run_recorder import plan_clause
        from graphcontract.operations.merge import ShardMerger
        from graphcontract.operations.run import load_conventions
        from graphcontract.reporting import make_listeners

        for listener in make_listeners(self._config.getoption("graph_report"), operations=True):
            self._config.pluginmanager.register(listener)
        conventions = load_conventions().clauses
        named = header["implementation"]
        lists = self._run.load_lists(named["name"], named.get("version"))
        clauses = [plan_clause(conventions[id]) for id in self._run.clauses]
        ids = list_current_ids(conventions)
        return ShardMerger(header, clauses, len(self._left), ids, lists, self._emit)

    def _emit(self, event: Event) -> None:
        if event["event"] == "footer":
            self._lines = [f"{event['exchanges']} exchanges", *format_accepted(event)]
            self._lines += [
                f"known failure that is no longer seen: {each['evidence']}" for each in event.get("fixed", ())
            ]
        self._config.hook.pytest_graphcontract_event(event=event)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember an interruption by the user, as opposed to -x and the like."""
        self._interrupted = self._interrupted or excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Emit what was not run and the footer, and end the client."""
        try:
            if self._merger is not None:
                self._conclude(self._merger, session)
        finally:
            if "_run" in self.__dict__:
                self._run.close()

    def _conclude(self, merger: ShardMerger, session: pytest.Session) -> None:
        from graphcontract.operations.merge import describe_unrun

        stopped = bool(self._left)
        for id in list(self._left):
            merger.add_operation(0, describe_unrun(id, self._run.names[id], "the run ended before"))
        status = merger.close(
            interrupted=self._interrupted, stopped=stopped, duration=monotonic() - self._started
        )
        if status and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the number of exchanges, and known failures that were accepted or are gone."""
        if self._lines:
            terminalreporter.section("graphcontract")
            for line in self._lines:
                terminalreporter.line(line)
