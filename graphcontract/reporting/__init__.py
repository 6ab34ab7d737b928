"""Listeners on a run's events: each turns them into one kind of file, and none knows how they came about."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from graphcontract.errors import UserError

FORMATS = ("jsonl", "junit", "markdown", "github")


class Listener(Protocol):
    """Hears every event of a run in order; the footer is the last."""

    def pytest_graphcontract_event(self, event: Mapping[str, Any]) -> None:
        """Take an event in."""
        ...


class ReportError(UserError):
    """A report that was asked for cannot be written."""


def listeners(reports: Sequence[str]) -> list[Listener]:
    """A listener for each `FORMAT=PATH`; `-` is standard output. Raises ReportError."""
    return [_listener(report) for report in reports]


def to_standard_output(reports: Sequence[str]) -> bool:
    """Whether standard output carries a report, so that words for people go elsewhere."""
    return any(report.partition("=")[2] == "-" for report in reports)


def _listener(report: str) -> Listener:
    name, _, path = report.partition("=")
    if name not in FORMATS or not path:
        raise ReportError(
            f"{report!r} is no report: give FORMAT=PATH with FORMAT one of {', '.join(FORMATS)}, "
            "for example jsonl=report.jsonl"
        )
    return _make(name, _open(path))


def _make(name: str, stream: TextIO) -> Listener:
    if name == "jsonl":
        from graphcontract.reporting.jsonl import JsonLines

        return JsonLines(stream)
    if name == "junit":
        from graphcontract.reporting.junit import JUnit

        return JUnit(stream)
    from graphcontract.reporting.github import Annotations, Markdown

    return Markdown(stream) if name == "markdown" else Annotations(stream)


def _open(path: str) -> TextIO:
    if path == "-":
        return sys.stdout
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return open(path, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReportError(f"the report {path} cannot be written: {error.strerror}") from error


def finish(stream: TextIO) -> None:
    """Flush a report's stream, and close it where it is ours."""
    stream.flush()
    if stream is not sys.stdout:
        stream.close()
