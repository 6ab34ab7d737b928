"""The types of events and the schema of a report say the same: members, which are optional, and values."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.reporting import events
from graphcontract.reporting.events import Event
from tests.reporting import schema

KINDS: dict[str, Any] = {get_args(get_type_hints(kind)["event"])[0]: kind for kind in get_args(Event)}
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def of_type(hint: Any) -> object:
    """A type in the common form: a name, a set of values or alternatives, or members by name."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        return {name: member(each) for name, each in hints.items()}
    if origin is Literal:
        return frozenset(inside)
    if origin in (Union, UnionType):
        return tuple(sorted((of_type(each) for each in inside), key=repr))
    if origin is list:
        return [of_type(inside[0])]
    assert origin in (dict, Mapping), hint
    return "object"


def member(hint: Any) -> tuple[bool, object]:
    """Whether a member is required, and its type in the common form."""
    required = get_origin(hint) is not NotRequired
    return required, of_type(hint if required else get_args(hint)[0])


def of_schema(part: Any) -> object:
    """A part of the schema in the common form."""
    if "$ref" in part:
        return of_schema(schema()["$defs"][part["$ref"].rpartition("/")[2]])
    if "const" in part:
        return frozenset([part["const"]])
    if "enum" in part:
        return frozenset(part["enum"])
    for word in ("anyOf", "oneOf"):
        if word in part and "properties" not in part:
            return tuple(sorted(map(of_schema, part[word]), key=repr))
    if isinstance(part["type"], list):
        return tuple(sorted(part["type"], key=repr))
    if part["type"] == "array":
        return [of_schema(part["items"])]
    if "properties" in part:
        return {
            name: (name in part["required"], of_schema(each)) for name, each in part["properties"].items()
        }
    return part["type"]


def test_there_is_a_type_for_each_kind_of_event() -> None:
    assert [rule["then"]["$ref"] for rule in schema()["allOf"]] == [
        f"#/$defs/{rule['if']['properties']['event']['const']}" for rule in schema()["allOf"]
    ]
    assert KINDS.keys() == {rule["if"]["properties"]["event"]["const"] for rule in schema()["allOf"]}


@pytest.mark.parametrize("kind", KINDS)
def test_type_and_schema_are_equal(kind: str) -> None:
    assert of_type(KINDS[kind]) == of_schema(schema()["$defs"][kind])


def test_counts_are_by_verdict() -> None:
    (pattern,) = schema()["$defs"]["footer"]["properties"]["counts"]["patternProperties"]
    assert pattern == f"^({'|'.join(get_args(events.VerdictKind))})$"


def test_the_exit_statuses_are_those_of_a_run() -> None:
    assert set(get_args(get_type_hints(events.Footer)["exit_status"])) == {each.value for each in ExitStatus}
