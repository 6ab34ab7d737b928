"""A client of any operation on httpx with a pool of connections, as `python:benchmarks.pooled:call`."""

from __future__ import annotations

import unicodedata
from functools import cache

import httpx

from graphcontract.exchange import Call, Outcome

CONCURRENCY = 4
LIMITS = {"timeout": "attempt", "surface": "typed"}


@cache
def _make_client(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=3.0)


def call(call: Call) -> Outcome:
    """Make one call of any operation without content."""
    if call.request is None or call.base_url is None:
        return Outcome.unsupported("the call has no request, or no root")
    values = call.arguments.values()
    if any(value in ("", ".", "..") or _has_control_characters(value) for value in values):
        return Outcome.rejected("a value cannot be a path segment")
    fields = {"Authorization": f"Bearer {call.token}"}
    target = httpx.URL(f"{call.base_url}{call.request.fill_in(call.arguments)}")
    response = _make_client(call.base_url).request(call.method, target, headers=fields)
    if response.is_success:
        return Outcome.success(status=response.status_code)
    error = response.json()["error"]
    request_id = error["innerError"]["request-id"]
    named = {"code": error["code"], "message": error["message"], "request_id": request_id}
    return Outcome.failure(status=response.status_code, **named)


def _has_control_characters(value: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in value)
