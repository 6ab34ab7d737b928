"""What GitHub Actions shows of a run: an annotation a violation, and a job summary in Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from graphcontract.reporting import finish
from graphcontract.reporting.accepted_failures import count_accepted, list_accepted
from graphcontract.reporting.evidence_text import harmless, violation
from graphcontract.reporting.github_commands import attribute, data
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.summary_report import SummaryReport
from graphcontract.reporting.verdict_text import is_untested, label_verdict, name_verdict

_MOST_BYTES = 1000 * 1024  # GitHub takes a summary of 1 MiB at the most
_FENCE = re.compile("`{3,}")


class Annotations:
    """Writes workflow commands: an error for what fails the run, a warning for what else fell short, a notice
    for what was accepted.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def pytest_graphcontract_event(self, event: Mapping[str, Any]) -> None:
        """Annotate a verdict; close after the footer."""
        if event["event"] == "verdict" and (event["fails_run"] or event["verdict"] == "fail"):
            word = "error" if event["fails_run"] else "warning"
            title = attribute(f"{event['clause']} ({event['level']})")
            text = f"{name_verdict(event)}: {told(event)}" if is_untested(event) else told(event)
            self._stream.write(f"::{word} title={title}::{data(text)}\n")
            self._stream.flush()
        elif event["event"] == "footer":
            if accepted := count_accepted(event):
                rows = "\n".join(list_accepted(event))
                title = attribute(f"known failures: {accepted} accepted")
                self._stream.write(f"::notice title={title}::{data(rows)}\n")
            finish(self._stream)


class Markdown(SummaryReport):
    """Writes a summary at the footer: verdict, a table of what fell short, evidence folded; under 1 MiB."""

    def written(self, run: RunSummary) -> Iterator[str]:
        """The summary in pieces, of which the last says so where there were more."""
        left = _MOST_BYTES
        for part in _parts(run):
            left -= len(part.encode())
            if left < 0:
                yield "\nThe rest was too long for a summary; the jsonl report has it.\n"
                return
            yield part


def _parts(run: RunSummary) -> Iterator[str]:
    sentence, _ = run.judgement()
    title = f"{run.named()} before {run.header['contract']['title']}"
    yield f"## {_text(title)}\n\n**{sentence}** {run.figures()}.\n"
    shown = run.fallen_short()
    if shown:
        yield "\n| clause | level | verdict | what |\n| --- | --- | --- | --- |\n"
    for verdict in shown:
        what = _text(told(verdict)).replace("|", "\\|")
        yield f"| `{verdict['clause']}` | {verdict['level']} | {label_verdict(verdict)} | {what} |\n"
    yield from _accepted(run.footer)
    for verdict in shown:
        if verdict["evidence"]:
            yield _folded(verdict)


def _accepted(footer: Mapping[str, Any]) -> Iterator[str]:
    if accepted := count_accepted(footer):
        yield f"\nAccepted as known failures: {accepted}\n"
        yield "\n| clause | level | reason | issue | until |\n| --- | --- | --- | --- | --- |\n"
    for row in footer.get("accepted", ()):
        words = (row["reason"], row.get("issue", "none"), row.get("expires", "no expiry"))
        cells = " | ".join(_text(harmless(each)).replace("|", "\\|") for each in words)
        yield f"| `{row['clause']}` | {row['level']} | {cells} |\n"


def told(verdict: Mapping[str, Any]) -> str:
    """What a verdict says, in a line."""
    evidence = verdict["evidence"]
    words = evidence["text"] if evidence and verdict["verdict"] == "fail" else ""
    return harmless(" ".join(filter(None, (words, verdict.get("reason"))))) or str(verdict["verdict"])


def _folded(verdict: Mapping[str, Any]) -> str:
    text = violation(verdict["evidence"], verdict["level"])
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    summary = f"<summary><code>{html.escape(verdict['evidence']['id'])}</code></summary>"
    return f"\n<details>{summary}\n\n{fence}text\n{text}\n{fence}\n\n</details>\n"


def _text(text: str) -> str:
    """A text that Markdown takes for nothing else."""
    return re.sub(r"([\\`*_\[\]<>#~])", r"\\\1", " ".join(text.split()))
