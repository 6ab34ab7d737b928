"""What check and live share in pytest: how the item of a clause reports its result, and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.reporting.events import Footer
    from graphcontract.reporting.evidence import Evidence

Plugin = TypeVar("Plugin")
_MARKS = {"MUST": pytest.mark.must, "SHOULD": pytest.mark.should}


class Violation(Exception):
    """A clause is violated; the text is the evidence."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The result of a clause as an item reports it; `details` are lines below the evidence."""

    verdict: str
    level: str
    fails_run: bool
    reason: str | None = None
    evidence: Evidence | None = None
    details: tuple[str, ...] = ()


class ClauseItem(pytest.Item):
    """An item that shows one clause; the kinds of run differ in where its result comes from."""

    def __init__(self, *, clause: str, level: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.clause, self.level = clause, level
        self.add_marker(pytest.mark.graphcontract)
        if level in _MARKS:
            self.add_marker(_MARKS[level])

    def find_result(self) -> ItemResult:
        """The result of the clause, for pytest to report."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Pass, fail, skip or xfail, as the clause's result says."""
        report_result(self.find_result())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the evidence, or why the failure is expected, instead of a traceback.

        pytest parses the sources of a traceback. This takes long, and in Python 3.11 it fails now and then,
        with a SystemError, while Hypothesis parses others in another thread.
        """
        if isinstance(excinfo.value, (Violation, pytest.xfail.Exception)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the suite that lists the clause."""
        return self.path, 0, self.name


def report_result(result: ItemResult) -> None:
    """Report a result to pytest: raises Violation or one of pytest's outcomes, or returns for a pass."""
    if result.verdict == "fail" and result.evidence is not None:
        if result.fails_run:
            raise Violation(_render(result, result.evidence))
        pytest.xfail(f"{result.level} violated: {result.evidence['text']}")
    if result.verdict == "known-failure":
        pytest.xfail("known failure")
    reason = result.reason or result.verdict
    if result.verdict != "pass" and not result.fails_run:
        pytest.skip(reason)
    if result.verdict != "pass":
        pytest.fail(f"{result.verdict}: {reason}", pytrace=False)


def _render(result: ItemResult, evidence: Evidence) -> str:
    from graphcontract.reporting.evidence_text import render_violation

    return "\n".join([render_violation(evidence, result.level), *result.details])


def find_plugin(config: pytest.Config, kind: type[Plugin]) -> Plugin | None:
    """The registered plugin of this class."""
    return next((each for each in config.pluginmanager.get_plugins() if isinstance(each, kind)), None)


@contextmanager
def as_usage_errors() -> Iterator[None]:
    """Raise a UserError of the block as a pytest.UsageError, which pytest prints without a traceback."""
    try:
        yield
    except UserError as error:
        raise pytest.UsageError(str(error)) from error


def register_reports(config: pytest.Config) -> None:
    """Register a listener on the run's events for each `--graph-report`. Raises UserError."""
    from graphcontract.reporting import make_listeners

    for listener in make_listeners(config.getoption("graph_report")):
        config.pluginmanager.register(listener)


def format_accepted(footer: Footer) -> list[str]:
    """The known failures that a run accepted, a line each."""
    from graphcontract.reporting.accepted_failures import list_accepted

    return [f"accepted as known: {line}" for line in list_accepted(footer)]


def redact_output(report: pytest.TestReport) -> None:
    """Redact the token from what the client printed."""
    if report.sections:
        from graphcontract.inputs.tokens import CANARY
        from graphcontract.judging.redaction import Redactor

        redactor = Redactor([CANARY])
        report.sections = [(name, redactor.text(text)) for name, text in report.sections]


def write_summary(
    terminalreporter: Any, title: str, lines: Iterable[str], failures: Iterable[str] = ()
) -> None:
    """Print a section at the end of pytest's output; failures are in red."""
    terminalreporter.section(title)
    for line in lines:
        terminalreporter.line(line)
    for line in failures:
        terminalreporter.line(line, red=True)
