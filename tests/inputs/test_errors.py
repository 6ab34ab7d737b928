"""Graph's error objects: legal in every shape, and each case says what its document does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from graphcontract.http import stub_response
from graphcontract.inputs import ErrorCase, errors
from tests.examples import count_examples

from . import CODES, contract, draws, smallest

DOCUMENTED = {(status, code) for status, codes in CODES.items() for code in codes}
KNOWN = {"code", "message", "target", "details", "innerError", "innererror"}


def error_of(case: ErrorCase) -> dict[str, Any]:
    assert isinstance(case.body, dict)
    error = case.body["error"]
    assert isinstance(error, dict)
    return error


def depth(error: dict[str, Any]) -> int:
    inner = error.get("innerError", error.get("innererror"))
    return 1 + depth(inner) if inner else 0


def is_shaped_for_details(case: ErrorCase) -> bool:
    """The target may be missing from a detail, and is from the last."""
    *details, last = error_of(case)["details"]
    full = all(set(detail) == {"code", "message", "target"} for detail in details)
    return bool(details) and full and set(last) == {"code", "message"}


def is_long_code(code: str) -> bool:
    return len(code) > 32 and {".", "-", "_"} <= set(code) and re.search("[0-9]", code) is not None


def has_unknown_members(case: ErrorCase) -> bool:
    error, body = error_of(case), case.body
    assert isinstance(body, dict)
    levels = (body.keys() - {"error"}, error.keys() - KNOWN, error["innerError"].keys() - {"date"})
    other_messages = {error["localizedMessage"]["value"], error["innerError"]["message"]}
    new = all(any(name.startswith("new-") for name in level) for level in levels)
    return new and "@odata.type" in error and case.message not in other_messages


def has_odd_types(case: ErrorCase) -> bool:
    error = error_of(case)
    nulls = any(error.get(name, "") is None for name in ("innerError", "message", "details", "target"))
    return nulls or bool(error.keys() - KNOWN)


def is_empty(text: str | None) -> bool:
    return text == ""


MEMBERS: dict[str, Callable[[ErrorCase], bool]] = {
    "documented": lambda case: (case.status, case.code) in DOCUMENTED,
    "unknown-code": lambda case: bool(case.code) and case.code not in {code for _, code in DOCUMENTED},
    "long-code": lambda case: is_long_code(case.code or ""),
    "longest-code": lambda case: len(case.code or "") > 128,
    "exception-code": lambda case: bool(set(case.code or "") & set(" ,/:#")),
    "digits-code": lambda case: (case.code or "").isdecimal(),
    "inner-upper": lambda case: bool(error_of(case)["innerError"]) and "innererror" not in error_of(case),
    "inner-lower": lambda case: bool(error_of(case)["innererror"]) and "innerError" not in error_of(case),
    "named-members": lambda case: {"status", "self", "constructor"} & set(error_of(case)) != set(),
    "nested": lambda case: 2 <= depth(error_of(case)) <= 7,
    "nested-deep": lambda case: depth(error_of(case)) == 31,
    "opaque-request-id": lambda case: re.fullmatch("[0-9a-f-]{36}", case.request_id or "") is None,
    "inner-dates": lambda case: error_of(case)["innerError"]["date"] != "2025-11-12T09:30:00",
    "inner-fraction": lambda case: ".1234567" in error_of(case)["innerError"]["date"],
    "empty-inner": lambda case: {} in error_of(case).values(),
    "no-inner": lambda case: set(error_of(case)) == {"code", "message"},
    "no-message": lambda case: "message" not in error_of(case) and bool(case.code),
    "no-code": lambda case: "code" not in error_of(case) and bool(case.message),
    "details": is_shaped_for_details,
    "further-members": has_unknown_members,
    "odd-types": has_odd_types,
    "non-ascii": lambda case: not (case.code or "").isascii() and not (case.message or "").isascii(),
    "markup": lambda case: bool(set(case.message or "") & set("\"'{}%<\\\n\t&]")),
    "empty-texts": lambda case: is_empty(case.code) or is_empty(case.message),
    "long-text": lambda case: 1024 <= len(case.message or "") <= 4096,
    "longest-text": lambda case: len(case.message or "") == 16384,
    "exact-texts": lambda case: (
        "\r\n" in (case.message or "") and case.request_id == (case.request_id or "x").upper()
    ),
    "misleading-texts": lambda case: (
        case.code in ("generalException", "UnknownError", "BadRequest")
        and error_of(case)["innerError"]["code"] != case.code
        and re.search(r"\b[45][0-9]{2}\b", case.message or "") is not None
    ),
    "substitutions": lambda case: bool(set(case.message or "") & set("$\\%{")),
}


def test_the_classes_are_these() -> None:
    assert set(errors.graph_errors(contract())) == set(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_draws_its_members_alone(name: str) -> None:
    for case in draws(errors.graph_errors(contract())[name], count_examples(40)):
        assert MEMBERS[name](case), case
        assert 400 <= case.status <= 599


@pytest.mark.parametrize("name", MEMBERS)
def test_a_case_says_what_its_document_says(name: str) -> None:
    for case in draws(errors.graph_errors(contract())[name], 20):
        read = json.loads(stub_response.error(case.status, case.body).content)
        assert read == case.body
        assert read["error"].get("code") == case.code
        assert read["error"].get("message") == case.message
        assert stub_response.request_id_of(read) == case.request_id


def test_every_documented_code_is_drawn_with_its_status() -> None:
    drawn = draws(errors.graph_errors(contract())["documented"], 60)
    assert {(case.status, case.code) for case in drawn} == DOCUMENTED


def test_a_contract_may_document_no_codes() -> None:
    assert "documented" not in errors.graph_errors(contract(error_codes={}))


def test_request_ids_are_said_or_not() -> None:
    partitions = errors.graph_errors(contract())
    assert all(case.request_id is None for case in draws(partitions["no-inner"], 20))
    assert all(case.request_id for case in draws(partitions["nested"], 20))
    assert {case.request_id is None for case in draws(partitions["inner-lower"], 60)} == {True, False}


def test_the_client_s_id_is_another() -> None:
    for case in draws(errors.graph_errors(contract())["documented"], 20):
        assert error_of(case)["innerError"]["client-request-id"] != case.request_id


def test_a_request_id_of_any_form_goes_into_a_field() -> None:
    for case in draws(errors.graph_errors(contract())["opaque-request-id"], 20):
        assert ("request-id", case.request_id) in stub_response.error(case.status, case.body).fields


def test_a_few_draws_show_every_oddity() -> None:
    drawn = draws(errors.graph_errors(contract())["odd-types"], 5)
    nulls = {name for case in drawn for name, value in error_of(case).items() if value is None}
    assert nulls == {"innerError", "message", "details", "target"}


def test_shrinks_to_the_oddity_that_matters() -> None:
    case = smallest(errors.graph_errors(contract())["odd-types"], lambda case: "retryable" in error_of(case))
    assert error_of(case).keys() == {"code", "message", "innerError", "retryable"}


def test_shrinks_to_the_mark_that_matters() -> None:
    case = smallest(errors.graph_errors(contract())["markup"], lambda case: "<b>" in (case.message or ""))
    assert case.message == "<b>"


def test_each_named_status_is_a_class_and_is_drawn_once() -> None:
    partitions = errors.statuses()
    named = [int(name) for name in partitions if name.isdecimal()]
    assert list(partitions) == [*map(str, named), "other-4xx", "other-5xx"]
    assert [draws(partitions[str(status)], 9) for status in named] == [[status] for status in named]


def test_every_registered_error_has_a_class_but_those_for_others() -> None:
    registered = {str(status.value) for status in HTTPStatus if status >= 400}
    assert registered - set(errors.statuses()) == {"407", *map(str, errors.WAITING)}


def test_ordinary_statuses_have_classes_too() -> None:
    assert {str(status) for status in errors.ORDINARY} <= set(errors.statuses())


def test_other_statuses_are_of_their_class_and_have_no_class_of_their_own() -> None:
    partitions = errors.statuses()
    for name, first in (("other-4xx", 400), ("other-5xx", 500)):
        drawn = set(draws(partitions[name], 60))
        assert len(drawn) > 20
        named = {int(other) for other in partitions if other.isdecimal()}
        assert drawn <= set(range(first, first + 100)) - {407, *errors.WAITING} - named
