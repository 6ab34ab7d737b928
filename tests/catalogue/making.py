"""A small catalogue of our own."""

from __future__ import annotations

import json
from typing import Any

from graphcontract.catalogue.catalogue import Catalogue

HEADER: dict[str, Any] = {
    "catalogue": 1,
    "sources": {
        "s": {"kind": "routes", "title": "routes of library-sdk 1.0", "family": "library-sdk"},
        "m": {"kind": "derived", "title": "/me, derived", "family": "library-sdk"},
        "c": {"kind": "csdl", "title": "CSDL of a library"},
        "o": {"kind": "openapi", "title": "OpenAPI of a library"},
        "p": {"kind": "permissions", "title": "permissions.json"},
    },
}
LOANS = "/library/loans/{loan-id}"
CLOSE: dict[str, Any] = {
    "operation": f"beta POST {LOANS}/close",
    "route": "cs",
    "types": {"guid": "c"},
    "namespace": {"library.desk": "c"},
    "permissions": {"p": {"Application": "Loan.Close.All > Loan.Manage.All"}},
}
OPERATIONS: tuple[dict[str, Any], ...] = (
    {"operation": "beta POST /library/close", "route": "s"},
    {"operation": f"beta DELETE {LOANS}", "route": "os", "success": {"202": "o"}, "deprecated": "o"},
    CLOSE,
    {"operation": f"v1.0 POST {LOANS}/close", "route": "s"},
    {"operation": "v1.0 DELETE /library/shelves/{shelf-id}/books/{book-id}", "route": "s"},
    {"operation": "v1.0 DELETE /library/loans/$ref", "route": "s", "query": {"@id": "s"}},
    {"operation": "beta DELETE /library/byName(name='{name}',row={row})/lock", "route": "s"},
    {"operation": "beta POST /me/loans/{loan-id}/close", "route": "m"},
)


def text_of(*operations: dict[str, Any], header: dict[str, Any] = HEADER) -> str:
    return "\n".join(json.dumps(each) for each in (header, *operations)) + "\n"


def catalogue(*operations: dict[str, Any]) -> Catalogue:
    return Catalogue(text_of(*(operations or OPERATIONS)), "library.jsonl")
