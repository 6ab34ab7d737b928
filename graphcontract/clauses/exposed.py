"""Clauses on what else an error exposes: Retry-After, inner codes, details and header fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.errors import find_reported_error
from graphcontract.clauses.graph_errors import read_error_object
from graphcontract.clauses.queries import abbreviate
from graphcontract.clauses.retries import parse_retry_after
from graphcontract.contract.model import Contract
from graphcontract.exchange import ReportedError, Trial
from graphcontract.wire import WireResponse

_NESTED = 8  # levels of inner errors that are read
# A client may round, and may count from when the response arrived.
_SECONDS_APART = 1.0

Expect = Callable[[WireResponse], object]
Agrees = Callable[[object, ReportedError], bool]


def _read_wait(response: WireResponse) -> float | None:
    wait = parse_retry_after(response)
    return wait.seconds if wait.form == "seconds" else None


def _read_inner_codes(response: WireResponse) -> tuple[str, ...]:
    codes, inner = [], read_error_object(response)
    for _ in range(_NESTED):
        found = inner.get("innerError") or inner.get("innererror")
        inner = found if isinstance(found, dict) else {}
        if isinstance(inner.get("code"), str):
            codes.append(inner["code"])
    return tuple(codes)


def _read_details(response: WireResponse) -> tuple[str, ...]:
    details = read_error_object(response).get("details")
    listed = [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []
    return tuple(each["code"] for each in listed if isinstance(each.get("code"), str))


def _read_request_id(response: WireResponse) -> str | None:
    values = response.values("request-id")
    return f"request-id: {values[0]}" if len(values) == 1 else None


def _agrees_on_wait(expected: object, error: ReportedError) -> bool:
    if error.retry_after is None:
        return False
    return abs(float(str(expected)) - error.retry_after) <= _SECONDS_APART


def _agrees_on_fields(expected: object, error: ReportedError) -> bool:
    return expected in [f"{name.lower()}: {value.strip()}" for name, value in (error.fields or {}).items()]


def _register(id: str, member: str, needs: str, expect: Expect, agrees: Agrees) -> None:
    """Register the clause that a client's error should expose a part of the response (Graph's error
    responses and best practices). A client that declares it is judged, and only on a response that has it.
    """

    def when(contract: Contract, trial: Trial) -> bool:
        found = find_reported_error(contract, trial)
        return found is not None and bool(expect(found[1]))

    @clause(id, "missing", "other", when=when, needs=frozenset({needs}))
    def judge(contract: Contract, trial: Trial) -> Iterator[Finding]:
        found = find_reported_error(contract, trial)
        if found is None:
            return
        error, response = found
        expected, actual = expect(response), getattr(error, member)
        if agrees(expected, error):
            return
        kind = "other" if actual else "missing"
        yield Finding(kind, _format(expected), _format(actual) if actual else f"no {needs}")


def _format(value: object) -> str:
    return abbreviate(", ".join(map(str, value)) if isinstance(value, tuple | dict) else str(value))


_register("error.retry-after", "retry_after", "retry-after", _read_wait, _agrees_on_wait)
_register(
    "error.inner-codes",
    "inner_codes",
    "inner-codes",
    _read_inner_codes,
    lambda expected, error: expected == error.inner_codes,
)
_register(
    "error.details", "details", "details", _read_details, lambda expected, error: expected == error.details
)
_register("error.fields", "fields", "fields", _read_request_id, _agrees_on_fields)
