"""Sums up what a run over many operations checked once: verdicts by clause, on one or two lead operations."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from graphcontract.reporting.events import FindingEvent, Verdict


@dataclass(slots=True)
class Counts:
    """How many operations of an area there are, or clauses that are checked on one, by outcome."""

    planned: int = 0
    judged: int = 0
    unsupported: int = 0
    violated: int = 0


@dataclass(slots=True)
class OnceSummary:
    """The verdicts that were received so far, and the counts by lead operation."""

    verdicts: list[Verdict] = field(default_factory=list)
    leads: dict[str, Counts] = field(default_factory=dict)
    has_known: bool = False

    def hear(self, verdict: Verdict) -> None:
        """Receive one verdict."""
        self.verdicts.append(verdict)
        counts = self.leads.setdefault(verdict.get("operation", ""), Counts())
        counts.planned += 1
        counts.judged += verdict["exercised"] > 0
        counts.unsupported += verdict["verdict"] == "not-supported"
        self.has_known |= verdict["verdict"] == "known-failure"
        counts.violated += verdict["verdict"] == "fail" and verdict["fails_run"]

    def list_findings(self, known: Collection[str]) -> list[FindingEvent]:
        """List the distinct faults, apart from those with a `known` evidence id. A fault that both leads show
        is one.
        """
        found: dict[str, FindingEvent] = {}
        for verdict in self.verdicts:
            evidence, lead = verdict["evidence"], verdict.get("operation", "")
            if verdict["verdict"] != "fail" or evidence is None or evidence["id"] in known:
                continue
            if evidence["id"] in found:
                found[evidence["id"]]["operations"] += 1
                found[evidence["id"]]["examples"].append(lead)
                continue
            found[evidence["id"]] = {
                "event": "finding",
                "clause": verdict["clause"],
                "level": verdict["level"],
                "fails_run": verdict["fails_run"],
                "evidence": evidence,
                "operation": lead,
                "operations": 1,
                "examples": [lead],
            }
        return sorted(found.values(), key=lambda each: not each["fails_run"])

    def list_untested(self) -> Iterator[tuple[str, str]]:
        """Yield the clauses that fail the run without a violation, with the lead, and why."""
        for each in self.verdicts:
            if each["fails_run"] and each["verdict"] != "fail":
                reason = each.get("reason", "").strip().rpartition("\n")[2]
                verdict = each["verdict"].replace("-", " ")
                yield f"{each['clause']} of {each.get('operation', '')}", f"{verdict}: {reason}"
