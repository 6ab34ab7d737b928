"""Collects a run's events and sums them up in one sentence, for every report that is written at the end."""

from __future__ import annotations

from graphcontract.reporting.accepted_failures import count_accepted
from graphcontract.reporting.common_causes import find_common_causes
from graphcontract.reporting.events import Event, PlannedClause, Verdict
from graphcontract.reporting.received_run import ReceivedRun
from graphcontract.reporting.verdict_text import is_untested


class RunSummary(ReceivedRun):
    """The header, plan, verdicts by clause and footer that were received so far."""

    def __init__(self) -> None:
        super().__init__()
        self.plan: list[PlannedClause] = []
        self.verdicts: dict[str, Verdict] = {}

    def hear(self, event: Event) -> None:
        """Receive one event; kinds other than header, plan, verdict and footer are ignored."""
        super().hear(event)
        if event["event"] == "plan":
            self.plan = event["clauses"]
        elif event["event"] == "verdict":
            self.verdicts[event["clause"]] = event

    def list_verdicts(self) -> list[Verdict]:
        """Return the verdicts in the order of the contract. They arrive in the order in which tests end."""
        planned = {each["clause"]: index for index, each in enumerate(self.plan)}
        return sorted(self.verdicts.values(), key=lambda each: planned.get(each["clause"], len(planned)))

    def list_shortfalls(self) -> list[Verdict]:
        """Return violations and whatever else fails the run: what fails it first, and MUST before SHOULD.
        Among these, requests that could not be read come first, and clauses that were not tested last.
        """
        shown = [each for each in self.list_verdicts() if each["fails_run"] or each["verdict"] == "fail"]
        return sorted(shown, key=_rank)

    def summarize(self) -> tuple[str, bool]:
        """Return the run's verdict in one sentence, and whether it is good. Needs the footer."""
        if self.footer.get("interrupted"):
            return "Interrupted.", False
        status, must = self.footer["exit_status"], self.footer["must"]
        who = "tenant" if self.header["kind"] == "live" else "client"
        if status == 0 and self.footer["counts"].get("known-failure"):
            return "Only known failures.", True
        if status == 0 and must["judged"] < must["planned"]:
            return f"The {who} conforms to the contract as far as it was tested.", True
        failing = [each for each in self.list_shortfalls() if each["fails_run"]]
        if status == 1 and all(each["verdict"] == "fixed" or "expired" in each for each in failing):
            expired = any("expired" in each for each in failing)
            what = "Known failures have expired."
            return what if expired else "The list of known failures is out of date.", False
        if status in (1, 3) and failing and all(map(is_untested, failing)):
            untested = f"{len(failing)} MUST could not be exercised, and none was violated"
            return f"The {who} was not tested in full: {untested}.", False
        return {
            0: (f"The {who} conforms to the contract.", True),
            1: (f"The {who} violates the contract.", False),
            3: (f"The {who} was not tested to the end, and no MUST was violated.", False),
            5: ("Nothing was exercised.", False),
            6: ("graphcontract failed. This is a bug in graphcontract, not in what it tested.", False),
        }[status]

    def format_counts(self) -> str:
        """Return the numbers behind the verdict: clauses by outcome, exchanges, and seconds."""
        must, verdicts = self.footer["must"], self.verdicts.values()
        parts = [f"{must['judged']} of {must['planned']} MUST exercised"]
        for level in ("MUST", "SHOULD"):
            violated = sum(each["verdict"] == "fail" and each["level"] == level for each in verdicts)
            parts.append(f"{violated} {level} violated")
        accepted = count_accepted(self.footer)
        parts += [f"{accepted} accepted as known"] if accepted else []
        exchanges = self.footer["exchanges"]
        number = "1 exchange" if exchanges == 1 else f"{exchanges} exchanges"
        parts.append(f"{number} in {self.footer['duration']:.1f} s")
        return ", ".join(parts)

    def describe_protocols(self, verdict: Verdict) -> str:
        """Return over which version of HTTP a clause was checked, as in `over HTTP/2`; empty where it is the
        one that the run uses for all clauses but those that need another.
        """
        usual = "2" if self.header.get("http") == "2" else "1.1"
        seen = verdict.get("protocols", [])
        return "" if {*seen} <= {usual} else f"over {' and '.join(f'HTTP/{each}' for each in seen)}"

    def describe_run(self) -> str:
        """Return what was tested, and against which contract."""
        contract = self.header["contract"]
        version = f" ({contract['version']})" if "version" in contract else ""
        return f"{self.name_implementation()} against {contract['title']}{version}"


def _rank(verdict: Verdict) -> tuple[bool, bool, bool, bool]:
    malformed = any(each.is_unreadable for each in find_common_causes([verdict]))
    return not verdict["fails_run"], verdict["level"] != "MUST", not malformed, is_untested(verdict)
