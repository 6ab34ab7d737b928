"""What the pages of the HTML report show: clauses, faults, and figures, made from a run's events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.events import FindingEvent, Footer, PlannedClause, Verdict
from graphcontract.reporting.evidence import Evidence
from graphcontract.reporting.operations_summary import count, list_faults, name_operations
from graphcontract.reporting.run_summary import RunSummary
from graphcontract.reporting.verdict_text import find_tone, label_verdict

Bar = tuple[str, float, str]
"""A row of a chart: its name, its length, and the figure as text."""

_CHOICES = {
    "fail": "failures",
    "warn": "warnings",
    "known": "known failures",
    "none": "not tested",
    "pass": "passed",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A clause with its verdict. `explained`: common causes name all of its failures. `protocols` is a
    sentence where the clause was checked over another version of HTTP than most.
    """

    clause: str
    group: str
    statement: str
    level: str
    label: str
    tone: str
    exercised: int
    evidence: Evidence | None
    reason: str
    also: list[str]
    explained: bool
    protocols: str
    where: str = ""

    @property
    def anchor(self) -> str:
        """Where the page shows the failure, or else the clause."""
        return self.evidence["id"] if self.evidence else self.clause

    @property
    def summary(self) -> str:
        """What was wrong, in a sentence or two."""
        return f"{self.evidence['text']} {self.reason}".strip() if self.evidence else self.reason

    @property
    def note(self) -> str:
        """What the table of clauses says beside the statement."""
        return "" if self.evidence else self.reason.strip().rpartition("\n")[2]

    @property
    def notes(self) -> list[str]:
        """What the failure says beside its evidence."""
        return [each for each in (self.reason, self.protocols) if each]


@dataclass(frozen=True, slots=True)
class Group:
    """The clauses of one group; `counts` says how many have which verdict."""

    name: str
    rows: list[Row]

    @property
    def bad(self) -> bool:
        """Whether a clause of it was violated."""
        return any(each.tone in ("fail", "warn") for each in self.rows)

    @property
    def counts(self) -> str:
        """How many clauses have which verdict, as in `3 pass, 1 FAIL`."""
        counted = Counter(each.label for each in self.rows)
        return ", ".join(f"{number} {label}" for label, number in counted.items())


def list_rows(run: RunSummary) -> dict[str, Row]:
    """The rows of all clauses that have a verdict, in the order of the contract."""
    named = {id for each in find_common_causes(run.list_shortfalls()) for id in each.evidence}
    return {
        each["clause"]: _make_row(each, run.verdicts[each["clause"]], named, run)
        for each in run.plan
        if each["clause"] in run.verdicts
    }


def _make_row(planned: PlannedClause, verdict: Verdict, named: Collection[str], run: RunSummary) -> Row:
    over = run.describe_protocols(verdict)
    label, evidence = label_verdict(verdict), verdict["evidence"]
    ids = [evidence["id"], *verdict.get("also", [])] if evidence else []
    return Row(
        clause=verdict["clause"],
        group=planned["group"],
        statement=planned["statement"],
        level=verdict["level"],
        label=label,
        tone=find_tone(label),
        exercised=verdict["exercised"],
        evidence=evidence if verdict["verdict"] == "fail" else None,
        reason=verdict.get("reason", ""),
        also=verdict.get("also", []),
        explained=bool(ids) and all(each in named for each in ids),
        protocols=f"Checked {over}." if over else "",
    )


def list_groups(rows: Iterable[Row]) -> list[Group]:
    """The rows by group, in the order of the contract."""
    groups: dict[str, list[Row]] = {}
    for each in rows:
        groups.setdefault(each.group, []).append(each)
    return [Group(name, listed) for name, listed in groups.items()]


@dataclass(frozen=True, slots=True)
class Fault:
    """A distinct fault in many operations."""

    evidence: Evidence
    clause: str
    level: str
    label: str
    tone: str
    notes: list[str]
    where: str
    also: tuple[str, ...] = ()


def make_faults(findings: Iterable[FindingEvent]) -> list[Fault]:
    """Make the blocks of a run's faults: new ones first."""
    listed = list(findings)
    accepted = [each for each in listed if "accepted" in each]
    return [_make_fault(each) for each in (*list_faults(listed), *accepted)]


def _make_fault(finding: FindingEvent) -> Fault:
    label = "FAIL" if finding["fails_run"] else "known" if "accepted" in finding else "warn"
    seen = f"Seen {name_operations(finding)}. The evidence is from {finding['operation']}."
    after = f"It shows after a call of {finding['after']} only." if "after" in finding else ""
    return Fault(
        evidence=finding["evidence"],
        clause=finding["clause"],
        level=finding["level"],
        label=label,
        tone=find_tone(label),
        notes=[each for each in (seen, after) if each],
        where=f" in {count(finding['operations'], 'operation')}",
    )


def list_choices(shown: Iterable[Row | Fault]) -> list[tuple[str, str]]:
    """What the filter offers: a tone and its name, for each that the page has."""
    present = {each.tone for each in shown}
    return [(tone, label) for tone, label in _CHOICES.items() if tone in present]


def measure_groups(groups: Iterable[Group], verdicts: Mapping[str, Verdict]) -> list[Bar]:
    """The seconds that the tests of each group took, longest first."""
    seconds = [(each.name, sum(verdicts[row.clause]["duration"] for row in each.rows)) for each in groups]
    return [(name, value, f"{value:.1f} s") for name, value in sorted(seconds, key=lambda row: -row[1])]


def measure_coverage(footer: Footer) -> list[Bar]:
    """How many operations conform, violate a clause, are not supported, or were not judged."""
    counts = footer["operations"]
    outcomes = {
        "conforming": counts["judged"] - counts["violated"],
        "violating": counts["violated"],
        "not supported": counts["unsupported"],
        "not judged for other reasons": counts["planned"] - counts["judged"] - counts["unsupported"],
    }
    return [(name, number, f"{number:,}") for name, number in outcomes.items()]
