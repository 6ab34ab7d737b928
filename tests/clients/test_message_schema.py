"""The schema of the driver protocol, and that it is applied as `jsonschema` applies it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

import graphcontract.clients
from graphcontract.clients.message_schema import KEYWORDS, find_fault
from tests.examples import count_examples
from tests.golden import messages, read

SCHEMA = json.loads((Path(graphcontract.clients.__path__[0]) / "driver-protocol.schema.json").read_bytes())
DEFINITIONS = ("command", "declaration", "reply")

# JSON Schema counts 204.0 as an integer, and the protocol does not.
STRICT = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
VALIDATOR = validators.extend(Draft202012Validator, type_checker=STRICT)  # type: ignore[no-untyped-call]


def validate(value: object, definition: str | None = None) -> bool:
    """Whether a value conforms to a definition, or to the schema as a whole, by `jsonschema`."""
    part = SCHEMA if definition is None else {"$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    return bool(VALIDATOR(part).is_valid(value))


def subschemas(part: object) -> Iterator[Mapping[str, Any]]:
    """Every schema within the definitions."""
    if isinstance(part, dict):
        if "properties" in part:
            yield from part["properties"].values()
        for name, value in part.items():
            if name in ("items", "additionalProperties"):
                yield value
            if name not in ("const", "enum"):
                yield from subschemas(value)
    if isinstance(part, list):
        for value in part:
            yield from subschemas(value)


def test_the_schema_is_valid_and_describes_every_member() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert all("description" in definition for definition in SCHEMA["$defs"].values())
    conditions = [rule["if"] for each in SCHEMA["$defs"].values() for rule in each.get("allOf", ())]
    asked = [member for condition in conditions for member in condition["properties"].values()]
    undescribed = [each for each in subschemas(SCHEMA["$defs"]) if "description" not in each]
    assert all(each in asked for each in undescribed), undescribed


def test_no_definition_that_the_harness_applies_has_another_keyword() -> None:
    applied = [value for name, value in SCHEMA["$defs"].items() if name != "other-version"]
    used = {keyword for each in (*applied, *subschemas(applied)) for keyword in each}
    assert used - {"description", "then"} <= KEYWORDS.keys()


@pytest.mark.parametrize("kind", messages.MESSAGES)
def test_the_harness_accepts_what_the_schema_allows(kind: str) -> None:
    for path in read("driver-messages.json")[kind]:
        for value in (messages.ABSENT, *messages.VALUES):
            line = messages.change(messages.MESSAGES[kind], path, value)
            if path == "seq" and messages.definition(kind) == "reply" and value != "7":
                continue  # it may conform, but does not reply to the call that the harness waits for
            assert messages.accepts(kind, line) is validate(json.loads(line), messages.definition(kind)), line


values = st.sampled_from([json.loads(value) for value in messages.VALUES if value != "1e400"])
names = st.sampled_from(
    sorted({path.rpartition(".")[2] for kind in messages.MESSAGES.values() for path in messages.paths(kind)})
)
near_messages = st.builds(
    lambda message, changes: {**message, **changes},
    st.sampled_from(list(messages.MESSAGES.values())),
    st.dictionaries(names, values | st.dictionaries(names, values, max_size=3), max_size=3),
)


@settings(database=None, deadline=None, max_examples=count_examples(300))
@given(message=near_messages, definition=st.sampled_from(DEFINITIONS))
def test_any_message_is_validated_as_jsonschema_does(message: dict[str, Any], definition: str) -> None:
    assert (find_fault(definition, message) is None) is validate(message, definition)


def test_lines_of_a_run_conform() -> None:
    for line in read("driver-protocol.json"):
        assert validate(json.loads(line[2:])), line


@pytest.mark.parametrize(
    ("message", "valid"),
    [({"protocol": 0}, True), ({"protocol": 2}, True), ({"protocol": 1}, False), ({"protocol": "2"}, False)],
)
def test_a_driver_of_another_version_replies_with_its_version(message: dict[str, Any], valid: bool) -> None:
    assert validate(message) is valid
