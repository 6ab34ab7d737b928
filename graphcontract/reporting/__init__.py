"""Reports: listeners on a run's events, each of which writes one kind of file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, TextIO

from graphcontract.errors import UserError
from graphcontract.reporting.events import Event
from graphcontract.reporting.report_file import check_writable

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
    Files are opened with the first event: a run that is refused before it leaves them as they are.
    Raises ReportError, also for a file that cannot be written.
    """
    make = _make_for_operations if operations else _make
    return [_Report(name, path, make) for name, path in map(_parse, reports)]


def writes_to_standard_output(reports: Sequence[str]) -> bool:
    """Whether a report goes to standard output, so that human-readable output must go to standard error."""
    return any(report.partition("=")[2] == "-" for report in reports)


def _parse(report: str) -> tuple[str, str]:
    name, _, path = report.partition("=")
    if name not in FORMATS or not path:
        raise ReportError(
            f"{report!r} is not a report",
            f"Give FORMAT=PATH, where FORMAT is one of {', '.join(FORMATS)}, for example jsonl=report.jsonl.",
        )
    if path != "-":
        with _as_report_error(path):
            check_writable(Path(path))
    return name, path


class _Report:
    """Opens its file with the first event, and passes the events to the listener that writes it."""

    def __init__(self, name: str, path: str, make: Callable[[str, TextIO], Listener]) -> None:
        self._name, self._path, self._make = name, path, make
        self._stream: TextIO | None = None
        self._listener: Listener | None = None

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Receive one event; raises ReportError if the file cannot be opened any more."""
        if self._listener is None or self._stream is None:
            self._stream = _open(self._path)
            self._listener = self._make(self._name, self._stream)
        try:
            self._listener.pytest_graphcontract_event(event)
        except BrokenPipeError:
            # The reader has closed the pipe. The run continues for its exit status and its other reports.
            discard_output(self._stream)


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
    with _as_report_error(path):
        return open(path, "w", encoding="utf-8", newline="\n")


@contextmanager
def _as_report_error(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"the report {path} cannot be written", cause=error.strerror or "") from error


def discard_output(stream: IO[str]) -> None:
    """Discard what is still written to a stream whose reader is gone, and what its buffer holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def finish(stream: TextIO) -> None:
    """Flush a report's stream, and close it unless it is standard output."""
    stream.flush()
    if stream is not sys.stdout:
        stream.close()
