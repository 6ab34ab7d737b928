"""Validates messages of the driver protocol against `driver-protocol.schema.json`; reports the first fault.

It compiles the keywords that this schema uses. `jsonschema` would take 0.2 ms a reply or more, fifteen times
as long, and double the time in which the process of a `python:` client starts, which validates messages too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

_FILE = Path(__file__).with_name("driver-protocol.schema.json")  # importlib.resources takes 10 ms to import
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that the schema does not allow: the path of the member, the value, None if it is absent, and
    the schema of the member.
    """

    path: str
    value: object
    schema: Schema

    def below(self, name: str) -> Fault:
        """The same fault, seen from the object whose member of this name has it."""
        separator = "." if self.path and not self.path.startswith("[") else ""
        return replace(self, path=f"{name}{separator}{self.path}")


Check = Callable[[Any], Fault | None]


def find_fault(definition: str, message: Mapping[str, object]) -> Fault | None:
    """Validate a message against a definition of the schema; None if it conforms."""
    return _compile_definition(definition)(message)


@cache
def _compile_definition(name: str) -> Check:
    return _compile(_read_schema()["$defs"][name])


@cache
def _read_schema() -> Schema:
    schema: Schema = json.loads(_FILE.read_bytes())
    return schema


def _compile(schema: Schema) -> Check:
    checks = [make(schema, schema[keyword]) for keyword, make in KEYWORDS.items() if keyword in schema]

    def check(value: object) -> Fault | None:
        for each in checks:
            fault = each(value)
            if fault is not None:
                return fault
        return None

    return checks[0] if len(checks) == 1 else check


def _check_type(schema: Schema, names: str | list[str]) -> Check:
    # By the exact type, since a boolean is an int in Python. 204.0 is not an integer here.
    types = {each for name in ([names] if isinstance(names, str) else names) for each in _TYPES[name]}
    return lambda value: None if type(value) in types else Fault("", value, schema)


def _check_enum(schema: Schema, choices: list[str | int | None]) -> Check:
    allowed = [(type(choice), choice) for choice in choices]
    return lambda value: None if (type(value), value) in allowed else Fault("", value, schema)


def _check_const(schema: Schema, choice: str | int) -> Check:
    return _check_enum(schema, [choice])


def _check_properties(_: Schema, members: Mapping[str, Schema]) -> Check:
    checks = [(name, _compile(member)) for name, member in members.items()]

    def check(value: object) -> Fault | None:
        if isinstance(value, dict):
            for name, each in checks:
                if name in value and (fault := each(value[name])) is not None:
                    return fault.below(name)
        return None

    return check


def _check_other_properties(schema: Schema, member: Schema) -> Check:
    known, each = schema.get("properties", {}), _compile(member)

    def check(value: object) -> Fault | None:
        if isinstance(value, dict):
            for name, one in value.items():
                if name not in known and (fault := each(one)) is not None:
                    return fault.below(name)
        return None

    return check


def _check_items(_: Schema, element: Schema) -> Check:
    each = _compile(element)

    def check(value: object) -> Fault | None:
        if isinstance(value, list):
            for index, one in enumerate(value):
                if (fault := each(one)) is not None:
                    return fault.below(f"[{index}]")
        return None

    return check


def _check_required(schema: Schema, names: list[str]) -> Check:
    def check(value: object) -> Fault | None:
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    return Fault(name, None, schema["properties"][name])
        return None

    return check


def _check_all(_: Schema, parts: list[Schema]) -> Check:
    checks = [_compile(part) for part in parts]
    return lambda value: next(filter(None, (check(value) for check in checks)), None)


def _check_if(schema: Schema, condition: Schema) -> Check:
    applies, then = _compile(condition), _compile(schema["then"])
    return lambda value: then(value) if applies(value) is None else None


def _check_reference(_: Schema, reference: str) -> Check:
    return _compile_definition(reference.removeprefix("#/$defs/"))


KEYWORDS: Mapping[str, Callable[[Schema, Any], Check]] = {
    "type": _check_type,
    "enum": _check_enum,
    "const": _check_const,
    "properties": _check_properties,
    "additionalProperties": _check_other_properties,
    "items": _check_items,
    "required": _check_required,
    "allOf": _check_all,
    "if": _check_if,
    "$ref": _check_reference,
}
"""Keywords in the order of checks: a value of the wrong type is reported before a member that is missing."""
