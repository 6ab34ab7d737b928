"""What changed from one report to a later one of the same contract, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from graphcontract.contract.model import Level
from graphcontract.reporting.events import Verdict
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.report_reader import Report
from graphcontract.reporting.verdict_text import JUDGED, label_verdict, name_verdict

ChangeKind = Literal["newly failing", "fixed", "stopped running", "started running"]


@dataclass(frozen=True, slots=True)
class Change:
    """How one clause changed; `evidence` are the failures that came or went, if any."""

    kind: ChangeKind
    clause: str
    level: Level
    text: str
    evidence: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        """Whether something got worse: a failure came, or a clause is not tested any more."""
        return self.kind in ("newly failing", "stopped running")

    def describe(self) -> str:
        """Describe the change in one line."""
        number = len(self.evidence)
        failures = f" ({number} failure{'s' if number > 1 else ''})" if number else ""
        return f"{self.kind}: {self.clause} ({self.level}){failures}: {self.text}"


def list_changes(before: Report, after: Report) -> list[Change]:
    """List what changed: first what got worse. If the runs were to test different clauses, those of only one
    of them are left out.
    """
    return sorted(_compare(before, after), key=lambda each: not each.is_worse)


def _compare(before: Report, after: Report) -> Iterator[Change]:
    old, new = before.failing(), after.failing()
    clauses = list(dict.fromkeys([*after.verdicts, *before.verdicts]))
    if _read_selection(before) != _read_selection(after):
        clauses = [each for each in clauses if each in before.verdicts and each in after.verdicts]
    for clause in clauses:
        was, now = before.verdicts.get(clause), after.verdicts.get(clause)
        came = tuple(sorted(set(new.get(clause, ())) - set(old.get(clause, ()))))
        went = tuple(sorted(set(old.get(clause, ())) - set(new.get(clause, ()))))
        if came and now is not None:
            yield Change("newly failing", clause, now["level"], _say(now), came)
        if went and now is not None and _is_judged(now) and was is not None:
            yield Change("fixed", clause, now["level"], _say(was), went)
        if was is not None and _is_judged(was) and not _is_judged(now):
            why = f"{name_verdict(now)}: {now.get('reason', '')}" if now else "the run did not test it"
            yield Change("stopped running", clause, was["level"], escape_unprintable(" ".join(why.split())))
        if now is not None and _is_judged(now) and not _is_judged(was):
            yield Change(
                "started running",
                clause,
                now["level"],
                "it passes" if now["verdict"] == "pass" else f"it is now {label_verdict(now)}",
            )


def _read_selection(report: Report) -> tuple[object, ...]:
    options = report.header.get("options", {})
    return options.get("select") or [], options.get("deselect") or []


def _is_judged(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict["verdict"] in JUDGED


def _say(verdict: Verdict) -> str:
    """What the client did wrong, in the words of the contract."""
    return escape_unprintable(verdict["evidence"]["text"]) if verdict["evidence"] else ""
