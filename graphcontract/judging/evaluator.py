"""Evaluates clauses on trials: one result for each clause, with evidence. The tests of a client and live runs
share it, and differ only in where their trials come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from graphcontract.clauses import ClauseFunction, Finding
from graphcontract.clauses.queries import find_unreadable_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.judging.evidence import make_evidence
from graphcontract.judging.verdict import ClauseResult, evidence_id
from graphcontract.reporting.evidence import Evidence

_PRECONDITION_NOT_MET = "no exchange met this clause's precondition"
_UNREADABLE = "the client's requests could not be read (request.once)"
_VERSION = re.compile(r"[0-9](\.[0-9])?")  # a request that is not valid may have anything in its place

NEEDS: Mapping[str, str] = {
    "wire": "this transport does not show raw bytes (use --transport loopback)",
    "network": "this transport has no network faults, redirects or TLS (use --transport loopback)",
    "http2": "the client does not negotiate HTTP/2 over TLS (ALPN)",
    "proxy": "this transport is not a proxy (use --transport proxy)",
    "credentials": "your driver declares that the client sends no token to these hosts (`hosts`) or "
    "over http (`https`)",
    "settable-root": "this transport serves the client's own root only (use --transport loopback)",
    "root-slash": "your driver does not declare that the root may end with a slash (`root_slash`)",
    "timeout": "your driver declares that the client has no timeout (`timeout`)",
    "concurrency": "your driver handles one call at a time (`concurrency`)",
    "cancel": "your driver does not declare that it can cancel a call (`features`)",
    "tokens": "your driver does not declare that the client asks a credential for tokens (`features`)",
    "retry-after": "your driver does not declare that errors expose Retry-After (`features`)",
    "inner-codes": "your driver does not declare that errors expose inner codes (`features`)",
    "details": "your driver does not declare that errors expose details (`features`)",
    "fields": "your driver does not declare that errors expose header fields (`features`)",
    "surroundings": "other surroundings need a client that is a process of its own (`process:`, `command:`, "
    "or `python:` without --in-process) over --transport loopback",
    "status": "the client does not report the HTTP status code",
    "code": "the client does not report the error's code",
    "message": "the client does not report the error's message",
    "request-id": "the client does not report the request id",
    "id": "the request path is built by graphcontract, not by the client",
}
"""Why a clause that needs this cannot be checked where client and transport do not show it."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A finding, and the trial and the input class that showed it. `key` is its evidence id, `number` the
    number of exchanges until then, and `in_class` that of the trials of its class that exercised the clause;
    `note` says in the report how it was seen.
    """

    key: str
    finding: Finding
    trial: Trial
    input_class: str
    number: int = 0
    in_class: int = 1
    note: str | None = None


@dataclass
class ClauseEvaluator:
    """Evaluates one clause, trial by trial. `exercised` counts trials by input class, `seen` by evidence id;
    `protocols` has the versions of HTTP of the requests in these trials; `occurrences` has the first trial
    that showed each violation; `unreadable` says that the requests of a trial could not be read, so that it
    exercised nothing.
    """

    contract: Contract
    function: ClauseFunction
    exercised: dict[str, int] = field(default_factory=dict)
    protocols: set[str] = field(default_factory=set)
    occurrences: dict[str, Occurrence] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    unreadable: bool = False

    @property
    def count(self) -> int:
        """The number of trials that exercised the clause."""
        return sum(self.exercised.values())

    def add(self, trial: Trial, input_class: str, number: int = 0) -> None:
        """Check the clause on a trial, where the trial meets its precondition."""
        findings = find_violations(self.contract, self.function, trial)
        if findings is None:
            self.unreadable |= any(find_unreadable_requests(self.contract, each) for each in trial.exchanges)
            return
        self.exercised[input_class] = self.exercised.get(input_class, 0) + 1
        self.protocols.update(self._list_versions(trial))
        for key, finding in findings.items():
            self.seen[key] = self.seen.get(key, 0) + 1
            in_class = self.exercised[input_class]
            around = ", ".join(trial.exchange.surroundings.values())
            note = f"seen in a process with {around}" if around else None
            found = Occurrence(key, finding, trial, input_class, number, in_class, note)
            self.occurrences.setdefault(key, found)

    def conclude(
        self,
        *,
        repeat: str,
        present: Callable[[Occurrence], Occurrence],
        unsupported: str | None = None,
        cut_off: str | None = None,
        unmet: str | None = None,
        remark: str | None = None,
        find_cause: Callable[[Occurrence], str | None] = lambda _occurrence: None,
    ) -> ClauseResult:
        """The result of the clause. `present` makes the first violation fit for a report, and `repeat` is the
        command that shows it again. Of a clause that was not exercised, `unsupported` says why it cannot be,
        `unmet` which precondition was not met; `cut_off` says why the run ended before the clause was done;
        `remark` is the reason of a pass. `find_cause` names what violations have in common.
        """
        id, count = self.function.id, self.count
        conclude = partial(
            ClauseResult,
            id,
            exercised=count,
            classes=dict(self.exercised),
            protocols=tuple(sorted(self.protocols)),
        )
        if self.occurrences:
            first, *others = self.occurrences.values()
            shown = self._make_evidence(present(first), repeat)
            also = tuple(each.key for each in others)
            causes: dict[str, tuple[str, ...]] = {}
            for each in self.occurrences.values():
                if (cause := find_cause(each)) is not None:
                    causes[cause] = (*causes.get(cause, ()), each.key)
            return conclude("fail", evidence=shown, also=also, causes=causes, cut_off=cut_off)
        if count and cut_off is None:
            return conclude("pass", reason=remark)
        if not count and self.unreadable and cut_off is None:
            return ClauseResult(id, "not-exercised", reason=_UNREADABLE)
        if not count and unsupported is not None:
            return ClauseResult(id, "not-supported", reason=unsupported)
        if cut_off is not None:
            return conclude("not-run", reason=cut_off)
        return ClauseResult(id, "not-exercised", reason=unmet or _PRECONDITION_NOT_MET)

    def _list_versions(self, trial: Trial) -> Iterator[str]:
        """The versions of HTTP of the requests that the clause examines. CONNECT is not among them: it only
        opens the tunnel.
        """
        for exchange in trial.exchanges if self.function.uses_earlier_steps else (trial.exchange,):
            for request in (*exchange.requests, *exchange.elsewhere):
                if _VERSION.fullmatch(request.version):
                    yield request.version

    def _make_evidence(self, shown: Occurrence, repeat: str) -> Evidence:
        trial = shown.trial
        if not self.function.uses_earlier_steps:
            trial = Trial(shown.finding.find_exchange(trial))
        clause = self.contract.clauses[self.function.id]
        return make_evidence(clause, shown.finding, trial, repeat=repeat, note=shown.note)


def find_violations(contract: Contract, function: ClauseFunction, trial: Trial) -> dict[str, Finding] | None:
    """The violations of a clause in a trial, by evidence id; None where the trial does not exercise it."""
    if not function.when(contract, trial):
        return None
    found: dict[str, Finding] = {}
    for finding in function.judge(contract, trial):
        # The clause is built when it is first read: most clauses of many contracts never are.
        evidence_key = contract.clauses[function.id].evidence_key
        found.setdefault(evidence_id(evidence_key, finding.kind, finding.input), finding)
    return found


def find_unsupported(
    contract: Contract,
    function: ClauseFunction,
    shows: Collection[str],
    explain: Callable[[str], str | None] = NEEDS.__getitem__,
) -> str | None:
    """Why the contract does not require a clause, or client and transport cannot show it; None if they can.
    `explain` gives the reason for a need that is not among what they show.
    """
    reason = function.not_applicable(contract)
    lacking = sorted(function.needs.difference(shows))
    return reason or next((why for need in lacking if (why := explain(need)) is not None), None)
