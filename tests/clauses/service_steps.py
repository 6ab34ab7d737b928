"""Exchanges with a tenant for the tests of the service clauses: steps of a live run and their responses."""

from __future__ import annotations

import json
from dataclasses import replace

from graphcontract.exchange import Exchange
from graphcontract.wire import WireResponse
from tests.clauses import ID, SUCCESS, TASK, call, request, response

OTHER = "7c1c2f64-7c0e-4c39-8a55-6d1f6f5a9b10"
FIELDS = (("request-id", ID), ("client-request-id", ID))
TODAY = "Sun, 01 Mar 2026 12:00:00 GMT"
SOON, LATER = "2026-03-02T11:00:00.0000000Z", "2026-03-02T13:00:00.0000000Z"
GRAPH = json.dumps({"error": {"code": "x", "message": "y"}}).encode()


def step(purpose: str, status: int, content: bytes = b"", id: str = TASK, **members: object) -> Exchange:
    made = response(status, content, **{"fields": FIELDS, **members})
    if status == 0:
        made = replace(made, fault="reset")
    return Exchange(call(id), (request(),), (made,), outcome=SUCCESS, purpose=purpose)


def read(status: str | None, id: str = TASK, purpose: str = "read", **parameters: str) -> Exchange:
    content = json.dumps({"id": id, "status": status, "parameters": parameters}).encode()
    return step(purpose, 200, content, id, fields=(*FIELDS, ("Date", TODAY)))


def gone(status: int = 404) -> Exchange:
    return step("read", status, GRAPH)


def entries(*tasks: object) -> Exchange:
    return step("list", 200, json.dumps({"value": tasks}).encode())


def page(**statuses: str) -> Exchange:
    return entries(*({"id": id, "status": status} for id, status in statuses.items()))


NEW, DONE = read("notStarted"), read("cancelled")


def other(status: str, **parameters: str) -> Exchange:
    return read(status, OTHER, "bystander", **parameters)


def cancel_beside(before: Exchange, *after: Exchange) -> tuple[Exchange, ...]:
    """A cancel, between reads of another task."""
    return (NEW, before, step("cancel", 204), DONE, *after)


def without_date(exchange: Exchange) -> tuple[WireResponse, ...]:
    return tuple(replace(each, fields=FIELDS) for each in exchange.responses)
