"""Validates a JSON document against a JSON Schema of this package; reports the fault to fix first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphcontract.contract.json_positions import Path
from graphcontract.contract.jsonfile import ContractFile, format_value, suggest_name

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Fault = tuple[Path, str, str, str]

_MOST_ERRORS = 100  # counted in the message; a hostile document could have one for each of its bytes
_SEE = "The schema describes every member."
_NO_REFERENCES = "Write the referenced value here: references are not followed."

# Schemas and the SHA-256 of valid files: to validate a file takes half of the time of a load, and a process
# that makes several runs loads it for each.
_valid: set[tuple[str, str, str]] = set()

_BOUNDS = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} elements",
    "maxItems": "at most {} elements",
    "pattern": "a string that matches {}",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "uniqueItems": "elements that differ from each other",
}


def check_schema(file: ContractFile, package: str, schema: str) -> None:
    """Validate a file against a schema in a package; `ContractError` at the fault to fix first."""
    validated = (package, schema, file.sha256)
    if validated in _valid:
        return
    errors = list(islice(_validator(package, schema).iter_errors(file.document), _MOST_ERRORS))
    if errors:
        # A misspelled name causes other errors, such as a missing name: report it first.
        first = min(errors, key=lambda error: error.validator != "additionalProperties")
        path, expected, found, remedy = _describe_fault(first)
        if len(errors) > 1:
            remedy += f" ({len(errors) - 1}{'+' if len(errors) == _MOST_ERRORS else ''} more in this file.)"
        raise file.error(path, expected, found, remedy)
    _valid.add(validated)


@cache
def _validator(package: str, name: str) -> Validator:
    from jsonschema import Draft202012Validator, validators  # 40 ms: only when a file is loaded

    schema = json.loads(files(package).joinpath(name).read_bytes())
    keywords = {"pattern": _check_pattern, "uniqueItems": _check_unique_items}
    extended: type[Validator] = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return extended(expand_references(schema))


def expand_references(schema: Mapping[str, Any]) -> Any:
    """Write what the references of a schema lead to in their place: to look them up takes half of the time of
    a validation. A definition that refers to itself is expanded once.
    """
    return _expand(schema, schema.get("$defs", {}), frozenset())


def _expand(node: Any, definitions: Mapping[str, Any], within: frozenset[str]) -> Any:
    if isinstance(node, list):
        return [_expand(each, definitions, within) for each in node]
    if not isinstance(node, dict):
        return node
    expanded = {
        name: value if name in ("$ref", "$defs") else _expand(value, definitions, within)
        for name, value in node.items()
    }
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    if name in definitions and name not in within:
        del expanded["$ref"]
        definition = _expand(definitions[name], definitions, within | {name})
        expanded["allOf"] = [*expanded.get("allOf", ()), definition]
    return expanded


def _check_pattern(_: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """Check `pattern` as JSON Schema defines it: Python's `$` also matches before a final line break."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and (instance.endswith("\n") or not re.search(pattern, instance)):
        yield ValidationError("no match")


def _check_unique_items(_: object, on: bool, instance: object, _schema: object) -> Iterator[ValidationError]:
    """Check `uniqueItems` in linear time; jsonschema compares all pairs, which a hostile array makes slow."""
    from jsonschema import ValidationError

    if on and isinstance(instance, list):
        spelled = {json.dumps(element, sort_keys=True) for element in instance}
        if len(spelled) < len(instance):
            yield ValidationError("repeated")


def _describe_fault(error: ValidationError) -> Fault:
    path, keyword = list(error.absolute_path), str(error.validator)
    expected: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    remedy = str(schema.get("description", _SEE))
    if keyword == "additionalProperties":
        return _describe_unknown_name(path, schema, instance)
    if keyword == "required":
        name = next(name for name in expected if name not in instance)
        return path, f"the member {format_value(name)}", "none", _describe_member(schema, name)
    if keyword == "dependentRequired":
        name, needed = next(
            (name, each)
            for name in expected
            if name in instance
            for each in expected[name]
            if each not in instance
        )
        wanted = f"the member {format_value(needed)} together with {format_value(name)}"
        return path, wanted, "none", _describe_member(schema, needed)
    if keyword == "type":
        return path, _format_types(expected), format_value(instance), remedy
    if keyword == "enum":
        near = suggest_name(instance, expected) if isinstance(instance, str) else ""
        return path, f"one of {', '.join(expected)}", format_value(instance), f"{remedy} {near}".rstrip()
    if keyword == "const":
        return path, format_value(expected), format_value(instance), remedy
    return path, _BOUNDS[keyword].format(expected), format_value(instance), remedy


def _describe_unknown_name(path: Path, schema: Mapping[str, Any], instance: Mapping[str, object]) -> Fault:
    names, patterns = schema.get("properties", {}), list(schema.get("patternProperties", {}))
    unknown = next(
        name for name in instance if name not in names and not any(re.search(each, name) for each in patterns)
    )
    expected = f"one of the members {', '.join(names)}" if names else f"a name that matches {patterns[0]}"
    remedy = _NO_REFERENCES if unknown.startswith("$") and path else suggest_name(unknown, names)
    return [*path, unknown], expected, format_value(unknown), remedy or f"Remove it. {_SEE}"


def _describe_member(schema: Mapping[str, Any], name: str) -> str:
    member = schema.get("properties", {}).get(name, schema)
    return str(member.get("description", _SEE))


def _format_types(expected: str | list[str]) -> str:
    names = [expected] if isinstance(expected, str) else expected
    phrases = {
        "object": "an object",
        "array": "an array",
        "integer": "a whole number",
        "boolean": "true or false",
    }
    return " or ".join(phrases.get(name, f"a {name}") for name in names)
