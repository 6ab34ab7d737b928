"""The verdict on a clause, and how the results of several tests combine into one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphcontract.reporting.events import VerdictKind
from graphcontract.reporting.evidence import Evidence, RecordedExchange

UNTESTED: tuple[VerdictKind, ...] = ("not-exercised", "not-run")
"""Verdicts of a clause that could have been tested, and was not: each fails the run for a MUST."""

NO_REQUEST = "the selected tests send no request that could violate this clause"
"""Why a test that does not prove an unconditional clause did not exercise it. Alone, it leaves no gap."""

_ORDER: tuple[VerdictKind, ...] = ("fail", "error", "not-run", "pass", "not-supported", "not-exercised")


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """The result of one test for one clause. `exercised` counts the exchanges that could have shown a
    violation, without those of shrinking, and `classes` by input class; `protocols` has the versions of HTTP
    of their requests, sorted; `evidence` is of the first violation, `also` the evidence ids of others,
    `causes` those of either by what they have in common; `duration` is in seconds; `exchanges` counts all
    calls of the test, and `recorded` has them with `--record all`. `cut_off` is why violations beside those
    that were seen may have been missed: not every input was tried.
    """

    clause: str
    verdict: VerdictKind
    exercised: int = 0
    duration: float = 0.0
    reason: str | None = None
    evidence: Evidence | None = None
    also: tuple[str, ...] = ()
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    exchanges: int = 0
    recorded: tuple[RecordedExchange, ...] = ()
    protocols: tuple[str, ...] = ()
    cut_off: str | None = None


def fold(clause: str, parts: Iterable[ClauseResult]) -> ClauseResult:
    """Combine the results of all tests of a clause: fail > error > not-run > pass > not-supported >
    not-exercised. One test that exercises the clause is enough. The order of `parts` does not matter.
    """
    ranked = sorted(parts, key=_rank)
    if not ranked:
        return ClauseResult(clause, "not-run", reason="no test of the suites checks this clause")
    first = ranked[0]
    if first.verdict == "not-exercised" and first.reason == NO_REQUEST:
        return ClauseResult(clause, "not-supported", reason=NO_REQUEST)
    ids = [part.evidence["id"] for part in ranked if part.evidence]
    ids += [id for part in ranked for id in part.also]
    classes: dict[str, int] = {}
    causes: dict[str, tuple[str, ...]] = {}
    for part in ranked:
        for cause, evidence in part.causes.items():
            causes[cause] = tuple(dict.fromkeys((*causes.get(cause, ()), *evidence)))
        for name, count in part.classes.items():
            classes[name] = classes.get(name, 0) + count
    return ClauseResult(
        clause,
        first.verdict,
        exercised=sum(part.exercised for part in ranked),
        duration=sum(part.duration for part in ranked),
        reason=first.reason,
        evidence=first.evidence,
        also=tuple(dict.fromkeys(ids))[1:],
        causes=causes,
        classes=classes,
        exchanges=sum(part.exchanges for part in ranked),
        recorded=tuple(each for part in ranked for each in part.recorded),
        protocols=tuple(sorted({each for part in ranked for each in part.protocols})),
        cut_off=next(filter(None, map(_find_cut, ranked)), None),
    )


def _find_cut(part: ClauseResult) -> str | None:
    return part.reason if part.verdict == "not-run" else part.cut_off


def _rank(part: ClauseResult) -> tuple[int, str, bool, str]:
    id = part.evidence["id"] if part.evidence else ""
    return _ORDER.index(part.verdict), id, part.reason == NO_REQUEST, part.reason or ""


def evidence_id(evidence_key: str, kind: str, input: str) -> str:
    """Make an evidence id from names only, so that the same violation has the same id in every run.

    `evidence_key` is the clause's, which survives a change of the clause's id.
    """
    digest = hashlib.sha256("\n".join((evidence_key, kind, input)).encode()).hexdigest()
    return f"{evidence_key}-{digest[:12]}"
