"""Makes the contract document of an operation from its facts, as a contract file would state them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graphcontract.catalogue.operation import (
    UNKNOWN,
    CatalogueSource,
    Operation,
    Stated,
    split_permissions,
)

# Of 104 pages of actions without a return type 57 have 204, 42 an empty 200, and 5 an empty 202: what these
# start ends later, as the unarchiving of a team or the sending of a message. An entity is deleted at once.
_OF_ACTIONS, _OF_DELETIONS = (200, 202), (200,)

ROOT = "https://graph.microsoft.com"

_EXTENDS = ("graph-conventions", "graph-service")
_LONGEST_TITLE = 300
_ARGUMENT = re.compile(r"('?)\{([^{}]*)\}'?")
_INTEGERS = {"int16", "int32", "int64", "byte", "sbyte", "integer"}
_NOT_A_STRING = {"type": "string", "pattern": "^[A-Za-z0-9.:+-]+$"}
# Which source decides where sources differ: a page describes the operation itself; the others are generated.
_RANK = ("page", "csdl", "openapi", "permissions", "routes", "derived")


def make_document(id: str, operation: Operation, sources: Mapping[str, CatalogueSource]) -> dict[str, Any]:
    """Make the document; where sources differ, the one that is nearest to the service decides."""
    status = choose_status(operation, sources)
    success = {"status": status, "content": "absent"} if status else make_unknown_success(operation.method)
    document: dict[str, Any] = {
        "format": 2,
        "id": id,
        "title": _make_title(operation),
        "extends": list(_EXTENDS),
        "request": _make_request(operation, sources),
        "success": success,
    }
    permissions = _make_permissions(operation, sources)
    if permissions is not None:
        document["permissions"] = permissions
    notes = [] if status else [explain_unknown_success(success)]
    if names := ", ".join(operation.fields):
        notes.append(f"The contract does not require header fields that a source requires: {names}.")
    stating = sorted({*operation.route, *operation.permissions, *_list_codes(operation)})
    cited = "; ".join(sources[code].title for code in stating)
    document["provenance"] = {"source": f"Catalogue of operations, from: {cited}"[:2000], "notes": notes}
    return document


def make_unknown_success(method: str) -> dict[str, Any]:
    """Make the success of an operation whose status no source states: the most common one, and others."""
    others = _OF_DELETIONS if method == "DELETE" else _OF_ACTIONS
    return {"status": 204, "content": "absent", "alternatives": list(others)}


def explain_unknown_success(success: Mapping[str, Any]) -> str:
    """Explain, in a note of the contract, that the status of success is one of several."""
    others = " or ".join(map(str, success["alternatives"]))
    return (
        f"No source states the status of success: it may be {success['status']}, or {others} without content."
    )


def make_identifiers(names: Iterable[str]) -> list[str]:
    """Make names that a contract's parameters may have: `message-id` becomes `messageId`; of names that
    would be the same the later ones get a number.
    """
    found: list[str] = []
    for name in names:
        first, *rest = re.findall(r"[A-Za-z0-9_]+", name) or ["id"]
        joined = first + "".join(part[:1].upper() + part[1:] for part in rest)
        joined = joined if joined[:1].isalpha() else f"id{joined}"
        number = 1
        while (own := joined if number == 1 else f"{joined}{number}") in found:
            number += 1
        found.append(own)
    return found


def make_schema(type: str, as_text: bool) -> dict[str, Any]:
    """Make the schema of a parameter; `as_text` says that the path has it as a segment, or in quotes."""
    known = type.lower()
    if known in ("guid", "uuid"):
        return {"type": "string", "format": "uuid", "minLength": 1}
    # A literal without quotes is not a string; if its type is unknown, a number is one of most types.
    if known in _INTEGERS or (known == UNKNOWN and not as_text):
        return {"type": "integer"}
    if known == "boolean":
        return {"type": "string", "enum": ["true", "false"]}
    return {"type": "string", "minLength": 1} if as_text else dict(_NOT_A_STRING)


def _make_request(operation: Operation, sources: Mapping[str, CatalogueSource]) -> dict[str, Any]:
    names = [*operation.parameters, *operation.query]
    identifiers = make_identifiers(names)
    left = iter(identifiers)
    path = _ARGUMENT.sub(lambda found: f"{found[1]}{{{next(left)}}}{found[1]}", operation.path)
    quoted = [found[1] or f"/{found[0]}" in operation.path for found in _ARGUMENT.finditer(operation.path)]
    types = choose_value(operation.types, sources).split(",") if operation.types else [UNKNOWN] * len(quoted)
    parameters = {
        name: make_schema(type, bool(as_text))
        for name, type, as_text in zip(identifiers, types, quoted, strict=False)
    }
    for query, name in zip(operation.query, identifiers[len(quoted) :], strict=True):
        parameters[name] = {"in": "query", "name": query, "type": "string", "minLength": 1}
    return {
        "method": operation.method,
        "root": ROOT,
        "version": operation.version,
        "path": path,
        "parameters": parameters,
        "query": "required" if operation.query else "absent",
        "fields": {
            "Authorization": "require",
            "Content-Length": choose_content_length(operation.method),
            "Content-Type": "forbid",
            "client-request-id": "require",
        },
        "content": "absent",
    }


def choose_content_length(method: str) -> str:
    """Choose the rule for Content-Length without content; by RFC 9110, 8.6, a length of 0 is expected of a
    method whose content has a meaning, as POST's has.
    """
    return "unconstrained" if method == "DELETE" else "require"


def choose_value(stated: Stated, sources: Mapping[str, CatalogueSource]) -> str:
    """Choose the value of the source that comes first in `_RANK`."""
    return min(stated, key=lambda value: min(_RANK.index(sources[code].kind) for code in stated[value]))


def choose_status(operation: Operation, sources: Mapping[str, CatalogueSource]) -> int | None:
    """Choose the status of success without content; None if no source states it."""
    known = {value: codes for value, codes in operation.success.items() if value.isdigit()}
    return int(choose_value(known, sources)) if known else None


def _make_permissions(
    operation: Operation, sources: Mapping[str, CatalogueSource]
) -> list[dict[str, Any]] | None:
    """Make the permissions; None: unknown, or one is needed beside another, which contracts cannot state."""
    if not operation.permissions:
        return None
    entries: list[dict[str, Any]] = []
    for scheme, stated in choose_permissions(operation, sources).items():
        if "+" in stated:
            return None
        least, higher = split_permissions(stated)
        entries.append({"scheme": scheme, "least": list(least), "higher": list(higher)})
    return entries


def choose_permissions(operation: Operation, sources: Mapping[str, CatalogueSource]) -> Mapping[str, str]:
    """Choose the permissions of the source that comes first in `_RANK`; the operation has some."""
    code = min(operation.permissions, key=lambda each: _RANK.index(sources[each].kind))
    return operation.permissions[code]


def _make_title(operation: Operation) -> str:
    title = f"{operation.method} {operation.path}"
    half = _LONGEST_TITLE // 2 - 1
    return title if len(title) <= _LONGEST_TITLE else f"{title[:half]}…{title[-half:]}"


def _list_codes(operation: Operation) -> set[str]:
    stated = (
        *(operation.content, operation.success, operation.types),
        *(operation.query, operation.fields, operation.namespace, operation.removal),
    )
    return {code for each in stated for codes in each.values() for code in codes} | set(operation.deprecated)
