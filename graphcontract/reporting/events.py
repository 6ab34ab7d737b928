"""The events of a run's report as types: what producers emit and listeners receive in the process.

`evidence` has the types of evidence and of the exchanges in it. `report-event.schema.json` describes the same
events for readers of a report; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from graphcontract.contract.model import Basis, Level
from graphcontract.reporting.evidence import Evidence, RecordedExchange

FailOn = Literal["must", "should"]
ProfileName = Literal["quick", "gate", "nightly"]
HttpName = Literal["auto", "1.1", "2"]
VerdictKind = Literal[
    "pass", "fail", "known-failure", "fixed", "not-supported", "not-exercised", "not-run", "error"
]


class Tool(TypedDict):
    """The program that made the report."""

    name: Literal["graphcontract"]
    version: str


class ContractReference(TypedDict):
    """The contract of a run; `version` is the API's, `sha256` the hash of the file. Of a run over many
    operations it is what they come from, such as a catalogue.
    """

    id: str
    title: NotRequired[str]
    version: NotRequired[str]
    sha256: str


class ImplementationName(TypedDict):
    """The client or tenant under test, as it names itself."""

    name: str
    version: NotRequired[str]
    language: NotRequired[str]
    homepage: NotRequired[str]
    notes: NotRequired[str]
    family: NotRequired[str]


class Shard(TypedDict):
    """Which part of a run this is: `index` counts from 1, and `operations` is the number of all parts."""

    index: int
    of: int
    operations: int


class RunDescription(TypedDict):
    """How a run tests. `options` reproduce a check; a live run has `root` and a hash of the `tenant`. A run
    of kind `operations` checks one client against the contracts of many operations.
    """

    kind: Literal["check", "live", "operations"]
    profile: ProfileName
    transport: str
    tls: NotRequired[bool]
    http: NotRequired[HttpName]
    seed: int
    options: NotRequired[Mapping[str, Any]]
    shard: NotRequired[Shard]
    root: NotRequired[str]
    tenant: NotRequired[str]


class Header(RunDescription):
    """The first event; `started` is in UTC, `limits` is what the driver declared, unchanged."""

    event: Literal["header"]
    format: Literal[1]
    tool: Tool
    started: str
    contract: ContractReference
    fail_on: FailOn
    implementation: ImplementationName
    limits: Mapping[str, Any]


class PlannedClause(TypedDict):
    """A clause that the run is to test; `level` is the one that counts, for a `disputed` clause SHOULD."""

    clause: str
    level: Level
    basis: list[Basis]
    group: str
    statement: str
    disputed: NotRequired[Literal[True]]


class Plan(TypedDict):
    """The clauses that the run is to test, in the order of the contract, and how many `operations`."""

    event: Literal["plan"]
    clauses: list[PlannedClause]
    operations: NotRequired[int]


class ExchangeRecord(RecordedExchange):
    """One call of a run with `--record all`, and the clause that it was made for."""

    event: Literal["exchange"]
    clause: str


class Cause(TypedDict):
    """What violations of a clause have in common with others, and their evidence ids."""

    cause: str
    evidence: list[str]


class Verdict(TypedDict):
    """The verdict on a clause; `evidence` is None unless it was violated, and `duration` is in seconds.
    `protocols` are the versions of HTTP of the requests that exercised it. In a run over many operations, it
    is of what is checked once, on this `operation`.
    """

    event: Literal["verdict"]
    clause: str
    level: Level
    verdict: VerdictKind
    exercised: int
    duration: float
    evidence: Evidence | None
    fails_run: bool
    expired: NotRequired[Literal[True]]
    also: NotRequired[list[str]]
    causes: NotRequired[list[Cause]]
    classes: dict[str, int]
    protocols: NotRequired[list[str]]
    reason: NotRequired[str]
    operation: NotRequired[str]


class Progress(TypedDict):
    """How far the run is: `done` of the `of` planned clauses have a verdict; `clause` had the last result."""

    event: Literal["progress"]
    clause: str
    done: int
    of: int


class OperationEvent(TypedDict):
    """The verdict on one of many operations, named by its contract's id and by its `request`, which is
    version, method and path. `findings` are evidence ids, `accepted` those that are known failures of this
    operation, `levels` the levels of those whose clause has another level in this operation than in the plan;
    `duration` is in seconds. A `self_derived` operation is known from libraries of the client's family alone.
    A `note` is worth knowing, and no violation.
    """

    event: Literal["operation"]
    operation: str
    request: str
    verdict: VerdictKind
    fails_run: bool
    exchanges: int
    duration: float
    findings: NotRequired[list[str]]
    accepted: NotRequired[list[str]]
    levels: NotRequired[dict[str, Level]]
    self_derived: NotRequired[Literal[True]]
    newly_unsupported: NotRequired[Literal[True]]
    reason: NotRequired[str]
    note: NotRequired[str]


class FindingEvent(TypedDict):
    """One distinct fault in many operations: its evidence in the first of them, how many show it, and the ids
    of some. `after` is the operation before that one, if the fault only shows after another call. The
    operations in which the fault is `accepted` as a known failure have an event of their own.
    """

    event: Literal["finding"]
    clause: str
    level: Level
    fails_run: bool
    evidence: Evidence
    operation: str
    operations: int
    examples: list[str]
    after: NotRequired[str]
    accepted: NotRequired[Literal[True]]
    reason: NotRequired[str]


class OperationCounts(TypedDict):
    """How many operations were planned, got a verdict, are not supported by the client, or fail the run; and
    of those with a verdict, how many are self-derived.
    """

    planned: int
    judged: int
    unsupported: int
    violated: int
    self_derived: NotRequired[int]


class MustCounts(TypedDict):
    """How many clauses of level MUST were planned, and how many of them have a verdict."""

    judged: int
    planned: int


class AcceptedFailures(TypedDict):
    """What reports show of an entry of the list of known failures; it is valid until the end of `expires`.
    `operations` are patterns.
    """

    operations: NotRequired[list[str]]
    evidence: list[str]
    reason: str
    issue: NotRequired[str]
    expires: NotRequired[str]


class Accepted(AcceptedFailures):
    """An entry that the run accepted, with its clause."""

    clause: str
    level: Level


class FixedFailure(TypedDict):
    """A known failure that no operation shows any more: its `operations` are a pattern of the `entry`, which
    is FILE:LINE.
    """

    clause: str
    evidence: str
    operations: str
    entry: str


class BaselineCounts(TypedDict):
    """Of the operations of a run: how many the baseline lists as supported, how many of these are not
    supported any more, and how many others are supported.
    """

    listed: int
    lost: int
    gained: int


class Footer(TypedDict):
    """The last event; `counts` has the number of clauses by verdict, or of operations in a run over many;
    `exchanges` includes shrinking. In a run over many operations, `exercised` has the number of operations
    that exercised a clause.
    """

    event: Literal["footer"]
    counts: dict[VerdictKind, int]
    must: MustCounts
    exchanges: int
    duration: float
    exit_status: Literal[0, 1, 2, 3, 4, 5, 6, 130]
    interrupted: NotRequired[Literal[True]]
    accepted: NotRequired[list[Accepted]]
    operations: NotRequired[OperationCounts]
    exercised: NotRequired[dict[str, int]]
    fixed: NotRequired[list[FixedFailure]]
    baseline: NotRequired[BaselineCounts]


Event = Header | Plan | Verdict | ExchangeRecord | Progress | OperationEvent | FindingEvent | Footer
