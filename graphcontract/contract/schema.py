"""A JSON document against a JSON Schema of this package: nothing, or the fault that is to be mended first.

Knows JSON Schema; what documents mean is others' business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphcontract.contract.json_positions import Path
from graphcontract.contract.jsonfile import ContractFile, nearest, shown

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Fault = tuple[Path, str, str, str]

_MOST_ERRORS = 100
_SEE = "The schema describes every member."
_NO_REFERENCES = "Write out here what it refers to: references are not followed."

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


def conform(file: ContractFile, package: str, schema: str) -> None:
    """Check a file against a schema that a package holds; `ContractError` at the fault to mend first."""
    errors = list(islice(_validator(package, schema).iter_errors(file.document), _MOST_ERRORS))
    if errors:
        # A misspelled name is what other errors, such as a missing name, come from.
        first = min(errors, key=lambda error: error.validator != "additionalProperties")
        path, expected, found, remedy = _schema_fault(first)
        if len(errors) > 1:
            remedy += f" ({len(errors) - 1}{'+' if len(errors) == _MOST_ERRORS else ''} more in this file.)"
        raise file.error(path, expected, found, remedy)


@cache
def _validator(package: str, name: str) -> Validator:
    from jsonschema import Draft202012Validator, validators  # 40 ms: not for those who load nothing

    schema = json.loads(files(package).joinpath(name).read_bytes())
    keywords = {"pattern": _pattern, "uniqueItems": _unique_items}
    extended: type[Validator] = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return extended(schema)


def _pattern(_: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """As the keyword is meant: Python's `$` matches before a last line break as well."""
    from jsonschema import ValidationError

    if isinstance(instance, str) and (instance.endswith("\n") or not re.search(pattern, instance)):
        yield ValidationError("no match")


def _unique_items(_: object, wanted: bool, instance: object, _schema: object) -> Iterator[ValidationError]:
    """As the keyword is meant, but in linear time on hostile arrays."""
    from jsonschema import ValidationError

    if wanted and isinstance(instance, list):
        spelled = {json.dumps(element, sort_keys=True) for element in instance}
        if len(spelled) < len(instance):
            yield ValidationError("repeated")


def _schema_fault(error: ValidationError) -> Fault:
    path, keyword = list(error.absolute_path), str(error.validator)
    owed: Any = error.validator_value
    instance: Any = error.instance
    schema: Any = error.schema
    remedy = str(schema.get("description", _SEE))
    if keyword == "additionalProperties":
        return _unknown_name(path, schema, instance)
    if keyword == "required":
        name = next(name for name in owed if name not in instance)
        return path, f"the member {shown(name)}", "none", _description(schema, name)
    if keyword == "dependentRequired":
        name, needed = next(
            (name, each) for name in owed if name in instance for each in owed[name] if each not in instance
        )
        return path, f"the member {shown(needed)} beside {shown(name)}", "none", _description(schema, needed)
    if keyword == "type":
        return path, _types(owed), shown(instance), remedy
    if keyword == "enum":
        near = nearest(instance, owed) if isinstance(instance, str) else ""
        return path, f"one of {', '.join(owed)}", shown(instance), f"{remedy} {near}".rstrip()
    if keyword == "const":
        return path, shown(owed), shown(instance), remedy
    return path, _BOUNDS[keyword].format(owed), shown(instance), remedy


def _unknown_name(path: Path, schema: Mapping[str, Any], instance: Mapping[str, object]) -> Fault:
    names, patterns = schema.get("properties", {}), list(schema.get("patternProperties", {}))
    unknown = next(
        name for name in instance if name not in names and not any(re.search(each, name) for each in patterns)
    )
    expected = f"one of the members {', '.join(names)}" if names else f"a name that matches {patterns[0]}"
    remedy = _NO_REFERENCES if unknown.startswith("$") and path else nearest(unknown, names)
    return [*path, unknown], expected, shown(unknown), remedy or f"Remove it. {_SEE}"


def _description(schema: Mapping[str, Any], name: str) -> str:
    member = schema.get("properties", {}).get(name, schema)
    return str(member.get("description", _SEE))


def _types(owed: str | list[str]) -> str:
    names = [owed] if isinstance(owed, str) else owed
    words = {
        "object": "an object",
        "array": "an array",
        "integer": "a whole number",
        "boolean": "true or false",
    }
    return " or ".join(words.get(name, f"a {name}") for name in names)
