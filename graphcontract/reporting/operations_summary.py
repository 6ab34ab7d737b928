"""Collects the events of a run over many operations, and sums them up, for every report of such a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent, wrap

from graphcontract.reporting.events import (
    Event,
    FindingEvent,
    FixedFailure,
    OperationCounts,
    OperationEvent,
)
from graphcontract.reporting.evidence_text import escape_unprintable, render_violation
from graphcontract.reporting.once_summary import Counts, OnceSummary
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.verdict_text import SUPPORTED

NOT_DESCRIBED = "graphcontract cannot make a contract of it"
"""How the reason begins why an operation is not supported by graphcontract, and not by the client."""

_EXAMPLES = 3


class OperationsSummary(ReceivedRun):
    """The header, the counts by area, the findings and the footer that were received so far. With the footer,
    `findings` has those of what is checked `once`, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.planned = self.done = 0
        self.areas: dict[str, Counts] = {}
        self.findings: list[FindingEvent] = []
        self.problems: dict[str, list[str]] = {}
        self.notes: dict[str, list[str]] = {}
        self.once = OnceSummary()
        self._once_faults = 0

    def hear(self, event: Event) -> None:
        """Receive one event."""
        super().hear(event)
        match event["event"]:
            case "plan":
                self.planned = event.get("operations", 0)
            case "operation":
                self._count(event)
            case "finding":
                self.findings.append(event)
            case "verdict":
                self.once.hear(event)
            case "footer":
                found = self.once.list_findings({each["evidence"]["id"] for each in self.findings})
                self._once_faults = sum(each["fails_run"] for each in found)
                self.findings += found

    def _count(self, event: OperationEvent) -> None:
        self.done += event["verdict"] != "not-run"
        area = self.areas.setdefault(find_area(event["request"]), Counts())
        area.planned += 1
        area.judged += event["verdict"] in SUPPORTED
        area.unsupported += event["verdict"] == "not-supported"
        area.violated += event["verdict"] == "fail" and event["fails_run"]
        if "note" in event:
            self.notes.setdefault(event["note"], []).append(event["operation"])
        reason = event.get("reason", "").strip().rpartition("\n")[2]
        unwanted = "newly_unsupported" in event or reason.startswith(NOT_DESCRIBED)
        if unwanted or event["verdict"] in ("error", "not-run", "not-exercised"):
            self.problems.setdefault(f"{name_outcome(event)}: {reason}", []).append(event["operation"])

    def summarize(self) -> tuple[str, bool]:
        """Return the verdict on all operations in one sentence, and whether it is good. Needs the footer."""
        status, counts = self.footer["exit_status"], self._get_counts()
        failed = self._describe_failure()
        if self.footer.get("interrupted"):
            return f"Interrupted. {failed}".strip(), False
        return {
            0: (self._describe_success(counts["judged"]), True),
            1: (failed or "The client was not tested in full, and no MUST was violated.", False),
            5: ("Nothing was exercised: the client supports none of the operations.", False),
            6: ("graphcontract failed. This is a bug in graphcontract, not in what it tested.", False),
        }[status]

    def _describe_success(self, judged: int) -> str:
        known = self.footer["counts"].get("known-failure", 0)
        if known or self.once.has_known:
            where = [f"in {count(known, 'operation')}"] if known else []
            where += ["in what is checked once"] if self.once.has_known else []
            return f"Only known failures, {' and '.join(where)}."
        if not self.planned:
            return "The client conforms to the contract in what is checked once."
        return f"The client conforms to the contracts of {count(judged, 'operation')}."

    def _describe_failure(self) -> str:
        """Describe what fails the run, in one sentence for each kind."""
        counts = self._get_counts()
        faults = sum(each["fails_run"] for each in self.findings)
        number = f"in {counts['violated']:,} of {counts['judged']:,} operations"
        where = [number] if counts["violated"] or not self._once_faults else []
        where += ["in what is checked once"] if self._once_faults else []
        violated = " and ".join(where)
        lost = self.footer["baseline"]["lost"] if "baseline" in self.footer else 0
        sentences = {
            f"The client violates the contract {violated} ({count(faults, 'distinct fault')}).": faults,
            f"The client no longer supports {count(lost, 'operation')} of the baseline.": lost,
            "The list of known failures is out of date.": "fixed" in self.footer,
        }
        return " ".join(sentence for sentence, wanted in sentences.items() if wanted)

    def format_counts(self) -> str:
        """Return the numbers behind the verdict: operations by outcome, exchanges, and seconds."""
        counts, duration = self._get_counts(), self.footer["duration"]
        judged = (
            f"Judged {counts['judged']:,} of {count(counts['planned'], 'operation')}{_count_own(counts)}, "
            f"{counts['unsupported']:,} not supported{self._count_baseline()}"
        )
        leads = len(self.once.leads)
        parts = [judged] if counts["planned"] or not leads else []
        parts += [f"{count(leads, 'operation')} checked once"] if leads else []
        return "; ".join([*parts, f"{count(self.footer['exchanges'], 'exchange')} in {duration:.1f} s"])

    def _count_baseline(self) -> str:
        if "baseline" not in self.footer:
            return ""
        baseline = self.footer["baseline"]
        lost = f" ({baseline['lost']:,} newly)" if baseline["lost"] else ""
        return f"{lost}, {baseline['gained']:,} newly supported" if baseline["gained"] else lost

    def _get_counts(self) -> OperationCounts:
        counts = self.footer.get("operations")
        assert counts is not None
        return counts

    def describe_run(self) -> str:
        """Return what is tested, and against which operations. None is planned if all is checked once."""
        operations = f"{count(self.planned, 'operation')} of " if self.planned else ""
        return f"{self.name_implementation()} against {operations}{self.header['contract']['id']}"

    def list_areas(self) -> Iterator[tuple[str, Counts]]:
        """Yield the areas with violations first, then by size."""
        yield from sorted(self.areas.items(), key=lambda row: (-row[1].violated, -row[1].planned, row[0]))


def list_faults(findings: Iterable[FindingEvent]) -> list[FindingEvent]:
    """List faults apart from accepted ones: what fails the run first, MUST before SHOULD, and most operations
    first.
    """
    new = (each for each in findings if "accepted" not in each)
    return sorted(new, key=lambda each: (not each["fails_run"], each["level"] != "MUST", -each["operations"]))


def _count_own(counts: OperationCounts) -> str:
    """How many operations were judged that only libraries of the client's family have."""
    own = counts.get("self_derived", 0)
    return f" ({own:,} self-derived)" if own else ""


def name_outcome(event: OperationEvent) -> str:
    """The verdict on an operation in words."""
    return "newly unsupported" if "newly_unsupported" in event else event["verdict"].replace("-", " ")


def find_area(request: str) -> str:
    """The service area of an operation: the first segment of its path."""
    return "/" + request.rpartition(" ")[2].lstrip("/").partition("/")[0].partition("(")[0]


def count(number: int, noun: str) -> str:
    """A number of things, as in `1 operation` and `2,345 operations`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def name_operations(finding: FindingEvent) -> str:
    """How many operations show a finding, and which: all of a few, examples of many."""
    return name_some(finding["operations"], finding["examples"])


def name_some(number: int, ids: Sequence[str]) -> str:
    """How many operations, and which: all of a few, examples of many."""
    shown = ids[:_EXAMPLES]
    more = f" and {number - len(shown):,} more" if number > len(shown) else ""
    return escape_unprintable(f"in {count(number, 'operation')}: {', '.join(shown)}{more}")


def describe_note(note: str, ids: Sequence[str]) -> str:
    """Say in one paragraph what operations have a note on, and which: all of a few, examples of many."""
    return f"{escape_unprintable(note)}. Seen {name_some(len(ids), ids)}"


def render_finding(finding: FindingEvent) -> str:
    """Render a distinct fault as a block of lines, with its evidence in one operation."""
    head, _, rest = render_violation(finding["evidence"], finding["level"]).partition("\n")
    where = "\n".join(wrap(name_operations(finding), 76, break_on_hyphens=False, break_long_words=False))
    why = f"\n  {escape_unprintable(finding['reason'])}" if "reason" in finding else ""
    return f"{head}\n{indent(where, '  ')}{why}\n{rest}"


def describe_fixed(fixed: FixedFailure) -> str:
    """Say in one line which known failure is gone, and what to change."""
    where = "any operation" if fixed["operations"] == "all" else fixed["operations"]
    return escape_unprintable(f"{fixed['evidence']} is no longer seen in {where}: update {fixed['entry']}")
