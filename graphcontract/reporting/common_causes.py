"""Groups the violations of a run by their cause, so that a report names what to fix first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphcontract.reporting.events import Verdict

# Fewer failures of one clause are as well described by the clause.
_MANY = 3
_UNREADABLE = "a request that is not valid HTTP/1.1"


@dataclass(frozen=True, slots=True)
class CommonCause:
    """A cause with the clauses that failed by it, and the evidence ids of their failures."""

    cause: str
    clauses: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def is_unreadable(self) -> bool:
        """Whether requests could not be read, so that other clauses were not exercised."""
        return self.cause.startswith(_UNREADABLE)

    def count(self) -> str:
        """Count the failures and name the clauses, in one line."""
        number = len(self.evidence)
        more = ". No other clause was exercised by these calls" if self.is_unreadable else ""
        return f"{number} failure{'s' if number > 1 else ''}: {', '.join(self.clauses)}{more}"


def find_common_causes(verdicts: Iterable[Verdict]) -> list[CommonCause]:
    """The causes that several failures share, and requests that could not be read; these come first, then the
    causes of most clauses.
    """
    clauses: dict[str, list[str]] = {}
    evidence: dict[str, list[str]] = {}
    for verdict in verdicts:
        for each in verdict.get("causes", ()) if verdict["verdict"] == "fail" else ():
            clauses.setdefault(each["cause"], []).append(verdict["clause"])
            evidence.setdefault(each["cause"], []).extend(each["evidence"])
    causes = [CommonCause(each, tuple(clauses[each]), tuple(evidence[each])) for each in clauses]
    common = [
        each for each in causes if each.is_unreadable or len(each.clauses) > 1 or len(each.evidence) >= _MANY
    ]
    return sorted(common, key=lambda each: (not each.is_unreadable, -len(each.clauses), -len(each.evidence)))
