"""The pytest plugin for tenants: one test item for each service clause, all checked by one live run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.judging.suite_api import TenantTest
    from graphcontract.live.options import LiveOptions
    from graphcontract.live.run import Live

_ONE_RUN = ("report", "select", "deselect")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options for the tenant. They have no ini options: what a run may change is decided for each run."""
    group = parser.getgroup("graphcontract tenant", "Microsoft Graph tenants")
    group.addoption(
        "--graph-tenant-url", default="", metavar="URL", help="service root of the tenant to check"
    )
    group.addoption("--graph-get-only", action="store_true", help="send only GET requests")
    group.addoption("--graph-allow-cancel", action="store_true", help="allow cancelling a task that is given")
    for name, text in (
        ("task", "task that has not started; it is cancelled permanently"),
        ("started-task", "task that has ended, so that its cancel must fail"),
    ):
        group.addoption(f"--graph-{name}", action="append", default=[], metavar="ID", help=text)
    group.addoption(
        "--graph-confirm-tenant",
        default=None,
        metavar="ID",
        help="tenant in which to cancel: the tid of its tokens",
    )
    group.addoption(
        "--graph-rate",
        type=_rate,
        default=4.0,
        metavar="N",
        help="maximum number of requests per second: 0.1 to 100",
    )


def _rate(text: str) -> float:
    rate = float(text)
    if not 0.1 <= rate <= 100:
        raise ValueError
    return rate


def pytest_configure(config: pytest.Config) -> None:
    """Register the run if a tenant is given; reject options that would run it more than once."""
    if not config.getoption("graph_tenant_url"):
        return
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        raise pytest.UsageError("a tenant is checked in one process: leave out -n, or use -n 0")
    mixed = [name for name in _ONE_RUN if config.getoption(f"graph_{name}")]
    if _value(config, "client") and mixed:
        raise pytest.UsageError(
            f"--graph-{mixed[0]} applies to one run, and --graph-client and --graph-tenant-url make two: "
            "check the client and the tenant one after the other (--graph-client= gives no client)"
        )
    config.pluginmanager.register(TenantRun(config))


def _value(config: pytest.Config, name: str) -> Any:
    given = config.getoption(f"graph_{name}")
    return given if given is not None else config.getini(f"graph_{name}")


def _options(config: pytest.Config) -> LiveOptions:
    from graphcontract.live.options import LiveOptions

    names = ("contract", "profile", "fail_on", "known_failures")
    given = {name: value for name in names if (value := _value(config, name))}
    try:
        seed = int(
            _value(config, "seed") or (secrets.randbits(32) if given.get("profile") == "nightly" else 0)
        )
    except ValueError as error:
        raise pytest.UsageError(f"--graph-seed takes a number: {error}") from error
    return LiveOptions(
        tenant_url=config.getoption("graph_tenant_url"),
        get_only=config.getoption("graph_get_only"),
        allow_cancel=config.getoption("graph_allow_cancel"),
        tasks=tuple(config.getoption("graph_task")),
        started_tasks=tuple(config.getoption("graph_started_task")),
        confirm_tenant=config.getoption("graph_confirm_tenant"),
        select=tuple(config.getoption("graph_select")),
        deselect=tuple(config.getoption("graph_deselect")),
        rate=config.getoption("graph_rate"),
        seed=seed,
        **given,
    )


class Violation(Exception):
    """The tenant violates a clause; the text is the evidence."""


class ServiceItem(pytest.Item):
    """One service clause."""

    def __init__(self, *, clause: str, run: TenantRun, **rest: Any) -> None:
        super().__init__(**rest)
        self.clause, self._run = clause, run
        self.add_marker("graphcontract")
        level = run.live.contract.clauses[clause].counted_level.lower()
        if level in ("must", "should"):
            self.add_marker(level)

    def runtest(self) -> None:
        """Report the verdict of the live run on this clause."""
        from graphcontract.judging.verdict import UNTESTED
        from graphcontract.reporting.evidence_text import render_violation

        found = self._run.verdicts[self.clause]
        verdict, level, evidence = found["verdict"], found["level"], found["evidence"]
        reason = found.get("reason") or verdict
        if verdict == "fail" and found["fails_run"]:
            raise Violation("\n".join(filter(None, [render_violation(evidence, level), found.get("reason")])))
        if verdict == "fail":
            pytest.xfail(f"{level} violated: {evidence['text']}")
        if verdict == "known-failure":
            pytest.xfail("known failure")
        if verdict == "not-supported" or (verdict in UNTESTED and not found["fails_run"]):
            pytest.skip(reason)
        if verdict != "pass":
            pytest.fail(f"{verdict}: {reason}", pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the evidence instead of a traceback."""
        if isinstance(excinfo.value, Violation):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the suite that lists the clause."""
        return self.path, 0, self.name


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[ServiceItem] | None:
    """Make an item for each clause that the contract has and the run selects, if a tenant is given."""
    from graphcontract.judging.suite_api import TenantTest

    if not isinstance(obj, TenantTest):
        return None
    run = next(
        (each for each in collector.config.pluginmanager.get_plugins() if isinstance(each, TenantRun)), None
    )
    return [
        ServiceItem.from_parent(collector, name=f"{name}[{clause}]", clause=clause, run=run)
        for clause in (run.wanted(obj) if run is not None else ())
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

            try:
                self._live = Live.of(_options(self._config))
            except UserError as error:
                raise pytest.UsageError(str(error)) from error
        return self._live

    @property
    def verdicts(self) -> Mapping[str, Mapping[str, Any]]:
        """Verdict events by clause."""
        return self._heard.verdicts

    def wanted(self, test: TenantTest) -> list[str]:
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
        if _value(self._config, "client"):
            withhold(os.environ)

    def _judge(self, clauses: list[str]) -> None:
        from graphcontract.judging.run_recorder import ExitStatus
        from graphcontract.reporting import make_listeners

        self.live.planned = clauses
        try:
            for listener in make_listeners(self._config.getoption("graph_report")):
                self._config.pluginmanager.register(listener)
            status = self.live.run(self._emit, self._notes.append, os.environ)
        except UserError as error:
            raise pytest.UsageError(str(error)) from error
        if status is ExitStatus.INTERRUPTED:
            raise KeyboardInterrupt

    def _emit(self, event: Mapping[str, Any]) -> None:
        self._heard.hear(event)
        self._config.hook.pytest_graphcontract_event(event=event)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the notes of the run, accepted known failures, and its verdict in one sentence."""
        from graphcontract.reporting.accepted_failures import list_accepted

        if self._heard.footer:
            terminalreporter.section("graphcontract: the tenant")
            accepted = [f"accepted as known: {line}" for line in list_accepted(self._heard.footer)]
            verdict = f"{self._heard.summarize()[0]} {self._heard.format_counts()}"
            for line in (*self._notes, *accepted, verdict):
                terminalreporter.line(line)
