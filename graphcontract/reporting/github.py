"""Reports for GitHub Actions: an annotation for each violation, and a job summary in Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from graphcontract.reporting import finish
from graphcontract.reporting.accepted_failures import count_accepted, list_accepted
from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.events import Event, Footer, Verdict
from graphcontract.reporting.evidence_text import escape_unprintable, render_violation
from graphcontract.reporting.github_commands import attribute, data
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.summary_report import SummaryReport
from graphcontract.reporting.verdict_text import is_untested, label_verdict, name_verdict

_MOST_BYTES = 1000 * 1024  # GitHub rejects a summary of more than 1 MiB.
_FENCE = re.compile("`{3,}")


class Annotations:
    """Writes workflow commands: an error for each verdict that fails the run, a warning for each other
    violation, and a notice that lists accepted known failures.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Annotate one verdict; close the stream after the footer."""
        if event["event"] == "verdict" and (event["fails_run"] or event["verdict"] == "fail"):
            command = "error" if event["fails_run"] else "warning"
            title = attribute(f"{event['clause']} ({event['level']})")
            text = (
                f"{name_verdict(event)}: {describe_verdict(event)}"
                if is_untested(event)
                else describe_verdict(event)
            )
            self._stream.write(f"::{command} title={title}::{data(text)}\n")
            self._stream.flush()
        elif event["event"] == "footer":
            self._stream.write(annotate_accepted(event))
            finish(self._stream)


def annotate_accepted(footer: Footer) -> str:
    """Render a notice with the known failures that a run accepted; empty without any."""
    accepted = count_accepted(footer)
    if not accepted:
        return ""
    title = attribute(f"known failures: {accepted} accepted")
    return f"::notice title={title}::{data(chr(10).join(list_accepted(footer)))}\n"


class Markdown(SummaryReport[RunSummary]):
    """Writes a summary of at most 1 MiB: verdict, a table of violations, and their evidence, collapsed."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, RunSummary())

    def render(self, run: RunSummary) -> Iterator[str]:
        """Yield the summary in pieces. The last one says so if the rest did not fit."""
        return limit_summary(_parts(run))


def limit_summary(parts: Iterable[str]) -> Iterator[str]:
    """Yield the parts of a summary that fit into 1 MiB, and a sentence if some did not."""
    left = _MOST_BYTES
    for part in parts:
        left -= len(part.encode())
        if left < 0:
            yield "\nThe rest did not fit into the summary. The jsonl report has all of it.\n"
            return
        yield part


def render_title(run: ReceivedRun) -> str:
    """Render the first lines of a summary: what was tested, the verdict, and the numbers behind it."""
    sentence, _ = run.summarize()
    return f"## {escape_markdown(run.describe_run())}\n\n**{sentence}** {run.format_counts()}.\n"


def _parts(run: RunSummary) -> Iterator[str]:
    yield render_title(run)
    shown = run.list_shortfalls()
    yield from _render_causes(shown)
    if shown:
        yield "\n| clause | level | verdict | details |\n| --- | --- | --- | --- |\n"
    for verdict in shown:
        clause = f"`{verdict['clause']}` {run.describe_protocols(verdict)}".rstrip()
        what = escape_cell(describe_verdict(verdict))
        yield f"| {clause} | {verdict['level']} | {label_verdict(verdict)} | {what} |\n"
    yield from render_accepted(run.footer)
    for verdict in shown:
        if verdict["evidence"]:
            evidence = verdict["evidence"]
            yield fold(evidence["id"], render_violation(evidence, verdict["level"]))


def _render_causes(verdicts: Iterable[Verdict]) -> Iterator[str]:
    if causes := find_common_causes(verdicts):
        yield "\nCommon causes:\n\n"
    for each in causes:
        yield f"- {escape_markdown(escape_unprintable(each.cause))}: {escape_markdown(each.count())}\n"


def render_accepted(footer: Footer) -> Iterator[str]:
    """Render the known failures that a run accepted; nothing without any."""
    if accepted := count_accepted(footer):
        yield f"\nAccepted as known failures: {accepted}\n"
        yield "\n| clause | level | reason | issue | until |\n| --- | --- | --- | --- | --- |\n"
    for row in footer.get("accepted", ()):
        columns = (row["reason"], row.get("issue", "none"), row.get("expires", "no expiry"))
        cells = " | ".join(escape_cell(escape_unprintable(each)) for each in columns)
        yield f"| `{row['clause']}` | {row['level']} | {cells} |\n"


def describe_verdict(verdict: Verdict) -> str:
    """Describe a verdict in one line: the violation, and the reason if there is one."""
    evidence = verdict["evidence"]
    text = evidence["text"] if evidence and verdict["verdict"] == "fail" else ""
    return escape_unprintable(" ".join(filter(None, (text, verdict.get("reason"))))) or verdict["verdict"]


def fold(id: str, text: str) -> str:
    """Render the evidence with this id as a text that is collapsed."""
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    summary = f"<summary><code>{html.escape(id)}</code></summary>"
    return f"\n<details>{summary}\n\n{fence}text\n{text}\n{fence}\n\n</details>\n"


def escape_markdown(text: str) -> str:
    """Escape a text for Markdown, on one line."""
    return re.sub(r"([\\`*_\[\]<>#~])", r"\\\1", " ".join(text.split()))


def escape_cell(text: str) -> str:
    """Escape a text for a cell of a table in Markdown."""
    return escape_markdown(text).replace("|", "\\|")
