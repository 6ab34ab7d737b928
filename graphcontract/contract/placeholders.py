"""Placeholders in the texts of clauses, such as `{method}`: which there are, and what a contract fills in.

A text is written once, in the conventions, and has to read as if it were written for each operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import quote

from graphcontract.contract.model import Contract

NAMES = (
    "method",
    "version",
    "path",
    "target",
    "operation",
    "title",
    "parameter",
    "id",
    "success",
    "success-line",
    "permission",
)
_MARK = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")


def unknown_placeholders(text: str) -> Iterator[str]:
    """Yield what is in braces and is not a placeholder, and each brace that is neither doubled nor paired."""
    for mark in _MARK.findall(text):
        if mark not in ("{{", "}}") and mark[1:-1] not in NAMES:
            yield mark


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for placeholders, and one brace for two; what a value contains is left as it is."""
    return _MARK.sub(lambda mark: mark[0][0] if mark[0] in ("{{", "}}") else values[mark[0][1:-1]], text)


def values_of(contract: Contract) -> dict[str, str]:
    """Give the value of each placeholder for a contract's operation.

    Without an example, a parameter stands for its value, as `{name}`.
    """
    request, success = contract.request, contract.success
    segments = request.path.strip("/").split("/")
    parameter = next(segment[1:-1] for segment in reversed(segments) if segment.startswith("{"))
    target = request.path
    for name, value in contract.example.items():
        target = target.replace(f"{{{name}}}", quote(value, safe=""))
    least = [name for entry in contract.permissions or () for name in entry.least]
    return {
        "method": request.method,
        "version": request.version,
        "path": request.path,
        "target": f"/{request.version}{target}",
        "operation": next(
            (segment for segment in reversed(segments) if not segment.startswith("{")), parameter
        ),
        "title": contract.title,
        "parameter": parameter,
        "id": contract.example.get(parameter, f"{{{parameter}}}"),
        "success": str(success.status),
        "success-line": _status_line(success.status),
        "permission": next(iter(least), "the required permission"),
    }


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:  # a status that is not registered
        return str(status)
