"""The pytest plugin for clients: one test item for each clause that a test checks.

Items run in any worker; their results travel with pytest's reports to the controller, which records them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphcontract.errors import UserError
from graphcontract.judging import sigint
from graphcontract.pytest_plugin import hooks
from graphcontract.pytest_plugin.clause_items import (
    ClauseItem,
    ItemResult,
    as_usage_errors,
    find_plugin,
    format_accepted,
    redact_output,
    register_reports,
    write_summary,
)
from graphcontract.pytest_plugin.options import add_options, names_client, read_options
from graphcontract.pytest_plugin.tenant_options import add_tenant_options
from graphcontract.pytest_plugin.xdist_workers import (
    CheckWorkers,
    Workers,
    is_check,
    is_worker,
    received_options,
)

if TYPE_CHECKING:
    from graphcontract.judging.run_recorder import RunRecorder
    from graphcontract.judging.suite_api import SuiteTest
    from graphcontract.judging.verdict import ClauseResult
    from graphcontract.reporting.events import Event
    from graphcontract.run.options import Options
    from graphcontract.run.session import Session

pytest_plugins = ("graphcontract.pytest_plugin.tenant_plugin",)

_ATTRIBUTE = "graphcontract_part"


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hook by which other plugins receive the run's events."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--graph-…` options, and `graph_…` ini options of the same names."""
    group = parser.getgroup("graphcontract", "Microsoft Graph client contracts")
    add_options(parser, group)
    group.addoption(
        "--graph-report",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help="write html=, jsonl=, junit=, markdown=, github= or har=PATH",
    )
    group.addoption(
        "--graph-operations",
        action="append",
        default=[],
        metavar="PATTERN",
        help="check each operation that matches, in place of one contract",
    )
    add_tenant_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and the plugin's state."""
    config.addinivalue_line("markers", "graphcontract: an item that checks a clause of a contract")
    config.addinivalue_line("markers", "must: a clause of level MUST")
    config.addinivalue_line("markers", "should: a clause of level SHOULD")
    found = find_plugin(config, SessionPlugin)
    run = Run(config, found)
    config.pluginmanager.register(run)
    config.pluginmanager.register(CheckWorkers(run.options, _waiting) if found else Workers(run.options))
    if patterns := config.getoption("graph_operations"):
        from graphcontract.pytest_plugin.operation_items import OperationsPlugin, OperationsRun

        def make() -> OperationsRun:
            return OperationsRun(run.session.options, patterns)

        config.pluginmanager.register(OperationsPlugin(config, make, is_worker=is_worker(config)))


class SessionPlugin:
    """Passes an open session into a pytest run in this process, and its exit status back out."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.exit_status = 6


def _waiting() -> set[str]:
    from graphcontract.run.suite_tests import suite_tests

    return {test.name for test in suite_tests() if test.cases}


class ClientItem(ClauseItem):
    """One clause, as checked by one test of a suite."""

    def __init__(self, *, test: SuiteTest, clause: str, run: Run, **rest: Any) -> None:
        level = run.session.contract.clauses[clause].counted_level
        super().__init__(clause=clause, level=level, **rest)
        self._test, self._run = test, run
        self.part: ClauseResult | None = None
        self.waits = bool(test.cases)
        run.session.want(test, clause)

    def find_result(self) -> ItemResult:
        """Run the test, once for all of its clauses, and return the result of this one."""
        from graphcontract.judging.run_recorder import fails_run

        session = self._run.session
        try:
            self.part = part = session.part(self._test, self.clause)
        except UserError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        known = session.known_failures()
        listed = known if part.verdict == "fail" else None
        # One test that exercises the clause is enough, so another one may fail to.
        others = session.proofs(self.clause) > 1 or self.clause not in self._test.proves
        left_to_others = part.verdict == "not-exercised" and others
        return ItemResult(
            "known-failure" if listed is not None and listed.covers(part) else part.verdict,
            self.level,
            fails_run(part, self.level, session.options.fail_on, known) and not left_to_others,
            part.reason,
            part.evidence,
            tuple(listed.objections(part)) if listed is not None else (),
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the location of the test's body."""
        return self.path, self._test.body.__code__.co_firstlineno - 1, self.name


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[ClientItem] | None:
    """Make an item for each clause of the test that the contract has and the run selects. A test with such a
    clause also gets items for the unconditional clauses.
    """
    from graphcontract.clauses import UNCONDITIONAL
    from graphcontract.judging.suite_api import SuiteTest

    if not isinstance(obj, SuiteTest):
        return None
    if collector.config.getoption("graph_operations"):
        return []
    if collector.config.getoption("graph_tenant_url") and not names_client(collector.config):
        return []
    run = find_plugin(collector.config, Run)
    assert run is not None
    try:
        wanted = [id for id in obj.proves if id in run.session.planned]
        if wanted:
            others = set(UNCONDITIONAL).difference(obj.proves)
            wanted += [id for id in run.session.planned if id in others]
    except pytest.UsageError as error:
        run.refusal = error
        return []
    return [
        ClientItem.from_parent(collector, name=f"{name}[{clause}]", test=obj, clause=clause, run=run)
        for clause in wanted
    ]


class Run:
    """The plugin's state in one process: the session that runs items, and the recorder of their results."""

    def __init__(self, config: pytest.Config, handover: SessionPlugin | None) -> None:
        self._config, self._handover = config, handover
        self._session = handover.session if handover is not None else None
        self.ledger: RunRecorder | None = None
        self.refusal: pytest.UsageError | None = None
        self._interrupted = False
        self._without_item: list[str] = []
        self._accepted: list[str] = []
        self._worker = is_worker(config)

    @property
    def session(self) -> Session:
        """The run's session, created when the first item needs it."""
        if self._session is None:
            from graphcontract.run.session import Session

            options = received_options(self._config) or read_options(self._config)
            with as_usage_errors():
                self._session = Session.of(options)
            self._session.alone = not self._worker
            self._session.together = not self._worker or is_check(self._config)
        return self._session

    def options(self) -> Options | None:
        """Return the options of the run, or None if no client is given."""
        return self.session.options if self._has_client else None

    @property
    def _has_client(self) -> bool:
        return self._session is not None or names_client(self._config)

    def pytest_sessionstart(self) -> None:
        """In `graphcontract check`, make sure that no Ctrl-C is lost."""
        if self._handover is not None or is_check(self._config):
            self._config.add_cleanup(sigint.keep_interrupts())

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Move tests that wait on timers to the end: their calls are made concurrently while others run."""
        places = [place for place, item in enumerate(items) if isinstance(item, ClientItem)]
        ours = [item for item in items if isinstance(item, ClientItem)]
        for place, item in zip(places, sorted(ours, key=lambda item: item.waits), strict=True):
            items[place] = item

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Plan the collected items, or raise a usage error, which collection would show as a traceback."""
        if self.refusal is not None and self._worker:
            session.shouldstop = str(self.refusal)  # xdist has no way for a worker to end by a usage error
        elif self.refusal is not None:
            raise self.refusal
        items = [item for item in session.items if isinstance(item, ClientItem)]
        if items and not self._worker and not self._config.option.collectonly:
            self._plan(Counter(item.clause for item in items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Plan what a worker collected; all workers collect the same items."""
        if not self._has_client:
            return
        parts = Counter(clause for clause in map(_clause_of, ids) if clause in self.session.planned)
        if parts:
            self._plan(parts)

    def _plan(self, parts: Mapping[str, int]) -> None:
        if self.ledger is not None:
            return
        from graphcontract.judging.run_recorder import RunRecorder

        session = self.session
        with as_usage_errors():
            client = session.open()
            register_reports(self._config)
        self.ledger = RunRecorder(
            session.contract,
            session.planned,
            fail_on=session.options.fail_on,
            emit=self._emit,
            known=session.known_failures(),
        )
        with sigint.delay_interrupts():
            self.ledger.open(client.implementation, client.limits.declared, session.describe())
        self.ledger.expect(parts)
        if self._config.pluginmanager.hasplugin("dsession"):
            session.close()

    def _emit(self, event: Event) -> None:
        # Two verdicts are known only when all tests of a clause are over, so that no item can fail for them:
        # no test exercised the clause, or a listed failure was not seen in any of them.
        if event["event"] == "verdict" and event["fails_run"] and event["verdict"] == "not-exercised":
            self._without_item.append(f"MUST not exercised by any test: {event['clause']}")
        elif event["event"] == "verdict" and event["verdict"] == "fixed":
            self._without_item.append(f"known failure of {event['clause']}: {event['reason']}")
        elif event["event"] == "footer":
            self._accepted = format_accepted(event)
        self._config.hook.pytest_graphcontract_event(event=event)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report as JSON, and redact the token from what the client printed."""
        report = yield
        if call.when == "call" and isinstance(item, ClientItem):
            redact_output(report)
            if item.part is not None:
                values = {each.name: getattr(item.part, each.name) for each in fields(item.part)}
                setattr(report, _ATTRIBUTE, json.dumps(values))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a result. An item that was lost with a dead worker is an error of the harness."""
        if self.ledger is None:
            return
        from graphcontract.judging.verdict import ClauseResult

        carried = getattr(report, _ATTRIBUTE, None)
        if carried is not None:
            values = json.loads(carried)
            tuples = {name: tuple(values[name]) for name in ("also", "recorded", "protocols")}
            self.ledger.add(ClauseResult(**values | tuples))
        elif report.failed:
            reason = f"the test did not finish: {report.longreprtext[-400:]}"
            self.ledger.add(ClauseResult(_clause_of(report.nodeid), "error", reason=reason))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember an interruption by the user, as opposed to -x and the like."""
        self._interrupted = self._interrupted or excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Emit the footer, and stop what was started."""
        try:
            if self.ledger is not None:
                with sigint.delay_interrupts():
                    self._conclude(self.ledger, session)
        finally:
            if self._session is not None:
                self._session.close()

    def _conclude(self, ledger: RunRecorder, session: pytest.Session) -> None:
        status = ledger.close(interrupted=self._interrupted)
        if self._handover is not None:
            self._handover.exit_status = status
        elif self._without_item and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print how many MUST were exercised, accepted known failures, and failures that no item shows."""
        if self.ledger is not None and self.ledger.summary:
            lines = [self.ledger.summary, *self._accepted]
            write_summary(terminalreporter, "graphcontract", lines, self._without_item)


def _clause_of(nodeid: str) -> str:
    """Extract the clause from `suites/test_x.py::test_x[clause]`, with or without a suffix from xdist."""
    return nodeid.rpartition("[")[2].partition("]")[0]
