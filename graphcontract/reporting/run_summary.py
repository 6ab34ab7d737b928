"""A run as its events have told it so far, and the sentence that sums it up; what most reports begin from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcontract.reporting.accepted_failures import count_accepted
from graphcontract.reporting.verdict_text import is_untested


class RunSummary:
    """Keeps header, plan, verdicts by clause and footer; listeners build on it."""

    def __init__(self) -> None:
        self.header: Mapping[str, Any] = {}
        self.plan: list[Mapping[str, Any]] = []
        self.verdicts: dict[str, Mapping[str, Any]] = {}
        self.footer: Mapping[str, Any] = {}

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event in; others than these four change nothing."""
        match event["event"]:
            case "header":
                self.header = event
            case "plan":
                self.plan = event["clauses"]
            case "verdict":
                self.verdicts[event["clause"]] = event
            case "footer":
                self.footer = event

    def fallen_short(self) -> list[Mapping[str, Any]]:
        """Verdicts that a reader should see, those that fail the run first, MUST before SHOULD."""
        shown = [each for each in self.verdicts.values() if each["fails_run"] or each["verdict"] == "fail"]
        return sorted(shown, key=lambda each: (not each["fails_run"], each["level"] != "MUST"))

    def judgement(self) -> tuple[str, bool]:
        """The verdict on who was judged in one sentence, and whether it is good."""
        if self.footer.get("interrupted"):
            return "Interrupted.", False
        status, must = self.footer["exit_status"], self.footer["must"]
        who = "tenant" if self.header.get("kind") == "live" else "client"
        if status == 0 and self.footer["counts"].get("known-failure"):
            return f"The {who} fails as is known.", True
        if status == 0 and must["judged"] < must["planned"]:
            return f"The {who} honours the contract as far as it was judged.", True
        failing = [each for each in self.fallen_short() if each["fails_run"]]
        if status == 1 and all(each["verdict"] == "fixed" or "expired" in each for each in failing):
            expired = any("expired" in each for each in failing)
            what = "Known failures are accepted no longer: their last day is past."
            return what if expired else "The list of known failures is out of date.", False
        if status in (1, 3) and failing and all(map(is_untested, failing)):
            untested = f"{len(failing)} MUST could not be exercised, and none was violated"
            return f"The {who} was not tested in full: {untested}.", False
        return {
            0: (f"The {who} honours the contract.", True),
            1: (f"The {who} does not honour the contract.", False),
            3: (f"The {who} was not judged to the end, and no MUST was violated.", False),
            5: ("Nothing was exercised.", False),
            6: ("The harness failed; this is a defect of graphcontract.", False),
        }[status]

    def figures(self) -> str:
        """What was judged, and what of it fell short, in numbers."""
        must, verdicts = self.footer["must"], self.verdicts.values()
        parts = [f"{must['judged']} of {must['planned']} MUST judged"]
        for level, word in (("MUST", "violated"), ("SHOULD", "not met")):
            broken = sum(each["verdict"] == "fail" and each["level"] == level for each in verdicts)
            parts.append(f"{broken} {level} {word}")
        accepted = count_accepted(self.footer)
        parts += [f"{accepted} accepted as known"] if accepted else []
        parts.append(f"{self.footer['exchanges']} exchanges in {self.footer['duration']:.1f} s")
        return ", ".join(parts)

    def named(self) -> str:
        """The client's name and version."""
        implementation = self.header["implementation"]
        return " ".join(str(implementation[key]) for key in ("name", "version") if implementation.get(key))
