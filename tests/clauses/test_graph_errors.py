"""What is read from a Graph error object, and when a client's error exposes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.graph_errors import (
    GraphError,
    exposes_text,
    find_lost_texts,
    parse_graph_error,
    read_error_object,
)
from graphcontract.exchange import Outcome, ReportedError
from tests.clauses import CRASH, ID, SUCCESS, error_answer, failure, response

ERROR = GraphError("conflict", " In progress. ", ID)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"error": {"code": "a"}}', {"code": "a"}),
        (b'{"error": {}}', {}),
        (b'{"error": []}', {}),
        (b'[{"error": {"code": "a"}}]', {}),
        (b'{"code": "a"}', {}),
        (b'"error"', {}),
        (b"{", {}),
    ],
)
def test_error_object_of_a_response(content: bytes, found: dict[str, object]) -> None:
    assert read_error_object(response(409, content)) == found


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, GraphError("conflict", "In progress.", ID)),
        ({"code": 1}, GraphError(None, "In progress.", ID)),
        ({"message": {"value": "x"}}, GraphError("conflict", None, ID)),
        ({"innerError": None}, GraphError("conflict", "In progress.", None)),
        ({"innerError": {"request-id": 1}}, GraphError("conflict", "In progress.", None)),
    ],
)
def test_texts_of_a_response(members: dict[str, object], expected: GraphError) -> None:
    assert parse_graph_error(error_answer(409, **members)) == expected


@pytest.mark.parametrize(
    ("text", "reported", "exposed"),
    [
        ("code", "conflict", True),
        ("code", "the conflict", False),
        ("code", "Conflict", False),
        ("code", None, False),
        ("message", " In progress. ", True),
        ("message", "409: In progress. Wait.", True),
        ("message", "In progress", False),
        ("message", "", False),
        ("message", None, False),
        ("request_id", ID, True),
        ("request_id", f"id {ID}", False),
        ("request_id", None, False),
    ],
)
def test_which_texts_are_exposed(text: str, reported: str | None, exposed: bool) -> None:
    made = replace(ReportedError(), **{text: reported})  # type: ignore[arg-type]
    assert exposes_text(ERROR, made, text) is exposed  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["code", "message", "request_id"])
@pytest.mark.parametrize("sent", [None, ""])
def test_text_that_the_response_does_not_have_is_not_exposed(text: str, sent: str | None) -> None:
    made = ReportedError(code="", message="", request_id="")
    assert exposes_text(GraphError(sent, sent, sent), made, text) is False  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (failure(), failure(), []),
        (failure(), failure(code=None), ["code"]),
        (failure(), failure(message="other", request_id="other"), ["message", "request_id"]),
        (failure(code="other"), failure(code=None), []),
        (failure(code=None), failure(), []),
        (failure(), SUCCESS, ["code", "message", "request_id"]),
        (failure(), CRASH, ["code", "message", "request_id"]),
        (SUCCESS, failure(code=None), []),
    ],
)
def test_lost_texts(before: Outcome, after: Outcome, lost: list[str]) -> None:
    assert find_lost_texts(GraphError("conflict", "In progress.", ID), before, after) == lost
