"""What the tests of reports share: the schema of events, and a run's events without a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from graphcontract.clients import Implementation
from graphcontract.contract.schema import expand_references
from graphcontract.judging.known_failures import Entry, KnownFailures
from graphcontract.judging.run_recorder import RunRecorder
from graphcontract.judging.verdict import ClauseResult
from graphcontract.reporting.events import Event, FailOn, RunDescription
from graphcontract.reporting.evidence import Evidence
from tests.clauses import CONTRACT
from tests.judging import gate_of, lower, plain_test, tried

RUN: RunDescription = {"kind": "check", "profile": "gate", "transport": "loopback", "seed": 0}
CLIENT = Implementation("a client", "1.0")


@cache
def schema() -> dict[str, Any]:
    """The schema that the package ships."""
    text = files("graphcontract.reporting").joinpath("report-event.schema.json").read_bytes()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(kind: object) -> Draft202012Validator:
    """Checks a kind's events as the schema does, without its conditions for other kinds, which take most of
    the time. test_schema.py has the schema as it is.
    """
    conditions = [each for each in schema()["allOf"] if each["if"]["properties"]["event"]["const"] == kind]
    narrowed = {**schema(), "allOf": conditions} if conditions else schema()
    return Draft202012Validator(expand_references(narrowed))


def problems(event: object) -> list[str]:
    """What the schema says against an event."""
    kind = event.get("event") if isinstance(event, dict) else None
    found = _validator(kind if isinstance(kind, str) else None).iter_errors(event)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@cache
def _evidence() -> Evidence:
    (part,) = tried(gate_of(lower), plain_test("request.method")).values()
    assert part.evidence is not None
    return part.evidence


def evidence(**members: Any) -> Any:
    """Evidence for a client that says `post`, but for what is said."""
    return {**_evidence(), **members}


def listed(*clauses: str, expires: date | None = None, evidence_id: str = "") -> KnownFailures:
    """A list that accepts what `broken` shows of these clauses, or another failure of them."""
    ids = frozenset([evidence_id or str(_evidence()["id"])])
    entries = [
        Entry(clause, ids, f"{clause} waits | for <2.0>", None, "#7", expires, f"known.json:{line}")
        for line, clause in enumerate(clauses, 3)
    ]
    return KnownFailures(entries, CLIENT, today=date(2026, 6, 1))


def broken(clause: str, **members: Any) -> ClauseResult:
    """A clause that failed, with that evidence."""
    return ClauseResult(clause, "fail", 3, evidence=evidence(**members))


def events_of(
    *parts: ClauseResult,
    fail_on: FailOn = "must",
    planned: tuple[str, ...] | None = None,
    expect: Mapping[str, int] | None = None,
    interrupted: bool = False,
    client: Implementation = CLIENT,
    known: KnownFailures | None = None,
) -> list[Any]:
    """The events of a run whose tests gave these parts, of any kind; each has to keep to the schema."""
    events: list[Event] = []
    ids = planned if planned is not None else tuple(dict.fromkeys(part.clause for part in parts))
    ledger = RunRecorder(CONTRACT, ids, fail_on=fail_on, emit=events.append, known=known)
    ledger.open(client, {}, RUN)
    ledger.expect(expect or {})
    for part in parts:
        ledger.add(part)
    ledger.close(interrupted=interrupted)
    assert [problem for event in events for problem in problems(event)] == []
    return events


def verdicts(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Verdict events by clause; one for each planned clause, and no other."""
    (plan,) = (event for event in events if event["event"] == "plan")
    found = [event for event in events if event["event"] == "verdict"]
    assert sorted(event["clause"] for event in found) == sorted(row["clause"] for row in plan["clauses"])
    return {event["clause"]: event for event in found}
