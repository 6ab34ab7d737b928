"""Calls: ids and tokens of every class in the contract's one parameter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from graphcontract.inputs import Partitions, calls, ids, tokens

from . import PARAMETER, contract, draws

TEXT = {"type": "string"}
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_a_class_for_every_class_of_id_and_of_token() -> None:
    partitions = calls.calls(contract())
    expected = [f"id:{name}" for name in ids.task_ids()] + [f"token:{name}" for name in tokens.tokens()]
    assert list(partitions) == expected


def test_a_call_is_of_the_contract_and_says_nothing_else() -> None:
    for call in draws(calls.calls(contract()).any(), 50):
        assert call.operation == "task-cancel"
        assert list(call.arguments) == [PARAMETER]
        assert (call.base_url, call.client, call.ca_file) == (None, 1, None)


def test_one_of_id_and_token_is_ordinary() -> None:
    partitions = calls.calls(contract())
    assert all(call.task_id.isdigit() for call in draws(partitions["id:digits"], 20))
    assert all(call.token.startswith(tokens.CANARY) for call in draws(partitions["id:digits"], 20))
    assert all(GUID.fullmatch(call.task_id) for call in draws(partitions["token:short"], 20))
    assert all(len(call.token) < 20 for call in draws(partitions["token:short"], 20))


def test_guid_calls() -> None:
    partitions = calls.guid_calls(contract())
    assert list(partitions) == ["guid"]
    assert all(GUID.fullmatch(call.task_id) for call in draws(partitions["guid"], 20))


def test_repeated_calls() -> None:
    drawn = draws(calls.repeated_calls(contract())["repeated"], 20)
    assert len(drawn[0]) == 2
    assert max(map(len, drawn)) > 20
    assert all(GUID.fullmatch(made[0].task_id) and made == made[:1] * len(made) for made in drawn)


def test_opaque_calls() -> None:
    partitions = calls.opaque_calls(contract())
    assert list(partitions) == ["opaque", "digits", "many-digits", "null-like", "boolean-like"]
    assert not any(GUID.fullmatch(call.task_id) for call in draws(partitions.any(), 50))


def test_unusable_calls() -> None:
    partitions = calls.unusable_calls(contract())
    assert {name: draws(partitions[name], 1)[0].task_id for name in partitions} == {
        "empty": "",
        "dot": ".",
        "dot-dot": "..",
    }


def test_control_calls() -> None:
    partitions = calls.control_calls(contract())
    assert [name.split(":")[0] for name in partitions] == ["id"] * 8 + ["token"] * 8
    assert all("\0" in call.task_id and "\0" not in call.token for call in draws(partitions["id:nul"], 20))
    assert all(
        "\0" in call.token and GUID.fullmatch(call.task_id) for call in draws(partitions["token:nul"], 20)
    )


@pytest.mark.parametrize(
    ("schema", "classes", "opaque"),
    [
        ({"type": "string", "enum": ["a"]}, ["id:enum"], []),
        ({"type": "string", "format": "uuid"}, ["id:guid", "id:guid-upper"], []),
        ({"type": "string", "maxLength": 1}, None, ["digits"]),
    ],
)
def test_the_schema_narrows_calls(
    schema: dict[str, Any], classes: list[str] | None, opaque: list[str]
) -> None:
    narrow = contract(schema)
    names = [name for name in calls.calls(narrow) if name.startswith("id:")]
    assert names == (classes or [f"id:{name}" for name in ids.task_ids(schema)])
    assert list(calls.opaque_calls(narrow)) == opaque


def test_a_call_has_an_ordinary_id_where_guids_are_not_admitted() -> None:
    narrow = contract({"type": "string", "enum": ["a", "b"]})
    partitions: Partitions[Any] = calls.guid_calls(narrow) | calls.calls(narrow).only("token:padded")
    assert {call.task_id for call in draws(partitions.any(), 30)} == {"a", "b"}


def test_a_listed_text_is_called_once_with_a_token_of_its_own() -> None:
    listed = calls.calls(contract()).listed["id:date-like"]
    assert tuple(call.task_id for call in listed) == ids.task_ids().listed["date-like"]
    assert len({call.token for call in listed}) == len(listed)
    assert all(call.token.startswith(tokens.CANARY) for call in listed)
    assert listed == calls.calls(contract()).listed["id:date-like"]


def test_a_listed_token_is_called_once_with_a_guid_of_its_own() -> None:
    listed = calls.calls(contract()).listed["token:scheme-like"]
    assert [call.token for call in listed] == ["bearer", "Bearer1", "BEARER.x", "Basic"]
    assert all(GUID.fullmatch(call.task_id) for call in listed)
    assert len({call.task_id for call in listed}) == 4


def test_a_token_is_drawn_with_values_where_these_cannot_be_guids() -> None:
    partitions = calls.calls(contract({"type": "string", "maxLength": 5}))
    assert "token:scheme-like" in partitions
    assert "token:scheme-like" not in partitions.listed


def test_each_parameter_has_every_listed_text_and_no_two_the_same() -> None:
    plain = contract()
    both = replace(
        plain, request=replace(plain.request, parameters={"a": TEXT, "b": {**TEXT, "maxLength": 10}})
    )
    listed = calls.calls(both).listed["id:date-like"]
    rows = [tuple(call.arguments.values()) for call in listed]
    assert {a for a, _ in rows} == set(ids.task_ids().listed["date-like"])
    assert {b for _, b in rows} == {"2025-11-12", "12:30"}
    assert all(a != b for a, b in rows)
