"""Placeholders in the texts of clauses, such as `{method}`: their names, and their values for a contract.

A text is written once, in the conventions, and must read as if it were written for each operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus

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


def find_unknown_placeholders(text: str) -> Iterator[str]:
    """Yield each text in braces that is not a placeholder, and each brace neither doubled nor paired."""
    for mark in _MARK.findall(text):
        if mark not in ("{{", "}}") and mark[1:-1] not in NAMES:
            yield mark


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace placeholders by values, and doubled braces by one; braces in a value stay unchanged."""
    return _MARK.sub(lambda mark: mark[0][0] if mark[0] in ("{{", "}}") else values[mark[0][1:-1]], text)


def compute_values(contract: Contract) -> dict[str, str]:
    """Compute the value of each placeholder for a contract's operation.

    Without an example, a parameter is shown as `{name}` instead of a value. `{parameter}` is the last one of
    the path.
    """
    request, success = contract.request, contract.success
    segments = request.path.strip("/").split("/")
    names = [segment.partition("(")[0] for segment in reversed(segments) if not segment.startswith("{")]
    parameter = next(reversed(request.path_parameters), "parameter")
    target = request.fill_in(contract.example) if contract.example else request.path
    least = [name for entry in contract.permissions or () for name in entry.least]
    return {
        "method": request.method,
        "version": request.version,
        "path": request.path,
        "target": f"/{request.version}{target}",
        "operation": next(iter(names), parameter),
        "title": contract.title,
        "parameter": parameter,
        "id": contract.example.get(parameter, f"{{{parameter}}}"),
        "success": success.statuses_text,
        "success-line": _format_status_line(success.status),
        "permission": next(iter(least), "the required permission"),
    }


def _format_status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:  # not a registered status code
        return str(status)
