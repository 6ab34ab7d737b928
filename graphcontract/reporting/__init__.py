"""Reports: listeners on a run's events, each of which writes one kind of file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from graphcontract.errors import UserError
from graphcontract.reporting.events import Event

FORMATS = ("jsonl", "html", "har", "junit", "markdown", "github")


class Listener(Protocol):
    """Receives every event of a run in order; the footer is the last."""

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event."""
        ...


class ReportError(UserError):
    """A requested report cannot be written, or a given one cannot be read."""

    code = "report"


def make_listeners(reports: Sequence[str], *, operations: bool = False) -> list[Listener]:
    """Make a listener for each `FORMAT=PATH`; `-` is standard output. `operations`: of a run over many.
    Raises ReportError.
    """
    return [_listener(report, _make_for_operations if operations else _make) for report in reports]


def writes_to_standard_output(reports: Sequence[str]) -> bool:
    """Whether a report goes to standard output, so that human-readable output must go to standard error."""
    return any(report.partition("=")[2] == "-" for report in reports)


def _listener(report: str, make: Callable[[str, TextIO], Listener]) -> Listener:
    name, _, path = report.partition("=")
    if name not in FORMATS or not path:
        raise ReportError(
            f"{report!r} is not a report",
            f"Give FORMAT=PATH, where FORMAT is one of {', '.join(FORMATS)}, for example jsonl=report.jsonl.",
        )
    return make(name, _open(path))


def _make(name: str, stream: TextIO) -> Listener:
    if name == "jsonl":
        from graphcontract.reporting.jsonl import JsonLines

        return JsonLines(stream)
    if name == "har":
        from graphcontract.reporting.har import Har

        return Har(stream)
    if name == "html":
        from graphcontract.reporting.html_report import Html

        return Html(stream)
    if name == "junit":
        from graphcontract.reporting.junit import JUnit

        return JUnit(stream)
    from graphcontract.reporting.github import Annotations, Markdown

    return Markdown(stream) if name == "markdown" else Annotations(stream)


def _make_for_operations(name: str, stream: TextIO) -> Listener:
    if name in ("jsonl", "har"):
        return _make(name, stream)
    if name == "html":
        from graphcontract.reporting.html_report import OperationsHtml

        return OperationsHtml(stream)
    from graphcontract.reporting import operations_files

    if name == "junit":
        return operations_files.OperationsJUnit(stream)
    if name == "markdown":
        return operations_files.OperationsMarkdown(stream)
    return operations_files.OperationsAnnotations(stream)


def _open(path: str) -> TextIO:
    if path == "-":
        return sys.stdout
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReportError(f"the report {path} cannot be written", cause=error.strerror or "") from error


def finish(stream: TextIO) -> None:
    """Flush a report's stream, and close it unless it is standard output."""
    stream.flush()
    if stream is not sys.stdout:
        stream.close()
