"""What a contract file must hold: its JSON Schema, and the rules that a schema cannot say.

Knows one file at a time; how files extend each other is settled elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from graphcontract.contractfile import ContractFile, nearest, printable, shown
from graphcontract.places import Path
from graphcontract.schemas import Fault, conform

if TYPE_CHECKING:
    pass

Known = Mapping[str, frozenset[str]]

_NO_REFERENCES = "Write out here what it refers to: references are not followed."
_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def check(file: ContractFile, known: Known | None) -> None:
    """Check one file by itself; `ContractError` at its first fault.

    `known` maps the ids of verdict functions to their kinds; None skips the comparison with them.
    """
    conform(file, "graphcontract.contracts", "contract.schema.json")
    document = file.document
    rules: list[Iterator[Fault]] = [_clause_faults(document["clauses"], known)]
    if "request" in document:
        rules.append(_request_faults(document["request"]))
        rules.append(_document_faults(document))
    fault = next(chain.from_iterable(rules), None)
    if fault is not None:
        raise file.error(*fault)


def _clause_faults(clauses: Sequence[Mapping[str, Any]], known: Known | None) -> Iterator[Fault]:
    for index, clause in enumerate(clauses):
        path: Path = ["clauses", index]
        kinds = [kind["name"] for kind in clause["kinds"]]
        for place, name in enumerate(kinds):
            if name in kinds[:place]:
                at = [*path, "kinds", place, "name"]
                yield (
                    at,
                    "each kind once in a clause",
                    f"{shown(name)} a second time",
                    "Remove one of the two.",
                )
        if known is None:
            continue
        if clause["id"] not in known:
            expected = f"a clause that a verdict function judges ({', '.join(sorted(known))})"
            remedy = nearest(clause["id"], known) or "Write its verdict function, or remove the clause."
            yield (
                [*path, "id"],
                expected,
                shown(clause["id"]),
                f"No verdict function judges this clause. {remedy}",
            )
        elif set(kinds) != known[clause["id"]]:
            yield [*path, "kinds"], *_kinds_compared(set(kinds), known[clause["id"]])


def _kinds_compared(given: set[str], judged: frozenset[str]) -> tuple[str, str, str]:
    advice = [("Add", judged - given), ("Remove", given - judged)]
    steps = [f"{verb} {', '.join(sorted(names))}." for verb, names in advice if names]
    expected = f"the kinds that the verdict function of this clause gives ({', '.join(sorted(judged))})"
    return expected, printable(", ".join(sorted(given)), 300), " ".join(steps)


def _document_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    success, parameters = document["success"], document["request"]["parameters"]
    if success["status"] in (204, 205) and success["content"] == "required":
        found, remedy = '"required"', "RFC 9110, 15.3.5 and 15.3.6: these answers have no content."
        yield ["success", "content"], f"no content with {success['status']}", found, remedy
    if "example" in document and document["example"]["arguments"].keys() != parameters.keys():
        expected, found = (
            f"values for {', '.join(parameters)}",
            ", ".join(document["example"]["arguments"]) or "none",
        )
        remedy = "An example has a value for each parameter, and for nothing else."
        yield ["example", "arguments"], expected, printable(found, 300), remedy


def _request_faults(request: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _root_faults(request["root"])
    yield from _path_faults(request["path"], request["parameters"])
    for name, schema in request["parameters"].items():
        yield from _parameter_faults(["request", "parameters", name], schema)


def _root_faults(root: str) -> Iterator[Fault]:
    path = ["request", "root"]
    try:
        parts = urlsplit(root)
        host = parts.hostname
        usable = bool(host) and (parts.port is None or parts.port > 0)
    except ValueError:
        host, usable = None, False
    if not usable:
        yield path, "scheme, host and perhaps a port", shown(root), "An example: https://graph.microsoft.com"
    elif not root.startswith("https:") and not _is_loopback(host or ""):
        remedy = "A token must not travel in the clear: http is for localhost, 127.0.0.1 and [::1]."
        yield path, "https", shown(root), remedy


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _path_faults(template: str, parameters: Mapping[str, object]) -> Iterator[Fault]:
    path, segments = ["request", "path"], template.split("/")[1:]
    used = [match[1] for match in map(_PARAMETER.fullmatch, segments) if match]
    for segment in segments:
        if segment in (".", "..") or (set(segment) & set("{}") and not _PARAMETER.fullmatch(segment)):
            remedy = "A parameter fills its whole segment: /tasks/{id}/cancel"
            yield path, "literal segments and one {parameter}", shown(segment), remedy
    if len(used) != 1:
        found = f"{len(used)}: {', '.join(used)}" if used else "none"
        yield path, "exactly one {parameter}", found, "A call names one resource: write its key as {name}."
    for name in used:
        if name not in parameters:
            remedy = nearest(name, parameters) or "Declare it there, with its type."
            yield path, "a parameter that /request/parameters declares", shown(name), remedy
    for name in parameters:
        if name not in used:
            remedy = nearest(name, used) or "Remove it, or write it into the path."
            yield ["request", "parameters", name], "a parameter of the path", shown(name), remedy


def _parameter_faults(path: Sequence[str], schema: Mapping[str, Any]) -> Iterator[Fault]:
    if schema.get("minLength", 0) > schema.get("maxLength", schema.get("minLength", 0)):
        expected, found = f"at least minLength, {schema['minLength']}", shown(schema["maxLength"])
        yield [*path, "maxLength"], expected, found, "No value has both lengths."
    if "pattern" not in schema:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(schema["pattern"])
        except (re.error, RecursionError, OverflowError, Warning) as error:
            found = f"{shown(schema['pattern'])} ({printable(str(error), 200)})"
            yield (
                [*path, "pattern"],
                "a regular expression",
                found,
                "Write one that Python's re module takes.",
            )
