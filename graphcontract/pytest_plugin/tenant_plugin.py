"""The pytest plugin for tenants: one test item for each service clause, all checked by one live run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from graphcontract.pytest_plugin.clause_items import (
    ClauseItem,
    ItemResult,
    as_usage_errors,
    find_plugin,
    format_accepted,
    register_reports,
    write_summary,
)
from graphcontract.pytest_plugin.options import names_client
from graphcontract.pytest_plugin.tenant_options import read_live_options

if TYPE_CHECKING:
    from graphcontract.judging.suite_api import TenantTest
    from graphcontract.live.run import Live
    from graphcontract.reporting.events import Event, Verdict

_ONE_RUN = ("report", "select", "deselect")


def pytest_configure(config: pytest.Config) -> None:
    """Register the run if a tenant is given; reject options that would run it more than once."""
    if not config.getoption("graph_tenant_url"):
        return
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        raise pytest.UsageError("a tenant is checked in one process: leave out -n, or use -n 0")
    mixed = [name for name in _ONE_RUN if config.getoption(f"graph_{name}")]
    if names_client(config) and mixed:
        raise pytest.UsageError(
            f"--graph-{mixed[0]} applies to one run, and --graph-client and --graph-tenant-url make two: "
            "check the client and the tenant one after the other (--graph-client= gives no client)"
        )
    config.pluginmanager.register(TenantRun(config))


class ServiceItem(ClauseItem):
    """One service clause."""

    def __init__(self, *, clause: str, run: TenantRun, **rest: Any) -> None:
        super().__init__(clause=clause, level=run.live.contract.clauses[clause].counted_level, **rest)
        self._run = run

    def find_result(self) -> ItemResult:
        """The verdict of the live run on this clause."""
        event = self._run.verdicts[self.clause]
        reason = event.get("reason")
        details = (reason,) if reason else ()
        return ItemResult(
            event["verdict"], self.level, event["fails_run"], reason, event["evidence"], details
        )


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[ServiceItem] | None:
    """Make an item for each clause that the contract has and the run selects, if a tenant is given."""
    from graphcontract.judging.suite_api import TenantTest

    if not isinstance(obj, TenantTest):
        return None
    run = find_plugin(collector.config, TenantRun)
    return [
        ServiceItem.from_parent(collector, name=f"{name}[{clause}]", clause=clause, run=run)
        for clause in (run.select_clauses(obj) if run is not None else ())
    ]


class TenantRun:
    """The live run of one pytest run. It runs once, after collection; items show its verdicts."""

    def __init__(self, config: pytest.Config) -> None:
        from graphcontract.reporting.run_summary import RunSummary

        self._config = config
        self._live: Live | None = None
        self._refusal: pytest.UsageError | None = None
        self._heard = RunSummary()
        self._notes: list[str] = []

    @property
    def live(self) -> Live:
        """The live run, with its options validated. Raises pytest.UsageError."""
        if self._live is None:
            from graphcontract.live.run import Live

            with as_usage_errors():
                self._live = Live.of(read_live_options(self._config))
        return self._live

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Verdict events by clause."""
        return self._heard.verdicts

    def select_clauses(self, test: TenantTest) -> list[str]:
        """Select the test's clauses to check. A usage error waits: in collection it is a traceback."""
        try:
            return [clause for clause in test.proves if clause in self.live.planned]
        except pytest.UsageError as error:
            self._refusal = error
            return []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Check the tenant by the selected clauses, before a client is started that could see its tokens."""
        from graphcontract.live.credentials import withhold

        if self._refusal is not None:
            raise self._refusal
        clauses = {item.clause for item in session.items if isinstance(item, ServiceItem)}
        if clauses and not self._config.option.collectonly:
            self._judge([clause for clause in self.live.planned if clause in clauses])
        if names_client(self._config):
            withhold(os.environ)

    def _judge(self, clauses: list[str]) -> None:
        from graphcontract.judging.run_recorder import ExitStatus

        self.live.planned = clauses
        with as_usage_errors():
            register_reports(self._config)
            status = self.live.run(self._emit, self._notes.append, os.environ)
        if status is ExitStatus.INTERRUPTED:
            raise KeyboardInterrupt

    def _emit(self, event: Event) -> None:
        self._heard.hear(event)
        self._config.hook.pytest_graphcontract_event(event=event)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the notes of the run, accepted known failures, and its verdict in one sentence."""
        if self._heard.ended:
            accepted = format_accepted(self._heard.footer)
            verdict = f"{self._heard.summarize()[0]} {self._heard.format_counts()}"
            write_summary(terminalreporter, "graphcontract: the tenant", [*self._notes, *accepted, verdict])
