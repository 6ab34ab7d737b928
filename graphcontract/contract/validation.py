"""Validates one contract file: its JSON Schema, and the rules that a schema cannot express.

Rules about several files, such as clauses and references of bases, are in `merging`.
"""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from graphcontract.contract.json_positions import Path
from graphcontract.contract.jsonfile import ContractFile, format_value, make_printable, suggest_name
from graphcontract.contract.odata import format_call, is_composite_key, split_call
from graphcontract.contract.placeholders import NAMES, find_unknown_placeholders
from graphcontract.contract.schema import Fault, check_schema

Known = Mapping[str, frozenset[str]]

_KEY = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_LITERAL = re.compile(r"('?)\{([A-Za-z][A-Za-z0-9_]*)\}\1")
_UNQUOTED = {"integer", "format", "pattern", "enum"}  # what keeps a value without quotes one literal


def check(file: ContractFile, known: Known | None) -> None:
    """Check one file by itself; `ContractError` at its first fault.

    `known` maps the ids of verdict functions to their kinds; None skips the comparison with them.
    """
    if not file.trusted:
        _reject_format_1(file)
        check_schema(file, "graphcontract.contracts", "contract.schema.json")
    document = file.document
    rules: list[Iterator[Fault]] = [
        _base_faults(document),
        _clause_faults(document.get("clauses", {}), known),
    ]
    if "request" in document:
        rules.append(_request_faults(document["request"]))
        rules.append(_document_faults(document))
    fault = next(chain.from_iterable(rules), None)
    if fault is not None:
        raise file.error(*fault)


def _reject_format_1(file: ContractFile) -> None:
    """Report format 1 as one fault, since such a file differs from the schema in every clause."""
    if isinstance(file.document, dict) and file.document.get("format") == 1:
        remedy = (
            'Extend ["graph-conventions", "graph-service"], remove the clauses that these have, '
            'and set "format" to 2 (docs/reference/contract-files.md, "From format 1").'
        )
        raise file.error(("format",), "2", "1", remedy)


def _base_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    if "page" in document.get("references", {}):
        remedy = "It is the contract's page, from its provenance: choose another key."
        yield ["references", "page"], "a key other than page", '"page"', remedy
    if "clauses" not in document and "extends" not in document:
        remedy = 'Write "extends": ["graph-conventions", "graph-service"].'
        yield [], 'the member "extends" or "clauses"', "neither", remedy


def _clause_faults(clauses: Mapping[str, Mapping[str, Any]], known: Known | None) -> Iterator[Fault]:
    for id, clause in clauses.items():
        path: Path = ["clauses", id]
        if known is not None:
            yield from _kind_faults(path, id, clause, known)
        for at, text in _texts(clause):
            for mark in find_unknown_placeholders(text):
                expected = f"one of the placeholders {', '.join(f'{{{name}}}' for name in NAMES)}"
                near = suggest_name(mark[1:-1], NAMES)
                remedy = near or "To write a literal brace, double it."
                yield [*path, *at], expected, format_value(mark), remedy


def _kind_faults(path: Path, id: str, clause: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    if id not in known:
        remedy = (
            suggest_name(id, known) or "`graphcontract contracts show graph-conventions` lists its clauses."
        )
        yield path, "a clause that has a verdict function", format_value(id), remedy
        return
    for kind in clause.get("kinds", {}):
        if kind not in known[id]:
            expected = f"a kind that the verdict function of {id} can find ({', '.join(sorted(known[id]))})"
            yield (
                [*path, "kinds", kind],
                expected,
                format_value(kind),
                suggest_name(kind, known[id]) or "Remove it.",
            )


def _texts(clause: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a clause that can contain placeholders, each with its path."""
    for name in ("statement", "sample", "fix", "why"):
        if name in clause:
            yield [name], clause[name]
    yield from ((["kinds", kind], text) for kind, text in clause.get("kinds", {}).items())


def _document_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    success, parameters = document["success"], document["request"]["parameters"]
    if success["status"] in (204, 205) and success["content"] == "required":
        found, remedy = '"required"', "RFC 9110, 15.3.5 and 15.3.6: these responses have no content."
        yield ["success", "content"], f"no content with {success['status']}", found, remedy
    alternatives = success.get("alternatives", [])
    if alternatives and success["content"] != "absent":
        found, remedy = format_value(success["content"]), "Only success without content has alternatives."
        yield ["success", "content"], '"absent", with alternatives', found, remedy
    if success["status"] in alternatives:
        found, remedy = format_value(alternatives), "Leave out the status that `status` has."
        yield ["success", "alternatives"], f"statuses other than {success['status']}", found, remedy
    if "example" in document and document["example"]["arguments"].keys() != parameters.keys():
        expected, found = (
            f"values for {', '.join(parameters)}",
            ", ".join(document["example"]["arguments"]) or "none",
        )
        remedy = "An example must have a value for each parameter, and only for those."
        yield ["example", "arguments"], expected, make_printable(found, 300), remedy


def _request_faults(request: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _root_faults(request["root"])
    yield from _path_faults(request["path"], request["parameters"])
    yield from _query_faults(request)
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
        yield (
            path,
            "scheme, host and optionally a port",
            format_value(root),
            "An example: https://graph.microsoft.com",
        )
    elif not root.startswith("https:") and not _is_loopback(host or ""):
        remedy = "Over http a token is sent in clear text: http is for localhost, 127.0.0.1 and [::1]."
        yield path, "https", format_value(root), remedy


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _path_faults(template: str, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    path, used = ["request", "path"], list[str]()
    for segment in template.split("/")[1:]:
        names = _find_parameters(segment)
        if names is None or segment in (".", ".."):
            expected = "segments that are literal, a {parameter}, or a function with literals as arguments"
            remedy = "Write /tasks/{id}/cancel, or /getByName(name='{name}',index={index})."
            yield path, expected, format_value(segment), remedy
            return
        for name, bare in names:
            schema = parameters.get(name, {})
            if bare and not _UNQUOTED & {*schema, schema.get("type", "integer")}:
                remedy = f"Write '{{{name}}}', or say what the value looks like: format, pattern or enum."
                yield path, "quotes around a string in a function", format_value(segment), remedy
        used += [name for name, _ in names]
    yield from _use_faults(used, parameters)


def _use_faults(used: Sequence[str], parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Compare the parameters that the path uses with those that are declared."""
    path: Path = ["request", "path"]
    for name in used:
        if name not in parameters:
            remedy = suggest_name(name, parameters) or "Declare it there, with its type."
            yield path, "a parameter that /request/parameters declares", format_value(name), remedy
    if len(set(used)) < len(used):
        remedy = "Give each parameter a name of its own."
        yield path, "each parameter once", ", ".join(used), remedy
    for name, schema in parameters.items():
        in_query = schema.get("in") == "query"
        if name not in used and not in_query:
            remedy = suggest_name(name, used) or 'Remove it, write it into the path, or add "in": "query".'
            yield ["request", "parameters", name], "a parameter of the path", format_value(name), remedy
        if name in used and in_query:
            remedy = "Remove it from the path, or remove the member in."
            yield ["request", "parameters", name, "in"], "a parameter outside the path", '"query"', remedy


def _find_parameters(segment: str) -> list[tuple[str, bool]] | None:
    """List the parameters in a segment, each with whether it is an argument without quotes; None if the
    segment is not valid.
    """
    if key := _KEY.fullmatch(segment):
        return [(key[1], False)]
    if not set(segment) & set("{}()='"):
        return []
    name, arguments = split_call(format_call(segment, segment))
    if arguments is None or bool(name) == is_composite_key(segment) or set(name) & set("{}'"):
        return None
    found = [(value, _LITERAL.fullmatch(value)) for value in arguments.values()]
    if any(set(value) & set("{}") and match is None for value, match in found):
        return None
    return [(match[2], not match[1]) for _, match in found if match]


def _query_faults(request: Mapping[str, Any]) -> Iterator[Fault]:
    names: dict[str, str] = {}
    for name, schema in request["parameters"].items():
        path = ["request", "parameters", name]
        if schema.get("in") != "query":
            if "name" in schema:
                remedy = "In the path a parameter has the name that is its key: remove this member."
                yield [*path, "name"], 'a parameter with "in": "query"', format_value(schema["name"]), remedy
            continue
        sent = schema.get("name", name)
        if sent in names:
            yield path, "query parameters with different names", format_value(sent), "Remove one of them."
        names[sent] = name
    if names and request["query"] != "required":
        remedy = 'A request with query parameters has a query: write "required".'
        yield ["request", "query"], '"required"', format_value(request["query"]), remedy


def _parameter_faults(path: Sequence[str], schema: Mapping[str, Any]) -> Iterator[Fault]:
    if schema.get("minLength", 0) > schema.get("maxLength", schema.get("minLength", 0)):
        expected, found = f"at least minLength, {schema['minLength']}", format_value(schema["maxLength"])
        yield [*path, "maxLength"], expected, found, "No value has both lengths."
    if "pattern" not in schema:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(schema["pattern"])
        except (re.error, RecursionError, OverflowError, Warning) as error:
            found = f"{format_value(schema['pattern'])} ({make_printable(str(error), 200)})"
            yield (
                [*path, "pattern"],
                "a regular expression",
                found,
                "Write one that Python's re module accepts.",
            )
