from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphcontract.judging.verdict import ClauseResult
from tests.judging import gate_of, good, lower, plain_test, tried
from tests.reporting import events_of, problems, schema

Event = dict[str, Any]
SINCE = ("protocols",)  # members that reports of earlier versions do not have


@pytest.fixture(scope="module")
def events() -> dict[str, Event]:
    """An event of each kind, the verdict a failure with all its members."""
    parts = tried(gate_of(lower), plain_test("request.method"), record=True)
    return {event["event"]: event for event in events_of(*parts.values())}


def test_is_a_schema_that_explains_itself() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    kinds = {"header", "plan", "verdict", "exchange", "progress", "footer"}
    assert kinds <= schema()["$defs"].keys()
    assert all("description" in schema()["$defs"][kind] for kind in kinds)


def test_an_event_of_each_kind_keeps_to_it(events: dict[str, Event]) -> None:
    assert events.keys() == {"header", "plan", "exchange", "verdict", "progress", "footer"}
    assert [problem for event in events.values() for problem in problems(event)] == []


@pytest.mark.parametrize("kind", ["header", "plan", "verdict", "exchange", "progress", "footer"])
def test_members_may_be_added_to_an_event_and_none_left_out(events: dict[str, Event], kind: str) -> None:
    event = events[kind]
    assert problems({**event, "later": 1}) == []
    for name in event.keys() - {"event", *SINCE}:
        less = {key: value for key, value in event.items() if key != name}
        assert problems(less), f"{kind} without {name}"


def test_members_that_were_added_may_be_missing(events: dict[str, Event]) -> None:
    assert events["verdict"]["protocols"] == ["1.1"]
    assert problems({key: value for key, value in events["verdict"].items() if key not in SINCE}) == []


@pytest.mark.parametrize("kind", ["header", "plan", "verdict", "exchange", "progress", "footer"])
def test_the_schema_as_it_is_says_the_same(events: dict[str, Event], kind: str) -> None:
    whole = Draft202012Validator(schema())
    event = events[kind]
    assert whole.is_valid(event)
    for name in event.keys() - {"event", *SINCE}:
        assert not whole.is_valid({key: value for key, value in event.items() if key != name}), name


def test_kinds_of_events_may_be_added() -> None:
    assert problems({"event": "weather", "sun": True}) == []
    assert problems({"header": 1})
    assert problems([])


MISSPELT: list[tuple[str, Callable[[Event], Event]]] = [
    ("header", lambda event: event["tool"]),
    ("header", lambda event: event["contract"]),
    ("header", lambda event: event["implementation"]),
    ("plan", lambda event: event["clauses"][0]),
    ("verdict", lambda event: event["evidence"]),
    ("verdict", lambda event: event["evidence"]["input"]),
    ("verdict", lambda event: event["evidence"]["input"]["token"]),
    ("verdict", lambda event: event["evidence"]["exchange"]),
    ("verdict", lambda event: event["evidence"]["exchange"]["outcome"]),
    ("exchange", lambda event: event["requests"][0]),
    ("exchange", lambda event: event["requests"][0]["raw"]),
    ("exchange", lambda event: event["responses"][0]),
    ("footer", lambda event: event["counts"]),
    ("footer", lambda event: event["must"]),
]


@pytest.mark.parametrize(("kind", "inside"), MISSPELT)
def test_objects_within_an_event_are_closed(
    events: dict[str, Event], kind: str, inside: Callable[[Event], Event]
) -> None:
    event = copy.deepcopy(events[kind])
    inside(event)["mispelt"] = 1
    assert problems(event)


WRONG: list[tuple[str, dict[str, object]]] = [
    ("header", {"format": 2}),
    ("header", {"started": "yesterday"}),
    ("header", {"profile": "fast"}),
    ("plan", {"clauses": []}),
    ("verdict", {"verdict": "maybe"}),
    ("verdict", {"verdict": "pass"}),
    ("verdict", {"evidence": None}),
    ("verdict", {"verdict": "not-run", "evidence": None}),
    ("verdict", {"verdict": "not-exercised", "evidence": None, "exercised": 0}),
    ("verdict", {"verdict": "not-exercised", "evidence": None, "exercised": 1, "reason": "r"}),
    ("verdict", {"verdict": "pass", "evidence": None, "exercised": 0}),
    ("verdict", {"also": ["request.method"]}),
    ("verdict", {"classes": {"any": 0}}),
    ("verdict", {"protocols": []}),
    ("verdict", {"protocols": ["2", "2"]}),
    ("verdict", {"protocols": ["HTTP/2"]}),
    ("progress", {"done": -1}),
    ("footer", {"exit_status": 7}),
    ("footer", {"exit_status": 130}),
    ("footer", {"interrupted": True}),
]


@pytest.mark.parametrize(("kind", "members"), WRONG)
def test_what_contradicts_itself_is_refused(
    events: dict[str, Event], kind: str, members: dict[str, object]
) -> None:
    assert problems({**events[kind], **members})


@pytest.mark.parametrize("verdict", ["known-failure", "fixed"])
def test_verdicts_on_known_failures(events: dict[str, Event], verdict: str) -> None:
    evidence = events["verdict"]["evidence"] if verdict == "known-failure" else None
    assert problems({**events["verdict"], "verdict": verdict, "evidence": evidence, "reason": "listed"}) == []


def test_a_good_client_has_no_evidence() -> None:
    events_of(*tried(gate_of(good), plain_test("request.method", "request.path")).values())
    events_of(ClauseResult("request.method", "error", reason="Traceback …"))
